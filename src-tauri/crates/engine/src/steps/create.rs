//! Creates an object under a deterministic name and marks it as ours, so that sending it again does no harm.

use model::{Kind, ObjectId, names, sentence};
use plan::{Plan, Step};
use serde_json::{Value, json};

use super::{bring, nothing_selects, observed, until_gone};
use crate::change::{Change, Contradiction, Facts, spec_hash, unmake, whole};
use crate::ctx::{Ctx, Stop};
use crate::entry::Receipt;
use crate::writer::is_ours;

/// The manifest with the run's id and its own hash.
pub fn marked(plan: &Plan, manifest: &Value) -> Value {
    let mut marked = manifest.clone();
    let hash = spec_hash(manifest);
    let meta = &mut marked["metadata"];
    meta["labels"][names::RUN] = json!(plan.id);
    meta["annotations"][names::RUN] = json!(plan.id);
    meta["annotations"][names::SPEC_HASH] = json!(hash);
    marked
}

pub fn intended(id: &ObjectId, manifest: &Value, live: Option<&Value>, facts: &Facts<'_>) -> Result<Change, Contradiction> {
    let manifest = marked(facts.plan, manifest);
    match live {
        None => Ok(Change::Create(manifest)),
        Some(l) if !l["metadata"]["deletionTimestamp"].is_null() => {
            Err(whole(id, sentence!("{object}: one of that name is being deleted", object = id.said()), live))
        }
        Some(l) if is_ours(l, &manifest, &facts.plan.id) => Ok(Change::Nothing),
        Some(_) => Err(foreign(id, live)),
    }
}

/// What has the name and is somebody else's.
pub fn foreign(id: &ObjectId, live: Option<&Value>) -> Contradiction {
    whole(id, sentence!("{object}: exists and was not made by this run", object = id.said()), live)
}

/// Creates, or finds it created.
pub async fn run(ctx: &mut Ctx, step: &Step, id: &ObjectId) -> Result<Receipt, Stop> {
    bring(ctx, step, id).await?;
    if id.kind == Kind::Deployment {
        observed(ctx, id).await?;
    }
    let uid = ctx.view.created().get(id).cloned().unwrap_or_default();
    Ok(Receipt::Created { object: id.clone(), uid })
}

/// Deletes it and waits until it and its pods are gone. Pods that a Service still selects stay, and so does
/// what somebody has changed since.
pub async fn undo(ctx: &mut Ctx, id: &ObjectId) -> Result<(), Stop> {
    let Some(uid) = ctx.view.created().get(id).cloned() else {
        // Deleted by this undo already, but perhaps not gone yet; or never made.
        let made = ctx.view.landed(&ctx.step, crate::entry::Direction::Run).next().map(|(_, s)| s.uid.clone());
        return match made {
            Some(uid) => until_gone(ctx, id, &uid).await,
            None => Ok(()),
        };
    };
    if id.kind == Kind::Deployment {
        nothing_selects(ctx, id).await?;
    }
    let (object, made) = (id.clone(), uid.clone());
    ctx.bring(id, &move |live, facts| match live {
        Some(l) if l["metadata"]["uid"].as_str() == Some(&made) && l["metadata"]["deletionTimestamp"].is_null() => {
            unmake(&object, l, facts)
        }
        // What is there under that name and is not ours stays.
        _ => Ok(Change::Nothing),
    })
    .await?;
    until_gone(ctx, id, &uid).await
}
