//! The objects of a shop, with `cart` in the middle of a Blue/Green.

use std::collections::BTreeMap;

use model::ClusterIdentity;
use plan::Snapshot;
use serde_json::{Value, json};

/// What the Services of `cart` select.
#[derive(Clone, Copy, PartialEq)]
pub enum Traffic {
    /// What they did before.
    Own,
    /// The ReplicaSet of blue.
    Blue,
    Green,
    /// `cart` both of them, `cart-grpc` green.
    Both,
}

/// Pods of a workload, by how they are.
#[derive(Clone, Copy, Default)]
pub struct Pods {
    pub ready: usize,
    pub starting: usize,
    pub failing: usize,
}

#[derive(Clone)]
pub struct Shop {
    pub traffic: Traffic,
    /// Pods of `cart-green`, once it is there.
    pub green: Option<Pods>,
    /// Since when `cart-green` is there.
    pub made: Option<String>,
    /// Tag that `cart` runs.
    pub cart: &'static str,
    /// `web` is paused.
    pub paused: bool,
    /// `payments` is on its way back to 3.8.4.
    pub rolls_back: bool,
}

impl Default for Shop {
    fn default() -> Self {
        Self { traffic: Traffic::Own, green: None, made: None, cart: "1.18.2", paused: false, rolls_back: false }
    }
}

impl Shop {
    pub fn snapshot(&self) -> Snapshot {
        let cluster = ClusterIdentity { uid: "5b1c".into(), server: "https://10.40.0.1:6443".into(), ca_sha256: String::new() };
        Snapshot::from_objects(cluster, "prod-kr", self.objects()).expect("they decode")
    }

    fn objects(&self) -> Vec<Value> {
        let ready = |ready| Pods { ready, ..Pods::default() };
        let web = [("111", "5.7.0", Pods::default()), ("112", "5.8.0", ready(6))];
        let payments = match self.rolls_back {
            false => [("46", "3.8.4", ready(4)), ("47", "3.9.0", Pods { starting: 2, ..Pods::default() })],
            true => [("47", "3.9.0", Pods { failing: 1, ..Pods::default() }), ("48", "3.8.4", Pods { starting: 1, ..ready(4) })],
        };
        let mut all = vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "uid": "shop"}, "status": {"phase": "Active"}}),
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "n1", "labels": {"kubernetes.io/arch": "amd64"}},
                "status": {"allocatable": {"cpu": "64", "memory": "256Gi", "pods": "250"}}}),
        ];
        all.extend(workload("web", json!({"app": "web"}), &web, self.paused));
        all.extend(workload("payments", json!({"app": "payments"}), &payments, false));
        all.extend(workload("cart", json!({"app": "cart"}), &[("31", self.cart, ready(20))], self.traffic != Traffic::Own));
        if let Some(pods) = self.green {
            let at = all.len();
            all.extend(workload("cart-green", json!({"app": "cart", "changeover.dev/color": "green"}), &[("1", "1.19.0", pods)], false));
            all[at]["metadata"]["creationTimestamp"] = json!(self.made);
            all.push(event("ScalingReplicaSet", "Scaled up replica set cart-green-1 from 0 to 20", &self.made));
        }
        all.push(service("web", 80, json!({"app": "web"})));
        all.push(service("payments", 80, json!({"app": "payments"})));
        let (own, blue) = (json!({"app": "cart"}), json!({"app": "cart", "pod-template-hash": "31"}));
        let green = json!({"app": "cart", "changeover.dev/color": "green"});
        let (cart, grpc) = match self.traffic {
            Traffic::Own => (own.clone(), own),
            Traffic::Blue => (blue.clone(), blue),
            Traffic::Green => (green.clone(), green),
            Traffic::Both => (own, green),
        };
        all.extend([service("cart", 8080, cart.clone()), slice("cart", &cart, &all), service("cart-grpc", 9090, grpc.clone())]);
        all.push(slice("cart-grpc", &grpc, &all));
        all.extend(["web", "cart"].map(ingress));
        all.extend([("web", 6), ("cart", 20)].map(|(name, min)| {
            json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata(name),
                "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                    "minReplicas": min, "maxReplicas": 120,
                    "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]}})
        }));
        all
    }
}

fn metadata(name: &str) -> Value {
    json!({"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1"})
}

