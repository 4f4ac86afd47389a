//! An Ingress that is marked as a canary of another one and is not: its controller knows no such mark and sends it requests as to any
//! other, or nothing takes the same host and path, and it gets none.

use model::Kind;

use super::{Check, Finding};
use crate::graph::Edge;
use crate::view::View;

/// Canary ignored.
pub(super) struct CanaryIgnored;

impl Check for CanaryIgnored {
    fn code(&self) -> &'static str {
        "canary-ignored"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let found = view.all.within(Kind::Ingress, view.namespace).flat_map(|object| {
            let of = move |message| Finding { code: "canary-ignored", object: object.id(), message };
            traffic::canary_ignored(object, view.all).into_iter().map(of)
        });
        found.collect()
    }
}
