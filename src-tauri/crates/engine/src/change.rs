//! What a step writes, computed from the object as it is: pure, so that dry run, execution and recovery share it.
//!
//! Three answers: the object is as the step would have it (nothing to do), as the step expects to find it (write), or
//! neither (a contradiction: somebody else changed it, nothing is overwritten).

use std::collections::BTreeMap;

use model::{Edit, Guard, Kind, ObjectId, Sentence, Write, sentence};
use plan::{Plan, SelectorTo};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::entry::ThreeWay;
use crate::view::live_epoch;

/// What has to be done to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is so already.
    Nothing,
    /// Fields.
    Edits(Vec<Edit>),
    /// Replicas.
    Scale {
        /// That are there.
        from: u32,
        /// That shall be there.
        to: u32,
    },
    /// The object shall be there.
    Create(Value),
    /// The object shall go.
    Delete,
}

/// The object is neither as the step would have it nor as it expects to find it.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// In words.
    pub why: Sentence,
    /// The three versions.
    pub facts: Vec<ThreeWay>,
    /// What the operator's *overwrite* does, guarded by what is there now; `None` = it is not offered.
    pub instead: Option<Change>,
}

/// What a step needs to know besides the object.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Plan.
    pub plan: &'a Plan,
    /// `pod-template-hash` by Deployment, for selectors that are pinned.
    pub hashes: BTreeMap<ObjectId, String>,
    /// Reason or ticket of the run.
    pub reason: Option<&'a str>,
    /// What this run created and has not deleted, as the server stored it: the field of [`made_at`].
    pub made: BTreeMap<ObjectId, Option<Value>>,
    /// Who drives the run.
    pub by: Option<&'a str>,
}

impl Facts<'_> {
    /// The selector that a step names; `None` when a hash is not known yet.
    pub fn selector(&self, to: &SelectorTo) -> Option<Value> {
        match to {
            SelectorTo::Exact(labels) => Some(json!(labels)),
            SelectorTo::Pinned { base, deployment } => {
                let mut labels = base.clone();
                labels.insert(model::names::POD_TEMPLATE_HASH.into(), self.hashes.get(deployment)?.clone());
                Some(json!(labels))
            }
        }
    }
}

/// One field of an object, as it is. Kubernetes leaves `false` out of `spec.paused`: that is absence.
pub fn field(object: &Value, path: &str) -> Option<Value> {
    object.pointer(path).filter(|v| !v.is_null()).cloned()
}

/// Equality of values where the order of keys says nothing.
pub fn same(a: &Option<Value>, b: &Option<Value>) -> bool {
    a == b
}

/// From `before` to `after` for each field: nothing when every field is at `after`, the differing fields when the rest
/// is at `before`, else a contradiction. A field with `before == after` is tested only.
pub fn towards(object: &ObjectId, live: &Value, wanted: &[Edit], why: Sentence) -> Result<Change, Contradiction> {
    let at: Vec<Option<Value>> = wanted.iter().map(|e| field(live, &e.path)).collect();
    if wanted.iter().zip(&at).all(|(e, v)| same(v, &e.after)) {
        return Ok(Change::Nothing);
    }
    let edits = wanted.iter().zip(&at).map(|(e, v)| Edit { path: e.path.clone(), before: v.clone(), after: e.after.clone() });
    let change = Change::Edits(edits.collect());
    if wanted.iter().zip(&at).all(|(e, v)| same(v, &e.before) || same(v, &e.after)) {
        return Ok(change);
    }
    let facts = wanted.iter().zip(at).filter(|(e, v)| !same(v, &e.before) && !same(v, &e.after));
    Err(Contradiction {
        why,
        facts: facts
            .map(|(e, live)| ThreeWay {
                object: object.clone(),
                path: e.path.clone(),
                before: e.before.clone(),
                live,
                after: e.after.clone(),
            })
            .collect(),
        instead: Some(change),
    })
}

