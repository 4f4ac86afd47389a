//! What sweeps have in common: a run that nothing goes wrong in, one that dies somewhere, one that is nearly over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{Choice, FailPoint, Options, Pace, Run, RunStatus, RunView};
use serde_json::Value;

use super::{Stage, resting, through, wait};

/// How a Blue/Green ends.
pub const FINISHES: [&str; 2] = ["swap", "promote"];

/// What a run comes to that nothing goes wrong in.
pub struct Smooth {
    pub end: Value,
    /// Writes to objects of the plan.
    pub writes: usize,
    pub entries: usize,
    pub steps: Vec<String>,
}

/// A shop whose soak is soon over: each of its rounds is as the others.
pub async fn stage(finish: &str) -> Stage {
    Stage::soaking(finish, "shop:v2", 2).await
}

pub async fn smooth(finish: &str) -> Smooth {
    let stage = stage(finish).await;
    let view = through(stage.start().await, &[]).await;
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    Smooth {
        end: stage.sim.summary(),
        writes: stage.sim.with(|s| s.writes.len()),
        entries: stage.journal.entries(&stage.plan.id).len(),
        steps: stage.plan.steps.iter().map(|s| s.id.clone()).collect(),
    }
}

/// Looks seldom: for waits that last to their end.
pub fn slow() -> Pace {
    Pace { poll: Duration::from_secs(3), ..Pace::default() }
}

/// Dies at the n-th boundary from when it is made; how many there were.
pub fn dies_at(n: usize) -> (FailPoint, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    (Arc::new(move |_: &str| counted.fetch_add(1, Ordering::SeqCst) + 1 == n), count)
}

/// Kills a run at each of its boundaries in turn and picks it up again: it ends as `end`. How many boundaries there are, and one.
pub async fn killed_anywhere(end: &Value, stage: impl AsyncFn() -> Stage) -> usize {
    let mut at = 1;
    loop {
        let stage = stage().await;
        let (fail_point, count) = dies_at(at);
        let view = through(stage.start_with(Options { fail_point: Some(fail_point), ..Options::default() }).await, &[]).await;
        if view.status == RunStatus::Done && count.load(Ordering::SeqCst) < at {
            return at;
        }
        if let Ok(run) = stage.try_resume().await {
            through(run, &[]).await;
        }
        assert_eq!(stage.journaled().status, RunStatus::Done, "{}, killed at {at}", stage.plan.strategy);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(stage.sim.summary(), *end, "{}, killed at {at}", stage.plan.strategy);
        stage.served();
        at += 1;
    }
}

/// A run of which all but the last step is done, and that is held there: nothing is further from home.
pub async fn nearly_over(finish: &str) -> (Stage, Run) {
    let stage = stage(finish).await;
    let last = stage.plan.steps.len() - 2;
    let until = Some(stage.plan.steps[last].id.clone());
    let run = stage.start_with(Options { until, ..Options::default() }).await;
    wait(&run, true, |v| v.hold.is_some() || v.status.is_final()).await;
    (stage, run)
}

/// Writes that such a run takes to come home, and how many of them are of its steps: the others tidy up.
pub async fn way_home(finish: &str) -> (usize, usize) {
    let (stage, run) = nearly_over(finish).await;
    let before = stage.sim.with(|s| s.writes.len());
    go_back(&run).await;
    home(&stage, &through(run, &[]).await, finish).await;
    let tidy = stage.journal.entries(&stage.plan.id).iter().filter(|e| e.to_string().contains(r#""purpose":"tidy""#)).count();
    let all = stage.sim.with(|s| s.writes.len()) - before;
    (all, all - tidy)
}

/// It came home, and the world is as it was before the run.
pub async fn home(stage: &Stage, view: &RunView, what: &str) {
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{what}: {view:#?}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    same(&stage.sim.summary(), &stage.before, what);
}

/// Two worlds are the same; else what is not.
pub fn same(after: &Value, wanted: &Value, what: &str) {
    let mut differing = vec![];
    differ(after, wanted, String::new(), &mut differing);
    assert!(differing.is_empty(), "{what}: {differing:#?}");
}

fn differ(a: &Value, b: &Value, at: String, all: &mut Vec<String>) {
    match (a.as_object(), b.as_object()) {
        (Some(x), Some(y)) => {
            for key in x.keys().chain(y.keys().filter(|k| !x.contains_key(*k))) {
                differ(&a[key], &b[key], format!("{at}/{key}"), all);
            }
        }
        _ if a == b => {}
        _ => all.push(format!("{at}: {a}, not {b}")),
    }
}

/// Says that it shall go back, and waits until that is heard.
pub async fn go_back(run: &Run) {
    let before = run.view().last_at;
    run.back_out("no").await.expect("heard");
    wait(run, false, |v| v.last_at != before || !v.attached).await;
}

/// As a process goes back that finds the run.
pub async fn resumed_back(stage: &Stage, options: Options) -> Run {
    let first = Some(engine::Command::BackOut("enough".into()));
    let run = Run::resume(stage.ports(), &stage.plan.id, options, first).await.expect("resumes");
    // Nothing of it has been driven yet: this is how it was found.
    let before = run.view().last_at;
    wait(&run, false, |v| v.last_at != before || !v.attached).await;
    run
}

/// Waits until it rests, and answers its holds with the first of `answers` that is offered. What is stuck is tried again.
pub async fn insist(run: Run, answers: &[Choice]) -> RunView {
    for _ in 0..30 {
        let view = wait(&run, true, |v| !v.attached || resting(v)).await;
        let before = view.last_at;
        match &view.status {
            RunStatus::Stuck { .. } if view.attached => run.back_out("again").await.expect("heard"),
            RunStatus::Holding { hold } if view.attached => match answers.iter().find(|a| hold.choices.contains(a)) {
                Some(answer) => run.choose(*answer).await.expect("offered"),
                None => return view,
            },
            _ => return view,
        }
        wait(&run, false, |v| v.last_at != before || !v.attached).await;
    }
    panic!("asks for ever: {:#?}", run.view());
}