/// A Deployment with its ReplicaSets, oldest first, and their pods.
fn workload(name: &str, labels: Value, revisions: &[(&str, &str, Pods)], paused: bool) -> Vec<Value> {
    let container = name.trim_end_matches("-green");
    let template = |tag: &str, hash: Option<&str>| {
        let mut labels = labels.clone();
        if let Some(hash) = hash {
            labels["pod-template-hash"] = hash.into();
        }
        json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": container,
            "image": format!("registry.shop.example/{container}:{tag}"), "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}, "readinessProbe": {"httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"}}}]}})
    };
    let owned = |name: &str, kind: &str, owner: &str| {
        let mut metadata = metadata(name);
        metadata["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": owner, "controller": true}]);
        metadata
    };
    let all = |p: &Pods| p.ready + p.starting + p.failing;
    let (total, ready): (usize, usize) = (revisions.iter().map(|r| all(&r.2)).sum(), revisions.iter().map(|r| r.2.ready).sum());
    let (revision, tag, newest) = revisions.last().expect("one");
    let mut meta = metadata(name);
    (meta["labels"], meta["generation"]) = (labels.clone(), 1.into());
    meta["annotations"] = json!({"deployment.kubernetes.io/revision": revision});
    meta["creationTimestamp"] = "2026-02-27T05:20:00Z".into();
    let mut spec = json!({"replicas": total, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "selector": {"matchLabels": labels},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}, "template": template(tag, None)});
    if paused {
        spec["paused"] = true.into();
    }
    let status = json!({"observedGeneration": 1, "replicas": total, "updatedReplicas": all(newest), "readyReplicas": ready, "availableReplicas": ready});
    let mut objects = vec![json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec, "status": status})];
    for (nth, (revision, tag, pods)) in revisions.iter().enumerate() {
        let set = format!("{name}-{revision}");
        let mut meta = owned(&set, "Deployment", name);
        meta["annotations"] = json!({"deployment.kubernetes.io/revision": revision});
        let template = template(tag, Some(revision));
        meta["labels"] = template["metadata"]["labels"].clone();
        let spec = json!({"replicas": all(pods), "selector": {"matchLabels": meta["labels"]}, "template": template});
        let status = json!({"replicas": all(pods), "readyReplicas": pods.ready, "availableReplicas": pods.ready});
        objects.push(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec, "status": status}));
        objects.extend((0..all(pods)).map(|n| {
            let mut meta = owned(&format!("{set}-{n:02}"), "ReplicaSet", &set);
            meta["labels"] = template["metadata"]["labels"].clone();
            meta["creationTimestamp"] = format!("2026-03-02T05:2{nth}:00Z").into();
            let (is_ready, failing) = (n < pods.ready, n >= pods.ready + pods.starting);
            let state = if failing { json!({"waiting": {"reason": "CrashLoopBackOff"}}) } else { json!({"running": {}}) };
            let containers = json!([{"name": container, "ready": is_ready, "restartCount": if failing { 5 } else { 0 }, "state": state}]);
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"], "status": {"phase": "Running",
                "conditions": [{"type": "Ready", "status": if is_ready { "True" } else { "False" }}], "containerStatuses": containers}})
        }));
    }
    objects
}

fn service(name: &str, port: u16, selector: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata(name), "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.10",
        "selector": selector, "ports": [{"name": "http", "port": port, "targetPort": "http", "protocol": "TCP"}]}})
}

/// The ready pods that the selector matches.
fn slice(service: &str, selector: &Value, all: &[Value]) -> Value {
    let selected = |pod: &&Value| {
        let labels = &pod["metadata"]["labels"];
        pod["kind"] == "Pod" && selector.as_object().is_some_and(|s| s.iter().all(|(k, v)| labels.get(k) == Some(v)))
    };
    let endpoints: Vec<Value> = all
        .iter()
        .filter(selected)
        .map(|p| {
            let (name, ready) = (&p["metadata"]["name"], p["status"]["conditions"][0]["status"] == "True");
            json!({"targetRef": {"kind": "Pod", "name": name, "uid": name}, "conditions": {"ready": ready}})
        })
        .collect();
    let mut meta = metadata(&format!("{service}-v4"));
    meta["labels"] = json!(BTreeMap::from([("kubernetes.io/service-name", service)]));
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4", "endpoints": endpoints})
}

fn ingress(name: &str) -> Value {
    let (path, port) = if name == "web" { ("/", 80) } else { ("/cart", 8080) };
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata(name), "spec": {
        "ingressClassName": "edge", "tls": [{"hosts": ["shop.example.com"]}], "rules": [{"host": "shop.example.com", "http": {"paths": [{"path": path,
            "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": port}}}}]}}]}})
}

fn event(reason: &str, message: &str, at: &Option<String>) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": metadata(reason), "type": "Normal", "reason": reason, "message": message,
        "lastTimestamp": at, "count": 1, "involvedObject": {"kind": "Deployment", "namespace": "shop", "name": "cart-green", "uid": "cart-green"}})
}
