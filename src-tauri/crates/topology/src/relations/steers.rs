//! Rollout of Argo → the Services that it switches (`strategy.blueGreen.{activeService,previewService}`,
//! `strategy.canary.{stableService,canaryService}`) and the workload whose template it takes (`workloadRef`). Canary of Flagger → the
//! workload that it rolls out (`targetRef`); and what Flagger makes of it, once that is there: `<name>-primary`, which serves, and
//! the Services `<name>`, `<name>-primary` and `<name>-canary`.

use model::Kind;

use super::{Relation, needed};
use crate::graph::{Edge, NodeId, Presence};
use crate::view::View;

pub(super) const NAME: &str = "steers";

/// Controller of a rollout to what it steers.
pub(super) struct Steers;

impl Relation for Steers {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for rollout in view.all.rollouts(view.namespace) {
            let from = NodeId::of(&view.here(Kind::Rollout, &rollout.metadata.name));
            let services = rollout.spec.services().map(|name| view.here(Kind::Service, name));
            let template = rollout.spec.workload_ref.iter().filter_map(|target| view.scaled(target));
            edges.extend(services.chain(template).map(|to| needed(NAME, view, &from, &to)));
        }
        for canary in view.all.canaries(view.namespace) {
            let from = NodeId::of(&view.here(Kind::Canary, &canary.metadata.name));
            let Some(target) = view.scaled(&canary.spec.target_ref) else { continue };
            let primary = target.sibling(target.kind, format!("{}-primary", target.name));
            let name = Some(&canary.spec.service.name).filter(|name| !name.is_empty()).unwrap_or(&target.name);
            let services = ["", "-primary", "-canary"].map(|which| target.sibling(Kind::Service, format!("{name}{which}")));
            let made = [primary].into_iter().chain(services).filter(|id| *id != target && view.presence(id) == Presence::Live);
            edges.extend([target.clone()].into_iter().chain(made).map(|to| needed(NAME, view, &from, &to)));
        }
        edges
    }
}
