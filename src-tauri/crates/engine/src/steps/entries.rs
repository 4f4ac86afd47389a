//! URLs of the routes, which the plan found by itself. Whether they answer from here is seen before traffic moves, and
//! journaled: only those that did are asked for the proof and in the soak, for from a workstation an entry is often out
//! of reach, and what answers with an error already says nothing about the new colour.

use futures::future::join_all;
use model::sentence;
use plan::{Planned, Step};

use crate::ctx::{Ctx, Stop};
use crate::entry::{Event, Said};
use crate::ports::{Question, VerdictKind};

const ANSWERS: &str = "entry-answers";
const LEFT_OUT: &str = "entry-left-out";

/// Asks the entries of the switch behind the gate that is under way, all at a time, before the gate is shown as
/// waiting: an approval shall not wait for an entry that hangs.
pub async fn meet(ctx: &mut Ctx) -> Result<(), Stop> {
    let plan = ctx.plan.clone();
    let next = plan.steps.iter().skip_while(|p| p.id != ctx.step).nth(1);
    let Some(Planned { step: Step::Switch { entries, .. }, .. }) = next else { return Ok(()) };
    let open: Vec<&String> = entries.iter().filter(|url| !seen(ctx, ANSWERS, url)).collect();
    if open.is_empty() {
        return Ok(());
    }
    ctx.beat(Said::new("entries", sentence!("asks from here, before traffic moves: {urls}", urls = entries.join(", "))));
    let evidence = ctx.ports.evidence.clone();
    let questions: Vec<Question> = open.iter().map(|url| Question::Probe { url: (*url).clone() }).collect();
    let verdicts = join_all(questions.iter().map(|q| evidence.ask(q))).await;
    let mut events = vec![];
    for (url, verdict) in open.into_iter().zip(verdicts) {
        let what = verdict.detail.clone();
        let said = match verdict.kind {
            VerdictKind::For => Said::new(ANSWERS, sentence!("{url}: answers from here ({what})", url; what)),
            _ => Said::new(LEFT_OUT, sentence!("{url}: left out of the proof, it does not answer well from here ({what})", url; what)),
        };
        if !seen(ctx, &said.code, url) {
            events.push(Event::Observed { step: ctx.step.clone(), said });
        }
        ctx.note(verdict);
    }
    if events.is_empty() { Ok(()) } else { ctx.log(events) }
}

/// What is probed once traffic moves: all that somebody named, and the entries that were seen to answer.
pub fn asked<'a>(ctx: &Ctx, probes: &'a [String], entries: &'a [String]) -> Vec<&'a str> {
    probes.iter().chain(entries.iter().filter(|url| seen(ctx, ANSWERS, url))).map(String::as_str).collect()
}

fn seen(ctx: &Ctx, code: &str, url: &str) -> bool {
    ctx.view.observed.iter().any(|(_, _, said)| said.code == code && said.sentence.with.get("url").is_some_and(|u| u == url))
}
