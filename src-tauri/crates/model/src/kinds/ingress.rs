//! networking.k8s.io/v1 Ingress.

use serde::{Deserialize, Serialize};

use crate::meta::{Meta, null_default};

/// Ingress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ingress {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: IngressSpec,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressSpec {
    /// Class by field; the annotation `kubernetes.io/ingress.class` is the older way.
    pub ingress_class_name: Option<String>,
    /// Takes what no rule matches.
    pub default_backend: Option<IngressBackend>,
    /// Rules.
    #[serde(deserialize_with = "null_default")]
    pub rules: Vec<IngressRule>,
    /// Hosts that are served by TLS.
    #[serde(deserialize_with = "null_default")]
    pub tls: Vec<IngressTls>,
}

/// `spec.tls[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressTls {
    /// Hosts, `*.example.com` among them; empty = all.
    #[serde(deserialize_with = "null_default")]
    pub hosts: Vec<String>,
}

/// `spec.rules[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRule {
    /// Host; empty = all.
    pub host: String,
    /// Paths.
    pub http: Option<IngressHttp>,
}

/// `spec.rules[].http`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressHttp {
    /// Paths.
    #[serde(deserialize_with = "null_default")]
    pub paths: Vec<IngressPath>,
}

/// `spec.rules[].http.paths[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressPath {
    /// Path.
    pub path: String,
    /// `Exact`, `Prefix` or `ImplementationSpecific`.
    pub path_type: String,
    /// Where to.
    pub backend: IngressBackend,
}

/// A backend: a Service or another resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressBackend {
    /// Service.
    pub service: Option<IngressService>,
    /// Other resource (nothing of it is kept but that it is there).
    pub resource: Option<serde_json::Value>,
}

/// `backend.service`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressService {
    /// Service.
    pub name: String,
    /// Port, by name or number.
    pub port: IngressPort,
}

/// `backend.service.port`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressPort {
    /// By name.
    pub name: Option<String>,
    /// By number.
    pub number: Option<u16>,
}
