//! A paused Deployment: somebody holds it, and resuming it would roll out whatever was edited meanwhile.

use super::{CheckCtx, Finding, Hazard, Severity, finding};

/// See the file's head.
#[derive(Debug)]
pub struct Paused;

impl Hazard for Paused {
    fn code(&self) -> &'static str {
        "paused"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let object = ctx.around.id;
        if !ctx.around.deployment.spec.paused {
            return vec![];
        }
        let by = ctx.around.deployment.metadata.annotations.get(model::names::WHY);
        let message = match by {
            Some(why) => format!("is paused by another run: {why}"),
            None => "is paused".to_string(),
        };
        if !ctx.is_blue_green() {
            return vec![finding(
                self,
                Severity::Fixed,
                object,
                message,
                "template and unpause are written in one patch, so that nothing else rolls out",
            )];
        }
        let remedy =
            format!("find out who paused it and why; then: kubectl -n {} rollout resume deployment/{}", object.namespace, object.name);
        vec![finding(self, Severity::Block, object, message, remedy)]
    }
}
