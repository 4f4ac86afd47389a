//! The workshop: what `cargo xtask` does, and the lab that the tests stand on.
//!
//! `lab` starts a real Kubernetes out of its real programs. The acceptance tests use it as a library; everything
//! else here is the command line's. Nothing in here knows the product's rooms: it starts clusters, compilers and
//! test runners, and never parses a plan.

pub mod apt;
pub mod bench;
pub mod frontend;
pub mod lab;
pub mod places;
pub mod planted;
pub mod release;
pub mod run;
pub mod say;
pub mod sh;
pub mod suite;
pub mod tidy;
