//! What others do to a cluster in the middle of a run, on a real API server with its own controllers: a quota that is met
//! half-way, a pod that is evicted in the soak, a node that takes no pods, a namespace that ends, objects that are made anew under
//! their old names, objects that are deleted, a controller that puts things back, admission that refuses, falls silent or makes
//! something else of what is written.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use acceptance::scene::{LAB, Running, Scene, served_by_green};
use acceptance::until;
use base64::Engine;
use serde_json::{Value, json};

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

/// As it is, under its own name, and yet another object: another uid, and none of our marks.
fn made_anew(s: &Scene, kind: &str, name: &str) {
    let mut object: Value = serde_json::from_str(&s.kubectl(&["get", kind, name, "-o", "json"])).expect("is JSON");
    let old = object["metadata"]["uid"].clone();
    object["metadata"] = json!({"name": name, "namespace": s.namespace, "labels": object["metadata"]["labels"]});
    object.as_object_mut().expect("an object").remove("status");
    if name == "web" {
        object["spec"].as_object_mut().expect("a spec").remove("paused");
    }
    if kind == "service" {
        object["spec"] = json!({"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]});
    }
    s.kubectl(&["delete", kind, name, "--wait=true"]);
    s.apply(&object);
    let uid = s.kubectl(&["get", kind, name, "-o", "jsonpath={.metadata.uid}"]);
    assert_ne!(old, uid.as_str());
}

/// What was there when the plan was made is gone, and something of the same name is there: somebody else's, whatever it is.
#[test]
fn an_object_that_was_made_anew_is_never_written_to_unasked() {
    // A Service led to its pods all the while; whoever made it knew nothing of colours.
    let (forth, back) = (&["approve", "--yes"][..], &["back-out", "--reason", "test"][..]);
    let cases = [("service", "web", forth), ("deployment", "web", forth), ("deployment", "web-green", back)];
    for (kind, name, call) in cases {
        let s = Scene::direct();
        let run = s.before_the_cutover();
        made_anew(&s, kind, name);
        let written = |s: &Scene| {
            let all = s.carried_out().into_iter();
            all.filter(|(w, _)| w.contains(&format!("{kind}s/{name} "))).collect::<Vec<_>>()
        };
        let before = written(&s);
        let (code, end) = s.ends(&[&call[..1], &[&run], &call[1..]].concat());
        assert_eq!((code, &end["state"]), (4, &json!("left")), "{kind}/{name}: {end}");
        assert!(end["text"].to_string().contains(name), "{kind}/{name}: what is held is named: {end}");
        assert_ne!(s.selector(), served_by_green(), "{kind}/{name}");
        assert_eq!(written(&s), before, "{kind}/{name}: nothing is written to somebody else's");
        assert_eq!(s.kubectl(&["get", kind, name, "-o", "jsonpath={.metadata.deletionTimestamp}"]), "", "{kind}/{name} stays");
    }
}

/// Same name, same template, all of its pods ready: its uid alone says that nobody ever checked it.
#[test]
fn a_green_that_was_made_anew_as_it_was_gets_no_traffic_and_once_it_is_gone_the_way_back_is_free() {
    let s = Scene::direct();
    let run = s.before_the_cutover();
    made_anew(&s, "deployment", "web-green");
    s.kubectl(&["rollout", "status", "deployment/web-green", "--timeout=90s"]);
    let (selector, written) = (s.selector(), s.carried_out());
    for call in [&["approve", &run, "--yes"][..], &["resume", &run, "--yes", "--choose", "retry"]] {
        let (code, end) = s.ends(call);
        assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
        let told = end["text"].as_str().unwrap_or_default();
        assert!(told.contains("web-green") && told.contains("made it anew"), "{end}");
        assert_eq!((s.selector(), s.carried_out()), (selector.clone(), written.clone()), "{call:?} writes nothing");
    }
    assert_eq!(s.ends(&["back-out", &run, "--reason", "not ours"]).0, 4, "somebody else's is not deleted unasked");
    s.kubectl(&["delete", "deployment", "web-green", "--wait=true"]);
    let (code, end) = s.ends(&["resume", &run, "--yes", "--choose", "retry"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (json!({"app": "web"}), "1"));
}

/// A node of one's own, whose taint keeps everybody else off; goes with the value.
struct Node(String);

impl Node {
    fn add(s: &Scene) -> Self {
        let name = format!("of-{}", s.namespace);
        s.apply(&json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": {"kubernetes.io/hostname": name}},
            "spec": {"taints": [{"key": "of", "value": s.namespace, "effect": "NoSchedule"}]},
            "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "50"}, "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "50"}}}));
        LAB.kubectl(&["wait", "node", &name, "--for=condition=Ready", "--timeout=60s"]).expect("it is ready");
        Self(name)
    }

    /// What a template needs to be placed on it and nowhere else.
    fn alone(&self, s: &Scene) -> (Value, Value) {
        (
            json!({"kubernetes.io/hostname": self.0}),
            json!([{"key": "of", "operator": "Equal", "value": s.namespace, "effect": "NoSchedule"}]),
        )
    }

    fn cordon(&self, cordoned: bool) {
        LAB.kubectl(&[if cordoned { "cordon" } else { "uncordon" }, &self.0]).expect("is changed");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = LAB.kubectl(&["delete", "node", &self.0, "--wait=false"]);
    }
}

