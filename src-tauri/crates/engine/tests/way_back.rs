//! The way back after the cutover: what it says of itself, where it may go, and what it leaves behind.

mod support;

use std::time::Duration;

use engine::show::WayBackKind;
use engine::{Choice, HoldCode, RunStatus, VerdictKind};
use model::{Kind, Write};
use serde_json::{Value, json};
use support::{Stage, at_retire, choose, id, in_soak, through, wait};

async fn seconds(n: u64) {
    tokio::time::sleep(Duration::from_secs(n)).await;
}

/// Deployments that were scaled from here on, in order.
fn scaled(stage: &Stage, since: usize) -> Vec<(String, u32)> {
    stage.sim.with(|s| {
        let scales = s.writes[since..].iter().filter_map(|(w, _)| match w {
            Write::Scale { object, to, .. } => Some((object.name.clone(), *to)),
            _ => None,
        });
        scales.collect()
    })
}

fn writes(stage: &Stage) -> usize {
    stage.sim.with(|s| s.writes.len())
}

fn on(deployment: &str, pods: usize) -> std::collections::BTreeMap<String, usize> {
    [(deployment.to_string(), pods)].into()
}

#[tokio::test(start_paused = true)]
async fn while_the_cutover_is_proven_and_when_its_proof_is_missing_the_way_back_is_a_flip() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    let run = stage.start().await;
    let before = wait(&run, false, |v| v.gate.as_ref().is_some_and(|g| !g.checks.is_empty())).await;
    assert_eq!((before.way_back.kind, before.draining), (WayBackKind::BackOut, None));
    let proving = wait(&run, true, |v| v.steps.iter().any(|s| s.id == "cut-over" && s.heartbeat.is_some())).await;
    assert_eq!(proving.status, RunStatus::Running { step: "cut-over".into() });
    let held = wait(&run, true, |v| v.hold.is_some()).await;
    assert_eq!(held.hold.as_ref().expect("held").step, "cut-over");
    for view in [proving, held, stage.journaled()] {
        assert_eq!(view.way_back.kind, WayBackKind::FlipBack, "{view:#?}");
        assert_eq!(view.draining.expect("old connections may be open").code, "draining");
    }
    // The other direction: once the selectors are back, nothing is left to flip.
    run.back_out("no").await.expect("heard");
    let undoing = |v: &engine::RunView| matches!(&v.status, RunStatus::BackingOut { step: Some(s), .. } if s == "cut-over");
    let back = wait(&run, false, |v| undoing(v) && v.steps.iter().any(|s| s.heartbeat.as_ref().is_some_and(|h| h.code == "settle"))).await;
    assert_eq!((back.way_back.kind, back.draining), (WayBackKind::BackOut, None));
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_flip_of_which_the_answer_was_lost_may_have_moved_traffic() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.as_ref().is_some_and(|g| !g.writes.is_empty())).await;
    stage.sim.with(|s| s.faults.insert(s.writes.len() + 1, support::Fault::UnknownApplied));
    run.approve("cut-over").await.expect("heard");
    let view = wait(&run, false, |v| v.steps.iter().any(|s| s.id == "cut-over" && s.began_at.is_some())).await;
    assert_eq!(view.way_back.kind, WayBackKind::FlipBack, "{view:#?}");
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn the_wish_to_go_back_and_its_first_request_are_one_entry() {
    for gate in [false, true] {
        let stage = Stage::new("swap", "shop:v2").await;
        let run = stage.start().await;
        if gate {
            at_retire(&run).await;
            seconds(600).await;
        } else {
            in_soak(&run).await;
            seconds(8).await;
        }
        let before = stage.journal.entries("bg-web-1").len();
        run.back_out("no").await.expect("heard");
        assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
        let entry = &stage.journal.entries("bg-web-1")[before];
        let events: Vec<_> = entry["events"].as_array().expect("events").iter().map(|e| e["event"].as_str().expect("named")).collect();
        assert_eq!((events[0], events[events.len() - 1]), ("back-out-asked", "intent"), "at the gate: {gate}");
        let outcome = &stage.journal.entries("bg-web-1")[before + 1]["events"][0];
        assert_eq!(outcome["result"]["result"], "applied", "at the gate: {gate}: {outcome}");
        stage.served();
        stage.untouched().await;
    }
}

