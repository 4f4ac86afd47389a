//! batch/v1 Job and CronJob.

use serde::{Deserialize, Serialize};

use super::{Condition, condition};
use crate::meta::{Meta, null_default};

/// Job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: JobSpec,
    /// Status.
    pub status: JobStatus,
}

/// `Job.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobSpec {
    /// No pod is made.
    pub suspend: bool,
    /// Pods that must succeed; absent = any one of them.
    pub completions: Option<u32>,
}

/// `Job.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatus {
    /// Pods that succeeded.
    pub succeeded: u32,
    /// Pods that failed.
    pub failed: u32,
    /// `Complete`, `Failed`, `Suspended`, …
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}

impl Job {
    /// Why it was given up: the condition `Failed`.
    pub fn failure(&self) -> Option<&Condition> {
        condition(&self.status.conditions, "Failed").filter(|c| c.status == "True")
    }

    /// It is over, well or not: no pod of it is made any more.
    pub fn finished(&self) -> bool {
        self.failure().is_some() || condition(&self.status.conditions, "Complete").is_some_and(|c| c.status == "True")
    }
}

/// CronJob.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJob {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: CronJobSpec,
}

/// `CronJob.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobSpec {
    /// When: `0 3 * * *`.
    pub schedule: String,
    /// No Job is made.
    pub suspend: bool,
}
