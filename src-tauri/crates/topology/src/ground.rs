//! The objects of one namespace, joined: which pods stand behind which ReplicaSet, workload and Service.
//!
//! Pods belong by owner chain (`ownerReferences[controller].uid`), never by labels; a Service reaches what its
//! EndpointSlices say, never what its selector would (semantics §4).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::kinds::deployment::Deployment;
use model::kinds::endpoint_slice::{Endpoint, EndpointSlice};
use model::kinds::job::Job;
use model::kinds::pod::Pod;
use model::kinds::replica_set::ReplicaSet;
use model::kinds::service::Service;
use model::meta::subset;
use model::names::{MEMBER, POD_TEMPLATE_HASH, REVISION_HASH, SERVICE_NAME};
use model::{Kind, Labels, ObjectId, ObjectSet};

use crate::graph::PodState;

/// A pod and what it belongs to.
pub(crate) struct PodAt<'a> {
    pub pod: &'a Pod,
    pub state: PodState,
    /// Its ReplicaSet, when that is known.
    pub set: Option<&'a ReplicaSet>,
    /// Top of its owner chain, but a Job where that has a CronJob; `None` for a pod that stands alone.
    pub workload: Option<ObjectId>,
}

/// A controller of pods: a Deployment, a ReplicaSet without one, a StatefulSet, a Job, …
pub(crate) struct Workload<'a> {
    pub id: ObjectId,
    /// `None` for other kinds, and for a Deployment that is named by its ReplicaSets and not seen.
    pub deployment: Option<&'a Deployment>,
    /// The Job that it is.
    pub job: Option<&'a Job>,
    /// ReplicaSets that are shown: those with wanted or existing pods, and the newest. Newest first.
    pub sets: Vec<&'a ReplicaSet>,
    /// Indices into [`Ground::pods`].
    pub pods: Vec<usize>,
}

impl Workload<'_> {
    /// Wanted pods; counted where the spec is not kept.
    pub fn wanted(&self) -> u32 {
        match self.deployment {
            Some(d) => d.wanted(),
            None if self.sets.is_empty() => self.pods.len() as u32,
            None => self.sets.iter().map(|s| s.spec.replicas.unwrap_or(1)).sum(),
        }
    }

    /// Whether a Service's or budget's selector takes the pods that this workload makes.
    pub fn makes(&self, takes: &dyn Fn(&Labels) -> bool, pods: &[PodAt]) -> bool {
        self.deployment.is_some_and(|d| takes(&d.spec.template.metadata.labels))
            || self.sets.iter().any(|s| takes(&s.spec.template.metadata.labels))
            || self.pods.iter().any(|&p| takes(&pods[p].pod.metadata.labels))
    }

    /// Whether a selector names a member of this StatefulSet, there or not: no template has that label, each pod gets it when it is
    /// made.
    fn names_member(&self, selector: &Labels) -> bool {
        let Some(set) = self.deployment.filter(|_| self.id.kind == Kind::StatefulSet) else { return false };
        let ordinal = selector.get(MEMBER).and_then(|m| m.strip_prefix(&self.id.name)?.strip_prefix('-')?.parse::<u32>().ok());
        let labels = &set.spec.template.metadata.labels;
        ordinal.is_some() && selector.iter().all(|(k, v)| k == MEMBER || labels.get(k) == Some(v))
    }

    /// Whether its template, and not somebody at run time, gives its pods a label.
    fn gives(&self, label: &str) -> bool {
        [MEMBER, POD_TEMPLATE_HASH, REVISION_HASH].contains(&label)
            || self.deployment.is_none_or(|d| d.spec.template.metadata.labels.contains_key(label))
    }
}

/// What stands behind one Service, over all its slices.
#[derive(Default)]
pub(crate) struct Backing {
    /// Pods that take its requests, by workload. Indices into [`Ground::pods`].
    pub takers: BTreeMap<ObjectId, BTreeSet<usize>>,
    /// Pods without a workload that take its requests.
    pub lone: BTreeSet<usize>,
    /// Endpoints that take its requests and are no pod that is known here.
    pub strangers: u32,
    /// Endpoints whose condition `ready` holds.
    pub ready: u32,
    /// All endpoints.
    pub total: u32,
    /// Ready endpoints that no port of the Service reaches, by workload.
    pub unreached: BTreeMap<ObjectId, BTreeSet<usize>>,
}

