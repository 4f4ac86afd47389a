//! Keeps the record of a run and its Lease while a process drives it, takes them, and gives them up.
//!
//! **The record is the fence.** Before a write leaves, its intent is in the record, by a patch that is guarded by the
//! record's `resourceVersion`. Who takes a run over raises the record's epoch first: whatever the earlier driver wants to
//! write after that finds its record changed, and stops. The two writes that may not wait for that round trip (the cutover
//! behind a gate, the flip back in the soak) are recorded beforehand, as *armed*: a taker shuts them out like any other write
//! whose outcome is not known.
//!
//! **The Lease says that somebody is alive.** It is renewed beside the run. Time is measured as the larger of the monotonic
//! and the wall clock's difference: the one stands still while a laptop sleeps, the other may be set.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use model::{ClusterIdentity, Kind, ObjectId, Sentence, Write, sentence};
use plan::{Plan, record as place};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::change::{Change, guarded};
use crate::ctx::{Ctx, Pace, Ports, Stop};
use crate::entry::{Choice, Direction, Event, HoldCode, Purpose, Said};
use crate::lease::{self, Lease};
use crate::ports::{Clock, Cluster, Mode, ReadError, WriteError};
use crate::record::{self, Armed, At, Driver, Face, Record, Unusable};
use crate::view::View;

/// Tries to patch what keeps changing.
const ATTEMPTS: u32 = 20;

/// Why a record could not be taken or made.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum ShareError {
    /// Somebody else has it, and is alive or may be.
    Held {
        /// Run.
        run: String,
        /// Who.
        by: String,
        /// How long ago, as far as it was looked at.
        seen: Heard,
    },
    /// Another run of this target is not over.
    Open {
        /// That run.
        run: String,
        /// Who drove it last.
        by: String,
    },
    /// The record is not what it says.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// There is none, or it is over.
    Nothing(String),
    /// It may not be read or written.
    Refused(Sentence),
    /// The API server does not answer.
    #[error(transparent)]
    Read(ReadError),
}

/// When whoever has a run was last heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A moment ago.
    Now,
    /// A while ago.
    Before,
    /// Its record says so; nobody looked at its Lease.
    ByRecord,
    /// That could not be read.
    Unread(Sentence),
}

impl ShareError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            ShareError::Held { run, by, seen } => match seen {
                Heard::Now => sentence!("run {run} is driven by {by}, last heard of a moment ago", run, by),
                Heard::Before => sentence!("run {run} is driven by {by}, last heard of a while ago", run, by),
                Heard::ByRecord => sentence!("run {run} is driven by {by}, last heard of by its record", run, by),
                Heard::Unread(why) => sentence!(
                    "run {run} is driven by {by}, last heard of at a time that cannot be told ({why})", run, by; why = why.clone()
                ),
            },
            ShareError::Open { run, by } => sentence!("run {run} of this workload is not over; {by} drove it last", run, by),
            ShareError::Unusable(e) => e.said(),
            ShareError::Nothing(object) => sentence!("{object}: no run that could be taken over", object),
            ShareError::Refused(why) => {
                sentence!("the record that other workstations need cannot be kept: {why}"; why = why.clone())
            }
            ShareError::Read(e) => e.said(),
        }
    }
}

impl From<ReadError> for ShareError {
    fn from(e: ReadError) -> Self {
        match e {
            ReadError::Forbidden { .. } => ShareError::Refused(e.said()),
            e => ShareError::Read(e),
        }
    }
}

/// How a run that another process has, or had, is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// It is of this installation, or was let go.
    Own,
    /// From whoever is silent for a whole Lease duration, measured here.
    Quiet,
    /// At once, from whoever has it; a reason is given to them.
    Steal(String),
}

/// Who drives which run, over which connection: what the run and the task that renews its Lease have in common.
struct Own {
    ports: Ports,
    cluster: ClusterIdentity,
    pace: Pace,
    driver: Driver,
    run: String,
    lease: ObjectId,
    /// When the API server last confirmed that this process has the run: by the monotonic clock, and by the wall clock.
    heard: Mutex<Moment>,
}

impl Own {
    fn cluster(&self) -> &dyn Cluster {
        self.ports.cluster.as_ref()
    }

    async fn write(&self, write: &Write) -> Result<Value, WriteError> {
        self.cluster().write(&self.cluster, write, Mode::Commit).await
    }

