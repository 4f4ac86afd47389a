//! Asks the API server, before anything is written, what only it can answer: rights, and whether each write of a plan and
//! of its way back would be admitted.
//!
//! The plan is walked with copies of the objects, by the same functions that carry it out. Each write is tried as a dry
//! run on the object **as it is now**, with everything in it that the run will have written there by then: so a policy on
//! a Service's selector is met here and not at the cutover.
//!
//! What cannot be tried, and is known by its right alone: writes to objects that the plan itself creates (green is scaled
//! and deleted, never seen here), and creating what another object's name still stands in the way of. A rule that compares
//! the old object with the new one sees today's as the old one.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use model::{Edit, Guard, Kind, ObjectId, Write};
use plan::{DryRun, Plan, RecordSize, Snapshot, Untried};
use serde_json::{Value, json};

use crate::change::{Change, Facts, altered, field, guarded, replicas};
use crate::ports::{Clock, Cluster, Mode, WriteError};
use crate::steps::intended;
use crate::survey::AT_ONCE;
use crate::world::World;

/// Asks for every right that the plan needs, and has every write of it and of its way back tried that can be; the answers
/// go into the snapshot, where the hazards read them. `clock`: the workstation's, which is compared with the server's.
pub async fn preflight(cluster: &dyn Cluster, clock: &dyn Clock, snapshot: &mut Snapshot, plan: &Plan) {
    let wanted = plan::access::access(plan).into_iter().chain([plan::access::pod_trial(plan)]);
    let asked: Vec<_> = wanted.map(|a| async move { (cluster.allowed(&a).await, a) }).collect();
    let answers: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    // A question that could not be asked has no answer: hazards tell absent from no.
    snapshot.access.extend(answers.into_iter().filter_map(|(answer, a)| Some((a, answer.ok()?))));
    let walk = walk(plan, snapshot);
    let (mut tried, RecordSize { on, back }) = (walk.trials, walk.journaled);
    snapshot.record = Some(RecordSize { on: plan::file::canonical(&json!(plan)).len() + AROUND + on, back });
    if let Some(pod) = plan::dry_run_pod(plan) {
        let object = plan.target.object.sibling(Kind::Pod, pod["metadata"]["name"].as_str().unwrap_or_default());
        tried.push(Trial { step: "pod".into(), write: Write::Create { object, manifest: pod } });
    }
    let runs: Vec<_> = tried
        .into_iter()
        .map(|t| async {
            let asked = clock.now();
            let run = attempt(cluster, plan, t).await;
            let ahead = ahead(asked, clock.now(), &run);
            (run, ahead)
        })
        .collect();
    let runs: Vec<_> = stream::iter(runs).buffered(AT_ONCE).collect().await;
    snapshot.ahead = runs.iter().filter_map(|(_, ahead)| *ahead).max_by_key(|s| s.abs());
    snapshot.dry_runs.extend(runs.into_iter().map(|(run, _)| run));
}

/// What a record holds beside its plan and the values of its writes, in bytes: where steps begin and end, what was seen and asked.
const AROUND: usize = 64 << 10;

/// A write that is tried.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trial {
    /// Step, or `undo:STEP`.
    pub step: String,
    /// The write.
    pub write: Write,
}

/// Finds every write that can be tried now, each once, under the first step that does it.
fn walk<'a>(plan: &Plan, snapshot: &'a Snapshot) -> Walk<'a> {
    let facts = Facts { plan, hashes: hashes(plan, snapshot), reason: None, by: None, made: BTreeMap::new() };
    let epoch = format!("{}.0.0", plan.id);
    let mut walk =
        Walk { snapshot, epoch, now: BTreeMap::new(), touched: BTreeMap::new(), trials: vec![], journaled: RecordSize::default() };
    for planned in &plan.steps {
        for object in planned.step.writes_to() {
            // What contradicts the step already is told by other checks.
            if let Ok(change) = intended(&planned.step, object, walk.at(object).as_ref(), &facts) {
                walk.step(&planned.id, object, change);
            }
        }
    }
    walk
}

