//! The nodes have no room for green's pods. Counted from what the nodes offer less the pods that were read: when even
//! that is not enough, green will not fit. The other way round nothing is promised; the scheduler decides.

use model::kinds::pod::Pod;
use model::kinds::template::PodSpec;
use model::{Kind, Object, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::quantity::{Demand, milli};
use crate::references::slim;

/// See the file's head.
#[derive(Debug)]
pub struct NodeRoom;

impl Hazard for NodeRoom {
    fn code(&self) -> &'static str {
        "node-room"
    }

    fn concerns(&self, ctx: &CheckCtx<'_>) -> bool {
        ctx.starts_pods()
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let (green, surge) = (i128::from(ctx.extra_pods()), i128::from(ctx.surge_pods()));
        if green + surge == 0 {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::Node) {
            return vec![unchecked(self, ctx.around.id, Kind::Node, why)];
        }
        let spec = slim(ctx.template()).spec;
        let raw_spec = ctx.template().pointer("/spec").unwrap_or(&Value::Null);
        let nodes: Vec<(&ObjectId, &Value)> = ctx.snapshot.raw.iter().filter(|(id, _)| id.kind == Kind::Node).collect();
        let fits: i128 = nodes.iter().filter(|(_, n)| takes(n, raw_spec)).map(|(id, n)| room(ctx, id, n, &spec)).sum();
        if fits >= green + surge {
            return vec![];
        }
        if fits >= green {
            let message = sentence!(
                "{surge} more pods are wanted at first by the rolling update (maxSurge), and {nodes} nodes have room for {fits} at most",
                surge,
                nodes = nodes.len(),
                fits = fits - green
            );
            let remedy = sentence!("add nodes: where maxUnavailable lets no pod go first, the rolling update stands still");
            return vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)];
        }
        let message = sentence!(
            "{wanted} more pods are wanted, and {nodes} nodes have room for {fits} at most",
            wanted = green,
            nodes = nodes.len(),
            fits
        );
        let remedy = match ctx.is_blue_green() {
            true => sentence!("add nodes, or give green fewer pods (green = N); with an autoscaler of nodes, raise the deadline"),
            false => sentence!("add nodes, or scale to fewer; with an autoscaler of nodes, raise the deadline"),
        };
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}

/// Whether the scheduler may use that node for the pod: cordon, node selector and hard taints.
pub(crate) fn takes(node: &Value, spec: &Value) -> bool {
    let taints = node.pointer("/spec/taints").and_then(Value::as_array).into_iter().flatten();
    let tolerations: Vec<&Value> = spec.get("tolerations").and_then(Value::as_array).into_iter().flatten().collect();
    let tolerated = |taint: &Value| {
        tolerations.iter().any(|t| {
            let (key, effect) = (t.get("key").and_then(Value::as_str), t.get("effect").and_then(Value::as_str));
            let exists = t.get("operator").and_then(Value::as_str) == Some("Exists");
            let by_key = key.is_none_or(|k| k.is_empty()) && exists || (key.is_some() && t.get("key") == taint.get("key"));
            let by_value = exists || t.get("value").unwrap_or(&Value::Null) == taint.get("value").unwrap_or(&Value::Null);
            by_key && by_value && effect.is_none_or(|e| Some(e) == taint.get("effect").and_then(Value::as_str))
        })
    };
    let hard = |t: &&Value| matches!(t.get("effect").and_then(Value::as_str), Some("NoSchedule" | "NoExecute"));
    let selector = spec.get("nodeSelector").and_then(Value::as_object).into_iter().flatten();
    let labels = node.pointer("/metadata/labels");
    node.pointer("/spec/unschedulable") != Some(&Value::Bool(true))
        && taints.filter(hard).all(tolerated)
        && selector.into_iter().all(|(k, v)| labels.and_then(|l| l.get(k)) == Some(v))
}

/// Pods of that sort that the node can take besides those that are known to be on it.
fn room(ctx: &CheckCtx<'_>, node: &ObjectId, raw: &Value, spec: &PodSpec) -> i128 {
    let on_it = |o: &Object| match o {
        Object::Pod(p) if p.spec.node_name == node.name && !matches!(p.status.phase.as_str(), "Succeeded" | "Failed") => Some(p.clone()),
        _ => None,
    };
    let there: Vec<Box<Pod>> = ctx.snapshot.objects.of(Kind::Pod).filter_map(on_it).collect();
    let free = |resource: &str, used: i128| {
        raw.pointer("/status/allocatable").and_then(|a| a.get(resource)).and_then(milli).map(|a| (a - used).max(0))
    };
    let mut most = free("pods", there.len() as i128 * 1000).map_or(i128::MAX / 1024, |f| f / 1000);
    for resource in ["cpu", "memory"] {
        let one = Demand::of(spec).request(resource);
        let used = there.iter().map(|p| Demand::of(&p.spec).request(resource)).sum();
        if let (true, Some(free)) = (one > 0, free(resource, used)) {
            most = most.min(free / one);
        }
    }
    most
}
