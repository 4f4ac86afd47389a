//! Configuration that was changed in place after the pods that run had started: green reads what is in it now, so more than
//! the image changes with the cutover. When it was written is told by `metadata.managedFields`.

use jiff::Timestamp;
use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::references::{references, slim};

/// See the file's head.
#[derive(Debug)]
pub struct ConfigChanged;

impl Hazard for ConfigChanged {
    fn code(&self) -> &'static str {
        "config-changed"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let started = ctx.around.pods().into_iter().filter_map(|p| p.metadata.creation_timestamp).min();
        let Some(started) = started.filter(|_| ctx.is_blue_green()) else { return vec![] };
        let named = references(&slim(ctx.template()), ctx.around.namespace()).into_iter().map(|r| r.object);
        let config = named.filter(|id| matches!(id.kind, Kind::ConfigMap | Kind::Secret));
        let later = config.filter_map(|id| {
            let fields = ctx.snapshot.raw(&id)?.pointer("/metadata/managedFields")?.as_array()?;
            let times = fields.iter().filter_map(|f| f.get("time")?.as_str()?.parse::<Timestamp>().ok());
            Some((times.max().filter(|t| *t > started)?, id))
        });
        let told = later.map(|(at, id)| {
            let message = sentence!("was changed at {at}, after pods of blue had started: green reads what it holds now", at);
            finding(
                self,
                Severity::Warn,
                &id,
                message,
                sentence!("compare what it held; under a new name it rolls out, and back, with the template"),
            )
        });
        told.collect()
    }
}
