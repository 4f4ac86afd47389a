//! An API server with the controllers that matter (Deployment, ReplicaSet, kubelet, EndpointSlice, autoscaler), in memory
//! and on tokio's virtual time. It knows JSON patch as the real one was seen to answer, and how to fail.

mod autoscaler;
mod progress;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::change::spec_hash;
use engine::{Cluster, Mode, ReadError, WriteError};
use model::{ClusterIdentity, Kind, ObjectId, Sentence, Write, names};
use plan::Access;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::oracle::{Request, Trace, Traced, of_a_run};

/// What somebody else does.
pub type Meddle = Box<dyn FnOnce(&mut State, &Write) + Send>;

/// What somebody does with kubectl.
pub enum ByHand {
    Create(Value),
    Patch(Vec<Value>),
    Delete,
}

/// What happens to the n-th write.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    UnknownApplied,
    UnknownLost,
    /// Nobody knows, and it arrives that much later.
    UnknownLate(Duration),
    /// Nobody knows, and it arrives right before the next write: whoever looked in between saw nothing of it.
    UnknownUntilNext,
    Precondition,
    Refused,
    Unsent,
}

#[derive(Debug)]
enum Ev {
    Reconcile,
    Ready(String),
    Crash(String),
    Gone(String),
    Late(Box<Write>),
    Autoscale,
}

#[derive(Default)]
pub struct State {
    pub objects: BTreeMap<ObjectId, Value>,
    counter: u64,
    queue: BTreeMap<(Duration, u64), Ev>,
    now: Duration,
    /// Faults by number of the committed write, from 1.
    pub faults: BTreeMap<usize, Fault>,
    /// Committed writes in their order, with what came of them.
    pub writes: Vec<(Write, String)>,
    /// What became of writes that came late.
    pub late: Vec<Result<(), String>>,
    /// Writes of somebody else, and of ours that were late, that arrive right before the n-th of ours.
    pub before: BTreeMap<usize, Write>,
    /// What somebody else does right before the n-th of ours arrives: whoever read the object saw nothing of it.
    pub meddles: BTreeMap<usize, Meddle>,
    /// What somebody else deletes right before the next list of its kind: whoever read it by its name just now saw it there.
    pub deleted_before_list: Option<ObjectId>,
    /// Deployments whose template got a ReplicaSet of its own just now.
    made: BTreeSet<ObjectId>,
    /// Deployments that an autoscaler found idle, since when.
    idle: BTreeMap<ObjectId, Duration>,
    /// Services that must never be without a ready endpoint.
    pub guarded: Vec<String>,
    pub violations: Vec<String>,
    pub silent: bool,
    /// The ReplicaSet controller is behind: it makes no pods.
    pub no_new_pods: bool,
    /// No controller does anything: nothing follows from what is written.
    pub controllers_rest: bool,
    /// The endpoint controller is behind: slices stay as they are.
    pub slices_rest: bool,
    /// Something holds what is being deleted.
    pub nothing_goes: bool,
    /// The status of what we delete is written right before the delete arrives.
    pub status_moves: bool,
    /// Times that somebody asked who answers.
    pub identified: u32,
    /// Another cluster answers under the same name.
    pub stranger: bool,
    /// What happens to the n-th write of a record or Lease from now, from 1.
    pub told_faults: BTreeMap<usize, Fault>,
    /// Writes of records and Leases so far.
    pub told: usize,
    /// Records may not be read.
    pub records_hidden: bool,
    /// How long a request is under way, there and back.
    pub latency: Duration,
    /// What admission makes of an object that is patched.
    pub mutates: Option<fn(&mut Value)>,
    /// Objects that a policy refuses to have stored; asked by dry runs.
    pub denied: Option<fn(&Value) -> bool>,
    trace: Arc<Trace>,
}

pub struct Sim {
    state: Mutex<State>,
    since: Instant,
}

pub const NS: &str = "shop";

pub fn id(kind: Kind, name: &str) -> ObjectId {
    ObjectId::new(kind, NS, name)
}

pub fn identity() -> ClusterIdentity {
    ClusterIdentity { uid: "kube-system".into(), server: "https://lab".into(), ca_sha256: String::new() }
}

impl Sim {
    pub fn new() -> Self {
        Self { state: Mutex::new(State::default()), since: Instant::now() }
    }

    /// What happened so far.
    pub fn trace(&self) -> Arc<Trace> {
        self.with(|s| s.trace.clone())
    }

