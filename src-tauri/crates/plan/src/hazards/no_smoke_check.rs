//! Nothing asks green's pods before traffic reaches them.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct NoSmokeCheck;

impl Hazard for NoSmokeCheck {
    fn code(&self) -> &'static str {
        "no-smoke-check"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let asked = ctx.plan.steps.iter().any(|s| matches!(s.step, crate::step::Step::Smoke { .. }));
        if asked || !ctx.is_blue_green() {
            return vec![];
        }
        let message = sentence!(
            "no smoke check: it was declined, no port is known, or the readiness probe speaks HTTPS; green is judged by readiness alone"
        );
        vec![finding(
            self,
            Severity::Warn,
            ctx.around.id,
            message,
            sentence!("set smokePath and smokePort to something that proves that it works"),
        )]
    }
}
