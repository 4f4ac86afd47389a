//! The strategies: ways to bring a new version into service. Each is a flat list of steps that reads as the algorithm.
//!
//! A strategy does **not** decide whether it is wise (`hazards`): it refuses only what it cannot put into steps.

use jiff::Timestamp;
use model::ObjectId;
use serde_json::Value;

use crate::params::ParamSchema;
use crate::plan::{Plan, PlanError, Planned, What};
use crate::snapshot::Snapshot;
use crate::step::{Phase, Step};

pub mod blue_green;
pub mod rollback;

/// Every strategy: a new one is one file and one line here.
pub const LIST: &[&dyn Strategy] = &[&blue_green::BlueGreen, &rollback::Rollback];

/// A way to bring a version into service.
pub trait Strategy: Sync {
    /// Name, as in plan files and on the command line: `blue-green`.
    fn name(&self) -> &'static str;
    /// Whether it leads back to what served before: an incident does not wait for rights to a record.
    fn goes_back(&self) -> bool {
        false
    }
    /// What the operator may choose.
    fn params(&self) -> ParamSchema;
    /// Makes the plan, sealed. `id` becomes the plan's id.
    fn plan(
        &self,
        snapshot: &Snapshot,
        target: &ObjectId,
        what: &What,
        params: &Value,
        now: Timestamp,
        id: &str,
    ) -> Result<Plan, PlanError>;
}

/// The strategy of that name.
pub fn find(name: &str) -> Option<&'static dyn Strategy> {
    LIST.iter().copied().find(|s| s.name() == name)
}

/// Steps in the order of their writing; each waits for the one before. Ids are made unique.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    steps: Vec<Planned>,
}

impl Draft {
    /// Adds a step. `way_back` as [`Planned::way_back_seconds`].
    pub(crate) fn push(&mut self, id: &str, phase: Phase, step: Step, way_back: Option<u32>) {
        let taken = |candidate: &str| self.steps.iter().any(|s| s.id == candidate);
        let mut unique = id.to_string();
        let mut n = 2;
        while taken(&unique) {
            unique = format!("{id}-{n}");
            n += 1;
        }
        let after = self.steps.last().map(|s| s.id.clone()).into_iter().collect();
        self.steps.push(Planned { id: unique, after, phase, step, way_back_seconds: way_back });
    }

    /// Steps that write, so far.
    pub(crate) fn writes(&self) -> u32 {
        let n = self.steps.iter().filter(|s| !s.step.writes_to().is_empty()).count();
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    /// The steps.
    pub(crate) fn into_steps(self) -> Vec<Planned> {
        self.steps
    }
}

/// Our own deadline for a wait: the Deployment's, unless it is absent or says "never" (2147483647: the controller gives
/// no verdict at all then, seen on 1.37).
pub(crate) fn default_deadline(of_deployment: Option<i64>) -> u32 {
    match of_deployment.and_then(|s| u32::try_from(s).ok()) {
        None | Some(0) | Some(2_147_483_647..) => 600,
        Some(s) => s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for s in LIST {
            assert_eq!(LIST.iter().filter(|o| o.name() == s.name()).count(), 1, "{}", s.name());
            assert!(find(s.name()).is_some());
        }
    }

    #[test]
    fn defaults_pass_their_own_check() {
        for s in LIST {
            let filled = s.params().fill(&Value::Null).expect("defaults");
            s.params().fill(&Value::Object(filled)).unwrap_or_else(|e| panic!("{}: {e}", s.name()));
        }
    }

    #[test]
    fn a_deployment_that_never_gives_up_gets_our_deadline() {
        assert_eq!([None, Some(2_147_483_647), Some(90)].map(default_deadline), [600, 600, 90]);
    }
}
