//! Runs: started, followed, answered, left. The engine decides; here is only who may start one and what is shown of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::*;
use engine::ctx::{Command, Options as Drive, Ports};
use engine::entry::{Choice, HoldCode};
use engine::run::{Run, RunError, inspect};
use engine::show::RunView as Seen;
use engine::status::RunStatus;
use engine::{Cluster, Evidence, Heard, Journal, RunHeader, Take};
use jiff::Timestamp;
use model::{ObjectId, Sentence, sentence};
use plan::around::{Around, same_application};
use plan::strategies::rollback::Rollback;
use plan::{Plan, Snapshot, Step, Strategy, What};
use serde_json::Value;
use tokio::sync::watch;

use crate::behind::behind;
use crate::link::{Held, Link};
use crate::object::{object_id, revisions_of};
use crate::recorder::Recorder;
use crate::{Host, errors, lanes, locked, policy, run_view, who};

/// Shortest time between two views of one run that are told: a window draws no faster anyway.
const AT_MOST_EVERY: Duration = Duration::from_millis(100);
/// A run is told at least so often while it is driven, for the figures beside it move on.
const AT_LEAST_EVERY: Duration = Duration::from_secs(1);
/// How long a command waits for its effect to show. Who gets a view from before takes it for the answer: a script would leave
/// a run at the very hold that it has just answered, so this is as long as a slow disk may take for some entries.
const EFFECT: Duration = Duration::from_secs(15);
/// How long a driver may take to let go; it is between two requests then, or its write's deadline passes.
const LETTING_GO: Duration = Duration::from_secs(15);
/// Lines of the log of a pod that the run started that are shown, and how often they are read.
const LOG_LINES: u32 = 40;
const LOG_EVERY: Duration = Duration::from_secs(5);

/// A run that this process drives, or drove.
pub struct Driven {
    run: Run,
    plan: Arc<Plan>,
    link: Arc<Link>,
    recorder: Arc<Recorder>,
    log: Mutex<Vec<String>>,
}

impl Driven {
    fn attached(&self) -> bool {
        self.run.view().attached
    }

    /// As the engine shows it, under the name that the cluster has here.
    fn seen(&self) -> Seen {
        Seen { context: self.link.name.clone(), ..self.run.view() }
    }

    /// What would be left of it; `None` = nothing drives it here.
    fn leaving(&self) -> Option<LeavingView> {
        let seen = self.seen();
        let at = match &seen.status {
            _ if !seen.attached || seen.elsewhere.is_some() => return None,
            status if status.is_final() => return None,
            RunStatus::Ready | RunStatus::WaitingForApproval { .. } | RunStatus::Holding { .. } | RunStatus::Stuck { .. } => LeftAt::Rest,
            RunStatus::Running { step } if self.plan.steps.iter().any(|s| s.id == *step && matches!(s.step, Step::Soak { .. })) => {
                LeftAt::Soak
            }
            _ => LeftAt::Step,
        };
        let text = behind(&self.plan, &seen).into();
        Some(LeavingView { run: seen.id.clone(), target: self.plan.target.object.to_string(), context: seen.context.clone(), at, text })
    }
}

/// An error of the engine.
fn run_error(e: RunError) -> UiError {
    match e {
        RunError::Journal(e) => errors::journal(e),
        RunError::Read(e) => errors::read(e),
        RunError::Share(e) => errors::share(e),
        RunError::Moved(m) => UiError::new(Code::Moved, m.said()).hint(sentence!("look at the change, then make a new plan")),
        RunError::Replay { .. } => UiError::new(Code::Journal, e.said()).hint(sentence!("the run is not interpreted; repair by hand")),
        RunError::Over { .. } => {
            UiError::new(Code::Usage, e.said()).hint(sentence!("going back from here is a plan of its own: `plan rollback`"))
        }
        RunError::Detached(_) => UiError::new(Code::Stopped, e.said()).hint(sentence!("resume it")),
        RunError::NoChoice { .. } => UiError::new(Code::Usage, e.said()).hint(sentence!("see the choices of its hold")),
    }
}

impl Host {
    /// Leaves a run once that step is done; asked before `start_run`, `resume_run` or `approve`, and good for one of them.
    pub fn stop_after(&self, run: &str, step: Option<String>) {
        let mut stops = locked(&self.stops);
        match step {
            Some(step) => stops.insert(run.to_string(), step),
            None => stops.remove(run),
        };
    }

