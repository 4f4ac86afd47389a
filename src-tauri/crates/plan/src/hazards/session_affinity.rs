//! Sessions that stick to a client's address. kube-proxy moves them with the flip (seen); a load balancer in front may
//! not.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct SessionAffinity;

impl Hazard for SessionAffinity {
    fn code(&self) -> &'static str {
        "session-affinity"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for (id, s) in ctx.moved_services() {
            if s.spec.session_affinity == "ClientIP" {
                let message = sentence!(
                    "has sessionAffinity ClientIP: kube-proxy moves such clients with the cutover, a load balancer in front may keep them"
                );
                all.push(finding(
                    self,
                    Severity::Warn,
                    id,
                    message,
                    sentence!("probe through the entry, not only inside the cluster, before retiring blue"),
                ));
            }
        }
        all
    }
}
