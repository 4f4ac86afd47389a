//! A Helm release owns what the plan writes to. Helm does not heal by itself, but its next run writes the chart's values
//! again, or fails: a Service's selector is one field, and a pin is enough for a conflict (seen with Helm 4.3.1).

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::owner::{Owner, owners};
use crate::plan::Finish;

/// See the file's head.
#[derive(Debug)]
pub struct Helm;

impl Hazard for Helm {
    fn code(&self) -> &'static str {
        "helm-owner"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        let promotes = ctx.plan.params.get("finish") == Some(&serde_json::json!(Finish::Promote));
        for object in ctx.owned_by_others() {
            let Some(meta) = ctx.snapshot.objects.get(&object).map(|o| o.meta()) else { continue };
            for owner in owners(ctx.snapshot, meta) {
                let Owner::Helm { release } = owner else { continue };
                let message = sentence!(
                    "belongs to the Helm release {release}: until the run is over, helm upgrade and helm rollback of it can fail with a conflict, or write the chart's version back",
                    release
                );
                let remedy = match promotes || !ctx.is_blue_green() {
                    true => sentence!(
                        "run no helm on {release} meanwhile; put the new version into the chart's values before the next helm upgrade",
                        release
                    ),
                    false => sentence!(
                        "run no helm on {release} meanwhile; after a swap the chart names a retired deployment: choose finish = promote",
                        release
                    ),
                };
                all.push(finding(self, Severity::Warn, &object, message, remedy));
            }
        }
        all
    }
}
