//! The live view of a connection: one watch per kind (and namespace), merged into one stream of events that waits for
//! a slow reader without growing: what is not taken yet is kept once per object.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use model::{Delta, Kind, ObjectId, Sentence, sentence};
use tokio::sync::{mpsc, watch as signal};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::connect::{Connection, lock};
use crate::drive::{Driver, Heard, Wake};
use crate::heart::{self, Pulse};
use crate::watch::KindState;

/// Deltas in one event at most.
const BATCH: usize = 2000;
/// How often freshness is looked at.
const TICK: Duration = Duration::from_millis(500);
/// How often it is told while it is not live. While it is, each heartbeat that was answered is told.
const STEADY: Duration = Duration::from_secs(2);

/// Which namespaces are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// All, in one watch per kind.
    All,
    /// These, in one watch per kind and namespace.
    Only(Vec<String>),
}

/// Something that happened in the cluster, or to the view of it.
#[derive(Clone, Debug)]
pub enum FeedEvent {
    /// Objects that changed, one entry per object. Those of a listing come before its [`KindState::Live`].
    Deltas(Vec<Delta>),
    /// How a kind stands; over several namespaces the worst of them.
    Kind(Kind, KindState),
    /// How old the view is.
    Freshness(Freshness),
}

/// How old the view is (invariant I7: as old as its oldest stream).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Everything that can be watched is, and the last heartbeat is recent. When false, nothing is written.
    pub live: bool,
    /// Time since the quietest stream gave a sign of life; up to 60 s between two bookmarks of a stream that is well.
    pub oldest_age: Duration,
    /// Time since the last heartbeat that was answered.
    pub heartbeat_age: Option<Duration>,
    /// Why it is not live.
    pub why: Option<Sentence>,
}

/// The stream of events. Dropping it ends every watch.
pub struct Feed {
    events: mpsc::Receiver<FeedEvent>,
    leads: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

impl Feed {
    /// The next event. Never `None` while the feed is held.
    pub async fn next(&mut self) -> Option<FeedEvent> {
        self.events.recv().await
    }

    /// From now on this feed says whether the connection is stale. The one that said so before has to be dropped.
    pub fn lead(&self) {
        self.leads.store(true, Ordering::Relaxed);
    }
}

pub(crate) struct Report {
    pub slot: usize,
    /// Of [`Wake::healed`]: what was said before a loss does not speak for the time after it.
    pub healed: u64,
    pub told: Told,
}

pub(crate) enum Told {
    Deltas(Vec<Delta>),
    State(KindState),
}

struct Slot {
    kind: Kind,
    state: Option<KindState>,
    healed: u64,
    heard: Heard,
}

/// Starts watching. The connection is stale from now on until everything was listed once.
pub fn watch(conn: Arc<Connection>, kinds: &[Kind], namespaces: &Namespaces) -> Feed {
    conn.policy().set_stale(true);
    let feed = watch_beside(conn, kinds, namespaces);
    feed.lead();
    feed
}

/// Starts watching beside a feed that goes on: whether the connection is stale stays that one's word until
/// [`Feed::lead`]. So what is watched can change in the middle of a run without a moment of not knowing.
pub fn watch_beside(conn: Arc<Connection>, kinds: &[Kind], namespaces: &Namespaces) -> Feed {
    let (tell, told) = mpsc::channel(64);
    let (out, events) = mpsc::channel(2);
    let (wake_tx, wake) = signal::channel(Wake::default());
    let (pulse_tx, pulse) = signal::channel(Pulse::default());
    let mut tasks = JoinSet::new();
    let mut slots = Vec::new();
    for &kind in kinds {
        let places = match namespaces {
            Namespaces::Only(all) if kind.namespaced() => all.iter().cloned().map(Some).collect(),
            _ => vec![None],
        };
        for namespace in places {
            let heard = Heard::default();
            let slot = slots.len();
            let driver = Driver { conn: conn.clone(), kind, namespace, slot, heard: heard.clone(), tell: tell.clone(), wake: wake.clone() };
            slots.push(Slot { kind, state: None, healed: 0, heard });
            tasks.spawn(driver.run());
        }
    }
    tasks.spawn(heart::run(conn.clone(), pulse_tx, wake_tx));
    let leads = Arc::new(AtomicBool::new(false));
    let hub = Hub {
        conn,
        leads: leads.clone(),
        slots,
        pulse,
        wake,
        started: Instant::now(),
        deltas: BTreeMap::new(),
        kinds: BTreeMap::new(),
        fresh: None,
        said: None,
    };
    tasks.spawn(hub.run(told, out));
    Feed { events, leads, _tasks: tasks }
}

/// Merges the reports, and keeps what was not taken yet.
struct Hub {
    conn: Arc<Connection>,
    leads: Arc<AtomicBool>,
    slots: Vec<Slot>,
    pulse: signal::Receiver<Pulse>,
    wake: signal::Receiver<Wake>,
    started: Instant,
    deltas: BTreeMap<ObjectId, Delta>,
    kinds: BTreeMap<Kind, KindState>,
    fresh: Option<Freshness>,
    /// When freshness was last told, and what of it: live, and the last heartbeat.
    said: Option<(Instant, bool, Option<Instant>)>,
}

impl Hub {
    async fn run(mut self, mut told: mpsc::Receiver<Report>, out: mpsc::Sender<FeedEvent>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let waiting = !self.deltas.is_empty() || !self.kinds.is_empty() || self.fresh.is_some();
            tokio::select! {
                Some(report) = told.recv() => self.take(report),
                _ = tick.tick() => self.look(),
                Ok(()) = self.pulse.changed() => self.look(),
                permit = out.reserve(), if waiting => {
                    let Ok(permit) = permit else { return };
                    if let Some(event) = self.pop() {
                        permit.send(event);
                    }
                }
            }
        }
    }

