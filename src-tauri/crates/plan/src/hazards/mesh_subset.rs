//! A subset of an Istio DestinationRule that knows the pods that run and not the new ones: once the Service has moved, what a
//! VirtualService sends to that subset finds nobody. Read in the version `v1`, which Istio serves since 1.22.

use model::kinds::service::Service;
use model::{Kind, ObjectId};
use serde_json::{Value, json};

use super::{CheckCtx, Finding, Hazard, Severity, differs, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct MeshSubset;

impl Hazard for MeshSubset {
    fn code(&self) -> &'static str {
        "mesh-subset"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let kinds = [Kind::DestinationRule, Kind::VirtualService];
        let mut all: Vec<Finding> =
            kinds.iter().filter_map(|k| Some(unchecked(self, ctx.around.id, *k, ctx.snapshot.unknown(*k)?))).collect();
        let labels = ctx.labels_now_and_then();
        let services = ctx.around.services();
        for (id, raw) in ctx.snapshot.raw.iter().filter(|(id, _)| id.kind == Kind::DestinationRule) {
            let host = raw.pointer("/spec/host").and_then(Value::as_str).unwrap_or_default();
            let Some(service) = services.iter().find(|s| means(host, &id.namespace, s)) else { continue };
            for subset in raw.pointer("/spec/subsets").and_then(Value::as_array).into_iter().flatten() {
                let selector = json!({"matchLabels": subset["labels"]});
                if differs(Some(&selector), &labels) != Some(true) {
                    continue;
                }
                let name = subset["name"].as_str().unwrap_or_default();
                let remedy = sentence!("give the subset labels that both versions carry, or route to the host without it");
                all.push(match routed(ctx, name, service) {
                    Some(by) => {
                        let message = sentence!(
                            "subset {name} knows the pods that run, and not the new ones: what {route} sends to it finds nobody after the cutover",
                            name,
                            route = by.said()
                        );
                        finding(self, Severity::Block, id, message, remedy)
                    }
                    None => {
                        let message = sentence!(
                            "subset {name} knows the pods that run, and not the new ones: what is sent to it finds nobody after the cutover",
                            name
                        );
                        finding(self, Severity::Warn, id, message, remedy)
                    }
                });
            }
        }
        all
    }
}

/// Whether a host of the mesh, named in that namespace, is that Service. A short name is one of the same namespace.
fn means(host: &str, from: &str, service: &Service) -> bool {
    let (name, namespace) = (service.metadata.name.as_str(), service.metadata.namespace.as_str());
    let whole = format!("{name}.{namespace}.svc.cluster.local");
    let short = host == name && from == namespace;
    let partly = host.strip_prefix(&format!("{name}.{namespace}")).is_some_and(|rest| rest.is_empty() || rest.starts_with(".svc"));
    short || partly || host.strip_prefix('*').is_some_and(|end| whole.ends_with(end))
}

/// A VirtualService that sends to that subset of the Service.
fn routed<'a>(ctx: &CheckCtx<'a>, subset: &str, service: &Service) -> Option<&'a ObjectId> {
    let sends = |id: &ObjectId, raw: &Value| {
        let rules = ["http", "tcp", "tls"].into_iter().filter_map(|key| raw.pointer("/spec")?.get(key)?.as_array()).flatten();
        let mut to = rules.filter_map(|rule| rule.get("route")?.as_array()).flatten().map(|r| &r["destination"]);
        to.any(|d| d["subset"] == subset && means(d["host"].as_str().unwrap_or_default(), &id.namespace, service))
    };
    ctx.snapshot.raw.iter().find(|(id, raw)| id.kind == Kind::VirtualService && sends(id, raw)).map(|(id, _)| id)
}
