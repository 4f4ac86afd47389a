//! A Deployment that is in the middle of a rollout, or whose pods are not all available.

use super::{CheckCtx, Finding, Hazard, Severity, finding};

/// See the file's head.
#[derive(Debug)]
pub struct Moving;

impl Hazard for Moving {
    fn code(&self) -> &'static str {
        "moving"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let (object, d) = (ctx.around.id, ctx.around.deployment);
        if d.complete() {
            return vec![];
        }
        let s = &d.status;
        let message = match d.observed() {
            false => "its newest change has not been seen by the deployment controller yet".to_string(),
            true => format!(
                "is not complete: of {} pods {} run the newest template and {} are available; {} run in all",
                d.wanted(),
                s.updated_replicas,
                s.available_replicas,
                s.replicas
            ),
        };
        match ctx.is_blue_green() {
            true => vec![finding(self, Severity::Block, object, message, "let it finish, or roll it back, then make the plan again")],
            false => vec![finding(
                self,
                Severity::Warn,
                object,
                message,
                "a rollback in the middle of a rollout is sound: the unready pods of the new version go first",
            )],
        }
    }
}
