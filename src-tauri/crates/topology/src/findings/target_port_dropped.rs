//! A named targetPort that no container declares: Kubernetes drops the port without an event, and the endpoints still
//! count as ready (proven).

use model::Kind;

use super::{Check, Finding};
use crate::graph::Edge;
use crate::ports;
use crate::view::View;

/// Named targetPort dropped.
pub(super) struct TargetPortDropped;

impl Check for TargetPortDropped {
    fn code(&self) -> &'static str {
        "target-port-dropped"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        for (service, _) in view.services() {
            let object = view.here(Kind::Service, &service.metadata.name);
            for dropped in view.ground.selected(service).flat_map(|w| ports::dropped(service, w)) {
                found.push(Finding { code: self.code(), object: object.clone(), message: dropped.detail });
            }
        }
        found
    }
}