    /// A Lease that is not there yet.
    fn fresh_lease(&self, record: &ObjectId) -> Write {
        lease::create(&self.lease, &self.run, record, &self.driver, self.pace.lease, self.ports.clock.now())
    }

    /// The API server has just confirmed it.
    fn confirmed(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Moment::now(self.ports.clock.as_ref());
    }

    /// How long ago that was.
    fn age(&self) -> Duration {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).age(self.ports.clock.as_ref())
    }
}

/// A moment by both clocks: the monotonic one stands still while the machine sleeps, and the wall clock may be set.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    elapsed: Duration,
    wall: Timestamp,
}

impl Moment {
    pub fn now(clock: &dyn Clock) -> Self {
        Self { elapsed: clock.elapsed(), wall: clock.now() }
    }

    /// How long ago it was, by the clock that says more.
    pub fn age(&self, clock: &dyn Clock) -> Duration {
        let by_wall = Duration::try_from(clock.now().duration_since(self.wall)).unwrap_or_default();
        clock.elapsed().saturating_sub(self.elapsed).max(by_wall)
    }
}

/// The record and the Lease of a run that this process drives.
pub(crate) struct Shared {
    own: Arc<Own>,
    reason: Option<String>,
    record: Place,
    /// Everything that others may know; how much of it there is in the record is in [`Place`].
    entries: Vec<Value>,
    /// Armed by the driver before, and not settled yet.
    pub inherited: Vec<Armed>,
    /// Why nobody else sees this run.
    pub alone: Option<Sentence>,
    keeper: Option<Keeper>,
}

/// The record as it was last seen.
#[derive(Debug)]
enum Place {
    There(Box<At>),
    /// A patch's outcome is not known: it is read first.
    Doubtful(ObjectId),
    Missing(ObjectId),
}

impl Place {
    fn id(&self) -> &ObjectId {
        match self {
            Place::There(record) => &record.id,
            Place::Doubtful(id) | Place::Missing(id) => id,
        }
    }
}

/// The task that renews the Lease; it ends with its owner.
struct Keeper {
    task: AbortHandle,
    lost: watch::Receiver<Option<String>>,
    lease: Arc<tokio::sync::Mutex<Option<Lease>>>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What came of an update.
enum Pushed {
    Done,
    Taken(String),
    Refused(Sentence),
    Silent(Sentence),
}

/// What was taken from another driver.
pub(crate) struct Taken {
    pub record: Record,
    /// Who drove it.
    pub from: Driver,
}

/// What a process brings to a run that it drives.
#[derive(Clone)]
pub(crate) struct Terms {
    pub driver: Driver,
    pub reason: Option<String>,
    pub pace: Pace,
}

impl Shared {
    fn new(ports: &Ports, plan: &Plan, terms: Terms, record: ObjectId) -> Self {
        let own = Own {
            ports: ports.clone(),
            cluster: plan.cluster.clone(),
            pace: terms.pace,
            driver: terms.driver,
            run: plan.id.clone(),
            lease: place::lease(&plan.target.object),
            heard: Mutex::new(Moment::now(ports.clock.as_ref())),
        };
        Self {
            own: Arc::new(own),
            reason: terms.reason,
            record: Place::Missing(record),
            entries: vec![],
            inherited: vec![],
            alone: None,
            keeper: None,
        }
    }

    /// Takes the Lease and makes the record of a run that begins. Nothing of the plan is written before.
    pub async fn begin(ports: &Ports, plan: &Plan, terms: Terms) -> Result<Self, ShareError> {
        let view = View::new(Arc::new(plan.clone()));
        let mut shared = Self::new(ports, plan, terms, place::record(plan));
        match shared.acquire(plan, &view).await {
            Ok(()) => {}
            Err(ShareError::Refused(why)) if plan.goes_back() => shared.alone = Some(why),
            Err(e) => return Err(e),
        }
        Ok(shared)
    }

