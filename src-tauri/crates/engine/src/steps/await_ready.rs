//! Waits for pods: the Deployment is complete, and its Service's slices hold all of them and nobody else.

use std::time::Duration;

use model::{Kind, ObjectId, Sentence, sentence};
use plan::Colour;

use super::{gone, late};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Event, HoldCode, Receipt, Said};
use crate::waits::{self, Failing, Wait};
use crate::world::{World, endpoints, show_endpoints};

/// How long one and the same trouble has been there.
#[derive(Debug, Default)]
pub struct Trouble {
    since: Option<(String, Duration)>,
    /// The last there was, over or not: pods that crash run again in between.
    pub seen: Option<Said>,
}

impl Trouble {
    /// The trouble, once it has lasted longer than its patience.
    pub fn lasting(&mut self, now: Duration, failing: Option<Failing>) -> Option<Said> {
        let Some(f) = failing else {
            self.since = None;
            return None;
        };
        let since = match &self.since {
            Some((code, since)) if *code == f.said.code => *since,
            _ => now,
        };
        self.since = Some((f.said.code.clone(), since));
        self.seen = Some(f.said.clone());
        (now.saturating_sub(since) >= f.patience).then_some(f.said)
    }
}

/// Waits. What never becomes ready is a failure at the deadline, or as soon as waiting will not help.
pub async fn run(ctx: &mut Ctx, id: &ObjectId, service: Option<&ObjectId>, count: u32, seconds: u32) -> Result<Receipt, Stop> {
    let deadline = ctx.deadline(seconds);
    let mut trouble = Trouble::default();
    // What was there when the wait began is about an earlier template, or somebody has seen it and waits on.
    let mut met = None;
    loop {
        let world = World::read(ctx, &id.namespace).await?;
        let Some(d) = world.deployment(id) else { return Err(gone(id)) };
        let old = met.get_or_insert_with(|| waits::gave_up(d).cloned());
        let mut wait = waits::complete(d, count);
        let (uid, pods) = (d.metadata.uid.clone(), d.status.available_replicas);
        let stuck = waits::stuck(d, &world.pods_of(id));
        let now = ctx.ports.clock.elapsed();
        let failed = trouble.lasting(now, waits::failing_since(d, &world.pods_of(id), old.as_ref()));
        let unplaced = waits::unplaced(&world.pods_of(id));
        let told = |said: Said| match &unplaced {
            Some(why) => Said { sentence: said.sentence.and(why.clone()), ..said },
            None => said,
        };
        if let (Wait::Yes, Some(service)) = (&wait, service) {
            let all = endpoints(ctx, service).await?;
            show_endpoints(ctx, &world, service, &all);
            wait = waits::endpoints(&all, &world.owners, &uid, count);
        }
        match (wait, stuck.filter(|_| !ctx.over(&deadline)), failed) {
            (Wait::Yes, ..) => {
                alike(ctx, id, waits::unlike(&world.pods_of(id)))?;
                return Ok(Receipt::Ready { pods });
            }
            // It fails for as long as it stands, and waits for a hand.
            (Wait::NotYet(_), Some(stuck), _) => ctx.beat_within(stuck, &deadline),
            (Wait::NotYet(_), None, Some(failed)) => return Err(Stop::Failed(told(never_ran(ctx, id, failed).await))),
            (Wait::NotYet(said), None, None) if ctx.over(&deadline) => {
                let late = late(id, said, seconds).sentence;
                let said = trouble.seen.map_or(late.clone(), |seen| late.and(seen.sentence));
                return Err(Stop::Failed(told(Said::new("deadline", said))));
            }
            (Wait::NotYet(said), None, None) => ctx.beat_within(told(said), &deadline),
        }
        ctx.tick().await?;
    }
}

/// What is to serve is one version. Nodes of different architectures may tell different images of one and the same: then somebody
/// goes on, which is noted.
fn alike(ctx: &mut Ctx, id: &ObjectId, unlike: Option<Sentence>) -> Result<(), Stop> {
    let Some(what) = unlike.filter(|_| ctx.colour(id) == Colour::Green) else { return Ok(()) };
    let said = Said::new("unlike", what.and(sentence!("the tag was moved; name the version by digest")));
    if ctx.chosen(HoldCode::EvidenceMissing) != Some(Choice::GoOn) {
        return Err(Stop::hold(HoldCode::EvidenceMissing, said, &[Choice::Retry, Choice::GoOn, Choice::BackOut]));
    }
    let step = ctx.step.clone();
    ctx.log(vec![Event::Observed { step, said }])
}

/// What a runtime writes into a container's log when the kernel does not take the image's program; the status says no more
/// than that it ended.
const FOREIGN: &str = "exec format error";

/// Adds to a crash that the program never ran. Of the log nothing else is told: what an application says may be secret.
async fn never_ran(ctx: &Ctx, id: &ObjectId, mut failed: Said) -> Said {
    let of = |name: &str| failed.sentence.with.get(name).map(String::as_str).unwrap_or_default();
    if !matches!(of("reason"), "Error" | "CrashLoopBackOff") {
        return failed;
    }
    let pod = id.sibling(Kind::Pod, of("pod"));
    // Who may not read logs is told what the status says.
    let log = ctx.ports.cluster.logs(&pod, of("container"), 1).await.unwrap_or_default();
    if log.trim_end().ends_with(FOREIGN) {
        failed.sentence = failed.sentence.and(sentence!("exec format error: the image is for another architecture than its node's"));
    }
    failed
}
