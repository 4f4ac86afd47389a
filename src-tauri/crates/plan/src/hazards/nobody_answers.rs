//! Scaled to zero under a Service: what calls it gets no answer. No step of a rollout does that; an operator who asks for it may.

use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::around::is_entry;

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
        let others = |selector: &model::Labels| {
            let of = |o: &model::Object| {
                matches!(o, model::Object::Pod(p) if p.metadata.namespace == ctx.around.namespace()
                && p.is_ready() && crate::around::selects(selector, &p.metadata.labels)
                && !own.iter().any(|o| o.metadata.name == p.metadata.name))
            };
            ctx.snapshot.objects.of(Kind::Pod).any(of)
        };
        let empty = ctx.around.services().into_iter().filter(|s| !others(&s.spec.selector));
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
