//! Sweeps: the same run with one thing going wrong at every place where it can.

mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::{Choice, Options, RunStatus};
use model::{Kind, Write};
use support::sweep::dies_at;
use support::{Fault, Stage, id, through, wait};

const ANSWERS: [Choice; 4] = [Choice::Retry, Choice::GoOn, Choice::Leave, Choice::BackOut];

/// A run that nothing goes wrong in: how the world ends, and how many writes it took.
async fn smooth(finish: &str) -> (serde_json::Value, usize, Vec<serde_json::Value>) {
    let stage = Stage::new(finish, "shop:v2").await;
    let view = through(stage.start().await, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    (stage.sim.summary(), stage.sim.with(|s| s.writes.len()), stage.journal.entries("bg-web-1"))
}

/// Annotations that tell objects of one run from those of another are the same here: runs have the same id.
fn once_each(stage: &Stage) {
    stage.sim.with(|s| {
        let mut seen = std::collections::BTreeMap::new();
        for (write, said) in &s.writes {
            if let (Write::Create { object, .. }, "ok") = (write, said.as_str()) {
                *seen.entry(object.clone()).or_insert(0) += 1;
            }
        }
        assert!(seen.values().all(|n| *n == 1), "created twice: {seen:?}");
    });
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_boundary_and_resumed_a_run_ends_the_same() {
    for finish in ["swap", "promote"] {
        let (end, _, _) = smooth(finish).await;
        for at in 1.. {
            let stage = Stage::new(finish, "shop:v2").await;
            let (fail_point, count) = dies_at(at);
            let run = stage.start_with(Options { fail_point: Some(fail_point), ..Options::default() }).await;
            let view = through(run, &[]).await;
            let over = view.status == RunStatus::Done;
            let view = match over {
                true => view,
                false => match stage.try_resume().await {
                    Ok(run) => through(run, &[]).await,
                    // Killed after the last entry: the journal says that it is done, only nobody had heard it.
                    Err(engine::RunError::Over { .. }) => stage.journaled(),
                    Err(e) => panic!("{finish}, killed at {at}: {e}"),
                },
            };
            assert_eq!(view.status, RunStatus::Done, "{finish}, killed at {at}: {view:#?}");
            stage.served();
            once_each(&stage);
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert_eq!(stage.sim.summary(), end, "{finish}, killed at {at}");
            if over && count.load(Ordering::SeqCst) < at {
                assert!(at > 60, "only {at} boundaries were swept");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_at_every_write_changes_nothing_about_the_end() {
    for finish in ["swap", "promote"] {
        let (end, writes, _) = smooth(finish).await;
        for n in 1..=writes {
            for fault in [Fault::UnknownApplied, Fault::UnknownLost, Fault::UnknownUntilNext, Fault::Precondition, Fault::Unsent] {
                let stage = Stage::new(finish, "shop:v2").await;
                stage.sim.with(|s| s.faults.insert(n, fault));
                let view = through(stage.start().await, &[]).await;
                assert_eq!(view.status, RunStatus::Done, "{finish}, {fault:?} at {n}: {view:#?}");
                stage.served();
                once_each(&stage);
                tokio::time::sleep(Duration::from_secs(10)).await;
                assert_eq!(stage.sim.summary(), end, "{finish}, {fault:?} at {n}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_arrives_late_is_refused_wherever_the_run_is() {
    for finish in ["swap", "promote"] {
        late_everywhere(finish).await;
    }
}

async fn late_everywhere(finish: &str) {
    let (end, writes, _) = smooth(finish).await;
    for n in 1..=writes {
        for after in [1, 7, 30, 300] {
            let stage = Stage::new(finish, "shop:v2").await;
            stage.sim.with(|s| s.faults.insert(n, Fault::UnknownLate(Duration::from_secs(after))));
            let view = through(stage.start().await, &[]).await;
            assert_eq!(view.status, RunStatus::Done, "late by {after} s at {n}: {view:#?}");
            tokio::time::sleep(Duration::from_secs(400)).await;
            stage.served();
            let (landed, create) =
                stage.sim.with(|s| (s.late.iter().any(Result::is_ok), matches!(s.writes[n - 1].0, Write::Create { .. })));
            // A create whose object the run has deleted since has nothing to be refused by (see the decision record).
            assert!(!landed || create, "late by {after} s at {n} landed");
            if !landed {
                assert_eq!(stage.sim.summary(), end, "late by {after} s at {n}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_patch_held_until_after_the_back_out_is_refused() {
    let (_, writes, _) = smooth("swap").await;
    for n in 1..=writes {
        let stage = Stage::new("swap", "shop:v2").await;
        stage.sim.with(|s| s.faults.insert(n, Fault::UnknownLate(Duration::from_secs(600))));
        let run = stage.start().await;
        wait(&run, true, |v| stage.sim.with(|s| s.writes.len() >= n) || v.status.is_final()).await;
        if run.back_out("no").await.is_err() {
            continue;
        }
        let view = through(run, &ANSWERS).await;
        if view.status == RunStatus::Done {
            continue;
        }
        assert!(matches!(view.status, RunStatus::BackedOut { .. }), "at {n}: {view:#?}");
        tokio::time::sleep(Duration::from_secs(700)).await;
        stage.served();
        let landed = stage.sim.with(|s| s.late.iter().any(Result::is_ok));
        let create = stage.sim.with(|s| matches!(s.writes[n - 1].0, Write::Create { .. }));
        assert!(!landed || create, "at {n}: a late write landed");
        if !landed {
            stage.untouched().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn backed_out_from_every_step_nothing_is_left() {
    for finish in ["swap", "promote"] {
        let steps: Vec<String> = Stage::new(finish, "shop:v2").await.plan.steps.iter().map(|s| s.id.clone()).collect();
        for step in steps {
            let stage = Stage::new(finish, "shop:v2").await;
            let run = stage.start_with(Options { until: Some(step.clone()), ..Options::default() }).await;
            let view = through(run, &[Choice::BackOut]).await;
            if view.status == RunStatus::Done {
                continue;
            }
            assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{finish}, after {step}: {view:#?}");
            stage.served();
            tokio::time::sleep(Duration::from_secs(10)).await;
            let mut after = stage.sim.summary();
            // A change-cause that was there while the template was stays with neither.
            after["Deployment/shop/web"]["metadata"].as_object_mut().expect("metadata").retain(|k, _| k != "annotations");
            assert_eq!(after, stage.before, "{finish}, after {step}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_cut_after_every_entry_is_gone_on_with_or_refused() {
    for finish in ["swap", "promote"] {
        let (end, _, entries) = smooth(finish).await;
        for n in 1..entries.len() {
            let stage = Stage::new(finish, "shop:v2").await;
            // The process dies right after its n-th entry is durable.
            stage.journal.room.store(n as u64 + 1, Ordering::SeqCst);
            let view = through(stage.start().await, &[]).await;
            assert!(view.error.is_some(), "{finish}, {n}: {view:#?}");
            stage.journal.room.store(0, Ordering::SeqCst);
            let view = through(stage.resume(None).await, &[]).await;
            assert_eq!(view.status, RunStatus::Done, "{finish}, cut after {n}: {view:#?}");
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert_eq!(stage.sim.summary(), end, "{finish}, cut after {n}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_with_an_entry_missing_doubled_or_foreign_is_refused() {
    let stage = Stage::new("swap", "shop:v2").await;
    through(stage.start().await, &[]).await;
    let entries = stage.journal.entries("bg-web-1");
    let refused = |entries: Vec<serde_json::Value>| engine::inspect(stage.plan.clone(), &entries).is_err();
    assert!(!refused(entries.clone()));
    let intents = entries.iter().enumerate().filter(|(_, e)| e.to_string().contains("\"intent\"")).map(|(i, _)| i);
    for i in intents {
        let mut missing = entries.clone();
        missing.remove(i);
        assert!(refused(missing), "without entry {i}");
        let mut doubled = entries.clone();
        doubled.insert(i, entries[i].clone());
        assert!(refused(doubled), "with entry {i} twice");
    }
    let mut other = stage.plan.clone();
    other.hash = "another".into();
    assert!(engine::inspect(other, &entries).is_err());
    assert!(refused(vec![serde_json::json!({"schema":2,"at":"2026-11-22T00:00:00Z","events":[]})]));
}

#[tokio::test(start_paused = true)]
async fn the_world_that_moved_is_refused_before_anything_is_journaled() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.sim.edit(&id(Kind::Deployment, "web"), "/spec/template/spec/containers/0", serde_json::json!({"name":"web","image":"shop:v9"}));
    let refused = engine::Run::start(stage.ports(), stage.plan.clone(), Options::default()).await;
    assert!(matches!(refused, Err(engine::RunError::Moved(_))));
    assert!(stage.journal.entries("bg-web-1").is_empty());
}
