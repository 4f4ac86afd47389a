//! Commands that take back by hand what a stuck run still has to take back, in the order in which to run them.
//!
//! They are typed one after the other, by somebody who does not look between them: where the next one relies on pods that
//! this one starts, there is one that waits for them.

use model::{Edit, Kind, ObjectId, Write};
use plan::kubectl::cascade;
use serde_json::{Value, json};

use crate::change::made_at;
use crate::entry::Direction;
use crate::steps;
use crate::view::{View, WriteRecord};

/// Commands for `kubectl`, last change first. Each tests what this run wrote before it changes anything.
pub fn commands(view: &View) -> Vec<String> {
    let mut all = vec![];
    for planned in view.to_undo() {
        let mut seen: Vec<&ObjectId> = vec![];
        for (record, _) in view.landed(&planned.id, Direction::Run).rev() {
            let object = record.write.object();
            if seen.contains(&object) {
                continue;
            }
            seen.push(object);
            all.extend(command(view, &planned.id, record));
        }
    }
    all
}

fn command(view: &View, step: &str, record: &WriteRecord) -> Vec<String> {
    let object = record.write.object();
    let context = quoted(&view.plan.context);
    let of = |verb: &str| format!("kubectl --context {context} -n {} {verb}", object.namespace);
    let head = |verb: &str| format!("{} {}/{}", of(verb), resource(object.kind), object.name);
    // As this run: kubectl's own name would stay on the fields, and be what the next apply of their owner is refused over.
    let manager = record.write.manager();
    let patch =
        |edits: &[Edit]| format!("{} --field-manager={manager} --type=json -p {}", head("patch"), quoted(&json!(ops(edits)).to_string()));
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
            let create = format!("{} -f - <<'EOF'\n{}\nEOF", of("create"), steps::again(&view.plan, before));
            if object.kind == Kind::Deployment { vec![create, wait()] } else { vec![create] }
        }
    }
}

fn ops(edits: &[Edit]) -> Vec<Value> {
    let tests = edits.iter().map(|e| json!({"op":"test","path":e.path,"value":e.before}));
    let changes = edits.iter().filter(|e| e.before != e.after).map(|e| match &e.after {
        Some(v) => json!({"op":"add","path":e.path,"value":v}),
        None => json!({"op":"remove","path":e.path}),
    });
    tests.chain(changes).collect()
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
