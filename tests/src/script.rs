//! The practice lab for acceptance tests of the command line: real control plane, simulated pods, no root. One lab, one
//! Kubernetes namespace per scene, the program that a user starts.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::{Value, json};
use xtask::lab::{Kind, Lab};

use crate::{lab, program};

/// The practice lab that the suite made stand.
pub static LAB: LazyLock<Lab> = LazyLock::new(|| lab(&[Kind::Practice]).expect("the practice lab stands"));

/// A namespace with one Deployment of two pods behind one Service, and a journal of its own.
pub struct Scene {
    /// Its name, unique per test process.
    pub namespace: String,
    /// Folder of its journal and of files that tests write.
    pub state: tempfile::TempDir,
}

impl Scene {
    /// Makes it, and waits until the pods are ready.
    pub fn new(name: &str) -> Self {
        let namespace = format!("cli-{name}-{}", std::process::id());
        let state = tempfile::tempdir().expect("a folder");
        let manifest = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
              "spec": {"containers": [{"name": "web", "image": "changeover.dev/shop:v1", "ports": [{"containerPort": 8080}],
               "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}}}]}}}},
        ]});
        let scene = Self { namespace, state };
        scene.apply(&manifest);
        scene.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
        scene
    }

    /// Applies objects, as the administrator.
    pub fn apply(&self, manifest: &Value) {
        let file = self.state.path().join("applied.json");
        std::fs::write(&file, manifest.to_string()).expect("writes");
        LAB.apply(&file).expect("applies");
    }

    /// kubectl in the namespace, as the administrator; gives what it prints.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        LAB.kubectl(&[&["-n", &self.namespace][..], arguments].concat()).expect("kubectl answers")
    }

    /// The program, as the administrator.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_with(&LAB.kubeconfig(), arguments)
    }

    /// The program with another kubeconfig.
    pub fn command_with(&self, kubeconfig: &Path, arguments: &[&str]) -> Command {
        let mut c = Command::new(program("changeoverctl").expect("the program is built"));
        c.args(arguments).arg("-n").arg(&self.namespace).arg("--kubeconfig").arg(kubeconfig).arg("--state-dir").arg(self.state.path());
        c.current_dir(self.state.path());
        c
    }

    /// Runs it.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// What it prints for people on standard output; it must end well.
    pub fn text(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("is text")
    }

    /// Runs it and gives its exit code and the last JSON line.
    pub fn ends(&self, arguments: &[&str]) -> (i32, Value) {
        ended(&mut self.command(arguments))
    }

    /// Makes a plan file and gives the id of the run that it becomes.
    pub fn plan(&self, file: &str, target: &str, version: &str, more: &[&str]) -> String {
        let (target, image) = (format!("deployment/{target}"), format!("web=changeover.dev/shop:{version}"));
        let out = self.run(&[&["plan", "blue-green", &target, "--image", &image, "--out", file][..], more].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let plan: Value = serde_json::from_slice(&std::fs::read(self.state.path().join(file)).expect("reads")).expect("is JSON");
        plan["id"].as_str().expect("has an id").to_string()
    }

    /// Carries a plan out; the first run on simulated pods asks for one acknowledgement.
    pub fn carry_out(&self, file: &str, run: &str) {
        let (code, end) = self.ends(&["run", file, "--yes", "--confirm-context", "practice"]);
        let (code, end) = if code == 4 { self.ends(&["resume", run, "--yes", "--choose", "go-on"]) } else { (code, end) };
        assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
    }

    /// Selector of the Service, as JSON.
    pub fn selector(&self) -> String {
        self.kubectl(&["get", "service", "web", "-o", "jsonpath={.spec.selector}"])
    }

    /// Image of a Deployment's template.
    pub fn image(&self, deployment: &str) -> String {
        self.kubectl(&["get", "deployment", deployment, "-o", "jsonpath={.spec.template.spec.containers[0].image}"])
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What the lab keeps of a scene that failed is only in the way.
        let _ = LAB.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

/// Runs a command and gives its exit code and the last JSON line of its standard output.
pub fn ended(command: &mut Command) -> (i32, Value) {
    let out = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let last = text.lines().last().and_then(|l| serde_json::from_str(l).ok()).unwrap_or(Value::Null);
    (out.status.code().unwrap_or(-1), last)
}
