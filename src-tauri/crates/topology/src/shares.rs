//! Where a rule sends the requests that it takes: the Services, and the versions behind them, each with its share.

use model::{Backend, Kind, ObjectId, Route, RouteMatch, Sentence, Weight, sentence};

use crate::graph::{Lane, NodeId, said_match};
use crate::ground::Ground;
use crate::nodes::{lane, version};
use crate::view::{Reach, Row, View, row_id};

/// A rule of an object that declares routes.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The object.
    pub object: ObjectId,
    /// Its row on the map.
    pub row: NodeId,
    /// Where in it, as JSON pointer.
    pub pointer: String,
    /// What it takes.
    pub matches: RouteMatch,
}

/// Where a rule sends its requests.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteShares {
    /// The rule.
    pub rule: Rule,
    /// Where its requests enter.
    pub entries: Vec<ObjectId>,
    /// Backends in declared order.
    pub targets: Vec<Target>,
    /// What a client gets that no backend answers: the rule answers itself, or has nobody to send to.
    pub itself: Option<Sentence>,
    /// Where copies go; their answers are thrown away.
    pub mirrors: Vec<ObjectId>,
}

/// A backend of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Service.
    pub service: ObjectId,
    /// Its port, by name or number as declared.
    pub port: Option<String>,
    /// Probability (0 to 1) that a request goes there.
    pub share: f64,
    /// Versions that answer, likeliest first; their shares sum up to that of the target, unless somebody else answers, too.
    pub versions: Vec<VersionShare>,
    /// What the client gets of this target if no version answers, or who else may.
    pub note: Option<Sentence>,
}

/// Pods of one version behind a Service.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionShare {
    /// Workload, or the pod itself where it stands alone.
    pub workload: ObjectId,
    /// Its ReplicaSet.
    pub set: Option<ObjectId>,
    /// Image tag, or the first 12 digits of the digest.
    pub version: Option<String>,
    /// Colour.
    pub lane: Option<Lane>,
    /// Probability (0 to 1) that a request is answered by one of them.
    pub share: f64,
    /// How many pods share it.
    pub pods: u32,
}

/// Shares of what a route takes. `row` is where it stands on the map, maybe with another of its object that takes the same.
pub(crate) fn of_route(route: &Route, row: &Row, view: &View<'_>) -> RouteShares {
    let split = &route.split;
    let weightless = split.backends.iter().all(|b| b.weight == Weight(0));
    let itself = match () {
        () if split.elsewhere > 0 => Some(sentence!("a backend that is no Service takes the rest")),
        () if split.backends.is_empty() => Some(sentence!("the rule has no backend: it redirects, or answers with an error itself")),
        () if weightless => Some(sentence!("all weights are 0: the client gets an error (500 with the Gateway API)")),
        () => None,
    };
    RouteShares {
        rule: rule(route),
        entries: route.entries.clone(),
        targets: split.backends.iter().enumerate().map(|(i, backend)| target(backend, split.share(i), row, view)).collect(),
        itself,
        mirrors: route.mirrors.iter().map(|b| b.object.clone()).collect(),
    }
}

pub(crate) fn rule(route: &Route) -> Rule {
    let row = row_id(route);
    Rule { object: route.object.clone(), row, pointer: route.pointer.clone(), matches: route.matches.clone() }
}

fn target(backend: &Backend, share: f64, row: &Row, view: &View<'_>) -> Target {
    let bare = |note| Target { service: backend.object.clone(), port: backend.port.clone(), share, versions: Vec::new(), note };
    let (service, backing) = match view.reach(row, backend) {
        Reach::Backed(service, backing) => (service, backing),
        Reach::Broken(why) => return bare(Some(sentence!("the client gets an error (500 in most routers): {why}"; why))),
        Reach::Unseen => return bare(Some(sentence!("what stands behind it is not read here"))),
    };
    if service.spec.kind == "ExternalName" {
        return bare(Some(sentence!("{name} answers, outside the cluster", name = service.spec.external_name)));
    }
    let all = backing.taking();
    if all == 0 {
        return bare(Some(sentence!("nothing is ready behind it: the client gets an error (503 in most routers)")));
    }
    let ground = view.ground_of(&backend.object.namespace);
    let mut versions: Vec<VersionShare> = Vec::new();
    for (workload, pod) in backing.pods() {
        let Some(found) = ground.map(|g| of_pod(g, workload, pod, &backend.object.namespace)) else { continue };
        match versions.iter_mut().find(|v| v.workload == found.workload && v.set == found.set && v.version == found.version) {
            Some(v) => v.pods += 1,
            None => versions.push(found),
        }
    }
    versions.iter_mut().for_each(|v| v.share = share * (f64::from(v.pods) / f64::from(all)));
    versions.sort_by(|a, b| b.share.total_cmp(&a.share));
    let strangers = backing.strangers;
    let note = (strangers > 0).then(|| sentence!("{n} of {all} endpoints are no pods that are seen here", n = strangers, all));
    Target { versions, ..bare(note) }
}

fn of_pod(ground: &Ground<'_>, workload: Option<&ObjectId>, pod: usize, namespace: &str) -> VersionShare {
    let at = &ground.pods[pod];
    let id = |kind, name: &str| ObjectId::new(kind, namespace, name);
    VersionShare {
        workload: workload.cloned().unwrap_or_else(|| id(Kind::Pod, &at.pod.metadata.name)),
        set: at.set.map(|s| id(Kind::ReplicaSet, &s.metadata.name)),
        version: version(&at.pod.spec),
        lane: lane(&at.pod.metadata.labels),
        share: 0.0,
        pods: 1,
    }
}

impl Rule {
    /// What it takes: `shop.example.com/cart (exact) [method GET]`; `*` for all hosts.
    pub fn takes(&self) -> String {
        said_match(&self.matches)
    }
}
