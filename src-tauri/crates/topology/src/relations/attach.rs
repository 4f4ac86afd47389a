//! Gateway → route row: `spec.parentRefs[]`, and what `status.parents[]` says about it. Ingress → its own rows.
//!
//! It has no share: how many requests take which host nobody declares.

use model::{Sentence, sentence};
use traffic::Attachment;

use super::{Relation, broken, edge};
use crate::graph::{Edge, EdgeState, NodeId, Presence};
use crate::view::View;

pub(super) const NAME: &str = "attach";

/// Entry to route.
pub(super) struct Attach;

impl Relation for Attach {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for row in &view.rows {
            for (entry, attachment) in &row.status.attachments {
                let from = NodeId::of(entry);
                let to = row.id.clone();
                edges.push(match (view.presence(entry), attachment) {
                    (Presence::Missing, _) => broken(NAME, &from, to, None, sentence!("{object} does not exist", object = entry.said())),
                    (_, Attachment::Refused(why)) => broken(NAME, &from, to, None, Sentence::quoted(why)),
                    (_, Attachment::Accepted) => edge(NAME, &from, to, EdgeState::Active, None),
                    (_, Attachment::Unsaid) => {
                        let detail = Some(sentence!("no controller has accepted it"));
                        Edge { detail, ..edge(NAME, &from, to, EdgeState::Declared, None) }
                    }
                });
            }
        }
        edges
    }
}
