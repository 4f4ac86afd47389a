//! The revisions of a workload, ranked by how well they can be gone back to.
//!
//! `kubectl rollout undo` takes the second-highest number: after two bad releases that is the first bad one, and undoing
//! twice toggles. Here a revision is preferred that has ready pods, that a run of ours checked, or that was the one that
//! counted for long; every reason is shown, and nothing is chosen silently. One that counted for a day has shown itself: of
//! those the newest is taken, for the older one would take back more than what broke.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::kinds::template::PodTemplate;
use model::{Kind, ObjectId, Sentence, sentence};
use serde_json::{Map, Value};

use crate::around::Around;
use crate::derive::containers;
use crate::hazards::takes;
use crate::history::{self, Kept};
use crate::past::{Ending, Past};
use crate::plan::PlanError;
use crate::references::{Presence, presence, references, slim};
use crate::snapshot::Snapshot;
use crate::strategies::restart::RESTARTED_AT;

/// A revision in a workload's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Number that its controller gave it; a template that is rolled out again gets a new one.
    pub number: u64,
    /// Its ReplicaSet or ControllerRevision.
    pub kept: ObjectId,
    /// Its pod template as the workload had it; `Null` when it was not read.
    pub template: Value,
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
    pub healthy_evidence: Option<Sentence>,
    /// Somebody went back from it to an older one.
    pub left: bool,
    /// What speaks against its ever having worked, where nothing speaks for it.
    pub never_healthy: Option<Sentence>,
    /// Why it cannot be gone back to.
    pub excluded: Option<Sentence>,
    /// What speaks for and against it, and what is to be known, in the order of looking.
    pub reasons: Vec<Reason>,
    /// The higher the better; only ever compared within one list.
    pub score: i32,
}

/// All revisions, best first, and an error when they could not be read; those that are excluded (the current one among them) last, newest first.
pub fn revisions(snapshot: &Snapshot, target: &ObjectId) -> Result<Vec<Revision>, PlanError> {
    let around = Around::of(snapshot, target)?;
    if let Some(why) = snapshot.unknown(history::kept_in(target.kind)) {
        return Err(PlanError::Unfit {
            object: target.clone(),
            why: sentence!("its history could not be read ({why})"; why = why.clone()),
        });
    }
    let kept = history::of(&around);
    let (served, left) = (history::served(&kept), history::left(&kept));
    let live = around.template();
    let mut list: Vec<Revision> = kept.iter().zip(served).zip(left).map(|((k, s), l)| revision(&around, k, s, l, &live)).collect();
    list.sort_by_key(|r| (r.excluded.is_some(), std::cmp::Reverse((if r.excluded.is_some() { 0 } else { r.score }, r.number))));
    Ok(list)
}

/// The revision to go back to, where nobody names one: the best that nobody went back from, and that was not seen unwell
/// alone. Where there is none, somebody has to name one.
pub fn best(all: &[Revision]) -> Option<&Revision> {
    all.iter().find(|r| r.excluded.is_none() && r.never_healthy.is_none() && !r.left)
}

fn revision(around: &Around<'_>, kept: &Kept, served: Option<i64>, left: bool, live: &Value) -> Revision {
    let template = slim(&kept.template);
    let current = same(&kept.template, live);
    let excluded = match current || same(&unstarted(&kept.template), &unstarted(live)) {
        true => Some(sentence!("it is what runs now")),
        false => exclusion(around, &template),
    };
    let mut weighed = Weighed::default();
    weighed.pods(around, kept);
    weighed.progress(around, kept);
    weighed.past(&around.snapshot.past, kept);
    weighed.life(served);
    if left && !weighed.left {
        weighed.leaves(sentence!("somebody went back from it to an older one"));
    }
    weighed.template(&template, &around.deployment.spec.template);
    weighed.images(around, kept, &template);
    weighed.config(around, kept, &template);
    weighed.again(kept);
    Revision {
        number: kept.number(),
        kept: kept.object.clone(),
        template: kept.template.clone(),
        images: template.spec.containers.iter().map(|c| (c.name.clone(), c.image.clone())).collect(),
        created: kept.created,
        change_cause: kept.change_cause.clone(),
        ready: kept.ready,
        current,
        left: weighed.left,
        never_healthy: weighed.against.filter(|_| weighed.evidence.is_none()),
        healthy_evidence: weighed.evidence,
        excluded,
        reasons: weighed.reasons,
        score: weighed.score,
    }
}

