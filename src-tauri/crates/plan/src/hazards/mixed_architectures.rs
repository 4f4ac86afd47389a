//! Nodes of several architectures: an image that was built for one of them does not start on the others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct MixedArchitectures;

impl Hazard for MixedArchitectures {
    fn code(&self) -> &'static str {
        "mixed-architectures"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if ctx.plan.changes.is_empty() {
            return vec![];
        }
        let label = |node: &Value| Some(node.pointer("/metadata/labels")?.get("kubernetes.io/arch")?.as_str()?.to_string());
        let architectures: BTreeSet<String> = ctx.usable_nodes().filter_map(|(_, node)| label(node)).collect();
        if architectures.len() < 2 {
            return vec![];
        }
        let names: Vec<String> = architectures.into_iter().collect();
        let message = sentence!(
            "its pods may land on nodes of {architectures}: the new image must be built for each of them",
            architectures = names.join(", ")
        );
        vec![finding(
            self,
            Severity::Warn,
            ctx.around.id,
            message,
            sentence!("check the image, or select one (nodeSelector kubernetes.io/arch)"),
        )]
    }
}
