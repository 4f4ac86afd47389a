//! Runs, claims, fences, full disks and killed writers.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use common::*;
use engine::{Journal, JournalError};
use serde_json::json;
use tempfile::tempdir;

#[test]
fn entries_come_back_whole_and_in_order() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(with_entries(&path, 30));
    let (read_plan, entries) = opened(&path).read("r").expect("reads");
    assert_eq!(read_plan, plan("r"));
    assert_eq!(entries, (1..=30).map(entry).collect::<Vec<_>>());
}

#[test]
fn runs_are_listed_newest_first_and_their_ids_are_taken_once() {
    let dir = tempdir().expect("dir");
    let store = opened(&dir.path().join("journal.db"));
    for id in ["a", "b", "c"] {
        store.create(&plan(id), "lab", None).expect("creates");
    }
    assert!(matches!(store.create(&plan("b"), "lab", None), Err(JournalError::Exists(id)) if id == "b"));
    let ids: Vec<_> = store.runs().expect("lists").into_iter().map(|run| run.id).collect();
    assert_eq!(ids, ["c", "b", "a"]);
    assert!(matches!(store.read("d"), Err(JournalError::NotFound(_))));
}

#[test]
fn file_and_folder_are_for_their_owner_alone() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("state/changeover/journal.db");
    let store = with_entries(&path, 1);
    let mode = |p: &Path| fs::metadata(p).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().expect("folder")), 0o700);
    for entry in fs::read_dir(path.parent().expect("folder")).expect("lists") {
        let file = entry.expect("entry").path();
        let expected = if file.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file), expected, "{}", file.display());
    }
    drop(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("loosens");
    drop(opened(&path));
    assert_eq!(mode(&path), 0o600, "a loosened file is closed again");
}

#[test]
fn nothing_is_appended_without_a_claim() {
    let dir = tempdir().expect("dir");
    let store = opened(&dir.path().join("journal.db"));
    store.create(&plan("r"), "lab", None).expect("creates");
    assert!(matches!(store.append("r", &json!(1)), Err(JournalError::NotHeld { epoch: 0, .. })));
    assert_eq!(store.claim("r", 0).expect("claims"), 1);
    store.append("r", &json!(1)).expect("appends");
    store.release("r").expect("releases");
    assert!(matches!(store.append("r", &json!(2)), Err(JournalError::NotHeld { epoch: 1, .. })));
    assert_eq!(store.claim("r", 0).expect("claims again"), 2);
    assert_eq!(store.append("r", &json!(2)).expect("appends"), 2);
}

#[test]
fn of_two_claims_at_once_one_wins() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    let stores: Vec<_> = (0..4).map(|_| opened(&path)).collect();
    stores[0].create(&plan("r"), "lab", None).expect("creates");
    for round in 1..=20 {
        let gate = Barrier::new(stores.len());
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let claims: Vec<_> = stores.iter().map(|store| scope.spawn(|| (gate.wait(), store.claim("r", 0)).1)).collect();
            claims.into_iter().map(|c| c.join().expect("joins")).collect()
        });
        let won: Vec<_> = outcomes.iter().enumerate().filter_map(|(i, o)| o.as_ref().ok().map(|epoch| (i, *epoch))).collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        assert_eq!(won[0].1, round, "each claim raises the epoch");
        let me = std::process::id();
        assert!(outcomes.iter().all(|o| o.is_ok() || matches!(o, Err(JournalError::Held { pid, .. }) if *pid == me)), "{outcomes:?}");
        stores[won[0].0].release("r").expect("releases");
    }
}

#[test]
fn who_drives_a_run_is_known_for_as_long_as_it_does() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    let (one, other) = (opened(&path), opened(&path));
    one.create(&plan("r"), "lab", None).expect("creates");
    let both = || (one.driver("r").expect("tells"), other.driver("r").expect("tells"));
    let me = Some(std::process::id());
    assert_eq!(both(), (None, None));
    one.claim("r", 0).expect("claims");
    assert_eq!(both(), (me, me), "told to the holder and to others");
    assert!(matches!(other.claim("r", 0), Err(JournalError::Held { .. })), "to ask takes nothing away");
    one.release("r").expect("releases");
    assert_eq!(both(), (None, None));
    assert_eq!(other.claim("r", 0).expect("claims"), 2, "to ask leaves nothing in the way");
    assert!(matches!(one.driver("gone"), Err(JournalError::NotFound(_))));
}

