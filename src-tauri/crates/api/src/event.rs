//! What happened, as told to a window. Never what the window should do.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::views::{ChangedView, ContextsView, FreshnessView, GraphBatch, RunView, SettingsView};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", content = "data", rename_all = "camelCase")]
pub enum UiEvent {
    /// A context's state changed; the whole list.
    Contexts(ContextsView),
    /// The graph of the open context changed. The next batch comes after `ack_graph` of this one.
    Graph(GraphBatch),
    /// Somebody changed what is wanted in these namespaces; at most once a second.
    Changed(ChangedView),
    /// How old the view is; at least once a second while a context is open.
    Freshness(FreshnessView),
    /// A run changed; the whole run.
    Run(Box<RunView>),
    /// Settings changed.
    Settings(SettingsView),
    /// Somebody wants to close the window while it drives runs (`leaving` says which). It stays open until that is said once more.
    Leaving,
    /// Somebody asks for a place by a link (`followed` says which).
    Followed,
}
