//! How an object is, with the reason in words. Ages are the reader's business: this room has no clock.

use model::ObjectId;
use model::kinds::condition;
use model::kinds::deployment::Deployment;
use model::kinds::gateway::Gateway;
use model::kinds::hpa::Hpa;
use model::kinds::pdb::Pdb;
use model::kinds::pod::Pod;
use model::kinds::replica_set::ReplicaSet;
use model::kinds::service::Service;

use traffic::Attachment;

use crate::graph::{Health, PodState, Presence};
use crate::ground::{Backing, Ground, Workload};
use crate::ports;
use crate::view::{Reach, Row, View};

/// Health and reason.
pub(crate) type Verdict = (Health, String);

/// What a pod's failure means to a person; `None` when it does not fail.
pub(crate) fn pod_failure(pod: &Pod) -> Option<String> {
    let (reason, container) = match pod.failure() {
        Some(found) => found,
        None if pod.status.phase == "Failed" => (pod.status.reason.clone(), String::new()),
        None => return None,
    };
    let said = match reason.as_str() {
        "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName" => "cannot pull image",
        "CreateContainerConfigError" => "lacks configuration that it refers to",
        "CreateContainerError" | "RunContainerError" => "cannot start its container",
        "CrashLoopBackOff" => "crashes again and again",
        "OOMKilled" => "ran out of memory",
        "Error" => "ended with an error",
        "Unschedulable" => "fits on no node",
        "Evicted" => "was evicted",
        _ => "failed",
    };
    let which = if pod.spec.containers.len() > 1 && !container.is_empty() { format!(", container {container}") } else { String::new() };
    Some(if reason.is_empty() { said.to_string() } else { format!("{said} ({reason}{which})") })
}

/// A pod.
pub(crate) fn pod(pod: &Pod, state: PodState) -> Verdict {
    match state {
        PodState::Ready => (Health::Healthy, String::new()),
        PodState::Failing => (Health::Failing, pod_failure(pod).unwrap_or_default()),
        PodState::Ending => (Health::Idle, "ending".into()),
        PodState::Starting => {
            let waits = pod.status.container_statuses.iter().find(|c| !c.ready);
            let said = match waits {
                Some(c) if c.state.running.is_some() => format!("container {} runs and is not ready", c.name),
                Some(c) if c.state.waiting.is_some() => "starting its containers".to_string(),
                _ if pod.spec.node_name.is_empty() => "waits for a node".to_string(),
                _ => "starting".to_string(),
            };
            (Health::Moving, said)
        }
    }
}

/// `web-7d9 cannot pull image (ErrImagePull) and 2 more fail`; `None` when no pod fails.
fn failing(ground: &Ground<'_>, pods: impl Iterator<Item = usize>) -> Option<String> {
    let mut failing = pods.filter(|&p| ground.pods[p].state == PodState::Failing);
    let first = ground.pods[failing.next()?].pod;
    let more = match failing.count() {
        0 => String::new(),
        1 => " and 1 more fails".into(),
        n => format!(" and {n} more fail"),
    };
    Some(format!("{} {}{more}", first.metadata.name, pod_failure(first)?))
}

/// A Deployment.
pub(crate) fn deployment(d: &Deployment, workload: &Workload<'_>, ground: &Ground<'_>) -> Verdict {
    let (wanted, status) = (d.wanted(), &d.status);
    let counts = format!("{} of {wanted} ready", status.ready_replicas);
    let with = |why: &str| format!("{counts}: {why}");
    let stuck = condition(&status.conditions, "Progressing").is_some_and(|c| c.reason == "ProgressDeadlineExceeded");
    let refused = condition(&status.conditions, "ReplicaFailure").filter(|c| c.status == "True");
    let bad = if status.available_replicas == 0 { Health::Failing } else { Health::Degraded };
    if d.metadata.deletion_timestamp.is_some() {
        return (Health::Idle, "ending".into());
    }
    if d.observed() && wanted == 0 && status.replicas == 0 {
        return (Health::Idle, "scaled to 0".into());
    }
    if let Some(why) = failing(ground, workload.pods.iter().copied()) {
        return (bad, with(&why));
    }
    if let Some(refused) = refused {
        return (bad, with(&refused.message));
    }
    match () {
        () if d.complete() && status.ready_replicas >= wanted => (Health::Healthy, counts),
        () if stuck => (bad, with("rollout made no progress before its deadline")),
        () if d.spec.paused && d.observed() && status.updated_replicas != status.replicas => {
            (Health::Moving, with(&format!("paused, {} of {wanted} on the newest template", status.updated_replicas)))
        }
        () if !d.observed() => (Health::Moving, with("the change was not picked up yet")),
        () if status.updated_replicas < wanted || status.replicas > status.updated_replicas => {
            (Health::Moving, with(&format!("{} of {wanted} updated", status.updated_replicas)))
        }
        () => (Health::Moving, with("pods are starting")),
    }
}

