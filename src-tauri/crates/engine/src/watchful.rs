//! Notices, while a run waits for something else, that somebody changed what it wrote: a pipeline that resets a
//! selector so that both colours are selected, a hotfix on the Deployment that is held still.

use model::{Kind, Labels, ObjectId};
use serde_json::Value;

use crate::change::Contradiction;
use crate::ctx::{Ctx, Stop, differing};
use crate::entry::{Choice, Event, HoldCode, Said, ThreeWay};
use crate::ports::ReadError;
use crate::world::World;

/// Reads what this run has written and compares. Silence of the API server is not a difference.
pub async fn look(ctx: &mut Ctx) -> Result<(), Stop> {
    for (object, fields) in ctx.view.expected() {
        let live = match ctx.ports.cluster.get(&object).await {
            Ok(Some(live)) => live,
            Ok(None) => return Err(ctx.contradicts(crate::change::whole(&object, format!("{}: is gone", object.said()), None))),
            Err(ReadError::Unreachable { .. } | ReadError::Invalid { .. }) => continue,
            Err(e) => return Err(Stop::hold(HoldCode::NotAllowed, Said::new("not-allowed", e.to_string()), &ctx.retry_or_back())),
        };
        let facts = differing(&object, &live, &fields);
        if facts.is_empty() {
            continue;
        }
        if matches!(ctx.chosen(HoldCode::BothColours), Some(Choice::RePin))
            || matches!(ctx.chosen(HoldCode::Contradiction), Some(Choice::Overwrite))
        {
            put_back(ctx, &object, &facts).await?;
            continue;
        }
        return Err(changed(ctx, &object, &live, facts).await);
    }
    Ok(())
}

/// Writes over a foreign change what this run had written, guarded by what is there now.
async fn put_back(ctx: &mut Ctx, object: &ObjectId, facts: &[ThreeWay]) -> Result<(), Stop> {
    let edits: Vec<_> =
        facts.iter().map(|f| model::Edit { path: f.path.clone(), before: f.live.clone(), after: f.after.clone() }).collect();
    let id = object.clone();
    ctx.bring(object, &move |live, _| match live {
        Some(live) => crate::change::towards(&id, live, &edits, &format!("{}: changed again meanwhile", id.said())),
        None => Err(crate::change::whole(&id, format!("{}: is gone", id.said()), None)),
    })
    .await?;
    let said = Said::new("overwritten", format!("{}: put back as this run had written it", object.said())).with("object", object);
    let step = ctx.step.clone();
    ctx.log(vec![Event::Observed { step, said }])
}

/// Says what a foreign change means.
async fn changed(ctx: &mut Ctx, object: &ObjectId, live: &Value, facts: Vec<ThreeWay>) -> Stop {
    let both = object.kind == Kind::Service && selects_both(ctx, object, live).await;
    if both {
        let text = format!("{}: somebody changed its selector, and it now selects both colours at once", object.said());
        let said = Said::new("both-colours", text).with("service", object);
        return Stop::Hold { code: HoldCode::BothColours, said, facts, choices: vec![Choice::RePin, Choice::BackOut, Choice::Retry] };
    }
    ctx.contradicts(Contradiction { why: format!("{}: changed by somebody else since this run wrote it", object.said()), facts })
}

/// Whether the Service, as it is, selects pods of both sides.
async fn selects_both(ctx: &mut Ctx, service: &ObjectId, live: &Value) -> bool {
    let Ok(world) = World::read(ctx, &service.namespace).await else { return false };
    let selector: Labels = serde_json::from_value(live["spec"]["selector"].clone()).unwrap_or_default();
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