    /// Whether a run of this process needs the context's connection.
    pub(crate) fn drives(&self, context: &str) -> bool {
        locked(&self.runs).values().any(|d| d.link.name == context && d.attached())
    }

    /// Writes must be allowed; a protected context that is not unlocked is unlocked by its typed name.
    fn allow(&self, context: &str, confirm: Option<&str>) -> Result<(), UiError> {
        let writes = self.writes_of(context);
        match (writes, confirm) {
            (Writes::Allowed | Writes::Unlocked, _) => Ok(()),
            (Writes::ReadOnly | Writes::Protected, Some(typed)) if typed == context => {
                self.unlock_context(context, typed, None).map(|_| ())
            }
            (Writes::Off, _) => Err(stale(context)),
            (Writes::ReadOnly, _) if self.options.read_only => {
                Err(UiError::new(Code::Locked, sentence!("context {name}: read only, by --read-only", name = context)))
            }
            (Writes::ReadOnly, _) => {
                Err(UiError::new(Code::Locked, sentence!("context {context}: read only until it is unlocked", context))
                    .hint(sentence!("unlock it, once; on the command line: --confirm-context NAME")))
            }
            (Writes::Unverified, _) => {
                Err(UiError::new(Code::Locked, sentence!("context {name}: its server is not verified", name = context))
                    .hint(sentence!("unlock it, with a reason; on the command line: --confirm-context NAME --unverified-because REASON")))
            }
            (Writes::Protected, _) => {
                let said = sentence!("context {name}: protected", name = context).and(sentence!("its name must be typed"));
                Err(UiError::new(Code::Locked, said).hint(sentence!("on the command line: --confirm-context NAME")))
            }
        }
    }

    /// A run that is driven here may always be taken back, also where the context has locked itself since: nobody types a name
    /// in an incident.
    fn allow_back(&self, driven: &Driven) -> Result<(), UiError> {
        match driven.link.policy.is_stale() {
            true => Err(stale(&driven.link.name)),
            false => Ok(()),
        }
    }

    pub(crate) async fn start(&self, plan: &str, reason: Option<String>, confirm: Option<String>) -> Result<RunView, UiError> {
        let kept = self.kept(plan)?;
        let startable = locked(&kept.checked).as_ref().map(|c| c.startable());
        match startable {
            None => {
                return Err(UiError::new(Code::Stopped, sentence!("plan {plan}: not checked yet", plan)).hint(sentence!("check it first")));
            }
            Some(false) => {
                return Err(
                    UiError::new(Code::Stopped, sentence!("plan {plan}: stopped by a check", plan)).hint(sentence!("see its findings"))
                );
            }
            Some(true) => {}
        }
        self.allow(&kept.plan.context, confirm.as_deref())?;
        let (held, ports, recorder) = self.arm(&kept.plan).await?;
        let drive = self.drive(&kept.plan, reason)?;
        let run = Run::start(ports, (*kept.plan).clone(), drive).await.map_err(run_error)?;
        Ok(self.driven(run, kept.plan.clone(), held, recorder))
    }

    fn drive(&self, plan: &Plan, reason: Option<String>) -> Result<Drive, UiError> {
        let login = self.entry(&plan.context).map(|e| e.user).unwrap_or_default();
        Ok(Drive {
            reason,
            until: locked(&self.stops).remove(&plan.id),
            by: Some(who::driver(&login)),
            context: Some(plan.context.clone()),
            workstation: self.store.workstation().map_err(errors::journal)?,
            ..Drive::default()
        })
    }

    /// Everything that driving a run needs: the connection, its namespace kept read, evidence.
    async fn arm(&self, plan: &Plan) -> Result<(Held, Ports, Arc<Recorder>), UiError> {
        let link = self.link(&plan.context).await?;
        let held = self.hold(&link, &plan.target.object.namespace).await?;
        let cluster: Arc<dyn Cluster> = link.connection.clone();
        let recorder = Arc::new(Recorder::new(Arc::new(self.sources(&link)?)));
        let evidence: Arc<dyn Evidence> = recorder.clone();
        let journal: Arc<dyn Journal> = self.store.clone();
        Ok((held, Ports { cluster, journal, evidence, clock: self.clock.clone() }, recorder))
    }

