//! `cargo xtask bench cutover`: how fast and how safe a cutover and its way back are, on a real node under load, against a
//! raw PATCH of the same selector and against `kubectl rollout undo` (budgets P5 and P6).
//!
//! One run = flip, proof and flip back on colours that stand already, driven by the engine with its journal on disk, with
//! at least two seconds of load before and after. "On the wire" is taken from the API server's audit log: when it had
//! received the request, which is a little later than when it left.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use acceptance::Outcome;
use acceptance::bench::{Row, finish, ms, quantile};
use acceptance::real::{self, LONGEST, PODS, Shop, Traffic};
use acceptance::standing::{Flipping, armed, connect, see};
use async_trait::async_trait;
use clap::Parser;
use cluster::Connection;
use engine::{Access, Clock, Cluster, Evidence, Mode, Options, Ports, ReadError, Run, RunStatus, TokioClock, WriteError};
use evidence::{Connections, LoadReport, Method};
use http_body_util::BodyExt;
use jiff::Timestamp;
use model::{ClusterIdentity, Kind, Labels, ObjectId, Write};
use plan::Plan;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const BEFORE_AND_AFTER: Duration = Duration::from_secs(2);
/// Between the two raw PATCHes, so that the second finds everything at rest.
const AT_REST: Duration = Duration::from_secs(2);

#[derive(Parser)]
struct Arguments {
    /// Flips with their way back; as many pairs of raw PATCHes
    #[arg(long, default_value_t = 100)]
    runs: u32,
    /// Whole rollouts by `changeoverctl`
    #[arg(long, default_value_t = 10)]
    rollouts: u32,
    /// `kubectl rollout undo`
    #[arg(long, default_value_t = 10)]
    undos: u32,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let runtime = Runtime::new()?;
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    let standing = Standing::open(&runtime)?;
    for n in 0..arguments.runs {
        // By turns: whatever the machine does meanwhile, it does to both.
        ours.push(standing.ours(&runtime, n)?);
        raw.push(standing.raw(&runtime)?);
        println!("run {} of {}: {}", n + 1, arguments.runs, ours.last().map_or_else(String::new, Flip::said));
    }
    let audit = standing.audit()?;
    drop(standing);
    let undone = undos(arguments.undos)?;
    let rollouts = rollouts(arguments.rollouts)?;
    let conditions = [
        format!("load of each run: {LOAD}"),
        format!(
            "{PODS} pods of each colour, kube-proxy (nftables), Traefik; journal on this machine's disk, one fsync from approval to request"
        ),
    ];
    finish("cutover", &conditions, &rows(&ours, &raw, &audit, &undone, &rollouts))
}

/// What is asked of the shop while it is moved.
const LOAD: &str = "250 GET/s on new connections and 100/s on 4 kept ones through the Service, the same through Traefik at 100/s each";

/// The loads of a run, all four kinds of client.
struct Loads(Vec<(&'static str, Traffic)>);

impl Loads {
    fn start(shop: &Shop) -> Self {
        let (service, traefik) = (shop.service(), shop.traefik());
        let load = |to: SocketAddr, connections, rate| shop.traffic_at(to, connections, Method::Get, rate);
        Self(vec![
            (NEW_BY_SERVICE, load(service, Connections::Anew, 250.0)),
            (KEPT_BY_SERVICE, load(service, Connections::Kept, 100.0)),
            (NEW_BY_TRAEFIK, load(traefik, Connections::Anew, 100.0)),
            (KEPT_BY_TRAEFIK, load(traefik, Connections::Kept, 100.0)),
        ])
    }

    /// Ends them. `back` is when the way back was asked for; gives what was seen, and how long after that a wrong answer
    /// still came on a new connection, through the Service and through Traefik.
    fn stop(self, back: Instant, wrong: &str) -> (Counts, BTreeMap<&'static str, f64>) {
        let (mut counts, mut last) = (Counts::default(), BTreeMap::new());
        for (name, traffic) in self.0 {
            let since = traffic.since_begin(back);
            let report = traffic.stop();
            if let Some(seen) = report.versions.get(wrong) {
                last.insert(name, ms(seen.last.saturating_sub(since)));
            }
            counts.add(name, &report);
        }
        (counts, last)
    }
}

const NEW_BY_SERVICE: &str = "new connections through the Service";
const KEPT_BY_SERVICE: &str = "kept connections through the Service";
const NEW_BY_TRAEFIK: &str = "new connections through Traefik";
const KEPT_BY_TRAEFIK: &str = "kept connections through Traefik";
const CLIENTS: [&str; 4] = [NEW_BY_SERVICE, KEPT_BY_SERVICE, NEW_BY_TRAEFIK, KEPT_BY_TRAEFIK];

/// Requests by kind of client: sent, failed, repeated.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, (u64, u64, u64)>);

impl Counts {
    fn add(&mut self, name: &'static str, report: &LoadReport) {
        let all = self.0.entry(name).or_default();
        (all.0, all.1, all.2) = (all.0 + report.sent, all.1 + report.failed, all.2 + report.repeated);
        report.failures.iter().for_each(|f| println!("  failed after {:?}, {name}: {}", f.at, f.why));
    }

    fn of<'a>(all: impl Iterator<Item = &'a Self>, name: &str) -> (u64, u64, u64) {
        all.filter_map(|c| c.0.get(name)).fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2))
    }
}