struct Walk<'a> {
    snapshot: &'a Snapshot,
    epoch: String,
    /// Objects as the steps so far would leave them; `None` = gone.
    now: BTreeMap<ObjectId, Option<Value>>,
    /// Fields that the steps so far look at.
    touched: BTreeMap<ObjectId, BTreeSet<String>>,
    trials: Vec<Trial>,
    /// What the journal will hold of the writes.
    journaled: RecordSize,
}

impl Walk<'_> {
    fn at(&self, object: &ObjectId) -> Option<Value> {
        self.now.get(object).cloned().unwrap_or_else(|| self.snapshot.raw(object).cloned())
    }

    fn step(&mut self, id: &str, object: &ObjectId, change: Change) {
        let before = self.at(object);
        let RecordSize { on, back } = journaled(&change, before.as_ref());
        self.journaled.on += on;
        self.journaled.back += back;
        let mut after = before.clone();
        match &change {
            Change::Nothing => return,
            Change::Edits(edits) => {
                self.touched.entry(object.clone()).or_default().extend(edits.iter().map(|e| e.path.clone()));
                edits.iter().for_each(|e| after.iter_mut().for_each(|o| put(o, e)));
            }
            Change::Scale { to, .. } => {
                let edit = Edit { path: "/spec/replicas".into(), before: None, after: Some(json!(to)) };
                after.iter_mut().for_each(|o| put(o, &edit));
            }
            Change::Create(manifest) => after = Some(manifest.clone()),
            Change::Delete => after = None,
        }
        // The object that is there now must be the one that the step means.
        let same = |o: &Option<Value>| o.as_ref().is_none_or(|o| !o["metadata"]["uid"].is_null());
        if same(&before) {
            self.add(id.to_string(), object, self.trial(object, &change, &after));
            self.add(format!("undo:{id}"), object, self.trial(object, &change, &before));
        }
        self.now.insert(object.clone(), after);
    }

    /// From the object as it is now to `there`, by the verb of the change or of its way back.
    fn trial(&self, object: &ObjectId, change: &Change, there: &Option<Value>) -> Option<Change> {
        let live = self.snapshot.raw(object);
        match (change, live, there) {
            (Change::Edits(_), Some(live), Some(there)) => {
                let differing = self.touched.get(object).into_iter().flatten().filter_map(|path| {
                    let (before, after) = (field(live, path), field(there, path));
                    (before != after).then(|| Edit { path: path.clone(), before, after })
                });
                Some(Change::Edits(differing.collect()))
            }
            (Change::Scale { .. }, Some(live), Some(there)) => Some(Change::Scale { from: replicas(live), to: replicas(there) }),
            (Change::Create(_), None, Some(there)) => Some(Change::Create(there.clone())),
            (Change::Delete, Some(_), None) => Some(Change::Delete),
            _ => None,
        }
    }

    fn add(&mut self, step: String, object: &ObjectId, change: Option<Change>) {
        let write = change.and_then(|c| guarded(object, self.snapshot.raw(object), c, &self.epoch, |_| false, false));
        if let Some(write) = write.filter(|w| !self.trials.iter().any(|t| t.write == *w)) {
            self.trials.push(Trial { step, write });
        }
    }
}

/// What the journal holds of a change and of its way back: what was there, what is sent, what is stored. An object is sent whole
/// when it is created, and kept whole when a step deletes it, with what the server has noted of each field of its spec, and
/// once more where the first try is overtaken.
fn journaled(change: &Change, before: Option<&Value>) -> RecordSize {
    let length = |value: Option<&Value>| value.map_or(0, |v| v.to_string().len());
    let both = |object: Option<&Value>| (length(object), length(object.and_then(|o| o.get("spec"))));
    match change {
        Change::Nothing | Change::Scale { .. } => RecordSize::default(),
        Change::Edits(edits) => {
            let sum = |value: fn(&Edit) -> &Option<Value>| edits.iter().map(|e| length(value(e).as_ref())).sum::<usize>();
            let (before, after) = (sum(|e| &e.before), sum(|e| &e.after));
            RecordSize { on: before + 2 * after, back: after + 2 * before }
        }
        Change::Create(manifest) => {
            let (whole, spec) = both(Some(manifest));
            RecordSize { on: whole + spec, back: 0 }
        }
        Change::Delete => {
            let (whole, spec) = both(before);
            RecordSize { on: 2 * (whole + 2 * spec), back: whole + spec }
        }
    }
}

