//! `changeoverctl` on the practice lab: what a script relies on.

use std::process::Command;
use std::time::Duration;

use acceptance::scene::{LAB, Running, Scene, ended};
use acceptance::{program, until};
use engine::clock::TokioClock;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Environment, Store, WriteMode};
use xtask::lab::Lab;

/// (selector, template labels) of a Deployment.
fn labels(s: &Scene, deployment: &str) -> (Value, Value) {
    let d: Value = serde_json::from_str(&s.kubectl(&["get", "deployment", deployment, "-o", "json"])).expect("is JSON");
    (d["spec"]["selector"]["matchLabels"].clone(), d["spec"]["template"]["metadata"]["labels"].clone())
}

fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_object().expect("a map").iter().all(|(k, v)| labels[k] == *v)
}

#[test]
fn two_swaps_in_a_row_end_label_disjoint() {
    let s = Scene::new("swap");
    let first = s.plan("a", "web", "v2", &["--finish", "swap", "--set", "soak=1"]);
    s.carry_out("a", &first);
    assert!(s.selector().to_string().contains("green"), "{}", s.selector());
    let second = s.plan("b", "web-green", "v3", &["--finish", "swap", "--set", "soak=1"]);
    let plan = s.plan_file("b");
    let does = |what: &str| plan["steps"].as_array().expect("steps").iter().any(|p| p["step"]["do"] == what);
    assert!(does("switch") && !does("pause") && !does("pin"), "both colours are told apart by labels: {plan}");
    s.carry_out("b", &second);
    let serves = s.selector();
    assert_eq!(serves["changeover.dev/color"], "blue");
    let named = s.kubectl(&["get", "deployments", "-o", "name"]);
    let names: Vec<&str> = named.lines().filter_map(|l| l.split('/').nth(1)).filter(|n| *n != "web").collect();
    let [green, blue] = ["v2", "v3"].map(|v| *names.iter().find(|n| s.image(n).ends_with(v)).expect("stands"));
    let ((green_takes, green_pods), (blue_takes, blue_pods)) = (labels(&s, green), labels(&s, blue));
    assert!(selects(&green_takes, &green_pods) && selects(&blue_takes, &blue_pods));
    assert!(
        !selects(&green_takes, &blue_pods) && !selects(&blue_takes, &green_pods),
        "{green_takes} {blue_pods} {blue_takes} {green_pods}"
    );
    assert!(selects(&serves, &blue_pods) && !selects(&serves, &green_pods), "{serves}");
    let all = s.kubectl(&["get", "deployments,services", "-o", "json"]);
    let all: Value = serde_json::from_str(&all).expect("is JSON");
    for o in all["items"].as_array().expect("items") {
        let pinned = [&o["spec"]["selector"], &o["spec"]["selector"]["matchLabels"], &o["spec"]["template"]["metadata"]["labels"]]
            .iter()
            .any(|labels| !labels["pod-template-hash"].is_null());
        assert!(!pinned && o["spec"]["paused"].is_null(), "{o}");
    }
}

