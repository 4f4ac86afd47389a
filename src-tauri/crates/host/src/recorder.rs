//! Keeps what evidence said, so that a run can show its figures: answers, failures, p50 and p99, the latest times.
//!
//! Memory is bounded: per source the counts, and the last [`KEPT`] answers. Never decides anything.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use api::{Lane, ProbeView};
use engine::{Evidence, Question, Verdict, VerdictKind};
use jiff::Timestamp;

/// Answers kept per source.
pub const KEPT: usize = 120;

/// Sources kept: a run asks each pod of green and a few URLs.
const SOURCES: usize = 64;

/// An [`Evidence`] that passes questions on and keeps the answers.
pub struct Recorder {
    to: Arc<dyn Evidence>,
    seen: Mutex<BTreeMap<String, Seen>>,
}

#[derive(Default)]
struct Seen {
    total: u32,
    errors: u32,
    missing: bool,
    last: Option<Verdict>,
    millis: VecDeque<u32>,
}

impl Recorder {
    /// In front of `to`.
    pub fn new(to: Arc<dyn Evidence>) -> Self {
        Self { to, seen: Mutex::default() }
    }

    fn keep(&self, source: String, v: &Verdict) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= SOURCES && !seen.contains_key(&source) {
            return;
        }
        let s = seen.entry(source).or_default();
        s.missing = v.kind == VerdictKind::Missing;
        if !s.missing {
            s.total = s.total.saturating_add(1);
            s.errors = s.errors.saturating_add(u32::from(v.kind == VerdictKind::Against));
        }
        if let Some(ms) = v.millis {
            if s.millis.len() == KEPT {
                s.millis.pop_front();
            }
            s.millis.push_back(u32::try_from(ms).unwrap_or(u32::MAX));
        }
        s.last = Some(v.clone());
    }

    /// The figures, by source; `lane` finds the colour from what the answer says of itself.
    pub fn probes(&self, now: Timestamp, lane: impl Fn(&Verdict) -> Option<Lane>) -> Vec<ProbeView> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter()
            .map(|(source, s)| {
                let mut sorted: Vec<u32> = s.millis.iter().copied().collect();
                sorted.sort_unstable();
                ProbeView {
                    source: source.clone(),
                    lane: s.last.as_ref().and_then(&lane),
                    total: s.total,
                    errors: s.errors,
                    p50: percentile(&sorted, 50),
                    p99: percentile(&sorted, 99),
                    last: s.last.as_ref().map(|v| v.detail.clone()).unwrap_or_default().into(),
                    age: s.last.as_ref().map(|v| age(now, v.at)),
                    series: s.millis.iter().copied().collect(),
                }
            })
            .collect()
    }
}

#[async_trait::async_trait]
impl Evidence for Recorder {
    async fn ask(&self, question: &Question) -> Verdict {
        let verdict = self.to.ask(question).await;
        let source = match question {
            Question::Smoke { pod, .. } => pod.name.clone(),
            Question::Probe { url } => url.clone(),
        };
        self.keep(source, &verdict);
        verdict
    }
}

/// Whole seconds since; 0 when the clock went back.
pub fn age(now: Timestamp, at: Timestamp) -> u32 {
    u32::try_from(now.duration_since(at).as_secs().max(0)).unwrap_or(u32::MAX)
}

/// Nearest rank: the smallest value that at least `p` percent do not exceed.
fn percentile(sorted: &[u32], p: usize) -> Option<u32> {
    let rank = (sorted.len() * p).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Says(Mutex<VecDeque<Verdict>>);

    #[async_trait::async_trait]
    impl Evidence for Says {
        async fn ask(&self, _: &Question) -> Verdict {
            self.0.lock().expect("lock").pop_front().expect("one more answer")
        }
    }

    fn verdict(kind: VerdictKind, millis: Option<u64>) -> Verdict {
        Verdict { kind, detail: model::Sentence::default(), source: "probe".into(), at: Timestamp::UNIX_EPOCH, millis, answered_by: None }
    }

    async fn recorded(answers: Vec<Verdict>) -> ProbeView {
        let n = answers.len();
        let r = Recorder::new(Arc::new(Says(Mutex::new(answers.into()))));
        for _ in 0..n {
            r.ask(&Question::Probe { url: "http://a/".into() }).await;
        }
        r.probes(Timestamp::UNIX_EPOCH, |_| None).remove(0)
    }

    #[tokio::test]
    async fn figures_come_from_the_answers() {
        let mut answers: Vec<Verdict> = (1..=100).map(|ms| verdict(VerdictKind::For, Some(ms))).collect();
        answers.push(verdict(VerdictKind::Against, None));
        let p = recorded(answers).await;
        assert_eq!((p.total, p.errors, p.p50, p.p99), (101, 1, Some(50), Some(99)));
    }

    #[tokio::test]
    async fn no_data_is_neither_a_request_nor_a_failure() {
        let p = recorded(vec![verdict(VerdictKind::Missing, None)]).await;
        assert_eq!((p.total, p.errors, p.p50), (0, 0, None));
    }

    #[tokio::test]
    async fn only_the_latest_times_are_kept() {
        let p = recorded((0..500).map(|ms| verdict(VerdictKind::For, Some(ms))).collect()).await;
        assert_eq!((p.total, p.series.len(), p.series[0]), (500, KEPT, 380));
    }
}
