//! What a step has at hand: ports, the run's state, heartbeats, interruptions. Everything that a step waits for goes
//! through [`Ctx::tick`], so every wait shows a heartbeat, hears the operator, and notices foreign changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{Kind, ObjectId, Sentence, sentence};
use plan::{Colour, Plan};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::change::{Contradiction, Facts, field, whole};
use crate::entry::{Choice, Direction, Entry, Event, Hold, HoldCode, Said, ThreeWay};
use crate::ports::{Clock, Cluster, Evidence, Journal, JournalError, ReadError, Verdict};
use crate::record::Driver;
use crate::shared::{Shared, Terms};
use crate::show::{Live, RunView};
use crate::status::{Illegal, RunStatus};
use crate::view::View;

/// What the engine needs of the world, bundled.
#[derive(Clone)]
pub struct Ports {
    /// The API server.
    pub cluster: Arc<dyn Cluster>,
    /// The record on disk.
    pub journal: Arc<dyn Journal>,
    /// Probes and smoke checks.
    pub evidence: Arc<dyn Evidence>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// How often things are looked at. The defaults are the product's; tests may shorten them.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Between two looks at what is waited for.
    pub poll: Duration,
    /// Between two looks at what this run has written, while it waits for something else.
    pub watch: Duration,
    /// Between two rounds of checks in the soak.
    pub soak: Duration,
    /// How long an API server may be silent before the run is held.
    pub silence: Duration,
    /// How long a Lease must be silent before others may take the run over.
    pub lease: Duration,
    /// How often it is renewed.
    pub renew: Duration,
    /// How long a created object that may still land is watched for after a back-out.
    pub dangling: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            watch: Duration::from_secs(5),
            soak: Duration::from_secs(5),
            silence: Duration::from_secs(60),
            lease: Duration::from_secs(60),
            renew: Duration::from_secs(15),
            dangling: Duration::from_secs(10),
        }
    }
}

/// Called at every journal and HTTP boundary with its name; true = the process dies here (tests).
pub type FailPoint = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// How a run is driven.
#[derive(Clone, Default)]
pub struct Options {
    /// Reason or ticket.
    pub reason: Option<String>,
    /// Who drives it, for colleagues who meet its marks: `ann@laptop as kubernetes-admin`.
    pub by: Option<String>,
    /// Hold after this step.
    pub until: Option<String>,
    /// How often things are looked at.
    pub pace: Pace,
    /// As the cluster is called on this workstation; `None` = as the plan calls it.
    pub context: Option<String>,
    /// Which installation drives it: what that began it goes on with at once, others must take it over.
    pub workstation: String,
    /// Where to die.
    pub fail_point: Option<FailPoint>,
}

impl Options {
    pub(crate) fn context<'a>(&'a self, plan: &'a Plan) -> &'a str {
        self.context.as_deref().unwrap_or(&plan.context)
    }

    pub(crate) fn terms(&self) -> Terms {
        let driver = Driver { by: self.by.clone().unwrap_or_default(), workstation: self.workstation.clone() };
        Terms { driver, reason: self.reason.clone(), pace: self.pace.clone() }
    }
}

/// What the operator can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Approves a gate, reached or not.
    Approve(String),
    /// Undo everything.
    BackOut(String),
    /// Answers a hold.
    Choose(Choice),
    /// This process lets go; the run stays as it is.
    Detach,
}

/// Why a step did not come to its end.
#[derive(Debug)]
pub enum Stop {
    /// It failed: the run goes back by itself, or is held after the cutover.
    Failed(Said),
    /// Somebody is needed.
    Hold {
        /// Why.
        code: HoldCode,
        /// In words.
        said: Said,
        /// Three versions.
        facts: Vec<ThreeWay>,
        /// What can be done.
        choices: Vec<Choice>,
    },
    /// The operator wants to go back.
    BackOut(Said),
    /// The operator lets go.
    Detach,
    /// The journal cannot be written: nothing may go on.
    Journal(JournalError),
    /// Somebody else has the run: nothing more is written by this process.
    TakenOver(String),
    /// A fault of the runner: an entry that cannot follow.
    Illegal(Illegal),
    /// The process dies here (tests).
    Killed,
}

impl Stop {
    /// A hold without facts.
    pub fn hold(code: HoldCode, said: Said, choices: &[Choice]) -> Self {
        Stop::Hold { code, said, facts: vec![], choices: choices.to_vec() }
    }
}

/// A wait's end, which time at a gate, in a hold or without an API server does not bring nearer.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Duration,
    lost: Duration,
    /// How long it may take.
    pub limit: Duration,
}

