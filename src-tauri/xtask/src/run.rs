//! `cargo xtask run`: from a fresh checkout to an open window.

use std::path::PathBuf;
use std::process::Command;

use crate::lab::{self, Lab, LabDir, Options};
use crate::{apt, frontend, places, say, sh};

/// Where the window finds its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The user's kubeconfig where there is one, else the practice lab.
    Kubeconfig,
    /// The lab, whatever else there is.
    Lab,
}

/// How the window is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build.
    Debug,
    /// Quick to run.
    Release,
}

/// Why the window did not open.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A command failed.
    #[error(transparent)]
    Sh(#[from] sh::ShError),
    /// The practice lab did not start.
    #[error(transparent)]
    Lab(#[from] lab::LabError),
}

/// Installs what is missing, builds, and opens the window.
pub fn run(profile: Profile, on: On, arguments: &[String]) -> Result<(), RunError> {
    apt::ensure(apt::WINDOW, "the window")?;
    frontend::build()?;
    build(profile)?;
    let mut window = Command::new(target().join(folder(profile)).join("changeover"));
    match kubeconfig(on) {
        Some(file) => say::step(&format!("opening the window on {file}")),
        None => {
            let (lab, _) = practice()?;
            say::step("opening the window on the practice lab; stop it later with `cargo xtask lab down`");
            window.env("KUBECONFIG", lab.kubeconfig());
        }
    }
    sh::run(window.args(arguments))?;
    Ok(())
}

/// An unrelated lab that stands in the usual place serves as well as a practice lab.
fn practice() -> Result<(Lab, lab::Found), lab::LabError> {
    match Lab::open(LabDir::usual()) {
        Ok(lab) => Ok((lab, lab::Found::Standing)),
        Err(_) => Lab::up(LabDir::usual(), &Options::practice()),
    }
}

/// Builds the window and the command line.
pub fn build(profile: Profile) -> Result<(), sh::ShError> {
    let mut cargo = cargo();
    cargo.args(["build", "--package=changeover", "--package=cli"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    sh::run(&mut cargo)
}

/// Cargo, in the checkout, as if it were called from a shell: without what the cargo that started us says of this package.
/// Build scripts ask for that (ring's does), and would build everything above them anew each time the two take turns.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let ours = |name: &str| ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|p| name.starts_with(p));
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)).for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.current_dir(places::checkout());
    command
}

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(path) => places::checkout().join(path),
        None => places::checkout().join("target"),
    }
}

/// Its folder below that of cargo.
pub fn folder(profile: Profile) -> &'static str {
    match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    }
}

/// What the window will read, in words; `None` when it shall have the practice lab.
fn kubeconfig(on: On) -> Option<String> {
    if on == On::Lab {
        return None;
    }
    if let Ok(list) = std::env::var("KUBECONFIG")
        && !list.is_empty()
    {
        return Some(list);
    }
    let usual = places::home().join(".kube/config");
    usual.is_file().then(|| usual.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_called_as_from_a_shell() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "cargo says it to its tests as to what it runs");
        let command = cargo();
        let removed: Vec<&std::ffi::OsStr> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(removed.contains(&"CARGO_PKG_NAME".as_ref()) && removed.contains(&"CARGO_MANIFEST_DIR".as_ref()), "{removed:?}");
        for users in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR", "CARGO_INCREMENTAL"] {
            assert!(!removed.contains(&users.as_ref()), "{users} is the user's");
        }
    }
}
