//! Who drives a run: a lock file per claimed run, held open for as long as the claim lasts.
//!
//! The operating system gives the lock back when its holder dies, however it dies, so a stale claim is recognised
//! without guessing from process ids (which are reused, differ between containers, and linger as zombies). The pid and
//! its start time are written into the run's row for people.
//!
//! All of this happens inside the journal's write transaction, so that two processes never judge the same claim at once.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::file;

/// A claim of this process. Dropping it gives the lock back.
pub struct Held {
    /// Epoch that the claim was given.
    pub epoch: u64,
    path: PathBuf,
    _lock: File,
}

/// Outcome of trying to take a lock.
pub enum Taken {
    /// It is ours.
    Ours(Lock),
    /// Somebody who lives has it.
    Busy,
}

/// A lock that is not yet a claim: the transaction that makes it one may still fail.
pub struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Makes the claim.
    pub fn hold(self, epoch: u64) -> Held {
        Held { epoch, path: self.path, _lock: self.file }
    }
}

impl Held {
    /// Gives the claim back and removes the lock file. Only to be called within a write transaction.
    pub fn release(self) {
        // Left behind it does no harm: the next claim locks the same file.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Tries to take the lock of a run.
pub fn take(journal: &Path, run: &str) -> io::Result<Taken> {
    let folder = folder(journal);
    file::make_folder(&folder)?;
    let path = folder.join(name(run));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Taken::Ours(Lock { path, file })),
        Err(TryLockError::WouldBlock) => Ok(Taken::Busy),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Folder of the lock files, beside the journal.
pub fn folder(journal: &Path) -> PathBuf {
    let mut name = journal.file_name().unwrap_or_default().to_os_string();
    name.push(".claims");
    journal.with_file_name(name)
}

// A run's id may come from a plan file that somebody sent: it never becomes a path.
fn name(run: &str) -> String {
    hex::encode(&Sha256::digest(run.as_bytes())[..16])
}

/// When this process was started, as the system counts it: `boot id:ticks since boot` on Linux, empty elsewhere.
pub fn process_started() -> String {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    // The second field is the program's name in parentheses and may hold blanks; the start time is field 22.
    let ticks = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)).unwrap_or_default();
    match (boot.trim(), ticks) {
        ("", _) | (_, "") => String::new(),
        (boot, ticks) => format!("{boot}:{ticks}"),
    }
}
