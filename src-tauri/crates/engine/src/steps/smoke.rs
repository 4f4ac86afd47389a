//! Asks every pod of a Deployment through a tunnel.

use std::collections::BTreeSet;

use model::{Kind, ObjectId, sentence};
use plan::{SmokeCheck, Step};

use super::{await_ready, late};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Event, HoldCode, Receipt, Said};
use crate::ports::{Question, VerdictKind};
use crate::world::World;

/// Seconds for which a pod is asked again when no answer can be had.
const PATIENCE: u32 = 30;

/// What came of asking a pod.
enum Asked {
    Answered,
    /// No answer can be had, and somebody said to go on without.
    Without,
    /// It went away meanwhile.
    Gone,
}

/// One wrong answer is a failure; no answer at all needs somebody. Pods that are not ready are waited for, as long as
/// the plan gives them.
pub async fn run(ctx: &mut Ctx, id: &ObjectId, check: &SmokeCheck) -> Result<Receipt, Stop> {
    let (seconds, mut asked, mut answered) = (time_for(ctx, id), BTreeSet::new(), 0u32);
    let deadline = ctx.deadline(seconds);
    loop {
        await_ready::run(ctx, id, None, 1, seconds).await?;
        let world = World::read(ctx, &id.namespace).await?;
        let pods: Vec<_> = world.pods_of(id).into_iter().filter(|p| !p.is_ending()).collect();
        let ready: Vec<&String> = pods.iter().filter(|p| p.is_ready()).map(|p| &p.metadata.name).collect();
        let new: Vec<&String> = ready.iter().filter(|p| !asked.contains(**p)).copied().collect();
        // The Deployment's status may be older than its pods.
        let whole = !pods.is_empty() && ready.len() == pods.len();
        if whole && new.is_empty() {
            let (pods, path, times) = (pods.len(), &check.path, check.requests);
            let said = sentence!("{answered} of {pods} pods answered {path} {times} times", answered, pods, path, times);
            let step = ctx.step.clone();
            ctx.log(vec![Event::Observed { step, said: Said::new("smoke", said) }])?;
            return Ok(Receipt::Answered { pods: answered });
        }
        if new.is_empty() {
            let said = sentence!("{ready} of {pods} pods can be asked", ready = ready.len(), pods = pods.len());
            let said = Said::new("smoke-not-ready", said);
            if ctx.over(&deadline) {
                return Err(Stop::Failed(late(id, said, seconds)));
            }
            ctx.beat_within(said, &deadline);
            ctx.tick().await?;
        }
        for (i, pod) in new.iter().enumerate() {
            ctx.beat(Said::new("asks-pod", sentence!("asks pod {n} of {all}", n = i + 1, all = new.len())));
            match ask(ctx, id.sibling(Kind::Pod, pod.as_str()), check).await? {
                Asked::Answered => answered += 1,
                Asked::Without => {}
                Asked::Gone => continue,
            }
            asked.insert((*pod).clone());
        }
    }
}

/// Seconds that the plan gives these pods to become ready.
fn time_for(ctx: &Ctx, id: &ObjectId) -> u32 {
    let waits = ctx.plan.steps.iter().filter_map(|p| match &p.step {
        Step::AwaitReady { deployment, deadline, .. } if deployment == id => Some(*deadline),
        _ => None,
    });
    waits.max().unwrap_or(PATIENCE)
}

async fn ask(ctx: &mut Ctx, pod: ObjectId, check: &SmokeCheck) -> Result<Asked, Stop> {
    let question = Question::Smoke { pod: pod.clone(), port: check.port, path: check.path.clone(), requests: check.requests };
    let deadline = ctx.deadline(PATIENCE);
    loop {
        let evidence = ctx.ports.evidence.clone();
        let verdict = evidence.ask(&question).await;
        ctx.note(verdict.clone());
        let said = sentence!("{object}: {what}", object = pod.said(); what = verdict.detail.clone());
        match verdict.kind {
            VerdictKind::For => return Ok(Asked::Answered),
            VerdictKind::Against => return Err(Stop::Failed(Said::new("smoke-failed", said))),
            VerdictKind::Missing if ctx.chosen(HoldCode::EvidenceMissing) == Some(Choice::GoOn) => return Ok(Asked::Without),
            VerdictKind::Missing => {}
        }
        if ctx.get(&pod).await?.is_none_or(|live| !live["metadata"]["deletionTimestamp"].is_null()) {
            return Ok(Asked::Gone);
        }
        let said = Said::new("smoke-missing", said);
        // A simulated pod will never have data: there is nothing to wait for.
        if ctx.over(&deadline) || verdict.detail.text.contains("simulated") {
            return Err(Stop::hold(HoldCode::EvidenceMissing, said, &[Choice::Retry, Choice::GoOn, Choice::BackOut]));
        }
        ctx.beat_within(said, &deadline);
        ctx.tick().await?;
    }
}
