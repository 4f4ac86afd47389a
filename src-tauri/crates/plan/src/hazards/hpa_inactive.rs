//! An autoscaler that does not scale (no metrics, or its target stands at 0): the number of pods that the plan goes by is
//! whatever was left, and after the run nothing adjusts it.

use model::Kind;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct HpaInactive;

impl Hazard for HpaInactive {
    fn code(&self) -> &'static str {
        "hpa-inactive"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let ids = ctx.around.hpas().into_iter().map(|h| ctx.around.id.sibling(Kind::HorizontalPodAutoscaler, &h.metadata.name));
        let off = ids.filter_map(|id| {
            let conditions = ctx.snapshot.raw(&id)?.pointer("/status/conditions")?.as_array()?;
            let is = |c: &&Value, key: &str, value: &str| c.get(key).and_then(Value::as_str) == Some(value);
            let active = conditions.iter().find(|c| is(c, "type", "ScalingActive")).filter(|c| is(c, "status", "False"))?;
            Some((id, active.get("reason").and_then(Value::as_str)))
        });
        let told = off.map(|(id, reason)| {
            let message = match reason {
                Some(reason) => sentence!("does not scale now ({reason}): the plan goes by the pods that are there", reason),
                None => sentence!("does not scale now, and gives no reason: the plan goes by the pods that are there"),
            };
            finding(self, Severity::Warn, &id, message, sentence!("make sure that these are enough for the traffic that is expected"))
        });
        told.collect()
    }
}
