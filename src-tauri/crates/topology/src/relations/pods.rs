//! ReplicaSet → Pod (or another controller → Pod, a Job among them), by owner. Each serving pod takes an equal share.

use std::collections::BTreeMap;

use model::Kind;

use super::{Relation, edge};
use crate::graph::{Edge, EdgeState, NodeId, PodState};
use crate::view::View;

pub(super) const NAME: &str = "pods";

/// ReplicaSet to pods.
pub(super) struct Pods;

impl Relation for Pods {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let ground = &view.ground;
        let mut edges = Vec::new();
        for workload in ground.workloads.values() {
            let serving = ground.serving(&workload.id);
            let mut per_parent: BTreeMap<NodeId, usize> = BTreeMap::new();
            let parent = |p: usize| match ground.pods[p].set {
                Some(set) => NodeId::of(&view.here(Kind::ReplicaSet, &set.metadata.name)),
                None => NodeId::of(&workload.id),
            };
            serving.iter().for_each(|&p| *per_parent.entry(parent(p)).or_default() += 1);
            for &p in &workload.pods {
                let (from, at) = (parent(p), &ground.pods[p]);
                let siblings = per_parent.get(&from).copied().unwrap_or(0);
                let takes = serving.contains(&p);
                let state = match at.state {
                    _ if takes => EdgeState::Active,
                    PodState::Ready | PodState::Ending => EdgeState::Open,
                    PodState::Starting | PodState::Failing => EdgeState::Declared,
                };
                let share = (siblings > 0).then(|| if takes { 1.0 / siblings as f64 } else { 0.0 });
                edges.push(edge(NAME, &from, NodeId::of(&view.here(Kind::Pod, &at.pod.metadata.name)), state, share));
            }
        }
        edges
    }
}
