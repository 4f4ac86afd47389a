//! What relations and findings look at: one namespace, the rows of its routes, and the Services of others they name.

use std::collections::{BTreeMap, BTreeSet};

use model::kinds::hpa::ScaleTarget;
use model::kinds::job::Job;
use model::kinds::service::Service;
use model::meta::subset;
use model::{Backend, Kind, ObjectId, ObjectSet, Route, Sentence, Weight, sentence};
use traffic::{Attachment, Status};

use crate::graph::{NodeId, PodState, Presence, said_match};
use crate::ground::{Backing, Ground, PodAt};
use crate::topology::is_read;

/// What of the cluster is read here. Of the absence of anything else nothing is concluded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sight {
    /// Kinds that cannot be read.
    pub blind: BTreeSet<Kind>,
    /// Namespaces that are followed; `None` = all.
    pub namespaces: Option<BTreeSet<String>>,
}

impl Sight {
    /// Whether the objects of a namespace are looked at. Cluster-wide objects have none.
    pub fn follows(&self, namespace: &str) -> bool {
        namespace.is_empty() || self.namespaces.as_ref().is_none_or(|all| all.contains(namespace))
    }
}

/// One (host, path) of a route object.
pub struct Row {
    pub(crate) id: NodeId,
    pub(crate) route: Route,
    pub(crate) status: Status,
}

/// How a backend of a route stands.
pub(crate) enum Reach<'a> {
    /// The Service is there, with what stands behind it.
    Backed(&'a Service, &'a Backing),
    /// Why nothing can be reached.
    Broken(Sentence),
    /// Nothing is known about it.
    Unseen,
}

