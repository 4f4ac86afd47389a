//! A Service that sends traffic to pods that are not ready: its endpoints prove nothing about green.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct NotReadyAddresses;

impl Hazard for NotReadyAddresses {
    fn code(&self) -> &'static str {
        "not-ready-addresses"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for (id, s) in ctx.moved_services() {
            if s.spec.publish_not_ready_addresses {
                let message = sentence!(
                    "has publishNotReadyAddresses: it would send traffic to pods that are not ready, and shows all of them as ready"
                );
                all.push(finding(
                    self,
                    Severity::Block,
                    id,
                    message,
                    sentence!("set publishNotReadyAddresses to false for the time of the run"),
                ));
            }
        }
        all
    }
}
