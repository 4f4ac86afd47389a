//! Where pods stand, and where the new ones may: for hazards of Services that keep traffic on its node or in its zone.

use std::collections::BTreeSet;

use model::{Kind, ObjectId, Sentence, sentence};
use serde_json::Value;

use super::CheckCtx;

/// Names that a message tells before it breaks off.
const TOLD: usize = 4;

/// What keeps green from every place that blue's pods are at.
pub(super) enum Gap {
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
    pub fn of(ctx: &CheckCtx<'_>, label: Option<&str>) -> Option<Self> {
        let place = |(id, node): (&ObjectId, &Value)| match label {
            None => Some(id.name.clone()),
            Some(key) => Some(node.pointer("/metadata/labels")?.get(key)?.as_str()?.to_string()),
        };
        let carries = |name: &str| ctx.around.pods().iter().any(|p| p.spec.node_name == name && p.is_ready() && !p.is_ending());
        let nodes = ctx.snapshot.raw.iter().filter(|(id, _)| id.kind == Kind::Node);
        let now: BTreeSet<String> = nodes.filter(|(id, _)| carries(&id.name)).filter_map(place).collect();
        let then: BTreeSet<String> = ctx.usable_nodes().filter_map(place).collect();
        let closed: Vec<String> = now.difference(&then).cloned().collect();
        let (pods, places) = (ctx.extra_pods() as usize, now.len());
        match closed.is_empty() {
            false => Some(Self::Closed(closed)),
            true => (pods < places).then_some(Self::Fewer { pods, places }),
        }
    }

    /// In words, after what makes it matter.
    pub fn said(&self) -> Sentence {
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
