//! Runs a plan from start to end, or back: one loop over the journaled status.

use std::sync::Arc;

use model::{ObjectId, Sentence, Write, sentence};
use plan::{Plan, Planned, Step};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::ctx::{Command, Ctx, Options, Ports, Stop};
use crate::entry::{Choice, Direction, End, Entry, Event, Hold, HoldCode, Purpose, Said};
use crate::ports::{JournalError, ReadError};
use crate::record::{Face, Record};
use crate::shared::{self, Heard, ShareError, Shared, Take, Taken, Terms, alone};
use crate::show::{Live, RunView, switched};
use crate::status::{RunStatus, StepStatus};
use crate::verify::{Moved, same_cluster, verify};
use crate::view::{ReplayError, View};
use crate::{repair, steps, tidy, watchful};

/// Why a run was not started, resumed or told something.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum RunError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal's entries are not those of a run of this plan.
    Replay {
        /// Run.
        run: String,
        /// Why.
        #[source]
        source: ReplayError,
    },
    /// The world is not the one that the plan was made for.
    #[error(transparent)]
    Moved(#[from] Moved),
    /// The cluster cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its record or its Lease.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The run is over.
    Over {
        /// Run.
        run: String,
        /// How.
        status: String,
    },
    /// Nothing drives the run any more.
    Detached(String),
    /// It is not held, or not with that choice.
    NoChoice {
        /// Run.
        run: String,
        /// Choice.
        choice: &'static str,
    },
}

impl RunError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            RunError::Journal(e) => e.said(),
            RunError::Replay { run, source } => sentence!("run {run}: {why}", run; why = source.said()),
            RunError::Moved(e) => e.said(),
            RunError::Read(e) => e.said(),
            RunError::Share(e) => e.said(),
            RunError::Over { run, status } => sentence!("run {run}: is over ({status})", run, status),
            RunError::Detached(run) => sentence!("run {run}: no longer driven by this process", run),
            RunError::NoChoice { run, choice } => sentence!("run {run}: {choice} cannot be chosen now", run, choice),
        }
    }
}

/// A run that this process drives.
#[derive(Debug)]
pub struct Run {
    id: String,
    commands: mpsc::Sender<Command>,
    view: watch::Receiver<RunView>,
    task: JoinHandle<()>,
}

impl Run {
    /// Starts a plan: looks whether the world is still the plan's, journals it, begins.
    pub async fn start(ports: Ports, plan: Plan, options: Options) -> Result<Run, RunError> {
        verify(&plan, ports.cluster.as_ref()).await?;
        let mut shared = Shared::begin(&ports, &plan, options.terms()).await?;
        let view = View::new(Arc::new(plan));
        if let Err(e) = ports.journal.create(&view.plan, options.context(&view.plan), options.reason.as_deref()) {
            shared.withdraw().await;
            return Err(e.into());
        }
        Self::take(ports, view, options, shared, Begin::default())
    }

    /// Goes on with a run of this installation's journal, in whatever state that or the run's record shows it. `first` is
    /// heard before anything is done. A run that another installation drives must be taken over instead.
    pub async fn resume(ports: Ports, run: &str, options: Options, first: Option<Command>) -> Result<Run, RunError> {
        let (plan, entries) = ports.journal.read(run)?;
        let view = View::replay(Arc::new(plan), &entries).map_err(|source| RunError::Replay { run: run.to_string(), source })?;
        if view.status.is_final() {
            return Err(RunError::Over { run: run.to_string(), status: crate::status::name(&view.status).to_string() });
        }
        same_cluster(&view.plan, ports.cluster.as_ref()).await?;
        // Another process of this workstation is refused before anything is taken.
        let known = shared::read(ports.cluster.as_ref(), &plan::record::record(&view.plan)).await;
        let above = known.as_ref().ok().and_then(Option::as_ref).map_or(0, |r| r.at.face.epoch);
        let epoch = ports.journal.claim(run, above)?;
        match Self::rejoin(&ports, &view, &entries, options.terms(), known, epoch, first.as_ref()).await {
            Ok((shared, taken)) => {
                Self::take(ports, view, options, shared, Begin { first, taken, entries, epoch: Some(epoch), said: None })
            }
            Err(e) => {
                let_go(&ports, run);
                Err(e)
            }
        }
    }

