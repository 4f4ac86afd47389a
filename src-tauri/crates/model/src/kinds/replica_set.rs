//! apps/v1 ReplicaSet.

use serde::{Deserialize, Serialize};

use super::Condition;
use super::template::PodTemplate;
use crate::meta::{LabelSelector, Meta, null_default};
use crate::names;

/// ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSet {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: ReplicaSetSpec,
    /// Status.
    pub status: ReplicaSetStatus,
}

/// `ReplicaSet.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetSpec {
    /// Wanted pods.
    pub replicas: Option<u32>,
    /// Selector.
    pub selector: LabelSelector,
    /// Pod template, with `pod-template-hash` among its labels.
    pub template: PodTemplate,
}

/// `ReplicaSet.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetStatus {
    /// Pods that are not terminating.
    pub replicas: u32,
    /// Ready pods.
    pub ready_replicas: u32,
    /// Available pods.
    pub available_replicas: u32,
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}

impl ReplicaSet {
    /// Revision number that the Deployment controller gave it.
    pub fn revision(&self) -> Option<u64> {
        self.metadata.annotations.get(names::REVISION)?.parse().ok()
    }

    /// `pod-template-hash` of its pods.
    pub fn hash(&self) -> Option<&str> {
        self.metadata.labels.get(names::POD_TEMPLATE_HASH).map(String::as_str)
    }
}
