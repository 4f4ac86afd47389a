//! Green gets fewer pods than blue has: all of blue's traffic would land on less.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct FewerPods;

impl Hazard for FewerPods {
    fn code(&self) -> &'static str {
        "fewer-pods"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let (green, blue) = (ctx.extra_pods(), ctx.around.deployment.status.replicas);
        if !ctx.is_blue_green() || green >= blue {
            return vec![];
        }
        let message = sentence!("green would have {green} pods where blue has {blue}: all its traffic would land on fewer", green, blue);
        vec![finding(
            self,
            Severity::Warn,
            ctx.around.id,
            message,
            sentence!("let green have as many pods as blue, or make sure that fewer can carry the load"),
        )]
    }
}
