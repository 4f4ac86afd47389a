//! A PodMonitor or ServiceMonitor that finds the pods that run and not the new ones, or the other way round: its figures would
//! show a cutover as an outage, or nothing at all.

use model::kinds::template::PodSpec;
use model::{Kind, Labels, ObjectId, Sentence};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, differs, finding, sentence, unchecked};
use crate::references::slim;

/// See the file's head.
#[derive(Debug)]
pub struct BlindMonitor;

impl Hazard for BlindMonitor {
    fn code(&self) -> &'static str {
        "blind-monitor"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let labels = ctx.labels_now_and_then();
        let (now, then) = (slim(&ctx.around.template()).spec, slim(ctx.template()).spec);
        let mut all = Vec::new();
        for kind in [Kind::PodMonitor, Kind::ServiceMonitor] {
            all.extend(ctx.snapshot.unknown(kind).map(|why| unchecked(self, ctx.around.id, kind, why)));
            for (id, raw) in monitors(ctx, kind) {
                let told = missed(id, raw, &labels).or_else(|| finds(ctx, id, raw, &labels.0).then(|| loses(raw, &now, &then, &labels))?);
                all.extend(told.map(|(message, remedy)| finding(self, Severity::Warn, id, message, remedy)));
            }
        }
        all
    }
}

/// Monitors that look at the target's namespace, wherever they are.
pub(super) fn monitors<'a>(ctx: &CheckCtx<'a>, kind: Kind) -> impl Iterator<Item = (&'a ObjectId, &'a Value)> + use<'a> {
    let namespace = ctx.around.namespace();
    ctx.snapshot.raw.iter().filter(move |(id, raw)| {
        let looks = raw.pointer("/spec/namespaceSelector").unwrap_or(&Value::Null);
        let named = looks["matchNames"].as_array().filter(|n| !n.is_empty());
        let there = named.map_or(id.namespace == namespace, |n| n.iter().any(|n| n == namespace));
        id.kind == kind && (looks["any"] == true || there)
    })
}

/// Its `endpoints`, or what a PodMonitor calls so.
pub(super) fn endpoints(monitor: &Value) -> impl Iterator<Item = &Value> {
    ["endpoints", "podMetricsEndpoints"].into_iter().filter_map(|key| monitor.pointer("/spec")?.get(key)?.as_array()).flatten()
}

/// By the labels that a PodMonitor selects by. A ServiceMonitor selects Services, and these stay.
fn missed(id: &ObjectId, monitor: &Value, labels: &(Labels, Labels)) -> Option<(Sentence, Sentence)> {
    let selector = monitor.pointer("/spec/selector").filter(|_| id.kind == Kind::PodMonitor);
    let message = match differs(selector, labels)? {
        true => sentence!("finds the pods that run, and not the new ones: their figures would be missing"),
        false => sentence!("finds the new pods, and not those that run: there is nothing to compare with"),
    };
    Some((message, sentence!("select by labels that both versions carry")))
}

/// Whether it looks at the pods that run.
fn finds(ctx: &CheckCtx<'_>, id: &ObjectId, monitor: &Value, pods: &Labels) -> bool {
    let selector = monitor.pointer("/spec/selector").and_then(|s| serde_json::from_value::<model::LabelSelector>(s.clone()).ok());
    selector.is_some_and(|s| match id.kind {
        Kind::PodMonitor => s.matches(pods),
        _ => ctx.around.services().iter().any(|service| s.matches(&service.metadata.labels)),
    })
}

/// By what it asks of the pods that it finds: a port that they declare, a label that it keeps them for.
fn loses(monitor: &Value, now: &PodSpec, then: &PodSpec, (before, after): &(Labels, Labels)) -> Option<(Sentence, Sentence)> {
    // A `port` of a ServiceMonitor is one of the Service, and leads wherever that does.
    let of_pods = |e: &Value| {
        let keys = if monitor["kind"] == "PodMonitor" { &["port", "portNumber", "targetPort"][..] } else { &["targetPort"] };
        keys.iter().find_map(|key| e.get(key).filter(|v| !v.is_null())).map(|v| v.as_str().map_or_else(|| v.to_string(), String::from))
    };
    let gone = endpoints(monitor).filter_map(of_pods).find(|port| declares(now, port) && !declares(then, port));
    if let Some(port) = gone {
        let message =
            sentence!("asks for port {port}, which the new template does not have: figures of the new pods would be missing", port);
        return Some((message, sentence!("keep that port in the new template, or change the monitor first")));
    }
    let differing = before.iter().chain(after).filter(|(key, _)| before.get(*key) != after.get(*key)).map(|(key, _)| key);
    let told_by = |key: &&String| {
        let source = format!("__meta_kubernetes_pod_label_{}", key.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        endpoints(monitor).any(|e| sieves(e).any(|rule| rule["sourceLabels"].as_array().is_some_and(|s| s.iter().any(|s| *s == *source))))
    };
    let label = differing.into_iter().find(told_by)?;
    let message = sentence!("keeps and drops pods by their label {label}, which differs: figures of one version would be missing", label);
    Some((message, sentence!("select by labels that both versions carry")))
}

/// Rules by which it keeps some of the pods that it finds.
fn sieves(endpoint: &Value) -> impl Iterator<Item = &Value> {
    let rules = endpoint.get("relabelings").and_then(Value::as_array).into_iter().flatten();
    rules.filter(|r| r["action"].as_str().is_some_and(|a| a.eq_ignore_ascii_case("keep") || a.eq_ignore_ascii_case("drop")))
}

fn declares(spec: &PodSpec, port: &str) -> bool {
    let all = spec.init_containers.iter().chain(&spec.containers).flat_map(|c| &c.ports);
    all.into_iter().any(|p| p.name == port || p.container_port.to_string() == port)
}
