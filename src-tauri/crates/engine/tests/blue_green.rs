//! Whole Blue/Green runs on the simulated cluster: forward, back, cut short, against the grain.

mod support;

use std::time::Duration;

use engine::entry::Receipt;
use engine::verify::Moved;
use engine::{Choice, HoldCode, Options, Run, RunError, RunStatus, VerdictKind};
use model::Kind;
use serde_json::json;
use support::{Fault, Stage, at_retire, choose, id, in_soak, through, wait};

fn selector(stage: &Stage, service: &str) -> serde_json::Value {
    stage.sim.get_now(&id(Kind::Service, service)).expect("there")["spec"]["selector"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_swap_ends_on_green_and_leaves_no_mark_on_objects_of_others() {
    let stage = Stage::new("swap", "shop:v2").await;
    let view = through(stage.start().await, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    stage.served();
    let green = stage.green();
    for service in ["web", "web-admin"] {
        assert_eq!(stage.sim.serving(service), [(green.clone(), 3)].into());
        let live = stage.sim.get_now(&id(Kind::Service, service)).expect("there");
        assert!(live["metadata"]["annotations"].is_null(), "{live}");
    }
    let blue = stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there");
    assert_eq!(blue["spec"]["replicas"], 0);
    assert!(blue["spec"]["paused"].is_null() && blue["metadata"]["annotations"].is_null(), "{blue}");
    assert_eq!(stage.sim.get_now(&id(Kind::HorizontalPodAutoscaler, "web")).expect("there")["spec"]["minReplicas"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_promotion_ends_as_it_began_but_for_the_template() {
    let stage = Stage::new("promote", "shop:v2").await;
    let view = through(stage.start().await, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    stage.served();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let mut expected = stage.before.clone();
    let after = stage.sim.summary();
    let web = "Deployment/shop/web";
    expected[web]["spec"]["template"] = after[web]["spec"]["template"].clone();
    expected[web]["metadata"]["annotations"] = after[web]["metadata"]["annotations"].clone();
    assert_eq!(after, expected);
    assert_eq!(after[web]["spec"]["template"]["spec"]["containers"][0]["image"], "shop:v2");
    let left: Vec<_> = after[web]["metadata"]["annotations"].as_object().expect("change-cause").keys().cloned().collect();
    assert_eq!(left, ["kubernetes.io/change-cause"]);
}

#[tokio::test(start_paused = true)]
async fn a_paused_blue_says_which_run_who_and_why_and_says_it_still_after_a_resume_by_somebody_else() {
    let stage = Stage::new("swap", "shop:v2").await;
    let options = |by: &str| Options { reason: Some("OPS-1".into()), by: Some(by.into()), ..Options::default() };
    let run = stage.start_with(options("ann@laptop as admin")).await;
    let said =
        || stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there")["metadata"]["annotations"]["changeover.dev/paused-by"].clone();
    wait(&run, false, |v| v.gate.is_some()).await;
    let first = said();
    let text = first.as_str().expect("said");
    assert!(["bg-web-1", "ann@laptop as admin", "OPS-1", "changeoverctl back-out bg-web-1"].iter().all(|t| text.contains(t)), "{text}");
    run.detach().await.expect("heard");
    run.ended().await;
    let resumed = Run::resume(stage.ports(), "bg-web-1", options("bob@desk as viewer"), None).await.expect("resumes");
    wait(&resumed, false, |v| v.gate.is_some()).await;
    assert_eq!(said(), first, "the pause is not written anew");
    let view = through(resumed, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    assert_eq!(said(), json!(null), "it goes with the pause");
}

#[tokio::test(start_paused = true)]
async fn a_run_is_not_picked_up_on_another_cluster() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    run.detach().await.expect("heard");
    run.ended().await;
    let entries = stage.journal.entries("bg-web-1").len();
    stage.sim.with(|s| s.stranger = true);
    let refused = stage.try_resume().await.expect_err("what is missing there would count as undone");
    assert!(matches!(refused, RunError::Moved(Moved::Cluster { .. })), "{refused:?}");
    assert_eq!(stage.journal.entries("bg-web-1").len(), entries);
    stage.sim.with(|s| s.stranger = false);
    assert_eq!(through(stage.resume(None).await, &[]).await.status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn green_that_never_becomes_ready_is_backed_out_at_its_deadline() {
    let stage = Stage::new("swap", "shop:never-ready").await;
    let view = through(stage.start().await, &[]).await;
    let RunStatus::BackedOut { why } = view.status else { panic!("{view:#?}") };
    assert_eq!(why.code, "deadline");
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_smoke_check_never_touches_the_selector_of_traffic() {
    let stage = Stage::new("swap", "shop:v2").await;
    *stage.evidence.smoke.lock().expect("not poisoned") = VerdictKind::Against;
    let view = through(stage.start().await, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    let to_green =
        stage.sim.with(|s| s.writes.iter().any(|(w, _)| *w.object() == id(Kind::Service, "web") && format!("{w:?}").contains("green")));
    assert!(!to_green);
    stage.untouched().await;
}

fn asked(stage: &Stage) -> std::collections::BTreeSet<String> {
    stage.evidence.asked.lock().expect("not poisoned").iter().cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn a_smoke_check_asks_each_pod_and_waits_for_those_that_are_not_ready() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(Options { until: Some("await-green".into()), ..Options::default() }).await;
    wait(&run, true, |v| v.hold.is_some()).await;
    stage.sim.crash_one(&stage.green());
    tokio::time::sleep(Duration::from_secs(1)).await;
    choose(&run, Choice::GoOn).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(run.view().status, RunStatus::Running { step: "smoke-green".into() });
    stage.sim.heal(&stage.green());
    wait(&run, false, |v| v.gate.is_some()).await;
    let green = stage.green();
    let pods = stage.sim.with(|s| s.pods_of(&green).into_iter().map(|p| p.name).collect());
    assert_eq!(asked(&stage), pods);
}

#[tokio::test(start_paused = true)]
async fn a_smoke_check_that_could_ask_nobody_is_no_pass() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(Options { until: Some("await-green".into()), ..Options::default() }).await;
    wait(&run, true, |v| v.hold.is_some()).await;
    stage.sim.unready(&stage.green());
    choose(&run, Choice::GoOn).await;
    let view = wait(&run, false, |v| v.status.is_final() || v.gate.is_some()).await;
    let RunStatus::BackedOut { why } = view.status else { panic!("{view:#?}") };
    assert_eq!(why.code, "deadline");
    assert!(asked(&stage).is_empty());
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_in_the_soak_moves_traffic_back() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, true, |v| v.soak_left.is_some()).await;
    *stage.evidence.probes.lock().expect("not poisoned") = Some(VerdictKind::Against);
    let view = through(run, &[]).await;
    let RunStatus::BackedOut { why } = view.status else { panic!("{view:#?}") };
    assert_eq!(why.code, "probe-against");
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_promotion_that_is_answered_badly_under_its_old_name_goes_back_by_itself() {
    let stage = Stage::new("promote", "shop:v2").await;
    let run = stage.start().await;
    let under_way = |v: &engine::RunView| v.steps.iter().any(|s| s.id == "switch-back" && s.began_at.is_some());
    wait(&run, true, under_way).await;
    *stage.evidence.probes.lock().expect("not poisoned") = Some(VerdictKind::Against);
    let view = through(run, &[]).await;
    let RunStatus::BackedOut { why } = &view.status else { panic!("{view:#?}") };
    assert_eq!(why.code, "probe-against");
    stage.served();
    let web = stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there");
    assert_eq!(web["spec"]["template"]["spec"]["containers"][0]["image"], "shop:v1");
}

#[tokio::test(start_paused = true)]
async fn missing_evidence_holds_and_triggers_nothing() {
    let stage = Stage::new("swap", "shop:v2").await;
    *stage.evidence.probes.lock().expect("not poisoned") = Some(VerdictKind::Missing);
    let view = through(stage.start().await, &[]).await;
    let RunStatus::Holding { hold } = &view.status else { panic!("{view:#?}") };
    assert_eq!((hold.code, hold.step.as_str()), (HoldCode::EvidenceMissing, "cut-over"));
    assert_eq!(stage.sim.serving("web"), [(stage.green(), 3)].into());
}

/// The proof of the cutover, as the journal tells it.
fn proof(stage: &Stage) -> (String, bool) {
    let view = stage.journaled();
    let step = view.steps.iter().find(|s| s.id == "cut-over").expect("planned");
    let Some(Receipt::Switched { proof, unproven }) = &step.receipt else { panic!("{step:#?}") };
    (proof.code.clone(), *unproven)
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_the_plan_found_and_that_answered_before_the_cutover_is_part_of_the_proof() {
    let stage = Stage::with("shop:v2", &json!({"probes":null})).await;
    let run = stage.start().await;
    wait(&run, true, |v| v.soak_left.is_some()).await;
    assert_eq!(proof(&stage), ("proof-probes".to_string(), false));
    // It counts in the soak too.
    stage.evidence.probes_say(Some(VerdictKind::Against));
    let view = through(run, &[]).await;
    assert!(matches!(&view.status, RunStatus::BackedOut { why } if why.code == "probe-against"), "{view:#?}");
    assert!(view.notes.iter().any(|n| n.said.code == "entry-answers"), "{:#?}", view.notes);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_answered_before_and_is_silent_after_the_flip_holds_also_after_a_restart() {
    let stage = Stage::with("shop:v2", &json!({"probes":null})).await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    run.detach().await.expect("heard");
    run.ended().await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    let view = through(stage.resume(None).await, &[]).await;
    let RunStatus::Holding { hold } = &view.status else { panic!("{view:#?}") };
    assert_eq!((hold.code, hold.step.as_str()), (HoldCode::EvidenceMissing, "cut-over"));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_never_answered_from_here_is_left_out_and_the_proof_says_so() {
    for (before, finish) in [(VerdictKind::Missing, "swap"), (VerdictKind::Against, "promote")] {
        let stage = Stage::with("shop:v2", &json!({"finish":finish,"probes":null})).await;
        stage.evidence.probes_say(Some(before));
        let view = through(stage.start().await, &[]).await;
        assert_eq!(view.status, RunStatus::Done, "{view:#?}");
        assert_eq!(proof(&stage), ("proof-unreached".to_string(), false));
        let notes: Vec<&str> = view.notes.iter().filter(|n| n.said.code == "entry-left-out").map(|n| n.step.as_str()).collect();
        assert_eq!(notes, ["gate-cut-over"]);
        stage.served();
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_never_answered_from_here_is_asked_neither_in_the_soak_nor_at_the_gate_behind_it() {
    let stage = Stage::with("shop:v2", &json!({"probes":null})).await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    let run = stage.start().await;
    in_soak(&run).await;
    stage.evidence.probes_say(Some(VerdictKind::Against));
    let view = at_retire(&run).await;
    let checks = view.gate.expect("waits").checks;
    assert!(!checks.is_empty() && checks.iter().all(|c| c.ok == Some(true) && c.said.code != "probe"), "{checks:#?}");
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_answered_before_is_looked_at_by_the_gate_behind_the_soak() {
    let stage = Stage::with("shop:v2", &json!({"probes":null})).await;
    let run = stage.start().await;
    at_retire(&run).await;
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    tokio::time::sleep(Duration::from_secs(60)).await;
    run.approve("retire").await.expect("heard");
    let hold = wait(&run, false, |v| v.hold.is_some() || v.status.is_final()).await.hold.expect("held");
    assert_eq!((hold.code, hold.step.as_str()), (HoldCode::EvidenceMissing, "gate-retire"));
}

#[tokio::test(start_paused = true)]
async fn without_any_entry_the_proof_rests_on_the_endpoints_and_says_so() {
    let stage = Stage::with("shop:v2", &json!({"probes":[]})).await;
    through(stage.start().await, &[]).await;
    assert_eq!(proof(&stage), ("proof-slices".to_string(), false));
}

#[tokio::test(start_paused = true)]
async fn traffic_moves_back_although_green_crash_loops() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, true, |v| v.soak_left.is_some()).await;
    // Green crashes and the operator asks at the same instant: nobody waits for green.
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.crash(&stage.green());
    run.back_out("green crashes").await.expect("heard");
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    assert_eq!(stage.sim.serving("web"), [("web".to_string(), 3)].into());
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_soaking_green_that_crash_loops_is_left_without_being_asked() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    in_soak(&run).await;
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.crash(&stage.green());
    // No data is no evidence: what counts are the pods.
    stage.evidence.probes_say(Some(VerdictKind::Missing));
    let view = wait(&run, false, |v| v.status.is_final() || v.gate.is_some() || v.hold.is_some()).await;
    let RunStatus::BackedOut { why } = view.status else { panic!("{view:#?}") };
    assert_eq!(why.code, "pods-fail");
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_edit_of_a_selector_holds_with_three_versions_and_is_not_overwritten() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    stage.sim.edit(&id(Kind::Service, "web-admin"), "/spec/selector", json!({"app":"other"}));
    stage.sim.with(|s| s.violations.clear());
    let view = through(run, &[]).await;
    let RunStatus::Holding { hold } = &view.status else { panic!("{view:#?}") };
    assert_eq!(hold.code, HoldCode::Contradiction);
    assert_eq!(hold.facts[0].live, Some(json!({"app":"other"})));
    assert!(hold.facts[0].before.is_some() && hold.facts[0].after.is_some());
    assert_eq!(selector(&stage, "web-admin"), json!({"app":"other"}));
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_resets_the_selector_raises_the_alarm_and_one_choice_repairs_it() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, true, |v| v.soak_left.is_some()).await;
    let ours = selector(&stage, "web");
    stage.sim.edit(&id(Kind::Service, "web"), "/spec/selector", json!({"app":"web"}));
    let view = wait(&run, true, |v| v.hold.is_some()).await;
    let hold = view.hold.expect("held");
    assert_eq!((hold.code, hold.choices[0]), (HoldCode::BothColours, Choice::RePin));
    assert_eq!(selector(&stage, "web"), json!({"app":"web"}), "nothing is written before somebody chooses");
    run.choose(Choice::RePin).await.expect("offered");
    wait(&run, false, |v| v.hold.is_none()).await;
    let view = through(run, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    assert_eq!(selector(&stage, "web"), ours);
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn a_selector_that_is_reset_while_the_cutover_is_being_proven_raises_the_same_alarm() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    run.approve("cut-over").await.expect("approves");
    let green = json!({"app":"web","changeover.dev/color":"green"});
    wait(&run, false, |_| selector(&stage, "web") == green).await;
    stage.sim.edit(&id(Kind::Service, "web"), "/spec/selector", json!({"app":"web"}));
    let view = wait(&run, true, |v| v.hold.is_some()).await;
    assert!(view.soak_left.is_none(), "it was not proven yet");
    let hold = view.hold.expect("held");
    assert_eq!((hold.code, hold.choices[0]), (HoldCode::BothColours, Choice::RePin), "{hold:?}");
    assert_eq!(selector(&stage, "web"), json!({"app":"web"}), "nothing is written before somebody chooses");
    run.choose(Choice::RePin).await.expect("offered");
    wait(&run, false, |v| v.hold.is_none()).await;
    let view = through(run, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    assert_eq!(selector(&stage, "web"), green);
}

#[tokio::test(start_paused = true)]
async fn a_hotfix_on_blue_holds() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    stage.sim.edit(&id(Kind::Deployment, "web"), "/spec/template/spec/containers/0", json!({"name":"web","image":"shop:hotfix"}));
    let view = through(run, &[]).await;
    let RunStatus::Holding { hold } = &view.status else { panic!("{view:#?}") };
    assert_eq!((hold.code, hold.facts[0].path.as_str()), (HoldCode::Contradiction, "/spec/template"));
}

#[tokio::test(start_paused = true)]
async fn time_at_a_gate_counts_against_nothing() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    tokio::time::sleep(Duration::from_secs(900)).await;
    let view = through(run, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
}

#[tokio::test(start_paused = true)]
async fn approval_and_the_first_request_are_one_entry_apart() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    let view = wait(&run, false, |v| v.gate.as_ref().is_some_and(|g| !g.writes.is_empty())).await;
    assert!(view.gate.expect("waits").checks.iter().all(|c| c.ok == Some(true)));
    let before = stage.journal.entries("bg-web-1").len();
    let view = through(run, &[]).await;
    assert_eq!(view.status, RunStatus::Done);
    let entry = &stage.journal.entries("bg-web-1")[before];
    let events: Vec<_> =
        entry["events"].as_array().expect("events").iter().map(|e| e["event"].as_str().expect("named").to_string()).collect();
    assert_eq!(events, ["approved", "step-done", "step-began", "intent"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_the_run_before_the_request() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.journal.room.store(3, std::sync::atomic::Ordering::SeqCst);
    let view = stage.start().await.ended().await;
    assert!(view.error.as_ref().is_some_and(|e| e.text.contains("no space")), "{view:#?}");
    stage.sim.with(|s| assert!(s.writes.is_empty(), "{:?}", s.writes));
}

#[tokio::test(start_paused = true)]
async fn a_silent_api_server_holds_the_run_and_a_retry_goes_on() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.steps.iter().any(|s| s.heartbeat.is_some())).await;
    stage.sim.with(|s| s.silent = true);
    let view = wait(&run, false, |v| v.hold.is_some()).await;
    assert_eq!(view.hold.expect("held").code, HoldCode::Unreachable);
    stage.sim.with(|s| s.silent = false);
    run.choose(Choice::Retry).await.expect("offered");
    wait(&run, false, |v| v.hold.is_none()).await;
    assert_eq!(through(run, &[Choice::Retry]).await.status, RunStatus::Done);
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_is_refused_is_stuck_with_commands_and_can_be_tried_again() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    let n = stage.sim.with(|s| {
        let n = s.writes.len() + 2;
        s.faults.insert(n, Fault::Refused);
        n
    });
    run.back_out("changed my mind").await.expect("heard");
    let view = wait(&run, false, |v| matches!(v.status, RunStatus::Stuck { .. } | RunStatus::BackedOut { .. })).await;
    let RunStatus::Stuck { repair, error, cause } = &view.status else { panic!("write {n}: {view:#?}") };
    assert!(repair.iter().all(|c| c.starts_with("kubectl ")) && !repair.is_empty());
    assert!(error.to_string().contains("policy") && cause.to_string().contains("changed my mind"));
    run.back_out("again").await.expect("heard");
    wait(&run, false, |v| !matches!(v.status, RunStatus::Stuck { .. })).await;
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    stage.untouched().await;
}