impl Backing {
    /// Pods that take its requests, with their workload. Indices into [`Ground::pods`].
    pub fn pods(&self) -> impl Iterator<Item = (Option<&ObjectId>, usize)> {
        let owned = self.takers.iter().flat_map(|(workload, pods)| pods.iter().map(move |&p| (Some(workload), p)));
        owned.chain(self.lone.iter().map(|&p| (None, p)))
    }

    /// How many endpoints share the Service's requests.
    pub fn taking(&self) -> u32 {
        self.takers.values().map(BTreeSet::len).sum::<usize>() as u32 + self.lone.len() as u32 + self.strangers
    }
}

/// One namespace.
pub(crate) struct Ground<'a> {
    pub pods: Vec<PodAt<'a>>,
    pub workloads: BTreeMap<ObjectId, Workload<'a>>,
    /// By name of the Service; only for those that are there.
    pub backings: BTreeMap<&'a str, Backing>,
}

impl<'a> Ground<'a> {
    /// Joins the objects of a namespace.
    pub fn new(all: &'a ObjectSet, namespace: &'a str) -> Self {
        let sets: HashMap<&str, &ReplicaSet> = all.replica_sets(namespace).map(|s| (s.metadata.uid.as_str(), s)).collect();
        let pods: Vec<PodAt> = all.pods(namespace).filter(|p| shown(p)).map(|p| pod_at(p, &sets)).collect();
        let workloads = workloads(all, namespace, &pods);
        let by_uid: HashMap<&str, usize> = pods.iter().enumerate().map(|(i, p)| (p.pod.metadata.uid.as_str(), i)).collect();
        let mut slices: HashMap<&str, Vec<&EndpointSlice>> = HashMap::new();
        for slice in all.endpoint_slices(namespace) {
            if let Some(service) = slice.metadata.labels.get(SERVICE_NAME) {
                slices.entry(service).or_default().push(slice);
            }
        }
        let none = Vec::new();
        let backing = |s: &'a Service| {
            let name = s.metadata.name.as_str();
            (name, backing(s, slices.get(name).unwrap_or(&none), &pods, &by_uid))
        };
        let backings = all.services(namespace).map(backing).collect();
        Self { pods, workloads, backings }
    }

    /// Workloads whose pods a Service selects; none without a selector. A Job comes and goes, and no Service is there for it: where
    /// its pods answer nevertheless, the endpoints say so.
    pub fn selected(&self, service: &Service) -> impl Iterator<Item = &Workload<'a>> {
        let selector = &service.spec.selector;
        let takes = move |labels: &Labels| !selector.is_empty() && subset(selector, labels);
        let lasting = self.workloads.values().filter(|w| w.id.kind != Kind::Job);
        lasting.filter(move |w| w.makes(&takes, &self.pods) || w.names_member(selector))
    }

    /// Pods that a selector would take if they had another role: a label that the pod has with another value, and that its template
    /// does not give it (Patroni's and Vault's own leader and standby). A pod of a Job has no role.
    pub fn of_other_role<'s>(&'s self, selector: &'s Labels) -> impl Iterator<Item = &'s PodAt<'a>> {
        let role = |at: &PodAt, label: &str| at.workload.as_ref().and_then(|id| self.workloads.get(id)).is_some_and(|w| !w.gives(label));
        let lasting = |at: &&PodAt| at.workload.as_ref().is_none_or(|id| id.kind != Kind::Job);
        let takes = move |at: &&PodAt| {
            let has = |(k, v): (&String, &String)| at.pod.metadata.labels.get(k).is_some_and(|have| have == v || role(at, k));
            !selector.is_empty() && selector.iter().all(has)
        };
        self.pods.iter().filter(lasting).filter(takes)
    }

    /// Pods of a ReplicaSet, by index.
    pub fn pods_of<'s>(&'s self, workload: &'s Workload<'a>, set: &'s ReplicaSet) -> impl Iterator<Item = usize> + 's {
        workload.pods.iter().copied().filter(move |&p| self.pods[p].set.is_some_and(|s| s.metadata.uid == set.metadata.uid))
    }

    /// Pods of a workload that take requests of any Service.
    pub fn serving(&self, workload: &ObjectId) -> BTreeSet<usize> {
        self.backings.values().filter_map(|b| b.takers.get(workload)).flatten().copied().collect()
    }
}

