//! Errors as a front end gets them.

use model::Sentence;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::views::SentenceView;

/// What went wrong, in words for people and a code for consumers that branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
pub struct UiError {
    /// Code.
    pub code: Code,
    /// What happened, to which object.
    pub message: SentenceView,
    /// The cause; null = the message says it all.
    pub detail: Option<SentenceView>,
    /// What to do next; null = nothing.
    pub hint: Option<SentenceView>,
}

/// A code exists only while a consumer branches on it (exit codes of the script, designed states of the window).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The request itself is wrong (unknown command, bad parameter, no such plan).
    Usage,
    /// A check stops it.
    Stopped,
    /// The context is read only, or protected and not unlocked.
    Locked,
    /// Not allowed by the cluster (403).
    Forbidden,
    /// Credentials are refused (401).
    Unauthorized,
    /// A program wants to sign in that nobody has approved.
    Unapproved,
    /// The cluster cannot be reached, or what is shown is stale.
    Unreachable,
    /// The world moved since the plan was made.
    Moved,
    /// The server's certificate does not show that it is the cluster of the kubeconfig.
    Untrusted,
    /// The object, run or context is not there.
    NotFound,
    /// The kubeconfig cannot be used.
    Kubeconfig,
    /// The journal cannot be used.
    Journal,
    /// Anything else that failed.
    Failed,
}

impl UiError {
    /// Makes one without detail and hint.
    pub fn new(code: Code, message: Sentence) -> Self {
        Self { code, message: message.into(), detail: None, hint: None }
    }

    /// Adds the cause.
    pub fn detail(mut self, detail: Sentence) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: Sentence) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
