//! A right that a step **or its way back** needs is missing: better known now than half-way. A run that goes back to what
//! served before may do without a record that others see, and without holding an autoscaler; no other may.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::access::{RECORD, needs, rule, said};

/// See the file's head.
#[derive(Debug)]
pub struct Permissions;

impl Hazard for Permissions {
    fn code(&self) -> &'static str {
        "permissions"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        let mut unasked = 0;
        let goes_back = ctx.plan.goes_back();
        for (access, by) in needs(ctx.plan) {
            match ctx.snapshot.access.get(&access) {
                Some(true) => {}
                Some(false) => {
                    let what = said(&access);
                    let eases = by.iter().all(|b| ctx.plan.goes_on_without(b));
                    let (severity, message) = match (by.iter().all(|b| b == RECORD), goes_back) {
                        (true, true) => (
                            Severity::Warn,
                            sentence!("you may not {what}; needed by the record: nobody else will see this run, or can take it over", what),
                        ),
                        (true, false) => (Severity::Block, sentence!("you may not {what}; needed by the record", what)),
                        (false, _) if eases => (
                            Severity::Warn,
                            sentence!("you may not {what}: its autoscaler goes on by itself meanwhile, and may take pods away", what),
                        ),
                        (false, _) => {
                            (Severity::Block, sentence!("you may not {what}; needed by {by}", what, by = Vec::from_iter(by).join(", ")))
                        }
                    };
                    let remedy = sentence!(
                        "ask whoever gives rights in this namespace for the operator role, or for the rule {rule}",
                        rule = rule(&access)
                    );
                    all.push(finding(self, severity, ctx.around.id, message, remedy));
                }
                None => unasked += 1,
            }
        }
        if unasked > 0 {
            let message = sentence!("{unasked} permissions could not be checked: the API server was not asked, or did not answer", unasked);
            all.push(finding(self, Severity::Warn, ctx.around.id, message, sentence!("check again once the cluster answers")));
        }
        all
    }
}
