//! Places: stable, disjoint, the same every time.

mod common;

use std::collections::BTreeMap;

use common::{fixtures, objects};
use model::{Delta, Kind, Object, ObjectId};
use topology::{GraphDelta, Node, NodeId, Place, Rank, Topology};

/// An application of `pods` pods behind a Service and a route of its own on the Gateway `edge`.
fn app(namespace: &str, name: &str, pods: usize) -> Vec<Object> {
    let decode = |kind: Kind, v: serde_json::Value| kind.decode_value(&v).expect("decodes");
    let labels = serde_json::json!({"app": name});
    let owner =
        |kind: &str, of: &str| serde_json::json!([{"kind": kind, "name": of, "uid": format!("{namespace}-{of}"), "controller": true}]);
    let template = serde_json::json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:v1"}]}});
    let set = format!("{name}-1");
    let pod_names: Vec<String> = (0..pods).map(|i| format!("{set}-{i}")).collect();
    let endpoints: Vec<_> = pod_names
        .iter()
        .map(|p| serde_json::json!({"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": p, "uid": format!("{namespace}-{p}")}}))
        .collect();
    let meta = |name: &str| serde_json::json!({"namespace": namespace, "name": name, "uid": format!("{namespace}-{name}")});
    let with = |mut m: serde_json::Value, key: &str, v: serde_json::Value| {
        m[key] = v;
        m
    };
    let mut all = vec![
        decode(
            Kind::HTTPRoute,
            serde_json::json!({"metadata": meta(name), "spec": {"parentRefs": [{"namespace": "edge", "name": "edge"}],
                "rules": [{"matches": [{"path": {"value": format!("/{name}")}}], "backendRefs": [{"name": name, "port": 80}]}]}}),
        ),
        decode(
            Kind::Service,
            serde_json::json!({"metadata": meta(name), "spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]}}),
        ),
        decode(
            Kind::EndpointSlice,
            serde_json::json!({"metadata": with(meta(name), "labels", serde_json::json!({"kubernetes.io/service-name": name})),
                "endpoints": endpoints, "ports": [{"name": "http", "port": 80}]}),
        ),
        decode(Kind::Deployment, serde_json::json!({"metadata": meta(name), "spec": {"replicas": pods, "template": template}})),
        replica_set(namespace, name, "1", pods),
    ];
    for pod in &pod_names {
        let meta = with(with(meta(pod), "ownerReferences", owner("ReplicaSet", &set)), "labels", labels.clone());
        all.push(decode(
            Kind::Pod,
            serde_json::json!({"metadata": meta, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}),
        ));
    }
    all
}

fn replica_set(namespace: &str, deployment: &str, hash: &str, pods: usize) -> Object {
    let name = format!("{deployment}-{hash}");
    let value = serde_json::json!({
        "metadata": {"namespace": namespace, "name": name, "uid": format!("{namespace}-{name}"),
            "annotations": {"deployment.kubernetes.io/revision": hash},
            "ownerReferences": [{"kind": "Deployment", "name": deployment, "uid": format!("{namespace}-{deployment}"), "controller": true}]},
        "spec": {"replicas": pods, "template": {"metadata": {"labels": {"app": deployment}}}}
    });
    Kind::ReplicaSet.decode_value(&value).expect("decodes")
}

fn cluster(namespaces: usize, apps: usize, pods: usize) -> Vec<Object> {
    let name = |n: usize, a: usize| (format!("ns{n:03}"), format!("app{a:03}"));
    let all = (0..namespaces).flat_map(|n| (0..apps).map(move |a| name(n, a)));
    all.flat_map(|(ns, app_name)| app(&ns, &app_name, pods)).collect()
}

fn places(topology: &Topology) -> BTreeMap<NodeId, Place> {
    let place = |n: &Node| (n.id.clone(), topology.layout().place(&n.id).expect("every node has a place"));
    topology.graph().nodes().map(place).collect()
}

fn upserts(objects: Vec<Object>) -> Vec<Delta> {
    objects.into_iter().map(Delta::Upsert).collect()
}

fn moved(delta: &GraphDelta, before: &BTreeMap<NodeId, Place>) -> Vec<NodeId> {
    delta.places.iter().map(|(id, _)| id.clone()).filter(|id| before.contains_key(id)).collect()
}

#[test]
fn an_application_that_comes_or_goes_moves_no_other_node() {
    let mut live: Topology = cluster(5, 8, 3).into_iter().collect();
    let before = places(&live);
    let delta = live.apply(upserts(app("ns002", "new", 4)));
    assert!(!delta.places.is_empty());
    assert_eq!(moved(&delta, &before), Vec::<NodeId>::new());
    let gone = app("ns001", "app003", 3).iter().map(|o| Delta::Remove(o.id())).collect();
    let delta = live.apply(gone);
    assert_eq!(moved(&delta, &before), Vec::<NodeId>::new());
}

#[test]
fn a_rolling_update_moves_nothing_but_the_new_revision() {
    let mut live: Topology = cluster(2, 4, 3).into_iter().collect();
    let before = places(&live);
    let place = |live: &Topology, kind, name: &str| live.layout().place(&NodeId::of(&ObjectId::new(kind, "ns000", name))).expect("placed");
    let delta = live.apply(upserts(vec![replica_set("ns000", "app001", "2", 1)]));
    assert_eq!(moved(&delta, &before), Vec::<NodeId>::new());
    let (old, new) = (place(&live, Kind::ReplicaSet, "app001-1"), place(&live, Kind::ReplicaSet, "app001-2"));
    assert_eq!(new.row, old.row + 1.0, "replica sets of a workload take successive rows");
    let gone = (0..3).map(|i| ObjectId::new(Kind::Pod, "ns000", format!("app001-1-{i}")));
    let gone = gone.chain([ObjectId::new(Kind::ReplicaSet, "ns000", "app001-1")]).map(Delta::Remove).collect();
    live.apply(gone);
    let last = place(&live, Kind::ReplicaSet, "app001-2");
    assert_eq!(last.row, place(&live, Kind::Deployment, "app001").row, "the last one stands in the row of its workload");
}

#[test]
fn a_workload_its_only_revision_and_its_pods_share_a_row() {
    let live: Topology = cluster(3, 5, 4).into_iter().collect();
    for pod in live.graph().nodes().filter(|n| n.rank == Rank::Pods) {
        let (_, name) = (0, pod.object.name.rsplit_once('-').expect("a pod of a set").0);
        let set = pod.object.sibling(Kind::ReplicaSet, name);
        let deployment = pod.object.sibling(Kind::Deployment, name.trim_end_matches("-1"));
        let row = |id: &ObjectId| live.layout().place(&NodeId::of(id)).expect("placed").row;
        assert_eq!(row(&pod.object), row(&set));
        assert_eq!(row(&set), row(&deployment));
    }
}

#[test]
fn namespaces_do_not_mix_when_the_map_is_opened() {
    let live: Topology = cluster(6, 3, 2).into_iter().collect();
    let mut bands: BTreeMap<String, (f32, f32)> = BTreeMap::new();
    for node in live.graph().nodes().filter(|n| n.rank != Rank::Entry) {
        let row = live.layout().place(&node.id).expect("placed").row;
        let band = bands.entry(node.object.namespace.clone()).or_insert((row, row));
        *band = (band.0.min(row), band.1.max(row));
    }
    let bands: Vec<(f32, f32)> = bands.into_values().collect();
    assert!(bands.windows(2).all(|w| w[0].1 < w[1].0), "{bands:?}");
}

#[test]
fn the_same_objects_get_the_same_places_in_whatever_order_they_are_listed() {
    let mut all = cluster(3, 4, 3);
    all.extend(objects(&fixtures().join("graphs/shop/objects.yaml")));
    let one: Topology = all.iter().cloned().collect();
    let other: Topology = all.into_iter().rev().collect();
    assert_eq!(places(&one), places(&other));
}

#[test]
fn laying_out_afresh_closes_the_holes() {
    let mut live: Topology = cluster(3, 6, 2).into_iter().collect();
    let high = live.layout().height();
    let gone = app("ns001", "app002", 2).iter().map(|o| Delta::Remove(o.id())).collect();
    live.apply(gone);
    live.relayout();
    assert!(live.layout().height() < high);
    let rebuilt: Topology = live.objects().iter().map(|(_, o)| o.clone()).collect();
    assert_eq!(places(&live), places(&rebuilt));
}
