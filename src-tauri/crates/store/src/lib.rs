//! The journal of runs, the settings and what is remembered of each context, in one SQLite file.
//!
//! This room does **not** know what an entry of the journal means (`engine` writes and reads them), where the file
//! belongs (the caller says), nor anything of a cluster. It keeps no credential; an entry may hold pre-images of
//! objects, which is why the file is for its owner alone (0600, folder 0700).
//!
//! **Invariants** (numbers of the architecture document)
//! - I4: [`Journal::append`] returns when the entry is on disk (WAL, `synchronous=FULL`: one fsync), or with an error
//!   and nothing of it stored.
//! - I6: an entry is accepted only from the holder of the run, whose epoch is the run's. [`Journal::claim`] raises the
//!   epoch; it cannot be had while another holder lives, in this process or another.
//! - I12: a file that is foreign, newer, torn or edited is refused and left as it is. Every run is a chain of SHA-256
//!   from its header to its last entry; the end of the chain is stored with the header, so that a cut tail shows.
//!
//! Adding a setting: 1. a field with its default in `settings.rs`; 2. one line in its list of keys.
//! Changing the schema: 1. raise [`SCHEMA_VERSION`]; 2. a step from the version before in `file.rs`; 3. a test that opens
//! a file of that version.

mod chain;
mod claim;
mod context;
mod file;
mod journal;
mod settings;
mod wal;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Clock, JournalError};
use model::Sentence;
use rusqlite::Connection;

pub use context::{Ack, ContextRecord, Environment, Seen, WriteMode};
pub use file::{APPLICATION_ID, SCHEMA_VERSION, make_folder};
pub use settings::{Language, Settings, Theme};

/// The open file. Cheap to share behind an `Arc`; calls block for as long as the disk takes.
pub struct Store {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    connection: Mutex<Connection>,
    held: Mutex<HashMap<String, claim::Held>>,
}

impl Store {
    /// Opens the file, or makes it (and its folder) when there is none.
    ///
    /// # Errors
    /// [`JournalError::Unusable`] when the file is not ours, of another version, torn or edited: it is not touched then.
    /// [`JournalError::Write`] when it cannot be made or written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let connection = file::open(path)?;
        Ok(Self { path: path.to_path_buf(), clock, connection: Mutex::new(connection), held: Mutex::default() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the file grow by no more than this many pages, as a full disk would; returns the limit.
    #[doc(hidden)]
    pub fn limit_pages_for_tests(&self, more: u32) -> u32 {
        let db = self.db();
        let now: u32 = db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap_or_default();
        let _ = db.query_row(&format!("PRAGMA max_page_count = {}", now + more), [], |_| Ok(()));
        now + more
    }

    // A panic while the lock was held leaves SQLite with a transaction that its drop rolled back: nothing half-done.
    fn db(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, claim::Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unusable(&self, why: Sentence) -> JournalError {
        file::unusable(&self.path, why)
    }

    fn sql(&self, error: rusqlite::Error) -> JournalError {
        file::sql(&self.path, error)
    }
}
