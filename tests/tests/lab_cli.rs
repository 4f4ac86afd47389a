//! `changeoverctl` on the practice lab: real control plane, simulated pods, no root. One lab, one Kubernetes namespace per
//! scenario, the program that a user starts.

use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::Duration;

use acceptance::{lab, program, until};
use serde_json::Value;
use xtask::lab::{Kind, Lab};

static LAB: LazyLock<Lab> = LazyLock::new(|| lab(&[Kind::Practice]).expect("the practice lab stands"));

/// A namespace with one Deployment of two pods behind one Service, and a journal of its own.
struct Scene {
    namespace: String,
    state: tempfile::TempDir,
}

impl Scene {
    fn new(name: &str) -> Self {
        let namespace = format!("cli-{name}-{}", std::process::id());
        let state = tempfile::tempdir().expect("a folder");
        let manifest = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
              "spec": {"containers": [{"name": "web", "image": "changeover.dev/shop:v1", "ports": [{"containerPort": 8080}],
               "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}}}]}}}},
        ]});
        let file = state.path().join("scene.json");
        std::fs::write(&file, manifest.to_string()).expect("writes");
        let scene = Self { namespace, state };
        LAB.apply(&file).expect("applies");
        scene.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
        scene
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        LAB.kubectl(&[&["-n", &self.namespace][..], arguments].concat()).expect("kubectl answers")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut c = Command::new(program("changeoverctl").expect("the program is built"));
        c.args(arguments)
            .arg("-n")
            .arg(&self.namespace)
            .arg("--kubeconfig")
            .arg(LAB.kubeconfig())
            .arg("--state-dir")
            .arg(self.state.path());
        c.current_dir(self.state.path());
        c
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs it and gives its exit code and the last JSON line.
    fn ends(&self, arguments: &[&str]) -> (i32, Value) {
        let out = self.run(arguments);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let last = text.lines().last().and_then(|l| serde_json::from_str(l).ok()).unwrap_or(Value::Null);
        (out.status.code().unwrap_or(-1), last)
    }

    /// Makes a plan file and gives the id of the run that it becomes.
    fn plan(&self, file: &str, target: &str, version: &str, more: &[&str]) -> String {
        let (target, image) = (format!("deployment/{target}"), format!("web=changeover.dev/shop:{version}"));
        let out = self.run(&[&["plan", "blue-green", &target, "--image", &image, "--out", file][..], more].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let plan: Value = serde_json::from_slice(&std::fs::read(self.state.path().join(file)).expect("reads")).expect("is JSON");
        plan["id"].as_str().expect("has an id").to_string()
    }

    /// Carries a plan out; the first run on simulated pods asks for one acknowledgement.
    fn carry_out(&self, file: &str, run: &str) {
        let (code, end) = self.ends(&["run", file, "--yes", "--confirm-context", "practice"]);
        let (code, end) = if code == 4 { self.ends(&["resume", run, "--yes", "--choose", "go-on"]) } else { (code, end) };
        assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
    }

    fn selector(&self) -> String {
        self.kubectl(&["get", "service", "web", "-o", "jsonpath={.spec.selector}"])
    }

    fn image(&self, deployment: &str) -> String {
        self.kubectl(&["get", "deployment", deployment, "-o", "jsonpath={.spec.template.spec.containers[0].image}"])
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What the lab keeps of a scene that failed is only in the way.
        let _ = LAB.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

#[test]
fn two_swaps_in_a_row_end_label_disjoint() {
    let s = Scene::new("swap");
    let first = s.plan("a", "web", "v2", &["--finish", "swap", "--set", "soak=1"]);
    s.carry_out("a", &first);
    assert!(s.selector().contains("green"), "{}", s.selector());
    let second = s.plan("b", "web-green", "v3", &["--finish", "swap", "--set", "soak=1"]);
    s.carry_out("b", &second);
    assert!(s.selector().contains("blue") && !s.selector().contains("pod-template-hash"), "{}", s.selector());
}

#[test]
fn promote_in_place_keeps_names_and_selector_and_rollback_brings_the_template_back() {
    let s = Scene::new("promote");
    let before = s.selector();
    let run = s.plan("p", "web", "v2", &["--finish", "promote", "--set", "soak=1"]);
    s.carry_out("p", &run);
    assert_eq!((s.image("web").as_str(), s.selector()), ("changeover.dev/shop:v2", before));
    assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]).lines().count(), 1);
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
}

#[test]
fn an_image_that_cannot_run_is_backed_out_of_with_the_reason() {
    std::thread::scope(|threads| {
        for (version, reason) in [("missing", "ImagePullBackOff"), ("crash-loop", "CrashLoopBackOff")] {
            threads.spawn(move || {
                let s = Scene::new(version);
                let before = s.selector();
                s.plan("p", "web", version, &["--finish", "swap", "--set", "deadline=120"]);
                let (code, end) = s.ends(&["run", "p", "--yes", "--confirm-context", "practice"]);
                assert_eq!((code, &end["state"]), (5, &Value::from("backedOut")), "{version}: {end}");
                assert!(end["text"].as_str().is_some_and(|text| text.contains(reason)), "{version}: {end}");
                assert_eq!(s.selector(), before, "{version}");
                assert_eq!(s.kubectl(&["get", "deployments", "-o", "name"]), "deployment.apps/web\n", "{version}");
            });
        }
    });
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
    assert_eq!(s.ends(&["run", "p", "--yes"]).0, 3, "read only until --confirm-context");
    let path = s.state.path().join("p");
    let text = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(s.state.path().join("edited"), text.replace("shop:v2", "shop:v9")).expect("writes");
    assert_eq!(s.ends(&["check", "edited"]).0, 2);
    s.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v3"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    assert_eq!(s.ends(&["check", "p"]).0, 3, "its template changed");
}

#[test]
fn the_map_has_the_promised_schema() {
    let s = Scene::new("map");
    let (code, map) = s.ends(&["map", "-o", "json"]);
    assert_eq!((code, &map["schema"]), (0, &Value::from(1)));
    for key in ["cluster", "nodes", "edges", "routes", "findings"] {
        assert!(!map[key].is_null(), "{key}");
    }
    let id = format!("Deployment/{}/web", s.namespace);
    assert!(map["nodes"].as_array().expect("nodes").iter().any(|n| n["id"] == id.as_str() && n["group"] == "apps"), "{map}");
}
