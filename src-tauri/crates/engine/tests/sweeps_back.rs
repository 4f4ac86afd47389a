//! Sweeps of the way back, of both finishes: from every place, and from the furthest one with one thing going wrong at every
//! place on it.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{Choice, Command, Options, RunError, RunStatus};
use model::{Kind, ObjectId, names};
use serde_json::{Value, json};
use support::sim::ByHand;
use support::sweep::{FINISHES, dies_at, go_back, home, insist, nearly_over, resumed_back, same, slow, stage, way_home};
use support::{Fault, Stage, id, resting, through, wait};

const ANSWERS: [Choice; 4] = [Choice::Retry, Choice::GoOn, Choice::Leave, Choice::BackOut];

#[tokio::test(start_paused = true)]
async fn killed_at_every_boundary_of_a_swap_and_backed_out_nothing_is_left() {
    killed_and_backed_out("swap").await;
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_boundary_of_a_promotion_and_backed_out_nothing_is_left() {
    killed_and_backed_out("promote").await;
}

async fn killed_and_backed_out(finish: &str) {
    for at in 1.. {
        let stage = stage(finish).await;
        let (fail_point, count) = dies_at(at);
        let run = stage.start_with(Options { fail_point: Some(fail_point), ..Options::default() }).await;
        if through(run, &[]).await.status == RunStatus::Done && count.load(Ordering::SeqCst) < at {
            assert!(at > 60, "only {at} boundaries were swept");
            break;
        }
        let resumed = engine::Run::resume(stage.ports(), "bg-web-1", Options::default(), Some(Command::BackOut("enough".into()))).await;
        match resumed {
            Ok(run) => home(&stage, &through(run, &ANSWERS).await, &format!("{finish}, killed at {at}")).await,
            Err(RunError::Over { .. }) => assert_eq!(stage.journaled().status, RunStatus::Done, "{finish}, killed at {at}"),
            Err(e) => panic!("{finish}, killed at {at}: {e}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_boundary_of_the_way_back_and_resumed_nothing_is_left() {
    for finish in FINISHES {
        for at in 1.. {
            let (stage, run) = nearly_over(finish).await;
            run.detach().await.expect("heard");
            run.ended().await;
            let (fail_point, count) = dies_at(at);
            let run = resumed_back(&stage, Options { fail_point: Some(fail_point), ..Options::default() }).await;
            let view = wait(&run, false, |v| !v.attached || resting(v)).await;
            let over = count.load(Ordering::SeqCst) < at;
            let view = match (over, stage.journaled().status) {
                (true, _) => view,
                (false, RunStatus::BackedOut { .. }) => stage.journaled(),
                (false, RunStatus::BackingOut { .. }) => through(stage.resume(None).await, &[]).await,
                // The wish itself was lost.
                (false, _) => through(resumed_back(&stage, Options::default()).await, &[]).await,
            };
            home(&stage, &view, &format!("{finish}, killed at {at}")).await;
            if over {
                assert!(at > 40, "only {at} boundaries were swept");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_cut_after_every_entry_of_the_way_back_is_gone_on_with() {
    for finish in FINISHES {
        for n in 1.. {
            let (stage, run) = nearly_over(finish).await;
            // The process dies right after its n-th entry is durable.
            stage.journal.room.store(n + 1, Ordering::SeqCst);
            go_back(&run).await;
            let view = through(run, &[]).await;
            stage.journal.room.store(0, Ordering::SeqCst);
            if view.error.is_none() {
                home(&stage, &view, finish).await;
                assert!(n > 20, "only {n} entries were swept");
                break;
            }
            home(&stage, &through(resumed_back(&stage, Options::default()).await, &[]).await, &format!("{finish}, cut after {n}")).await;
        }
    }
}

/// Stuck on its way back, because the k-th write of it was refused; `None` = that one only tidies up.
async fn stuck_at(finish: &str, k: usize, of_steps: usize) -> Option<(Stage, engine::Run, Vec<String>)> {
    let (stage, run) = nearly_over(finish).await;
    stage.sim.with(|s| s.faults.insert(s.writes.len() + k, Fault::Refused));
    go_back(&run).await;
    let view = wait(&run, false, resting).await;
    match &view.status {
        RunStatus::Stuck { repair, error, cause } => {
            assert!(error.to_string().contains("policy") && cause.to_string() == "no", "{finish}, {k}: {view:#?}");
            assert!(!repair.is_empty() && repair.iter().all(|c| c.starts_with("kubectl ")), "{finish}, {k}: {repair:#?}");
            let repair = repair.clone();
            Some((stage, run, repair))
        }
        RunStatus::BackedOut { .. } if k > of_steps => {
            assert!(view.notes.iter().any(|n| n.said.code == "left-behind"), "{finish}, {k}: {view:#?}");
            None
        }
        _ => panic!("{finish}, {k}: {view:#?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_keeps_moving_at_the_end_is_tidied_up_all_the_same() {
    for finish in FINISHES {
        let (_, of_steps) = way_home(finish).await;
        let (stage, run) = nearly_over(finish).await;
        // Fields of a controller that works on it, and of this run.
        let service = id(Kind::Service, "web");
        let entry = |manager: &str| json!({"manager": manager, "operation": "Update"});
        stage.sim.edit(&service, "/metadata/managedFields", json!([entry("somebody"), entry(names::MANAGER_ROLLOUT)]));
        stage.sim.with(|s| (1..=5).for_each(|k| _ = s.faults.insert(s.writes.len() + of_steps + k, Fault::Precondition)));
        go_back(&run).await;
        let view = through(run, &[]).await;
        home(&stage, &view, finish).await;
        assert!(!view.notes.iter().any(|n| n.said.code == "left-behind"), "{finish}: {view:#?}");
        let left = stage.sim.get_now(&service).expect("it is there")["metadata"]["managedFields"].clone();
        assert_eq!(left, json!([entry("somebody")]), "{finish}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_at_every_write_of_the_way_back_a_run_is_stuck_and_comes_home_when_it_is_tried_again() {
    for finish in FINISHES {
        let (all, of_steps) = way_home(finish).await;
        for k in 1..=all {
            let Some((stage, run, _)) = stuck_at(finish, k, of_steps).await else { continue };
            let what = format!("{finish}, refused at {k}");
            // By the process that is stuck, or by the next one.
            let view = match k % 2 {
                0 => insist(run, &[]).await,
                _ => {
                    run.detach().await.expect("heard");
                    run.ended().await;
                    through(resumed_back(&stage, Options::default()).await, &[]).await
                }
            };
            home(&stage, &view, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wherever_a_way_back_is_stuck_its_commands_bring_back_what_was_and_cut_nobody_off() {
    for finish in FINISHES {
        let (_, of_steps) = way_home(finish).await;
        for k in 1..=of_steps {
            let Some((stage, run, repair)) = stuck_at(finish, k, of_steps).await else { panic!("{finish}: {k} is of a step") };
            let what = format!("{finish}, stuck at {k}");
            println!("{what}: {repair:#?}");
            for command in &repair {
                typed(&stage, command).await;
            }
            tokio::time::sleep(Duration::from_secs(10)).await;
            let marks = |mut world: Value| {
                for object in world.as_object_mut().expect("objects").values_mut() {
                    object["metadata"].as_object_mut().expect("metadata").shift_remove("annotations");
                }
                world
            };
            same(&marks(stage.sim.summary()), &marks(stage.before.clone()), &format!("{what}: {repair:#?}"));
            // The run finds it done, is told so where it does not know it, and takes its marks off.
            home(&stage, &insist(run, &[Choice::Leave]).await, &what).await;
        }
    }
}

/// Does what a command says, as kubectl would: a moment later, and not before what it waits for. What is undone already is
/// refused, as there.
async fn typed(stage: &Stage, command: &str) {
    let (line, input) = command.split_once('\n').unwrap_or((command, ""));
    let words = words(line);
    let named = |word: &str| -> Option<ObjectId> {
        let (resource, name) = word.split_once('/')?;
        let kinds = [Kind::Deployment, Kind::Service, Kind::HorizontalPodAutoscaler];
        let kind = kinds.into_iter().find(|k| k.plural() == resource.split('.').next().unwrap_or_default())?;
        Some(id(kind, name))
    };
    let object = words.iter().find_map(|w| named(w));
    let flag = |name: &str| words.iter().find_map(|w| w.strip_prefix(name).map(String::from));
    let number = |name: &str| flag(name).and_then(|n| n.parse::<u64>().ok()).unwrap_or_else(|| panic!("{name} in {command}"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    match (words[5].as_str(), object) {
        ("patch", Some(object)) => {
            let ops = serde_json::from_str(words.last().expect("a patch")).expect("a JSON patch");
            stage.sim.with(|s| s.by_hand(&object, &ByHand::Patch(ops)));
        }
        ("scale", Some(object)) => {
            let ops = vec![
                serde_json::json!({"op":"test","path":"/spec/replicas","value":number("--current-replicas=")}),
                serde_json::json!({"op":"add","path":"/spec/replicas","value":number("--replicas=")}),
            ];
            stage.sim.with(|s| s.by_hand(&object, &ByHand::Patch(ops)));
        }
        ("delete", Some(object)) => {
            stage.sim.with(|s| s.by_hand(&object, &ByHand::Delete));
            until(|| stage.sim.get_now(&object).is_none()).await;
        }
        ("create", None) => {
            let manifest: Value = serde_json::from_str(input.strip_suffix("\nEOF").expect("a manifest")).expect("JSON");
            let kinds = [Kind::Deployment, Kind::Service];
            let kind = kinds.into_iter().find(|k| manifest["kind"] == k.name()).expect("a kind of the shop");
            let object = id(kind, manifest["metadata"]["name"].as_str().expect("a name"));
            stage.sim.with(|s| s.by_hand(&object, &ByHand::Create(manifest)));
        }
        ("rollout", Some(object)) => {
            let whole = || {
                let live = stage.sim.get_now(&object).expect("there");
                let (want, status) = (&live["spec"]["replicas"], &live["status"]);
                status["observedGeneration"] == live["metadata"]["generation"]
                    && ["replicas", "updatedReplicas", "availableReplicas"].iter().all(|n| status[n] == *want)
            };
            until(whole).await;
        }
        _ => panic!("not a command that is known: {command}"),
    }
}

async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..1200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never came");
}

/// Words of a command line, without their quotes.
fn words(line: &str) -> Vec<String> {
    let (mut all, mut word, mut quoted) = (vec![], String::new(), false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => all.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    all.push(word);
    all
}

#[derive(Clone, Copy, Debug)]
enum Behind {
    Controllers,
    Pods,
    Slices,
    Deletions,
    Everything,
}

/// From the beginning of every step's undo on something does not follow, for as long as the run only waits.
#[tokio::test(start_paused = true)]
async fn wherever_a_wait_of_the_way_back_fails_the_run_asks_or_is_stuck_and_comes_home_once_it_can() {
    for finish in FINISHES {
        let steps = stage(finish).await.plan.steps.len() - 1;
        for (behind, k) in [Behind::Controllers, Behind::Pods, Behind::Slices, Behind::Deletions, Behind::Everything]
            .into_iter()
            .flat_map(|b| (0..steps).map(move |k| (b, k)))
        {
            let what = format!("{finish}, {behind:?}, undo {k}");
            let (stage, run) = nearly_over(finish).await;
            run.detach().await.expect("heard");
            run.ended().await;
            let (sim, count) = (stage.sim.clone(), AtomicUsize::new(0));
            let begins = move |name: &str| {
                if name.starts_with("journal:after undo") && name.contains("step-began") && count.fetch_add(1, Ordering::SeqCst) == k {
                    sim.with(|s| match behind {
                        Behind::Controllers => s.controllers_rest = true,
                        Behind::Pods => s.no_new_pods = true,
                        Behind::Slices => s.slices_rest = true,
                        Behind::Deletions => s.nothing_goes = true,
                        Behind::Everything => s.silent = true,
                    });
                }
                false
            };
            let run = resumed_back(&stage, Options { fail_point: Some(Arc::new(begins)), pace: slow(), ..Options::default() }).await;
            wait(&run, false, resting).await;
            stage.sim.with(support::sim::State::all_catch_up);
            tokio::time::sleep(Duration::from_secs(5)).await;
            home(&stage, &insist(run, &[Choice::Retry]).await, &what).await;
        }
    }
}
