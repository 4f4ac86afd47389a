//! Undo of a Deployment on the simulated cluster: out of a release that is stuck, to a revision that is bad as well, and
//! back from there.

mod support;

use std::time::Duration;

use engine::{Choice, HoldCode, Options, RunStatus, RunView};
use model::{Kind, Write, names};
use serde_json::{Value, json};
use support::sweep::killed_anywhere;
use support::{Fault, Stage, id, through, wait};

fn image(stage: &Stage) -> Value {
    stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there")["spec"]["template"]["spec"]["containers"][0]["image"].clone()
}

/// Templates that the run wrote, in order.
fn written(stage: &Stage) -> Vec<Value> {
    let image = |w: &Write| match w {
        Write::Patch { edits, .. } => {
            let edit = edits.iter().find(|e| e.path == "/spec/template" && e.before != e.after)?;
            Some(edit.after.as_ref()?["spec"]["containers"][0]["image"].clone())
        }
        _ => None,
    };
    stage.sim.with(|s| s.writes.iter().filter_map(|(w, _)| image(w)).collect())
}

fn exceeded(stage: &Stage) -> bool {
    stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there")["status"]["conditions"][0]["reason"] == "ProgressDeadlineExceeded"
}

fn held(view: &RunView) -> &engine::Hold {
    match &view.status {
        RunStatus::Holding { hold } => hold,
        _ => panic!("{view:#?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_stuck_release_is_rolled_back_to_what_served() {
    let stage = Stage::rollback(&["shop:never-ready"], Value::Null).await;
    assert!(exceeded(&stage));
    let view = through(stage.start().await, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    assert_eq!(image(&stage), "shop:v1");
    assert_eq!(stage.sim.serving("web"), [("web".to_string(), 3)].into());
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_the_stuck_release_exceeded_does_not_fail_a_revision_without_pods() {
    let stage = Stage::rollback(&["shop:v2", "shop:never-ready"], json!(1)).await;
    stage.sim.with(|s| s.no_new_pods = true);
    let run = stage.start().await;
    wait(&run, false, |v| v.steps.iter().any(|s| s.id == "await-rollout" && s.heartbeat.is_some()) || v.status.is_final()).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(exceeded(&stage), "the old word still stands, under the new generation");
    stage.sim.with(support::sim::State::pods_come);
    let view = through(run, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    assert_eq!((image(&stage), written(&stage)), (json!("shop:v1"), vec![json!("shop:v1")]));
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn a_rollback_to_another_bad_revision_holds_and_never_writes_the_stuck_one_by_itself() {
    for (bad, code) in [("shop:never-ready-a", "ready-of"), ("shop:crash-loop", "pods-fail")] {
        let stage = Stage::rollback(&[bad, "shop:never-ready-b"], json!(2)).await;
        let run = stage.start().await;
        let view = wait(&run, false, |v| v.hold.is_some() || v.status.is_final()).await;
        let hold = held(&view);
        assert_eq!((hold.code, hold.step.as_str()), (HoldCode::TakesLong, "await-rollout"), "{hold:#?}");
        assert_eq!(hold.choices, [Choice::Retry, Choice::BackOut]);
        assert!(hold.said.code == code || hold.said.code == "deadline", "{hold:#?}");
        assert!(hold.said.to_string().contains("going back would write"), "{hold:#?}");
        assert_eq!((image(&stage), written(&stage)), (json!(bad), vec![json!(bad)]));

        // To wait on is to wait, though nothing has become better.
        let before = stage.sim.with(|s| s.now());
        run.choose(Choice::Retry).await.expect("offered");
        wait(&run, false, |v| v.hold.is_none()).await;
        wait(&run, false, |v| v.hold.is_some() || v.status.is_final()).await;
        assert!(stage.sim.with(|s| s.now()) - before >= Duration::from_secs(20));

        // Back out from there: the undo of the undo.
        run.choose(Choice::BackOut).await.expect("offered");
        let view = wait(&run, false, |v| v.status.is_final() || matches!(v.status, RunStatus::Stuck { .. })).await;
        assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
        assert_eq!(written(&stage), [json!(bad), json!("shop:never-ready-b")]);
        stage.served();
        stage.untouched().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_gives_up_after_the_write_is_told_before_the_deadline_of_the_plan() {
    let stage = Stage::rollback(&["shop:never-ready-a", "shop:v2"], json!(2)).await;
    stage.sim.edit(&id(Kind::Deployment, "web"), "/spec/progressDeadlineSeconds", json!(15));
    let view = through(stage.start().await, &[]).await;
    let hold = held(&view);
    assert_eq!((hold.code, hold.said.code.as_str()), (HoldCode::TakesLong, "progress-deadline"), "{hold:#?}");
}

fn floor(stage: &Stage) -> (Value, Value) {
    let hpa = stage.sim.get_now(&id(Kind::HorizontalPodAutoscaler, "web")).expect("there");
    (hpa["spec"]["minReplicas"].clone(), hpa["metadata"]["annotations"][names::FLOOR].clone())
}

#[tokio::test(start_paused = true)]
async fn an_autoscaler_takes_no_pods_away_while_they_change_and_has_its_minimum_back_afterwards() {
    let stage = Stage::rollback(&["shop:never-ready"], Value::Null).await;
    assert_eq!(floor(&stage), (json!(2), Value::Null));
    let run = stage.start_with(Options { until: Some("restore-template".into()), ..Options::default() }).await;
    wait(&run, false, |v| v.hold.is_some()).await;
    assert_eq!(floor(&stage), (json!(3), json!("2")), "held at the pods that are there");
    assert_eq!(through(run, &[Choice::GoOn]).await.status, RunStatus::Done);
    assert_eq!(floor(&stage), (json!(2), Value::Null));
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn an_autoscaler_that_cannot_be_held_stops_no_rollback() {
    let stage = Stage::rollback(&["shop:never-ready"], Value::Null).await;
    stage.sim.with(|s| s.faults.insert(1, Fault::Refused));
    let view = through(stage.start().await, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    let said: Vec<String> = view.notes.iter().filter(|n| n.said.code == "not-held").map(|n| n.said.to_string()).collect();
    assert!(said.len() == 1 && said[0].contains("policy"), "{said:?}");
    assert_eq!((image(&stage), floor(&stage)), (json!("shop:v1"), (json!(2), Value::Null)));
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn a_minimum_that_somebody_else_sets_in_the_incident_stays_and_stops_nothing() {
    let stage = Stage::rollback(&["shop:never-ready"], Value::Null).await;
    let run = stage.start_with(Options { until: Some("restore-template".into()), ..Options::default() }).await;
    wait(&run, false, |v| v.hold.is_some()).await;
    stage.sim.edit(&id(Kind::HorizontalPodAutoscaler, "web"), "/spec/minReplicas", json!(5));
    let view = through(run, &[Choice::GoOn]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    assert_eq!((image(&stage), floor(&stage)), (json!("shop:v1"), (json!(5), Value::Null)));
    stage.served();
}

#[tokio::test(start_paused = true)]
async fn backing_out_of_a_good_rollback_waits_until_the_version_before_serves_again() {
    let stage = Stage::rollback(&["shop:v2"], json!(1)).await;
    let run = stage.start_with(Options { until: Some("restore-template".into()), ..Options::default() }).await;
    let view = through(run, &[Choice::BackOut]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    let web = stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there");
    assert_eq!((image(&stage), &web["status"]["updatedReplicas"], &web["status"]["replicas"]), (json!("shop:v2"), &json!(3), &json!(3)));
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_is_killed_or_loses_answers_ends_the_same() {
    let smooth = Stage::rollback(&["shop:never-ready"], Value::Null).await;
    assert_eq!(through(smooth.start().await, &[]).await.status, RunStatus::Done);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (end, writes) = (smooth.sim.summary(), smooth.sim.with(|s| s.writes.len()));
    for n in 1..=writes {
        for fault in [Fault::UnknownApplied, Fault::UnknownLost, Fault::UnknownUntilNext, Fault::Precondition, Fault::Unsent] {
            // What only tidies up, after the autoscaler has its minimum again, is not sent again: it is noted.
            if n > 3 && matches!(fault, Fault::Unsent) {
                continue;
            }
            let stage = Stage::rollback(&["shop:never-ready"], Value::Null).await;
            stage.sim.with(|s| s.faults.insert(n, fault));
            let view = through(stage.start().await, &[]).await;
            assert_eq!(view.status, RunStatus::Done, "{fault:?} at {n}: {view:#?}");
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert_eq!(stage.sim.summary(), end, "{fault:?} at {n}");
            stage.served();
        }
    }
    let at = killed_anywhere(&end, async || Stage::rollback(&["shop:never-ready"], Value::Null).await).await;
    assert!(at > 10, "only {at} boundaries were swept");
}
