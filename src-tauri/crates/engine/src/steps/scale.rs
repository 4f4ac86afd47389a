//! Scales by the `scale` subresource, to a number.

use model::{ObjectId, sentence};
use plan::Step;
use serde_json::Value;

use super::{bring, nothing_selects, written};
use crate::change::{Change, Contradiction, missing, replicas};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Receipt, ThreeWay};

/// What is wanted is a number, wherever it comes from.
pub fn intended(id: &ObjectId, to: u32, live: Option<&Value>) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let from = replicas(live);
    Ok(if from == to { Change::Nothing } else { Change::Scale { from, to } })
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
        Some(n) => {
            let v = |n: u32| Some(Value::from(n));
            let fact = ThreeWay { object: object.clone(), path: "/spec/replicas".into(), before: v(left), live: v(n), after: v(found) };
            let instead = Some(Change::Scale { from: n, to: found });
            Err(Contradiction {
                why: sentence!("{object}: scaled by somebody else since", object = object.said()),
                facts: vec![fact],
                instead,
            })
        }
    })
    .await
}
