//! Workload → ConfigMap or Secret that its template reads: `env`, `envFrom`, volumes, projected volumes and
//! `imagePullSecrets`, of containers and init containers. Known by metadata alone.

use std::collections::BTreeMap;

use model::Kind;
use model::kinds::template::PodSpec;

use super::{Relation, needed};
use crate::graph::{Edge, NodeId, Presence};
use crate::view::View;

pub(super) const NAME: &str = "config";

/// Workload to its configuration.
pub(super) struct Config;

impl Relation for Config {
    fn name(&self) -> &'static str {
        NAME
    }

    fn edges(&self, view: &View<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        for workload in view.ground.workloads.values() {
            let from = NodeId::of(&workload.id);
            let Some(deployment) = workload.deployment else { continue };
            for ((kind, name), need) in references(&deployment.spec.template.spec) {
                let id = view.here(kind, name);
                if need == Needed::Yes || view.presence(&id) != Presence::Missing {
                    edges.push(needed(NAME, view, &from, &id));
                }
            }
        }
        edges
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Needed {
    Yes,
    Optional,
}

/// What a template refers to. A reference that is needed once is needed. A missing pull secret stops no pod: the kubelet
/// tries without it.
fn references(spec: &PodSpec) -> BTreeMap<(Kind, &str), Needed> {
    let mut found: BTreeMap<(Kind, &str), Needed> = BTreeMap::new();
    let mut add = |kind: Kind, name, optional: bool| {
        let entry = found.entry((kind, name)).or_insert(Needed::Optional);
        if !optional {
            *entry = Needed::Yes;
        }
    };
    for container in spec.containers.iter().chain(&spec.init_containers) {
        for source in container.env.iter().filter_map(|e| e.value_from.as_ref()) {
            source.config_map_key_ref.iter().for_each(|r| add(Kind::ConfigMap, r.name.as_str(), r.optional));
            source.secret_key_ref.iter().for_each(|r| add(Kind::Secret, r.name.as_str(), r.optional));
        }
        for source in &container.env_from {
            source.config_map_ref.iter().for_each(|r| add(Kind::ConfigMap, r.name.as_str(), r.optional));
            source.secret_ref.iter().for_each(|r| add(Kind::Secret, r.name.as_str(), r.optional));
        }
    }
    for volume in &spec.volumes {
        volume.config_map.iter().for_each(|r| add(Kind::ConfigMap, r.name.as_str(), r.optional));
        volume.secret.iter().for_each(|r| add(Kind::Secret, r.secret_name.as_str(), r.optional));
        for source in volume.projected.iter().flat_map(|p| &p.sources) {
            source.config_map.iter().for_each(|r| add(Kind::ConfigMap, r.name.as_str(), r.optional));
            source.secret.iter().for_each(|r| add(Kind::Secret, r.name.as_str(), r.optional));
        }
    }
    spec.image_pull_secrets.iter().for_each(|r| add(Kind::Secret, r.name.as_str(), true));
    found.remove(&(Kind::Secret, ""));
    found.remove(&(Kind::ConfigMap, ""));
    found
}
