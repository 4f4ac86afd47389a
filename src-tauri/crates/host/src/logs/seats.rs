//! Whose logs there are to read: the containers of an owner's pods, as the live objects show them.

use api::ContainerView;
use model::kinds::pod::{ContainerStatus, Pod};
use model::{Kind, ObjectId, ObjectSet, Sentence, sentence};

/// A container that has, or will have, a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    /// Pod.
    pub pod: ObjectId,
    /// Uid of the pod: one of the same name that comes later is another.
    pub uid: String,
    /// Container.
    pub container: String,
    /// Times that it was restarted.
    pub restarts: u32,
    /// It runs.
    pub running: bool,
    /// Why there is nothing to read yet; `None` = there is.
    pub waiting: Option<Sentence>,
}

/// What the live objects show.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Containers, those that matter most first: of pods that fail, then of new ones.
    pub seats: Vec<Seat>,
    /// Containers that can be chosen.
    pub containers: Vec<ContainerView>,
    /// Pods.
    pub pods: usize,
    /// What is seen is as it is now.
    pub live: bool,
}

/// What has to be known to find the pods.
pub const KINDS: [Kind; 5] = [Kind::Pod, Kind::ReplicaSet, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];

/// Kinds whose pods are found by the reference that names them alone.
const BY_REFERENCE: [Kind; 2] = [Kind::ReplicaSet, Kind::Job];

/// Whether objects of that kind are pods or own some.
pub fn has_logs(kind: Kind) -> bool {
    kind == Kind::Pod || kind.rolls() || BY_REFERENCE.contains(&kind)
}

fn pods_of<'a>(set: &'a ObjectSet, id: &'a ObjectId) -> Vec<&'a Pod> {
    let owned = |p: &&Pod| p.metadata.controller().is_some_and(|o| o.kind == id.kind.name() && o.name == id.name);
    match id.kind {
        Kind::Pod => set.pod(&id.namespace, &id.name).into_iter().collect(),
        kind if BY_REFERENCE.contains(&kind) => set.pods(&id.namespace).filter(owned).collect(),
        _ => set.workload(id).map(|w| set.pods_of(w)).unwrap_or_default(),
    }
}

/// Looks at an owner's pods; `container`: only those of that name, `previous`: only what was there before a restart counts.
pub fn look(set: &ObjectSet, id: &ObjectId, container: Option<&str>, previous: bool, live: bool) -> Seen {
    let mut pods = pods_of(set, id);
    pods.sort_by_key(|p| (p.failure().is_none(), p.metadata.creation_timestamp.map(std::cmp::Reverse), p.metadata.name.clone()));
    let mut containers: Vec<ContainerView> = vec![];
    let mut seats = vec![];
    for pod in &pods {
        let (spec, status) = (&pod.spec, &pod.status);
        let own = spec.containers.iter().map(|c| (c, &status.container_statuses, false));
        let init = spec.init_containers.iter().map(|c| (c, &status.init_container_statuses, true));
        for (c, statuses, init) in own.chain(init) {
            if containers.iter().all(|known| known.name != c.name) {
                containers.push(ContainerView { name: c.name.clone(), image: c.image.clone(), init });
            }
            if container.is_some_and(|wanted| wanted != c.name) {
                continue;
            }
            let status = statuses.iter().find(|s| s.name == c.name);
            seats.push(Seat {
                pod: ObjectId::new(Kind::Pod, &pod.metadata.namespace, &pod.metadata.name),
                uid: pod.metadata.uid.clone(),
                container: c.name.clone(),
                restarts: status.map_or(0, |s| s.restart_count),
                running: status.is_some_and(|s| s.state.running.is_some()),
                waiting: waiting(pod, status, previous),
            });
        }
    }
    containers.sort_by(|a, b| (a.init, &a.name).cmp(&(b.init, &b.name)));
    Seen { seats, containers, pods: pods.len(), live }
}

