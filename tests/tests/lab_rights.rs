//! The roles that the product ships, on the real authorizer: who has them in one namespace can carry out the plans there and
//! take them back, and nothing more; who may only look sees everything that is shown and is stopped before anything is written.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use acceptance::scene::{LAB, Scene, ended};
use acceptance::until;
use serde_json::{Value, json};

/// Binds roles to a user in the scene's namespace, and waits until they count.
fn bind(s: &Scene, user: &str, roles: &[&str]) {
    let api = "rbac.authorization.k8s.io";
    let binding = |role: &&str| {
        json!({"apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": role, "namespace": s.namespace},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": api, "kind": "User", "name": user}]})
    };
    s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": roles.iter().map(binding).collect::<Vec<_>>()}));
    until("the rights count", Duration::from_secs(30), || may(s, user, "list", "endpointslices"));
}

fn may(s: &Scene, user: &str, verb: &str, resource: &str) -> bool {
    let (resource, below) = resource.split_once('/').unwrap_or((resource, ""));
    let below = format!("--subresource={below}");
    let asked = LAB.kubectl(&["-n", &s.namespace, "--as", user, "auth", "can-i", verb, resource, &below]);
    asked.is_ok_and(|answer| answer.trim() == "yes")
}

fn ends(s: &Scene, kubeconfig: &Path, arguments: &[&str]) -> (i32, Value) {
    ended(&mut s.command_with(kubeconfig, arguments))
}

fn plan(s: &Scene, kubeconfig: &Path, strategy: &[&str]) -> String {
    let out = s.command_with(kubeconfig, &[&["plan"], strategy, &["--out", "p"]].concat()).output().expect("starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    s.plan_id("p")
}

/// Carries the plan out. Whoever may not read nodes is not told that pods are simulated, and asked about the missing answers.
fn carry_out(s: &Scene, kubeconfig: &Path, run: &str, more: &[&str]) -> (i32, Value) {
    let (code, end) = ends(s, kubeconfig, &[&["run", "p", "--yes", "--confirm-context", "practice"], more].concat());
    let asked = code == 4 && end["text"].to_string().contains("no connection");
    if asked { ends(s, kubeconfig, &[&["resume", run, "--yes", "--choose", "go-on"], more].concat()) } else { (code, end) }
}

const BLUE_GREEN: [&str; 8] =
    ["blue-green", "deployment/web", "--image", "web=changeover.dev/shop:v2", "--set", "settle=0", "--set", "soak=0"];

#[test]
fn the_operator_of_one_namespace_carries_out_every_plan_there_and_back_and_may_do_nothing_more() {
    let s = Scene::direct();
    let (user, me) = ("shop-operator", LAB.kubeconfig_of("shop-operator"));
    s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": s.namespace},
         "spec": {"minReplicas": 1, "maxReplicas": 4, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}},
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": s.namespace},
         "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}},
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": s.namespace},
         "spec": {"serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": {"metadata": {"labels": {"app": "db"}},
          "spec": {"containers": [{"name": "db", "image": "changeover.dev/shop:v1"}]}}}},
    ]}));
    s.kubectl(&["rollout", "status", "statefulset/db", "--timeout=120s"]);
    s.kubectl(&["set", "image", "statefulset/db", "db=changeover.dev/shop:v2"]);
    s.kubectl(&["rollout", "status", "statefulset/db", "--timeout=120s"]);
    bind(&s, user, &["changeover-viewer", "changeover-operator"]);

    // There and back, in place, by an undo, by what brings no version, and by a swap, which makes autoscaler and budget anew.
    let run = plan(&s, &me, &[&BLUE_GREEN[..], &["--finish", "promote"]].concat());
    let (code, checked) = ends(&s, &me, &["check", "p", "-o", "json"]);
    let stops: Vec<&Value> = checked["findings"].as_array().into_iter().flatten().filter(|f| f["severity"] == "block").collect();
    assert!(code == 0 && stops.is_empty(), "{stops:#?}");
    assert_eq!(carry_out(&s, &me, &run, &["--until", "cut-over"]).0, 4);
    assert!(s.selector().to_string().contains("green"), "traffic moved: {}", s.selector());
    let (code, end) = ends(&s, &me, &["back-out", &run]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    for strategy in [
        [&BLUE_GREEN[..], &["--finish", "promote"]].concat(),
        vec!["rollback", "deployment/web"],
        vec!["rollback", "statefulset/db"],
        vec!["restart", "deployment/web"],
        vec!["restart", "statefulset/db"],
        vec!["scale", "deployment/web", "--replicas", "2"],
        vec!["scale", "statefulset/db", "--replicas", "2"],
        vec!["pause", "deployment/web"],
        vec!["resume", "deployment/web"],
        [&BLUE_GREEN[..], &["--finish", "swap"]].concat(),
    ] {
        let run = plan(&s, &me, &strategy);
        let (code, end) = carry_out(&s, &me, &run, &[]);
        assert_eq!((code, &end["state"]), (0, &json!("done")), "{strategy:?}: {end}");
    }

    let more = [
        ("get", "secrets"),
        ("patch", "secrets"),
        ("update", "configmaps"),
        ("list", "leases"),
        ("delete", "pods"),
        ("create", "pods/exec"),
        ("create", "pods/attach"),
        ("patch", "replicasets"),
        ("delete", "namespaces"),
        ("create", "rolebindings"),
        ("patch", "ingresses"),
    ];
    assert!(may(&s, user, "create", "pods/portforward"), "the question is understood");
    let too_much: Vec<_> = more.iter().filter(|(verb, resource)| may(&s, user, verb, resource)).collect();
    assert!(too_much.is_empty(), "{too_much:?}");
}