    async fn acquire(&mut self, plan: &Plan, view: &View) -> Result<(), ShareError> {
        let lease = match self.own.write(&self.own.fresh_lease(self.record.id())).await {
            Ok(made) => Lease::of(&self.own.lease, &made),
            // Somebody has one, had one, or this very request was answered by silence once.
            Err(WriteError::Precondition { .. } | WriteError::Unknown { .. }) => self.inherit_lease().await?,
            Err(e) => return Err(refused(e)),
        };
        if let Err(e) = self.clear_old(view).await {
            self.drop_lease(&lease).await;
            return Err(e);
        }
        let face = self.face(view);
        let id = self.record.id().clone();
        let manifest = record::manifest(&id, plan, &face, &[], &[]);
        match self.own.write(&Write::Create { object: id.clone(), manifest }).await {
            Ok(made) => {
                self.record = Place::There(Box::new(Record::read(&id, &made)?.at));
                self.keep(Some(lease));
                Ok(())
            }
            Err(WriteError::Precondition { .. }) => Err(self.who_has(&id).await?),
            Err(e) => {
                self.drop_lease(&lease).await;
                Err(refused(e))
            }
        }
    }

    /// A Lease is there: whose, and of a run that is over or never began?
    async fn inherit_lease(&self) -> Result<Lease, ShareError> {
        let silent =
            || ReadError::Unreachable { what: self.own.lease.said(), message: sentence!("it was just there and is gone; try again") };
        let lease = Lease::read(self.own.cluster(), &self.own.lease).await?.ok_or_else(silent)?;
        let of = lease.record.clone().unwrap_or_else(|| self.record.id().clone());
        if let Some(record) = read(self.own.cluster(), &of).await?
            && !record.at.face.over
        {
            return Err(open(&record.at.face));
        }
        match &lease.holder {
            Some(other) if !lease.is_of(&self.own.driver) => {
                quiet(&self.own.ports, &lease, &self.own.pace).await.map_err(|seen| held(&self.own.run, other, seen))?;
            }
            _ => {}
        }
        let taken = self.own.write(&lease.take(&self.own.driver, self.own.ports.clock.now())).await.map_err(refused)?;
        Ok(Lease::of(&self.own.lease, &taken))
    }

    /// The record of the run before gives its place, if that is over.
    async fn clear_old(&self, view: &View) -> Result<(), ShareError> {
        let own = self.record.id();
        for kind in [Kind::ConfigMap, own.kind] {
            let id = ObjectId { kind, ..own.clone() };
            let Some(object) = self.own.cluster().get(&id).await? else { continue };
            let face = Face::of_object(&object);
            let face =
                face.ok_or_else(|| Unusable { object: id.said(), why: sentence!("its name is that of a run's record, and it is none") })?;
            if !face.over {
                return Err(open(&face));
            }
            tracing::debug!(run = view.plan.id, before = face.run, "record of an earlier run gives its place");
            if let Some(delete) = guarded(&id, Some(&object), Change::Delete, "", |_| false, true) {
                self.own.write(&delete).await.map_err(refused)?;
            }
        }
        Ok(())
    }

    async fn drop_lease(&self, lease: &Lease) {
        // What stays is taken by the next run of this installation, or by anybody once it is silent for long enough.
        if let Err(e) = self.own.write(&lease.delete()).await {
            tracing::debug!(error = %e, "lease stays");
        }
    }

    async fn who_has(&self, id: &ObjectId) -> Result<ShareError, ShareError> {
        Ok(match read(self.own.cluster(), id).await? {
            Some(record) => open(&record.at.face),
            None => ShareError::Refused(sentence!("{object}: it was just there and is gone; try again", object = id.said())),
        })
    }

