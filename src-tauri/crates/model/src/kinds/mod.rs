//! One file per kind: the fields that are kept, in the shape of the Kubernetes object.

pub mod claim;
pub mod class;
pub mod deployment;
pub mod destination_rule;
pub mod endpoint_slice;
pub mod event;
pub mod gateway;
pub mod grpc_route;
pub mod hpa;
pub mod http_proxy;
pub mod http_route;
pub mod ingress;
pub mod ingress_route;
pub mod job;
pub mod network_policy;
pub mod pdb;
pub mod pod;
pub mod replica_set;
pub mod rollout;
pub mod route;
pub mod scaled_object;
pub mod service;
pub mod template;
pub mod vpa;

use serde::{Deserialize, Serialize};

use crate::meta::Meta;

/// A kind of which only the metadata is kept (Secret, ConfigMap, …): its values never enter the process's model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bare {
    /// Metadata.
    pub metadata: Meta,
}

/// An entry of `status.conditions` of any kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// `Available`, `Progressing`, `Ready`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// One word for machines.
    pub reason: String,
    /// Text for people; may be long.
    pub message: String,
    /// Generation that the condition speaks of, where the kind gives one.
    pub observed_generation: Option<i64>,
    /// When the status last changed.
    pub last_transition_time: Option<jiff::Timestamp>,
}

/// The condition of that type.
pub fn condition<'a>(all: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    all.iter().find(|c| c.kind == kind)
}

/// `IntOrString` of the API: a port by number or by name, a count or a percentage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// Number.
    Int(i64),
    /// Name or percentage.
    Text(String),
}
