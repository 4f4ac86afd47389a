//! What changes a database's schema: an init container runs with green's first pod, while blue still serves all traffic on the
//! schema before; a Job (one of a chart's hooks, say) does, or did, so beside it. The way back undoes neither.

use model::{Kind, Sentence};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, words};
use crate::references::repository;

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
        let init = containers(ctx.template(), "initContainers").filter(|c| migrates(c));
        let names: Vec<&str> = init.filter_map(|c| c.get("name")?.as_str()).collect();
        let own = (!names.is_empty()).then(|| {
            let message = sentence!(
                "init container {names} seems to change a schema: it does so while the other version still serves",
                names = names.join(", ")
            );
            finding(self, Severity::Warn, ctx.around.id, message, remedy())
        });
        own.into_iter().chain(self.jobs(ctx)).collect()
    }
}

impl Migration {
    /// Those at work, whatever they run, and those that ran an image of the target's: what others did long ago is no news.
    fn jobs<'a>(&'a self, ctx: &'a CheckCtx<'a>) -> impl Iterator<Item = Finding> + 'a {
        let ours = |image: &str| ctx.plan.changes.iter().any(|c| repository(&c.after) == repository(image));
        ctx.of_kind(Kind::Job).filter_map(move |(id, raw)| {
            let template = raw.pointer("/spec/template")?;
            let named = SIGNS.iter().any(|s| id.name.contains(s));
            let mut all = containers(template, "initContainers").chain(containers(template, "containers"));
            let image = all.find(|c| named || migrates(c))?.get("image")?.as_str()?;
            let message = match raw.pointer("/status/active").and_then(Value::as_u64).unwrap_or_default() {
                0 if !ours(image) => return None,
                0 => sentence!(
                    "seems to have changed a schema ({image}): what serves, and what would serve after going back, runs on it",
                    image
                ),
                _ => sentence!("seems to change a schema just now ({image}): what serves runs on it meanwhile", image),
            };
            Some(finding(self, Severity::Warn, id, message, remedy()))
        })
    }
}

fn containers<'a>(template: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    template.pointer("/spec").and_then(|s| s.get(list)).and_then(Value::as_array).into_iter().flatten()
}

fn migrates(container: &Value) -> bool {
    let named = ["name", "image"].into_iter().filter_map(|key| container.get(key)?.as_str());
    named.chain(words(container)).map(str::to_lowercase).any(|w| SIGNS.iter().any(|s| w.contains(s)))
}

fn remedy() -> Sentence {
    sentence!("make sure that both versions work on the schema before and after it: going back does not undo it")
}
