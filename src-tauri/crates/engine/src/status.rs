//! Where a run and its steps stand, and the closed list of what may follow what.

use model::{Sentence, sentence};
use serde::{Deserialize, Serialize};

use crate::entry::{Choice, Hold, Said};

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", rename_all_fields = "camelCase")]
pub enum RunStatus {
    /// Journaled, nothing begun.
    Ready,
    /// A step is under way.
    Running {
        /// Step.
        step: String,
    },
    /// Waits for the operator's approval.
    WaitingForApproval {
        /// Step of the gate.
        step: String,
        /// Gate.
        gate: String,
    },
    /// Needs somebody to choose.
    Holding {
        /// Why, the facts, the choices.
        hold: Hold,
    },
    /// Takes back what was done, in reverse order.
    BackingOut {
        /// Why.
        why: Said,
        /// Step that is being undone.
        step: Option<String>,
    },
    /// Every step is done.
    Done,
    /// Everything that was done is undone.
    BackedOut {
        /// Why.
        why: Said,
    },
    /// Refused before anything was written.
    Failed {
        /// Why.
        error: Said,
    },
    /// A way back failed: both errors, and what to do by hand.
    Stuck {
        /// Why it was going back.
        cause: Said,
        /// What failed on the way back.
        error: Said,
        /// Commands that repair by hand, in order.
        repair: Vec<String>,
    },
}

impl RunStatus {
    /// Nothing more will happen by this run.
    pub fn is_final(&self) -> bool {
        matches!(self, RunStatus::Done | RunStatus::BackedOut { .. } | RunStatus::Failed { .. })
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Not begun.
    #[default]
    Waiting,
    /// Begun.
    Running,
    /// Done.
    Done,
    /// Being taken back.
    Undoing,
    /// Taken back.
    Undone,
}

/// What moves a run from one status to another.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// A step begins (or is gone on with).
    StepBegan(String),
    /// The gate is reached.
    GateReached(String, String),
    /// The gate is approved, or the step is done: the next may begin.
    StepDone(String),
    /// Needs somebody.
    Held(Hold),
    /// Somebody chose.
    Chosen(Choice),
    /// It shall go back.
    BackOut(Said),
    /// A step is being taken back.
    UndoBegan(String),
    /// A step is taken back.
    StepUndone(String),
    /// The way back failed.
    Stuck(Said, Vec<String>),
    /// Every step is done.
    Finished,
    /// Everything is undone.
    Unwound,
    /// Refused before anything was written.
    Refused(Said),
}

/// A pair that is not legal: the journal is not one of ours, or the runner has a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub struct Illegal {
    /// Status.
    pub status: String,
    /// Event.
    pub event: String,
}

impl Illegal {
    /// For people.
    pub fn said(&self) -> Sentence {
        sentence!("run: {event} cannot follow {status}", event = self.event, status = self.status)
    }
}

/// What a run was doing when it was held, so that it can go on with it.
fn after_hold(hold: &Hold) -> RunStatus {
    match &hold.undoing {
        Some(why) => RunStatus::BackingOut { why: why.clone(), step: Some(hold.step.clone()) },
        None => RunStatus::Running { step: hold.step.clone() },
    }
}

