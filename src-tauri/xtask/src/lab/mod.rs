//! A real Kubernetes on this machine.
//!
//! Three kinds. **API server only**: etcd and kube-apiserver, ready in seconds, for tests of objects.
//! **Practice**: controllers, scheduler and simulated nodes (kwok), without root; its stages honour the sample
//! shop's bad images. **Real nodes**: kubelet, containerd and kube-proxy in a network namespace each, as root; the
//! only kind where traffic flows.
//!
//! A lab is a folder: certificates, kubeconfigs, logs, and `lab.json`, which names every process by pid and start
//! time. Whatever a former start left behind is found through it. Every start begins with an empty cluster.
//!
//! **Invariant:** a program is written down as soon as it is started, and what the kernel holds for real nodes
//! follows from names in the record, so `down` can always remove everything.

mod certs;
mod control_plane;
mod error;
mod extras;
mod images;
mod node;
mod practice;
mod process;
pub mod programs;
mod shop;
mod state;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::{places, say, sh};
pub use certs::USERS;
pub use error::LabError;
pub use process::free_port;
pub use state::{LabDir, Network, Record};

/// The three kinds of lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// etcd and kube-apiserver, nothing else.
    ApiServerOnly,
    /// Controllers, scheduler and simulated nodes.
    Practice,
    /// Nodes that run containers.
    RealNodes,
}

/// What a lab shall have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Which kind.
    pub kind: Kind,
    /// Nodes that run containers.
    pub real_nodes: u8,
    /// Simulated pods beside everything else.
    pub fake_pods: u32,
    /// Traefik with the Gateway API, in front of the shop.
    pub traefik: bool,
    /// metrics-server, so that an HPA scales.
    pub metrics: bool,
}

impl Options {
    /// The practice lab: what runs without root.
    pub fn practice() -> Self {
        Self { kind: Kind::Practice, real_nodes: 0, fake_pods: 0, traefik: false, metrics: false }
    }

    /// Real nodes, at least one.
    pub fn real_nodes(nodes: u8) -> Self {
        Self { kind: Kind::RealNodes, real_nodes: nodes.max(1), ..Self::practice() }
    }

    /// Whether a lab with `self` has all that `wanted` asks for.
    fn covers(&self, wanted: &Self) -> bool {
        self.kind == wanted.kind
            && self.real_nodes >= wanted.real_nodes
            && self.fake_pods >= wanted.fake_pods
            && (self.traefik || !wanted.traefik)
            && (self.metrics || !wanted.metrics)
    }
}

/// What happens to a lab when its value goes out of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtDrop {
    Keep,
    Stop,
}

/// A lab that stands.
#[derive(Debug)]
pub struct Lab {
    dir: LabDir,
    record: Record,
    at_drop: AtDrop,
}

/// How `up` found things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It stood already, with all that was asked for.
    Standing,
    /// It was started.
    Nothing,
}

impl Lab {
    /// Makes the lab stand: does nothing when it does, clears away the remains of a broken one, and replaces one
    /// that lacks what is asked for. It goes on standing when the value goes out of scope.
    pub fn up(dir: LabDir, options: &Options) -> Result<(Self, Found), LabError> {
        check(options)?;
        let _lock = dir.lock()?;
        sweep();
        if let Some(record) = dir.read()? {
            let healthy = is_healthy(&dir, &record);
            if healthy && record.options.covers(options) {
                return Ok((Self { dir, record, at_drop: AtDrop::Keep }, Found::Standing));
            }
            let why = if healthy { "the lab that is up lacks something of this" } else { "the last lab is broken" };
            say::step(&format!("{why}: clearing it away"));
            tear_down(&dir, Some(&record))?;
        }
        let begun = Instant::now();
        let record = start(&dir, options, None)?;
        say::step(&format!("the lab stands after {:.1} s", begun.elapsed().as_secs_f64()));
        Ok((Self { dir, record, at_drop: AtDrop::Keep }, Found::Nothing))
    }

