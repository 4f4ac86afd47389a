//! Takes a colour to zero, once nothing selects it any more.

use model::ObjectId;
use plan::Step;

use super::{bring, complete, nothing_selects, scale, written};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Receipt, Said};
use crate::world::World;

/// Refuses while any Service selects the pods; then scales to zero and waits until none is left but ending ones.
pub async fn run(ctx: &mut Ctx, step: &Step, id: &ObjectId) -> Result<Receipt, Stop> {
    nothing_selects(ctx, id).await?;
    bring(ctx, step, id).await?;
    let deadline = ctx.deadline(300);
    loop {
        let world = World::read(ctx, &id.namespace).await?;
        let left = world.pods_of(id).iter().filter(|p| !p.is_ending()).count();
        if left == 0 {
            return Ok(written(ctx, &[id]));
        }
        if ctx.over(&deadline) {
            let text = format!("{}: {left} pods left after 300 s", id.said());
            return Err(Stop::Failed(Said::new("not-drained", text).with("pods", left)));
        }
        ctx.beat_within(Said::new("pods-left", format!("{left} pods left")).with("pods", left), &deadline);
        ctx.tick().await?;
    }
}

/// Scales back up and waits until it could serve.
pub async fn undo(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let Some((from, to)) = ctx.view.net_scale(&ctx.step, id, Direction::Run) else { return Ok(()) };
    scale::back(ctx, id, from, to).await?;
    complete(ctx, id, from, 600).await
}
