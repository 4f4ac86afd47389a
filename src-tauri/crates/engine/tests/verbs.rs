//! Restart, scale, pause and resume on the simulated cluster: to their end and back, however they are interrupted.

mod support;

use std::time::Duration;

use engine::{Choice, HoldCode, Options, RunStatus};
use model::{Kind, names};
use serde_json::{Value, json};
use support::sweep::killed_anywhere;
use support::{Fault, Stage, id, through};

/// Each with the step after which it is left in the middle.
fn verbs() -> [(&'static str, Value, &'static str); 5] {
    [
        ("restart", json!({"deadline":60}), "restart"),
        ("scale", json!({"replicas":5,"deadline":60}), "scale"),
        // Its autoscaler allows no fewer than two.
        ("scale", json!({"replicas":2,"deadline":60}), "scale"),
        ("pause", Value::Null, "pause"),
        ("resume", json!({"deadline":60}), "resume"),
    ]
}

fn web(stage: &Stage) -> Value {
    stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there")
}

async fn rest() {
    tokio::time::sleep(Duration::from_secs(10)).await;
}

#[tokio::test(start_paused = true)]
async fn each_does_what_it_says_and_nothing_else() {
    for (name, params, _) in verbs() {
        let stage = Stage::verb(name, params.clone()).await;
        let before = web(&stage);
        let view = through(stage.start().await, &[]).await;
        assert_eq!(view.status, RunStatus::Done, "{name}: {view:#?}");
        rest().await;
        let now = web(&stage);
        let mut wanted = before["spec"].clone();
        match name {
            "restart" => {
                wanted["template"]["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": "1970-01-01T00:00:00Z"})
            }
            "scale" => wanted["replicas"] = params["replicas"].clone(),
            "pause" => wanted["paused"] = json!(true),
            _ => wanted["paused"] = Value::Null,
        }
        if wanted["paused"].is_null() {
            wanted.as_object_mut().expect("a map").remove("paused");
        }
        assert_eq!(now["spec"], wanted, "{name}");
        let why = now["metadata"]["annotations"][names::WHY].as_str().unwrap_or_default();
        assert_eq!(why.contains("plan resume deployment/web"), name == "pause", "{name}: {why}");
        stage.served();
    }
}

#[tokio::test(start_paused = true)]
async fn each_can_be_taken_back_in_the_middle() {
    for (name, params, at) in verbs() {
        let stage = Stage::verb(name, params).await;
        let run = stage.start_with(Options { until: Some(at.into()), ..Options::default() }).await;
        let view = through(run, &[Choice::BackOut]).await;
        // A pause is its only step: left after it, it is over.
        match name {
            "pause" => assert_eq!(view.status, RunStatus::Done, "{view:#?}"),
            _ => {
                assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{name}: {view:#?}");
                if name == "resume" {
                    // What had rolled out by then stays where it is: only the pause comes back.
                    assert_eq!(web(&stage)["spec"]["paused"], true);
                } else {
                    stage.untouched().await;
                }
            }
        }
        stage.served();
    }
}

#[tokio::test(start_paused = true)]
async fn each_ends_the_same_when_it_is_killed_or_loses_answers() {
    for (name, params, _) in verbs() {
        let smooth = Stage::verb(name, params.clone()).await;
        assert_eq!(through(smooth.start().await, &[]).await.status, RunStatus::Done, "{name}");
        rest().await;
        let end = smooth.sim.summary();
        for fault in [Fault::UnknownApplied, Fault::UnknownLost, Fault::UnknownUntilNext, Fault::Precondition, Fault::Unsent] {
            let stage = Stage::verb(name, params.clone()).await;
            stage.sim.with(|s| s.faults.insert(1, fault));
            let view = through(stage.start().await, &[]).await;
            assert_eq!(view.status, RunStatus::Done, "{name}, {fault:?}: {view:#?}");
            rest().await;
            assert_eq!(stage.sim.summary(), end, "{name}, {fault:?}");
            stage.served();
        }
        let at = killed_anywhere(&end, async || Stage::verb(name, params.clone()).await).await;
        assert!(at > 4, "{name}: only {at} boundaries were swept");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_somebody_else_sets_meanwhile_is_not_taken_back_unasked() {
    let stage = Stage::verb("scale", json!({"replicas":5,"deadline":60})).await;
    let run = stage.start_with(Options { until: Some("scale".into()), ..Options::default() }).await;
    support::wait(&run, false, |v| v.hold.is_some()).await;
    stage.sim.edit(&id(Kind::Deployment, "web"), "/spec/replicas", json!(4));
    let view = through(run, &[Choice::BackOut]).await;
    let held = view.hold.as_ref().map(|h| h.code);
    assert_eq!(held, Some(HoldCode::Contradiction), "{view:#?}");
    assert_eq!(web(&stage)["spec"]["replicas"], 4);
}
