//! A Service that keeps traffic near (`trafficDistribution`, topology-aware hints): where one zone has few pods of green,
//! these take all that zone's traffic.

use serde_json::Value;

use super::places::with_gap;
use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// Annotations by which hints were asked for before the field was there.
const ANNOTATIONS: [&str; 2] = ["service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"];

/// Label of a node that names its zone.
const ZONE: &str = "topology.kubernetes.io/zone";

/// See the file's head.
#[derive(Debug)]
pub struct ZoneRouting;

impl Hazard for ZoneRouting {
    fn code(&self) -> &'static str {
        "zone-routing"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let wish = |id: &model::ObjectId| {
            let raw = ctx.snapshot.raw(id)?;
            let field = raw.pointer("/spec/trafficDistribution").and_then(Value::as_str);
            let annotations = raw.pointer("/metadata/annotations");
            let annotated = ANNOTATIONS.iter().filter_map(|a| annotations?.get(a)?.as_str());
            field.into_iter().chain(annotated).find(|v| !v.is_empty() && !v.eq_ignore_ascii_case("disabled")).map(str::to_string)
        };
        let moved = ctx.moved().into_iter().filter_map(|id| Some((id, wish(id)?)));
        let told = moved.map(|(id, wish)| {
            let message = sentence!("keeps traffic near ({wish}): a zone with few pods of green sends them all that it has", wish);
            let remedy = sentence!("spread green over the zones as blue is (topologySpreadConstraints)");
            finding(self, Severity::Warn, id, with_gap(ctx, Some(ZONE), message), remedy)
        });
        told.collect()
    }
}
