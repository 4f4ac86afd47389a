//! A ServiceMonitor that finds the preview Service as well: from the cutover until that is gone each new pod is counted by two
//! Services, and sums over them are twice what they should be.

use model::{Kind, LabelSelector, Labels};
use serde_json::Value;

use super::blind_monitor::{endpoints, monitors};
use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::step::Step;

/// See the file's head.
#[derive(Debug)]
pub struct MonitorCountsTwice;

impl Hazard for MonitorCountsTwice {
    fn code(&self) -> &'static str {
        "monitor-counts-twice"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let preview = ctx.plan.steps.iter().find_map(|s| match &s.step {
            Step::Create { object, manifest } if object.kind == Kind::Service => Some((object, manifest)),
            _ => None,
        });
        let Some((preview, manifest)) = preview else { return vec![] };
        if let Some(why) = ctx.snapshot.unknown(Kind::ServiceMonitor) {
            return vec![unchecked(self, ctx.around.id, Kind::ServiceMonitor, why)];
        }
        let labels: Labels = manifest.pointer("/metadata/labels").and_then(|l| serde_json::from_value(l.clone()).ok()).unwrap_or_default();
        let ports: Vec<&str> =
            manifest.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten().filter_map(|p| p["name"].as_str()).collect();
        let twice = monitors(ctx, Kind::ServiceMonitor).filter(|(_, raw)| {
            let selector = raw.pointer("/spec/selector").and_then(|s| serde_json::from_value::<LabelSelector>(s.clone()).ok());
            let both = |s: LabelSelector| s.matches(&labels) && ctx.moved_services().any(|(_, m)| s.matches(&m.metadata.labels));
            selector.is_some_and(both) && endpoints(raw).any(|e| e["port"].as_str().is_none_or(|p| ports.contains(&p)))
        });
        let told = twice.map(|(id, _)| {
            let message = sentence!(
                "also finds the preview Service {preview}: from the cutover until that is gone each new pod is counted twice",
                preview = preview.name
            );
            finding(self, Severity::Warn, id, message, sentence!("select Services by a label of their own, or count by pods"))
        });
        told.collect()
    }
}
