//! A lab's folder and what is written down about it, so that a later command can find, judge and stop it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::process::Process;
use super::{LabError, Options};
use crate::places;

/// The folder of one lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabDir(PathBuf);

impl LabDir {
    /// A folder of the caller's choice.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// `$CHANGEOVER_LAB_DIR`, else the user's one lab.
    pub fn usual() -> Self {
        match std::env::var_os("CHANGEOVER_LAB_DIR") {
            Some(path) if !path.is_empty() => Self(path.into()),
            _ => Self(places::state().join("lab")),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Keys and certificates.
    pub fn certs(&self) -> PathBuf {
        self.0.join("certs")
    }

    /// What the programs say.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// The API server's log of writes to Services.
    pub fn audit_log(&self) -> PathBuf {
        self.logs().join("audit.log")
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.0.join("kubeconfig")
    }

    /// The kubeconfig of a user of the lab.
    pub fn kubeconfig_of(&self, user: &str) -> PathBuf {
        if user == "admin" { self.kubeconfig() } else { self.0.join(format!("kubeconfig-{user}")) }
    }

    fn record(&self) -> PathBuf {
        self.0.join("lab.json")
    }

    /// Makes the folders anew: a lab starts from nothing.
    pub fn make(&self) -> Result<(), LabError> {
        use std::os::unix::fs::PermissionsExt as _;
        for folder in [self.0.clone(), self.certs(), self.logs()] {
            fs::create_dir_all(&folder).map_err(|e| LabError::file(&folder, e))?;
        }
        fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700)).map_err(|e| LabError::file(&self.0, e))
    }

    /// Removes everything but the lock.
    pub fn clear(&self) -> Result<(), LabError> {
        let Ok(entries) = fs::read_dir(&self.0) else { return Ok(()) };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.file_name().is_some_and(|name| name == "lock") {
                continue;
            }
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.map_err(|e| LabError::file(&path, e))?;
        }
        Ok(())
    }

    /// Holds the lab for one command at a time; released when the file is dropped.
    pub fn lock(&self) -> Result<File, LabError> {
        fs::create_dir_all(&self.0).map_err(|e| LabError::file(&self.0, e))?;
        let path = self.0.join("lock");
        let file = File::create(&path).map_err(|e| LabError::file(&path, e))?;
        if file.try_lock().is_err() {
            crate::say::step(&format!("another command works on {}; waiting for it", self.0.display()));
            file.lock().map_err(|e| LabError::file(&path, e))?;
        }
        Ok(file)
    }

    /// What is written down; `None` when nothing is.
    pub fn read(&self) -> Result<Option<Record>, LabError> {
        let path = self.record();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LabError::file(&path, error)),
        };
        serde_json::from_str(&text).map(Some).map_err(|source| LabError::Record { path, source })
    }

    /// Writes the record down; whole or not at all.
    pub fn write(&self, record: &Record) -> Result<(), LabError> {
        let path = self.record();
        let text = serde_json::to_string_pretty(record).map_err(|source| LabError::Record { path: path.clone(), source })?;
        let new = self.0.join("lab.json.new");
        fs::write(&new, text).and_then(|()| fs::rename(&new, &path)).map_err(|e| LabError::file(&path, e))
    }
}

/// What stands, written down before and while it is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What was asked for.
    pub options: Options,
    /// True once everything that was asked for stood.
    pub complete: bool,
    /// The process that owns the lab, where it is to go when that process goes.
    pub owner: Option<(u32, u64)>,
    /// The API server's address.
    pub server: String,
    /// The name of the kubeconfig's context.
    pub context: String,
    /// Tokens by user.
    pub tokens: BTreeMap<String, String>,
    /// Every program that was started, in order.
    pub processes: Vec<Process>,
    /// The network of real nodes.
    pub network: Option<Network>,
    /// Where the shop is reached through Traefik.
    pub traefik: Option<String>,
}

/// The addresses of real nodes: `10.SECOND.0.0/16`, and the names that follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The second byte of every address of this lab.
    pub second: u8,
}

impl Network {
    /// The bridge in the root namespace, and the stem of every other name.
    pub fn name(self) -> String {
        format!("chglab{}", self.second)
    }

    /// The root namespace on the bridge: the API server's address.
    pub fn gateway(self) -> String {
        format!("10.{}.0.1", self.second)
    }

    /// The address of a node, counted from 1.
    pub fn node(self, node: u8) -> String {
        format!("10.{}.0.{}", self.second, node + 1)
    }

    /// The pods of a node.
    pub fn pods(self, node: u8) -> String {
        format!("10.{}.{}.0/24", self.second, 64 + node)
    }

    /// All pods.
    pub fn all_pods(self) -> String {
        format!("10.{}.64.0/18", self.second)
    }

    /// The Services.
    pub fn services(self) -> String {
        format!("10.{}.128.0/17", self.second)
    }

    /// Where Traefik listens: port 80 of a loopback address of its own.
    pub fn entry(self) -> String {
        format!("127.77.{}.1", self.second)
    }
}