#[test]
fn promote_in_place_keeps_names_and_selector_and_rollback_brings_the_template_back() {
    let s = Scene::new("promote");
    let before = s.selector();
    let run = s.plan("p", "web", "v2", &["--finish", "promote", "--set", "soak=1"]);
    s.carry_out("p", &run);
    assert_eq!((s.image("web").as_str(), s.selector()), ("changeover.dev/shop:v2", before));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).lines().count(), 1);
    let (code, history) = s.ends(&["history", "deployment/web", "-o", "json"]);
    assert_eq!((code, &history["schema"], &history["workload"]), (0, &json!(1), &json!(format!("Deployment/{}/web", s.namespace))));
    let of = |key: &str| {
        let all = history["revisions"].as_array().expect("revisions");
        all.iter().find(|r| r[key] == true).map(|r| r["images"][0].as_str().unwrap_or_default().to_string()).unwrap_or_default()
    };
    assert!(of("current").ends_with("shop:v2") && of("advised").ends_with("shop:v1"), "{history}");
    let text = s.text(&["history", "deployment/web"]);
    let line = |mark: &str| text.lines().find(|l| l.starts_with(mark)).unwrap_or_default().to_string();
    assert!(line("*").contains("shop:v2") && line("←").contains("shop:v1"), "{text}");
    let (code, runs) = s.ends(&["runs", "-o", "json"]);
    let first = &runs["runs"][0];
    assert_eq!((code, &runs["schema"], runs["runs"].as_array().map(Vec::len)), (0, &json!(1), Some(1)));
    assert_eq!((&first["id"], &first["state"], &first["open"]), (&json!(run), &json!("done"), &json!(false)), "{runs}");
    let text = s.text(&["runs"]);
    assert!(text.lines().any(|l| l.starts_with(&run) && l.contains("done")), "{text}");
    reports(&s, &run, "the run is done", &["kubectl -n", "cut-over", "promote"]);
    assert!(s.run(&["plan", "rollback", "deployment/web", "--out", "r"]).status.success());
    assert_eq!(s.ends(&["run", "r", "--yes"]).0, 0);
    assert_eq!(s.image("web"), "changeover.dev/shop:v1");
}

#[test]
fn a_back_out_before_the_cutover_leaves_blue_as_it_was() {
    let s = Scene::new("back");
    let before = s.selector();
    let run = s.plan("p", "web", "v2", &["--finish", "swap", "--set", "soak=1"]);
    assert_eq!(s.ends(&["run", "p", "--confirm-context", "practice"]).0, 4, "held without --yes");
    let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
    assert_eq!((code, &end["state"]), (5, &Value::from("backedOut")), "{end}");
    assert_eq!(s.selector(), before);
    assert_eq!(s.kubectl(&["get", "deployment", "web", "-o", "jsonpath={.spec.paused}"]), "");
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).lines().count(), 1);
    reports(&s, &run, "everything is taken back", &["goes back: test", "pin-web", "taken back"]);
}

/// What happened, by its times, in whatever it is written as.
fn reports(s: &Scene, run: &str, end: &str, words: &[&str]) {
    let (code, json) = s.ends(&["report", run, "-o", "json"]);
    let report = &json["report"];
    assert_eq!((code, &json["schema"], &report["run"]["id"]), (0, &json!(1), &json!(run)), "{json}");
    let timeline = report["timeline"].as_array().expect("a list");
    let at: Vec<jiff::Timestamp> = timeline.iter().filter_map(|l| l["at"].as_str()?.parse().ok()).collect();
    assert!(at.len() == timeline.len() && at.is_sorted(), "{timeline:#?}");
    assert_eq!(timeline.last().map(|l| &l["text"]), Some(&json!(end)), "{timeline:#?}");
    let landed = timeline
        .iter()
        .filter(|l| l["text"].as_str().is_some_and(|t| [": created", ": changed", ": scaled", ": deleted"].iter().any(|w| t.ends_with(w))))
        .count();
    let carried: usize = s.carried_out().values().sum();
    assert!(landed >= carried, "{landed} of {carried} writes: {timeline:#?}");
    let markdown = s.text(&["report", run]);
    let page = s.text(&["report", run, "--html"]);
    assert!(markdown.starts_with("# web: v1 → v2") && page.starts_with("<!doctype html>"), "{markdown}");
    for text in [&markdown, &page] {
        assert!(text.contains(end) && words.iter().all(|w| text.contains(*w)), "{words:?}: {text}");
    }
}

