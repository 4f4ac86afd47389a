//! A priority class under which green's pods throw others off full nodes. Rolling out twice the pods is when that happens.

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct Preemption;

impl Hazard for Preemption {
    fn code(&self) -> &'static str {
        "preemption"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let name = ctx.template().pointer("/spec/priorityClassName").and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() || !ctx.is_blue_green() {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::PriorityClass) {
            return vec![unchecked(self, ctx.around.id, Kind::PriorityClass, why)];
        }
        let id = ObjectId::new(Kind::PriorityClass, "", name);
        // One that is not there is another hazard.
        let Some(class) = ctx.snapshot.raw(&id) else { return vec![] };
        let value = class.get("value").and_then(Value::as_i64).unwrap_or_default();
        if value <= 0 || class.get("preemptionPolicy").and_then(Value::as_str) == Some("Never") {
            return vec![];
        }
        let message = sentence!("green's pods have priority {value}: where the nodes are full they evict pods of lower priority", value);
        let remedy = sentence!("have room on the nodes first, or use a class with preemptionPolicy Never");
        vec![finding(self, Severity::Warn, &id, message, remedy)]
    }
}
