//! Going back on a real API server with its own Deployment controller: what `changeoverctl history` says, and templates that
//! come back.

use std::time::Instant;

use acceptance::scene::Scene;
use serde_json::Value;

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
    let plan = [&["plan", "rollback", "deployment/web", "--out", "back"], arguments].concat();
    let made = s.run(&plan);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(s.ends(&["run", "back", "--yes", "--confirm-context", "practice"]).0, 0);
    s.plan_file("back")["id"].as_str().expect("an id").to_string()
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
    acceptance::until("more time than v2 had", std::time::Duration::from_secs(60), || came.elapsed().as_secs() > 2 * at_most);
    roll(&s, "v3");
    let history = history(&s);
    let said = revision(&history, "v2")["reasons"][0].as_str().expect("a reason").to_string();
    let seconds: u64 =
        said.strip_prefix("- was the current revision for ").and_then(|r| r.split(' ').next()?.parse().ok()).expect("seconds");
    assert!(seconds <= at_most, "v2 was there for {at_most} s at most: {said}");
    assert!(revision(&history, "v1")["reasons"].as_array().is_some_and(|r| r.iter().any(|r| r == "~ rolled out before as 2")), "{history}");
    assert_eq!(revision(&history, "v3")["current"], true);
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

#[test]
fn a_template_that_the_cluster_keeps_no_more_comes_back_from_the_run_that_replaced_it() {
    let s = Scene::new("forgot");
    s.kubectl(&["patch", "deployment", "web", "-p", r#"{"spec":{"revisionHistoryLimit":0}}"#]);
    let run = s.plan("p", "web", "v2", &["--finish", "promote", "--set", "soak=1"]);
    s.carry_out("p", &run);
    acceptance::until("the old ReplicaSet is gone", std::time::Duration::from_secs(60), || {
        s.kubectl(&["get", "replicasets", "-o", "name"]).lines().count() == 1
    });
    let refused = s.run(&["plan", "rollback", "deployment/web", "--out", "back"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains(&format!("toRun={run}")), "{}", String::from_utf8_lossy(&refused.stderr));
    go_back(&s, &["--to-run", &run]);
    assert_eq!(s.image("web"), "changeover.dev/shop:v1");
}
