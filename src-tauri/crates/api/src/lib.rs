//! The face of Changeover: one list of commands, the wire types, what is told to a window, and error codes.
//!
//! Every front end (window, script, tests) goes through [`dispatch`] or the [`Commands`] trait. This room does **not**
//! know Tauri, a terminal, or how the rooms are wired together (`host` does, by implementing [`Commands`]).
//!
//! **Invariant:** what a command changes is only ever seen through a view that it returns or a [`UiEvent`].
//!
//! Adding a command: 1. one line in the list of `commands.rs`; 2. its body in `host`; 3. `cargo xtask codegen`.

#[macro_use]
mod list;
pub mod commands;
pub mod error;
pub mod event;
pub mod typescript;
pub mod views;

pub use commands::{Commands, NAMES, dispatch};
pub use error::{Code, UiError};
pub use event::UiEvent;
pub use views::*;
