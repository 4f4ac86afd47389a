//! Moves traffic, and proves that it moved: slices first, then the time that kube-proxy may take, then answers on new
//! connections. Evidence against it moves it back; missing evidence holds.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Edit, Guard, Labels, ObjectId, Sentence, Write, names, sentence};
use plan::{Plan, Planned, Step, SwitchService};
use serde_json::Value;

use super::{bring, entries, gone, pin, revert};
use crate::change::{Change, Contradiction, Facts, available, back, missing, replicas, towards, whole};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Direction, Event, HoldCode, Receipt, Said};
use crate::ports::{Question, Verdict, VerdictKind};
use crate::show::{Armed, Check};
use crate::view::Known;
use crate::waits::{self, Wait};
use crate::world::{World, deployment, endpoints, show_endpoints};

/// Rounds of probes in a row that must all speak for it (or against it).
const ROUNDS: u32 = 2;

/// How old a reading of the standing colour may be for a flip back that goes out without another one.
const FRESH: Duration = Duration::from_secs(2);

/// The step's fields.
#[derive(Clone, Copy)]
pub struct Switch<'a> {
    pub services: &'a [SwitchService],
    pub to: &'a ObjectId,
    pub from: &'a ObjectId,
    pub count: u32,
    pub probes: &'a [String],
    pub entries: &'a [String],
    pub settle: u32,
    pub prove_within: u32,
}

pub fn intended(id: &ObjectId, services: &[SwitchService], live: Option<&Value>, facts: &Facts<'_>) -> Result<Change, Contradiction> {
    let live = live.ok_or_else(|| missing(id))?;
    let named = services.iter().find(|s| s.service == *id);
    let selectors = named.and_then(|s| Some((facts.selector(&s.from)?, facts.selector(&s.to)?)));
    let Some((before, after)) = selectors else {
        return Err(whole(id, sentence!("{object}: the selector to switch to is not known", object = id.said()), Some(live)));
    };
    let edit = Edit { path: "/spec/selector".into(), before: Some(before), after: Some(after) };
    towards(id, live, &[edit], sentence!("{object}: its selector is not the one that this run left", object = id.said()))
}

/// Moves, then proves.
pub async fn run(ctx: &mut Ctx, step: &Step, s: &Switch<'_>) -> Result<Receipt, Stop> {
    let selectors: Vec<_> = s.services.iter().flat_map(|x| [&x.from, &x.to]).collect();
    pin::resolve(ctx, &selectors).await?;
    if ctx.view.landed(&ctx.step, Direction::Run).next().is_none() {
        // Right before the first write: what was ready, or checked, a minute ago may not be now.
        crate::watchful::look(ctx).await?;
        let Some(d) = deployment(ctx, s.to).await? else { return Err(gone(s.to)) };
        if let Wait::NotYet(said) = waits::complete(&d, s.count) {
            let said = sentence!("{object}: not ready right before the cutover: {what}", object = s.to.said(); what = said.sentence);
            return Err(Stop::Failed(Said::new("not-ready-at-cutover", said)));
        }
    }
    for service in s.services {
        bring(ctx, step, &service.service).await?;
    }
    prove(ctx, s).await
}

/// What the proof has seen so far.
#[derive(Default)]
struct Seen {
    slices_since: Option<Duration>,
    good: u32,
    bad: u32,
    unattributed: bool,
}

async fn prove(ctx: &mut Ctx, s: &Switch<'_>) -> Result<Receipt, Stop> {
    let deadline = ctx.deadline(s.prove_within);
    let mut seen = Seen::default();
    let asked = entries::asked(ctx, s.probes, s.entries);
    loop {
        let (wait, pods) = slices(ctx, s.services, s.to, s.count).await?;
        let now = ctx.ports.clock.elapsed();
        let mut missing = None;
        match &wait {
            Wait::NotYet(said) => {
                seen.slices_since = None;
                if ctx.over(&deadline) {
                    let said = sentence!("traffic did not move: {what}"; what = said.sentence.clone());
                    return Err(Stop::Failed(Said::new("slices-against", said)));
                }
                ctx.beat_within(said.clone(), &deadline);
            }
            Wait::Yes => {
                let since = *seen.slices_since.get_or_insert(now);
                if now.saturating_sub(since) >= Duration::from_secs(s.settle.into()) {
                    missing = probe(ctx, s.to, &asked, &pods, &mut seen).await?;
                    if seen.good >= ROUNDS || asked.is_empty() {
                        return Ok(proven(s, &asked, &seen));
                    }
                    if let Some(said) = &missing {
                        ctx.beat_within(said.clone(), &deadline);
                    }
                } else {
                    ctx.beat_within(settling(sentence!("the slices show the new colour")), &deadline);
                }
            }
        }
        if ctx.over(&deadline) {
            return no_proof(ctx, missing);
        }
        ctx.tick().await?;
    }
}

