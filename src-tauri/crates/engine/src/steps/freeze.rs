//! Raises an autoscaler's floor, so that an idle colour does not shrink, and puts it back.

use model::write::annotation_pointer;
use model::{Edit, ObjectId, Sentence, names, sentence};
use plan::{Planned, Step};
use serde_json::{Value, json};

use super::{bring, written};
use crate::change::{Change, Contradiction, Facts, field, missing, towards};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Event, HoldCode, Receipt, Said};

const MIN: &str = "/spec/minReplicas";

/// Any floor below is raised; a higher one holds the colour just as well.
pub fn intended_freeze(id: &ObjectId, min: u32, live: Option<&Value>) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let before = field(live, MIN);
    let was = before.as_ref().and_then(Value::as_u64).unwrap_or(1);
    if was >= u64::from(min) {
        return Ok(Change::Nothing);
    }
    let at = annotation_pointer(names::FLOOR);
    let note = Edit { before: field(live, &at), path: at, after: Some(json!(was.to_string())) };
    towards(id, live, &[Edit { path: MIN.into(), before, after: Some(json!(min)) }, note], Sentence::default())
}

/// The saved floor, if it is still the one that the run set.
pub fn intended_thaw(id: &ObjectId, min: Option<u32>, frozen: u32, live: Option<&Value>) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let mut edits = vec![without_note(live)];
    // The API server defaults an absent floor to 1.
    if min.is_some() || field(live, MIN) != Some(json!(1)) {
        edits.push(Edit { path: MIN.into(), before: Some(json!(frozen)), after: min.map(Value::from) });
    }
    towards(id, live, &edits, sentence!("{object}: its floor was changed by somebody else", object = id.said()))
}

/// Freezes or thaws.
pub async fn run(ctx: &mut Ctx, step: &Step, hpa: &ObjectId) -> Result<Receipt, Stop> {
    match step {
        Step::Thaw { frozen, .. } => thaw(ctx, hpa, *frozen).await?,
        _ => freeze(ctx, step, hpa).await?,
    }
    Ok(written(ctx, &[hpa]))
}

/// What brings back what served before does not wait for an autoscaler that cannot be held.
async fn freeze(ctx: &mut Ctx, step: &Step, hpa: &ObjectId) -> Result<(), Stop> {
    let why = match bring(ctx, step, hpa).await {
        Err(Stop::Failed(why) | Stop::Hold { code: HoldCode::NotAllowed | HoldCode::Contradiction, said: why, .. })
            if ctx.plan.goes_on_without(&ctx.step) =>
        {
            why
        }
        other => return other,
    };
    let said = sentence!("{object} is not held, the run goes on without: {why}", object = hpa.said(); why = why.sentence);
    let step = ctx.step.clone();
    ctx.log(vec![Event::Observed { step, said: Said::new("not-held", said) }])
}

/// Puts back what the freeze found: somebody may have set another floor after the plan was made, and one that was high enough
/// was left alone.
async fn thaw(ctx: &mut Ctx, hpa: &ObjectId, frozen: u32) -> Result<(), Stop> {
    let freezes = |p: &&Planned| matches!(&p.step, Step::Freeze { hpa: frozen, .. } if frozen == hpa);
    let net = ctx.plan.steps.iter().find(freezes).map(|p| ctx.view.net(&p.id, hpa, Direction::Run)).unwrap_or_default();
    let Some(found) = net.into_iter().find(|e| e.path == MIN) else { return Ok(()) };
    let min = found.before.as_ref().and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let (id, yields) = (hpa.clone(), ctx.plan.goes_on_without(&ctx.step));
    let want = move |live: Option<&Value>, _: &Facts<'_>| match intended_thaw(&id, min, frozen, live) {
        // In an incident somebody else may know better how many pods are needed.
        Err(_) if yields => live.map_or(Ok(Change::Nothing), |live| towards(&id, live, &[without_note(live)], Sentence::default())),
        other => other,
    };
    ctx.bring(hpa, &want).await
}

/// Takes the note of the freeze away.
fn without_note(live: &Value) -> Edit {
    let at = annotation_pointer(names::FLOOR);
    Edit { before: field(live, &at), path: at, after: None }
}
