//! The steps: each file holds what a step writes (`intended`, pure), how it is carried out (`run`) and how it is taken
//! back (`undo`), side by side. All three are idempotent by value, so that a resumed run may repeat them.
//!
//! Adding a step: 1. a variant in `plan::Step`; 2. a file here; 3. the compiler names the three matches below.

mod await_ready;
mod create;
mod delete;
mod entries;
mod freeze;
mod gate;
mod looks;
mod pause;
mod pin;
mod retire;
mod scale;
mod set_template;
mod smoke;
mod soak;
mod switch;

use model::{Edit, Kind, Labels, ObjectId, Sentence, sentence};
use plan::{Plan, Planned, Step};
use serde_json::Value;

use crate::change::{Change, Contradiction, Facts, back};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Direction, HoldCode, Receipt, Said};
use crate::waits::Wait;
use crate::world::{World, deployment};

pub(crate) use create::marked;
pub(crate) use delete::again;
pub(crate) use gate::passed;
pub(crate) use set_template::was_unfinished;
pub(crate) use switch::{arm, first_back, stands_by};

/// What a step would do to one of the objects that it writes to, as the object is.
pub fn intended(step: &Step, object: &ObjectId, live: Option<&Value>, facts: &Facts<'_>) -> Result<Change, Contradiction> {
    match step {
        Step::Pause { template, .. } => pause::intended_pause(object, template.as_ref(), live, facts),
        Step::Resume { .. } => pause::intended_resume(object, live),
        Step::Pin { from, to, .. } => pin::intended(object, from, to, live, facts),
        Step::Create { manifest, .. } => create::intended(object, manifest, live, facts),
        Step::Scale { from, to, .. } => scale::intended(object, *from, *to, live),
        Step::Freeze { min, .. } => freeze::intended_freeze(object, *min, live),
        Step::Thaw { min, frozen, .. } => freeze::intended_thaw(object, *min, *frozen, live),
        Step::Switch { services, .. } => switch::intended(object, services, live, facts),
        Step::Retire { .. } => scale::intended(object, None, 0, live),
        Step::Delete { .. } => delete::intended(object, live, facts),
        Step::SetTemplate { before, after, cause, .. } => set_template::intended(object, before, after, cause.as_deref(), live),
        Step::AwaitReady { .. } | Step::Smoke { .. } | Step::Gate { .. } | Step::Soak { .. } | Step::AwaitRollout { .. } => {
            Ok(Change::Nothing)
        }
    }
}

/// Carries a step out.
pub async fn run(ctx: &mut Ctx, planned: &Planned) -> Result<Receipt, Stop> {
    let step = &planned.step;
    match step {
        Step::Pause { deployment, .. } => pause::run(ctx, step, deployment).await,
        Step::Resume { deployment } => pause::run(ctx, step, deployment).await,
        Step::Pin { service, to, keeps, .. } => pin::run(ctx, step, service, to, keeps).await,
        Step::Create { object, .. } => create::run(ctx, step, object).await,
        Step::Scale { deployment, .. } => scale::run(ctx, step, deployment).await,
        Step::AwaitReady { deployment, service, count, deadline } => {
            await_ready::run(ctx, deployment, service.as_ref(), *count, *deadline).await
        }
        Step::Smoke { deployment, check } => smoke::run(ctx, deployment, check).await,
        Step::Gate { name } => gate::run(ctx, name).await,
        Step::Freeze { hpa, .. } | Step::Thaw { hpa, .. } => freeze::run(ctx, step, hpa).await,
        Step::Switch { services, to, from, count, probes, entries, settle, prove_within } => {
            let (count, settle, prove_within) = (*count, *settle, *prove_within);
            let s = switch::Switch { services, to, from, count, probes, entries, settle, prove_within };
            switch::run(ctx, step, &s).await
        }
        Step::Soak { seconds, deployment, standby, services, probes, entries } => {
            soak::run(ctx, *seconds, looks::Serving { deployment, standby, services, probes, entries }).await
        }
        Step::Retire { deployment } => retire::run(ctx, step, deployment).await,
        Step::Delete { object } => delete::run(ctx, step, object).await,
        Step::SetTemplate { deployment, .. } => set_template::run(ctx, step, deployment).await,
        Step::AwaitRollout { deployment, deadline } => await_ready::run(ctx, deployment, None, 0, *deadline).await,
    }
}

