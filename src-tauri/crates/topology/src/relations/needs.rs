//! Workload → ServiceAccount and PersistentVolumeClaim that its pods need: `serviceAccountName` (`default` comes with the
//! namespace), `volumes[].persistentVolumeClaim.claimName`. Without the one no pod is made, without the other none starts. Of the
//! `volumeClaimTemplates` of a StatefulSet the claims `<template>-<pod>` that are there: it makes those that are not.

use std::collections::{BTreeSet, HashMap};

use model::Kind;
use model::kinds::template::PodSpec;

use super::{Relation, edge, needed};
use crate::graph::{Edge, EdgeState, NodeId};
use crate::view::View;

pub(super) const NAME: &str = "needs";

/// Workload to what its pods need.
pub(super) struct Needs;

impl Relation for Needs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        // By the name of a claim without the ordinal of its pod.
        let mut templates: HashMap<String, NodeId> = HashMap::new();
        for workload in view.ground.workloads.values() {
            let Some(deployment) = workload.deployment else { continue };
            let from = NodeId::of(&workload.id);
            for (kind, name) in references(&deployment.spec.template.spec) {
                edges.push(needed(NAME, view, &from, &view.here(kind, name)));
            }
            let claims = deployment.spec.volume_claim_templates.iter().map(|t| format!("{}-{}", t.metadata.name, workload.id.name));
            templates.extend(claims.map(|stem| (stem, from.clone())));
        }
        let claims = view.all.claims(view.namespace).filter(|_| !templates.is_empty()).map(|c| c.metadata.name.as_str());
        for claim in claims {
            let of = claim.rsplit_once('-').filter(|(_, ordinal)| ordinal.parse::<u32>().is_ok());
            if let Some(from) = of.and_then(|(stem, _)| templates.get(stem)) {
                edges.push(edge(NAME, from, NodeId::of(&view.here(Kind::PersistentVolumeClaim, claim)), EdgeState::Active, None));
            }
        }
        edges
    }
}

/// What a template refers to.
fn references(spec: &PodSpec) -> BTreeSet<(Kind, &str)> {
    let account = Some(spec.service_account_name.as_str()).filter(|name| !["", "default"].contains(name));
    let claims = spec.volumes.iter().filter_map(|v| v.persistent_volume_claim.as_ref()).map(|c| c.claim_name.as_str());
    let claims = claims.map(|name| (Kind::PersistentVolumeClaim, name));
    account.map(|name| (Kind::ServiceAccount, name)).into_iter().chain(claims).collect()
}
