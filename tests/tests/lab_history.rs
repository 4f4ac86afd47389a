//! Going back on a real API server with its own controllers: what `changeoverctl history` says, and templates that come back.

use std::time::{Duration, Instant};

use acceptance::scene::Scene;
use acceptance::until;
use serde_json::{Value, json};

/// Rolls an image out by kubectl, as a pipeline would, and waits until it is complete.
fn roll(s: &Scene, tag: &str) {
    s.kubectl(&["set", "image", "deployment/web", &format!("web=changeover.dev/shop:{tag}")]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
}

fn history(s: &Scene) -> Value {
    let (code, history) = s.ends(&["history", "deployment/web", "-o", "json"]);
    assert_eq!(code, 0, "{history}");
    history
}

fn revision<'a>(history: &'a Value, tag: &str) -> &'a Value {
    let all = history["revisions"].as_array().expect("revisions");
    let of = |r: &&Value| r["images"][0].as_str().is_some_and(|i| i.ends_with(tag));
    all.iter().find(of).unwrap_or_else(|| panic!("{tag}: {history}"))
}

/// Goes back, by a plan with these arguments; the run's id.
fn go_back(s: &Scene, arguments: &[&str]) -> String {
    let run = s.plan_back("deployment/web", arguments);
    s.is_done(&s.whole_run());
    run
}

