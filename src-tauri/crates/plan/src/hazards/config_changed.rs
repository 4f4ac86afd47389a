//! Configuration that was changed in place after the pods that run had started: green reads what is in it now, so more than
//! the image changes with the cutover. A rollback brings the template back and not what its configuration held: where that
//! was changed after the version that runs had come, it may be what broke. When it was written is told by
//! `metadata.managedFields`.

use jiff::Timestamp;
use model::{Kind, ObjectId, sentence};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding};
use crate::history::{self, written_at};
use crate::references::{references, slim};
use crate::revisions::same;
use crate::strategies;

/// See the file's head.
#[derive(Debug)]
pub struct ConfigChanged;

impl Hazard for ConfigChanged {
    fn code(&self) -> &'static str {
        "config-changed"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let started = ctx.around.pods().into_iter().filter_map(|p| p.metadata.creation_timestamp).min();
        let going_back = strategies::find(&ctx.plan.strategy).is_some_and(|s| s.goes_back());
        // What comes back, and what is left, by when each first came.
        let came = |template: &Value| history::of(&ctx.around).into_iter().find(|k| same(&k.template, template))?.created;
        let (then, now) = match going_back {
            true => (came(&ctx.plan.template), came(&ctx.plan.target.template)),
            false => (None, None),
        };
        let told = changed(ctx).filter_map(|(at, id)| {
            let (message, remedy) = match (going_back, then, now) {
                (true, _, Some(now)) if at > now => (
                    sentence!("was changed at {at}, after what runs now had come: if that is what broke, going back does not mend it", at),
                    sentence!("compare what it held; put that back as well, or instead"),
                ),
                (true, Some(then), _) if at > then => (
                    sentence!("was changed at {at}, after the version that comes back: that comes back with what it holds now", at),
                    sentence!("compare what it held; going back does not bring it back"),
                ),
                (false, ..) if ctx.is_blue_green() && started.is_some_and(|started| at > started) => (
                    sentence!("was changed at {at}, after pods of blue had started: green reads what it holds now", at),
                    sentence!("compare what it held; under a new name it rolls out, and back, with the template"),
                ),
                _ => return None,
            };
            Some(finding(self, Severity::Warn, &id, message, remedy))
        });
        told.collect()
    }
}

/// Configuration that the new template names, and when somebody wrote to it last.
fn changed(ctx: &CheckCtx<'_>) -> impl Iterator<Item = (Timestamp, ObjectId)> {
    let named = references(&slim(ctx.template()), ctx.around.namespace()).into_iter().map(|r| r.object);
    let config = named.filter(|id| matches!(id.kind, Kind::ConfigMap | Kind::Secret));
    config.filter_map(|id| Some((written_at(ctx.snapshot.raw(&id)?, false)?, id)))
}
