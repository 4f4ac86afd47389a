//! What the engine needs of the world.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::{ClusterIdentity, Kind, ObjectId, Sentence, Write, sentence};
/// Named by the ports, so that who implements one needs no other room.
pub use plan::{Access, Plan};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

/// A Kubernetes API server. Reads may be retried by the implementation; a write is sent exactly once.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// Who answers (not cached for longer than a heartbeat).
    async fn identity(&self) -> Result<ClusterIdentity, ReadError>;
    /// One object as the server returns it; `None` = 404.
    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ReadError>;
    /// A collection. `labels` = label selector of the API. Secrets and ConfigMaps come with their metadata only.
    async fn list(&self, kind: Kind, namespace: Option<&str>, labels: Option<&str>) -> Result<Vec<Value>, ReadError>;
    /// Sends a write once. Checks the cluster's identity against `expect` first (I9).
    async fn write(&self, expect: &ClusterIdentity, write: &Write, mode: Mode) -> Result<Value, WriteError>;
    /// Asks whether the user may do this.
    async fn allowed(&self, access: &Access) -> Result<bool, ReadError>;
    /// Whether the API server serves the kind.
    async fn installed(&self, kind: Kind) -> Result<bool, ReadError>;
    /// Last lines of a container's log; an empty container name = the only one.
    async fn logs(&self, pod: &ObjectId, container: &str, lines: u32) -> Result<String, ReadError>;
}

/// Whether a write is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Commit,
    /// `dryRun=All`: admission and tests run, nothing is stored.
    DryRun,
}

/// Why something could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum ReadError {
    /// 401: credentials are missing, wrong or expired.
    Unauthorized {
        /// What was asked for.
        what: String,
        /// The server's words.
        message: Sentence,
    },
    /// 403.
    Forbidden {
        /// What was asked for.
        what: String,
        /// The server's words.
        message: Sentence,
    },
    /// The server cannot be reached, does not answer in time, or answers 5xx.
    Unreachable {
        /// What was asked for.
        what: String,
        /// How it failed.
        message: Sentence,
    },
    /// The answer is not what a Kubernetes API server sends.
    Invalid {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        message: Sentence,
    },
}

impl ReadError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            ReadError::Unauthorized { what, message } => sentence!("{what}: not signed in ({message})", what; message = message.clone()),
            ReadError::Forbidden { what, message } => sentence!("{what}: not allowed ({message})", what; message = message.clone()),
            ReadError::Unreachable { what, message } => sentence!("{what}: no answer ({message})", what; message = message.clone()),
            ReadError::Invalid { what, message } => sentence!("{what}: answer not understood ({message})", what; message = message.clone()),
        }
    }
}

/// How a write ended, when not well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", self.said())]
#[serde(rename_all = "kebab-case", tag = "error")]
pub enum WriteError {
    /// A `test` or precondition did not hold (409; 422 with empty details): nothing was changed, the world moved.
    Precondition {
        /// Object.
        object: String,
        /// The server's words.
        message: Sentence,
    },
    /// Refused for good (validation, policy, quota, rights; 4xx): nothing was changed.
    Refused {
        /// Object.
        object: String,
        /// HTTP status.
        status: u16,
        /// The server's words, with causes.
        message: Sentence,
    },
    /// Never left: read-only context, another cluster answers, stale view, no connection. Nothing was changed.
    NotSent {
        /// Object.
        object: String,
        /// Why.
        message: Sentence,
    },
    /// Sent, and nobody knows: timeout, reset, 5xx. Must be settled by a fencing write.
    Unknown {
        /// Object.
        object: String,
        /// How it failed.
        message: Sentence,
    },
}

impl WriteError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            WriteError::Precondition { object, message } => {
                sentence!("{object}: changed meanwhile ({message})", object; message = message.clone())
            }
            WriteError::Refused { object, message, .. } => sentence!("{object}: refused ({message})", object; message = message.clone()),
            WriteError::NotSent { object, message } => sentence!("{object}: not sent ({message})", object; message = message.clone()),
            WriteError::Unknown { object, message } => {
                sentence!("{object}: outcome unknown ({message})", object; message = message.clone())
            }
        }
    }
}

/// A byte stream to a pod.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Byte streams into the cluster (port-forward).
#[async_trait]
pub trait Tunnel: Send + Sync {
    /// Opens a stream to a port of a pod.
    async fn open(&self, pod: &ObjectId, port: u16) -> Result<Box<dyn Duplex>, ReadError>;
}

/// Answers what a gate asks.
#[async_trait]
pub trait Evidence: Send + Sync {
    /// Asks once; returns within `Question::timeout`-like bounds of its own (5 s per request).
    async fn ask(&self, question: &Question) -> Verdict;
}

