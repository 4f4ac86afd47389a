//! Views as text for people.

use api::*;

use crate::out::{Ink, ink, width};

/// Left-aligned columns, two spaces between; the last one is not padded.
pub fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|i| rows.iter().filter_map(|r| r.get(i)).map(|c| width(c)).max().unwrap_or(0)).collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                line.push_str(cell);
                if i + 1 < row.len() {
                    line.push_str(&" ".repeat(widths[i].saturating_sub(width(cell)) + 2));
                }
            }
            line.trim_end().to_string()
        })
        .collect()
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| ink(Ink::Dim, n)).collect()
}

/// `contexts`.
pub fn contexts(v: &ContextsView) -> Vec<String> {
    let mut rows = vec![head(&["", "CONTEXT", "STATE", "WRITES", "ENVIRONMENT", "NAMESPACE", "SERVER"])];
    for c in &v.contexts {
        let current = if v.current.as_deref() == Some(&c.name) { "*" } else { "" };
        let state = match c.state {
            ContextState::Live | ContextState::Reachable => ink(Ink::Good, &wire(&c.state)),
            ContextState::Idle | ContextState::Connecting => wire(&c.state),
            _ => ink(Ink::Bad, &wire(&c.state)),
        };
        rows.push(vec![
            current.into(),
            c.name.clone(),
            state,
            wire(&c.writes),
            wire(&c.environment),
            c.namespace.clone(),
            c.server.clone(),
        ]);
    }
    let mut lines = table(&rows);
    for c in &v.contexts {
        if c.unverified.is_some() {
            lines.push(format!("{} {}: its server is not verified", ink(Ink::Bad, "✕"), c.name));
        }
        if let Some(p) = &c.problem {
            lines.push(format!("{} {}: {}", ink(Ink::Bad, "✕"), c.name, p.message));
            lines.extend(p.detail.iter().chain(&p.hint).map(|t| format!("    {t}")));
        }
    }
    for s in &v.shadowed {
        lines.push(ink(Ink::Dim, &format!("{} in {}: hidden by the context of this name in {}", s.name, s.file, s.by)));
    }
    for c in v.contexts.iter().filter(|c| c.state == ContextState::Idle) {
        lines.extend(c.note.as_ref().map(|note| ink(Ink::Dim, &format!("{}: {note}", c.name))));
    }
    for f in &v.files {
        if let Some(note) = &f.note {
            lines.push(ink(Ink::Dim, &format!("{}: {note}", f.path)));
        }
    }
    if v.contexts.is_empty() {
        lines.push("no context: name a kubeconfig with --kubeconfig or $KUBECONFIG".into());
    }
    lines
}

/// A program that would sign in.
pub fn program(p: &ProgramView) -> Vec<String> {
    let mut rows = vec![
        vec!["program".into(), ink(Ink::Strong, &p.path)],
        vec!["content".into(), format!("SHA-256 {}", p.sha256)],
        vec!["named by".into(), p.key.clone()],
    ];
    rows.extend(p.args.iter().enumerate().map(|(n, arg)| vec![format!("argument {}", n + 1), arg.clone()]));
    if !p.env.is_empty() {
        rows.push(vec!["variables".into(), p.env.join(", ")]);
    }
    if !p.cluster.is_empty() {
        rows.push(vec!["is told".into(), p.cluster.join(", ")]);
    }
    rows.push(vec!["fingerprint".into(), p.fingerprint.clone()]);
    let mut lines = table(&rows);
    if let Some(at) = &p.approved {
        lines.push(ink(Ink::Warn, &format!("This path was approved with another content, arguments, variables or cluster at {at}.")));
    }
    lines
}

/// The word that the wire has for a value (`backingOut`).
pub fn wire<T: serde::Serialize>(v: &T) -> String {
    serde_json::to_value(v).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default()
}

/// `incident`.
pub fn incident(v: &IncidentView) -> Vec<String> {
    let since = |t: &TroubleView| t.since.as_ref().map_or(String::new(), |at| format!(", since {at}"));
    let mut lines: Vec<String> =
        v.troubles.iter().map(|t| format!("{}: {} ({} of {} ready{})", t.object, t.text, t.ready, t.wanted, since(t))).collect();
    if lines.is_empty() {
        lines.push("nothing fails, as far as can be seen".into());
    }
    lines.extend(v.unread.iter().map(|why| format!("not read, so that its changes are not listed: {why}")));
    lines.push(String::new());
    if v.changes.is_empty() {
        lines.push(format!("nothing changed since {}", v.since));
        return lines;
    }
    let mut rows = vec![head(&["", "AT", "WHAT", "BY", "BACK TO", ""])];
    rows.extend(v.changes.iter().enumerate().map(|(i, c)| {
        let why: Vec<String> = c.reasons.iter().map(|r| r.said.to_string()).collect();
        let takes = |b: &BackView| b.seconds.map_or(String::new(), |n| format!(", about {n} s"));
        let back = c.back.as_ref().map_or(String::new(), |b| format!("revision {}{}", b.revision, takes(b)));
        let by = c.by.clone().unwrap_or_default();
        vec![(i + 1).to_string(), c.at.clone(), format!("{} {}", c.object, c.what), by, back, ink(Ink::Dim, &why.join("; "))]
    }));
    lines.extend(table(&rows));
    lines
}

