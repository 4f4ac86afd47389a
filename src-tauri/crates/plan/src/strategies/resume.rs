//! Resume: the pause ends, and what was edited under it rolls out; as `kubectl rollout resume` does, with the rollout waited for.

use jiff::Timestamp;
use model::{ObjectId, Sentence, names, sentence};
use serde_json::Value;

use super::{Draft, Fitness, Strategy, deadline, deadline_param, nothing_given, unfit};
use crate::advice::Fit;
use crate::around::Around;
use crate::params::ParamSchema;
use crate::plan::{Plan, PlanError, What};
use crate::snapshot::Snapshot;
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

    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError> {
        let why = around.deployment.metadata.annotations.get(names::WHY);
        Ok(match (stops(around), why) {
            (Some(why), _) => (Fit::Unfit, vec![why]),
            (None, Some(why)) => (Fit::Possible, vec![Sentence::quoted(why)]),
            (None, None) => (Fit::Good, vec![sentence!("what was edited under the pause rolls out")]),
        })
    }

    fn change(&self, _: &Plan) -> Sentence {
        sentence!("resume")
    }

    fn done(&self) -> (&'static str, Sentence) {
        ("resumed", sentence!("Resumed: its newest template runs alone."))
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
        let mut params = self.params().fill(params)?;
        let deadline = deadline(&around, &mut params);
        let mut draft = Draft::default();
        draft.push("resume", Phase::Write, Step::Resume { deployment: target.clone() }, Some(1));
        draft.push("await-rollout", Phase::Ready, Step::AwaitRollout { deployment: target.clone(), deadline }, Some(1));
        draft.seal(self, &around, params, (around.template(), vec![]), now, id)
    }
}

fn stops(around: &Around<'_>) -> Option<Sentence> {
    (!around.deployment.spec.paused).then(|| sentence!("it is not paused"))
}
