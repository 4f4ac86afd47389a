//! A PodMonitor that finds the pods that run and not the new ones, or the other way round: its figures would show a cutover as
//! an outage, or nothing at all.

use model::Kind;

use super::network_policy::{differs, labels};
use super::{CheckCtx, Finding, Hazard, Severity, finding, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct BlindMonitor;

impl Hazard for BlindMonitor {
    fn code(&self) -> &'static str {
        "blind-monitor"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let kind = Kind::PodMonitor;
        if let Some(why) = ctx.snapshot.unknown(kind).filter(|_| ctx.snapshot.installed.contains(&kind)) {
            return vec![unchecked(self, ctx.around.id, kind, why)];
        }
        let (now, then) = labels(ctx);
        let all = ctx.snapshot.raw.iter().filter(|(id, _)| id.kind == kind && id.namespace == ctx.around.namespace());
        let told = all.filter_map(|(id, raw)| {
            let message = match differs(raw.pointer("/spec/selector"), &now, &then)? {
                true => "finds the pods that run, and not the new ones: their figures would be missing",
                false => "finds the new pods, and not those that run: there is nothing to compare with",
            };
            Some(finding(self, Severity::Warn, id, message, "select by labels that both versions carry"))
        });
        told.collect()
    }
}