#[test]
fn a_run_that_was_killed_in_the_soak_is_picked_up() {
    let s = Scene::new("kill");
    // The acknowledgement is given by a first run, so that the one that is killed gets as far as its soak by itself.
    let first = s.plan("a", "web", "v2", &["--finish", "swap", "--set", "soak=1"]);
    s.carry_out("a", &first);
    let run = s.plan("b", "web-green", "v3", &["--finish", "swap", "--set", "soak=5"]);
    let mut child = s.command(&["run", "b", "--yes"]).stdout(std::process::Stdio::null()).spawn().expect("starts");
    until("the soak begins", Duration::from_secs(60), || String::from_utf8_lossy(&s.run(&["status", &run]).stdout).contains("● soak"));
    child.kill().expect("kill -9");
    child.wait().expect("gone");
    let (code, end) = s.ends(&["resume", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
}

#[test]
fn a_plan_is_refused_when_it_was_edited_or_the_world_moved_or_the_context_is_locked() {
    let s = Scene::new("refuse");
    s.plan("p", "web", "v2", &[]);
    let (code, error) = s.ends(&["run", "p", "--yes"]);
    assert_eq!((code, &error["error"]["code"], &error["exit"]), (3, &json!("locked"), &json!(3)), "read only until --confirm-context");
    let path = s.state.path().join("p");
    let text = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(s.state.path().join("edited"), text.replace("shop:v2", "shop:v9")).expect("writes");
    assert_eq!(s.ends(&["check", "edited"]).0, 2);
    s.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v3"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    assert_eq!(s.ends(&["check", "p"]).0, 3, "its template changed");
    // Nobody asked for JSON, but standard output is no terminal: a program gets its one object there.
    let (code, error) = s.ends(&["run", "p", "--yes", "--confirm-context", "practice"]);
    assert_eq!((code, &error["schema"], &error["error"]["code"], &error["exit"]), (3, &json!(1), &json!("stopped"), &json!(3)), "{error}");
    assert_eq!(s.ends(&["status", "no-such-run"]), (2, Value::Null), "text of other commands goes to standard error");
}

#[test]
fn a_run_that_was_left_behind_a_step_goes_on_from_there() {
    let s = Scene::new("until");
    let run = s.plan("p", "web", "v2", &["--finish", "swap", "--set", "soak=1"]);
    let (code, error) = s.ends(&["run", "p", "--until", "nothing", "--confirm-context", "practice"]);
    assert_eq!((code, &error["error"]["code"]), (2, &json!("usage")), "{error}");
    let (code, end) = s.ends(&["run", "p", "--until", "create-green", "--yes", "--confirm-context", "practice"]);
    assert_eq!((code, &end["state"], &end["exit"]), (4, &json!("left"), &json!(4)), "{end}");
    let pods = ["get", "deployment", "web-green", "-o", "jsonpath={.spec.replicas}"];
    assert_eq!(s.kubectl(&pods), "0", "the step behind it was not begun");
    let open = s.ends(&["runs", "-o", "json"]).1;
    assert_eq!(open["runs"][0]["open"], true, "{open}");
    let (code, end) = s.ends(&["resume", &run, "--yes"]);
    // Simulated pods have no data for the smoke check: that is asked once.
    let (code, end) = if code == 4 { s.ends(&["resume", &run, "--yes", "--choose", "go-on"]) } else { (code, end) };
    assert_eq!((code, &end["state"]), (0, &json!("done")), "{end}");
    assert_eq!(s.kubectl(&pods), "2");
}

#[test]
fn read_only_refuses_every_write_and_no_look() {
    let s = Scene::new("locked");
    s.plan("p", "web", "v2", &[]);
    let version = || s.kubectl(&["get", "service,deployment", "-o", "jsonpath={.items[*].metadata.generation}{.items[*].spec.selector}"]);
    let before = version();
    for arguments in [vec!["map"], vec!["check", "p"], vec!["history", "deployment/web"]] {
        assert_eq!(s.ends(&[&arguments[..], &["--read-only"]].concat()).0, 0, "{arguments:?}");
    }
    let (code, error) = s.ends(&["run", "p", "--yes", "--confirm-context", "practice", "--read-only"]);
    assert_eq!((code, &error["error"]["code"], &error["exit"]), (3, &json!("locked"), &json!(3)), "{error}");
    assert_eq!(version(), before);
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).lines().count(), 1);
}

