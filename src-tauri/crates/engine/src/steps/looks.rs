//! Looks at the colour that serves while the other stands by: in the soak, and at the gate behind it. Evidence against
//! it moves traffic back; missing evidence never does.

use std::collections::BTreeMap;
use std::time::Duration;

use model::kinds::deployment::Deployment;
use model::{ObjectId, sentence};
use plan::{Plan, Step};

use super::await_ready::Trouble;
use super::{entries, switch_before};
use crate::change::available;
use crate::ctx::{Ctx, Stop};
use crate::entry::{Event, Receipt, Said};
use crate::ports::{Question, Verdict, VerdictKind};
use crate::show::Check;
use crate::waits::{self, Failing};
use crate::watchful;
use crate::world::{World, endpoints, show_endpoints};

/// Rounds in a row that a probe must speak against before it counts.
const AGAINST: u32 = 2;
/// How long fewer pods than wanted may be available: longer than a restart takes.
const SHORT: Duration = Duration::from_secs(20);
/// Code of the note that somebody went on without evidence.
const UNPROVEN: &str = "soak-unproven";

/// What is looked at: the fields of [`Step::Soak`].
#[derive(Clone, Copy)]
pub struct Serving<'a> {
    pub deployment: &'a ObjectId,
    pub standby: &'a ObjectId,
    pub services: &'a [ObjectId],
    pub probes: &'a [String],
    pub entries: &'a [String],
}

impl<'a> Serving<'a> {
    /// What the soak right before this step looks at.
    pub fn soaked_before(plan: &'a Plan, step: &str) -> Option<Self> {
        match plan.steps.iter().take_while(|p| p.id != step).last().map(|p| &p.step) {
            Some(Step::Soak { deployment, standby, services, probes, entries, .. }) => {
                Some(Self { deployment, standby, services, probes, entries })
            }
            _ => None,
        }
    }
}

/// What one probe has said so far.
#[derive(Default)]
struct Heard {
    /// It spoke for it once.
    answered: bool,
    /// Rounds in a row that it has spoken against it.
    against: u32,
    last: Option<Verdict>,
}

/// What the looks have come to so far.
pub struct Looks<'a> {
    of: Serving<'a>,
    failing: Trouble,
    short: Trouble,
    trouble: Option<Said>,
    ready: Option<Check>,
    probes: BTreeMap<&'a str, Heard>,
    short_noted: bool,
    at: Option<Duration>,
}

impl<'a> Looks<'a> {
    /// Nothing seen yet. A probe that proved the cutover counts as one that has answered; an entry that did not answer
    /// before it is not asked at all.
    pub fn new(ctx: &Ctx, of: Serving<'a>) -> Self {
        let answered = proven(ctx);
        let asked = entries::asked(ctx, of.probes, of.entries);
        let probes = asked.into_iter().map(|url| (url, Heard { answered, ..Heard::default() })).collect();
        let (failing, short) = (Trouble::default(), Trouble::default());
        Self { of, failing, short, trouble: None, ready: None, probes, short_noted: false, at: None }
    }

    /// Looks at the serving colour if the last look is older than `every`, at the standing one each time. Fails once
    /// the evidence is against the serving one.
    pub async fn round(&mut self, ctx: &mut Ctx, every: Duration) -> Result<(), Stop> {
        let now = ctx.ports.clock.elapsed();
        let mut against = None;
        if self.at.is_none_or(|at| now.saturating_sub(at) >= every) {
            self.at = Some(now);
            watchful::look(ctx).await?;
            against = self.pods(ctx).await?;
            if against.is_none() {
                against = self.ask(ctx).await;
            }
        }
        // Last: what follows from a failure may need it fresh.
        self.stand_by(ctx).await?;
        against.map_or(Ok(()), |said| Err(Stop::Failed(said)))
    }

    /// Trouble that is neither over nor decided yet.
    pub fn undecided(&self) -> Option<Said> {
        let probe = || self.probes.iter().find(|(_, p)| p.is(VerdictKind::Against)).map(|(url, p)| p.said(url, "probe-against"));
        self.trouble.clone().or_else(probe)
    }

    /// A probe that had answered, and of which there is no data now.
    pub fn vanished(&self) -> Option<Said> {
        let gone = self.probes.iter().find(|(_, p)| p.answered && p.is(VerdictKind::Missing));
        gone.map(|(url, p)| p.said(url, "probe-missing"))
    }

    /// What was seen, line by line.
    pub fn checks(&self) -> Vec<Check> {
        let probes = self.probes.iter().filter_map(|(url, p)| {
            let last = p.last.as_ref()?;
            let ok = match last.kind {
                VerdictKind::For => Some(true),
                VerdictKind::Against => Some(false),
                VerdictKind::Missing => None,
            };
            Some(Check { ok, said: p.said(url, "probe"), at: last.at })
        });
        self.ready.iter().cloned().chain(probes).collect()
    }

