//! A network policy that treats the colours differently: it selects, or lets through, by a label that only one of them has
//! (`pod-template-hash`, a colour, a version).

use model::Kind;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, differs, finding, sentence, unchecked};

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
        let labels = ctx.labels_now_and_then();
        let mut all = Vec::new();
        for (id, raw) in ctx.of_kind(Kind::NetworkPolicy) {
            let message = match differs(raw.pointer("/spec/podSelector"), &labels) {
                Some(true) => sentence!("selects the pods that run, and not the new ones: these would not be isolated by it"),
                Some(false) => sentence!("selects the new pods, and not those that run: it may cut them off from what they need"),
                None if peers(raw).any(|p| differs(p.get("podSelector"), &labels) == Some(true)) => {
                    sentence!("lets the pods that run through to others, and not the new ones")
                }
                None => continue,
            };
            all.push(finding(self, Severity::Warn, id, message, sentence!("select by labels that both versions carry")));
        }
        all
    }
}

/// Peers of the namespace itself.
fn peers(policy: &Value) -> impl Iterator<Item = &Value> {
    let rules = |direction: &str| policy.pointer(&format!("/spec/{direction}")).and_then(Value::as_array).into_iter().flatten();
    let from = rules("ingress").filter_map(|r| r.get("from")?.as_array()).flatten();
    let to = rules("egress").filter_map(|r| r.get("to")?.as_array()).flatten();
    from.chain(to).filter(|p| p.get("namespaceSelector").is_none() && p.get("podSelector").is_some())
}
