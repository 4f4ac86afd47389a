//! A shop of one's own on the lab's real node: its Kubernetes namespace, traffic to it from the tests' process, eyes on
//! it while something runs, and the program that a user starts.
//!
//! It does **not** know how a cutover works: it sees Services, slices and pods as anybody does, and reads the program's
//! JSON lines as a script would.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::held::{always_enough, none_failed, versions};
use crate::standing::connect;
use crate::{oracle, until};
use cluster::Connection;
use engine::Cluster;
use evidence::{Connections, Load, LoadOptions, LoadReport, Method, TcpDial};
use model::{Kind, ObjectId};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use xtask::lab::{self, Lab};

/// Longest wait for anything; far beyond what is expected, so that only a hang meets it.
pub const LONGEST: Duration = Duration::from_secs(120);
/// Between two looks.
const EVERY: Duration = Duration::from_millis(50);
/// Pods of the shop.
pub const PODS: usize = 3;

/// The lab with a real node that the suite made stand.
pub static LAB: LazyLock<Lab> = LazyLock::new(|| crate::lab(&[lab::Kind::RealNodes]).expect("a lab with a real node stands"));
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// A copy of the sample shop in a namespace of its own, with a journal of its own.
pub struct Shop {
    /// Kubernetes namespace.
    pub namespace: String,
    state: tempfile::TempDir,
    /// Folders of all the journals that were written to.
    journals: Mutex<BTreeSet<PathBuf>>,
}

impl Shop {
    /// Carries out the plan that `plan` makes of an image that never works, under traffic: the run ends as backed out, nothing but
    /// blue ever served, and nothing is left of green, of the pin or of the pause. Gives the run's lines.
    pub fn backs_out_untouched(&self, what: &str, plan: impl FnOnce(&Self) -> String) -> Vec<Value> {
        let (blue, selector) = (self.pods_of("web"), self.object("service/web")["spec"]["selector"].clone());
        let (deployments, services) = (self.names("deployments"), self.names("services"));
        plan(self);
        let eyes = self.eyes();
        let traffic = self.traffic(self.service(), Connections::Anew, Method::Get);
        let said = self.run(&["--yes"]).must_end(5, "backedOut");
        let report = traffic.stop();
        none_failed(what, &report);
        assert_eq!(versions(&report), ["v1"].into());
        let looks = eyes.close();
        always_enough(&looks);
        assert!(looks.iter().all(|l| !l.on_green()), "{what}: the Service led to green");
        assert_eq!(self.pods_of("web"), blue, "{what}: blue's pods are the same");
        assert_eq!(self.object("service/web")["spec"]["selector"], selector, "{what}: no pin is left");
        assert!(self.object("deployment/web")["spec"]["paused"].is_null(), "{what}: no pause is left");
        assert_eq!((self.names("deployments"), self.names("services")), (deployments, services), "{what}: nothing of green is left");
        said
    }

    /// Opens one and waits until it serves.
    pub fn open(name: &str) -> Self {
        let namespace = format!("real-{name}-{}", std::process::id());
        let shop = Self { namespace, state: tempfile::tempdir().expect("a folder"), journals: Mutex::default() };
        LAB.kubectl(&["create", "namespace", &shop.namespace]).expect("a namespace");
        shop.file("shop.yaml", &shop.manifests());
        LAB.apply(&shop.state.path().join("shop.yaml")).expect("applies");
        shop.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
        // Proxies hear of a new shop some time after the API server: up to 1 s here, 2 s in Traefik.
        until("kube-proxy leads here", LONGEST, || shop.answers(shop.service()));
        until("Traefik leads here", LONGEST, || shop.answers(shop.traefik()));
        shop
    }

    /// `web` with all that belongs to it, and the entries; `api` would only take its time to start.
    fn manifests(&self) -> String {
        crate::sample_shop(&self.namespace, &self.host(), &["kind: Deployment\nmetadata: {name: api"])
    }

    /// Name under which Traefik leads here.
    pub fn host(&self) -> String {
        format!("{}.example.com", self.namespace)
    }