    /// Half of a request's way.
    async fn under_way(&self) {
        let latency = self.with(|s| s.latency);
        if !latency.is_zero() {
            tokio::time::sleep(latency / 2).await;
        }
    }

    /// Looks at, or changes, the state at this time.
    pub fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().expect("not poisoned");
        let now = self.since.elapsed();
        state.advance(now);
        f(&mut state)
    }

    /// Adds an object as a user would.
    pub fn apply(&self, kind: Kind, mut object: Value) {
        object["apiVersion"] = json!(kind.api_version());
        object["kind"] = json!(kind.name());
        let name = object["metadata"]["name"].as_str().expect("a name").to_string();
        object["metadata"]["namespace"] = json!(NS);
        self.with(|s| s.create(&id(kind, &name), object)).expect("created");
    }

    /// Somebody else edits a field.
    pub fn edit(&self, object: &ObjectId, pointer: &str, value: Value) {
        self.with(|s| s.edit(object, pointer, value));
    }

    pub fn get_now(&self, object: &ObjectId) -> Option<Value> {
        self.with(|s| s.objects.get(object).cloned())
    }

    /// Every pod of a Deployment crashes from now on.
    pub fn crash(&self, deployment: &str) {
        self.with(|s| s.crash_all(deployment));
    }

    /// One pod of a Deployment crashes.
    pub fn crash_one(&self, deployment: &str) {
        self.with(|s| {
            let pod = s.pods_of(deployment).first().expect("a pod").name.clone();
            s.crash(&pod);
        });
    }

    /// No pod of a Deployment is ready any more, and none says why.
    pub fn unready(&self, deployment: &str) {
        self.with(|s| {
            for pod in s.pods_of(deployment) {
                s.pod(&pod.name, |p| p["status"]["conditions"] = json!([{"type":"Ready","status":"False"}]));
            }
        });
    }

    /// Every pod of a Deployment is ready again.
    pub fn heal(&self, deployment: &str) {
        self.with(|s| {
            for pod in s.pods_of(deployment) {
                s.soon(Duration::ZERO, Ev::Ready(pod.name));
            }
        });
    }

    /// What counts of the world: without pods, uids, versions and times.
    pub fn summary(&self) -> Value {
        self.with(|s| {
            let mut all = serde_json::Map::new();
            for (id, o) in &s.objects {
                if matches!(id.kind, Kind::Pod | Kind::ReplicaSet | Kind::EndpointSlice | Kind::ConfigMap | Kind::Secret | Kind::Lease) {
                    continue;
                }
                let mut o = o.clone();
                let meta = o["metadata"].as_object_mut().expect("metadata");
                meta.retain(|k, _| matches!(k.as_str(), "name" | "labels" | "annotations" | "deletionTimestamp"));
                o.as_object_mut().expect("object").remove("status");
                all.insert(id.to_string(), o);
            }
            Value::Object(all)
        })
    }

    /// Ready endpoints of a Service, by Deployment.
    pub fn serving(&self, service: &str) -> BTreeMap<String, usize> {
        self.with(|s| {
            let mut by = BTreeMap::new();
            for pod in s.endpoints(service) {
                *by.entry(s.owner_of(&pod)).or_insert(0) += 1;
            }
            by
        })
    }

    /// Name of a pod that answers new connections.
    pub fn answering(&self, service: &str) -> Option<String> {
        self.with(|s| s.endpoints(service).first().map(|p| p.name.clone()))
    }
}

fn no_match(object: &ObjectId) -> WriteError {
    WriteError::Precondition {
        object: object.to_string(),
        message: Sentence::quoted("the server rejected our request due to an error in our request"),
    }
}

impl State {
    /// Somebody else sets a field of an object; null takes it away.
    pub fn edit(&mut self, object: &ObjectId, pointer: &str, value: Value) {
        let mut live = self.objects[object].clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let map = live.pointer_mut(parent).expect("there");
        match (map.as_object_mut(), value.is_null()) {
            (Some(map), true) => drop(map.shift_remove(key)),
            (Some(map), false) => drop(map.insert(key.into(), value)),
            (None, _) => *live.pointer_mut(pointer).expect("there") = value,
        }
        self.store(object, live);
        self.trace.add(Traced::Stranger(object.clone()));
    }

