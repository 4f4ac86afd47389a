//! How fast the map is: `cargo run --release -p topology --example map_speed -- [namespaces] [apps] [pods]`. Prints the
//! time of the first load, of a layout from nothing, and of one pod that changes, each as the median of several.

use std::time::{Duration, Instant};

use model::{Delta, Kind, Object};
use serde_json::{Value, json};
use topology::Topology;

fn app(namespace: &str, name: &str, pods: usize) -> Vec<Object> {
    let meta = |name: &str| json!({"namespace": namespace, "name": name, "uid": format!("{namespace}-{name}")});
    let with = |mut m: Value, key: &str, v: Value| {
        m[key] = v;
        m
    };
    let owner = |kind: &str, of: &str| json!([{"kind": kind, "name": of, "uid": format!("{namespace}-{of}"), "controller": true}]);
    let (labels, set) = (json!({"app": name}), format!("{name}-1"));
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:v1"}]}});
    let names: Vec<String> = (0..pods).map(|i| format!("{set}-{i}")).collect();
    let endpoint =
        |p: &String| json!({"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": p, "uid": format!("{namespace}-{p}")}});
    let route = json!({"parentRefs": [{"namespace": "ns000", "name": "edge"}],
        "rules": [{"matches": [{"path": {"value": format!("/{name}")}}], "backendRefs": [{"name": name, "port": 80}]}]});
    let slice = with(meta(name), "labels", json!({"kubernetes.io/service-name": name}));
    let mut all = vec![
        (Kind::HTTPRoute, json!({"metadata": meta(name), "spec": route})),
        (Kind::Service, json!({"metadata": meta(name), "spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]}})),
        (
            Kind::EndpointSlice,
            json!({"metadata": slice, "endpoints": names.iter().map(endpoint).collect::<Vec<_>>(), "ports": [{"name": "http", "port": 80}]}),
        ),
        (Kind::Deployment, json!({"metadata": meta(name), "spec": {"replicas": pods, "template": template}})),
        (
            Kind::ReplicaSet,
            json!({"metadata": with(meta(&set), "ownerReferences", owner("Deployment", name)), "spec": {"replicas": pods, "template": template}}),
        ),
    ];
    for pod in &names {
        let meta = with(with(meta(pod), "ownerReferences", owner("ReplicaSet", &set)), "labels", labels.clone());
        all.push((
            Kind::Pod,
            json!({"metadata": meta, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}),
        ));
    }
    all.iter().filter_map(|(kind, value)| kind.decode_value(value).ok()).collect()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |t| t.as_secs_f64() * 1000.0)
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let number = |at: usize, default| arguments.get(at).copied().unwrap_or(default);
    let (namespaces, apps, pods) = (number(0, 20), number(1, 50), number(2, 6));
    let name = |n: usize, a: usize| (format!("ns{n:03}"), format!("app{a:03}"));
    let all: Vec<Object> =
        (0..namespaces).flat_map(|n| (0..apps).map(move |a| name(n, a))).flat_map(|(ns, name)| app(&ns, &name, pods)).collect();

    let mut live = Topology::new();
    let mut load = Vec::new();
    for _ in 0..5 {
        let deltas = all.iter().cloned().map(Delta::Upsert).collect();
        live = Topology::new();
        let start = Instant::now();
        live.apply(deltas);
        load.push(start.elapsed());
    }
    let time = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        f();
        start.elapsed()
    };
    let layout = (0..5).map(|_| time(&mut || drop(live.relayout()))).collect();
    let pods: Vec<&Object> = all.iter().filter(|o| o.kind() == Kind::Pod).step_by(7).take(200).collect();
    let mut state = Vec::new();
    let mut gone = Vec::new();
    for pod in pods {
        let Object::Pod(mut changed) = pod.clone() else { continue };
        changed.status.conditions.clear();
        let changed = Delta::Upsert(Object::Pod(changed));
        state.push(time(&mut || drop(live.apply(vec![changed.clone()]))));
        gone.push(time(&mut || drop(live.apply(vec![Delta::Remove(pod.id())]))));
        live.apply(vec![Delta::Upsert(pod.clone())]);
    }
    println!("{} nodes, {} edges, {namespaces} namespaces", live.graph().nodes().count(), live.graph().edges().count());
    println!("first load          {:8.2} ms", median(load));
    println!("layout from nothing {:8.2} ms", median(layout));
    println!("one pod changes     {:8.2} ms", median(state));
    println!("one pod goes        {:8.2} ms", median(gone));
}
