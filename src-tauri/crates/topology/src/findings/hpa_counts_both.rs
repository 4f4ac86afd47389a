//! An HPA that averages over pods of another workload: it counts every pod that the selector of its target takes, whoever owns it
//! (HorizontalPodAutoscaler, "Algorithm details"; KEP-5325). Idle pods of the one make the busy ones of the other look idle.

use model::{Kind, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::view::View;

/// HPA counts both.
pub(super) struct HpaCountsBoth;

impl Check for HpaCountsBoth {
    fn code(&self) -> &'static str {
        "hpa-counts-both"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        for hpa in view.all.hpas(view.namespace) {
            let Some(id) = view.scaled(&hpa.spec.scale_target_ref) else { continue };
            let Some(selector) = view.all.workload(&id).map(|w| &w.spec.selector) else { continue };
            let takes = |labels: &model::Labels| selector.matches(labels);
            // While a Job runs it is counted too, and soon no more.
            let lasting = view.ground.workloads.values().filter(|w| w.id != id && w.id.kind != Kind::Job);
            let others = lasting.filter(|w| w.wanted() > 0 && w.makes(&takes, &view.ground.pods));
            let names: Vec<&str> = others.map(|w| w.id.name.as_str()).collect();
            if !names.is_empty() {
                let message = sentence!(
                    "also averages over the pods of {names}: the selector of {target} takes them",
                    names = names.join(", "),
                    target = id.said()
                );
                let object = view.here(Kind::HorizontalPodAutoscaler, &hpa.metadata.name);
                found.push(Finding { code: self.code(), object, message });
            }
        }
        found
    }
}
