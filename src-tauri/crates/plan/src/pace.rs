//! How long pods take to start, and a rolling update to end, told by the pods that are there: what each needed until it was
//! ready, and how many are replaced at a time (`maxSurge`, `maxUnavailable`). An estimate: a new image has to be pulled first,
//! and old pods end in their own time.

use model::Kind;
use model::kinds::pod::Pod;

use crate::around::Around;

/// Seconds that a rolling update of this workload takes, about; `None` = no pod tells, or it does not go by itself (`OnDelete`, or an
/// ordered StatefulSet with a pod that is not ready).
pub fn rolling_update(around: &Around<'_>) -> Option<u32> {
    let workload = around.deployment;
    if waits_for_a_hand(around) {
        return None;
    }
    let (wanted, strategy) = (workload.wanted(), &workload.spec.strategy);
    let at_a_time = match strategy.kind.as_str() {
        "OnDelete" => return None,
        "Recreate" => wanted,
        _ if around.id.kind == Kind::StatefulSet => workload.unavailable(1),
        _ => workload.surge() + workload.unavailable(wanted / 4),
    };
    let rounds = (wanted - workload.kept_back()).div_ceil(at_a_time.max(1));
    Some(rounds.saturating_mul(start(around)?))
}

/// Seconds until pods of this workload that are started at once are available, about: as many as its usual pod needed, and
/// `minReadySeconds`. `None` = no pod tells.
pub fn start(around: &Around<'_>) -> Option<u32> {
    let mut all: Vec<u32> = around.pods().into_iter().filter_map(until_ready).collect();
    all.sort_unstable();
    let usual = *all.get(all.len() / 2)?;
    // A pod that counts at once still takes the controller a moment.
    Some((usual + around.deployment.spec.min_ready_seconds).max(1))
}

/// An ordered StatefulSet replaces no pod before every one is ready, and one that never will be stays until somebody deletes it.
fn waits_for_a_hand(around: &Around<'_>) -> bool {
    let ordered = around.id.kind == Kind::StatefulSet && around.deployment.spec.pod_management_policy != "Parallel";
    ordered && around.pods().into_iter().any(|p| !p.is_ready() && !p.is_ending())
}

/// Seconds from a pod's creation until it was ready; `None` where it is not, or became so again.
fn until_ready(pod: &Pod) -> Option<u32> {
    let ready = pod.ready_since().filter(|_| pod.is_ready() && !pod.is_ending())?;
    let again = pod.status.container_statuses.iter().any(|c| c.restart_count > 0);
    let needed = ready.as_second() - pod.metadata.creation_timestamp?.as_second();
    u32::try_from(needed).ok().filter(|_| !again)
}

#[cfg(test)]
mod tests {
    use model::{ClusterIdentity, ObjectId};
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::Snapshot;

    /// A workload with pods that needed so many seconds until they were ready, and how often they were restarted.
    fn of(kind: Kind, spec: Value, pods: &[(i64, u32)]) -> Option<u32> {
        let owner =
            |kind: &str, name: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": true}]);
        let meta = json!({"name": "web", "namespace": "shop", "uid": "web"});
        let mut all = vec![json!({"apiVersion": "apps/v1", "kind": kind.name(), "metadata": meta, "spec": spec})];
        let mut by = owner(kind.name(), "web");
        if kind == Kind::Deployment {
            let meta = json!({"name": "set", "namespace": "shop", "uid": "set", "ownerReferences": by});
            all.push(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": {}}));
            by = owner("ReplicaSet", "set");
        }
        for (i, (needed, restarts)) in pods.iter().enumerate() {
            let at = |s: i64| jiff::Timestamp::from_second(1_700_000_000 + s).expect("a time").to_string();
            let name = format!("pod-{i}");
            all.push(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": "shop", "uid": name, "ownerReferences": by, "creationTimestamp": at(0)},
                "status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(*needed)}],
                    "containerStatuses": [{"name": "web", "restartCount": restarts}]}}));
        }
        let cluster = ClusterIdentity { uid: "c".into(), server: "https://c".into(), ca_sha256: String::new() };
        let snapshot = Snapshot::from_objects(cluster, "prod", all).expect("decodes");
        let id = ObjectId::new(kind, "shop", "web");
        rolling_update(&Around::of(&snapshot, &id).expect("is there"))
    }

    #[test]
    fn it_takes_as_many_rounds_as_surge_and_absence_allow_and_each_as_long_as_a_usual_pod() {
        let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}});
        let deployment = |replicas: u32, strategy: &Value| json!({"replicas": replicas, "strategy": strategy});
        // 10 pods: 3 above, 2 missing, so 5 at a time. What was restarted became ready again, and tells nothing.
        let pods = [(9, 0), (8, 0), (400, 1), (60, 0)];
        assert_eq!(of(Kind::Deployment, deployment(10, &rolling), &pods), Some(2 * 9));
        assert_eq!(of(Kind::Deployment, deployment(1, &rolling), &pods), Some(9));
        assert_eq!(of(Kind::Deployment, deployment(10, &json!({"type": "Recreate"})), &pods), Some(9));
        let patient = json!({"replicas": 10, "strategy": rolling, "minReadySeconds": 30});
        assert_eq!(of(Kind::Deployment, patient, &pods), Some(2 * 39));
        assert_eq!(of(Kind::Deployment, deployment(4, &rolling), &[(0, 0)]), Some(2), "the controller takes its moment");
        assert_eq!(of(Kind::Deployment, deployment(4, &rolling), &[(400, 1)]), None, "no pod tells");
    }

    #[test]
    fn a_stateful_set_goes_one_by_one_down_to_its_partition_and_on_delete_never_goes() {
        let update = |update: Value| json!({"replicas": 5, "podManagementPolicy": "OrderedReady", "updateStrategy": update});
        let rolling = |n: u32| update(json!({"type": "RollingUpdate", "rollingUpdate": {"partition": n}}));
        assert_eq!(of(Kind::StatefulSet, rolling(0), &[(7, 0)]), Some(35));
        assert_eq!(of(Kind::StatefulSet, rolling(3), &[(7, 0)]), Some(14));
        assert_eq!(of(Kind::StatefulSet, update(json!({"type": "OnDelete"})), &[(7, 0)]), None);
    }
}
