//! Service → workload, with the **effective** share: ready endpoints of all slices, merged and counted once per pod, by
//! owner chain (W-EPS). A workload that the selector takes and that serves nothing is shown too.

use model::kinds::service::Service;
use model::{Kind, ObjectId, sentence};

use super::{Relation, edge};
use crate::graph::{Edge, EdgeState, NodeId, PodState};
use crate::ground::{Backing, Ground, Workload};
use crate::ports;
use crate::view::View;

pub(super) const NAME: &str = "endpoints";

/// Service to workload.
pub(super) struct Endpoints;

impl Relation for Endpoints {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (service, backing) in view.services() {
            let from = NodeId::of(&view.here(Kind::Service, &service.metadata.name));
            let mut targets: Vec<&ObjectId> = view.ground.selected(service).map(|w| &w.id).collect();
            targets.extend(backing.takers.keys().chain(backing.unreached.keys()));
            targets.sort();
            targets.dedup();
            for id in targets {
                let Some(workload) = view.ground.workloads.get(id) else { continue };
                edges.push(to_workload(&view.ground, &from, service, backing, workload));
            }
            let share = 1.0 / f64::from(backing.taking().max(1));
            let pod = |&p: &usize| NodeId::of(&view.here(Kind::Pod, &view.ground.pods[p].pod.metadata.name));
            edges.extend(backing.lone.iter().map(|p| edge(NAME, &from, pod(p), EdgeState::Active, Some(share))));
        }
        edges
    }
}

fn to_workload(ground: &Ground<'_>, from: &NodeId, service: &Service, backing: &Backing, workload: &Workload<'_>) -> Edge {
    let takers = backing.takers.get(&workload.id).map_or(0, |p| p.len() as u32);
    let all = backing.taking();
    let share = (all > 0).then(|| f64::from(takers) / f64::from(all));
    let dropped = ports::dropped(service, workload);
    let unreached = backing.unreached.contains_key(&workload.id);
    let nothing_reaches = unreached || (!service.spec.ports.is_empty() && dropped.len() == service.spec.ports.len());
    let ready = workload.pods.iter().any(|&p| ground.pods[p].state == PodState::Ready);
    let (state, share) = match share {
        _ if takers > 0 => (EdgeState::Active, share),
        _ if nothing_reaches && (ready || unreached) => (EdgeState::Broken, Some(0.0)),
        // Others serve and this one has pods, or was asked to hold none: open, not in trouble.
        Some(_) if ready || workload.wanted() == 0 => (EdgeState::Open, Some(0.0)),
        _ => (EdgeState::Declared, share),
    };
    let detail = match dropped.first() {
        Some(dropped) => Some(dropped.detail.clone()),
        None if state == EdgeState::Broken => Some(sentence!("its endpoints carry no port of the service")),
        None => None,
    };
    Edge { detail, ..edge(NAME, from, NodeId::of(&workload.id), state, share) }
}
