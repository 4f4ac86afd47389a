//! A Service whose selector takes the pods of no workload and no pod that stands alone. Without a selector its endpoints
//! are made by hand: nothing to say. Where it rests by design ([`View::rests`]) that is no finding, unless a route sends there.

use model::meta::subset;
use model::{Kind, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::view::View;

/// Selector matches nothing.
pub(super) struct SelectorMatchesNothing;

impl Check for SelectorMatchesNothing {
    fn code(&self) -> &'static str {
        "selector-matches-nothing"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        for (service, backing) in view.services() {
            let selector = &service.spec.selector;
            let alone = || view.all.pods(view.namespace).any(|p| subset(selector, &p.metadata.labels));
            let by_intent = selector.is_empty() || service.spec.kind == "ExternalName";
            let unseen = view.sight.blind.contains(&Kind::Pod) || view.sight.blind.contains(&Kind::Deployment);
            if by_intent || unseen || backing.total > 0 || view.ground.selected(service).next().is_some() || alone() {
                continue;
            }
            let object = view.here(Kind::Service, &service.metadata.name);
            if view.rests(service) && !view.routed(&object) {
                continue;
            }
            let labels: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let message = sentence!("selector {labels} matches no pod", labels = labels.join(","));
            found.push(Finding { code: self.code(), object, message });
        }
        found
    }
}
