//! `changeoverctl` when things break: answers that are lost, writes that come late, an API server that falls silent, a
//! process that is killed. Practice lab (real API server, simulated pods, no root); a Kubernetes namespace, a journal and
//! a fault proxy of its own per scenario.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acceptance::fault::{Fault, FaultProxy, Seen};
use acceptance::{lab, program, until};
use hyper::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use xtask::lab::{Kind, Lab};

static LAB: LazyLock<Lab> = LazyLock::new(|| lab(&[Kind::Practice]).expect("the practice lab stands"));
/// Proxies live here, so that tests may block.
static PROXIES: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static SCENES: AtomicUsize = AtomicUsize::new(0);

/// A journal folder in which somebody has acknowledged once that simulated pods give no data: a copy of it lets a run go
/// from end to end by itself.
static ACKNOWLEDGED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let mut scene = Scene::with_state(tempfile::tempdir().expect("a folder"), false);
    let run = scene.plan(&[]);
    assert_eq!(scene.ends(&["run", "plan", "--yes", "--confirm-context", "practice"]).0, 4, "asks about simulated pods");
    assert_eq!(scene.ends(&["resume", &run, "--yes", "--choose", "go-on"]).0, 0);
    std::mem::replace(&mut scene.state, tempfile::tempdir().expect("a folder"))
});

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

/// A namespace with one Deployment of one pod behind one Service, and a journal of its own.
struct Scene {
    namespace: String,
    state: tempfile::TempDir,
    proxy: Option<FaultProxy>,
}

impl Scene {
    /// The client reaches the API server through a fault proxy.
    fn proxied() -> Self {
        Self::acknowledged(true)
    }

    fn acknowledged(proxied: bool) -> Self {
        let state = tempfile::tempdir().expect("a folder");
        copy(ACKNOWLEDGED.path(), state.path());
        Self::with_state(state, proxied)
    }

    fn with_state(state: tempfile::TempDir, proxied: bool) -> Self {
        let namespace = format!("faults-{}-{}", std::process::id(), SCENES.fetch_add(1, Ordering::SeqCst));
        let proxy = proxied.then(|| {
            let authority = std::fs::read_to_string(LAB.authority()).expect("reads");
            let token = LAB.token("admin").expect("the admin has a token");
            PROXIES.block_on(FaultProxy::start(state.path(), LAB.server(), &authority, token)).expect("the proxy stands")
        });
        let manifest = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
             "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
              "spec": {"containers": [{"name": "web", "image": "changeover.dev/shop:v1", "ports": [{"containerPort": 8080}],
               "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}}}]}}}},
        ]});
        let file = state.path().join("scene.json");
        std::fs::write(&file, manifest.to_string()).expect("writes");
        let scene = Self { namespace, state, proxy };
        LAB.apply(&file).expect("applies");
        scene.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
        scene
    }

    fn proxy(&self) -> &FaultProxy {
        self.proxy.as_ref().expect("a proxied scene")
    }

    /// Straight to the API server.
    fn kubectl(&self, arguments: &[&str]) -> String {
        LAB.kubectl(&[&["-n", &self.namespace][..], arguments].concat()).expect("kubectl answers")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let kubeconfig = self.proxy.as_ref().map_or_else(|| LAB.kubeconfig(), |p| p.kubeconfig.clone());
        let mut c = Command::new(program("changeoverctl").expect("the program is built"));
        c.args(arguments).arg("-n").arg(&self.namespace).arg("--kubeconfig").arg(kubeconfig).arg("--state-dir").arg(self.state.path());
        c.current_dir(self.state.path()).stdin(Stdio::null());
        c
    }

    /// Runs it and gives its exit code (`-signal` when it was killed) and the last JSON line.
    fn ends(&self, arguments: &[&str]) -> (i32, Value) {
        self.ends_killed_at(arguments, None)
    }

    fn ends_killed_at(&self, arguments: &[&str], boundary: Option<u64>) -> (i32, Value) {
        let mut command = self.command(arguments);
        if let Some(n) = boundary {
            command.env("CHANGEOVER_KILL_AT", n.to_string());
        }
        let out = command.output().expect("the program starts");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let last = text.lines().last().and_then(|l| serde_json::from_str(l).ok());
        let said = last.unwrap_or_else(|| Value::from(String::from_utf8_lossy(&out.stderr).into_owned()));
        (out.status.code().unwrap_or_else(|| -out.status.signal().unwrap_or(1)), said)
    }

