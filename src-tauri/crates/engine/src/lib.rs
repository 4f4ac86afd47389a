//! Runs a plan: intent on disk before each request, outcome after; hold, back out, undo, recover.
//!
//! The engine is the only writer to a cluster, and does **not** know how one is reached: it owns the ports
//! [`Cluster`], [`Journal`], [`Evidence`], [`Tunnel`] and [`Clock`], which other rooms implement.
//!
//! **Invariants** (numbers of the architecture document): I2 every write is guarded; I3 replays are no-ops; I4 intent
//! before the request, an unknown outcome is settled by a fencing write; I5 every wait has a deadline and a heartbeat;
//! I6 nothing lands late; I8 a way back from every state.

pub mod ports;

pub use plan::Access;
pub use ports::{
    Clock, Cluster, Duplex, Evidence, Journal, JournalError, Mode, Question, ReadError, RunHeader, Tunnel, Verdict, VerdictKind, WriteError,
};