    /// What kubectl would do to an object that is there; false = refused.
    pub fn by_hand(&mut self, object: &ObjectId, change: &ByHand) -> bool {
        let Some(live) = self.objects.get(object).cloned() else {
            return match change {
                ByHand::Create(manifest) => self.create(object, manifest.clone()).is_ok(),
                _ => false,
            };
        };
        match change {
            ByHand::Create(_) => return false,
            ByHand::Patch(ops) => match patched(&live, ops) {
                Some(new) => self.store(object, new),
                None => return false,
            },
            ByHand::Delete => {
                let text = |key: &str| live["metadata"][key].as_str().unwrap_or_default().to_string();
                let (uid, resource_version) = (text("uid"), text("resourceVersion"));
                return self.commit(&Write::Delete { object: object.clone(), uid, resource_version }).is_ok();
            }
        }
        self.trace.add(Traced::Stranger(object.clone()));
        true
    }

    /// A Deployment is deleted as kubectl does it: it is gone at once, and what it owned follows.
    fn in_the_background(&mut self, deployment: &ObjectId) {
        for pod in self.pods_of(&deployment.name) {
            self.end(&pod.name);
        }
        for set in self.sets_of(&deployment.name) {
            self.objects.remove(&id(Kind::ReplicaSet, &set));
        }
        self.objects.remove(deployment).expect("there");
        self.trace.add(Traced::Stranger(deployment.clone()));
    }

    /// Time since the beginning.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The ReplicaSet controller catches up.
    pub fn pods_come(&mut self) {
        self.no_new_pods = false;
        self.soon(Duration::ZERO, Ev::Reconcile);
    }

    /// Every pod of a Deployment crashes.
    pub fn crash_all(&mut self, deployment: &str) {
        let pods: Vec<String> = self.pods_of(deployment).into_iter().map(|p| p.name).collect();
        for pod in pods {
            self.crash(&pod);
        }
        self.soon(Duration::from_millis(20), Ev::Reconcile);
    }

    /// Every pod is ready again.
    pub fn heal_all(&mut self) {
        for pod in self.pods() {
            self.soon(Duration::ZERO, Ev::Ready(pod.name));
        }
    }