/// The newest run whose template from before it can be gone back to.
pub fn before<'a>(around: &Around<'a>) -> Option<&'a Past> {
    around.snapshot.past.iter().find(|p| excluded_before(around, p).is_none())
}

/// Why the template from before a run cannot be gone back to.
pub fn excluded_before(around: &Around<'_>, past: &Past) -> Option<Sentence> {
    match same(&unstarted(&past.before), &unstarted(&around.template())) {
        true => Some(sentence!("it is what runs now")),
        false => exclusion(around, &slim(&past.before)),
    }
}

fn exclusion(around: &Around<'_>, template: &PodTemplate) -> Option<Sentence> {
    if !around.deployment.spec.selector.matches(&template.metadata.labels) {
        return Some(sentence!("its labels do not satisfy the selector of the {kind}", kind = around.id.kind));
    }
    let gone = references(template, around.namespace());
    let gone: Vec<String> =
        gone.iter().filter(|r| !r.optional && presence(around.snapshot, &r.object) == Presence::Missing).map(|r| r.object.said()).collect();
    (!gone.is_empty()).then(|| sentence!("it needs what is gone: {gone}", gone = gone.join(", ")))
}

/// What speaks for a revision, against it, or is to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Positive = for it, negative = against it; what is only to be known weighs nothing.
    pub weight: i32,
    /// In words.
    pub said: Sentence,
}

#[derive(Default)]
struct Weighed {
    score: i32,
    reasons: Vec<Reason>,
    evidence: Option<Sentence>,
    against: Option<Sentence>,
    left: bool,
}

impl Weighed {
    fn add(&mut self, weight: i32, said: Sentence) {
        self.score += weight;
        self.reasons.push(Reason { weight, said });
    }

    /// It worked.
    fn proves(&mut self, weight: i32, said: Sentence) {
        self.evidence.get_or_insert_with(|| said.clone());
        self.add(weight, said);
    }

    /// It did not work.
    fn refutes(&mut self, weight: i32, said: Sentence) {
        self.against.get_or_insert_with(|| said.clone());
        self.add(weight, said);
    }

    /// Somebody did not want it any more.
    fn leaves(&mut self, said: Sentence) {
        self.left = true;
        self.add(-60, said);
    }

    /// Pods that are ready prove more than any history; pods that fail speak against it, and so do warnings about them.
    fn pods(&mut self, around: &Around<'_>, kept: &Kept) {
        let pods: Vec<_> = around.pods().into_iter().filter(|p| kept.made(p)).collect();
        let failing = pods.iter().find_map(|p| p.failure());
        if kept.ready > 0 {
            self.proves(100, sentence!("{n} of its pods are ready now", n = kept.ready));
        }
        if let Some(failure) = failing {
            self.refutes(-120, sentence!("its pods fail now: {reason}", reason = failure.reason));
            return;
        }
        // Pods of a ReplicaSet are named after it; those of other kinds are not, and only pods that are there can be told.
        let prefix = format!("{}-", kept.object.name);
        let about = |e: &model::kinds::event::Event| {
            let of = &e.involved_object;
            of.name.starts_with(&prefix) || of.uid == kept.uid || pods.iter().any(|p| p.metadata.uid == of.uid)
        };
        let warnings = around.snapshot.objects.events(around.namespace()).filter(|e| e.kind == "Warning" && about(e));
        let reasons: BTreeSet<&str> = warnings.map(|e| e.reason.as_str()).collect();
        let said = |reason: &&str| sentence!("its pods were warned about: {reason}", reason = *reason);
        // A probe fails at the start and at the end of every pod that takes its time: that alone refutes nothing.
        match ["BackOff", "Failed", "FailedCreate"].iter().find(|r| reasons.contains(**r)) {
            Some(reason) => self.refutes(-50, said(reason)),
            None => reasons.get("Unhealthy").into_iter().for_each(|reason| self.add(-10, said(reason))),
        }
    }

    /// The Deployment's own verdict on the one that it rolled out last (condition `Progressing`, which names the ReplicaSet).
    fn progress(&mut self, around: &Around<'_>, kept: &Kept) {
        let mut all = around.deployment.status.conditions.iter();
        let named = format!("\"{}\"", kept.object.name);
        let Some(verdict) = all.find(|c| c.kind == "Progressing" && c.message.contains(&named)) else { return };
        match verdict.reason.as_str() {
            "NewReplicaSetAvailable" => self.proves(30, sentence!("its rollout was complete")),
            "ProgressDeadlineExceeded" => self.refutes(-60, sentence!("its rollout was not complete within its deadline")),
            _ => {}
        }
    }

