//! Plants bugs, one at a time, in a copy of the checkout, and runs the tests that must catch each: `tests/planted.json`.
//!
//! A bug is one text in one file that is replaced by another. The copy shares the target folder, so that what is not changed
//! is not built again.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{places, say, sh};

/// One bug.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bug {
    /// What goes wrong, in words.
    pub bug: String,
    file: PathBuf,
    find: String,
    replace: String,
    room: String,
    /// Test binary (or `--lib`) and, if wanted, the beginning of a test's name.
    test: String,
}

/// Why bugs could not be planted.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The list.
    #[error("tests/planted.json: {0}")]
    List(#[from] serde_json::Error),
    /// The code has changed since.
    #[error("tests/planted.json: `{bug}`: its text stands {times} times in {file}, it must stand once: bring the list up to date")]
    Old {
        /// Bug.
        bug: String,
        /// Times.
        times: usize,
        /// File.
        file: String,
    },
    /// git.
    #[error(transparent)]
    Sh(#[from] sh::ShError),
}

fn file<T>(path: &Path, result: std::io::Result<T>) -> Result<T, PlantError> {
    result.map_err(|source| PlantError::File { path: path.to_path_buf(), source })
}

/// The list, each checked against the code as it is.
pub fn list(checkout: &Path) -> Result<Vec<Bug>, PlantError> {
    let path = checkout.join("tests/planted.json");
    let bugs: Vec<Bug> = serde_json::from_str(&file(&path, fs::read_to_string(&path))?)?;
    for bug in &bugs {
        let path = checkout.join(&bug.file);
        let times = file(&path, fs::read_to_string(&path))?.matches(&bug.find).count();
        if times != 1 {
            return Err(PlantError::Old { bug: bug.bug.clone(), times, file: bug.file.display().to_string() });
        }
    }
    Ok(bugs)
}

/// Plants each and says whether it was caught; true when all were.
pub fn run() -> Result<bool, PlantError> {
    let checkout = places::checkout();
    let bugs = list(&checkout)?;
    let copy = places::cache().join("planted");
    copied(&checkout, &copy)?;
    let mut caught = 0;
    for bug in &bugs {
        let path = copy.join(&bug.file);
        let whole = file(&path, fs::read_to_string(&path))?;
        file(&path, fs::write(&path, whole.replacen(&bug.find, &bug.replace, 1)))?;
        let said = judge(&checkout, &copy, bug);
        file(&path, fs::write(&path, whole))?;
        let said = said?;
        caught += usize::from(said == Said::Caught);
        say::note(&format!("{} · {}", said.word(), bug.bug));
    }
    say::note(&format!("{caught} of {} planted bugs were caught", bugs.len()));
    Ok(caught == bugs.len())
}

#[derive(PartialEq)]
enum Said {
    Caught,
    Lived,
    Unbuilt,
}

impl Said {
    fn word(&self) -> &'static str {
        match self {
            Said::Caught => "caught",
            Said::Lived => "NOT CAUGHT",
            Said::Unbuilt => "does not build: mend the list",
        }
    }
}

/// How long a test may take, with what is built for it.
const MINUTES: &str = "15m";

fn judge(checkout: &Path, copy: &Path, bug: &Bug) -> Result<Said, PlantError> {
    let words: Vec<&str> = bug.test.split(' ').collect();
    let mut arguments = vec!["test", "-q", "-p", &bug.room];
    match words.first() {
        Some(&"--lib") => arguments.push("--lib"),
        Some(binary) => arguments.extend(["--test", binary]),
        None => {}
    }
    arguments.extend(words.get(1));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| checkout.join("target"), PathBuf::from);
    // A bug may make a run go round for ever: whoever runs the tests notices that, too.
    let mut command = sh::command("timeout", [MINUTES, "cargo"].into_iter().chain(arguments));
    command.current_dir(copy).env("CARGO_TARGET_DIR", target).env_remove("CARGO_MANIFEST_DIR");
    match sh::read(&mut command) {
        Ok(_) => Ok(Said::Lived),
        Err(e) if e.to_string().contains("could not compile") => Ok(Said::Unbuilt),
        Err(e @ sh::ShError::Start { .. }) => Err(e.into()),
        Err(_) => Ok(Said::Caught),
    }
}

/// What git knows of the checkout, as it lies there; what is the same already keeps its time.
fn copied(checkout: &Path, copy: &Path) -> Result<(), PlantError> {
    let named = sh::read(sh::command("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(checkout))?;
    for name in named.split('\0').filter(|n| !n.is_empty()) {
        let (from, to) = (checkout.join(name), copy.join(name));
        // Deleted, and not committed yet.
        let Ok(now) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|there| there == now) {
            continue;
        }
        if let Some(folder) = to.parent() {
            file(folder, fs::create_dir_all(folder))?;
        }
        file(&to, fs::write(&to, now))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_planted_bug_still_has_its_place() {
        let bugs = super::list(&crate::places::checkout()).unwrap_or_else(|e| panic!("{e}"));
        assert!(bugs.len() >= 10);
    }
}