    /// A lab for this process alone, in a folder of its own among the user's state, beside whatever else stands. It
    /// goes with the value, or with the next lab command when this process is killed.
    pub fn own(options: &Options) -> Result<Self, LabError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        check(options)?;
        sweep();
        let me = std::process::id();
        let dir = LabDir::at(of_processes().join(format!("{me}-{}", NEXT.fetch_add(1, Ordering::Relaxed))));
        let _lock = dir.lock()?;
        let owner = process::start_time(me).map(|started| (me, started));
        let record = start(&dir, options, owner)?;
        Ok(Self { dir, record, at_drop: AtDrop::Stop })
    }

    /// etcd and kube-apiserver alone, on free loopback ports: [`Lab::own`] in a few seconds.
    pub fn fresh_api_server() -> Result<Self, LabError> {
        Self::own(&Options { kind: Kind::ApiServerOnly, ..Options::practice() })
    }

    /// Stops and removes it; what a value of [`Lab::own`] does by itself, but with an answer.
    pub fn end(mut self) -> Result<(), LabError> {
        self.at_drop = AtDrop::Keep;
        self.take_away()
    }

    fn take_away(&self) -> Result<(), LabError> {
        tear_down(&self.dir, Some(&self.record))?;
        std::fs::remove_dir_all(self.dir.path()).map_err(|e| LabError::file(self.dir.path(), e))
    }

    /// The lab that stands in `dir`.
    pub fn open(dir: LabDir) -> Result<Self, LabError> {
        match dir.read()? {
            Some(record) if record.complete && is_healthy(&dir, &record) => Ok(Self { dir, record, at_drop: AtDrop::Keep }),
            _ => Err(LabError::NotUp { path: dir.path().to_owned() }),
        }
    }

    /// Its folder.
    pub fn dir(&self) -> &LabDir {
        &self.dir
    }

    /// What stands.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.kubeconfig()
    }

    /// The kubeconfig of one of [`USERS`].
    pub fn kubeconfig_of(&self, user: &str) -> PathBuf {
        self.dir.kubeconfig_of(user)
    }

    /// The API server's address.
    pub fn server(&self) -> &str {
        &self.record.server
    }

    /// The certificate authority that signed the API server's certificate.
    pub fn authority(&self) -> PathBuf {
        self.dir.certs().join("ca.crt")
    }

    /// A user's bearer token.
    pub fn token(&self, user: &str) -> Option<&str> {
        self.record.tokens.get(user).map(String::as_str)
    }

    /// Where Traefik listens, as `http://ADDRESS`, where it runs.
    pub fn traefik(&self) -> Option<&str> {
        self.record.traefik.as_deref()
    }

    /// Runs kubectl as the administrator and returns what it prints.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String, LabError> {
        Ok(sh::read(kubectl(&self.dir)?.args(arguments))?)
    }

    /// A program of the lab in the first real node's network, not yet started; `None` without a real node. What it serves
    /// on the loopback device, that node alone reaches.
    pub fn on_node(&self, program: &str) -> Result<Option<Command>, LabError> {
        let program = programs::program(program)?;
        Ok(self.record.network.map(|network| node::inside(network, 1, &program)))
    }

    /// Applies a file or folder of manifests.
    pub fn apply(&self, manifests: &Path) -> Result<(), LabError> {
        apply(&self.dir, manifests)
    }

    /// Installs the Gateway API's resource definitions, for API-only labs; the other kinds have them.
    pub fn install_gateway_api(&self) -> Result<(), LabError> {
        shop::gateway_api(&self.dir)
    }

    /// Applies the sample shop, for API-only labs; the other kinds have it.
    pub fn install_shop(&self) -> Result<(), LabError> {
        shop::gateway_api(&self.dir)?;
        shop::apply_all(&self.dir)
    }

    /// Kills one program of the lab as a crash would; for tests of what follows.
    pub fn kill(&self, program: &str) -> Result<(), LabError> {
        let named: Vec<_> = self.record.processes.iter().filter(|p| p.name == program).cloned().collect();
        process::stop(&named, process::Stop::AtOnce)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.at_drop == AtDrop::Stop
            && let Err(error) = self.take_away()
        {
            say::note(&format!("{}: {error}", self.dir.path().display()));
        }
    }
}

