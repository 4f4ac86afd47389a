//! What is new in a run since it was last printed: as lines for people, or as JSON lines for programs (docs/cli.md).

use std::time::Duration;

use api::{Headline, NoteView, RunState, RunStepView, RunView, StepState};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::out::{Ink, ink};
use crate::text;

/// Version of the JSON lines.
pub const SCHEMA: u32 = 1;

/// At most one heartbeat of a step in this time; a change of state is always printed.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Something that is printed once.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The run, once.
    Started(Box<RunView>),
    /// A step began, ended, or says how far it is.
    Step(RunStepView),
    /// The sentence that says what is so.
    Headline(Headline),
    /// A gate waits, or what holds at it changed.
    Gate(Box<RunView>),
    /// Somebody is needed.
    Hold(Box<RunView>),
    /// Traffic moved, and how well that is proven.
    Proof(Box<RunView>),
    /// Something was seen that is worth knowing.
    Note(NoteView),
}

/// What was printed.
#[derive(Default)]
pub struct Progress {
    last: Option<RunView>,
    beat: Option<Duration>,
}

impl Progress {
    /// What is new; `now` is monotonic.
    pub fn news(&mut self, v: &RunView, now: Duration) -> Vec<News> {
        let mut news = vec![];
        let last = self.last.take();
        if last.is_none() {
            news.push(News::Started(Box::new(v.clone())));
        }
        let mut printed = v.clone();
        for (s, printed) in v.steps.iter().zip(&mut printed.steps) {
            let before = last.as_ref().and_then(|l| l.steps.iter().find(|b| b.id == s.id));
            let state_changed = before.map_or(s.state != StepState::Pending, |b| b.state != s.state);
            let said_more = before.is_some_and(|b| b.detail != s.detail) && matches!(s.state, StepState::Running | StepState::Undoing);
            let due = self.beat.is_none_or(|b| now.saturating_sub(b) >= HEARTBEAT);
            if state_changed || (said_more && due) {
                self.beat = Some(now);
                news.push(News::Step(s.clone()));
            } else if let (true, Some(before)) = (said_more, before) {
                // Too soon, and still new next time: a silence is said in the same words for as long as it lasts.
                printed.detail.clone_from(&before.detail);
            }
        }
        let known = last.as_ref().map_or(0, |l| l.notes.len());
        news.extend(v.notes.iter().skip(known).cloned().map(News::Note));
        if v.proof.is_some() && last.as_ref().and_then(|l| l.proof.as_ref()) != v.proof.as_ref() {
            news.push(News::Proof(Box::new(v.clone())));
        }
        if last.as_ref().is_none_or(|l| l.headline.code != v.headline.code || l.state != v.state) {
            news.push(News::Headline(v.headline.clone()));
        }
        if v.gate.is_some() && last.as_ref().and_then(|l| gate_key(l)) != gate_key(v) {
            news.push(News::Gate(Box::new(v.clone())));
        }
        if let Some(h) = &v.hold
            && last.as_ref().and_then(|l| l.hold.as_ref()).is_none_or(|l| (&l.code, &l.message) != (&h.code, &h.message))
        {
            news.push(News::Hold(Box::new(v.clone())));
        }
        self.last = Some(printed);
        news
    }
}

/// A gate is told again when it opens or closes, not when a number in it moves.
fn gate_key(v: &RunView) -> Option<(&str, bool)> {
    v.gate.as_ref().map(|g| (g.name.as_str(), g.clear))
}

/// For people.
pub fn to_text(n: &News) -> Vec<String> {
    match n {
        News::Started(v) => vec![format!("{}  {} {} in {}  {}", ink(Ink::Strong, &v.id), v.strategy, v.target, v.context, v.change)],
        News::Step(s) => {
            let mark = match s.state {
                StepState::Done => ink(Ink::Good, text::mark(s.state)),
                StepState::Failed => ink(Ink::Bad, text::mark(s.state)),
                _ => text::mark(s.state).to_string(),
            };
            let detail = if s.detail.text.is_empty() { String::new() } else { ink(Ink::Dim, &format!("  {}", s.detail)) };
            vec![format!("{mark} {}  {}{detail}", s.id, s.title)]
        }
        News::Headline(h) => vec![ink(Ink::Strong, &h.text.text)],
        News::Gate(v) => text::gate(v),
        News::Hold(v) => text::hold(v),
        News::Proof(v) => text::proof(v),
        News::Note(n) => vec![text::note(n)],
    }
}