    /// What can be asked over that connection.
    pub(crate) fn sources(&self, link: &Link) -> Result<evidence::Sources, UiError> {
        let (cluster, tunnel) = (link.connection.clone(), link.connection.clone());
        evidence::Sources::new(cluster, tunnel, self.clock.clone(), &self.evidence_options()?)
            .map_err(|e| UiError::new(Code::Usage, e.said()))
    }

    fn evidence_options(&self) -> Result<evidence::Options, UiError> {
        let settings = self.store.settings().map_err(errors::journal)?;
        let all = self.options.resolve.iter().chain(&settings.resolve);
        let resolve =
            all.map(|r| r.parse()).collect::<Result<_, evidence::OptionsError>>().map_err(|e| UiError::new(Code::Usage, e.said()))?;
        Ok(evidence::Options { proxy: settings.probe_proxy, resolve, ..evidence::Options::default() })
    }

    fn driven(&self, run: Run, plan: Arc<Plan>, held: Held, recorder: Arc<Recorder>) -> RunView {
        let (id, link) = (run.id().to_string(), held.link().clone());
        let driven = Arc::new(Driven { run, plan, link, recorder, log: Mutex::default() });
        locked(&self.runs).insert(id, driven.clone());
        let view = self.view_of(&driven);
        self.tell(UiEvent::Run(Box::new(view.clone())));
        let host = self.me.clone();
        tokio::spawn(async move {
            // Its namespace is read for as long as the run is driven.
            let _held = held;
            let mut seen = driven.run.watch();
            let mut log_at = tokio::time::Instant::now();
            loop {
                let changed = tokio::time::timeout(AT_LEAST_EVERY, seen.changed()).await;
                let Some(host) = host.upgrade() else { return };
                if log_at.elapsed() >= LOG_EVERY {
                    log_at = tokio::time::Instant::now();
                    host.read_log(&driven).await;
                }
                host.tell(UiEvent::Run(Box::new(host.view_of(&driven))));
                host.go_on_without_data(&driven).await;
                let over = matches!(changed, Ok(Err(_))) || !driven.attached();
                drop(host);
                if over {
                    return;
                }
                tokio::time::sleep(AT_MOST_EVERY).await;
            }
        });
        view
    }

    /// Simulated pods have no data; once somebody acknowledged that, a smoke check there needs nobody any more.
    fn needs_nobody(&self, d: &Driven, seen: &Seen) -> bool {
        let Some(hold) = seen.hold.as_ref().filter(|h| h.code == HoldCode::EvidenceMissing) else { return false };
        let smoke = d.plan.steps.iter().any(|s| s.id == hold.step && matches!(s.step, Step::Smoke { .. }));
        smoke && d.link.simulated && self.simulated_acknowledged()
    }

    async fn go_on_without_data(&self, d: &Driven) {
        if self.needs_nobody(d, &d.seen()) && d.run.choose(Choice::GoOn).await.is_err() {
            tracing::debug!(run = d.run.id(), "answered already");
        }
    }

    /// What the engine shows; a hold that is about to be answered without anybody is not shown as one.
    fn shown(&self, d: &Driven) -> Seen {
        let mut seen = d.seen();
        if seen.attached
            && self.needs_nobody(d, &seen)
            && let Some(hold) = seen.hold.take()
        {
            seen.status = RunStatus::Running { step: hold.step };
        }
        seen
    }

    /// The last lines of the newest pod that the run started; what cannot be read is said in their place.
    async fn read_log(&self, d: &Driven) {
        let watched = lanes::watched(&d.plan);
        if d.link.simulated {
            return;
        }
        let pod = d.link.reading(&d.plan).and_then(|l| {
            l.with(|_, set| {
                let newest = lanes::pods(set, watched).into_iter().max_by_key(|p| p.metadata.creation_timestamp);
                newest.map(|p| (p.metadata.name.clone(), p.spec.containers.first().map(|c| c.name.clone())))
            })
        });
        let Some((pod, container)) = pod else { return };
        let id = watched.sibling(model::Kind::Pod, &pod);
        let lines = match d.link.connection.logs(&id, container.as_deref().unwrap_or_default(), LOG_LINES).await {
            Ok(text) => text.lines().map(str::to_string).collect(),
            Err(e) => vec![format!("({e})")],
        };
        *locked(&d.log) = lines;
    }

