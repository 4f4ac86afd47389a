//! projectcontour.io/v1 HTTPProxy.

use serde::{Deserialize, Serialize};

use crate::meta::{Meta, null_default};

/// HTTPProxy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpProxy {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: HttpProxySpec,
    /// Status.
    pub status: HttpProxyStatus,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpProxySpec {
    /// Present at a root: where requests enter. Without it the routes count only where another one includes them.
    pub virtualhost: Option<VirtualHost>,
    /// Parts of the host that others route.
    #[serde(deserialize_with = "null_default")]
    pub includes: Vec<Include>,
    /// Routes.
    #[serde(deserialize_with = "null_default")]
    pub routes: Vec<ProxyRoute>,
    /// Forwards connections instead, and routes nothing (nothing of it is kept but that it is there).
    pub tcpproxy: Option<serde_json::Value>,
    /// Class, unless an annotation names one.
    pub ingress_class_name: Option<String>,
}

/// `spec.virtualhost`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VirtualHost {
    /// Host; `*.example.com` stands for one label.
    pub fqdn: String,
    /// Served by TLS (nothing of it is kept but that it is there).
    pub tls: Option<serde_json::Value>,
}

/// `spec.includes[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Include {
    /// Name of an HTTPProxy that is no root.
    pub name: String,
    /// Absent = that of the one which includes it.
    pub namespace: Option<String>,
    /// What holds of all its routes, before their own conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<MatchCondition>,
}

/// `spec.routes[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyRoute {
    /// All of these must hold; empty = every request.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<MatchCondition>,
    /// Where to, by weight. Empty where the route redirects or answers itself.
    #[serde(deserialize_with = "null_default")]
    pub services: Vec<ProxyService>,
}

/// `conditions[]`: one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MatchCondition {
    /// Beginning of the path.
    pub prefix: String,
    /// The path.
    pub exact: String,
    /// Regular expression of the path.
    pub regex: String,
    /// A header.
    pub header: Option<HeaderCondition>,
    /// A query parameter.
    pub query_parameter: Option<QueryCondition>,
}

/// `conditions[].header`: one of these beside the name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeaderCondition {
    /// Name; `:method` is the method.
    pub name: String,
    /// It is there.
    pub present: bool,
    /// It is not there.
    pub notpresent: bool,
    /// Part of its value.
    pub contains: String,
    /// No part of its value.
    pub notcontains: String,
    /// Its value.
    pub exact: String,
    /// Not its value.
    pub notexact: String,
    /// Regular expression of its value.
    pub regex: String,
    /// Upper and lower case are the same.
    pub ignore_case: bool,
    /// Of what must not be: a header that is not there counts as an empty one.
    pub treat_missing_as_empty: bool,
}

/// `conditions[].queryParameter`: one of these beside the name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryCondition {
    /// Name.
    pub name: String,
    /// Its value.
    pub exact: String,
    /// Beginning of its value.
    pub prefix: String,
    /// End of its value.
    pub suffix: String,
    /// Regular expression of its value.
    pub regex: String,
    /// Part of its value.
    pub contains: String,
    /// Upper and lower case are the same.
    pub ignore_case: bool,
    /// It is there.
    pub present: bool,
}

/// `services[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyService {
    /// Name of a Service of the same namespace.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// Share = weight / sum; absent = 0, and where all are, the shares are equal.
    pub weight: u32,
    /// Gets copies.
    pub mirror: bool,
}

/// `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpProxyStatus {
    /// `valid`, `invalid`, `orphaned`; `NotReconciled` until Contour reads it.
    pub current_status: String,
    /// Text for people.
    pub description: String,
    /// `Valid` alone is Contour's.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<DetailedCondition>,
}

/// `status.conditions[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DetailedCondition {
    /// `Valid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// One word for machines: `ErrorPresent` where `errors` say more.
    pub reason: String,
    /// Text for people.
    pub message: String,
    /// What is wrong, one by one.
    #[serde(deserialize_with = "null_default")]
    pub errors: Vec<SubCondition>,
}

/// `status.conditions[].errors[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubCondition {
    /// `IncludeError`, `ServiceError`, `RouteError`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// One word for machines.
    pub reason: String,
    /// Text for people.
    pub message: String,
}

impl Include {
    /// Namespace of what is included, by one of that namespace.
    pub fn namespace<'a>(&'a self, own: &'a str) -> &'a str {
        self.namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(own)
    }
}

impl HttpProxyStatus {
    /// What Contour says of the object as a whole.
    pub fn valid(&self) -> Option<&DetailedCondition> {
        self.conditions.iter().find(|c| c.kind == "Valid")
    }
}
