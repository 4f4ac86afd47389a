//! Configuration that was changed in place after the pods that run had started: green reads what is in it now, so more than
//! the image changes with the cutover. A rollback brings the template back and not what its configuration held: where that
//! was changed after the version that runs had come, it may be what broke. When it was written is told by
//! `metadata.managedFields`.

use std::collections::BTreeSet;

use model::{Kind, sentence};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, unchecked};
use crate::history;
use crate::references::{references, slim};
use crate::revisions::same;

/// See the file's head.
#[derive(Debug)]
pub struct ConfigChanged;

impl Hazard for ConfigChanged {
    fn code(&self) -> &'static str {
        "config-changed"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let started = ctx.around.oldest_pod();
        let going_back = ctx.plan.goes_back();
        let kept = if going_back { history::of(&ctx.around) } else { vec![] };
        // What comes back, and what is left, by when each first came.
        let came = |template: &Value| kept.iter().find(|k| same(&k.template, template))?.created;
        let (then, now) = (came(&ctx.plan.template), came(&ctx.plan.target.template));
        let template = slim(ctx.template());
        let told = history::config(&ctx.around, &template).into_iter().filter_map(|(id, at)| {
            let (message, remedy) = match (going_back, then, now) {
                (true, _, Some(now)) if at > now => (
                    sentence!("was changed at {at}, after what runs now had come: if that is what broke, going back does not mend it", at),
                    sentence!("compare what it held; put that back as well, or instead"),
                ),
                (true, Some(then), _) if at > then => (
                    sentence!("was changed at {at}, after the version that comes back had come: its pods start with what it holds now", at),
                    sentence!("compare what it held then: this way back does not restore it"),
                ),
                (false, ..) if ctx.is_blue_green() && started.is_some_and(|started| at > started) => (
                    sentence!("was changed at {at}, after pods of blue had started: green reads what it holds now", at),
                    sentence!("compare what it held; under a new name it rolls out, and back, with the template"),
                ),
                _ => return None,
            };
            Some(finding(self, Severity::Warn, &id, message, remedy))
        });
        let kinds: BTreeSet<Kind> = references(&template, ctx.around.namespace()).into_iter().map(|r| r.object.kind).collect();
        let config = kinds.into_iter().filter(|k| matches!(k, Kind::ConfigMap | Kind::Secret));
        let unread = config.filter_map(|kind| Some(unchecked(self, ctx.around.id, kind, ctx.snapshot.unknown(kind)?)));
        told.chain(unread).collect()
    }
}
