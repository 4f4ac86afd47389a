//! Workload → ReplicaSet, with the share of the workload's serving pods that are of this revision. CronJob → Job, by owner.

use model::Kind;
use model::kinds::replica_set::ReplicaSet;

use super::{Relation, edge};
use crate::graph::{Edge, EdgeState, NodeId};
use crate::ground::{Ground, Workload};
use crate::health;
use crate::view::View;

pub(super) const NAME: &str = "revision";

/// Workload to ReplicaSet, CronJob to Job.
pub(super) struct Revision;

impl Relation for Revision {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for workload in view.ground.workloads.values().filter(|w| w.id.kind != Kind::ReplicaSet) {
            let from = NodeId::of(&workload.id);
            let serving = view.ground.serving(&workload.id);
            for set in &workload.sets {
                let of_set = view.ground.pods_of(workload, set).filter(|p| serving.contains(p)).count();
                let share = (!serving.is_empty()).then(|| of_set as f64 / serving.len() as f64);
                let state = state(&view.ground, workload, set, of_set);
                edges.push(edge(NAME, &from, NodeId::of(&view.here(Kind::ReplicaSet, &set.metadata.name)), state, share));
            }
        }
        for job in view.ground.workloads.values().filter_map(|w| w.job) {
            let to = NodeId::of(&view.here(Kind::Job, &job.metadata.name));
            edges.extend(view.cron_of(job).map(|cron| edge(NAME, &NodeId::of(&cron), to, EdgeState::Active, None)));
        }
        edges
    }
}

fn state(ground: &Ground<'_>, workload: &Workload<'_>, set: &ReplicaSet, serving: usize) -> EdgeState {
    let ready = ground.pods_of(workload, set).any(|p| ground.pods[p].pod.is_ready());
    match serving {
        1.. if health::stale(workload, set) => EdgeState::Stale,
        1.. => EdgeState::Active,
        _ if set.spec.replicas.unwrap_or(1) > 0 && !ready => EdgeState::Declared,
        _ => EdgeState::Open,
    }
}