/// The one node that takes green is cordoned once the plan is made, as before it is drained; a budget lets nobody evict a pod.
#[test]
fn a_node_that_takes_no_pods_is_told_in_the_schedulers_words_and_green_goes_again_or_comes_once_it_does() {
    let s = Scene::direct();
    let node = Node::add(&s);
    s.apply(&json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": s.namespace},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "web"}}}}));
    let mut template: Value =
        serde_json::from_str(&s.kubectl(&["get", "deployment", "web", "-o", "jsonpath={.spec.template}"])).expect("is JSON");
    (template["spec"]["nodeSelector"], template["spec"]["tolerations"]) = node.alone(&s);
    std::fs::write(s.state.path().join("template.json"), template.to_string()).expect("writes");
    let plan = |deadline: &str| {
        let (settle, soak, deadline) = ("settle=0", "soak=1", format!("deadline={deadline}"));
        let set = ["--finish", "swap", "--set", settle, "--set", soak, "--set", &deadline];
        let plan = ["plan", "blue-green", "deployment/web", "--template", "template.json", "--out", "plan"];
        s.text(&[&plan[..], &set].concat());
    };
    let (selector, pods) = (s.selector(), s.kubectl(&["get", "pods", "-o", "name"]));
    plan("20");
    node.cordon(true);
    let mut run = s.spawn();
    run.until_line("why green does not come", |l| l["detail"].to_string().contains("node(s) were unschedulable"));
    let (code, lines) = run.ends();
    let end = lines.last().expect("a last line");
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{lines:#?}");
    let told = end["text"].as_str().unwrap_or_default();
    assert!(told.contains("after 20 s") && told.contains("Unschedulable: 0/") && told.contains("node(s) were unschedulable"), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (selector, "1"));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).trim(), "deployment.apps/web", "green is gone");
    assert_eq!(s.kubectl(&["get", "pods", "-o", "name"]), pods, "and blue's pods are those that they were");

    plan("120");
    let mut run = s.spawn();
    run.until_line("why green does not come", |l| l["detail"].to_string().contains("node(s) were unschedulable"));
    node.cordon(false);
    let (code, lines) = run.ends();
    assert_eq!((code, &lines.last().expect("a last line")["state"]), (0, &json!("done")), "{lines:#?}");
    assert_eq!(s.selector(), served_by_green());
}

/// A policy of the cluster that gives selectors of Services here another key, for as long as the value lives.
struct Altering(String);

impl Altering {
    /// Of those for which the expression holds; waits until `tried`, a merge patch, is changed by it.
    fn add(s: &Scene, of: &str, tried: &str) -> Self {
        let (name, api) = (s.namespace.as_str(), "admissionregistration.k8s.io/v1");
        let rules = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["services"]}]);
        let add = "[JSONPatch{op: 'add', path: '/spec/selector/team', value: 'shop'}]";
        s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": api, "kind": "MutatingAdmissionPolicy", "metadata": {"name": name},
             "spec": {"failurePolicy": "Fail", "reinvocationPolicy": "Never", "matchConstraints": {"resourceRules": rules},
                      "matchConditions": [{"name": "of", "expression": of}],
                      "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": add}}]}},
            {"apiVersion": api, "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": name},
             "spec": {"policyName": name,
                      "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}}},
        ]}));
        let policy = Self(name.to_owned());
        policy.until(s, tried, true);
        policy
    }

    fn until(&self, s: &Scene, tried: &str, changes: bool) {
        let call = ["patch", "service", "web", "--dry-run=server", "--type=merge", "-p", tried, "-o", "jsonpath={.spec.selector}"];
        let what = if changes { "the policy counts" } else { "the policy is gone" };
        until(what, Duration::from_secs(60), || s.kubectl(&call).contains("team") == changes);
    }
}

impl Drop for Altering {
    fn drop(&mut self) {
        let _ = LAB.kubectl(&["delete", "mutatingadmissionpolicybinding,mutatingadmissionpolicy", &self.0, "--ignore-not-found"]);
    }
}