/// Takes back what a step wrote: the values before it, if what it wrote is still there. Of an object that is gone nothing is left to
/// take back.
pub fn back(object: &ObjectId, live: Option<&Value>, net: &[Edit]) -> Result<Change, Contradiction> {
    let Some(live) = live else { return Ok(Change::Nothing) };
    let wanted: Vec<Edit> = net.iter().map(Edit::inverse).collect();
    towards(object, live, &wanted, sentence!("{object}: changed by somebody else since this run wrote it", object = object.said()))
}

/// A field that was stored as something else than was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Altered {
    /// JSON pointer.
    pub field: String,
    /// Value.
    pub sent: String,
    /// Value.
    pub stored: String,
}

/// The first field that somebody changed on its way in. Templates are left out, whose values the API server itself writes in
/// its own way, and what is taken away, for which it may have a default.
pub fn altered(edits: &[Edit], stored: impl IntoIterator<Item = Option<Value>>) -> Option<Altered> {
    let as_sent = |e: &Edit| e.path.starts_with("/spec/") && e.path != made_at(Kind::Deployment);
    let of = |(e, stored): (&Edit, Option<Value>)| {
        let sent = e.after.as_ref().filter(|sent| as_sent(e) && stored.as_ref() != Some(*sent))?.to_string();
        Some(Altered { field: e.path.clone(), sent, stored: stored.unwrap_or_default().to_string() })
    };
    edits.iter().zip(stored).find_map(of)
}

/// A contradiction about an object as a whole.
pub fn whole(object: &ObjectId, why: Sentence, live: Option<&Value>) -> Contradiction {
    let fact = ThreeWay { object: object.clone(), path: String::new(), before: None, live: live.cloned(), after: None };
    Contradiction { why, facts: vec![fact], instead: None }
}

/// A contradiction where the object is not there.
pub fn missing(object: &ObjectId) -> Contradiction {
    whole(object, sentence!("{object}: not found", object = object.said()), None)
}

/// The field that says whether an object is still what the run made: everything that somebody would mean by a change,
/// nothing that controllers or the run itself set later (replicas of a Deployment).
pub fn made_at(kind: Kind) -> &'static str {
    if kind == Kind::Deployment { "/spec/template" } else { "/spec" }
}

/// Deletes what is still as it was made. What somebody has changed since is no longer only ours: that needs a word.
pub fn unmake(object: &ObjectId, live: &Value, facts: &Facts<'_>) -> Result<Change, Contradiction> {
    let path = made_at(object.kind);
    let (Some(made), at) = (facts.made.get(object), field(live, path)) else { return Ok(Change::Delete) };
    if same(made, &at) {
        return Ok(Change::Delete);
    }
    let fact = ThreeWay { object: object.clone(), path: path.into(), before: made.clone(), live: at, after: None };
    let why = sentence!("{object}: changed by somebody else since this run made it", object = object.said());
    Err(Contradiction { why, facts: vec![fact], instead: Some(Change::Delete) })
}