/// Stops and removes the lab in `dir`; true when there was one.
pub fn down(dir: &LabDir) -> Result<bool, LabError> {
    let _lock = dir.lock()?;
    sweep();
    let record = dir.read()?;
    tear_down(dir, record.as_ref())?;
    Ok(record.is_some())
}

/// What `status` tells.
pub fn status(dir: &LabDir) -> Result<String, LabError> {
    let Some(record) = dir.read()? else {
        return Ok(format!("no lab in {}", dir.path().display()));
    };
    let mut lines = vec![format!(
        "{} in {}",
        if is_healthy(dir, &record) { "up" } else { "broken (`cargo xtask lab up` repairs it)" },
        dir.path().display()
    )];
    lines.push(format!("API server  {}  context {}", record.server, record.context));
    if let Some(traefik) = &record.traefik {
        lines.push(format!("Traefik     {traefik}  (hosts shop.example.com, m.shop.example.com)"));
    }
    for program in &record.processes {
        let state = if program.is_alive() { "runs" } else { "ENDED" };
        lines.push(format!("  {:<24} {:>7}  {state}", program.name, program.pid));
    }
    Ok(lines.join("\n"))
}

fn check(options: &Options) -> Result<(), LabError> {
    if options.kind == Kind::RealNodes {
        if sh::is_root() { Ok(()) } else { Err(LabError::NotRoot) }
    } else if options.traefik || options.metrics {
        Err(LabError::NeedsRealNode)
    } else {
        Ok(())
    }
}

fn is_healthy(dir: &LabDir, record: &Record) -> bool {
    record.complete
        && control_plane::all_alive(&record.processes).is_ok()
        && kubectl(dir).is_ok_and(|mut k| sh::succeeds(k.args(["get", "--raw", "/readyz", "--request-timeout=5s"])))
}

fn start(dir: &LabDir, options: &Options, owner: Option<(u32, u64)>) -> Result<Record, LabError> {
    let started = start_all(dir, options, owner);
    // The logs stay for whoever reads the error; the next lab command removes them.
    if started.is_err()
        && let Ok(Some(record)) = dir.read()
    {
        let _ = stop_everything(&record);
    }
    started
}

fn start_all(dir: &LabDir, options: &Options, owner: Option<(u32, u64)>) -> Result<Record, LabError> {
    let quiet = options.kind == Kind::ApiServerOnly;
    // Built before anything runs: nothing half-done waits for minutes.
    let more = [
        (options.kind == Kind::Practice || options.fake_pods > 0, "kwok"),
        (options.traefik, "traefik"),
        (options.metrics, "metrics-server"),
    ];
    let more = more.iter().filter(|(wanted, _)| *wanted).map(|(_, program)| *program);
    for program in ["etcd", "kube-apiserver", "kubectl"].into_iter().chain(more) {
        programs::program(program)?;
    }
    dir.clear()?;
    dir.make()?;
    let network = if options.kind == Kind::RealNodes { Some(node::free_network()?) } else { None };
    let mut record = Record {
        options: options.clone(),
        complete: false,
        owner,
        server: String::new(),
        context: if options.kind == Kind::Practice { "practice" } else { "lab" }.to_owned(),
        tokens: std::collections::BTreeMap::new(),
        processes: Vec::new(),
        network,
        traefik: None,
    };
    dir.write(&record)?;
    if options.kind == Kind::RealNodes {
        say::timed("network, cgroups and images", || node::prepare(dir, &record))?;
    }
    if quiet {
        control_plane::start_api(dir, &mut record)?;
    } else {
        say::timed("etcd and API server", || control_plane::start_api(dir, &mut record))?;
        control_plane::start_controllers(dir, &mut record)?;
        say::timed("Gateway API and access rules", || shop::gateway_api(dir))?;
        match options.kind {
            Kind::RealNodes => say::timed("real nodes", || node::start(dir, &mut record))?,
            _ => say::timed("simulated nodes", || practice::start(dir, &mut record, 3))?,
        }
        if options.metrics {
            say::timed("metrics-server", || extras::metrics_server(dir, &mut record))?;
        }
        if options.traefik {
            say::timed("Traefik", || extras::traefik(dir, &mut record))?;
        }
        say::timed("the sample shop", || shop::start(dir))?;
        if options.traefik {
            say::timed("the shop behind Traefik", || extras::shop_answers(&record))?;
        }
        if options.fake_pods > 0 {
            say::timed("simulated pods", || practice::fake_pods(dir, &mut record))?;
        }
    }
    record.complete = true;
    dir.write(&record)?;
    Ok(record)
}

