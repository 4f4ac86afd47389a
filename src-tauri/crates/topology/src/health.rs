//! How an object is, with the reason in words. Ages are the reader's business: this room has no clock.

use model::kinds::claim::Claim;
use model::kinds::deployment::Deployment;
use model::kinds::gateway::Gateway;
use model::kinds::hpa::Hpa;
use model::kinds::http_proxy::HttpProxy;
use model::kinds::job::{CronJob, Job};
use model::kinds::network_policy::NetworkPolicy;
use model::kinds::pdb::Pdb;
use model::kinds::pod::Pod;
use model::kinds::replica_set::ReplicaSet;
use model::kinds::rollout::{Canary, Rollout, RolloutStatus};
use model::kinds::scaled_object::ScaledObject;
use model::kinds::service::Service;
use model::kinds::vpa::Vpa;
use model::kinds::{Condition, condition};
use model::{ObjectId, Sentence, sentence};

use traffic::Attachment;

use crate::graph::{Health, PodState, Presence};
use crate::ground::{Backing, Ground, Workload};
use crate::ports;
use crate::view::{Reach, Row, View};

/// Health and reason.
pub(crate) type Verdict = (Health, Option<Sentence>);

/// What a pod's failure means to a person; `None` when it does not fail.
fn pod_failure(pod: &Pod) -> Option<Sentence> {
    let (reason, container) = match pod.failure() {
        Some(f) => (f.reason, f.container),
        None if pod.status.phase == "Failed" => (pod.status.reason.clone(), String::new()),
        None => return None,
    };
    let what = match reason.as_str() {
        "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName" => sentence!("cannot pull image"),
        "CreateContainerConfigError" => sentence!("lacks configuration that it refers to"),
        "CreateContainerError" | "RunContainerError" => sentence!("cannot start its container"),
        "CrashLoopBackOff" => sentence!("crashes again and again"),
        "OOMKilled" => sentence!("ran out of memory"),
        "Error" => sentence!("ended with an error"),
        "Unschedulable" => sentence!("fits on no node"),
        "Evicted" => sentence!("was evicted"),
        _ => sentence!("failed"),
    };
    Some(match reason.is_empty() {
        true => what,
        false if pod.spec.containers.len() > 1 && !container.is_empty() => {
            sentence!("{what} ({reason}, container {container})", reason, container; what)
        }
        false => sentence!("{what} ({reason})", reason; what),
    })
}

/// A pod.
pub(crate) fn pod(pod: &Pod, state: PodState) -> Verdict {
    match state {
        PodState::Ready => (Health::Healthy, None),
        PodState::Failing => (Health::Failing, pod_failure(pod)),
        PodState::Ending => (Health::Idle, Some(sentence!("ending"))),
        PodState::Starting => {
            let waits = pod.status.container_statuses.iter().find(|c| !c.ready);
            let said = match waits {
                Some(c) if c.state.running.is_some() => sentence!("container {container} runs and is not ready", container = c.name),
                Some(c) if c.state.waiting.is_some() => sentence!("starting its containers"),
                _ if pod.spec.node_name.is_empty() => sentence!("waits for a node"),
                _ => sentence!("starting"),
            };
            (Health::Moving, Some(said))
        }
    }
}

/// `web-7d9 cannot pull image (ErrImagePull) and 2 more fail`; `None` when no pod fails.
fn failing(ground: &Ground<'_>, pods: impl Iterator<Item = usize>) -> Option<Sentence> {
    let mut failing = pods.filter(|&p| ground.pods[p].state == PodState::Failing);
    let first = ground.pods[failing.next()?].pod;
    let (pod, what) = (&first.metadata.name, pod_failure(first)?);
    Some(match failing.count() {
        0 => sentence!("{pod} {what}", pod; what),
        1 => sentence!("{pod} {what} and 1 more fails", pod; what),
        n => sentence!("{pod} {what} and {n} more fail", pod, n; what),
    })
}

