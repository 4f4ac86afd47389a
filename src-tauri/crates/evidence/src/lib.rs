//! What a gate can ask, and how an answer is weighed: smoke checks of a pod through the tunnel, probes at the entry's
//! URL, and the load that warms up a version or measures a cutover.
//!
//! This room does **not** decide what happens next (`engine`: evidence that is missing holds a run, and starts nothing by
//! itself), does not know how a pod is reached (the engine's `Tunnel` port), and reads of the cluster only whether a
//! pod's node is simulated.
//!
//! **Invariants**
//! - A question is asked on a connection of its own: an answer on a kept connection says nothing about where new ones go.
//! - A source keeps no state. How an outcome is weighed is written down once, in [`policy`].
//! - I5: every request ends within [`Options::timeout`]. I11: of any answer at most [`BODY_CAP`] bytes are read.
//! - I10: the user, password and query of a URL never reach a verdict.
//!
//! Adding a source: 1. one file in `sources/`; 2. one line in its list; 3. its question in `engine::ports`.

mod answer;
mod http1;
pub mod load;
pub mod policy;
mod resolve;
pub mod sources;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use engine::{Clock, Cluster, Evidence, Question, Tunnel, Verdict, VerdictKind};
use model::{Sentence, sentence};

pub use load::{Connections, Dial, Load, LoadOptions, LoadReport, Method, PodDial, TcpDial};
pub use resolve::Resolve;

/// Bytes of a body that are read; what comes behind is not waited for.
pub const BODY_CAP: usize = 64 * 1024;

/// How questions are asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// For one request, from the first byte of the connection to the end of the answer.
    pub timeout: Duration,
    /// Proxy for probes, `http://host:port`; none = direct, whatever the environment says.
    pub proxy: Option<String>,
    /// Addresses of entries that are not in the DNS.
    pub resolve: Vec<Resolve>,
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5), proxy: None, resolve: Vec::new() }
    }
}

/// Why there is nothing to ask with.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum OptionsError {
    /// An override that cannot be read.
    Resolve {
        /// As given.
        text: String,
        /// What is wrong, and the syntax.
        why: Sentence,
    },
    /// The HTTP client could not be made (proxy, trust store).
    Client(#[source] reqwest::Error),
}

impl OptionsError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            OptionsError::Resolve { text, why } => sentence!("resolve {text}: {why}", text; why = why.clone()),
            OptionsError::Client(_) => sentence!("probe client: not usable"),
        }
    }
}

/// The list of sources behind the engine's port. One per run: it remembers which entries have answered.
pub struct Sources {
    list: Vec<Box<dyn sources::Source>>,
    cluster: Arc<dyn Cluster>,
    clock: Arc<dyn Clock>,
    answered: Mutex<BTreeSet<String>>,
}

impl Sources {
    /// Makes them.
    ///
    /// # Errors
    /// When the options cannot be used.
    pub fn new(cluster: Arc<dyn Cluster>, tunnel: Arc<dyn Tunnel>, clock: Arc<dyn Clock>, options: &Options) -> Result<Self, OptionsError> {
        let list = sources::all(&cluster, &tunnel, options)?;
        Ok(Self { list, cluster, clock, answered: Mutex::default() })
    }

    async fn standing(&self, seen: &sources::Seen) -> policy::Standing {
        let before = self.answered.lock().unwrap_or_else(PoisonError::into_inner).contains(&seen.source);
        // Asked only where it makes a difference: it costs a request to the API server.
        let network = before && matches!(seen.outcome, policy::Outcome::TurnedAway { .. }) && self.cluster.identity().await.is_ok();
        policy::Standing { answered_before: before, network_is_up: network }
    }
}

#[async_trait]
impl Evidence for Sources {
    async fn ask(&self, question: &Question) -> Verdict {
        let mut seen = sources::Seen::not_asked("no source", "no source can answer this");
        for source in &self.list {
            if let Some(found) = source.ask(question).await {
                seen = found;
                break;
            }
        }
        let kind = policy::weigh(&seen.outcome, self.standing(&seen).await);
        if kind == VerdictKind::For {
            self.answered.lock().unwrap_or_else(PoisonError::into_inner).insert(seen.source.clone());
        }
        Verdict {
            kind,
            detail: seen.detail(),
            source: seen.source,
            at: self.clock.now(),
            millis: seen.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            answered_by: seen.answered_by,
        }
    }
}
