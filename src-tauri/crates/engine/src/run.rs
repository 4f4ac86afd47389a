//! Runs a plan from start to end, or back: one loop over the journaled status.

use std::sync::Arc;

use model::Write;
use plan::{Plan, Planned, Step};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::ctx::{Command, Ctx, Options, Ports, Stop};
use crate::entry::{Choice, Direction, End, Event, Hold, HoldCode, Purpose, Said};
use crate::ports::{JournalError, ReadError};
use crate::show::{Live, RunView, switched};
use crate::status::{RunStatus, StepStatus};
use crate::verify::{Moved, same_cluster, verify};
use crate::view::{ReplayError, View};
use crate::{repair, steps, tidy, watchful};

/// Why a run was not started, resumed or told something.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal's entries are not those of a run of this plan.
    #[error("run {run}: {source}")]
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
    /// The run is over.
    #[error("run {run}: is over ({status})")]
    Over {
        /// Run.
        run: String,
        /// How.
        status: String,
    },
    /// Nothing drives the run any more.
    #[error("run {0}: no longer driven by this process")]
    Detached(String),
    /// It is not held, or not with that choice.
    #[error("run {run}: {choice} cannot be chosen now")]
    NoChoice {
        /// Run.
        run: String,
        /// Choice.
        choice: &'static str,
    },
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
        ports.journal.create(&plan, options.reason.as_deref())?;
        let view = View::new(Arc::new(plan));
        Self::take(ports, view, options, None)
    }

    /// Goes on with a run, in whatever state its journal shows it. `first` is heard before anything is done.
    pub async fn resume(ports: Ports, run: &str, options: Options, first: Option<Command>) -> Result<Run, RunError> {
        let (plan, entries) = ports.journal.read(run)?;
        let view = View::replay(Arc::new(plan), &entries).map_err(|source| RunError::Replay { run: run.to_string(), source })?;
        if view.status.is_final() {
            return Err(RunError::Over { run: run.to_string(), status: crate::status::name(&view.status).to_string() });
        }
        same_cluster(&view.plan, ports.cluster.as_ref()).await?;
        Self::take(ports, view, options, first)
    }

    fn take(ports: Ports, view: View, options: Options, first: Option<Command>) -> Result<Run, RunError> {
        let plan = view.plan.clone();
        let id = plan.id.clone();
        let epoch = ports.journal.claim(&id)?;
        let (commands, inbox) = mpsc::channel(16);
        let (shown, watched) = watch::channel(RunView::new(&view, &Live { attached: true, ..Live::default() }));
        let mut ctx = Ctx::new(ports, plan.clone(), view, options, inbox, shown);
        let task = tokio::spawn(async move {
            let ended = match ctx.log(vec![Event::Started { epoch, plan: plan.hash.clone() }]) {
                Ok(()) => drive(&mut ctx, first).await,
                Err(stop) => Err(stop),
            };
            close(&mut ctx, ended);
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

fn close(ctx: &mut Ctx, ended: Result<(), Stop>) {
    match ended {
        // As after a crash: nothing is given back.
        Err(Stop::Killed) => return,
        Err(Stop::Journal(e)) => ctx.live.error = Some(e.to_string()),
        Err(Stop::Illegal(e)) => ctx.live.error = Some(e.to_string()),
        Ok(()) | Err(_) => {}
    }
    if let Err(e) = ctx.ports.journal.release(&ctx.plan.id) {
        tracing::warn!(run = %ctx.plan.id, error = %e, "claim not given back");
    }
    ctx.live.attached = false;
    ctx.live.heartbeat = None;
    ctx.show();
}

async fn drive(ctx: &mut Ctx, first: Option<Command>) -> Result<(), Stop> {
    if let Some(command) = first {
        first_word(ctx, command)?;
    }
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
    Said::new("asked", if why.is_empty() { "asked for".to_string() } else { why.clone() }).with("reason", why)
}

/// The next step.
async fn forward(ctx: &mut Ctx, taken_over: bool) -> Result<(), Stop> {
    ctx.direction = Direction::Run;
    settle(ctx).await?;
    let Some(planned) = ctx.view.next_step().cloned() else {
        tidy::sweep(ctx).await?;
        return ctx.log(vec![Event::Ended { end: End::Done }]);
    };
    until(ctx, &planned.id)?;
    enter(ctx, &planned.id);
    let begun = ctx.view.steps.get(&planned.id).is_some_and(|s| s.status == StepStatus::Running);
    if taken_over || !begun {
        ctx.log(vec![Event::StepBegan { step: planned.id.clone(), direction: Direction::Run }])?;
    }
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
    let said = Said::new("until", format!("{until} is done; stops here as asked")).with("step", until);
    Err(Stop::hold(HoldCode::Until, said, &[Choice::GoOn, Choice::BackOut]))
}

/// The step to take back next.
async fn back(ctx: &mut Ctx, taken_over: bool) -> Result<(), Stop> {
    ctx.direction = Direction::Undo;
    ctx.live.soak_left = None;
    settle(ctx).await?;
    let Some(planned) = ctx.view.to_undo().first().map(|p| (*p).clone()) else {
        tidy::sweep(ctx).await?;
        return ctx.log(vec![Event::Ended { end: End::BackedOut }]);
    };
    enter(ctx, &planned.id);
    let begun = matches!(&ctx.view.status, RunStatus::BackingOut { step: Some(step), .. } if *step == planned.id);
    if taken_over || !begun {
        ctx.log(vec![Event::StepBegan { step: planned.id.clone(), direction: Direction::Undo }])?;
    }
    steps::undo(ctx, &planned).await?;
    ctx.log(vec![Event::StepUndone { step: planned.id.clone() }])
}

/// What follows when a step did not come to its end.
async fn stopped(ctx: &mut Ctx, ended: Result<(), Stop>) -> Result<(), Stop> {
    let stop = match ended {
        Ok(()) => return Ok(()),
        Err(stop) => stop,
    };
    match stop {
        Stop::Failed(error) if ctx.direction == Direction::Undo => {
            let repair = repair::commands(&ctx.view);
            ctx.log(vec![Event::Stuck { error, repair }])
        }
        Stop::Failed(said) if beyond(ctx) || restored(ctx) => {
            let code = if said.code == "refused" { HoldCode::Refused } else { HoldCode::TakesLong };
            let said = if beyond(ctx) { said } else { no_better(said) };
            let hold = ctx.held(code, said, vec![], vec![Choice::Retry, Choice::BackOut]);
            ctx.log(vec![Event::Held { hold }])
        }
        Stop::Failed(why) | Stop::BackOut(why) => turn_back(ctx, why).await,
        Stop::Hold { code, said, facts, choices } => {
            let hold = match watchful::alarm(ctx, code, &facts).await {
                Some((said, choices)) => ctx.held(HoldCode::BothColours, said, facts, choices),
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
    let text =
        format!("{}; going back would write the template that ran before once more: wait on, or decide that it was better", said.text);
    Said { text, ..said }
}

/// Turns round. Where traffic moves back, its first write goes out with the same fsync that journals the wish.
async fn turn_back(ctx: &mut Ctx, why: Said) -> Result<(), Stop> {
    let mut events = vec![Event::BackOutAsked { why }];
    let Some(write) = quick(ctx, &mut events) else {
        events.truncate(1);
        return ctx.log(events);
    };
    ctx.direction = Direction::Undo;
    // However it ends, the undo of the switch reads where things are and goes on from there.
    ctx.send(events, write, None, Purpose::Step, 1).await.map(|_| ())
}

/// The first write of the flip back, if nothing that writes has to be undone before it.
fn quick(ctx: &mut Ctx, events: &mut Vec<Event>) -> Option<Write> {
    if ctx.view.pending().is_some() {
        return None;
    }
    let mut switch = None;
    for planned in ctx.view.to_undo() {
        events.push(Event::StepBegan { step: planned.id.clone(), direction: Direction::Undo });
        if !planned.step.writes_to().is_empty() {
            switch = Some(planned.clone());
            break;
        }
        events.push(Event::StepUndone { step: planned.id.clone() });
    }
    let switch = switch?;
    let write = steps::optimistic_back(ctx, &switch)?;
    ctx.step = switch.id;
    Some(write)
}

/// Waits for somebody. Time here counts against nothing.
async fn held(ctx: &mut Ctx, hold: &Hold) -> Result<(), Stop> {
    match ctx.commands.recv().await {
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
    match ctx.commands.recv().await {
        Some(Command::BackOut(why)) => ctx.log(vec![Event::BackOutAsked { why: asked(why) }]),
        Some(Command::Detach) | None => Err(Stop::Detach),
        Some(_) => Ok(()),
    }
}
