//! Time at a gate or in a hold counts against no deadline: what comes after it has all of its time, to the second.

mod support;

use std::time::Duration;

use engine::{Choice, HoldCode, Options, RunStatus, VerdictKind};
use model::Kind;
use serde_json::json;
use support::{Stage, id, wait};
use tokio::time::Instant;

/// As the stage has it: of `await-green`, and of the proof (`proveWithin`).
const READY: u64 = 60;
const PROOF: u64 = 30;

async fn seconds(n: u64) {
    tokio::time::sleep(Duration::from_secs(n)).await;
}

fn spent(since: Instant, whole: u64) {
    let spent = since.elapsed();
    assert!(spent >= Duration::from_secs(whole) && spent < Duration::from_secs(whole + 3), "{spent:?} of {whole} s");
}

#[tokio::test(start_paused = true)]
async fn the_proof_has_all_its_time_after_a_long_gate() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    seconds(40 * PROOF).await;
    let since = Instant::now();
    run.approve("cut-over").await.expect("heard");
    let view = wait(&run, false, |v| v.hold.is_some() || v.status.is_final()).await;
    assert_eq!(view.hold.expect("held").code, HoldCode::EvidenceMissing);
    spent(since, PROOF);
}

#[tokio::test(start_paused = true)]
async fn a_wait_has_all_its_time_after_a_long_hold_before_it() {
    let stage = Stage::new("swap", "shop:never-ready").await;
    let run = stage.start_with(Options { until: Some("scale-green".into()), ..Options::default() }).await;
    wait(&run, false, |v| v.hold.is_some()).await;
    seconds(10 * READY).await;
    let since = Instant::now();
    run.choose(Choice::GoOn).await.expect("offered");
    wait(&run, false, |v| matches!(v.status, RunStatus::BackingOut { .. })).await;
    spent(since, READY);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_held_in_its_midst_has_all_its_time_again() {
    let stage = Stage::new("swap", "shop:never-ready").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.status == RunStatus::Running { step: "await-green".into() }).await;
    // Deep in the wait somebody changes what this run wrote, and changes it back.
    seconds(READY - 15).await;
    let service = id(Kind::Service, "web-admin");
    let ours = stage.sim.get_now(&service).expect("there")["spec"]["selector"].clone();
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.edit(&service, "/spec/selector", json!({"app":"other"}));
    assert_eq!(wait(&run, false, |v| v.hold.is_some()).await.hold.expect("held").code, HoldCode::Contradiction);
    stage.sim.edit(&service, "/spec/selector", ours);
    seconds(10 * READY).await;
    let since = Instant::now();
    run.choose(Choice::Retry).await.expect("offered");
    wait(&run, false, |v| matches!(v.status, RunStatus::BackingOut { .. })).await;
    spent(since, READY);
}

#[tokio::test(start_paused = true)]
async fn a_silence_of_the_api_server_takes_nothing_from_a_wait_that_is_under_way() {
    let stage = Stage::new("swap", "shop:never-ready").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.status == RunStatus::Running { step: "await-green".into() }).await;
    let since = Instant::now();
    seconds(20).await;
    stage.sim.with(|s| s.silent = true);
    seconds(30).await;
    stage.sim.with(|s| s.silent = false);
    wait(&run, false, |v| matches!(v.status, RunStatus::BackingOut { .. })).await;
    spent(since, READY + 30);
}
