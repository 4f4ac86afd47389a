//! One Deployment behind one Service on the practice lab (real API server, simulated pods, no root), in a Kubernetes
//! namespace of its own; and the program that a user starts, with a journal of its own and, if wanted, a fault proxy
//! before the API server.
//!
//! It does **not** know how a run works: it starts programs, reads their JSON lines, and asks the server what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use xtask::lab::{Kind, Lab, programs};

use crate::fault::{FaultProxy, Seen};
use crate::{lab, oracle, program, until};

/// The practice lab that the suite made stand.
pub static LAB: LazyLock<Lab> = LazyLock::new(|| lab(&[Kind::Practice]).expect("the practice lab stands"));
/// Proxies live here, so that tests may block.
static PROXIES: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static SCENES: AtomicUsize = AtomicUsize::new(0);

/// A journal folder in which somebody has acknowledged once that simulated pods give no data: a copy of it lets a run go
/// from end to end by itself.
static ACKNOWLEDGED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let mut scene = Scene::begin("acknowledged", 1, tempfile::tempdir().expect("a folder"), false);
    let run = scene.quick_plan("swap", &[]);
    assert_eq!(scene.ends(&["run", "plan", "--yes", "--confirm-context", "practice"]).0, 4, "asks about simulated pods");
    assert_eq!(scene.ends(&["resume", &run, "--yes", "--choose", "go-on"]).0, 0);
    std::mem::replace(&mut scene.state, tempfile::tempdir().expect("a folder"))
});

/// How a process that the tests killed ends: SIGABRT at a boundary that it was told, after which nothing of it runs any
/// more, as after kill -9.
pub const KILLED: i32 = -6;

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("reads") {
        let (path, name) = entry.map(|e| (e.path(), e.file_name())).expect("reads");
        let at = to.join(name);
        if path.is_dir() {
            std::fs::create_dir(&at).expect("makes a folder");
            copy(&path, &at);
        } else {
            std::fs::copy(&path, &at).expect("copies");
        }
    }
}

/// A namespace with one Deployment behind one Service, and a journal of its own.
pub struct Scene {
    /// Kubernetes namespace, unique per test process.
    pub namespace: String,
    /// Where the journal is, where programs are started, and where tests write files.
    pub state: tempfile::TempDir,
    proxy: Option<FaultProxy>,
    /// Folders of all the journals that were written to.
    journals: Mutex<BTreeSet<PathBuf>>,
}

impl Scene {
    /// Two pods, and a journal in which nothing has happened yet.
    pub fn new(name: &str) -> Self {
        Self::begin(name, 2, tempfile::tempdir().expect("a folder"), false)
    }

    /// One pod, simulated pods acknowledged; the client reaches the API server through a fault proxy.
    pub fn proxied() -> Self {
        Self::acknowledged(true)
    }

    /// The same; the client reaches the API server itself.
    pub fn direct() -> Self {
        Self::acknowledged(false)
    }

    fn acknowledged(proxied: bool) -> Self {
        let state = tempfile::tempdir().expect("a folder");
        copy(ACKNOWLEDGED.path(), state.path());
        Self::begin("faults", 1, state, proxied)
    }

    /// A namespace with nothing in it, and a journal in which simulated pods are acknowledged.
    pub fn empty(name: &str) -> Self {
        let state = tempfile::tempdir().expect("a folder");
        copy(ACKNOWLEDGED.path(), state.path());
        Self::of(name, state, false)
    }

    fn of(name: &str, state: tempfile::TempDir, proxied: bool) -> Self {
        let namespace = format!("{name}-{}-{}", std::process::id(), SCENES.fetch_add(1, Ordering::SeqCst));
        let proxy = proxied.then(|| {
            let authority = std::fs::read_to_string(LAB.authority()).expect("reads");
            let token = LAB.token("admin").expect("the admin has a token");
            PROXIES.block_on(FaultProxy::start(state.path(), LAB.server(), &authority, token)).expect("the proxy stands")
        });
        let scene = Self { namespace, state, proxy, journals: Mutex::default() };
        scene.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": scene.namespace}}));
        scene
    }

