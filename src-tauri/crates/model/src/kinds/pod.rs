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

impl Pod {
    /// The pod's `Ready` condition.
    pub fn is_ready(&self) -> bool {
        super::condition(&self.status.conditions, "Ready").is_some_and(|c| c.status == "True")
    }

    /// Being deleted.
    pub fn is_ending(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Reason why this pod cannot become ready by waiting alone (wait predicate W-FAIL), with the container's name:
    /// waiting reasons of containers and init containers, `terminated: Error`, unschedulable.
    pub fn failure(&self) -> Option<(String, String)> {
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
                return Some((w.reason.clone(), c.name.clone()));
            }
            if let Some(t) = c.state.terminated.as_ref().filter(|t| t.reason == "Error" || t.reason == "OOMKilled") {
                return Some((t.reason.clone(), c.name.clone()));
            }
        }
        let unschedulable =
            super::condition(&self.status.conditions, "PodScheduled").filter(|c| c.status == "False" && c.reason == "Unschedulable");
        unschedulable.map(|c| (c.reason.clone(), String::new()))
    }
}
