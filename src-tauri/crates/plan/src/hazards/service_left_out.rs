//! A Service that selects the pods that run by labels that their template does not give (somebody put them on the pods by hand,
//! or a webhook did): it is no part of the plan, and what comes through it stays behind.

use model::names::{POD_TEMPLATE_HASH, REVISION_HASH};
use model::{Kind, Labels};

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::around::selects;
use crate::derive::template_labels;

/// Labels that a controller gives its pods besides: new ones get theirs. A pin to a ReplicaSet is told as what a run left.
const GIVEN: [&str; 4] = [POD_TEMPLATE_HASH, REVISION_HASH, "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"];

/// See the file's head.
#[derive(Debug)]
pub struct ServiceLeftOut;

impl Hazard for ServiceLeftOut {
    fn code(&self) -> &'static str {
        "service-left-out"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if let Some(why) = ctx.snapshot.unknown(Kind::Pod) {
            return vec![unchecked(self, ctx.around.id, Kind::Pod, why)];
        }
        let own = ctx.around.pod_labels();
        // As admitted, where that is known: a webhook may give labels, too.
        let admitted = ctx.snapshot.dry_runs.iter().filter(|d| d.step == "pod").find_map(|d| d.outcome.as_ref().ok()).map(template_labels);
        let new: Labels = template_labels(ctx.template()).into_iter().chain(admitted.into_iter().flatten()).collect();
        let pods = ctx.around.pods();
        let left_out = ctx.snapshot.objects.services(ctx.around.namespace()).filter(|s| {
            let selector = &s.spec.selector;
            let over = pods.iter().any(|p| !p.is_ending() && selects(selector, &p.metadata.labels));
            over && s.spec.kind != "ExternalName" && !selects(selector, own) && !GIVEN.iter().any(|l| selector.contains_key(*l))
        });
        let told = left_out.filter_map(|s| {
            let id = ctx.around.id.sibling(Kind::Service, &s.metadata.name);
            let missing = s.spec.selector.iter().filter(|(k, v)| own.get(*k) != Some(*v));
            let labels = missing.map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", ");
            let message = match (selects(&s.spec.selector, &new), ctx.is_blue_green()) {
                (true, false) => return None,
                (true, true) => sentence!(
                    "selects the pods that run by {labels}, which their template does not give, and green's too: green gets traffic before the cutover",
                    labels
                ),
                (false, _) => sentence!(
                    "selects the pods that run by {labels}, which their template does not give: the new ones get nothing of what comes through it",
                    labels
                ),
            };
            // A rollback is for bad days.
            let severity = if ctx.is_blue_green() { Severity::Block } else { Severity::Warn };
            Some(finding(self, severity, &id, message, sentence!("give these labels by the template, or select by those that it gives")))
        });
        told.collect()
    }
}
