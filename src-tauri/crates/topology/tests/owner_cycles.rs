//! Owners that lead back to where they began, or to what cannot own: every object is on the map, once and in a place.

use std::collections::BTreeSet;

use model::{Delta, Kind, Object, ObjectId};
use serde_json::{Value, json};
use topology::{NodeId, Rank, Topology, fold};

/// An object of the namespace `n`; its uid is its name, and so is its owner's.
fn object(kind: Kind, name: &str, owner: Option<(&str, &str)>) -> Object {
    let owners: Vec<Value> =
        owner.iter().map(|(kind, name)| json!({"kind": kind, "name": name, "uid": name, "controller": true})).collect();
    let template = json!({"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "c:1"}]}});
    let status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
    let value = json!({"metadata": {"namespace": "n", "name": name, "uid": name, "labels": {"app": "x"}, "ownerReferences": owners},
        "spec": {"replicas": 1, "template": template, "selector": {}}, "status": status});
    kind.decode_value(&value).expect("decodes")
}

/// A Service that leads to these pods, and its EndpointSlice.
fn service(pods: &[&str]) -> [Object; 2] {
    let meta = |name: &str| json!({"namespace": "n", "name": name, "uid": name, "labels": {"kubernetes.io/service-name": "web"}});
    let endpoint = |pod: &&str| json!({"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": pod, "uid": pod}});
    let endpoints: Vec<Value> = pods.iter().map(endpoint).collect();
    let ports = json!([{"name": "http", "port": 80}]);
    [
        Kind::Service.decode_value(&json!({"metadata": meta("web"), "spec": {"selector": {"app": "x"}, "ports": ports}})),
        Kind::EndpointSlice.decode_value(&json!({"metadata": meta("web-1"), "endpoints": endpoints, "ports": ports})),
    ]
    .map(|o| o.expect("decodes"))
}

/// Takes them in one after the other, and out again, forwards and backwards.
fn check(name: &str, all: &[Object]) -> Topology {
    let whole: Topology = all.iter().cloned().collect();
    for order in [all.to_vec(), all.iter().rev().cloned().collect()] {
        let mut live = Topology::new();
        for object in &order {
            live.apply(vec![Delta::Upsert(object.clone())]);
        }
        assert_eq!(live.graph(), whole.graph(), "{name}");
        for object in all.iter().filter(|o| o.kind() != Kind::EndpointSlice) {
            let found: Vec<_> = live.graph().nodes().filter(|n| n.object == object.id()).collect();
            assert_eq!(found.len(), 1, "{name}: {} is on the map once", object.id());
            assert_eq!(found[0].presence, topology::Presence::Live, "{name}: {}", object.id());
        }
        for node in live.graph().nodes() {
            assert!(live.layout().place(&node.id).is_some(), "{name}: {} has no place", node.id);
        }
        for edge in live.graph().edges() {
            assert_ne!(edge.id.from, edge.id.to, "{name}");
        }
        assert_eq!(fold(live.graph()).nodes.len(), live.graph().nodes().count(), "{name}");
        assert!(!live.text().is_empty());
        for object in &order {
            live.apply(vec![Delta::Remove(object.id())]);
        }
        assert_eq!(live.graph().nodes().count(), 0, "{name}");
    }
    whole
}

fn ends_of(topology: &Topology, from: &ObjectId) -> BTreeSet<String> {
    topology.graph().from(&NodeId::of(from)).map(|e| e.id.to.to_string()).collect()
}

#[test]
fn objects_that_own_one_another_or_themselves_are_all_on_the_map() {
    let pod = |name: &str, kind: &'static str, owner: &'static str| object(Kind::Pod, name, Some((kind, owner)));
    let set = |name: &str, kind: &'static str, owner: &'static str| object(Kind::ReplicaSet, name, Some((kind, owner)));
    let deployment = |name: &str, kind: &'static str, owner: &'static str| object(Kind::Deployment, name, Some((kind, owner)));
    let with = |mut all: Vec<Object>, pods: &[&str]| {
        all.extend(service(pods));
        all
    };
    check("a pod of itself", &with(vec![pod("a", "Pod", "a")], &["a"]));
    check("two pods of each other", &with(vec![pod("a", "Pod", "b"), pod("b", "Pod", "a")], &["a", "b"]));
    check("a ReplicaSet of itself", &with(vec![set("r", "ReplicaSet", "r"), pod("a", "ReplicaSet", "r")], &["a"]));
    let sets = vec![set("r", "ReplicaSet", "s"), set("s", "ReplicaSet", "r"), pod("a", "ReplicaSet", "r"), pod("b", "ReplicaSet", "s")];
    let two = check("two ReplicaSets of each other", &with(sets, &["a", "b"]));
    // Each has its own pods, and traffic goes to whoever has them.
    let id = |kind, name: &str| ObjectId::new(kind, "n", name);
    assert_eq!(ends_of(&two, &id(Kind::ReplicaSet, "r")), BTreeSet::from([NodeId::of(&id(Kind::Pod, "a")).to_string()]));
    assert_eq!(ends_of(&two, &id(Kind::ReplicaSet, "s")), BTreeSet::from([NodeId::of(&id(Kind::Pod, "b")).to_string()]));
    check("a Deployment of itself", &with(vec![deployment("d", "Deployment", "d")], &[]));
    check("two Deployments of each other", &with(vec![deployment("d", "Deployment", "e"), deployment("e", "Deployment", "d")], &[]));
    let loops = vec![deployment("d", "ReplicaSet", "r"), set("r", "Deployment", "d"), pod("a", "ReplicaSet", "r")];
    check("a Deployment of its own ReplicaSet", &with(loops, &["a"]));
    let loops = vec![set("r", "Pod", "a"), pod("a", "ReplicaSet", "r")];
    check("a ReplicaSet of its own pod", &with(loops, &["a"]));
    let loops = vec![deployment("d", "Pod", "a"), set("r", "Deployment", "d"), pod("a", "ReplicaSet", "r")];
    check("a Deployment of its own pod", &with(loops, &["a"]));
}

#[test]
fn what_stands_elsewhere_on_the_map_is_nobodys_workload() {
    for (kind, name) in [(Kind::Service, "web"), (Kind::ConfigMap, "c"), (Kind::PodDisruptionBudget, "b"), (Kind::Gateway, "g")] {
        let mut all = vec![object(Kind::Pod, "a", Some((kind.name(), name)))];
        all.extend(service(&["a"]));
        let topology = check(kind.name(), &all);
        let web = topology.graph().node_of(&ObjectId::new(Kind::Service, "n", "web")).expect("is there");
        assert_eq!(web.rank, Rank::Service, "{kind}");
        assert_eq!(topology.graph().node_of(&ObjectId::new(Kind::Pod, "n", "a")).expect("is there").rank, Rank::Pods);
    }
}

#[test]
fn a_pod_of_a_replica_set_that_was_made_anew_by_the_same_name_hangs_on_that() {
    let meta = |name: &str, uid: &str| json!({"namespace": "n", "name": name, "uid": uid});
    let deployment = Kind::Deployment.decode_value(&json!({"metadata": meta("d", "another d")})).expect("decodes");
    let mut pod = json!({"metadata": meta("a", "a")});
    pod["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet", "name": "r", "uid": "another r", "controller": true}]);
    let pod = Kind::Pod.decode_value(&pod).expect("decodes");
    let set = object(Kind::ReplicaSet, "r", Some(("Deployment", "d")));
    check("a ReplicaSet made anew", &[deployment, set.clone(), pod.clone()]);
    check("a ReplicaSet made anew whose Deployment is gone", &[set, pod]);
}
