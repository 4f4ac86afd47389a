//! Wait predicates: pure functions over objects that were read. They say yes, not yet (how far), or that waiting alone
//! will not help. Sources: `deployment_util.go` (DeploymentComplete), EndpointSlice rules of kube-proxy, and what was
//! seen on Kubernetes 1.37.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::kinds::deployment::Deployment;
use model::kinds::endpoint_slice::EndpointSlice;
use model::kinds::pod::{Pod, PodFailure};
use model::kinds::replica_set::ReplicaSet;
use model::kinds::service::Service;
use model::kinds::{Condition, condition};
use model::{Kind, ObjectId, Sentence, names, sentence};
use serde::{Deserialize, Serialize};

use crate::entry::Said;

/// What a predicate says.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// It holds.
    Yes,
    /// Not yet; how far it is.
    NotYet(Said),
}

/// Why waiting alone will not help, and how long to wait all the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    /// In words; equal for as long as it is the same trouble.
    pub said: Said,
    /// How long it must have been so before it counts.
    pub patience: Duration,
}

/// W-DEP: complete as the Deployment controller defines it, with at least `count` available pods.
pub fn complete(d: &Deployment, count: u32) -> Wait {
    let (want, s) = (d.wanted().max(count), &d.status);
    if d.complete() && s.available_replicas >= count {
        return Wait::Yes;
    }
    let (have, want) = (if d.observed() { s.available_replicas.min(s.updated_replicas) } else { 0 }, want);
    Wait::NotYet(Said::new("ready-of", sentence!("{have} of {want} ready", have, want)))
}

/// So many of its pods are ready as are wanted: with its name, for the other colour has as many.
pub fn ready(of: &ObjectId, have: u32, want: u32) -> Said {
    Said::new("ready", sentence!("{object}: {have} of {want} ready", object = of.said(), have, want))
}

/// The Deployment controller's word that it gave up waiting for progress.
pub fn gave_up(d: &Deployment) -> Option<&Condition> {
    condition(&d.status.conditions, "Progressing").filter(|c| c.reason == "ProgressDeadlineExceeded")
}

/// W-FAIL: what the Deployment and its pods say against waiting. `2147483647` as progress deadline gives no condition,
/// so the caller has a deadline of its own.
pub fn failing(d: &Deployment, pods: &[&Pod]) -> Option<Failing> {
    failing_since(d, pods, None)
}

/// As [`failing`], for a wait that met `old` when it began. An exceeded progress deadline outlives the template that it
/// was about: where a template is written whose ReplicaSet is there already, the controller keeps the condition, under
/// the new generation, until it sees progress (`progress.go`, `DeploymentTimedOut`). It is news once its transition
/// time moved.
pub fn failing_since(d: &Deployment, pods: &[&Pod], old: Option<&Condition>) -> Option<Failing> {
    let at_once = Duration::ZERO;
    let news = |c: &&Condition| old.is_none_or(|old| old.last_transition_time != c.last_transition_time);
    if d.observed()
        && let Some(c) = gave_up(d).filter(news)
    {
        return Some(Failing { said: because("progress-deadline", &c.reason, &d.metadata.name, &c.message), patience: at_once });
    }
    if let Some(c) = condition(&d.status.conditions, "ReplicaFailure").filter(|c| c.status == "True") {
        return Some(Failing {
            said: because("replica-failure", &c.reason, &d.metadata.name, &c.message),
            patience: Duration::from_secs(10),
        });
    }
    let (pod, failure) = pods.iter().filter(|p| !p.is_ending()).find_map(|p| Some((&p.metadata.name, p.failure()?)))?;
    let PodFailure { reason, container, message } = failure;
    let patience = match reason.as_str() {
        "InvalidImageName" | "ErrImageNeverPull" => 5,
        "ErrImagePull" | "ImagePullBackOff" | "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => 20,
        // For most of its back-off a container in a crash loop is said to be terminated (seen on 1.37). A single crash
        // passes: the first back-off is 10 s.
        "CrashLoopBackOff" | "Error" | "OOMKilled" => 20,
        // A node may still be added.
        _ => return None,
    };
    let said = match message.as_str() {
        "" => sentence!("{pod}: container {container}: {reason}", pod, container, reason),
        _ => sentence!("{pod}: container {container}: {reason}: {message}", pod, container, reason, message),
    };
    Some(Failing { said: Said::new("pods-fail", said), patience: Duration::from_secs(patience) })
}