/// One namespace and what it refers to.
pub struct View<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) all: &'a ObjectSet,
    pub(crate) sight: &'a Sight,
    pub(crate) ground: Ground<'a>,
    pub(crate) rows: Vec<Row>,
    foreign: BTreeMap<String, Ground<'a>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(all: &'a ObjectSet, namespace: &'a str, sight: &'a Sight) -> Self {
        let rows = rows(all, namespace);
        let mut foreign = BTreeMap::new();
        for backend in rows.iter().flat_map(|r| r.route.split.backends.iter().chain(&r.route.mirrors)) {
            if let Some(ns) = all.get(&backend.object).map(|s| s.meta().namespace.as_str())
                && ns != namespace
                && sight.follows(ns)
            {
                foreign.entry(ns.to_string()).or_insert_with(|| Ground::new(all, ns));
            }
        }
        Self { namespace, all, sight, ground: Ground::new(all, namespace), rows, foreign }
    }

    /// Other namespaces that this one reads: when they change, it is looked at again. Classes have none, which is a name too.
    pub(crate) fn refers_to(&self) -> BTreeSet<String> {
        let of_rows = |r: &Row| -> Vec<String> {
            let backends = r.route.split.backends.iter().chain(&r.route.mirrors).map(|b| b.object.namespace.clone());
            backends.chain(r.route.entries.iter().map(|e| e.namespace.clone())).collect()
        };
        let classed = self.all.gateways(self.namespace).next().is_some() || self.all.ingresses(self.namespace).next().is_some();
        let classes = classed.then(String::new);
        let declaring = traffic::routers::ALL.iter().flat_map(|r| self.all.within(r.declares(), self.namespace));
        let led_on = declaring.flat_map(|o| traffic::reaches(o, self.all));
        self.rows.iter().flat_map(of_rows).chain(led_on).filter(|ns| ns != self.namespace).chain(classes).collect()
    }

    /// Services of this namespace.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&'a Service, &Backing)> {
        self.all.services(self.namespace).filter_map(|s| Some((s, self.ground.backings.get(s.metadata.name.as_str())?)))
    }

    /// The objects of this namespace, or of one that its routes send to, joined.
    pub(crate) fn ground_of(&self, namespace: &str) -> Option<&Ground<'a>> {
        if namespace == self.namespace { Some(&self.ground) } else { self.foreign.get(namespace) }
    }

    /// Whether a Service that takes no pod is as it should be: its pod is done; or the one member that there is has another role than
    /// it asks for (the replicas of a database with one instance); or a controller made it, and of that there is no pod now (a database
    /// that hibernates). Of several members one should lead, and one that is not ready may have lost its role.
    pub(crate) fn rests(&self, service: &Service) -> bool {
        let selector = &service.spec.selector;
        if self.all.pods(self.namespace).any(|p| p.status.phase == "Succeeded" && subset(selector, &p.metadata.labels)) {
            return true;
        }
        let ready = |at: &PodAt<'_>| at.state == PodState::Ready;
        let maker = service.metadata.controller().map(|o| &o.uid);
        let of_maker = |at: &&PodAt<'_>| at.pod.metadata.controller().map(|o| &o.uid) == maker;
        let mut members: Vec<&PodAt<'_>> = self.ground.of_other_role(selector).collect();
        members.extend(self.ground.pods.iter().filter(|_| maker.is_some()).filter(of_maker));
        match members[..] {
            [] => maker.is_some(),
            [one] => ready(one),
            _ => false,
        }
    }

    /// Whether a route sends requests to a Service of this namespace.
    pub(crate) fn routed(&self, service: &ObjectId) -> bool {
        let mut backends = self.rows.iter().flat_map(|r| &r.route.split.backends);
        backends.any(|b| b.object == *service && b.weight > Weight(0))
    }

    /// An object of this namespace.
    pub(crate) fn here(&self, kind: Kind, name: &str) -> ObjectId {
        ObjectId::new(kind, self.namespace, name)
    }

    /// What an autoscaler scales; `None` for a kind that is not known here. A kind that is not said is a Deployment (KEDA).
    pub(crate) fn scaled(&self, target: &ScaleTarget) -> Option<ObjectId> {
        let (name, group) = (target.kind.as_str(), target.api_version.rsplit_once('/').map_or("", |(group, _)| group));
        let is_it = |k: &Kind| k.name() == name && (target.api_version.is_empty() || k.group() == group);
        let kind = if name.is_empty() { Kind::Deployment } else { Kind::ALL.iter().copied().find(is_it)? };
        Some(self.here(kind, &target.name))
    }

    /// The CronJob that made a Job. Of one that is gone, or was made anew by that name, nothing is said.
    pub(crate) fn cron_of(&self, job: &Job) -> Option<ObjectId> {
        let owner = job.metadata.controller().filter(|o| o.kind == Kind::CronJob.name())?;
        let id = self.here(Kind::CronJob, &owner.name);
        let other = self.all.cron_job(self.namespace, &owner.name).is_some_and(|c| c.metadata.uid != owner.uid);
        (!other && self.presence(&id) != Presence::Missing).then_some(id)
    }

    /// Whether an object that something refers to is there.
    pub(crate) fn presence(&self, id: &ObjectId) -> Presence {
        match self.all.get(id) {
            _ if !self.sight.follows(&id.namespace) => Presence::Unseen,
            Some(_) => Presence::Live,
            None if self.sight.blind.contains(&id.kind) || !is_read(id.kind) => Presence::Unseen,
            None => Presence::Missing,
        }
    }

    /// Why a controller refuses what a row says of an object: of its entry, or of a backend in another namespace. An entry that is
    /// missing refuses nothing, whatever was said of it before.
    pub(crate) fn refusal<'r>(&self, row: &'r Row, of: &ObjectId) -> Option<&'r str> {
        match row.status.attachments.iter().find(|(entry, _)| entry == of) {
            Some((_, Attachment::Refused(why))) => Some(why.as_str()).filter(|_| self.presence(of) != Presence::Missing),
            Some(_) => None,
            None => row.status.foreign_refused.as_deref().filter(|_| of.namespace != self.namespace),
        }
    }

    /// How a backend of a row stands.
    pub(crate) fn reach(&self, row: &Row, backend: &Backend) -> Reach<'_> {
        let id = &backend.object;
        if let Some(refused) = self.refusal(row, id) {
            return Reach::Broken(Sentence::quoted(refused));
        }
        if !self.sight.follows(&id.namespace) {
            return Reach::Unseen;
        }
        let Some(service) = self.all.service(&id.namespace, &id.name).filter(|_| id.kind == Kind::Service) else {
            return match self.presence(id) {
                Presence::Missing => Reach::Broken(sentence!("{object} does not exist", object = id.said())),
                // What shares its part on and is there leads back to itself, or to nobody.
                Presence::Live if id.kind != Kind::Service => Reach::Broken(sentence!("{object} leads to no Service", object = id.said())),
                _ => Reach::Unseen,
            };
        };
        let declared = |p: &str| service.spec.ports.iter().any(|s| s.name == p || s.port.to_string() == p);
        // A name needs no port: controllers take the number that the route says.
        let named = service.spec.kind == "ExternalName" && service.spec.ports.is_empty();
        let declared = |p: &str| declared(p) || (named && p.parse::<u16>().is_ok());
        if let Some(port) = backend.port.as_ref().filter(|p| !declared(p)) {
            return Reach::Broken(sentence!("{object} has no port {port}", object = id.said(), port));
        }
        match self.ground_of(&id.namespace).and_then(|g| g.backings.get(id.name.as_str())) {
            Some(backing) => Reach::Backed(service, backing),
            None => Reach::Unseen,
        }
    }
}

/// The row of a route.
pub(crate) fn row_id(route: &Route) -> NodeId {
    format!("{}#{}", route.object, said_match(&route.matches)).as_str().into()
}

/// Rows of the routes that the namespace declares. Of two rules that take the very same requests the first wins (API:
/// the first matching rule), so the later ones get no row.
fn rows(all: &ObjectSet, namespace: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut taken: BTreeSet<NodeId> = BTreeSet::new();
    for router in traffic::routers::ALL {
        for object in all.within(router.declares(), namespace) {
            for route in router.routes_of(object, all) {
                let id = row_id(&route);
                if taken.insert(id.clone()) {
                    let status = router.status(&route, all);
                    rows.push(Row { id, route, status });
                }
            }
        }
    }
    rows
}
