//! argoproj.io/v1alpha1 Rollout, and flagger.app/v1beta1 Canary.

use serde::{Deserialize, Serialize};

use super::hpa::ScaleTarget;
use crate::meta::Meta;

/// Rollout of Argo.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rollout {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: RolloutSpec,
    /// Status.
    pub status: RolloutStatus,
}

/// `Rollout.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutSpec {
    /// Wanted pods; absent = 1.
    pub replicas: Option<u32>,
    /// Whose template it takes, where it has none.
    pub workload_ref: Option<ScaleTarget>,
    /// How a new template takes over.
    pub strategy: RolloutStrategy,
}

/// `Rollout.spec.strategy`: one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutStrategy {
    /// All at once.
    pub blue_green: Option<RolloutBlueGreen>,
    /// Step by step.
    pub canary: Option<RolloutCanary>,
}

/// `Rollout.spec.strategy.blueGreen`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutBlueGreen {
    /// Service that leads to the version that serves.
    pub active_service: String,
    /// Service that leads to the one that comes; empty = none.
    pub preview_service: String,
}

/// `Rollout.spec.strategy.canary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutCanary {
    /// Service that leads to the version that serves; empty = none.
    pub stable_service: String,
    /// Service that leads to the one that comes; empty = none.
    pub canary_service: String,
}

/// `Rollout.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutStatus {
    /// `Healthy`, `Progressing`, `Paused` or `Degraded`.
    pub phase: String,
    /// Why, in words.
    pub message: String,
}

impl RolloutSpec {
    /// Services whose selectors it writes.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        let blue_green = self.strategy.blue_green.iter().flat_map(|s| [s.active_service.as_str(), s.preview_service.as_str()]);
        let canary = self.strategy.canary.iter().flat_map(|s| [s.stable_service.as_str(), s.canary_service.as_str()]);
        blue_green.chain(canary).filter(|name| !name.is_empty())
    }
}

/// Canary of Flagger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Canary {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: CanarySpec,
    /// Status.
    pub status: CanaryStatus,
}

/// `Canary.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanarySpec {
    /// What people change; what serves is its copy `<name>-primary`.
    pub target_ref: ScaleTarget,
    /// Services that Flagger makes.
    pub service: CanaryService,
}

/// `Canary.spec.service`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryService {
    /// Name; empty = that of the target.
    pub name: String,
}

/// `Canary.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryStatus {
    /// `Initialized`, `Progressing`, `Succeeded`, `Failed`, …
    pub phase: String,
}