    fn begin(name: &str, pods: u32, state: tempfile::TempDir, proxied: bool) -> Self {
        let scene = Self::of(name, state, proxied);
        let namespace = &scene.namespace;
        scene.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"replicas": pods, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
              "spec": {"containers": [{"name": "web", "image": "changeover.dev/shop:v1", "ports": [{"containerPort": 8080}],
               "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}}}]}}}},
        ]}));
        scene.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
        scene
    }

    /// Applies objects, as the administrator.
    pub fn apply(&self, manifest: &Value) {
        let file = self.state.path().join("applied.json");
        std::fs::write(&file, manifest.to_string()).expect("writes");
        LAB.apply(&file).expect("applies");
    }

    /// The fault proxy of a proxied scene.
    pub fn proxy(&self) -> &FaultProxy {
        self.proxy.as_ref().expect("a proxied scene")
    }

    /// Has Services of the namespace judged by a CEL expression when they are updated, for as long as the value lives; waits until
    /// it counts. `refused`: a patch that it refuses.
    #[must_use]
    pub fn admit_services(&self, expression: &str, message: &str, refused: &str) -> Policy {
        let name = &self.namespace;
        let rules = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["services"]}]);
        let api = "admissionregistration.k8s.io/v1";
        self.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
             "spec": {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": rules},
                      "validations": [{"expression": expression, "message": message}]}},
            {"apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
             "spec": {"policyName": name, "validationActions": ["Deny"],
                      "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}}},
        ]}));
        let policy = Policy { namespace: name.clone(), refused: refused.into() };
        until("the policy counts", Duration::from_secs(60), || policy.refuses().is_some_and(|e| e.contains(message)));
        policy
    }

    /// A proxied scene's kubeconfig gets its token from a shell script from now on, which is approved.
    pub fn signs_in_by(&self, script: &str) {
        let plugin = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]});
        let kubeconfig = &self.proxy().kubeconfig;
        let text = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let (before, _) = text.split_once("    token: ").expect("a token");
        std::fs::write(kubeconfig, format!("{before}    exec: {plugin}\n")).expect("written");
        let (code, refused) = self.ends(&["sign-in", "-o", "json"]);
        assert_eq!((code, &refused["error"]["code"]), (3, &Value::from("unapproved")), "{refused}");
        let fingerprint = refused["error"]["hint"].as_str().and_then(|h| h.rsplit(' ').next()).expect("a fingerprint");
        assert!(self.run(&["sign-in", "--approve", "0123"]).status.code() == Some(3), "another fingerprint");
        let (code, signed_in) = self.ends(&["sign-in", "--approve", fingerprint, "-o", "json"]);
        assert_eq!((code, &signed_in["context"]["problem"]), (0, &Value::Null), "{signed_in}");
    }

    /// Straight to the API server.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        LAB.kubectl(&[&["-n", &self.namespace][..], arguments].concat()).expect("kubectl answers")
    }

    /// Types a command into a shell, as an administrator with `kubectl` at hand.
    pub fn types(&self, command: &str) -> Output {
        let kubectl = programs::program("kubectl").expect("it is built");
        let path = format!("{}:{}", kubectl.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
        Command::new("sh").args(["-c", command]).env("KUBECONFIG", LAB.kubeconfig()).env("PATH", path).output().expect("sh starts")
    }

    /// A program call, not yet started: as the administrator, through the proxy where there is one.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_with(&self.proxy.as_ref().map_or_else(|| LAB.kubeconfig(), |p| p.kubeconfig.clone()), arguments)
    }

    /// The same with another kubeconfig.
    pub fn command_with(&self, kubeconfig: &Path, arguments: &[&str]) -> Command {
        self.command_of(kubeconfig, self.state.path(), arguments)
    }

    /// What a colleague runs, whose journal is another: see [`ended`].
    pub fn ends_elsewhere(&self, state: &Path, arguments: &[&str]) -> (i32, Value) {
        ended(&mut self.command_elsewhere(state, arguments))
    }

    /// The same, not yet started.
    pub fn command_elsewhere(&self, state: &Path, arguments: &[&str]) -> Command {
        self.command_of(&LAB.kubeconfig(), state, arguments)
    }

    fn command_of(&self, kubeconfig: &Path, state: &Path, arguments: &[&str]) -> Command {
        self.journals.lock().expect("not poisoned").insert(state.to_path_buf());
        let mut c = Command::new(program("changeoverctl").expect("the program is built"));
        c.args(arguments).arg("-n").arg(&self.namespace).arg("--kubeconfig").arg(kubeconfig).arg("--state-dir").arg(state);
        c.current_dir(self.state.path()).stdin(Stdio::null());
        c
    }

    /// A folder for a journal that the test itself writes.
    pub fn journal_of(&self, whom: &str) -> PathBuf {
        let folder = self.state.path().join(whom);
        std::fs::create_dir(&folder).expect("makes a folder");
        self.journals.lock().expect("not poisoned").insert(folder.clone());
        folder
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

    /// Runs it: see [`ended`].
    pub fn ends(&self, arguments: &[&str]) -> (i32, Value) {
        ended(&mut self.command(arguments))
    }

    /// The same, killed at that boundary.
    pub fn ends_killed_at(&self, arguments: &[&str], boundary: &str) -> (i32, Value) {
        ended(self.command(arguments).env("CHANGEOVER_KILL_AT", boundary))
    }

    /// Runs it to its end: exit code, and the places that it came by, in their order (debug builds).
    pub fn places(&self, arguments: &[&str]) -> (i32, Vec<String>) {
        let out = self.command(arguments).env("CHANGEOVER_LOG", "engine=trace").output().expect("the program starts");
        let trace = String::from_utf8_lossy(&out.stderr);
        // Kept by the harness for a test that fails.
        eprint!("{trace}");
        let name = |l: &str| l.split_once("name=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name.to_string());
        let places = trace.lines().filter(|l| l.contains(" boundary ")).filter_map(name).collect();
        (out.status.code().unwrap_or(-1), places)
    }

    /// Of those of a run that ends well, one in each step, from where there is a record on: where the step is about to write the
    /// last time, else where it began.
    pub fn one_place_in_each_step(&self, arguments: &[&str]) -> Vec<String> {
        let (code, places) = self.places(arguments);
        assert_eq!(code, 0);
        let step = |place: &str| place.split(' ').nth(2).map(str::to_string);
        let begun = places.iter().position(|p| p.starts_with("record:after")).expect("there is a record");
        let mut chosen: Vec<String> = vec![];
        for place in &places[begun..] {
            let writes = place.starts_with("http:before");
            let begins = place.starts_with("journal:after") && place.contains(" step-began ");
            if !writes && !begins {
                continue;
            }
            match chosen.iter_mut().find(|p| step(p) == step(place)) {
                Some(before) if writes => before.clone_from(place),
                Some(_) => {}
                None => chosen.push(place.clone()),
            }
        }
        assert!(chosen.len() > 8 && chosen.iter().filter(|p| p.starts_with("http:before")).count() > 5, "{places:#?}");
        chosen
    }

    /// Makes a plan file and gives the id of the run that it becomes.
    pub fn plan(&self, file: &str, target: &str, version: &str, more: &[&str]) -> String {
        let (target, image) = (format!("deployment/{target}"), format!("web=changeover.dev/shop:{version}"));
        let out = self.run(&[&["plan", "blue-green", &target, "--image", &image, "--out", file][..], more].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        self.plan_id(file)
    }

    /// A plan file as it was written.
    pub fn plan_file(&self, file: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.state.path().join(file)).expect("reads")).expect("is JSON")
    }

    /// The id of the run that a plan file becomes.
    pub fn plan_id(&self, file: &str) -> String {
        self.plan_file(file)["id"].as_str().expect("has an id").to_string()
    }

    /// The plan file `plan` of `web` to v2, with neither soak nor settling time; gives the id of its run.
    pub fn quick_plan(&self, finish: &str, more: &[&str]) -> String {
        self.plan("plan", "web", "v2", &[&["--finish", finish, "--set", "settle=0", "--set", "soak=0"], more].concat())
    }

    /// Arguments that carry the file `plan` out from end to end.
    pub fn whole_run(&self) -> [&'static str; 5] {
        ["run", "plan", "--yes", "--confirm-context", if self.proxy.is_some() { "proxied" } else { "practice" }]
    }

    /// The plan file `plan` that takes a workload back, by default to the revision that is advised; gives the id of its run.
    pub fn plan_back(&self, target: &str, more: &[&str]) -> String {
        let out = self.run(&[&["plan", "rollback", target, "--out", "plan"], more].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        self.plan_id("plan")
    }

    /// A StatefulSet or DaemonSet `db` of v1, complete.
    pub fn db(&self, kind: &str, spec: &Value) {
        let mut object =
            json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "db", "namespace": self.namespace}, "spec": spec});
        object["spec"]["selector"] = json!({"matchLabels": {"app": "db"}});
        object["spec"]["template"] =
            json!({"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "web", "image": "changeover.dev/shop:v1"}]}});
        self.apply(&object);
        self.kubectl(&["rollout", "status", &format!("{kind}/db"), "--timeout=120s"]);
    }

    /// Gives it another image.
    pub fn set_db(&self, kind: &str, tag: &str) {
        self.kubectl(&["set", "image", &format!("{kind}/db"), &format!("web=changeover.dev/shop:{tag}")]);
    }

    /// One that was rolled from v1 to v2, and the plan that takes it back; gives the id of its run.
    pub fn db_to_take_back(&self, kind: &str, spec: &Value) -> String {
        self.db(kind, spec);
        self.set_db(kind, "v2");
        self.kubectl(&["rollout", "status", &format!("{kind}/db"), "--timeout=120s"]);
        self.plan_back(&format!("{kind}/db"), &[])
    }

    /// Images of its pods.
    pub fn images_of_db(&self) -> Vec<String> {
        let all = self.kubectl(&["get", "pods", "-l", "app=db", "-o", "jsonpath={.items[*].spec.containers[0].image}"]);
        all.split_whitespace().map(String::from).collect()
    }

    /// Carries it out, in the background.
    pub fn spawn(&self) -> Running {
        Running::start(self.command(&self.whole_run()))
    }

    /// A swap of `web` to v2, carried out up to where it waits before the cutover; gives the id of its run.
    pub fn before_the_cutover(&self) -> String {
        let run = self.quick_plan("swap", &[]);
        self.until_the_cutover();
        run
    }

    /// Carries the file `plan` out up to where it waits before the cutover.
    pub fn until_the_cutover(&self) {
        assert_eq!(self.ends(&["run", "plan", "--confirm-context", "practice"]).0, 4, "waits before the cutover");
    }

    /// Carries a plan out; the first run on simulated pods asks for one acknowledgement.
    pub fn carry_out(&self, file: &str, run: &str) {
        let (code, end) = self.ends(&["run", file, "--yes", "--confirm-context", "practice"]);
        let (code, end) = if code == 4 { self.ends(&["resume", run, "--yes", "--choose", "go-on"]) } else { (code, end) };
        assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
    }

    /// Carries a swap of `web` to v2 out, from end to end.
    pub fn carry_out_quick(&self) {
        self.quick_plan("swap", &[]);
        self.is_done(&self.whole_run());
    }

    /// Runs it; it must end as done.
    pub fn is_done(&self, arguments: &[&str]) {
        let (code, end) = self.ends(arguments);
        assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{}: {end}", self.namespace);
    }

    /// Selector of the Service.
    pub fn selector(&self) -> Value {
        let text = self.kubectl(&["get", "service", "web", "-o", "jsonpath={.spec.selector}"]);
        serde_json::from_str(&text).expect("is JSON")
    }

    /// Image of a Deployment's template.
    pub fn image(&self, deployment: &str) -> String {
        self.kubectl(&["get", "deployment", deployment, "-o", "jsonpath={.spec.template.spec.containers[0].image}"])
    }

    /// What stands in the namespace, without what differs from run to run anyway: names, specs, marks, managers.
    pub fn world(&self) -> BTreeMap<String, Value> {
        let kinds = "deployments,statefulsets,daemonsets,services,horizontalpodautoscalers,poddisruptionbudgets,configmaps,secrets";
        let list: Value = serde_json::from_str(&self.kubectl(&["get", kinds, "--show-managed-fields", "-o", "json"])).expect("is JSON");
        // The record of a run stays, for colleagues to read how it ended.
        let record = |o: &&Value| o["metadata"]["name"].as_str().is_some_and(|n| n.starts_with("changeover."));
        let items = list["items"].as_array().expect("a list").iter().filter(|o| !record(o));
        items.map(|o| (format!("{}/{}", o["kind"], o["metadata"]["name"]), essence(o))).collect()
    }

    /// What the API server carried out for our programs in the namespace, and how many times, by its own audit log:
    /// every create and delete by name, every patch by what it changes. Marks of the run, which differ from process to
    /// process, are left out, and with them the writes that change nothing else (fences and tidying).
    pub fn carried_out(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for done in oracle::carried_out(&LAB.dir().audit_log(), &self.namespace).iter().filter_map(done) {
            *all.entry(done).or_default() += 1;
        }
        all
    }
}

