//! Whether what a plan will probe answers from here: looked at once, before anything starts.

use api::{FindingSeverity, FindingView};
use engine::{Evidence, Question, VerdictKind};
use futures::future::join_all;
use model::{Sentence, sentence};
use plan::{Plan, Step};

/// A URL that will be probed, and whether the plan found it by itself.
fn probed(plan: &Plan) -> Vec<(&str, bool)> {
    let first = plan.steps.iter().find_map(|s| match &s.step {
        Step::Switch { probes, entries, .. } => Some((probes, entries)),
        _ => None,
    });
    let Some((probes, entries)) = first else { return vec![] };
    probes.iter().map(|u| (u.as_str(), false)).chain(entries.iter().map(|u| (u.as_str(), true))).collect()
}

/// Asks each of them once, all at a time.
pub async fn look(evidence: &dyn Evidence, plan: &Plan) -> Vec<FindingView> {
    let ask = |(url, found): (&str, bool)| {
        let question = Question::Probe { url: url.to_string() };
        async move { (question.clone(), found, evidence.ask(&question).await) }
    };
    let answers = join_all(probed(plan).into_iter().map(ask)).await;
    let mut all = vec![];
    for (question, found, verdict) in answers {
        let Question::Probe { url } = question else { continue };
        let detail = verdict.detail;
        let (code, severity, message) = match (verdict.kind, found) {
            (VerdictKind::For, _) => (
                "entry-answers",
                FindingSeverity::Info,
                sentence!("{url} answers from here ({detail}); it is asked again after the cutover", url; detail),
            ),
            (VerdictKind::Missing, true) => (
                "entry-unreached",
                FindingSeverity::Warn,
                sentence!(
                    "{url} does not answer from here ({detail}); unless it does at the cutover, the proof rests on the endpoints alone",
                    url;
                    detail
                ),
            ),
            (VerdictKind::Against, true) => (
                "entry-errors",
                FindingSeverity::Warn,
                sentence!(
                    "{url} answers with an error already ({detail}); unless it recovers before the cutover, it is left out of the proof",
                    url;
                    detail
                ),
            ),
            (VerdictKind::Missing, false) => (
                "probe-unreached",
                FindingSeverity::Warn,
                sentence!(
                    "{url} does not answer from here ({detail}); it was asked for, so the run would hold after the cutover",
                    url;
                    detail
                ),
            ),
            (VerdictKind::Against, false) => (
                "probe-errors",
                FindingSeverity::Warn,
                sentence!(
                    "{url} answers with an error already ({detail}); it was asked for, so the cutover would be taken back",
                    url;
                    detail
                ),
            ),
        };
        let remedy = match severity {
            FindingSeverity::Warn => sentence!(
                "name a URL that answers from here as probe, or start with --resolve HOST:PORT:ADDRESS to say where the host is; an empty \
                 list of probes asks none"
            ),
            _ => Sentence::default(),
        };
        let object = plan.target.object.to_string();
        all.push(FindingView { code: code.into(), severity, object, message: message.into(), remedy: remedy.into() });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Verdict;
    use std::collections::BTreeMap;

    struct Says(BTreeMap<&'static str, VerdictKind>);

    #[async_trait::async_trait]
    impl Evidence for Says {
        async fn ask(&self, question: &Question) -> Verdict {
            let Question::Probe { url } = question else { panic!("{question:?}") };
            let at = jiff::Timestamp::UNIX_EPOCH;
            Verdict { kind: self.0[url.as_str()], detail: Sentence::default(), source: url.clone(), at, millis: None, answered_by: None }
        }
    }

    async fn said(probes: &[&str], entries: &[&str], answers: &[(&'static str, VerdictKind)]) -> Vec<(String, FindingSeverity)> {
        let own = |urls: &[&str]| urls.iter().map(|u| u.to_string()).collect();
        let plan = crate::kept::tests::switching(own(probes), own(entries));
        let found = look(&Says(answers.iter().copied().collect()), &plan).await;
        found.into_iter().map(|f| (f.code, f.severity)).collect()
    }

    #[tokio::test]
    async fn what_does_not_answer_from_here_is_said_before_the_run_and_by_what_it_leads_to() {
        use FindingSeverity::{Info, Warn};
        use VerdictKind::{Against, For, Missing};
        let of = |code: &str, s| vec![(code.to_string(), s)];
        assert_eq!(said(&[], &["u"], &[("u", For)]).await, of("entry-answers", Info));
        assert_eq!(said(&[], &["u"], &[("u", Missing)]).await, of("entry-unreached", Warn));
        assert_eq!(said(&[], &["u"], &[("u", Against)]).await, of("entry-errors", Warn));
        assert_eq!(said(&["u"], &[], &[("u", Missing)]).await, of("probe-unreached", Warn));
        assert_eq!(said(&["u"], &[], &[("u", Against)]).await, of("probe-errors", Warn));
        assert_eq!(said(&[], &[], &[]).await, []);
    }
}
