//! What earlier runs did to a workload, as the journal of this workstation tells it. The cluster keeps templates, not whether
//! they worked; and where it keeps none (`revisionHistoryLimit: 0`, or one too old) a run's plan still has it.

use jiff::Timestamp;
use model::Sentence;
use serde_json::Value;

use crate::plan::Plan;

/// A run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Run.
    pub run: String,
    /// When it ended.
    pub at: Option<Timestamp>,
    /// Its strategy.
    pub strategy: String,
    /// It brought an older template back.
    pub goes_back: bool,
    /// `spec.template` of the target when it was planned.
    pub before: Value,
    /// `spec.template` that it brought in, beside the target or in it.
    pub after: Value,
    /// How it ended.
    pub ending: Ending,
    /// Why it was started, in the operator's words, or why it was taken back.
    pub reason: Option<Sentence>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With every step done: its template was checked and served.
    Done,
    /// It was taken back, or stuck on its way.
    TakenBack,
}

impl Past {
    /// The run of a plan.
    pub fn of(plan: &Plan, at: Option<Timestamp>, ending: Ending, reason: Option<Sentence>) -> Self {
        Self {
            run: plan.id.clone(),
            at,
            strategy: plan.strategy.clone(),
            goes_back: plan.goes_back(),
            before: plan.target.template.clone(),
            after: plan.template.clone(),
            ending,
            reason,
        }
    }
}
