//! Two operators confirm the same cutover within one second, on a real API server (practice lab): one of them moves traffic,
//! once, and the other one is told who has the run.
//!
//! Both colours stand; a run is a gate, the switch and a soak. Ann drives it and confirms at some moment of a second, in which
//! Bob takes it over for a reason and confirms, too. `CHANGEOVER_ROUNDS` sets how many times (12).

use std::sync::Arc;
use std::time::Duration;

use acceptance::scene::{LAB, Scene, served_by_green};
use async_trait::async_trait;
use cluster::kubeconfig::Sources;
use cluster::{Connection, WritePolicy};
use engine::{
    Clock, Cluster, Command, Evidence, Options, Ports, Question, Run, RunStatus, RunView, Take, TokioClock, Verdict, VerdictKind,
};
use jiff::Timestamp;
use model::{Kind, Labels, ObjectId};
use plan::{Phase, Plan, Planned, SelectorTo, Step, SwitchService, Target};
use serde_json::json;

/// There is no entry to ask.
struct Nothing;

#[async_trait]
impl Evidence for Nothing {
    async fn ask(&self, _: &Question) -> Verdict {
        let (detail, source) = ("nothing to ask".into(), "nothing".into());
        Verdict { kind: VerdictKind::Missing, detail, source, at: Timestamp::now(), millis: None, answered_by: None }
    }
}

/// A workstation: a connection and a journal of its own.
struct Desk {
    ports: Ports,
    by: &'static str,
    _state: tempfile::TempDir,
}

impl Desk {
    async fn new(by: &'static str) -> Self {
        let contexts =
            cluster::kubeconfig::load(&Sources { explicit: Some(LAB.kubeconfig()), ..Default::default() }).expect("a kubeconfig");
        let name = contexts.current.clone().expect("a current context");
        let options = cluster::Options::new(WritePolicy::writable());
        let cluster: Arc<dyn Cluster> = Connection::open(contexts.get(&name).expect("the context"), &options).await.expect("a connection");
        let state = tempfile::tempdir().expect("a folder");
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        let journal = Arc::new(store::Store::open(&state.path().join("journal.sqlite"), clock.clone()).expect("a journal"));
        Self { ports: Ports { cluster, journal, evidence: Arc::new(Nothing), clock }, by, _state: state }
    }

    fn options(&self) -> Options {
        Options { by: Some(self.by.into()), workstation: self.by.into(), ..Options::default() }
    }
}

async fn plan(s: &Scene, desk: &Desk, blue: &Labels, green: &Labels, n: u32) -> Plan {
    let id = |kind, name: &str| ObjectId::new(kind, &s.namespace, name);
    let (old, new, service) = (id(Kind::Deployment, "web"), id(Kind::Deployment, "web-green"), id(Kind::Service, "web"));
    let live = desk.ports.cluster.get(&old).await.expect("reads").expect("blue stands");
    let (from, to) = (SelectorTo::Exact(blue.clone()), SelectorTo::Exact(green.clone()));
    let services = vec![SwitchService { service: service.clone(), from, to }];
    let (probes, entries) = (vec![], vec![]);
    let switch = Step::Switch {
        services,
        to: new.clone(),
        from: old.clone(),
        count: 1,
        probes,
        entries: entries.clone(),
        settle: 0,
        prove_within: 30,
    };
    let soak = Step::Soak { seconds: 3600, deployment: new, standby: old.clone(), services: vec![service], probes: vec![], entries };
    let steps = [
        ("gate-cut-over", Phase::CutOver, Step::Gate { name: "cut-over".into() }),
        ("cut-over", Phase::CutOver, switch),
        ("soak", Phase::Soak, soak),
    ];
    let mut planned: Vec<Planned> = vec![];
    for (id, phase, step) in steps {
        let after = planned.last().map(|p| p.id.clone()).into_iter().collect();
        planned.push(Planned { id: id.into(), after, phase, step, way_back_seconds: Some(3) });
    }
    let template = live["spec"]["template"].clone();
    let uid = live["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    plan::file::seal(Plan {
        schema: plan::plan::SCHEMA,
        id: format!("two-{n}"),
        hash: String::new(),
        created_at: Timestamp::now(),
        context: "lab".into(),
        cluster: desk.ports.cluster.identity().await.expect("answers"),
        strategy: "blue-green".into(),
        params: json!({}),
        target: Target { object: old, uid, template: template.clone(), replicas: 1 },
        changes: vec![],
        template,
        steps: planned,
    })
    .expect("a plan")
}

