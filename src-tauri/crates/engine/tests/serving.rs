//! The colour that serves is looked at until the other one goes: in the soak, at the gate behind it, right before it is
//! retired. And each of its pods is asked before it serves.

mod support;

use std::time::Duration;

use engine::{Choice, HoldCode, Options, RunStatus, RunView, VerdictKind};
use serde_json::json;
use support::{Stage, at_retire, choose, in_soak, through, wait};

fn until(step: &str) -> Options {
    Options { until: Some(step.into()), ..Options::default() }
}

async fn seconds(n: u64) {
    tokio::time::sleep(Duration::from_secs(n)).await;
}

/// Where it rests without anybody's word: over, held, or at a gate.
async fn alone(run: &engine::Run) -> RunView {
    wait(run, false, |v| v.status.is_final() || v.hold.is_some() || v.gate.is_some()).await
}

fn why(view: &RunView) -> String {
    match &view.status {
        RunStatus::BackedOut { why } => why.code.clone(),
        _ => panic!("{view:#?}"),
    }
}

fn held(view: &RunView) -> (HoldCode, String) {
    let hold = view.hold.as_ref().unwrap_or_else(|| panic!("{view:#?}"));
    (hold.code, hold.step.clone())
}

#[tokio::test(start_paused = true)]
async fn a_soak_does_not_end_while_green_is_failing() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, true, |v| v.soak_left.is_some_and(|left| left <= 3)).await;
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.crash(&stage.green());
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    assert_eq!(why(&alone(&run).await), "pods-fail");
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_soak_does_not_end_on_a_wrong_answer() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, true, |v| v.soak_left.is_some_and(|left| left <= 2)).await;
    stage.evidence.probes_say(Some(VerdictKind::Against));
    assert_eq!(why(&alone(&run).await), "probe-against");
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_soak_ends_when_trouble_is_over() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, true, |v| v.soak_left.is_some_and(|left| left <= 3)).await;
    stage.sim.crash_one(&stage.green());
    seconds(12).await;
    assert_eq!(run.view().status, RunStatus::Running { step: "soak".into() }, "the time is over, the trouble is not");
    stage.sim.heal(&stage.green());
    assert_eq!(alone(&run).await.gate.expect("waits").name, "retire");
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_fell_silent_holds_at_the_end_of_the_soak() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    in_soak(&run).await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    let view = alone(&run).await;
    assert_eq!(held(&view), (HoldCode::EvidenceMissing, "soak".into()));
    assert_eq!(view.hold.expect("held").choices, [Choice::Retry, Choice::GoOn, Choice::BackOut]);
    assert_eq!((stage.sim.serving("web"), stage.blue()), ([(stage.green(), 3)].into(), json!(3)));
    // Looking again takes a moment, not another soak.
    let before = tokio::time::Instant::now();
    choose(&run, Choice::Retry).await;
    assert_eq!(held(&alone(&run).await), (HoldCode::EvidenceMissing, "soak".into()));
    assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
    stage.evidence.probes_say(None);
    choose(&run, Choice::Retry).await;
    assert_eq!(alone(&run).await.gate.expect("waits").name, "retire");
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_without_evidence_says_so_once() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    in_soak(&run).await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    alone(&run).await;
    choose(&run, Choice::GoOn).await;
    let view = through(run, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    assert!(view.notes.iter().any(|n| n.said.code == "soak-unproven"), "{:?}", view.notes);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_never_answered_is_asked_about_at_the_cutover_only() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    let run = stage.start().await;
    assert_eq!(held(&wait(&run, true, |v| v.hold.is_some()).await), (HoldCode::EvidenceMissing, "cut-over".into()));
    choose(&run, Choice::GoOn).await;
    let view = at_retire(&run).await;
    let unknown: Vec<_> = view.gate.expect("waits").checks.into_iter().filter(|c| c.ok.is_none()).map(|c| c.said.code).collect();
    assert_eq!(unknown, ["probe"], "no data is neither for nor against");
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn green_that_fails_at_the_gate_is_left() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    let view = at_retire(&run).await;
    let shown: Vec<_> = view.gate.expect("waits").checks.into_iter().map(|c| (c.said.code, c.ok)).collect();
    let ok = |code: &str| (code.to_string(), Some(true));
    assert_eq!(shown, [ok("same-cluster"), ok("ready"), ok("probe")]);
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.crash(&stage.green());
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    let view = wait(&run, false, |v| v.gate.as_ref().is_none_or(|g| g.checks.iter().any(|c| c.ok == Some(false)))).await;
    assert!(view.gate.is_some(), "shown before it is decided: {view:#?}");
    assert_eq!(why(&wait(&run, false, |v| v.status.is_final() || v.hold.is_some()).await), "pods-fail");
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_at_the_gate_moves_traffic_back() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    at_retire(&run).await;
    seconds(300).await;
    stage.evidence.probes_say(Some(VerdictKind::Against));
    assert_eq!(why(&wait(&run, false, |v| v.status.is_final() || v.hold.is_some()).await), "probe-against");
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn approval_does_not_pass_a_gate_whose_checks_do_not_hold() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    at_retire(&run).await;
    stage.sim.crash_one(&stage.green());
    wait(&run, false, |v| v.gate.as_ref().is_some_and(|g| g.checks.iter().any(|c| c.ok == Some(false)))).await;
    run.approve("retire").await.expect("heard");
    seconds(10).await;
    assert!(matches!(run.view().status, RunStatus::WaitingForApproval { .. }), "{:#?}", run.view());
    assert_eq!(stage.blue(), json!(3));
    // The approval stands.
    stage.sim.heal(&stage.green());
    assert_eq!(wait(&run, false, |v| v.status.is_final() || v.hold.is_some()).await.status, RunStatus::Done);
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn nor_does_an_approval_that_was_given_before() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(until("soak")).await;
    in_soak(&run).await;
    run.approve("retire").await.expect("heard");
    assert_eq!(held(&wait(&run, false, |v| v.hold.is_some()).await), (HoldCode::Until, "gate-retire".into()));
    stage.sim.crash_one(&stage.green());
    seconds(1).await;
    choose(&run, Choice::GoOn).await;
    seconds(10).await;
    assert!(matches!(run.view().status, RunStatus::WaitingForApproval { .. }), "{:#?}", run.view());
    stage.sim.heal(&stage.green());
    assert_eq!(wait(&run, false, |v| v.status.is_final() || v.hold.is_some()).await.status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn cutting_over_waits_for_green_too() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    stage.sim.crash_one(&stage.green());
    seconds(2).await;
    run.approve("cut-over").await.expect("heard");
    seconds(10).await;
    assert_eq!(stage.sim.serving("web"), [("web".to_string(), 3)].into());
    assert_eq!(run.view().gate.expect("still waits").name, "cut-over");
    stage.sim.heal(&stage.green());
    in_soak(&run).await;
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_fell_silent_at_the_gate_needs_a_second_word() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    at_retire(&run).await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    seconds(60).await;
    assert!(matches!(run.view().status, RunStatus::WaitingForApproval { .. }), "no data triggers nothing");
    run.approve("retire").await.expect("heard");
    assert_eq!(held(&wait(&run, false, |v| v.hold.is_some()).await), (HoldCode::EvidenceMissing, "gate-retire".into()));
    assert_eq!(stage.blue(), json!(3));
    choose(&run, Choice::GoOn).await;
    assert_eq!(wait(&run, false, |v| v.status.is_final() || v.hold.is_some()).await.status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn blue_is_not_retired_while_green_is_short_of_pods() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(until("gate-retire")).await;
    wait(&run, true, |v| v.hold.is_some()).await;
    stage.sim.crash_one(&stage.green());
    seconds(1).await;
    choose(&run, Choice::GoOn).await;
    let view = wait(&run, false, |v| v.status.is_final() || v.hold.is_some()).await;
    assert_eq!(held(&view), (HoldCode::TakesLong, "retire-blue".into()));
    assert_eq!((view.hold.expect("held").said.code.as_str(), stage.blue()), ("serving-short", json!(3)));
    stage.sim.heal(&stage.green());
    seconds(1).await;
    choose(&run, Choice::Retry).await;
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
    assert_eq!(stage.blue(), json!(0));
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn traffic_does_not_go_back_to_blue_whose_pods_crashed_meanwhile() {
    let stage = Stage::new("promote", "shop:v2").await;
    let steps = &stage.plan.steps;
    let before = steps.iter().position(|s| s.id == "switch-back").expect("a promotion switches back") - 1;
    let run = stage.start_with(until(&steps[before].id)).await;
    wait(&run, true, |v| v.hold.is_some()).await;
    stage.sim.with(|s| s.crash_all("web"));
    seconds(1).await;
    choose(&run, Choice::GoOn).await;
    let view = wait(&run, false, support::resting).await;
    assert_eq!(why(&view), "not-ready-at-cutover");
    stage.untouched().await;
}
