//! A right that a step **or its way back** needs is missing: better known now than half-way.

use super::{CheckCtx, Finding, Hazard, Severity, finding};
use crate::access::{needs, said};

/// See the file's head.
#[derive(Debug)]
pub struct Permissions;

impl Hazard for Permissions {
    fn code(&self) -> &'static str {
        "permissions"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        let mut unasked = 0;
        for (access, by) in needs(ctx.plan) {
            match ctx.snapshot.access.get(&access) {
                Some(true) => {}
                Some(false) => {
                    let by: Vec<String> = by.into_iter().collect();
                    let message = format!("you may not {}; needed by {}", said(&access), by.join(", "));
                    let remedy = "ask whoever gives rights in this namespace for it".to_string();
                    all.push(finding(self, Severity::Block, ctx.around.id, message, remedy));
                }
                None => unasked += 1,
            }
        }
        if unasked > 0 {
            let message = format!("{unasked} permissions could not be checked: the API server was not asked, or did not answer");
            all.push(finding(self, Severity::Warn, ctx.around.id, message, "check again once the cluster answers"));
        }
        all
    }
}
