//! A storm of edits, seen through a way that breaks again and again: in the end the live graph is the one that a fresh list gives.
//! Practice lab: the controllers answer to the edits with changes of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acceptance::dice::Dice;
use acceptance::fault::{Answer, Fault, FaultProxy};
use acceptance::scene::LAB;
use cluster::{Connection, FeedEvent, KindState, Namespaces, Options, Sources, WritePolicy, kubeconfig};
use engine::Cluster;
use http_body_util::BodyExt;
use hyper::Method;
use model::{Kind, ObjectId};
use serde_json::{Value, json};
use topology::Topology;

const EDITS: u32 = 3_000;
/// 50 edits a second.
const EVERY: Duration = Duration::from_millis(20);
/// How long controllers may take to come to rest after it.
const SETTLED: Duration = Duration::from_secs(180);

/// What a window knows of a namespace: a graph that lives on deltas.
#[derive(Default)]
struct Live {
    topology: Topology,
    unseen: BTreeSet<Kind>,
    kinds: BTreeMap<Kind, KindState>,
}

impl Live {
    fn of(namespace: &str) -> Self {
        let mut live = Self::default();
        live.topology.follow(Some([namespace.to_string()].into()));
        live
    }

    fn take(&mut self, event: FeedEvent) {
        match event {
            FeedEvent::Deltas(deltas) => drop(self.topology.apply(deltas)),
            FeedEvent::Kind(kind, state) => {
                self.kinds.insert(kind, state);
                let blind = |s: &KindState| matches!(s, KindState::Forbidden { .. } | KindState::NotInstalled);
                self.unseen = self.kinds.iter().filter(|(_, s)| blind(s)).map(|(k, _)| *k).collect();
                self.topology.blind_to(self.unseen.clone());
            }
            FeedEvent::Freshness(_) => {}
        }
    }
}

async fn open(file: &std::path::Path) -> Arc<Connection> {
    let contexts = kubeconfig::load(&Sources { explicit: Some(file.into()), ..Default::default() }).expect("a kubeconfig");
    let name = contexts.current.clone().expect("a current context");
    Connection::open(contexts.get(&name).expect("the context"), &Options::new(WritePolicy::read_only())).await.expect("a connection")
}

/// The graph of what a list gives now.
async fn listed(conn: &Connection, namespace: &str, unseen: &BTreeSet<Kind>) -> Topology {
    let mut objects = vec![];
    for kind in topology::kinds().into_iter().filter(|k| !unseen.contains(k)) {
        let within = Some(namespace).filter(|_| kind.namespaced());
        let all = conn.list(kind, within, None).await.expect("lists");
        objects.extend(all.into_iter().map(|v| kind.decode_value(&v).expect("decodes")));
    }
    let mut topology: Topology = objects.into_iter().collect();
    topology.blind_to(unseen.clone());
    topology.follow(Some([namespace.to_string()].into()));
    topology
}

/// Names that objects of a kind may have: few, so that they are made, changed and deleted over and over.
const NAMES: u64 = 4;

enum Edit {
    Make(Kind, Value),
    Change(Kind, String, Value),
    Delete(Kind, String),
}

fn deployment(kind: &str, name: &str, dice: &mut Dice) -> Value {
    let labels = json!({"app": name});
    let of_app = format!("a{}", dice.below(NAMES));
    let container = json!({"name": "c", "image": format!("changeover.dev/shop:v{}", dice.below(3) + 1), "ports": [{"name": "http", "containerPort": 8080}],
        "envFrom": [{"configMapRef": {"name": of_app}}]});
    let mut spec = json!({"replicas": dice.below(3), "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}});
    if kind == "StatefulSet" {
        spec["serviceName"] = name.into();
    }
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn service(name: &str, dice: &mut Dice) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": format!("a{}", dice.below(NAMES))}, "ports": [{"name": "web", "port": 80, "targetPort": "http"}]}})
}

fn refs(dice: &mut Dice) -> Value {
    (0..=dice.below(2)).map(|_| json!({"name": format!("a{}", dice.below(NAMES)), "port": 80, "weight": dice.below(10)})).collect()
}

fn route(name: &str, dice: &mut Dice) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name},
        "spec": {"parentRefs": [{"name": format!("a{}", dice.below(NAMES))}], "hostnames": [format!("{name}.example.com")],
            "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": format!("/{}", dice.below(3))}}], "backendRefs": refs(dice)}]}})
}