    fn view_of(&self, d: &Driven) -> RunView {
        let seen = self.shown(d);
        let header = self.header(d.run.id());
        let log = locked(&d.log).clone();
        let live = d.link.reading(&d.plan);
        let make = |objects: Option<&model::ObjectSet>| {
            run_view::view(&run_view::Sources {
                plan: &d.plan,
                header: header.as_ref(),
                seen: &lanes::counted(&d.plan, seen, objects, self.clock.now()),
                objects,
                recorder: Some(&d.recorder),
                log: &log,
                simulated: d.link.simulated,
                driver: None,
                now: self.clock.now(),
            })
        };
        match live {
            Some(l) => l.with(|_, set| make(Some(set))),
            None => make(None),
        }
    }

    fn header(&self, run: &str) -> Option<RunHeader> {
        self.store.runs().ok()?.into_iter().find(|h| h.id == run)
    }

    fn find(&self, run: &str) -> Option<Arc<Driven>> {
        locked(&self.runs).get(run).cloned()
    }

    /// A run: as this process drives it, else as its journal shows it.
    pub(crate) async fn run_view(&self, run: &str) -> Result<RunView, UiError> {
        // What stopped a run may be that it could not be journaled: the journal does not know.
        if let Some(d) = self.find(run).filter(|d| d.attached() || d.run.view().error.is_some()) {
            return Ok(self.view_of(&d));
        }
        // What others do with it stands in its record; where that cannot be read, what is known here is shown.
        if let Some(told) = self.told(run) {
            match self.read_told(&told).await {
                Ok((plan, seen, driver)) => return Ok(self.view_undriven(&plan, &seen, Some(driver))),
                Err(e) => tracing::debug!(run, error = %e, "record not read"),
            }
        }
        let (plan, seen) = self.journaled(run)?;
        Ok(self.view_undriven(&plan, &seen, None))
    }

    /// A run that this process does not drive.
    fn view_undriven(&self, plan: &Plan, seen: &Seen, driver: Option<DriverView>) -> RunView {
        let link = locked(&self.links).get(&plan.context).cloned();
        let header = self.header(&plan.id);
        let live = link.as_ref().and_then(|l| l.reading(plan));
        let make = |objects: Option<&model::ObjectSet>| {
            run_view::view(&run_view::Sources {
                plan,
                header: header.as_ref(),
                seen: &lanes::counted(plan, seen.clone(), objects, self.clock.now()),
                objects,
                recorder: None,
                log: &[],
                simulated: link.as_ref().is_some_and(|l| l.simulated),
                driver: driver.clone(),
                now: self.clock.now(),
            })
        };
        match live {
            Some(l) => l.with(|_, set| make(Some(set))),
            None => make(None),
        }
    }

    pub(crate) fn journaled(&self, run: &str) -> Result<(Plan, Seen), UiError> {
        let (mut plan, entries) = self.store.read(run).map_err(errors::journal)?;
        let (_, mut seen) =
            inspect(plan.clone(), &entries).map_err(|source| run_error(RunError::Replay { run: run.to_string(), source }))?;
        // A plan that was made on another workstation names the cluster as that does.
        if let Some(header) = self.header(run) {
            (plan.context, seen.context) = (header.context.clone(), header.context);
        }
        // One that another process of this workstation drives was not left. Where that cannot be told (a disk that is
        // read-only now), nobody writes its journal either.
        seen.attached = !seen.status.is_final() && self.store.driver(run).is_ok_and(|pid| pid.is_some());
        Ok((plan, seen))
    }