#[test]
fn a_release_that_was_left_by_an_undo_did_not_serve_until_the_next_one() {
    let s = Scene::empty("history");
    s.kubectl(&["create", "deployment", "web", "--image=changeover.dev/shop:v1"]);
    s.kubectl(&[
        "patch",
        "deployment",
        "web",
        "--type=json",
        "-p",
        r#"[{"op":"replace","path":"/spec/template/spec/containers/0/name","value":"web"}]"#,
    ]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    let came = Instant::now();
    roll(&s, "v2");
    s.kubectl(&["rollout", "undo", "deployment/web"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    let at_most = came.elapsed().as_secs() + 1;
    // By their creation, v2 would have served until v3 came.
    until("more time than v2 had", Duration::from_secs(60), || came.elapsed().as_secs() > 2 * at_most);
    roll(&s, "v3");
    let history = history(&s);
    let said = revision(&history, "v2")["reasons"][0]["said"].as_str().expect("a reason").to_string();
    let seconds: u64 = said.strip_prefix("was the current revision for ").and_then(|r| r.split(' ').next()?.parse().ok()).expect("seconds");
    assert!(seconds <= at_most, "v2 was there for {at_most} s at most: {said}");
    assert!(
        revision(&history, "v1")["reasons"]
            .as_array()
            .is_some_and(|r| r.iter().any(|r| r["said"] == "rolled out before as 2" && r["speaks"] == "neither")),
        "{history}"
    );
    assert_eq!(revision(&history, "v3")["current"], true);
}

#[test]
fn a_release_whose_pods_never_stood_is_marked_and_is_not_what_one_goes_back_to() {
    let s = Scene::new("sick");
    s.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:crash-loop"]);
    let backs_off = ["get", "events", "--field-selector=reason=BackOff", "-o", "name"];
    until("its pods are warned about", Duration::from_secs(60), || !s.kubectl(&backs_off).trim().is_empty());
    roll(&s, "v3");
    let seen = history(&s);
    let (sick, best) = (revision(&seen, "crash-loop"), revision(&seen, "v1"));
    assert_eq!((sick["neverHealthy"].is_null(), best["neverHealthy"].is_null()), (false, true), "{seen}");
    let text = s.text(&["history", "deployment/web"]);
    assert!(text.contains("never seen healthy"), "{text}");
    go_back(&s, &[]);
    assert_eq!(s.image("web"), "changeover.dev/shop:v1", "past the one before");
}

#[test]
fn a_rollback_is_undone_by_going_back_to_before_it() {
    let s = Scene::new("undo");
    roll(&s, "v2");
    let was = s.kubectl(&["get", "deployment", "web", "-o", "jsonpath={.spec.template}"]);
    let first = go_back(&s, &[]);
    assert_eq!(s.image("web"), "changeover.dev/shop:v1");
    let seen = history(&s);
    let v2 = revision(&seen, "v2");
    assert!(v2["reasons"].to_string().contains(&format!("run {first} went back from it")), "{v2}");
    assert_eq!((&seen["before"][0]["run"], &seen["before"][0]["excluded"]), (&Value::from(first.as_str()), &Value::Null), "{seen}");
    let text = s.text(&["history", "deployment/web"]);
    assert!(text.lines().any(|l| l.starts_with(&first) && l.contains("shop:v2")), "{text}");
    let second = go_back(&s, &["--to-run", &first]);
    assert_eq!(s.kubectl(&["get", "deployment", "web", "-o", "jsonpath={.spec.template}"]), was, "all of it, as it was");
    // What was undone is not advised for that.
    let seen = history(&s);
    assert!(revision(&seen, "v1")["reasons"].to_string().contains(&format!("run {second} went back from it")), "{seen}");
}

/// Of a colleague's run the own journal knows nothing; its record does.
#[test]
fn what_a_colleagues_last_run_did_counts_here_too_and_can_be_undone() {
    let s = Scene::new("theirs");
    roll(&s, "v2");
    let first = go_back(&s, &[]);
    let bob = tempfile::tempdir().expect("a folder");
    let (_, seen) = s.ends_elsewhere(bob.path(), &["history", "deployment/web", "-o", "json"]);
    let v2 = revision(&seen, "v2");
    assert!(v2["reasons"].to_string().contains(&format!("run {first} went back from it")), "{v2}");
    assert_eq!((&seen["before"][0]["run"], &seen["before"][0]["excluded"]), (&Value::from(first.as_str()), &Value::Null), "{seen}");
    let plan = ["plan", "rollback", "deployment/web", "--to-run", &first, "--out", "theirs"];
    assert_eq!(s.ends_elsewhere(bob.path(), &plan).0, 0);
    let back = s.plan_file("theirs");
    assert!(back["template"].to_string().contains("shop:v2"), "{back}");
}

#[test]
fn a_template_that_the_cluster_keeps_no_more_comes_back_from_the_run_that_replaced_it() {
    let s = Scene::new("forgot");
    s.kubectl(&["patch", "deployment", "web", "-p", r#"{"spec":{"revisionHistoryLimit":0}}"#]);
    let run = s.plan("p", "web", "v2", &["--finish", "promote", "--set", "soak=1"]);
    s.carry_out("p", &run);
    until("the old ReplicaSet is gone", Duration::from_secs(60), || s.kubectl(&["get", "replicasets", "-o", "name"]).lines().count() == 1);
    let refused = s.run(&["plan", "rollback", "deployment/web", "--out", "back"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains(&format!("toRun={run}")), "{}", String::from_utf8_lossy(&refused.stderr));
    go_back(&s, &["--to-run", &run]);
    assert_eq!(s.image("web"), "changeover.dev/shop:v1");
}

#[test]
fn an_ordered_stateful_set_goes_back_once_the_pod_that_blocks_it_is_deleted() {
    let s = Scene::empty("sts");
    s.db("StatefulSet", &json!({"replicas": 3, "serviceName": "db"}));
    s.set_db("statefulset", "never-ready");
    let stuck = || s.kubectl(&["get", "pod", "db-2", "--ignore-not-found", "-o", "jsonpath={.spec.containers[0].image} {.status.phase}"]);
    until("the new pod runs", Duration::from_secs(60), || stuck() == "changeover.dev/shop:never-ready Running");
    let (code, history) = s.ends(&["history", "sts/db", "-o", "json"]);
    assert_eq!((code, history["workload"].as_str()), (0, Some(format!("StatefulSet/{}/db", s.namespace).as_str())), "{history}");
    let (old, new) = (revision(&history, "v1"), revision(&history, "never-ready"));
    assert_eq!((&old["advised"], &old["ready"], &new["current"]), (&json!(true), &json!(2), &json!(true)), "{history}");
    s.plan_back("statefulset/db", &[]);
    let mut back = s.spawn();
    let told = back
        .until_line("the pod that blocks it", |l| l["step"] == "await-rollout" && l["detail"].as_str().is_some_and(|d| d.contains("db-2")));
    let command = format!("kubectl -n {} delete pod db-2", s.namespace);
    assert!(told["detail"].as_str().is_some_and(|d| d.contains(&command)), "{told}");
    s.kubectl(&["delete", "pod", "db-2"]);
    assert_eq!(back.ends().0, 0);
    assert_eq!(s.images_of_db(), ["changeover.dev/shop:v1"; 3]);
}

#[test]
fn a_daemon_set_goes_back() {
    let s = Scene::empty("ds");
    s.db("DaemonSet", &json!({}));
    let nodes = s.images_of_db().len();
    s.set_db("daemonset", "crash-loop");
    until("a pod crashes", Duration::from_secs(60), || s.images_of_db().iter().any(|i| i.ends_with("crash-loop")));
    s.plan_back("ds/db", &[]);
    s.is_done(&s.whole_run());
    assert_eq!(s.images_of_db(), vec!["changeover.dev/shop:v1"; nodes]);
    let (_, history) = s.ends(&["history", "daemonset/db", "-o", "json"]);
    let (old, bad) = (revision(&history, "v1"), revision(&history, "crash-loop"));
    assert!(old["current"] == true && old["reasons"].to_string().contains("under another number"), "{history}");
    assert!(bad["reasons"].to_string().contains("went back from it"), "{history}");
}

/// What a partition keeps back stays with the old template, whatever comes and goes: a rollback is complete when the others are.
#[test]
fn a_stateful_set_with_a_partition_goes_back_in_the_pods_that_had_the_new_template() {
    let s = Scene::empty("partition");
    s.db("StatefulSet", &json!({"replicas": 3, "serviceName": "db", "updateStrategy": {"rollingUpdate": {"partition": 2}}}));
    let uid = |pod: &str| s.kubectl(&["get", "pod", pod, "-o", "jsonpath={.metadata.uid}"]);
    let kept = [uid("db-0"), uid("db-1")];
    s.set_db("statefulset", "v2");
    until("the last pod is of v2", Duration::from_secs(60), || {
        s.images_of_db().ends_with(&["changeover.dev/shop:v2".into()])
            && s.kubectl(&["get", "sts", "db", "-o", "jsonpath={.status.readyReplicas}"]) == "3"
    });
    s.plan_back("statefulset/db", &[]);
    s.is_done(&s.whole_run());
    assert_eq!(s.images_of_db(), ["changeover.dev/shop:v1"; 3]);
    assert_eq!([uid("db-0"), uid("db-1")], kept, "the others were not touched");
}

/// Somebody gives it another template, before the rollback writes and after it: theirs is not written over.
#[test]
fn a_template_that_a_colleague_wrote_meanwhile_is_not_written_over_in_a_rollback_of_either_kind() {
    for (kind, spec) in [("StatefulSet", json!({"replicas": 1, "serviceName": "db"})), ("DaemonSet", json!({}))] {
        let s = Scene::empty("meanwhile");
        s.db(kind, &spec);
        s.set_db(kind, "v2");
        let template = || s.kubectl(&["get", kind, "db", "-o", "jsonpath={.spec.template.spec.containers[0].image}"]);
        s.plan_back(&format!("{kind}/db"), &[]);
        s.set_db(kind, "v3");
        let (code, end) = s.ends(&s.whole_run());
        assert_eq!((code, template().as_str()), (3, "changeover.dev/shop:v3"), "{kind}: {end}");

        let run = s.plan_back(&format!("{kind}/db"), &["--to-revision", "1"]);
        assert_eq!(s.ends(&["run", "plan", "--until", "restore-template", "--confirm-context", "practice"]).0, 4);
        assert_eq!(template(), "changeover.dev/shop:v1", "{kind}");
        s.set_db(kind, "v2");
        let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
        assert_eq!((code, &end["state"]), (4, &json!("left")), "{kind}: {end}");
        assert!(end["text"].to_string().contains("db"), "{kind}: {end}");
        assert_eq!(template(), "changeover.dev/shop:v2", "{kind}: {end}");
        let (code, end) = s.ends(&["resume", &run, "--yes", "--choose", "leave"]);
        assert_eq!((code, template().as_str()), (5, "changeover.dev/shop:v2"), "{kind}: {end}");
    }
}

/// Of a release that crashes, a configuration that was edited before it and a release of another workload, the first is named, with
/// who did it and what one goes back to.
#[test]
fn of_what_changed_lately_what_came_right_before_the_trouble_comes_first() {
    let s = Scene::new("incident");
    let config = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": s.namespace}, "data": {"timeout": "3000"}});
    s.apply(&config("web-config"));
    s.kubectl(&["create", "deployment", "other", "--image=changeover.dev/shop:v1"]);
    s.kubectl(&["rollout", "status", "deployment/other", "--timeout=120s"]);
    let (code, calm) = s.ends(&["incident", "-o", "json"]);
    assert_eq!((code, &calm["incident"]["troubles"]), (0, &json!([])), "{calm}");
    assert!(calm["incident"]["changes"].as_array().is_some_and(|all| all.iter().all(|c| c["likely"] == "unknown")), "{calm}");

    s.kubectl(&["set", "env", "deployment/web", "--from=configmap/web-config"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    s.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:crash-loop"]);
    s.kubectl(&["set", "image", "deployment/other", "shop=changeover.dev/shop:v2"]);
    let mut told = Value::Null;
    until("it is seen to fail", Duration::from_secs(60), || {
        let (code, seen) = s.ends(&["incident", "-o", "json"]);
        told = seen["incident"].clone();
        code == 4
    });
    let trouble = &told["troubles"][0];
    assert_eq!((&trouble["object"], trouble["since"].is_string()), (&json!(format!("Deployment/{}/web", s.namespace)), true), "{told}");
    assert!(trouble["text"].as_str().is_some_and(|t| t.contains("fails: ")), "{trouble}");
    let changes = told["changes"].as_array().expect("changes");
    let first = &changes[0];
    assert_eq!((&first["object"], &first["sort"], &first["likely"]), (&trouble["object"], &json!("rollout"), &json!("most")), "{told}");
    assert!(first["what"].as_str().is_some_and(|w| w.ends_with("→ crash-loop")) && first["by"] == "kubectl-set", "{first}");
    assert_eq!(first["back"]["revision"], 2, "{first}");
    let of = |name: &str| {
        changes.iter().find(|c| c["object"].as_str().is_some_and(|o| o.ends_with(name))).unwrap_or_else(|| panic!("{name}: {told}"))
    };
    assert_eq!((&of("/web-config")["likely"], &of("/web-config")["reaches"]), (&json!("part"), &json!([first["object"]])), "{told}");
    assert_eq!(of("/other")["likely"], "unlikely", "{told}");
    let text = String::from_utf8(s.run(&["incident"]).stdout).expect("is text");
    assert!(text.contains("crash-loop") && text.contains("revision 2"), "{text}");
}
