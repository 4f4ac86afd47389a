//! Objects → nodes.

use std::collections::BTreeMap;

use model::kinds::job::Job;
use model::kinds::template::PodSpec;
use model::{Kind, Labels, Meta, Object, ObjectId, names, sentence};

use crate::graph::{Edge, Health, Lane, Node, NodeId, Presence, Rank};
use crate::ground::Workload;
use crate::health;
use crate::owner::Owner;
use crate::view::{Row, View};

/// Nodes of one namespace. `edges` are its edges: what they name and is not there gets a node that says so.
pub(crate) fn nodes(view: &View<'_>, edges: &[Edge]) -> BTreeMap<NodeId, Node> {
    let mut found: BTreeMap<NodeId, Node> = BTreeMap::new();
    let mut add = |node: Node| drop(found.insert(node.id.clone(), node));
    entries(view, &mut add);
    for (service, backing) in view.services() {
        let id = view.here(Kind::Service, &service.metadata.name);
        let lane = lane(&service.spec.selector).or_else(|| lane(&service.metadata.labels));
        let verdict = health::service(service, backing, view);
        let count = (service.spec.kind != "ExternalName").then_some((backing.ready, backing.total));
        add(Node { lane, ..counted(node(id, &service.metadata, Rank::Service, verdict), count) });
    }
    view.ground.workloads.values().for_each(|w| workload(view, w, &mut add));
    cron_jobs(view, &mut add);
    for at in &view.ground.pods {
        let meta = &at.pod.metadata;
        let base = node(view.here(Kind::Pod, &meta.name), meta, Rank::Pods, health::pod(at.pod, at.state));
        add(Node { pod: Some(at.state), lane: lane(&meta.labels), version: version(&at.pod.spec), ..base });
    }
    asides(view, edges, &mut add);
    for edge in edges {
        for id in [&edge.id.from, &edge.id.to] {
            // Rows and lone objects are there already; what is named and absent is left.
            if !found.contains_key(id)
                && let Ok(object) = id.parse::<ObjectId>()
                && view.presence(&object) != Presence::Live
            {
                found.insert(id.clone(), absent(view, object));
            }
        }
    }
    found
}

fn node(object: ObjectId, meta: &Meta, rank: Rank, (health, reason): health::Verdict) -> Node {
    Node {
        id: NodeId::of(&object),
        object,
        uid: meta.uid.clone(),
        rank,
        presence: Presence::Live,
        health,
        reason,
        ready: None,
        wanted: None,
        version: None,
        revision: None,
        lane: None,
        owner: Owner::of(meta),
        created: meta.creation_timestamp,
        pod: None,
        matches: None,
    }
}

fn counted(node: Node, counts: Option<(u32, u32)>) -> Node {
    Node { ready: counts.map(|c| c.0), wanted: counts.map(|c| c.1), ..node }
}

/// Kinds that are entries of their own routes.
const OWN_ENTRIES: [Kind; 3] = [Kind::Ingress, Kind::IngressRoute, Kind::HTTPProxy];

fn entries(view: &View<'_>, add: &mut impl FnMut(Node)) {
    for gateway in view.all.gateways(view.namespace) {
        let meta = &gateway.metadata;
        add(node(view.here(Kind::Gateway, &meta.name), meta, Rank::Entry, health::gateway(gateway)));
    }
    let mut per_ingress: BTreeMap<&ObjectId, health::Verdict> = BTreeMap::new();
    for row in &view.rows {
        let verdict = health::row(row, view);
        // A canary by weight has no row of its own: it comes in by that of the other.
        for ingress in row.route.entries.iter().filter(|e| OWN_ENTRIES.contains(&e.kind)) {
            per_ingress.entry(ingress).and_modify(|worst| worse(worst, &verdict)).or_insert_with(|| verdict.clone());
        }
        add(row_node(view, row, verdict));
    }
    for object in OWN_ENTRIES.into_iter().flat_map(|kind| view.all.within(kind, view.namespace)) {
        let of_rows = per_ingress.remove(&object.id());
        let verdict = match object {
            Object::HTTPProxy(proxy) => health::http_proxy(proxy, of_rows, view),
            _ => Some(of_rows.unwrap_or((Health::Unknown, Some(sentence!("no rule"))))),
        };
        if let Some(verdict) = verdict {
            add(node(object.id(), object.meta(), Rank::Entry, verdict));
        }
    }
}