    /// `kubectl` in this namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        LAB.kubectl(&[&["-n", &self.namespace][..], arguments].concat()).expect("kubectl answers")
    }

    /// An object as it is.
    pub fn object(&self, what: &str) -> Value {
        serde_json::from_str(&self.kubectl(&["get", what, "-o", "json", "--show-managed-fields"])).expect("is JSON")
    }

    /// Names of all objects of a kind.
    pub fn names(&self, kind: &str) -> BTreeSet<String> {
        self.kubectl(&["get", kind, "-o", "name"]).lines().map(str::to_owned).collect()
    }

    /// Uid and restarts of each pod of a colour, by name.
    pub fn pods_of(&self, deployment: &str) -> BTreeMap<String, (String, u64)> {
        let all: Value = serde_json::from_str(&self.kubectl(&["get", "pods", "-o", "json"])).expect("is JSON");
        let sets: Value = serde_json::from_str(&self.kubectl(&["get", "replicasets", "-o", "json"])).expect("is JSON");
        let owner = |o: &Value| o["metadata"]["ownerReferences"][0]["name"].as_str().unwrap_or_default().to_owned();
        let sets = sets["items"].as_array().expect("a list");
        let own: BTreeSet<&str> = sets.iter().filter(|s| owner(s) == deployment).filter_map(|s| s["metadata"]["name"].as_str()).collect();
        let pods = all["items"].as_array().expect("a list").iter().filter(|p| own.contains(owner(p).as_str()));
        let word = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        pods.map(|p| {
            let restarts = p["status"]["containerStatuses"][0]["restartCount"].as_u64().unwrap_or(0);
            (word(&p["metadata"]["name"]), (word(&p["metadata"]["uid"]), restarts))
        })
        .collect()
    }

    /// Where the Service `web` is reached from beside the cluster.
    pub fn service(&self) -> SocketAddr {
        self.service_of("web")
    }

    /// Where another Service is.
    pub fn service_of(&self, name: &str) -> SocketAddr {
        let ip = self.kubectl(&["get", "service", name, "-o", "jsonpath={.spec.clusterIP}"]);
        SocketAddr::new(ip.trim().parse().expect("an address"), 80)
    }

    /// Where Traefik is reached.
    pub fn traefik(&self) -> SocketAddr {
        let at = LAB.traefik().expect("the lab has Traefik").trim_start_matches("http://").trim_end_matches('/').to_owned();
        if at.contains(':') { at.parse().expect("an address") } else { SocketAddr::new(at.parse().expect("an address"), 80) }
    }

    /// Whether a request is answered there with 200.
    pub fn answers(&self, at: SocketAddr) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect_timeout(&at, Duration::from_secs(2))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host())?;
            let mut status = String::new();
            BufReader::new(stream).read_line(&mut status)?;
            Ok(status.contains(" 200 "))
        };
        ask().unwrap_or(false)
    }

    /// A program call, not yet started.
    fn command(&self, arguments: &[&str]) -> Command {
        self.journal_in(self.state.path());
        let mut command = Command::new(crate::program("changeoverctl").expect("the program is built"));
        command.args(arguments).args(["-n", &self.namespace]).arg("--kubeconfig").arg(LAB.kubeconfig());
        command.arg("--state-dir").arg(self.state.path()).current_dir(self.state.path());
        command.args(["--resolve", &self.resolve()]);
        command
    }

    /// Says that a journal in that folder is written to.
    pub fn journal_in(&self, folder: &Path) {
        self.journals.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_path_buf());
    }

    /// Where probes find the entry, which is in no DNS.
    pub fn resolve(&self) -> String {
        format!("{}:80:{}", self.host(), self.traefik().ip())
    }

    /// Makes a plan file for a Blue/Green of `web` and gives the run's id.
    pub fn plan(&self, arguments: &[&str]) -> String {
        self.plan_of("deployment/web", arguments)
    }

    /// The same of another Deployment of the shop.
    pub fn plan_of(&self, target: &str, arguments: &[&str]) -> String {
        self.plan_by("blue-green", target, arguments)
    }

    /// The same by another strategy.
    pub fn plan_by(&self, strategy: &str, target: &str, arguments: &[&str]) -> String {
        let all = [&["plan", strategy, target, "--out", "plan"][..], arguments].concat();
        let out = self.command(&all).output().expect("the program starts");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let plan: Value = serde_json::from_slice(&std::fs::read(self.state.path().join("plan")).expect("reads")).expect("is JSON");
        plan["id"].as_str().expect("has an id").to_owned()
    }

    /// Writes a file beside the plan.
    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.state.path().join(name), text).expect("writes");
    }

    /// Applies an object.
    pub fn apply(&self, name: &str, object: &Value) {
        self.file(name, &object.to_string());
        LAB.apply(&self.state.path().join(name)).expect("applies");
    }

    /// The Deployment that has pods, when one alone does.
    pub fn serving(&self) -> String {
        let all: Value = serde_json::from_str(&self.kubectl(&["get", "deployments", "-o", "json"])).expect("is JSON");
        let with_pods = all["items"].as_array().expect("a list").iter().filter(|d| d["spec"]["replicas"] != 0);
        let names: Vec<&str> = with_pods.filter_map(|d| d["metadata"]["name"].as_str()).collect();
        assert_eq!(names.len(), 1, "one Deployment serves: {names:?}");
        names[0].to_owned()
    }

    /// Starts the program and reads its JSON lines.
    pub fn start(&self, arguments: &[&str]) -> Program {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let (lines, heard) = channel();
        let out = child.stdout.take().expect("is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // Nobody listens any more when the test has failed.
                let _ = lines.send((Instant::now(), serde_json::from_str(&line).unwrap_or(Value::Null)));
            }
        });
        Program { child, heard, said: vec![] }
    }

    /// Starts `run` of the plan; the gates are approved only with `--yes`.
    pub fn run(&self, more: &[&str]) -> Program {
        self.start(&[&["run", "plan", "--confirm-context", "lab"][..], more].concat())
    }

    /// A short command's JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let out = self.command(&[arguments, &["-o", "json"]].concat()).output().expect("the program starts");
        serde_json::from_slice(&out.stdout).expect("is JSON")
    }

    /// Traffic to an address until it is stopped.
    pub fn traffic(&self, to: SocketAddr, connections: Connections, method: Method) -> Traffic {
        self.traffic_at(to, connections, method, 100.0)
    }

    /// The same, at a rate in requests per second.
    pub fn traffic_at(&self, to: SocketAddr, connections: Connections, method: Method, rate: f64) -> Traffic {
        let _inside = RUNTIME.enter();
        Traffic(Load::start(LoadOptions {
            dial: Arc::new(TcpDial(to)),
            host: self.host(),
            path: "/".into(),
            method,
            connections,
            clients: 4,
            rate: Some(rate),
            timeout: Duration::from_secs(5),
        }))
    }

    /// Asks until this many answers came, on new connections.
    pub fn asked(&self, to: SocketAddr) -> LoadReport {
        let traffic = self.traffic(to, Connections::Anew, Method::Get);
        std::thread::sleep(Duration::from_secs(1));
        traffic.stop()
    }

    /// The same program at a terminal, where somebody answers its questions: it drives the run while it asks.
    pub fn at_a_terminal(&self, arguments: &[&str]) -> Terminal {
        let command = self.command(arguments);
        let words = std::iter::once(command.get_program()).chain(command.get_args()).map(|w| w.to_string_lossy().into_owned());
        let line = words.map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" ");
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]).current_dir(self.state.path());
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script starts (bsdutils)");
        let (mut out, said) = (child.stdout.take().expect("is piped"), Arc::new(Mutex::new(String::new())));
        let into = said.clone();
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(n @ 1..) = std::io::Read::read(&mut out, &mut some) {
                into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&some[..n]));
            }
        });
        Terminal { child, said }
    }

    /// Sends SIGTERM to the containers of a Deployment's pods: the shop then says that it is not ready, and goes on
    /// answering for as long as its `SHUTDOWN_DELAY` says.
    pub fn ask_to_stop(&self, deployment: &str) {
        let pods: BTreeSet<String> = self.pods_of(deployment).into_keys().map(|pod| format!("POD_NAME={pod}")).collect();
        let all = processes_of(&pods);
        assert!(all.len() >= pods.len(), "{} processes of {} pods", all.len(), pods.len());
        for pid in all {
            assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill starts").success());
        }
    }

    /// What the API server was asked to change of Services here, and did, in order: name and selector.
    pub fn selectors_written(&self) -> Vec<(String, Value)> {
        let text = std::fs::read_to_string(audit_log()).expect("the API server writes an audit log");
        let ours = |event: &Value| {
            let of = &event["objectRef"];
            let stored = event["responseStatus"]["code"] == 200 && !event["requestURI"].to_string().contains("dryRun");
            of["namespace"] == self.namespace.as_str() && of["resource"] == "services" && event["verb"] == "patch" && stored
        };
        let events = text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()).filter(ours);
        let selector = |event: &Value| {
            let mut changes = event["requestObject"].as_array().into_iter().flatten().filter(|op| op["op"] != "test");
            changes.find(|op| op["path"] == "/spec/selector").map(|op| op["value"].clone())
        };
        events.filter_map(|e| Some((e["objectRef"]["name"].as_str()?.to_owned(), selector(&e)?))).collect()
    }

    /// Kills the containers of a Deployment's pods as often as they start, until the value is dropped: the kubelet then
    /// says CrashLoopBackOff, and means it.
    pub fn crash(&self, deployment: &str) -> Crashing {
        let pods: BTreeSet<String> = self.pods_of(deployment).into_keys().map(|pod| format!("POD_NAME={pod}")).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                for pid in processes_of(&pods) {
                    // It may have ended by itself meanwhile.
                    let _ = Command::new("kill").args(["-9", &pid]).stderr(Stdio::null()).status();
                }
                std::thread::sleep(EVERY);
            }
        });
        Crashing { stop, thread: Some(thread) }
    }

    /// Looks on from now.
    pub fn eyes(&self) -> Eyes {
        Eyes::open(&self.namespace)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        oracle::assert_kept(&LAB, &self.namespace, &self.journals.lock().unwrap_or_else(PoisonError::into_inner));
        // What the lab keeps of a shop is only in the way.
        let _ = LAB.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

/// A program that runs.
pub struct Program {
    child: Child,
    heard: Receiver<(Instant, Value)>,
    said: Vec<Value>,
}

impl Program {
    /// Reads on to a line; when it came, and the line.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> (Instant, Value) {
        let end = Instant::now() + LONGEST;
        loop {
            let Ok((at, line)) = self.heard.recv_timeout(end.saturating_duration_since(Instant::now())) else {
                panic!("{what}: never said; said was {:#?}", self.said);
            };
            self.said.push(line.clone());
            if wanted(&line) {
                return (at, line);
            }
        }
    }

    /// Reads on until a step is in a state.
    pub fn step(&mut self, step: &str, state: &str) -> Instant {
        self.until(step, |line| line["event"] == "step" && line["step"] == step && line["state"] == state).0
    }

    /// Waits for its end; exit code and last line.
    pub fn ends(mut self) -> (i32, Value, Vec<Value>) {
        while let Ok((_, line)) = self.heard.recv_timeout(LONGEST) {
            self.said.push(line);
        }
        let status = self.child.wait().expect("it ends");
        let last = self.said.last().cloned().unwrap_or(Value::Null);
        (status.code().unwrap_or(-1), last, std::mem::take(&mut self.said))
    }

    /// Waits for its end, and for no other than this one.
    pub fn must_end(self, code: i32, state: &str) -> Vec<Value> {
        let (got, last, said) = self.ends();
        assert_eq!((got, last["state"].as_str()), (code, Some(state)), "{said:#?}");
        said
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Only a test that failed leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program at a terminal.
pub struct Terminal {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Terminal {
    /// What is on the screen.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until something is asked.
    pub fn asks(&self, what: &str) {
        until(&format!("{what} is asked"), LONGEST, || self.said().contains(what));
    }

    /// Types a line.
    pub fn answer(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("is piped");
        stdin.write_all(format!("{line}\n").as_bytes()).expect("types");
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("is asked").is_none()
    }

    /// Waits for its end; exit code.
    pub fn ends(mut self) -> i32 {
        until("the program's end", LONGEST, || !self.is_alive());
        self.child.wait().expect("ends").code().unwrap_or(-1)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Only a test that failed leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Traffic that runs.
pub struct Traffic(Load);

impl Traffic {
    /// A moment, as its report counts it.
    pub fn since_begin(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.0.begun())
    }

    /// Ends it.
    pub fn stop(self) -> LoadReport {
        RUNTIME.block_on(self.0.stop())
    }
}

/// One look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Selector of the Service.
    pub selector: BTreeMap<String, String>,
    /// Its resourceVersion.
    pub version: String,
    /// Ready endpoints of the Service.
    pub ready: usize,
    /// Pods that the second Deployment shall have and that are available; `None` = not there.
    pub green: Option<(u64, u64)>,
    /// Names of all pods.
    pub pods: BTreeSet<String>,
}

impl Look {
    /// Whether the Service leads to green.
    pub fn on_green(&self) -> bool {
        self.selector.get("changeover.dev/color").is_some_and(|color| color == "green")
    }
}

/// Looks again and again, until closed.
pub struct Eyes {
    stop: watch::Sender<bool>,
    seen: Arc<Mutex<Vec<Look>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Eyes {
    fn open(namespace: &str) -> Self {
        let (stop, stopped) = watch::channel(false);
        let seen = Arc::new(Mutex::new(vec![]));
        let (namespace, into) = (namespace.to_owned(), seen.clone());
        let connection = RUNTIME.block_on(connect(&LAB.kubeconfig())).expect("a connection");
        let task = RUNTIME.spawn(async move {
            let mut beat = tokio::time::interval(EVERY);
            while !*stopped.borrow() {
                beat.tick().await;
                let look = look(&connection, &namespace).await;
                into.lock().unwrap_or_else(PoisonError::into_inner).push(look);
            }
        });
        Self { stop, seen, task }
    }

    /// Closes them and gives what was seen.
    pub fn close(self) -> Vec<Look> {
        let _ = self.stop.send(true);
        RUNTIME.block_on(self.task).expect("eyes see until they are closed");
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The administrator's kubeconfig of the lab.
pub fn kubeconfig() -> PathBuf {
    LAB.kubeconfig()
}

/// The API server's log of who wrote to Services, and when: one JSON event a line.
pub fn audit_log() -> PathBuf {
    LAB.dir().audit_log()
}

async fn look(cluster: &Connection, namespace: &str) -> Look {
    let service = ObjectId::new(Kind::Service, namespace, "web");
    let green = ObjectId::new(Kind::Deployment, namespace, "web-green");
    let slices = cluster.list(Kind::EndpointSlice, Some(namespace), Some("kubernetes.io/service-name=web"));
    let pods = cluster.list(Kind::Pod, Some(namespace), None);
    let (service, slices, green, pods) = tokio::join!(cluster.get(&service), slices, cluster.get(&green), pods);
    let service = service.expect("reads").expect("the Service stays");
    let (slices, pods) = (slices.expect("reads"), pods.expect("reads"));
    let endpoints = slices.iter().flat_map(|s| s["endpoints"].as_array().into_iter().flatten());
    let number = |v: &Value| v.as_u64().unwrap_or(0);
    Look {
        selector: serde_json::from_value(service["spec"]["selector"].clone()).unwrap_or_default(),
        version: service["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned(),
        ready: endpoints.filter(|e| e["conditions"]["ready"] == true).count(),
        green: green.expect("reads").map(|d| (number(&d["spec"]["replicas"]), number(&d["status"]["availableReplicas"]))),
        pods: pods.iter().filter_map(|p| p["metadata"]["name"].as_str().map(str::to_owned)).collect(),
    }
}

/// Pods that crash, until dropped.
pub struct Crashing {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Crashing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The node's containers are processes of this machine; which pod's, their environment says.
fn processes_of(pods: &BTreeSet<String>) -> Vec<String> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let named = |dir: &Path| {
        let environment = std::fs::read(dir.join("environ")).unwrap_or_default();
        environment.split(|b| *b == 0).any(|v| pods.contains(String::from_utf8_lossy(v).as_ref()))
    };
    let numbered = all.filter_map(|e| Some((e.path(), e.file_name().into_string().ok()?)));
    numbered.filter(|(dir, pid)| pid.bytes().all(|b| b.is_ascii_digit()) && named(dir)).map(|(_, pid)| pid).collect()
}
