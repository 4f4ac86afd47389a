//! What the operator set, with the default of everything else.
//!
//! One row per setting. A value that is not understood (written by a newer version) counts as not set and is kept, as are
//! settings that this version does not know.

use std::collections::BTreeMap;

use engine::JournalError;
use model::sentence;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Store;

/// Colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the desktop.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Language of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// As the desktop.
    #[default]
    System,
    /// English.
    En,
    /// Korean.
    Ko,
}

/// The settings. Every field has a default, so that a file without a row for it is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// Colours.
    pub theme: Theme,
    /// Language.
    pub language: Language,
    /// Entry addresses that are not in the DNS, in curl's syntax `HOST:PORT:ADDRESS`.
    pub resolve: Vec<String>,
    /// Proxy for probes (`http://…`); none = direct, whatever the environment says.
    pub probe_proxy: Option<String>,
    /// Seconds that the old version is kept after a cutover, unless the plan says otherwise.
    pub soak_seconds: u32,
    /// URLs to probe after a cutover unless the plan says otherwise, by the workload's id.
    pub probes: BTreeMap<String, Vec<String>>,
    /// Widths of panes that somebody moved, in pixels, by the pane's name.
    pub panes: BTreeMap<String, u32>,
    /// An image that somebody enters is looked for in its registry, from this workstation.
    pub registries: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            language: Language::default(),
            resolve: Vec::new(),
            probe_proxy: None,
            soak_seconds: 600,
            probes: BTreeMap::new(),
            panes: BTreeMap::new(),
            registries: true,
        }
    }
}

// Rows of this table that hold a setting; the field's name as it is in JSON.
const KEYS: &[&str] = &["theme", "language", "resolve", "probeProxy", "soakSeconds", "probes", "panes", "registries"];

impl Settings {
    fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    /// Takes each value that is understood; the others stay at their default.
    fn from_rows(rows: Vec<(String, String)>) -> Self {
        let mut known = Settings::default().to_map();
        for (key, json) in rows {
            let Some(slot) = known.get_mut(&key) else { continue };
            let Ok(value) = serde_json::from_str::<Value>(&json) else { continue };
            let one = Value::Object(Map::from_iter([(key, value.clone())]));
            if serde_json::from_value::<Settings>(one).is_ok() {
                *slot = value;
            }
        }
        serde_json::from_value(Value::Object(known)).unwrap_or_default()
    }
}

/// Row that names the installation; no setting.
const WORKSTATION: &str = "workstation";

impl Store {
    /// The name of this installation, made up when it is first asked for: runs that it began it may go on with at once, from
    /// whatever process.
    ///
    /// # Errors
    /// The file cannot be written, or is not ours.
    pub fn workstation(&self) -> Result<String, JournalError> {
        // It is asked for with every look at the runs: a disk that cannot be written is no reason not to know it.
        let known = self.named(&self.db())?;
        let json = match known {
            Some(json) => json,
            None => self.transact(|tx| {
                let made = Value::from(uuid::Uuid::new_v4().to_string()).to_string();
                tx.execute("INSERT INTO settings (key, json) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING", params![WORKSTATION, made])
                    .map_err(|e| self.sql(e))?;
                // Another process may have been faster.
                Ok(self.named(tx)?.unwrap_or(made))
            })?,
        };
        serde_json::from_str(&json).map_err(|e| self.unusable(sentence!("name of this installation not understood ({error})", error = e)))
    }

    fn named(&self, db: &Connection) -> Result<Option<String>, JournalError> {
        db.prepare_cached("SELECT json FROM settings WHERE key = ?1")
            .and_then(|mut query| query.query_row([WORKSTATION], |row| row.get(0)).optional())
            .map_err(|e| self.sql(e))
    }

    /// The settings.
    pub fn settings(&self) -> Result<Settings, JournalError> {
        let db = self.db();
        let rows = db
            .prepare_cached("SELECT key, json FROM settings")
            .and_then(|mut q| q.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<Vec<_>>>())
            .map_err(|e| self.sql(e))?;
        Ok(Settings::from_rows(rows))
    }

    /// Stores what differs from what is stored, and nothing else: a row that this version does not understand stays.
    pub fn set_settings(&self, settings: &Settings) -> Result<(), JournalError> {
        let (before, after) = (self.settings()?.to_map(), settings.to_map());
        self.transact(|tx| {
            for key in KEYS {
                if before.get(*key) == after.get(*key) {
                    continue;
                }
                let json = after.get(*key).unwrap_or(&Value::Null).to_string();
                tx.execute(
                    "INSERT INTO settings (key, json) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET json = ?2",
                    params![key, json],
                )
                .map_err(|e| self.sql(e))?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_in_the_list_of_keys() {
        let map = Settings::default().to_map();
        assert_eq!(map.keys().map(String::as_str).collect::<Vec<_>>(), KEYS);
    }

    #[test]
    fn a_value_of_a_newer_version_counts_as_not_set() {
        let rows = vec![("theme".into(), "\"sepia\"".into()), ("language".into(), "\"ko\"".into()), ("density".into(), "3".into())];
        assert_eq!(Settings::from_rows(rows), Settings { language: Language::Ko, ..Settings::default() });
    }
}
