//! `logs`: the lines of containers, of all pods of an owner side by side, as they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::*;
use host::Host;
use model::{ObjectId, sentence};
use serde_json::json;

use crate::args::Logs;
use crate::exit::Exit;
use crate::out::{Ink, Out, ink, say};

/// Schema of its JSON lines.
const SCHEMA: u32 = 1;

/// Prints until all has been read, or, following them, until nobody listens any more.
pub async fn show(host: &Arc<Host>, context: String, namespace: &str, a: &Logs, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (kind, name) = &a.target;
    let id = ObjectId::new(*kind, namespace, name);
    // Says so when there is no such object; its logs would be those of no pods.
    host.object(context.clone(), id.to_string()).await?;
    let request = LogsRequest {
        context,
        id: id.to_string(),
        container: a.container.clone(),
        previous: a.previous,
        follow: a.follow && !a.previous,
        tail: a.tail,
    };
    let follow = request.follow;
    let logs = host.open_logs(request).await?;
    let mut printer = Printer { json, times: a.timestamps, alone: false, known: BTreeMap::new() };
    loop {
        let batch = host.read_logs(logs).await?;
        if let Some(status) = &batch.status {
            check_container(a.container.as_deref(), status)?;
            printer.alone = *kind == model::Kind::Pod && (a.container.is_some() || status.containers.len() == 1);
        }
        let end = batch.status.as_ref().filter(|s| !follow && s.sources.iter().all(|l| l.state != LogState::Open)).cloned();
        printer.print(batch, out);
        if let Some(status) = end {
            return Ok(finish(&id, &status, json, out));
        }
        if out.is_closed() {
            return Ok(Exit::Done);
        }
    }
}

/// A name that no pod has is a mistake, not an empty log.
fn check_container(wanted: Option<&str>, status: &LogStatus) -> Result<(), UiError> {
    let Some(wanted) = wanted.filter(|w| status.pods > 0 && status.containers.iter().all(|c| c.name != *w)) else { return Ok(()) };
    let there = status.containers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(UiError::new(Code::NotFound, sentence!("no container {container} in its pods", container = wanted))
        .hint(sentence!("there are: {names}", names = there)))
}

/// What could not be read, and why.
fn finish(id: &ObjectId, status: &LogStatus, json: bool, out: &mut Out) -> Exit {
    let unread: Vec<&LogSource> = status.sources.iter().filter(|s| s.state != LogState::Ended).collect();
    for s in &unread {
        if json {
            out.json(&json!({"schema": SCHEMA, "pod": s.pod, "container": s.container, "state": s.state, "why": s.why}));
        } else {
            say(&format!("{} {}: {}", s.pod, s.container, s.why.as_ref().map_or("could not be read", |w| &w.text)));
        }
    }
    if status.pods == 0 && !json {
        say(&format!("{}: has no pods", id.said()));
    }
    if status.left_out > 0 && !json {
        say(&format!("{} more containers were not read: too many at once; name a pod, or one container with -c", status.left_out));
    }
    // A container that has not started is no failure, one that may not be read is.
    let read = status.sources.iter().any(|s| s.state == LogState::Ended);
    let failed = unread.iter().any(|s| matches!(s.state, LogState::Refused | LogState::Broken));
    if read && !failed { Exit::Done } else { Exit::Failed }
}

struct Printer {
    json: bool,
    times: bool,
    /// There is one log alone: no line has to say whose it is.
    alone: bool,
    /// Pod and container of each source that there was.
    known: BTreeMap<u32, (String, String)>,
}

impl Printer {
    fn print(&mut self, batch: LogBatch, out: &mut Out) {
        let sources = batch.status.into_iter().flat_map(|s| s.sources);
        self.known.extend(sources.map(|s| (s.id, (s.pod, s.container))));
        if batch.dropped > 0 {
            if self.json {
                out.json(&json!({"schema": SCHEMA, "dropped": batch.dropped}));
            } else {
                say(&format!("{} lines were left out: they came faster than they were taken", batch.dropped));
            }
        }
        batch.entries.iter().for_each(|e| self.entry(e, out));
    }

    fn entry(&self, e: &LogEntry, out: &mut Out) {
        let (pod, container) = self.known.get(&e.source).map_or(("", ""), |(p, c)| (p, c));
        if self.json {
            let mut line = json!({"schema": SCHEMA, "at": e.at, "pod": pod, "container": container});
            match &e.note {
                Some(note) => line["note"] = json!(note),
                None => (line["text"], line["cut"]) = (json!(e.text), json!(e.cut)),
            }
            out.json(&line);
            return;
        }
        if let Some(note) = &e.note {
            say(&note.text);
            return;
        }
        let mut line = String::new();
        if self.times {
            line += &ink(Ink::Dim, &e.at);
            line.push(' ');
        }
        if !self.alone {
            line += &ink(Ink::Dim, &format!("{pod} {container}"));
            line.push_str("  ");
        }
        line += &e.text;
        if e.cut > 0 {
            line += &ink(Ink::Dim, &format!(" … {} bytes more", e.cut));
        }
        out.line(&line);
    }
}
