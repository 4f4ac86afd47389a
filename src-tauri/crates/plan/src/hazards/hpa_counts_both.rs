//! Blue's autoscaler while two colours stand: where its selector matches both it averages over both (idle green makes
//! blue look idle), and after the cutover it shrinks the blue that the way back needs.

use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::step::Step;

/// See the file's head.
#[derive(Debug)]
pub struct HpaCountsBoth;

impl Hazard for HpaCountsBoth {
    fn code(&self) -> &'static str {
        "hpa-counts-both"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::HorizontalPodAutoscaler) {
            return vec![unchecked(self, ctx.around.id, Kind::HorizontalPodAutoscaler, why)];
        }
        let mut all = Vec::new();
        for hpa in ctx.around.hpas() {
            let id = ctx.around.id.sibling(Kind::HorizontalPodAutoscaler, &hpa.metadata.name);
            let frozen = ctx.plan.steps.iter().find(|s| matches!(&s.step, Step::Freeze { hpa, .. } if *hpa == id));
            all.push(match frozen {
                Some(_) => {
                    let message = sentence!("scales blue while both colours stand, and would shrink what the way back needs");
                    let remedy = sentence!("the plan raises its minimum to the pods that are there; the finish puts it back");
                    finding(self, Severity::Fixed, &id, message, remedy)
                }
                None => finding(
                    self,
                    Severity::Block,
                    &id,
                    sentence!("scales blue and came after the plan was made"),
                    sentence!("make the plan again"),
                ),
            });
        }
        all
    }
}
