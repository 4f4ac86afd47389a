//! A Service whose selector takes the pods of two workloads that both want some: its requests go to both, by count of
//! ready pods. A workload at zero takes none and is no finding.

use model::{Kind, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::view::View;

/// Selector matches two workloads.
pub(super) struct SelectorMatchesTwo;

impl Check for SelectorMatchesTwo {
    fn code(&self) -> &'static str {
        "selector-matches-two"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        for (service, _) in view.services() {
            let wanting: Vec<&str> = view.ground.selected(service).filter(|w| w.wanted() > 0).map(|w| w.id.name.as_str()).collect();
            if wanting.len() < 2 {
                continue;
            }
            let object = view.here(Kind::Service, &service.metadata.name);
            let message = sentence!("selector matches {n} workloads ({names})", n = wanting.len(), names = wanting.join(", "));
            found.push(Finding { code: self.code(), object, message });
        }
        found
    }
}