/// Stops every program, and what the kernel holds for real nodes.
fn stop_everything(record: &Record) -> Result<(), LabError> {
    use process::Stop;
    // What serves the nodes goes before what it talks to; etcd and the API server keep nothing and go at once.
    let (keep_nothing, polite): (Vec<_>, Vec<_>) =
        record.processes.iter().cloned().partition(|p| matches!(p.name.as_str(), "etcd" | "kube-apiserver"));
    let (runtime, others): (Vec<_>, Vec<_>) = polite.into_iter().partition(|p| p.name.starts_with("containerd"));
    process::stop(&others, Stop::Politely)?;
    if let Some(network) = record.network {
        node::kill_containers(network)?;
    }
    process::stop(&runtime, Stop::Politely)?;
    process::stop(&keep_nothing, Stop::AtOnce)
}

fn tear_down(dir: &LabDir, record: Option<&Record>) -> Result<(), LabError> {
    if let Some(record) = record {
        stop_everything(record)?;
        process::kill_strays(dir.path())?;
        if let Some(network) = record.network {
            node::remove(dir, network)?;
        }
    }
    dir.clear()
}

/// The labs that go with the process that made them.
fn of_processes() -> PathBuf {
    places::state().join("lab-tests")
}

/// Removes the labs of processes that are gone.
pub fn sweep() {
    let Ok(entries) = std::fs::read_dir(of_processes()) else { return };
    for dir in entries.flatten().map(|entry| LabDir::at(entry.path())) {
        let Ok(Some(record)) = dir.read() else { continue };
        let orphan = record.owner.is_some_and(|(pid, started)| process::start_time(pid) != Some(started));
        if orphan && tear_down(&dir, Some(&record)).is_ok() {
            let _ = std::fs::remove_dir_all(dir.path());
        }
    }
}

fn kubectl(dir: &LabDir) -> Result<Command, LabError> {
    let mut command = Command::new(programs::program("kubectl")?);
    command.arg("--kubeconfig").arg(dir.kubeconfig()).env_remove("KUBECONFIG");
    command.arg("--cache-dir").arg(dir.path().join("kubectl")).env(process::MARK, dir.path());
    Ok(command)
}

fn apply(dir: &LabDir, manifests: &Path) -> Result<(), LabError> {
    sh::read(kubectl(dir)?.args(["apply", "--server-side", "--field-manager=lab", "-f"]).arg(manifests))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_serves_whoever_asks_for_no_more_than_it_has() {
        let big = Options { traefik: true, fake_pods: 100, ..Options::real_nodes(2) };
        assert!(big.covers(&Options::real_nodes(1)));
        assert!(big.covers(&Options { fake_pods: 50, ..Options::real_nodes(2) }));
        assert!(!big.covers(&Options { metrics: true, ..Options::real_nodes(1) }));
        assert!(!big.covers(&Options::practice()), "simulated pods become ready where real ones do not");
    }

    #[test]
    fn addresses_of_a_network_do_not_overlap() {
        let network = Network { second: 230 };
        assert_eq!(network.node(1), "10.230.0.2");
        assert_eq!(network.pods(1), "10.230.65.0/24");
        assert_eq!(network.services(), "10.230.128.0/17");
        assert!(network.name().len() <= 10, "a link's name has 15 bytes at most, and nodes add to it");
    }

    #[test]
    fn traefik_without_a_real_node_is_refused_with_the_remedy() {
        let error = check(&Options { traefik: true, ..Options::practice() }).unwrap_err().to_string();
        assert!(error.contains("--real-nodes 1"), "{error}");
    }
}
