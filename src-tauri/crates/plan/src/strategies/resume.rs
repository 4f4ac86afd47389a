//! Resume: the pause ends, and what was edited under it rolls out; as `kubectl rollout resume` does, with the rollout waited for.

use jiff::Timestamp;
use model::{Sentence, names, sentence};
use serde_json::{Map, Value};

use super::{Draft, Fitness, Laid, Strategy, deadline, deadline_param};
use crate::advice::Fit;
use crate::around::Around;
use crate::params::ParamSchema;
use crate::plan::{Plan, PlanError, What};
use crate::step::{Phase, Step};

/// See the file's head.
#[derive(Debug)]
pub struct Resume;

impl Strategy for Resume {
    fn name(&self) -> &'static str {
        "resume"
    }

    fn brings_a_version(&self) -> bool {
        false
    }

    fn params(&self) -> ParamSchema {
        ParamSchema { params: vec![deadline_param()] }
    }

    fn stops(&self, around: &Around<'_>) -> Option<Sentence> {
        (!around.deployment.spec.paused).then(|| sentence!("it is not paused"))
    }

    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError> {
        Ok(match around.deployment.metadata.annotations.get(names::WHY) {
            Some(why) => (Fit::Possible, vec![Sentence::quoted(why)]),
            None => (Fit::Good, vec![sentence!("what was edited under the pause rolls out")]),
        })
    }

    fn change(&self, _: &Plan) -> Sentence {
        sentence!("resume")
    }

    fn done(&self) -> (&'static str, Sentence) {
        ("resumed", sentence!("Resumed: its newest template runs alone."))
    }

    fn lay(&self, around: &Around<'_>, _: &What, mut params: Map<String, Value>, _: Timestamp) -> Result<Laid, PlanError> {
        let deadline = deadline(around, &mut params);
        let mut draft = Draft::default();
        draft.push("resume", Phase::Write, Step::Resume { deployment: around.id.clone() }, Some(1));
        draft.push("await-rollout", Phase::Ready, Step::AwaitRollout { deployment: around.id.clone(), deadline }, Some(1));
        Ok(Laid { draft, params, template: around.template(), changes: vec![] })
    }
}
