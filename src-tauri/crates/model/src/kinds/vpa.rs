//! autoscaling.k8s.io/v1 VerticalPodAutoscaler.

use serde::{Deserialize, Serialize};

use super::Condition;
use super::hpa::ScaleTarget;
use crate::meta::{Meta, null_default};

/// VerticalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Vpa {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: VpaSpec,
    /// Status.
    pub status: VpaStatus,
}

/// `VerticalPodAutoscaler.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VpaSpec {
    /// Whose pods it gives more or less to.
    pub target_ref: ScaleTarget,
}

/// `VerticalPodAutoscaler.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VpaStatus {
    /// `RecommendationProvided`, `ConfigUnsupported`, `NoPodsMatched`, …
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}
