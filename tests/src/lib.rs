//! Acceptance: what a user relies on, against a real API server, a real node and the real window.
//!
//! The tests are in `tests/`; this library holds what they share. It does **not** know the rooms' insides: it starts the
//! programs that a user starts.

pub mod fault;
pub mod journey;
pub mod real;
pub mod window;

/// Anything that a test can stumble over; the message says what was waited for.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
