//! What is remembered of each context, and which warnings the operator has acknowledged.

use engine::JournalError;
use jiff::Timestamp;
use model::ClusterIdentity;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::Store;

/// Whether writes may leave towards a context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteMode {
    /// They may not. Every new context begins here.
    #[default]
    ReadOnly,
    /// They may, until `unlocked_until` when it is set.
    Unlocked,
}

/// What a context is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Nobody said.
    #[default]
    Unknown,
    /// The practice lab.
    Practice,
    /// For development.
    Development,
    /// For tests and acceptance.
    Staging,
    /// Serves users: protected, unlocking wants the context's name.
    Production,
}

/// How a context looked when it was last reachable; shown at once on the next start, with its age.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// Which cluster answered.
    pub cluster: ClusterIdentity,
    /// Kubernetes version: `v1.37.2`.
    pub version: String,
    /// Namespaces that were shown.
    pub namespaces: Vec<String>,
}

/// One context.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContextRecord {
    /// Whether it may be written to.
    pub write: WriteMode,
    /// When the permission to write ends; none = it does not.
    pub unlocked_until: Option<Timestamp>,
    /// What it is used for.
    pub environment: Environment,
    /// Why it may be written to although nobody can know that it is the right server that answers: somebody's words.
    pub unverified: Option<String>,
    /// Last known state.
    pub last_seen: Option<Seen>,
}

impl ContextRecord {
    /// Whether writes may leave at this time.
    pub fn may_write(&self, now: Timestamp) -> bool {
        self.write == WriteMode::Unlocked && self.unlocked_until.is_none_or(|until| now < until)
    }
}

/// A warning that somebody acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    /// What was acknowledged: a finding's code.
    pub code: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// What is remembered of a context; the default (read-only) when nothing is, **or when it is not understood**.
    pub fn context(&self, key: &str) -> Result<ContextRecord, JournalError> {
        let json: Option<String> = self
            .db()
            .prepare_cached("SELECT json FROM contexts WHERE key = ?1")
            .and_then(|mut query| query.query_row([key], |row| row.get(0)).optional())
            .map_err(|e| self.sql(e))?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    /// All contexts that something is remembered of, by key.
    pub fn contexts(&self) -> Result<Vec<(String, ContextRecord)>, JournalError> {
        let rows: Vec<(String, String)> = self
            .db()
            .prepare_cached("SELECT key, json FROM contexts ORDER BY key")
            .and_then(|mut query| query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .map_err(|e| self.sql(e))?;
        Ok(rows.into_iter().map(|(key, json)| (key, serde_json::from_str(&json).unwrap_or_default())).collect())
    }

    /// Remembers a context.
    pub fn set_context(&self, key: &str, record: &ContextRecord) -> Result<(), JournalError> {
        let json = serde_json::to_string(record).map_err(|e| crate::file::unwritable(self.path(), e))?;
        self.transact(|tx| {
            tx.execute("INSERT INTO contexts (key, json) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET json = ?2", params![key, json])
                .map_err(|e| self.sql(e))?;
            Ok(())
        })
    }

    /// Notes that a warning was acknowledged. `scope` says for what: a run's id, or a context's key. The first time counts.
    pub fn acknowledge(&self, scope: &str, code: &str) -> Result<(), JournalError> {
        let at = self.clock.now().to_string();
        self.transact(|tx| {
            tx.execute("INSERT INTO acks (scope, code, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", params![scope, code, at])
                .map_err(|e| self.sql(e))?;
            Ok(())
        })
    }

    /// Takes back that something was acknowledged.
    pub fn withdraw(&self, scope: &str, code: &str) -> Result<(), JournalError> {
        self.transact(|tx| {
            tx.execute("DELETE FROM acks WHERE scope = ?1 AND code = ?2", params![scope, code]).map_err(|e| self.sql(e))?;
            Ok(())
        })
    }

    /// What was acknowledged in a scope.
    pub fn acks(&self, scope: &str) -> Result<Vec<Ack>, JournalError> {
        let rows: Vec<(String, String)> = self
            .db()
            .prepare_cached("SELECT code, at FROM acks WHERE scope = ?1 ORDER BY code")
            .and_then(|mut query| query.query_map([scope], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .map_err(|e| self.sql(e))?;
        // A time that is not understood: then it was not acknowledged, and is asked again.
        Ok(rows.into_iter().filter_map(|(code, at)| Some(Ack { code, at: at.parse().ok()? })).collect())
    }
}
