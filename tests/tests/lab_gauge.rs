//! The gauge says whether one can go back now, how, and in how many seconds. Here it is held to that: in every state of a workload
//! and of a run its promise is read, then one goes back, and what came of it is compared with what was promised.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use acceptance::scene::{Running, Scene};
use acceptance::{side_by_side, until};
use serde_json::{Value, json};

/// States that are looked at at a time: while one waits for its pods others keep the processors busy.
const AT_A_TIME: usize = 6;

/// What may be taken longer than was promised; seconds are told as "about".
fn at_most(promised: u64) -> Duration {
    Duration::from_secs((promised * 3).max(promised + 20))
}

/// Says what was promised and what came of it; the time must be kept where one was promised.
fn kept(what: &str, promise: &Value, took: Duration) {
    let seconds = promise["seconds"].as_u64();
    let promised = seconds.map_or("no time".into(), |s| format!("{s} s"));
    println!("{what}: {}, {promised}, {} steps; done in {:.1} s", promise["kind"], promise["steps"], took.as_secs_f64());
    assert!(seconds.is_none_or(|s| took <= at_most(s)), "{what}: {took:?} for {promise}");
}

fn nothing(what: &str, promise: &Value) {
    println!("{what}: none ({})", promise["text"].as_str().unwrap_or_default());
}

/// What a workload is in when somebody looks at its gauge.
struct State {
    what: &'static str,
    kind: &'static str,
    spec: Value,
    /// Brings it there, from a complete v1.
    comes: fn(&Scene),
    /// Tag that is promised; `None` = there is no way back.
    back: Option<&'static str>,
}

const DEPLOYMENT: &str = "Deployment";
const STATEFUL_SET: &str = "StatefulSet";
const DAEMON_SET: &str = "DaemonSet";

fn db(s: &Scene) -> &'static str {
    let there = s.kubectl(&["get", "deployments,statefulsets,daemonsets", "-o", "name"]);
    [DEPLOYMENT, STATEFUL_SET, DAEMON_SET].into_iter().find(|k| there.contains(&k.to_lowercase())).expect("there is one")
}

/// Gives it these versions, one after another, each complete.
fn roll(s: &Scene, tags: &[&str]) {
    for tag in tags {
        s.set_db(db(s), tag);
        s.kubectl(&["rollout", "status", &format!("{}/db", db(s)), "--timeout=120s"]);
    }
}

/// Gives it a version that does not come up; waits until a pod of it is there.
fn break_with(s: &Scene, tag: &str) {
    s.set_db(db(s), tag);
    until("a pod of it is there", Duration::from_secs(60), || s.images_of_db().iter().any(|i| i.ends_with(tag)));
}

