//! `externalTrafficPolicy: Local`: a node without a ready pod of the Service drops what comes to it from outside. Green may
//! stand on other nodes than blue, and a load balancer learns that by its health checks only.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct ExternalTrafficLocal;

impl Hazard for ExternalTrafficLocal {
    fn code(&self) -> &'static str {
        "external-traffic-local"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let local = ctx
            .moved_services()
            .filter(|(_, s)| matches!(s.spec.kind.as_str(), "NodePort" | "LoadBalancer") && s.spec.external_traffic_policy == "Local");
        let told = local.map(|(id, _)| {
        let message = sentence!(
            "has externalTrafficPolicy Local: after the cutover nodes without a pod of green drop what comes to them from outside"
        );
        let remedy = sentence!(
            "spread green over the nodes that blue is on, or switch to Cluster first; soak longer than the load balancer's health check takes"
        );
            finding(self, Severity::Warn, id, message, remedy)
        });
        told.collect()
    }
}