/// An Ingress fails when all its rows do, and is degraded when some are not well.
fn worse(so_far: &mut health::Verdict, next: &health::Verdict) {
    if so_far.0 != next.0 && (so_far.0.is_trouble() || next.0.is_trouble()) {
        let why = if so_far.0.is_trouble() { so_far.1.clone() } else { next.1.clone() };
        *so_far = (Health::Degraded, why);
    }
}

fn row_node(view: &View<'_>, row: &Row, verdict: health::Verdict) -> Node {
    let object = row.route.object.clone();
    let none = Meta::default();
    let meta = view.all.get(&object).map_or(&none, Object::meta);
    Node { id: row.id.clone(), matches: Some(row.route.matches.clone()), ..node(object, meta, Rank::Route, verdict) }
}

fn cron_jobs(view: &View<'_>, add: &mut impl FnMut(Node)) {
    let mut made: BTreeMap<ObjectId, Vec<(&Job, health::Verdict)>> = BTreeMap::new();
    for (w, job) in view.ground.workloads.values().filter_map(|w| Some((w, w.job?))) {
        if let Some(cron) = view.cron_of(job) {
            made.entry(cron).or_default().push((job, health::job(job, w, &view.ground)));
        }
    }
    for cron in view.all.cron_jobs(view.namespace) {
        let id = view.here(Kind::CronJob, &cron.metadata.name);
        let verdict = health::cron_job(cron, made.remove(&id).unwrap_or_default());
        add(node(id, &cron.metadata, Rank::Workload, verdict));
    }
}

fn workload(view: &View<'_>, w: &Workload<'_>, add: &mut impl FnMut(Node)) {
    let none = Meta::default();
    let first = || w.pods.first().map(|&p| view.ground.pods[p].pod);
    match (w.deployment, w.job) {
        (Some(d), _) => {
            let verdict = health::deployment(d, w, &view.ground);
            let base = node(w.id.clone(), &d.metadata, Rank::Workload, verdict);
            let lane = lane(&d.spec.template.metadata.labels).or_else(|| lane(&d.metadata.labels));
            let revision = d.metadata.annotations.get(names::REVISION).and_then(|r| r.parse().ok());
            let counts = Some((d.status.ready_replicas, d.wanted()));
            add(Node { lane, revision, version: version(&d.spec.template.spec), ..counted(base, counts) });
        }
        // What a CronJob makes stands behind it, as a revision does.
        (None, Some(job)) => {
            let rank = if view.cron_of(job).is_some() { Rank::ReplicaSet } else { Rank::Workload };
            let base = node(w.id.clone(), &job.metadata, rank, health::job(job, w, &view.ground));
            add(Node { version: first().and_then(|p| version(&p.spec)), ..base });
        }
        // A ReplicaSet without a controller stands in its own rank.
        (None, None) if w.id.kind == Kind::ReplicaSet => {}
        (None, None) => {
            let (of_pods, ready) = health::counted(w, &view.ground);
            let object = view.all.get(&w.id);
            let (verdict, wanted) = match object {
                Some(Object::Rollout(r)) => (health::rollout(r, of_pods), r.spec.replicas.unwrap_or(1)),
                _ => (of_pods, w.wanted()),
            };
            let meta = object.map_or(&none, Object::meta);
            let version = first().and_then(|p| version(&p.spec));
            let lane = first().and_then(|p| lane(&p.metadata.labels));
            add(Node { version, lane, ..counted(node(w.id.clone(), meta, Rank::Workload, verdict), Some((ready, wanted))) });
        }
    }
    for set in &w.sets {
        let pods: Vec<usize> = view.ground.pods_of(w, set).collect();
        let verdict = health::replica_set(set, &pods, &view.ground);
        let base = node(view.here(Kind::ReplicaSet, &set.metadata.name), &set.metadata, Rank::ReplicaSet, verdict);
        let counts = Some((set.status.ready_replicas, set.spec.replicas.unwrap_or(1)));
        let lane = lane(&set.spec.template.metadata.labels).or_else(|| lane(&set.metadata.labels));
        add(Node { lane, revision: set.revision(), version: version(&set.spec.template.spec), ..counted(base, counts) });
    }
}

/// Kinds that point at workloads and take no requests.
const ASIDES: [Kind; 6] = [
    Kind::HorizontalPodAutoscaler,
    Kind::ScaledObject,
    Kind::VerticalPodAutoscaler,
    Kind::PodDisruptionBudget,
    Kind::Canary,
    Kind::NetworkPolicy,
];