async fn see(run: &Run, what: &str, wanted: impl Fn(&RunView) -> bool) -> RunView {
    let mut views = run.watch();
    let shown = tokio::time::timeout(Duration::from_secs(60), views.wait_for(|v| wanted(v) || v.hold.is_some())).await;
    match shown {
        Ok(Ok(view)) if wanted(&view) => view.clone(),
        _ => panic!("not {what}: {:#?}", run.view()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_confirm_within_a_second_one_moves_traffic_and_the_other_is_told_who() {
    let rounds: u32 = std::env::var("CHANGEOVER_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let s = Scene::direct();
    let hash = s.kubectl(&["get", "replicasets", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.labels.pod-template-hash}"]);
    let labels = |key: &str, value: &str| Labels::from([("app".into(), "web".into()), (key.into(), value.into())]);
    let (blue, green) = (labels("pod-template-hash", &hash), labels("changeover.dev/color", "green"));
    s.kubectl(&["patch", "service", "web", "--type=merge", "-p", &json!({"spec": {"selector": blue}}).to_string()]);
    s.apply(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web-green", "namespace": s.namespace},
        "spec": {"replicas": 1, "selector": {"matchLabels": green}, "template": {"metadata": {"labels": green},
         "spec": {"containers": [{"name": "web", "image": "changeover.dev/shop:v2", "ports": [{"containerPort": 8080}]}]}}}}));
    s.kubectl(&["rollout", "status", "deployment/web-green", "--timeout=120s"]);

    let (ann, bob) = tokio::join!(Desk::new("ann"), Desk::new("bob"));
    for n in 0..rounds {
        let plan = plan(&s, &ann, &blue, &green, n).await;
        let record = plan::record::record(&plan);
        let run = Run::start(ann.ports.clone(), plan, ann.options()).await.expect("starts");
        see(&run, "armed", |v| v.gate.as_ref().is_some_and(|g| !g.checks.is_empty() && g.checks.iter().all(|c| c.ok == Some(true)))).await;
        // Each of them at some moment of the same second.
        let (first, second) = (u64::from(n) * 618 % 300, u64::from(n) * 377 % 300);
        let (told, taken) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_millis(first)).await;
                // Who was faster may have let her go already.
                let _ = run.approve("cut-over").await;
                see(&run, "let go", |v| !v.attached).await
            },
            async {
                tokio::time::sleep(Duration::from_millis(second)).await;
                let how = Take::Steal("ann cannot be reached".into());
                let approve = Command::Approve("cut-over".into());
                Run::take_over(bob.ports.clone(), &record, how, bob.options(), Some(approve)).await.expect("a steal is heard")
            },
        );
        assert_eq!(told.elsewhere.as_deref(), Some("bob"), "round {n}: {told:#?}");
        see(&taken, "in the soak", |v| v.soak_left.is_some()).await;
        assert_eq!(s.selector(), served_by_green(), "round {n}");
        taken.back_out("next round").await.expect("heard");
        assert!(matches!(taken.ended().await.status, RunStatus::BackedOut { .. }), "round {n}");
    }
    let flips: usize =
        s.carried_out().iter().filter(|(w, _)| w.starts_with("patch services/web ") && w.contains(r#""green""#)).map(|(_, n)| n).sum();
    assert_eq!(flips, rounds as usize, "one flip a round");
    println!("{rounds} rounds, one flip each");
}
