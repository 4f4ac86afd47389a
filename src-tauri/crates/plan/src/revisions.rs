//! The revisions of a Deployment, ranked by how well they can be gone back to.
//!
//! `kubectl rollout undo` takes the second-highest number: after two bad releases that is the first bad one, and undoing
//! twice toggles. Here a revision is preferred that has ready pods or served for long; every reason is shown, and
//! nothing is chosen silently. What this cannot know: whether a revision *worked*; a cluster keeps no record of it.

use jiff::Timestamp;
use model::kinds::replica_set::ReplicaSet;
use model::kinds::template::PodTemplate;
use model::{Kind, ObjectId, names};
use serde_json::Value;

use crate::around::Around;
use crate::plan::PlanError;
use crate::references::{Presence, presence, references};
use crate::snapshot::Snapshot;

/// A revision in a Deployment's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Number that the Deployment controller gave it; a template that is rolled out again gets a new one.
    pub number: u64,
    /// Its ReplicaSet.
    pub replica_set: ObjectId,
    /// (container, image).
    pub images: Vec<(String, String)>,
    /// When it first came.
    pub created: Option<Timestamp>,
    /// What its maker wrote.
    pub change_cause: Option<String>,
    /// Ready pods now.
    pub ready: u32,
    /// It is what the Deployment asks for now.
    pub current: bool,
    /// What speaks for its having worked; `None` = nothing is known.
    pub healthy_evidence: Option<String>,
    /// Why it cannot be gone back to.
    pub excluded: Option<String>,
    /// What speaks for and against it: `+ served 9 d until the next revision`.
    pub score_reasons: Vec<String>,
    /// The higher the better; only ever compared within one list.
    pub score: i32,
}

/// All revisions, best first, and an error when they could not be read; those that are excluded (the current one among them) last, newest first.
pub fn revisions(snapshot: &Snapshot, target: &ObjectId) -> Result<Vec<Revision>, PlanError> {
    let around = Around::of(snapshot, target)?;
    if let Some(why) = snapshot.unknown(Kind::ReplicaSet) {
        return Err(PlanError::Unfit { object: target.clone(), why: format!("its history could not be read ({why})") });
    }
    let mut sets: Vec<&ReplicaSet> = around.replica_sets().collect();
    sets.sort_by_key(|r| r.metadata.creation_timestamp);
    let live = around.template();
    let mut list: Vec<Revision> = sets.iter().enumerate().map(|(i, set)| revision(&around, set, sets.get(i + 1).copied(), &live)).collect();
    list.sort_by_key(|r| (r.excluded.is_some(), std::cmp::Reverse((if r.excluded.is_some() { 0 } else { r.score }, r.number))));
    Ok(list)
}

/// A ReplicaSet's template as its Deployment had it: without `pod-template-hash`.
pub fn template_of(snapshot: &Snapshot, replica_set: &ObjectId) -> Option<Value> {
    let mut template = snapshot.raw(replica_set)?.pointer("/spec/template")?.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(names::POD_TEMPLATE_HASH);
    }
    Some(template)
}

fn revision(around: &Around<'_>, set: &ReplicaSet, next: Option<&ReplicaSet>, live: &Value) -> Revision {
    let id = around.id.sibling(Kind::ReplicaSet, &set.metadata.name);
    let template = template_of(around.snapshot, &id).unwrap_or(Value::Null);
    let current = &template == live;
    let excluded = match current {
        true => Some("it is what runs now".to_string()),
        false => exclusion(around, set),
    };
    let mut weighed = Weighed::default();
    weighed.pods(around, set);
    weighed.life(set, next);
    weighed.template(&set.spec.template, &around.deployment.spec.template);
    weighed.config(around, set);
    let ready = set.status.ready_replicas;
    Revision {
        number: set.revision().unwrap_or(0),
        replica_set: id,
        images: set.spec.template.spec.containers.iter().map(|c| (c.name.clone(), c.image.clone())).collect(),
        created: set.metadata.creation_timestamp,
        change_cause: set.metadata.annotations.get(names::CHANGE_CAUSE).cloned(),
        ready,
        current,
        healthy_evidence: weighed.evidence,
        excluded,
        score_reasons: weighed.reasons,
        score: weighed.score,
    }
}

fn exclusion(around: &Around<'_>, set: &ReplicaSet) -> Option<String> {
    let template = &set.spec.template;
    if !around.deployment.spec.selector.matches(&template.metadata.labels) {
        return Some("its labels do not satisfy the deployment's selector".into());
    }
    let gone = references(template, around.namespace());
    let gone: Vec<String> =
        gone.iter().filter(|r| !r.optional && presence(around.snapshot, &r.object) == Presence::Missing).map(|r| r.object.said()).collect();
    (!gone.is_empty()).then(|| format!("it needs what is gone: {}", gone.join(", ")))
}

#[derive(Default)]
struct Weighed {
    score: i32,
    reasons: Vec<String>,
    evidence: Option<String>,
}

impl Weighed {
    fn add(&mut self, score: i32, reason: String) {
        self.score += score;
        self.reasons.push(format!("{} {reason}", if score < 0 { '-' } else { '+' }));
    }