/// Pods that an ordered StatefulSet waits for although they will never be ready: of another revision than the newest, and not
/// ready. It replaces them in order, once each is well, so that after a broken release they stay until somebody deletes them
/// (kubernetes.io, StatefulSets, "Forced rollback"; seen).
pub fn stuck(d: &Deployment, pods: &[&Pod]) -> Option<Said> {
    let newest = d.status.update_revision.as_str();
    if newest.is_empty() || !d.observed() || d.spec.pod_management_policy == "Parallel" {
        return None;
    }
    let old = |p: &&&Pod| p.metadata.labels.get(names::REVISION_HASH).is_some_and(|h| h != newest);
    let pod = pods.iter().filter(|p| !p.is_ending() && !p.is_ready()).find(old)?;
    let (pod, namespace) = (pod.metadata.name.as_str(), pod.metadata.namespace.as_str());
    let said = sentence!(
        "an ordered StatefulSet waits for pod {pod} of the revision that is left; delete it: kubectl -n {namespace} delete pod {pod}",
        pod,
        namespace
    );
    Some(Said::new("stuck-pod", said))
}

/// A pod that no node takes, in the scheduler's words. It is waited for all the same: a node may be added, or let in again.
pub fn unplaced(pods: &[&Pod]) -> Option<Sentence> {
    let of = |p: &&Pod| Some((p.metadata.name.clone(), p.failure().filter(|f| f.reason == "Unschedulable")?));
    let (pod, PodFailure { reason, message, .. }) = pods.iter().filter(|p| !p.is_ending()).find_map(of)?;
    Some(sentence!("{pod}: {reason}: {message}", pod, reason, message))
}

/// A container whose pods were given different images under one name, as the nodes tell it: its tag moved while they were pulled.
pub fn unlike(pods: &[&Pod]) -> Option<Sentence> {
    let mut images: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for pod in pods.iter().filter(|p| !p.is_ending()) {
        for c in &pod.spec.containers {
            let given = pod.status.container_statuses.iter().filter(|s| s.name == c.name && !s.image_id.is_empty());
            images.entry((&c.name, &c.image)).or_default().extend(given.map(|s| s.image_id.as_str()));
        }
    }
    let ((container, image), ids) = images.into_iter().find(|(_, ids)| ids.len() > 1)?;
    Some(sentence!("container {container}: its pods run {n} different images under {image}", container, n = ids.len(), image))
}

fn because(code: &str, reason: &str, name: &str, message: &str) -> Said {
    Said::new(code, sentence!("{object}: {reason}: {message}", object = format!("Deployment {name}"), reason, message))
}

/// Who owns which pod: the chain pod, ReplicaSet, Deployment by uid; other workloads own their pods themselves. Names and
/// labels prove nothing.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    deployment_of: BTreeMap<String, String>,
}

impl Owners {
    /// Reads the chain from pods and ReplicaSets, up to workloads of that kind.
    pub fn new<'a>(pods: impl IntoIterator<Item = &'a Pod>, sets: impl IntoIterator<Item = &'a ReplicaSet>, kind: Kind) -> Self {
        let set_owner: BTreeMap<&str, &str> = sets
            .into_iter()
            .filter_map(|rs| Some((rs.metadata.uid.as_str(), rs.metadata.controller().filter(|o| o.kind == "Deployment")?.uid.as_str())))
            .collect();
        let deployment_of = pods
            .into_iter()
            .filter_map(|p| {
                let owner = p.metadata.controller()?;
                let workload = match owner.kind.as_str() {
                    "ReplicaSet" => *set_owner.get(owner.uid.as_str())?,
                    name if name == kind.name() => owner.uid.as_str(),
                    _ => return None,
                };
                Some((p.metadata.uid.clone(), workload.to_string()))
            })
            .collect();
        Self { deployment_of }
    }

    /// Uid of the workload that owns the pod.
    pub fn deployment(&self, pod_uid: &str) -> Option<&str> {
        self.deployment_of.get(pod_uid).map(String::as_str)
    }
}

