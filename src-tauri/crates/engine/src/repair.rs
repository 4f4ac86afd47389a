//! Commands that take back by hand what a stuck run still has to take back, in the order in which to run them.

use model::{Edit, Kind, ObjectId, Write};
use serde_json::json;

use crate::entry::Direction;
use crate::view::View;

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
            all.extend(command(view, &planned.id, &record.write));
        }
    }
    all
}

fn command(view: &View, step: &str, write: &Write) -> Option<String> {
    let object = write.object();
    let head = |verb: &str| {
        let context = quoted(&view.plan.context);
        format!("kubectl --context {context} -n {} {verb} {}/{}", object.namespace, resource(object.kind), object.name)
    };
    match write {
        Write::Patch { .. } => {
            let mut ops = vec![];
            let mut edits: Vec<Edit> = view.net(step, object, Direction::Run).iter().map(Edit::inverse).collect();
            // A way back that was stored otherwise than it was sent left something else there.
            for left in view.net(step, object, Direction::Undo) {
                edits.iter_mut().filter(|e| e.path == left.path).for_each(|e| e.before = left.after.clone());
            }
            for e in &edits {
                ops.push(json!({"op":"test","path":e.path,"value":e.before}));
            }
            for e in edits.iter().filter(|e| e.before != e.after) {
                ops.push(match &e.after {
                    Some(v) => json!({"op":"add","path":e.path,"value":v}),
                    None => json!({"op":"remove","path":e.path}),
                });
            }
            Some(format!("{} --type=json -p {}", head("patch"), quoted(&json!(ops).to_string())))
        }
        Write::Scale { .. } => {
            let (from, to) = view.net_scale(step, object, Direction::Run)?;
            Some(format!("{} --current-replicas={to} --replicas={from}", head("scale")))
        }
        Write::Create { .. } => Some(format!("{} --cascade=foreground", head("delete"))),
        Write::Delete { .. } => None,
    }
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