    /// Pods that are ready prove more than any history; pods that fail speak against it, and so do warnings about them.
    fn pods(&mut self, around: &Around<'_>, set: &ReplicaSet) {
        let pods = around.snapshot.objects.pods(around.namespace());
        let pods: Vec<_> = pods.filter(|p| p.metadata.controller().is_some_and(|o| o.uid == set.metadata.uid)).collect();
        let failing = pods.iter().find_map(|p| p.failure());
        match set.status.ready_replicas {
            0 => {}
            n => {
                self.evidence = Some(format!("{n} of its pods are ready now"));
                self.add(100, format!("{n} pods are ready now"));
            }
        }
        if let Some((reason, _)) = failing {
            self.add(-120, format!("its pods fail now: {reason}"));
            return;
        }
        let prefix = format!("{}-", set.metadata.name);
        let warnings = around.snapshot.objects.events(around.namespace());
        let warning = warnings
            .filter(|e| e.kind == "Warning" && (e.involved_object.name.starts_with(&prefix) || e.involved_object.uid == set.metadata.uid))
            .find(|e| matches!(e.reason.as_str(), "BackOff" | "Failed" | "Unhealthy" | "FailedCreate"));
        if let Some(w) = warning {
            self.add(-50, format!("its pods were warned about: {}", w.reason));
        }
    }

    /// How long it served until the next one came. A bad release is usually replaced soon.
    fn life(&mut self, set: &ReplicaSet, next: Option<&ReplicaSet>) {
        let ends = |r: &ReplicaSet| r.metadata.creation_timestamp;
        let (Some(from), Some(to)) = (ends(set), next.and_then(ends)) else { return };
        let seconds = to.as_second() - from.as_second();
        let said = format!("the next revision came {} after it", said_seconds(seconds));
        let score = match seconds {
            86_400.. => 40,
            3_600.. => 30,
            600.. => 15,
            _ => -20,
        };
        if score > 0 && self.evidence.is_none() {
            self.evidence = Some(said.clone());
        }
        self.add(score, said);
    }

    fn template(&mut self, old: &PodTemplate, live: &PodTemplate) {
        let mutable = old.spec.containers.iter().find(|c| is_mutable(&c.image));
        if let Some(c) = mutable {
            self.add(-10, format!("image {} can have changed since: its tag is not fixed", c.image));
        }
        if old.spec.service_account_name != live.spec.service_account_name {
            self.add(-5, "another service account than now".into());
        }
        let ports = |t: &PodTemplate| t.spec.containers.iter().flat_map(|c| c.ports.clone()).collect::<Vec<_>>();
        if ports(old) != ports(live) {
            self.add(-5, "other ports than now".into());
        }
        let probes = |t: &PodTemplate| t.spec.containers.iter().map(|c| c.readiness_probe.clone()).collect::<Vec<_>>();
        if probes(old) != probes(live) {
            self.add(-5, "another readiness probe than now".into());
        }
    }

    /// Configuration that changed after the revision came: going back keeps the new content.
    fn config(&mut self, around: &Around<'_>, set: &ReplicaSet) {
        let Some(created) = set.metadata.creation_timestamp else { return };
        for r in references(&set.spec.template, around.namespace()) {
            if matches!(r.object.kind, Kind::ConfigMap | Kind::Secret)
                && around.snapshot.raw(&r.object).and_then(changed_at).is_some_and(|at| at > created)
            {
                self.add(-10, format!("{} changed after it came", r.object.said()));
            }
        }
        let again = set.metadata.annotations.get("deployment.kubernetes.io/revision-history");
        if let Some(history) = again.filter(|h| !h.is_empty()) {
            self.reasons.push(format!("~ rolled out before as {history}"));
        }
    }
}

/// Newest time at which some manager wrote to the object (a resourceVersion cannot be compared with a time).
fn changed_at(raw: &Value) -> Option<Timestamp> {
    let fields = raw.pointer("/metadata/managedFields")?.as_array()?;
    fields.iter().filter_map(|f| f.get("time")?.as_str()?.parse::<Timestamp>().ok()).max()
}

/// Without a digest and without a tag, or with the tag `latest`.
pub fn is_mutable(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// `90 s`, `12 min`, `5 h`, `9 d`.
pub fn said_seconds(seconds: i64) -> String {
    match seconds {
        172_800.. => format!("{} d", seconds / 86_400),
        7_200.. => format!("{} h", seconds / 3_600),
        120.. => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

/// What bringing an old pod template back does not bring back.
pub const NOT_RESTORED: &[&str] = &[
    "number of pods, strategy, selector, minReadySeconds and revisionHistoryLimit of the deployment",
    "contents of ConfigMaps and Secrets: the same names now hold the new contents",
    "Services, Ingresses and routes",
    "autoscalers, disruption budgets and network policies",
    "service accounts and their rights",
    "custom resources and their definitions",
    "data: volumes, database schema, queued messages, caches",
    "what lies outside the cluster: DNS, load balancers, CDN",
    "images behind tags that are not fixed, and sidecars that a webhook injects",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_can_move_are_known() {
        let mutable = ["web", "web:latest", "localhost:5000/web"];
        let fixed = ["web:v1", "web@sha256:00", "localhost:5000/web:1"];
        assert!(mutable.iter().all(|i| is_mutable(i)));
        assert!(!fixed.iter().any(|i| is_mutable(i)));
    }

    #[test]
    fn spans_are_said_in_one_unit() {
        assert_eq!([90, 600, 7200, 864_000].map(said_seconds), ["90 s", "10 min", "2 h", "10 d"]);
    }
}
