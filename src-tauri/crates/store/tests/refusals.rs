//! What must not be opened, and what must be left alone (I12).

mod common;

use std::fs;
use std::path::Path;

use common::*;
use engine::{Journal, JournalError};
use rusqlite::Connection;
use tempfile::tempdir;

fn changed_by<T>(file: &Path, act: impl FnOnce() -> T) -> (bool, T) {
    let before = fs::read(file).expect("reads");
    let done = act();
    (fs::read(file).expect("reads") != before, done)
}

#[test]
fn a_foreign_sqlite_file_is_refused_and_untouched() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    raw(&path).execute_batch("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')").expect("fills");
    let (changed, result) = changed_by(&path, || open(&path));
    assert_unusable(result, "another program");
    assert!(!changed);
    assert_eq!(fs::read_dir(dir.path()).expect("lists").count(), 1, "nothing was put beside it");
}

#[test]
fn a_foreign_file_with_a_hot_journal_is_not_repaired() {
    let dir = tempdir().expect("dir");
    let source = dir.path().join("source.db");
    let db = raw(&source);
    db.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)").expect("fills");
    let path = dir.path().join("copy").join("journal.db");
    fs::create_dir(dir.path().join("copy")).expect("dir");
    fs::copy(&source, &path).expect("copies");
    fs::copy(dir.path().join("source.db-wal"), dir.path().join("copy/journal.db-wal")).expect("copies");
    let (changed, result) = changed_by(&path, || open(&path));
    assert_unusable(result, "");
    assert!(!changed);
    assert!(!dir.path().join("copy/journal.db-shm").exists());
}

#[test]
fn a_file_that_is_not_sqlite_is_refused_and_untouched() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    for content in ["", "hello", &"SQLite format 3\0".repeat(20)] {
        fs::write(&path, content).expect("writes");
        let (changed, result) = changed_by(&path, || open(&path));
        assert_unusable(result, "");
        assert!(!changed);
    }
}

#[test]
fn a_newer_version_is_refused_and_untouched() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(with_entries(&path, 2));
    raw(&path).pragma_update(None, "user_version", store::SCHEMA_VERSION + 1).expect("raises");
    let (changed, result) = changed_by(&path, || open(&path));
    assert_unusable(result, "newer Changeover");
    assert!(!changed);
}

#[test]
fn a_file_with_other_tables_is_refused() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(opened(&path));
    raw(&path).execute_batch("CREATE TRIGGER silent AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE seq = 1; END").expect("adds");
    assert_unusable(open(&path), "tables");
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(opened(&path));
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).expect("links");
    assert_unusable(open(&link), "regular file");
}

#[test]
fn a_torn_file_is_refused() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(with_entries(&path, 40));
    let whole = fs::read(&path).expect("reads");
    for keep in [50, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..keep]).expect("tears");
        for side in ["-wal", "-shm"] {
            let _ = fs::remove_file(dir.path().join(format!("journal.db{side}")));
        }
        let read = open(&path).and_then(|s| s.read("r"));
        assert_unusable(read, "");
    }
}

/// Flips one bit in every 211th byte of the file, one at a time: never is anything read that was not written.
#[test]
fn a_flipped_byte_is_refused_or_harmless() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(with_entries(&path, 12));
    let whole = fs::read(&path).expect("reads");
    let expected: Vec<_> = (1..=12).map(entry).collect();
    let (mut refused, mut harmless) = (0, 0);
    for at in (0..whole.len()).step_by(211) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, &bytes).expect("flips");
        for side in ["-wal", "-shm"] {
            let _ = fs::remove_file(dir.path().join(format!("journal.db{side}")));
        }
        match open(&path).and_then(|s| s.read("r")) {
            Err(_) => refused += 1,
            Ok((read_plan, read)) => {
                assert_eq!((read_plan, read), (plan("r"), expected.clone()), "byte {at}");
                harmless += 1;
            }
        }
    }
    assert!(refused > 100, "{refused} refused, {harmless} in unused space");
}

#[test]
fn a_flipped_byte_in_the_log_does_not_undo_what_was_committed() {
    let dir = tempdir().expect("dir");
    let live = dir.path().join("live.db");
    let store = with_entries(&live, 12);
    let (file, log) = (fs::read(&live).expect("reads"), fs::read(dir.path().join("live.db-wal")).expect("reads"));
    drop(store);
    let path = dir.path().join("journal.db");
    let put = |log: &[u8]| {
        let _ = fs::remove_file(dir.path().join("journal.db-shm"));
        fs::write(&path, &file).expect("writes");
        fs::write(dir.path().join("journal.db-wal"), log).expect("writes");
        open(&path).and_then(|s| s.read("r")).map(|(_, entries)| entries.len())
    };
    assert_eq!(put(&log).expect("whole"), 12);
    let frame = 24 + 4096;
    let commits: Vec<usize> =
        log[32..].chunks_exact(frame).enumerate().filter(|(_, f)| f[4..8] != [0; 4]).map(|(i, _)| 32 + (i + 1) * frame).collect();
    // Damage within the last commit looks like a power cut.
    let last_commit = commits[commits.len() - 2];
    for at in (32..last_commit).step_by(1021) {
        let mut bytes = log.clone();
        bytes[at] ^= 0x10;
        match put(&bytes) {
            Ok(entries) => assert_eq!(entries, 12, "byte {at} of the log took entries away"),
            Err(JournalError::Unusable { why, .. }) => assert!(why.text.contains("damaged"), "{why}"),
            Err(other) => panic!("{other}"),
        }
    }
    // A power cut in the middle of the last commit is no damage: what was synced before it is there.
    assert_eq!(put(&log[..log.len() - 100]).expect("torn at its end"), 11);
}

fn edit(path: &Path, sql: &str) {
    let db: Connection = raw(path);
    assert_eq!(db.execute(sql, []).expect("edits"), 1, "{sql}");
}

#[test]
fn an_edited_run_is_refused() {
    for (sql, says) in [
        ("UPDATE entries SET json = replace(json, '\"n\":2', '\"n\":9') WHERE seq = 2", "entry 2"),
        ("UPDATE entries SET at = '1999-01-01T00:00:00Z' WHERE seq = 3", "entry 3"),
        ("UPDATE entries SET epoch = 9 WHERE seq = 1", "entry 1"),
        ("DELETE FROM entries WHERE seq = 4", "end of its entries"),
        ("DELETE FROM entries WHERE seq = 1", "entry 1"),
        ("UPDATE runs SET last_seq = 3", "end of its entries"),
        ("UPDATE runs SET plan = replace(plan, 'blue-green', 'bluegreen')", "its header"),
        ("UPDATE runs SET target = 'Deployment/shop/api'", "its header"),
        ("UPDATE runs SET reason = NULL", "its header"),
        ("UPDATE runs SET epoch = 0", "end of its entries"),
    ] {
        let dir = tempdir().expect("dir");
        let path = dir.path().join("journal.db");
        drop(with_entries(&path, 4));
        edit(&path, sql);
        let store = opened(&path);
        assert_unusable(store.read("r"), says);
        if says == "its header" {
            assert_unusable(store.runs(), says);
        }
    }
}
