//! HPA → what it scales: `spec.scaleTargetRef.{kind,name}`.

use model::{Kind, sentence};

use super::{Relation, broken, edge};
use crate::graph::{Edge, EdgeState, NodeId, Presence};
use crate::view::View;

pub(super) const NAME: &str = "scale-target";

/// HPA to workload.
pub(super) struct ScaleTarget;

impl Relation for ScaleTarget {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for hpa in view.all.hpas(view.namespace) {
            let from = NodeId::of(&view.here(Kind::HorizontalPodAutoscaler, &hpa.metadata.name));
            let Some(id) = view.scaled(hpa) else { continue };
            let to = NodeId::of(&id);
            // Kinds that are not watched are known by their pods alone.
            let seen = view.ground.workloads.contains_key(&id);
            edges.push(match view.presence(&id) {
                Presence::Missing if !seen && id.kind == Kind::Deployment => {
                    broken(NAME, &from, to, None, sentence!("{object} does not exist", object = id.said()))
                }
                _ => edge(NAME, &from, to, EdgeState::Active, None),
            });
        }
        edges
    }
}
