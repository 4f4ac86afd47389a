//! What changed lately in a namespace, and which of it is most likely to be the cause of what is wrong there now.
//!
//! A cluster keeps no log of changes. What it leaves behind: creation times, and `metadata.managedFields`, which tell who wrote
//! which fields and when that writer wrote last (seen on a cluster; Server-Side Apply, KEP-555). A version has the time of its
//! ReplicaSet or ControllerRevision, unless it was rolled out again: then only its workload tells. What was deleted, and what a
//! writer changed before its last write, nothing tells.
//!
//! Nothing here is proof. Each reason is said, and the order is theirs: what reaches what is wrong comes before what does not, what
//! came right before the trouble before what came long before it, and what came after it cannot have begun it.

use jiff::Timestamp;
use model::kinds::condition;
use model::kinds::pod::Pod;
use model::meta::subset;
use model::{Kind, Labels, Object, ObjectId, Sentence, names, sentence};
use serde_json::Value;

use crate::around::{Around, ingress_leads_to, selects, services_of};
use crate::history::{self, Kept};
use crate::references::{references, slim};
use crate::revisions::Reason;
use crate::snapshot::Snapshot;

/// Something that somebody changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// What was changed.
    pub object: ObjectId,
    /// How.
    pub what: What,
    /// When, by the API server's clock.
    pub at: Timestamp,
    /// Field manager that wrote it (`helm`, `kubectl-edit`, …); `None` = nobody kept that.
    pub by: Option<String>,
    /// Workloads that it reaches, in the order of their ids.
    pub reaches: Vec<ObjectId>,
    /// What speaks for and against its being the cause, in the order of looking.
    pub reasons: Vec<Reason>,
    /// The higher the likelier; only ever compared within one list.
    pub score: i32,
}

/// How something was changed.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Another pod template: (container, image) before, empty for a first one, and after.
    Rollout {
        /// Before.
        before: Vec<(String, String)>,
        /// After.
        after: Vec<(String, String)>,
    },
    /// Another number of pods.
    Scaled {
        /// Pods wanted since.
        to: u32,
    },
    /// Written to in place.
    Edited,
    /// Made.
    Created,
}

/// A workload that is not well.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// Workload.
    pub workload: ObjectId,
    /// Since when the first of its pods has not been ready; `None` = none tells.
    pub since: Option<Timestamp>,
    /// Pods that fail.
    pub failing: Vec<Failing>,
    /// Why its controller makes no pods, or none that become ready; `None` = it does.
    pub stuck: Option<Stuck>,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are wanted.
    pub wanted: u32,
}

/// A pod that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    /// Pod.
    pub pod: String,
    /// As the kubelet calls it (`CrashLoopBackOff`, …); `None` = it runs, was ready, and is not any more.
    pub why: Option<String>,
}

/// Why a controller gets no further.
#[derive(Clone, Debug, PartialEq)]
pub enum Stuck {
    /// Condition `Progressing` is `False`: the deadline of its rollout passed.
    Deadline,
    /// Condition `ReplicaFailure`: the API server refuses its pods, in these words.
    Refused(String),
}

/// So close together two times are one, in seconds: clocks and controllers.
const SAME: i64 = 5;
/// So long after a change what it broke has usually shown, in seconds.
const SOON: i64 = 600;

/// What changed since then, the likeliest cause of what is wrong first, and what is wrong.
pub fn changes(snapshot: &Snapshot, namespace: &str, since: Timestamp) -> (Vec<Changed>, Vec<Trouble>) {
    let workloads: Vec<Around<'_>> = snapshot
        .raw
        .keys()
        .filter(|id| id.kind.rolls() && id.namespace == namespace)
        .filter_map(|id| Around::of(snapshot, id).ok())
        .collect();
    let troubles: Vec<Trouble> = workloads.iter().filter_map(trouble).collect();
    let mut all: Vec<Changed> = workloads.iter().flat_map(|w| [rollout(w), scaled(w)]).flatten().collect();
    let others = snapshot.raw.iter().filter(|(id, _)| id.namespace == namespace);
    all.extend(others.filter_map(|(id, raw)| edited(snapshot, &workloads, id, raw)));
    all.retain(|c| c.at >= since);
    for change in &mut all {
        weigh(change, &workloads, &troubles);
    }
    all.sort_by_key(|c| (std::cmp::Reverse(c.score), std::cmp::Reverse(c.at), c.object.clone()));
    (all, troubles)
}