    /// Takes the record of a run of this journal, as it was read, if it is still that run's; goes without where it may.
    async fn rejoin(
        ports: &Ports,
        view: &View,
        entries: &[Value],
        terms: Terms,
        known: Result<Option<Record>, ShareError>,
        epoch: u64,
        first: Option<&Command>,
    ) -> Result<(Shared, Option<Taken>), RunError> {
        let plan = &view.plan;
        let back = matches!(first, Some(Command::BackOut(_)))
            || matches!(view.status, RunStatus::BackingOut { .. } | RunStatus::Stuck { .. })
            || plan.goes_back();
        let joined = match known {
            Ok(Some(found)) if found.at.face.run != plan.id => return Err(shared::open(&found.at.face).into()),
            Ok(Some(found)) if found.at.face.over => return Err(ended(ports, found)?),
            Ok(Some(found)) => Shared::join(ports, found, &Take::Own, terms.clone(), epoch - 1).await,
            // Somebody went on with it, and what they did cannot be known any more.
            Ok(None) if view.elsewhere.is_some() => Err(ShareError::Nothing(plan::record::record(plan).said())),
            Ok(None) => return Ok((Shared::without(ports, plan, terms, None), None)),
            Err(e) => Err(e),
        };
        match joined {
            Ok((_, taken)) if taken.record.at.face.epoch > epoch => {
                Err(shared::held(&plan.id, &taken.record.at.face.driver, Heard::Now).into())
            }
            Ok((shared, taken)) => {
                // What this journal has beyond its record was never sent, or nobody has gone on from it.
                let own = crate::record::shared(entries);
                Ok((shared, (!own.starts_with(&taken.record.entries)).then_some(taken)))
            }
            Err(ShareError::Refused(why)) if back => Ok((Shared::without(ports, plan, terms, Some(why)), None)),
            Err(e) => Err(e.into()),
        }
    }

    /// Takes over a run that another installation drives, or drove. It is shown and held, unless `first` says more, or it is
    /// going back already.
    pub async fn take_over(ports: Ports, record: &ObjectId, how: Take, options: Options, first: Option<Command>) -> Result<Run, RunError> {
        let nothing = || ShareError::Nothing(record.said());
        let found = shared::read(ports.cluster.as_ref(), record).await?.filter(|r| !r.at.face.over).ok_or_else(nothing)?;
        let plan = Arc::new(found.plan.clone());
        same_cluster(&plan, ports.cluster.as_ref()).await?;
        // A journal that cannot take it is known before the run is taken from anybody.
        let own = match ports.journal.read(&plan.id) {
            Ok((same, entries)) if same == *plan => Some(entries),
            Ok(_) => return Err(JournalError::Exists(plan.id.clone()).into()),
            Err(JournalError::NotFound(_)) => None,
            Err(e) => return Err(e.into()),
        };
        let entries = own.clone().unwrap_or_default();
        let view = View::replay(plan.clone(), &entries).map_err(|source| RunError::Replay { run: plan.id.clone(), source })?;
        // Who may not have it leaves no trace in this journal.
        let (shared, taken) = Shared::join(&ports, found, &how, options.terms(), 0).await?;
        if own.is_none() {
            ports.journal.create(&plan, options.context(&plan), taken.record.at.face.reason.as_deref())?;
        }
        let from = &taken.from.by;
        let said = match &how {
            Take::Own => sentence!("taken over from {from}: they had let it go", from),
            Take::Quiet => sentence!("taken over from {from}: they were silent", from),
            Take::Steal(why) => sentence!("taken over from {from}: {why}", from, why),
        };
        let said = Said::new("taken-over", said);
        let begin = Begin { first, taken: Some(taken), entries, said: Some(said), epoch: None };
        Self::take(ports, view, options, shared, begin)
    }

    fn take(ports: Ports, view: View, options: Options, shared: Shared, begin: Begin) -> Result<Run, RunError> {
        let plan = view.plan.clone();
        let id = plan.id.clone();
        let epoch = match begin.epoch {
            Some(epoch) => epoch,
            None => ports.journal.claim(&id, begin.taken.as_ref().map_or(0, |t| t.record.at.face.epoch - 1))?,
        };
        let (commands, inbox) = mpsc::channel(16);
        let (shown, watched) =
            watch::channel(RunView::new(&view, &Live { attached: true, settling: begin.said.is_some(), ..Live::default() }));
        let mut ctx = Ctx::new(ports, plan.clone(), view, options, inbox, shown, shared);
        ctx.live.settling = begin.said.is_some();
        let task = tokio::spawn(async move {
            let ended = match enter_run(&mut ctx, epoch, &begin) {
                Ok(()) => drive(&mut ctx, begin).await,
                Err(stop) => Err(stop),
            };
            close(&mut ctx, ended).await;
        });
        Ok(Run { id, commands, view: watched, task })
    }

