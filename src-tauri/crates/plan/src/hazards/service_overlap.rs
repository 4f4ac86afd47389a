//! Blue's Service would select green's pods as well, before anybody looked at them.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct ServiceOverlap;

impl Hazard for ServiceOverlap {
    fn code(&self) -> &'static str {
        "service-overlap"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        let mut held: Vec<&model::ObjectId> = Vec::new();
        for s in &ctx.plan.steps {
            let crate::step::Step::Pin { service, keeps, .. } = &s.step else { continue };
            if held.contains(&service) {
                continue;
            }
            held.push(service);
            let message = sentence!("its selector also matches green's pods");
            let remedy =
                sentence!("the plan narrows it to the pods of {blue} before green starts; no endpoint changes by that", blue = keeps.name);
            all.push(finding(self, Severity::Fixed, service, message, remedy));
        }
        all
    }
}
