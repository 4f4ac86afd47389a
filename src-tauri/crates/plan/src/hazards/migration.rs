//! An init container that changes a database's schema: it runs with green's first pod, while blue still serves all traffic
//! on the schema before, and the way back does not undo it.

use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, words};

/// Words of the tools that migrate, and of those who call them.
const SIGNS: [&str; 5] = ["migrat", "flyway", "liquibase", "alembic", "goose"];

/// See the file's head.
#[derive(Debug)]
pub struct Migration;

impl Hazard for Migration {
    fn code(&self) -> &'static str {
        "migration"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let init = ctx.template().pointer("/spec/initContainers").and_then(Value::as_array).into_iter().flatten();
        let migrates = |c: &&Value| {
            let named = ["name", "image"].into_iter().filter_map(|key| c.get(key)?.as_str());
            named.chain(words(c)).map(str::to_lowercase).any(|w| SIGNS.iter().any(|s| w.contains(s)))
        };
        let names: Vec<&str> = init.filter(migrates).filter_map(|c| c.get("name")?.as_str()).collect();
        if names.is_empty() {
            return vec![];
        }
        let message = sentence!(
            "init container {names} seems to change a schema: it does so while the other version still serves",
            names = names.join(", ")
        );
        let remedy = sentence!("make sure that both versions work on the schema before and after it: going back does not undo it");
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}
