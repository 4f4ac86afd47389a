//! core/v1 Pod.

use serde::{Deserialize, Serialize};

use super::Condition;
use super::template::PodSpec;
use crate::meta::{Meta, null_default};

/// Pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: PodSpec,
    /// Status.
    pub status: PodStatus,
}

/// `Pod.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: String,
    /// `Evicted`, `NodeLost`, …
    pub reason: String,
    /// First address.
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
    /// Containers.
    #[serde(deserialize_with = "null_default")]
    pub container_statuses: Vec<ContainerStatus>,
    /// Init containers and sidecars.
    #[serde(deserialize_with = "null_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
}

/// `status.containerStatuses[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// Container.
    pub name: String,
    /// Passed its readiness probe.
    pub ready: bool,
    /// Times that it was restarted.
    pub restart_count: u32,
    /// Image as resolved.
    #[serde(rename = "imageID")]
    pub image_id: String,
    /// What it is doing.
    pub state: ContainerState,
    /// What it did before.
    pub last_state: ContainerState,
}

/// `state`: at most one is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerState {
    /// Not started.
    pub waiting: Option<StateDetail>,
    /// Runs (nothing of it is kept).
    pub running: Option<StateDetail>,
    /// Ended.
    pub terminated: Option<StateDetail>,
}

/// Why a container waits or ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StateDetail {
    /// `CrashLoopBackOff`, `ErrImagePull`, `Error`, …
    pub reason: String,
    /// Text for people.
    pub message: String,
    /// Exit code, when it ended.
    pub exit_code: Option<i32>,
}

/// Why a pod cannot become ready by waiting alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFailure {
    /// `CrashLoopBackOff`, `ErrImagePull`, `Error`, `Unschedulable`, …
    pub reason: String,
    /// Container that it is about; empty for the pod itself.
    pub container: String,
    /// The kubelet's words, where they say more than the reason: what a registry answered, what is missing. Never what the
    /// container itself said.
    pub message: String,
}

impl Pod {
    /// The pod's `Ready` condition.
    pub fn is_ready(&self) -> bool {
        super::condition(&self.status.conditions, "Ready").is_some_and(|c| c.status == "True")
    }

    /// Since when that condition is what it is.
    pub fn ready_since(&self) -> Option<jiff::Timestamp> {
        super::condition(&self.status.conditions, "Ready").and_then(|c| c.last_transition_time)
    }

    /// Being deleted.
    pub fn is_ending(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Why this pod cannot become ready by waiting alone (wait predicate W-FAIL): waiting reasons of containers and init
    /// containers, `terminated: Error`, unschedulable.
    pub fn failure(&self) -> Option<PodFailure> {
        const WAITING: [&str; 8] = [
            "ErrImagePull",
            "ImagePullBackOff",
            "ErrImageNeverPull",
            "InvalidImageName",
            "CreateContainerConfigError",
            "CreateContainerError",
            "RunContainerError",
            "CrashLoopBackOff",
        ];
        for c in self.status.init_container_statuses.iter().chain(&self.status.container_statuses) {
            if let Some(w) = c.state.waiting.as_ref().filter(|w| WAITING.contains(&w.reason.as_str())) {
                // Of a crash loop the kubelet only says how long it waits.
                let message = if w.reason == "CrashLoopBackOff" { String::new() } else { w.message.clone() };
                return Some(PodFailure { reason: w.reason.clone(), container: c.name.clone(), message });
            }
            if let Some(t) = c.state.terminated.as_ref().filter(|t| t.reason == "Error" || t.reason == "OOMKilled") {
                return Some(PodFailure { reason: t.reason.clone(), container: c.name.clone(), message: String::new() });
            }
        }
        let unschedulable =
            super::condition(&self.status.conditions, "PodScheduled").filter(|c| c.status == "False" && c.reason == "Unschedulable");
        unschedulable.map(|c| PodFailure { reason: c.reason.clone(), container: String::new(), message: c.message.clone() })
    }
}
