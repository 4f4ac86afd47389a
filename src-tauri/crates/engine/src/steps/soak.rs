//! Both colours stand, the new one serves, and is looked at again and again (`looks`).

use std::time::Duration;

use model::{Sentence, sentence};

use super::looks::{Looks, Serving, unproven};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Event, HoldCode, Receipt, Said};

/// Soaks. It does not end while trouble or evidence against the new colour is neither over nor decided; nor by itself
/// while an entry that had answered gives no data any more.
pub async fn run(ctx: &mut Ctx, seconds: u32, of: Serving<'_>) -> Result<Receipt, Stop> {
    let ended = soak(ctx, seconds, of).await;
    ctx.live.soak_left = None;
    ended
}

async fn soak(ctx: &mut Ctx, seconds: u32, of: Serving<'_>) -> Result<Receipt, Stop> {
    let answer = ctx.chosen(HoldCode::EvidenceMissing);
    // That question comes when the time is over; it does not begin again with the answer.
    let deadline = ctx.deadline(if answer.is_some() { 0 } else { seconds });
    let (second, pace) = (Duration::from_secs(1), ctx.options.pace.soak);
    let mut looks = Looks::new(ctx, of);
    let mut late = false;
    let mut warmed = None;
    loop {
        let over = ctx.over(&deadline);
        // Nothing ends on what was seen a few seconds ago.
        looks.round(ctx, if over && !late { second } else { pace }).await?;
        late = over;
        let now = ctx.ports.clock.elapsed();
        if warmed.is_none_or(|at| now.saturating_sub(at) >= pace) {
            warmed = Some(now);
            warm(ctx).await;
        }
        let left = deadline.limit.saturating_sub(ctx.spent(&deadline)).as_secs();
        ctx.live.soak_left = Some(left);
        match (over, looks.undecided(), looks.vanished()) {
            (false, ..) => {
                ctx.beat(Said::new("soak", sentence!("the new version serves, {left} left to look at it"; left = Sentence::lasting(left))));
            }
            (true, Some(said), _) => {
                ctx.beat(Said::new("soak-undecided", sentence!("the time is over, but this is not: {what}"; what = said.sentence)));
            }
            (true, None, Some(said)) if answer == Some(Choice::GoOn) => {
                let step = ctx.step.clone();
                ctx.log(vec![Event::Observed { step, said: unproven(&said) }])?;
                return Ok(Receipt::Soaked { seconds });
            }
            (true, None, Some(said)) => {
                return Err(Stop::hold(HoldCode::EvidenceMissing, said, &[Choice::Retry, Choice::GoOn, Choice::BackOut]));
            }
            (true, None, None) => return Ok(Receipt::Soaked { seconds }),
        }
        ctx.tick_for(second).await?;
    }
}

/// The way back shall wait neither for the cluster's identity nor for a handshake: reading it keeps the connection that
/// writes go over (at the gate behind, its own check does). A silence is the heartbeat's business.
async fn warm(ctx: &Ctx) {
    if let Err(e) = ctx.ports.cluster.identity().await {
        tracing::debug!(run = %ctx.plan.id, error = %e, "identity not read in the soak");
    }
}