    /// Id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it shows; changes with every heartbeat.
    pub fn watch(&self) -> watch::Receiver<RunView> {
        self.view.clone()
    }

    /// What it shows now.
    pub fn view(&self) -> RunView {
        self.view.borrow().clone()
    }

    /// Approves a gate, reached or not.
    pub async fn approve(&self, gate: &str) -> Result<(), RunError> {
        self.tell(Command::Approve(gate.to_string())).await
    }

    /// Undoes everything.
    pub async fn back_out(&self, reason: &str) -> Result<(), RunError> {
        self.tell(Command::BackOut(reason.to_string())).await
    }

    /// Answers a hold.
    pub async fn choose(&self, choice: Choice) -> Result<(), RunError> {
        let offered = self.view.borrow().hold.as_ref().is_some_and(|h| h.choices.contains(&choice));
        if !offered {
            return Err(RunError::NoChoice { run: self.id.clone(), choice: choice.code() });
        }
        self.tell(Command::Choose(choice)).await
    }

    /// Lets go of the run; it stays as it is and can be resumed.
    pub async fn detach(&self) -> Result<(), RunError> {
        self.tell(Command::Detach).await
    }

    async fn tell(&self, command: Command) -> Result<(), RunError> {
        self.commands.send(command).await.map_err(|_| RunError::Detached(self.id.clone()))
    }

    /// Waits until nothing drives the run any more, and returns what it showed last.
    pub async fn ended(self) -> RunView {
        let _ = self.task.await;
        self.view.borrow().clone()
    }
}

/// What a journal shows, without driving it.
pub fn inspect(plan: Plan, entries: &[serde_json::Value]) -> Result<(View, RunView), ReplayError> {
    let view = View::replay(Arc::new(plan), entries)?;
    let shown = RunView::new(&view, &Live::default());
    Ok((view, shown))
}

/// How a process comes to a run.
#[derive(Default)]
struct Begin {
    first: Option<Command>,
    /// What its record says instead of the journal.
    taken: Option<Taken>,
    /// Of the journal.
    entries: Vec<Value>,
    /// That it was taken over, from whom and why.
    said: Option<Said>,
    /// Of the claim, if it is made.
    epoch: Option<u64>,
}

/// The run was ended by somebody else: this journal learns how.
fn ended(ports: &Ports, record: Record) -> Result<RunError, JournalError> {
    let Face { run, status, .. } = record.at.face;
    let entry = Entry::of(ports.clock.now(), vec![Event::Adopted { entries: record.entries }]);
    ports.journal.append(&run, &entry.to_json(&run)?)?;
    Ok(RunError::Over { run, status })
}

fn let_go(ports: &Ports, run: &str) {
    if let Err(e) = ports.journal.release(run) {
        tracing::warn!(run, error = %e, "claim not given back");
    }
}

/// The first entries of a process.
fn enter_run(ctx: &mut Ctx, epoch: u64, begin: &Begin) -> Result<(), Stop> {
    match &begin.taken {
        Some(taken) => {
            ctx.shared.tell(taken.record.entries.clone());
            ctx.log(vec![Event::Adopted { entries: taken.record.entries.clone() }])?;
            ctx.shared.inherited = taken.record.at.armed.clone();
        }
        None => ctx.shared.tell(crate::record::shared(&begin.entries)),
    }
    let mut events = vec![Event::Started { epoch, plan: ctx.plan.hash.clone(), by: ctx.options.by.clone(), taken: begin.said.clone() }];
    if let Some(why) = ctx.shared.alone.clone() {
        events.push(Event::Observed { step: String::new(), said: alone(why) });
    }
    ctx.log(events)
}

async fn close(ctx: &mut Ctx, ended: Result<(), Stop>) {
    match ended {
        // As after a crash: nothing is given back.
        Err(Stop::Killed) => {
            ctx.shared.forget();
            return;
        }
        Err(Stop::TakenOver(by)) => {
            // What cannot be journaled is shown all the same.
            let _ = ctx.log(vec![Event::TakenOver { by: by.clone() }]);
        }
        Err(Stop::Journal(e)) => ctx.live.error = Some(e.said()),
        Err(Stop::Illegal(e)) => ctx.live.error = Some(e.said()),
        Ok(()) | Err(_) => {}
    }
    ctx.shared.close(&ctx.view).await;
    let_go(&ctx.ports, &ctx.plan.id);
    ctx.live.attached = false;
    ctx.live.heartbeat = None;
    ctx.show();
}

