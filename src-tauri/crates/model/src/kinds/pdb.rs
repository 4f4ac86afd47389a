//! policy/v1 PodDisruptionBudget.

use serde::{Deserialize, Serialize};

use crate::meta::{LabelSelector, Meta};

/// PodDisruptionBudget.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pdb {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: PdbSpec,
    /// Status.
    pub status: PdbStatus,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PdbSpec {
    /// Pods that it guards; absent selects none, empty all of the namespace.
    pub selector: Option<LabelSelector>,
}

/// `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PdbStatus {
    /// Evictions that are allowed now.
    pub disruptions_allowed: i32,
    /// Healthy pods.
    pub current_healthy: i32,
    /// Healthy pods that must stay.
    pub desired_healthy: i32,
}
