//! What the sweeps share: a shop in the simulated cluster, a journal in memory, evidence that tells the truth about the
//! simulation, and somebody who answers gates and holds.
#![allow(dead_code, unused_imports)] // each test binary uses its part

pub mod oracle;
pub mod sim;
pub mod sweep;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::ports::AnsweredBy;
use engine::{
    Choice, Command, Evidence, Journal, JournalError, Options, Ports, Question, Run, RunHeader, RunStatus, RunView, TokioClock, Verdict,
    VerdictKind, survey,
};
use model::{Kind, names};
use oracle::{Oracle, Trace, Traced};
use plan::{Plan, What};
use serde_json::{Value, json};
#[allow(unused_imports)] // as above
pub use sim::{Fault, Sim, id};

/// Plan, entries and epoch of a run.
type Kept = (Plan, Vec<Value>, u64);

/// Journal in memory that can fail and forget.
#[derive(Default)]
pub struct Memory {
    runs: Mutex<BTreeMap<String, Kept>>,
    /// Appends that succeed before the disk is full; 0 = no end.
    pub room: AtomicU64,
    trace: Arc<Trace>,
}

impl Memory {
    pub fn entries(&self, run: &str) -> Vec<Value> {
        self.runs.lock().expect("not poisoned").get(run).map(|r| r.1.clone()).unwrap_or_default()
    }

    /// Ids of its runs.
    pub fn read_all(&self) -> Vec<String> {
        self.runs.lock().expect("not poisoned").keys().cloned().collect()
    }

    /// Of whoever works on that cluster.
    fn of(sim: &Sim) -> Arc<Self> {
        Arc::new(Self { trace: sim.trace(), ..Self::default() })
    }
}

impl Journal for Memory {
    fn create(&self, plan: &Plan, _: &str, _: Option<&str>) -> Result<(), JournalError> {
        self.runs.lock().expect("not poisoned").insert(plan.id.clone(), (plan.clone(), vec![], 0));
        self.trace.add(Traced::Begun(Arc::new(plan.clone())));
        Ok(())
    }
    fn append(&self, run: &str, entry: &Value) -> Result<u64, JournalError> {
        match self.room.load(Ordering::SeqCst) {
            0 => {}
            1 => return Err(JournalError::Write { path: "memory".into(), why: "no space left on device".into() }),
            n => self.room.store(n - 1, Ordering::SeqCst),
        }
        let mut runs = self.runs.lock().expect("not poisoned");
        let entries = &mut runs.get_mut(run).ok_or_else(|| JournalError::NotFound(run.into()))?.1;
        entries.push(entry.clone());
        self.trace.add(Traced::Kept { journal: std::ptr::from_ref(self).addr(), run: run.to_string(), entry: entry.clone() });
        Ok(entries.len() as u64)
    }
    fn read(&self, run: &str) -> Result<(Plan, Vec<Value>), JournalError> {
        let runs = self.runs.lock().expect("not poisoned");
        let (plan, entries, _) = runs.get(run).ok_or_else(|| JournalError::NotFound(run.into()))?;
        Ok((plan.clone(), entries.clone()))
    }
    fn runs(&self) -> Result<Vec<RunHeader>, JournalError> {
        Ok(vec![])
    }
    fn claim(&self, run: &str, above: u64) -> Result<u64, JournalError> {
        let mut runs = self.runs.lock().expect("not poisoned");
        let epoch = &mut runs.get_mut(run).ok_or_else(|| JournalError::NotFound(run.into()))?.2;
        *epoch = above.max(*epoch) + 1;
        Ok(*epoch)
    }
    fn release(&self, _: &str) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Asks the simulation who answers.
pub struct Honest {
    pub sim: Arc<Sim>,
    pub probes: Mutex<Option<VerdictKind>>,
    pub smoke: Mutex<VerdictKind>,
    /// Pods that were asked.
    pub asked: Mutex<Vec<String>>,
}

impl Honest {
    /// What every probe answers from now on; `None` = the truth.
    pub fn probes_say(&self, kind: Option<VerdictKind>) {
        *self.probes.lock().expect("not poisoned") = kind;
    }
}

#[async_trait]
impl Evidence for Honest {
    async fn ask(&self, question: &Question) -> Verdict {
        let (kind, pod) = match question {
            Question::Smoke { pod, .. } => {
                self.asked.lock().expect("not poisoned").push(pod.name.clone());
                (*self.smoke.lock().expect("not poisoned"), Some(pod.name.clone()))
            }
            Question::Probe { .. } => {
                let pod = self.sim.answering("web");
                let forced = *self.probes.lock().expect("not poisoned");
                (forced.unwrap_or(if pod.is_some() { VerdictKind::For } else { VerdictKind::Against }), pod)
            }
        };
        let answered_by = (kind == VerdictKind::For).then(|| AnsweredBy { pod, ..AnsweredBy::default() });
        let source = format!("{question:?}");
        Verdict {
            kind,
            detail: model::Sentence { text: format!("{kind:?}"), ..Default::default() },
            source,
            at: jiff::Timestamp::now(),
            millis: Some(1),
            answered_by,
        }
    }
}

/// A shop, a plan for it, and everything that a run needs.
pub struct Stage {
    pub sim: Arc<Sim>,
    pub journal: Arc<Memory>,
    pub evidence: Arc<Honest>,
    pub plan: Plan,
    pub before: Value,
    /// Looks at everything that happened when the stage goes.
    pub oracle: Oracle,
}

fn template(image: &str) -> Value {
    json!({"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":image,"ports":[{"name":"http","containerPort":8080}],
        "env":[{"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"shop","key":"token"}}}],
        "readinessProbe":{"httpGet":{"path":"/readyz","port":8080}}}]}})
}

