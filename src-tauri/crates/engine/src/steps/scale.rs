//! Scales by the `scale` subresource, to a number.

use model::{ObjectId, sentence};
use plan::Step;
use serde_json::Value;

use super::{bring, nothing_selects, written};
use crate::change::{Change, Contradiction, missing, replicas};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Receipt, ThreeWay};

/// What is wanted is a number. Of a Deployment that serves it must be the one that the plan saw (`expected`), or somebody else
/// wanted another one meanwhile.
pub fn intended(id: &ObjectId, expected: Option<u32>, to: u32, live: Option<&Value>) -> Result<Change, Contradiction> {
    let from = replicas(live.ok_or_else(|| missing(id))?);
    match expected {
        _ if from == to => Ok(Change::Nothing),
        Some(before) if before != from => Err(by_another(id, before, from, to)),
        _ => Ok(Change::Scale { from, to }),
    }
}

fn by_another(id: &ObjectId, before: u32, live: u32, after: u32) -> Contradiction {
    let v = |n: u32| Some(Value::from(n));
    let fact = ThreeWay { object: id.clone(), path: "/spec/replicas".into(), before: v(before), live: v(live), after: v(after) };
    Contradiction {
        why: sentence!("{object}: scaled by somebody else since", object = id.said()),
        facts: vec![fact],
        instead: Some(Change::Scale { from: live, to: after }),
    }
}

/// Scales. Waiting for the pods is a step of its own.
pub async fn run(ctx: &mut Ctx, step: &Step, id: &ObjectId) -> Result<Receipt, Stop> {
    bring(ctx, step, id).await?;
    Ok(written(ctx, &[id]))
}

/// To what it was. A number that is neither is somebody else's wish, unless the Deployment is this run's own.
pub async fn undo(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let Some((from, to)) = ctx.view.net_scale(&ctx.step, id, Direction::Run) else { return Ok(()) };
    // Pods of the run's own go away with all that they serve; those of the target get fewer again, unless there were none.
    if from < to && (from == 0 || ctx.view.created().contains_key(id)) {
        nothing_selects(ctx, id).await?;
    }
    back(ctx, id, from, to).await
}

/// Scales from what this step left to what it found.
pub async fn back(ctx: &mut Ctx, id: &ObjectId, found: u32, left: u32) -> Result<(), Stop> {
    let own = ctx.view.created().contains_key(id);
    let object = id.clone();
    ctx.bring(id, &move |live, _| match live.map(replicas) {
        None => Ok(Change::Nothing),
        Some(n) if n == found => Ok(Change::Nothing),
        Some(n) if n == left || own => Ok(Change::Scale { from: n, to: found }),
        Some(n) => Err(by_another(&object, left, n, found)),
    })
    .await
}
