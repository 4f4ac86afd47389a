//! List, then watch, for one kind in one namespace: the state machine, without network or clock.
//!
//! `step` takes what happened and says what to do next; `drive` does it. A drop goes on from the last resourceVersion
//! without a new list; only a server that has forgotten it (410), bytes that cannot be read, or a silent stream cost one.
//! A new list ends with a `Remove` for each object that is gone, so whoever follows never starts over.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use model::{Delta, Kind, ObjectId, Sentence, sentence};

use crate::codec::{Frame, Item};
use crate::wire::Failure;

/// A right that is missing, or a kind that is not installed, is looked at again this seldom.
const FORBIDDEN_PAUSE: Duration = Duration::from_secs(60);
const ABSENT_PAUSE: Duration = Duration::from_secs(120);
/// Longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How one kind stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KindState {
    /// The API server does not serve the kind; looked at again every two minutes.
    NotInstalled,
    /// The user may not list or watch it.
    Forbidden {
        /// The server's words.
        message: Sentence,
    },
    /// Being listed.
    Listing {
        /// Objects so far.
        received: usize,
    },
    /// Listed, and changes arrive.
    Live {
        /// Since when.
        since: Timestamp,
        /// Last sign of life of the stream (a change or a bookmark).
        last: Timestamp,
        /// Objects that could not be decoded and are not shown.
        unreadable: usize,
    },
    /// No stream; tried again and again.
    Broken {
        /// Why.
        why: Sentence,
        /// Since when.
        since: Timestamp,
    },
    /// The stream is open but silent, or is being opened again after a loss.
    Stale {
        /// Since when.
        since: Timestamp,
    },
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    Start,
    Installed(bool),
    Items(Vec<Item>),
    ListEnded {
        resource_version: String,
    },
    Opened,
    Frames(Vec<Frame>),
    /// The watch ended as agreed.
    Ended,
    Failed(Failure),
    /// Nothing came for longer than bookmarks take.
    Silent,
    /// A pause is over.
    Alarm,
    /// The server answers again after trouble: no need to wait longer.
    Woken,
    /// The connection was lost and is back: open streams are as likely dead as not.
    Healed,
}

/// What to do. At most one of the first four per step; it replaces what was being done.
#[derive(Debug, PartialEq)]
pub(crate) enum Output {
    Discover,
    List,
    Watch { resource_version: String, seconds: u32 },
    Pause(Duration),
    Emit(Vec<Change>),
    State(KindState),
}

/// A `Delta`, comparable.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    Upsert(model::Object),
    Remove(ObjectId),
}

impl From<Change> for Delta {
    fn from(d: Change) -> Delta {
        match d {
            Change::Upsert(o) => Delta::Upsert(o),
            Change::Remove(id) => Delta::Remove(id),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Asking,
    Listing { seen: BTreeSet<Key>, received: usize },
    Opening,
    Live { frames: u64 },
    Pausing,
}

type Key = (String, String);

/// One watch.
#[derive(Debug)]
pub(crate) struct Watch {
    kind: Kind,
    phase: Phase,
    known: BTreeSet<Key>,
    unreadable: BTreeSet<Key>,
    resource_version: Option<String>,
    failures: u32,
    live_since: Option<Timestamp>,
    trouble_since: Option<Timestamp>,
}

/// When a step happens, and a number in 0..1 that keeps many clients from doing the same thing at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub now: Timestamp,
    pub chance: f64,
}

impl Watch {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            phase: Phase::Idle,
            known: BTreeSet::new(),
            unreadable: BTreeSet::new(),
            resource_version: None,
            failures: 0,
            live_since: None,
            trouble_since: None,
        }
    }

    fn id(&self, key: &Key) -> ObjectId {
        ObjectId::new(self.kind, &key.0, &key.1)
    }

    /// A group of its own may be a custom resource: where it is not installed a list is 403 for most users, so ask first.
    fn may_be_absent(&self) -> bool {
        let built_in = ["", "apps", "autoscaling", "policy", "batch", "networking.k8s.io", "discovery.k8s.io", "scheduling.k8s.io"];
        !built_in.contains(&self.kind.group()) && !["node.k8s.io", "coordination.k8s.io"].contains(&self.kind.group())
    }

    fn begin(&mut self) -> Vec<Output> {
        if self.may_be_absent() {
            self.phase = Phase::Asking;
            return vec![Output::Discover];
        }
        self.list()
    }

    fn list(&mut self) -> Vec<Output> {
        self.resource_version = None;
        self.phase = Phase::Listing { seen: BTreeSet::new(), received: 0 };
        vec![Output::State(KindState::Listing { received: 0 }), Output::List]
    }

    /// Goes on from the last resourceVersion, or from the start.
    fn resume(&mut self, at: Moment) -> Vec<Output> {
        match self.resource_version.clone() {
            Some(resource_version) => {
                self.phase = Phase::Opening;
                // Spread, so that not all watches end in the same second.
                vec![Output::Watch { resource_version, seconds: 60 + (at.chance * 230.0) as u32 }]
            }
            None => self.begin(),
        }
    }

    fn pause(&mut self, d: Duration) -> Output {
        self.phase = Phase::Pausing;
        Output::Pause(d)
    }

    fn live(&mut self, at: Moment) -> Output {
        self.trouble_since = None;
        let since = *self.live_since.get_or_insert(at.now);
        Output::State(KindState::Live { since, last: at.now, unreadable: self.unreadable.len() })
    }
}

