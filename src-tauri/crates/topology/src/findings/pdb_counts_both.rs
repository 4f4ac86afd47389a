//! A disruption budget that counts both colours: with one healthy it may let a node drain take all pods of the other. A budget over
//! several workloads that are no colours of one another is how many operators make theirs: no finding.

use std::collections::BTreeSet;

use model::{Kind, ObjectId, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::nodes::lane;
use crate::relations;
use crate::view::View;

/// PDB counts both.
pub(super) struct PdbCountsBoth;

impl Check for PdbCountsBoth {
    fn code(&self) -> &'static str {
        "pdb-counts-both"
    }

    fn find(&self, view: &View<'_>, edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        for pdb in view.all.pdbs(view.namespace) {
            let object = view.here(Kind::PodDisruptionBudget, &pdb.metadata.name);
            let guarded = edges.iter().filter(|e| e.id.relation == relations::BUDGETS && *e.id.from == *object.to_string());
            let of = |id: &ObjectId| view.ground.workloads.get(id).filter(|w| w.wanted() > 0)?.deployment;
            let lanes: BTreeSet<_> = guarded.filter_map(|e| lane(&of(&e.id.to.parse().ok()?)?.spec.template.metadata.labels)).collect();
            if lanes.len() > 1 {
                let message = sentence!("counts both colours: with one healthy a node drain may take all pods of the other");
                found.push(Finding { code: self.code(), object, message });
            }
        }
        found
    }
}