#[test]
fn the_viewer_sees_all_that_is_shown_and_is_stopped_before_anything_is_written() {
    let s = Scene::direct();
    bind(&s, "shop-viewer", &["changeover-viewer"]);
    for (user, of_the_cluster) in [("viewer", true), ("shop-viewer", false)] {
        let me = LAB.kubeconfig_of(user);
        let (_, map) = ends(&s, &me, &["map", "-o", "json"]);
        let unread: BTreeSet<&str> = map["unread"].as_array().into_iter().flatten().filter_map(|k| k["kind"].as_str()).collect();
        // Classes belong to no namespace: whoever has the rights of one alone is told that they were not read.
        let classes = ["GatewayClass", "IngressClass"].into_iter().filter(|_| !of_the_cluster);
        assert_eq!(unread.into_iter().filter(|kind| *kind != "Secret").collect::<Vec<_>>(), classes.collect::<Vec<_>>(), "{user}");
        let nodes: Vec<&str> = map["nodes"].as_array().into_iter().flatten().filter_map(|n| n["id"].as_str()).collect();
        let there = |kind: &str| nodes.iter().any(|id| id.starts_with(&format!("{kind}/{}/web", s.namespace)));
        assert!(there("Service") && there("Deployment") && there("Pod"), "{user}: {nodes:?}");

        plan(&s, &me, &BLUE_GREEN);
        let (code, checked) = ends(&s, &me, &["check", "p", "-o", "json"]);
        let of = |code: &str| checked["findings"].as_array().into_iter().flatten().filter(|f| f["code"] == code).count();
        assert!(code == 3 && of("permissions") > 3, "{user}: {checked}");
        // Of the whole cluster, what a plan asks nodes for: read, or told as not read.
        assert_eq!(of("node-room"), usize::from(!of_the_cluster), "{user}: {checked}");
        assert_eq!(ends(&s, &me, &["run", "p", "--yes", "--confirm-context", "practice"]).0, 3);
        for verb in [&["restart", "deployment/web"][..], &["scale", "deployment/web", "--replicas", "2"], &["pause", "deployment/web"]] {
            plan(&s, &me, verb);
            let (code, checked) = ends(&s, &me, &["check", "p", "-o", "json"]);
            let mut findings = checked["findings"].as_array().into_iter().flatten();
            let stops = findings.any(|f| f["code"] == "permissions" && f["severity"] == "block");
            assert!(code == 3 && stops, "{user}: {verb:?}: {checked}");
            assert_eq!(ends(&s, &me, &["run", "p", "--yes", "--confirm-context", "practice"]).0, 3);
        }
    }
    assert!(s.carried_out().is_empty(), "{:?}", s.carried_out());
}

/// Rights that end in the middle: told by name, nothing moves, and once they are back, so does the run.
#[test]
fn rights_that_are_withdrawn_in_the_middle_stop_the_run_in_words_and_with_them_it_is_taken_back() {
    let s = Scene::direct();
    let (user, me) = ("shop-operator", LAB.kubeconfig_of("shop-operator"));
    let roles = ["changeover-viewer", "changeover-operator"];
    bind(&s, user, &roles);
    let world = s.world();
    let run = plan(&s, &me, &[&BLUE_GREEN[..], &["--finish", "swap"]].concat());
    assert_eq!(carry_out(&s, &me, &run, &["--until", "create-green"]).0, 4);
    let before = s.selector();
    s.kubectl(&["delete", "rolebinding", "changeover-operator"]);
    until("the right is gone", Duration::from_secs(30), || !may(&s, user, "patch", "services"));
    let (code, end) = ends(&s, &me, &["resume", &run, "--yes"]);
    assert_eq!((code, &end["error"]["code"]), (1, &json!("forbidden")), "{end}");
    let (code, end) = ends(&s, &me, &["back-out", &run, "--reason", "test"]);
    assert_eq!((code, &end["state"]), (6, &json!("stuck")), "{end}");
    assert!(end["text"].to_string().contains("cannot delete resource"), "what is missing is told: {end}");
    assert!(end["breakGlass"].to_string().contains("delete deployments.apps/web-green"), "and what to do by hand: {end}");
    assert_eq!(s.selector(), before, "nothing moves");
    bind(&s, user, &roles);
    until("the right is back", Duration::from_secs(30), || may(&s, user, "patch", "services"));
    let (code, end) = ends(&s, &me, &["back-out", &run, "--reason", "test"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert_eq!(s.world(), world, "nothing is left of it");
}
