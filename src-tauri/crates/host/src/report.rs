//! The report of a run, for those who were not there: what happened and when, on what evidence, what was written, and how to go
//! back. Made of its journal (of its record, where another workstation has it) and of its plan. Times are UTC, words are English.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use api::*;
use engine::entry::{End, Outcome, Purpose, Receipt};
use engine::{Entry, Event, Journal};
use jiff::Unit;
use model::{Sentence, Write, sentence};
use serde_json::{Value, json};

use crate::lanes::said;
use crate::{Host, errors, plan_view};

/// Version of the JSON.
const SCHEMA: u32 = 1;

impl Host {
    /// The report of that run, as it is now.
    ///
    /// # Errors
    /// [`Code::NotFound`] where neither journal nor record knows it; the journal's.
    pub(crate) async fn report_of(&self, run: &str, format: ReportFormat) -> Result<String, UiError> {
        let view = self.run_view(run).await?;
        let told = match self.told(run) {
            Some(told) => self.read_told_whole(&told).await.ok(),
            None => None,
        };
        let (plan, entries) = match told {
            Some((plan, entries, ..)) => (plan, entries),
            None => self.store.read(run).map_err(errors::journal)?,
        };
        let plan = plan_view::view(&plan, None, ConfirmNeed::Key);
        let report = ReportView { run: view, timeline: timeline(&entries), plan };
        Ok(match format {
            ReportFormat::Markdown => blocks(&report).iter().map(markdown).collect(),
            ReportFormat::Html => page(&report),
            ReportFormat::Json => json!({"schema": SCHEMA, "report": report}).to_string(),
        })
    }

    /// Writes it into the folder for downloads, else into the home folder.
    ///
    /// # Errors
    /// As [`Host::report_of`]; [`Code::Usage`] where the file cannot be written.
    pub(crate) async fn report_saved(&self, run: &str, format: ReportFormat) -> Result<String, UiError> {
        let text = self.report_of(run, format).await?;
        let extension = match format {
            ReportFormat::Markdown => "md",
            ReportFormat::Html => "html",
            ReportFormat::Json => "json",
        };
        let failed = |folder: String, why: String| {
            let said = sentence!("the report cannot be written into {folder}: {why}", folder, why);
            UiError::new(Code::Usage, said).hint(sentence!("copy it instead, or write it with changeoverctl report {run}", run))
        };
        let folder = dirs::download_dir().filter(|d| d.is_dir()).or_else(dirs::home_dir);
        let folder = folder.ok_or_else(|| failed("~".into(), ErrorKind::NotFound.to_string()))?;
        kept(&folder, &file_name(run), extension, &text)
            .map(|path| path.display().to_string())
            .map_err(|e| failed(folder.display().to_string(), e.to_string()))
    }
}

/// A run's id may come from a record, which is what somebody wrote into a cluster: no path is made of it.
fn file_name(run: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("changeover-{}", run.chars().take(80).map(safe).collect::<String>())
}

/// As many files of one run may lie in one folder.
const COPIES: u32 = 99;

