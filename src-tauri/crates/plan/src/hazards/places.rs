//! Where pods stand, and where the new ones may: for hazards of Services that keep traffic on its node or in its zone.

use std::collections::BTreeSet;

use model::{Kind, ObjectId, Sentence, sentence};
use serde_json::Value;

use super::CheckCtx;

/// Names that a message tells before it breaks off.
const TOLD: usize = 4;

/// A message, and after it what is known to keep green from a place that blue's pods are at: a node, or what that label of nodes says.
pub(super) fn with_gap(ctx: &CheckCtx<'_>, label: Option<&str>, message: Sentence) -> Sentence {
    match Gap::of(ctx, label) {
        Some(gap) => message.and(gap.said()),
        None => message,
    }
}

/// What keeps green from every place that blue's pods are at.
enum Gap {
    /// The scheduler may not put green's pods there.
    Closed(Vec<String>),
    /// There are more such places than green gets pods.
    Fewer {
        /// Of green.
        pods: usize,
        /// That blue is at.
        places: usize,
    },
}

impl Gap {
    /// The first that is known of; nodes themselves, or what a label of theirs says. `None` = nothing is known that stands in the way,
    /// which promises nothing: the scheduler decides.
    fn of(ctx: &CheckCtx<'_>, label: Option<&str>) -> Option<Self> {
        let place = |(id, node): (&ObjectId, &Value)| match label {
            None => Some(id.name.clone()),
            Some(key) => Some(node.pointer("/metadata/labels")?.get(key)?.as_str()?.to_string()),
        };
        let serving = ctx.around.pods().into_iter().filter(|p| p.is_ready() && !p.is_ending());
        let nodes: BTreeSet<&str> = serving.map(|p| p.spec.node_name.as_str()).collect();
        let carrying = ctx.snapshot.raw.iter().filter(|(id, _)| id.kind == Kind::Node && nodes.contains(id.name.as_str()));
        let now: BTreeSet<String> = carrying.filter_map(place).collect();
        let then: BTreeSet<String> = ctx.usable_nodes().filter_map(place).collect();
        let closed: Vec<String> = now.difference(&then).cloned().collect();
        let (pods, places) = (ctx.extra_pods() as usize, now.len());
        match closed.is_empty() {
            false => Some(Self::Closed(closed)),
            true => (pods < places).then_some(Self::Fewer { pods, places }),
        }
    }

    fn said(&self) -> Sentence {
        match self {
            Self::Closed(places) => {
                let more = if places.len() > TOLD { ", …" } else { "" };
                let names = places[..places.len().min(TOLD)].join(", ") + more;
                sentence!("green's pods may not be on {names}, where blue's are (node selector, taints, cordon)", names)
            }
            Self::Fewer { pods, places } => {
                sentence!("green gets {pods} pods, and blue's are in {places} such places", pods, places)
            }
        }
    }
}