/// A Deployment.
pub(crate) fn deployment(d: &Deployment, workload: &Workload<'_>, ground: &Ground<'_>) -> Verdict {
    let (wanted, status) = (d.wanted(), &d.status);
    let counts = ready_of(status.ready_replicas, wanted);
    let with = |why| Some(but(&counts, why));
    let stuck = condition(&status.conditions, "Progressing").is_some_and(|c| c.reason == "ProgressDeadlineExceeded");
    let refused = condition(&status.conditions, "ReplicaFailure").filter(|c| c.status == "True");
    let bad = if status.available_replicas == 0 { Health::Failing } else { Health::Degraded };
    if d.metadata.deletion_timestamp.is_some() {
        return (Health::Idle, Some(sentence!("ending")));
    }
    if d.observed() && wanted == 0 && status.replicas == 0 {
        return (Health::Idle, Some(sentence!("scaled to 0")));
    }
    if let Some(why) = failing(ground, workload.pods.iter().copied()) {
        return (bad, with(why));
    }
    if let Some(refused) = refused {
        return (bad, with(Sentence::quoted(&refused.message)));
    }
    match () {
        () if d.complete() && status.ready_replicas >= wanted => (Health::Healthy, Some(counts)),
        () if stuck => (bad, with(sentence!("rollout made no progress before its deadline"))),
        () if d.spec.paused && d.observed() && status.updated_replicas != status.replicas => {
            (Health::Moving, with(sentence!("paused, {n} of {wanted} on the newest template", n = status.updated_replicas, wanted)))
        }
        () if !d.observed() => (Health::Moving, with(sentence!("the change was not picked up yet"))),
        () if status.updated_replicas < wanted || status.replicas > status.updated_replicas => {
            (Health::Moving, with(sentence!("{n} of {wanted} updated", n = status.updated_replicas, wanted)))
        }
        () => (Health::Moving, with(sentence!("pods are starting"))),
    }
}

fn ready_of(have: u32, want: u32) -> Sentence {
    sentence!("{have} of {want} ready", have, want)
}

/// Counts, and what is wrong although they say so.
fn but(counts: &Sentence, why: Sentence) -> Sentence {
    sentence!("{counts}: {why}"; counts = counts.clone(), why)
}

/// A controller of pods of which only the pods are known.
pub(crate) fn counted(workload: &Workload<'_>, ground: &Ground<'_>) -> (Verdict, u32) {
    let ready = workload.pods.iter().filter(|&&p| ground.pods[p].state == PodState::Ready).count() as u32;
    let wanted = workload.wanted();
    (of_pods(ready, wanted, ground, &workload.pods), ready)
}

/// A Rollout: by its phase, and never better than its pods.
pub(crate) fn rollout(r: &Rollout, of_pods: Verdict) -> Verdict {
    let RolloutStatus { phase, message } = &r.status;
    let health = match phase.as_str() {
        "Progressing" | "Paused" => Health::Moving,
        "Degraded" => Health::Degraded,
        _ => return of_pods,
    };
    let said = Sentence::quoted(if message.is_empty() { phase } else { message });
    if of_pods.0.severity() > health.severity() { of_pods } else { (health, Some(said)) }
}

/// A Canary: by its phase.
pub(crate) fn canary(c: &Canary) -> Verdict {
    let phase = c.status.phase.as_str();
    let health = match phase {
        "" => return (Health::Unknown, Some(sentence!("not looked at yet"))),
        "Initialized" | "Succeeded" => Health::Healthy,
        "Failed" => Health::Degraded,
        "Terminating" | "Terminated" => Health::Idle,
        _ => Health::Moving,
    };
    (health, Some(Sentence::quoted(phase)))
}

