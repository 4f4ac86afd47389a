//! Narrows or widens a Service's selector without moving traffic.

use std::collections::BTreeSet;

use model::{Edit, Labels, ObjectId, names, sentence};
use plan::{SelectorTo, Step};
use serde_json::{Value, json};

use super::{bring, gone, late, observed, revert, written};
use crate::change::{Change, Contradiction, Facts, field, missing, towards, whole};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Direction, HoldCode, Receipt, Said};
use crate::waits::{self, Wait};
use crate::world::{World, endpoints, show_endpoints};

pub fn intended(
    id: &ObjectId,
    from: &SelectorTo,
    to: &SelectorTo,
    live: Option<&Value>,
    facts: &Facts<'_>,
) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let (Some(before), Some(after)) = (facts.selector(from), facts.selector(to)) else {
        return Err(whole(id, sentence!("{object}: the ReplicaSet to pin it to is not known", object = id.said()), Some(live)));
    };
    let edit = Edit { path: "/spec/selector".into(), before: Some(before), after: Some(after) };
    towards(id, live, &[edit], sentence!("{object}: its selector is not the one that this plan was made for", object = id.said()))
}

/// Reads the hash that the plan leaves open.
pub async fn resolve(ctx: &mut Ctx, selectors: &[&SelectorTo]) -> Result<(), Stop> {
    for selector in selectors {
        let SelectorTo::Pinned { deployment, .. } = selector else { continue };
        let world = World::read(ctx, &deployment.namespace).await?;
        let live_sets = world.live_sets(deployment);
        let hash = world.newest_hash(deployment);
        match (hash, live_sets) {
            (Some(hash), 0..=1) => {
                ctx.hashes.insert(deployment.clone(), hash);
            }
            (hash, n) => {
                let object = deployment.said();
                let said = match hash {
                    None => sentence!("{object}: no ReplicaSet", object),
                    Some(_) => sentence!("{object}: {n} ReplicaSets have pods, one is needed to pin to", object, n),
                };
                return Err(Stop::Failed(Said::new("not-one-set", said)));
            }
        }
    }
    Ok(())
}

/// Pins (or unpins) and waits until the slices hold the same pods as before.
pub async fn run(ctx: &mut Ctx, step: &Step, service: &ObjectId, to: &SelectorTo, keeps: &ObjectId) -> Result<Receipt, Stop> {
    let from = match step {
        Step::Pin { from, .. } => from.clone(),
        _ => to.clone(),
    };
    resolve(ctx, &[&from, to]).await?;
    if let SelectorTo::Exact(labels) = to {
        only(ctx, service, labels, keeps).await?;
    }
    bring(ctx, step, service).await?;
    hold_still(ctx, service, keeps).await?;
    Ok(written(ctx, &[service]))
}

/// The selector as it was, once no pod of another colour is left that it would match.
pub async fn undo(ctx: &mut Ctx, service: &ObjectId, keeps: &ObjectId) -> Result<(), Stop> {
    let net = ctx.view.net(&ctx.step, service, Direction::Run);
    let Some(edit) = net.first() else { return Ok(()) };
    let labels: Labels = edit.before.as_ref().and_then(|v| serde_json::from_value(v.clone()).ok()).unwrap_or_default();
    let widens = !labels.contains_key(names::POD_TEMPLATE_HASH);
    let live = ctx.get(service).await?;
    let there = live.as_ref().and_then(|l| field(l, "/spec/selector"));
    if there != Some(json!(labels)) {
        match widens {
            true => only(ctx, service, &labels, keeps).await?,
            false => takes_all(ctx, service, live.as_ref(), &labels, keeps).await?,
        }
    }
    revert(ctx, service).await
}

/// A selector that names a ReplicaSet must take every pod that serves, and that will: a template that somebody wrote since has
/// another one.
async fn takes_all(ctx: &mut Ctx, service: &ObjectId, live: Option<&Value>, labels: &Labels, keeps: &ObjectId) -> Result<(), Stop> {
    observed(ctx, keeps).await?;
    let world = World::read(ctx, &service.namespace).await?;
    let Some(d) = world.deployment(keeps) else { return Err(gone(keeps)) };
    let stays = d.spec.paused || world.newest_hash(keeps).as_ref() == labels.get(names::POD_TEMPLATE_HASH);
    if stays && world.serving(keeps).iter().all(|p| model::meta::subset(labels, &p.metadata.labels)) {
        return Ok(());
    }
    Err(ctx.contradicts(whole(service, sentence!("{object}: the ReplicaSet to pin it to is not known", object = service.said()), live)))
}

/// Waits until every pod that the labels match belongs to one Deployment.
async fn only(ctx: &mut Ctx, service: &ObjectId, labels: &Labels, keeps: &ObjectId) -> Result<(), Stop> {
    let deadline = ctx.deadline(120);
    loop {
        if ctx.chosen(HoldCode::StillSelected) == Some(Choice::GoOn) {
            return Ok(());
        }
        let world = World::read(ctx, &service.namespace).await?;
        let foreign: BTreeSet<&str> = world
            .pods
            .iter()
            .filter(|p| model::meta::subset(labels, &p.metadata.labels))
            .filter(|p| world.deployment_of(&p.metadata.uid).as_ref() != Some(keeps))
            .map(|p| p.metadata.name.as_str())
            .collect();
        if foreign.is_empty() {
            return Ok(());
        }
        let names = foreign.into_iter().take(5).collect::<Vec<_>>().join(", ");
        if ctx.over(&deadline) {
            let said = sentence!(
                "{object}: with its old selector it would also take pods of another owner: {names}",
                object = service.said(),
                names
            );
            let mut choices = ctx.retry_or_back();
            choices.push(Choice::GoOn);
            return Err(Stop::hold(HoldCode::StillSelected, Said::new("would-take", said), &choices));
        }
        ctx.beat_within(Said::new("pods-to-go", sentence!("waiting for pods to be gone: {names}", names)), &deadline);
        ctx.tick().await?;
    }
}

/// The slices hold pods of this Deployment and of nobody else, as many as are ready.
async fn hold_still(ctx: &mut Ctx, service: &ObjectId, keeps: &ObjectId) -> Result<(), Stop> {
    let deadline = ctx.deadline(30);
    loop {
        let world = World::read(ctx, &service.namespace).await?;
        let all = endpoints(ctx, service).await?;
        show_endpoints(ctx, &world, service, &all);
        let Some(d) = world.deployment(keeps) else { return Err(gone(keeps)) };
        let ready = world.serving(keeps).len();
        let uid = d.metadata.uid.clone();
        match waits::endpoints(&all, &world.owners, &uid, u32::try_from(ready).unwrap_or(u32::MAX)) {
            Wait::Yes => return Ok(()),
            Wait::NotYet(said) if ctx.over(&deadline) => return Err(Stop::Failed(late(service, said, 30))),
            Wait::NotYet(said) => ctx.beat_within(said, &deadline),
        }
        ctx.tick().await?;
    }
}
