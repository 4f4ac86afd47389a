//! Sweeps of steps that fail, of both finishes: each write is refused, and from the beginning of each step on something does
//! not come that it waits for. The run goes back or asks, and either answer ends well.

mod support;

use std::sync::Arc;
use std::time::Duration;

use engine::{Choice, Options, RunStatus, RunView, VerdictKind};
use support::sim::{Sim, State};
use support::sweep::{FINISHES, Smooth, home, insist, same, slow, smooth, stage};
use support::{Fault, Stage, resting, wait};

/// What is said to a hold: to go on if that can be, or to go back.
const GO_ON: [Choice; 3] = [Choice::Retry, Choice::GoOn, Choice::Leave];
const GO_BACK: [Choice; 3] = [Choice::BackOut, Choice::GoOn, Choice::Retry];

async fn ends_well(stage: &Stage, view: &RunView, smooth: &Smooth, what: &str) {
    if view.status == RunStatus::Done {
        tokio::time::sleep(Duration::from_secs(10)).await;
        same(&stage.sim.summary(), &smooth.end, what);
    } else {
        home(stage, view, what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn refused_at_every_write_a_run_goes_back_or_asks() {
    for finish in FINISHES {
        let smooth = smooth(finish).await;
        for n in 1..=smooth.writes {
            for answers in [GO_ON, GO_BACK] {
                let what = format!("{finish}, refused at {n}, {:?}", answers[0]);
                let stage = stage(finish).await;
                stage.sim.with(|s| s.faults.insert(n, Fault::Refused));
                let run = stage.start().await;
                let view = wait(&run, true, resting).await;
                let asked = view.hold.is_some();
                let view = insist(run, &answers).await;
                let tidied = view.notes.iter().any(|n| n.said.code == "left-behind");
                match &view.status {
                    // The last writes only tidy up: that is noted.
                    RunStatus::Done if tidied => {}
                    RunStatus::Done if asked && answers == GO_ON => {}
                    // What leaves at once with an approval is sent once more by its step, which reads first.
                    RunStatus::Done => stage.sim.with(|s| {
                        let again = |i: usize| matches!(&s.writes[i].0, model::Write::Patch { object, .. } if object.name == "web");
                        assert!(again(n - 1) && again(n), "{what}: nobody said to go on: {view:#?}");
                    }),
                    _ => {}
                }
                if !tidied {
                    ends_well(&stage, &view, &smooth, &what).await;
                }
            }
        }
    }
}

/// What does not come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    ControllersRest,
    NoPods,
    SlicesRest,
    NothingGoes,
    Silence,
    GreenCrashes,
    ProbesFail,
    NoProbes,
    SmokeFails,
    NoSmoke,
}

const TROUBLES: [Trouble; 10] = [
    Trouble::ControllersRest,
    Trouble::NoPods,
    Trouble::SlicesRest,
    Trouble::NothingGoes,
    Trouble::Silence,
    Trouble::GreenCrashes,
    Trouble::ProbesFail,
    Trouble::NoProbes,
    Trouble::SmokeFails,
    Trouble::NoSmoke,
];

/// Begins.
fn begin(sim: &Sim, evidence: &support::Honest, trouble: Trouble) {
    let probes = |kind| evidence.probes_say(Some(kind));
    let smoke = |kind| *evidence.smoke.lock().expect("not poisoned") = kind;
    match trouble {
        Trouble::ControllersRest => sim.with(|s| s.controllers_rest = true),
        Trouble::NoPods => sim.with(|s| s.no_new_pods = true),
        Trouble::SlicesRest => sim.with(|s| s.slices_rest = true),
        Trouble::NothingGoes => sim.with(|s| s.nothing_goes = true),
        Trouble::Silence => sim.with(|s| s.silent = true),
        Trouble::GreenCrashes => sim.with(|s| {
            // Whom it cuts off is not the run's doing.
            s.guarded.clear();
            let green = s.objects.keys().find(|i| i.kind == model::Kind::Deployment && i.name != "web").map(|i| i.name.clone());
            green.into_iter().for_each(|green| s.crash_all(&green));
        }),
        Trouble::ProbesFail => probes(VerdictKind::Against),
        Trouble::NoProbes => probes(VerdictKind::Missing),
        Trouble::SmokeFails => smoke(VerdictKind::Against),
        Trouble::NoSmoke => smoke(VerdictKind::Missing),
    }
}

/// Is over.
fn end(stage: &Stage) {
    stage.sim.with(State::all_catch_up);
    stage.sim.with(State::heal_all);
    stage.evidence.probes_say(None);
    *stage.evidence.smoke.lock().expect("not poisoned") = VerdictKind::For;
}

async fn from_every_step(finish: &str, troubles: &[Trouble]) {
    let smooth = smooth(finish).await;
    let mut met = 0;
    for (trouble, step) in troubles.iter().flat_map(|t| smooth.steps.iter().map(move |s| (*t, s.clone()))) {
        for answers in [GO_ON, GO_BACK] {
            let what = format!("{finish}, {trouble:?} from {step} on, {:?}", answers[0]);
            let stage = stage(finish).await;
            let (sim, evidence, name) = (stage.sim.clone(), stage.evidence.clone(), format!("journal:after run {step} "));
            let begins = move |boundary: &str| {
                if boundary.starts_with(&name) && boundary.contains("step-began") {
                    begin(&sim, &evidence, trouble);
                }
                false
            };
            let run = stage.start_with(Options { fail_point: Some(Arc::new(begins)), pace: slow(), ..Options::default() }).await;
            let turned = |v: &RunView| resting(v) || matches!(v.status, RunStatus::BackingOut { .. });
            // A gate that is approved waits until it may be passed: nothing but the end of the trouble ends that.
            let turned_or_long = async {
                tokio::select! {
                    view = wait(&run, true, turned) => view.status != RunStatus::Done,
                    () = tokio::time::sleep(Duration::from_secs(3000)) => true,
                }
            };
            let turned = turned_or_long.await;
            met += usize::from(turned);
            end(&stage);
            tokio::time::sleep(Duration::from_secs(5)).await;
            ends_well(&stage, &insist(run, &answers).await, &smooth, &what).await;
            if !turned {
                break;
            }
        }
    }
    assert!(met > 10, "only {met} runs met any of {troubles:?}");
}

#[tokio::test(start_paused = true)]
async fn from_every_step_of_a_swap_on_a_cluster_that_does_nothing_ends_well() {
    from_every_step("swap", &TROUBLES[..5]).await;
}

#[tokio::test(start_paused = true)]
async fn from_every_step_of_a_swap_on_evidence_against_it_or_none_ends_well() {
    from_every_step("swap", &TROUBLES[5..]).await;
}

#[tokio::test(start_paused = true)]
async fn from_every_step_of_a_promotion_on_a_cluster_that_does_nothing_ends_well() {
    from_every_step("promote", &TROUBLES[..5]).await;
}

#[tokio::test(start_paused = true)]
async fn from_every_step_of_a_promotion_on_evidence_against_it_or_none_ends_well() {
    from_every_step("promote", &TROUBLES[5..]).await;
}