/// Those; what a template refers to; what is named and leads nowhere.
fn asides(view: &View<'_>, edges: &[Edge], add: &mut impl FnMut(Node)) {
    for object in ASIDES.into_iter().flat_map(|kind| view.all.within(kind, view.namespace)) {
        let verdict = match object {
            Object::HorizontalPodAutoscaler(hpa) => health::hpa(hpa),
            Object::ScaledObject(scaled) => health::scaled_object(scaled),
            Object::VerticalPodAutoscaler(vpa) => health::vpa(vpa),
            Object::PodDisruptionBudget(pdb) => health::pdb(pdb),
            Object::Canary(canary) => health::canary(canary),
            Object::NetworkPolicy(policy) => health::network_policy(policy),
            _ => continue,
        };
        add(node(object.id(), object.meta(), Rank::Aside, verdict));
    }
    for edge in edges {
        let Ok(id) = edge.id.to.parse::<ObjectId>() else { continue };
        match (id.kind, view.all.get(&id)) {
            (Kind::ConfigMap | Kind::Secret | Kind::ServiceAccount, Some(object)) => {
                add(node(id, object.meta(), Rank::Aside, (Health::Healthy, None)));
            }
            (_, Some(Object::PersistentVolumeClaim(claim))) => add(node(id, &claim.metadata, Rank::Aside, health::claim(claim))),
            // One that leads to Services is not on the map: they are, with their shares.
            (Kind::TraefikService, Some(object)) => {
                let why = sentence!("{object} leads to no Service", object = id.said());
                add(node(id, object.meta(), Rank::Service, (Health::Failing, Some(why))));
            }
            _ => {}
        }
    }
}

fn absent(view: &View<'_>, object: ObjectId) -> Node {
    let rank = match object.kind {
        Kind::Gateway | Kind::Ingress | Kind::IngressRoute => Rank::Entry,
        // A root of a namespace that is not followed; what is included and is not there stands where a Service would.
        Kind::HTTPProxy if view.all.get(&object).is_some() => Rank::Entry,
        Kind::Service | Kind::TraefikService | Kind::HTTPProxy => Rank::Service,
        Kind::ReplicaSet => Rank::ReplicaSet,
        Kind::Pod => Rank::Pods,
        Kind::ConfigMap | Kind::Secret | Kind::ServiceAccount | Kind::PersistentVolumeClaim => Rank::Aside,
        _ => Rank::Workload,
    };
    let presence = view.presence(&object);
    let verdict = match presence {
        Presence::Missing => (Health::Failing, Some(sentence!("does not exist"))),
        _ if !view.sight.follows(&object.namespace) => {
            (Health::Unknown, Some(sentence!("not loaded: namespace {namespace} is not followed", namespace = object.namespace)))
        }
        _ => (Health::Unknown, Some(sentence!("not read here"))),
    };
    Node { presence, ..node(object, &Meta::default(), rank, verdict) }
}

pub(crate) fn lane(labels: &Labels) -> Option<Lane> {
    match labels.get(names::COLOR).map(String::as_str) {
        Some("blue") => Some(Lane::Blue),
        Some("green") => Some(Lane::Green),
        _ => None,
    }
}

/// Tag of the first container's image, or the first 12 digits of its digest; `latest` when neither is given.
pub(crate) fn version(spec: &PodSpec) -> Option<String> {
    let image = spec.containers.first()?.image.as_str();
    Some(match image.split_once("@sha256:") {
        Some((name, digest)) => tag(name).unwrap_or_else(|| digest.chars().take(12).collect()),
        None => tag(image).unwrap_or_else(|| "latest".into()),
    })
}

/// The colon of a port belongs to the registry's host, not to a tag.
fn tag(image: &str) -> Option<String> {
    image.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_tag_or_digest() {
        let check = |image: &str, expect: &str| {
            let spec: PodSpec = serde_json::from_value(serde_json::json!({"containers":[{"image":image}]})).expect("decodes");
            assert_eq!(version(&spec).as_deref(), Some(expect), "{image}");
        };
        check("shop/web:v2", "v2");
        check("registry.test:5000/shop/web", "latest");
        check("registry.test:5000/shop/web:1.2.3", "1.2.3");
        check("shop/web@sha256:0123456789abcdef0123", "0123456789ab");
        check("shop/web:v2@sha256:0123456789abcdef0123", "v2");
    }
}
