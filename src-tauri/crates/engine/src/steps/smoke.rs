//! Asks every ready pod of a Deployment through a tunnel.

use model::{Kind, ObjectId};
use plan::SmokeCheck;

use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Event, HoldCode, Receipt, Said};
use crate::ports::{Question, VerdictKind};
use crate::world::World;

/// Seconds for which a pod is asked again when no answer can be had.
const PATIENCE: u32 = 30;

/// One wrong answer is a failure; no answer at all needs somebody.
pub async fn run(ctx: &mut Ctx, id: &ObjectId, check: &SmokeCheck) -> Result<Receipt, Stop> {
    let world = World::read(ctx, &id.namespace).await?;
    let pods: Vec<String> = world.pods_of(id).iter().filter(|p| p.is_ready() && !p.is_ending()).map(|p| p.metadata.name.clone()).collect();
    let mut answered = 0u32;
    for (i, pod) in pods.iter().enumerate() {
        ctx.beat(Said::new("asks-pod", format!("asks pod {} of {}", i + 1, pods.len())).with("pod", pod));
        if ask(ctx, id.sibling(Kind::Pod, pod), check).await? {
            answered += 1;
        }
    }
    let text = format!("{answered} of {} pods answered {} {} times", pods.len(), check.path, check.requests);
    let step = ctx.step.clone();
    ctx.log(vec![Event::Observed { step, said: Said::new("smoke", text).with("answered", answered).with("pods", pods.len()) }])?;
    Ok(Receipt::Answered { pods: answered })
}

async fn ask(ctx: &mut Ctx, pod: ObjectId, check: &SmokeCheck) -> Result<bool, Stop> {
    let question = Question::Smoke { pod: pod.clone(), port: check.port, path: check.path.clone(), requests: check.requests };
    let deadline = ctx.deadline(PATIENCE);
    loop {
        let evidence = ctx.ports.evidence.clone();
        let verdict = evidence.ask(&question).await;
        ctx.note(verdict.clone());
        let text = format!("{}: {}", pod.said(), verdict.detail);
        match verdict.kind {
            VerdictKind::For => return Ok(true),
            VerdictKind::Against => return Err(Stop::Failed(Said::new("smoke-failed", text).with("pod", &pod.name))),
            VerdictKind::Missing if ctx.chosen(HoldCode::EvidenceMissing) == Some(Choice::GoOn) => return Ok(false),
            // A simulated pod will never have data: there is nothing to wait for.
            VerdictKind::Missing if ctx.over(&deadline) || verdict.detail.contains("simulated") => {
                let choices = [Choice::Retry, Choice::GoOn, Choice::BackOut];
                return Err(Stop::hold(HoldCode::EvidenceMissing, Said::new("smoke-missing", text).with("pod", &pod.name), &choices));
            }
            VerdictKind::Missing => ctx.beat_within(Said::new("smoke-missing", text).with("pod", &pod.name), &deadline),
        }
        ctx.tick().await?;
    }
}
