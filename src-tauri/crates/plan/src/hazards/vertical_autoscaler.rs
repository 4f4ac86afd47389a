//! A vertical autoscaler: it evicts pods of blue to resize them, in the middle of the run too, and it knows blue's name alone.

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct VerticalAutoscaler;

impl Hazard for VerticalAutoscaler {
    fn code(&self) -> &'static str {
        "vertical-autoscaler"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let kind = Kind::VerticalPodAutoscaler;
        if let Some(why) = ctx.snapshot.unknown(kind) {
            return vec![unchecked(self, ctx.around.id, kind, why)];
        }
        let acts = ctx.of_kind(kind).filter(|(_, raw)| is_of(raw, ctx.around.id) && mode(raw) != "Off");
        let told = acts.map(|(id, raw)| {
            let message = sentence!(
                "resizes {name} (updateMode {mode}): it may evict pods of blue while both colours stand",
                name = ctx.around.id.name,
                mode = mode(raw)
            );
            let remedy = sentence!("set updateMode to Off until the run is over; after a swap point it at the new name");
            finding(self, Severity::Warn, id, message, remedy)
        });
        told.collect()
    }
}

fn is_of(vpa: &Value, target: &ObjectId) -> bool {
    let at = |key: &str| vpa.pointer(&format!("/spec/targetRef/{key}")).and_then(Value::as_str);
    at("kind") == Some(target.kind.name()) && at("name") == Some(target.name.as_str())
}

/// `spec.updatePolicy.updateMode`; without one it acts by itself.
fn mode(vpa: &Value) -> &str {
    vpa.pointer("/spec/updatePolicy/updateMode").and_then(Value::as_str).unwrap_or("Auto")
}
