//! What a run shows: the journaled state and the little that is only seen while a process drives it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use model::{ObjectId, Sentence, Write, sentence};
use plan::{Phase, Planned, Step};
use serde::{Deserialize, Serialize};

use crate::entry::{Direction, Hold, Purpose, Receipt, Said};
use crate::ports::Verdict;
use crate::repair;
use crate::status::{RunStatus, StepStatus};
use crate::view::{Known, View};
use crate::waits::ServiceEndpoints;

/// Seen, not journaled.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// What a step waits for.
    pub heartbeat: Option<(String, Said)>,
    /// Ready endpoints by Service.
    pub endpoints: BTreeMap<String, ServiceEndpoints>,
    /// Newest answer of each source.
    pub evidence: Vec<Verdict>,
    /// The switch behind a gate, ready to go.
    pub armed: Option<Armed>,
    /// What must hold for the gate that waits to be passed, as it was when last looked at.
    pub checks: Vec<Check>,
    /// Gate whose approval is not journaled yet: it goes into one entry with what it leads to.
    pub approving: Option<String>,
    /// Seconds of the soak that are left.
    pub soak_left: Option<u64>,
    /// The run was just taken over: what the driver before was in the middle of is being settled.
    pub settling: bool,
    /// The journal failed, or the runner: nothing goes on.
    pub error: Option<Sentence>,
    /// A process drives the run.
    pub attached: bool,
    /// The colour that stands by: available pods when last looked at (monotonic time).
    pub standby: Option<(ObjectId, u32, Duration)>,
}

/// A switch that is prepared while the gate waits: nothing but the journal stands between approval and the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Armed {
    /// Step of the switch.
    pub step: String,
    /// Its first write, guarded by what was read.
    pub first: Option<Write>,
    /// Every write that the approval leads to.
    pub writes: Vec<Write>,
    /// Monotonic time of the reading.
    pub at: Duration,
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Holds; `None` = there is no data.
    pub ok: Option<bool>,
    /// What.
    pub said: Said,
    /// When it was looked at.
    pub at: Timestamp,
}

/// A run as it is shown. Raw values: whoever shows it masks environment values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// Id.
    pub id: String,
    /// Context.
    pub context: String,
    /// Target.
    pub target: ObjectId,
    /// Strategy.
    pub strategy: String,
    /// Status.
    pub status: RunStatus,
    /// Steps in order.
    pub steps: Vec<StepView>,
    /// Gate that waits.
    pub gate: Option<GateView>,
    /// Hold.
    pub hold: Option<Hold>,
    /// What backing out would do now.
    pub way_back: WayBack,
    /// Traffic stands where a switch of this run moved it, or may, also when the run is over: its undo can be left as it is.
    pub switched: bool,
    /// Commands that take back by hand what was done so far, in order; empty = there is nothing, or the run is over.
    pub by_hand: Vec<String>,
    /// Ready endpoints by Service.
    pub endpoints: Vec<ServiceEndpoints>,
    /// Newest answer of each source, each with its time.
    pub evidence: Vec<Verdict>,
    /// Traffic moved and old connections may be open.
    pub draining: Option<Said>,
    /// Seconds of the soak that are left.
    pub soak_left: Option<u64>,
    /// What was seen and is worth knowing, oldest first.
    pub notes: Vec<Note>,
    /// Begun.
    pub started_at: Option<Timestamp>,
    /// Time of the last entry.
    pub last_at: Option<Timestamp>,
    /// Epoch.
    pub epoch: u64,
    /// A process drives it.
    pub attached: bool,
    /// It was just taken over: what the driver before was in the middle of is being settled.
    pub settling: bool,
    /// Who drives it, or did last.
    pub driver: Option<String>,
    /// Who took it over from this installation: what is shown here is of before.
    pub elsewhere: Option<String>,
    /// Why it does not go on though nothing is held: the journal cannot be written.
    pub error: Option<Sentence>,
}

/// A step as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// Id.
    pub id: String,
    /// Phase.
    pub phase: Phase,
    /// Status.
    pub status: StepStatus,
    /// Begun.
    pub began_at: Option<Timestamp>,
    /// Done or undone.
    pub ended_at: Option<Timestamp>,
    /// Times that it was begun.
    pub attempt: u32,
    /// `4 of 6 ready, 12 s of at most 5 min`.
    pub heartbeat: Option<Said>,
    /// What it left, once it is done.
    pub receipt: Option<Receipt>,
    /// Seconds to be back where the run began, once it is done; `None` = not by this run.
    pub way_back_seconds: Option<u32>,
}

/// A gate that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateView {
    /// Name.
    pub name: String,
    /// Writes that approval leads to at once.
    pub writes: Vec<Write>,
    /// What holds right now; empty = not looked at yet.
    pub checks: Vec<Check>,
}

/// What backing out would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WayBack {
    /// Kind.
    pub kind: WayBackKind,
    /// In words.
    pub said: Sentence,
    /// Steps that it undoes, in that order.
    pub steps: Vec<String>,
    /// Seconds, about; `None` = not known.
    pub seconds: Option<u32>,
}

/// Kinds of going back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayBackKind {
    /// There is nothing to go back from, or not by this run.
    None,
    /// What was prepared is taken away; traffic never moved.
    BackOut,
    /// Traffic is moved back first.
    FlipBack,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Step.
    pub step: String,
    /// What.
    pub said: Said,
}

