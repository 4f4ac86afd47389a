//! Restart: every pod is replaced by one of the same template, as `kubectl rollout restart` does, by an annotation of the
//! template (`kubectl.kubernetes.io/restartedAt`).
//!
//! Differs from kubectl: the write is guarded by the template that was seen, the pods are waited for, and a restart whose
//! pods do not come up can be taken back.

use jiff::Timestamp;
use model::{Sentence, sentence};
use serde_json::{Map, Value, json};

use super::{Draft, Fitness, Laid, Strategy, deadline, deadline_param};
use crate::advice::Fit;
use crate::around::Around;
use crate::pace;
use crate::params::ParamSchema;
use crate::plan::{Plan, PlanError, What};
use crate::step::{Phase, Step};

/// What kubectl writes, and looks for.
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// See the file's head.
#[derive(Debug)]
pub struct Restart;

impl Strategy for Restart {
    fn name(&self) -> &'static str {
        "restart"
    }

    fn brings_a_version(&self) -> bool {
        false
    }

    fn params(&self) -> ParamSchema {
        ParamSchema { params: vec![deadline_param()] }
    }

    fn stops(&self, around: &Around<'_>) -> Option<Sentence> {
        if around.deployment.spec.strategy.kind == "OnDelete" {
            return Some(sentence!(
                "its pods are replaced only when somebody deletes them (updateStrategy OnDelete): delete them one by one"
            ));
        }
        // As kubectl: what was edited under the pause would roll out with it, or nothing would.
        around.deployment.spec.paused.then(|| sentence!("it is paused: resume it first"))
    }

    fn fit(&self, _: &Around<'_>) -> Result<Fitness, PlanError> {
        Ok((Fit::Good, vec![sentence!("its pods are replaced in steps, with the template that they have")]))
    }

    fn change(&self, _: &Plan) -> Sentence {
        sentence!("restart")
    }

    fn done(&self) -> (&'static str, Sentence) {
        ("restarted", sentence!("Restarted: every pod is a new one."))
    }

    fn lay(&self, around: &Around<'_>, _: &What, mut params: Map<String, Value>, now: Timestamp) -> Result<Laid, PlanError> {
        let deadline = deadline(around, &mut params);
        let before = around.template();
        let mut after = before.clone();
        // A template always has an object of metadata; a server may leave out what is empty in it.
        after["metadata"]["annotations"][RESTARTED_AT] = json!(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let mut draft = Draft::default();
        // Back is another round of new pods.
        let back = Some(pace::rolling_update(around).unwrap_or(deadline));
        let step = Step::SetTemplate { deployment: around.id.clone(), before, after: after.clone(), cause: None };
        draft.push("restart", Phase::Write, step, back);
        draft.push("await-rollout", Phase::Ready, Step::AwaitRollout { deployment: around.id.clone(), deadline }, back);
        Ok(Laid { draft, params, template: after, changes: vec![] })
    }
}