/// A controller of pods of which only the pods are known.
pub(crate) fn counted(workload: &Workload<'_>, ground: &Ground<'_>) -> (Verdict, u32) {
    let ready = workload.pods.iter().filter(|&&p| ground.pods[p].state == PodState::Ready).count() as u32;
    let wanted = workload.wanted();
    (of_pods(ready, wanted, ground, &workload.pods), ready)
}

/// A ReplicaSet.
pub(crate) fn replica_set(set: &ReplicaSet, pods: &[usize], ground: &Ground<'_>) -> Verdict {
    let refused = condition(&set.status.conditions, "ReplicaFailure").filter(|c| c.status == "True");
    match of_pods(set.status.ready_replicas, set.spec.replicas.unwrap_or(1), ground, pods) {
        (Health::Moving, counts) if refused.is_some() => {
            (Health::Failing, format!("{counts}: {}", refused.map(|c| c.message.as_str()).unwrap_or_default()))
        }
        verdict => verdict,
    }
}

fn of_pods(ready: u32, wanted: u32, ground: &Ground<'_>, pods: &[usize]) -> Verdict {
    let counts = format!("{ready} of {wanted} ready");
    match failing(ground, pods.iter().copied()) {
        _ if wanted == 0 && pods.is_empty() => (Health::Idle, "scaled to 0".into()),
        Some(why) => (if ready == 0 { Health::Failing } else { Health::Degraded }, format!("{counts}: {why}")),
        None if ready == wanted => (Health::Healthy, counts),
        None => (Health::Moving, counts),
    }
}

/// An older ReplicaSet that serves although nothing replaces it any more: the rollout is stuck, paused half-way, or
/// said to be over. While a rollout moves, serving from both is how it works.
pub(crate) fn stale(workload: &Workload<'_>, set: &ReplicaSet) -> bool {
    let newest = workload.sets.first().is_none_or(|newest| newest.metadata.uid == set.metadata.uid);
    let Some(d) = workload.deployment.filter(|_| !newest) else { return false };
    let progressing = condition(&d.status.conditions, "Progressing");
    let stuck = progressing.is_some_and(|c| c.reason == "ProgressDeadlineExceeded");
    let over = progressing.is_some_and(|c| c.reason == "NewReplicaSetAvailable");
    let wanted = set.spec.replicas.unwrap_or(1) > 0;
    d.observed() && wanted && (stuck || over || d.spec.paused)
}

/// A Service: by its endpoints.
pub(crate) fn service(s: &Service, backing: &Backing, view: &View<'_>) -> Verdict {
    if s.spec.kind == "ExternalName" {
        return (Health::Unknown, format!("answers with the name {}", s.spec.external_name));
    }
    let selected: Vec<&Workload<'_>> = view.ground.selected(s).collect();
    let dropped = selected.iter().flat_map(|w| ports::dropped(s, w)).map(|d| d.detail).next();
    let counts = format!("{} of {} endpoints ready", backing.ready, backing.total);
    match dropped {
        Some(why) if backing.taking() == 0 => (Health::Failing, why.text),
        Some(why) => (Health::Degraded, why.text),
        None if backing.taking() > 0 && backing.ready > 0 => (Health::Healthy, counts),
        None if backing.taking() > 0 => (Health::Degraded, format!("{counts}: answered by pods that are ending")),
        None if !s.spec.selector.is_empty() && selected.is_empty() => (Health::Failing, "its selector matches no pod".into()),
        None if selected.iter().all(|w| w.wanted() == 0) => (Health::Idle, "nothing wanted behind it".into()),
        None => (Health::Failing, counts),
    }
}

