//! core/v1 Service.

use serde::{Deserialize, Serialize};

use super::IntOrString;
use crate::meta::{Labels, Meta, null_default};

/// Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: ServiceSpec,
}

/// `Service.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// Pods with all these labels; empty = endpoints are made by hand.
    #[serde(deserialize_with = "null_default")]
    pub selector: Labels,
    /// Ports.
    #[serde(deserialize_with = "null_default")]
    pub ports: Vec<ServicePort>,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `None` for a headless Service.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: String,
    /// Name to answer with, for `ExternalName`.
    pub external_name: String,
    /// Unready pods get traffic too.
    pub publish_not_ready_addresses: bool,
    /// `ClientIP` or `None`.
    pub session_affinity: String,
    /// `Local` or `Cluster`.
    pub internal_traffic_policy: String,
    /// `Local` or `Cluster`.
    pub external_traffic_policy: String,
}

/// `Service.spec.ports[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Name; empty when there is one port only.
    pub name: String,
    /// Port of the Service.
    pub port: u16,
    /// Port of the pods, by number or by name; absent = the same as `port`.
    pub target_port: Option<IntOrString>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}