fn backoff(failures: u32, chance: f64) -> Duration {
    let whole = Duration::from_millis(500) * 2u32.pow(failures.saturating_sub(1).min(5));
    whole.min(LONGEST_PAUSE).mul_f64(0.5 + chance / 2.0)
}

/// What to do after this. Every pair that is not named here changes nothing (a late word of something given up).
pub(crate) fn step(mut w: Watch, input: Input, at: Moment) -> (Watch, Vec<Output>) {
    let out = match (&w.phase, input) {
        (_, Input::Start) => w.begin(),
        (Phase::Asking, Input::Installed(true)) => w.list(),
        (Phase::Asking, Input::Installed(false)) => absent(&mut w),
        (Phase::Listing { .. }, Input::Items(items)) => items_came(&mut w, items),
        (Phase::Listing { .. }, Input::ListEnded { resource_version }) => list_ended(&mut w, resource_version, at),
        (Phase::Opening, Input::Opened) => {
            w.phase = Phase::Live { frames: 0 };
            vec![w.live(at)]
        }
        (Phase::Live { .. }, Input::Frames(frames)) => frames_came(&mut w, frames, at),
        (Phase::Live { frames: 0 }, Input::Ended) => {
            // Ended without a bookmark: somebody cuts streams short. Not in a hot loop.
            w.failures += 1;
            vec![w.pause(backoff(w.failures, at.chance))]
        }
        (Phase::Live { .. } | Phase::Opening, Input::Ended) => w.resume(at),
        (Phase::Live { .. } | Phase::Opening, Input::Silent) => {
            let mut out = vec![Output::State(KindState::Stale { since: at.now })];
            out.extend(w.list().into_iter().filter(|o| !matches!(o, Output::State(_))));
            out
        }
        (Phase::Idle | Phase::Pausing, Input::Failed(_)) => Vec::new(),
        (_, Input::Failed(failure)) => failed(&mut w, failure, at),
        (Phase::Pausing, Input::Alarm | Input::Woken) => w.resume(at),
        (Phase::Idle, Input::Healed) => Vec::new(),
        (_, Input::Healed) => {
            let mut out = vec![Output::State(KindState::Stale { since: *w.trouble_since.get_or_insert(at.now) })];
            out.extend(w.resume(at));
            out
        }
        _ => Vec::new(),
    };
    (w, out)
}

fn absent(w: &mut Watch) -> Vec<Output> {
    let gone: Vec<Change> = std::mem::take(&mut w.known).iter().map(|k| Change::Remove(w.id(k))).collect();
    w.resource_version = None;
    w.live_since = None;
    w.trouble_since = None;
    let mut out = emit(gone);
    out.push(Output::State(KindState::NotInstalled));
    out.push(w.pause(ABSENT_PAUSE));
    out
}

fn emit(deltas: Vec<Change>) -> Vec<Output> {
    if deltas.is_empty() { Vec::new() } else { vec![Output::Emit(deltas)] }
}

