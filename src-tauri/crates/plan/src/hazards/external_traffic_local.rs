//! `externalTrafficPolicy: Local`: a node without a ready pod of the Service drops what comes to it from outside. Green may
//! stand on other nodes than blue, and a load balancer learns that by its health checks only. Where green may be on none of
//! the nodes that a load balancer sends to, nothing from outside would reach it.

use model::kinds::service::Service;
use model::{Kind, ObjectId};
use serde_json::Value;

use super::places::with_gap;
use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// Label of a node that load balancers do not send to, whatever its value (KEP-1143).
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

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
        local.map(|(id, service)| if unreachable(ctx, service) { self.blocks(id) } else { self.warns(ctx, id) }).collect()
    }
}

impl ExternalTrafficLocal {
    fn blocks(&self, id: &ObjectId) -> Finding {
        let message = sentence!(
            "has externalTrafficPolicy Local, and green's pods may be on none of the nodes that its load balancer sends to ({label})",
            label = EXCLUDED
        );
        let remedy = sentence!("let green's pods be on nodes that the load balancer sends to, or switch to Cluster first");
        finding(self, Severity::Block, id, message, remedy)
    }

    fn warns(&self, ctx: &CheckCtx<'_>, id: &ObjectId) -> Finding {
        let message = sentence!(
            "has externalTrafficPolicy Local: after the cutover nodes without a pod of green drop what comes to them from outside"
        );
        let remedy = sentence!(
            "spread green over the nodes that blue is on, or switch to Cluster first; soak longer than the load balancer's health check takes"
        );
        finding(self, Severity::Warn, id, with_gap(ctx, None, message), remedy)
    }
}

/// Whether there are nodes for green, and a load balancer sends to none of them.
fn unreachable(ctx: &CheckCtx<'_>, service: &Service) -> bool {
    let excluded = |node: &Value| node.pointer("/metadata/labels").is_some_and(|l| l.get(EXCLUDED).is_some());
    let known = ctx.snapshot.unknown(Kind::Node).is_none() && ctx.usable_nodes().next().is_some();
    known && service.spec.kind == "LoadBalancer" && ctx.usable_nodes().all(|(_, node)| excluded(node))
}
