//! `cargo xtask release`: packages for Debian and Fedora, and the proof that the Debian one installs and works on a system that has
//! nothing of ours.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::lab::{self, Lab, Options};
use crate::run::{self, Profile};
use crate::{apt, frontend, places, say, sh};

/// A Debian package is no larger, in bytes.
const DEB: u64 = 15 << 20;
/// What a clean root is made with.
const BOOTSTRAP: &[&str] = &["debootstrap"];
/// The journey that is made with what was installed.
const JOURNEY: [&str; 2] = ["window_journeys", "a_blue_green_by_swap_from_the_list_of_clusters_to_the_flip_back"];
/// Runs a program in a root, which shares devices, network and the folder for temporary files with this machine. What is mounted
/// is seen by it alone, and gone with it.
const INSIDE: &str = r#"#!/bin/sh
exec unshare --mount --propagation private sh -c '
  root="$1"; shift
  mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" && mount --bind /tmp "$root/tmp" && exec chroot "$root" "$@"
' sh "$ROOT" "$@"
"#;

/// Why there is no release.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A command failed.
    #[error(transparent)]
    Sh(#[from] sh::ShError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The package is larger than it may be.
    #[error("{path}: {size} bytes, more than {DEB}")]
    Large {
        /// Which.
        path: PathBuf,
        /// How large it is.
        size: u64,
    },
    /// The bundler made none.
    #[error("no .{0} package was made")]
    Missing(&'static str),
    /// A clean root is made by root alone.
    #[error("only root can install a package on a clean root: run this as root, or without --prove")]
    NotRoot,
    /// The lab for the journey did not start.
    #[error(transparent)]
    Lab(#[from] lab::LabError),
}

fn file<T>(path: &Path, done: io::Result<T>) -> Result<T, ReleaseError> {
    done.map_err(|source| ReleaseError::File { path: path.to_path_buf(), source })
}

/// Writes a script that can be started.
fn program(path: PathBuf, text: &str) -> Result<PathBuf, ReleaseError> {
    file(&path, fs::write(&path, text))?;
    file(&path, fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))?;
    Ok(path)
}

/// Builds the packages; where it is to be proven, installs the Debian one on a clean root and makes a journey with it.
pub fn release(profile: Profile, prove: bool) -> Result<(), ReleaseError> {
    if prove && !sh::is_root() {
        return Err(ReleaseError::NotRoot);
    }
    apt::ensure(apt::WINDOW, "the window")?;
    frontend::build()?;
    run::build(profile)?;
    let built = run::target().join(run::folder(profile));
    let _ = fs::remove_dir_all(built.join("bundle"));
    let config = beside(&built)?;
    let mut tauri = Command::new(places::checkout().join("frontend/node_modules/.bin/tauri"));
    tauri.args(["bundle", "--ci", "--bundles", "deb,rpm", "--config"]).arg(&config).current_dir(places::checkout().join("src-tauri"));
    tauri.env("CARGO_TARGET_DIR", run::target());
    if profile == Profile::Debug {
        tauri.arg("--debug");
    }
    say::timed("the packages", || sh::read(&mut tauri))?;
    let deb = package(&built, "deb")?;
    say::timed("the Debian package, as small as Debian's own", || packed(&deb))?;
    let rpm = package(&built, "rpm")?;
    for path in [&deb, &rpm] {
        println!("{} ({} bytes)", path.display(), file(path, fs::metadata(path))?.len());
    }
    let size = file(&deb, fs::metadata(&deb))?.len();
    if profile == Profile::Release && size > DEB {
        return Err(ReleaseError::Large { path: deb, size });
    }
    if prove { proven(&deb) } else { Ok(()) }
}

/// What goes into the packages beside the window, and the bundler's configuration that says where.
fn beside(built: &Path) -> Result<PathBuf, ReleaseError> {
    let dir = built.join("beside");
    file(&dir, fs::create_dir_all(&dir))?;
    let program = built.join("changeoverctl");
    let said = |arguments: &[&str]| sh::read(Command::new(&program).args(arguments));
    let mut files = serde_json::Map::new();
    files.insert("/usr/bin/changeoverctl".into(), json!(program));
    files.insert("/usr/share/icons/hicolor/scalable/apps/changeover.svg".into(), json!(places::checkout().join("icons/changeover.svg")));
    files.insert("/usr/share/doc/changeover/copyright".into(), json!(places::checkout().join("LICENSE")));
    for (place, arguments) in [
        ("/usr/share/man/man1/changeoverctl.1", &["manual"][..]),
        ("/usr/share/bash-completion/completions/changeoverctl", &["completions", "bash"]),
        ("/usr/share/zsh/vendor-completions/_changeoverctl", &["completions", "zsh"]),
        ("/usr/share/fish/vendor_completions.d/changeoverctl.fish", &["completions", "fish"]),
    ] {
        let path = dir.join(Path::new(place).file_name().unwrap_or_default()).with_extension(arguments.join("-"));
        file(&path, fs::write(&path, said(arguments)?))?;
        files.insert(place.into(), json!(path));
    }
    let files = Value::Object(files);
    let config = json!({"bundle": {"linux": {"deb": {"files": files}, "rpm": {"files": files}}}});
    let path = dir.join("tauri.json");
    file(&path, fs::write(&path, config.to_string()))?;
    Ok(path)
}

/// Packs it anew with xz, as Debian does (deb(5)): the bundler knows gzip alone.
fn packed(deb: &Path) -> Result<(), ReleaseError> {
    let dir = deb.with_extension("unpacked");
    let _ = fs::remove_dir_all(&dir);
    sh::read(sh::command("dpkg-deb", ["--raw-extract"]).arg(deb).arg(&dir))?;
    sh::read(sh::command("dpkg-deb", ["--root-owner-group", "-Zxz", "-z9", "--build"]).arg(&dir).arg(deb))?;
    file(&dir, fs::remove_dir_all(&dir))
}

fn package(built: &Path, kind: &'static str) -> Result<PathBuf, ReleaseError> {
    let dir = built.join("bundle").join(kind);
    let all = file(&dir, fs::read_dir(&dir))?.flatten().map(|e| e.path());
    all.into_iter().find(|p| p.extension().is_some_and(|e| e == kind)).ok_or(ReleaseError::Missing(kind))
}

/// Installs it where nothing of ours is, asks both programs, and has a journey made with the window that was installed.
fn proven(deb: &Path) -> Result<(), ReleaseError> {
    apt::ensure(BOOTSTRAP, "a clean root")?;
    let dir = places::cache().join("release");
    let root = dir.join("root");
    let _ = fs::remove_dir_all(&root);
    file(&dir, fs::create_dir_all(&dir))?;
    let suite = sh::read(&mut sh::command("sh", ["-c", ". /etc/os-release && printf %s \"$VERSION_CODENAME\""]))?;
    say::timed("a clean root", || sh::read(sh::command("debootstrap", ["--variant=minbase", &suite]).arg(&root)))?;
    let script = program(dir.join("inside"), INSIDE)?;
    let inside = |arguments: &[&str]| {
        let mut command = Command::new(&script);
        command.env("ROOT", &root).env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command
    };
    let there = root.join("root/changeover.deb");
    file(&there, fs::copy(deb, &there))?;
    let install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "/root/changeover.deb"];
    say::timed("the package with what it depends on", || sh::read(&mut inside(&install)))?;
    for asked in [&["changeover", "info"][..], &["changeoverctl", "--version"], &["changeoverctl", "contexts"]] {
        let said = sh::read(&mut inside(asked))?;
        println!("{}: {}", asked.join(" "), said.lines().next().unwrap_or_default());
    }
    // One in every size that desktops ask for, and one for all others.
    for size in ["16x16", "24x24", "32x32", "48x48", "64x64", "128x128", "scalable"] {
        let icon = root.join(format!("usr/share/icons/hicolor/{size}/apps/changeover.{}", if size == "scalable" { "svg" } else { "png" }));
        file(&icon, fs::metadata(&icon))?;
    }
    let starts = format!("#!/bin/sh\nROOT='{}' exec '{}' changeover \"$@\"\n", root.display(), script.display());
    let window = program(dir.join("window"), &starts)?;
    let lab = Lab::own(&Options::practice())?;
    let mut journey = run::cargo();
    journey.args(["test", "--package=acceptance", "--test", JOURNEY[0], "--", "--exact", JOURNEY[1]]);
    let made = sh::run(journey.env("CHANGEOVER_LAB_DIR", lab.dir().path()).env("CHANGEOVER_BIN", &window));
    lab.end()?;
    made?;
    file(&root, fs::remove_dir_all(&root))
}