/// A policy that refuses what it judges; see [`Scene::admit_services`].
pub struct Policy {
    namespace: String,
    refused: String,
}

impl Policy {
    /// Why it refuses what it is there to refuse, if it does.
    fn refuses(&self) -> Option<String> {
        let tried = ["-n", &self.namespace, "patch", "service", "web", "--dry-run=server", "--type=merge", "-p", &self.refused];
        LAB.kubectl(&tried).err().map(|e| e.to_string())
    }

    /// Takes it away; waits until it counts no more.
    pub fn end(self) {
        self.delete();
        until("the policy counts no more", Duration::from_secs(60), || self.refuses().is_none());
    }

    fn delete(&self) {
        // Gone already, where the test took it away.
        let _ =
            LAB.kubectl(&["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", &self.namespace, "--ignore-not-found"]);
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        self.delete();
    }
}

/// Runs it and gives its exit code (`-signal` when it was killed) and the last JSON line of its standard output, null when
/// there is none.
pub fn ended(command: &mut Command) -> (i32, Value) {
    let (code, last, _) = end(command);
    (code, last.unwrap_or_default())
}

/// The same, with what it said on standard error where there is no JSON line.
pub fn end_of(command: &mut Command) -> (i32, Value) {
    let (code, last, errors) = end(command);
    (code, last.unwrap_or_else(|| errors.into()))
}