    /// Takes a run that is under way, as its record was read: its Lease, then its record. After this no other process writes
    /// anything of it. `above`: epoch that the new one must be above, of this installation's own journal.
    pub async fn join(ports: &Ports, mut found: Record, how: &Take, terms: Terms, above: u64) -> Result<(Self, Taken), ShareError> {
        let (at, plan) = (found.at.id.clone(), found.plan.clone());
        let reason = terms.reason.clone().or_else(|| found.at.face.reason.clone());
        let mut shared = Self::new(ports, &plan, Terms { reason, ..terms }, at.clone());
        let own = shared.own.clone();
        let lease = shared.seize(how, &found).await?;
        for _ in 0..ATTEMPTS {
            if found.at.face.over {
                shared.drop_lease(&lease).await;
                return Err(ShareError::Nothing(at.said()));
            }
            let from = found.at.face.driver.clone();
            let epoch = found.at.face.epoch.max(above) + 1;
            let face = Face { driver: own.driver.clone(), epoch, ..found.at.face.clone() };
            let update = found.at.update(&face, &found.entries, &found.at.armed);
            // Its epoch is raised: there is something to update.
            let Some(update) = update else { break };
            match own.write(&update).await {
                Ok(object) => {
                    let record = Record::read(&at, &object)?;
                    shared.entries = record.entries.clone();
                    shared.record = Place::There(Box::new(record.at.clone()));
                    shared.keep(Some(lease));
                    return Ok((shared, Taken { record, from }));
                }
                // The driver before still writes, or a taker was faster: the Lease tells which.
                Err(WriteError::Precondition { .. } | WriteError::Unknown { .. }) => {
                    let again = read(own.cluster(), &at).await?.ok_or_else(|| ShareError::Nothing(at.said()))?;
                    if again.at.face.run != plan.id {
                        return Err(open(&again.at.face));
                    }
                    if again.at.face.driver != found.at.face.driver && again.at.face.driver != own.driver {
                        return Err(held(&plan.id, &again.at.face.driver, Heard::Now));
                    }
                    found = again;
                }
                Err(e) => return Err(refused(e)),
            }
        }
        Err(ShareError::Refused(sentence!("{object}: keeps changing", object = at.said())))
    }

    async fn seize(&self, how: &Take, record: &Record) -> Result<Lease, ShareError> {
        let own = &self.own;
        let Some(mut lease) = Lease::read(own.cluster(), &own.lease).await? else {
            let made = own.write(&own.fresh_lease(&record.at.id)).await.map_err(|e| self.beaten(record, e))?;
            return Ok(Lease::of(&own.lease, &made));
        };
        match (&lease.holder, how) {
            (Some(other), Take::Own) if !lease.is_of(&self.own.driver) => {
                return Err(held(&self.own.run, other, Heard::Before));
            }
            (Some(other), Take::Quiet) if !lease.is_of(&self.own.driver) => {
                quiet(&self.own.ports, &lease, &self.own.pace).await.map_err(|seen| held(&self.own.run, other, seen))?;
            }
            _ => {}
        }
        for _ in 0..ATTEMPTS {
            match own.write(&lease.take(&own.driver, own.ports.clock.now())).await {
                Ok(taken) => return Ok(Lease::of(&own.lease, &taken)),
                // Renewed by its holder in this very moment: that is whom a steal is about.
                Err(WriteError::Precondition { .. }) if matches!(how, Take::Steal(_)) => {
                    let Some(now) = Lease::read(own.cluster(), &own.lease).await? else {
                        return Err(ShareError::Nothing(record.at.id.said()));
                    };
                    if now.holder != lease.holder {
                        return Err(held(&self.own.run, now.holder.as_ref().unwrap_or(&Driver::default()), Heard::Now));
                    }
                    lease = now;
                }
                Err(e) => return Err(self.beaten(record, e)),
            }
        }
        Err(held(&self.own.run, &record.at.face.driver, Heard::Now))
    }

    fn beaten(&self, record: &Record, e: WriteError) -> ShareError {
        match e {
            WriteError::Precondition { .. } => held(&self.own.run, &record.at.face.driver, Heard::Now),
            e => refused(e),
        }
    }

    /// A run of which nobody else knows: it goes back without the rights to say so, or its record is gone.
    pub fn without(ports: &Ports, plan: &Plan, terms: Terms, alone: Option<Sentence>) -> Self {
        Self { alone, ..Self::new(ports, plan, terms, place::record(plan)) }
    }

    /// What there is to be told so far; the record may have less.
    pub fn tell(&mut self, entries: Vec<Value>) {
        self.entries = entries;
    }

    /// One more entry.
    pub fn add(&mut self, entry: Value) {
        self.entries.push(entry);
    }

    /// Whether this write may leave without another word to the record: it is armed there, and the API server has confirmed
    /// not long ago that this process has the run.
    pub fn may_leave(&self, write: &Write) -> bool {
        if self.alone.is_some() {
            return true;
        }
        let Place::There(record) = &self.record else { return false };
        let armed = record.armed.iter().any(|a| matches!(a.last(), Some(Event::Intent { write: w, .. }) if w == write));
        armed && !self.is_stale() && self.lost().is_none()
    }

    /// Whether it has been silent for so long, asleep maybe, that others may have the run by now.
    fn is_stale(&self) -> bool {
        self.alone.is_none() && self.own.age() >= self.own.pace.lease
    }

