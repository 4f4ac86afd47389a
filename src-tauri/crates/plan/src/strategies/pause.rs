//! Pause: what is rolling out stops where it is, and no edit rolls out until somebody resumes it; as `kubectl rollout pause`
//! does, with who and why written on the Deployment.
//!
//! A paused Deployment still scales, and pods that were created stay.

use jiff::Timestamp;
use model::{Kind, Sentence, sentence};
use serde_json::{Map, Value};

use super::{Draft, Fitness, Laid, Strategy};
use crate::advice::Fit;
use crate::around::Around;
use crate::params::ParamSchema;
use crate::plan::{Plan, PlanError, What};
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

    fn stops(&self, around: &Around<'_>) -> Option<Sentence> {
        if around.id.kind != Kind::Deployment {
            return Some(sentence!("a {kind} cannot be paused: only a Deployment has a pause", kind = around.id.kind));
        }
        around.deployment.spec.paused.then(|| sentence!("it is paused already"))
    }

    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError> {
        let what = match around.deployment.complete() {
            false => sentence!("what is rolling out stops where it is"),
            true => sentence!("no edit of its template rolls out until it is resumed"),
        };
        Ok((Fit::Good, vec![what]))
    }

    fn change(&self, _: &Plan) -> Sentence {
        sentence!("pause")
    }

    fn done(&self) -> (&'static str, Sentence) {
        ("paused", sentence!("Paused: nothing rolls out until it is resumed."))
    }

    fn lay(&self, around: &Around<'_>, _: &What, params: Map<String, Value>, _: Timestamp) -> Result<Laid, PlanError> {
        let template = around.template();
        let mut draft = Draft::default();
        let step = Step::Pause { deployment: around.id.clone(), template: Some(template.clone()) };
        draft.push("pause", Phase::Write, step, Some(1));
        Ok(Laid { draft, params, template, changes: vec![] })
    }
}
