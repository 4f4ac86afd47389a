//! A Service without a selector whose endpoints were written by hand, or by another program, and point at blue's pods:
//! a selector flip does not move it.

use model::Kind;
use model::names::SERVICE_NAME;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct ServiceWithoutSelector;

impl Hazard for ServiceWithoutSelector {
    fn code(&self) -> &'static str {
        "service-without-selector"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::EndpointSlice) {
            return vec![unchecked(self, ctx.around.id, Kind::EndpointSlice, why)];
        }
        let namespace = ctx.around.namespace();
        let pods = ctx.around.pods();
        let ours = |uid: &str, address: &String| pods.iter().any(|p| p.metadata.uid == uid || &p.status.pod_ip == address);
        let bare = ctx.snapshot.objects.services(namespace).filter(|s| s.spec.selector.is_empty() && s.spec.kind != "ExternalName");
        let over = bare.filter(|s| {
            let slices = ctx.snapshot.objects.endpoint_slices(namespace);
            let slices = slices.filter(|e| e.metadata.labels.get(SERVICE_NAME) == Some(&s.metadata.name));
            slices.flat_map(|e| &e.endpoints).any(|e| {
                let uid = e.target_ref.as_ref().map_or("", |t| t.uid.as_str());
                e.addresses.iter().any(|a| !a.is_empty() && ours(uid, a))
            })
        });
        let found = over.map(|s| {
            let id = ctx.around.id.sibling(Kind::Service, &s.metadata.name);
            let message =
                sentence!("leads to blue's pods by endpoints that are written by hand: it stays on blue, and fails once blue goes");
            finding(self, Severity::Block, &id, message, sentence!("give it a selector, or move its endpoints by whatever writes them"))
        });
        found.collect()
    }
}
