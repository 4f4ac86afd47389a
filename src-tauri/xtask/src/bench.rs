//! `cargo xtask bench NAME`: an optimised build of one benchmark of the acceptance package.

use std::process::Command;

use crate::lab::{Lab, LabError, Options};
use crate::run::{cargo, target};
use crate::{apt, frontend, places, sh};

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A command failed.
    #[error(transparent)]
    Sh(#[from] sh::ShError),
    /// The lab did not start.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// There is no such benchmark.
    #[error("no benchmark {name:?}; there are: {}", .there.join(", "))]
    Unknown {
        /// As given.
        name: String,
        /// Those that there are.
        there: Vec<String>,
    },
}

/// The benchmarks there are: `tests/src/bin/bench-NAME.rs`.
pub fn names() -> Vec<String> {
    let folder = places::checkout().join("tests/src/bin");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter_map(|name| Some(name.strip_prefix("bench-")?.trim_end_matches(".rs").to_owned())).collect();
    names.sort();
    names
}

/// Runs one, on a lab that is there for it alone, with a real node but for the window's; it prints a table and writes `target/bench/NAME.json`.
///
/// # Errors
/// [`LabError::NotRoot`] without root; a benchmark that does not exist, does not build, or fails. A goal that is missed
/// is no error.
pub fn run(name: &str, arguments: &[String]) -> Result<(), BenchError> {
    if !names().iter().any(|n| n == name) {
        return Err(BenchError::Unknown { name: name.to_owned(), there: names() });
    }
    let bin = format!("--bin=bench-{name}");
    // Built before the lab stands, so that both are not in each other's way.
    let mut build = cargo();
    build.args(["build", "--release", "--package=acceptance", &bin]);
    // Without metrics: an autoscaler that answers to the load would change what is measured.
    let options = if name == "window" {
        apt::ensure(apt::WINDOW, "the window")?;
        frontend::build()?;
        build.args(["--package=changeover", "--bin=changeover", "--package=blank", "--bin=blank"]);
        Options::practice()
    } else {
        build.args(["--package=cli", "--bin=changeoverctl"]);
        Options { traefik: true, ..Options::real_nodes(1) }
    };
    sh::run(&mut build)?;
    let lab = Lab::own(&options)?;
    // Not by `cargo run`, which would build it once more with other features, beside the lab.
    let mut command = Command::new(target().join("release").join(format!("bench-{name}")));
    command.args(arguments).env("CHANGEOVER_LAB_DIR", lab.dir().path());
    let ran = sh::run(&mut command);
    lab.end()?;
    Ok(ran?)
}
