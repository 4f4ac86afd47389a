//! Scale: so many pods, by the `scale` subresource, as `kubectl scale` does.
//!
//! Differs from kubectl: the write is guarded by the number that was seen, the pods are waited for, and the way back is the
//! number from before.

use jiff::Timestamp;
use model::{Kind, Sentence, sentence};
use serde_json::{Map, Value};

use super::{Draft, Fitness, Laid, Strategy, deadline, deadline_param};
use crate::advice::Fit;
use crate::around::Around;
use crate::pace;
use crate::params::{Param, ParamKind, ParamSchema, number, wrong};
use crate::plan::{Plan, PlanError, What};
use crate::step::{Phase, Step};

/// See the file's head.
#[derive(Debug)]
pub struct Scale;

impl Strategy for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn brings_a_version(&self) -> bool {
        false
    }

    fn params(&self) -> ParamSchema {
        let replicas = Param {
            name: "replicas",
            kind: ParamKind::Integer { unit: "pods", min: 0, max: 5000 },
            default: Value::Null,
            doc: "pods that it shall have",
        };
        ParamSchema { params: vec![replicas, deadline_param()] }
    }

    fn stops(&self, around: &Around<'_>) -> Option<Sentence> {
        (around.id.kind == Kind::DaemonSet).then(|| sentence!("a DaemonSet has a pod on each of its nodes: it is not scaled"))
    }

    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError> {
        Ok(match around.hpas().first() {
            Some(hpa) => (Fit::Possible, vec![sentence!("autoscaler {name} decides how many pods it has", name = hpa.metadata.name)]),
            None => (Fit::Good, vec![sentence!("nothing else decides how many pods it has")]),
        })
    }

    fn change(&self, plan: &Plan) -> Sentence {
        let after = plan.params["replicas"].as_u64().unwrap_or_default();
        sentence!("{before} → {after} pods", before = plan.target.replicas, after)
    }

    fn done(&self) -> (&'static str, Sentence) {
        ("scaled", sentence!("Scaled: as many pods are ready as were wanted."))
    }

    fn lay(&self, around: &Around<'_>, _: &What, mut params: Map<String, Value>, _: Timestamp) -> Result<Laid, PlanError> {
        let Some(to) = number(&params, "replicas") else {
            return Err(wrong("replicas", sentence!("say how many pods it shall have")));
        };
        let from = around.deployment.wanted();
        if to == from {
            return Err(wrong("replicas", sentence!("it is scaled to {n} already", n = from)));
        }
        let deadline = deadline(around, &mut params);
        let mut draft = Draft::default();
        // Down is undone by starting pods again, up by ending some.
        let back = if to < from { pace::start(around).unwrap_or(deadline) } else { 1 };
        draft.push("scale", Phase::Write, Step::Scale { deployment: around.id.clone(), from: Some(from), to }, Some(back));
        let ready = Step::AwaitReady { deployment: around.id.clone(), service: None, count: to, deadline };
        draft.push("await-ready", Phase::Ready, ready, Some(back));
        Ok(Laid { draft, params, template: around.template(), changes: vec![] })
    }
}
