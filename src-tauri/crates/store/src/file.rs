//! Opening and making the file: whose it is, which version, and whether it is whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::JournalError;
use model::{Sentence, sentence};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::wal;

/// `application_id` of the file: "CHOV".
pub const APPLICATION_ID: u32 = 0x4348_4f56;
/// `user_version` of the file.
pub const SCHEMA_VERSION: u32 = 1;

const SCHEMA: &[(&str, &str)] = &[
    ("acks", "CREATE TABLE acks (scope TEXT NOT NULL, code TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (scope, code)) STRICT"),
    ("contexts", "CREATE TABLE contexts (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT"),
    (
        "entries",
        "CREATE TABLE entries (run TEXT NOT NULL REFERENCES runs (id), seq INTEGER NOT NULL, epoch INTEGER NOT NULL, at TEXT NOT NULL, \
         json TEXT NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (run, seq)) STRICT",
    ),
    (
        "runs",
        "CREATE TABLE runs (id TEXT PRIMARY KEY, plan TEXT NOT NULL, plan_hash TEXT NOT NULL, context TEXT NOT NULL, target TEXT NOT NULL, \
         strategy TEXT NOT NULL, started_at TEXT NOT NULL, reason TEXT, epoch INTEGER NOT NULL, holder_pid INTEGER, holder_started TEXT, \
         header_sha256 BLOB NOT NULL, last_seq INTEGER NOT NULL, last_sha256 BLOB NOT NULL) STRICT",
    ),
    ("settings", "CREATE TABLE settings (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT"),
];

fn move_aside() -> Sentence {
    sentence!("move the file aside to begin an empty one; runs in it cannot be resumed then")
}

pub fn unusable(path: &Path, why: Sentence) -> JournalError {
    JournalError::Unusable { path: path.display().to_string(), why }
}

/// The same, where only another file helps.
fn lost(path: &Path, why: Sentence) -> JournalError {
    unusable(path, why.and(move_aside()))
}

pub fn unwritable(path: &Path, why: impl ToString) -> JournalError {
    JournalError::Write { path: path.display().to_string(), why: why.to_string() }
}

/// Damage is told apart from a disk that refuses.
pub fn sql(path: &Path, error: rusqlite::Error) -> JournalError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => lost(path, sentence!("damaged ({error})", error)),
        Some(_) => unwritable(path, error),
        None => lost(path, sentence!("content not understood ({error})", error)),
    }
}

/// Opens or makes the file.
pub fn open(path: &Path) -> Result<Connection, JournalError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(folder).map_err(|e| unwritable(path, format!("folder {}: {e}", folder.display())))?;
    if !examine(path)? {
        make(path)?;
        examine(path)?;
    }
    only_for_the_owner(path).map_err(|e| unwritable(path, e))?;
    let connection = connect(path).map_err(|e| unopened(path, e))?;
    verify(path, connection)
}

/// SQLite says no more than that it cannot open the file. The system says why, asked about the file beside it: opening
/// and closing this one would drop the locks that another `Store` of this process has on it.
fn unopened(path: &Path, error: rusqlite::Error) -> JournalError {
    match (error.sqlite_error_code(), private_file(&with_ending(path, ".making"))) {
        (Some(ErrorCode::CannotOpen), Err(why)) => unwritable(path, why),
        _ => sql(path, error),
    }
}

/// Makes a folder that only its owner can enter; one that is there stays as it is.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Looks at the file's first bytes before SQLite does, for SQLite would repair, and so change, a foreign file.
/// False when there is none.
fn examine(path: &Path) -> Result<bool, JournalError> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unwritable(path, error)),
    };
    if !meta.file_type().is_file() {
        return Err(unusable(path, sentence!("not a regular file; remove it or name another place")));
    }
    if meta.len() == 0 {
        return Err(unusable(path, sentence!("empty; remove it if no run was open")));
    }
    let (application, version) = peek(path).map_err(|_| lost(path, sentence!("not a journal of Changeover")))?;
    identity(path, application, version)?;
    Ok(true)
}

/// Reads the two numbers without locking, recovering or writing anything. Through SQLite and not by opening the file
/// ourselves: closing it again would drop the POSIX locks that another `Store` of this process has on it.
fn peek(path: &Path) -> rusqlite::Result<(u32, u32)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let connection = Connection::open_with_flags(format!("file:{escaped}?mode=ro&immutable=1"), flags)?;
    // A checkpoint that a full disk cut short leaves a file that is shorter than its header says. It is whole together
    // with its log, which is not looked at here; without this SQLite would call it malformed.
    connection.pragma_update(None, "writable_schema", true)?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((number("application_id")?, number("user_version")?))
}

