//! `cargo xtask tidy`: what no compiler checks. The rooms' "may use" table, the core's innocence of any client, and
//! that architecture.md names the crates that there are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::cargo;
use crate::{places, say, sh};

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// These fail the check.
    pub errors: Vec<String>,
    /// These are said.
    pub warnings: Vec<String>,
}

/// The rooms, and which other rooms each may use. Architecture.md explains it; this is what holds it.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("traffic", &["model"]),
    ("topology", &["model", "traffic"]),
    ("plan", &["model", "topology", "traffic"]),
    ("engine", &["model", "plan", "traffic"]),
    ("cluster", &["model", "engine"]),
    ("evidence", &["model", "engine"]),
    ("delivery", &["model"]),
    ("store", &["model", "engine"]),
    ("rehearsal", &["model", "engine", "traffic"]),
    ("api", &["model", "traffic", "topology", "plan", "engine", "cluster", "evidence", "delivery", "store", "rehearsal"]),
    ("host", &["model", "traffic", "topology", "plan", "engine", "cluster", "evidence", "delivery", "store", "rehearsal", "api"]),
    // The command line renders plans and graphs, whose words live in the core.
    ("cli", &["api", "host", "model", "plan", "engine", "topology"]),
];

/// Clients that the core must not see, even through somebody else.
const NOT_IN_THE_CORE: &[&str] = &["tauri", "kube", "reqwest", "hyper"];
const CORE: &[&str] = &["model", "traffic", "topology", "plan", "engine"];

/// The longest file that needs no explanation.
const LONG: usize = 500;

/// Everything.
pub fn check() -> Findings {
    let mut findings = Findings::default();
    rooms(&mut findings);
    core(&mut findings);
    architecture(&mut findings);
    lengths(&mut findings);
    findings
}

fn crates() -> Vec<String> {
    let folder = places::checkout().join("src-tauri/crates");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn rooms(findings: &mut Findings) {
    for name in crates() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(room, _)| *room == name) else {
            findings.errors.push(format!("crate {name}: has no line in the table of rooms (xtask/src/tidy.rs)"));
            continue;
        };
        let file = places::checkout().join("src-tauri/crates").join(&name).join("Cargo.toml");
        let text = fs::read_to_string(&file).unwrap_or_default();
        for used in dependencies(&text) {
            let is_room = MAY_USE.iter().any(|(room, _)| *room == used) || used == "changeover";
            if is_room && !allowed.contains(&used.as_str()) {
                findings.errors.push(format!("crate {name}: may not use {used}; it may use {allowed:?}"));
            }
        }
    }
}

/// The names under `[dependencies]` and its like; what only tests use is free.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
        } else if inside && !line.starts_with('#') {
            let name: String = line.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
            if !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

/// A client must be absent from the core: `cargo tree --invert` then finds no such package, and fails.
fn core(findings: &mut Findings) {
    for room in CORE {
        for client in NOT_IN_THE_CORE {
            let package = format!("--package={room}");
            let mut tree = cargo();
            tree.args(["tree", "--offline", "--edges=normal", &package, "--invert", client]);
            // With nothing to show it either fails or prints nothing, by whether others in the workspace use it.
            if sh::read(&mut tree).is_ok_and(|shown| !shown.trim().is_empty()) {
                findings.errors.push(format!("crate {room}: sees {client}; `cargo tree -p {room} -i {client}` shows how"));
            }
        }
    }
}

fn architecture(findings: &mut Findings) {
    let file = places::checkout().join("src-tauri/docs/architecture.md");
    let Ok(text) = fs::read_to_string(&file) else {
        findings.errors.push("src-tauri/docs/architecture.md: is not there".to_owned());
        return;
    };
    let there = crates();
    for name in &there {
        if !text.contains(&format!("`{name}`")) {
            findings.errors.push(format!("architecture.md: does not name the crate `{name}`"));
        }
    }
    // A path names a crate beyond doubt; a bare word may be anything.
    for rest in text.split("crates/").skip(1) {
        let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_')).collect();
        if !name.is_empty() && !there.contains(&name) {
            findings.errors.push(format!("architecture.md: names crates/{name}, which is gone"));
        }
    }
}

fn lengths(findings: &mut Findings) {
    let mut files = Vec::new();
    for folder in ["src-tauri/src", "src-tauri/crates", "src-tauri/xtask/src", "tests/src", "tests/tests", "frontend/src"] {
        sources(&places::checkout().join(folder), &mut files);
    }
    for file in files {
        let lines = fs::read_to_string(&file).unwrap_or_default().lines().count();
        if lines > LONG {
            let shown = file.strip_prefix(places::checkout()).unwrap_or(&file).display();
            findings.warnings.push(format!("{shown}: {lines} lines; past {LONG} it says why, or splits"));
        }
    }
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "ts" || e == "svelte") {
            files.push(path);
        }
    }
}

/// The version of cargo-deny that `deny.toml` is written for.
const DENY: &str = "0.20.2";

/// cargo-deny, installed into the user's cache when it is not there.
pub fn cargo_deny() -> Result<PathBuf, sh::ShError> {
    let root = places::cache().join(format!("tools/cargo-deny-{DENY}"));
    let program = root.join("bin/cargo-deny");
    if program.is_file() {
        return Ok(program);
    }
    say::timed("building cargo-deny (about 5 minutes the first time)", || {
        let mut install = cargo();
        install.args(["install", "cargo-deny", "--locked", "--quiet", "--version", DENY, "--root"]).arg(&root);
        // Its own folder for the build: the checkout's may be locked by the command that called this.
        install.env("CARGO_TARGET_DIR", root.join("build"));
        sh::run(&mut install)
    })?;
    let _ = fs::remove_dir_all(root.join("build"));
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_shipped_counts_as_a_dependency() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\nmodel.workspace = true\n# kube = 1\nserde = \"1\"\n\
                        [dev-dependencies]\nhost.workspace = true\n[target.'cfg(unix)'.dependencies]\nlibc = \"0\"\n";
        assert_eq!(dependencies(manifest), ["model", "serde", "libc"]);
    }

    #[test]
    fn every_room_uses_only_rooms_of_the_table() {
        for (room, uses) in MAY_USE {
            for used in *uses {
                assert!(MAY_USE.iter().any(|(name, _)| name == used), "{room} may use {used}, which is no room");
            }
        }
    }
}
