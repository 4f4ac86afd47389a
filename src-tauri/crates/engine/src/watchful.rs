//! Notices, while a run waits for something else, that somebody changed what it wrote or relies on: a pipeline that resets
//! a selector so that both colours are selected, a hotfix on the Deployment that it would go back to, an edit of the one
//! that was checked and is to serve, or another that was made under its name.

use std::collections::BTreeMap;

use model::{Kind, Labels, ObjectId, Sentence, names, sentence};
use serde_json::Value;

use crate::change::{Change, Contradiction, whole};
use crate::ctx::{Ctx, Stop, differing};
use crate::entry::{BOTH_COLOURS, Choice, Direction, Event, HoldCode, Said, ThreeWay};
use crate::ports::ReadError;
use crate::world::World;

/// Reads what this run has written or relies on and compares. Silence of the API server is not a difference.
pub async fn look(ctx: &mut Ctx) -> Result<(), Stop> {
    for (object, fields) in ctx.view.expected() {
        // Who sets an autoscaler's minimum in an incident does not stop what brings back what served before.
        if ctx.view.last_writer(&object).is_some_and(|step| ctx.plan.goes_on_without(step)) {
            continue;
        }
        let live = match ctx.ports.cluster.get(&object).await {
            Ok(Some(live)) => live,
            Ok(None) => return Err(ctx.contradicts(gone(&object))),
            Err(ReadError::Unreachable { .. } | ReadError::Invalid { .. }) => continue,
            Err(e) => return Err(Stop::hold(HoldCode::NotAllowed, Said::new("not-allowed", e.said()), &ctx.retry_or_back())),
        };
        if let Some(c) = ctx.made_anew(&object, &live) {
            return Err(ctx.contradicts(c));
        }
        let facts = differing(&object, &live, &fields);
        if facts.is_empty() {
            continue;
        }
        if !ctx.agreed(&facts) {
            let why = why(ctx, &object, &facts);
            return Err(ctx.contradicts(foreign(why, facts)));
        }
        put_back(ctx, &object, fields).await?;
    }
    Ok(())
}

/// Writes over what the operator has said to write over, if it is another's value of what an earlier step wrote. The step that
/// goes on may have nothing to wait for, and would pass it by.
pub async fn overwrite(ctx: &mut Ctx) -> Result<(), Stop> {
    if !ctx.has_word() {
        return Ok(());
    }
    for (object, fields) in ctx.view.expected() {
        let Some(live) = ctx.get(&object).await? else { continue };
        if ctx.agreed(&differing(&object, &live, &fields)) {
            put_back(ctx, &object, fields).await?;
        }
    }
    Ok(())
}

/// Somebody deleted what this run wrote or relies on.
pub fn gone(object: &ObjectId) -> Contradiction {
    whole(object, sentence!("{object}: is gone", object = object.said()), None)
}

/// Writes over a foreign change what was there before, guarded by what is there now. Another change than the one that
/// the operator was shown is not written over.
async fn put_back(ctx: &mut Ctx, object: &ObjectId, fields: BTreeMap<String, Option<Value>>) -> Result<(), Stop> {
    let (id, why) = (object.clone(), why(ctx, object, &[]));
    // Done once more for the step that had left it so: to the one that waits it is as if nobody had been there.
    let (step, direction) = (ctx.step.clone(), ctx.direction);
    ctx.step = ctx.view.last_writer(object).unwrap_or(&step).to_string();
    ctx.direction = Direction::Run;
    let ended = ctx
        .bring(object, &move |live, _| {
            let facts = differing(&id, live.ok_or_else(|| gone(&id))?, &fields);
            if facts.is_empty() { Ok(Change::Nothing) } else { Err(foreign(why.clone(), facts)) }
        })
        .await;
    (ctx.step, ctx.direction) = (step.clone(), direction);
    ended.map_err(|stop| match stop {
        // What is met here is not what the step of the way back is about: to leave it would count that one as undone.
        Stop::Hold { code, said, facts, .. } if direction == Direction::Undo => {
            Stop::Hold { code, said, facts, choices: vec![Choice::Retry] }
        }
        other => other,
    })?;
    let said = Said::new("overwritten", sentence!("{object}: put back as it was for this run", object = object.said()));
    ctx.log(vec![Event::Observed { step, said }])
}