    pub(crate) fn run_list(&self) -> Result<Vec<RunSummary>, UiError> {
        let headers = self.store.runs().map_err(errors::journal)?;
        let told = self.all_told();
        let one = |h: &RunHeader| {
            let driven = self.find(&h.id).filter(|d| d.attached());
            let (plan, seen) = match driven {
                Some(d) => ((*d.plan).clone(), d.seen()),
                None => self.journaled(&h.id)?,
            };
            let own = run_view::summary(&plan, h, &seen);
            // Driven elsewhere now, whatever this journal thought last.
            let of = told.iter().find(|t| t.face.run == h.id).filter(|_| own.open && !seen.attached);
            Ok(of.map_or_else(|| own.clone(), |t| RunSummary { change: own.change.clone(), ..self.told_summary(t) }))
        };
        let mut all: Vec<RunSummary> = headers.iter().map(one).collect::<Result<_, UiError>>()?;
        let unknown = told.iter().filter(|t| !headers.iter().any(|h| h.id == t.face.run));
        all.extend(unknown.map(|t| self.told_summary(t)));
        all.sort_by(|a, b| b.started_at.cmp(&a.started_at));
        Ok(all)
    }

    /// Takes a run up in this process; `first` is heard before anything is done.
    async fn take_up(&self, run: &str, first: Option<Command>) -> Result<RunView, UiError> {
        if let (Some(told), None) = (self.told(run), self.header(run)) {
            let by = told.face.driver.by;
            return Err(errors::share(engine::ShareError::Held { run: run.to_string(), by, seen: Heard::ByRecord }));
        }
        let (plan, before) = self.journaled(run)?;
        self.allow(&plan.context, None)?;
        let (held, ports, recorder) = self.arm(&plan).await?;
        let taken = Run::resume(ports, run, self.drive(&plan, None)?, first.clone()).await.map_err(run_error)?;
        self.heard(&taken, &first, &before.status).await;
        Ok(self.driven(taken, Arc::new(plan), held, recorder))
    }

    /// Takes over a run that another workstation drives, or drove.
    pub(crate) async fn take(&self, run: &str, reason: Option<String>) -> Result<RunView, UiError> {
        if let Some(d) = self.find(run).filter(|d| d.attached()) {
            return Ok(self.view_of(&d));
        }
        if reason.as_ref().is_some_and(|why| why.trim().is_empty()) {
            let said = sentence!("to take a run over at once needs a reason");
            return Err(UiError::new(Code::Usage, said).hint(sentence!("they will read it")));
        }
        let told = self.told(run).ok_or_else(|| {
            UiError::new(Code::NotFound, sentence!("run {run}: no record of it in the namespaces that are shown", run))
                .hint(sentence!("open the namespace of its workload; one that this workstation began is resumed instead"))
        })?;
        self.allow(&told.context, None)?;
        let (plan, ..) = self.read_told(&told).await?;
        let (held, ports, recorder) = self.arm(&plan).await?;
        let how = reason.map_or(Take::Quiet, Take::Steal);
        let taken = Run::take_over(ports, &told.record, how, self.drive(&plan, None)?, None).await.map_err(run_error)?;
        // What it was in the middle of is settled first, then it asks.
        effect(taken.watch(), |v| !v.settling || !v.attached).await;
        Ok(self.driven(taken, Arc::new(plan), held, recorder))
    }

    /// Waits until the word that a run was given shows.
    async fn heard(&self, taken: &Run, first: &Option<Command>, before: &RunStatus) {
        let was_stuck = matches!(before, RunStatus::Stuck { .. });
        // What it shows first is what the journal says; the word that it was given must have been heard.
        effect(taken.watch(), |v| match first {
            Some(Command::Approve(gate)) => v.gate.as_ref().is_none_or(|g| &g.name != gate),
            Some(Command::BackOut(_)) => match v.status {
                RunStatus::BackingOut { .. } | RunStatus::BackedOut { .. } => true,
                // One that was stuck is tried again.
                RunStatus::Stuck { .. } => !was_stuck,
                _ => false,
            },
            Some(Command::Choose(_)) => v.hold.is_none(),
            Some(Command::Detach) | None => v.attached,
        })
        .await;
    }

    pub(crate) async fn resume(&self, run: &str) -> Result<RunView, UiError> {
        if let Some(d) = self.find(run).filter(|d| d.attached()) {
            return Ok(self.view_of(&d));
        }
        let (_, seen) = self.journaled(run)?;
        // Who resumes means that what stopped it for no fault of its own is over.
        let first = seen.hold.as_ref().and_then(|h| match h.code {
            HoldCode::Until => Some(Command::Choose(Choice::GoOn)),
            HoldCode::Unreachable => Some(Command::Choose(Choice::Retry)),
            _ => None,
        });
        self.take_up(run, first).await
    }