fn proven(s: &Switch<'_>, asked: &[&str], seen: &Seen) -> Receipt {
    let moved = sentence!("every endpoint is of the new colour");
    let proof = match (asked.is_empty(), seen.unattributed) {
        (true, _) if !s.entries.is_empty() => {
            let urls = s.entries.join(", ");
            let unreached = sentence!("{urls} did not answer from here before, so nothing was asked there", urls);
            Said::new("proof-unreached", moved.and(unreached))
        }
        (true, _) => Said::new("proof-slices", moved.and(sentence!("no entry to probe is known"))),
        (false, true) => Said::new("proof-anonymous", moved.and(sentence!("the entry answers, but does not say who answered"))),
        (false, false) => {
            Said::new("proof-probes", sentence!("every endpoint is of the new colour, and new connections are answered by it"))
        }
    };
    Receipt::Switched { proof, unproven: false }
}

fn settling(seen: Sentence) -> Said {
    Said::new("settle", seen.and(sentence!("kube-proxy may take another second")))
}

/// The time is over and neither is known.
fn no_proof(ctx: &Ctx, missing: Option<Said>) -> Result<Receipt, Stop> {
    let said = missing.unwrap_or_else(|| Said::new("proof-missing", sentence!("the proof that traffic moved could not be had in time")));
    if ctx.chosen(HoldCode::EvidenceMissing) == Some(Choice::GoOn) {
        return Ok(Receipt::Switched { proof: said, unproven: true });
    }
    Err(Stop::hold(HoldCode::EvidenceMissing, said, &[Choice::Retry, Choice::GoOn, Choice::BackOut]))
}

/// W-EPS of every Service; the names of the pods that may answer.
async fn slices(ctx: &mut Ctx, services: &[SwitchService], to: &ObjectId, count: u32) -> Result<(Wait, BTreeSet<String>), Stop> {
    let world = World::read(ctx, &to.namespace).await?;
    let Some(uid) = world.deployment(to).map(|d| d.metadata.uid.clone()) else { return Err(gone(to)) };
    let pods = world.pods_of(to).iter().map(|p| p.metadata.name.clone()).collect();
    let mut worst = Wait::Yes;
    for s in services {
        let all = endpoints(ctx, &s.service).await?;
        show_endpoints(ctx, &world, &s.service, &all);
        if let Wait::NotYet(said) = waits::endpoints(&all, &world.owners, &uid, count) {
            let sentence = sentence!("{object}: {what}", object = s.service.said(); what = said.sentence);
            worst = Wait::NotYet(Said { sentence, ..said });
        }
    }
    Ok((worst, pods))
}

