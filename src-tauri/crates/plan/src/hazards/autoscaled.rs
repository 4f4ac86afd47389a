//! An autoscaler decides how many pods there are: a number that is set by hand lasts until it looks again (every 15 s), or, at
//! zero, turns it off until somebody scales up again (`ScalingActive=False`, `ScalingDisabled`).

use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct Autoscaled;

impl Hazard for Autoscaled {
    fn code(&self) -> &'static str {
        "autoscaled"
    }

    fn concerns(&self, ctx: &CheckCtx<'_>) -> bool {
        ctx.scaled_to().is_some()
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let Some(to) = ctx.scaled_to() else { return vec![] };
        if let Some(why) = ctx.snapshot.unknown(Kind::HorizontalPodAutoscaler) {
            return vec![unchecked(self, ctx.around.id, Kind::HorizontalPodAutoscaler, why)];
        }
        let off = ctx.around.deployment.wanted() == 0;
        let told = ctx.around.hpas().into_iter().map(|hpa| {
            let id = ctx.around.id.sibling(Kind::HorizontalPodAutoscaler, &hpa.metadata.name);
            let (min, max) = (hpa.spec.min_replicas.unwrap_or(1), hpa.spec.max_replicas);
            let bounds = sentence!("change its bounds instead (minReplicas, maxReplicas)");
            let (severity, message, remedy) = match to {
                0 => (
                    Severity::Warn,
                    sentence!("scales it between {min} and {max} pods, and does nothing more while it is at zero", min, max),
                    sentence!("scale it up by hand when it is wanted again"),
                ),
                n if n < min || n > max => (
                    Severity::Block,
                    sentence!("scales it between {min} and {max} pods: {n} would be taken back within seconds", min, max, n),
                    bounds,
                ),
                _ if off => (
                    Severity::Warn,
                    sentence!("scales it between {min} and {max} pods, and goes on with that once it has pods again", min, max),
                    bounds,
                ),
                n => (
                    Severity::Warn,
                    sentence!(
                        "scales it between {min} and {max} pods, and may change {n} again when it looks next, every 15 s",
                        min,
                        max,
                        n
                    ),
                    bounds,
                ),
            };
            finding(self, severity, &id, message, remedy)
        });
        told.collect()
    }
}
