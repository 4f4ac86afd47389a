//! A disruption budget that lets no pod go: it does not hold the rollout up (a ReplicaSet that shrinks asks no budget), but
//! every drain of a node, and every autoscaler of nodes that would make room, waits for as long as the plan runs.

use model::Kind;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct PdbTooTight;

impl Hazard for PdbTooTight {
    fn code(&self) -> &'static str {
        "pdb-too-tight"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let ids = ctx.around.pdbs().into_iter().map(|p| ctx.around.id.sibling(Kind::PodDisruptionBudget, &p.metadata.name));
        let tight = ids.filter(|id| {
            let status = |key: &str| ctx.snapshot.raw(id)?.pointer("/status")?.get(key).and_then(Value::as_i64);
            status("disruptionsAllowed") == Some(0) && status("expectedPods").is_some_and(|n| n > 0)
        });
        let told = tight.map(|id| {
            let message = sentence!("allows no disruption now: a node that is drained meanwhile waits for its pods");
            let remedy = sentence!("drain no node while the plan runs, or let the budget spare one pod");
            finding(self, Severity::Warn, &id, message, remedy)
        });
        told.collect()
    }
}