/// `history`.
pub fn history(revisions: &[RevisionView], before: &[BeforeView]) -> Vec<String> {
    let mut rows = vec![head(&["", "REVISION", "IMAGES", "PODS", "CREATED", "CAUSE", ""])];
    for r in revisions {
        let mark = if r.current {
            "*"
        } else if r.advised {
            "←"
        } else {
            ""
        };
        let note = match (&r.excluded, &r.never_healthy) {
            (Some(why), _) => format!("not possible: {why}"),
            (None, Some(_)) => format!("never seen healthy: {}", reasons(r)),
            (None, None) => reasons(r),
        };
        rows.push(vec![
            mark.into(),
            r.number.to_string(),
            r.images.join(", "),
            format!("{}/{}", r.ready, r.wanted),
            r.created.clone().unwrap_or_default(),
            r.cause.clone().unwrap_or_default(),
            ink(Ink::Dim, &note),
        ]);
    }
    let mut lines = table(&rows);
    lines.push(ink(Ink::Dim, "* runs now   ← best to go back to"));
    if before.is_empty() {
        return lines;
    }
    let mut rows = vec![head(&["BEFORE RUN", "STRATEGY", "ENDED", "IMAGES", ""])];
    rows.extend(before.iter().map(|b| {
        let note = match (&b.excluded, &b.reason) {
            (Some(why), _) => format!("not possible: {why}"),
            (None, reason) => reason.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        let ended = b.ended_at.clone().unwrap_or_default();
        vec![b.run.clone(), b.strategy.clone(), ended, b.images.join(", "), ink(Ink::Dim, &note)]
    }));
    lines.push(String::new());
    lines.extend(table(&rows));
    lines.push(ink(Ink::Dim, "plans of this workstation kept these: changeoverctl plan rollback KIND/NAME --to-run RUN"));
    lines
}

/// `+` for it, `-` against it, `~` to be known.
fn reasons(r: &RevisionView) -> String {
    let sign = |speaks: Speaks| match speaks {
        Speaks::For => '+',
        Speaks::Against => '-',
        Speaks::Neither => '~',
    };
    r.reasons.iter().map(|r| format!("{} {}", sign(r.speaks), r.said)).collect::<Vec<_>>().join("; ")
}

/// A plan with its steps.
pub fn plan(v: &PlanView) -> Vec<String> {
    let mut lines = vec![format!("{}  {} {}  {}", ink(Ink::Strong, &v.id), v.strategy, v.target, v.change)];
    lines.extend(v.diff.lines().map(|l| {
        let how = if l.starts_with('+') {
            Some(Ink::Good)
        } else if l.starts_with('-') {
            Some(Ink::Bad)
        } else {
            None
        };
        format!("  {}", how.map_or(l.to_string(), |i| ink(i, l)))
    }));
    let mut phase = String::new();
    for s in &v.steps {
        if s.phase != phase {
            phase = s.phase.clone();
            lines.push(ink(Ink::Strong, &phase));
        }
        let about = if s.way_back_at_most { "at most" } else { "about" };
        let back = s.way_back_seconds.map_or("no way back by this run".to_string(), |n| format!("back in {about} {n} s"));
        lines.push(format!("  {}  {}  {}", s.id, s.title, ink(Ink::Dim, &back)));
        for w in &s.writes {
            lines.push(format!("      writes {}", w.object));
        }
        if let Some(waits) = &s.waits {
            let at_most = s.at_most.map(|n| format!("; at most {n} s")).unwrap_or_default();
            lines.push(format!("      waits: {waits}{at_most}"));
        }
        lines.extend(s.cut.iter().map(|c| format!("      expect: {}", c.text)));
        lines.extend(s.undo.iter().map(|u| format!("      undo: {u}")));
    }
    let s = &v.summary;
    lines.push(format!("{} steps, {} of them write; {} pods more; about {} s", s.steps, s.writes, s.more_pods, s.seconds));
    lines.extend(v.not_restored.iter().map(|n| format!("{} going back does not restore: {n}", ink(Ink::Warn, "!"))));
    lines
}

/// What was asked before a start.
pub fn checked(c: &CheckedView) -> String {
    format!("{} of {} permissions granted, {} of {} dry runs accepted", c.granted, c.permissions, c.accepted, c.dry_runs)
}

/// Findings by weight.
pub fn findings(all: &[FindingView]) -> Vec<String> {
    let mut lines = vec![];
    let groups = [
        (FindingSeverity::Block, "stops you", Ink::Bad),
        (FindingSeverity::Warn, "look at this", Ink::Warn),
        (FindingSeverity::Fixed, "taken care of", Ink::Good),
        (FindingSeverity::Info, "good to know", Ink::Dim),
    ];
    for (severity, title, colour) in groups {
        let of: Vec<&FindingView> = all.iter().filter(|f| f.severity == severity).collect();
        if of.is_empty() {
            continue;
        }
        lines.push(ink(colour, &format!("{title} ({})", of.len())));
        for f in of {
            lines.push(format!("  {}: {} {}", f.object, f.message, ink(Ink::Dim, &format!("[{}]", f.code))));
            if !f.remedy.text.is_empty() {
                lines.push(format!("      → {}", f.remedy));
            }
        }
    }
    lines
}

/// `runs`.
pub fn runs(all: &[RunSummary]) -> Vec<String> {
    if all.is_empty() {
        return vec!["no runs".into()];
    }
    let mut rows = vec![head(&["RUN", "STATE", "STRATEGY", "TARGET", "CHANGE", "STARTED", ""])];
    for r in all {
        rows.push(vec![
            r.id.clone(),
            state(r.state),
            r.strategy.clone(),
            r.target.clone(),
            r.change.to_string(),
            r.started_at.clone(),
            ink(Ink::Dim, &r.headline.text.text),
        ]);
    }
    table(&rows)
}

fn state(s: RunState) -> String {
    let colour = match s {
        RunState::Done => Ink::Good,
        RunState::Failed | RunState::Stuck => Ink::Bad,
        RunState::Held | RunState::Left | RunState::Elsewhere | RunState::Waiting => Ink::Warn,
        _ => Ink::Strong,
    };
    ink(colour, &wire(&s))
}

/// The mark of a step.
pub fn mark(s: StepState) -> &'static str {
    match s {
        StepState::Pending => "○",
        StepState::Running => "●",
        StepState::Done => "✔",
        StepState::Failed => "✕",
        StepState::Undoing => "↶",
        StepState::Undone => "↩",
    }
}