async fn drive(ctx: &mut Ctx, begin: Begin) -> Result<(), Stop> {
    inherit(ctx).await?;
    match begin.first {
        Some(command) => first_word(ctx, command)?,
        None if begin.said.is_some() => ask(ctx)?,
        None => {}
    }
    ctx.live.settling = false;
    ctx.show();
    let mut taken_over = true;
    loop {
        match ctx.view.status.clone() {
            RunStatus::Done | RunStatus::BackedOut { .. } | RunStatus::Failed { .. } => return Ok(()),
            RunStatus::Ready | RunStatus::Running { .. } | RunStatus::WaitingForApproval { .. } => {
                let ended = forward(ctx, taken_over).await;
                stopped(ctx, ended).await?;
                taken_over = false;
            }
            RunStatus::BackingOut { .. } => {
                let ended = back(ctx, taken_over).await;
                stopped(ctx, ended).await?;
                taken_over = false;
            }
            RunStatus::Holding { hold } => held(ctx, &hold).await?,
            RunStatus::Stuck { .. } => stuck(ctx).await?,
        }
    }
}

/// Writes that the driver before may have sent without recording them one by one: they are shut out, or found to have landed,
/// before anything else is written.
async fn inherit(ctx: &mut Ctx) -> Result<(), Stop> {
    settle(ctx).await?;
    while let Some(mut armed) = ctx.shared.inherited.first().cloned() {
        if let Some(Event::Intent { step, direction, attempt, write, pre_image, purpose, .. }) = armed.pop() {
            (ctx.step, ctx.direction) = (step.clone(), direction);
            let n = ctx.view.n + 1;
            ctx.log(vec![Event::Intent { n, step, direction, attempt, write, pre_image, purpose }])?;
            // If it landed, so did what it was to be journaled with.
            ctx.follows = armed;
        }
        ctx.shared.inherited.remove(0);
        let settled = settle(ctx).await;
        ctx.follows.clear();
        settled?;
    }
    Ok(())
}

/// Who took a run over in the middle looks first.
fn ask(ctx: &mut Ctx) -> Result<(), Stop> {
    let step = match &ctx.view.status {
        RunStatus::Running { step } => step.clone(),
        RunStatus::Ready => ctx.view.next_step().map(|p| p.id.clone()).unwrap_or_default(),
        _ => return Ok(()),
    };
    ctx.step = step;
    let said = Said::new("taken-over-here", sentence!("taken over in the middle: look where it stands, then go on or back"));
    let hold = ctx.held(HoldCode::TakenOver, said, vec![], vec![Choice::Retry, Choice::BackOut]);
    ctx.log(vec![Event::Held { hold }])
}

fn first_word(ctx: &mut Ctx, command: Command) -> Result<(), Stop> {
    let held = match &ctx.view.status {
        RunStatus::Holding { hold } => Some(hold.clone()),
        _ => None,
    };
    match (command, held) {
        (Command::Approve(gate), _) => ctx.log(vec![Event::Approved { gate }]),
        (Command::Choose(choice), Some(hold)) if hold.choices.contains(&choice) => answer(ctx, &hold, choice),
        (Command::Choose(_), _) => Ok(()),
        (Command::BackOut(why), _) if !matches!(ctx.view.status, RunStatus::BackingOut { .. }) => {
            ctx.log(vec![Event::BackOutAsked { why: asked(why) }])
        }
        (Command::BackOut(_), _) => Ok(()),
        (Command::Detach, _) => Err(Stop::Detach),
    }
}

/// A wish to go back, in the words of who has it.
pub(crate) fn asked(why: String) -> Said {
    Said::new("asked", if why.is_empty() { sentence!("asked for") } else { Sentence::quoted(why) })
}