/// Ready endpoints of a Service, by address family and port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    /// (family, port name) → uids of pods that are ready and serve it.
    pub ready: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Endpoints {
    /// Merges all slices of a Service. Endpoints without a pod count as somebody else's.
    pub fn of(service: &Service, slices: &[EndpointSlice]) -> Self {
        let mut ready: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let families: BTreeSet<&str> = slices.iter().map(|s| s.address_type.as_str()).filter(|f| *f != "FQDN").collect();
        for family in families {
            for port in &service.spec.ports {
                let uids = ready.entry((family.to_string(), port.name.clone())).or_default();
                for slice in slices.iter().filter(|s| s.address_type == family) {
                    if !slice.ports.iter().any(|p| p.name.as_deref().unwrap_or("") == port.name && p.port.is_some()) {
                        continue;
                    }
                    // publishNotReadyAddresses makes every endpoint ready: what serves is what counts (proven).
                    let counts = |c: &model::kinds::endpoint_slice::EndpointConditions| match service.spec.publish_not_ready_addresses {
                        true => c.serving == Some(true) && !c.is_terminating(),
                        false => c.is_ready(),
                    };
                    for e in slice.endpoints.iter().filter(|e| counts(&e.conditions)) {
                        uids.insert(e.target_ref.as_ref().map_or_else(|| format!("address {:?}", e.addresses), |t| t.uid.clone()));
                    }
                }
            }
        }
        Self { ready }
    }

    /// Every pod that is ready on some port.
    pub fn any(&self) -> BTreeSet<&str> {
        self.ready.values().flatten().map(String::as_str).collect()
    }

    /// Pods of one Deployment that are ready on every port of every family.
    pub fn owned(&self, owners: &Owners, deployment_uid: &str) -> u32 {
        let counts = self.ready.values().map(|uids| uids.iter().filter(|u| owners.deployment(u) == Some(deployment_uid)).count());
        counts.min().and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
    }
}

/// W-EPS: at least `count` ready endpoints, each owned by the Deployment, none of anybody else, on every port of every
/// address family. Necessary for moved traffic, never sufficient: kube-proxy may take another second.
pub fn endpoints(all: &Endpoints, owners: &Owners, deployment_uid: &str, count: u32) -> Wait {
    let own = all.owned(owners, deployment_uid);
    let foreign = all.any().into_iter().filter(|u| owners.deployment(u) != Some(deployment_uid)).count();
    if own >= count && foreign == 0 && !all.ready.is_empty() {
        return Wait::Yes;
    }
    let said = match foreign {
        0 => sentence!("{own} of {count} endpoints ready", own, count),
        _ => sentence!("{own} of {count} endpoints ready, {foreign} of another owner", own, count, foreign),
    };
    Wait::NotYet(Said::new("endpoints-of", said))
}

