//! A Helm release owns what the plan writes to. Helm does not heal by itself, but its next run writes the chart's values
//! again, or fails: a Service's selector is one field, and a pin is enough for a conflict (seen with Helm 4.3.1). Which
//! fields those are is told by the dry runs of the steps.

use std::collections::BTreeSet;

use model::{ObjectId, Sentence};

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::owner::{Owner, owners, taken};
use crate::plan::Finish;

/// See the file's head.
#[derive(Debug)]
pub struct Helm;

impl Hazard for Helm {
    fn code(&self) -> &'static str {
        "helm-owner"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        let promotes = ctx.plan.params.get("finish") == Some(&serde_json::json!(Finish::Promote));
        for object in ctx.owned_by_others() {
            let Some(meta) = ctx.snapshot.objects.get(&object).map(|o| o.meta()) else { continue };
            for owner in owners(ctx.snapshot, meta) {
                let Owner::Helm { release } = owner else { continue };
                let remedy = match promotes || !ctx.is_blue_green() {
                    true => sentence!(
                        "run no helm on {release} meanwhile; put the new version into the chart's values before the next helm upgrade",
                        release
                    ),
                    false => sentence!(
                        "run no helm on {release} meanwhile; after a swap its next upgrade starts the retired version again beside the new one, and both get traffic: choose finish = promote",
                        release
                    ),
                };
                all.push(finding(self, Severity::Warn, &object, message(ctx, &object, &release), remedy));
            }
        }
        all
    }
}

/// What Helm's next run meets at an object: in the API server's own words where the steps could be tried.
fn message(ctx: &CheckCtx<'_>, object: &ObjectId, release: &str) -> Sentence {
    let mut first = None;
    let mut fields = BTreeSet::new();
    for step in &ctx.plan.steps {
        let tried = ctx.snapshot.dry_runs.iter().find(|d| d.step == step.id && d.object == *object);
        let (Some(live), Some(Ok(after))) = (ctx.snapshot.raw(object), tried.map(|d| &d.outcome)) else { continue };
        let lost = taken(live, after);
        first = first.or((!lost.is_empty()).then_some(&step.id));
        fields.extend(lost.into_values().flatten());
    }
    let fields: Vec<String> = fields.into_iter().collect();
    match first {
        Some(step) => sentence!(
            "belongs to the Helm release {release}: from step {step} until the run is over, helm upgrade and helm rollback of it fail with a conflict over {fields}, as a dry run shows",
            release,
            step,
            fields = fields.join(", ")
        ),
        None => sentence!(
            "belongs to the Helm release {release}: until the run is over, helm upgrade and helm rollback of it can fail with a conflict, or write the chart's version back",
            release
        ),
    }
}
