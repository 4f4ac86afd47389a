//! Pods that keep apart from their own kind (required anti-affinity): the scheduler honours what **blue's** pods ask for when
//! it places green's, so both colours need places for all their pods.

use std::collections::BTreeSet;

use model::{Kind, LabelSelector, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::derive::template_labels;

/// See the file's head.
#[derive(Debug)]
pub struct SelfAffinity;

impl Hazard for SelfAffinity {
    fn code(&self) -> &'static str {
        "self-affinity"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        let (blue, labels) = (ctx.around.template(), template_labels(ctx.template()));
        let terms = blue.pointer("/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
        let repels = |term: &&Value| {
            let selector = term.get("labelSelector").and_then(|s| serde_json::from_value::<LabelSelector>(s.clone()).ok());
            selector.is_some_and(|s| s.matches(&labels))
        };
        let terms = terms.and_then(Value::as_array).into_iter().flatten().filter(repels);
        let keys: BTreeSet<&str> = terms.filter_map(|t| t.get("topologyKey")?.as_str()).collect();
        if let (false, Some(why)) = (keys.is_empty(), ctx.snapshot.unknown(Kind::Node)) {
            return vec![unchecked(self, ctx.around.id, Kind::Node, why)];
        }
        let wanted = ctx.around.pods().len() + ctx.extra_pods() as usize;
        let short = keys.into_iter().filter_map(|key| {
            let label = |(_, node): (&ObjectId, &Value)| Some(node.pointer("/metadata/labels")?.get(key)?.as_str()?.to_string());
            // A node without the key is no such place: no rule of that kind keeps pods off it.
            let places = ctx.usable_nodes().map(label).collect::<Option<BTreeSet<String>>>()?.len();
            (places < wanted).then_some((key, places))
        });
        let told = short.map(|(key, places)| {
            let message = sentence!(
                "its pods keep apart by {key}: both colours want {wanted} such places, and there are {places}",
                key,
                wanted,
                places
            );
            let remedy = sentence!("add nodes, give green fewer pods (green = N), or make the rule preferred instead of required");
            finding(self, Severity::Block, ctx.around.id, message, remedy)
        });
        told.collect()
    }
}
