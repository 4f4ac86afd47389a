//! A PodMonitor that finds the pods that run and not the new ones, or the other way round: its figures would show a cutover as
//! an outage, or nothing at all.

use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, differs, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct BlindMonitor;

impl Hazard for BlindMonitor {
    fn code(&self) -> &'static str {
        "blind-monitor"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if let Some(why) = ctx.snapshot.unknown(Kind::PodMonitor) {
            return vec![unchecked(self, ctx.around.id, Kind::PodMonitor, why)];
        }
        let labels = ctx.labels_now_and_then();
        let told = ctx.of_kind(Kind::PodMonitor).filter_map(|(id, raw)| {
            let message = match differs(raw.pointer("/spec/selector"), &labels)? {
                true => sentence!("finds the pods that run, and not the new ones: their figures would be missing"),
                false => sentence!("finds the new pods, and not those that run: there is nothing to compare with"),
            };
            Some(finding(self, Severity::Warn, id, message, sentence!("select by labels that both versions carry")))
        });
        told.collect()
    }
}
