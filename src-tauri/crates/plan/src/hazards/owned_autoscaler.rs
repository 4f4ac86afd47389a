//! An autoscaler that another controller writes (KEDA's ScaledObject, an operator): the minimum that the plan raises so that
//! blue keeps its pods would be put back in the middle of the run.

use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct OwnedAutoscaler;

impl Hazard for OwnedAutoscaler {
    fn code(&self) -> &'static str {
        "owned-autoscaler"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        let owned = ctx.around.hpas().into_iter().filter_map(|h| Some((h, h.metadata.controller()?)));
        let told = owned.map(|(hpa, owner)| {
            let id = ctx.around.id.sibling(Kind::HorizontalPodAutoscaler, &hpa.metadata.name);
            let (kind, name) = (&owner.kind, &owner.name);
            let message = sentence!(
                "is written by {kind} {name}, which would put the raised minimum back: blue could shrink in the soak",
                kind,
                name
            );
            let remedy = match owner.kind.as_str() {
                "ScaledObject" => sentence!(
                    "pause it first: kubectl annotate scaledobject {name} autoscaling.keda.sh/paused=true; then make the plan again",
                    name
                ),
                _ => sentence!("pause {kind} {name}, or raise the minimum there; then make the plan again", kind, name),
            };
            finding(self, Severity::Block, &id, message, remedy)
        });
        told.collect()
    }
}
