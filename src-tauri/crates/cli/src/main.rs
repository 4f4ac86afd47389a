//! `changeoverctl`: the rooms of Changeover from a script. Also `kubectl changeover`, when linked as `kubectl-changeover`.
//!
//! This room does **not** decide anything about a cluster or a run: it types what an operator would click, prints views
//! and turns the end of a run into an exit code. It does not know the rooms behind `host`.
//!
//! **Invariants:** a closed standard output never ends a run; what a cluster says is printed, never interpreted by the
//! terminal; `--yes` approves gates and nothing else.
//!
//! Adding a command: 1. a variant in `args.rs` with examples; 2. its body in `commands.rs`; 3. its schema in docs/cli.md.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

mod args;
mod commands;
mod exit;
mod follow;
mod logs;
mod map;
mod out;
mod progress;
mod text;
mod trace;

use exit::Exit;
use out::{Out, say};

fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help to standard output, errors to standard error; a closed pipe is nobody's failure.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(Exit::Usage.code()));
        }
    };
    if let Some(text) = cli.command.written() {
        // A closed pipe is nobody's failure.
        let _ = std::io::Write::write_all(&mut std::io::stdout(), &text);
        return ExitCode::SUCCESS;
    }
    log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(r) => r,
        Err(e) => {
            say(&format!("cannot start: {e}"));
            return ExitCode::from(Exit::Failed.code());
        }
    };
    let mut out = Out::stdout(cli.global.no_color);
    let exit = runtime.block_on(commands::run(&cli, &mut out)).unwrap_or_else(|e| {
        commands::report(&e, &cli, &mut out);
        Exit::of_error(&e)
    });
    // A thread may still wait for a line on standard input.
    runtime.shutdown_background();
    ExitCode::from(exit.code())
}

/// Reads the command line under the name that it was called by.
fn parse() -> Result<args::Cli, clap::Error> {
    let called = std::env::args().next().unwrap_or_default();
    let plugin = std::path::Path::new(&called).file_stem().is_some_and(|n| n == "kubectl-changeover");
    let mut command = args::Cli::command();
    if plugin {
        command = command.bin_name("kubectl changeover").display_name("kubectl changeover");
    }
    args::Cli::from_arg_matches(&command.try_get_matches()?)
}

/// Logs go to standard error when `CHANGEOVER_LOG` asks for them.
fn log_to_stderr() {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("CHANGEOVER_LOG") {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    }
}