#[test]
fn a_cutover_that_admission_changes_is_taken_back_and_told_by_its_field_and_the_next_check_tells_it_before() {
    let s = Scene::direct();
    let run = s.before_the_cutover();
    let green = r#"{"spec":{"selector":{"changeover.dev/color":"green"}}}"#;
    let _policy = Altering::add(&s, "'changeover.dev/color' in object.spec.selector", green);
    let (code, end) = s.ends(&["approve", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    let told = end["text"].as_str().unwrap_or_default();
    let wanted = [&format!("Service {}/web", s.namespace), "/spec/selector was sent as", r#""team":"shop""#];
    assert!(wanted.iter().all(|w| told.contains(*w)), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (json!({"app": "web"}), "1"));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).trim(), "deployment.apps/web", "green is gone");
    let flips: usize = s.carried_out().iter().filter(|(w, _)| w.contains("services/web") && w.contains("green")).map(|(_, n)| n).sum();
    assert_eq!(flips, 1, "it is tried once: {:#?}", s.carried_out());

    s.quick_plan("swap", &[]);
    let (code, checked) = s.ends(&["check", "plan", "-o", "json"]);
    let found = checked["findings"].as_array().into_iter().flatten().find(|f| f["code"] == "admission" && f["severity"] == "block");
    let said = found.map(|f| f["message"].to_string()).unwrap_or_default();
    assert!(code == 3 && said.contains("admission changes what step cut-over writes: /spec/selector"), "{code} {checked}");
    assert_eq!(s.ends(&s.whole_run()).0, 3, "and it is not begun");
}

#[test]
fn a_way_back_that_admission_changes_is_stuck_with_its_field_and_is_free_once_the_policy_is_gone() {
    let s = Scene::direct();
    let run = s.before_the_cutover();
    let any = r#"{"spec":{"selector":{"team":null}}}"#;
    let policy = Altering::add(&s, "true", any);
    let (code, end) = s.ends(&["approve", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (6, &json!("stuck")), "{end}");
    assert!(end.to_string().contains("/spec/selector was sent as") && end.to_string().contains("kubectl"), "{end}");
    assert_eq!(s.selector()["team"], "shop", "what is there is what was said");
    LAB.kubectl(&["delete", "mutatingadmissionpolicybinding,mutatingadmissionpolicy", &s.namespace]).expect("deleted");
    policy.until(&s, any, false);
    let (code, end) = s.ends(&["back-out", &run, "--reason", "the policy is gone"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (json!({"app": "web"}), "1"));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).trim(), "deployment.apps/web", "green is gone");
}

#[test]
fn a_policy_that_comes_in_the_middle_is_said_in_its_own_words_and_what_it_refuses_is_tried_once() {
    let s = Scene::direct();
    let run = s.before_the_cutover();
    let words = "selectors are frozen this week";
    let colour = r#"{"spec":{"selector":{"changeover.dev/color":"green"}}}"#;
    let policy = s.admit_services("!('changeover.dev/color' in object.spec.selector)", words, colour);
    let (code, end) = s.ends(&["approve", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert!(end["text"].as_str().is_some_and(|t| t.contains(words)), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (json!({"app": "web"}), "1"));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).trim(), "deployment.apps/web", "green is gone");
    let moved = s.carried_out().into_keys().any(|w| w.contains("services/web") && w.contains("green"));
    assert!(!moved, "traffic never moved: {:#?}", s.carried_out());
    policy.end();

    // One that refuses the way back, too: it is stuck with the commands, and free once the policy is gone.
    let run = s.before_the_cutover();
    let policy = s.admit_services("object.metadata.name != 'web'", words, colour);
    let (code, end) = s.ends(&["approve", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (6, &json!("stuck")), "{end}");
    assert!(end.to_string().contains(words) && end.to_string().contains("kubectl"), "{end}");
    assert_eq!(ready(&s, "web"), "1", "blue serves on");
    policy.end();
    let (code, end) = s.ends(&["back-out", &run, "--reason", "the policy is gone"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (json!({"app": "web"}), "1"));
}

/// The selector as the manifest of an application has it, which knows nothing of colours.
fn reset(s: &Scene) {
    s.kubectl(&["patch", "service", "web", "--type=json", "-p", r#"[{"op":"replace","path":"/spec/selector","value":{"app":"web"}}]"#]);
}

/// As GitOps with self-heal does: whatever the selector becomes, it is what the manifest says again within a second.
#[test]
fn a_controller_that_puts_the_selector_back_again_and_again_is_told_each_time_and_fought_never() {
    let s = Scene::direct();
    let run = s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "soak=600", "--set", "settle=0"]);
    s.until_the_cutover();
    let stop = AtomicBool::new(false);
    let written = |s: &Scene| s.carried_out().iter().filter(|(w, _)| w.contains("services/web")).map(|(_, n)| n).sum::<usize>();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                if s.selector().to_string().contains("green") {
                    reset(&s);
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        let healed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let (code, end) = s.ends(&["approve", &run, "--yes"]);
            assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
            assert!(end["text"].as_str().is_some_and(|t| t.contains("Service") && t.contains("selector")), "{end}");
            let once = written(&s);
            // What is asked for is done once, and told again.
            let (code, end) = s.ends(&["resume", &run, "--yes", "--choose", "re-pin"]);
            assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
            let twice = written(&s);
            assert!(twice <= once + 2, "{once} writes of the Service, then {twice}");
        }));
        stop.store(true, Ordering::SeqCst);
        if let Err(why) = healed {
            std::panic::resume_unwind(why);
        }
    });
    // With the controller told to keep still: the way back asks before it writes over what stands there, and is free then.
    let (code, end) = s.ends(&["back-out", &run, "--reason", "self-heal is on"]);
    assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
    let (code, end) = s.ends(&["resume", &run, "--yes", "--choose", "overwrite"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert_eq!((s.selector(), ready(&s, "web").as_str()), (json!({"app": "web"}), "1"));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).trim(), "deployment.apps/web", "green is gone");
}

