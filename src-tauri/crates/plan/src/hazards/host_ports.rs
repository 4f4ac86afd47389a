//! Pods that take a port of their node: one to a node, whatever their colour. Both colours need nodes for all their pods.

use model::Kind;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::derive::containers;

/// See the file's head.
#[derive(Debug)]
pub struct HostPorts;

impl Hazard for HostPorts {
    fn code(&self) -> &'static str {
        "host-ports"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let Some(spec) = ctx.template().pointer("/spec").filter(|_| ctx.is_blue_green()) else { return vec![] };
        let ports = ports(spec);
        if ports.is_empty() {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::Node) {
            return vec![unchecked(self, ctx.around.id, Kind::Node, why)];
        }
        let nodes = ctx.usable_nodes().count();
        let (blue, green) = (ctx.around.pods().len(), ctx.extra_pods() as usize);
        if nodes >= blue + green {
            return vec![];
        }
        let ports: Vec<String> = ports.iter().map(u64::to_string).collect();
        let message = sentence!(
            "its pods take port {ports} of their node: blue's {blue} and green's {green} want {wanted} nodes, and {nodes} can be used",
            ports = ports.join(", "),
            blue,
            green,
            wanted = blue + green,
            nodes
        );
        vec![finding(
            self,
            Severity::Block,
            ctx.around.id,
            message,
            sentence!("add nodes, give green fewer pods (green = N), or do without host ports"),
        )]
    }
}

/// Ports of the node that one pod takes; on the host's network these are all its ports.
fn ports(spec: &Value) -> Vec<u64> {
    let on_host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    let key = if on_host { "containerPort" } else { "hostPort" };
    let ports = containers(spec).filter_map(|c| c.get("ports")?.as_array()).flatten();
    ports.filter_map(|p| p.get(key)?.as_u64()).filter(|p| *p > 0).collect()
}
