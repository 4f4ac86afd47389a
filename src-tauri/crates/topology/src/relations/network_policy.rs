//! NetworkPolicy → workloads whose pods `spec.podSelector` takes. An empty selector takes all of the namespace.

use model::Kind;
use model::kinds::network_policy::NetworkPolicy as Policy;

use super::{Relation, selected};
use crate::graph::{Edge, NodeId};
use crate::view::View;

pub(super) const NAME: &str = "network-policy";

/// NetworkPolicy to workload.
pub(super) struct NetworkPolicy;

impl Relation for NetworkPolicy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let policies = view.all.network_policies(view.namespace);
        let limited =
            |p: &Policy| selected(NAME, view, &NodeId::of(&view.here(Kind::NetworkPolicy, &p.metadata.name)), &p.spec.pod_selector);
        policies.flat_map(limited).collect()
    }
}
