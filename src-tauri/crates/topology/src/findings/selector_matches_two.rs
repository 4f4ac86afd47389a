//! A Service whose selector takes the pods of two workloads that both want some: its requests go to both, by count of
//! ready pods. A workload at zero takes none and is no finding; nor are workloads that are together by design.

use std::collections::BTreeSet;

use model::meta::subset;
use model::{Kind, Labels, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::ground::Workload;
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
            let wanting: Vec<&Workload<'_>> = view.ground.selected(service).filter(|w| w.wanted() > 0).collect();
            // Who publishes pods that are not ready lets members find one another: no requests of users.
            if wanting.len() < 2
                || service.spec.publish_not_ready_addresses
                || together(&wanting)
                || told_apart(&service.metadata.name, &wanting, view)
            {
                continue;
            }
            let names: Vec<&str> = wanting.iter().map(|w| w.id.name.as_str()).collect();
            let object = view.here(Kind::Service, &service.metadata.name);
            let message = sentence!("selector matches {n} workloads ({names})", n = wanting.len(), names = names.join(", "));
            found.push(Finding { code: self.code(), object, message });
        }
        found
    }
}

/// Whether a mesh tells them apart (Istio: DestinationRule.subsets): which of them gets a request, its routes say, not the count of pods.
fn told_apart(service: &str, workloads: &[&Workload<'_>], view: &View<'_>) -> bool {
    let mut rules = view.all.destination_rules(view.namespace).filter(|r| r.is_of(view.namespace, service));
    rules.any(|rule| {
        let of = |w: &Workload<'_>| {
            rule.spec.subsets.iter().position(|s| w.makes(&|labels: &Labels| subset(&s.labels, labels), &view.ground.pods))
        };
        let subsets: BTreeSet<usize> = workloads.iter().filter_map(|w| of(w)).collect();
        subsets.len() == workloads.len()
    })
}

/// Whether they are behind one Service by design: one controller made them all (an operator that has a Deployment for each node), or
/// none of them is made of ReplicaSets. StatefulSets of several groups are the members of one cluster, DaemonSets of several kinds of
/// nodes one agent; static pods are one per node.
fn together(workloads: &[&Workload<'_>]) -> bool {
    let maker = |w: &Workload<'_>| Some(w.deployment?.metadata.controller()?.uid.clone());
    let first = workloads.first().and_then(|w| maker(w));
    let of_one = first.is_some() && workloads.iter().all(|w| maker(w) == first);
    of_one || workloads.iter().all(|w| w.id.kind != Kind::Deployment && w.sets.is_empty())
}