/// One round of probes. Returns what is missing, fails when answers keep speaking against it.
async fn probe(ctx: &mut Ctx, to: &ObjectId, urls: &[&str], pods: &BTreeSet<String>, seen: &mut Seen) -> Result<Option<Said>, Stop> {
    let color = deployment(ctx, to).await?.and_then(|d| d.spec.template.metadata.labels.get(names::COLOR).cloned());
    let mut missing = None;
    let (mut good, mut bad) = (0usize, None);
    for url in urls {
        let evidence = ctx.ports.evidence.clone();
        let verdict = evidence.ask(&Question::Probe { url: url.to_string() }).await;
        ctx.note(verdict.clone());
        match (verdict.kind, answered_by(&verdict, pods, color.as_deref())) {
            (VerdictKind::For, Some(true)) => good += 1,
            (VerdictKind::For, None) => {
                good += 1;
                seen.unattributed = true;
            }
            (VerdictKind::For, Some(false)) => {
                let said = sentence!("{url}: still answered by the old colour ({what})", url; what = verdict.detail);
                bad = Some(Said::new("answered-by-old", said));
            }
            (VerdictKind::Against, _) => {
                bad = Some(Said::new("probe-against", sentence!("{url}: {what}", url; what = verdict.detail)));
            }
            (VerdictKind::Missing, _) => {
                missing = Some(Said::new("probe-missing", sentence!("{url}: no data ({what})", url; what = verdict.detail)));
            }
        }
    }
    match bad {
        Some(said) => {
            (seen.good, seen.bad) = (0, seen.bad + 1);
            // A wrong answer may be a router that still batches: it counts only when it stays. So do errors.
            if seen.bad >= 3 * ROUNDS {
                return Err(Stop::Failed(said));
            }
            Ok(Some(said))
        }
        None => {
            seen.bad = 0;
            seen.good = if good == urls.len() { seen.good + 1 } else { 0 };
            Ok(missing)
        }
    }
}

/// Whether the new colour answered; `None` when the answer does not say.
fn answered_by(verdict: &Verdict, pods: &BTreeSet<String>, color: Option<&str>) -> Option<bool> {
    let by = verdict.answered_by.as_ref()?;
    if let Some(pod) = &by.pod {
        return Some(pods.contains(pod));
    }
    Some(by.color.as_deref()? == color?)
}

/// The selectors as they were, in reverse order, if the colour that they lead to can serve.
pub async fn undo(ctx: &mut Ctx, s: &Switch<'_>) -> Result<(), Stop> {
    let moved: Vec<&SwitchService> =
        s.services.iter().rev().filter(|x| !ctx.view.net(&ctx.step, &x.service, Direction::Run).is_empty()).collect();
    if moved.is_empty() {
        return Ok(());
    }
    // What was begun is finished: half of the Services here and half there is worse than either.
    let (mut left, mut theirs) = (vec![], vec![]);
    for service in &moved {
        let (id, net) = (&service.service, ctx.view.net(&ctx.step, &service.service, Direction::Run));
        let Some(live) = ctx.get(id).await? else { continue };
        let want = |live: Option<&Value>, _: &Facts<'_>| back(id, live, &net);
        match ctx.plan_write(id, Some(&live), &want) {
            Ok(None) => {}
            Ok(Some(_)) => left.push(*service),
            Err(hold @ Stop::Hold { code: HoldCode::Contradiction, .. }) => theirs.push((*service, hold)),
            Err(stop) => return Err(stop),
        }
    }
    // What somebody else has led elsewhere is asked about, once what can go back has.
    if left.is_empty()
        && let Some((_, hold)) = theirs.pop()
    {
        return Err(hold);
    }
    // Before the first of them, and again before the rest: the first may have gone out on a reading that is two seconds
    // old by now.
    can_serve(ctx, s, if left.len() + theirs.len() == moved.len() { 300 } else { 30 }).await?;
    let (mut ours, mut asks) = (vec![], None);
    for service in left.into_iter().chain(theirs.into_iter().map(|(service, _)| service)) {
        match revert(ctx, &service.service).await {
            Ok(()) => ours.push(service.clone()),
            Err(hold @ Stop::Hold { code: HoldCode::Contradiction, .. }) => asks = asks.or(Some(hold)),
            Err(stop) => return Err(stop),
        }
    }
    match asks {
        None => settled(ctx, s).await,
        Some(hold) => {
            settled(ctx, &Switch { services: &ours, ..*s }).await?;
            Err(hold)
        }
    }
}

/// Pods that a colour served with before traffic moved away from it: what the other one was given says nothing of that.
fn served_with(plan: &Plan, from: &ObjectId) -> u32 {
    let brought = plan.steps.iter().find_map(|p| match &p.step {
        Step::Switch { to, count, .. } if to == from => Some(*count),
        _ => None,
    });
    let found = (*from == plan.target.object).then_some(plan.target.replicas);
    found.or(brought).unwrap_or(1).max(1)
}

