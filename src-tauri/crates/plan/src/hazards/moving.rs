//! A Deployment that is in the middle of a rollout, or whose pods are not all available.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

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
            false => sentence!("its newest change has not been seen by the deployment controller yet"),
            true => sentence!(
                "is not complete: of {wanted} pods {updated} run the newest template and {available} are available; {all} run in all",
                wanted = d.wanted(),
                updated = s.updated_replicas,
                available = s.available_replicas,
                all = s.replicas
            ),
        };
        match ctx.is_blue_green() {
            true => {
                let remedy = match d.observed() {
                    false => sentence!("check again in a moment; if it stays so, see whether the controller manager of the cluster runs"),
                    true => sentence!("let it finish, or roll it back, then make the plan again"),
                };
                vec![finding(self, Severity::Block, object, message, remedy)]
            }
            false => {
                let remedy = match ctx.plan.brings_a_version() {
                    true => sentence!("a rollback in the middle of a rollout is sound: the unready pods of the new version go first"),
                    false => sentence!("let it finish first: pods that do not come up now will not come up by a restart either"),
                };
                vec![finding(self, Severity::Warn, object, message, remedy)]
            }
        }
    }
}
