//! One file per system.

pub mod registry;