/// The colour that traffic goes back to has the pods that it served with, or at least as many as serve now. It is given
/// back what was taken from it meanwhile, and nothing beyond.
async fn can_serve(ctx: &mut Ctx, s: &Switch<'_>, seconds: u32) -> Result<(), Stop> {
    let (deadline, want) = (ctx.deadline(seconds), served_with(&ctx.plan, s.from));
    loop {
        // Whoever took it away led its traffic elsewhere: that stays, or they bring it back.
        let Some(raw) = ctx.get(s.from).await? else { return Err(ctx.contradicts(missing(s.from))) };
        let have = behind(ctx, s, &raw).await?;
        if have >= want || ctx.chosen(HoldCode::BothSick) == Some(Choice::GoOn) {
            return Ok(());
        }
        let serving = deployment(ctx, s.to).await?.map_or(0, |d| d.status.available_replicas);
        if have > 0 && have >= serving {
            return Ok(());
        }
        let has = replicas(&raw);
        if has < want && (*s.from == ctx.plan.target.object || as_planned(ctx, s.from, &raw)) {
            let id = s.from.clone();
            ctx.bring(s.from, &move |live, _| super::scale::intended(&id, None, want, live)).await?;
            let said = sentence!(
                "{object}: scaled from {has} to the {want} that it served with, so that traffic can go back to it",
                object = s.from.said(),
                has,
                want
            );
            let step = ctx.step.clone();
            ctx.log(vec![Event::Observed { step, said: Said::new("standby-scaled", said) }])?;
        }
        let (from, to) = (s.from.said(), s.to.said());
        let said = sentence!("{from}: {have} of {want} available; {to}: {serving}", from, have, want, to, serving);
        let said = Said::new("standby-short", said);
        // Neither colour is well: to move traffic to fewer pods than now needs a word.
        if ctx.over(&deadline) {
            return Err(Stop::hold(HoldCode::BothSick, said, &[Choice::Retry, Choice::GoOn]));
        }
        ctx.beat_within(said, &deadline);
        ctx.tick().await?;
    }
}

/// Whether a colour is still the one of the plan: the template that served, or what this run made.
fn as_planned(ctx: &Ctx, color: &ObjectId, live: &Value) -> bool {
    let plan = &ctx.plan;
    match *color == plan.target.object {
        true => live["spec"]["template"] == plan.target.template,
        false => live["metadata"]["annotations"][names::RUN].as_str() == Some(&plan.id),
    }
}

/// Available pods of the colour that traffic goes back to, of those that the selectors as they were will take: not those of a
/// template that somebody gave it since where a selector names the ReplicaSet that served, nor those of another's under its name.
async fn behind(ctx: &mut Ctx, s: &Switch<'_>, from: &Value) -> Result<u32, Stop> {
    let have = available(from);
    if as_planned(ctx, s.from, from) {
        return Ok(have);
    }
    let world = World::read(ctx, &s.from.namespace).await?;
    let pods = world.serving(s.from);
    let selectors = s.services.iter().filter_map(|x| ctx.view.net(&ctx.step, &x.service, Direction::Run).into_iter().next()?.before);
    let taken = selectors.map(|selector| {
        let labels: Labels = serde_json::from_value(selector).unwrap_or_default();
        pods.iter().filter(|p| model::meta::subset(&labels, &p.metadata.labels)).count()
    });
    Ok(taken.min().and_then(|n| u32::try_from(n).ok()).map_or(have, |n| n.min(have)))
}

/// After going back too: nothing is taken away before kube-proxy had its time. Slices without an endpoint show nothing,
/// unless somebody wanted it so.
async fn settled(ctx: &mut Ctx, s: &Switch<'_>) -> Result<(), Stop> {
    let deadline = ctx.deadline(s.prove_within.max(30));
    let least = if ctx.chosen(HoldCode::BothSick) == Some(Choice::GoOn) { 0 } else { 1 };
    let mut since = None;
    loop {
        let have = deployment(ctx, s.from).await?.map_or(0, |d| d.status.available_replicas);
        let (wait, _) = slices(ctx, s.services, s.from, have.min(served_with(&ctx.plan, s.from)).max(least)).await?;
        let now = ctx.ports.clock.elapsed();
        match wait {
            Wait::Yes => {
                if now.saturating_sub(*since.get_or_insert(now)) >= Duration::from_secs(s.settle.into()) {
                    return Ok(());
                }
                ctx.beat_within(settling(sentence!("the slices show the old colour")), &deadline);
            }
            Wait::NotYet(_) if ctx.chosen(HoldCode::EvidenceMissing) == Some(Choice::GoOn) => return Ok(()),
            Wait::NotYet(said) if ctx.over(&deadline) => {
                return Err(Stop::hold(HoldCode::EvidenceMissing, said, &[Choice::Retry, Choice::GoOn]));
            }
            Wait::NotYet(said) => {
                since = None;
                ctx.beat_within(said, &deadline);
            }
        }
        ctx.tick().await?;
    }
}