/// Takes a step back.
pub async fn undo(ctx: &mut Ctx, planned: &Planned) -> Result<(), Stop> {
    match &planned.step {
        Step::Pause { deployment, .. } => pause::undo(ctx, deployment).await,
        Step::Resume { deployment } => pause::undo_resume(ctx, deployment).await,
        Step::Pin { service, keeps, .. } => pin::undo(ctx, service, keeps).await,
        Step::Create { object, .. } => create::undo(ctx, object).await,
        Step::Scale { deployment, .. } => scale::undo(ctx, deployment).await,
        Step::Freeze { hpa, .. } | Step::Thaw { hpa, .. } => revert(ctx, hpa).await,
        Step::Switch { services, to, from, count, probes, entries, settle, prove_within } => {
            let (count, settle, prove_within) = (*count, *settle, *prove_within);
            let s = switch::Switch { services, to, from, count, probes, entries, settle, prove_within };
            switch::undo(ctx, &s).await
        }
        Step::Retire { deployment } => retire::undo(ctx, deployment).await,
        Step::Delete { object } => delete::undo(ctx, object).await,
        Step::SetTemplate { deployment, .. } => set_template::undo(ctx, deployment).await,
        // They wrote nothing of their own.
        Step::AwaitReady { .. } | Step::Smoke { .. } | Step::Gate { .. } | Step::Soak { .. } | Step::AwaitRollout { .. } => Ok(()),
    }
}

/// The switch that decides who serves when this step comes: its id, the Deployment that it leads to, how many pods.
fn switch_before<'a>(plan: &'a Plan, step: &str) -> Option<(&'a str, &'a ObjectId, u32)> {
    let before = plan.steps.iter().take_while(|p| p.id != step);
    before.filter_map(|p| if let Step::Switch { to, count, .. } = &p.step { Some((p.id.as_str(), to, *count)) } else { None }).last()
}

/// Brings an object to where the step wants it.
async fn bring(ctx: &mut Ctx, step: &Step, object: &ObjectId) -> Result<(), Stop> {
    let (step, id) = (step.clone(), object.clone());
    ctx.bring(object, &move |live, facts| intended(&step, &id, live, facts)).await
}

/// Takes back the fields that this step wrote on an object.
async fn revert(ctx: &mut Ctx, object: &ObjectId) -> Result<(), Stop> {
    let net = ctx.view.net(&ctx.step, object, Direction::Run);
    if net.is_empty() { Ok(()) } else { take_back(ctx, object, &net).await }
}

/// Takes these edits of an object back.
async fn take_back(ctx: &mut Ctx, object: &ObjectId, net: &[Edit]) -> Result<(), Stop> {
    let (id, net) = (object.clone(), net.to_vec());
    ctx.bring(object, &move |live, _| back(&id, live, &net)).await
}

/// What a step left that wrote to these objects, or that found nothing to write.
fn written(ctx: &Ctx, objects: &[&ObjectId]) -> Receipt {
    let wrote: Vec<ObjectId> = objects
        .iter()
        .filter(|o| ctx.view.landed(&ctx.step, ctx.direction).any(|(w, _)| w.write.object() == **o))
        .map(|o| (*o).clone())
        .collect();
    if wrote.is_empty() { Receipt::Nothing } else { Receipt::Written { objects: wrote } }
}

/// Waits until the controller has seen the newest generation (W-OBS).
async fn observed(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let deadline = ctx.deadline(60);
    loop {
        match deployment(ctx, id).await? {
            Some(d) if d.observed() => return Ok(()),
            None => return Err(gone(id)),
            Some(_) if ctx.over(&deadline) => {
                let said = sentence!("{object}: its controller did not look at it within {time}", object = id.said(); time = Sentence::lasting(60));
                return Err(Stop::Failed(Said::new("not-observed", said)));
            }
            Some(_) => {}
        }
        ctx.beat_within(Said::new("observe", sentence!("waiting for the controller to see {object}", object = id.said())), &deadline);
        ctx.tick().await?;
    }
}

