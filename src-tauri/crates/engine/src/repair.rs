//! Commands that take back by hand what a run still has to take back, in the order in which to run them.
//!
//! They are typed one after the other, by somebody who does not look between them: where the next one relies on pods that
//! this one starts, or that stood by, there is one that waits for them.

use std::collections::BTreeSet;

use model::{Edit, Kind, ObjectId, Write};
use plan::Step;
use plan::kubectl::cascade;
use serde_json::{Value, json};

use crate::change::made_at;
use crate::entry::{Direction, Purpose, Stored};
use crate::steps;
use crate::view::{Known, View, WriteRecord};

/// Said before a command of which nobody knows whether it is needed.
const DOUBT: &str = "# it is not known whether this was written: if the next command is refused, go on with the one after it";

/// Commands for `kubectl`, last change first. Each tests what this run wrote before it changes anything.
pub fn commands(view: &View) -> Vec<String> {
    let mut told = view.clone();
    for record in told.writes.iter_mut().filter(|w| w.known == Known::Pending && w.direction == Direction::Run) {
        record.known = Known::Landed(as_if_landed(view, record));
    }
    let doubtful: Vec<&WriteRecord> = view.writes.iter().filter(|w| w.known == Known::Pending && w.purpose == Purpose::Step).collect();
    let (mut all, mut written) = (vec![], BTreeSet::new());
    for planned in told.to_undo() {
        let mut seen: Vec<&ObjectId> = vec![];
        for (record, _) in told.landed(&planned.id, Direction::Run).rev() {
            let object = record.write.object();
            if seen.contains(&object) {
                continue;
            }
            // Whom traffic goes back to was ready when it went, and nobody has looked since.
            if let (Step::Switch { from, .. }, true) = (&planned.step, seen.is_empty()) {
                all.push(head(view, from, "rollout status"));
            }
            seen.push(object);
            let in_doubt = doubtful.iter().any(|w| w.step == planned.id && w.write.object() == object);
            all.extend(in_doubt.then(|| DOUBT.to_string()));
            let bare = is_bare(&told, object) && written.insert(object);
            all.extend(command(&told, &planned.id, record, bare));
        }
    }
    all
}

/// What a write of which nobody knows would have left. Where it did not land, the test of that refuses to take it back.
fn as_if_landed(view: &View, record: &WriteRecord) -> Stored {
    let (mut values, mut bare) = (vec![], false);
    if let Write::Patch { object, edits, epoch, .. } = &record.write {
        values = edits.iter().map(|e| e.after.clone()).collect();
        let made = |w: &WriteRecord| matches!(&w.write, Write::Patch { object: o, make_annotations: true, .. } if o == object);
        bare = epoch.is_none() && view.writes.iter().any(made);
    }
    Stored { uid: String::new(), resource_version: String::new(), epoch: None, bare, values }
}

/// Whether an object has no annotations left.
fn is_bare(view: &View, object: &ObjectId) -> bool {
    let landed = view.writes.iter().rev().filter(|w| w.write.object() == object);
    landed.filter_map(|w| if let Known::Landed(stored) = &w.known { Some(stored.bare) } else { None }).next() == Some(true)
}

/// `bare`: see [`is_bare`].
fn command(view: &View, step: &str, record: &WriteRecord, bare: bool) -> Vec<String> {
    let object = record.write.object();
    let head = |verb: &str| head(view, object, verb);
    // As this run: kubectl's own name would stay on the fields, and be what the next apply of their owner is refused over.
    let manager = record.write.manager();
    let patch = |edits: &[Edit]| {
        format!("{} --field-manager={manager} --type=json -p {}", head("patch"), quoted(&json!(ops(edits, bare)).to_string()))
    };
    let wait = || head("rollout status");
    match &record.write {
        Write::Patch { .. } => {
            let mut edits: Vec<Edit> = view.net(step, object, Direction::Run).iter().map(Edit::inverse).collect();
            // A way back that was stored otherwise than it was sent left something else there.
            for left in view.net(step, object, Direction::Undo) {
                edits.iter_mut().filter(|e| e.path == left.path).for_each(|e| e.before = left.after.clone());
            }
            let (template, rest): (Vec<Edit>, Vec<Edit>) =
                edits.iter().cloned().partition(|e| e.path == made_at(Kind::Deployment) && e.before != e.after);
            match template.is_empty() || steps::was_unfinished(view, step) {
                true => vec![patch(&edits)],
                // Paused with the same patch it would not roll back, and traffic would be led to pods that are not there.
                false => vec![patch(&template), wait(), patch(&rest)],
            }
        }
        Write::Scale { .. } => match view.net_scale(step, object, Direction::Run) {
            Some((from, to)) => {
                let scale = format!("{} --current-replicas={to} --replicas={from}", head("scale"));
                if from > to { vec![scale, wait()] } else { vec![scale] }
            }
            None => vec![],
        },
        Write::Create { object, .. } => vec![format!("{}{}", head("delete"), cascade(object.kind))],
        Write::Delete { .. } => {
            let Some(before) = &record.pre_image else { return vec![] };
            let create = format!("{} -f - <<'EOF'\n{}\nEOF", of(view, object, "create"), steps::again(&view.plan, before));
            if object.kind == Kind::Deployment { vec![create, wait()] } else { vec![create] }
        }
    }
}

fn of(view: &View, object: &ObjectId, verb: &str) -> String {
    format!("kubectl --context {} -n {} {verb}", quoted(&view.plan.context), object.namespace)
}

fn head(view: &View, object: &ObjectId, verb: &str) -> String {
    format!("{} {}/{}", of(view, object, verb), resource(object.kind), object.name)
}

/// Below annotations that are not there (`bare`) nothing can be tested or added before their map is made.
fn ops(edits: &[Edit], bare: bool) -> Vec<Value> {
    const MAP: &str = "/metadata/annotations";
    let map = match bare && edits.iter().any(|e| e.path.starts_with(MAP)) {
        true => vec![json!({"op":"test","path":MAP,"value":null}), json!({"op":"add","path":MAP,"value":{}})],
        false => vec![],
    };
    let tests = edits.iter().map(|e| json!({"op":"test","path":e.path,"value":e.before}));
    let changes = edits.iter().filter(|e| e.before != e.after).map(|e| match &e.after {
        Some(v) => json!({"op":"add","path":e.path,"value":v}),
        None => json!({"op":"remove","path":e.path}),
    });
    map.into_iter().chain(tests).chain(changes).collect()
}

fn resource(kind: Kind) -> String {
    match kind.group() {
        "" => kind.plural().to_string(),
        group => format!("{}.{group}", kind.plural()),
    }
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@:/".contains(c));
    if plain { text.to_string() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_what_a_shell_would_read() {
        assert_eq!(quoted("kind-lab"), "kind-lab");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
