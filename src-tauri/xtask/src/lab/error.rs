//! What can go wrong with a lab, each with the file, the program or the remedy.

use std::io;
use std::path::{Path, PathBuf};

use crate::sh;

/// Why a lab does not stand, or does not go.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The record of a lab is not what this version writes.
    #[error("{}: is not readable as JSON: {source}; stop the lab with the version that started it", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A program could not be started.
    #[error("{program}: cannot be started: {source}")]
    Start {
        /// Which one.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program ended that should run.
    #[error("{program}: ended; its log is {}:\n{said}", log.display())]
    Died {
        /// Which one.
        program: String,
        /// What it said.
        log: PathBuf,
        /// The end of that.
        said: String,
    },
    /// A condition did not come about.
    #[error("waited {seconds} s in vain for {what}; see the lab's logs folder")]
    Waited {
        /// For what.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// Processes survived KILL.
    #[error("these processes do not end: {left}")]
    WouldNotStop {
        /// Their names and pids.
        left: String,
    },
    /// A program that no build makes.
    #[error("{name}: is not among the lab's programs")]
    NoProgram {
        /// Its name.
        name: String,
    },
    /// No certificate could be made.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A command failed.
    #[error(transparent)]
    Sh(#[from] sh::ShError),
    /// Real nodes need namespaces, mounts and cgroups.
    #[error("real nodes need root; run this as root, or without --real-nodes for the practice lab")]
    NotRoot,
    /// Traefik and metrics-server have nothing to do with simulated pods.
    #[error("--traefik and --metrics need a real node: simulated pods answer nothing; add --real-nodes 1")]
    NeedsRealNode,
    /// Every range of addresses is in use.
    #[error("no free address range 10.230.0.0/16 to 10.239.0.0/16 for a lab's network; stop a lab with `cargo xtask lab down`")]
    NoNetwork,
    /// There is no lab in that folder.
    #[error("{}: no lab is up here; start one with `cargo xtask lab up`", path.display())]
    NotUp {
        /// The folder.
        path: PathBuf,
    },
}

impl LabError {
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
