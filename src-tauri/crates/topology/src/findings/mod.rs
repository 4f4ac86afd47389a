//! The list of findings: what is wrong, or will be, without anybody having asked.

mod canary_ignored;
mod class_without_controller;
mod dangling_reference;
mod hpa_counts_both;
mod no_ready_endpoints;
mod pdb_counts_both;
mod route_refused;
mod selector_matches_nothing;
mod selector_matches_two;
mod stale_revision_serving;
mod target_port_dropped;
mod two_owners;

use model::{ObjectId, Sentence};
use serde::Serialize;

use crate::graph::Edge;
use crate::view::View;

/// Something wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Code in kebab-case; one of [`ALL`].
    pub code: &'static str,
    /// The object to look at.
    pub object: ObjectId,
    /// What is wrong with it, no full stop.
    pub message: Sentence,
}

/// A check that yields findings of one code.
pub trait Check: Sync {
    /// Code: the file (with `_`) and the fixture folder.
    fn code(&self) -> &'static str;
    /// Findings of one namespace; `edges` are those of the same namespace.
    fn find(&self, view: &View<'_>, edges: &[Edge]) -> Vec<Finding>;
}

/// Every check; one line each.
pub static ALL: &[&dyn Check] = &[
    &dangling_reference::DanglingReference,
    &class_without_controller::ClassWithoutController,
    &route_refused::RouteRefused,
    &canary_ignored::CanaryIgnored,
    &target_port_dropped::TargetPortDropped,
    &selector_matches_nothing::SelectorMatchesNothing,
    &selector_matches_two::SelectorMatchesTwo,
    &no_ready_endpoints::NoReadyEndpoints,
    &stale_revision_serving::StaleRevisionServing,
    &hpa_counts_both::HpaCountsBoth,
    &pdb_counts_both::PdbCountsBoth,
    &two_owners::TwoOwners,
];
