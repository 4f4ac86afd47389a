//! A Service that should answer and has nothing ready. Where nothing is wanted behind it and no route sends there
//! (a preview Service at rest), it is idle and no finding.

use model::{Kind, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::view::View;

/// Service without ready endpoints.
pub(super) struct NoReadyEndpoints;

impl Check for NoReadyEndpoints {
    fn code(&self) -> &'static str {
        "no-ready-endpoints"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        for (service, backing) in view.services() {
            let spec = &service.spec;
            let selected = view.ground.selected(service).count();
            let wanting = view.ground.selected(service).any(|w| w.wanted() > 0);
            let object = view.here(Kind::Service, &service.metadata.name);
            let routed = view.routed(&object);
            if spec.selector.is_empty() || spec.kind == "ExternalName" || backing.ready > 0 || selected == 0 || !(wanting || routed) {
                continue;
            }
            let message = match backing.total {
                0 => sentence!("no ready endpoint"),
                n => sentence!("no ready endpoint, {n} not ready", n),
            };
            found.push(Finding { code: self.code(), object, message });
        }
        found
    }
}