fn gone(id: &ObjectId) -> Stop {
    Stop::Failed(Said::new("gone", crate::change::missing(id).why))
}

/// What a wait for this object had come to when its time was over.
fn late(id: &ObjectId, said: Said, seconds: u32) -> Said {
    let sentence =
        sentence!("{object}: {what} after {time}", object = id.said(); what = said.sentence, time = Sentence::lasting(seconds.into()));
    Said { sentence, ..said }
}

/// Waits until a Deployment is complete with `count` pods; no verdict but the deadline.
async fn complete(ctx: &mut Ctx, id: &ObjectId, count: u32, seconds: u32) -> Result<(), Stop> {
    let deadline = ctx.deadline(seconds);
    loop {
        let Some(d) = deployment(ctx, id).await? else { return Err(gone(id)) };
        match crate::waits::complete(&d, count) {
            Wait::Yes => return Ok(()),
            Wait::NotYet(said) if ctx.over(&deadline) => return Err(Stop::Failed(late(id, said, seconds))),
            Wait::NotYet(said) => ctx.beat_within(said, &deadline),
        }
        ctx.tick().await?;
    }
}

/// Services that select pods of a Deployment (now, or when it has some). Those that this run created do not count:
/// they go with it.
async fn selecting(ctx: &mut Ctx, id: &ObjectId) -> Result<Vec<String>, Stop> {
    let world = World::read(ctx, &id.namespace).await?;
    let Some(d) = world.deployment(id) else { return Ok(vec![]) };
    let mut pods: Vec<Labels> = world.pods_of(id).iter().map(|p| p.metadata.labels.clone()).collect();
    pods.push(d.spec.template.metadata.labels.clone());
    taking(ctx, id, &pods).await
}

/// Services that would take one of these pods.
async fn taking(ctx: &mut Ctx, id: &ObjectId, pods: &[Labels]) -> Result<Vec<String>, Stop> {
    let services = ctx.list(Kind::Service, &id.namespace, None).await?;
    let own = ctx.view.created();
    let mut found = vec![];
    for service in services {
        let name = service["metadata"]["name"].as_str().unwrap_or_default();
        let selector: Labels = serde_json::from_value(service["spec"]["selector"].clone()).unwrap_or_default();
        let hits = !selector.is_empty() && pods.iter().any(|labels| model::meta::subset(&selector, labels));
        if hits && !own.contains_key(&id.sibling(Kind::Service, name)) {
            found.push(name.to_string());
        }
    }
    Ok(found)
}

/// Refuses to take pods away from under a Service.
async fn nothing_selects(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let found = selecting(ctx, id).await?;
    if found.is_empty() { Ok(()) } else { Err(still_selected(id, &found, &ctx.retry_or_back())) }
}

fn still_selected(id: &ObjectId, services: &[String], choices: &[Choice]) -> Stop {
    let said = sentence!("{object}: still selected by service {services}", object = id.said(), services = services.join(", "));
    Stop::hold(HoldCode::StillSelected, Said::new("still-selected", said), choices)
}

/// Waits until an object is not there any more (foreground deletion: its pods are gone then too).
async fn until_gone(ctx: &mut Ctx, id: &ObjectId, uid: &str) -> Result<(), Stop> {
    let deadline = ctx.deadline(300);
    loop {
        match ctx.get(id).await? {
            Some(live) if live["metadata"]["uid"].as_str() == Some(uid) => {}
            _ => return Ok(()),
        }
        if ctx.over(&deadline) {
            let said = sentence!("{object}: not gone after {time}", object = id.said(); time = Sentence::lasting(300))
                .and(sentence!("something holds it (finalizers, pods that do not end)"));
            return Err(Stop::Failed(Said::new("not-gone", said)));
        }
        ctx.beat_within(Said::new("going", sentence!("waiting for {object} to be gone", object = id.said())), &deadline);
        ctx.tick().await?;
    }
}
