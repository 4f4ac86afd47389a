//! The list of sources.

pub mod probe;
pub mod smoke;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::ports::AnsweredBy;
use engine::{Cluster, Question, Tunnel};
use model::{Sentence, sentence};

use crate::policy::Outcome;
use crate::{Options, OptionsError};

/// Answers one kind of question, and keeps no state between two.
#[async_trait]
pub trait Source: Send + Sync {
    /// Asks once; `None` = not a question for this source.
    async fn ask(&self, question: &Question) -> Option<Seen>;
}

/// Every source, one line each.
pub fn all(cluster: &Arc<dyn Cluster>, tunnel: &Arc<dyn Tunnel>, options: &Options) -> Result<Vec<Box<dyn Source>>, OptionsError> {
    Ok(vec![
        Box::new(smoke::Smoke::new(cluster.clone(), tunnel.clone(), options.timeout)), //
        Box::new(probe::Probe::new(options)?),
    ])
}

/// What a source saw.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where: `probe http://…`, `tunnel to Pod shop/web-1:8080`.
    pub source: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long an answer took.
    pub took: Option<Duration>,
    /// Who answered.
    pub answered_by: Option<AnsweredBy>,
    /// The third of five requests, where more than one was sent.
    pub count: Option<(u32, u32)>,
}

impl Seen {
    /// Nothing was asked.
    pub fn not_asked(source: impl Into<String>, why: impl Into<String>) -> Self {
        Self::without_answer(source, Outcome::NotAsked { why: why.into() })
    }

    /// Nothing came.
    pub fn without_answer(source: impl Into<String>, outcome: Outcome) -> Self {
        Self { source: source.into(), outcome, took: None, answered_by: None, count: None }
    }

    /// In words, for people: what came, how long it took, from whom. The kind of silence is always the first words.
    pub fn detail(&self) -> Sentence {
        let mut what = match (&self.outcome, self.took.map(|t| t.as_millis())) {
            (Outcome::Answered { status }, Some(ms)) => sentence!("{status} in {ms} ms", status, ms),
            (Outcome::Answered { status }, None) => sentence!("{status}", status),
            (Outcome::Unfinished { status, why }, _) => sentence!("{status}, answer {why}", status, why),
            (Outcome::NotHttp { why }, _) => sentence!("not HTTP: {why}", why),
            (Outcome::NoAnswer { why }, _) => sentence!("no answer: {why}", why),
            (Outcome::NoConnection { why }, _) => sentence!("no connection: {why}", why),
            (Outcome::TurnedAway { why }, _) => sentence!("turned away: {why}", why),
            (Outcome::Simulated, _) => sentence!("simulated pods: no data"),
            (Outcome::NotAsked { why }, _) => sentence!("not asked: {why}", why),
        };
        let by = self.answered_by.as_ref();
        if let Some(version) = by.and_then(|by| by.version.as_ref()) {
            what = sentence!("{what}, version {version}", version; what);
        }
        if let Some(colour) = by.and_then(|by| by.color.as_ref()) {
            what = sentence!("{what}, colour {colour}", colour; what);
        }
        if let Some(pod) = by.and_then(|by| by.pod.as_ref()) {
            what = sentence!("{what}, pod {pod}", pod; what);
        }
        if let Some((n, requests)) = self.count {
            what = sentence!("{what} (request {n} of {requests})", n, requests; what);
        }
        what
    }
}