/// Finished pods are history, unless a ReplicaSet still counts on them (an evicted one stays Failed).
fn shown(pod: &Pod) -> bool {
    match pod.status.phase.as_str() {
        "Succeeded" => false,
        "Failed" => pod.metadata.controller().is_some_and(|o| o.kind == "ReplicaSet"),
        _ => true,
    }
}

fn pod_at<'a>(pod: &'a Pod, sets: &HashMap<&str, &'a ReplicaSet>) -> PodAt<'a> {
    let state = match () {
        () if pod.is_ending() => PodState::Ending,
        () if pod.is_ready() => PodState::Ready,
        () if pod.failure().is_some() || pod.status.phase == "Failed" => PodState::Failing,
        () => PodState::Starting,
    };
    let set = pod.metadata.controller().and_then(|o| sets.get(o.uid.as_str()).copied());
    let workload = match set {
        Some(set) => Some(top(set)),
        None => pod.metadata.controller().and_then(|o| controller(&o.kind, &pod.metadata.namespace, &o.name)),
    };
    PodAt { pod, state, set, workload }
}

/// The workload of a ReplicaSet: its controller, or itself. Under another one, or under itself, it stands for itself: owners
/// are followed no further, so that a cycle of them ends.
pub(crate) fn top(set: &ReplicaSet) -> ObjectId {
    let ns = &set.metadata.namespace;
    let owner = set.metadata.controller().and_then(|o| controller(&o.kind, ns, &o.name));
    owner.filter(|o| o.kind != Kind::ReplicaSet).unwrap_or_else(|| ObjectId::new(Kind::ReplicaSet, ns, &set.metadata.name))
}

/// What an owner reference names, where that can be a workload.
fn controller(kind: &str, namespace: &str, name: &str) -> Option<ObjectId> {
    let kind = Kind::ALL.iter().copied().find(|k| k.name() == kind && !stands_elsewhere(*k))?;
    Some(ObjectId::new(kind, namespace, name))
}

/// Kinds that have a place of their own on the map. Anybody may write one of them into the owners of a pod, the pod itself too.
fn stands_elsewhere(kind: Kind) -> bool {
    let beside = matches!(
        kind,
        Kind::Service
            | Kind::Pod
            | Kind::HorizontalPodAutoscaler
            | Kind::ScaledObject
            | Kind::VerticalPodAutoscaler
            | Kind::PodDisruptionBudget
            | Kind::Canary
            | Kind::NetworkPolicy
            | Kind::ConfigMap
            | Kind::Secret
            | Kind::ServiceAccount
            | Kind::PersistentVolumeClaim
    );
    beside || traffic::routers::ALL.iter().any(|r| r.kinds().contains(&kind))
}

fn workloads<'a>(all: &'a ObjectSet, namespace: &'a str, pods: &[PodAt<'a>]) -> BTreeMap<ObjectId, Workload<'a>> {
    let mut found: BTreeMap<ObjectId, Workload> = BTreeMap::new();
    let new = |id: &ObjectId| Workload { id: id.clone(), deployment: None, job: None, sets: Vec::new(), pods: Vec::new() };
    for object in Kind::ALL.iter().filter(|k| k.rolls()).flat_map(|k| all.within(*k, namespace)) {
        let id = object.id();
        found.insert(id.clone(), Workload { deployment: all.workload(&id), ..new(&id) });
    }
    for rollout in all.within(Kind::Rollout, namespace) {
        found.insert(rollout.id(), new(&rollout.id()));
    }
    for job in jobs(all, namespace, pods) {
        let id = ObjectId::new(Kind::Job, namespace, &job.metadata.name);
        found.insert(id.clone(), Workload { job: Some(job), ..new(&id) });
    }
    let mut live: BTreeSet<&str> = BTreeSet::new();
    for (i, at) in pods.iter().enumerate() {
        // A pod of one that was made anew by the same name points at that.
        let named = || at.workload.as_ref().filter(|w| w.kind == Kind::ReplicaSet).and_then(|w| all.replica_set(namespace, &w.name));
        live.extend(at.set.or_else(named).map(|s| s.metadata.uid.as_str()));
        if let Some(id) = &at.workload {
            found.entry(id.clone()).or_insert_with(|| new(id)).pods.push(i);
        }
    }
    for set in all.replica_sets(namespace) {
        let id = top(set);
        let workload = found.entry(id.clone()).or_insert_with(|| new(&id));
        // A Deployment of the same name made anew does not own the ReplicaSets of the one before (uid, not name).
        let foreign = workload.deployment.is_some_and(|d| set.metadata.controller().is_some_and(|o| o.uid != d.metadata.uid));
        if !foreign || live.contains(set.metadata.uid.as_str()) {
            workload.sets.push(set);
        }
    }
    for workload in found.values_mut() {
        workload.sets.sort_by_key(|s| std::cmp::Reverse((s.revision(), s.metadata.creation_timestamp, &s.metadata.name)));
        let mut newest = true;
        workload.sets.retain(|s| {
            let busy = s.spec.replicas.unwrap_or(1) > 0 || s.status.replicas > 0 || live.contains(s.metadata.uid.as_str());
            std::mem::take(&mut newest) || busy
        });
    }
    // Old ReplicaSets of a controller that is gone and of which no pod is left are nobody's workload.
    let has_pods = |w: &Workload<'_>| !w.pods.is_empty() || w.sets.iter().any(|s| live.contains(s.metadata.uid.as_str()));
    found.retain(|_, w| w.deployment.is_some() || has_pods(w) || w.id.kind != Kind::Deployment);
    found
}