/// The status after an event. Every legal pair is listed; nothing else happens.
pub fn next_status(status: &RunStatus, event: &Moved) -> Result<RunStatus, Illegal> {
    use Moved as E;
    use RunStatus as S;
    Ok(match (status, event) {
        (S::Ready | S::Running { .. }, E::StepBegan(step)) => S::Running { step: step.clone() },
        (S::Running { step }, E::StepDone(done)) if step == done => S::Running { step: step.clone() },
        (S::Running { step }, E::GateReached(at, gate)) if step == at => S::WaitingForApproval { step: at.clone(), gate: gate.clone() },
        (S::WaitingForApproval { step, .. }, E::StepDone(done)) if step == done => S::Running { step: step.clone() },
        // A resumed run reaches its gate again.
        (S::WaitingForApproval { step, .. }, E::StepBegan(again)) if step == again => S::Running { step: step.clone() },
        (S::Running { .. } | S::WaitingForApproval { .. } | S::BackingOut { .. }, E::Held(hold)) => S::Holding { hold: hold.clone() },
        // Backing out is journaled by its own event, with its reason.
        (S::Holding { hold }, E::Chosen(choice)) if *choice != Choice::BackOut => after_hold(hold),
        (S::Ready | S::Running { .. } | S::WaitingForApproval { .. } | S::Holding { .. } | S::Stuck { .. }, E::BackOut(why)) => {
            S::BackingOut { why: why.clone(), step: None }
        }
        (S::BackingOut { why, .. }, E::UndoBegan(step)) => S::BackingOut { why: why.clone(), step: Some(step.clone()) },
        (S::BackingOut { why, step: Some(at) }, E::StepUndone(step)) if at == step => S::BackingOut { why: why.clone(), step: None },
        (S::BackingOut { why, .. }, E::Stuck(error, repair)) => {
            S::Stuck { cause: why.clone(), error: error.clone(), repair: repair.clone() }
        }
        (S::BackingOut { why, step: None }, E::Unwound) => S::BackedOut { why: why.clone() },
        (S::Running { .. }, E::Finished) => S::Done,
        (S::Ready, E::Refused(error)) => S::Failed { error: error.clone() },
        (status, event) => return Err(Illegal { status: name(status).into(), event: format!("{event:?}") }),
    })
}

/// The name of a status, for messages.
pub fn name(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Ready => "ready",
        RunStatus::Running { .. } => "running",
        RunStatus::WaitingForApproval { .. } => "waiting-for-approval",
        RunStatus::Holding { .. } => "holding",
        RunStatus::BackingOut { .. } => "backing-out",
        RunStatus::Done => "done",
        RunStatus::BackedOut { .. } => "backed-out",
        RunStatus::Failed { .. } => "failed",
        RunStatus::Stuck { .. } => "stuck",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::HoldCode;

    fn said() -> Said {
        Said::new("x", model::Sentence::default())
    }

    fn hold(undoing: Option<Said>) -> Hold {
        Hold { code: HoldCode::Unreachable, step: "a".into(), said: said(), facts: vec![], choices: vec![Choice::Retry], undoing }
    }

    #[test]
    fn every_status_that_is_not_final_has_a_way_back() {
        for status in [
            RunStatus::Ready,
            RunStatus::Running { step: "a".into() },
            RunStatus::WaitingForApproval { step: "a".into(), gate: "g".into() },
            RunStatus::Holding { hold: hold(None) },
            RunStatus::Stuck { cause: said(), error: said(), repair: vec![] },
        ] {
            assert!(matches!(next_status(&status, &Moved::BackOut(said())), Ok(RunStatus::BackingOut { .. })), "{status:?}");
        }
    }

    #[test]
    fn a_final_status_is_final() {
        for status in [RunStatus::Done, RunStatus::BackedOut { why: said() }, RunStatus::Failed { error: said() }] {
            for event in [Moved::StepBegan("a".into()), Moved::BackOut(said()), Moved::Held(hold(None)), Moved::Finished, Moved::Unwound] {
                assert!(next_status(&status, &event).is_err(), "{status:?} {event:?}");
            }
        }
    }

    #[test]
    fn a_hold_goes_on_with_what_was_under_way() {
        let forward = RunStatus::Holding { hold: hold(None) };
        assert_eq!(next_status(&forward, &Moved::Chosen(Choice::Retry)), Ok(RunStatus::Running { step: "a".into() }));
        let back = RunStatus::Holding { hold: hold(Some(said())) };
        assert!(matches!(next_status(&back, &Moved::Chosen(Choice::Retry)), Ok(RunStatus::BackingOut { .. })));
    }
}