fn end(command: &mut Command) -> (i32, Option<Value>, String) {
    let out = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    // Kept by the harness for a test that fails.
    eprint!("{errors}");
    let last = String::from_utf8_lossy(&out.stdout).lines().last().and_then(|l| serde_json::from_str(l).ok());
    (out.status.code().unwrap_or_else(|| -out.status.signal().unwrap_or(1)), last, errors)
}

fn done(event: &Value) -> Option<String> {
    let (of, body) = (&event["objectRef"], &event["requestObject"]);
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let verb = text(&event["verb"]);
    let object = format!("{verb} {}/{} {}", text(&of["resource"]), oracle::name(event), text(&of["subresource"]));
    if verb != "patch" {
        return Some(object);
    }
    let changes = body.as_array().into_iter().flatten().filter(|op| op["op"] != "test");
    let changes = changes.filter(|op| !text(&op["path"]).starts_with("/metadata/"));
    // The ReplicaSet's hash differs from namespace to namespace.
    let said: Vec<String> = changes.map(|op| format!("{} {} {}", text(&op["op"]), text(&op["path"]), without_hash(&op["value"]))).collect();
    (!said.is_empty()).then(|| format!("{object} {}", said.join(", ")))
}

fn without_hash(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(hash) = value.get_mut("pod-template-hash") {
        *hash = "(hash)".into();
    }
    value
}