/// Writes into a file that was not there: nothing of somebody's is written over.
fn kept(folder: &Path, name: &str, extension: &str, text: &str) -> std::io::Result<PathBuf> {
    for n in 1..=COPIES {
        let path = folder.join(if n == 1 { format!("{name}.{extension}") } else { format!("{name}-{n}.{extension}") });
        let mut file = match File::create_new(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
            Err(e) => return Err(e),
        };
        if let Err(e) = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()) {
            // Half a report would look like a whole one.
            let _ = std::fs::remove_file(&path);
            return Err(e);
        }
        return Ok(path);
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// What happened. An entry that cannot be read is left out: whoever replays the run refuses it in words.
fn timeline(entries: &[Value]) -> Vec<ReportLine> {
    let read: Vec<Entry> = entries.iter().filter_map(|e| serde_json::from_value(e.clone()).ok()).collect();
    let (mut lines, mut writes) = (vec![], BTreeMap::new());
    for entry in &read {
        for event in &entry.events {
            if let Event::Adopted { entries } = event {
                // From here on it is what its record says.
                lines = timeline(entries);
            }
            let Some((step, text)) = line(event, &mut writes) else { continue };
            lines.push(ReportLine {
                at: said(entry.at.round(Unit::Millisecond).unwrap_or(entry.at)),
                step: step.map(str::to_string),
                text: text.into(),
            });
        }
    }
    lines
}

/// The step, and what to say of it.
fn line<'e>(event: &'e Event, writes: &mut BTreeMap<u64, (&'e str, Write, Purpose)>) -> Option<(Option<&'e str>, Sentence)> {
    let of = |step: &'e str, said: Sentence| Some((Some(step), said));
    match event {
        Event::Started { taken: Some(taken), .. } => Some((None, taken.sentence.clone())),
        Event::Started { by: Some(by), .. } => Some((None, sentence!("{by} drives it", by))),
        Event::Started { .. } => Some((None, sentence!("it is picked up"))),
        Event::TakenOver { by } => Some((None, sentence!("taken over by {by}", by))),
        Event::GateReached { step, gate } => of(step, sentence!("waits for approval: {gate}", gate)),
        Event::Approved { gate } => Some((None, sentence!("{gate} is approved", gate))),
        Event::Intent { n, step, write, purpose, .. } => {
            writes.insert(*n, (step, write.clone(), *purpose));
            None
        }
        Event::Outcome { n, result } => {
            let (step, write, purpose) = writes.get(n)?;
            let object = write.object().said();
            of(
                step,
                match (result, purpose, write) {
                    (Outcome::Failed { error }, ..) => sentence!("{object}: not written: {why}", object; why = error.said()),
                    (_, Purpose::Fence, _) => sentence!("{object}: an earlier write is shut out", object),
                    (_, Purpose::Tidy, _) => sentence!("{object}: the marks of the run are taken away", object),
                    (_, _, Write::Create { .. }) => sentence!("{object}: created", object),
                    (_, _, Write::Delete { .. }) => sentence!("{object}: deleted", object),
                    (_, _, Write::Scale { .. }) => sentence!("{object}: scaled", object),
                    (_, _, Write::Patch { .. }) => sentence!("{object}: changed", object),
                },
            )
        }
        Event::Settled { n, landed, .. } => {
            let (step, write, _) = writes.get(n)?;
            let object = write.object().said();
            let landed = landed.is_some();
            of(
                step,
                if landed {
                    sentence!("{object}: that write had landed", object)
                } else {
                    sentence!("{object}: that write did not land", object)
                },
            )
        }
        Event::Observed { step, said } => of(step, said.sentence.clone()),
        Event::StepDone { step, receipt: Receipt::Switched { proof, .. } } => {
            of(step, sentence!("done: {what}"; what = proof.sentence.clone()))
        }
        Event::StepDone { step, .. } => of(step, sentence!("done")),
        Event::StepUndone { step } => of(step, sentence!("taken back")),
        Event::Held { hold } => of(&hold.step, sentence!("held: {what}"; what = hold.said.sentence.clone())),
        Event::Chosen { choice } => Some((None, sentence!("{choice} is chosen", choice = choice.code()))),
        Event::BackOutAsked { why } => Some((None, sentence!("goes back: {why}"; why = why.sentence.clone()))),
        Event::Stuck { error, .. } => Some((None, sentence!("the way back is stuck: {what}"; what = error.sentence.clone()))),
        Event::Ended { end: End::Done } => Some((None, sentence!("the run is done"))),
        Event::Ended { end: End::BackedOut } => Some((None, sentence!("everything is taken back"))),
        Event::Ended { end: End::Failed { error } } => {
            Some((None, sentence!("refused before anything was written: {what}"; what = error.sentence.clone())))
        }
        Event::Adopted { .. } | Event::StepBegan { .. } => None,
    }
}

/// A piece of a report, before it is known what it is written as.
#[derive(Debug, PartialEq)]
enum Block {
    Title(String),
    Heading(String),
    Text(String),
    List(Vec<String>),
    Table(Vec<String>, Vec<Vec<String>>),
    /// Language, text.
    Code(&'static str, String),
}

fn blocks(r: &ReportView) -> Vec<Block> {
    let run = &r.run;
    let heading = |text: &str| Block::Heading(text.to_string());
    // What a step does, and the id by which commands name it.
    let named = |id: Option<&str>| {
        let step = run.steps.iter().find(|s| Some(s.id.as_str()) == id);
        step.map_or_else(|| id.unwrap_or_default().to_string(), |s| format!("{} ({})", s.title, s.id))
    };
    let row = |name: &str, value: &str| vec![name.to_string(), value.to_string()];
    let mut facts =
        vec![row("Run", &run.id), row("Workload", &run.target), row("Context", &run.context), row("Change", &run.change.to_string())];
    facts.push(row("Strategy", format!("{} {}", run.strategy, run.finish).trim()));
    facts.push(row("Begun", &run.started_at));
    facts.extend(run.ended_at.as_deref().map(|at| row("Ended", at)));
    facts.extend(run.reason.as_deref().map(|why| row("Reason", why)));
    facts.extend(run.driver.as_ref().map(|d| row("Driven by", &d.by)));
    let name = run.target.rsplit('/').next().unwrap_or_default();
    let mut all = vec![
        Block::Title(format!("{name}: {}", run.change)),
        Block::Text(run.headline.text.to_string()),
        Block::Table(row("", ""), facts),
        heading("What happened"),
        Block::Table(
            ["At", "Step", "What"].map(str::to_string).to_vec(),
            r.timeline.iter().map(|l| vec![l.at.clone(), named(l.step.as_deref()), l.text.to_string()]).collect(),
        ),
        heading("Evidence"),
    ];
    all.extend(run.proof.as_ref().map(|p| Block::Text(p.text.to_string())));
    let ms = |n: Option<u32>| n.map_or("-".to_string(), |n| format!("{n} ms"));
    if !run.evidence.probes.is_empty() {
        let of = |p: &ProbeView| vec![p.source.clone(), ms(p.p50), ms(p.p99), format!("{} of {}", p.errors, p.total), p.last.to_string()];
        let head = ["Asked", "Median", "99th percentile", "Failed", "Last answer"].map(str::to_string).to_vec();
        all.push(Block::Table(head, run.evidence.probes.iter().map(of).collect()));
    }
    if !run.evidence.endpoints.is_empty() {
        let of = |e: &EndpointsView| vec![e.service.clone(), e.blue.to_string(), e.green.to_string()];
        let head = ["Ready endpoints", "Blue", "Green"].map(str::to_string).to_vec();
        all.push(Block::Table(head, run.evidence.endpoints.iter().map(of).collect()));
    }
    all.extend(run.evidence.connections.as_ref().map(|c| Block::Text(c.text.to_string())));
    if matches!(all.last(), Some(Block::Heading(_))) {
        all.push(Block::Text("None that is still at hand.".into()));
    }
    all.push(heading("What was to change"));
    all.push(Block::Code("diff", r.plan.diff.clone()));
    all.push(heading("Steps and their writes"));
    for (step, did) in r.plan.steps.iter().zip(&run.steps) {
        all.push(Block::Text(format!("{} ({}): {}", step.id, state(did.state), step.title)));
        for write in &step.writes {
            all.extend((!write.diff.is_empty()).then(|| Block::Code("diff", write.diff.clone())));
            all.push(Block::Code("sh", write.kubectl.clone()));
        }
    }
    all.push(heading("Going back"));
    all.push(Block::Text(run.way_back.text.to_string()));
    if !r.plan.not_restored.is_empty() {
        all.push(Block::Text("It does not restore:".into()));
        all.push(Block::List(r.plan.not_restored.iter().map(ToString::to_string).collect()));
    }
    if !run.break_glass.is_empty() {
        all.push(Block::Text("By hand, one after the other:".into()));
        all.push(Block::Code("sh", run.break_glass.join("\n")));
    }
    all
}

fn state(s: StepState) -> &'static str {
    match s {
        StepState::Pending => "not begun",
        StepState::Running => "under way",
        StepState::Done => "done",
        StepState::Failed => "failed",
        StepState::Undoing => "being taken back",
        StepState::Undone => "taken back",
    }
}

/// What comes from a cluster is data: characters that would disguise it are shown.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        let format = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
        format || (c.is_control() && c != '\n' && c != '\t')
    };
    text.chars().map(|c| if hidden(c) { format!("⟨U+{:04X}⟩", u32::from(c)) } else { c.to_string() }).collect()
}

fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// In a line of Markdown: nothing in it is a sign.
fn plain(text: &str) -> String {
    let text = one_line(text);
    text.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

fn markdown(block: &Block) -> String {
    let cells = |row: &[String]| format!("| {} |\n", row.iter().map(|c| plain(c)).collect::<Vec<_>>().join(" | "));
    match block {
        Block::Title(text) => format!("# {}\n\n", plain(text)),
        Block::Heading(text) => format!("## {}\n\n", plain(text)),
        Block::Text(text) => format!("{}\n\n", plain(text)),
        Block::List(lines) => lines.iter().map(|l| format!("- {}\n", plain(l))).chain(["\n".to_string()]).collect(),
        Block::Table(head, rows) => {
            let rule = format!("|{}\n", "---|".repeat(head.len()));
            let rows = rows.iter().map(|r| cells(r));
            [cells(head), rule].into_iter().chain(rows).chain(["\n".to_string()]).collect()
        }
        Block::Code(language, text) => {
            // A fence longer than any in the text: nothing in it ends it.
            let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
            let fence = "`".repeat(longest.max(2) + 1);
            format!("{fence}{language}\n{}\n{fence}\n\n", visible(text).trim_end())
        }
    }
}

const STYLE: &str = "body{font:14px/20px system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}\
table{border-collapse:collapse;margin:.5rem 0 1rem}th,td{text-align:left;vertical-align:top;padding:3px 12px 3px 0;border-top:1px solid #ccc}\
pre{background:#f3f3f3;padding:8px;white-space:pre-wrap;overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#111}th,td{border-color:#444}pre{background:#222}}";

/// A page that loads nothing and runs nothing.
fn page(r: &ReportView) -> String {
    let body: String = blocks(r).iter().map(html).collect();
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let head = format!(
        "<meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"><title>{}</title><style>{STYLE}</style>",
        escaped(&r.run.id)
    );
    format!("<!doctype html>\n<html lang=\"en\"><head>{head}</head><body>\n{body}</body></html>\n")
}

fn escaped(text: &str) -> String {
    let text = visible(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn html(block: &Block) -> String {
    let cells = |tag: &str, row: &[String]| -> String {
        let cells: String = row.iter().map(|c| format!("<{tag}>{}</{tag}>", escaped(c))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    match block {
        Block::Title(text) => format!("<h1>{}</h1>\n", escaped(text)),
        Block::Heading(text) => format!("<h2>{}</h2>\n", escaped(text)),
        Block::Text(text) => format!("<p>{}</p>\n", escaped(text)),
        Block::List(lines) => format!("<ul>{}</ul>\n", lines.iter().map(|l| format!("<li>{}</li>", escaped(l))).collect::<String>()),
        Block::Table(head, rows) => {
            let head = if head.iter().all(String::is_empty) { String::new() } else { cells("th", head) };
            format!("<table>\n{head}{}</table>\n", rows.iter().map(|r| cells("td", r)).collect::<String>())
        }
        Block::Code(_, text) => format!("<pre>{}</pre>\n", escaped(text.trim_end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a|b\n# c <script>alert(1)</script> ``` [x](javascript:y) \u{202e}\u{1b}[31m\0";

    fn all() -> Vec<Block> {
        let text = || HOSTILE.to_string();
        let row = || vec![text(), text()];
        vec![
            Block::Title(text()),
            Block::Heading(text()),
            Block::Text(text()),
            Block::List(row()),
            Block::Table(row(), vec![row()]),
            Block::Code("sh", text()),
        ]
    }

    #[test]
    fn a_report_is_saved_beside_what_is_there_and_never_elsewhere() {
        let dir = tempfile::tempdir().expect("a folder");
        let name = file_name("../bg-web\0\u{202e}.md");
        assert_eq!(name, "changeover-___bg-web___md");
        let first = kept(dir.path(), &name, "md", "one").expect("writes");
        let second = kept(dir.path(), &name, "md", "two").expect("writes");
        assert_eq!([&first, &second].map(|p| std::fs::read_to_string(p).expect("reads")), ["one", "two"]);
        assert_eq!(first, dir.path().join("changeover-___bg-web___md.md"));
        assert_eq!(second, dir.path().join("changeover-___bg-web___md-2.md"));
        let gone = kept(&dir.path().join("gone"), &name, "md", "three").expect_err("no folder");
        assert_eq!(gone.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn nothing_that_a_cluster_says_is_a_sign_in_markdown() {
        let written: Vec<String> = all().iter().map(markdown).collect();
        for (text, lines) in written[..3].iter().zip([2, 2, 2]) {
            assert_eq!(text.lines().count(), lines, "{text}");
        }
        let table = &written[4];
        assert!(table.lines().take(3).all(|l| l.replace("\\|", "").matches('|').count() == 3), "{table}");
        assert!(written[..5].iter().all(|t| !t.contains(" [x]") && !t.contains("<script") || t.contains("\\<script")), "{written:#?}");
        let code = &written[5];
        assert!(code.starts_with("````sh\n") && code.ends_with("\n````\n\n"), "{code}");
        assert!(written.iter().all(|t| !t.contains(['\u{202e}', '\u{1b}', '\0'])), "{written:#?}");
    }

    #[test]
    fn nothing_that_a_cluster_says_is_a_tag_on_the_page() {
        let written: String = all().iter().map(html).collect();
        assert!(!written.contains("<script") && written.contains("&lt;script&gt;"), "{written}");
        assert!(!written.contains(['\u{202e}', '\u{1b}', '\0']), "{written}");
    }

    #[test]
    fn what_was_adopted_of_a_record_replaces_what_this_journal_thought() {
        let entry = |at: &str, events: Value| json!({"schema": 1, "at": at, "events": events});
        let theirs = entry("2026-11-22T10:00:00Z", json!([{"event": "started", "epoch": 1, "plan": "h", "by": "ann@laptop"}]));
        let entries = [
            entry("2026-11-22T10:05:00Z", json!([{"event": "approved", "gate": "cut-over"}])),
            entry(
                "2026-11-22T10:06:00Z",
                json!([{"event": "adopted", "entries": [theirs]}, {"event": "back-out-asked", "why": {"code": "asked", "text": "errors"}}]),
            ),
            entry("2026-11-22T10:07:00Z", json!([{"event": "ended", "end": {"end": "backed-out"}}])),
        ];
        let said: Vec<(String, String)> = timeline(&entries).into_iter().map(|l| (l.at[11..16].to_string(), l.text.to_string())).collect();
        let expected = [("10:00", "ann@laptop drives it"), ("10:06", "goes back: errors"), ("10:07", "everything is taken back")];
        assert_eq!(said, expected.map(|(at, text)| (at.to_string(), text.to_string())));
    }
}