/// Ready endpoints of a Service by side of the rollout, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEndpoints {
    /// Service.
    pub service: String,
    /// Ready endpoints of the Deployment that served when the run began.
    pub blue: u32,
    /// Of the one that the run brings.
    pub green: u32,
    /// Of others.
    pub other: u32,
    /// When it was read.
    pub at: jiff::Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Kind, Object};
    use serde_json::{Value, json};

    fn service(ports: Value) -> Service {
        match Kind::Service.decode_value(&json!({"metadata":{"name":"web"},"spec":{"ports":ports}})).expect("decodes") {
            Object::Service(s) => *s,
            _ => unreachable!(),
        }
    }

    fn slice(family: &str, ports: Value, endpoints: &[(&str, bool)]) -> EndpointSlice {
        let endpoints: Vec<_> = endpoints
            .iter()
            .map(|(uid, ready)| json!({"addresses":["10.0.0.1"],"conditions":{"ready":ready},"targetRef":{"kind":"Pod","uid":uid}}))
            .collect();
        serde_json::from_value(json!({"addressType":family,"ports":ports,"endpoints":endpoints})).expect("decodes")
    }

    fn owners(pairs: &[(&str, &str)]) -> Owners {
        Owners { deployment_of: pairs.iter().map(|(p, d)| (p.to_string(), d.to_string())).collect() }
    }

    #[test]
    fn every_port_must_be_served() {
        let svc = service(json!([{"name":"http","port":80},{"name":"admin","port":81}]));
        let own = owners(&[("p1", "d")]);
        let dropped = [slice("IPv4", json!([{"name":"http","port":8080}]), &[("p1", true)])];
        assert!(matches!(endpoints(&Endpoints::of(&svc, &dropped), &own, "d", 1), Wait::NotYet(_)));
        let whole = [slice("IPv4", json!([{"name":"http","port":8080},{"name":"admin","port":8081}]), &[("p1", true)])];
        assert_eq!(endpoints(&Endpoints::of(&svc, &whole), &own, "d", 1), Wait::Yes);
    }

    #[test]
    fn an_endpoint_of_the_other_colour_is_not_yet() {
        let svc = service(json!([{"port":80}]));
        let own = owners(&[("p1", "green"), ("p2", "blue")]);
        let both = [slice("IPv4", json!([{"port":8080}]), &[("p1", true), ("p2", true)])];
        let Wait::NotYet(said) = endpoints(&Endpoints::of(&svc, &both), &own, "green", 1) else { panic!("foreign counted as own") };
        assert_eq!(said.sentence.with["foreign"], "1");
    }

    #[test]
    fn each_address_family_must_hold() {
        let svc = service(json!([{"port":80}]));
        let own = owners(&[("p1", "d")]);
        let v6_behind = [slice("IPv4", json!([{"port":1}]), &[("p1", true)]), slice("IPv6", json!([{"port":1}]), &[("p1", false)])];
        assert!(matches!(endpoints(&Endpoints::of(&svc, &v6_behind), &own, "d", 1), Wait::NotYet(_)));
    }

    #[test]
    fn pods_in_two_slices_count_once() {
        let svc = service(json!([{"port":80}]));
        let own = owners(&[("p1", "d")]);
        let twice = [slice("IPv4", json!([{"port":1}]), &[("p1", true)]), slice("IPv4", json!([{"port":1}]), &[("p1", true)])];
        assert!(matches!(endpoints(&Endpoints::of(&svc, &twice), &own, "d", 2), Wait::NotYet(_)));
    }

    #[test]
    fn an_exceeded_progress_deadline_that_the_wait_met_is_old_until_it_is_exceeded_anew() {
        let exceeded = |at: &str| -> Deployment {
            serde_json::from_value(json!({"metadata":{"name":"g","generation":2},"status":{"observedGeneration":2,"conditions":[
                {"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","lastTransitionTime":at}]}}))
            .expect("decodes")
        };
        let (met, anew) = (exceeded("2026-11-22T10:00:00Z"), exceeded("2026-11-22T10:10:01Z"));
        let old = gave_up(&met);
        assert_eq!(failing_since(&met, &[], old), None);
        assert!(failing_since(&anew, &[], old).is_some());
        let p: Pod = serde_json::from_value(json!({"metadata":{"name":"p"},"status":{"containerStatuses":[
            {"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}))
        .expect("decodes");
        assert_eq!(failing_since(&met, &[&p], old).expect("its pods fail").said.code, "pods-fail", "the old word hides nothing");
    }

    #[test]
    fn an_exceeded_progress_deadline_counts_at_once_and_a_crash_loop_after_a_while() {
        let d: Deployment = serde_json::from_value(json!({"metadata":{"name":"g","generation":1},"status":{"observedGeneration":1,
            "conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"m"}]}}))
        .expect("decodes");
        assert_eq!(failing(&d, &[]).expect("fails").patience, Duration::ZERO);
        let d = Deployment::default();
        let p: Pod = serde_json::from_value(json!({"metadata":{"name":"p"},"status":{"containerStatuses":[
            {"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}))
        .expect("decodes");
        assert_eq!(failing(&d, &[&p]).expect("fails").patience, Duration::from_secs(20));
        let p: Pod = serde_json::from_value(json!({"metadata":{"name":"p"},"status":{"containerStatuses":[
            {"name":"c","state":{"terminated":{"reason":"Error","exitCode":1}}}]}}))
        .expect("decodes");
        assert_eq!(failing(&d, &[&p]).expect("a crash loop looks like this, too").patience, Duration::from_secs(20));
    }

    #[test]
    fn what_the_registry_answered_is_said_and_how_long_a_crash_loop_waits_is_not() {
        let said = |reason: &str, message: &str| {
            let p: Pod = serde_json::from_value(json!({"metadata":{"name":"p"},"status":{"containerStatuses":[
                {"name":"c","state":{"waiting":{"reason":reason,"message":message}}}]}}))
            .expect("decodes");
            failing(&Deployment::default(), &[&p]).expect("fails").said.to_string()
        };
        assert_eq!(said("ErrImagePull", "shop:v9: not found"), "p: container c: ErrImagePull: shop:v9: not found");
        assert_eq!(said("CrashLoopBackOff", "back-off 10s"), "p: container c: CrashLoopBackOff");
    }
}