/// The next step.
async fn forward(ctx: &mut Ctx, taken_over: bool) -> Result<(), Stop> {
    ctx.direction = Direction::Run;
    settle(ctx).await?;
    let Some(planned) = ctx.view.next_step().cloned() else {
        tidy::sweep(ctx).await?;
        ctx.still_ours().await?;
        return ctx.log(vec![Event::Ended { end: End::Done }]);
    };
    until(ctx, &planned.id)?;
    enter(ctx, &planned.id);
    let begun = ctx.view.steps.get(&planned.id).is_some_and(|s| s.status == StepStatus::Running);
    if taken_over || !begun {
        ctx.log(vec![Event::StepBegan { step: planned.id.clone(), direction: Direction::Run }])?;
    }
    watchful::overwrite(ctx).await?;
    let receipt = steps::run(ctx, &planned).await?;
    // A gate that led on at once has logged its end itself.
    if ctx.view.steps.get(&planned.id).is_some_and(|s| s.status == StepStatus::Running) {
        ctx.log(vec![Event::StepDone { step: planned.id.clone(), receipt }])?;
    }
    Ok(())
}

fn enter(ctx: &mut Ctx, step: &str) {
    ctx.step = step.to_string();
    ctx.hashes.clear();
    ctx.live.heartbeat = None;
}

/// Outcomes that a crash or a lost answer left open come first, whatever comes next.
async fn settle(ctx: &mut Ctx) -> Result<(), Stop> {
    let Some(step) = ctx.view.pending().map(|w| w.step.clone()) else { return Ok(()) };
    ctx.step = step;
    ctx.settle().await.map(|_| ())
}

/// Stops behind the step that the operator named.
fn until(ctx: &mut Ctx, next: &str) -> Result<(), Stop> {
    let Some(until) = ctx.options.until.clone() else { return Ok(()) };
    let done = ctx.view.steps.get(&until).is_some_and(|s| s.status == StepStatus::Done);
    if !done {
        return Ok(());
    }
    ctx.options.until = None;
    ctx.step = next.to_string();
    let said = sentence!("{step} is done; stops here as asked", step = until);
    Err(Stop::hold(HoldCode::Until, Said::new("until", said), &[Choice::GoOn, Choice::BackOut]))
}

/// The step to take back next.
async fn back(ctx: &mut Ctx, taken_over: bool) -> Result<(), Stop> {
    ctx.direction = Direction::Undo;
    ctx.live.soak_left = None;
    settle(ctx).await?;
    let Some(planned) = ctx.view.to_undo().first().map(|p| (*p).clone()) else {
        tidy::sweep(ctx).await?;
        ctx.still_ours().await?;
        return ctx.log(vec![Event::Ended { end: End::BackedOut }]);
    };
    enter(ctx, &planned.id);
    let begun = matches!(&ctx.view.status, RunStatus::BackingOut { step: Some(step), .. } if *step == planned.id);
    if taken_over || !begun {
        ctx.log(vec![Event::StepBegan { step: planned.id.clone(), direction: Direction::Undo }])?;
    }
    watchful::overwrite(ctx).await?;
    steps::undo(ctx, &planned).await?;
    ctx.log(vec![Event::StepUndone { step: planned.id.clone() }])
}

/// What follows when a step did not come to its end.
async fn stopped(ctx: &mut Ctx, ended: Result<(), Stop>) -> Result<(), Stop> {
    let stop = match ended {
        Ok(()) => return Ok(()),
        Err(stop) => stop,
    };
    let about_objects = match &stop {
        Stop::Failed(_) => true,
        Stop::Hold { code, .. } => matches!(code, HoldCode::Contradiction | HoldCode::Refused),
        _ => false,
    };
    if about_objects && let Some(said) = watchful::ending(ctx).await {
        let other = if ctx.direction == Direction::Undo { Choice::Leave } else { Choice::BackOut };
        let hold = ctx.held(HoldCode::Contradiction, said, vec![], vec![Choice::Retry, other]);
        return ctx.log(vec![Event::Held { hold }]);
    }
    match stop {
        Stop::Failed(error) if ctx.direction == Direction::Undo => {
            let repair = repair::commands(&ctx.view);
            ctx.log(vec![Event::Stuck { error, repair }])
        }
        Stop::Failed(said) if beyond(ctx) || restored(ctx) => {
            let code = if matches!(said.code.as_str(), "refused" | "altered") { HoldCode::Refused } else { HoldCode::TakesLong };
            let said = if beyond(ctx) { said } else { no_better(said) };
            let hold = ctx.held(code, said, vec![], vec![Choice::Retry, Choice::BackOut]);
            ctx.log(vec![Event::Held { hold }])
        }
        Stop::Failed(why) | Stop::BackOut(why) => turn_back(ctx, why).await,
        Stop::Hold { code, said, facts, choices } => {
            let hold = match watchful::alarm(ctx, code, &facts).await {
                Some((said, facts, choices)) => ctx.held(HoldCode::BothColours, said, facts, choices),
                None => ctx.held(code, said, facts, choices),
            };
            ctx.log(vec![Event::Held { hold }])
        }
        other => Err(other),
    }
}

