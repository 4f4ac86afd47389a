//! Pause and resume of a Deployment. A pause says who and why in an annotation, for a colleague's `rollout status` hangs.

use model::write::annotation_pointer;
use model::{Edit, ObjectId, Sentence, names, sentence};
use plan::{Planned, Step};
use serde_json::{Value, json};

use super::{bring, observed, revert, take_back, written};
use crate::change::{Change, Contradiction, Facts, field, missing, towards};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Receipt, ThreeWay};

const PAUSED: &str = "/spec/paused";
const TEMPLATE: &str = "/spec/template";

pub fn intended_pause(id: &ObjectId, template: Option<&Value>, live: Option<&Value>, facts: &Facts<'_>) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let why_at = annotation_pointer(names::WHY);
    let said_by = field(live, &why_at);
    let ours = said_by.as_ref().and_then(Value::as_str).is_some_and(|t| t.contains(&facts.plan.id));
    let paused = field(live, PAUSED);
    let mut edits = vec![];
    if let Some(t) = template {
        edits.push(Edit { path: TEMPLATE.into(), before: Some(t.clone()), after: Some(t.clone()) });
    }
    let text = if ours { said_by.clone() } else { Some(json!(why(facts))) };
    edits.push(Edit { path: why_at, before: said_by, after: text });
    let pause = |before| Edit { path: PAUSED.into(), before, after: Some(json!(true)) };
    if paused == Some(json!(true)) && !ours {
        let fact = ThreeWay { object: id.clone(), path: PAUSED.into(), before: None, live: paused.clone(), after: paused.clone() };
        // Taken over with its mark: the way back leaves it paused.
        edits.push(pause(paused));
        let instead = towards(id, live, &edits, Sentence::default()).ok();
        return Err(Contradiction { why: sentence!("{object}: paused by somebody else", object = id.said()), facts: vec![fact], instead });
    }
    edits.push(pause(None));
    towards(id, live, &edits, sentence!("{object}: its template is not the one that this plan was made for", object = id.said()))
}

fn why(facts: &Facts<'_>) -> String {
    let run = &facts.plan.id;
    let by = facts.by.map(|b| format!(" by {b}")).unwrap_or_default();
    let reason = facts.reason.map(|r| format!(" ({r})")).unwrap_or_default();
    let strategy = &facts.plan.strategy;
    let unpauses = |p: &Planned| matches!(p.step, Step::Resume { .. } | Step::SetTemplate { .. });
    let until = match facts.plan.steps.iter().any(unpauses) {
        true => format!("unpaused at its end, or by: changeoverctl back-out {run}"),
        false => {
            let target = &facts.plan.target.object;
            format!("until: changeoverctl plan resume deployment/{} -n {}", target.name, target.namespace)
        }
    };
    format!("paused by changeover run {run}{by}: {strategy}{reason}; {until}")
}

pub fn intended_resume(id: &ObjectId, live: Option<&Value>) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let why_at = annotation_pointer(names::WHY);
    let edits = [PAUSED.to_string(), why_at].map(|path| Edit { before: field(live, &path), path, after: None });
    towards(id, live, &edits, Sentence::default())
}

/// Pauses or resumes.
pub async fn run(ctx: &mut Ctx, step: &Step, id: &ObjectId) -> Result<Receipt, Stop> {
    bring(ctx, step, id).await?;
    observed(ctx, id).await?;
    Ok(written(ctx, &[id]))
}

/// As it was. An edit of the template meanwhile would roll out at once when the pause ends: that is a contradiction.
pub async fn undo(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    revert(ctx, id).await
}

/// Paused again, if its template is the one that this run left. Another one would be held still with the pause, and traffic that
/// goes back led to it.
pub async fn undo_resume(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let mut net = ctx.view.net(&ctx.step, id, Direction::Run);
    if net.is_empty() {
        return Ok(());
    }
    let wrote = |p: &Planned| ctx.view.net(&p.id, id, Direction::Run).into_iter().find(|e| e.path == TEMPLATE && e.before != e.after);
    let template = ctx.plan.steps.iter().find_map(wrote).map_or_else(|| Some(ctx.plan.target.template.clone()), |e| e.after);
    net.push(Edit { path: TEMPLATE.into(), before: template.clone(), after: template });
    take_back(ctx, id, &net).await
}
