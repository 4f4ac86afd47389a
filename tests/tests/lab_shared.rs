//! Runs that survive their laptop, with the program that users start, two journals, and a real API server (practice lab).

use std::time::{Duration, Instant};

use acceptance::scene::{KILLED, LAB, Running, Scene};
use acceptance::{side_by_side, until};
use serde_json::{Value, json};

/// A colleague: a journal of their own, that knows nothing yet.
struct Bob(tempfile::TempDir);

impl Bob {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn ends(&self, s: &Scene, arguments: &[&str]) -> (i32, Value) {
        s.ends_elsewhere(self.0.path(), arguments)
    }

    fn takes(&self, s: &Scene, run: &str, more: &[&str]) -> (i32, Value) {
        self.ends(s, &[&["take-over", run, "--confirm-context", "practice"], more].concat())
    }
}

fn lease(s: &Scene) -> Option<Value> {
    let list: Value = serde_json::from_str(&s.kubectl(&["get", "leases", "-o", "json"])).expect("is JSON");
    list["items"].as_array().and_then(|all| all.first().cloned())
}

/// What a colleague reads of the record without reading it whole; null while there is none.
fn face(s: &Scene) -> Value {
    let list: Value =
        serde_json::from_str(&s.kubectl(&["get", "configmaps", "-l", "changeover.dev/record", "-o", "json"])).expect("is JSON");
    let text = list["items"][0]["metadata"]["annotations"]["changeover.dev/record"].as_str().unwrap_or("null");
    serde_json::from_str(text).expect("is JSON")
}

/// `resourceVersion` of everything that the run could write to.
fn versions(s: &Scene) -> String {
    s.kubectl(&[
        "get",
        "services,deployments",
        "-o",
        "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.spec} {.metadata.annotations}{\"\\n\"}{end}",
    ])
}

/// Ann dies right after her cutover left, before she could write down what came of it.
#[test]
fn whoever_is_silent_is_taken_over_after_a_minute_and_what_they_did_is_found() {
    let (s, bob) = (Scene::direct(), Bob::new());
    let run = s.quick_plan("swap", &[]);
    assert_eq!(s.ends_killed_at(&s.whole_run(), "http:after run cut-over changeover-rollout Service/web #1").0, KILLED);

    let (_, runs) = bob.ends(&s, &["runs", "-o", "json"]);
    assert_eq!((&runs["runs"][0]["id"], &runs["runs"][0]["state"]), (&json!(run), &json!("elsewhere")), "{runs}");
    let (_, seen) = bob.ends(&s, &["status", &run, "-o", "json"]);
    let seen = &seen["run"];
    assert_eq!(
        (&seen["state"], &seen["gate"]["name"], &seen["driver"]["elsewhere"]),
        (&json!("elsewhere"), &json!("cut-over"), &json!(true)),
        "{seen}"
    );
    assert!(seen["driver"]["aliveAt"].is_string() && seen["steps"].as_array().is_some_and(|all| all.len() > 5), "{seen}");
    let began = Instant::now();
    let (code, end) = bob.takes(&s, &run, &["--yes", "--choose", "retry"]);
    assert!(began.elapsed() >= Duration::from_secs(55), "not before a whole Lease duration: {:?}", began.elapsed());
    assert_eq!((code, &end["state"]), (0, &json!("done")), "{end}");
    let flips: usize =
        s.carried_out().iter().filter(|(w, _)| w.starts_with("patch services/web ") && w.contains("green")).map(|(_, n)| n).sum();
    assert_eq!(flips, 1, "one flip: {:#?}", s.carried_out());
    assert!(lease(&s).is_none() && face(&s)["over"] == true, "{:?} {}", lease(&s), face(&s));

    // Ann's journal learns how it ended.
    let (code, end) = s.ends(&["resume", &run, "--yes"]);
    assert!(code != 0 && end.to_string().contains("is over"), "{code} {end}");
    let (_, runs) = s.ends(&["runs", "-o", "json"]);
    assert_eq!(runs["runs"][0]["state"], "done", "{runs}");
}

