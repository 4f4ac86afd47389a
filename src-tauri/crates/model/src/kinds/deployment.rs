//! apps/v1 Deployment, and what a StatefulSet and a DaemonSet have in common with it: pods of one template, a new one of
//! which takes over step by step.

use serde::{Deserialize, Serialize};

use super::template::{LocalRef, PodTemplate};
use super::{Condition, IntOrString};
use crate::meta::{LabelSelector, Meta, null_default};

/// Deployment, StatefulSet or DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: DeploymentSpec,
    /// Status.
    pub status: DeploymentStatus,
}

/// `Deployment.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentSpec {
    /// Wanted pods; the API server defaults it to 1.
    pub replicas: Option<u32>,
    /// Immutable; must match the template's labels.
    pub selector: LabelSelector,
    /// Pod template.
    pub template: PodTemplate,
    /// How a new template takes over.
    #[serde(alias = "updateStrategy")]
    pub strategy: Strategy,
    /// A paused Deployment does not roll, but scales.
    pub paused: bool,
    /// Seconds that a pod must be ready to count as available.
    pub min_ready_seconds: u32,
    /// 2147483647 = no verdict, ever (proven).
    pub progress_deadline_seconds: Option<i64>,
    /// Old ReplicaSets kept; absent = 10.
    pub revision_history_limit: Option<u32>,
    /// StatefulSet: `OrderedReady` or `Parallel`.
    pub pod_management_policy: String,
    /// StatefulSet: claims that each pod has for itself.
    #[serde(deserialize_with = "null_default")]
    pub volume_claim_templates: Vec<ClaimTemplate>,
}

/// `spec.volumeClaimTemplates[]` of a StatefulSet: the claims of its pods are `<name>-<pod>`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimTemplate {
    /// Nothing of it is kept but the name.
    pub metadata: LocalRef,
}

/// `spec.strategy` of a Deployment, `spec.updateStrategy` of the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// `RollingUpdate`, `Recreate` (a Deployment) or `OnDelete` (the others).
    #[serde(rename = "type")]
    pub kind: String,
    /// Parameters of `RollingUpdate`.
    pub rolling_update: Option<RollingUpdate>,
}

/// `spec.strategy.rollingUpdate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    /// Pods above the wanted number; percentages round up.
    pub max_surge: Option<IntOrString>,
    /// Pods that may be missing; percentages round down.
    pub max_unavailable: Option<IntOrString>,
    /// StatefulSet: pods of a lower ordinal keep the template that they have.
    pub partition: Option<u32>,
}

/// `Deployment.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentStatus {
    /// Generation that the controller has seen.
    pub observed_generation: i64,
    /// Pods, old and new, that are not terminating.
    #[serde(alias = "currentNumberScheduled")]
    pub replicas: u32,
    /// Pods of the newest template.
    #[serde(alias = "updatedNumberScheduled")]
    pub updated_replicas: u32,
    /// Ready pods.
    #[serde(alias = "numberReady")]
    pub ready_replicas: u32,
    /// Pods ready for minReadySeconds.
    #[serde(alias = "numberAvailable")]
    pub available_replicas: u32,
    /// DaemonSet: nodes that shall have a pod.
    pub desired_number_scheduled: Option<u32>,
    /// StatefulSet: the ControllerRevision of the newest template; its pods carry it as `controller-revision-hash`.
    pub update_revision: String,
    /// Pods that are ending (KEP-3973); absent on older servers.
    pub terminating_replicas: Option<u32>,
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}

impl Deployment {
    /// Wanted pods.
    pub fn wanted(&self) -> u32 {
        self.spec.replicas.or(self.status.desired_number_scheduled).unwrap_or(1)
    }

    /// Pods that a rolling update starts above the wanted number (`maxSurge`, 25 % by default, rounded up); 0 where pods are replaced
    /// in place.
    pub fn surge(&self) -> u32 {
        let strategy = &self.spec.strategy;
        if strategy.kind == "Recreate" || strategy.kind == "OnDelete" {
            return 0;
        }
        let most = strategy.rolling_update.as_ref().and_then(|u| u.max_surge.as_ref());
        most.map_or_else(|| self.wanted().div_ceil(4), |most| self.share(most, u64::div_ceil))
    }

    /// Pods that may be missing during a rolling update (`maxUnavailable`; a percentage is rounded down); `otherwise` where that is
    /// not said.
    pub fn unavailable(&self, otherwise: u32) -> u32 {
        let most = self.spec.strategy.rolling_update.as_ref().and_then(|u| u.max_unavailable.as_ref());
        most.map_or(otherwise, |most| self.share(most, |all, of| all / of))
    }

    /// A count, or a percentage of the wanted pods, divided by 100 in this way.
    fn share(&self, of: &IntOrString, divided: impl Fn(u64, u64) -> u64) -> u32 {
        let count = match of {
            IntOrString::Int(n) => u64::try_from(*n).unwrap_or(0),
            IntOrString::Text(percent) => {
                let percent: u64 = percent.trim_end_matches('%').parse().unwrap_or(0);
                divided(percent.saturating_mul(self.wanted().into()), 100)
            }
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Pods that keep the template that they have (`partition` of a StatefulSet).
    pub fn kept_back(&self) -> u32 {
        let update = self.spec.strategy.rolling_update.as_ref();
        update.and_then(|u| u.partition).unwrap_or(0).min(self.wanted())
    }

    /// The controller has seen the newest generation.
    pub fn observed(&self) -> bool {
        self.status.observed_generation >= self.metadata.generation
    }

    /// Complete as the Deployment controller defines it (DeploymentComplete): observed, and all wanted pods are of the
    /// newest template and available, with none beside them; but for those that a StatefulSet keeps back.
    pub fn complete(&self) -> bool {
        let (want, s) = (self.wanted(), &self.status);
        let updated = s.updated_replicas >= want - self.kept_back();
        self.observed() && updated && s.replicas == want && s.available_replicas == want
    }
}
