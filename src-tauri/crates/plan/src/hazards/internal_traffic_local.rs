//! `internalTrafficPolicy: Local`: a client in the cluster reaches pods of its own node only. On a node with blue and
//! without green the Service has no endpoint after the cutover, whatever its slices say.

use super::places::with_gap;
use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct InternalTrafficLocal;

impl Hazard for InternalTrafficLocal {
    fn code(&self) -> &'static str {
        "internal-traffic-local"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let local = ctx.moved_services().filter(|(_, s)| s.spec.internal_traffic_policy == "Local");
        let told = local.map(|(id, _)| {
            let message =
                sentence!("has internalTrafficPolicy Local: after the cutover clients on nodes without a pod of green reach nothing");
            let remedy = sentence!("make sure that green stands on every node that has clients, or switch to Cluster first");
            finding(self, Severity::Warn, id, with_gap(ctx, None, message), remedy)
        });
        told.collect()
    }
}
