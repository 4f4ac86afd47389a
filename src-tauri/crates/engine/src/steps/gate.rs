//! Waits for the operator, and keeps what the approval leads to ready meanwhile: from approval to request there is one
//! fsync and nothing else.

use std::time::Duration;

use crate::ctx::{Ctx, Stop};
use crate::entry::{Direction, Event, Purpose, Receipt, Said};
use crate::status::RunStatus;

/// How old the reading behind an armed switch may be. Its guards refuse it anyway when the Service moved since.
const FRESH: Duration = Duration::from_secs(3);

/// Waits without a deadline.
pub async fn run(ctx: &mut Ctx, name: &str) -> Result<Receipt, Stop> {
    if ctx.view.approved.contains(name) {
        return Ok(Receipt::Approved);
    }
    if !matches!(ctx.view.status, RunStatus::WaitingForApproval { .. }) {
        let step = ctx.step.clone();
        ctx.log(vec![Event::GateReached { step, gate: name.to_string() }])?;
    }
    ctx.live.approving = None;
    let approved = wait(ctx, name).await;
    let armed = ctx.live.armed.take();
    ctx.live.approving = None;
    approved?;
    let gate = ctx.step.clone();
    let mut events = vec![Event::Approved { gate: name.to_string() }, Event::StepDone { step: gate, receipt: Receipt::Approved }];
    let now = ctx.ports.clock.elapsed();
    let ready = armed.filter(|a| now.saturating_sub(a.at) <= FRESH && a.checks.iter().all(|c| c.ok));
    match ready.and_then(|a| Some((a.step, a.first?))) {
        Some((step, write)) => {
            events.push(Event::StepBegan { step: step.clone(), direction: Direction::Run });
            ctx.step = step;
            // However it ends, the switch reads where things are and goes on from there.
            ctx.send(events, write, None, Purpose::Step, 1).await?;
        }
        None => ctx.log(events)?,
    }
    Ok(Receipt::Approved)
}

async fn wait(ctx: &mut Ctx, name: &str) -> Result<(), Stop> {
    while ctx.live.approving.is_none() {
        ctx.beat(Said::new("gate", format!("waits for approval: {name}")).with("gate", name));
        ctx.live.armed = super::arm(ctx).await?;
        ctx.show();
        ctx.tick_for(Duration::from_secs(1)).await?;
    }
    Ok(())
}
