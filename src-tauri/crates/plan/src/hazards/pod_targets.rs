//! A load balancer that sends to pods itself instead of to nodes: it registers green's pods one by one and takes blue's out,
//! on its own time. Between the two the Service has endpoints and the load balancer may have no target.

use model::ObjectId;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// Annotations by which pods become targets, the word in their value that says so, and how bad that is: where new targets
/// are registered before old ones are taken out, the gap is short.
const SIGNS: [(&str, &str, Severity); 4] = [
    ("service.beta.kubernetes.io/aws-load-balancer-nlb-target-type", "ip", Severity::Block),
    ("service.beta.kubernetes.io/aws-load-balancer-type", "nlb-ip", Severity::Block),
    ("alb.ingress.kubernetes.io/target-type", "ip", Severity::Block),
    ("cloud.google.com/neg", "\"ingress\":true", Severity::Warn),
];

/// See the file's head.
#[derive(Debug)]
pub struct PodTargets;

impl Hazard for PodTargets {
    fn code(&self) -> &'static str {
        "pod-targets"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let services = ctx.moved().into_iter().cloned();
        let found = services.chain(ctx.ingresses()).filter_map(|id| Some((sign(ctx, &id)?, id)));
        let told = found.map(|((sign, severity), id)| {
            let message = sentence!(
                "its load balancer sends to pods directly ({sign}): it has no target while green's pods are being registered",
                sign
            );
            let remedy = match severity {
                Severity::Block => sentence!("move traffic at the load balancer between two services, not at the selector of this one"),
                _ => sentence!(
                    "expect failed requests for some seconds at the cutover and at the way back, and probe through the load balancer"
                ),
            };
            finding(self, severity, &id, message, remedy)
        });
        told.collect()
    }
}

fn sign(ctx: &CheckCtx<'_>, id: &ObjectId) -> Option<(&'static str, Severity)> {
    let annotations = ctx.snapshot.raw(id)?.pointer("/metadata/annotations")?;
    let says = |key: &str, word: &str| {
        let value = annotations.get(key).and_then(Value::as_str).unwrap_or_default().replace(' ', "");
        if word.contains(':') { value.contains(word) } else { value == word }
    };
    SIGNS.iter().find(|(key, word, _)| says(key, word)).map(|(key, _, severity)| (*key, *severity))
}