#[test]
fn contexts_say_what_is_reachable() {
    let s = Scene::new("contexts");
    let (code, all) = s.ends(&["contexts", "-o", "json"]);
    assert_eq!((code, &all["schema"], &all["current"]), (0, &json!(1), &json!("practice")));
    let [context] = &all["contexts"].as_array().expect("contexts")[..] else { panic!("{all}") };
    assert_eq!((&context["name"], &context["state"], &context["server"]), (&json!("practice"), &json!("reachable"), &json!(LAB.server())));
    let text = s.text(&["contexts"]);
    assert!(text.lines().any(|l| l.starts_with('*') && l.contains("practice") && l.contains("reachable")), "{text}");
    // One that nobody answers is told, and is no failure of the listing.
    let dead = s.state.path().join("dead.kubeconfig");
    let kubeconfig = std::fs::read_to_string(LAB.kubeconfig()).expect("reads");
    std::fs::write(&dead, kubeconfig.replace(LAB.server(), "https://127.0.0.1:9")).expect("writes");
    let (code, all) = ended(&mut s.command_with(&dead, &["contexts", "-o", "json"]));
    assert_eq!((code, &all["contexts"][0]["state"]), (0, &json!("unreachable")), "{all}");
}

#[test]
fn kubectl_finds_it_as_a_plugin() {
    let s = Scene::new("plugin");
    let folder = s.state.path().join("bin");
    std::fs::create_dir(&folder).expect("made");
    std::os::unix::fs::symlink(program("changeoverctl").expect("built"), folder.join("kubectl-changeover")).expect("linked");
    let kubectl = |arguments: &[&str]| {
        let mut c = Command::new(xtask::lab::programs::program("kubectl").expect("built"));
        c.arg("changeover").args(arguments).env("PATH", &folder).env("CHANGEOVER_STATE_DIR", s.state.path());
        c.env("KUBECONFIG", LAB.kubeconfig()).output().expect("starts")
    };
    let help = kubectl(&["map", "--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.status.success() && text.contains("Usage: kubectl changeover map"), "{text}");
    let map = kubectl(&["map", "-n", &s.namespace, "-o", "json"]);
    let map: Value = serde_json::from_slice(&map.stdout).expect("is JSON");
    assert!(map["nodes"].as_array().is_some_and(|n| n.iter().any(|n| n["name"] == "web")), "{map}");
    assert_eq!(kubectl(&["status", "no-such-run"]).status.code(), Some(2), "its exit code is passed on");
}

#[test]
fn a_plan_and_its_run_stay_with_their_cluster() {
    let [here, there] = [0, 1].map(|_| Lab::fresh_api_server().expect("an API server"));
    let state = tempfile::tempdir().expect("a folder");
    let objects = state.path().join("objects.json");
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:v1", "ports": [{"containerPort": 80}]}]}});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
         "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
         "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}},
    ]});
    std::fs::write(&objects, list.to_string()).expect("writes");
    here.apply(&objects).expect("applies");
    there.apply(&objects).expect("applies");
    let tool = |lab: &Lab, arguments: &[&str]| {
        let mut c = Command::new(program("changeoverctl").expect("built"));
        c.args(arguments).arg("--kubeconfig").arg(lab.kubeconfig()).arg("--state-dir").arg(state.path()).current_dir(state.path());
        ended(&mut c)
    };
    let written = || {
        there
            .kubectl(&["get", "service,deployment", "-n", "default", "-o", "jsonpath={.items[*].metadata.resourceVersion}"])
            .expect("reads")
    };
    let before = written();
    assert_eq!(tool(&here, &["plan", "blue-green", "deployment/web", "--image", "web=web:v2", "--set", "green=1", "--out", "p"]).0, 0);
    // Both contexts have the same name: only the clusters themselves tell.
    let (code, said) = tool(&there, &["check", "p", "-o", "json"]);
    assert_eq!((code, &said["startable"], said["findings"].as_array().map(Vec::len)), (3, &json!(false), Some(1)), "{said}");
    assert_eq!((&said["findings"][0]["code"], &said["findings"][0]["severity"]), (&json!("other-cluster"), &json!("block")));
    let (code, error) = tool(&there, &["run", "p", "--yes", "--confirm-context", "lab"]);
    assert_eq!((code, &error["error"]["code"]), (3, &json!("stopped")), "{error}");
    assert_eq!(tool(&there, &["runs", "-o", "json"]).1["runs"], json!([]), "nothing was journaled");
    assert_eq!(written(), before, "nothing was written");
}