    /// The record is read before anything else is said about it.
    pub fn doubt(&mut self) {
        if let Place::There(record) = &self.record {
            self.record = Place::Doubtful(record.id.clone());
        }
    }

    /// Who has it now, if this process has lost it.
    pub fn lost(&self) -> Option<String> {
        self.keeper.as_ref().and_then(|k| k.lost.borrow().clone())
    }

    /// Waits until this process has lost it: for ever, if it does not.
    pub async fn loss(&self) -> String {
        if let Some(mut lost) = self.keeper.as_ref().map(|k| k.lost.clone())
            // Its task ends with the loss, or with this run.
            && let Ok(by) = lost.wait_for(Option::is_some).await
        {
            return by.clone().unwrap_or_default();
        }
        std::future::pending().await
    }

    fn face(&self, view: &View) -> Face {
        record::face(view, &self.own.driver, self.reason.as_deref())
    }

    /// Brings the record up to date.
    async fn push(&mut self, view: &View, armed: &[Armed]) -> Pushed {
        if self.alone.is_some() {
            return Pushed::Done;
        }
        if let Some(by) = self.lost() {
            return Pushed::Taken(by);
        }
        if self.is_stale() {
            self.doubt();
        }
        let face = self.face(view);
        let armed: Vec<Armed> = self.inherited.iter().chain(armed).cloned().collect();
        for _ in 0..ATTEMPTS {
            let id = self.record.id().clone();
            let write = match &self.record {
                Place::There(record) => match record.update(&face, &self.entries, &armed) {
                    Some(write) => write,
                    None => return Pushed::Done,
                },
                Place::Missing(_) => {
                    let manifest = record::manifest(&id, &view.plan, &face, &self.entries, &armed);
                    Write::Create { object: id.clone(), manifest }
                }
                Place::Doubtful(_) => match self.look(&id).await {
                    Ok(()) => continue,
                    Err(pushed) => return pushed,
                },
            };
            match self.own.write(&write).await {
                Ok(object) => {
                    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_string();
                    let (uid, resource_version) = (text("uid"), text("resourceVersion"));
                    let entries = self.entries.len();
                    self.record = Place::There(Box::new(At { id, uid, resource_version, face, armed, entries }));
                    self.own.confirmed();
                    if self.keeper.is_none() {
                        self.keep(None);
                    }
                    return Pushed::Done;
                }
                // Changed, taken or deleted.
                Err(WriteError::Precondition { .. } | WriteError::Refused { status: 404, .. }) => self.record = Place::Doubtful(id),
                Err(e @ WriteError::Refused { .. }) => return Pushed::Refused(e.said()),
                Err(e @ (WriteError::NotSent { .. } | WriteError::Unknown { .. })) => {
                    self.record = Place::Doubtful(id);
                    return Pushed::Silent(e.said());
                }
            }
        }
        Pushed::Silent(sentence!("{object}: keeps changing", object = self.record.id().said()))
    }

    /// Reads the record anew, and tells whether it is still ours.
    async fn look(&mut self, id: &ObjectId) -> Result<(), Pushed> {
        let object = match self.own.cluster().get(id).await {
            Ok(object) => object,
            Err(e @ ReadError::Forbidden { .. }) => return Err(Pushed::Refused(e.said())),
            Err(e) => return Err(Pushed::Silent(e.said())),
        };
        self.record = match object {
            // Deleting a record deletes nothing but the word of it.
            None => Place::Missing(id.clone()),
            Some(object) => {
                let record = Record::read(id, &object).map_err(|e| Pushed::Refused(Sentence::quoted(e)))?;
                self.own.confirmed();
                if !record.at.face.is_of(&self.own.run, &self.own.driver) {
                    return Err(Pushed::Taken(record.at.face.driver.by));
                }
                if !self.entries.starts_with(&record.entries) {
                    return Err(Pushed::Taken(format!("{} (another process of this installation)", record.at.face.driver.by)));
                }
                Place::There(Box::new(record.at))
            }
        };
        Ok(())
    }

    /// Begins to renew.
    fn keep(&mut self, lease: Option<Lease>) {
        let (tell, lost) = watch::channel(None);
        let lease = Arc::new(tokio::sync::Mutex::new(lease));
        let renewer = Renewer { own: self.own.clone(), record: self.record.id().clone(), lease: lease.clone() };
        let task = tokio::spawn(renewer.run(tell)).abort_handle();
        self.own.confirmed();
        self.keeper = Some(Keeper { task, lost, lease });
    }

