//! The templates that a workload had before, as the cluster keeps them, and how long each was the one that counted.
//!
//! A cluster writes nothing down about that. What it leaves behind: the numbers that the Deployment controller gave a
//! ReplicaSet (`deployment.kubernetes.io/revision`, and `revision-history` for those that it had before it was rolled out
//! again), its creation, and the time of the last write to its spec, which for one without pods was its scaling to zero
//! (seen on a cluster; `metadata.managedFields`). Creation times alone lie: after an undo, the template that was gone back
//! to is the older object, and the one that was left would seem to have served until the next.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::kinds::pod::Pod;
use model::kinds::replica_set::ReplicaSet;
use model::kinds::template::PodTemplate;
use model::{Kind, ObjectId, names};
use serde_json::Value;

use crate::around::Around;
use crate::references::references;

/// A template that a workload had, or has.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What keeps it: a ReplicaSet, or a ControllerRevision.
    pub object: ObjectId,
    /// Uid of that.
    pub uid: String,
    /// Value of the label `controller-revision-hash` of its pods, which their ControllerRevision does not own.
    hash: Option<String>,
    /// Numbers that it had, ascending; the last one is its number now.
    pub numbers: Vec<u64>,
    /// It had another number before, which is not kept.
    pub raised: bool,
    /// The pod template as the workload had it; `Null` when it was not read.
    pub template: Value,
    /// When it first came.
    pub created: Option<Timestamp>,
    /// When it was scaled to zero; absent while it has pods, or when nobody kept the time.
    pub ended: Option<Timestamp>,
    /// Ready pods now.
    pub ready: u32,
    /// What its maker wrote.
    pub change_cause: Option<String>,
}

impl Kept {
    /// Its number now; 0 = its controller has not numbered it yet.
    pub fn number(&self) -> u64 {
        self.numbers.last().copied().unwrap_or(0)
    }

    /// Whether a pod of the workload has this template.
    pub fn made(&self, pod: &Pod) -> bool {
        match &self.hash {
            Some(hash) => pod.metadata.labels.get(names::REVISION_HASH) == Some(hash),
            None => pod.metadata.controller().is_some_and(|o| o.uid == self.uid),
        }
    }
}

/// Where the templates of a workload of that kind are kept.
pub fn kept_in(workload: Kind) -> Kind {
    if workload == Kind::Deployment { Kind::ReplicaSet } else { Kind::ControllerRevision }
}

/// Everything that is kept of a workload, in the order of creation.
pub fn of(around: &Around<'_>) -> Vec<Kept> {
    let mut all: Vec<Kept> = match around.id.kind {
        Kind::Deployment => around.replica_sets().map(|set| of_replica_set(around, set)).collect(),
        _ => controller_revisions(around),
    };
    all.sort_by_key(|k| (k.created, k.number()));
    if around.id.kind != Kind::Deployment {
        // One with a higher number than one that came after it was rolled out again.
        for i in 0..all.len() {
            all[i].raised = all[i + 1..].iter().any(|later| later.number() < all[i].number());
        }
    }
    all
}

/// `data` of a ControllerRevision is a patch of the workload: its template, with `$patch: replace` in it. Its `revision` is
/// raised when it is rolled out again, and what it was before is not kept.
fn controller_revisions(around: &Around<'_>) -> Vec<Kept> {
    let pods = around.pods();
    let own = around.snapshot.raw.iter().filter(|(id, raw)| {
        let owners = raw.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        let ours = |o: &Value| o["controller"] == true && o["uid"].as_str() == Some(around.deployment.metadata.uid.as_str());
        id.kind == Kind::ControllerRevision && id.namespace == around.id.namespace && owners.into_iter().flatten().any(ours)
    });
    let made = |(id, raw): (&ObjectId, &Value)| {
        let mut template = raw.pointer("/data/spec/template").cloned().unwrap_or(Value::Null);
        if let Some(map) = template.as_object_mut() {
            map.remove("$patch");
        }
        // Its keys are sorted, those of a workload are not; a diff shall show what differs.
        let template = in_order_of(around.raw.pointer("/spec/template").unwrap_or(&Value::Null), &template);
        let label = raw.pointer("/metadata/labels").and_then(|l| l.get(names::REVISION_HASH)).and_then(Value::as_str);
        // A StatefulSet's pods carry its name, a DaemonSet's its hash.
        let hash = if around.id.kind == Kind::StatefulSet { id.name.as_str() } else { label.unwrap_or(&id.name) };
        let text = |pointer: &str| raw.pointer(pointer).and_then(Value::as_str);
        let mut kept = Kept {
            object: id.clone(),
            uid: text("/metadata/uid").unwrap_or_default().to_string(),
            hash: Some(hash.to_string()),
            numbers: raw["revision"].as_u64().into_iter().collect(),
            raised: false,
            template,
            created: text("/metadata/creationTimestamp").and_then(|t| t.parse().ok()),
            ended: None,
            ready: 0,
            change_cause: raw.pointer("/metadata/annotations").and_then(|a| a.get(names::CHANGE_CAUSE)?.as_str()).map(String::from),
        };
        let ready = pods.iter().filter(|p| kept.made(p) && p.is_ready() && !p.is_ending()).count();
        kept.ready = u32::try_from(ready).unwrap_or(u32::MAX);
        kept
    };
    own.map(made).collect()
}

/// The same value, with the keys of objects in the order in which the model has them.
fn in_order_of(model: &Value, value: &Value) -> Value {
    match (model, value) {
        (Value::Object(m), Value::Object(v)) => {
            let known = m.keys().filter(|k| v.contains_key(*k));
            let new = v.keys().filter(|k| !m.contains_key(*k));
            known.chain(new).map(|k| (k.clone(), in_order_of(m.get(k).unwrap_or(&Value::Null), &v[k]))).collect()
        }
        (Value::Array(m), Value::Array(v)) => v.iter().enumerate().map(|(i, v)| in_order_of(m.get(i).unwrap_or(&Value::Null), v)).collect(),
        _ => value.clone(),
    }
}