/// A Job: by its conditions, and by its pods while it runs. Pods that failed and were tried again are no trouble yet.
pub(crate) fn job(j: &Job, workload: &Workload<'_>, ground: &Ground<'_>) -> Verdict {
    if j.metadata.deletion_timestamp.is_some() {
        return (Health::Idle, Some(sentence!("ending")));
    }
    if let Some(failed) = j.failure() {
        return (Health::Failing, Some(told(failed)));
    }
    if j.finished() || j.spec.suspend {
        return (Health::Idle, Some(if j.finished() { sentence!("done") } else { sentence!("suspended") }));
    }
    let counts = sentence!("{n} of {all} done", n = j.status.succeeded, all = j.spec.completions.unwrap_or(1));
    let with = |why: Option<Sentence>| Some(why.map_or_else(|| counts.clone(), |why| but(&counts, why)));
    let tried = (j.status.failed > 0).then(|| sentence!("failed attempts: {n}", n = j.status.failed));
    let any = |state| workload.pods.iter().any(|&p| ground.pods[p].state == state);
    match failing(ground, workload.pods.iter().copied()) {
        Some(why) => (if any(PodState::Ready) { Health::Degraded } else { Health::Failing }, with(Some(why))),
        None if any(PodState::Ready) && !any(PodState::Starting) => (Health::Healthy, with(tried)),
        None => (Health::Moving, with(tried)),
    }
}

/// A CronJob: never better than the worst of the Jobs that are shown of it.
pub(crate) fn cron_job(c: &CronJob, jobs: Vec<(&Job, Verdict)>) -> Verdict {
    let worst = jobs.into_iter().max_by_key(|(_, (health, _))| health.severity());
    match worst {
        _ if c.metadata.deletion_timestamp.is_some() => (Health::Idle, Some(sentence!("ending"))),
        Some((job, (health, why))) if health.is_trouble() || health == Health::Moving => {
            (health, why.map(|why| sentence!("{job}: {why}", job = job.metadata.name; why)))
        }
        _ if c.spec.suspend => (Health::Idle, Some(sentence!("suspended"))),
        _ => (Health::Healthy, Some(sentence!("runs at {schedule}", schedule = c.spec.schedule))),
    }
}

/// A ReplicaSet.
pub(crate) fn replica_set(set: &ReplicaSet, pods: &[usize], ground: &Ground<'_>) -> Verdict {
    let refused = condition(&set.status.conditions, "ReplicaFailure").filter(|c| c.status == "True");
    match (of_pods(set.status.ready_replicas, set.spec.replicas.unwrap_or(1), ground, pods), refused) {
        ((Health::Moving, Some(counts)), Some(refused)) => (Health::Failing, Some(but(&counts, Sentence::quoted(&refused.message)))),
        (verdict, _) => verdict,
    }
}

fn of_pods(ready: u32, wanted: u32, ground: &Ground<'_>, pods: &[usize]) -> Verdict {
    let counts = ready_of(ready, wanted);
    match failing(ground, pods.iter().copied()) {
        _ if wanted == 0 && pods.is_empty() => (Health::Idle, Some(sentence!("scaled to 0"))),
        Some(why) => (if ready == 0 { Health::Failing } else { Health::Degraded }, Some(but(&counts, why))),
        None if ready == wanted => (Health::Healthy, Some(counts)),
        None => (Health::Moving, Some(counts)),
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
        return (Health::Unknown, Some(sentence!("answers with the name {name}", name = s.spec.external_name)));
    }
    let selected: Vec<&Workload<'_>> = view.ground.selected(s).collect();
    let dropped = selected.iter().flat_map(|w| ports::dropped(s, w)).map(|d| d.detail).next();
    let counts = sentence!("{own} of {count} endpoints ready", own = backing.ready, count = backing.total);
    match dropped {
        Some(why) if backing.taking() == 0 => (Health::Failing, Some(why)),
        Some(why) => (Health::Degraded, Some(why)),
        None if backing.taking() > 0 && backing.ready > 0 => (Health::Healthy, Some(counts)),
        None if backing.taking() > 0 => (Health::Degraded, Some(but(&counts, sentence!("answered by pods that are ending")))),
        None if backing.total == 0 && selected.is_empty() && view.rests(s) => (Health::Idle, Some(sentence!("nothing wanted behind it"))),
        None if !s.spec.selector.is_empty() && selected.is_empty() => (Health::Failing, Some(sentence!("its selector matches no pod"))),
        None if selected.iter().all(|w| w.wanted() == 0) => (Health::Idle, Some(sentence!("nothing wanted behind it"))),
        None => (Health::Failing, Some(counts)),
    }
}