/// Whether a workload is not well, and since when. One that is being rolled out and fails nowhere is not in trouble.
fn trouble(w: &Around<'_>) -> Option<Trouble> {
    let pods = w.pods();
    let alive = || pods.iter().filter(|p| !p.is_ending());
    let failing: Vec<Failing> = alive().filter_map(|p| failing(p)).collect();
    let conditions = &w.deployment.status.conditions;
    let refused = condition(conditions, "ReplicaFailure").filter(|c| c.status == "True");
    let late = condition(conditions, "Progressing").filter(|c| c.status == "False");
    let stuck = refused.map(|c| Stuck::Refused(c.message.clone())).or(late.map(|_| Stuck::Deadline));
    let ready = u32::try_from(alive().filter(|p| p.is_ready()).count()).unwrap_or(u32::MAX);
    let wanted = w.deployment.wanted();
    if failing.is_empty() && stuck.is_none() {
        return None;
    }
    let unready = |p: &&&Pod| !p.is_ready();
    let since = alive().filter(unready).filter_map(|p| p.ready_since().or(p.metadata.creation_timestamp));
    Some(Trouble {
        workload: w.id.clone(),
        since: since.min().or(refused.or(late).and_then(|c| c.last_transition_time)),
        failing,
        stuck,
        ready,
        wanted,
    })
}

/// The kubelet says `Ready: False` as it takes a pod on, right after it was scheduled: where that is newer, it has been ready.
fn failing(p: &Pod) -> Option<Failing> {
    let time = |of: &str| condition(&p.status.conditions, of).and_then(|c| c.last_transition_time).map(Timestamp::as_second);
    let lost = || !p.is_ready() && time("Ready").zip(time("PodScheduled")).is_some_and(|(ready, placed)| ready - placed > SAME);
    let why = p.failure().map(|f| f.reason);
    (why.is_some() || lost()).then(|| Failing { pod: p.metadata.name.clone(), why })
}

fn rollout(w: &Around<'_>) -> Option<Changed> {
    let kept = history::of(w);
    let now = kept.iter().max_by_key(|k| k.number())?;
    let before = kept.iter().filter(|k| k.number() < now.number()).max_by_key(|k| k.number());
    let again = now.numbers.len() > 1 || now.raised;
    // Who rolled it out again wrote after the one before had come. Where nobody did, their entry is gone (ours is, with its run).
    let after = |at: Timestamp| before.and_then(|b| b.created).is_none_or(|came| at > came);
    let wrote = wrote(w.raw, &["f:spec", "f:template"]).filter(|(at, _)| !again || after(*at));
    let at = match &wrote {
        Some((at, _)) if again => *at,
        None if again => before.and_then(|b| b.ended.or(b.created)).or(now.created)?,
        _ => now.created?,
    };
    let images = |k: &Kept| slim(&k.template).spec.containers.iter().map(|c| (c.name.clone(), c.image.clone())).collect();
    let what = match before {
        None => What::Created,
        Some(b) => What::Rollout { before: images(b), after: images(now) },
    };
    Some(change(w.id.clone(), what, at, wrote.map(|(_, by)| by), vec![w.id.clone()]))
}

/// Only who wrote the number and not the template scaled: whoever applies a manifest writes both.
fn scaled(w: &Around<'_>) -> Option<Changed> {
    let alone = managed(w.raw).filter(|e| {
        let spec = &e["fieldsV1"]["f:spec"];
        !spec["f:replicas"].is_null() && spec["f:template"].is_null()
    });
    // What is written through the subresource `scale` (`kubectl scale`, an HPA) has a writer and no time (seen on v1.37.2).
    let when = |e: &Value| moment(e).or_else(|| Some((scaled_at(w)?, e["manager"].as_str()?.to_string())));
    let (at, by) = alone.filter_map(when).max_by_key(|(at, _)| *at)?;
    let what = What::Scaled { to: w.deployment.wanted() };
    Some(change(w.id.clone(), what, at, Some(by), vec![w.id.clone()]))
}

