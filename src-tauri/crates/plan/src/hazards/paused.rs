//! A paused Deployment: somebody holds it, and resuming it would roll out whatever was edited meanwhile.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

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
            Some(why) => sentence!("is paused by another run: {why}", why),
            None => sentence!("is paused"),
        };
        // Going back ends a pause; a restart has no business to.
        if !ctx.is_blue_green() && ctx.plan.brings_a_version() {
            return vec![finding(
                self,
                Severity::Fixed,
                object,
                message,
                sentence!("template and unpause are written in one patch, so that nothing else rolls out"),
            )];
        }
        let remedy = sentence!(
            "find out who paused it and why; then: kubectl -n {namespace} rollout resume deployment/{name}",
            namespace = object.namespace,
            name = object.name
        );
        vec![finding(self, Severity::Block, object, message, remedy)]
    }
}
