//! Pods that serve are replaced, and have no preStop hook: kube-proxy sends requests to an ending pod until it has read the
//! new endpoints, which may take a second. A Blue/Green ends pods only once traffic has left them.

use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::step::Step;

/// See the file's head.
#[derive(Debug)]
pub struct NoPreStop;

impl Hazard for NoPreStop {
    fn code(&self) -> &'static str {
        "no-pre-stop"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let replaced = ctx.plan.steps.iter().any(|s| matches!(s.step, Step::AwaitRollout { .. }));
        if ctx.is_blue_green() || !replaced || ctx.around.services().is_empty() {
            return vec![];
        }
        // Those that end are of the template that runs.
        let template = ctx.around.template();
        let containers = template.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
        let ports = |c: &&Value| c.get("ports").and_then(Value::as_array).is_some_and(|p| !p.is_empty());
        let without = containers.filter(ports).filter(|c| c.pointer("/lifecycle/preStop").is_none());
        let names: Vec<&str> = without.filter_map(|c| c.get("name")?.as_str()).collect();
        if names.is_empty() {
            return vec![];
        }
        let message = sentence!(
            "container {names} has no preStop hook: requests still come for up to a second after a pod was told to end",
            names = names.join(", ")
        );
        let remedy = sentence!(
            "fine if the application goes on answering after SIGTERM; else expect failed requests, and add {hook} next time",
            hook = "preStop: {sleep: {seconds: 5}}"
        );
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}