    /// The run did not begin after all.
    pub async fn withdraw(&mut self) {
        if let Place::There(record) = &self.record
            && let Err(e) = self.own.write(&record.delete()).await
        {
            tracing::debug!(run = self.own.run, error = %e, "record stays");
        }
        if let Some(keeper) = self.keeper.take()
            && let Some(lease) = keeper.lease.lock().await.clone()
        {
            self.drop_lease(&lease).await;
        }
    }

    /// As after a crash: nothing is renewed, nothing is given back.
    pub fn forget(&mut self) {
        self.keeper = None;
    }

    /// The last word: the record is brought up to date, the Lease is let go, or goes with a run that is over.
    pub async fn close(&mut self, view: &View) {
        let taken = matches!(self.push(view, &[]).await, Pushed::Taken(_));
        if self.alone.is_some() && view.status.is_final() {
            self.say_over(view).await;
        }
        let Some(keeper) = self.keeper.take() else { return };
        keeper.task.abort();
        if taken {
            return;
        }
        let lease = keeper.lease.lock().await.clone();
        let Some(lease) = lease else { return };
        let write = if view.status.is_final() { lease.delete() } else { lease.free() };
        if let Err(e) = self.own.write(&write).await {
            tracing::debug!(run = self.own.run, error = %e, "lease stays until it runs out");
        }
    }

    /// A record that could not be kept to the end, say for it was full, says at least that its run is over: an open one would be in
    /// the way of the next.
    async fn say_over(&self, view: &View) {
        let Ok(Some(found)) = read(self.own.cluster(), self.record.id()).await else { return };
        if found.at.face.over || !found.at.face.is_of(&self.own.run, &self.own.driver) {
            return;
        }
        let Some(write) = found.at.update(&self.face(view), &found.entries, &[]) else { return };
        if let Err(e) = self.own.write(&write).await {
            tracing::debug!(run = self.own.run, error = %e, "record stays open");
        }
    }
}

/// Renews the Lease, until somebody else has it.
struct Renewer {
    own: Arc<Own>,
    record: ObjectId,
    lease: Arc<tokio::sync::Mutex<Option<Lease>>>,
}

impl Renewer {
    async fn run(self, lost: watch::Sender<Option<String>>) {
        let renew = self.own.pace.renew;
        let mut pause = renew;
        loop {
            self.own.ports.clock.sleep(pause).await;
            pause = match self.once().await {
                Ok(true) => renew,
                Ok(false) => renew / 5,
                Err(by) => {
                    lost.send_replace(Some(by));
                    return;
                }
            };
        }
    }