/// Jobs that are shown: those that are not over or have pods, and of each controller the last one. What came before is history.
fn jobs<'a>(all: &'a ObjectSet, namespace: &'a str, pods: &[PodAt]) -> impl Iterator<Item = &'a Job> {
    let mut last: HashMap<&str, &Job> = HashMap::new();
    let age = |j: &'a Job| (j.metadata.creation_timestamp, &j.metadata.name);
    for job in all.jobs(namespace) {
        if let Some(owner) = job.metadata.controller() {
            let latest = last.entry(&owner.uid).or_insert(job);
            *latest = if age(job) > age(latest) { job } else { latest };
        }
    }
    let last: BTreeSet<&str> = last.values().map(|j| j.metadata.name.as_str()).collect();
    let owner = |at: &PodAt<'_>| at.workload.as_ref().filter(|w| w.kind == Kind::Job).map(|w| w.name.clone());
    let busy: BTreeSet<String> = pods.iter().filter_map(owner).collect();
    let shown = move |j: &&Job| {
        let name = j.metadata.name.as_str();
        !j.finished() || j.metadata.controller().is_none() || last.contains(name) || busy.contains(name)
    };
    all.jobs(namespace).filter(shown)
}

/// Merges all slices of a Service. The same pod may be in several (one per address family, one per set of ports).
fn backing(service: &Service, slices: &[&EndpointSlice], pods: &[PodAt], by_uid: &HashMap<&str, usize>) -> Backing {
    struct Seen {
        pod: Option<usize>,
        ready: bool,
        lingering: bool,
        reached: bool,
    }
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for slice in slices {
        let reached = service.spec.ports.iter().any(|p| slice.ports.iter().any(|e| e.name.as_deref().unwrap_or("") == p.name));
        for endpoint in &slice.endpoints {
            let c = &endpoint.conditions;
            let uid = endpoint.target_ref.as_ref().map(|t| t.uid.as_str()).filter(|u| !u.is_empty());
            let pod = uid.and_then(|u| by_uid.get(u).copied());
            let key = uid.unwrap_or_else(|| address(endpoint));
            let entry = seen.entry(key).or_insert(Seen { pod, ready: false, lingering: false, reached: false });
            entry.ready |= c.is_ready();
            entry.lingering |= c.is_serving() && c.is_terminating();
            // A headless Service without ports is answered by DNS alone.
            entry.reached |= reached || service.spec.ports.is_empty();
        }
    }
    let ready = seen.values().filter(|s| s.ready).count() as u32;
    let mut backing = Backing { ready, total: seen.len() as u32, ..Backing::default() };
    // Terminating endpoints that still serve get new connections while none is ready (proven).
    for s in seen.values().filter(|s| if ready > 0 { s.ready } else { s.lingering }) {
        match s.pod.map(|p| (p, pods[p].workload.clone())) {
            Some((pod, Some(workload))) if s.reached => drop(backing.takers.entry(workload).or_default().insert(pod)),
            Some((pod, Some(workload))) => drop(backing.unreached.entry(workload).or_default().insert(pod)),
            Some((pod, None)) if s.reached => drop(backing.lone.insert(pod)),
            None if s.reached => backing.strangers += 1,
            _ => {}
        }
    }
    backing
}

fn address(endpoint: &Endpoint) -> &str {
    endpoint.addresses.first().map(String::as_str).unwrap_or("")
}
