//! At the end of a run nothing of ours is left on objects of others: the epoch annotation goes, and so do our entries in
//! `managedFields` (else the owner's next change of a field that we wrote and restored would conflict: proven with
//! Helm). Then creates that may have landed late are looked for.

use model::{Edit, Guard, ObjectId, Write, names, sentence};
use serde_json::Value;

use crate::change::{Change, guarded};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Event, Purpose, Said};
use crate::view::live_epoch;
use crate::writer::{ATTEMPTS, OVERTAKEN, Sent};

/// Cleans up. What cannot be cleaned up is noted: it never fails a run.
pub async fn sweep(ctx: &mut Ctx) -> Result<(), Stop> {
    if ctx.view.writes.is_empty() {
        return Ok(());
    }
    if ctx.step.is_empty()
        && let Some(last) = ctx.view.writes.last()
    {
        ctx.step = last.step.clone();
    }
    ctx.live.heartbeat = None;
    for object in ctx.view.touched() {
        clean(ctx, &object).await?;
    }
    late(ctx).await
}

async fn clean(ctx: &mut Ctx, object: &ObjectId) -> Result<(), Stop> {
    // A workload's status moves for a while after its rollout: whoever is overtaken looks again.
    for attempt in 1..=ATTEMPTS {
        // A silent API server at the very end is no reason to hold a run that is over.
        let Ok(live) = ctx.ports.cluster.get(object).await else { break };
        let Some(live) = live else { return Ok(()) };
        let Some(write) = mark_off(ctx, object, &live).or_else(|| manager_off(object, &live)) else { return Ok(()) };
        match ctx.send(vec![], write, None, Purpose::Tidy, attempt).await? {
            Sent::Landed(_) => {}
            Sent::Overtaken => ctx.pause(OVERTAKEN * attempt).await?,
            Sent::Unknown(_) => {
                ctx.settle().await?;
            }
            Sent::Refused(_) | Sent::Unsent(_) => break,
        }
    }
    let live = match ctx.ports.cluster.get(object).await {
        Ok(None) => return Ok(()),
        Ok(live) => live,
        Err(_) => None,
    };
    let said = match live {
        Some(live) if mark_off(ctx, object, &live).is_none() => match manager_off(object, &live) {
            None => return Ok(()),
            Some(_) => sentence!(
                "{object}: {manager} is left in metadata.managedFields: the next apply of its owner may be refused with a conflict",
                object = object.said(),
                manager = names::MANAGER_ROLLOUT
            ),
        },
        _ => sentence!("{object}: annotation {name} is left behind", object = object.said(), name = names::EPOCH),
    };
    let step = ctx.step.clone();
    ctx.log(vec![Event::Observed { step, said: Said::new("left-behind", said) }])
}

fn mark_off(ctx: &Ctx, object: &ObjectId, live: &Value) -> Option<Write> {
    live_epoch(live).filter(|e| ctx.view.is_own_epoch(e))?;
    guarded(object, Some(live), Change::Edits(vec![]), "", |e| ctx.view.is_own_epoch(e), true)
}

fn manager_off(object: &ObjectId, live: &Value) -> Option<Write> {
    let ours = [names::MANAGER_ROLLOUT, names::MANAGER_SCALE];
    let entries = live["metadata"]["managedFields"].as_array()?;
    let edits: Vec<Edit> = entries
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, e)| e["manager"].as_str().is_some_and(|m| ours.contains(&m)))
        .map(|(i, e)| Edit {
            path: format!("/metadata/managedFields/{i}/manager"),
            before: e.get("manager").cloned(),
            after: e.get("manager").cloned(),
        })
        .flat_map(|test| {
            let entry = test.path.trim_end_matches("/manager").to_string();
            let whole = live.pointer(&entry).cloned();
            [test, Edit { path: entry, before: whole, after: None }]
        })
        .collect();
    if edits.is_empty() {
        return None;
    }
    let text = |key: &str| live["metadata"][key].as_str().unwrap_or_default().to_string();
    Some(Write::Patch {
        object: object.clone(),
        uid: text("uid"),
        guard: Guard::ResourceVersion(text("resourceVersion")),
        epoch: None,
        make_annotations: false,
        edits,
    })
}

/// Creates whose outcome was unknown and that nothing holds the name of: they may land now. They are harmless (no
/// replicas, nothing routes to them), and taken away if they come while somebody looks.
async fn late(ctx: &mut Ctx) -> Result<(), Stop> {
    let created = ctx.view.created();
    let watched: Vec<ObjectId> = ctx.view.dangling.iter().filter(|o| !created.contains_key(o)).cloned().collect();
    if watched.is_empty() {
        return Ok(());
    }
    let until = ctx.ports.clock.elapsed() + ctx.options.pace.dangling;
    let objects = watched.iter().map(ObjectId::said).collect::<Vec<_>>().join(", ");
    while ctx.ports.clock.elapsed() < until {
        ctx.beat(Said::new("no-answer", sentence!("no answer to the write of {object}, looking whether it landed", object = objects)));
        for object in &watched {
            let run = ctx.plan.id.clone();
            let ours = move |l: &Value| l["metadata"]["annotations"][names::RUN].as_str() == Some(&run);
            ctx.bring(object, &move |live, _| match live {
                Some(l) if ours(l) && l["metadata"]["deletionTimestamp"].is_null() => Ok(Change::Delete),
                _ => Ok(Change::Nothing),
            })
            .await?;
        }
        let poll = ctx.options.pace.poll;
        ctx.pause(poll).await?;
    }
    let step = ctx.step.clone();
    let said = sentence!("watched for creates that could still land: {objects}", objects);
    ctx.log(vec![Event::Observed { step, said: Said::new("watched-late", said) }])
}
