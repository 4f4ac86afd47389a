//! Takes a colour to zero, once nothing selects it any more and the one that serves has its pods.

use model::{ObjectId, Sentence, sentence};
use plan::Step;

use super::{bring, complete, gone, nothing_selects, scale, switch_before, written};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Receipt, Said};
use crate::world::{World, deployment};

/// Refuses while any Service selects the pods, or the serving colour is short of its own; then scales to zero and waits
/// until none is left but ending ones.
pub async fn run(ctx: &mut Ctx, step: &Step, id: &ObjectId) -> Result<Receipt, Stop> {
    nothing_selects(ctx, id).await?;
    if ctx.view.landed(&ctx.step, Direction::Run).next().is_none() {
        serving_is_well(ctx).await?;
    }
    bring(ctx, step, id).await?;
    let deadline = ctx.deadline(300);
    loop {
        let world = World::read(ctx, &id.namespace).await?;
        let left = world.pods_of(id).iter().filter(|p| !p.is_ending()).count();
        if left == 0 {
            return Ok(written(ctx, &[id]));
        }
        if ctx.over(&deadline) {
            let said = sentence!("{object}: {left} pods left after {time}", object = id.said(), left; time = Sentence::lasting(300));
            return Err(Stop::Failed(Said::new("not-drained", said)));
        }
        ctx.beat_within(Said::new("pods-left", sentence!("{left} pods left", left)), &deadline);
        ctx.tick().await?;
    }
}

/// The way back is quick for as long as this colour stands: it is not given up while the other one is in trouble. An
/// autoscaler may have taken the serving one below or above the number that it was switched to with.
async fn serving_is_well(ctx: &mut Ctx) -> Result<(), Stop> {
    let plan = ctx.plan.clone();
    let Some((_, serving, count)) = switch_before(&plan, &ctx.step) else { return Ok(()) };
    let Some(d) = deployment(ctx, serving).await? else { return Err(gone(serving)) };
    let (have, want) = (d.status.available_replicas, d.wanted().min(count).max(1));
    if d.observed() && have >= want {
        return Ok(());
    }
    let said = sentence!("{object}: serves with {have} of {want} available pods", object = serving.said(), have, want)
        .and(sentence!("the standing one is kept"));
    Err(Stop::Failed(Said::new("serving-short", said)))
}

/// Scales back up and waits until it could serve.
pub async fn undo(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let Some((from, to)) = ctx.view.net_scale(&ctx.step, id, Direction::Run) else { return Ok(()) };
    scale::back(ctx, id, from, to).await?;
    complete(ctx, id, from, 600).await
}
