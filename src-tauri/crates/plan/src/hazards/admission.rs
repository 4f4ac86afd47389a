//! The API server refuses a write when asked by a dry run: validation, policies, webhooks, quota; or admission makes something
//! else of it than was sent (another selector, another floor of an autoscaler). A Deployment's dry run shows nothing of what its *pods* would be refused for, so a bare Pod of green's template is asked for as well. Where no
//! clear answer came (a webhook that is down fails dry runs too: seen) the plan is stopped all the same, in other words.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::access::pod_trial;
use crate::snapshot::{DryRun, Untried};

/// See the file's head.
#[derive(Debug)]
pub struct Admission;

impl Hazard for Admission {
    fn code(&self) -> &'static str {
        "admission"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if ctx.snapshot.dry_runs.is_empty() {
            let message = sentence!("whether the writes are admitted could not be checked: no dry run was made");
            return vec![finding(self, Severity::Warn, ctx.around.id, message, sentence!("check again once the cluster answers"))];
        }
        let refused = ctx.snapshot.dry_runs.iter().filter_map(|d| Some((d, d.outcome.as_ref().err()?)));
        let found = refused.map(|(d, why)| match ctx.plan.goes_on_without(&d.step) {
            true => {
                let remedy = sentence!("the run goes on without: the autoscaler may take pods away meanwhile");
                Finding { severity: Severity::Warn, remedy, ..self.of(ctx, d, why) }
            }
            false => self.of(ctx, d, why),
        });
        found.collect()
    }
}

impl Admission {
    fn of(&self, ctx: &CheckCtx<'_>, dry_run: &DryRun, untried: &Untried) -> Finding {
        let why = match untried {
            Untried::Refused(why) => why,
            Untried::Unanswered(why) => return self.unanswered(dry_run, why),
            Untried::Altered { field, sent, stored } => {
                let message = match dry_run.step.strip_prefix("undo:") {
                    Some(step) => sentence!(
                        "admission changes what the way back from {step} writes: {field} is sent as {sent} and would be stored as {stored}",
                        step,
                        field,
                        sent,
                        stored
                    ),
                    None => sentence!(
                        "admission changes what step {step} writes: {field} is sent as {sent} and would be stored as {stored}",
                        step = dry_run.step,
                        field,
                        sent,
                        stored
                    ),
                };
                let remedy = sentence!(
                    "ask the owner of the policy or webhook that changes it (kubectl get mutatingadmissionpolicies,mutatingwebhookconfigurations)"
                );
                return finding(self, Severity::Block, &dry_run.object, message, remedy);
            }
        };
        if dry_run.step == "pod" {
            if ctx.snapshot.access.get(&pod_trial(ctx.plan)) == Some(&false) {
                let message = sentence!("whether pods of the new template are admitted could not be checked: you may not create pods");
                return finding(
                    self,
                    Severity::Warn,
                    &dry_run.object,
                    message,
                    sentence!("the deployment controller will tell once green is scaled up"),
                );
            }
            let message = sentence!("a pod of the new template is refused: {why}", why);
            return finding(self, Severity::Block, &dry_run.object, message, sentence!("change the template so that it is admitted"));
        }
        let message = match dry_run.step.strip_prefix("undo:") {
            Some(step) => sentence!("the way back from {step} is refused: {why}", step, why),
            None => sentence!("step {step} is refused: {why}", step = dry_run.step, why),
        };
        finding(
            self,
            Severity::Block,
            &dry_run.object,
            message,
            sentence!("the text names the policy; change what is written, or ask its owner"),
        )
    }

    fn unanswered(&self, dry_run: &DryRun, why: &str) -> Finding {
        let message = match (dry_run.step.as_str(), dry_run.step.strip_prefix("undo:")) {
            ("pod", _) => {
                sentence!("whether a pod of the new template is admitted is not known: no clear answer to its dry run ({why})", why)
            }
            (_, Some(step)) => {
                sentence!("whether the way back from {step} is admitted is not known: no clear answer to its dry run ({why})", step, why)
            }
            (step, None) => sentence!("whether step {step} is admitted is not known: no clear answer to its dry run ({why})", step, why),
        };
        let remedy =
            sentence!("check again; if it stays so, an admission webhook may be down (kubectl get validatingwebhookconfigurations)");
        finding(self, Severity::Block, &dry_run.object, message, remedy)
    }
}