/// There and back.
struct Flip {
    /// Wall clock at the two confirmations, for the audit log.
    confirmed: [Timestamp; 2],
    /// How long each PATCH took, in milliseconds, as its client saw it.
    patch: [f64; 2],
    counts: Counts,
    /// From the second confirmation to the last wrong answer, in milliseconds.
    wrong: BTreeMap<&'static str, f64>,
}

impl Flip {
    fn said(&self) -> String {
        let wrong = self.wrong.get(NEW_BY_SERVICE).copied().unwrap_or_default();
        format!("PATCH {:.1} and {:.1} ms, last wrong answer {wrong:.0} ms after going back was confirmed", self.patch[0], self.patch[1])
    }
}

/// The engine's cluster, with the times of its writes.
struct Timed {
    inner: Arc<Connection>,
    writes: Mutex<Vec<f64>>,
}

#[async_trait]
impl Cluster for Timed {
    async fn identity(&self) -> Result<ClusterIdentity, ReadError> {
        self.inner.identity().await
    }
    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ReadError> {
        self.inner.get(id).await
    }
    async fn list(&self, kind: Kind, namespace: Option<&str>, labels: Option<&str>) -> Result<Vec<Value>, ReadError> {
        self.inner.list(kind, namespace, labels).await
    }
    async fn write(&self, expect: &ClusterIdentity, write: &Write, mode: Mode) -> Result<Value, WriteError> {
        let begun = Instant::now();
        let answer = self.inner.write(expect, write, mode).await;
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).push(ms(begun.elapsed()));
        answer
    }
    async fn allowed(&self, access: &Access) -> Result<bool, ReadError> {
        self.inner.allowed(access).await
    }
    async fn installed(&self, kind: Kind) -> Result<bool, ReadError> {
        self.inner.installed(kind).await
    }
    async fn logs(&self, pod: &ObjectId, container: &str, lines: u32) -> Result<String, ReadError> {
        self.inner.logs(pod, container, lines).await
    }
}

/// Two colours that stand side by side, and what moves traffic between them.
struct Standing {
    shop: Shop,
    cluster: Arc<Timed>,
    ports: Ports,
    raw: kube::Client,
    blue: Labels,
    green: Labels,
    _state: tempfile::TempDir,
}

