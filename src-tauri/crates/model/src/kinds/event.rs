//! core/v1 Event.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::meta::Meta;

/// Event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// Metadata.
    pub metadata: Meta,
    /// Object that it speaks of.
    pub involved_object: InvolvedObject,
    /// One word for machines.
    pub reason: String,
    /// Text for people.
    pub message: String,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Times seen.
    pub count: Option<u32>,
    /// First seen (old form).
    pub first_timestamp: Option<Timestamp>,
    /// Last seen (old form).
    pub last_timestamp: Option<Timestamp>,
    /// Seen (new form).
    pub event_time: Option<Timestamp>,
}

impl Event {
    /// When it was last seen, by whichever field says so.
    pub fn at(&self) -> Option<Timestamp> {
        self.last_timestamp.or(self.event_time).or(self.metadata.creation_timestamp)
    }
}

/// `involvedObject`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InvolvedObject {
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
}