/// What a gate can ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask", rename_all_fields = "camelCase")]
pub enum Question {
    /// Does this pod answer its check through the tunnel?
    Smoke {
        /// Pod.
        pod: ObjectId,
        /// Container port.
        port: u16,
        /// Path.
        path: String,
        /// Requests.
        requests: u32,
    },
    /// Does this URL answer, on a new connection?
    Probe {
        /// URL at the entry.
        url: String,
    },
}

/// An answer with its age and source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What it comes to.
    pub kind: VerdictKind,
    /// In words: `200 in 3 ms, version v2`.
    pub detail: Sentence,
    /// Where it comes from: `probe http://…`, `tunnel to pod/…`.
    pub source: String,
    /// When it was seen.
    pub at: Timestamp,
    /// Milliseconds that it took, if it did.
    pub millis: Option<u64>,
    /// What the answer says of itself, if it does: pod name, version and colour found in the response.
    pub answered_by: Option<AnsweredBy>,
}

/// Who answered, as far as the response says (headers `x-version`, `x-pod`; JSON fields `version`, `color`, `pod`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnsweredBy {
    /// Pod name.
    pub pod: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Colour label.
    pub color: Option<String>,
}

/// What evidence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// Speaks for it.
    For,
    /// Speaks against it.
    Against,
    /// There is no data: never a reason to act.
    Missing,
}

/// Time. Deadlines use `elapsed`, which does not jump with the wall clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Wall clock, for people.
    fn now(&self) -> Timestamp;
    /// Monotonic time since some fixed point.
    fn elapsed(&self) -> Duration;
    /// Sleeps.
    async fn sleep(&self, d: Duration);
}

/// Append-only record of runs on disk. `append` returns when it is durable.
pub trait Journal: Send + Sync {
    /// Starts a run; refused when its id is taken. `context`: as the cluster is called on this workstation.
    fn create(&self, plan: &Plan, context: &str, reason: Option<&str>) -> Result<(), JournalError>;
    /// Appends an entry (JSON of the engine's own `Entry`) and returns its sequence number within the run, from 1.
    fn append(&self, run: &str, entry: &Value) -> Result<u64, JournalError>;
    /// Plan and entries of a run, in order.
    fn read(&self, run: &str) -> Result<(Plan, Vec<Value>), JournalError>;
    /// All runs, newest first.
    fn runs(&self) -> Result<Vec<RunHeader>, JournalError>;
    /// Claims the run for this process; raises its epoch above what it was, and above `above`, and returns it. Refused while
    /// another live process holds it.
    fn claim(&self, run: &str, above: u64) -> Result<u64, JournalError>;
    /// Gives the claim back.
    fn release(&self, run: &str) -> Result<(), JournalError>;
}

/// What the list of runs shows without reading their entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunHeader {
    /// Run id (= plan id).
    pub id: String,
    /// Context name.
    pub context: String,
    /// Target.
    pub target: ObjectId,
    /// Strategy.
    pub strategy: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// Reason or ticket.
    pub reason: Option<String>,
}

/// Why the journal could not be used. Nothing is interpreted that is not whole (I12).
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum JournalError {
    /// The file is not ours, torn, or of another version.
    Unusable {
        /// File.
        path: String,
        /// What is wrong and what to do.
        why: Sentence,
    },
    /// Could not be written or made durable: the step must not begin.
    Write {
        /// File.
        path: String,
        /// The system's words.
        why: String,
    },
    /// No such run.
    NotFound(String),
    /// The id is taken.
    Exists(String),
    /// Another process has it.
    Held {
        /// Run.
        run: String,
        /// Holder.
        pid: u32,
    },
    /// This process does not hold the run (never claimed, released, or taken over since): nothing was appended.
    NotHeld {
        /// Run.
        run: String,
        /// Epoch that the run has now.
        epoch: u64,
    },
}

impl JournalError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            JournalError::Unusable { path, why } => sentence!("journal {path}: {why}", path; why = why.clone()),
            JournalError::Write { path, why } => sentence!("journal {path}: cannot write ({why})", path, why),
            JournalError::NotFound(run) => sentence!("run {run}: not found", run),
            JournalError::Exists(run) => sentence!("run {run}: exists already", run),
            JournalError::Held { run, pid } => sentence!("run {run}: held by process {pid}", run, pid),
            JournalError::NotHeld { run, epoch } => sentence!(
                "run {run}: not held by this process, its epoch is {epoch} (claim it first; if another has it, leave it alone)",
                run,
                epoch
            ),
        }
    }
}
