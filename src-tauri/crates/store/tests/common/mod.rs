//! What the tests of the file share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::{Clock, Journal, JournalError};
use jiff::Timestamp;
use model::{ClusterIdentity, Kind, ObjectId};
use plan::{Plan, Target};
use rusqlite::Connection;
use serde_json::{Value, json};
use store::Store;

/// A clock that stands still.
pub struct Still;

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {}
}

pub fn open(path: &Path) -> Result<Store, JournalError> {
    Store::open(path, Arc::new(Still))
}

pub fn opened(path: &Path) -> Store {
    open(path).expect("opens")
}

pub fn plan(id: &str) -> Plan {
    Plan {
        schema: plan::plan::SCHEMA,
        id: id.into(),
        hash: "00".repeat(32),
        created_at: Timestamp::UNIX_EPOCH,
        context: "lab".into(),
        cluster: ClusterIdentity { uid: "c1".into(), server: "https://127.0.0.1:6443".into(), ca_sha256: String::new() },
        strategy: "blue-green".into(),
        params: json!({}),
        target: Target {
            object: ObjectId::new(Kind::Deployment, "shop", "web"),
            uid: "u1".into(),
            template: json!({"spec": {}}),
            replicas: 3,
        },
        changes: Vec::new(),
        template: json!({"spec": {}}),
        steps: Vec::new(),
    }
}

/// A store with one claimed run and this many entries.
pub fn with_entries(path: &Path, entries: u64) -> Store {
    let store = opened(path);
    store.create(&plan("r"), "lab", Some("CHG-1")).expect("creates");
    store.claim("r", 0).expect("claims");
    for n in 1..=entries {
        assert_eq!(store.append("r", &entry(n)).expect("appends"), n);
    }
    store
}

/// An entry that is larger than a page now and then.
pub fn entry(n: u64) -> Value {
    json!({"n": n, "text": "x".repeat(1 + (n as usize * 977) % 6000)})
}

pub fn raw(path: &Path) -> Connection {
    Connection::open(path).expect("opens raw")
}

pub fn assert_unusable(result: Result<impl Sized, JournalError>, says: &str) {
    match result {
        Err(JournalError::Unusable { why, .. }) => assert!(why.text.contains(says), "{why:?} does not say {says:?}"),
        Err(other) => panic!("refused for another reason: {other}"),
        Ok(_) => panic!("accepted"),
    }
}