#[tokio::test(start_paused = true)]
async fn traffic_does_not_go_back_to_pods_that_were_ready_a_few_seconds_ago() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    in_soak(&run).await;
    seconds(6).await;
    stage.sim.crash("web");
    seconds(3).await;
    run.back_out("no").await.expect("heard");
    let view = wait(&run, false, |v| v.hold.is_some() || v.status.is_final()).await;
    assert_eq!(view.hold.expect("held").code, HoldCode::BothSick);
    for service in ["web", "web-admin"] {
        assert_eq!(stage.sim.serving(service), on(&stage.green(), 3));
    }
    stage.sim.heal("web");
    seconds(1).await;
    choose(&run, Choice::Retry).await;
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_flip_back_that_was_wrong_by_a_moment_is_held_before_the_next_service() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    in_soak(&run).await;
    // One Service goes back to pods that crashed that very moment.
    stage.sim.with(|s| s.guarded.clear());
    // Right after a look at blue, and before the next one.
    tokio::time::sleep(Duration::from_millis(6300)).await;
    stage.sim.crash("web");
    tokio::time::sleep(Duration::from_millis(200)).await;
    run.back_out("no").await.expect("heard");
    let started = tokio::time::Instant::now();
    let view = wait(&run, false, |v| v.hold.is_some() || v.status.is_final()).await;
    assert_eq!(view.hold.expect("held").code, HoldCode::BothSick);
    assert!(started.elapsed() < Duration::from_secs(60), "one service is down: {:?}", started.elapsed());
    assert_eq!(stage.sim.serving("web"), on(&stage.green(), 3), "the other one is not moved");
    stage.sim.heal("web");
    seconds(1).await;
    choose(&run, Choice::Retry).await;
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn the_way_back_asks_blue_for_what_it_served_with_and_creates_no_pod() {
    let stage = Stage::with("shop:v2", &json!({"green":6})).await;
    let pods = |stage: &Stage| -> Vec<String> { stage.sim.with(|s| s.pods_of("web").into_iter().map(|p| p.name).collect()) };
    let before = pods(&stage);
    let run = stage.start().await;
    in_soak(&run).await;
    assert_eq!(stage.sim.serving("web"), on(&stage.green(), 6));
    let (n, started) = (writes(&stage), tokio::time::Instant::now());
    run.back_out("no").await.expect("heard");
    wait(&run, false, |_| stage.sim.serving("web") == on("web", 3)).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    assert_eq!(scaled(&stage, n).iter().filter(|(name, _)| name == "web").count(), 0);
    assert_eq!(pods(&stage), before);
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_from_blue_is_given_back_first_and_said() {
    let stage = Stage::with("shop:v2", &json!({"green":6})).await;
    let run = stage.start().await;
    in_soak(&run).await;
    stage.sim.edit(&id(Kind::Deployment, "web"), "/spec/replicas", json!(2));
    // Long enough to be seen, and shorter than the autoscaler's period, which would give it back.
    seconds(2).await;
    let n = writes(&stage);
    run.back_out("no").await.expect("heard");
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    assert_eq!(scaled(&stage, n)[0], ("web".to_string(), 3));
    assert!(view.notes.iter().any(|n| n.said.code == "standby-scaled"), "{:?}", view.notes);
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_third_pod_while_green_has_none() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    in_soak(&run).await;
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.crash_one("web");
    stage.sim.crash(&stage.green());
    seconds(3).await;
    let started = tokio::time::Instant::now();
    run.back_out("green is down").await.expect("heard");
    wait(&run, false, |_| stage.sim.serving("web") == on("web", 2) && stage.sim.serving("web-admin") == on("web", 2)).await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    stage.sim.heal("web");
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn the_connection_of_a_way_back_is_kept_warm_through_the_soak() {
    let stage = Stage::soaking("swap", "shop:v2", 300).await;
    let run = stage.start().await;
    in_soak(&run).await;
    let asked = |stage: &Stage| stage.sim.with(|s| s.identified);
    // An idle connection is given up after 30 s.
    for _ in 0..5 {
        let before = asked(&stage);
        seconds(20).await;
        assert!(asked(&stage) > before, "nobody has used it for 20 s");
    }
    run.back_out("no").await.expect("heard");
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    stage.untouched().await;
}

/// A policy that came after the check adds a key to selectors.
fn with_team(selector: fn(&Value) -> bool) -> impl Fn(&mut Value) {
    move |o| {
        if o["kind"] == "Service" && selector(&o["spec"]["selector"]) {
            o["spec"]["selector"]["team"] = json!("shop");
        }
    }
}

fn by_colour(o: &mut Value) {
    with_team(|s| !s["changeover.dev/color"].is_null())(o);
}

fn all(o: &mut Value) {
    with_team(|_| true)(o);
}

#[tokio::test(start_paused = true)]
async fn a_cutover_that_admission_changes_is_taken_back_at_once_and_told_by_its_field() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.as_ref().is_some_and(|g| !g.checks.is_empty())).await;
    stage.sim.with(|s| s.mutates = Some(by_colour));
    let view = through(run, &[]).await;
    let RunStatus::BackedOut { why } = &view.status else { panic!("{view:#?}") };
    let said = why.to_string();
    assert!(said.contains("Service shop/web") && said.contains("/spec/selector") && said.contains(r#""team":"shop""#), "{said}");
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_admission_changes_is_stuck_and_is_free_once_the_policy_is_gone() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.as_ref().is_some_and(|g| !g.checks.is_empty())).await;
    stage.sim.with(|s| s.mutates = Some(all));
    let view = wait(&run, true, |v| matches!(v.status, RunStatus::Stuck { .. })).await;
    let RunStatus::Stuck { error, cause, repair } = &view.status else { panic!("{view:#?}") };
    for said in [error, cause] {
        assert!(said.to_string().contains("/spec/selector was sent as"), "{said}");
    }
    // By hand it is taken from what is there now.
    assert!(repair[0].ends_with("rollout status deployments.apps/web"), "{repair:#?}");
    assert!(repair[1].contains(r#""op":"test""#) && repair[1].contains(r#""team":"shop""#), "{repair:#?}");
    run.back_out("again").await.expect("heard");
    let again = wait(&run, false, |v| matches!(v.status, RunStatus::Stuck { .. }) && v.last_at > view.last_at).await;
    stage.sim.with(|s| s.mutates = None);
    run.back_out("the policy is gone").await.expect("heard");
    let view = wait(&run, false, |v| !matches!(v.status, RunStatus::BackingOut { .. }) && v.last_at > again.last_at).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    stage.untouched().await;
}