/// The new colour serves and is well: a failure in what comes after is no reason to move traffic by itself.
fn beyond(ctx: &Ctx) -> bool {
    let judges = ctx.view.planned(&ctx.step).is_some_and(|p| matches!(p.step, Step::Switch { .. } | Step::Soak { .. } | Step::Gate { .. }));
    switched(&ctx.view) && !judges
}

/// The template of what serves was written over, with no other colour to serve. To go back is to write the one that ran
/// before once more: in a rollback the very version that somebody wanted to leave. That needs a word.
fn restored(ctx: &Ctx) -> bool {
    let wrote = |p: &Planned| matches!(p.step, Step::SetTemplate { .. }) && ctx.view.landed(&p.id, Direction::Run).next().is_some();
    !switched(&ctx.view) && ctx.view.plan.steps.iter().any(wrote)
}

fn no_better(said: Said) -> Said {
    let back = sentence!("going back would write the template that ran before once more: wait on, or decide that it was better");
    Said { sentence: said.sentence.and(back), ..said }
}

/// Turns round. Where traffic moves back, its first write goes out with the same fsync that journals the wish.
async fn turn_back(ctx: &mut Ctx, why: Said) -> Result<(), Stop> {
    let quick = flip_back(ctx, why.clone()).filter(|(step, ..)| ctx.view.planned(step).is_some_and(|p| steps::stands_by(ctx, p)));
    let Some((step, write, events)) = quick else { return ctx.log(vec![Event::BackOutAsked { why }]) };
    (ctx.step, ctx.direction) = (step, Direction::Undo);
    // However it ends, the undo of the switch reads where things are and goes on from there.
    ctx.send(events, write, None, Purpose::Step, 1).await.map(|_| ())
}

/// Step, first write and events before it of the flip back, if nothing that writes has to be undone before it.
pub(crate) fn flip_back(ctx: &Ctx, why: Said) -> Option<(String, Write, Vec<Event>)> {
    if ctx.view.pending().is_some() || matches!(ctx.view.status, RunStatus::BackingOut { .. }) || ctx.view.status.is_final() {
        return None;
    }
    let mut events = vec![Event::BackOutAsked { why }];
    for planned in ctx.view.to_undo() {
        events.push(Event::StepBegan { step: planned.id.clone(), direction: Direction::Undo });
        if !planned.step.writes_to().is_empty() {
            return Some((planned.id.clone(), steps::first_back(ctx, planned)?, events));
        }
        events.push(Event::StepUndone { step: planned.id.clone() });
    }
    None
}

/// Waits for somebody. Time here counts against nothing.
async fn held(ctx: &mut Ctx, hold: &Hold) -> Result<(), Stop> {
    ctx.share_if_possible().await?;
    match ctx.command().await? {
        Some(Command::Choose(choice)) if hold.choices.contains(&choice) => answer(ctx, hold, choice),
        Some(Command::BackOut(why)) if hold.undoing.is_none() => turn_back(ctx, asked(why)).await,
        Some(Command::Approve(gate)) => ctx.log(vec![Event::Approved { gate }]),
        Some(Command::Detach) | None => Err(Stop::Detach),
        Some(_) => Ok(()),
    }
}

fn answer(ctx: &mut Ctx, hold: &Hold, choice: Choice) -> Result<(), Stop> {
    match choice {
        Choice::BackOut => ctx.log(vec![Event::BackOutAsked { why: hold.said.clone() }]),
        Choice::Leave => ctx.log(vec![Event::Chosen { choice }, Event::StepUndone { step: hold.step.clone() }]),
        Choice::Retry | Choice::GoOn | Choice::Overwrite | Choice::RePin => ctx.log(vec![Event::Chosen { choice }]),
    }
}

/// The way back failed: somebody repairs by hand, or has it tried again.
async fn stuck(ctx: &mut Ctx) -> Result<(), Stop> {
    ctx.share_if_possible().await?;
    match ctx.command().await? {
        Some(Command::BackOut(why)) => ctx.log(vec![Event::BackOutAsked { why: asked(why) }]),
        Some(Command::Detach) | None => Err(Stop::Detach),
        Some(_) => Ok(()),
    }
}
