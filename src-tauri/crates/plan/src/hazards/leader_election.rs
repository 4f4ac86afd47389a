//! An application that elects a leader: green's pods join the election with their first start. Either they wait for blue's
//! leader to let go, or they do its work before the cutover, by new code.

use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, words};

/// See the file's head.
#[derive(Debug)]
pub struct LeaderElection;

impl Hazard for LeaderElection {
    fn code(&self) -> &'static str {
        "leader-election"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        let containers = ctx.template().pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
        let asks = |w: &str| w.contains("leader-elect") && !w.ends_with("=false");
        if !containers.flat_map(words).any(asks) {
            return vec![];
        }
        let message = sentence!("elects a leader: green takes part from its first pod on, before traffic moves");
        let remedy = sentence!("make sure that two versions may share the election, or give the new template a lease of its own");
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}
