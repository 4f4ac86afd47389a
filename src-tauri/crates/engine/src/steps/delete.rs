//! Deletes an object that Changeover made, once nothing selects its pods.

use model::{Kind, ObjectId, names, sentence};
use plan::{Plan, Step};
use serde_json::{Value, json};

use super::create::foreign;
use super::{bring, complete, marked, nothing_selects, still_selected, taking, until_gone, written};
use crate::change::{Change, Contradiction, Facts, replicas, unmake, whole};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Direction, Receipt};

pub fn intended(id: &ObjectId, live: Option<&Value>, facts: &Facts<'_>) -> Result<Change, Contradiction> {
    let Some(l) = live else { return Ok(Change::Nothing) };
    if !l["metadata"]["deletionTimestamp"].is_null() {
        return Ok(Change::Nothing);
    }
    let mark = |at: &str, key: &str| l["metadata"][at][key].is_string();
    if mark("annotations", names::RUN) || mark("labels", names::RUN) || mark("labels", names::COLOR) {
        return unmake(id, l, facts);
    }
    Err(whole(id, sentence!("{object}: not made by changeover", object = id.said()), live))
}

/// Deletes and waits until it and its pods are gone.
pub async fn run(ctx: &mut Ctx, step: &Step, id: &ObjectId) -> Result<Receipt, Stop> {
    if id.kind == Kind::Deployment {
        nothing_selects(ctx, id).await?;
    }
    bring(ctx, step, id).await?;
    let uid = ctx.view.landed(&ctx.step, Direction::Run).next_back().map(|(_, s)| s.uid.clone());
    if let Some(uid) = uid {
        until_gone(ctx, id, &uid).await?;
    }
    Ok(written(ctx, &[id]))
}

/// Creates it again from what it was, and waits until it could serve.
pub async fn undo(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let deleted = ctx.view.landed(&ctx.step, Direction::Run).next_back().and_then(|(w, s)| Some((w.pre_image.clone()?, s.uid.clone())));
    let Some((before, uid)) = deleted else { return Ok(()) };
    until_gone(ctx, id, &uid).await?;
    let (object, again) = (id.clone(), again(&ctx.plan, &before));
    if id.kind == Kind::Deployment && ctx.get(id).await?.is_none() {
        takes_no_traffic(ctx, id, &again).await?;
    }
    ctx.bring(id, &move |live, facts| match live {
        None => Ok(Change::Create(again.clone())),
        Some(l) if crate::writer::is_ours(l, &again, &facts.plan.id) => Ok(Change::Nothing),
        Some(_) => Err(foreign(&object, live)),
    })
    .await?;
    match id.kind {
        Kind::Deployment => complete(ctx, id, replicas(&before), 600).await,
        _ => Ok(()),
    }
}

/// Pods that come back unasked must not get the traffic of a Service that was led elsewhere by hand.
async fn takes_no_traffic(ctx: &mut Ctx, id: &ObjectId, manifest: &Value) -> Result<(), Stop> {
    let labels = serde_json::from_value(manifest["spec"]["template"]["metadata"]["labels"].clone()).unwrap_or_default();
    let found = taking(ctx, id, &[labels]).await?;
    if found.is_empty() { Ok(()) } else { Err(still_selected(id, &found, &[Choice::Retry, Choice::Leave])) }
}

/// The manifest that brings an object back, from what it was: this run's own, as everything that it creates.
pub fn again(plan: &Plan, before: &Value) -> Value {
    marked(plan, &bare(before))
}

/// What can be sent of what was read: without what the server sets.
fn bare(object: &Value) -> Value {
    let mut bare = object.clone();
    if let Some(map) = bare.as_object_mut() {
        map.remove("status");
    }
    let own = ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "ownerReferences", "finalizers"];
    if let Some(meta) = bare["metadata"].as_object_mut() {
        meta.retain(|key, _| !own.contains(&key.as_str()));
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            let made = [names::EPOCH, names::RUN, names::SPEC_HASH, names::REVISION];
            annotations.retain(|key, _| !made.contains(&key.as_str()));
        }
    }
    if let Some(spec) = bare["spec"].as_object_mut() {
        spec.retain(|key, _| !["clusterIP", "clusterIPs", "healthCheckNodePort"].contains(&key.as_str()));
    }
    if bare["metadata"]["annotations"].is_null() {
        bare["metadata"]["annotations"] = json!({});
    }
    bare
}