/// What a step has at hand.
pub struct Ctx {
    /// Ports.
    pub ports: Ports,
    /// Plan.
    pub plan: Arc<Plan>,
    /// State.
    pub view: View,
    /// What is shown and not journaled.
    pub live: Live,
    /// Options.
    pub options: Options,
    /// Way.
    pub direction: Direction,
    /// Step.
    pub step: String,
    /// Hashes of pinned Deployments, as this step found them.
    pub hashes: BTreeMap<ObjectId, String>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) shown: watch::Sender<RunView>,
    pub(crate) shared: Shared,
    /// What is journaled with the news that the write which is settled next has landed.
    pub(crate) follows: Vec<Event>,
    lost: Duration,
    watched: Duration,
    boundaries: BTreeMap<String, u32>,
}

impl Ctx {
    pub(crate) fn new(
        ports: Ports,
        plan: Arc<Plan>,
        view: View,
        options: Options,
        commands: mpsc::Receiver<Command>,
        shown: watch::Sender<RunView>,
        shared: Shared,
    ) -> Self {
        let zero = Duration::ZERO;
        Self {
            ports,
            plan,
            view,
            live: Live { attached: true, ..Live::default() },
            options,
            direction: Direction::Run,
            step: String::new(),
            hashes: BTreeMap::new(),
            commands,
            shown,
            shared,
            follows: vec![],
            lost: zero,
            watched: zero,
            boundaries: BTreeMap::new(),
        }
    }

