//! Something refers to an object that does not exist, or to a port that the object does not have. What a controller refuses is
//! there: `route_refused` tells of it.

use model::ObjectId;

use super::{Check, Finding};
use crate::graph::{Edge, EdgeState, NodeId};
use crate::view::View;

/// Dangling reference.
pub(super) struct DanglingReference;

impl Check for DanglingReference {
    fn code(&self) -> &'static str {
        "dangling-reference"
    }

    fn find(&self, view: &View<'_>, edges: &[Edge]) -> Vec<Finding> {
        let row = |id: &NodeId| view.rows.iter().find(|r| r.id == *id);
        let object = |id: &NodeId| match row(id) {
            Some(row) => Some(row.route.object.clone()),
            None => id.parse::<ObjectId>().ok(),
        };
        // A route is at fault for its entry as for its backends: it is the one that refers.
        let source = |e: &Edge| if e.id.relation == crate::relations::ATTACH { e.id.to.clone() } else { e.id.from.clone() };
        let broken = edges.iter().filter(|e| e.state == EdgeState::Broken && e.id.relation != "endpoints");
        let refused = |e: &&Edge| {
            let (row, other) = match (row(&e.id.from), row(&e.id.to)) {
                (Some(row), _) => (row, &e.id.to),
                (None, Some(row)) => (row, &e.id.from),
                (None, None) => return false,
            };
            object(other).is_some_and(|other| view.refusal(row, &other).is_some())
        };
        let finding = |e: &Edge| Some(Finding { code: self.code(), object: object(&source(e))?, message: e.detail.clone()? });
        broken.filter(|e| !refused(e)).filter_map(finding).collect()
    }
}
