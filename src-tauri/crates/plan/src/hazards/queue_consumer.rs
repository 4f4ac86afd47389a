//! An application that takes work from a queue beside its requests: green does so from its first pod on. Moving a Service
//! does not move that work, and going back does not take it back.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::references::slim;

/// Names of environment variables by which consumers are set up.
const SIGNS: [&str; 4] = ["GROUP_ID", "CONSUMER_GROUP", "QUEUE_URL", "QUEUE_NAME"];

/// See the file's head.
#[derive(Debug)]
pub struct QueueConsumer;

impl Hazard for QueueConsumer {
    fn code(&self) -> &'static str {
        "queue-consumer"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        let spec = slim(ctx.template()).spec;
        let names = spec.containers.iter().flat_map(|c| &c.env).map(|e| e.name.as_str());
        let signs: Vec<&str> = names.filter(|n| SIGNS.iter().any(|s| n.to_uppercase().contains(s))).collect();
        if signs.is_empty() {
            return vec![];
        }
        let message = sentence!(
            "seems to take work from a queue ({signs}): green does so from its first pod on, before traffic moves",
            signs = signs.join(", ")
        );
        let remedy = sentence!("make sure that both versions may work on the same queue, or let the new template start without consuming");
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}