    /// Pods of the serving colour must stay.
    async fn pods(&mut self, ctx: &mut Ctx) -> Result<Option<Said>, Stop> {
        let green = self.of.deployment;
        let world = World::read(ctx, &green.namespace).await?;
        for service in self.of.services {
            let all = endpoints(ctx, service).await?;
            show_endpoints(ctx, &world, service, &all);
        }
        let (now, at) = (ctx.ports.clock.elapsed(), ctx.ports.clock.now());
        // Somebody deleted it: told as that, whichever of two reads came before the deletion.
        let Some(d) = world.deployment(green) else { return Err(ctx.contradicts(watchful::gone(green))) };
        let (failing, short) = (waits::failing(d, &world.pods_of(green)), short(d));
        self.trouble = failing.as_ref().or(short.as_ref()).map(|f| f.said.clone());
        let fine = waits::ready(green, d.status.available_replicas, d.wanted());
        self.ready = Some(Check { ok: Some(self.trouble.is_none()), said: self.trouble.clone().unwrap_or(fine), at });
        // Apart: pods that crash again and again show now the one, now the other.
        let short = self.short.lasting(now, short);
        Ok(self.failing.lasting(now, failing).or(short))
    }

    /// Asks every probe once.
    async fn ask(&mut self, ctx: &mut Ctx) -> Option<Said> {
        let mut against = None;
        for (url, seen) in &mut self.probes {
            let evidence = ctx.ports.evidence.clone();
            let verdict = evidence.ask(&Question::Probe { url: (*url).to_string() }).await;
            ctx.note(verdict.clone());
            match verdict.kind {
                VerdictKind::For => (seen.answered, seen.against) = (true, 0),
                VerdictKind::Missing => {}
                VerdictKind::Against => seen.against += 1,
            }
            seen.last = Some(verdict);
            if seen.is(VerdictKind::Against) && seen.against >= AGAINST {
                against = Some(seen.said(url, "probe-against"));
            }
        }
        against
    }

    /// Whether the standing colour could take traffic back. A flip back trusts this for two seconds; when the API server
    /// does not answer now it grows too old, and the way back reads for itself.
    async fn stand_by(&mut self, ctx: &mut Ctx) -> Result<(), Stop> {
        let (blue, at) = (self.of.standby, ctx.ports.clock.elapsed());
        let Ok(live) = ctx.ports.cluster.get(blue).await else { return Ok(()) };
        ctx.live.standby = live.as_ref().map(|raw| (blue.clone(), available(raw), at));
        let Some((have, want)) = live.map(|raw| (available(&raw), crate::change::replicas(&raw))) else { return Ok(()) };
        if have >= want || self.short_noted {
            return Ok(());
        }
        self.short_noted = true;
        let said = sentence!("{object}: {have} of {want} available", object = blue.said(), have, want)
            .and(sentence!("going back would wait for it first"));
        let step = ctx.step.clone();
        ctx.log(vec![Event::Observed { step, said: Said::new("standby-short", said) }])
    }
}

impl Heard {
    fn is(&self, kind: VerdictKind) -> bool {
        self.last.as_ref().is_some_and(|v| v.kind == kind)
    }

    fn said(&self, url: &str, code: &str) -> Said {
        let what = self.last.as_ref().map_or_else(|| sentence!("not asked yet"), |v| v.detail.clone());
        Said::new(code, sentence!("{url}: {what}", url; what))
    }
}

/// The note that somebody went on without evidence at the end of the soak.
pub fn unproven(said: &Said) -> Said {
    Said::new(UNPROVEN, sentence!("went on without evidence: {what}"; what = said.sentence.clone()))
}

/// Whether every probe has spoken for the cutover, and nobody went on without them since.
fn proven(ctx: &Ctx) -> bool {
    let switch = switch_before(&ctx.plan, &ctx.step).and_then(|(id, _, _)| ctx.view.steps.get(id)?.receipt.clone());
    let given_up = ctx.view.observed.iter().any(|(_, _, said)| said.code == UNPROVEN);
    matches!(switch, Some(Receipt::Switched { unproven: false, .. })) && !given_up
}

/// Fewer available pods than wanted; none at all is never enough.
fn short(d: &Deployment) -> Option<Failing> {
    let (have, want) = (d.status.available_replicas, d.wanted().max(1));
    (have < want).then(|| Failing {
        said: Said::new(
            "serving-short",
            sentence!("{object}: {have} of {want} available", object = format!("Deployment {}", d.metadata.name), have, want),
        ),
        patience: SHORT,
    })
}
