//! PDB → workloads whose pods `spec.selector` takes. An absent selector takes none, an empty one all (policy/v1).

use model::Kind;

use super::{Relation, selected};
use crate::graph::{Edge, NodeId};
use crate::view::View;

pub(super) const NAME: &str = "disruption-budget";

/// PDB to workload.
pub(super) struct DisruptionBudget;

impl Relation for DisruptionBudget {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for pdb in view.all.pdbs(view.namespace) {
            let from = NodeId::of(&view.here(Kind::PodDisruptionBudget, &pdb.metadata.name));
            let Some(selector) = &pdb.spec.selector else { continue };
            edges.extend(selected(NAME, view, &from, selector));
        }
        edges
    }
}
