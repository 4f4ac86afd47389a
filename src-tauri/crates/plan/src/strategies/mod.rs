//! The strategies: ways to bring a version into service, and the verbs that leave it as it is (restart, scale, pause, resume).
//! Each is a flat list of steps that reads as the algorithm.
//!
//! A strategy does **not** decide whether it is wise (`hazards`): it refuses only what it cannot put into steps.

use jiff::Timestamp;
use model::{ObjectId, Sentence, sentence};
use serde_json::{Map, Value, json};

use crate::advice::Fit;
use crate::around::Around;
use crate::file::seal;
use crate::params::{Param, ParamKind, ParamSchema, number, wrong};
use crate::plan::{ImageChange, Plan, PlanError, Planned, SCHEMA, Target, What};
use crate::snapshot::Snapshot;
use crate::step::{Phase, Step};

pub mod blue_green;
pub mod pause;
pub mod restart;
pub mod resume;
pub mod rollback;
pub mod scale;

/// Every strategy: a new one is one file and one line here.
pub const LIST: &[&dyn Strategy] =
    &[&blue_green::BlueGreen, &rollback::Rollback, &restart::Restart, &scale::Scale, &pause::Pause, &resume::Resume];

/// How well a strategy fits, and why: each reason a sentence without a full stop.
pub type Fitness = (Fit, Vec<Sentence>);

/// A way to bring a version into service, or to do something to the one that serves.
pub trait Strategy: Sync {
    /// Name, as in plan files and on the command line: `blue-green`.
    fn name(&self) -> &'static str;
    /// Whether it leads back to what served before: an incident does not wait for rights to a record.
    fn goes_back(&self) -> bool {
        false
    }
    /// Whether it brings a version into service. What leaves it as it is tells nothing of that version either, however it ends.
    fn brings_a_version(&self) -> bool {
        true
    }
    /// What the operator may choose.
    fn params(&self) -> ParamSchema;
    /// Why it cannot be used on that workload, whatever is wished; `None` = nothing is in its way.
    fn stops(&self, _: &Around<'_>) -> Option<Sentence> {
        None
    }
    /// How well it fits a workload on which nothing stops it. Errors: what it goes by was not read.
    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError>;
    /// What a plan of it changes, in a few words: `v1 → v2`, `2 → 4 pods`.
    fn change(&self, plan: &Plan) -> Sentence {
        crate::said_versions(&plan.changes)
    }
    /// What is so once a run of it is over: a code, and the sentence.
    fn done(&self) -> (&'static str, Sentence) {
        ("done", sentence!("Done: the new version serves."))
    }
    /// The steps, and what they bring. `params` are checked and have their defaults; what is derived goes in beside them.
    fn lay(&self, around: &Around<'_>, what: &What, params: Map<String, Value>, now: Timestamp) -> Result<Laid, PlanError>;
    /// Makes the plan, sealed. `id` becomes the plan's id.
    fn plan(
        &self,
        snapshot: &Snapshot,
        target: &ObjectId,
        what: &What,
        params: &Value,
        now: Timestamp,
        id: &str,
    ) -> Result<Plan, PlanError> {
        if !self.brings_a_version() {
            nothing_given(what)?;
        }
        let around = Around::of(snapshot, target)?;
        if let Some(why) = self.stops(&around) {
            return Err(unfit(&around, why));
        }
        let Laid { draft, params, template, changes } = self.lay(&around, what, self.params().fill(params)?, now)?;
        seal(Plan {
            schema: SCHEMA,
            id: id.to_string(),
            hash: String::new(),
            created_at: now,
            context: snapshot.context.clone(),
            cluster: snapshot.cluster.clone(),
            strategy: self.name().to_string(),
            params: Value::Object(params),
            target: Target {
                object: target.clone(),
                uid: around.deployment.metadata.uid.clone(),
                template: around.template(),
                replicas: around.deployment.status.replicas,
            },
            changes,
            template,
            steps: draft.steps,
        })
    }
}

/// What a strategy makes of a workload and a wish.
#[derive(Debug)]
pub struct Laid {
    /// The steps.
    draft: Draft,
    /// Parameters, with what was derived filled in.
    params: Map<String, Value>,
    /// Pod template that the run brings.
    template: Value,
    /// Images that differ in it.
    changes: Vec<ImageChange>,
}

/// The strategy of that name.
pub fn find(name: &str) -> Option<&'static dyn Strategy> {
    LIST.iter().copied().find(|s| s.name() == name)
}

