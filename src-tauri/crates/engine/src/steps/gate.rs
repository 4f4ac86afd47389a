//! Waits for the operator, and keeps what the approval leads to ready meanwhile: from approval to request there is one
//! fsync and nothing else. A gate is not passed while one of its checks does not hold: the approval stands, and it goes
//! on when they do.

use std::time::Duration;

use model::sentence;

use super::looks::{Looks, Serving};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Direction, Event, HoldCode, Purpose, Receipt, Said};
use crate::show::Check;
use crate::status::RunStatus;
use crate::view::View;

/// How old the reading behind an armed switch may be. Its guards refuse it anyway when the Service moved since.
const FRESH: Duration = Duration::from_secs(3);

/// Waits without a deadline.
pub async fn run(ctx: &mut Ctx, name: &str) -> Result<Receipt, Stop> {
    super::entries::meet(ctx).await?;
    ctx.live.approving = None;
    let ended = wait(ctx, name).await;
    let armed = ctx.live.armed.take();
    ctx.live.approving = None;
    ctx.live.checks.clear();
    ended?;
    // Who stops behind the gate approves it, and nothing of what it leads to.
    let stops = ctx.options.until.as_ref() == Some(&ctx.step);
    match armed.filter(|_| !stops).and_then(|a| Some((a.step, a.first?))) {
        Some((step, write)) => {
            let mut events = opened(name, &ctx.step);
            events.push(Event::StepBegan { step: step.clone(), direction: Direction::Run });
            ctx.step = step;
            let object = write.object().clone();
            ctx.send(events, write, None, Purpose::Step, 1).await?;
            // However else it ends, the switch reads where things are and goes on from there.
            ctx.as_sent(&object)?;
        }
        None => ctx.log(opened(name, &ctx.step))?,
    }
    Ok(Receipt::Approved)
}

fn opened(gate: &str, step: &str) -> Vec<Event> {
    vec![Event::Approved { gate: gate.to_string() }, Event::StepDone { step: step.to_string(), receipt: Receipt::Approved }]
}

/// What is journaled with the first write of the switch that the gate which waits leads to. `None` = no gate waits.
pub fn passed(view: &View, switch: &str) -> Option<Vec<Event>> {
    let RunStatus::WaitingForApproval { step, gate } = &view.status else { return None };
    let mut events = opened(gate, step);
    events.push(Event::StepBegan { step: switch.to_string(), direction: Direction::Run });
    Some(events)
}

/// Returns once it is approved and every check holds.
async fn wait(ctx: &mut Ctx, name: &str) -> Result<(), Stop> {
    let plan = ctx.plan.clone();
    let mut looks = Serving::soaked_before(&plan, &ctx.step).map(|of| Looks::new(ctx, of));
    loop {
        look(ctx, name, looks.as_mut()).await?;
        if passes(ctx, name, looks.as_ref())? {
            return Ok(());
        }
        if !matches!(ctx.view.status, RunStatus::WaitingForApproval { .. }) {
            let step = ctx.step.clone();
            ctx.log(vec![Event::GateReached { step, gate: name.to_string() }])?;
        }
        ctx.beat(match approved(ctx, name) {
            true => Said::new("gate-approved", sentence!("{gate} is approved: goes on as soon as its checks hold", gate = name)),
            false => Said::new("gate", sentence!("waits for approval: {gate}", gate = name)),
        });
        moment(ctx, name).await?;
        let now = ctx.ports.clock.elapsed();
        let fresh = ctx.live.armed.as_ref().is_some_and(|a| now.saturating_sub(a.at) <= FRESH);
        if fresh && passes(ctx, name, looks.as_ref())? {
            return Ok(());
        }
    }
}

/// A second, or less if approval comes. It comes once: said again it hurries nothing.
async fn moment(ctx: &mut Ctx, name: &str) -> Result<(), Stop> {
    let (until, known) = (ctx.ports.clock.elapsed() + Duration::from_secs(1), approved(ctx, name));
    loop {
        let left = until.saturating_sub(ctx.ports.clock.elapsed());
        if left.is_zero() || approved(ctx, name) != known {
            return Ok(());
        }
        ctx.tick_for(left).await?;
    }
}

/// What must hold, as it is now.
async fn look(ctx: &mut Ctx, name: &str, looks: Option<&mut Looks<'_>>) -> Result<(), Stop> {
    let armed = super::arm(ctx).await?;
    let cluster = ctx.ports.cluster.clone();
    let same = cluster.identity().await.is_ok_and(|i| i == ctx.plan.cluster);
    let said = Said::new("same-cluster", sentence!("the same cluster answers as when the plan was made"));
    let mut checks = vec![Check { ok: Some(same), said, at: ctx.ports.clock.now() }];
    ctx.live.armed = armed.map(|(armed, ready)| {
        checks.push(ready);
        armed
    });
    if let Some(looks) = looks {
        let every = if approved(ctx, name) { FRESH } else { ctx.options.pace.soak };
        looks.round(ctx, every).await?;
        checks.extend(looks.checks());
    }
    ctx.live.checks = checks;
    ctx.show();
    Ok(())
}

fn approved(ctx: &Ctx, name: &str) -> bool {
    ctx.live.approving.is_some() || ctx.view.approved.contains(name)
}

/// Whether it is approved and nothing speaks against it. An entry that had answered and gives no data any more is a
/// question of its own.
fn passes(ctx: &mut Ctx, name: &str, looks: Option<&Looks<'_>>) -> Result<bool, Stop> {
    if !approved(ctx, name) || ctx.live.checks.iter().any(|c| c.ok == Some(false)) {
        return Ok(false);
    }
    match looks.and_then(Looks::vanished) {
        Some(said) if ctx.chosen(HoldCode::EvidenceMissing) != Some(Choice::GoOn) => {
            if !ctx.view.approved.contains(name) {
                ctx.log(vec![Event::Approved { gate: name.to_string() }])?;
            }
            Err(Stop::hold(HoldCode::EvidenceMissing, said, &[Choice::Retry, Choice::GoOn, Choice::BackOut]))
        }
        _ => Ok(true),
    }
}