#[test]
fn whoever_is_alive_is_not_taken_over_but_for_a_reason_and_is_told_who_has_it() {
    let (s, bob) = (Scene::direct(), Bob::new());
    let run = s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=900"]);
    let before = s.world();
    let ann = s.spawn();
    until("green serves", Duration::from_secs(120), || face(&s)["step"] == "soak");

    let (code, end) = bob.takes(&s, &run, &[]);
    assert_eq!(code, 3, "{end}");
    assert!(end["error"]["message"].to_string().contains("is driven by"), "{end}");
    for arguments in [&["resume", &run, "--yes"][..], &["back-out", &run], &["approve", &run]] {
        let (code, end) = bob.ends(&s, arguments);
        assert!(code == 3 || code == 2, "what is another's is theirs: {arguments:?} {code} {end}");
    }

    let (code, end) = bob.takes(&s, &run, &["--steal", "ann cannot be reached", "--back-out", "errors in checkout"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    let (code, lines) = ann.ends();
    let last = lines.last().cloned().unwrap_or_default();
    assert!(
        code == 4 && last["state"] == "elsewhere" && last["text"].to_string().contains("practice-admin"),
        "ann is told who has it: {code} {last}"
    );
    let mut after = s.world();
    after.retain(|name, _| before.contains_key(name));
    assert_eq!(after, before, "as before the run");
    let (_, told) = bob.ends(&s, &["status", &run, "-o", "json"]);
    assert!(told["run"]["notes"].to_string().contains("ann cannot be reached"), "{told}");
}

/// Ann's laptop falls asleep: her process stands still while Bob takes the run over and backs it out. Then it wakes.
#[test]
fn a_laptop_that_wakes_after_it_was_taken_over_writes_nothing() {
    let (s, bob) = (Scene::direct(), Bob::new());
    let run = s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=3"]);
    let mut ann = s.spawn();
    until("green serves", Duration::from_secs(120), || face(&s)["step"] == "soak");
    ann.signal("-STOP");
    // Quiet for a whole Lease duration: no reason is needed.
    let (code, end) = bob.takes(&s, &run, &["--back-out", "ann sleeps"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    let before = versions(&s);
    assert!(ann.is_alive());
    ann.signal("-CONT");
    let (code, lines) = ann.ends();
    let last = lines.last().cloned().unwrap_or_default();
    assert!(code == 4 && last.to_string().contains("taken over by"), "{code} {last}");
    assert_eq!(versions(&s), before, "nothing of hers landed");
    assert!(face(&s)["over"] == true && lease(&s).is_none(), "{} {:#?}", face(&s), lease(&s));
}

/// In each step once: where it is about to write, and where it waits. Bob takes the run over, goes back, and she wakes.
#[test]
fn a_laptop_that_sleeps_in_whatever_step_writes_nothing_when_it_wakes() {
    let s = Scene::direct();
    s.quick_plan("swap", &[]);
    let asleep = s.one_place_in_each_step(&s.whole_run());
    side_by_side(4, asleep.into(), |place: String| sleeps_at(&place));
}

fn sleeps_at(place: &str) {
    let (s, bob) = (Scene::direct(), Bob::new());
    let run = s.quick_plan("swap", &[]);
    let before = s.world();
    let mut command = s.command(&s.whole_run());
    command.env("CHANGEOVER_STOP_AT", place);
    let mut ann = Running::start(command);
    assert!(ann.falls_asleep(), "she came by {place}");
    let (code, end) = bob.takes(&s, &run, &["--steal", "her laptop sleeps", "--back-out", "she sleeps"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{place}: {end}");
    let left = versions(&s);
    ann.signal("-CONT");
    let (code, lines) = ann.ends();
    let last = lines.last().cloned().unwrap_or_default();
    assert!(code == 4 && last.to_string().contains("taken over by"), "{place}: {code} {last}");
    assert_eq!(versions(&s), left, "{place}: nothing of hers landed");
    let mut after = s.world();
    after.retain(|name, _| before.contains_key(name));
    assert_eq!(after, before, "{place}: as before the run");
}

/// A second is no sleep: nobody takes it over, and the run goes to its end.
#[test]
fn a_nap_of_a_second_costs_nothing() {
    let s = Scene::direct();
    s.quick_plan("swap", &[]);
    let ann = s.spawn();
    until("it is under way", Duration::from_secs(60), || lease(&s).is_some());
    for _ in 0..3 {
        ann.signal("-STOP");
        std::thread::sleep(Duration::from_secs(1)); // the nap itself
        ann.signal("-CONT");
    }
    assert_eq!(ann.ends().0, 0);
}

/// Their clock may be hours off, or ours: the doctor looks whether a sign of life comes.
#[test]
fn a_dead_driver_whose_clock_was_ahead_is_not_taken_for_one_that_is_alive() {
    let s = Scene::direct();
    s.quick_plan("swap", &["--set", "soak=600"]);
    let mut ann = s.spawn();
    ann.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    ann.kill();
    let name = s.kubectl(&["get", "leases", "-o", "jsonpath={.items[0].metadata.name}"]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    for (code, found, at) in [(0, "driven", jiff::SignedDuration::ZERO), (4, "abandoned", jiff::SignedDuration::from_hours(1))] {
        let renewed = json!({"spec": {"renewTime": format!("{:.6}", jiff::Timestamp::now() + at)}});
        s.kubectl(&["patch", "lease", &name, "--type=merge", "-p", &renewed.to_string()]);
        let (ended, all) = s.ends_elsewhere(elsewhere.path(), &["doctor", "-o", "json"]);
        assert_eq!((ended, &all["findings"][0]["code"]), (code, &json!(found)), "{all}");
    }
}

/// Who may not write Leases or ConfigMaps rolls nothing out, is told which rule to ask for, and goes back all the same.
#[test]
fn without_the_right_to_a_record_forward_is_stopped_with_the_rule_and_back_warns() {
    let s = Scene::direct();
    s.carry_out_quick();
    let (user, me) = ("shop-operator", LAB.kubeconfig_of("shop-operator"));
    let api = "rbac.authorization.k8s.io";
    let rule = |groups: Value, resources: Value, verbs: Value| json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
    s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": {"name": "old", "namespace": s.namespace}, "rules": [
            rule(json!([""]), json!(["services"]), json!(["create", "patch", "delete"])),
            rule(json!(["apps"]), json!(["deployments", "deployments/scale"]), json!(["create", "patch", "delete"])),
            rule(json!([""]), json!(["pods", "pods/portforward"]), json!(["get", "create"])),
        ]},
        {"apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": "old", "namespace": s.namespace},
         "roleRef": {"apiGroup": api, "kind": "Role", "name": "old"}, "subjects": [{"apiGroup": api, "kind": "User", "name": user}]},
        {"apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": "look", "namespace": s.namespace},
         "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "changeover-viewer"}, "subjects": [{"apiGroup": api, "kind": "User", "name": user}]},
    ]}));
    let with = |arguments: &[&str]| acceptance::scene::ended(&mut s.command_with(&me, arguments));
    let target = "deployment/web-green";
    let plan = |strategy: &[&str]| {
        until("the rights count", Duration::from_secs(30), || with(&[&["plan"], strategy, &["--out", "p"]].concat()).0 == 0);
        let (code, checked) = with(&["check", "p", "-o", "json"]);
        (code, checked["findings"].as_array().cloned().unwrap_or_default())
    };
    let (code, found) = plan(&["blue-green", target, "--image", "web=changeover.dev/shop:v3"]);
    let about: Vec<&Value> =
        found.iter().filter(|f| f["code"] == "permissions" && f["message"].to_string().contains("the record")).collect();
    assert!(code == 3 && about.iter().any(|f| f["severity"] == "block"), "{found:#?}");
    assert!(about.iter().any(|f| f["remedy"].to_string().contains("resources: [leases], verbs: [create]")), "{about:#?}");

    s.kubectl(&["set", "image", target, "web=changeover.dev/shop:bad"]);
    let (code, found) = plan(&["rollback", target]);
    let about: Vec<&Value> = found.iter().filter(|f| f["message"].to_string().contains("the record")).collect();
    assert!(code == 0 && !about.is_empty() && about.iter().all(|f| f["severity"] == "warn"), "{code} {found:#?}");
    let (code, end) = with(&["run", "p", "--yes", "--confirm-context", "practice"]);
    assert_eq!((code, &end["state"]), (0, &json!("done")), "{end}");
    let (_, told) = with(&["status", &s.plan_id("p"), "-o", "json"]);
    assert!(told["run"]["notes"].to_string().contains("alone"), "{told}");
}

/// Credentials in plain text: the record is a Secret, and no ConfigMap bears them.
#[test]
fn a_template_with_a_password_in_it_is_recorded_in_a_secret() {
    let (s, bob) = (Scene::direct(), Bob::new());
    s.kubectl(&["set", "env", "deployment/web", "DB_PASSWORD=hunter2"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    let run = s.quick_plan("swap", &[]);
    let (code, end) = s.ends(&["run", "plan", "--yes", "--confirm-context", "practice", "--until", "create-green"]);
    assert_eq!(code, 4, "{end}");
    assert!(!s.kubectl(&["get", "configmaps", "-o", "yaml"]).contains("hunter2"));
    assert!(s.kubectl(&["get", "secrets", "-o", "name"]).contains("changeover.deployment.web"));
    // A plan for the same workload is stopped, and says by whom.
    let (code, end) = bob.ends(&s, &["plan", "blue-green", "deployment/web", "--image", "web=changeover.dev/shop:v3", "-o", "json"]);
    assert!(code == 3 && end.to_string().contains(&format!("run {run} of it is not over")), "{code} {end}");
    let (code, end) = bob.takes(&s, &run, &["--back-out", "done with it"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
}