/// Wanted replicas; the API server defaults them to 1.
pub fn replicas(deployment: &Value) -> u32 {
    deployment["spec"]["replicas"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(1)
}

/// Available replicas as its controller counts them.
pub fn available(deployment: &Value) -> u32 {
    deployment["status"]["availableReplicas"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

/// SHA-256 (hex) over a manifest, independent of the order of its keys.
pub fn spec_hash(manifest: &Value) -> String {
    hex::encode(Sha256::digest(sorted(manifest).to_string()))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<&String, Value> = map.iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(ordered.into_iter().map(|(k, v)| (k.clone(), v)).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Turns a change into a guarded write. `epoch` = annotation value of this write; `last` = nothing of this run will
/// write here again, so the annotation goes with it.
pub fn guarded(
    object: &ObjectId,
    live: Option<&Value>,
    change: Change,
    epoch: &str,
    own: impl Fn(&str) -> bool,
    last: bool,
) -> Option<Write> {
    let meta = live.map(|l| &l["metadata"]);
    let uid = meta.and_then(|m| m["uid"].as_str()).unwrap_or_default().to_string();
    let rv = meta.and_then(|m| m["resourceVersion"].as_str()).unwrap_or_default().to_string();
    let object = object.clone();
    Some(match change {
        Change::Nothing => return None,
        Change::Edits(edits) => {
            let ours = live.and_then(live_epoch).filter(|e| own(e));
            // The annotation is what tells later whether this very write landed: it is taken away only by a write that
            // finds one to test.
            let epoch = if last && ours.is_some() { None } else { Some(epoch.to_string()) };
            let guard = ours.map_or(Guard::ResourceVersion(rv), |e| Guard::Epoch(e.to_string()));
            let make_annotations = live.is_some_and(|l| l["metadata"]["annotations"].is_null());
            Write::Patch { object, uid, guard, epoch, make_annotations, edits }
        }
        Change::Scale { from, to } => Write::Scale { object, uid, resource_version: Some(rv), from, to },
        Change::Create(manifest) => Write::Create { object, manifest },
        Change::Delete => Write::Delete { object, uid, resource_version: rv },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ObjectId {
        ObjectId::new(Kind::Service, "shop", "web")
    }

    fn edit(before: Value, after: Value) -> Vec<Edit> {
        vec![Edit { path: "/spec/selector".into(), before: Some(before), after: Some(after) }]
    }

    #[test]
    fn a_field_is_there_to_be_written_or_in_the_way() {
        let (s, g) = (json!({"app":"web"}), json!({"app":"web","c":"green"}));
        let live = |v: &Value| json!({"spec":{"selector":v}});
        assert_eq!(towards(&id(), &live(&g), &edit(s.clone(), g.clone()), Sentence::default()), Ok(Change::Nothing));
        assert_eq!(
            towards(&id(), &live(&s), &edit(s.clone(), g.clone()), Sentence::default()),
            Ok(Change::Edits(edit(s.clone(), g.clone())))
        );
        let foreign = towards(&id(), &live(&json!({"x":"y"})), &edit(s.clone(), g.clone()), Sentence::default()).expect_err("neither");
        assert_eq!(foreign.facts[0].before, Some(s));
        assert_eq!(foreign.facts[0].live, Some(json!({"x":"y"})));
        assert_eq!(foreign.facts[0].after, Some(g));
    }

    #[test]
    fn the_first_write_carries_the_resource_version_and_later_ones_the_epoch() {
        let live = json!({"metadata":{"uid":"u","resourceVersion":"7"},"spec":{}});
        let change = || Change::Edits(edit(json!(1), json!(2)));
        let own = |e: &str| e.starts_with("run.");
        let Some(Write::Patch { guard, epoch, make_annotations, .. }) = guarded(&id(), Some(&live), change(), "run.1.1", own, true) else {
            panic!("a patch")
        };
        assert_eq!((guard, epoch.as_deref(), make_annotations), (Guard::ResourceVersion("7".into()), Some("run.1.1"), true));
        let live = json!({"metadata":{"uid":"u","resourceVersion":"8","annotations":{"changeover.dev/epoch":"run.1.1"}},"spec":{}});
        let Some(Write::Patch { guard, epoch, .. }) = guarded(&id(), Some(&live), change(), "run.1.2", own, true) else {
            panic!("a patch")
        };
        assert_eq!((guard, epoch), (Guard::Epoch("run.1.1".into()), None));
    }

    #[test]
    fn the_hash_does_not_depend_on_the_order_of_keys() {
        assert_eq!(spec_hash(&json!({"a":1,"b":{"c":2,"d":3}})), spec_hash(&json!({"b":{"d":3,"c":2},"a":1})));
        assert_ne!(spec_hash(&json!({"a":1})), spec_hash(&json!({"a":2})));
    }
}