fn essence(o: &Value) -> Value {
    let mut spec = o["spec"].clone();
    for own in ["clusterIP", "clusterIPs"] {
        spec.as_object_mut().map(|s| s.remove(own));
    }
    let marks: Vec<&String> = o["metadata"]["annotations"].as_object().map(|a| a.keys().collect()).unwrap_or_default();
    let managers = o["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice).iter();
    let ours: Vec<&Value> = managers.map(|m| &m["manager"]).filter(|m| m.as_str().is_some_and(|m| m.starts_with("changeover"))).collect();
    json!({"spec": spec, "annotations": marks, "managers": ours, "ending": !o["metadata"]["deletionTimestamp"].is_null()})
}

impl Drop for Scene {
    fn drop(&mut self) {
        oracle::assert_kept(&LAB, &self.namespace, &self.journals.lock().expect("not poisoned"));
        // What the lab keeps of a scene that failed is only in the way.
        let _ = LAB.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

/// A client that goes with its scene.
pub struct Running(pub Child, BufReader<ChildStdout>);

impl Running {
    /// Starts it; what it prints is kept for its end.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        Self(child, stdout)
    }

    /// Waits for its end: exit code and its JSON lines.
    pub fn ends(mut self) -> (i32, Vec<Value>) {
        let mut text = String::new();
        self.1.read_to_string(&mut text).expect("reads");
        let code = self.0.wait().expect("ends").code().unwrap_or(-1);
        (code, text.lines().map(|l| serde_json::from_str(l).unwrap_or(Value::from(l))).collect())
    }

    /// The first of its next JSON lines that is wanted; its end before that is a failure.
    pub fn until_line(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut before = String::new();
        loop {
            let mut line = String::new();
            assert!(self.1.read_line(&mut line).expect("reads") > 0, "it ended before {what}:\n{before}");
            match serde_json::from_str(&line) {
                Ok(line) if wanted(&line) => return line,
                _ => before += &line,
            }
        }
    }

    /// Waits until it stands still (`$CHANGEOVER_STOP_AT`); `false` = it has ended.
    pub fn falls_asleep(&mut self) -> bool {
        let stat = format!("/proc/{}/stat", self.0.id());
        let state = || std::fs::read_to_string(&stat).ok()?.rsplit_once(") ")?.1.chars().next();
        let mut ended = false;
        until("it stands still", Duration::from_secs(120), || {
            ended = self.0.try_wait().expect("is asked").is_some();
            ended || state() == Some('T')
        });
        !ended
    }

    /// SIGSTOP, SIGCONT.
    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.0.id().to_string()]).status().expect("kill starts").success());
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.0.try_wait().expect("is asked").is_none()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.0.kill().expect("kill -9");
        self.0.wait().expect("gone");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone in a test that holds.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A small disk (tmpfs) in a mount namespace of its own, which goes with the value: no root, and nothing to clean up.
