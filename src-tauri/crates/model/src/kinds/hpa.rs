//! autoscaling/v2 HorizontalPodAutoscaler.

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::meta::{Meta, null_default};

/// HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hpa {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: HpaSpec,
    /// Status.
    pub status: HpaStatus,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HpaSpec {
    /// What it scales.
    pub scale_target_ref: ScaleTarget,
    /// Lower bound; absent = 1.
    pub min_replicas: Option<u32>,
    /// Upper bound.
    pub max_replicas: u32,
}

/// `spec.scaleTargetRef`, of a VPA `spec.targetRef`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleTarget {
    /// Group and version; absent = whichever the kind is of.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HpaStatus {
    /// Generation that the controller has seen.
    pub observed_generation: Option<i64>,
    /// Pods as it counted them.
    pub current_replicas: u32,
    /// Pods as it wants them.
    pub desired_replicas: u32,
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}
