//! A Service over blue that also selects pods of other workloads: to pin it to blue, or to move it to green, would take
//! them out of it.

use model::{Kind, names};

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::around::selects;

/// See the file's head.
#[derive(Debug)]
pub struct SharedService;

impl Hazard for SharedService {
    fn code(&self) -> &'static str {
        "shared-service"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        if let (true, Some(why)) = (ctx.is_blue_green(), ctx.snapshot.unknown(Kind::Pod)) {
            return vec![unchecked(self, ctx.around.id, Kind::Pod, why)];
        }
        let own: Vec<&str> = ctx.around.pods().iter().map(|p| p.metadata.uid.as_str()).collect();
        for id in ctx.moved() {
            let Some(service) = ctx.snapshot.objects.service(&id.namespace, &id.name) else { continue };
            let pods = ctx.snapshot.objects.pods(ctx.around.namespace());
            let foreign = pods
                .filter(|p| selects(&service.spec.selector, &p.metadata.labels) && !own.contains(&p.metadata.uid.as_str()))
                .find(|p| !p.is_ending() && !matches!(p.status.phase.as_str(), "Succeeded" | "Failed"));
            let Some(pod) = foreign else { continue };
            let name = &pod.metadata.name;
            let message = match pod.metadata.controller() {
                Some(o) => sentence!(
                    "also selects pods that are not the target's: {name} of {kind} {owner}; they would get no traffic any more",
                    name,
                    kind = o.kind,
                    owner = o.name
                ),
                None => {
                    sentence!("also selects pods that are not the target's: {name} of nobody; they would get no traffic any more", name)
                }
            };
            let remedy = sentence!("give those pods a label value of their own; {label} does not count for that", label = names::COLOR);
            all.push(finding(self, Severity::Block, id, message, remedy));
        }
        all
    }
}