/// Writes one field of a copy; what is missing above it is made, as in the object that is stored.
fn put(object: &mut Value, edit: &Edit) {
    let mut keys: Vec<String> = edit.path.split('/').skip(1).map(|k| k.replace("~1", "/").replace("~0", "~")).collect();
    let Some(last) = keys.pop() else { return };
    let mut at = object;
    for key in keys {
        let Value::Object(map) = at else { return };
        at = map.entry(key).or_insert(Value::Null);
        if at.is_null() {
            *at = json!({});
        }
    }
    let Value::Object(map) = at else { return };
    match &edit.after {
        Some(value) => map.insert(last, value.clone()),
        None => map.remove(&last),
    };
}

/// `pod-template-hash` of every Deployment of the target's namespace that has one live ReplicaSet.
fn hashes(plan: &Plan, snapshot: &Snapshot) -> BTreeMap<ObjectId, String> {
    let ns = plan.target.object.namespace.as_str();
    let deployments: Vec<_> = snapshot.objects.deployments(ns).cloned().collect();
    let sets = snapshot.objects.replica_sets(ns).cloned().collect();
    let world = World::of(ns, Kind::Deployment, deployments.clone(), sets, vec![]);
    let ids = deployments.iter().map(|d| ObjectId::new(Kind::Deployment, ns, &d.metadata.name));
    ids.filter_map(|id| Some((id.clone(), world.newest_hash(&id)?))).collect()
}

async fn attempt(cluster: &dyn Cluster, plan: &Plan, trial: Trial) -> DryRun {
    let Trial { step, write } = trial;
    let object = write.object().clone();
    let mut answer = cluster.write(&plan.cluster, &write, Mode::DryRun).await;
    if matches!(answer, Err(WriteError::Precondition { .. }))
        && let Ok(Some(live)) = cluster.get(&object).await
        && let Some(again) = fresh(&write, &live)
    {
        // A Deployment's resourceVersion moves with each status write.
        answer = cluster.write(&plan.cluster, &again, Mode::DryRun).await;
    }
    let answer = answer.map_err(|e| match &e {
        WriteError::Precondition { .. } | WriteError::Refused { .. } => Untried::Refused(e.to_string()),
        WriteError::NotSent { .. } | WriteError::Unknown { .. } => Untried::Unanswered(e.to_string()),
    });
    let outcome = answer.and_then(|stored| match &write {
        Write::Patch { edits, .. } => altered(edits, edits.iter().map(|e| field(&stored, &e.path)))
            .map_or(Ok(stored), |a| Err(Untried::Altered { field: a.field, sent: a.sent, stored: a.stored })),
        _ => Ok(stored),
    });
    DryRun { step, object, outcome }
}

/// Seconds by which the server is ahead at least, below zero = behind: when something would have been created by its clock, in
/// whole seconds, and between which times of this one that was.
fn ahead(asked: Timestamp, answered: Timestamp, run: &DryRun) -> Option<i64> {
    let made = run.outcome.as_ref().ok().filter(|o| o["metadata"]["resourceVersion"].is_null())?;
    let there: Timestamp = made["metadata"]["creationTimestamp"].as_str()?.parse().ok()?;
    let there = there.as_second();
    Some((there - answered.as_second()).max(0) + (there + 1 - asked.as_second()).min(0))
}

fn fresh(write: &Write, live: &Value) -> Option<Write> {
    let rv = live["metadata"]["resourceVersion"].as_str()?.to_string();
    match write.clone() {
        Write::Patch { object, uid, epoch, make_annotations, edits, .. } => {
            Some(Write::Patch { object, uid, guard: Guard::ResourceVersion(rv), epoch, make_annotations, edits })
        }
        Write::Scale { object, uid, from, to, .. } => Some(Write::Scale { object, uid, resource_version: Some(rv), from, to }),
        Write::Delete { object, uid, .. } => Some(Write::Delete { object, uid, resource_version: rv }),
        Write::Create { .. } => None,
    }
}
