//! Pause: what is rolling out stops where it is, and no edit rolls out until somebody resumes it; as `kubectl rollout pause`
//! does, with who and why written on the Deployment.
//!
//! A paused Deployment still scales, and pods that were created stay.

use jiff::Timestamp;
use model::{Kind, ObjectId, Sentence, sentence};
use serde_json::Value;

use super::{Draft, Fitness, Strategy, nothing_given, unfit};
use crate::advice::Fit;
use crate::around::Around;
use crate::params::ParamSchema;
use crate::plan::{Plan, PlanError, What};
use crate::snapshot::Snapshot;
use crate::step::{Phase, Step};

/// See the file's head.
#[derive(Debug)]
pub struct Pause;

impl Strategy for Pause {
    fn name(&self) -> &'static str {
        "pause"
    }

    fn brings_a_version(&self) -> bool {
        false
    }

    fn params(&self) -> ParamSchema {
        ParamSchema { params: vec![] }
    }

    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError> {
        Ok(match (stops(around), around.deployment.complete()) {
            (Some(why), _) => (Fit::Unfit, vec![why]),
            (None, false) => (Fit::Good, vec![sentence!("what is rolling out stops where it is")]),
            (None, true) => (Fit::Good, vec![sentence!("no edit of its template rolls out until it is resumed")]),
        })
    }

    fn change(&self, _: &Plan) -> Sentence {
        sentence!("pause")
    }

    fn done(&self) -> (&'static str, Sentence) {
        ("paused", sentence!("Paused: nothing rolls out until it is resumed."))
    }

    fn plan(
        &self,
        snapshot: &Snapshot,
        target: &ObjectId,
        what: &What,
        params: &Value,
        now: Timestamp,
        id: &str,
    ) -> Result<Plan, PlanError> {
        nothing_given(what)?;
        let around = Around::of(snapshot, target)?;
        if let Some(why) = stops(&around) {
            return Err(unfit(&around, why));
        }
        let params = self.params().fill(params)?;
        let template = around.template();
        let mut draft = Draft::default();
        let step = Step::Pause { deployment: target.clone(), template: Some(template.clone()) };
        draft.push("pause", Phase::Write, step, Some(1));
        draft.seal(self, &around, params, (template, vec![]), now, id)
    }
}

fn stops(around: &Around<'_>) -> Option<Sentence> {
    if around.id.kind != Kind::Deployment {
        return Some(sentence!("a {kind} cannot be paused: only a Deployment has a pause", kind = around.id.kind));
    }
    around.deployment.spec.paused.then(|| sentence!("it is paused already"))
}
