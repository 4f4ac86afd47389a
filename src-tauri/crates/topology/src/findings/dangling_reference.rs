//! Something refers to an object that does not exist, or to a port that the object does not have. What a controller refuses is
//! there: `route_refused` tells of it.

use model::ObjectId;

use super::{Check, Finding};
use crate::graph::{Edge, EdgeState, NodeId, Presence};
use crate::view::View;

/// Dangling reference.
pub(super) struct DanglingReference;

impl Check for DanglingReference {
    fn code(&self) -> &'static str {
        "dangling-reference"
    }

    fn find(&self, view: &View<'_>, edges: &[Edge]) -> Vec<Finding> {
        let object = |id: &NodeId| match view.rows.iter().find(|r| r.id == *id) {
            Some(row) => Some(row.route.object.clone()),
            None => id.parse::<ObjectId>().ok(),
        };
        // A route is at fault for its entry as for its backends: it is the one that refers.
        let source = |e: &Edge| if e.id.relation == crate::relations::ATTACH { e.id.to.clone() } else { e.id.from.clone() };
        let broken = edges.iter().filter(|e| e.state == EdgeState::Broken && e.id.relation != "endpoints");
        let refused = |e: &&Edge| match view.rows.iter().find(|r| r.id == e.id.from || r.id == e.id.to) {
            Some(row) if row.id == e.id.to => object(&e.id.from).is_some_and(|entry| view.presence(&entry) != Presence::Missing),
            Some(row) => row.status.foreign_refused.is_some() && object(&e.id.to).is_some_and(|o| o.namespace != view.namespace),
            None => false,
        };
        let finding = |e: &Edge| Some(Finding { code: self.code(), object: object(&source(e))?, message: e.detail.clone()? });
        broken.filter(|e| !refused(e)).filter_map(finding).collect()
    }
}
