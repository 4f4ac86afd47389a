//! Route row → Service: `backendRefs[].weight` over their sum; mirrors get copies and no share.

use model::Weight;

use super::{Relation, broken, edge};
use crate::graph::{Edge, EdgeState, NodeId};
use crate::view::{Reach, View};

pub(super) const NAME: &str = "backend";

/// Route to Service.
pub(super) struct Backend;

impl Relation for Backend {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges: Vec<Edge> = Vec::new();
        for row in &view.rows {
            let split = &row.route.split;
            for (i, backend) in split.backends.iter().enumerate() {
                let (to, share) = (NodeId::of(&backend.object), split.share(i));
                // The same Service twice (two ports) is one edge with both shares.
                let twin = edges.iter_mut().rev().take(i).find(|e| e.id.from == row.id && e.id.to == to);
                if let Some(twin) = twin {
                    twin.share = twin.share.map(|s| s + share);
                    continue;
                }
                let state = match view.reach(row, backend) {
                    Reach::Broken(why) => {
                        edges.push(broken(NAME, &row.id, to, Some(share), why));
                        continue;
                    }
                    _ if backend.weight == Weight(0) => EdgeState::Open,
                    // Ready endpoints that no port reaches take the requests and lose them: the break is behind the Service.
                    Reach::Backed(s, b) if b.taking() == 0 && b.ready == 0 && s.spec.kind != "ExternalName" => EdgeState::Declared,
                    _ if share < 1.0 => EdgeState::Weighted,
                    _ => EdgeState::Active,
                };
                edges.push(edge(NAME, &row.id, to, state, Some(share)));
            }
            for mirror in &row.route.mirrors {
                let to = NodeId::of(&mirror.object);
                if edges.iter().any(|e| e.id.from == row.id && e.id.to == to) {
                    continue;
                }
                edges.push(match view.reach(row, mirror) {
                    Reach::Broken(why) => broken(NAME, &row.id, to, None, why),
                    _ => edge(NAME, &row.id, to, EdgeState::Shadow, None),
                });
            }
        }
        edges
    }
}