/// `status`.
pub fn run(v: &RunView) -> Vec<String> {
    let mut lines = vec![
        format!("{}  {}  {} {}  {}", ink(Ink::Strong, &v.id), state(v.state), v.strategy, v.target, v.change),
        format!("  {}", v.headline.text),
    ];
    lines.extend(v.driver.iter().map(|d| {
        let alive = d.alive_at.as_ref().map(|at| format!(", alive at {at}")).unwrap_or_default();
        format!("  driven by {}{}{alive}", d.by, if d.elsewhere { " (another workstation)" } else { "" })
    }));
    for s in &v.steps {
        let detail = if s.detail.text.is_empty() { String::new() } else { ink(Ink::Dim, &format!("  {}", s.detail)) };
        lines.push(format!("  {} {}  {}{detail}", mark(s.state), s.id, s.title));
    }
    for l in v.lanes.iter().filter(|l| l.exists) {
        let letter = if l.lane == Lane::Blue { "B" } else { "G" };
        lines.push(format!(
            "  [{letter}] {} {}  {}/{} ready  {}",
            l.deployment,
            l.version,
            l.ready,
            l.wanted,
            l.note.as_ref().map_or("", |n| &n.text)
        ));
    }
    let known = |n: Option<u32>| n.map_or("not known".to_string(), |n| n.to_string());
    for s in &v.services {
        lines.push(format!("  {} selects {}; endpoints: blue {}, green {}", s.service, s.selects, known(s.blue), known(s.green)));
    }
    lines.extend(proof(v));
    lines.extend(connections(v));
    lines.extend(v.notes.iter().map(note));
    lines.extend(gate(v));
    lines.extend(hold(v));
    lines.extend(way_back(&v.way_back));
    lines
}

/// How it was proven that traffic moved.
pub fn proof(v: &RunView) -> Vec<String> {
    let Some(p) = &v.proof else { return vec![] };
    let said = match p.kind {
        ProofKind::Probes => ink(Ink::Good, "proven by endpoints and probes"),
        ProofKind::Anonymous => ink(Ink::Warn, "proven by endpoints; the entry does not say who answers"),
        ProofKind::Endpoints => ink(Ink::Warn, "proven by endpoints only: no entry to ask"),
        ProofKind::Unreached => ink(Ink::Warn, "proven by endpoints only: the entry did not answer from here"),
        ProofKind::Unproven => ink(Ink::Bad, "not proven, you went on"),
    };
    vec![format!("  {said}  {}", ink(Ink::Dim, &format!("({}: {})", p.step, p.text)))]
}