    /// Everything that was behind catches up.
    pub fn all_catch_up(&mut self) {
        (self.controllers_rest, self.slices_rest, self.nothing_goes, self.silent) = (false, false, false, false);
        self.pods_come();
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn soon(&mut self, after: Duration, ev: Ev) {
        let seq = self.next();
        self.queue.insert((self.now + after, seq), ev);
    }

    fn advance(&mut self, to: Duration) {
        while let Some((&(at, seq), _)) = self.queue.first_key_value()
            && at <= to
        {
            let ev = self.queue.remove(&(at, seq)).expect("there");
            self.now = at;
            match ev {
                Ev::Reconcile => self.reconcile(),
                Ev::Ready(pod) => self.pod(&pod, |p| {
                    p["status"]["conditions"] = json!([{"type":"Ready","status":"True"}]);
                    p["status"]["containerStatuses"] = json!([{"name":"web","ready":true}]);
                }),
                Ev::Crash(pod) => self.crash(&pod),
                Ev::Gone(pod) => {
                    self.objects.remove(&id(Kind::Pod, &pod));
                    self.soon(Duration::from_millis(20), Ev::Reconcile);
                }
                Ev::Late(write) => self.arrives(&write),
                Ev::Autoscale => self.autoscale(),
            }
        }
        self.now = to;
    }

    fn arrives(&mut self, late: &Write) {
        let before = self.seen(late);
        let landed = self.commit(late).map(|_| ()).map_err(|e| e.to_string());
        let after = self.seen(late);
        self.trace.add(Traced::Late(Request { write: late.clone(), landed: landed.is_ok(), before, after, recorded: None }));
        self.late.push(landed);
    }

    /// The object of a write as it is, for who looks at it later.
    fn seen(&self, write: &Write) -> Option<Value> {
        if of_a_run(write.object()) { None } else { self.objects.get(write.object()).cloned() }
    }

    /// Whether a record says that this write will leave, or may; `None` = there is no record that can be read.
    fn recorded(&self, write: &Write) -> Option<bool> {
        let records = self.objects.iter().filter(|(i, o)| i.kind == Kind::ConfigMap && o["metadata"]["labels"][names::RECORD].is_string());
        let mut any = None;
        for (_, record) in records {
            let data = record["data"].as_object()?;
            let mut keys: Vec<&String> = data.keys().filter(|k| k.starts_with('e')).collect();
            keys.sort();
            // It is brought up to date for each write: the intent is among the last.
            let said = keys.iter().rev().take(4).map(|k| k.as_str()).chain(["armed"]);
            let told = said.filter_map(|key| serde_json::from_str::<Value>(data.get(key)?.as_str()?).ok());
            any = Some(any == Some(true) || told.into_iter().any(|v| intends(&v, &json!(write))));
        }
        any
    }

    /// As [`State::faulty`], for who looks at it later.
    fn traced(&mut self, write: &Write, fault: Option<Fault>) -> Result<Value, WriteError> {
        let (before, changes) = (self.seen(write), self.counter);
        let recorded = if of_a_run(write.object()) { None } else { self.recorded(write) };
        let answer = self.faulty(write, fault);
        if !matches!(fault, Some(Fault::Unsent)) {
            let landed = answer.is_ok() || matches!(fault, Some(Fault::UnknownApplied)) && self.counter > changes;
            let after = self.seen(write);
            self.trace.add(Traced::Left(Request { write: write.clone(), landed, before, after, recorded }));
        }
        answer
    }

    fn pod(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        if let Some(pod) = self.objects.get_mut(&id(Kind::Pod, name)) {
            change(pod);
            self.soon(Duration::from_millis(20), Ev::Reconcile);
        }
    }

    fn crash(&mut self, name: &str) {
        self.pod(name, |p| {
            p["status"]["conditions"] = json!([{"type":"Ready","status":"False"}]);
            p["status"]["containerStatuses"] =
                json!([{"name":"web","ready":false,"restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]);
        });
    }

    /// Stores a changed object as the API server does.
    fn store(&mut self, object: &ObjectId, mut new: Value) {
        let old = self.objects.get(object).cloned().unwrap_or_default();
        if new["metadata"]["annotations"].as_object().is_some_and(serde_json::Map::is_empty) {
            new["metadata"].as_object_mut().expect("metadata").remove("annotations");
        }
        if new == old {
            return;
        }
        let meta = |o: &Value| o["metadata"]["annotations"].clone();
        if new["spec"] != old["spec"] || (object.kind == Kind::Deployment && meta(&new) != meta(&old)) {
            new["metadata"]["generation"] = json!(new["metadata"]["generation"].as_i64().unwrap_or(0) + 1);
        }
        new["metadata"]["resourceVersion"] = json!(self.next().to_string());
        self.objects.insert(object.clone(), new);
        // No controller looks at these.
        if !of_a_run(object) {
            self.soon(Duration::from_millis(20), Ev::Reconcile);
        }
    }

    fn create(&mut self, object: &ObjectId, mut manifest: Value) -> Result<Value, WriteError> {
        if self.objects.contains_key(object) {
            return Err(no_match(object));
        }
        manifest["metadata"]["uid"] = json!(format!("uid-{}", self.next()));
        manifest["metadata"]["creationTimestamp"] = json!("2026-11-22T10:00:00Z");
        if object.kind == Kind::HorizontalPodAutoscaler && !self.objects.keys().any(|i| i.kind == object.kind) {
            self.soon(autoscaler::PERIOD, Ev::Autoscale);
        }
        self.store(object, manifest);
        Ok(self.objects[object].clone())
    }

    /// A write of a record or a Lease.
    fn told(&mut self, write: &Write) -> Result<Value, WriteError> {
        let object = write.object().to_string();
        if self.silent {
            return Err(WriteError::NotSent { object, message: Sentence::quoted("no route") });
        }
        self.told += 1;
        let fault = self.told_faults.remove(&self.told);
        self.traced(write, fault)
    }

    fn faulty(&mut self, write: &Write, fault: Option<Fault>) -> Result<Value, WriteError> {
        let object = write.object().to_string();
        let unknown = WriteError::Unknown { object: object.clone(), message: Sentence::quoted("reset") };
        match fault {
            None => self.commit(write),
            Some(Fault::UnknownApplied) => self.commit(write).and(Err(unknown)),
            Some(Fault::UnknownLost) => Err(unknown),
            Some(Fault::UnknownLate(after)) => {
                self.soon(after, Ev::Late(Box::new(write.clone())));
                Err(unknown)
            }
            Some(Fault::UnknownUntilNext) => {
                self.before.insert(self.writes.len() + 2, write.clone());
                Err(unknown)
            }
            Some(Fault::Precondition) => Err(no_match(write.object())),
            Some(Fault::Refused) => Err(WriteError::Refused { object, status: 403, message: Sentence::quoted("policy") }),
            Some(Fault::Unsent) => Err(WriteError::NotSent { object, message: Sentence::quoted("no connection") }),
        }
    }

    /// What committing it would answer; nothing of it stays.
    fn dry_run(&mut self, write: &Write) -> Result<Value, WriteError> {
        let before = self.objects.clone();
        let answer = self.commit(write);
        self.objects = before;
        match answer {
            Ok(stored) if self.denied.is_some_and(|denies| denies(&stored)) => {
                Err(WriteError::Refused { object: write.object().to_string(), status: 422, message: Sentence::quoted("denied by policy") })
            }
            other => other,
        }
    }

    fn commit(&mut self, write: &Write) -> Result<Value, WriteError> {
        let object = write.object();
        if let Write::Create { manifest, .. } = write {
            return self.create(object, manifest.clone());
        }
        let live = self.objects.get(object).cloned().ok_or_else(|| no_match(object))?;
        let uid = match write {
            Write::Patch { uid, .. } | Write::Delete { uid, .. } | Write::Scale { uid, .. } => uid,
            Write::Create { .. } => unreachable!(),
        };
        if live["metadata"]["uid"].as_str() != Some(uid) {
            return Err(no_match(object));
        }
        match write {
            Write::Delete { resource_version, .. } if live["metadata"]["resourceVersion"] != json!(resource_version) => {
                return Err(no_match(object));
            }
            Write::Delete { .. } if object.kind == Kind::Deployment => {
                let mut live = live;
                live["metadata"]["deletionTimestamp"] = json!("2026-11-22T10:00:00Z");
                self.store(object, live);
            }
            Write::Delete { .. } => {
                self.objects.remove(object);
                self.soon(Duration::from_millis(20), Ev::Reconcile);
                return Ok(live);
            }
            Write::Scale { resource_version, from, to, .. } => {
                let rv = live["metadata"]["resourceVersion"].as_str();
                if resource_version.as_deref().is_some_and(|want| rv != Some(want)) || live["spec"]["replicas"] != json!(from) {
                    return Err(no_match(object));
                }
                let mut live = live;
                live["spec"]["replicas"] = json!(to);
                self.store(object, live);
            }
            _ => {
                let mut new = patched(&live, &write.json_patch().expect("a patch")).ok_or_else(|| no_match(object))?;
                if let Some(mutates) = self.mutates {
                    mutates(&mut new);
                }
                self.store(object, new);
            }
        }
        Ok(self.objects[object].clone())
    }
}

/// Whether a journal's entry, or a list of what is armed, holds the intent of that write.
fn intends(said: &Value, write: &Value) -> bool {
    match said {
        Value::Array(all) => all.iter().any(|v| intends(v, write)),
        Value::Object(entry) if entry.contains_key("events") => intends(&entry["events"], write),
        event => event["event"] == "intent" && event["write"] == *write,
    }
}

/// JSON patch as the API server was seen to do it.
fn patched(live: &Value, ops: &[Value]) -> Option<Value> {
    let mut new = live.clone();
    for op in ops {
        let path = op["path"].as_str()?;
        let (parent, key) = path.rsplit_once('/')?;
        let key = key.replace("~1", "/").replace("~0", "~");
        let map = new.pointer_mut(parent)?;
        match op["op"].as_str()? {
            "test" => {
                let there = new.pointer(path).cloned().unwrap_or(Value::Null);
                if there != op["value"] {
                    return None;
                }
            }
            "remove" => match map {
                Value::Array(all) => _ = all.remove(key.parse().ok().filter(|i| *i < all.len())?),
                map => _ = map.as_object_mut()?.remove(&key)?,
            },
            "replace" if path == "/metadata/resourceVersion" => {
                if map[&key] != op["value"] {
                    return None;
                }
            }
            _ => map[&key] = op["value"].clone(),
        }
    }
    Some(new)
}

#[derive(Clone, Debug)]
pub struct PodRow {
    pub name: String,
    uid: String,
    set: String,
    ready: bool,
    ending: bool,
    labels: Value,
}

/// The controllers.
impl State {
    fn pods(&self) -> Vec<PodRow> {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
        let of = |o: &Value| PodRow {
            name: text(&o["metadata"]["name"]),
            uid: text(&o["metadata"]["uid"]),
            set: text(&o["metadata"]["ownerReferences"][0]["name"]),
            ready: o["status"]["conditions"][0]["status"] == "True",
            ending: !o["metadata"]["deletionTimestamp"].is_null(),
            labels: o["metadata"]["labels"].clone(),
        };
        self.objects.iter().filter(|(id, _)| id.kind == Kind::Pod).map(|(_, o)| of(o)).collect()
    }

    fn sets_of(&self, deployment: &str) -> Vec<String> {
        let own = |o: &Value| o["metadata"]["ownerReferences"][0]["name"] == deployment;
        self.objects.iter().filter(|(id, o)| id.kind == Kind::ReplicaSet && own(o)).map(|(id, _)| id.name.clone()).collect()
    }

    pub fn pods_of(&self, deployment: &str) -> Vec<PodRow> {
        let sets = self.sets_of(deployment);
        self.pods().into_iter().filter(|p| sets.contains(&p.set)).collect()
    }

    fn owner_of(&self, pod: &PodRow) -> String {
        self.objects[&id(Kind::ReplicaSet, &pod.set)]["metadata"]["ownerReferences"][0]["name"].as_str().unwrap_or_default().to_string()
    }

    /// Pods that the Service's slice lists as ready.
    fn endpoints(&self, service: &str) -> Vec<PodRow> {
        let slice = self.objects.get(&id(Kind::EndpointSlice, &format!("{service}-1")));
        let listed: Vec<Value> = slice.and_then(|s| s["endpoints"].as_array().cloned()).unwrap_or_default();
        let uids: Vec<&Value> = listed.iter().filter(|e| e["conditions"]["ready"] == true).map(|e| &e["targetRef"]["uid"]).collect();
        self.pods().into_iter().filter(|p| uids.iter().any(|u| **u == json!(p.uid))).collect()
    }

    fn reconcile(&mut self) {
        if self.controllers_rest {
            return;
        }
        let deployments: Vec<ObjectId> = self.objects.keys().filter(|i| i.kind == Kind::Deployment).cloned().collect();
        for d in &deployments {
            self.deployment(d);
            // Before its pods are there: that is how the controller comes to see that they come.
            self.status(d);
        }
        let sets: Vec<ObjectId> = self.objects.keys().filter(|i| i.kind == Kind::ReplicaSet).cloned().collect();
        for rs in &sets {
            self.replica_set(rs);
        }
        for d in &deployments {
            self.status(d);
        }
        self.slices();
    }

    fn end(&mut self, pod: &str) {
        if let Some(p) = self.objects.get_mut(&id(Kind::Pod, pod)) {
            p["metadata"]["deletionTimestamp"] = json!("2026-11-22T10:00:00Z");
        }
        self.soon(Duration::from_secs(2), Ev::Gone(pod.to_string()));
    }

    fn deployment(&mut self, d: &ObjectId) {
        let live = self.objects[d].clone();
        if !live["metadata"]["deletionTimestamp"].is_null() {
            let pods = self.pods_of(&d.name);
            for p in pods.iter().filter(|p| !p.ending) {
                self.end(&p.name);
            }
            for rs in self.sets_of(&d.name) {
                self.set_replicas(&rs, 0);
                if pods.is_empty() {
                    self.objects.remove(&id(Kind::ReplicaSet, &rs));
                }
            }
            if pods.is_empty() && !self.nothing_goes {
                self.objects.remove(d);
            }
            return;
        }
        let want = live["spec"]["replicas"].as_u64().unwrap_or(1);
        let sets = self.sets_of(&d.name);
        let hash = spec_hash(&live["spec"]["template"])[..8].to_string();
        let name = format!("{}-{hash}", d.name);
        if live["spec"]["paused"] == true {
            // As `FindActiveOrLatest`: the one that has pods, else the one of the template, else the newest.
            let active = sets.iter().find(|s| self.objects[&id(Kind::ReplicaSet, s)]["spec"]["replicas"] != json!(0)).cloned();
            let own = sets.contains(&name).then_some(name);
            let newest = || sets.iter().max_by_key(|s| self.revision(s)).cloned();
            if let Some(set) = active.or(own).or_else(newest) {
                self.set_replicas(&set, want);
            }
            return;
        }
        let top = sets.iter().map(|s| self.revision(s)).max().unwrap_or(0);
        if !sets.contains(&name) {
            let mut template = live["spec"]["template"].clone();
            template["metadata"]["labels"]["pod-template-hash"] = json!(hash);
            let owner = json!([{"kind":"Deployment","name":d.name,"uid":live["metadata"]["uid"],"controller":true}]);
            let rs = json!({"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":name,"namespace":NS,"labels":template["metadata"]["labels"],
                "annotations":{"deployment.kubernetes.io/revision":(top + 1).to_string()},"ownerReferences":owner},
                "spec":{"replicas":0,"template":template},"status":{"replicas":0}});
            self.create(&id(Kind::ReplicaSet, &name), rs).expect("created");
            self.made.insert(d.clone());
        } else if self.revision(&name) < top {
            let rs = self.objects.get_mut(&id(Kind::ReplicaSet, &name)).expect("there");
            rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!((top + 1).to_string());
        }
        self.set_replicas(&name, want);
        let ready = self.pods().iter().filter(|p| p.set == name && p.ready && !p.ending).count() as u64;
        for old in sets.iter().filter(|s| **s != name) {
            let has = self.objects[&id(Kind::ReplicaSet, old)]["spec"]["replicas"].as_u64().unwrap_or(0);
            self.set_replicas(old, has.min(want.saturating_sub(ready)));
        }
    }

    fn revision(&self, rs: &str) -> u64 {
        let o = &self.objects[&id(Kind::ReplicaSet, rs)];
        o["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str().and_then(|r| r.parse().ok()).unwrap_or(0)
    }

    fn set_replicas(&mut self, rs: &str, n: u64) {
        let o = self.objects.get_mut(&id(Kind::ReplicaSet, rs)).expect("there");
        if o["spec"]["replicas"] != json!(n) {
            o["spec"]["replicas"] = json!(n);
            self.soon(Duration::from_millis(20), Ev::Reconcile);
        }
    }

    fn replica_set(&mut self, rs: &ObjectId) {
        let Some(live) = self.objects.get(rs).cloned() else { return };
        let want = live["spec"]["replicas"].as_u64().unwrap_or(0) as usize;
        let mut pods: Vec<PodRow> = self.pods().into_iter().filter(|p| p.set == rs.name && !p.ending).collect();
        pods.sort_by_key(|p| p.ready);
        for surplus in pods.iter().take(pods.len().saturating_sub(want)) {
            self.end(&surplus.name);
        }
        for _ in pods.len()..if self.no_new_pods { 0 } else { want } {
            let name = format!("{}-{}", rs.name, self.next());
            let owner = json!([{"kind":"ReplicaSet","name":rs.name,"uid":live["metadata"]["uid"],"controller":true}]);
            let pod = json!({"apiVersion":"v1","kind":"Pod","metadata":{"name":name,"namespace":NS,"labels":live["spec"]["template"]["metadata"]["labels"],
                "ownerReferences":owner},"spec":live["spec"]["template"]["spec"],"status":{"phase":"Running"}});
            self.create(&id(Kind::Pod, &name), pod).expect("created");
            let image = live["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
            if image.contains("crash-loop") {
                self.soon(Duration::from_secs(1), Ev::Crash(name));
            } else if !image.contains("never-ready") {
                self.soon(Duration::from_secs(1), Ev::Ready(name));
            }
        }
        let now = self.pods().iter().filter(|p| p.set == rs.name && !p.ending).count();
        if let Some(o) = self.objects.get_mut(rs) {
            o["status"]["replicas"] = json!(now);
        }
    }

    fn status(&mut self, d: &ObjectId) {
        let Some(live) = self.objects.get(d).cloned() else { return };
        let pods: Vec<PodRow> = self.pods_of(&d.name).into_iter().filter(|p| !p.ending).collect();
        let current = format!("{}-{}", d.name, &spec_hash(&live["spec"]["template"])[..8]);
        let ready = pods.iter().filter(|p| p.ready).count();
        let updated = pods.iter().filter(|p| p.set == current).count();
        let mut status = json!({"observedGeneration":live["metadata"]["generation"],"replicas":pods.len(),"updatedReplicas":updated,
            "readyReplicas":ready,"availableReplicas":ready});
        let made = self.made.remove(d);
        // Nothing is estimated while it is paused.
        let progressing = if live["spec"]["paused"] == true { None } else { self.progressing(&live, &status, made) };
        if let Some(progressing) = progressing.or_else(|| live["status"]["conditions"].get(0).cloned()) {
            status["conditions"] = json!([progressing]);
        }
        if live["status"] != status {
            let mut new = live;
            new["status"] = status;
            new["metadata"]["resourceVersion"] = json!(self.next().to_string());
            self.objects.insert(d.clone(), new);
        }
    }

    fn slices(&mut self) {
        let services: Vec<(String, Value)> =
            self.objects.iter().filter(|(i, _)| i.kind == Kind::Service).map(|(i, o)| (i.name.clone(), o["spec"].clone())).collect();
        let pods = self.pods();
        for (name, spec) in services {
            let matches = |p: &&PodRow| spec["selector"].as_object().is_some_and(|s| s.iter().all(|(k, v)| p.labels[k] == *v));
            let endpoints: Vec<Value> = pods
                .iter()
                .filter(matches)
                .map(|p| json!({"addresses":["10.0.0.1"],"conditions":{"ready":p.ready && !p.ending,"terminating":p.ending},"targetRef":{"kind":"Pod","name":p.name,"uid":p.uid}}))
                .collect();
            let ports: Vec<Value> = spec["ports"].as_array().into_iter().flatten().map(|p| json!({"name":p["name"],"port":8080})).collect();
            let slice = json!({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4","endpoints":endpoints,"ports":ports,
                "metadata":{"name":format!("{name}-1"),"namespace":NS,"labels":{"kubernetes.io/service-name":name}}});
            if !self.slices_rest {
                self.objects.insert(id(Kind::EndpointSlice, &format!("{name}-1")), slice);
            }
            if self.guarded.contains(&name) && self.endpoints(&name).is_empty() {
                self.violations.push(format!("{:?}: service {name} has no ready endpoint", self.now));
            }
        }
    }
}

fn silent() -> ReadError {
    ReadError::Unreachable { what: "sim".into(), message: Sentence::quoted("no route") }
}

#[async_trait]
impl Cluster for Sim {
    async fn identity(&self) -> Result<ClusterIdentity, ReadError> {
        let stranger = self.with(|s| {
            s.identified += 1;
            s.stranger
        });
        let uid = if stranger { "other".into() } else { identity().uid };
        Ok(ClusterIdentity { uid, ..identity() })
    }

    async fn get(&self, object: &ObjectId) -> Result<Option<Value>, ReadError> {
        self.under_way().await;
        self.with(|s| match (s.silent, s.records_hidden && matches!(object.kind, Kind::ConfigMap | Kind::Secret)) {
            (true, _) => Err(silent()),
            (false, true) => Err(ReadError::Forbidden { what: object.said(), message: Sentence::quoted("no") }),
            (false, false) => Ok(s.objects.get(object).cloned()),
        })
    }

    async fn list(&self, kind: Kind, namespace: Option<&str>, labels: Option<&str>) -> Result<Vec<Value>, ReadError> {
        self.with(|s| {
            if s.silent {
                return Err(silent());
            }
            if let Some(object) = s.deleted_before_list.take_if(|o| o.kind == kind) {
                s.in_the_background(&object);
            }
            let fits = |o: &Value| {
                labels.is_none_or(|l| l.split(',').all(|kv| kv.split_once('=').is_some_and(|(k, v)| o["metadata"]["labels"][k] == v)))
            };
            Ok(s.objects
                .iter()
                .filter(|(i, o)| i.kind == kind && namespace.is_none_or(|n| n == i.namespace) && fits(o))
                .map(|(_, o)| o.clone())
                .collect())
        })
    }

    async fn write(&self, expect: &ClusterIdentity, write: &Write, mode: Mode) -> Result<Value, WriteError> {
        let object = write.object().to_string();
        assert_eq!(*expect, identity());
        self.under_way().await;
        let answer = self.with(|s| {
            if mode == Mode::DryRun {
                return s.dry_run(write);
            }
            if s.silent {
                return Err(WriteError::NotSent { object, message: Sentence::quoted("no route") });
            }
            // The words about a run are counted apart from what it does.
            if of_a_run(write.object()) {
                return s.told(write);
            }
            let n = s.writes.len() + 1;
            let fault = s.faults.remove(&n);
            if let Some(first) = s.before.remove(&n) {
                s.arrives(&first);
            }
            if let Some(meddle) = s.meddles.remove(&n) {
                meddle(s, write);
            }
            if s.status_moves && matches!(write, Write::Delete { .. }) {
                let rv = json!(s.next().to_string());
                if let Some(live) = s.objects.get_mut(write.object()) {
                    live["metadata"]["resourceVersion"] = rv;
                }
            }
            let answer = s.traced(write, fault);
            let said = match &answer {
                Ok(_) => "ok".to_string(),
                Err(e) => e.to_string(),
            };
            s.writes.push((write.clone(), said));
            answer
        });
        self.under_way().await;
        answer
    }

    async fn allowed(&self, _: &Access) -> Result<bool, ReadError> {
        Ok(true)
    }

    async fn installed(&self, kind: Kind) -> Result<bool, ReadError> {
        Ok(!kind.group().contains('.') || kind.group().ends_with("k8s.io") && kind.group() != "gateway.networking.k8s.io")
    }

    async fn logs(&self, _: &ObjectId, _: &str, _: u32) -> Result<String, ReadError> {
        Ok(String::new())
    }
}
