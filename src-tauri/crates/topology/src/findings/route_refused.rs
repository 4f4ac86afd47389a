//! A route that its Gateway refuses, or whose backends of other namespaces it refuses: the requests never arrive, though every
//! object is there. In the controller's words (`status.parents[].conditions`: Accepted, ResolvedRefs; HTTPProxy: Valid, its errors).

use model::{Kind, ObjectId, Sentence, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::view::View;

/// Route refused.
pub(super) struct RouteRefused;

impl Check for RouteRefused {
    fn code(&self) -> &'static str {
        "route-refused"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut add = |object: &ObjectId, message| found.push(Finding { code: self.code(), object: object.clone(), message });
        for row in &view.rows {
            let object = &row.route.object;
            for entry in &row.route.entries {
                if let Some(why) = view.refusal(row, entry) {
                    // An HTTPProxy is its own entry, or that of what it includes: it is not the one who refuses.
                    let by = if entry.kind == Kind::HTTPProxy { "Contour".to_string() } else { entry.said() };
                    add(object, sentence!("{object} refuses it: {why}", object = by; why = Sentence::quoted(why)));
                }
            }
            if let Some(why) = &row.status.foreign_refused {
                add(object, sentence!("its backends in other namespaces are refused: {why}"; why = Sentence::quoted(why)));
            }
        }
        found
    }
}
