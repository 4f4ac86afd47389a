//! A target and a wish in, a `Plan` out: what is written, what is waited for, how each step is undone, and what speaks
//! against it.
//!
//! This room does **not** know how to reach a cluster: it reads a [`Snapshot`] that somebody took. It does not know how
//! a step is carried out either (`engine`); it only names the closed list of steps.
//!
//! **Invariant:** the same snapshot and the same parameters give the same plan, byte for byte, but for its id and time.
//!
//! Adding a strategy: 1. one file in `strategies/`; 2. one line in its list; 3. a golden folder.
//! Adding a hazard: 1. one file in `hazards/`; 2. one line in its list; 3. a golden that fires and one that must not.

pub mod plan;
pub mod snapshot;
pub mod step;

pub use plan::{Finish, ImageChange, Plan, PlanError, Planned, Target, What};
pub use snapshot::{Access, DryRun, Snapshot, Verb};
pub use step::{Colour, Phase, SelectorTo, SmokeCheck, Step, SwitchService};