/// Prepares the switch behind the gate that is under way, if there is one right behind it, and says whether the colour
/// that it leads to is ready.
pub async fn arm(ctx: &mut Ctx) -> Result<Option<(Armed, Check)>, Stop> {
    let plan = ctx.plan.clone();
    let next = plan.steps.iter().skip_while(|p| p.id != ctx.step).nth(1);
    let Some(Planned { id, step: step @ Step::Switch { services, to, count, .. }, .. }) = next else { return Ok(None) };
    crate::watchful::look(ctx).await?;
    let selectors: Vec<_> = services.iter().flat_map(|x| [&x.from, &x.to]).collect();
    pin::resolve(ctx, &selectors).await?;
    let mut writes = vec![];
    let gate = std::mem::replace(&mut ctx.step, id.clone());
    let mut planned = Ok(());
    for s in services {
        let live = match ctx.get(&s.service).await {
            Ok(live) => live,
            Err(e) => {
                planned = Err(e);
                break;
            }
        };
        let object = s.service.clone();
        match ctx.plan_write(&s.service, live.as_ref(), &|live, facts| super::intended(step, &object, live, facts)) {
            Ok(write) => writes.extend(write.map(|(w, _)| w)),
            Err(e) => {
                planned = Err(e);
                break;
            }
        }
    }
    ctx.step = gate;
    planned?;
    let at = ctx.ports.clock.now();
    let ready = match deployment(ctx, to).await?.map(|d| waits::complete(&d, *count)) {
        Some(Wait::Yes) => Check { ok: Some(true), said: waits::ready(to, *count, *count), at },
        Some(Wait::NotYet(not)) => {
            let said = sentence!("{object}: {what}", object = to.said(); what = not.sentence);
            Check { ok: Some(false), said: Said::new(&not.code, said), at }
        }
        None => Check { ok: Some(false), said: Said::new("gone", missing(to).why), at },
    };
    let armed = Armed { step: id.clone(), first: writes.first().cloned(), writes, at: ctx.ports.clock.elapsed() };
    Ok(Some((armed, ready)))
}

/// Whether the standing colour was seen to be able to serve a moment ago: it is looked at each second (`looks`).
pub fn stands_by(ctx: &Ctx, planned: &Planned) -> bool {
    let (Step::Switch { from, .. }, Some((seen, available, at))) = (&planned.step, &ctx.live.standby) else { return false };
    let age = ctx.ports.clock.elapsed().saturating_sub(*at);
    seen == from && *available >= served_with(&ctx.plan, from) && age <= FRESH
}

/// The first write of a flip back, built from the journal alone: its guard refuses it when the Service moved since.
pub fn first_back(ctx: &Ctx, planned: &Planned) -> Option<Write> {
    let Step::Switch { services, .. } = &planned.step else { return None };
    let object = &services.last()?.service;
    let written = ctx.view.writes.iter().rev().find(|w| w.write.object() == object)?;
    let (Known::Landed(stored), true) = (&written.known, written.step == planned.id) else { return None };
    let edits = ctx.view.net(&planned.id, object, Direction::Run).iter().map(Edit::inverse).collect();
    let guard = match &stored.epoch {
        Some(epoch) => Guard::Epoch(epoch.clone()),
        None => Guard::ResourceVersion(stored.resource_version.clone()),
    };
    let last = ctx.view.last_write_to(&planned.id, object, Direction::Undo);
    let epoch = if last && stored.epoch.is_some() { None } else { Some(ctx.view.epoch_of(ctx.view.n + 1)) };
    Some(Write::Patch { object: object.clone(), uid: stored.uid.clone(), guard, epoch, make_annotations: stored.bare, edits })
}
