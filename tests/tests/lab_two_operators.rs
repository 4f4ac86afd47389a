//! Two operators confirm the same cutover within one second, on a real API server (practice lab): one of them moves traffic,
//! once, and the other one is told who has the run.
//!
//! Both colours stand; a run is a gate, the switch and a soak. Ann drives it and confirms at some moment of a second, in which
//! Bob takes it over for a reason and confirms, too. `CHANGEOVER_ROUNDS` sets how many times (12).

use std::sync::Arc;
use std::time::Duration;

use acceptance::scene::{LAB, Scene, served_by_green};
use acceptance::standing::{Flipping, armed, connect, see};
use async_trait::async_trait;
use engine::{Clock, Command, Evidence, Options, Ports, Question, Run, RunStatus, Take, TokioClock, Verdict, VerdictKind};
use jiff::Timestamp;
use model::Labels;
use serde_json::json;

/// There is no entry to ask.
struct Nothing;

#[async_trait]
impl Evidence for Nothing {
    async fn ask(&self, _: &Question) -> Verdict {
        let (detail, source) = (model::Sentence::default(), "nothing".into());
        Verdict { kind: VerdictKind::Missing, detail, source, at: Timestamp::now(), millis: None, answered_by: None }
    }
}

/// A workstation: a connection and a journal of its own.
struct Desk {
    ports: Ports,
    by: &'static str,
}

impl Desk {
    async fn new(s: &Scene, by: &'static str) -> Self {
        let cluster = connect(&LAB.kubeconfig()).await.expect("a connection");
        let state = s.journal_of(by);
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        let journal = Arc::new(store::Store::open(&state.join("journal.sqlite"), clock.clone()).expect("a journal"));
        Self { ports: Ports { cluster, journal, evidence: Arc::new(Nothing), clock }, by }
    }

    fn options(&self) -> Options {
        Options { by: Some(self.by.into()), workstation: self.by.into(), ..Options::default() }
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

    let (ann, bob) = tokio::join!(Desk::new(&s, "ann"), Desk::new(&s, "bob"));
    for n in 0..rounds {
        let flip = Flipping { blue: &blue, green: &green, pods: 1, probes: vec![], settle: 0 };
        let plan = flip.plan(ann.ports.cluster.as_ref(), &s.namespace, format!("two-{n}")).await.expect("a plan");
        let record = plan::record::record(&plan);
        let run = Run::start(ann.ports.clone(), plan, ann.options()).await.expect("starts");
        see(&run, "armed", armed).await.expect("armed");
        // Each of them at some moment of the same second.
        let (first, second) = (u64::from(n) * 618 % 300, u64::from(n) * 377 % 300);
        let (told, taken) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_millis(first)).await;
                // Who was faster may have let her go already.
                let _ = run.approve("cut-over").await;
                see(&run, "let go", |v| !v.attached).await.expect("let go")
            },
            async {
                tokio::time::sleep(Duration::from_millis(second)).await;
                let how = Take::Steal("ann cannot be reached".into());
                let approve = Command::Approve("cut-over".into());
                Run::take_over(bob.ports.clone(), &record, how, bob.options(), Some(approve)).await.expect("a steal is heard")
            },
        );
        assert_eq!(told.elsewhere.as_deref(), Some("bob"), "round {n}: {told:#?}");
        see(&taken, "in the soak", |v| v.soak_left.is_some()).await.expect("in the soak");
        assert_eq!(s.selector(), served_by_green(), "round {n}");
        taken.back_out("next round").await.expect("heard");
        assert!(matches!(taken.ended().await.status, RunStatus::BackedOut { .. }), "round {n}");
    }
    let flips: usize =
        s.carried_out().iter().filter(|(w, _)| w.starts_with("patch services/web ") && w.contains(r#""green""#)).map(|(_, n)| n).sum();
    assert_eq!(flips, rounds as usize, "one flip a round");
    println!("{rounds} rounds, one flip each");
}