    pub(crate) async fn approve_gate(&self, run: &str, gate: String) -> Result<RunView, UiError> {
        match self.find(run).filter(|d| d.attached()) {
            Some(d) => {
                self.allow(&d.link.name, None)?;
                let before = d.run.watch();
                d.run.approve(&gate).await.map_err(run_error)?;
                effect(before, |v| v.gate.as_ref().is_none_or(|g| g.name != gate)).await;
                Ok(self.view_of(&d))
            }
            None => self.take_up(run, Some(Command::Approve(gate))).await,
        }
    }

    pub(crate) async fn go_back(&self, run: &str, reason: Option<String>) -> Result<RunView, UiError> {
        let reason = reason.unwrap_or_default();
        match self.find(run).filter(|d| d.attached()) {
            Some(d) => {
                self.allow_back(&d)?;
                let before = d.run.watch();
                d.run.back_out(&reason).await.map_err(run_error)?;
                effect(before, |v| matches!(v.status, RunStatus::BackingOut { .. } | RunStatus::BackedOut { .. })).await;
                Ok(self.view_of(&d))
            }
            None => self.take_up(run, Some(Command::BackOut(reason))).await,
        }
    }

    pub(crate) async fn answer(&self, run: &str, choice: &str) -> Result<RunView, UiError> {
        let choice: Choice = choice.parse().map_err(|e: engine::entry::UnknownChoice| UiError::new(Code::Usage, e.said()))?;
        let driven = self.find(run).filter(|d| d.attached());
        let seen = match &driven {
            Some(d) => d.seen(),
            None => self.journaled(run)?.1,
        };
        // Stuck is told like a hold; its one answer is to try the way back again.
        if matches!(seen.status, RunStatus::Stuck { .. }) && choice == Choice::BackOut {
            return self.go_back(run, None).await;
        }
        let offered = seen.hold.as_ref().is_some_and(|h| h.choices.contains(&choice));
        if !offered {
            return Err(run_error(RunError::NoChoice { run: run.to_string(), choice: choice.code() }));
        }
        let context = seen.context.clone();
        if choice == Choice::GoOn
            && seen.hold.as_ref().is_some_and(|h| h.code == HoldCode::EvidenceMissing)
            && self.link(&context).await?.simulated
        {
            self.acknowledge_simulated()?;
        }
        match driven {
            Some(d) => {
                match choice {
                    Choice::BackOut => self.allow_back(&d)?,
                    _ => self.allow(&context, None)?,
                }
                let before = d.run.watch();
                d.run.choose(choice).await.map_err(run_error)?;
                effect(before, |v| v.hold.is_none()).await;
                Ok(self.view_of(&d))
            }
            None => self.take_up(run, Some(Command::Choose(choice))).await,
        }
    }

    /// What would be left, were this process to end now.
    pub(crate) fn would_leave(&self) -> Vec<LeavingView> {
        let driven: Vec<Arc<Driven>> = locked(&self.runs).values().cloned().collect();
        driven.iter().filter_map(|d| d.leaving()).collect()
    }

    /// Somebody wants to close the window: asks back; false = nothing would be left, it can be closed.
    pub fn ask_to_leave(&self) -> bool {
        let asks = !self.would_leave().is_empty();
        if asks {
            self.tell(UiEvent::Leaving);
        }
        asks
    }

    /// Lets go of every run of this process and says what stays behind, in sentences. The runs can be resumed.
    pub async fn leave(&self) -> Vec<String> {
        let all: Vec<Arc<Driven>> = locked(&self.runs).values().filter(|d| d.attached()).cloned().collect();
        let mut said = vec![];
        for d in all {
            let seen = d.run.watch();
            // A driver that is gone already has let go.
            let _ = d.run.detach().await;
            effect_within(seen, LETTING_GO, |v| !v.attached).await;
            said.push(behind(&d.plan, &d.seen()).text);
        }
        said
    }