    fn take(&mut self, report: Report) {
        match report.told {
            Told::Deltas(deltas) => {
                self.deltas.extend(deltas.into_iter().map(|delta| (delta.id(), delta)));
            }
            Told::State(state) => {
                let kind = self.slots[report.slot].kind;
                self.slots[report.slot].state = Some(state);
                self.slots[report.slot].healed = report.healed;
                let all = self.slots.iter().filter(|s| s.kind == kind).map(|s| s.state.as_ref());
                if let Some(merged) = merge(all) {
                    self.kinds.insert(kind, merged);
                }
                self.look();
            }
        }
    }

    /// Objects before states, states before freshness: nobody is told "live" before having what that speaks of.
    fn pop(&mut self) -> Option<FeedEvent> {
        if !self.deltas.is_empty() {
            let rest = match self.deltas.keys().nth(BATCH).cloned() {
                Some(id) => self.deltas.split_off(&id),
                None => BTreeMap::new(),
            };
            let batch = std::mem::replace(&mut self.deltas, rest);
            return Some(FeedEvent::Deltas(batch.into_values().collect()));
        }
        if let Some((kind, state)) = self.kinds.pop_first() {
            return Some(FeedEvent::Kind(kind, state));
        }
        self.fresh.take().map(FeedEvent::Freshness)
    }

    fn look(&mut self) {
        let now = self.freshness();
        if self.leads.load(Ordering::Relaxed) {
            self.conn.policy().set_stale(!now.live);
        }
        let beat = self.pulse.borrow().last;
        let due = self.said.is_none_or(|(at, live, last)| (live, last) != (now.live, beat) || !now.live && at.elapsed() >= STEADY);
        if due {
            self.said = Some((Instant::now(), now.live, beat));
            self.fresh = Some(now);
        } else if let Some(waiting) = &mut self.fresh {
            *waiting = now;
        }
    }

    fn freshness(&self) -> Freshness {
        let pulse = self.pulse.borrow();
        let healed = self.wake.borrow().healed;
        let heartbeat_age = pulse.last.map(|t| t.elapsed());
        let mut oldest_age = Duration::ZERO;
        let mut why = pulse.stranger.clone().or_else(|| pulse.slept.then(|| sentence!("the machine slept")));
        if heartbeat_age.unwrap_or_else(|| self.started.elapsed()) > self.conn.deadlines().lost {
            why = why.or_else(|| {
                Some(match &pulse.trouble {
                    Some(why) => sentence!("connection lost ({why})"; why = why.clone()),
                    None => sentence!("connection lost (no heartbeat)"),
                })
            });
        } else if heartbeat_age.is_none() {
            why = why.or_else(|| {
                Some(match &pulse.trouble {
                    Some(why) => sentence!("no connection ({why})"; why = why.clone()),
                    None => sentence!("connecting"),
                })
            });
        }
        for s in &self.slots {
            let kind = s.kind.plural();
            let bad = match &s.state {
                Some(KindState::Live { .. }) if s.healed == healed => None,
                Some(KindState::Live { .. }) => Some(sentence!("{kind} is being opened again", kind)),
                // What may not or cannot be seen does not make the rest older.
                Some(KindState::NotInstalled | KindState::Forbidden { .. }) => continue,
                Some(KindState::Listing { .. }) | None => Some(sentence!("{kind} is being listed", kind)),
                Some(KindState::Stale { .. }) => Some(sentence!("{kind} gives no sign of life", kind)),
                Some(KindState::Broken { why, .. }) => Some(sentence!("{kind} broke off ({why})", kind; why = why.clone())),
            };
            let age = lock(&s.heard).map_or_else(|| self.started.elapsed(), |t| t.elapsed());
            oldest_age = oldest_age.max(age);
            if let Some(bad) = bad {
                why = why.or(Some(bad));
            }
        }
        Freshness { live: why.is_none(), oldest_age, heartbeat_age, why }
    }
}

/// The worst of several namespaces.
fn merge<'a>(all: impl Iterator<Item = Option<&'a KindState>>) -> Option<KindState> {
    let rank = |s: &KindState| match s {
        KindState::NotInstalled => 0,
        KindState::Live { .. } => 1,
        KindState::Forbidden { .. } => 2,
        KindState::Listing { .. } => 3,
        KindState::Stale { .. } => 4,
        KindState::Broken { .. } => 5,
    };
    all.flatten().cloned().reduce(|a, b| match (a, b) {
        (KindState::Listing { received: a }, KindState::Listing { received: b }) => KindState::Listing { received: a + b },
        (KindState::Live { since: s1, last: l1, unreadable: u1 }, KindState::Live { since: s2, last: l2, unreadable: u2 }) => {
            KindState::Live { since: s1.max(s2), last: l1.min(l2), unreadable: u1 + u2 }
        }
        (a, b) if rank(&a) >= rank(&b) => a,
        (_, b) => b,
    })
}