    /// What pure functions need to know.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            plan: &self.plan,
            hashes: self.hashes.clone(),
            reason: self.options.reason.as_deref(),
            by: self.options.by.as_deref(),
            made: self.view.made(),
        }
    }

    /// Makes events durable, all at once, and only then counts them as happened.
    pub fn log(&mut self, events: Vec<Event>) -> Result<(), Stop> {
        let entry = Entry::of(self.ports.clock.now(), events);
        // The fold is tried first: what cannot follow must not be written.
        let mut next = self.view.clone();
        next.apply(&entry).map_err(Stop::Illegal)?;
        let json = entry.to_json(&self.plan.id).map_err(Stop::Journal)?;
        let what: Vec<&str> = json["events"].as_array().into_iter().flatten().filter_map(|e| e["event"].as_str()).collect();
        let what = what.join("+");
        self.boundary("journal:before", &what)?;
        self.ports.journal.append(&self.plan.id, &json).map_err(Stop::Journal)?;
        self.view = next;
        if !entry.events.iter().any(|e| matches!(e, Event::Adopted { .. } | Event::TakenOver { .. })) {
            self.shared.add(json);
        }
        self.boundary("journal:after", &what)?;
        self.show();
        Ok(())
    }

    /// Tells the views.
    pub fn show(&mut self) {
        let view = RunView::new(&self.view, &self.live);
        self.shown.send_replace(view);
    }

    /// Shows what the step waits for.
    pub fn beat(&mut self, said: Said) {
        self.live.heartbeat = Some((self.step.clone(), said));
        self.show();
    }

    /// A place where tests may kill the process, or stop it as a laptop that falls asleep does. Its name says where, which step
    /// and what, and for how many times this process has been there: sweeps over a real process read the names in its log and
    /// give one of them in `$CHANGEOVER_KILL_AT`, or some in `$CHANGEOVER_STOP_AT`, one to a line (debug builds only).
    pub fn boundary(&mut self, at: &str, what: &str) -> Result<(), Stop> {
        let way = if self.forward() { "run" } else { "undo" };
        let name = format!("{at} {way} {} {what}", self.step);
        let times = self.boundaries.entry(name.clone()).or_default();
        *times += 1;
        let name = format!("{name} #{times}");
        tracing::trace!(name, "boundary");
        #[cfg(debug_assertions)]
        if std::env::var("CHANGEOVER_KILL_AT").is_ok_and(|wanted| wanted == name) {
            std::process::abort();
        }
        #[cfg(debug_assertions)]
        if std::env::var("CHANGEOVER_STOP_AT").is_ok_and(|wanted| wanted.lines().any(|place| place == name)) {
            // It goes on here with SIGCONT.
            let _ = std::process::Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status();
        }
        match &self.options.fail_point {
            Some(dies) if dies(&name) => Err(Stop::Killed),
            _ => Ok(()),
        }
    }

    /// A deadline from now.
    pub fn deadline(&self, seconds: u32) -> Deadline {
        Deadline { start: self.ports.clock.elapsed(), lost: self.lost, limit: Duration::from_secs(seconds.into()) }
    }

    /// Time that counts against a deadline.
    pub fn spent(&self, d: &Deadline) -> Duration {
        self.ports.clock.elapsed().saturating_sub(d.start).saturating_sub(self.lost.saturating_sub(d.lost))
    }

    /// Whether it is over.
    pub fn over(&self, d: &Deadline) -> bool {
        self.spent(d) >= d.limit
    }

    /// `4 of 6 ready, 12 s of at most 5 min`.
    pub fn beat_within(&mut self, said: Said, d: &Deadline) {
        let (spent, limit) = (Sentence::lasting(self.spent(d).as_secs()), Sentence::lasting(d.limit.as_secs()));
        let within = sentence!("{what}, {spent} of at most {limit}"; what = said.sentence, spent, limit);
        self.beat(Said::new(&said.code, within));
    }

    /// Waits a moment. Hears the operator, and looks from time to time whether somebody changed what this run wrote.
    pub async fn tick(&mut self) -> Result<(), Stop> {
        self.tick_for(self.options.pace.poll).await
    }

    /// As [`Ctx::tick`], for that long at most: a word of the operator ends it early.
    pub async fn tick_for(&mut self, at_most: Duration) -> Result<(), Stop> {
        let now = self.ports.clock.elapsed();
        if self.direction == Direction::Run && now.saturating_sub(self.watched) >= self.options.pace.watch {
            self.watched = now;
            crate::watchful::look(self).await?;
        }
        self.share_if_possible().await?;
        self.pause(at_most).await
    }

    /// Waits and hears the operator.
    pub async fn pause(&mut self, at_most: Duration) -> Result<(), Stop> {
        let clock = self.ports.clock.clone();
        let command = tokio::select! {
            biased;
            command = self.command() => command?,
            () = clock.sleep(at_most) => return Ok(()),
        };
        match command {
            // Nobody can say anything any more: the run goes on by itself, as far as it can.
            None => {
                self.ports.clock.sleep(at_most).await;
                Ok(())
            }
            Some(command) => self.heard(command),
        }
    }

    /// The next word of the operator; `None` = nobody can say anything any more. Hears, too, that somebody else has the run.
    pub(crate) async fn command(&mut self) -> Result<Option<Command>, Stop> {
        tokio::select! {
            biased;
            by = self.shared.loss() => Err(Stop::TakenOver(by)),
            command = self.commands.recv() => Ok(command),
        }
    }

    fn heard(&mut self, command: Command) -> Result<(), Stop> {
        match command {
            Command::Approve(gate) if self.at_gate(&gate) => {
                self.live.approving = Some(gate);
                Ok(())
            }
            Command::Approve(gate) if !self.view.approved.contains(&gate) => self.log(vec![Event::Approved { gate }]),
            Command::BackOut(why) if self.direction == Direction::Run => Err(Stop::BackOut(crate::run::asked(why))),
            Command::Detach => Err(Stop::Detach),
            // An answer to a hold that is over, a second wish to go back, a gate that is open: nothing to do.
            Command::Approve(_) | Command::BackOut(_) | Command::Choose(_) => Ok(()),
        }
    }

    fn at_gate(&self, gate: &str) -> bool {
        matches!(&self.view.status, RunStatus::WaitingForApproval { gate: at, .. } if at == gate)
    }

    /// The answer that the operator gave to a hold of this step.
    pub fn chosen(&self, code: HoldCode) -> Option<Choice> {
        self.view.steps.get(&self.step)?.chosen.get(&code).map(|a| a.choice)
    }

    /// Whether the operator was shown these very facts and said to write over them: what is there, and what comes in its place.
    /// What stood there before may be told differently by the step that waits and by the one that writes. A word is good for
    /// what was seen, and spent by the write that it allows (`View`).
    pub fn agreed(&self, facts: &[ThreeWay]) -> bool {
        let shown: Vec<&ThreeWay> = self.words().collect();
        let same = |a: &ThreeWay, b: &ThreeWay| (&a.object, &a.path, &a.live, &a.after) == (&b.object, &b.path, &b.live, &b.after);
        !facts.is_empty() && facts.iter().all(|f| shown.iter().any(|s| same(s, f)))
    }

    /// Whether there is a word to write over something that is not spent.
    pub fn has_word(&self) -> bool {
        self.words().next().is_some()
    }

    fn words(&self) -> impl Iterator<Item = &ThreeWay> {
        let answers = self.view.steps.values().flat_map(|s| s.chosen.values());
        answers.filter(|a| matches!(a.choice, Choice::Overwrite | Choice::RePin)).flat_map(|a| &a.facts)
    }

    /// One object. Waits while the API server is silent; holds when that takes too long or when it is not allowed.
    pub async fn get(&mut self, id: &ObjectId) -> Result<Option<Value>, Stop> {
        let mut silent = None;
        loop {
            match self.ports.cluster.get(id).await {
                Ok(object) => return Ok(object),
                Err(e) => self.unread(e, &mut silent).await?,
            }
        }
    }

    /// A collection, as [`Ctx::get`].
    pub async fn list(&mut self, kind: Kind, namespace: &str, labels: Option<&str>) -> Result<Vec<Value>, Stop> {
        let mut silent = None;
        loop {
            match self.ports.cluster.list(kind, Some(namespace), labels).await {
                Ok(objects) => return Ok(objects),
                Err(e) => self.unread(e, &mut silent).await?,
            }
        }
    }

    /// The API server did not answer, or not as it should.
    pub async fn unread(&mut self, error: ReadError, silent: &mut Option<Duration>) -> Result<(), Stop> {
        let choices = self.retry_or_back();
        match &error {
            ReadError::Forbidden { .. } => Err(Stop::hold(HoldCode::NotAllowed, Said::new("not-allowed", error.said()), &choices)),
            // Whoever signs in again finds the run where it was.
            ReadError::Unauthorized { .. } | ReadError::Unreachable { .. } | ReadError::Invalid { .. } => {
                self.silence(error.said(), silent).await
            }
        }
    }

    /// Waits out a silence of the API server; its time counts against no deadline.
    pub async fn silence(&mut self, what: Sentence, silent: &mut Option<Duration>) -> Result<(), Stop> {
        let now = self.ports.clock.elapsed();
        let since = *silent.get_or_insert(now);
        let for_s = now.saturating_sub(since);
        if for_s >= self.options.pace.silence {
            let said = sentence!("no answer for {seconds} s: {what}", seconds = for_s.as_secs(); what);
            return Err(Stop::hold(HoldCode::Unreachable, Said::new("unreachable", said), &self.retry_or_back()));
        }
        self.beat(Said::new("no-answer", sentence!("no answer, asking again: {what}"; what)));
        let ended = self.pause(self.options.pace.poll.max(Duration::from_millis(500))).await;
        self.lost += self.ports.clock.elapsed().saturating_sub(now);
        ended
    }

    /// What can be chosen where only looking again helps.
    pub fn retry_or_back(&self) -> Vec<Choice> {
        match self.direction {
            Direction::Run => vec![Choice::Retry, Choice::BackOut],
            Direction::Undo => vec![Choice::Retry],
        }
    }

    /// A contradiction as a hold.
    pub fn contradicts(&self, c: Contradiction) -> Stop {
        let choices = match (self.direction, c.instead.is_some()) {
            (Direction::Run, true) => vec![Choice::BackOut, Choice::Retry, Choice::Overwrite],
            (Direction::Run, false) => vec![Choice::BackOut, Choice::Retry],
            (Direction::Undo, true) => vec![Choice::Retry, Choice::Overwrite, Choice::Leave],
            (Direction::Undo, false) => vec![Choice::Retry, Choice::Leave],
        };
        Stop::Hold { code: HoldCode::Contradiction, said: Said::new("contradiction", c.why), facts: c.facts, choices }
    }

    /// What has the name of something that this run created and is not that. It was never checked, whatever it looks like.
    pub fn made_anew(&self, object: &ObjectId, live: &Value) -> Option<Contradiction> {
        let made = self.view.created().remove(object)?;
        let why = || sentence!("{object}: somebody deleted what this run created, and made it anew", object = object.said());
        (live["metadata"]["uid"] != made.as_str()).then(|| whole(object, why(), Some(live)))
    }

    /// Keeps the newest answer of each source.
    pub fn note(&mut self, verdict: Verdict) {
        self.live.evidence.retain(|v| v.source != verdict.source);
        self.live.evidence.push(verdict);
    }

    /// Which side of the rollout a Deployment is on.
    pub fn colour(&self, deployment: &ObjectId) -> Colour {
        if self.view.green().contains(deployment) { Colour::Green } else { Colour::Blue }
    }

    /// Builds the hold of the step that is under way.
    pub(crate) fn held(&self, code: HoldCode, said: Said, facts: Vec<ThreeWay>, choices: Vec<Choice>) -> Hold {
        let undoing = match &self.view.status {
            RunStatus::BackingOut { why, .. } => Some(why.clone()),
            _ => None,
        };
        Hold { code, step: self.step.clone(), said, facts, choices, undoing }
    }
}

/// Compares fields as they are with fields as they were written.
pub fn differing(object: &ObjectId, live: &Value, wanted: &BTreeMap<String, Option<Value>>) -> Vec<ThreeWay> {
    wanted
        .iter()
        .filter_map(|(path, value)| {
            let at = field(live, path);
            (at != *value).then(|| ThreeWay {
                object: object.clone(),
                path: path.clone(),
                before: value.clone(),
                live: at,
                after: value.clone(),
            })
        })
        .collect()
}
