//! What leaves the version as it is, on a real API server with its own controllers: restart, scale, pause and resume by a plan, and
//! their ways back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use acceptance::scene::Scene;
use acceptance::until;
use serde_json::{Value, json};

/// The plan file `plan` of a verb; gives the id of its run.
fn plan(s: &Scene, verb: &[&str]) -> String {
    let out = s.run(&[&["plan"], verb, &["--out", "plan"]].concat());
    assert!(out.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&out.stderr));
    s.plan_id("plan")
}

/// Why there is no plan of a verb.
fn refusal(s: &Scene, verb: &[&str]) -> String {
    let out = s.run(&[&["plan"], verb, &["--out", "plan"]].concat());
    assert!(!out.status.success(), "{verb:?}");
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// Carries the file `plan` out up to that step.
fn until_step(s: &Scene, step: &str) {
    let (code, end) = s.ends(&["run", "plan", "--until", step, "--confirm-context", "practice"]);
    assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
}

fn is_backed_out(s: &Scene, run: &str) {
    let (code, end) = s.ends(&["back-out", run, "--reason", "test"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
}

/// A field of the Deployment; empty where it is not there.
fn of_web(s: &Scene, path: &str) -> String {
    s.kubectl(&["get", "deployment", "web", "-o", &format!("jsonpath={{{path}}}")])
}

/// (uid, tag) of its pods that are not ending.
fn pods(s: &Scene) -> BTreeSet<(String, String)> {
    let all: Value = serde_json::from_str(&s.kubectl(&["get", "pods", "-l", "app=web", "-o", "json"])).expect("is JSON");
    let stays = |p: &&Value| p["metadata"]["deletionTimestamp"].is_null();
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let of = |p: &Value| (text(&p["metadata"]["uid"]), text(&p["spec"]["containers"][0]["image"]).replace("changeover.dev/shop:", ""));
    all["items"].as_array().into_iter().flatten().filter(stays).map(of).collect()
}

/// What a check says of the file `plan`: exit code, whether it can be started, and (code, severity) of its findings.
fn checked(s: &Scene) -> (i32, bool, BTreeSet<(String, String)>) {
    let (code, said) = s.ends(&["check", "plan", "-o", "json"]);
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let findings = said["findings"].as_array().into_iter().flatten().map(|f| (text(&f["code"]), text(&f["severity"])));
    (code, said["startable"] == true, findings.collect())
}

fn has(findings: &BTreeSet<(String, String)>, code: &str, severity: &str) -> bool {
    findings.contains(&(code.into(), severity.into()))
}

const RESTARTED_AT: &str = r".spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt";
const REVISION: &str = r".metadata.annotations.deployment\.kubernetes\.io/revision";
const PAUSED_BY: &str = r".metadata.annotations.changeover\.dev/paused-by";

#[test]
fn a_restart_replaces_every_pod_by_one_of_the_same_version_and_brings_no_version() {
    let s = Scene::new("restart");
    let before = pods(&s);
    plan(&s, &["restart", "deployment/web"]);
    s.is_done(&s.whole_run());
    let after = pods(&s);
    assert!(after.len() == 2 && after.is_disjoint(&before), "{before:?} {after:?}");
    assert!(after.iter().all(|(_, tag)| tag == "v1"), "{after:?}");
    assert_eq!(of_web(&s, REVISION), "2");
    assert!(of_web(&s, RESTARTED_AT).parse::<jiff::Timestamp>().is_ok(), "{}", of_web(&s, RESTARTED_AT));
    let (code, history) = s.ends(&["history", "deployment/web", "-o", "json"]);
    assert_eq!((code, &history["before"]), (0, &json!([])), "{history}");

    // The version from before is the same one: there is nothing to go back to.
    let refused = refusal(&s, &["rollback", "deployment/web"]);
    assert!(refused.contains("it is what runs now"), "{refused}");

    for kind in ["StatefulSet", "DaemonSet"] {
        let s = Scene::empty("restart");
        s.db(kind, &if kind == "StatefulSet" { json!({"replicas": 2, "serviceName": "db"}) } else { json!({}) });
        let uids = || s.kubectl(&["get", "pods", "-l", "app=db", "-o", "jsonpath={.items[*].metadata.uid}"]);
        let uids = || uids().split_whitespace().map(String::from).collect::<BTreeSet<_>>();
        let before = uids();
        plan(&s, &["restart", &format!("{kind}/db")]);
        s.is_done(&s.whole_run());
        assert!(uids().len() == before.len() && uids().is_disjoint(&before), "{kind}");
    }
}

#[test]
fn a_restart_is_refused_under_a_pause_and_taken_back_without_a_trace() {
    let s = Scene::new("restart");
    let run = plan(&s, &["restart", "deployment/web"]);
    s.kubectl(&["rollout", "pause", "deployment/web"]);
    let refused = refusal(&s, &["restart", "deployment/web"]);
    assert!(refused.contains("it is paused: resume it first"), "{refused}");
    // One that was planned before the pause.
    assert_eq!(s.plan_id("plan"), run, "a plan that is refused is not written");
    let (code, startable, findings) = checked(&s);
    assert!(code == 3 && !startable && has(&findings, "paused", "block"), "{findings:?}");
    assert_eq!(s.ends(&s.whole_run()).0, 3);
    s.kubectl(&["rollout", "resume", "deployment/web"]);

    let (world, template) = (s.world(), of_web(&s, ".spec.template"));
    let run = plan(&s, &["restart", "deployment/web"]);
    until_step(&s, "restart");
    assert!(!of_web(&s, RESTARTED_AT).is_empty());
    is_backed_out(&s, &run);
    assert_eq!((s.world(), of_web(&s, ".spec.template")), (world, template));
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    assert_eq!(pods(&s).len(), 2);
}

#[test]
fn a_scale_is_over_once_as_many_pods_are_ready_and_its_way_back_is_the_number_from_before() {
    let s = Scene::new("scale");
    let world = s.world();
    let run = plan(&s, &["scale", "deployment/web", "--replicas", "4"]);
    until_step(&s, "scale");
    assert_eq!(of_web(&s, ".spec.replicas"), "4");
    is_backed_out(&s, &run);
    assert_eq!(s.world(), world);

    plan(&s, &["scale", "deployment/web", "--replicas", "4"]);
    s.is_done(&s.whole_run());
    assert_eq!(of_web(&s, ".status.readyReplicas"), "4");
    let done = s.carried_out();
    assert!(done.len() == 2 && done.keys().all(|d| d.starts_with("patch deployments/web scale")), "{done:?}");

    // To nothing, under a Service: allowed, and said.
    plan(&s, &["scale", "deployment/web", "--replicas", "0"]);
    let (code, startable, findings) = checked(&s);
    assert!(code == 0 && startable && has(&findings, "nobody-answers", "warn"), "{findings:?}");
    s.is_done(&s.whole_run());
    until("no pod is left", Duration::from_secs(60), || pods(&s).is_empty());
    let same = refusal(&s, &["scale", "deployment/web", "--replicas", "0"]);
    assert!(same.contains("it is scaled to 0 already"), "{same}");

    let s = Scene::empty("scale");
    s.db("StatefulSet", &json!({"replicas": 1, "serviceName": "db"}));
    for n in [3, 1] {
        plan(&s, &["scale", "statefulset/db", "--replicas", &n.to_string()]);
        s.is_done(&s.whole_run());
        assert_eq!(s.images_of_db(), vec!["changeover.dev/shop:v1"; n]);
    }
}

#[test]
fn a_number_that_an_autoscaler_would_take_back_stops_the_plan_and_one_within_its_bounds_warns() {
    let s = Scene::new("bounds");
    s.apply(
        &json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": s.namespace},
        "spec": {"minReplicas": 2, "maxReplicas": 6, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}),
    );
    for (n, stops) in [(9, true), (1, true), (5, false), (0, false)] {
        plan(&s, &["scale", "deployment/web", "--replicas", &n.to_string()]);
        let (code, startable, findings) = checked(&s);
        assert_eq!((code, startable), if stops { (3, false) } else { (0, true) }, "{n}: {findings:?}");
        assert!(has(&findings, "autoscaled", if stops { "block" } else { "warn" }), "{n}: {findings:?}");
        assert!(!stops || s.ends(&s.whole_run()).0 == 3);
    }
    assert!(s.carried_out().is_empty(), "{:?}", s.carried_out());
}

/// Before the run writes and after it: what somebody else wanted meanwhile is not written over without a word.
#[test]
fn a_number_that_a_colleague_wrote_meanwhile_is_not_written_over() {
    let s = Scene::new("meanwhile");
    let replicas = || of_web(&s, ".spec.replicas");
    let asks_before = || {
        s.kubectl(&["scale", "deployment/web", "--replicas=2"]);
        let run = plan(&s, &["scale", "deployment/web", "--replicas", "4"]);
        s.kubectl(&["scale", "deployment/web", "--replicas=3"]);
        let (code, end) = s.ends(&s.whole_run());
        assert_eq!((code, &end["state"]), (4, &json!("left")), "{end}");
        assert!(end["text"].to_string().contains("scaled by somebody else"), "{end}");
        assert_eq!(replicas(), "3");
        run
    };
    let run = asks_before();
    is_backed_out(&s, &run);
    assert_eq!(replicas(), "3");
    let run = asks_before();
    s.is_done(&["resume", &run, "--yes", "--choose", "overwrite"]);
    assert_eq!((replicas(), of_web(&s, ".status.readyReplicas")), ("4".into(), "4".into()));

    // They wanted the same: nothing is left to do.
    let wrote = s.carried_out();
    plan(&s, &["scale", "deployment/web", "--replicas", "5"]);
    s.kubectl(&["scale", "deployment/web", "--replicas=5"]);
    s.is_done(&s.whole_run());
    assert_eq!((replicas(), s.carried_out()), ("5".into(), wrote));

    let run = plan(&s, &["scale", "deployment/web", "--replicas", "2"]);
    until_step(&s, "scale");
    s.kubectl(&["scale", "deployment/web", "--replicas=3"]);
    let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
    assert_eq!((code, &end["state"], replicas().as_str()), (4, &json!("left"), "3"), "{end}");
    let (code, end) = s.ends(&["resume", &run, "--yes", "--choose", "leave"]);
    assert_eq!((code, replicas().as_str()), (5, "3"), "{end}");
}

#[test]
fn a_pause_stops_a_rollout_where_it_is_and_a_resume_lets_it_go_on() {
    let s = Scene::new("pause");
    // One pod at a time, and each takes its time: there is a middle.
    let slowly =
        json!({"spec": {"replicas": 4, "minReadySeconds": 5, "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}});
    s.kubectl(&["patch", "deployment", "web", "-p", &slowly.to_string()]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    s.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v2"]);
    let new = |all: &BTreeSet<(String, String)>| all.iter().filter(|(_, tag)| tag == "v2").count();
    until("the first pod is of v2", Duration::from_secs(60), || new(&pods(&s)) > 0);
    let run = plan(&s, &["pause", "deployment/web"]);
    s.is_done(&["run", "plan", "--yes", "--reason", "INC-7", "--confirm-context", "practice"]);
    assert_eq!(of_web(&s, ".spec.paused"), "true");
    let said = of_web(&s, PAUSED_BY);
    let how = format!("changeoverctl plan resume deployment/web -n {}", s.namespace);
    assert!(said.contains(&format!("run {run} by ")) && said.contains("INC-7") && said.contains(&how), "{said}");

    let stands = pods(&s);
    assert!((1..4).contains(&new(&stands)), "in the middle: {stands:?}");
    let paused = Instant::now();
    until("longer than the next pod would have needed", Duration::from_secs(60), || paused.elapsed() > Duration::from_secs(8));
    assert_eq!(pods(&s), stands, "what rolled stays, and nothing more comes");
    let again = refusal(&s, &["pause", "deployment/web"]);
    assert!(again.contains("it is paused already"), "{again}");

    // A resume that is taken back pauses again, in its own name.
    let run = plan(&s, &["resume", "deployment/web"]);
    until_step(&s, "resume");
    assert_eq!((of_web(&s, ".spec.paused"), of_web(&s, PAUSED_BY)), (String::new(), String::new()));
    is_backed_out(&s, &run);
    assert_eq!((of_web(&s, ".spec.paused").as_str(), of_web(&s, PAUSED_BY)), ("true", said));

    plan(&s, &["resume", "deployment/web"]);
    s.is_done(&s.whole_run());
    assert_eq!((of_web(&s, ".spec.paused"), of_web(&s, PAUSED_BY)), (String::new(), String::new()));
    let all = pods(&s);
    assert!(all.len() == 4 && new(&all) == 4, "{all:?}");
    let again = refusal(&s, &["resume", "deployment/web"]);
    assert!(again.contains("it is not paused"), "{again}");
}