/// Edited or pointed elsewhere in the middle of a run: what is written still goes to the cluster of the plan.
#[test]
fn a_kubeconfig_that_is_pointed_elsewhere_in_the_soak_is_not_followed() {
    let s = Scene::direct();
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let there = format!("https://{}", elsewhere.local_addr().expect("bound"));
    let file = s.state.path().join("config");
    let token = LAB.token("admin").expect("a token");
    let authority = std::fs::read_to_string(LAB.authority()).expect("reads");
    std::fs::write(s.state.path().join("ca.pem"), authority).expect("writes");
    let point_to = |server: &str, token: &str| {
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "practice",
            "contexts": [{"name": "practice", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority": "ca.pem"}}],
            "users": [{"name": "u", "user": {"token": token}}]});
        std::fs::write(&file, config.to_string()).expect("writes");
    };
    point_to(LAB.server(), token);
    let plan = ["plan", "blue-green", "deployment/web", "--image", "web=changeover.dev/shop:v2", "--finish", "swap"];
    let more = ["--set", "settle=0", "--set", "soak=6", "--out", "plan"];
    assert!(s.command_with(&file, &[&plan[..], &more].concat()).output().expect("starts").status.success());
    let mut run = Running::start(s.command_with(&file, &s.whole_run()));
    run.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    point_to(&there, "a token for somebody else");
    let (code, lines) = run.ends();
    assert_eq!((code, &lines.last().expect("an end")["state"]), (0, &json!("done")), "{lines:#?}");
    assert!(s.selector().to_string().contains("green"), "{}", s.selector());
    elsewhere.set_nonblocking(true).expect("is set");
    assert!(elsewhere.accept().is_err(), "nobody was asked there, and the token was not shown");
}

#[test]
fn the_map_has_the_promised_schema() {
    let s = Scene::new("map");
    let (code, map) = s.ends(&["map", "-o", "json"]);
    assert_eq!((code, &map["schema"]), (0, &Value::from(1)));
    for key in ["cluster", "nodes", "edges", "routes", "findings", "unread"] {
        assert!(!map[key].is_null(), "{key}");
    }
    assert_eq!(map["unread"], serde_json::json!([]));
    let id = format!("Deployment/{}/web", s.namespace);
    assert!(map["nodes"].as_array().expect("nodes").iter().any(|n| n["id"] == id.as_str() && n["group"] == "apps"), "{map}");
    let text = s.text(&["map"]);
    let has = |line: &str| text.lines().any(|l| l.trim_start().starts_with(line));
    assert_eq!(text.lines().next(), Some(s.namespace.as_str()), "{text}");
    assert!(has("Service web") && has("100 % ReplicaSet web") && text.contains("2 of 2 pods ready"), "{text}");
}