/// A Service of this run that selects both colours as it is now is told as that, whichever step met it: to pin it again comes
/// before anything else. Of a way back that moves traffic the own write mends it; one that finds the Service in the way of what
/// it deletes asks.
pub async fn alarm(ctx: &mut Ctx, code: HoldCode, facts: &[ThreeWay]) -> Option<(Said, Vec<ThreeWay>, Vec<Choice>)> {
    let (facts, choices) = match (code, ctx.direction) {
        (HoldCode::Contradiction, Direction::Run) => (facts.to_vec(), vec![Choice::RePin, Choice::BackOut, Choice::Retry]),
        (HoldCode::StillSelected, Direction::Undo) => (reset(ctx).await, vec![Choice::RePin, Choice::Retry]),
        _ => return None,
    };
    for fact in &facts {
        let (Kind::Service, "/spec/selector", Some(selector)) = (fact.object.kind, fact.path.as_str(), &fact.live) else { continue };
        if selects_both(ctx, &fact.object, selector.clone()).await {
            let service = fact.object.said();
            let said = sentence!("{service}: somebody changed its selector, and it now selects both colours at once", service);
            // A word is good for an object as a whole.
            let of_it = facts.iter().filter(|f| f.object == fact.object).cloned().collect();
            return Some((Said::new(BOTH_COLOURS, said), of_it, choices));
        }
    }
    None
}

/// Selectors that this run wrote and somebody changed since.
async fn reset(ctx: &mut Ctx) -> Vec<ThreeWay> {
    let mut all = vec![];
    for (object, fields) in ctx.view.expected().into_iter().filter(|(object, _)| object.kind == Kind::Service) {
        if let Ok(Some(live)) = ctx.ports.cluster.get(&object).await {
            all.extend(differing(&object, &live, &fields));
        }
    }
    all
}

/// Whether the target's namespace is being deleted: then that is what is the matter, whatever a step says of the objects that
/// went with it. Nothing can be created in it any more, and what would be brought back goes too.
pub async fn ending(ctx: &mut Ctx) -> Option<Said> {
    let namespace = ctx.plan.target.object.namespace.clone();
    let live = ctx.ports.cluster.get(&ObjectId::new(Kind::Namespace, "", &namespace)).await.ok()??;
    let since = live.pointer("/metadata/deletionTimestamp")?.as_str()?;
    let said = sentence!(
        "namespace {namespace} is being deleted since {since}, and everything in it: nothing can be made or brought back there",
        namespace,
        since
    );
    Some(Said::new("ending-namespace", said))
}

fn foreign(why: Sentence, facts: Vec<ThreeWay>) -> Contradiction {
    let edits = facts.iter().map(|f| model::Edit { path: f.path.clone(), before: f.live.clone(), after: f.after.clone() }).collect();
    Contradiction { why, facts, instead: Some(Change::Edits(edits)) }
}

fn why(ctx: &Ctx, object: &ObjectId, facts: &[ThreeWay]) -> Sentence {
    let wrote = ctx.view.touched().contains(object);
    let said = object.said();
    let left_behind = left_behind(ctx, object, facts);
    if !left_behind.is_empty() {
        return sentence!(
            "{object}: somebody rolls it, and service {services} leads to the ReplicaSet that goes: nobody answers there once its pods are gone",
            object = said,
            services = left_behind.join(", ")
        );
    }
    match (object.kind, ctx.view.green().contains(object)) {
        (Kind::Deployment, true) => {
            sentence!("{object}: changed by somebody else since this run made it; that is not what was checked", object = said)
        }
        (Kind::Deployment, false) if !wrote => sentence!(
            "{object}: changed by somebody else since this run began; going back would lead to a version that did not serve then",
            object = said
        ),
        _ => sentence!("{object}: changed by somebody else since this run wrote it", object = said),
    }
}

/// Services that this run pinned to a ReplicaSet of a Deployment which somebody resumed with another template: they do not follow
/// it, and the way back is what gives them its pods again.
fn left_behind(ctx: &Ctx, object: &ObjectId, facts: &[ThreeWay]) -> Vec<String> {
    let differs = |path: &str| facts.iter().any(|f| f.path == path);
    if *object != ctx.plan.target.object || !differs("/spec/template") || !differs("/spec/paused") {
        return vec![];
    }
    let pinned = |fields: &BTreeMap<String, Option<Value>>| {
        let selector = fields.get("/spec/selector").and_then(Option::as_ref);
        selector.is_some_and(|s| s.get(names::POD_TEMPLATE_HASH).is_some())
    };
    let all = ctx.view.expected().into_iter().filter(|(o, fields)| o.kind == Kind::Service && pinned(fields));
    all.map(|(o, _)| o.name).collect()
}

/// Whether that selector takes pods of both sides.
async fn selects_both(ctx: &mut Ctx, service: &ObjectId, selector: Value) -> bool {
    let Ok(world) = World::read(ctx, &service.namespace).await else { return false };
    let selector: Labels = serde_json::from_value(selector).unwrap_or_default();
    if selector.is_empty() {
        return false;
    }
    let green = ctx.view.green();
    let (mut of_green, mut of_others) = (false, false);
    for pod in world.pods.iter().filter(|p| !p.is_ending() && model::meta::subset(&selector, &p.metadata.labels)) {
        match world.deployment_of(&pod.metadata.uid) {
            Some(id) if green.contains(&id) => of_green = true,
            Some(_) => of_others = true,
            None => {}
        }
    }
    of_green && of_others
}