    /// What runs of ours did with it.
    fn past(&mut self, past: &[Past], kept: &Kept) {
        for p in past {
            if same(&p.after, &kept.template) {
                match p.ending {
                    Ending::Done => self.proves(30, sentence!("run {run} brought it in, checked it and ended well", run = p.run)),
                    Ending::TakenBack => self.refutes(
                        -100,
                        match p.reason.clone() {
                            Some(why) => sentence!("run {run} brought it in and was taken back ({why})", run = p.run; why),
                            None => sentence!("run {run} brought it in and was taken back", run = p.run),
                        },
                    ),
                }
            }
            if p.goes_back && p.ending == Ending::Done && same(&p.before, &kept.template) {
                self.leaves(match p.reason.clone() {
                    Some(why) => sentence!("run {run} went back from it ({why})", run = p.run; why),
                    None => sentence!("run {run} went back from it", run = p.run),
                });
            }
        }
    }

    /// How long it was the one that counted. A bad release is usually replaced soon.
    fn life(&mut self, served: Option<i64>) {
        let Some(seconds) = served else { return };
        let time = Sentence::span(u64::try_from(seconds).unwrap_or_default());
        let said = match seconds {
            600.. => sentence!("was the current revision for {time}"; time),
            _ => sentence!("was the current revision for {time} only"; time),
        };
        match seconds {
            86_400.. => self.proves(40, said),
            3_600.. => self.proves(30, said),
            600.. => self.proves(15, said),
            // Too short to tell: a good one may have been replaced by a better one.
            _ => self.add(-20, said),
        }
    }

    /// Whether the nodes still hold its images. A node reports 50 of them (`nodeStatusMaxImages`), so that one which is not
    /// among them may be there all the same; a registry cannot be asked from here with the cluster's credentials.
    fn images(&mut self, around: &Around<'_>, kept: &Kept, template: &PodTemplate) {
        let spec = kept.template.pointer("/spec").unwrap_or(&Value::Null);
        let raw = around.snapshot.raw.iter().filter(|(id, node)| id.kind == Kind::Node && takes(node, spec));
        let nodes: Vec<Vec<&str>> = raw.map(|(_, node)| images_of(node)).filter(|held| !held.is_empty()).collect();
        if nodes.is_empty() {
            return;
        }
        let asks = |name: &str| containers(spec).any(|c| c["name"] == name && c["imagePullPolicy"] == "Always");
        for c in template.spec.init_containers.iter().chain(&template.spec.containers) {
            let name = full_name(&c.image);
            let holds = nodes.iter().filter(|held| held.contains(&name.as_str())).count();
            match holds {
                // What nodes hold does not help: the kubelet asks for the tag first, and a registry that forgot it says no.
                _ if asks(&c.name) => self.add(
                    -5,
                    sentence!(
                        "image {image} is asked for at its registry at every start, and may be gone (imagePullPolicy: Always)",
                        image = c.image
                    ),
                ),
                0 => self.add(-10, sentence!("image {image} is on no node: it has to be pulled, and may be gone", image = c.image)),
                n if n == nodes.len() => self.add(5, sentence!("image {image} is on every node", image = c.image)),
                n => self.add(0, sentence!("image {image} is on {n} of {all} nodes", image = c.image, n, all = nodes.len())),
            }
        }
    }

    fn template(&mut self, old: &PodTemplate, live: &PodTemplate) {
        let mutable = old.spec.containers.iter().find(|c| is_mutable(&c.image));
        if let Some(c) = mutable {
            self.add(-10, sentence!("image {image} can have changed since: its tag is not fixed", image = c.image));
        }
        if old.spec.service_account_name != live.spec.service_account_name {
            self.add(-5, sentence!("another service account than now"));
        }
        let ports = |t: &PodTemplate| t.spec.containers.iter().flat_map(|c| c.ports.clone()).collect::<Vec<_>>();
        if ports(old) != ports(live) {
            self.add(-5, sentence!("other ports than now"));
        }
        let probes = |t: &PodTemplate| t.spec.containers.iter().map(|c| c.readiness_probe.clone()).collect::<Vec<_>>();
        if probes(old) != probes(live) {
            self.add(-5, sentence!("another readiness probe than now"));
        }
    }

    /// Configuration that changed after the revision came: going back keeps the new content.
    fn config(&mut self, around: &Around<'_>, kept: &Kept, template: &PodTemplate) {
        let Some(created) = kept.created else { return };
        for (object, _) in history::config(around, template).into_iter().filter(|(_, at)| *at > created) {
            self.add(-10, sentence!("{object} changed after it came", object = object.said()));
        }
    }

