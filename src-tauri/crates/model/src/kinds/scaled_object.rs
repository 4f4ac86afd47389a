//! keda.sh/v1alpha1 ScaledObject.

use serde::{Deserialize, Serialize};

use super::Condition;
use super::hpa::ScaleTarget;
use crate::meta::{Meta, null_default};

/// ScaledObject.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledObject {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: ScaledObjectSpec,
    /// Status.
    pub status: ScaledObjectStatus,
}

/// `ScaledObject.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledObjectSpec {
    /// What it scales: a Deployment, where it does not say.
    pub scale_target_ref: ScaleTarget,
    /// Lower bound; absent = 0.
    pub min_replica_count: Option<u32>,
    /// Upper bound; absent = 100.
    pub max_replica_count: Option<u32>,
}

/// `ScaledObject.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledObjectStatus {
    /// `Ready`, `Active`, `Fallback`, `Paused`.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}
