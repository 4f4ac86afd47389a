//! The plan: a directed acyclic graph of steps, bound to one cluster and one target, versioned and hashed.

use jiff::Timestamp;
use model::{ClusterIdentity, ObjectId, Sentence, sentence};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::step::{Phase, Step};

/// Version of the plan file's format.
pub const SCHEMA: u32 = 1;

/// What is to be done, whole: a plan can be exported, read, and run by another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Id of the plan and of the run that it becomes: `bg-web-3f9a1c`.
    pub id: String,
    /// SHA-256 (hex) over the plan's canonical JSON with this field empty. A file that was edited is refused.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Kubeconfig context that it was made in; informative.
    pub context: String,
    /// Cluster that it is bound to.
    pub cluster: ClusterIdentity,
    /// Name of the strategy.
    pub strategy: String,
    /// Parameters as given, with the defaults filled in.
    pub params: Value,
    /// What it is done to.
    pub target: Target,
    /// Image changes, for people.
    pub changes: Vec<ImageChange>,
    /// Pod template that the run brings.
    pub template: Value,
    /// Steps in an order that respects `after`.
    pub steps: Vec<Planned>,
}

impl Plan {
    /// It brings back what served before, and no other run may be needed for that: it does without a record where it may not
    /// have one.
    pub fn goes_back(&self) -> bool {
        crate::strategies::find(&self.strategy).is_some_and(|s| s.goes_back())
    }

    /// Whether going back that takes so long has to wait for pods: what is known is their deadline then, no measure.
    pub fn is_deadline(&self, way_back_seconds: u32) -> bool {
        let waits = |s: &Planned| match s.step {
            Step::AwaitReady { deadline, .. } | Step::AwaitRollout { deadline, .. } => way_back_seconds >= deadline,
            _ => false,
        };
        self.steps.iter().any(waits)
    }

    /// Whether a version comes into service by it.
    pub fn brings_a_version(&self) -> bool {
        crate::strategies::find(&self.strategy).is_none_or(|s| s.brings_a_version())
    }

    /// What it changes, in a few words: `v1 → v2`, `2 → 4 pods`.
    pub fn change(&self) -> Sentence {
        crate::strategies::find(&self.strategy).map_or_else(|| crate::said_versions(&self.changes), |s| s.change(self))
    }

    /// Whether a step only eases what the run does: what brings back what served before goes on without it. `step`: its id, or
    /// `undo:ID`.
    pub fn goes_on_without(&self, step: &str) -> bool {
        let id = step.strip_prefix("undo:").unwrap_or(step);
        self.goes_back() && self.steps.iter().any(|s| s.id == id && matches!(s.step, Step::Freeze { .. } | Step::Thaw { .. }))
    }
}

/// The workload that a plan is about, as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// Deployment.
    pub object: ObjectId,
    /// Its uid.
    pub uid: String,
    /// Its pod template, as the server returned it. The world has moved when it differs.
    pub template: Value,
    /// Pods that it had.
    pub replicas: u32,
}

/// One container's image, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageChange {
    /// Container.
    pub container: String,
    /// Image that runs.
    pub before: String,
    /// Image that shall run.
    pub after: String,
}

/// A step in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Planned {
    /// Unique within the plan and readable: `pin-web`, `cut-over`.
    pub id: String,
    /// Ids of the steps that must be done before.
    pub after: Vec<String>,
    /// Group for people.
    pub phase: Phase,
    /// What it does.
    pub step: Step,
    /// Seconds that it takes to be back where the run began, once this step is done; `None` = no way back by this run.
    pub way_back_seconds: Option<u32>,
}

/// What the operator wants to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum What {
    /// New image per container: (container, reference).
    Images(Vec<(String, String)>),
    /// A whole pod template.
    Template(Value),
}

/// How a Blue/Green run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// Green stays under its own name; blue goes to zero.
    Swap,
    /// Blue gets the new template while green serves, then takes over again; green goes.
    Promote,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum PlanError {
    /// A parameter is unknown or out of range.
    Param {
        /// Parameter.
        name: String,
        /// What is wrong and what is right.
        why: Sentence,
    },
    /// The target is not in the snapshot.
    NoTarget(ObjectId),
    /// The strategy cannot be used on this target.
    Unfit {
        /// Target.
        object: ObjectId,
        /// Why, and what to do.
        why: Sentence,
    },
    /// A plan file that cannot be read.
    File(Sentence),
}

impl PlanError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            PlanError::Param { name, why } => sentence!("parameter {name}: {why}", name; why = why.clone()),
            PlanError::NoTarget(object) => sentence!("{object}: not found", object = object.said()),
            PlanError::Unfit { object, why } => sentence!("{object}: {what}", object = object.said(); what = why.clone()),
            PlanError::File(why) => sentence!("plan file: {why}"; why = why.clone()),
        }
    }
}