/// Carries a verb out.
fn by_plan(s: &Scene, verb: &[&str]) {
    let out = s.run(&[&["plan"], verb, &["--out", "plan"]].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    s.is_done(&s.whole_run());
}

/// A version that takes all of a ConfigMap, or none of it any more.
fn roll_with_config(s: &Scene, tag: &str, needs: bool) {
    let from = if needs { json!([{"configMapRef": {"name": "db"}}]) } else { Value::Null };
    let container = json!({"name": "web", "image": format!("changeover.dev/shop:{tag}"), "envFrom": from});
    let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    s.kubectl(&["patch", "deployment", "db", "-p", &patch.to_string()]);
    s.kubectl(&["rollout", "status", "deployment/db", "--timeout=120s"]);
}

/// From now on its pods take a new template only when somebody deletes them; and it gets one.
fn by_hand_alone(s: &Scene) {
    s.kubectl(&[
        "patch",
        db(s),
        "db",
        "--type=merge",
        "-p",
        r#"{"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}"#,
    ]);
    s.set_db(db(s), "v2");
}

fn config(s: &Scene) {
    s.kubectl(&["create", "configmap", "db", "--from-literal=a=b"]);
}

fn deployments() -> Vec<State> {
    let two = || json!({"replicas": 2});
    let with = |key: &str, value: Value| {
        let mut spec = two();
        spec[key] = value;
        spec
    };
    let of = |what, comes: fn(&Scene), back| State { what, kind: DEPLOYMENT, spec: two(), comes, back };
    let other = |what, spec, comes: fn(&Scene), back| State { what, kind: DEPLOYMENT, spec, comes, back };
    vec![
        of("one revision", |_| {}, None),
        of("two revisions", |s| roll(s, &["v2"]), Some("v1")),
        of("the newest is never ready", |s| break_with(s, "never-ready"), Some("v1")),
        of("the newest crashes", |s| break_with(s, "crash-loop"), Some("v1")),
        of("the newest has no image", |s| break_with(s, "missing"), Some("v1")),
        of(
            "two bad ones in a row",
            |s| {
                break_with(s, "crash-loop");
                let backs_off = ["get", "events", "--field-selector=reason=BackOff", "-o", "name"];
                until("its pods are warned about", Duration::from_secs(60), || !s.kubectl(&backs_off).trim().is_empty());
                break_with(s, "never-ready");
            },
            Some("v1"),
        ),
        other("half rolled", json!({"replicas": 4}), |s| break_with(s, "slow-start"), Some("v1")),
        of(
            "paused",
            |s| {
                roll(s, &["v2"]);
                s.kubectl(&["rollout", "pause", "deployment/db"]);
            },
            Some("v1"),
        ),
        of(
            "edited under a pause",
            |s| {
                s.kubectl(&["rollout", "pause", "deployment/db"]);
                s.set_db("deployment", "v2");
            },
            Some("v1"),
        ),
        of(
            "paused by a plan, half rolled",
            |s| {
                break_with(s, "never-ready");
                by_plan(s, &["pause", "deployment/db"]);
            },
            Some("v1"),
        ),
        of(
            "scaled to zero",
            |s| {
                roll(s, &["v2"]);
                by_plan(s, &["scale", "deployment/db", "--replicas", "0"]);
                until("no pod is left", Duration::from_secs(60), || s.images_of_db().is_empty());
            },
            Some("v1"),
        ),
        of(
            "scaled by a plan",
            |s| {
                roll(s, &["v2"]);
                by_plan(s, &["scale", "deployment/db", "--replicas", "5"]);
            },
            Some("v1"),
        ),
        of("restarted, one version", |s| by_plan(s, &["restart", "deployment/db"]), None),
        of(
            "restarted, two versions",
            |s| {
                roll(s, &["v2"]);
                by_plan(s, &["restart", "deployment/db"]);
            },
            Some("v1"),
        ),
        of(
            "undone by kubectl",
            |s| {
                roll(s, &["v2"]);
                s.kubectl(&["rollout", "undo", "deployment/db"]);
                s.kubectl(&["rollout", "status", "deployment/db", "--timeout=120s"]);
            },
            None,
        ),
        of(
            "undone by a plan",
            |s| {
                roll(s, &["v2"]);
                by_plan(s, &["rollback", "deployment/db"]);
            },
            None,
        ),
        of(
            "undone, and rolled on",
            |s| {
                roll(s, &["v2"]);
                by_plan(s, &["rollback", "deployment/db"]);
                roll(s, &["v3"]);
            },
            Some("v1"),
        ),
        other(
            "no history is kept",
            with("revisionHistoryLimit", json!(0)),
            |s| {
                roll(s, &["v2"]);
                let sets = || s.kubectl(&["get", "replicasets", "-o", "name"]).lines().count();
                until("the old ReplicaSet is gone", Duration::from_secs(60), || sets() == 1);
            },
            None,
        ),
        other("all pods at once", with("strategy", json!({"type": "Recreate"})), |s| roll(s, &["v2"]), Some("v1")),
        other("ready for a while before they count", with("minReadySeconds", json!(3)), |s| roll(s, &["v2"]), Some("v1")),
        other(
            "the one that is kept needs a ConfigMap that is gone",
            with("revisionHistoryLimit", json!(1)),
            |s| {
                config(s);
                roll_with_config(s, "v2", true);
                roll_with_config(s, "v3", false);
                let sets = || s.kubectl(&["get", "replicasets", "-o", "name"]).lines().count();
                until("the oldest ReplicaSet is gone", Duration::from_secs(60), || sets() == 2);
                s.kubectl(&["delete", "configmap", "db"]);
            },
            None,
        ),
        of(
            "one of two needs a ConfigMap that is gone",
            |s| {
                config(s);
                roll_with_config(s, "v2", true);
                roll_with_config(s, "v3", false);
                s.kubectl(&["delete", "configmap", "db"]);
            },
            Some("v1"),
        ),
        of(
            "an autoscaler holds it",
            |s| {
                s.kubectl(&["autoscale", "deployment", "db", "--min=1", "--max=4", "--cpu-percent=80"]);
                roll(s, &["v2"]);
            },
            Some("v1"),
        ),
    ]
}

fn others() -> Vec<State> {
    let ordered = || json!({"replicas": 2, "serviceName": "db"});
    let parallel = || json!({"replicas": 2, "serviceName": "db", "podManagementPolicy": "Parallel"});
    let partition = || json!({"replicas": 3, "serviceName": "db", "updateStrategy": {"rollingUpdate": {"partition": 2}}});
    let of = |what, kind, spec, comes: fn(&Scene), back| State { what, kind, spec, comes, back };
    vec![
        of("StatefulSet: one revision", STATEFUL_SET, ordered(), |_| {}, None),
        of("StatefulSet: two revisions", STATEFUL_SET, ordered(), |s| roll(s, &["v2"]), Some("v1")),
        of("StatefulSet, ordered: the newest is never ready", STATEFUL_SET, ordered(), |s| break_with(s, "never-ready"), Some("v1")),
        of("StatefulSet, parallel: the newest is never ready", STATEFUL_SET, parallel(), |s| break_with(s, "never-ready"), Some("v1")),
        of("StatefulSet: by hand alone", STATEFUL_SET, ordered(), by_hand_alone, None),
        of("StatefulSet: partitioned", STATEFUL_SET, partition(), |s| break_with(s, "v2"), Some("v1")),
        of(
            "StatefulSet: scaled and restarted by plans",
            STATEFUL_SET,
            ordered(),
            |s| {
                roll(s, &["v2"]);
                by_plan(s, &["scale", "statefulset/db", "--replicas", "3"]);
                by_plan(s, &["restart", "statefulset/db"]);
            },
            Some("v1"),
        ),
        of("DaemonSet: one revision", DAEMON_SET, json!({}), |_| {}, None),
        of("DaemonSet: two revisions", DAEMON_SET, json!({}), |s| roll(s, &["v2"]), Some("v1")),
        of("DaemonSet: the newest crashes", DAEMON_SET, json!({}), |s| break_with(s, "crash-loop"), Some("v1")),
        of("DaemonSet: by hand alone", DAEMON_SET, json!({}), by_hand_alone, None),
    ]
}

/// What the gauge promises of a workload, and the revision that `history` advises.
fn promise(s: &Scene, target: &str) -> (Value, Option<Value>) {
    let (code, history) = s.ends(&["history", target, "-o", "json"]);
    assert_eq!(code, 0, "{target}: {history}");
    let advised = history["revisions"].as_array().into_iter().flatten().find(|r| r["advised"] == true).cloned();
    (history["wayBack"].clone(), advised)
}

/// Looks, goes back, and compares.
fn holds(state: &State) {
    let State { what, kind, spec, comes, back } = state;
    let s = Scene::empty("gauge");
    s.db(kind, spec);
    comes(&s);
    let target = format!("{}/db", kind.to_lowercase());
    let (promise, advised) = promise(&s, &target);
    let Some(tag) = back else {
        assert_eq!(promise["kind"], "none", "{what}: {promise}");
        let out = s.run(&["plan", "rollback", &target, "--out", "plan"]);
        assert!(!out.status.success(), "{what}: it promised none, and there is a plan");
        return nothing(what, &promise);
    };
    let advised = advised.unwrap_or_else(|| panic!("{what}: none is advised: {promise}"));
    let (number, image) = (advised["number"].as_u64().expect("a number"), advised["images"][0].as_str().expect("an image"));
    assert_eq!((&promise["kind"], image), (&json!("rollback"), format!("web=changeover.dev/shop:{tag}").as_str()), "{what}: {promise}");
    let text = promise["text"].as_str().unwrap_or_default();
    assert!(text.contains(&format!("revision {number} ({image})")), "{what}: {promise}");
    let image = image.trim_start_matches("web=");

    let began = Instant::now();
    s.plan_back(&target, &[]);
    let planned = s.plan_file("plan");
    assert_eq!(promise["steps"].as_u64(), planned["steps"].as_array().map(|all| all.len() as u64), "{what}: {promise}");
    assert_eq!(planned["params"]["toRevision"], number, "{what}");
    let (code, checked) = s.ends(&["check", "plan", "-o", "json"]);
    assert_eq!((code, &checked["startable"]), (0, &json!(true)), "{what}: {checked}");
    let mut run = s.spawn();
    if what.contains("ordered: the newest") {
        // It waits for a hand, and says for which; no time was promised.
        assert_eq!(promise["seconds"], Value::Null, "{what}: {promise}");
        told_to_delete(&mut run);
        s.kubectl(&["delete", "pod", "db-1"]);
    }
    let (code, lines) = run.ends();
    assert_eq!((code, &lines.last().expect("an end")["state"]), (0, &json!("done")), "{what}: {lines:#?}");
    let took = began.elapsed();
    let template = s.kubectl(&["get", kind, "db", "-o", "jsonpath={.spec.template.spec.containers[0].image}"]);
    assert_eq!(template, image, "{what}");
    assert!(s.images_of_db().iter().all(|i| i == image), "{what}: {:?}", s.images_of_db());
    kept(what, &promise, took);
}

fn told_to_delete(run: &mut Running) {
    let says = |l: &Value| l["detail"].as_str().is_some_and(|d| d.contains("delete pod db-1"));
    run.until_line("the pod that blocks it", says);
}

#[test]
fn what_the_gauge_promises_of_a_workload_is_what_a_rollback_does() {
    let all: VecDeque<State> = deployments().into_iter().chain(others()).collect();
    assert!(all.len() > 30);
    side_by_side(AT_A_TIME, all, |state| holds(&state));
}

#[test]
fn what_the_gauge_promises_of_a_run_is_what_its_way_back_does_at_every_step() {
    let mut all = VecDeque::new();
    for finish in ["swap", "promote"] {
        let s = Scene::direct();
        s.quick_plan(finish, &[]);
        let plan = s.plan_file("plan");
        let steps = plan["steps"].as_array().expect("steps").iter().filter_map(|p| p["id"].as_str().map(String::from));
        // Traffic is where it was until the cutover.
        let mut kind = "backOut";
        let with_kind = |id: String| {
            kind = if id == "cut-over" { "flipBack" } else { kind };
            (id, kind)
        };
        let steps: Vec<(String, &str)> = steps.map(with_kind).collect();
        assert!(steps.len() > 12, "{steps:?}");
        // What was taken back is as it was: many states can be had in one place.
        all.extend(steps.chunks(4).map(|some| (finish, some.to_vec())));
    }
    side_by_side(AT_A_TIME, all, |(finish, steps)| {
        let s = Scene::direct();
        let world = s.world();
        for (step, kind) in steps {
            let what = format!("{finish}, left after {step}");
            // What took the last run back may not have been seen by the deployment controller yet: a check stops a plan on that.
            s.kubectl(&["rollout", "status", "deployment", "web", "--timeout=60s"]);
            let run = s.quick_plan(finish, &[]);
            let (code, end) = s.ends(&[&s.whole_run()[..], &["--until", &step]].concat());
            if code == 0 {
                return over(&s, &what, &run);
            }
            assert_eq!((code, &end["state"]), (4, &json!("left")), "{what}: {end}");
            let promise = of_run(&s, &run);
            assert_eq!(promise["kind"], kind, "{what}: {promise}");
            assert_eq!(self::promise(&s, "deployment/web").0, promise, "{what}: of its workload the same is promised");
            let began = Instant::now();
            let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
            let took = began.elapsed();
            assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{what}: {end}");
            assert_eq!(s.world(), world, "{what}");
            assert_eq!(undone(&s, &run), promise["steps"].as_u64().expect("steps"), "{what}: {promise}");
            kept(&what, &promise, took);
            // What was taken back cannot be taken back again.
            let promise = of_run(&s, &run);
            assert_eq!((&promise["kind"], s.ends(&["back-out", &run]).0), (&json!("none"), 2), "{what}: {promise}");
        }
    });
}

fn of_run(s: &Scene, run: &str) -> Value {
    let (code, status) = s.ends(&["status", run, "-o", "json"]);
    assert_eq!(code, 0, "{status}");
    status["run"]["wayBack"].clone()
}

/// Steps of a run that were taken back.
fn undone(s: &Scene, run: &str) -> u64 {
    let (_, status) = s.ends(&["status", run, "-o", "json"]);
    status["run"]["steps"].as_array().into_iter().flatten().filter(|step| step["state"] == "undone").count() as u64
}

/// A run whose last step is done is over: it is not backed out any more. What it wrote over is taken back by a rollback to before it;
/// what it left standing is not gone back to from here.
fn over(s: &Scene, what: &str, run: &str) {
    let promise = of_run(s, run);
    assert_eq!(s.ends(&["back-out", run]).0, 2, "{what}");
    if what.starts_with("swap") {
        assert_eq!(promise["kind"], "none", "{what}: {promise}");
        return nothing(what, &promise);
    }
    assert_eq!((&promise["kind"], &promise["run"]), (&json!("rollback"), &json!(run)), "{what}: {promise}");
    let began = Instant::now();
    s.plan_back("deployment/web", &["--to-run", run]);
    s.is_done(&s.whole_run());
    assert_eq!(s.image("web"), "changeover.dev/shop:v1", "{what}");
    kept(what, &promise, began.elapsed());
}
