//! Both colours stand, the new one serves, and is looked at again and again. Evidence against it moves traffic back;
//! missing evidence is noted and nothing more.

use std::collections::BTreeMap;

use model::ObjectId;

use super::await_ready::Trouble;
use super::gone;
use crate::ctx::{Ctx, Stop};
use crate::entry::{Event, Receipt, Said};
use crate::ports::{Question, VerdictKind};
use crate::waits::{self, Failing};
use crate::world::{World, endpoints, show_endpoints};

/// Rounds in a row that a probe must speak against before it counts.
const AGAINST: u32 = 2;

/// The step's fields.
pub struct Soak<'a> {
    pub seconds: u32,
    pub deployment: &'a ObjectId,
    pub standby: &'a ObjectId,
    pub services: &'a [ObjectId],
    pub probes: &'a [String],
}

/// Soaks. What this run wrote is compared with what is there by every tick (`watchful`).
pub async fn run(ctx: &mut Ctx, s: &Soak<'_>) -> Result<Receipt, Stop> {
    let deadline = ctx.deadline(s.seconds);
    let mut trouble = Trouble::default();
    let mut against: BTreeMap<&str, u32> = BTreeMap::new();
    let mut short_noted = false;
    let mut seen_at = None;
    loop {
        let now = ctx.ports.clock.elapsed();
        if seen_at.is_none_or(|at| now.saturating_sub(at) >= ctx.options.pace.soak) {
            seen_at = Some(now);
            crate::watchful::look(ctx).await?;
            pods(ctx, s, &mut trouble, &mut short_noted).await?;
            probes(ctx, s, &mut against).await?;
            warm(ctx).await;
        }
        let left = deadline.limit.saturating_sub(ctx.spent(&deadline)).as_secs();
        if ctx.over(&deadline) {
            ctx.live.soak_left = None;
            return Ok(Receipt::Soaked { seconds: s.seconds });
        }
        ctx.live.soak_left = Some(left);
        ctx.beat(Said::new("soak", format!("the new version serves, {left} s left to look at it")).with("left", left));
        ctx.tick_for(std::time::Duration::from_secs(1)).await?;
    }
}

/// The way back shall wait neither for the cluster's identity nor for a handshake: reading it keeps the connection that
/// writes go over. A silence is the heartbeat's business.
async fn warm(ctx: &Ctx) {
    if let Err(e) = ctx.ports.cluster.identity().await {
        tracing::debug!(run = %ctx.plan.id, error = %e, "identity not read in the soak");
    }
}

/// Pods of the serving colour must stay, those of the standing one should.
async fn pods(ctx: &mut Ctx, s: &Soak<'_>, trouble: &mut Trouble, noted: &mut bool) -> Result<(), Stop> {
    let world = World::read(ctx, &s.deployment.namespace).await?;
    for service in s.services {
        let all = endpoints(ctx, service).await?;
        show_endpoints(ctx, &world, service, &all);
    }
    let now = ctx.ports.clock.elapsed();
    let Some(d) = world.deployment(s.deployment) else { return Err(gone(s.deployment)) };
    let failing = waits::failing(d, &world.pods_of(s.deployment)).or_else(|| short(d));
    if let Some(said) = trouble.lasting(now, failing) {
        return Err(Stop::Failed(said));
    }
    let standby = world.deployment(s.standby).map(|d| (d.status.available_replicas, d.wanted()));
    ctx.live.standby = standby.map(|(available, _)| (s.standby.clone(), available, now));
    if let Some((available, wanted)) = standby
        && available < wanted
        && !*noted
    {
        *noted = true;
        let text = format!("{}: {available} of {wanted} available; going back would wait for it first", s.standby.said());
        let step = ctx.step.clone();
        ctx.log(vec![Event::Observed { step, said: Said::new("standby-short", text) }])?;
    }
    Ok(())
}

/// Fewer available pods than wanted for longer than a restart takes.
fn short(d: &model::kinds::deployment::Deployment) -> Option<Failing> {
    let (have, want) = (d.status.available_replicas, d.wanted());
    (have < want).then(|| Failing {
        said: Said::new("serving-short", format!("deployment {}: {have} of {want} available", d.metadata.name)).with("ready", have),
        patience: std::time::Duration::from_secs(20),
    })
}

async fn probes<'a>(ctx: &mut Ctx, s: &Soak<'a>, against: &mut BTreeMap<&'a str, u32>) -> Result<(), Stop> {
    for url in s.probes {
        let evidence = ctx.ports.evidence.clone();
        let verdict = evidence.ask(&Question::Probe { url: url.clone() }).await;
        ctx.note(verdict.clone());
        match verdict.kind {
            VerdictKind::For => {
                against.remove(url.as_str());
            }
            VerdictKind::Missing => {}
            VerdictKind::Against => {
                let n = against.entry(url).or_insert(0);
                *n += 1;
                if *n >= AGAINST {
                    let text = format!("{url}: {}", verdict.detail);
                    return Err(Stop::Failed(Said::new("probe-against", text).with("url", url)));
                }
            }
        }
    }
    Ok(())
}
