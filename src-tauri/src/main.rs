//! The desktop shell: one window, three commands, and the way out.
//!
//! It does **not** know Kubernetes, plans or runs: every request of the page goes through [`api::dispatch`], everything
//! that happens comes as [`api::UiEvent`]. What the page may call is in `capabilities/main.json`: `call`, `subscribe` and `leave`.
//!
//! Beside that it is at home on a desktop: one window for each way of starting it (`one`), notifications and no sleep during a run
//! (`desktop`), a log and what it crashed by in the state folder (`log`, `crash`), links that show a place (`host::place`).
//!
//! **Invariant:** no listening socket, no navigation, no second window; the page is the one inside the binary.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod args;
mod crash;
mod desktop;
mod log;
mod one;
mod shell;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let args = args::Args::parse();
    args::before_gtk(&args);
    match shell::run(args) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("changeover: {e}");
            std::process::ExitCode::FAILURE
        }
    }
}
