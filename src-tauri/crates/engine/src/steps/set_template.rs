//! Writes a whole pod template, and unpauses in the same patch: unpausing first would roll out whatever was edited.

use model::write::annotation_pointer;
use model::{Edit, ObjectId, names, sentence};
use plan::Step;
use serde_json::{Value, json};

use super::{bring, complete, observed, take_back, written};
use crate::change::{Change, Contradiction, field, missing, towards};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Event, Receipt, Said};
use crate::view::View;
use crate::world::deployment;

const PAUSED: &str = "/spec/paused";
const TEMPLATE: &str = "/spec/template";
/// Code of the note that the Deployment was not complete when its template was written over.
const UNFINISHED: &str = "was-unfinished";

pub fn intended(id: &ObjectId, before: &Value, after: &Value, cause: Option<&str>, live: Option<&Value>) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let mut edits = vec![Edit { path: TEMPLATE.into(), before: Some(before.clone()), after: Some(after.clone()) }];
    // Whatever is there goes: the pause is ours, or the plan says that it ends here.
    for path in [PAUSED.to_string(), annotation_pointer(names::WHY)] {
        edits.push(Edit { before: field(live, &path), path, after: None });
    }
    if let Some(cause) = cause {
        let path = annotation_pointer(names::CHANGE_CAUSE);
        edits.push(Edit { before: field(live, &path), path, after: Some(json!(cause)) });
    }
    towards(id, live, &edits, sentence!("{object}: its template is neither the old nor the new one", object = id.said()))
}

/// Writes; waiting for the pods is a step of its own.
pub async fn run(ctx: &mut Ctx, step: &Step, id: &ObjectId) -> Result<Receipt, Stop> {
    note_unfinished(ctx, id).await?;
    bring(ctx, step, id).await?;
    observed(ctx, id).await?;
    Ok(written(ctx, &[id]))
}

/// What is left behind was not complete itself: the way back to it ends when it is written, not when it is well.
async fn note_unfinished(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    if was_unfinished(&ctx.view, &ctx.step) || ctx.view.landed(&ctx.step, Direction::Run).next().is_some() {
        return Ok(());
    }
    let Some(d) = deployment(ctx, id).await? else { return Ok(()) };
    if d.complete() {
        return Ok(());
    }
    let said = sentence!("{object}: its rollout is not complete and is left behind", object = id.said());
    let step = ctx.step.clone();
    ctx.log(vec![Event::Observed { step, said: Said::new(UNFINISHED, said) }])
}

/// Whether what a step wrote over was not complete itself.
pub fn was_unfinished(view: &View, step: &str) -> bool {
    view.observed.iter().any(|(_, at, said)| at == step && said.code == UNFINISHED)
}

/// The template as it was, unpaused, until every pod has it; then the pause as it was.
pub async fn undo(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let net = ctx.view.net(&ctx.step, id, Direction::Run);
    if net.is_empty() {
        return Ok(());
    }
    if was_unfinished(&ctx.view, &ctx.step) {
        take_back(ctx, id, &net).await?;
        return observed(ctx, id).await;
    }
    let (template, rest): (Vec<Edit>, Vec<Edit>) = net.into_iter().partition(|e| e.path == TEMPLATE);
    take_back(ctx, id, &template).await?;
    observed(ctx, id).await?;
    complete(ctx, id, 0, 600).await?;
    take_back(ctx, id, &rest).await
}