/// A pipeline sets the selector to what the manifest says while both colours stand, and somebody goes back before anything else.
#[test]
fn a_service_that_was_reset_before_the_cutover_is_pinned_again_before_green_goes() {
    let s = Scene::direct();
    let before = s.world();
    let run = s.before_the_cutover();
    reset(&s);
    let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
    assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
    assert!(end["text"].as_str().is_some_and(|t| t.contains("selects both colours at once")), "{end}");
    assert_eq!(ready(&s, "web-green"), "1", "green's pods stay for as long as they get requests");
    let (code, end) = s.ends(&["resume", &run, "--yes", "--choose", "re-pin"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert_eq!(s.world(), before);
}

/// Somebody deletes, in the soak, what serves, what stands by, or the Service itself.
#[test]
fn what_somebody_deletes_in_the_soak_is_told_by_its_name_and_nothing_is_made_up_for_it() {
    for (kind, name) in [("Deployment", "web-green"), ("Deployment", "web"), ("Service", "web")] {
        let s = Scene::direct();
        s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "soak=600", "--set", "settle=0"]);
        let mut soaking = s.spawn();
        soaking.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
        s.kubectl(&["delete", kind, name, "--wait=true"]);
        let (code, lines) = soaking.ends();
        let end = lines.last().expect("a last line");
        assert_eq!((code, &end["state"]), (4, &json!("left")), "{kind}/{name}: {end}");
        assert!(end["text"].to_string().contains(&format!("{kind} {}/{name}", s.namespace)), "{kind}/{name}: {end}");
        assert_eq!(s.kubectl(&["get", kind, name, "--ignore-not-found", "-o", "name"]), "", "{kind}/{name} is not made anew");
    }
}

/// Admission that never answers, for updates of Services here; the value keeps its port.
fn silent_admission(s: &Scene) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}/", listener.local_addr().expect("an address"));
    let authority = std::fs::read(LAB.authority()).expect("reads");
    let rules = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["services"]}]);
    s.apply(&json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": s.namespace},
        "webhooks": [{"name": "silent.example.com", "rules": rules, "failurePolicy": "Fail", "timeoutSeconds": 1, "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": s.namespace}},
            "clientConfig": {"url": url, "caBundle": base64::engine::general_purpose::STANDARD.encode(authority)}}]}));
    let tried =
        ["-n", &s.namespace, "patch", "service", "web", "--dry-run=server", "--type=merge", "-p", r#"{"metadata":{"labels":{"a":"b"}}}"#];
    until("it counts", Duration::from_secs(60), || LAB.kubectl(&tried).is_err_and(|e| e.to_string().contains("failed calling webhook")));
    listener
}

#[test]
fn admission_that_falls_silent_holds_the_cutover_in_its_own_words_and_once_it_speaks_the_run_goes_on() {
    let s = Scene::direct();
    let run = s.before_the_cutover();
    let before = s.selector();
    let listener = silent_admission(&s);
    let (code, end) = s.ends(&["approve", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
    assert!(end["text"].as_str().is_some_and(|t| t.contains("failed calling webhook")), "{end}");
    assert_eq!(s.selector(), before, "traffic is where it was");
    LAB.kubectl(&["delete", "validatingwebhookconfiguration", &s.namespace]).expect("deleted");
    drop(listener);
    let goes_on = || s.ends(&["resume", &run, "--yes"]).0 == 0;
    until("the API server has heard of it, and the run goes on", Duration::from_secs(90), goes_on);
    assert_eq!(s.selector(), served_by_green());
}