fn ingress(name: &str, dice: &mut Dice) -> Value {
    let backend = json!({"service": {"name": format!("a{}", dice.below(NAMES)), "port": {"number": 80}}});
    let canary = json!({"nginx.ingress.kubernetes.io/canary": "true", "nginx.ingress.kubernetes.io/canary-weight": "10"});
    let annotations = if dice.below(3) == 0 { canary } else { json!({}) };
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "annotations": annotations},
        "spec": {"rules": [{"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}})
}

/// One of twenty kinds of edits.
fn edit(dice: &mut Dice) -> Edit {
    let name = format!("a{}", dice.below(NAMES));
    match dice.below(20) {
        0 => Edit::Make(Kind::Deployment, deployment("Deployment", &name, dice)),
        1 => Edit::Change(Kind::Deployment, name, json!({"spec": {"replicas": dice.below(4)}})),
        2 => {
            let image = format!("changeover.dev/shop:v{}", dice.below(5) + 1);
            let template = json!({"spec": {"containers": [{"name": "c", "image": image}]}});
            Edit::Change(Kind::Deployment, name, json!({"spec": {"template": template}}))
        }
        3 => Edit::Delete(Kind::Deployment, name),
        4 => Edit::Make(Kind::Service, service(&name, dice)),
        5 => Edit::Change(Kind::Service, name, json!({"spec": {"selector": {"app": format!("a{}", dice.below(NAMES))}}})),
        6 => Edit::Change(
            Kind::Service,
            name,
            json!({"metadata": {"labels": {"changeover.dev/color": if dice.below(2) == 0 { "blue" } else { "green" }}}}),
        ),
        7 => Edit::Delete(Kind::Service, name),
        8 => Edit::Make(Kind::HTTPRoute, route(&name, dice)),
        9 => Edit::Change(Kind::HTTPRoute, name, json!({"spec": {"rules": [{"backendRefs": refs(dice)}]}})),
        10 => Edit::Delete(Kind::HTTPRoute, name),
        11 => Edit::Make(Kind::Ingress, ingress(&name, dice)),
        12 => Edit::Delete(Kind::Ingress, name),
        13 => Edit::Make(
            Kind::Gateway,
            json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": name},
                "spec": {"gatewayClassName": if dice.below(2) == 0 { "traefik" } else { "gone" }, "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}}),
        ),
        14 => Edit::Delete(Kind::Gateway, name),
        15 => Edit::Make(Kind::ConfigMap, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b"}})),
        16 => Edit::Delete(Kind::ConfigMap, name),
        17 => Edit::Make(
            Kind::HorizontalPodAutoscaler,
            json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": {"maxReplicas": 3,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": format!("a{}", dice.below(NAMES))}}}),
        ),
        18 => Edit::Make(
            Kind::PodDisruptionBudget,
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
                "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": format!("a{}", dice.below(NAMES))}}}}),
        ),
        _ => Edit::Make(Kind::StatefulSet, deployment("StatefulSet", &name, dice)),
    }
}

/// Who edits. That a name is taken, or is not there, is part of the storm.
struct Hand {
    raw: kube::Client,
    namespace: String,
    done: Mutex<BTreeMap<u16, u32>>,
}

impl Hand {
    async fn does(&self, edit: Edit) {
        let at = |kind: Kind| model::kind::collection_path(kind, Some(&self.namespace));
        let of = |kind: Kind, name: &str| ObjectId::new(kind, &self.namespace, name).path();
        let request = match &edit {
            Edit::Make(kind, body) => http::Request::post(at(*kind)).header("content-type", "application/json").body(body.to_string()),
            Edit::Change(kind, name, body) => {
                // Custom resources know no strategic merge.
                let how = if kind.group().ends_with("networking.k8s.io") { "merge" } else { "strategic-merge" };
                http::Request::patch(of(*kind, name)).header("content-type", format!("application/{how}-patch+json")).body(body.to_string())
            }
            Edit::Delete(kind, name) => http::Request::delete(of(*kind, name)).body(String::new()),
        };
        let request = request.expect("a request").map(|body| kube::client::Body::from(body.into_bytes()));
        let (parts, body) = self.raw.send(request).await.expect("the API server answers").into_parts();
        let said = body.collect().await.expect("an answer").to_bytes();
        let code = parts.status.as_u16();
        assert!(matches!(code, 200..=202 | 404 | 409), "HTTP {code}: {}", String::from_utf8_lossy(&said));
        *self.done.lock().expect("no panic holds it").entry(code).or_default() += 1;
    }
}

