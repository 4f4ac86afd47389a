//! The list of relations: what runs between two objects of the map.

mod attach;
mod backend;
mod config;
mod disruption_budget;
mod endpoints;
mod needs;
mod network_policy;
mod pods;
mod revision;
mod scale_target;
mod steers;

use model::meta::LabelSelector;
use model::{Labels, ObjectId, Sentence, sentence};

use crate::graph::{Edge, EdgeId, EdgeState, NodeId, Presence};
use crate::view::View;

/// A kind of edge.
pub trait Relation: Sync {
    /// Name: the edge's `relation`, the file (with `_`) and the fixture folder.
    fn name(&self) -> &'static str;
    /// Edges of one namespace (that of the source object, or of the route for edges from a Gateway).
    fn edges(&self, view: &View<'_>) -> Vec<Edge>;
}

/// Every relation; one line each.
pub static ALL: &[&dyn Relation] = &[
    &attach::Attach,
    &backend::Backend,
    &endpoints::Endpoints,
    &revision::Revision,
    &pods::Pods,
    &scale_target::ScaleTarget,
    &disruption_budget::DisruptionBudget,
    &network_policy::NetworkPolicy,
    &steers::Steers,
    &config::Config,
    &needs::Needs,
];

/// Relations that no request runs along: they hold no applications together on the map.
pub(crate) const ASIDE: [&str; 6] = [SCALES, BUDGETS, STEERS, network_policy::NAME, config::NAME, needs::NAME];
/// Autoscaler to what it scales.
pub(crate) const SCALES: &str = scale_target::NAME;
/// PDB to what it guards.
pub(crate) const BUDGETS: &str = disruption_budget::NAME;
/// Controller of a rollout to what it steers.
pub(crate) const STEERS: &str = steers::NAME;
/// Entry to route: one Gateway serves all, so it holds no applications together either.
pub(crate) const ATTACH: &str = attach::NAME;

fn edge(relation: &'static str, from: &NodeId, to: NodeId, state: EdgeState, share: Option<f64>) -> Edge {
    Edge { id: EdgeId { from: from.clone(), to, relation }, state, share, detail: None }
}

/// To an object that something needs: broken where that is missing.
fn needed(relation: &'static str, view: &View<'_>, from: &NodeId, to: &ObjectId) -> Edge {
    let id = NodeId::of(to);
    match view.presence(to) {
        Presence::Missing => broken(relation, from, id, None, sentence!("{object} does not exist", object = to.said())),
        _ => edge(relation, from, id, EdgeState::Active, None),
    }
}

/// To the workloads whose pods a selector takes.
fn selected(relation: &'static str, view: &View<'_>, from: &NodeId, selector: &LabelSelector) -> Vec<Edge> {
    let takes = |labels: &Labels| selector.matches(labels);
    let of = view.ground.workloads.values().filter(|w| w.makes(&takes, &view.ground.pods));
    of.map(|w| edge(relation, from, NodeId::of(&w.id), EdgeState::Active, None)).collect()
}

fn broken(relation: &'static str, from: &NodeId, to: NodeId, share: Option<f64>, detail: Sentence) -> Edge {
    Edge { detail: Some(detail), ..edge(relation, from, to, EdgeState::Broken, share) }
}