impl Standing {
    fn open(runtime: &Runtime) -> Outcome<Self> {
        let shop = Shop::open("standing");
        let set: Value = serde_json::from_str(&shop.kubectl(&["get", "replicasets", "-l", "app=web", "-o", "json"]))?;
        let hash = set["items"][0]["metadata"]["labels"]["pod-template-hash"].as_str().ok_or("blue has no hash")?.to_owned();
        let labels = |key: &str, value: &str| Labels::from([("app".into(), "web".into()), (key.into(), value.into())]);
        let (blue, green) = (labels("pod-template-hash", &hash), labels("changeover.dev/color", "green"));
        shop.kubectl(&["patch", "service", "web", "--type=json", "-p", &selector(&blue).to_string()]);
        let mut second = shop.object("deployment/web");
        let template = second["spec"]["template"].as_object_mut().ok_or("no template")?;
        template["metadata"] = json!({"labels": green});
        template["spec"]["containers"][0]["image"] = "changeover.dev/shop:v2".into();
        let (template, namespace) = (json!(template), shop.namespace.clone());
        let second = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web-green", "namespace": namespace},
            "spec": {"replicas": PODS, "selector": {"matchLabels": green}, "template": template}});
        shop.apply("green.json", &second);
        shop.kubectl(&["rollout", "status", "deployment/web-green", "--timeout=120s"]);

        let state = tempfile::Builder::new().prefix("bench").tempdir_in(xtask::run::target())?;
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        shop.journal_in(state.path());
        let journal = Arc::new(store::Store::open(&state.path().join("journal.sqlite"), clock.clone())?);
        let (connection, raw) = runtime.block_on(async {
            let options = kube::config::KubeConfigOptions::default();
            let read = kube::config::Kubeconfig::read_from(real::kubeconfig())?;
            let config = kube::Config::from_custom_kubeconfig(read, &options).await?;
            Outcome::Ok((connect(&real::kubeconfig()).await?, kube::Client::try_from(config)?))
        })?;
        runtime.block_on(live(connection.clone(), &namespace))?;
        let cluster = Arc::new(Timed { inner: connection.clone(), writes: Mutex::default() });
        let at = evidence::Options { resolve: vec![shop.resolve().parse()?], ..evidence::Options::default() };
        let evidence: Arc<dyn Evidence> = Arc::new(evidence::Sources::new(cluster.clone(), connection, clock.clone(), &at)?);
        let ports = Ports { cluster: cluster.clone(), journal, evidence, clock };
        Ok(Self { shop, cluster, ports, raw, blue, green, _state: state })
    }

    fn id(&self, kind: Kind, name: &str) -> ObjectId {
        ObjectId::new(kind, &self.shop.namespace, name)
    }

    /// From the one to the other, proven at the shop's entry.
    async fn plan(&self, n: u32) -> Outcome<Plan> {
        let (id, probes) = (format!("bench-{n}"), vec![format!("http://{}/", self.shop.host())]);
        let flip = Flipping { blue: &self.blue, green: &self.green, pods: u32::try_from(PODS)?, probes, settle: 2 };
        flip.plan(self.cluster.as_ref(), &self.shop.namespace, id).await
    }

    /// By the engine.
    fn ours(&self, runtime: &Runtime, n: u32) -> Outcome<Flip> {
        let loads = Loads::start(&self.shop);
        let begun = Instant::now();
        let (confirmed, back) = runtime.block_on(async {
            let run = Run::start(self.ports.clone(), self.plan(n).await?, Options::default()).await?;
            see(&run, "armed", armed).await?;
            // The gate looks once a second; people confirm at any moment of it.
            let moment = Duration::from_millis(u64::from(n) * 618 % 1000);
            tokio::time::sleep(BEFORE_AND_AFTER.saturating_sub(begun.elapsed()) + moment).await;
            self.cluster.writes.lock().unwrap_or_else(PoisonError::into_inner).clear();
            let there = Timestamp::now();
            run.approve("cut-over").await?;
            see(&run, "proven and looked at", |v| v.soak_left.is_some()).await?;
            tokio::time::sleep(moment).await;
            let (back, at) = (Timestamp::now(), Instant::now());
            run.back_out("bench").await?;
            let end = run.ended().await;
            match end.status {
                RunStatus::BackedOut { .. } => Outcome::Ok(([there, back], at)),
                other => Err(format!("run {n} ended otherwise: {other:?}").into()),
            }
        })?;
        std::thread::sleep(BEFORE_AND_AFTER);
        let writes = std::mem::take(&mut *self.cluster.writes.lock().unwrap_or_else(PoisonError::into_inner));
        // A third one takes the run's mark off again.
        let [first, second, ..] = writes[..] else { return Err(format!("run {n} wrote {} times", writes.len()).into()) };
        let patch = [first, second];
        let (counts, wrong) = loads.stop(back, "v2");
        Ok(Flip { confirmed, patch, counts, wrong })
    }

    /// By a raw PATCH, there and back.
    fn raw(&self, runtime: &Runtime) -> Outcome<Flip> {
        let loads = Loads::start(&self.shop);
        std::thread::sleep(BEFORE_AND_AFTER);
        let there = (Timestamp::now(), Instant::now());
        runtime.block_on(self.patch(&self.green))?;
        let first = ms(there.1.elapsed());
        std::thread::sleep(AT_REST);
        let back = (Timestamp::now(), Instant::now());
        runtime.block_on(self.patch(&self.blue))?;
        let second = ms(back.1.elapsed());
        std::thread::sleep(BEFORE_AND_AFTER);
        let (counts, wrong) = loads.stop(back.1, "v2");
        Ok(Flip { confirmed: [there.0, back.0], patch: [first, second], counts, wrong })
    }

    async fn patch(&self, labels: &Labels) -> Outcome<()> {
        let uri = format!("{}?fieldManager=bench", self.id(Kind::Service, "web").path());
        let request = http::Request::patch(uri)
            .header("content-type", "application/json-patch+json")
            .body(kube::client::Body::from(selector(labels).to_string().into_bytes()))?;
        let (parts, body) = self.raw.send(request).await?.into_parts();
        let _: Value = serde_json::from_slice(&body.collect().await?.to_bytes())?;
        if parts.status.is_success() { Ok(()) } else { Err(format!("raw PATCH: HTTP {}", parts.status).into()) }
    }

    /// When the API server had received each PATCH of the Service, in order: the engine's, the raw ones.
    fn audit(&self) -> Outcome<Received> {
        let text = std::fs::read_to_string(real::audit_log())?;
        let mut all = Received::default();
        for event in text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()) {
            let of = &event["objectRef"];
            let here = of["namespace"] == self.shop.namespace.as_str() && of["resource"] == "services" && event["verb"] == "patch";
            let uri = event["requestURI"].as_str().unwrap_or_default();
            if !here || uri.contains("dryRun") {
                continue;
            }
            let at: Timestamp = event["requestReceivedTimestamp"].as_str().ok_or("an event without its time")?.parse()?;
            if uri.contains("fieldManager=changeover") {
                all.ours.push(at);
            } else if uri.contains("fieldManager=bench") {
                all.raw.push(at);
            }
        }
        Ok(all)
    }
}