    /// Can one go back now, how, how fast: of a run, or of a Deployment (its open run, else its history).
    pub(crate) async fn way_back_of(&self, context: &str, id: Option<String>) -> Result<WayBackView, UiError> {
        let runs = self.run_list()?;
        let of_context = |r: &&RunSummary| r.context == context;
        let run = match &id {
            // Either colour of it.
            Some(id) if id.contains('/') => {
                let id = object_id(id)?;
                let same = |r: &&RunSummary| object_id(&r.target).is_ok_and(|target| same_application(&target, &id));
                runs.iter().filter(of_context).filter(|r| r.open).find(same)
            }
            Some(id) => runs.iter().find(|r| &r.id == id),
            None => runs.iter().filter(of_context).find(|r| r.open).or_else(|| runs.iter().find(of_context)),
        };
        if let Some(run) = run.filter(|r| r.open || id.as_deref() == Some(&r.id)) {
            return Ok(self.run_view(&run.id).await?.way_back);
        }
        let target = id.filter(|i| i.contains('/')).or_else(|| run.map(|r| r.target.clone()));
        match target {
            Some(target) => self.rollback_of(context, &target).await,
            None => Ok(none(sentence!("nothing was rolled out from here yet"))),
        }
    }

    async fn rollback_of(&self, context: &str, target: &str) -> Result<WayBackView, UiError> {
        let id = object_id(target)?;
        let link = self.link(context).await?;
        let snapshot = self.survey_with_past(&link, &id).await;
        Ok(snapshot.and_then(|snapshot| rollback(&snapshot, &id)).unwrap_or_else(|e| none(e.message.into())))
    }

    /// Once a second per live context: an unlock that ran out is put into force, and what the list of contexts says is kept true.
    pub(crate) fn every_second(&self, context: &str, live: bool) {
        let link = locked(&self.links).get(context).cloned();
        if let Some(l) = link {
            self.enforce(context, l.connection.unverified(), &l.policy);
        }
        let waits = self.signing_in(context).map(|s| (s.said, false)).or_else(|| self.unapproved(context).map(|_| (String::new(), true)));
        let now = crate::contexts::Told { live, writes: self.writes_of(context), sign_in: waits };
        let changed = locked(&self.known).flipped(context, now);
        self.follow_kubeconfig();
        if changed {
            self.tell(UiEvent::Contexts(self.contexts_view()));
        }
    }

    /// What a start of this plan asks for.
    pub(crate) fn confirm_need(&self, context: &str) -> ConfirmNeed {
        policy::confirm(self.writes_of(context))
    }
}

/// The way back of a workload by its own history.
fn rollback(snapshot: &Snapshot, id: &ObjectId) -> Result<WayBackView, UiError> {
    let revisions = revisions_of(snapshot, id)?;
    let Some(r) = revisions.iter().find(|r| r.advised) else {
        return Ok(none(sentence!("no revision of its history is advised to go back to")));
    };
    // What cannot be planned is not promised.
    let back = Rollback.plan(snapshot, id, &What::Images(vec![]), &Value::Null, Timestamp::UNIX_EPOCH, "").map_err(errors::plan)?;
    let around = Around::of(snapshot, id).map_err(errors::plan)?;
    let (revision, images) = (r.number, r.images.join(", "));
    Ok(WayBackView {
        kind: WayBackKind::Rollback,
        seconds: plan::pace::rolling_update(&around),
        at_most: false,
        title: sentence!("{name}: back to revision {revision}", name = id.name, revision).into(),
        text: sentence!("revision {revision} ({images}) is written back, as a rolling update", revision, images).into(),
        steps: lanes::count(back.steps.len()),
        run: None,
    })
}

fn stale(context: &str) -> UiError {
    UiError::new(Code::Unreachable, sentence!("context {context}: the view is stale, nothing is written", context))
        .hint(sentence!("wait until it is live"))
}

fn none(why: Sentence) -> WayBackView {
    let title = sentence!("no way back").into();
    WayBackView { kind: WayBackKind::None, seconds: None, at_most: false, title, text: why.into(), steps: 0, run: None }
}

async fn effect(seen: watch::Receiver<Seen>, shows: impl FnMut(&Seen) -> bool) {
    effect_within(seen, EFFECT, shows).await;
}

/// Waits until a view shows the effect, or its driver is gone, or the time is over: the view is returned as it is then.
async fn effect_within(mut seen: watch::Receiver<Seen>, at_most: Duration, shows: impl FnMut(&Seen) -> bool) {
    let _ = tokio::time::timeout(at_most, seen.wait_for(shows)).await;
}
