//! A node under the pods that run is in trouble, or is being emptied: they may go in the middle of the run, and with them
//! the way back.

use std::collections::BTreeMap;

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// Conditions under which the kubelet evicts.
const PRESSURES: [&str; 3] = ["MemoryPressure", "DiskPressure", "PIDPressure"];

/// See the file's head.
#[derive(Debug)]
pub struct NodeTrouble;

impl Hazard for NodeTrouble {
    fn code(&self) -> &'static str {
        "node-trouble"
    }

    fn concerns(&self, ctx: &CheckCtx<'_>) -> bool {
        ctx.starts_pods()
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut pods: BTreeMap<&str, usize> = BTreeMap::new();
        for pod in ctx.around.pods() {
            *pods.entry(pod.spec.node_name.as_str()).or_default() += 1;
        }
        let nodes = pods.into_iter().map(|(name, n)| (ObjectId::new(Kind::Node, "", name), n));
        let target = &ctx.around.id.name;
        let bad = nodes.filter_map(|(id, n)| Some((trouble(ctx.snapshot.raw(&id)?)?, id, n)));
        let told = bad.map(|(trouble, id, n)| {
            let message = match trouble {
                Trouble::NotReady => {
                    sentence!("is not ready, and {n} of {target}'s pods are on it: they may go while the plan runs", n, target)
                }
                Trouble::Pressure(condition) => {
                    sentence!(
                        "has {condition}, and {n} of {target}'s pods are on it: they may go while the plan runs",
                        condition,
                        n,
                        target
                    )
                }
                Trouble::Cordoned => {
                    sentence!("is cordoned, and {n} of {target}'s pods are on it: they may go while the plan runs", n, target)
                }
            };
            finding(self, Severity::Warn, &id, message, sentence!("wait until the node is well, or the pods are elsewhere"))
        });
        told.collect()
    }
}

enum Trouble {
    NotReady,
    Pressure(String),
    Cordoned,
}

fn trouble(node: &Value) -> Option<Trouble> {
    let conditions = node.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let field = |c: &Value, key: &str| c.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    for condition in conditions {
        let (kind, status) = (field(condition, "type"), field(condition, "status"));
        if kind == "Ready" && status != "True" {
            return Some(Trouble::NotReady);
        }
        if PRESSURES.contains(&kind.as_str()) && status == "True" {
            return Some(Trouble::Pressure(kind));
        }
    }
    let cordoned = node.pointer("/spec/unschedulable") == Some(&Value::Bool(true));
    cordoned.then_some(Trouble::Cordoned)
}
