//! The list of sources.

pub mod probe;
pub mod smoke;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::ports::AnsweredBy;
use engine::{Cluster, Question, Tunnel};

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
    /// Where: `probe http://…`, `tunnel to pod shop/web-1:8080`.
    pub source: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long an answer took.
    pub took: Option<Duration>,
    /// Who answered.
    pub answered_by: Option<AnsweredBy>,
    /// `3 of 5 requests`, where more than one was sent.
    pub count: Option<String>,
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
    pub fn detail(&self) -> String {
        let mut said = match &self.outcome {
            Outcome::Answered { status } => {
                format!("{status}{}", self.took.map(|t| format!(" in {} ms", t.as_millis())).unwrap_or_default())
            }
            Outcome::Unfinished { status, why } => format!("{status}, answer {why}"),
            Outcome::NotHttp { why } => format!("not HTTP: {why}"),
            Outcome::NoAnswer { why } => format!("no answer: {why}"),
            Outcome::NoConnection { why } => format!("no connection: {why}"),
            Outcome::TurnedAway { why } => format!("turned away: {why}"),
            Outcome::Simulated => "simulated pods: no data".to_string(),
            Outcome::NotAsked { why } => format!("not asked: {why}"),
        };
        if let Some(by) = &self.answered_by {
            for (name, value) in [("version", &by.version), ("colour", &by.color), ("pod", &by.pod)] {
                if let Some(value) = value {
                    said.push_str(&format!(", {name} {value}"));
                }
            }
        }
        if let Some(count) = &self.count {
            said.push_str(&format!(" ({count})"));
        }
        said
    }
}