#[test]
fn the_edges_of_a_map_are_by_object_and_their_shares_never_exceed_one() {
    let s = Scene::new("edges");
    let ns = &s.namespace;
    let route = serde_json::json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": ns},
        "spec": {"rules": [{"host": "a.example.com", "http": {"paths": [
            {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}},
            {"path": "/api", "pathType": "Prefix", "backend": {"service": {"name": "missing", "port": {"number": 80}}}}]}}]}});
    let file = s.state.path().join("route.json");
    std::fs::write(&file, route.to_string()).expect("writes");
    LAB.apply(&file).expect("applies");
    let (code, map) = s.ends(&["map", "-o", "json"]);
    assert_eq!(code, 0);
    let list = |key: &str| map[key].as_array().cloned().unwrap_or_default();
    let text = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_string();
    let ids: Vec<String> = list("nodes").iter().map(|n| text(n, "id")).collect();
    let mut sums = std::collections::BTreeMap::<String, f64>::new();
    let mut seen = std::collections::BTreeSet::new();
    for e in list("edges") {
        let (from, to) = (text(&e, "from"), text(&e, "to"));
        assert!(ids.contains(&from) && ids.contains(&to), "{e}: leads from and to nodes");
        assert!(["active", "open", "declared", "broken", "shadow", "attached"].contains(&text(&e, "state").as_str()), "{e}");
        assert!(seen.insert((from.clone(), to, text(&e, "relation"))), "{e}: there once");
        *sums.entry(from).or_default() += e["share"].as_f64().unwrap_or(0.0);
    }
    assert!(sums.values().all(|s| *s <= 1.0 + 1e-9), "{sums:?}");
    let ingress = format!("Ingress/{ns}/web");
    let of_ingress: Vec<Value> = list("edges").into_iter().filter(|e| e["from"] == ingress.as_str()).collect();
    assert_eq!(of_ingress.len(), 2, "{of_ingress:?}");
    assert!(of_ingress.iter().all(|e| e["share"].is_null()), "each path has its own: {of_ingress:?}");
    assert!(of_ingress.iter().any(|e| e["state"] == "broken"));
    assert!(list("findings").iter().any(|f| f["code"] == "dangling-reference" && f["object"] == ingress.as_str()), "{}", map["findings"]);
    assert!(list("routes").iter().any(|r| r["path"] == "/" && r["shares"][0]["share"] == 1.0), "{}", map["routes"]);
}

#[test]
fn a_trace_names_the_version_that_answers_and_why_other_rules_do_not() {
    let s = Scene::new("trace");
    let ns = &s.namespace;
    let rule = |path: &str, service: &str| serde_json::json!({"path": path, "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": 80}}}});
    let host = format!("{ns}.example.com");
    let route = serde_json::json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": ns},
        "spec": {"rules": [{"host": host, "http": {"paths": [rule("/", "web"), rule("/api", "missing")]}}]}});
    let file = s.state.path().join("route.json");
    std::fs::write(&file, route.to_string()).expect("writes");
    LAB.apply(&file).expect("applies");

    let (code, v) = s.ends(&["trace", "GET", &format!("http://{host}/cart"), "-o", "json"]);
    assert_eq!((code, &v["schema"]), (0, &Value::from(1)), "{v}");
    let door = &v["trace"]["doors"][0];
    assert!(door["door"].is_null(), "{door}");
    let target = &door["answer"]["targets"][0];
    assert_eq!((&target["service"], &target["share"]), (&format!("Service/{ns}/web").into(), &Value::from(1.0)), "{target}");
    let version = &target["versions"][0];
    assert_eq!((&version["workload"], &version["share"]), (&format!("Deployment/{ns}/web").into(), &Value::from(1.0)), "{target}");
    assert_eq!(version["pods"], 2, "{target}");
    assert_eq!(door["others"][0]["why"], "takes only path /api (prefix)", "{door}");

    let text = s.text(&["trace", "POST", &format!("{host}/api/x"), "-H", "X-Canary: always"]);
    assert!(text.contains(&format!("Service {ns}/missing does not exist")), "{text}");
    let (code, v) = s.ends(&["trace", "GET", "http://nobody.example.com/", "-o", "json"]);
    assert_eq!(code, 4, "{v}");
    let (code, v) = s.ends(&["trace", "GET", "http://a/", "-H", "no header", "-o", "json"]);
    assert_eq!((code, &v["error"]["code"]), (2, &Value::from("usage")), "{v}");
}