fn identity(path: &Path, application: u32, version: u32) -> Result<(), JournalError> {
    if application != APPLICATION_ID {
        return Err(unusable(path, sentence!("an SQLite file of another program; name another place")));
    }
    match version {
        SCHEMA_VERSION => Ok(()),
        newer if newer > SCHEMA_VERSION => Err(unusable(
            path,
            sentence!(
                "written by a newer Changeover (schema {newer}, this one knows {own}); update Changeover, or move the file aside to begin an empty one; runs in it cannot be resumed then",
                newer,
                own = SCHEMA_VERSION
            ),
        )),
        other => Err(lost(path, sentence!("schema {n} is not known", n = other))),
    }
}

/// Makes the file under another name and moves it into place whole, so that nobody ever sees half of it.
fn make(path: &Path) -> Result<(), JournalError> {
    let failed = |e: io::Error| unwritable(path, e);
    let gate = with_ending(path, ".making");
    let lock = private_file(&gate).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if path.exists() {
        return Ok(());
    }
    let draft = with_ending(path, ".new");
    for stale in [draft.clone(), with_ending(&draft, "-journal")] {
        match fs::remove_file(stale) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    private_file(&draft).map_err(failed)?;
    fill(&draft).map_err(|e| unwritable(path, e))?;
    fs::rename(&draft, path).map_err(failed)?;
    sync_folder(path).map_err(failed)?;
    // The gate stays: removing it while another waits for its lock would let a third pass.
    Ok(())
}

fn fill(draft: &Path) -> rusqlite::Result<()> {
    let mut connection = Connection::open_with_flags(draft, flags())?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    for (_, create) in SCHEMA {
        tx.execute_batch(create)?;
    }
    tx.commit()?;
    connection.close().map_err(|(_, error)| error)
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE | OpenFlags::SQLITE_OPEN_NOFOLLOW
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // A symbolic link in the folder's path is the user's own business; the file itself must not be one.
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf()).join(path.file_name().unwrap_or_default());
    let connection = Connection::open_with_flags(real, flags())?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // macOS: fsync alone leaves data in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    // Checkpoints cost more fsyncs: they are done when a run is claimed or released, not in the middle of a cutover.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    Ok(connection)
}

/// Checks the file. Nobody may write while its log is looked at; that is short. The rest is read beside whoever is in
/// the middle of a run.
fn verify(path: &Path, mut connection: Connection) -> Result<Connection, JournalError> {
    let failed = |e| sql(path, e);
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(unwritable(path, format!("write-ahead log not available here (journal mode {mode})")));
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    if let wal::Log::Damaged { frame } = wal::inspect(&fs::read(with_ending(path, "-wal")).unwrap_or_default()) {
        return Err(unusable(
            path,
            sentence!(
                "write-ahead log damaged at frame {frame}; restore both files from a copy, or move the file aside to begin an empty one; runs in it cannot be resumed then",
                frame
            ),
        ));
    }
    tx.rollback().map_err(failed)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    identity(path, number("application_id").map_err(failed)?, number("user_version").map_err(failed)?)?;
    let check: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(failed)?;
    if check != "ok" {
        return Err(lost(path, sentence!("damaged ({error})", error = check)));
    }
    same_schema(&connection).map_err(failed)?.map_err(|what| lost(path, what))?;
    Ok(connection)
}

fn same_schema(connection: &Connection) -> rusqlite::Result<Result<(), Sentence>> {
    let mut query = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")?;
    let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let same = found.len() == SCHEMA.len() && found.iter().zip(SCHEMA).all(|(a, b)| a.0 == b.0 && a.1 == b.1);
    Ok(if same { Ok(()) } else { Err(sentence!("its tables are not those that Changeover made")) })
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

// SQLite gives its side files the mode of the file itself.
#[cfg(unix)]
fn only_for_the_owner(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for file in [path.to_path_buf(), with_ending(path, "-wal"), with_ending(path, "-shm")] {
        match fs::metadata(&file) {
            Ok(meta) if meta.permissions().mode() & 0o077 != 0 => fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn only_for_the_owner(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// `journal.sqlite` + `-wal`.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    path.with_file_name(name)
}
