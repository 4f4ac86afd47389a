//! A progress deadline of 2147483647: Kubernetes then never says that a rollout failed (no Progressing condition at all).

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct NeverFailing;

impl Hazard for NeverFailing {
    fn code(&self) -> &'static str {
        "never-failing"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let never = ctx.around.deployment.spec.progress_deadline_seconds.is_some_and(|s| s >= 2_147_483_647);
        if !never {
            return vec![];
        }
        let deadline = ctx.plan.params.get("deadline").and_then(serde_json::Value::as_u64).unwrap_or(600);
        let message = sentence!("never reports a failed rollout (progressDeadlineSeconds 2147483647)");
        vec![finding(self, Severity::Fixed, ctx.around.id, message, sentence!("the run has a deadline of its own: {deadline} s", deadline))]
    }
}