/// When its controller last told that it scaled the newest ReplicaSet, after the rollout of that was through: until then it scales as a
/// part of it. The condition `Progressing` keeps the time at which a rollout was complete, whatever is scaled later.
fn scaled_at(w: &Around<'_>) -> Option<Timestamp> {
    let conditions = w.raw["status"]["conditions"].as_array()?;
    let through = conditions.iter().find(|c| c["type"] == "Progressing" && c["reason"] == "NewReplicaSetAvailable")?;
    let through: Timestamp = through["lastUpdateTime"].as_str()?.parse().ok()?;
    let newest = w.replica_sets().max_by_key(|r| r.metadata.creation_timestamp)?;
    let told = w.snapshot.objects.of(Kind::Event).filter_map(|o| if let Object::Event(e) = o { Some(&**e) } else { None });
    let of_it = told.filter(|e| e.reason == "ScalingReplicaSet" && e.involved_object.uid == w.deployment.metadata.uid);
    let names = |text: &str| text.split(' ').any(|word| word == newest.metadata.name);
    of_it.filter(|e| names(&e.message)).filter_map(model::kinds::event::Event::at).filter(|at| *at > through).max()
}

fn edited(snapshot: &Snapshot, workloads: &[Around<'_>], id: &ObjectId, raw: &Value) -> Option<Changed> {
    let fields: &[&[&str]] = match id.kind {
        Kind::ConfigMap | Kind::Secret => &[&["f:data"], &["f:binaryData"], &["f:stringData"]],
        Kind::Service
        | Kind::Ingress
        | Kind::HTTPRoute
        | Kind::GRPCRoute
        | Kind::HTTPProxy
        | Kind::IngressRoute
        | Kind::TraefikService
        | Kind::NetworkPolicy
        | Kind::HorizontalPodAutoscaler
        | Kind::VirtualService
        | Kind::DestinationRule => &[&["f:spec"]],
        _ => return None,
    };
    if is_machinery(id, raw) {
        return None;
    }
    let created: Option<Timestamp> = raw.pointer("/metadata/creationTimestamp").and_then(Value::as_str).and_then(|t| t.parse().ok());
    let newest = fields.iter().filter_map(|path| wrote(raw, path)).max_by_key(|(at, _)| *at);
    let (at, by) = match newest {
        Some((at, by)) => (at, Some(by)),
        None => (created?, None),
    };
    let what = if created.is_some_and(|c| at.as_second() - c.as_second() <= SAME) { What::Created } else { What::Edited };
    let reaches = workloads.iter().filter(|w| reaches(snapshot, id, raw, w)).map(|w| w.id.clone()).collect();
    Some(change(id.clone(), what, at, by, reaches))
}

/// What controllers and tools keep for themselves: nobody deploys it.
fn is_machinery(id: &ObjectId, raw: &Value) -> bool {
    let ours = raw.pointer("/metadata/labels").is_some_and(|l| l.get(names::RECORD).is_some());
    let kind = raw["type"].as_str().unwrap_or_default();
    let helm = kind == "helm.sh/release.v1" || (id.kind == Kind::Secret && id.name.starts_with("sh.helm.release.v1."));
    ours || helm || kind == "kubernetes.io/service-account-token" || id.name == "kube-root-ca.crt"
}

/// Whether what an object says counts for a workload's pods.
fn reaches(snapshot: &Snapshot, id: &ObjectId, raw: &Value, w: &Around<'_>) -> bool {
    let services = || w.services();
    match snapshot.objects.get(id) {
        _ if matches!(id.kind, Kind::ConfigMap | Kind::Secret) => {
            references(&w.deployment.spec.template, w.namespace()).iter().any(|r| r.object == *id)
        }
        Some(Object::Service(s)) => selects(&s.spec.selector, w.pod_labels()),
        Some(Object::Ingress(i)) => services().iter().any(|s| ingress_leads_to(i, &s.metadata.name)),
        Some(route @ (Object::HTTPRoute(_) | Object::GRPCRoute(_) | Object::HTTPProxy(_) | Object::IngressRoute(_))) => {
            let to = services_of(snapshot, route);
            services().iter().any(|s| to.contains(&ObjectId::new(Kind::Service, w.namespace(), &s.metadata.name)))
        }
        Some(Object::HorizontalPodAutoscaler(_)) => w.hpas().iter().any(|h| h.metadata.name == id.name),
        Some(Object::NetworkPolicy(_)) => {
            // An expression is not computed: it may match.
            let labels: Labels = serde_json::from_value(raw["spec"]["podSelector"]["matchLabels"].clone()).unwrap_or_default();
            subset(&labels, w.pod_labels())
        }
        Some(Object::VirtualService(_) | Object::DestinationRule(_)) => {
            let mut hosts = vec![];
            hosts_in(&raw["spec"], &mut hosts);
            services().iter().any(|s| hosts.iter().any(|h| h.split('.').next() == Some(s.metadata.name.as_str())))
        }
        _ => false,
    }
}

/// Hosts that a rule of the mesh is about, or leads to.
fn hosts_in<'v>(value: &'v Value, all: &mut Vec<&'v str>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(host) if key == "host" => all.push(host),
                    _ => hosts_in(value, all),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|v| hosts_in(v, all)),
        _ => {}
    }
}