#[derive(Default)]
struct Received {
    ours: Vec<Timestamp>,
    raw: Vec<Timestamp>,
}

/// Keeps a live view and its heartbeat beside the runs, as the product does, for as long as the program lasts.
async fn live(connection: Arc<Connection>, namespace: &str) -> Outcome<()> {
    let here = cluster::Namespaces::Only([namespace.to_owned()].into());
    let mut feed = cluster::watch(connection, &topology::kinds(), &here);
    let (fresh, is_fresh) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut fresh = Some(fresh);
        while let Some(event) = feed.next().await {
            if matches!(&event, cluster::FeedEvent::Freshness(f) if f.live) {
                // Nobody waits any more after the first time.
                fresh.take().map(|f| f.send(()));
            }
        }
    });
    Ok(tokio::time::timeout(LONGEST, is_fresh).await??)
}

fn selector(labels: &Labels) -> Value {
    json!([{"op": "replace", "path": "/spec/selector", "value": labels}])
}

/// `kubectl rollout undo` from v2 to v1: how long wrong answers still came on new connections, in milliseconds.
fn undos(times: u32) -> Outcome<Vec<f64>> {
    let shop = Shop::open("undo");
    let mut all = Vec::new();
    for n in 0..times {
        shop.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v2"]);
        shop.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
        acceptance::until("only v2 answers", LONGEST, || shop.asked(shop.service()).versions.keys().eq(["v2"].iter()));
        let traffic = shop.traffic_at(shop.service(), Connections::Anew, Method::Get, 250.0);
        std::thread::sleep(BEFORE_AND_AFTER);
        let at = Instant::now();
        shop.kubectl(&["rollout", "undo", "deployment/web"]);
        shop.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
        std::thread::sleep(BEFORE_AND_AFTER);
        let since = traffic.since_begin(at);
        let report = traffic.stop();
        let wrong = report.versions.get("v2").ok_or("v2 never answered")?;
        all.push(ms(wrong.last.saturating_sub(since)));
        println!("undo {} of {times}: {:.0} ms, {} failed", n + 1, all[all.len() - 1], report.failed);
    }
    Ok(all)
}

/// Whole rollouts from plan to end, by swap and by promotion in turns, under the same load.
fn rollouts(times: u32) -> Outcome<Vec<Counts>> {
    let mut all = Vec::new();
    for (finish, share) in [("promote", times / 2), ("swap", times - times / 2)] {
        let shop = Shop::open(finish);
        let mut target = String::from("deployment/web");
        for n in 0..share {
            let image = format!("web=changeover.dev/shop:v{}", 2 + n % 2);
            let probes = format!("probes=http://{}/", shop.host());
            shop.plan_of(&target, &["--image", &image, "--finish", finish, "--set", "soak=5", "--set", &probes]);
            let loads = Loads::start(&shop);
            let begun = SystemTime::now();
            std::thread::sleep(BEFORE_AND_AFTER);
            shop.run(&["--yes"]).must_end(0, "done");
            std::thread::sleep(BEFORE_AND_AFTER);
            all.push(loads.stop(Instant::now(), "").0);
            println!("rollout by {finish} {} of {share}: {:.0} s", n + 1, begun.elapsed()?.as_secs_f64());
            if finish == "swap" {
                target = format!("deployment/{}", shop.serving());
            }
        }
    }
    Ok(all)
}