/// For programs; `at` = RFC 3339.
pub fn to_json(n: &News, run: &str, at: &str) -> Value {
    let (event, mut body) = match n {
        News::Started(v) => (
            "started",
            json!({"context": v.context, "target": v.target, "strategy": v.strategy, "finish": v.finish, "change": v.change, "reason": v.reason}),
        ),
        News::Step(s) => ("step", json!({"step": s.id, "phase": s.phase, "title": s.title, "state": s.state, "detail": s.detail})),
        News::Headline(h) => ("headline", json!({"code": h.code, "text": h.text})),
        News::Gate(v) => match &v.gate {
            Some(g) => ("gate", json!({"gate": g.name, "clear": g.clear, "writes": g.writes, "checks": g.checks, "cuts": g.cuts})),
            None => ("gate", json!({})),
        },
        News::Hold(v) => match &v.hold {
            Some(h) => ("hold", json!({"code": h.code, "message": h.message, "facts": h.facts, "choices": h.choices})),
            None => ("hold", json!({})),
        },
        News::Proof(v) => match &v.proof {
            Some(p) => ("proof", json!({"kind": p.kind, "step": p.step, "text": p.text})),
            None => ("proof", json!({})),
        },
        News::Note(n) => ("note", json!({"step": n.step, "code": n.code, "text": n.text, "seenAt": n.at})),
    };
    envelope(event, run, at, &mut body)
}

/// The last line of a run.
pub fn end_json(v: &RunView, exit: Exit, left_behind: &[String], at: &str) -> Value {
    let mut body = json!({
        "state": v.state,
        "exit": exit.code(),
        "text": v.headline.text,
        "draining": v.draining,
        "proof": v.proof,
        "connections": v.evidence.connections,
        "wayBack": v.way_back,
        "breakGlass": v.break_glass,
        "leftBehind": left_behind,
    });
    envelope("end", &v.id, at, &mut body)
}

/// The last lines of a run.
pub fn end_text(v: &RunView, exit: Exit, left_behind: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = left_behind.to_vec();
    match exit {
        _ if exit == Exit::Held || matches!(v.state, RunState::Left | RunState::Elsewhere) => {
            lines.push(format!("go on with: changeoverctl resume {}   (back: changeoverctl back-out {})", v.id, v.id))
        }
        Exit::Stuck | Exit::Failed if !v.break_glass.is_empty() => {
            lines.push(ink(Ink::Bad, "repair by hand:"));
            lines.extend(v.break_glass.iter().map(|c| format!("  {c}")));
        }
        _ => lines.extend(text::way_back(&v.way_back)),
    }
    lines
}

fn envelope(event: &str, run: &str, at: &str, body: &mut Value) -> Value {
    let mut line = json!({"schema": SCHEMA, "at": at, "run": run, "event": event});
    if let (Some(line), Some(body)) = (line.as_object_mut(), body.as_object_mut()) {
        line.append(body);
    }
    line
}

#[cfg(test)]
pub(crate) mod tests {
    use api::*;

    use super::*;

    pub fn view() -> RunView {
        let step = |id: &str, state| RunStepView {
            id: id.into(),
            phase: "prepare".into(),
            title: crate::text::tests::said("t"),
            state,
            detail: crate::text::tests::said(""),
            started_at: None,
            ended_at: None,
            way_back_seconds: None,
            way_back_at_most: false,
        };
        RunView {
            id: "r".into(),
            context: "c".into(),
            target: "Deployment/a/web".into(),
            strategy: "blue-green".into(),
            finish: "swap".into(),
            change: model::Sentence::quoted("v1 → v2").into(),
            started_at: "2026-01-01T00:00:00Z".into(),
            ended_at: None,
            reason: None,
            state: RunState::Running,
            driver: None,
            headline: Headline { code: "running".into(), text: crate::text::tests::said("It runs.") },
            steps: vec![step("pin", StepState::Running), step("create", StepState::Pending)],
            lanes: vec![],
            services: vec![],
            gate: None,
            hold: None,
            way_back: WayBackView {
                kind: WayBackKind::BackOut,
                seconds: Some(5),
                at_most: false,
                title: crate::text::tests::said(""),
                text: crate::text::tests::said("deletes green"),
                steps: 1,
                run: None,
            },
            undoes: vec![],
            proof: None,
            notes: vec![],
            draining: false,
            soak_left: None,
            evidence: EvidenceView { probes: vec![], endpoints: vec![], connections: None, events: vec![], log: vec![], simulated: false },
            break_glass: vec!["kubectl patch".into()],
        }
    }

    const T: Duration = Duration::ZERO;

    fn gate(clear: bool) -> Option<GateView> {
        Some(GateView { name: "cut-over".into(), writes: vec![], checks: vec![], clear, cuts: vec![] })
    }

    #[test]
    fn nothing_new_prints_nothing() {
        let mut p = Progress::default();
        assert_eq!(p.news(&view(), T).len(), 3, "the run, its running step, its headline");
        assert_eq!(p.news(&view(), T), []);
    }

