//! Settings, contexts and acknowledgements.

mod common;

use common::*;
use jiff::{SignedDuration, Timestamp};
use store::{ContextRecord, Environment, Language, Settings, Theme, WriteMode};
use tempfile::tempdir;

#[test]
fn settings_that_are_not_understood_are_kept() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(opened(&path));
    raw(&path)
        .execute_batch("INSERT INTO settings VALUES ('density', '\"dense\"'), ('theme', '\"sepia\"'), ('soakSeconds', '60')")
        .expect("a newer version writes");
    let store = opened(&path);
    let settings = store.settings().expect("reads");
    assert_eq!(settings, Settings { soak_seconds: 60, ..Settings::default() });
    store.set_settings(&Settings { language: Language::Ko, ..settings }).expect("stores");
    assert_eq!(store.settings().expect("reads").language, Language::Ko);
    drop(store);
    let row = |key: &str| raw(&path).query_row("SELECT json FROM settings WHERE key = ?1", [key], |r| r.get::<_, String>(0)).expect("row");
    assert_eq!((row("density"), row("theme")), ("\"dense\"".into(), "\"sepia\"".into()));
    let store = opened(&path);
    store.set_settings(&Settings { theme: Theme::Dark, ..store.settings().expect("reads") }).expect("stores");
    assert_eq!(store.settings().expect("reads").theme, Theme::Dark);
}

#[test]
fn an_installation_keeps_its_name_and_no_other_has_it() {
    let dir = tempdir().expect("dir");
    let (path, other) = (dir.path().join("journal.db"), dir.path().join("other.db"));
    let named = |path| opened(path).workstation().expect("has a name");
    let name = named(&path);
    assert!(!name.is_empty() && named(&path) == name && named(&other) != name);
    let store = opened(&path);
    store.set_settings(&Settings { theme: Theme::Dark, ..Settings::default() }).expect("stores");
    assert_eq!(store.workstation().expect("has a name"), name, "settings are beside it");
}

#[test]
fn a_new_context_is_read_only_and_so_is_one_that_is_not_understood() {
    let dir = tempdir().expect("dir");
    let path = dir.path().join("journal.db");
    drop(opened(&path));
    raw(&path).execute_batch("INSERT INTO contexts VALUES ('odd', '{\"write\":\"everything\"}')").expect("writes");
    let store = opened(&path);
    for key in ["never-seen", "odd"] {
        let record = store.context(key).expect("reads");
        assert_eq!(record.write, WriteMode::ReadOnly);
        assert!(!record.may_write(Timestamp::UNIX_EPOCH));
    }
}

#[test]
fn an_unlocked_context_locks_itself_when_its_time_is_over() {
    let dir = tempdir().expect("dir");
    let store = opened(&dir.path().join("journal.db"));
    let until = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(8);
    let record = ContextRecord {
        write: WriteMode::Unlocked,
        unlocked_until: Some(until),
        environment: Environment::Production,
        ..Default::default()
    };
    store.set_context("prod", &record).expect("stores");
    let record = store.context("prod").expect("reads");
    assert!(record.may_write(until - SignedDuration::from_secs(1)));
    assert!(!record.may_write(until));
    assert_eq!(store.contexts().expect("lists"), [("prod".to_string(), record)]);
}

#[test]
fn a_warning_is_acknowledged_once_per_scope() {
    let dir = tempdir().expect("dir");
    let store = opened(&dir.path().join("journal.db"));
    store.acknowledge("run-1", "simulated-pods").expect("stores");
    store.acknowledge("run-1", "simulated-pods").expect("again is fine");
    assert_eq!(store.acks("run-1").expect("reads").iter().map(|a| a.code.as_str()).collect::<Vec<_>>(), ["simulated-pods"]);
    assert!(store.acks("run-2").expect("reads").is_empty());
}