fn rows(ours: &[Flip], raw: &[Flip], audit: &Received, undone: &[f64], rollouts: &[Counts]) -> Vec<Row> {
    let mut rows = Vec::new();
    let flips = || ours.iter().map(|f| &f.counts);
    for (n, name) in CLIENTS.iter().enumerate() {
        let (sent, failed, repeated) = Counts::of(flips(), name);
        let what = format!("failed in {} flips there and back, {name}", ours.len());
        rows.push(
            Row::new(&format!("P5.{}", n + 1), what, failed as f64, "requests")
                .goal(format!("0 of {sent}; {repeated} repeated"), failed == 0),
        );
    }
    for (n, name) in CLIENTS.iter().enumerate() {
        let (sent, failed, repeated) = Counts::of(rollouts.iter(), name);
        let what = format!("failed in {} whole rollouts, {name}", rollouts.len());
        rows.push(
            Row::new(&format!("P5.{}", n + 5), what, failed as f64, "requests")
                .goal(format!("0 of {sent}; {repeated} repeated"), failed == 0),
        );
    }
    let confirmed: Vec<Timestamp> = ours.iter().flat_map(|f| f.confirmed).collect();
    let sent: Vec<Timestamp> = raw.iter().flat_map(|f| f.confirmed).collect();
    let (wire, raw_wire) = (delays(&confirmed, &audit.ours), delays(&sent, &audit.raw));
    for (n, way) in ["cutover", "way back"].iter().enumerate() {
        let (mine, theirs) = (every_other(&wire, n), every_other(&raw_wire, n));
        let value = quantile(&mine, 0.95);
        let what = format!("confirmed → PATCH at the API server, {way}, p95 of {}", mine.len());
        rows.push(
            Row::new(&format!("P5.{}", n + 9), what, value, "ms")
                .against(quantile(&theirs, 0.95))
                .goal("≤ 10 ms", mine.len() == ours.len() && value <= 10.0),
        );
    }
    let patches = |all: &[Flip]| all.iter().flat_map(|f| f.patch).collect::<Vec<f64>>();
    let (mine, theirs) = (patches(ours), patches(raw));
    let (value, base) = (quantile(&mine, 0.5), quantile(&theirs, 0.5));
    rows.push(
        Row::new("P5.11", format!("the PATCH itself, median of {}", mine.len()), value, "ms")
            .against(base)
            .goal("≤ 1.1 × raw", value <= 1.1 * base),
    );
    rows.push(Row::new("P5.12", "the PATCH itself, p95", quantile(&mine, 0.95), "ms").against(quantile(&theirs, 0.95)));

    let wrong = |all: &[Flip], name: &str| all.iter().filter_map(|f| f.wrong.get(name).copied()).collect::<Vec<f64>>();
    for (n, (name, share)) in [(NEW_BY_SERVICE, 0.5), (NEW_BY_SERVICE, 0.95), (NEW_BY_TRAEFIK, 0.5)].into_iter().enumerate() {
        let (mine, theirs) = (wrong(ours, name), wrong(raw, name));
        let (value, base) = (quantile(&mine, share), quantile(&theirs, share));
        let what = format!("way back confirmed → last wrong answer, {name}, {}", if share == 0.5 { "median" } else { "p95" });
        let row = Row::new(&format!("P6.{}", n + 1), what, value, "ms").against(base);
        rows.push(if n == 0 { row.goal("≤ 1.1 × raw + 10 ms", value <= 1.1 * base + 10.0) } else { row });
    }
    let (value, base) = (quantile(&wrong(ours, NEW_BY_SERVICE), 0.5), quantile(undone, 0.5));
    let what = format!("the same against `kubectl rollout undo`, median of {}", undone.len());
    rows.push(Row::new("P6.4", what, value, "ms").against(base).goal("≥ 10 × faster", !undone.is_empty() && value * 10.0 <= base));
    rows
}

/// How long after each moment the next event came, in milliseconds.
fn delays(from: &[Timestamp], to: &[Timestamp]) -> Vec<f64> {
    let first = |at: &Timestamp| to.iter().find(|t| *t >= at).map(|t| at.duration_until(*t).as_secs_f64() * 1000.0);
    from.iter().filter_map(first).collect()
}

fn every_other(all: &[f64], first: usize) -> Vec<f64> {
    all.iter().skip(first).step_by(2).copied().collect()
}
