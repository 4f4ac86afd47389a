//! An older ReplicaSet answers requests though its Deployment is stuck, paused half-way or said to be done. While a
//! rollout moves, both revisions serve by design: no finding.

use model::{ObjectId, sentence};

use super::{Check, Finding};
use crate::graph::{Edge, EdgeState};
use crate::view::View;

/// Old revision still serving.
pub(super) struct StaleRevisionServing;

impl Check for StaleRevisionServing {
    fn code(&self) -> &'static str {
        "stale-revision-serving"
    }

    fn find(&self, view: &View<'_>, edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        for edge in edges.iter().filter(|e| e.state == EdgeState::Stale) {
            let Ok(object) = edge.id.to.parse::<ObjectId>() else { continue };
            let Some(set) = view.all.replica_set(&object.namespace, &object.name) else { continue };
            let share = format!("{:.0}", edge.share.unwrap_or(0.0) * 100.0);
            let message = match set.revision() {
                Some(revision) => {
                    sentence!("revision {revision} still takes {share} % of the requests beside a newer one", revision, share)
                }
                None => sentence!("an older revision still takes {share} % of the requests beside a newer one", share),
            };
            found.push(Finding { code: self.code(), object, message });
        }
        found
    }
}
