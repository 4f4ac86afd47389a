//! An HTTPRoute or GRPCRoute over a Service of the plan that a Gateway does not accept, or whose backends it cannot resolve: what comes
//! through that Gateway does not reach the application, whatever the cutover does.

use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct RouteRefused;

impl Hazard for RouteRefused {
    fn code(&self) -> &'static str {
        "route-refused"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for id in ctx.routes() {
            let parents = ctx.snapshot.raw(&id).and_then(|r| r.pointer("/status/parents")?.as_array()).into_iter().flatten();
            for parent in parents {
                let text = |v: Option<&Value>| v.and_then(Value::as_str).unwrap_or_default().to_string();
                let conditions = parent.get("conditions").and_then(Value::as_array).into_iter().flatten();
                let wrong =
                    |c: &&Value| matches!(text(c.get("type")).as_str(), "Accepted" | "ResolvedRefs") && text(c.get("status")) == "False";
                let Some(condition) = conditions.into_iter().find(wrong) else { continue };
                let message = sentence!(
                    "gateway {gateway}: {condition} is False ({reason})",
                    gateway = text(parent.pointer("/parentRef/name")),
                    condition = text(condition.get("type")),
                    reason = text(condition.get("reason"))
                );
                all.push(finding(
                    self,
                    Severity::Warn,
                    &id,
                    message,
                    sentence!("what comes through it is not served; mend the route first"),
                ));
            }
        }
        all
    }
}