#[test]
fn the_doctor_finds_what_a_run_left_and_says_what_to_do_from_any_workstation() {
    let s = Scene::new("doctor");
    assert_eq!(s.ends(&["doctor", "-o", "json"]), (0, json!({"schema": 1, "findings": [], "unread": []})));
    let run = s.plan("p", "web", "v2", &["--finish", "swap", "--set", "soak=1"]);
    assert_eq!(s.ends(&["run", "p", "--confirm-context", "practice"]).0, 4, "left at its gate without --yes");

    let (code, found) = s.ends(&["doctor", "-o", "json"]);
    let all = found["findings"].as_array().expect("findings").clone();
    assert_eq!((code, all.len()), (4, 1), "one finding for a run that this journal knows: {found}");
    let of = |key: &str| all[0][key].as_str().unwrap_or_default().to_string();
    assert_eq!((of("code"), of("object")), ("abandoned".into(), format!("Deployment/{}/web", s.namespace)));
    assert!(of("message").contains("is paused") && of("message").contains("services are pinned"), "{found}");
    assert_eq!(of("remedy"), format!("changeoverctl resume {run}, or changeoverctl back-out {run}"));

    // A colleague's journal does not know the run; its record tells.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (code, found) = s.ends_elsewhere(elsewhere.path(), &["doctor", "-o", "json"]);
    let all = found["findings"].as_array().expect("findings").clone();
    assert_eq!((code, all.len(), &all[0]["code"]), (4, 1, &json!("abandoned")), "{found}");
    let of = |key: &str| all[0][key].as_str().unwrap_or_default().to_string();
    assert!(of("message").contains(&run) && of("message").contains("let go"), "{found}");
    assert_eq!(of("remedy"), format!("changeoverctl take-over {run} -n {}", s.namespace));

    // Without the record the marks say what there is, whose it is and what to do.
    s.kubectl(&["delete", "configmap", "changeover.deployment.web"]);
    let (code, found) = s.ends_elsewhere(elsewhere.path(), &["doctor", "-o", "json"]);
    let marked: Vec<(String, String)> = found["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| (f["object"].as_str().unwrap_or_default().to_string(), format!("{} → {}", f["message"], f["remedy"])))
        .collect();
    assert_eq!(code, 4, "{found}");
    let about = |object: &str| marked.iter().find(|(o, _)| o == object).map(|(_, m)| m.clone()).unwrap_or_default();
    let blue = about(&format!("Deployment/{}/web", s.namespace));
    assert!(blue.contains(&run) && blue.contains("not in this journal") && blue.contains("rollout resume deployment/web"), "{found}");
    let service = about(&format!("Service/{}/web", s.namespace));
    assert!(service.contains("pinned") && service.contains("/spec/selector/pod-template-hash"), "{found}");
    assert!(about(&format!("Service/{}/web-preview", s.namespace)).contains("delete service/web-preview"), "{found}");
    assert!(about(&format!("Deployment/{}/web-green", s.namespace)).contains("delete deployment/web-green"), "{found}");

    assert_eq!(s.ends(&["back-out", &run]).0, 5);
    for state in [s.state.path(), elsewhere.path()] {
        let (code, found) = s.ends_elsewhere(state, &["doctor", "-o", "json"]);
        assert_eq!((code, &found["findings"]), (0, &json!([])), "nothing is left after the way back");
    }
}

#[test]
fn a_server_that_is_not_verified_is_read_and_written_to_for_a_reason_alone() {
    let s = Scene::direct();
    let file = s.state.path().join("kubeconfig");
    let context = |name: &str| json!({"name": name, "context": {"cluster": "c", "user": "u"}});
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "loose", "contexts": [context("loose"), context("prod-loose")],
        "clusters": [{"name": "c", "cluster": {"server": LAB.server(), "insecure-skip-tls-verify": true}}],
        "users": [{"name": "u", "user": {"token": LAB.token("admin").expect("a token")}}]});
    std::fs::write(&file, config.to_string()).expect("writes");
    let ends = |arguments: &[&str]| ended(&mut s.command_with(&file, arguments));
    let (code, all) = ends(&["contexts", "-o", "json"]);
    let of = |name: &str| all["contexts"].as_array().expect("contexts").iter().find(|c| c["name"] == name).cloned().expect("there");
    assert_eq!((code, &of("loose")["unverified"], &of("loose")["writes"]), (0, &json!("certificate"), &json!("unverified")), "{all}");
    let text = s.command_with(&file, &["contexts"]).output().expect("starts").stdout;
    assert!(String::from_utf8_lossy(&text).contains("loose: its server is not verified"), "{}", String::from_utf8_lossy(&text));

    let plan = |name: &str| {
        let image = ["plan", "blue-green", "deployment/web", "--image", "web=changeover.dev/shop:v2", "--out", name, "--context", name];
        let more = ["--finish", "swap", "--set", "soak=0", "--set", "settle=0"];
        assert!(s.command_with(&file, &[&image[..], &more].concat()).output().expect("starts").status.success());
    };
    plan("loose");
    let before = s.world();
    let (code, error) = ends(&["run", "loose", "--yes", "--confirm-context", "loose"]);
    assert_eq!((code, &error["error"]["code"]), (3, &json!("locked")), "{error}");
    plan("prod-loose");
    let production =
        ["run", "prod-loose", "--yes", "--context", "prod-loose", "--confirm-context", "prod-loose", "--unverified-because", "x"];
    let (code, error) = ends(&production);
    assert_eq!((code, &error["error"]["code"]), (3, &json!("locked")), "{error}");
    assert_eq!(s.world(), before, "nothing was written");

    let (code, end) = ends(&["run", "loose", "--yes", "--confirm-context", "loose", "--unverified-because", "the lab of a test"]);
    assert_eq!((code, &end["state"]), (0, &json!("done")), "{end}");
    let all = ends(&["contexts", "-o", "json"]).1;
    let loose = all["contexts"].as_array().expect("contexts").iter().find(|c| c["name"] == "loose").cloned().expect("there");
    assert_eq!((&loose["writes"], &loose["unverifiedReason"]), (&json!("allowed"), &json!("the lab of a test")));
}

