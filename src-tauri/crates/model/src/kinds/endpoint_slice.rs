//! discovery.k8s.io/v1 EndpointSlice.

use serde::{Deserialize, Serialize};

use crate::meta::{Meta, null_default};

/// EndpointSlice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// Metadata; the label `kubernetes.io/service-name` names the Service.
    pub metadata: Meta,
    /// `IPv4`, `IPv6` or `FQDN`.
    pub address_type: String,
    /// Endpoints; the API writes `null` for none.
    #[serde(deserialize_with = "null_default")]
    pub endpoints: Vec<Endpoint>,
    /// Ports that every endpoint of this slice serves; a named targetPort that no pod has is missing here.
    #[serde(deserialize_with = "null_default")]
    pub ports: Vec<EndpointPort>,
}

/// `EndpointSlice.endpoints[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// Addresses.
    #[serde(deserialize_with = "null_default")]
    pub addresses: Vec<String>,
    /// Conditions.
    pub conditions: EndpointConditions,
    /// The pod.
    pub target_ref: Option<TargetRef>,
    /// Node that it runs on.
    pub node_name: String,
    /// Zone that it runs in.
    pub zone: String,
}

/// `endpoints[].conditions`; absent values are read as the API says: ready unless told otherwise, serving as ready.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointConditions {
    /// publishNotReadyAddresses, or ready and not terminating.
    pub ready: Option<bool>,
    /// Pod is ready, terminating or not.
    pub serving: Option<bool>,
    /// Pod is terminating.
    pub terminating: Option<bool>,
}

impl EndpointConditions {
    /// Ready (absent means yes).
    pub fn is_ready(&self) -> bool {
        self.ready.unwrap_or(true)
    }
    /// Serving (absent means as ready).
    pub fn is_serving(&self) -> bool {
        self.serving.unwrap_or_else(|| self.is_ready())
    }
    /// Terminating (absent means no).
    pub fn is_terminating(&self) -> bool {
        self.terminating.unwrap_or(false)
    }
}

/// `endpoints[].targetRef`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetRef {
    /// `Pod`, mostly.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
}

/// `EndpointSlice.ports[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointPort {
    /// Name of the Service's port.
    pub name: Option<String>,
    /// Port of the pods.
    pub port: Option<u16>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}
