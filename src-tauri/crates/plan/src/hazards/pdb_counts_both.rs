//! A disruption budget that counts both colours: with green's pods healthy it may let a node drain take all of blue's.
//! It is not split for the run: the eviction API refuses a pod that two budgets match.

use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::derive::template_labels;

/// See the file's head.
#[derive(Debug)]
pub struct PdbCountsBoth;

impl Hazard for PdbCountsBoth {
    fn code(&self) -> &'static str {
        "pdb-counts-both"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::PodDisruptionBudget) {
            return vec![unchecked(self, ctx.around.id, Kind::PodDisruptionBudget, why)];
        }
        let labels = template_labels(ctx.template());
        let both = ctx.around.pdbs().into_iter().filter(|p| p.spec.selector.as_ref().is_some_and(|s| s.matches(&labels)));
        let found = both.map(|p| {
            let id = ctx.around.id.sibling(Kind::PodDisruptionBudget, &p.metadata.name);
            let message = sentence!(
                "counts both colours while both stand: a node drain could take more pods of the serving colour than it allows for one"
            );
            finding(self, Severity::Warn, &id, message, sentence!("drain no node until one colour is gone"))
        });
        found.collect()
    }
}