impl RunView {
    /// From the journaled state and what is seen.
    pub fn new(view: &View, live: &Live) -> Self {
        let beat = |id: &str| live.heartbeat.as_ref().filter(|(step, _)| step == id).map(|(_, said)| said.clone());
        let steps = view.plan.steps.iter().map(|p| {
            let s = view.steps.get(&p.id).cloned().unwrap_or_default();
            let active = matches!(s.status, StepStatus::Running | StepStatus::Undoing);
            StepView {
                id: p.id.clone(),
                phase: p.phase,
                status: s.status,
                began_at: s.began_at,
                ended_at: s.ended_at,
                attempt: s.attempt,
                heartbeat: if active { beat(&p.id) } else { None },
                receipt: s.receipt.filter(|_| s.status == StepStatus::Done),
                way_back_seconds: p.way_back_seconds,
            }
        });
        let gate = match &view.status {
            RunStatus::WaitingForApproval { gate, .. } => Some(GateView {
                name: gate.clone(),
                writes: live.armed.as_ref().map(|a| a.writes.clone()).unwrap_or_default(),
                checks: live.checks.clone(),
            }),
            _ => None,
        };
        let switched = switched(view);
        Self {
            id: view.plan.id.clone(),
            context: view.plan.context.clone(),
            target: view.plan.target.object.clone(),
            strategy: view.plan.strategy.clone(),
            status: view.status.clone(),
            steps: steps.collect(),
            gate,
            hold: match &view.status {
                RunStatus::Holding { hold } => Some(hold.clone()),
                _ => None,
            },
            way_back: way_back(view, switched),
            switched,
            by_hand: match &view.status {
                RunStatus::Stuck { repair, .. } => repair.clone(),
                status if status.is_final() => vec![],
                _ => repair::commands(view),
            },
            endpoints: live.endpoints.values().cloned().collect(),
            evidence: live.evidence.clone(),
            draining: draining(view, switched),
            soak_left: live.soak_left,
            notes: view.observed.iter().map(|(at, step, said)| Note { at: *at, step: step.clone(), said: said.clone() }).collect(),
            started_at: view.started_at,
            last_at: view.last_at,
            epoch: view.epoch,
            attached: live.attached,
            settling: live.settling,
            driver: view.driver.clone(),
            elsewhere: view.elsewhere.clone(),
            error: live.error.clone(),
        }
    }
}

/// Whether traffic stands where a switch of this run moved it, or may: from the first write that landed (or of which
/// nobody knows yet) until every one of them is seen to be taken back.
pub fn switched(view: &View) -> bool {
    let stands = |p: &Planned| {
        let status = view.steps.get(&p.id).map(|s| s.status);
        status == Some(StepStatus::Done) || p.step.writes_to().into_iter().any(|service| moved(view, &p.id, service))
    };
    view.plan.steps.iter().filter(|p| matches!(p.step, Step::Switch { .. })).any(stands)
}

/// Whether a step has moved this Service, or may have, and has not moved it back.
fn moved(view: &View, step: &str, service: &ObjectId) -> bool {
    let mut own = view.writes.iter().filter(|w| w.step == step && w.purpose == Purpose::Step && w.write.object() == service);
    let last = own.rfind(|w| match w.direction {
        Direction::Run => w.known != Known::Not,
        Direction::Undo => matches!(w.known, Known::Landed(_)),
    });
    last.is_some_and(|w| w.direction == Direction::Run)
}

fn way_back(view: &View, switched: bool) -> WayBack {
    let steps: Vec<String> = view.to_undo().into_iter().map(|p| p.id.clone()).collect();
    let none = |said| WayBack { kind: WayBackKind::None, said, steps: vec![], seconds: None };
    match view.status {
        RunStatus::Failed { .. } => return none(sentence!("nothing was written: there is nothing to go back from")),
        RunStatus::BackedOut { .. } => return none(sentence!("what the run did is taken back already")),
        RunStatus::Done => return none(sentence!("the run is over; going back is a run of its own")),
        _ => {}
    }
    let Some(last) = view.to_undo().first().copied() else { return none(sentence!("nothing was done yet")) };
    let seconds = last.way_back_seconds;
    if switched {
        let said = sentence!("traffic moves back first, then what was made for the new version is taken away");
        return WayBack { kind: WayBackKind::FlipBack, said, steps, seconds };
    }
    // A run without colours changes what serves itself.
    let said = match view.plan.steps.iter().any(|p| matches!(p.step, Step::Switch { .. })) {
        true => sentence!("what was prepared is taken away; what serves is not touched"),
        false => sentence!("what this run changed is written back as it was"),
    };
    WayBack { kind: WayBackKind::BackOut, said, steps, seconds }
}

/// Connections that were open before the flip stay where they are. From outside they cannot be seen: that is said,
/// until the pods that they end in are gone.
fn draining(view: &View, switched: bool) -> Option<Said> {
    let retired = view
        .plan
        .steps
        .iter()
        .any(|p| matches!(p.step, Step::Retire { .. }) && view.steps.get(&p.id).is_some_and(|s| s.status == StepStatus::Done));
    let soaked = view
        .plan
        .steps
        .iter()
        .any(|p| matches!(p.step, Step::Soak { .. }) && view.steps.get(&p.id).is_some_and(|s| s.status == StepStatus::Done));
    if !switched || retired || view.status.is_final() {
        return None;
    }
    Some(match soaked {
        false => Said::new(
            "draining",
            sentence!("new connections go to the new colour")
                .and(sentence!("those that were open before stay on the old one until they end")),
        ),
        true => Said::new("draining-unknown", sentence!("whether connections are still open to the old colour cannot be seen from here")),
    })
}