    /// Whether it is renewed; an error is who has it.
    async fn once(&self) -> Result<bool, String> {
        let own = &self.own;
        let mut kept = self.lease.lock().await;
        let write = match kept.as_ref() {
            Some(lease) => lease.renew(own.ports.clock.now()),
            None => own.fresh_lease(&self.record),
        };
        match own.write(&write).await {
            Ok(object) => {
                *kept = Some(Lease::of(&own.lease, &object));
                own.confirmed();
                Ok(true)
            }
            Err(WriteError::Precondition { .. } | WriteError::Refused { status: 404, .. }) => {
                let Ok(there) = Lease::read(own.cluster(), &own.lease).await else { return Ok(false) };
                if let Some(other) = there.as_ref().filter(|l| !l.is_of(&own.driver)).and_then(|l| l.holder.clone()) {
                    return Err(other.by);
                }
                if there.is_none() {
                    // Deleted by somebody, or with the run that somebody else has ended: its record tells.
                    let Ok(record) = own.cluster().get(&self.record).await else { return Ok(false) };
                    if let Some(face) = record.as_ref().and_then(Face::of_object).filter(|f| !f.is_of(&own.run, &own.driver)) {
                        return Err(face.driver.by);
                    }
                }
                *kept = there;
                Ok(false)
            }
            Err(_) => Ok(false),
        }
    }
}

/// Reads a record. `None` = there is none.
pub async fn read(cluster: &dyn Cluster, id: &ObjectId) -> Result<Option<Record>, ShareError> {
    match cluster.get(id).await {
        Ok(Some(object)) => Ok(Some(Record::read(id, &object)?)),
        Ok(None) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Waits until a Lease was silent for its whole duration, by the own clock. An error: it was renewed meanwhile.
async fn quiet(ports: &Ports, lease: &Lease, pace: &Pace) -> Result<(), Heard> {
    let began = ports.clock.elapsed();
    while ports.clock.elapsed().saturating_sub(began) < lease.duration {
        ports.clock.sleep(pace.poll.max(Duration::from_millis(500))).await;
        match Lease::read(ports.cluster.as_ref(), &lease.id).await {
            Ok(Some(now)) if now.resource_version == lease.resource_version => {}
            Ok(_) => return Err(Heard::Now),
            Err(e) => return Err(Heard::Unread(e.said())),
        }
    }
    Ok(())
}

pub(crate) fn open(face: &Face) -> ShareError {
    ShareError::Open { run: face.run.clone(), by: face.driver.by.clone() }
}

pub(crate) fn held(run: &str, by: &Driver, seen: Heard) -> ShareError {
    ShareError::Held { run: run.to_string(), by: by.by.clone(), seen }
}

fn refused(e: WriteError) -> ShareError {
    match e {
        WriteError::NotSent { object, message } | WriteError::Unknown { object, message } => {
            ShareError::Read(ReadError::Unreachable { what: object, message })
        }
        e => ShareError::Refused(e.said()),
    }
}

pub(crate) fn alone(why: Sentence) -> Said {
    Said::new("alone", sentence!("nobody else sees this run, or can take it over: {why}"; why))
}

impl Ctx {
    /// Makes sure that nobody else has the run, as far as that can be asked: before it ends in this journal.
    pub(crate) async fn still_ours(&mut self) -> Result<(), Stop> {
        self.shared.doubt();
        self.share_if_possible().await
    }

    /// Has everything that is journaled in the record, before something is written that depends on it.
    pub(crate) async fn share(&mut self) -> Result<(), Stop> {
        let mut silent = None;
        loop {
            match self.push().await {
                Pushed::Done => return Ok(()),
                Pushed::Taken(by) => return Err(Stop::TakenOver(by)),
                // Going back goes on; that nobody else sees it is noted.
                Pushed::Refused(why) if self.direction == Direction::Undo || self.plan.goes_back() => self.go_alone(why)?,
                Pushed::Refused(why) => {
                    let said = sentence!("the record that other workstations need cannot be written: {why}"; why);
                    return Err(Stop::hold(HoldCode::NotAllowed, Said::new("not-shared", said), &[Choice::Retry, Choice::BackOut]));
                }
                Pushed::Silent(why) => self.silence(why, &mut silent).await?,
            }
        }
    }

    /// As far as it can be done now; whoever waits does not wait for it.
    pub(crate) async fn share_if_possible(&mut self) -> Result<(), Stop> {
        match self.push().await {
            Pushed::Taken(by) => Err(Stop::TakenOver(by)),
            Pushed::Done | Pushed::Refused(_) | Pushed::Silent(_) => Ok(()),
        }
    }

    async fn push(&mut self) -> Pushed {
        let armed = self.armed();
        self.shared.push(&self.view, &armed).await
    }

    fn go_alone(&mut self, why: Sentence) -> Result<(), Stop> {
        self.shared.alone = Some(why.clone());
        self.log(vec![Event::Observed { step: self.step.clone(), said: alone(why) }])
    }

    /// Writes that may leave without being recorded one by one: the cutover behind the gate that waits, and the flip back.
    fn armed(&self) -> Vec<Armed> {
        if self.view.pending().is_some() {
            return vec![];
        }
        let intent = |step: String, direction: Direction, write: Write| Event::Intent {
            n: self.view.n + 1,
            step,
            direction,
            attempt: 1,
            write,
            pre_image: None,
            purpose: Purpose::Step,
        };
        let on = self.live.armed.as_ref().and_then(|a| {
            let mut events = crate::steps::passed(&self.view, &a.step)?;
            events.push(intent(a.step.clone(), Direction::Run, a.first.clone()?));
            Some(events)
        });
        let back = crate::run::flip_back(self, crate::run::asked(String::new())).map(|(step, write, mut events)| {
            events.push(intent(step, Direction::Undo, write));
            events
        });
        on.into_iter().chain(back).collect()
    }
}
