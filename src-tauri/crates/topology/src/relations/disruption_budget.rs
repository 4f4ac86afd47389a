//! PDB → workloads whose pods `spec.selector` takes. An absent selector takes none, an empty one all (policy/v1).

use model::Kind;

use super::{Relation, edge};
use crate::graph::{Edge, EdgeState, NodeId};
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
            let takes = |labels: &model::Labels| selector.matches(labels);
            let guarded = view.ground.workloads.values().filter(|w| w.makes(&takes, &view.ground.pods));
            edges.extend(guarded.map(|w| edge(NAME, &from, NodeId::of(&w.id), EdgeState::Active, None)));
        }
        edges
    }
}
