//! What others do to a cluster in the middle of a run, on a real API server with its own controllers: a quota that is met
//! half-way, a pod that is evicted in the soak, a namespace that ends.

use std::time::Duration;

use acceptance::scene::{LAB, Running, Scene};
use acceptance::until;
use serde_json::json;

fn quota(s: &Scene, pods: u32) {
    s.apply(&json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team", "namespace": s.namespace},
        "spec": {"hard": {"pods": pods.to_string()}}}));
    until("the quota counts", Duration::from_secs(30), || {
        !s.kubectl(&["get", "resourcequota", "team", "-o", "jsonpath={.status.used.pods}"]).is_empty()
    });
}

fn ready(s: &Scene, deployment: &str) -> String {
    s.kubectl(&["get", "deployment", deployment, "--ignore-not-found", "-o", "jsonpath={.status.readyReplicas}"])
}

#[test]
fn a_quota_that_is_met_half_way_ends_the_run_in_its_own_words_and_blue_serves_on() {
    let s = Scene::new("quota");
    let before = s.selector();
    let run = s.plan("p", "web", "v2", &["--finish", "swap", "--set", "soak=1", "--set", "deadline=60"]);
    // Up to here there was room; now there is room for one of green's two pods.
    assert_eq!(s.ends(&["run", "p", "--yes", "--confirm-context", "practice", "--until", "create-green"]).0, 4);
    quota(&s, 3);
    let (code, end) = s.ends(&["resume", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert!(end.to_string().contains("exceeded quota: team"), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (before, "2"));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).trim(), "deployment.apps/web", "green is gone");
}

#[test]
fn a_pod_that_is_evicted_in_the_soak_is_waited_for_and_does_not_turn_traffic_back() {
    let s = Scene::direct();
    let run = s.plan("p", "web", "v2", &["--finish", "swap", "--set", "soak=30", "--set", "settle=0"]);
    let mut soaking = Running::start(s.command(&["run", "p", "--yes", "--confirm-context", "practice"]));
    soaking.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    let pod = s.kubectl(&["get", "pods", "-l", "changeover.dev/color=green", "-o", "jsonpath={.items[0].metadata.name}"]);
    // As a drain does it, and the kubelet of a node under pressure: the pod goes, and another takes its place.
    let path = format!("/api/v1/namespaces/{}/pods/{pod}/eviction", s.namespace);
    let eviction = s.state.path().join("eviction.json");
    let body = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": s.namespace}});
    std::fs::write(&eviction, body.to_string()).expect("writes");
    s.kubectl(&["create", "--raw", &path, "-f", &eviction.display().to_string()]);
    let (code, lines) = soaking.ends();
    let end = lines.last().expect("a last line");
    assert_eq!((code, &end["state"]), (0, &json!("done")), "{run}: {end}");
    assert!(s.selector().to_string().contains("green"), "{}", s.selector());
}

#[test]
fn a_namespace_that_ends_in_the_middle_is_told_and_nothing_more_is_tried() {
    let s = Scene::direct();
    let run = s.plan("p", "web", "v2", &["--finish", "swap", "--set", "soak=600", "--set", "settle=0"]);
    // Something in it stays until its finalizer is taken off, and with it the namespace.
    s.apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stays", "namespace": s.namespace, "finalizers": ["example.com/stays"]}}));
    let mut soaking = Running::start(s.command(&["run", "p", "--yes", "--confirm-context", "practice"]));
    soaking.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    LAB.kubectl(&["delete", "namespace", &s.namespace, "--wait=false"]).expect("it is ending");
    let (code, lines) = soaking.ends();
    let end = lines.last().expect("a last line").clone();
    s.kubectl(&["patch", "configmap", "stays", "--type=json", "-p", r#"[{"op":"remove","path":"/metadata/finalizers"}]"#]);
    assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
    let why = format!("namespace {} is being deleted", s.namespace);
    assert!(end["text"].as_str().is_some_and(|t| t.contains(&why)), "{run}: {end}");
}
