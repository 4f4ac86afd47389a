//! NetworkPolicy → workloads whose pods `spec.podSelector` takes. An empty selector takes all of the namespace.

use model::{Kind, Labels};

use super::{Relation, edge};
use crate::graph::{Edge, EdgeState, NodeId};
use crate::view::View;

pub(super) const NAME: &str = "network-policy";

/// NetworkPolicy to workload.
pub(super) struct NetworkPolicy;

impl Relation for NetworkPolicy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for policy in view.all.network_policies(view.namespace) {
            let from = NodeId::of(&view.here(Kind::NetworkPolicy, &policy.metadata.name));
            let takes = |labels: &Labels| policy.spec.pod_selector.matches(labels);
            let limited = view.ground.workloads.values().filter(|w| w.makes(&takes, &view.ground.pods));
            edges.extend(limited.map(|w| edge(NAME, &from, NodeId::of(&w.id), EdgeState::Active, None)));
        }
        edges
    }
}