fn change(object: ObjectId, what: What, at: Timestamp, by: Option<String>, reaches: Vec<ObjectId>) -> Changed {
    Changed { object, what, at, by, reaches, reasons: vec![], score: 0 }
}

fn weigh(change: &mut Changed, workloads: &[Around<'_>], troubles: &[Trouble]) {
    if troubles.is_empty() {
        return;
    }
    let reached: Vec<&Trouble> = troubles.iter().filter(|t| change.reaches.contains(&t.workload)).collect();
    let mut add = |weight: i32, said: Sentence| {
        change.score += weight;
        change.reasons.push(Reason { weight, said });
    };
    if reached.is_empty() {
        return add(-40, sentence!("it reaches nothing that fails now"));
    }
    add(
        20,
        sentence!(
            "it reaches what fails now: {names}",
            names = reached.iter().map(|t| t.workload.name.as_str()).collect::<Vec<_>>().join(", ")
        ),
    );
    if let Some(began) = reached.iter().filter_map(|t| t.since).min() {
        let (weight, said) = beside(began.as_second() - change.at.as_second());
        add(weight, said);
    }
    if let What::Rollout { .. } = &change.what
        && let Some(w) = workloads.iter().find(|w| *w.id == change.object)
        && let Some(t) = reached.iter().find(|t| t.workload == change.object)
    {
        of_version(w, t, &mut add);
    }
}

/// How a change lies beside the beginning of the trouble, which is so many seconds after it.
fn beside(seconds: i64) -> (i32, Sentence) {
    match seconds {
        ..=-60 => (-60, sentence!("it came {time} after that had begun"; time = Sentence::span(seconds.unsigned_abs()))),
        -59..=SAME => (15, sentence!("it came as that began")),
        6..=SOON => (20, sentence!("it came {time} before that began"; time = Sentence::span(seconds.unsigned_abs()))),
        _ => (5, sentence!("it came {time} before that began"; time = Sentence::span(seconds.unsigned_abs()))),
    }
}

/// Whether those pods fail that have the new template, and those that have the old one do not.
fn of_version(w: &Around<'_>, t: &Trouble, add: &mut impl FnMut(i32, Sentence)) {
    let kept = history::of(w);
    let Some(now) = kept.iter().max_by_key(|k| k.number()) else { return };
    let (new, old): (Vec<_>, Vec<_>) = w.pods().into_iter().filter(|p| !p.is_ending()).partition(|p| now.made(p));
    let fails = |pods: &[&Pod]| pods.iter().filter(|p| t.failing.iter().any(|f| f.pod == p.metadata.name)).count();
    let (of_new, of_old) = (fails(&new), fails(&old));
    match (of_new, of_old) {
        (0, 0) => {}
        (0, n) => add(-30, sentence!("{n} pods fail, and none of them is of this version", n)),
        (n, 0) => {
            let said = match n {
                1 => sentence!("the one pod that fails is of this version"),
                n => sentence!("{n} pods fail, all of them of this version", n),
            };
            add(25, said);
            if !old.is_empty() && old.iter().all(|p| p.is_ready()) {
                add(5, sentence!("{n} of the version before are ready", n = old.len()));
            }
        }
        (new, old) => add(-5, sentence!("pods of both versions fail: {new} of this one, {old} of the one before", new, old)),
    }
    if now.ready == 0 {
        add(5, sentence!("no pod of this version is ready"));
    }
}

fn managed(raw: &Value) -> impl Iterator<Item = &Value> {
    let all = raw.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    all.filter(|e| e["subresource"].as_str() != Some("status"))
}

fn moment(entry: &Value) -> Option<(Timestamp, String)> {
    Some((entry["time"].as_str()?.parse().ok()?, entry["manager"].as_str()?.to_string()))
}

/// Who wrote a field last, and when they wrote last.
fn wrote(raw: &Value, path: &[&str]) -> Option<(Timestamp, String)> {
    let owns = |e: &&Value| !path.iter().fold(&e["fieldsV1"], |at, key| &at[*key]).is_null();
    managed(raw).filter(owns).filter_map(moment).max_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ClusterIdentity;
    use serde_json::json;

    fn at(minute: i64) -> String {
        (Timestamp::from_second(1_800_000_000).expect("a time") + jiff::SignedDuration::from_mins(minute)).to_string()
    }

    fn by(manager: &str, minute: i64, fields: Value) -> Value {
        json!({"manager": manager, "operation": "Update", "time": at(minute), "fieldsV1": fields})
    }

    fn workload(name: &str, image: &str, managers: Value) -> Value {
        let template = json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": name, "image": image,
            "envFrom": [{"configMapRef": {"name": format!("{name}-config")}}]}]}});
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop", "uid": name, "generation": 2,
            "creationTimestamp": at(-9000), "managedFields": managers},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template},
            "status": {"observedGeneration": 2, "replicas": 2}})
    }

    fn set(of: &str, image: &str, number: u32, minute: i64, ready: u32) -> Value {
        let name = format!("{of}-{number}");
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name, "namespace": "shop", "uid": name,
            "creationTimestamp": at(minute), "labels": {"app": of}, "annotations": {"deployment.kubernetes.io/revision": number.to_string()},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": of, "uid": of, "controller": true}]},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": of}},
                "template": {"metadata": {"labels": {"app": of}}, "spec": {"containers": [{"name": of, "image": image}]}}},
            "status": {"replicas": 2, "readyReplicas": ready}})
    }

    fn pod(of: &str, name: &str, minute: i64, fails: bool) -> Value {
        let state = if fails { json!({"waiting": {"reason": "CrashLoopBackOff"}}) } else { json!({"running": {}}) };
        let ready = if fails { "False" } else { "True" };
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": at(minute),
            "labels": {"app": "payments"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": of, "uid": of, "controller": true}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": at(minute)}],
                "containerStatuses": [{"name": "payments", "ready": !fails, "state": state}]}})
    }

    fn config(name: &str, managers: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop", "uid": name,
            "creationTimestamp": at(-9000), "managedFields": managers}})
    }

    fn snapshot(objects: impl IntoIterator<Item = Value>) -> Snapshot {
        let cluster = ClusterIdentity { uid: "c".into(), server: "https://c".into(), ca_sha256: String::new() };
        Snapshot::from_objects(cluster, "prod", objects).expect("decodes")
    }

    fn event(name: &str, minute: i64, message: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "shop", "uid": name},
            "involvedObject": {"kind": "Deployment", "namespace": "shop", "name": "web", "uid": "web"},
            "reason": "ScalingReplicaSet", "message": message, "type": "Normal", "lastTimestamp": at(minute)})
    }

    #[test]
    fn scaling_that_has_no_time_of_its_own_is_of_the_time_that_its_controller_told() {
        let write =
            json!({"manager": "kubectl", "operation": "Update", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}});
        let of = |through: Value, events: Vec<Value>| {
            let mut web = workload("web", "web:2", json!([write]));
            web["status"]["conditions"] = json!([through]);
            let sets = [web, set("web", "web:1", 1, -9000, 0), set("web", "web:2", 2, -40, 2)];
            let (all, _) = changes(&snapshot(sets.into_iter().chain(events)), "shop", at(-60).parse().expect("a time"));
            let scaled: Vec<_> = all.into_iter().filter(|c| matches!(c.what, What::Scaled { .. })).collect();
            scaled.iter().map(|c| (c.at.to_string(), c.by.clone())).collect::<Vec<_>>()
        };
        let progress =
            |reason: &str, minute: i64| json!({"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": at(minute)});
        let through = progress("NewReplicaSetAvailable", -38);
        let grown = event("a", -7, "Scaled up replica set web-2 from 1 to 2");
        assert_eq!(of(through.clone(), vec![grown.clone()]), [(at(-7), Some("kubectl".to_string()))]);
        // A part of the rollout, one that is not through, another ReplicaSet, and nobody told.
        assert_eq!(of(through.clone(), vec![event("b", -39, "Scaled up replica set web-2 from 1 to 2")]), []);
        assert_eq!(of(progress("ReplicaSetUpdated", -7), vec![grown]), []);
        assert_eq!(of(through.clone(), vec![event("c", -7, "Scaled up replica set web-22 from 0 to 2")]), []);
        assert_eq!(of(through, vec![]), []);
    }

    /// payments 3.9.0 crashes since minute -12; its configuration was edited 3 minutes before; catalog was rolled out after.
    fn shop(fails: bool) -> Snapshot {
        let template = json!({"f:spec": {"f:template": {}}});
        let scale = json!({"f:spec": {"f:replicas": {}}});
        let objects = [
            workload("payments", "pay:3.9.0", json!([by("helm", -13, template.clone())])),
            set("payments", "pay:3.8.4", 1, -9000, 1),
            set("payments", "pay:3.9.0", 2, -13, u32::from(!fails)),
            pod("payments-1", "payments-1-a", -9000, false),
            pod("payments-2", "payments-2-a", -12, fails),
            config("payments-config", json!([by("kubectl-edit", -15, json!({"f:data": {"f:A": {}}}))])),
            workload("catalog", "cat:7.2.0", json!([by("jenkins", -4, template), by("kubectl-scale", -40, scale)])),
            set("catalog", "cat:7.1.4", 6, -5000, 0),
            set("catalog", "cat:7.2.0", 7, -4, 2),
            config("kube-root-ca.crt", json!([by("kube-controller-manager", -3, json!({"f:data": {}}))])),
            config("old-config", json!([by("kubectl-edit", -4000, json!({"f:data": {}}))])),
        ];
        snapshot(objects)
    }

    fn told(fails: bool) -> (Vec<(String, i32)>, Vec<Changed>, Vec<Trouble>) {
        let (all, troubles) = changes(&shop(fails), "shop", at(-60).parse().expect("a time"));
        (all.iter().map(|c| (c.object.name.clone(), c.score)).collect(), all, troubles)
    }

    #[test]
    fn what_came_right_before_the_trouble_and_reaches_it_comes_first() {
        let (order, all, troubles) = told(true);
        let names: Vec<&str> = order.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["payments", "payments-config", "catalog", "catalog"], "{all:#?}");
        assert_eq!(
            troubles.iter().map(|t| (t.workload.name.as_str(), &t.failing[..])).collect::<Vec<_>>(),
            [("payments", &[Failing { pod: "payments-2-a".into(), why: Some("CrashLoopBackOff".into()) }][..])]
        );
        assert_eq!(troubles[0].since, Some(at(-12).parse().expect("a time")));
        let first = &all[0];
        assert_eq!(first.by.as_deref(), Some("helm"));
        let images = |image: &str| vec![("payments".to_string(), image.to_string())];
        assert_eq!(first.what, What::Rollout { before: images("pay:3.8.4"), after: images("pay:3.9.0") });
        let said: Vec<&str> = first.reasons.iter().map(|r| r.said.text.as_str()).collect();
        let wanted = [
            "it reaches what fails now: payments",
            "it came 60 s before that began",
            "the one pod that fails is of this version",
            "1 of the version before are ready",
            "no pod of this version is ready",
        ];
        assert_eq!(said, wanted);
        let config = &all[1];
        assert_eq!((&config.what, config.by.as_deref(), config.reaches.len()), (&What::Edited, Some("kubectl-edit"), 1));
        assert!(all[2..].iter().all(|c| c.score < 0), "what reaches nothing that fails is unlikely: {all:#?}");
        assert!(matches!(all.iter().find(|c| c.by.as_deref() == Some("kubectl-scale")).expect("told").what, What::Scaled { to: 2 }));
    }

    /// As after a rollback from here: its entry in `managedFields` is removed with its run, and that of an earlier writer is left.
    #[test]
    fn a_version_that_was_rolled_out_again_is_of_that_time_and_of_nobody_who_wrote_before_it() {
        let seen = |wrote: i64| {
            let mut again = set("payments", "pay:3.8.4", 3, -300, 2);
            again["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = json!("1");
            let objects = [
                workload("payments", "pay:3.8.4", json!([by("helm", wrote, json!({"f:spec": {"f:template": {}}}))])),
                again,
                set("payments", "pay:3.9.0", 2, -13, 0),
            ];
            let (all, _) = changes(&snapshot(objects), "shop", at(-600).parse().expect("a time"));
            assert!(matches!(&all[0].what, What::Rollout { before, .. } if before[0].1 == "pay:3.9.0"), "{all:#?}");
            (all[0].at, all[0].by.clone())
        };
        let time = |minute: i64| at(minute).parse::<Timestamp>().expect("a time");
        assert_eq!(seen(-300), (time(-13), None));
        assert_eq!(seen(-13), (time(-13), None), "who wrote the one before did not write this one");
        assert_eq!(seen(-5), (time(-5), Some("helm".into())));
    }

    #[test]
    fn where_nothing_fails_the_newest_comes_first_and_nothing_is_blamed() {
        let (order, all, troubles) = told(false);
        assert!(troubles.is_empty(), "{troubles:#?}");
        let times: Vec<Timestamp> = all.iter().map(|c| c.at).collect();
        assert!(times.is_sorted_by(|a, b| a >= b) && order.iter().all(|(_, score)| *score == 0), "{all:#?}");
        assert!(all.iter().all(|c| c.reasons.is_empty()), "{all:#?}");
    }

    /// As where a dependency is gone: nothing crashes and no rollout is under way. A pod that starts has never been ready.
    #[test]
    fn a_pod_that_has_lost_its_readiness_is_in_trouble_and_one_that_starts_is_not() {
        let pod = |scheduled: i64, unready: i64| {
            let of = |kind: &str, status: &str, minute: i64| json!({"type": kind, "status": status, "lastTransitionTime": at(minute)});
            let raw = json!({"metadata": {"name": "a"}, "status": {"phase": "Running",
                "conditions": [of("PodScheduled", "True", scheduled), of("Ready", "False", unready)]}});
            failing(&serde_json::from_value(raw).expect("a pod"))
        };
        assert_eq!(pod(-60, -5), Some(Failing { pod: "a".into(), why: None }));
        assert_eq!(pod(-5, -5), None);
    }

    #[test]
    fn what_came_after_the_trouble_had_begun_did_not_begin_it() {
        assert!(beside(-120).0 < 0 && beside(30).0 > beside(7200).0 && beside(7200).0 > 0);
        assert_eq!(beside(-120).1.text, "it came 2 min after that had begun");
    }
}