/// Takes an item into account; what followers are told of it.
fn item_came(w: &mut Watch, item: Item) -> (Option<Key>, Option<Change>) {
    match item {
        Item::Object(o) => {
            let key = (o.meta().namespace.clone(), o.meta().name.clone());
            w.known.insert(key.clone());
            w.unreadable.remove(&key);
            (Some(key), Some(Change::Upsert(o)))
        }
        Item::Unreadable { id, why } => {
            let key = id.map(|i| (i.namespace, i.name)).unwrap_or_default();
            tracing::warn!(kind = %w.kind, namespace = key.0, name = key.1, why, "object cannot be read");
            // What was known of it is no longer so.
            let delta = w.known.remove(&key).then(|| Change::Remove(w.id(&key)));
            w.unreadable.insert(key);
            (None, delta)
        }
    }
}

fn items_came(w: &mut Watch, items: Vec<Item>) -> Vec<Output> {
    let count = items.len();
    let mut keys = Vec::with_capacity(count);
    let mut deltas = Vec::with_capacity(count);
    for item in items {
        let (key, delta) = item_came(w, item);
        keys.extend(key);
        deltas.extend(delta);
    }
    let mut out = emit(deltas);
    if let Phase::Listing { seen, received } = &mut w.phase {
        seen.extend(keys);
        *received += count;
        out.push(Output::State(KindState::Listing { received: *received }));
    }
    out
}

fn list_ended(w: &mut Watch, resource_version: String, at: Moment) -> Vec<Output> {
    if resource_version.is_empty() {
        return failed(w, Failure::Invalid(sentence!("the collection has no resourceVersion")), at);
    }
    let seen = match std::mem::replace(&mut w.phase, Phase::Opening) {
        Phase::Listing { seen, .. } => seen,
        _ => BTreeSet::new(),
    };
    let gone = w.known.difference(&seen).map(|k| Change::Remove(w.id(k))).collect();
    w.unreadable.retain(|k| !seen.contains(k));
    w.known = seen;
    w.resource_version = Some(resource_version);
    let mut out = emit(gone);
    out.extend(w.resume(at));
    out
}

fn frames_came(w: &mut Watch, frames: Vec<Frame>, at: Moment) -> Vec<Output> {
    let mut deltas = Vec::new();
    let mut over = None;
    let count = frames.len() as u64;
    for frame in frames {
        let resource_version = match frame {
            Frame::Upsert { item, resource_version } => {
                deltas.extend(item_came(w, item).1);
                resource_version
            }
            Frame::Remove { id, resource_version } => {
                let key = (id.namespace.clone(), id.name.clone());
                w.unreadable.remove(&key);
                if w.known.remove(&key) {
                    deltas.push(Change::Remove(id));
                }
                resource_version
            }
            Frame::Bookmark { resource_version } => resource_version,
            Frame::Error { code: 410, message } => {
                over = Some(Failure::Gone(Sentence::quoted(message)));
                break;
            }
            Frame::Error { message, .. } => {
                over = Some(Failure::Unreachable(Sentence::quoted(message)));
                break;
            }
        };
        if !resource_version.is_empty() {
            w.resource_version = Some(resource_version);
        }
        w.failures = 0;
    }
    if let Phase::Live { frames } = &mut w.phase {
        *frames += count;
    }
    let mut out = emit(deltas);
    match over {
        Some(failure) => out.extend(failed(w, failure, at)),
        None => out.push(w.live(at)),
    }
    out
}

fn failed(w: &mut Watch, failure: Failure, at: Moment) -> Vec<Output> {
    w.failures += 1;
    let pause = backoff(w.failures, at.chance);
    match failure {
        // Too old: list at once, but not again and again.
        Failure::Gone(_) if w.failures == 1 => w.list(),
        Failure::NotFound(_) => absent(w),
        Failure::Forbidden(message) => {
            w.live_since = None;
            vec![Output::State(KindState::Forbidden { message }), w.pause(FORBIDDEN_PAUSE)]
        }
        other => {
            // The same bytes would come again: start over. So would a resourceVersion that is too old.
            if matches!(other, Failure::Invalid(_) | Failure::Gone(_)) {
                w.resource_version = None;
            }
            let pause = if let Failure::Busy { after, .. } = &other { pause.max(*after) } else { pause };
            let why = match &other {
                Failure::Unauthorized(why) => sentence!("not signed in ({why})"; why = why.clone()),
                f => f.message().clone(),
            };
            w.live_since = None;
            let since = *w.trouble_since.get_or_insert(at.now);
            vec![Output::State(KindState::Broken { why, since }), w.pause(pause)]
        }
    }
}

#[cfg(test)]
mod tests;