/// Breaks the way to the API server every few seconds: cut connections, silence, versions that are too old, servers in trouble.
async fn weather(proxy: &FaultProxy) {
    for n in 0_u32.. {
        tokio::time::sleep(Duration::from_secs(3)).await;
        match n % 5 {
            0 => proxy.shows_another_certificate(2090),
            1 => {
                proxy.silence();
                tokio::time::sleep(Duration::from_secs(4)).await;
                proxy.heal();
            }
            2 => (0..6).for_each(|_| proxy.next(Method::GET, "watch=", "", Fault::Instead(GONE))),
            3 => (0..4).for_each(|_| proxy.next(Method::GET, "watch=", "", Fault::ResetBefore)),
            _ => (0..4).for_each(|_| proxy.next(Method::GET, "?", "", Fault::Instead(Answer::trouble(503)))),
        }
        if n % 5 >= 2 {
            // What is open goes on: only what is opened anew meets the fault.
            proxy.shows_another_certificate(2091);
        }
    }
}

const GONE: Answer = Answer {
    status: 410,
    header: ("", ""),
    body: r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}"#,
};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_through_a_broken_way_the_map_is_the_cluster() {
    let namespace = format!("storm-{}", std::process::id());
    LAB.kubectl(&["create", "namespace", &namespace]).expect("a namespace");
    let folder = tempfile::tempdir().expect("a folder");
    let authority = std::fs::read_to_string(LAB.authority()).expect("reads");
    let token = LAB.token("admin").expect("the admin has a token");
    let proxy = FaultProxy::start(folder.path(), LAB.server(), &authority, token).await.expect("the proxy stands");

    let (through, direct) = (open(&proxy.kubeconfig).await, open(&LAB.kubeconfig()).await);
    let live = Arc::new(Mutex::new(Live::of(&namespace)));
    let reader = tokio::spawn({
        let live = live.clone();
        let mut feed = cluster::watch(through, &topology::kinds(), &Namespaces::Only(vec![namespace.clone()]));
        async move {
            while let Some(event) = feed.next().await {
                live.lock().expect("no panic holds it").take(event);
            }
        }
    });

    let read = kube::config::Kubeconfig::read_from(LAB.kubeconfig()).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(read, &kube::config::KubeConfigOptions::default()).await.expect("a configuration");
    let hand =
        Arc::new(Hand { raw: kube::Client::try_from(config).expect("a client"), namespace: namespace.clone(), done: Mutex::default() });
    let storm = async {
        let (mut dice, mut beat, mut edits) = (Dice(11), tokio::time::interval(EVERY), tokio::task::JoinSet::new());
        for _ in 0..EDITS {
            beat.tick().await;
            let (hand, edit) = (hand.clone(), edit(&mut dice));
            edits.spawn(async move { hand.does(edit).await });
        }
        edits.join_all().await;
    };
    tokio::select! {
        () = storm => {}
        () = weather(&proxy) => {}
    }
    proxy.heal();
    let done = hand.done.lock().expect("no panic holds it").clone();
    assert!(done.iter().filter(|(code, _)| **code < 300).map(|(_, n)| n).sum::<u32>() > EDITS / 3, "{done:?}");

    let end = tokio::time::Instant::now() + SETTLED;
    loop {
        let unseen = live.lock().expect("no panic holds it").unseen.clone();
        let fresh = listed(&direct, &namespace, &unseen).await;
        let difference = {
            let live = live.lock().expect("no panic holds it");
            let same = live.topology.graph() == fresh.graph()
                && live.topology.findings().eq(fresh.findings())
                && live.topology.routes(None, usize::MAX) == fresh.routes(None, usize::MAX);
            (!same).then(|| format!("live:\n{}\nlisted:\n{}", live.topology.text(), fresh.text()))
        };
        let Some(difference) = difference else { break };
        assert!(tokio::time::Instant::now() < end, "{difference}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(live.lock().expect("no panic holds it").topology.graph().nodes().count() > 20, "the storm left something to compare");
    reader.abort();
    LAB.kubectl(&["delete", "namespace", &namespace, "--wait=false"]).expect("deletes");
}