fn of_replica_set(around: &Around<'_>, set: &ReplicaSet) -> Kept {
    let id = around.id.sibling(Kind::ReplicaSet, &set.metadata.name);
    let raw = around.snapshot.raw(&id);
    let mut template = raw.and_then(|r| r.pointer("/spec/template")).cloned().unwrap_or(Value::Null);
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(names::POD_TEMPLATE_HASH);
    }
    let before = set.metadata.annotations.get("deployment.kubernetes.io/revision-history");
    let mut numbers: Vec<u64> = before.iter().flat_map(|h| h.split(',')).filter_map(|n| n.trim().parse().ok()).collect();
    numbers.extend(set.revision());
    let empty = set.status.replicas == 0 && set.spec.replicas == Some(0);
    Kept {
        object: id,
        uid: set.metadata.uid.clone(),
        hash: None,
        numbers,
        raised: false,
        template,
        created: set.metadata.creation_timestamp,
        ended: raw.filter(|_| empty).and_then(|raw| written_at(raw, true)),
        ready: set.status.ready_replicas,
        change_cause: set.metadata.annotations.get(names::CHANGE_CAUSE).cloned(),
    }
}

/// Newest time at which somebody wrote to an object, its status apart where only its `spec` counts (a resourceVersion cannot
/// be compared with a time).
fn written_at(raw: &Value, spec_alone: bool) -> Option<Timestamp> {
    let fields = raw.pointer("/metadata/managedFields")?.as_array()?;
    let own = fields.iter().filter(|f| !spec_alone || f.get("subresource").is_none());
    own.filter_map(|f| f.get("time")?.as_str()?.parse::<Timestamp>().ok()).max()
}

/// Configuration that a template names, and when somebody wrote to it last.
pub fn config(around: &Around<'_>, template: &PodTemplate) -> Vec<(ObjectId, Timestamp)> {
    let named = references(template, around.namespace()).into_iter().map(|r| r.object);
    let config = named.filter(|id| matches!(id.kind, Kind::ConfigMap | Kind::Secret));
    config.filter_map(|id| Some((id.clone(), written_at(around.snapshot.raw(&id)?, false)?))).collect()
}

/// For each of them the longest time, in seconds, for which it was the one that counted, of those that have an end; `None` =
/// not known.
pub fn served(all: &[Kept]) -> Vec<Option<i64>> {
    let owners: BTreeMap<u64, usize> = all.iter().enumerate().flat_map(|(i, k)| k.numbers.iter().map(move |n| (*n, i))).collect();
    // Where a number was its owner's first, its creation tells when; where it was its last, its end does.
    let first = |n: u64| owners.get(&n).map(|i| &all[*i]).filter(|k| !k.raised && k.numbers.first() == Some(&n))?.created;
    let last = |n: u64| owners.get(&n).map(|i| &all[*i]).filter(|k| k.number() == n)?.ended;
    let from = |n: u64| first(n).or_else(|| last(n.checked_sub(1)?));
    // A number that is not kept any more, or was raised, breaks the row: what came then is not known.
    let to = |n: u64| last(n).or_else(|| first(n + 1));
    let life = |n: &u64| Some(to(*n)?.as_second() - from(*n)?.as_second()).filter(|s| *s >= 0);
    all.iter().map(|k| k.numbers.iter().filter_map(life).max()).collect()
}

/// For each of them whether somebody went back from it to an older template, as far as the numbers tell.
pub fn left(all: &[Kept]) -> Vec<bool> {
    let owner = |n: u64| all.iter().find(|k| k.numbers.contains(&n));
    let older = |k: &Kept, next: &Kept| next.numbers.iter().any(|n| *n < k.number()) || (next.raised && next.created < k.created);
    all.iter().map(|k| owner(k.number() + 1).is_some_and(|next| older(k, next))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(numbers: &[u64], created: i64, ended: Option<i64>) -> Kept {
        let at = |s: i64| Timestamp::from_second(s).expect("a time");
        Kept {
            object: ObjectId::new(Kind::ReplicaSet, "shop", "web"),
            uid: String::new(),
            hash: None,
            numbers: numbers.to_vec(),
            raised: false,
            template: Value::Null,
            created: Some(at(created)),
            ended: ended.map(at),
            ready: 0,
            change_cause: None,
        }
    }

    #[test]
    fn one_that_was_left_by_an_undo_did_not_serve_until_the_next_one_came() {
        // v1 served 9,000 s; v2 for 300 s; back to v1, which is revision 3, for 10,700 s; then v3.
        let all = [kept(&[1, 3], 0, Some(20_000)), kept(&[2], 9_000, Some(9_300)), kept(&[4], 20_000, None)];
        assert_eq!(served(&all), [Some(10_700), Some(300), None]);
        assert_eq!(left(&all), [false, true, false]);
    }

    #[test]
    fn without_the_times_of_their_ends_only_what_creation_proves_is_said() {
        let all = [kept(&[1, 3], 0, None), kept(&[2], 9_000, None), kept(&[4], 20_000, None)];
        assert_eq!(served(&all), [Some(9_000), None, None], "v2 was left at a time that nobody kept");
    }

    #[test]
    fn a_number_that_is_not_kept_any_more_breaks_the_row() {
        let all = [kept(&[1], 0, None), kept(&[3], 500, Some(600)), kept(&[4], 600, None)];
        assert_eq!(served(&all), [None, Some(100), None]);
    }
}
