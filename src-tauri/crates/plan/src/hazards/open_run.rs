//! Another run of this workload is not over: its record stands in the namespace, and says who drives it. It would be refused
//! at the start; going back is that run's own way back.

use model::{Kind, names};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding};
use crate::record;

/// See the file's head.
#[derive(Debug)]
pub struct OpenRun;

impl Hazard for OpenRun {
    fn code(&self) -> &'static str {
        "open-run"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let id = ctx.around.id;
        let records = [Kind::ConfigMap, Kind::Secret].map(|kind| id.sibling(kind, record::name(id)));
        let open = records.iter().filter_map(|r| ctx.snapshot.objects.get(r)).filter(|o| {
            let labels = &o.meta().labels;
            labels.get(names::RECORD).is_some_and(|state| state == "open") && labels.get(names::RUN) != Some(&ctx.plan.id)
        });
        open.map(|o| {
            let face: Value = o.meta().annotations.get(names::RECORD).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let run = o.meta().labels.get(names::RUN).map(String::as_str).unwrap_or("?");
            let by = face["driver"]["by"].as_str().filter(|by| !by.is_empty()).unwrap_or("somebody");
            let message = format!("run {run} of it is not over; {by} drove it last, and it stands at: {}", face["status"].as_str().unwrap_or("?"));
            let remedy = format!("finish it or back it out; where it is another workstation's: changeoverctl take-over {run} -n {}", id.namespace);
            finding(self, Severity::Block, id, message, remedy)
        })
        .collect()
    }
}