fn waiting(pod: &Pod, status: Option<&ContainerStatus>, previous: bool) -> Option<Sentence> {
    let restarted = status.is_some_and(|s| s.restart_count > 0 || s.last_state.terminated.is_some());
    if previous {
        return (!restarted).then(|| sentence!("it was not restarted"));
    }
    if restarted || status.is_some_and(|s| s.state.running.is_some() || s.state.terminated.is_some()) {
        return None;
    }
    let said = status.and_then(|s| s.state.waiting.as_ref()).map(|w| (w.reason.clone(), w.message.clone()));
    let of_pod = || pod.failure().map(|f| (f.reason, f.message));
    let (reason, message) = said.or_else(of_pod).unwrap_or_default();
    Some(match (reason.as_str(), message.as_str()) {
        ("", _) => sentence!("it has not started"),
        (_, "") => sentence!("it has not started: {reason}", reason),
        _ => sentence!("it has not started: {reason} ({message})", reason, message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Object;
    use serde_json::{Value, json};

    fn pod(name: &str, owner: (&str, &str), at: &str, status: Value) -> Object {
        let (kind, of) = owner;
        let owners = json!([{"kind": kind, "name": of, "uid": format!("u-{of}"), "controller": true}]);
        let meta =
            json!({"namespace": "shop", "name": name, "uid": format!("u-{name}"), "creationTimestamp": at, "ownerReferences": owners});
        let spec = json!({"containers": [{"name": "web"}, {"name": "proxy"}], "initContainers": [{"name": "setup"}]});
        Kind::Pod.decode_value(&json!({"metadata": meta, "spec": spec, "status": status})).expect("decodes")
    }

    fn running(restarts: u32) -> Value {
        json!({"containerStatuses": [
            {"name": "web", "restartCount": restarts, "state": {"running": {"startedAt": "2026-11-28T09:00:00Z"}}},
            {"name": "proxy", "state": {"waiting": {"reason": "ContainerCreating"}}}
        ], "initContainerStatuses": [{"name": "setup", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]})
    }

    fn crashing() -> Value {
        json!({"containerStatuses": [{"name": "web", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]})
    }

    fn shop() -> ObjectSet {
        let owned = |kind: Kind, name: &str, owner: Value| {
            let meta = json!({"namespace": "shop", "name": name, "uid": format!("u-{name}"), "ownerReferences": owner});
            kind.decode_value(&json!({"metadata": meta})).expect("decodes")
        };
        let by = |of: &str| json!([{"kind": "Deployment", "name": of, "uid": format!("u-{of}"), "controller": true}]);
        ObjectSet::from_iter([
            owned(Kind::Deployment, "web", json!([])),
            owned(Kind::ReplicaSet, "web-a", by("web")),
            owned(Kind::ReplicaSet, "web-b", by("web")),
            pod("web-a-1", ("ReplicaSet", "web-a"), "2026-11-28T08:00:00Z", running(0)),
            pod("web-a-2", ("ReplicaSet", "web-a"), "2026-11-28T07:00:00Z", crashing()),
            pod("web-b-1", ("ReplicaSet", "web-b"), "2026-11-28T09:00:00Z", json!({"phase": "Pending"})),
            pod("migrate-1", ("Job", "migrate"), "2026-11-28T09:00:00Z", running(0)),
        ])
    }

    fn pods(seen: &Seen) -> Vec<&str> {
        let mut names: Vec<&str> = seen.seats.iter().map(|s| s.pod.name.as_str()).collect();
        names.dedup();
        names
    }

    fn of(kind: Kind, name: &str, container: Option<&str>, previous: bool) -> Seen {
        look(&shop(), &ObjectId::new(kind, "shop", name), container, previous, true)
    }

    #[test]
    fn an_owner_has_the_pods_that_it_owns_failing_ones_first_then_new_ones() {
        assert_eq!(pods(&of(Kind::Deployment, "web", None, false)), ["web-a-2", "web-b-1", "web-a-1"]);
        assert_eq!(pods(&of(Kind::ReplicaSet, "web-a", None, false)), ["web-a-2", "web-a-1"]);
        assert_eq!(pods(&of(Kind::Job, "migrate", None, false)), ["migrate-1"]);
        assert_eq!(pods(&of(Kind::Pod, "web-b-1", None, false)), ["web-b-1"]);
        assert_eq!(of(Kind::Deployment, "gone", None, false).pods, 0);
    }

    #[test]
    fn a_container_that_has_not_started_says_why() {
        let seen = of(Kind::Deployment, "web", None, false);
        let why = |pod: &str, container: &str| {
            let seat = seen.seats.iter().find(|s| s.pod.name == pod && s.container == container).expect("is there");
            seat.waiting.as_ref().map(|w| w.text.clone())
        };
        assert_eq!(why("web-a-1", "web"), None);
        assert_eq!(why("web-a-1", "setup"), None, "one that is done has a log");
        assert_eq!(why("web-a-2", "web"), None, "one that crashes has that of its last try");
        assert_eq!(why("web-a-1", "proxy").as_deref(), Some("it has not started: ContainerCreating"));
        assert_eq!(why("web-b-1", "web").as_deref(), Some("it has not started"));
        let names: Vec<_> = seen.containers.iter().map(|c| (c.name.as_str(), c.init)).collect();
        assert_eq!(names, [("proxy", false), ("web", false), ("setup", true)]);
    }

    #[test]
    fn before_a_restart_there_is_a_log_only_where_there_was_one() {
        let seen = of(Kind::Deployment, "web", Some("web"), true);
        let there: Vec<_> = seen.seats.iter().filter(|s| s.waiting.is_none()).map(|s| s.pod.name.as_str()).collect();
        assert_eq!((there, seen.seats.len()), (vec!["web-a-2"], 3));
    }
}
