//! A headless Service: clients hold the pods' addresses themselves, as long as their DNS answer lasts.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct HeadlessService;

impl Hazard for HeadlessService {
    fn code(&self) -> &'static str {
        "headless-service"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for (id, s) in ctx.moved_services() {
            if s.spec.cluster_ip == "None" {
                let message = sentence!("is headless: clients keep blue's addresses until they look the name up again");
                let remedy = sentence!("soak for longer than the clients cache DNS, and retire blue late");
                all.push(finding(self, Severity::Warn, id, message, remedy));
            }
        }
        all
    }
}