/// A route row: by the share of its requests that arrive.
pub(crate) fn row(row: &Row, view: &View<'_>) -> Verdict {
    let split = &row.route.split;
    let refused = |(entry, attachment): &(ObjectId, Attachment)| match attachment {
        _ if view.presence(entry) == Presence::Missing => Some(sentence!("{object} does not exist", object = entry.said())),
        Attachment::Refused(why) => Some(Sentence::quoted(why)),
        _ => None,
    };
    let refusals: Vec<Sentence> = row.status.attachments.iter().filter_map(refused).collect();
    if let Some(why) = refusals.first().filter(|_| refusals.len() == row.status.attachments.len()) {
        return (Health::Failing, Some(sentence!("no entry takes it: {why}"; why = why.clone())));
    }
    if split.backends.is_empty() {
        let said = if split.elsewhere > 0 { sentence!("sends to a kind that is not shown") } else { sentence!("no backend") };
        return (Health::Unknown, Some(said));
    }
    let (mut lost, mut why, mut unseen) = (0.0, Sentence::default(), None);
    for (i, backend) in split.backends.iter().enumerate().filter(|(i, _)| split.share(*i) > 0.0) {
        let trouble = match view.reach(row, backend) {
            Reach::Broken(why) => Some(why),
            Reach::Backed(s, b) if b.taking() == 0 && s.spec.kind != "ExternalName" => {
                let object = backend.object.said();
                Some(match b.ready {
                    0 => sentence!("{object} has no ready endpoint", object),
                    _ => sentence!("{object} reaches no pod on its port", object),
                })
            }
            Reach::Unseen => {
                unseen = Some(sentence!("{object} is not read here", object = backend.object.said()));
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
        _ if sum == 0.0 && split.elsewhere == 0 => (Health::Failing, Some(sentence!("every backend has weight 0"))),
        0.0 => (if unseen.is_some() { Health::Unknown } else { Health::Healthy }, unseen),
        lost if lost > 0.999 => (Health::Failing, Some(sentence!("every request fails: {why}"; why))),
        lost => (Health::Degraded, Some(sentence!("{share} % of requests fail: {why}", share = format!("{:.0}", lost * 100.0); why))),
    }
}

/// A Gateway: by its own conditions.
pub(crate) fn gateway(g: &Gateway) -> Verdict {
    let conditions = &g.status.conditions;
    let refused = ["Accepted", "Programmed"].iter().filter_map(|k| condition(conditions, k)).find(|c| c.status == "False");
    let taken = ["Programmed", "Accepted"].iter().any(|k| condition(conditions, k).is_some_and(|c| c.status == "True"));
    match refused {
        Some(c) => (Health::Failing, Some(told(c))),
        None if taken => (Health::Healthy, None),
        None => (Health::Unknown, Some(sentence!("no controller has accepted it"))),
    }
}

/// An HTTPProxy: by its rows of this namespace, and by what Contour says of it. `None` for one that another includes: its rows stand for
/// it, and one that only includes others has none.
pub(crate) fn http_proxy(p: &HttpProxy, of_rows: Option<Verdict>, view: &View<'_>) -> Option<Verdict> {
    if p.spec.virtualhost.is_none() {
        let orphaned = traffic::http_proxy_orphaned(p, view.all);
        return orphaned.then(|| (Health::Unknown, Some(sentence!("no root HTTPProxy that is seen includes it"))));
    }
    let refused = traffic::http_proxy_refused(p).map(Sentence::quoted);
    let nothing = p.spec.routes.is_empty() && p.spec.includes.is_empty();
    Some(match (of_rows, refused) {
        (Some(rows), None) => rows,
        (Some(rows), Some(_)) if rows.0.is_trouble() => rows,
        (_, Some(why)) => (Health::Degraded, Some(why)),
        (None, None) if p.spec.tcpproxy.is_some() => (Health::Unknown, Some(sentence!("forwards connections: where to is not shown"))),
        (None, None) if nothing => (Health::Unknown, Some(sentence!("no rule"))),
        (None, None) if p.status.valid().is_some() => (Health::Healthy, None),
        (None, None) => (Health::Unknown, Some(sentence!("no controller has accepted it"))),
    })
}

/// What a controller says of it.
pub(crate) fn told(c: &Condition) -> Sentence {
    sentence!("{reason}: {message}", reason = c.reason, message = c.message)
}

/// An HPA: by its own conditions.
pub(crate) fn hpa(h: &Hpa) -> Verdict {
    let (min, max, wants) = (h.spec.min_replicas.unwrap_or(1), h.spec.max_replicas, h.status.desired_replicas);
    let failed = |kind| condition(&h.status.conditions, kind).filter(|c| c.status == "False");
    match (failed("AbleToScale"), failed("ScalingActive")) {
        (None, Some(c)) if c.reason == "ScalingDisabled" => (Health::Idle, Some(sentence!("off: its target is scaled to 0"))),
        (Some(c), _) | (None, Some(c)) => (Health::Degraded, Some(told(c))),
        _ if h.status.conditions.is_empty() => (Health::Unknown, Some(sentence!("not looked at yet"))),
        _ => (Health::Healthy, Some(sentence!("{min} to {max} pods, wants {wants}", min, max, wants))),
    }
}

/// A ScaledObject: by its own conditions.
pub(crate) fn scaled_object(s: &ScaledObject) -> Verdict {
    let (min, max) = (s.spec.min_replica_count.unwrap_or(0), s.spec.max_replica_count.unwrap_or(100));
    let is = |kind, status| condition(&s.status.conditions, kind).filter(|c| c.status == status);
    match is("Ready", "False").or(is("Fallback", "True")) {
        _ if is("Paused", "True").is_some() => (Health::Idle, Some(sentence!("paused"))),
        Some(c) => (Health::Degraded, Some(told(c))),
        None if s.status.conditions.is_empty() => (Health::Unknown, Some(sentence!("not looked at yet"))),
        None => (Health::Healthy, Some(sentence!("{min} to {max} pods", min, max))),
    }
}

/// A VPA: by its own conditions.
pub(crate) fn vpa(v: &Vpa) -> Verdict {
    let holds = |kind: &&str| condition(&v.status.conditions, kind).filter(|c| c.status == "True");
    match ["ConfigUnsupported", "NoPodsMatched"].iter().find_map(holds) {
        Some(c) => (Health::Degraded, Some(told(c))),
        None if holds(&"RecommendationProvided").is_some() => (Health::Healthy, None),
        None => (Health::Unknown, Some(sentence!("not looked at yet"))),
    }
}

/// A NetworkPolicy: it has no status, so what it does.
pub(crate) fn network_policy(p: &NetworkPolicy) -> Verdict {
    let ingress = p.spec.limits_ingress().then(|| match p.spec.ingress.is_empty() {
        true => sentence!("lets nothing in"),
        false => sentence!("lets in what its rules name"),
    });
    let egress = p.spec.limits_egress().then(|| match p.spec.egress.is_empty() {
        true => sentence!("lets nothing out"),
        false => sentence!("lets out what its rules name"),
    });
    let does = match (ingress, egress) {
        (Some(ingress), Some(egress)) => Some(sentence!("{ingress}, {egress}"; ingress, egress)),
        (ingress, egress) => ingress.or(egress),
    };
    let said = does.map(|does| if p.spec.is_for_all() { sentence!("all pods of the namespace: {does}"; does) } else { does });
    (Health::Healthy, said)
}

/// A PersistentVolumeClaim: by its phase. Many a class binds a volume only when a pod needs it.
pub(crate) fn claim(c: &Claim) -> Verdict {
    match c.status.phase.as_str() {
        "Bound" => (Health::Healthy, None),
        "Lost" => (Health::Failing, Some(sentence!("its volume is gone"))),
        _ => (Health::Unknown, Some(sentence!("no volume is bound to it yet"))),
    }
}

/// A PDB: by its own counts.
pub(crate) fn pdb(p: &Pdb) -> Verdict {
    let s = &p.status;
    let counts = sentence!(
        "{healthy} healthy, {must} must stay, {may} may be evicted",
        healthy = s.current_healthy,
        must = s.desired_healthy,
        may = s.disruptions_allowed
    );
    (if s.current_healthy < s.desired_healthy { Health::Degraded } else { Health::Healthy }, Some(counts))
}
