//! Readiness gates: a pod is ready only once another controller (of a load balancer, say) has set a condition on it. Green
//! waits for that controller, and not for its probes alone.

use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct ReadinessGates;

impl Hazard for ReadinessGates {
    fn code(&self) -> &'static str {
        "readiness-gates"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let gates = ctx.template().pointer("/spec/readinessGates").and_then(Value::as_array).into_iter().flatten();
        let conditions: Vec<&str> = gates.filter_map(|g| g.get("conditionType")?.as_str()).collect();
        if conditions.is_empty() {
            return vec![];
        }
        let message = sentence!(
            "its pods are ready only once another controller has set {conditions} on each of them",
            conditions = conditions.join(", ")
        );
        let remedy = sentence!(
            "make sure that this controller looks after the new pods too; if it does not, the deadline ends the run before the cutover"
        );
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}
