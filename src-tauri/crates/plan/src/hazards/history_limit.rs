//! A short history: an undo finds no old ReplicaSet to go back to.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct HistoryLimit;

impl Hazard for HistoryLimit {
    fn code(&self) -> &'static str {
        "history-limit"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let limit = match ctx.around.deployment.spec.revision_history_limit {
            Some(n @ (0 | 1)) => n,
            _ => return vec![],
        };
        let message = match limit {
            0 => sentence!(
                "keeps no old ReplicaSet (revisionHistoryLimit 0): kubectl rollout undo and Changeover's own rollback will find nothing"
            ),
            _ => sentence!("keeps one old ReplicaSet (revisionHistoryLimit 1): a rollback can go back one revision only"),
        };
        vec![finding(
            self,
            Severity::Warn,
            ctx.around.id,
            message,
            sentence!("raise revisionHistoryLimit; this run keeps the old template in its journal"),
        )]
    }
}
