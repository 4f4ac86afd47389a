//! What a load has seen.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::ports::AnsweredBy;
use serde::Serialize;

use super::histogram::Histogram;

/// Names that are told apart in one table; what comes behind is `other` (a hostile server may name itself anew each time).
const NAMES: usize = 512;
/// Failures that are kept with their time.
const KEPT: usize = 50;

/// Answers that bear one name. Times count from the begin of the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Answers.
    pub answers: u64,
    /// When the first came.
    pub first: Duration,
    /// When the last came.
    pub last: Duration,
    /// When the request was sent whose answer came last of all.
    pub last_sent: Duration,
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// When, from the begin of the load.
    pub at: Duration,
    /// Why.
    pub why: String,
}

/// How long answers took. Of requests at a rate: from the time at which they were due.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// Half took no longer.
    pub p50: Duration,
    /// 9 of 10.
    pub p90: Duration,
    /// 99 of 100.
    pub p99: Duration,
    /// 999 of 1,000.
    pub p999: Duration,
    /// The longest.
    pub max: Duration,
    /// Mean.
    pub mean: Duration,
}

/// A load, when it is over.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadReport {
    /// How long it lasted.
    pub lasted: Duration,
    /// Requests that were begun; a repeated one counts once.
    pub sent: u64,
    /// Requests that were answered with a status below 400.
    pub answered: u64,
    /// Requests that failed: without an answer, or with a status from 400 on.
    pub failed: u64,
    /// Failures by reason.
    pub reasons: BTreeMap<String, u64>,
    /// The first failures with their times.
    pub failures: Vec<Failure>,
    /// GETs that were cut on a reused connection before the first byte, and repeated on a new one.
    pub repeated: u64,
    /// Connections that were made.
    pub connections: u64,
    /// Answers (of any status) by the version that they name; `unnamed` when they name none.
    pub versions: BTreeMap<String, Seen>,
    /// The same by colour.
    pub colors: BTreeMap<String, Seen>,
    /// The same by pod.
    pub pods: BTreeMap<String, Seen>,
    /// How long answers took.
    pub latency: Latency,
}

/// One client's part.
#[derive(Default)]
pub(super) struct Tally {
    pub sent: u64,
    pub repeated: u64,
    pub connections: u64,
    answered: u64,
    failed: u64,
    reasons: BTreeMap<String, u64>,
    failures: Vec<Failure>,
    versions: BTreeMap<String, Seen>,
    colors: BTreeMap<String, Seen>,
    pods: BTreeMap<String, Seen>,
    latency: Histogram,
}

/// Times of one answer.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub due: Duration,
    pub sent: Duration,
    pub done: Duration,
}

impl Tally {
    /// Counts an answer.
    pub fn answer(&mut self, times: Times, status: u16, by: Option<AnsweredBy>) {
        self.latency.add(times.done.saturating_sub(times.due));
        let by = by.unwrap_or_default();
        for (table, name) in [(&mut self.versions, by.version), (&mut self.colors, by.color), (&mut self.pods, by.pod)] {
            let seen = Seen { answers: 1, first: times.done, last: times.done, last_sent: times.sent };
            note(table, name.unwrap_or_else(|| "unnamed".into()), seen);
        }
        if status < 400 {
            self.answered += 1;
        } else {
            self.failure(times.done, format!("status {status}"));
        }
    }

    /// Counts a failure.
    pub fn failure(&mut self, at: Duration, why: String) {
        self.failed += 1;
        if self.failures.len() < KEPT {
            self.failures.push(Failure { at, why: why.clone() });
        }
        let why = if self.reasons.len() < NAMES || self.reasons.contains_key(&why) { why } else { "other".into() };
        *self.reasons.entry(why).or_default() += 1;
    }

    /// A client ended before its time: whatever it saw is not known.
    pub fn lost(&mut self, why: String) {
        self.sent += 1;
        self.failure(Duration::ZERO, format!("client lost: {why}"));
    }

    pub fn merge(&mut self, other: Tally) {
        self.sent += other.sent;
        self.repeated += other.repeated;
        self.connections += other.connections;
        self.answered += other.answered;
        self.failed += other.failed;
        for (why, count) in other.reasons {
            *self.reasons.entry(why).or_default() += count;
        }
        self.failures.extend(other.failures);
        self.latency.merge(&other.latency);
        for (mine, theirs) in [(&mut self.versions, other.versions), (&mut self.colors, other.colors), (&mut self.pods, other.pods)] {
            for (name, seen) in theirs {
                note(mine, name, seen);
            }
        }
    }

    pub fn report(mut self, lasted: Duration) -> LoadReport {
        self.failures.sort_by_key(|failure| failure.at);
        self.failures.truncate(KEPT);
        let q = |share| self.latency.quantile(share);
        let latency =
            Latency { p50: q(0.5), p90: q(0.9), p99: q(0.99), p999: q(0.999), max: self.latency.max(), mean: self.latency.mean() };
        LoadReport {
            lasted,
            sent: self.sent,
            answered: self.answered,
            failed: self.failed,
            reasons: self.reasons,
            failures: self.failures,
            repeated: self.repeated,
            connections: self.connections,
            versions: self.versions,
            colors: self.colors,
            pods: self.pods,
            latency,
        }
    }
}

fn note(table: &mut BTreeMap<String, Seen>, name: String, new: Seen) {
    let name = if table.len() < NAMES || table.contains_key(&name) { name } else { "other".into() };
    match table.get_mut(&name) {
        None => {
            table.insert(name, new);
        }
        Some(seen) => {
            seen.answers += new.answers;
            seen.first = seen.first.min(new.first);
            if new.last >= seen.last {
                (seen.last, seen.last_sent) = (new.last, new.last_sent);
            }
        }
    }
}
