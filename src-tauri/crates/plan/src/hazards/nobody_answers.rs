//! Scaled to zero under a Service: what calls it gets no answer. No step of a rollout does that; an operator who asks for it may.

use model::Kind;
use model::kinds::service::Service;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::around::{is_entry, selects};

/// See the file's head.
#[derive(Debug)]
pub struct NobodyAnswers;

impl Hazard for NobodyAnswers {
    fn code(&self) -> &'static str {
        "nobody-answers"
    }

    fn concerns(&self, ctx: &CheckCtx<'_>) -> bool {
        ctx.scaled_to() == Some(0)
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if let Some(why) = ctx.snapshot.unknown(Kind::Service) {
            return vec![unchecked(self, ctx.around.id, Kind::Service, why)];
        }
        let own = ctx.around.pods();
        let others = ctx.snapshot.objects.pods(ctx.around.namespace());
        let others: Vec<_> = others.filter(|p| p.is_ready() && !own.iter().any(|o| o.metadata.name == p.metadata.name)).collect();
        let answered = |s: &&Service| others.iter().any(|p| selects(&s.spec.selector, &p.metadata.labels));
        let empty = ctx.around.services().into_iter().filter(|s| !answered(s));
        let told = empty.map(|s| {
            let id = ctx.around.id.sibling(Kind::Service, &s.metadata.name);
            let message = match is_entry(ctx.snapshot, s) {
                true => sentence!("would have no pod left: requests from outside the cluster fail until it is scaled up again"),
                false => sentence!("would have no pod left: who calls it gets no connection until it is scaled up again"),
            };
            finding(self, Severity::Warn, &id, message, sentence!("leave one pod, or make sure that nobody needs it now"))
        });
        told.collect()
    }
}