/// A route row: by the share of its requests that arrive.
pub(crate) fn row(row: &Row, view: &View<'_>) -> Verdict {
    let split = &row.route.split;
    let refused = |(entry, attachment): &(ObjectId, Attachment)| match attachment {
        _ if view.presence(entry) == Presence::Missing => Some(format!("{} does not exist", entry.said())),
        Attachment::Refused(why) => Some(why.clone()),
        _ => None,
    };
    let refusals: Vec<String> = row.status.attachments.iter().filter_map(refused).collect();
    if let Some(why) = refusals.first().filter(|_| refusals.len() == row.status.attachments.len()) {
        return (Health::Failing, format!("no entry takes it: {why}"));
    }
    if split.backends.is_empty() {
        return (Health::Unknown, if split.elsewhere > 0 { "sends to a kind that is not shown" } else { "no backend" }.into());
    }
    let (mut lost, mut why, mut unseen) = (0.0, String::new(), None);
    for (i, backend) in split.backends.iter().enumerate().filter(|(i, _)| split.share(*i) > 0.0) {
        let trouble = match view.reach(row, backend) {
            Reach::Broken(why) => Some(why.text),
            Reach::Backed(s, b) if b.taking() == 0 && s.spec.kind != "ExternalName" => {
                let why = if b.ready > 0 { "reaches no pod on its port" } else { "has no ready endpoint" };
                Some(format!("{} {why}", backend.object.said()))
            }
            Reach::Unseen => {
                unseen = Some(format!("{} is not read here", backend.object.said()));
                None
            }
            _ => None,
        };
        if let Some(trouble) = trouble {
            lost += split.share(i);
            why = trouble;
        }
    }
    let sum: f64 = (0..split.backends.len()).map(|i| split.share(i)).sum();
    match lost {
        _ if sum == 0.0 && split.elsewhere == 0 => (Health::Failing, "every backend has weight 0".into()),
        0.0 => unseen.map_or((Health::Healthy, String::new()), |why| (Health::Unknown, why)),
        lost if lost > 0.999 => (Health::Failing, format!("every request fails: {why}")),
        lost => (Health::Degraded, format!("{:.0} % of requests fail: {why}", lost * 100.0)),
    }
}

/// A Gateway: by its own conditions.
pub(crate) fn gateway(g: &Gateway) -> Verdict {
    let conditions = &g.status.conditions;
    let refused = ["Accepted", "Programmed"].iter().filter_map(|k| condition(conditions, k)).find(|c| c.status == "False");
    let taken = ["Programmed", "Accepted"].iter().any(|k| condition(conditions, k).is_some_and(|c| c.status == "True"));
    match refused {
        Some(c) => (Health::Failing, format!("{}: {}", c.reason, c.message)),
        None if taken => (Health::Healthy, String::new()),
        None => (Health::Unknown, "no controller has accepted it".into()),
    }
}

/// An HPA: by its own conditions.
pub(crate) fn hpa(h: &Hpa) -> Verdict {
    let counts = format!("{} to {} pods, wants {}", h.spec.min_replicas.unwrap_or(1), h.spec.max_replicas, h.status.desired_replicas);
    let failed = |kind| condition(&h.status.conditions, kind).filter(|c| c.status == "False");
    match (failed("AbleToScale"), failed("ScalingActive")) {
        (None, Some(c)) if c.reason == "ScalingDisabled" => (Health::Idle, "off: its target is scaled to 0".into()),
        (Some(c), _) | (None, Some(c)) => (Health::Degraded, format!("{}: {}", c.reason, c.message)),
        _ if h.status.conditions.is_empty() => (Health::Unknown, "not looked at yet".into()),
        _ => (Health::Healthy, counts),
    }
}

/// A PDB: by its own counts.
pub(crate) fn pdb(p: &Pdb) -> Verdict {
    let s = &p.status;
    let counts = format!("{} healthy, {} must stay, {} may be evicted", s.current_healthy, s.desired_healthy, s.disruptions_allowed);
    (if s.current_healthy < s.desired_healthy { Health::Degraded } else { Health::Healthy }, counts)
}
