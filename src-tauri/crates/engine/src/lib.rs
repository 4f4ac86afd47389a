//! Runs a plan: intent on disk before each request, outcome after; hold, back out, undo, recover.
//!
//! The engine is the only writer to a cluster, and does **not** know how one is reached: it owns the ports
//! [`Cluster`], [`Journal`], [`Evidence`], [`Tunnel`] and [`Clock`], which other rooms implement.
//!
//! **Invariants** (numbers of the architecture document): I2 every write is guarded; I3 replays are no-ops; I4 intent
//! before the request, an unknown outcome is settled by a fencing write; I5 every wait has a deadline and a heartbeat;
//! I6 nothing lands late; I8 a way back from every state.
//!
//! How it hangs together: `run` loops over the journaled status; `steps` carry out and take back; `writer` sends guarded
//! writes; `view` folds the journal into the state; `change` and `waits` are pure; `survey` reads what plans are made of, and
//! `preflight` asks whether one would be allowed and admitted.

pub mod change;
pub mod clock;
pub mod ctx;
pub mod entry;
pub mod lease;
pub mod ports;
mod preflight;
pub mod record;
mod repair;
pub mod run;
pub mod shared;
pub mod show;
pub mod status;
mod steps;
mod survey;
mod tidy;
pub mod verify;
pub mod view;
pub mod waits;
mod watchful;
mod world;
mod writer;

pub use clock::TokioClock;
pub use ctx::{Command, FailPoint, Options, Pace, Ports};
pub use entry::{Choice, Entry, Event, Hold, HoldCode, Said, ThreeWay};
pub use ports::{
    Access, Clock, Cluster, Duplex, Evidence, Journal, JournalError, Mode, Question, ReadError, RunHeader, Tunnel, Verdict, VerdictKind,
    WriteError,
};
pub use preflight::preflight;
pub use run::{Run, RunError, inspect};
pub use shared::{Heard, ShareError, Take};
pub use show::RunView;
pub use status::{RunStatus, StepStatus};
pub use survey::survey;
pub use view::View;
