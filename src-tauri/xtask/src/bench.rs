//! `cargo xtask bench NAME`: an optimised build of one benchmark of the acceptance package.

use crate::run::cargo;
use crate::{places, sh};

/// The benchmarks there are: `tests/src/bin/bench-NAME.rs`.
pub fn names() -> Vec<String> {
    let folder = places::checkout().join("tests/src/bin");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter_map(|name| Some(name.strip_prefix("bench-")?.trim_end_matches(".rs").to_owned())).collect();
    names.sort();
    names
}

/// Runs one; it prints a table and writes `target/bench/NAME.json`.
pub fn run(name: &str, arguments: &[String]) -> Result<(), sh::ShError> {
    let mut command = cargo();
    command.args(["run", "--release", "--package=acceptance", &format!("--bin=bench-{name}"), "--"]).args(arguments);
    sh::run(&mut command)
}