#[test]
fn stores_that_are_opened_at_once_share_one_file() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    let gate = Barrier::new(8);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (gate, path) = (&gate, &path);
            scope.spawn(move || {
                gate.wait();
                opened(path).create(&plan(&format!("r{n}")), "lab", None).expect("creates");
            });
        }
    });
    assert_eq!(opened(&path).runs().expect("lists").len(), 8);
}

#[test]
fn a_holder_whose_run_was_taken_over_is_fenced_off() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    let old = with_entries(&path, 3);
    // Its lock file goes: a stand-in for whatever lets somebody else in.
    fs::remove_dir_all(dir.path().join("journal.db.claims")).expect("removes");
    let new = opened(&path);
    assert_eq!(new.claim("r", 0).expect("takes over"), 2);
    assert!(matches!(old.append("r", &entry(4)), Err(JournalError::NotHeld { epoch: 2, .. })));
    assert_eq!(new.append("r", &entry(4)).expect("appends"), 4);
    // The old one lets go: the new one's claim stands.
    old.release("r").expect("releases");
    assert!(matches!(opened(&path).claim("r", 0), Err(JournalError::Held { .. })));
    assert_eq!(new.read("r").expect("reads").1.len(), 4);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let dir = tempdir().expect("dir");
    let file = dir.path().join("state");
    fs::write(&file, "a file where the folder should be").expect("writes");
    for path in [file.join("journal.db"), Path::new("/proc/changeover/journal.db").to_path_buf()] {
        match open(&path) {
            Err(JournalError::Write { why, .. }) => assert!(!why.is_empty()),
            other => panic!("{:?}", other.err()),
        }
    }
}

/// Fills the file up to SQLite's page limit, as a full disk would.
#[test]
fn on_a_full_disk_nothing_half_written_stays() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    let store = with_entries(&path, 2);
    let pages = store.limit_pages_for_tests(2);
    let mut stored = 2;
    let refused = loop {
        match store.append("r", &entry(stored + 1)) {
            Ok(seq) => stored = seq,
            Err(error) => break error,
        }
        assert!(stored < 100, "the limit of {pages} pages never came");
    };
    assert!(matches!(&refused, JournalError::Write { why, .. } if why.contains("full")), "{refused}");
    assert_eq!(store.read("r").expect("still reads").1.len() as u64, stored);
    drop(store);
    let store = opened(&path);
    assert_eq!(store.read("r").expect("reads").1, (1..=stored).map(entry).collect::<Vec<_>>());
    store.claim("r", 0).expect("claims");
    assert_eq!(store.append("r", &entry(stored + 1)).expect("goes on once there is room"), stored + 1);
}

const CHILD: &str = "CHANGEOVER_STORE_TEST_CHILD";

/// The test binary runs itself as the writer, kills it in the middle of its appends, and reads what is left.
#[test]
fn a_killed_writer_leaves_a_whole_prefix_and_its_claim_can_be_taken() {
    if let Some(path) = std::env::var_os(CHILD) {
        let store = opened(Path::new(&path));
        store.claim("r", 0).expect("claims");
        let before = store.read("r").expect("reads").1.len() as u64;
        for n in before + 1.. {
            let seq = store.append("r", &entry(n)).expect("appends");
            println!("durable {seq}");
            // A run, too, leaves the file to others between two entries.
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    opened(&path).create(&plan("r"), "lab", None).expect("creates");
    let mut promised = 0;
    for round in 1..=6 {
        let mut child = Command::new(std::env::current_exe().expect("exe"))
            .args(["--exact", "a_killed_writer_leaves_a_whole_prefix_and_its_claim_can_be_taken", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("spawns");
        let pid = child.id();
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines().map_while(Result::ok);
        let durable = |line: String| line.trim().strip_prefix("durable ").and_then(|n| n.parse::<u64>().ok());
        let target = promised + 5 + round * 3;
        while promised < target {
            promised = lines.by_ref().find_map(durable).expect("the child appends");
        }
        let other = opened(&path);
        assert!(matches!(other.claim("r", 0), Err(JournalError::Held { pid: holder, .. }) if holder == pid), "held while it lives");
        child.kill().expect("kills");
        child.wait().expect("ends");
        promised = lines.filter_map(durable).last().unwrap_or(promised);

        let (_, entries) = other.read("r").expect("whole");
        let found = entries.len() as u64;
        assert!(found >= promised && found <= promised + 1, "{promised} were promised, {found} are there");
        assert_eq!(entries, (1..=found).map(entry).collect::<Vec<_>>());
        assert_eq!(other.claim("r", 0).expect("a dead holder's claim can be taken"), round * 2);
        other.release("r").expect("releases");
    }
}