pub struct Disk {
    holder: Child,
    at: PathBuf,
}

impl Disk {
    /// Mounts one of that size (`512k`) at the folder of a scene's journal, with a copy of what was in it.
    pub fn over(scene: &Scene, size: &str) -> Self {
        let at = scene.state.path();
        // What is written there is gone before the scene is.
        scene.journals.lock().expect("not poisoned").insert(at.join("on the disk"));
        let script = r#"exec 3<"$0" && mount -t tmpfs -o "size=$1" tmpfs "$0" && cp -a /proc/self/fd/3/. "$0" && exec 3<&- && echo mounted && exec sleep infinity"#;
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(at).arg(size).stdout(Stdio::piped());
        let mut holder = command.spawn().expect("unshare starts (util-linux)");
        let mut said = String::new();
        BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut said).expect("reads");
        assert_eq!(said.trim(), "mounted", "the small disk cannot be mounted: are user namespaces allowed here?");
        Self { holder, at: at.to_path_buf() }
    }

    /// The same call, where the disk is seen.
    pub fn inside(&self, command: &Command) -> Command {
        let mut c = Command::new("nsenter");
        c.arg(format!("--target={}", self.holder.id())).args(["--user", "--mount", "--preserve-credentials", "--"]);
        // The folder that it starts in is looked up inside: outside, the disk is not seen.
        c.args(["sh", "-c", r#"cd "$0" && exec "$@""#]).arg(command.get_current_dir().unwrap_or(&self.at));
        c.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
        c
    }

    fn sh(&self, script: &str) {
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(&self.at);
        let out = self.inside(&command).output().expect("nsenter starts (util-linux)");
        assert!(out.status.success(), "{script}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// Fills it up to its last byte.
    pub fn fill(&self) {
        self.sh(r#"! dd if=/dev/zero of="$0/filling" bs=4k 2>/dev/null && ! (: > "$0/one-more" && echo x > "$0/one-more") 2>/dev/null"#);
    }

    /// Makes room again.
    pub fn empty(&self) {
        self.sh(r#"rm -f "$0/filling" "$0/one-more""#);
    }

    /// Lets nobody write, or everybody.
    pub fn read_only(&self, read_only: bool) {
        self.sh(&format!(r#"mount -o remount,{} "$0""#, if read_only { "ro" } else { "rw" }));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Writes of this kind that the server carried out, as the proxy saw it (dry runs apart).
pub fn carried_out(seen: &[Seen], method: &Method, path: &str, body: &str) -> usize {
    let fits = |s: &&Seen| s.method == *method && s.path.contains(path) && s.body.contains(body) && !s.path.contains("dryRun");
    seen.iter().filter(fits).filter(|s| s.status.is_some_and(|s| s < 300)).count()
}

/// The path of `Service/web`, and what is new in the body of the write that moves its traffic.
pub const SERVICE: &str = "/services/web?";
/// See [`SERVICE`].
pub const FLIP: &str = r#""value":{"app":"web","changeover.dev/color":"green"}"#;

/// Selector after the cutover.
pub fn served_by_green() -> Value {
    json!({"app": "web", "changeover.dev/color": "green"})
}
