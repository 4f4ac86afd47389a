//! HPA, ScaledObject of KEDA or VPA → what it scales: `spec.scaleTargetRef.{apiVersion,kind,name}`, of a VPA `spec.targetRef`.

use model::Kind;
use model::kinds::hpa::ScaleTarget as Target;

use super::{Relation, edge, needed};
use crate::graph::{Edge, EdgeState, NodeId};
use crate::view::View;

pub(super) const NAME: &str = "scale-target";

/// Autoscaler to workload.
pub(super) struct ScaleTarget;

impl Relation for ScaleTarget {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let (all, namespace) = (view.all, view.namespace);
        let hpas = all.hpas(namespace).map(|h| (Kind::HorizontalPodAutoscaler, &h.metadata, &h.spec.scale_target_ref));
        let scaled = all.scaled_objects(namespace).map(|s| (Kind::ScaledObject, &s.metadata, &s.spec.scale_target_ref));
        let vpas = all.vpas(namespace).map(|v| (Kind::VerticalPodAutoscaler, &v.metadata, &v.spec.target_ref));
        let scalers = hpas.chain(scaled).chain(vpas);
        scalers.filter_map(|(kind, meta, target)| to_target(view, NodeId::of(&view.here(kind, &meta.name)), target)).collect()
    }
}

fn to_target(view: &View<'_>, from: NodeId, target: &Target) -> Option<Edge> {
    let id = view.scaled(target)?;
    // One that is not read is known by its pods.
    let known = view.ground.workloads.contains_key(&id);
    Some(if known { edge(NAME, &from, NodeId::of(&id), EdgeState::Active, None) } else { needed(NAME, view, &from, &id) })
}