#[test]
fn an_unlock_that_runs_out_in_a_run_stops_neither_its_lease_nor_its_way_back() {
    let s = Scene::direct();
    let before = s.selector();
    let store = Store::open(&s.state.path().join("journal.sqlite"), std::sync::Arc::new(TokioClock::new())).expect("a journal");
    let remember = |change: &dyn Fn(&mut store::ContextRecord)| {
        let mut record = store.context("practice").expect("reads");
        change(&mut record);
        store.set_context("practice", &record).expect("writes");
    };
    remember(&|record| (record.environment, record.write) = (Environment::Production, WriteMode::ReadOnly));
    s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=600"]);
    let (code, error) = s.ends(&["run", "plan", "--yes"]);
    assert_eq!((code, &error["error"]["code"]), (3, &json!("locked")), "{error}");
    let mut run = s.spawn();
    run.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    assert!(store.context("practice").expect("reads").unlocked_until.is_some_and(|until| until > Timestamp::now()), "for a time");

    remember(&|record| record.unlocked_until = Some(Timestamp::UNIX_EPOCH));
    let all = s.ends(&["contexts", "-o", "json"]).1;
    assert_eq!(all["contexts"][0]["writes"], "protected", "nothing new is started: {all}");
    let renewed = || s.kubectl(&["get", "leases", "-o", "jsonpath={.items[0].spec.renewTime}"]);
    for n in ["once", "and again, surely after it ran out"] {
        let last = renewed();
        until(&format!("the Lease is renewed {n}"), Duration::from_secs(60), || renewed() != last);
    }
    s.kubectl(&["scale", "deployment/web-green", "--replicas=0"]);
    let (code, lines) = run.ends();
    assert_eq!((code, &lines.last().expect("an end")["state"]), (5, &json!("backedOut")), "{lines:#?}");
    assert_eq!(s.selector(), before);
}