    fn again(&mut self, kept: &Kept) {
        if let [before @ .., _] = kept.numbers.as_slice()
            && !before.is_empty()
        {
            let before: Vec<String> = before.iter().map(u64::to_string).collect();
            self.add(0, sentence!("rolled out before as {numbers}", numbers = before.join(",")));
        } else if kept.raised {
            self.add(0, sentence!("rolled out before, under another number"));
        }
    }
}

/// A template without the time of a restart: what was restarted since is the same version, and nothing to go back to.
fn unstarted(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(annotations) = template.pointer_mut("/metadata/annotations") {
        annotations.as_object_mut().map(|a| a.remove(RESTARTED_AT));
        if annotations.as_object().is_some_and(Map::is_empty) {
            *annotations = Value::Null;
        }
    }
    template
}

/// Whether two templates say the same. `null` says nothing (`creationTimestamp` of a template, on older servers).
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let covers = |a: &Map<String, Value>, b: &Map<String, Value>| {
                a.iter().all(|(k, v)| v.is_null() || b.get(k).is_some_and(|other| same(v, other)))
            };
            covers(a, b) && b.iter().all(|(k, v)| v.is_null() || a.get(k).is_some_and(|other| !other.is_null()))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}

/// Names of the images that a node reports (`status.images`).
fn images_of(node: &Value) -> Vec<&str> {
    let images = node.pointer("/status/images").and_then(Value::as_array);
    let names = images.into_iter().flatten().filter_map(|i| i.get("names")?.as_array()).flatten();
    names.filter_map(Value::as_str).collect()
}

/// An image's name as container runtimes report it: with its registry and a tag.
fn full_name(image: &str) -> String {
    let (first, rest) = image.split_once('/').unwrap_or(("", image));
    let named = first.contains(['.', ':']) || first == "localhost";
    let name = match (named, first) {
        (true, _) => image.to_string(),
        (false, "") => format!("docker.io/library/{rest}"),
        (false, _) => format!("docker.io/{image}"),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) { name } else { format!("{name}:latest") }
}

/// Without a digest and without a tag, or with the tag `latest`.
pub fn is_mutable(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// What bringing an old pod template back does not bring back.
pub fn not_restored() -> Vec<Sentence> {
    vec![
        sentence!("number of pods, strategy, selector, minReadySeconds and revisionHistoryLimit of the workload"),
        sentence!("contents of ConfigMaps and Secrets: the same names now hold the new contents"),
        sentence!("Services, Ingresses and routes"),
        sentence!("autoscalers, disruption budgets and network policies"),
        sentence!("service accounts and their rights"),
        sentence!("custom resources and their definitions"),
        sentence!("data: volumes, database schema, queued messages, caches"),
        sentence!("what lies outside the cluster: DNS, load balancers, CDN"),
        sentence!("images behind tags that are not fixed, and sidecars that a webhook injects"),
    ]
}

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
    fn templates_are_the_same_but_for_what_says_nothing() {
        let t = |v: &str| serde_json::from_str::<Value>(v).expect("JSON");
        let a = t(r#"{"metadata":{"creationTimestamp":null},"spec":{"c":[{"x":1}]}}"#);
        assert!(same(&a, &t(r#"{"spec":{"c":[{"x":1,"y":null}]},"metadata":{}}"#)));
        assert!(!same(&a, &t(r#"{"metadata":{},"spec":{"c":[{"x":1}],"d":0}}"#)) && !same(&t(r#"{"d":0}"#), &t("{}")));
    }

    #[test]
    fn a_restart_makes_no_version() {
        let t = |annotations: Value| serde_json::json!({"metadata": {"annotations": annotations, "labels": {"app": "web"}}, "spec": {}});
        let before = [Value::Null, serde_json::json!({}), serde_json::json!({RESTARTED_AT: "1"})].map(|a| unstarted(&t(a)));
        assert!(before.iter().all(|b| same(b, &unstarted(&t(serde_json::json!({RESTARTED_AT: "2"}))))));
        assert!(!same(&unstarted(&t(serde_json::json!({"a": "b"}))), &before[0]));
    }

    #[test]
    fn images_are_named_as_nodes_name_them() {
        let full = ["web", "shop/web:1", "r.example:5000/web:1", "localhost/web@sha256:00"].map(full_name);
        assert_eq!(full, ["docker.io/library/web:latest", "docker.io/shop/web:1", "r.example:5000/web:1", "localhost/web@sha256:00"]);
    }
}
