//! Without a readiness probe a pod counts as ready as soon as its process runs: ready does not mean serving.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct NoReadinessProbe;

impl Hazard for NoReadinessProbe {
    fn code(&self) -> &'static str {
        "no-readiness-probe"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let spec = crate::references::slim(ctx.template()).spec;
        if spec.containers.iter().any(|c| c.readiness_probe.is_some()) {
            return vec![];
        }
        let message = sentence!("no container of the new template has a readiness probe: its pods count as ready before they serve");
        let remedy = match ctx.is_blue_green() {
            true => sentence!("add one; until then trust the smoke check alone, and let green stand for a while before the cutover"),
            false => sentence!("add one; until then look at the pods' logs before trusting the result"),
        };
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}
