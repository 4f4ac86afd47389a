//! A network policy that treats the colours differently: it selects, or lets through, by a label that only one of them has
//! (`pod-template-hash`, a colour, a version).

use model::{Kind, LabelSelector, Labels, names};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, unchecked};
use crate::derive::template_labels;

/// See the file's head.
#[derive(Debug)]
pub struct NetworkPolicy;

impl Hazard for NetworkPolicy {
    fn code(&self) -> &'static str {
        "network-policy"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if let Some(why) = ctx.snapshot.unknown(Kind::NetworkPolicy) {
            return vec![unchecked(self, ctx.around.id, Kind::NetworkPolicy, why)];
        }
        let (now, then) = labels(ctx);
        let policies = ctx.snapshot.raw.iter().filter(|(id, _)| id.kind == Kind::NetworkPolicy && id.namespace == ctx.around.namespace());
        let mut all = Vec::new();
        for (id, raw) in policies {
            let message = match differs(raw.pointer("/spec/podSelector"), &now, &then) {
                Some(true) => "selects the pods that run, and not the new ones: these would not be isolated by it",
                Some(false) => "selects the new pods, and not those that run: it may cut them off from what they need",
                None if peers(raw).any(|p| differs(p.get("podSelector"), &now, &then) == Some(true)) => {
                    "lets the pods that run through to others, and not the new ones"
                }
                None => continue,
            };
            all.push(finding(self, Severity::Warn, id, message, "select by labels that both versions carry"));
        }
        all
    }
}

/// Labels of the pods that run, with their ReplicaSet's hash, and of the new ones.
pub(super) fn labels(ctx: &CheckCtx<'_>) -> (Labels, Labels) {
    let mut now = ctx.around.pod_labels().clone();
    let hash = ctx.around.live_replica_sets().first().and_then(|r| r.metadata.labels.get(names::POD_TEMPLATE_HASH).cloned());
    now.extend(hash.map(|h| (names::POD_TEMPLATE_HASH.to_string(), h)));
    (now, template_labels(ctx.template()))
}

/// Peers of the namespace itself.
fn peers(policy: &Value) -> impl Iterator<Item = &Value> {
    let rules = |direction: &str| policy.pointer(&format!("/spec/{direction}")).and_then(Value::as_array).into_iter().flatten();
    let from = rules("ingress").filter_map(|r| r.get("from")?.as_array()).flatten();
    let to = rules("egress").filter_map(|r| r.get("to")?.as_array()).flatten();
    from.chain(to).filter(|p| p.get("namespaceSelector").is_none() && p.get("podSelector").is_some())
}

/// `true` = it matches the pods that run alone, `false` = the new ones alone.
pub(super) fn differs(selector: Option<&Value>, now: &Labels, then: &Labels) -> Option<bool> {
    let selector: LabelSelector = serde_json::from_value(selector?.clone()).ok()?;
    let (is, will) = (selector.matches(now), selector.matches(then));
    (is != will).then_some(is)
}