/// Three pods of v1 behind two Services, with an autoscaler.
async fn shop(disjoint: bool) -> Arc<Sim> {
    let sim = Arc::new(Sim::new());
    sim.apply(Kind::Secret, json!({"metadata":{"name":"shop"},"stringData":{"token":oracle::SECRET}}));
    let (mut labels, mut template) = (json!({"app":"web"}), template("shop:v1"));
    if disjoint {
        labels[names::COLOR] = json!("blue");
        template["metadata"]["labels"][names::COLOR] = json!("blue");
    }
    sim.apply(
        Kind::Deployment,
        json!({"metadata":{"name":"web","labels":labels},"spec":{"replicas":3,"progressDeadlineSeconds":600,
        "selector":{"matchLabels":labels},"template":template,"strategy":{"type":"RollingUpdate"}}}),
    );
    for (name, port) in [("web", 80), ("web-admin", 81)] {
        sim.apply(
            Kind::Service,
            json!({"metadata":{"name":name},"spec":{"type":"ClusterIP","clusterIP":"10.1.1.1","selector":labels,
            "ports":[{"name":"http","port":port,"targetPort":8080,"protocol":"TCP"}]}}),
        );
    }
    sim.apply(
        Kind::HorizontalPodAutoscaler,
        json!({"metadata":{"name":"web"},"spec":{"minReplicas":2,"maxReplicas":6,
        "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}),
    );
    tokio::time::sleep(Duration::from_secs(5)).await;
    sim
}

impl Stage {
    pub async fn new(finish: &str, image: &str) -> Self {
        Self::with(image, &json!({"finish":finish})).await
    }

    /// With parameters over the usual ones. With `probes` among them it stands behind an Ingress: null = those that the
    /// plan finds there.
    pub async fn with(image: &str, over: &Value) -> Self {
        let mut params = json!({"finish":"swap","soak":20,"deadline":60,"probes":["http://shop/"]});
        params.as_object_mut().expect("a map").extend(over.as_object().expect("a map").clone());
        let sim = shop(false).await;
        if over.get("probes").is_some() {
            sim.apply(
                Kind::Ingress,
                json!({"metadata":{"name":"web"},"spec":{"rules":[{"host":"shop","http":{"paths":[{"path":"/","pathType":"Prefix",
                "backend":{"service":{"name":"web","port":{"name":"http"}}}}]}}]}}),
            );
        }
        Self::planned(sim, "blue-green", vec![("web".into(), image.into())], params).await
    }

    /// As [`Stage::new`], with so many seconds of soak.
    pub async fn soaking(finish: &str, image: &str, soak: u32) -> Self {
        Self::with(image, &json!({"finish":finish,"soak":soak})).await
    }

    /// The second swap of a shop: blue carries a colour of its own, so that nothing of this run touches it.
    pub async fn disjoint(soak: u32) -> Self {
        let params = json!({"finish":"swap","soak":soak,"deadline":60,"probes":["http://shop/"]});
        Self::planned(shop(true).await, "blue-green", vec![("web".into(), "shop:v2".into())], params).await
    }

    /// Images that were rolled out over v1, one after the other and each past its progress deadline, and the plan that goes
    /// back to a revision.
    pub async fn rollback(images: &[&str], to: Value) -> Self {
        let sim = shop(false).await;
        for image in images {
            sim.edit(&id(Kind::Deployment, "web"), "/spec/template/spec/containers/0/image", json!(image));
            tokio::time::sleep(Duration::from_secs(700)).await;
        }
        Self::planned(sim, "rollback", vec![], json!({"toRevision":to,"deadline":60})).await
    }

    /// A verb that leaves the version as it is; the Deployment is paused before where that is what ends.
    pub async fn verb(name: &str, params: Value) -> Self {
        let sim = shop(false).await;
        if name == "resume" {
            sim.edit(&id(Kind::Deployment, "web"), "/spec/paused", json!(true));
            sim.edit(&id(Kind::Deployment, "web"), "/spec/template/spec/containers/0/image", json!("shop:v2"));
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        Self::planned(sim, name, vec![], params).await
    }

    async fn planned(sim: Arc<Sim>, strategy: &str, images: Vec<(String, String)>, params: Value) -> Self {
        sim.with(|s| s.guarded = vec!["web".into(), "web-admin".into()]);
        let target = id(Kind::Deployment, "web");
        let snapshot = survey(sim.as_ref(), "lab", &target).await.expect("read");
        let strategy = plan::strategies::find(strategy).expect("listed");
        let plan = strategy.plan(&snapshot, &target, &What::Images(images), &params, jiff::Timestamp::UNIX_EPOCH, "bg-web-1");
        let evidence =
            Arc::new(Honest { sim: sim.clone(), probes: Mutex::new(None), smoke: Mutex::new(VerdictKind::For), asked: Mutex::default() });
        let before = sim.summary();
        let (journal, oracle) = (Memory::of(&sim), Oracle(sim.clone()));
        Self { sim, journal, evidence, plan: plan.expect("planned"), before, oracle }
    }

    pub fn ports(&self) -> Ports {
        Ports {
            cluster: self.sim.clone(),
            journal: self.journal.clone(),
            evidence: self.evidence.clone(),
            clock: Arc::new(TokioClock::new()),
        }
    }

    /// The same shop and the same plan at another desk: a journal of its own.
    pub fn colleague(&self) -> Self {
        let evidence = self.evidence.clone();
        let (sim, journal, oracle) = (self.sim.clone(), Memory::of(&self.sim), Oracle(self.sim.clone()));
        Self { sim, journal, evidence, plan: self.plan.clone(), before: self.before.clone(), oracle }
    }

    /// The record as it is now.
    pub async fn record(&self) -> engine::record::Record {
        let id = plan::record::record(&self.plan);
        engine::shared::read(self.sim.as_ref(), &id).await.expect("readable").expect("there is one")
    }

    pub async fn start(&self) -> Run {
        self.start_with(Options::default()).await
    }

    pub async fn start_with(&self, options: Options) -> Run {
        Run::start(self.ports(), self.plan.clone(), options).await.expect("starts")
    }

    pub async fn resume(&self, first: Option<Command>) -> Run {
        Run::resume(self.ports(), &self.plan.id, Options::default(), first).await.expect("resumes")
    }

    /// As [`Stage::resume`] without a word, where the run may be over already.
    pub async fn try_resume(&self) -> Result<Run, engine::RunError> {
        Run::resume(self.ports(), &self.plan.id, Options::default(), None).await
    }

    /// Name of green's Deployment.
    pub fn green(&self) -> String {
        let others = |s: &mut sim::State| s.objects.keys().find(|i| i.kind == Kind::Deployment && i.name != "web").map(|i| i.name.clone());
        self.sim.with(others).expect("green stands")
    }

    /// Wanted replicas of blue.
    pub fn blue(&self) -> Value {
        self.sim.get_now(&id(Kind::Deployment, "web")).expect("there")["spec"]["replicas"].clone()
    }

    /// The run as the journal tells it.
    pub fn journaled(&self) -> RunView {
        engine::inspect(self.plan.clone(), &self.journal.entries(&self.plan.id)).expect("replays").1
    }

    /// No instant without a ready endpoint on a live Service.
    pub fn served(&self) {
        self.sim.with(|s| assert!(s.violations.is_empty(), "{:?}", s.violations));
    }

    /// As before the run, to the last annotation.
    pub async fn untouched(&self) {
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(self.sim.summary(), self.before);
    }
}

/// Waits until the view satisfies `until`; answers gates on the way when told to. Who works shows that it does.
pub async fn wait(run: &Run, approve: bool, until: impl Fn(&RunView) -> bool) -> RunView {
    watched(run, approve, SIGN, until).await
}

/// As [`wait`], where whoever drives the run may sleep.
pub async fn wait_for_a_sleeper(run: &Run, approve: bool, until: impl Fn(&RunView) -> bool) -> RunView {
    watched(run, approve, Duration::from_secs(90_000), until).await
}

/// Within this time a run that works shows a sign of it (I5): twice the pace of what it looks at.
const SIGN: Duration = Duration::from_secs(10);

async fn watched(run: &Run, approve: bool, sign: Duration, until: impl Fn(&RunView) -> bool) -> RunView {
    let mut watch = run.watch();
    let found = tokio::time::timeout(Duration::from_secs(90_000), async {
        loop {
            let view = watch.borrow_and_update().clone();
            if let Some(why) = endless(&view) {
                panic!("{why}: {view:#?}");
            }
            if until(&view) {
                if let Some(why) = oracle::shows(&view) {
                    panic!("{why}: {view:#?}");
                }
                return view;
            }
            if let (true, Some(gate)) = (approve, &view.gate) {
                let _ = run.approve(&gate.name).await;
            }
            let works = view.attached && !resting(&view);
            match tokio::time::timeout(sign, watch.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return watch.borrow().clone(),
                Err(_) if works => panic!("I5 no sign of life for {sign:?}: {view:#?}"),
                Err(_) => {}
            }
        }
    });
    match found.await {
        Ok(view) => view,
        Err(_) => panic!("waited too long; at {:#?}", run.view()),
    }
}

/// A wait that says no end, or is past it (I5). Those that somebody else ends, and a single question, have none.
fn endless(view: &RunView) -> Option<String> {
    const WITHOUT: [&str; 7] = ["gate", "gate-approved", "soak", "soak-undecided", "no-answer", "asks-pod", "entries"];
    let beats = view.steps.iter().filter_map(|s| s.heartbeat.as_ref());
    let late = |said: &engine::Said| {
        let time = |key: &str| said.sentence.parts.get(key).and_then(seconds);
        match (time("spent"), time("limit")) {
            // Not looked at between two polls.
            (Some(spent), Some(limit)) => spent > limit + 1,
            _ => !WITHOUT.contains(&said.code.as_str()),
        }
    };
    beats.into_iter().find(|said| late(said)).map(|said| format!("I5 a wait without an end ({})", said.code))
}

/// Of a length of time as [`model::Sentence::lasting`] says it.
fn seconds(said: &model::Sentence) -> Option<u64> {
    let number = |key: &str| said.with.get(key).and_then(|n| n.parse::<u64>().ok());
    match said.form.as_str() {
        "{n} s" => number("n"),
        "{n} min" => Some(number("n")? * 60),
        "{n} h" => Some(number("n")? * 3600),
        "{m} min {s} s" => Some(number("m")? * 60 + number("s")?),
        _ => None,
    }
}

/// Waits in the soak.
pub async fn in_soak(run: &Run) -> RunView {
    wait(run, true, |v| v.soak_left.is_some()).await
}

/// Goes through the soak and waits at the gate behind it, once that has been looked at.
pub async fn at_retire(run: &Run) -> RunView {
    in_soak(run).await;
    wait(run, false, |v| v.gate.as_ref().is_some_and(|g| g.name == "retire" && !g.checks.is_empty())).await
}

/// Answers a hold, and waits until that is heard.
pub async fn choose(run: &Run, choice: Choice) {
    let before = run.view().last_at;
    run.choose(choice).await.expect("offered");
    wait(run, false, |v| v.last_at != before || !v.attached).await;
}

/// Approves everything and answers holds with the first of `answers` that is offered, until the run rests.
pub async fn through(run: Run, answers: &[Choice]) -> RunView {
    for _ in 0..100 {
        let view = wait(&run, true, |v| !v.attached || resting(v)).await;
        if !view.attached || !matches!(view.status, RunStatus::Holding { .. }) {
            return view;
        }
        let hold = view.hold.as_ref().expect("held");
        let Some(answer) = answers.iter().find(|a| hold.choices.contains(a)) else { return view };
        choose(&run, *answer).await;
    }
    panic!("asks for ever: {:#?}", run.view());
}

/// Over, held or stuck.
pub fn resting(view: &RunView) -> bool {
    view.status.is_final() || matches!(view.status, RunStatus::Holding { .. } | RunStatus::Stuck { .. })
}
