//! The page: its packages and its build, each made only when what it is made from has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::{places, say, sh};

/// A command in the page's folder.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = sh::command("npm", arguments);
    command.current_dir(places::checkout().join("frontend"));
    command
}

/// Installs the page's packages when the lock file is not the one that is installed.
pub fn packages() -> Result<(), sh::ShError> {
    let frontend = places::checkout().join("frontend");
    let key = hash(&[frontend.join("package-lock.json")]);
    let stamp = frontend.join("node_modules/.changeover-stamp");
    if is(&stamp, &key) {
        return Ok(());
    }
    say::timed("npm packages", || sh::run(&mut npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"])))?;
    keep(&stamp, &key);
    Ok(())
}

/// Builds the page when one of its files is not as it was at the last build.
pub fn build() -> Result<(), sh::ShError> {
    made("build", "dist/index.html", "the window's page")
}

/// Builds the gallery of all states of the page, on its fake.
pub fn gallery() -> Result<(), sh::ShError> {
    made("gallery", "gallery-dist/gallery.html", "the gallery's page")
}

fn made(script: &str, page: &str, what: &str) -> Result<(), sh::ShError> {
    packages()?;
    let frontend = places::checkout().join("frontend");
    let mut files = Vec::new();
    for entry in fs::read_dir(&frontend).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match name.as_str() {
            "node_modules" | "dist" | "gallery-dist" => {}
            _ if entry.is_dir() => collect(&entry, &mut files),
            _ => files.push(entry),
        }
    }
    files.sort();
    let key = hash(&files);
    // Beside `dist` and not in it: the build empties that folder, and its content goes into the binary.
    let stamp = frontend.join(format!("node_modules/.changeover-{script}"));
    if is(&stamp, &key) && frontend.join(page).is_file() {
        return Ok(());
    }
    say::timed(what, || sh::read(&mut npm(&["run", "--silent", script])))?;
    keep(&stamp, &key);
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn hash(files: &[PathBuf]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.to_string_lossy().as_bytes());
        hash.update([0]);
        hash.update(fs::read(file).unwrap_or_default());
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}

fn is(stamp: &Path, key: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|kept| kept == key)
}

/// A stamp that cannot be written costs a build next time, nothing else.
fn keep(stamp: &Path, key: &str) {
    let _ = fs::write(stamp, key);
}