/// Steps in the order of their writing; each waits for the one before. Ids are made unique.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    steps: Vec<Planned>,
}

impl Draft {
    /// Adds a step. `way_back` as [`Planned::way_back_seconds`].
    pub(crate) fn push(&mut self, id: &str, phase: Phase, step: Step, way_back: Option<u32>) {
        let taken = |candidate: &str| self.steps.iter().any(|s| s.id == candidate);
        let mut unique = id.to_string();
        let mut n = 2;
        while taken(&unique) {
            unique = format!("{id}-{n}");
            n += 1;
        }
        let after = self.steps.last().map(|s| s.id.clone()).into_iter().collect();
        self.steps.push(Planned { id: unique, after, phase, step, way_back_seconds: way_back });
    }

    /// Steps that write, so far.
    pub(crate) fn writes(&self) -> u32 {
        let n = self.steps.iter().filter(|s| !s.step.writes_to().is_empty()).count();
        u32::try_from(n).unwrap_or(u32::MAX)
    }
}

/// The parameter of the longest wait for pods.
pub(crate) fn deadline_param() -> Param {
    Param {
        name: "deadline",
        kind: ParamKind::Integer { unit: "s", min: 1, max: 86_400 },
        default: Value::Null,
        doc: "longest wait for pods; left out: progressDeadlineSeconds, else 600",
    }
}

/// The longest wait for pods (seconds), as chosen or as the workload says; written into the parameters.
pub(crate) fn deadline(around: &Around<'_>, params: &mut Map<String, Value>) -> u32 {
    let seconds = number(params, "deadline").unwrap_or_else(|| default_deadline(around.deployment.spec.progress_deadline_seconds));
    params.insert("deadline".into(), json!(seconds));
    seconds
}

/// Refuses images and templates where a strategy takes none.
fn nothing_given(what: &What) -> Result<(), PlanError> {
    match *what == What::Images(Vec::new()) {
        true => Ok(()),
        false => Err(wrong("image", sentence!("it leaves the version as it is; leave images and template out"))),
    }
}

/// It cannot be used on this workload.
fn unfit(around: &Around<'_>, why: Sentence) -> PlanError {
    PlanError::Unfit { object: around.id.clone(), why }
}

/// Our own deadline for a wait: the Deployment's, unless it is absent or says "never" (2147483647: the controller gives
/// no verdict at all then, seen on 1.37).
pub(crate) fn default_deadline(of_deployment: Option<i64>) -> u32 {
    match of_deployment.and_then(|s| u32::try_from(s).ok()) {
        None | Some(0) | Some(2_147_483_647..) => 600,
        Some(s) => s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for s in LIST {
            assert_eq!(LIST.iter().filter(|o| o.name() == s.name()).count(), 1, "{}", s.name());
            assert!(find(s.name()).is_some());
        }
    }

    #[test]
    fn defaults_pass_their_own_check() {
        for s in LIST {
            let filled = s.params().fill(&Value::Null).expect("defaults");
            s.params().fill(&Value::Object(filled)).unwrap_or_else(|e| panic!("{}: {e}", s.name()));
        }
    }

    #[test]
    fn a_deployment_that_never_gives_up_gets_our_deadline() {
        assert_eq!([None, Some(2_147_483_647), Some(90)].map(default_deadline), [600, 600, 90]);
    }
}