/// Connections that stay on the old colour.
fn connections(v: &RunView) -> Vec<String> {
    let Some(c) = &v.evidence.connections else { return vec![] };
    let mut lines = vec![format!("  open connections: {}  {}", c.text, ink(Ink::Dim, &format!("({})", c.source)))];
    lines.extend(c.cut.iter().map(|cut| format!("    expect at {}: {}", cut.step, cut.text)));
    lines
}

/// Something that was seen.
pub fn note(n: &NoteView) -> String {
    format!("  {} {}  {}", ink(Ink::Warn, "i"), n.text, ink(Ink::Dim, &format!("({}, {})", n.step, n.at)))
}

/// A gate that waits: what follows and what holds.
pub fn gate(v: &RunView) -> Vec<String> {
    let Some(g) = &v.gate else { return vec![] };
    let mut lines = vec![ink(Ink::Strong, &format!("waits for approval: {}", g.name))];
    lines.extend(g.writes.iter().map(|w| format!("  {} {}: {} → {}", w.object, w.field, w.before, w.after)));
    lines.extend(g.checks.iter().map(|c| {
        let mark = match c.ok {
            Some(true) => ink(Ink::Good, "✔"),
            Some(false) => ink(Ink::Bad, "✕"),
            None => ink(Ink::Warn, "?"),
        };
        format!("  {mark} {}", c.text)
    }));
    lines.extend(g.cuts.iter().map(|c| format!("  {} expect at {}: {}", ink(Ink::Warn, "!"), c.step, c.text)));
    lines
}

/// A hold: what contradicts, and the answers.
pub fn hold(v: &RunView) -> Vec<String> {
    let Some(h) = &v.hold else { return vec![] };
    let mut lines = vec![ink(Ink::Warn, &format!("held: {} [{}]", h.message, h.code))];
    for f in &h.facts {
        lines.push(format!("  {} {}", f.object, f.field));
        lines.push(format!("    before   {}", f.before));
        lines.push(format!("    live     {}", f.live));
        lines.push(format!("    planned  {}", f.planned));
    }
    for c in &h.choices {
        let advised = if c.advised { " (advised)" } else { "" };
        lines.push(format!("  --choose {}{advised}: {}. {}", c.code, c.label, c.text));
    }
    lines
}

/// The way back.
pub fn way_back(w: &WayBackView) -> Vec<String> {
    let secs = w.seconds.map(|s| format!(" (about {s} s)")).unwrap_or_default();
    match w.kind {
        WayBackKind::None if w.text.text.is_empty() => vec![],
        WayBackKind::None => vec![format!("no way back by this run: {}", w.text)],
        _ => vec![format!("way back: {}{secs}", w.text)],
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn said(text: &str) -> SentenceView {
        SentenceView { text: text.into(), form: text.into(), with: Default::default(), parts: Default::default(), then: vec![] }
    }

    #[test]
    fn a_context_that_another_file_hides_is_named_with_both_files() {
        let hidden = ShadowedView { name: "kind".into(), server: "https://b".into(), file: "/b.yaml".into(), by: "/a.yaml".into() };
        let v = ContextsView { contexts: vec![], shadowed: vec![hidden], files: vec![], open: None, current: None };
        let lines = contexts(&v).join("\n");
        assert!(lines.contains("kind in /b.yaml: hidden by the context of this name in /a.yaml"), "{lines}");
    }

    #[test]
    fn columns_line_up_whatever_their_colour() {
        let rows = vec![vec!["a".to_string(), "b".to_string()], vec![ink(Ink::Bad, "long"), "c".to_string()]];
        let lines = table(&rows);
        let at = |line: &String, c| line.chars().filter(|c| !('\u{f7e0}'..='\u{f7e5}').contains(c)).position(|x| x == c);
        assert_eq!(at(&lines[0], 'b'), at(&lines[1], 'c'));
    }

    #[test]
    fn findings_that_stop_come_first_and_say_what_to_do() {
        let f = |severity, code: &str| FindingView {
            code: code.into(),
            severity,
            object: "Service/a/b".into(),
            message: said("m"),
            remedy: said("do this"),
        };
        let lines = findings(&[f(FindingSeverity::Warn, "w"), f(FindingSeverity::Block, "b")]);
        assert!(lines[0].contains("stops you (1)"));
        assert!(lines[2].contains("→ do this"));
        assert!(lines[3].contains("look at this (1)"));
    }

    #[test]
    fn words_are_those_of_the_wire() {
        assert_eq!(wire(&RunState::BackingOut), "backingOut");
        assert_eq!(wire(&Environment::None), "none");
    }
}