    #[test]
    fn a_heartbeat_is_told_now_and_then_and_a_change_of_state_at_once() {
        let mut p = Progress::default();
        p.news(&view(), T);
        let mut v = view();
        v.steps[0].detail = crate::text::tests::said("1 of 3");
        assert_eq!(p.news(&v, Duration::from_secs(1)), [], "too soon");
        v.steps[0].detail = crate::text::tests::said("2 of 3");
        assert_eq!(p.news(&v, Duration::from_secs(6)).len(), 1);
        v.steps[0].detail = crate::text::tests::said("no answer");
        assert_eq!(p.news(&v, Duration::from_secs(7)), [], "too soon");
        assert_eq!(p.news(&v, Duration::from_secs(11)).len(), 1, "what was new too soon is told when it is time");
        assert_eq!(p.news(&v, Duration::from_secs(20)), [], "once");
        v.steps[0].state = StepState::Done;
        assert_eq!(p.news(&v, Duration::from_secs(20)).len(), 1);
    }

    #[test]
    fn a_gate_is_told_when_it_comes_and_when_it_opens() {
        let mut p = Progress::default();
        let mut v = view();
        p.news(&v, T);
        v.gate = gate(false);
        assert!(matches!(p.news(&v, T)[..], [News::Gate(_)]));
        assert_eq!(p.news(&v, T), []);
        v.gate = gate(true);
        assert!(matches!(p.news(&v, T)[..], [News::Gate(_)]));
    }

    #[test]
    fn every_json_line_says_its_schema_run_and_event() {
        let mut p = Progress::default();
        let mut v = view();
        v.gate = gate(true);
        v.hold = Some(HoldView { code: "moved".into(), message: crate::text::tests::said("m"), facts: vec![], choices: vec![] });
        let news = p.news(&v, T);
        let events: Vec<String> = news
            .iter()
            .map(|n| to_json(n, "r", "2026-01-01T00:00:00Z"))
            .map(|l| {
                assert_eq!((&l["schema"], &l["run"]), (&json!(1), &json!("r")));
                l["event"].as_str().unwrap_or_default().to_string()
            })
            .collect();
        assert_eq!(events, ["started", "step", "headline", "gate", "hold"]);
        let end = end_json(&v, Exit::Held, &["stays".into()], "t");
        assert_eq!((&end["event"], &end["exit"], &end["leftBehind"][0]), (&json!("end"), &json!(4), &json!("stays")));
    }

    #[test]
    fn a_note_is_told_once_and_the_proof_with_its_kind() {
        let note =
            |text: &str| NoteView { at: "t".into(), step: "pin".into(), code: "left-behind".into(), text: crate::text::tests::said(text) };
        let mut p = Progress::default();
        let mut v = view();
        v.notes = vec![note("one")];
        assert!(p.news(&v, T).contains(&News::Note(note("one"))), "what is there at the start too");
        v.notes.push(note("two"));
        let text = crate::text::tests::said("no entry to probe is known");
        v.proof = Some(ProofView { kind: ProofKind::Endpoints, step: "cut-over".into(), text, at: None });
        let news = p.news(&v, T);
        assert_eq!(news.len(), 2, "{news:?}");
        let lines: Vec<Value> = news.iter().map(|n| to_json(n, "r", "t")).collect();
        assert_eq!((&lines[0]["event"], &lines[0]["text"]["text"]), (&json!("note"), &json!("two")));
        assert_eq!((&lines[1]["event"], &lines[1]["kind"]), (&json!("proof"), &json!("endpoints")));
        let said = text::run(&v).join("\n");
        assert!(said.contains("endpoints only: no entry to ask") && said.contains("two"), "{said}");
        assert_eq!(p.news(&v, T), []);
        assert_eq!(end_json(&v, Exit::Done, &[], "t")["proof"]["kind"], json!("endpoints"));
    }

    #[test]
    fn what_to_expect_of_open_connections_is_said_at_the_gate_and_by_status() {
        let cut =
            CutView { step: "retire-blue".into(), deployment: "Deployment/a/web".into(), text: crate::text::tests::said("fails once") };
        let mut v = view();
        v.gate = Some(GateView { cuts: vec![cut.clone()], name: "retire".into(), writes: vec![], checks: vec![], clear: true });
        assert!(text::gate(&v).join("\n").contains("expect at retire-blue: fails once"));
        v.gate = None;
        v.evidence.connections = Some(ConnectionsView {
            deployment: "Deployment/a/web".into(),
            services: vec![],
            seen: ConnectionsSeen::Unknown,
            text: crate::text::tests::said("how many cannot be seen"),
            source: crate::text::tests::said("no API"),
            cut: Some(cut),
        });
        let said = text::run(&v).join("\n");
        assert!(said.contains("how many cannot be seen") && said.contains("expect at retire-blue: fails once"), "{said}");
    }

    #[test]
    fn stuck_prints_the_commands_for_a_repair_by_hand() {
        let lines = end_text(&view(), Exit::Stuck, &[]).join("\n");
        assert!(lines.contains("kubectl patch"), "{lines}");
    }
}
