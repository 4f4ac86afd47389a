//! An object that two parties write, each of which takes back what the other did: it carries the marks of two systems that
//! reconcile, or two autoscalers scale it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Kind, Meta, Object, ObjectId, sentence};

use super::{Check, Finding};
use crate::graph::Edge;
use crate::owner::Owner;
use crate::relations;
use crate::view::View;

/// Two owners.
pub(super) struct TwoOwners;

impl Check for TwoOwners {
    fn code(&self) -> &'static str {
        "two-owners"
    }

    fn find(&self, view: &View<'_>, edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        let routed: BTreeSet<Kind> = traffic::routers::ALL.iter().flat_map(|r| r.kinds()).copied().collect();
        for kind in [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Service].into_iter().chain(routed) {
            for object in view.all.within(kind, view.namespace) {
                if let Some((one, other)) = marks(object.meta()) {
                    let message = sentence!("{one} and {other} both write it", one = one.said(), other = other.said());
                    found.push(Finding { code: self.code(), object: object.id(), message });
                }
            }
        }
        let mut scalers: BTreeMap<ObjectId, Vec<String>> = BTreeMap::new();
        for edge in edges.iter().filter(|e| e.id.relation == relations::SCALES) {
            if let (Ok(scaler), Ok(target)) = (edge.id.from.parse::<ObjectId>(), edge.id.to.parse::<ObjectId>()) {
                scalers.entry(target).or_default().extend(counts_pods(view, &scaler));
            }
        }
        for (object, names) in scalers.into_iter().filter(|(_, names)| names.len() > 1) {
            let message = sentence!("{n} autoscalers scale it ({names})", n = names.len(), names = names.join(", "));
            found.push(Finding { code: self.code(), object, message });
        }
        found
    }
}

/// The name of an autoscaler that decides how many pods there are, as a VPA does not. KEDA does so by an HPA of its own, which is
/// not one more; where its ScaledObject is not read the HPA stands for it.
fn counts_pods(view: &View<'_>, scaler: &ObjectId) -> Option<String> {
    match view.all.get(scaler)? {
        Object::HorizontalPodAutoscaler(hpa) => {
            let maker = hpa.metadata.controller().filter(|o| o.kind == Kind::ScaledObject.name());
            let read = maker.and_then(|o| view.all.scaled_object(view.namespace, &o.name));
            read.is_none().then(|| scaler.name.clone())
        }
        Object::ScaledObject(_) => Some(format!("{} {}", scaler.kind, scaler.name)),
        _ => None,
    }
}

/// What a controller makes it alone writes, whatever marks the template carries. Helm writes only when somebody runs it, so that its
/// mark beside another one is that of how the object once came about.
fn marks(meta: &Meta) -> Option<(Owner, Owner)> {
    let mut of_tools = Owner::marks(meta).into_iter().filter(|o| matches!(o, Owner::ArgoCd { .. } | Owner::Flux { .. }));
    let one = of_tools.next().filter(|_| meta.controller().is_none())?;
    Some((one, of_tools.next()?))
}