    /// Makes the plan of a swap with neither soak nor settling time; gives the id of its run.
    fn plan(&self, more: &[&str]) -> String {
        let plain = ["plan", "blue-green", "deployment/web", "--image", "web=changeover.dev/shop:v2", "--finish", "swap", "--out", "plan"];
        let (code, said) = self.ends(&[&plain[..], &["--set", "settle=0", "--set", "soak=0"], more].concat());
        assert_eq!(code, 0, "{said}");
        let plan: Value = serde_json::from_slice(&std::fs::read(self.state.path().join("plan")).expect("reads")).expect("is JSON");
        plan["id"].as_str().expect("has an id").to_string()
    }

    fn run(&self) -> [&'static str; 5] {
        ["run", "plan", "--yes", "--confirm-context", if self.proxy.is_some() { "proxied" } else { "practice" }]
    }

    fn spawn(&self) -> Running {
        Running(self.command(&self.run()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts"))
    }

    fn is_done(&self, arguments: &[&str]) {
        let (code, end) = self.ends(arguments);
        assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{}: {end}", self.namespace);
    }

    fn selector(&self) -> Value {
        let text = self.kubectl(&["get", "service", "web", "-o", "jsonpath={.spec.selector}"]);
        serde_json::from_str(&text).expect("is JSON")
    }

    /// What stands in the namespace, without what differs from run to run anyway: names, specs, marks, managers.
    fn world(&self) -> BTreeMap<String, Value> {
        let kinds = "deployments,services,horizontalpodautoscalers,poddisruptionbudgets,configmaps,secrets";
        let list: Value = serde_json::from_str(&self.kubectl(&["get", kinds, "--show-managed-fields", "-o", "json"])).expect("is JSON");
        let items = list["items"].as_array().expect("a list").iter();
        items.map(|o| (format!("{}/{}", o["kind"], o["metadata"]["name"]), essence(o))).collect()
    }
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
        // What the lab keeps of a scene that failed is only in the way.
        let _ = LAB.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

/// A client that goes with its scene.
struct Running(Child);

impl Running {
    /// Waits for its end: exit code and the last JSON line.
    fn ends(mut self) -> (i32, Value) {
        let mut text = String::new();
        let mut stdout = self.0.stdout.take().expect("piped");
        std::io::Read::read_to_string(&mut stdout, &mut text).expect("reads");
        let code = self.0.wait().expect("ends").code().unwrap_or(-1);
        (code, text.lines().last().and_then(|l| serde_json::from_str(l).ok()).unwrap_or(Value::Null))
    }

    /// kill -9.
    fn kill(mut self) {
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

/// Writes of this kind that the server carried out (dry runs apart).
fn carried_out(seen: &[Seen], method: &Method, path: &str, body: &str) -> usize {
    let fits = |s: &&Seen| s.method == *method && s.path.contains(path) && s.body.contains(body) && !s.path.contains("dryRun");
    seen.iter().filter(fits).filter(|s| s.status.is_some_and(|s| s < 300)).count()
}

/// The path of `Service/web`, and what is new in the body of the write that moves its traffic.
const SERVICE: &str = "/services/web?";
const FLIP: &str = r#""value":{"app":"web","changeover.dev/color":"green"}"#;

fn served_by_green() -> Value {
    json!({"app": "web", "changeover.dev/color": "green"})
}

/// Every fault once at the cutover and at what prepares it: the run ends as if nothing had been.
#[test]
fn a_lost_answer_is_settled_and_nothing_is_done_twice() {
    let smooth = Scene::proxied();
    smooth.plan(&[]);
    smooth.is_done(&smooth.run());
    let (world, writes) = (smooth.world(), smooth.proxy().seen());
    assert_eq!(carried_out(&writes, &Method::PATCH, SERVICE, FLIP), 1, "{writes:#?}");
    let places = [
        (Method::PATCH, SERVICE, FLIP),
        (Method::PATCH, SERVICE, "pod-template-hash"),
        (Method::POST, "/deployments?", ""),
        (Method::PATCH, "/web-green/scale?", ""),
    ];
    for fault in [Fault::AnswerLost(504), Fault::ResetAfterApply, Fault::ResetBefore] {
        std::thread::scope(|threads| {
            for (method, path, body) in places.clone() {
                let (fault, world) = (fault.clone(), &world);
                threads.spawn(move || {
                    let s = Scene::proxied();
                    s.plan(&[]);
                    s.proxy().next(method.clone(), path, body, fault.clone());
                    s.is_done(&s.run());
                    let seen = s.proxy().seen();
                    assert!(seen.iter().any(|s| s.fault.as_ref() == Some(&fault)), "{fault:?} met no {method} {path}");
                    assert_eq!(carried_out(&seen, &Method::PATCH, SERVICE, FLIP), 1, "{fault:?} at {method} {path}: one flip");
                    assert_eq!(carried_out(&seen, &Method::POST, "/deployments?", ""), 1, "{fault:?} at {method} {path}: one green");
                    assert_eq!(&s.world(), world, "{fault:?} at {method} {path}");
                });
            }
        });
    }
}

/// Nobody hears of the first create; it arrives right before the second: that one gets 409, and what is there is adopted,
/// kept, and taken away by a back-out.
#[test]
fn a_create_that_meets_its_own_late_twin_adopts_it() {
    let smooth = Scene::proxied();
    smooth.plan(&[]);
    smooth.is_done(&smooth.run());
    let s = Scene::proxied();
    s.plan(&[]);
    s.proxy().next(Method::POST, "/deployments?", "", Fault::BeforeNext);
    s.is_done(&s.run());
    assert_eq!(creates(&s), [201, 409]);
    assert_eq!(s.world(), smooth.world());

    let s = Scene::proxied();
    let (before, run) = (s.world(), s.plan(&[]));
    s.proxy().next(Method::POST, "/deployments?", "", Fault::BeforeNext);
    let until = [&s.run()[..], &["--until", "scale-green"]].concat();
    s.ends(&until);
    assert_eq!(creates(&s), [201, 409]);
    let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
    assert_eq!((code, &end["state"]), (5, &Value::from("backedOut")), "{end}");
    assert_eq!(s.world(), before);
}

/// What the server answered to the creates of Deployments.
fn creates(s: &Scene) -> Vec<u16> {
    let of = |s: &Seen| s.method == Method::POST && s.path.contains("/deployments?") && !s.path.contains("dryRun");
    s.proxy().seen().iter().filter(|s| of(s)).filter_map(|s| s.status).collect()
}

/// A write lies in the proxy, the client is killed, the run is backed out; then the bytes arrive.
#[test]
fn a_patch_that_arrives_after_the_back_out_is_refused() {
    for (body, status) in [("pod-template-hash", 409), (FLIP, 422)] {
        let s = Scene::proxied();
        let before = s.world();
        let run = s.plan(&[]);
        s.proxy().next(Method::PATCH, SERVICE, body, Fault::Held);
        let child = s.spawn();
        until("the write lies in the proxy", Duration::from_secs(90), || s.proxy().lying() == 1);
        child.kill();
        let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
        assert_eq!((code, &end["state"]), (5, &Value::from("backedOut")), "{end}");
        let late = arrives(&s);
        assert!([409, 422].contains(&late), "HTTP {late} for {body}, {status} was expected");
        assert_eq!(late, status, "{body}");
        assert_eq!(s.world(), before);
    }
}

/// The client gives the write up by its own deadline and goes on; then the bytes arrive.
#[test]
fn a_patch_that_arrives_after_the_run_is_refused() {
    let s = Scene::proxied();
    s.plan(&[]);
    s.proxy().next(Method::PATCH, SERVICE, FLIP, Fault::Held);
    s.is_done(&s.run());
    assert_eq!(s.selector(), served_by_green());
    let before = s.world();
    assert!([409, 422].contains(&arrives(&s)));
    assert_eq!(s.world(), before);
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1);
}

/// Releases what the proxy holds; gives the server's answer to it.
fn arrives(s: &Scene) -> u16 {
    s.proxy().release();
    let answer = || s.proxy().seen().iter().find(|s| s.fault == Some(Fault::Held)).and_then(|s| s.status);
    until("the server answers the late write", Duration::from_secs(90), || answer().is_some());
    answer().expect("answered")
}

/// The API server falls silent at the moment of the cutover, for longer than the deadline of a read and of a write.
#[test]
fn a_silent_api_server_is_waited_out_and_a_reader_is_told() {
    let s = Scene::proxied();
    s.plan(&[]);
    s.proxy().next(Method::PATCH, SERVICE, FLIP, Fault::SilentAfterApply);
    let child = s.spawn();
    until("silence", Duration::from_secs(90), || s.proxy().is_silent());
    let (code, said) = s.ends(&["history", "deployment/web", "-o", "json"]);
    assert_eq!((code, &said["error"]["code"], &said["exit"]), (7, &Value::from("unreachable"), &Value::from(7)), "{said}");
    assert!(said["error"]["message"].as_str().is_some_and(|m| !m.is_empty()), "{said}");
    s.proxy().heal();
    let (code, end) = child.ends();
    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// kill -9 before and after every HTTP request of a whole run, and at every third boundary of the journal (all 132
/// take over seven minutes on two busy cores; the engine's own sweep, on a simulated API server, takes all). Each is picked up by a process that
/// is killed in turn a few boundaries on, and then by one that is not.
#[test]
fn killed_at_any_boundary_and_resumed_a_run_ends_the_same() {
    let smooth = Scene::acknowledged(false);
    smooth.plan(&[]);
    let traced = smooth.command(&smooth.run()).env("CHANGEOVER_LOG", "engine=trace").output().expect("the program starts");
    let trace = String::from_utf8_lossy(&traced.stderr).into_owned();
    assert!(traced.status.success(), "{trace}");
    let world = smooth.world();
    let places = places(&trace);
    assert!(places.len() > 40, "only {} places:\n{trace}", places.len());
    let (next, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        for _ in 0..6 {
            threads.spawn(|| {
                while let Some((number, name)) = places.get(next.fetch_add(1, Ordering::SeqCst)) {
                    killed.fetch_add(usize::from(killed_at(*number, name, &world)), Ordering::SeqCst);
                }
            });
        }
    });
    let killed = killed.load(Ordering::SeqCst);
    assert!(killed * 10 >= places.len() * 8, "killed at {killed} of {} places: is it a debug build?", places.len());
}

/// Where to kill, out of the boundaries that a whole run names in its log: number and name.
fn places(trace: &str) -> Vec<(u64, String)> {
    let field = |line: &str, key: &str| line.split_once(key).and_then(|(_, rest)| rest.split_whitespace().next()).map(String::from);
    let all = trace.lines().filter(|l| l.contains(" boundary ")).filter_map(|l| {
        let number = field(l, "number=")?.parse().ok()?;
        Some((number, field(l, "name=")?.trim_matches('"').to_string()))
    });
    let mut journal = 0;
    let wanted = |(_, name): &(u64, String)| {
        journal += u64::from(name.starts_with("journal"));
        name.starts_with("http") || journal % 3 == 1
    };
    all.filter(wanted).collect()
}

/// Whether the run came to that boundary.
fn killed_at(at: u64, name: &str, world: &BTreeMap<String, Value>) -> bool {
    /// SIGABRT: nothing of the process runs any more, as after kill -9.
    const KILLED: i32 = -6;
    let s = Scene::acknowledged(false);
    let run = s.plan(&[]);
    let (code, said) = s.ends_killed_at(&s.run(), Some(at));
    // A run that was never overtaken may be over before the last of them.
    assert!(code == KILLED || code == 0, "killed at {at}, {name}: exit {code}, {said}");
    let killed = code == KILLED;
    if killed {
        let (code, said) = s.ends_killed_at(&["resume", &run, "--yes"], Some(2 + at % 7));
        assert!(code == KILLED || code == 0, "killed at {at}, {name}, and in the recovery: exit {code}, {said}");
        s.is_done(&["resume", &run, "--yes"]);
    }
    assert_eq!(&s.world(), world, "killed at {at}, {name}");
    killed
}
