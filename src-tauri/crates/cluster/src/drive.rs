//! Does what the state machine of a watch says, over a connection.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use kube::client::Body;
use model::kind::collection_path;
use model::{Kind, sentence};
use tokio::sync::{mpsc, watch as signal};
use tokio::time::{Instant, timeout_at};

use crate::codec::{Codec, Frame, Item, Json, ListDecoder, WatchDecoder};
use crate::connect::{Connection, lock};
use crate::feed::{Report, Told};
use crate::reads::next_frame;
use crate::watch::{Input, Moment, Output, Watch, step};
use crate::wire::Failure;

/// Objects of a collection that are handed on at once.
const CHUNK: usize = 500;

/// What the heart tells every watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wake {
    /// Counts the times that the server answered again after trouble.
    pub woken: u64,
    /// Counts the times that the connection counted as lost in between.
    pub healed: u64,
}

/// When a stream last gave a sign of life.
pub(crate) type Heard = Arc<Mutex<Option<Instant>>>;

enum Doing {
    Nothing,
    Asking,
    Listing(Box<Listing>),
    Watching(Box<Watching>),
    Pausing { until: Instant },
}

/// What was received and not yet handed on lives here, not in a future that may be given up half-way.
struct Listing {
    open: Option<(Body, Box<dyn ListDecoder>)>,
    items: Vec<Item>,
    ended: bool,
    deadline: Instant,
}

struct Watching {
    path: String,
    open: Option<(Body, Box<dyn WatchDecoder>)>,
    frames: Vec<Frame>,
    /// Without a whole frame by then, the stream is silent: one of a byte a second is silent too.
    until: Instant,
}

pub(crate) struct Driver {
    pub conn: Arc<Connection>,
    pub kind: Kind,
    pub namespace: Option<String>,
    pub slot: usize,
    pub heard: Heard,
    pub tell: mpsc::Sender<Report>,
    pub wake: signal::Receiver<Wake>,
}

/// A cheap number in 0..1, different for each process, moment and place in memory. Only spreads load.
pub(crate) fn chance() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0) % 10_000) as f64 / 10_000.0
}

impl Driver {
    /// Runs until whoever listens is gone.
    pub async fn run(mut self) {
        let mut state = Watch::new(self.kind);
        let mut doing = Doing::Nothing;
        let mut input = Input::Start;
        let mut known = *self.wake.borrow_and_update();
        loop {
            let (next, outputs) = step(state, input, Moment { now: Timestamp::now(), chance: chance() });
            state = next;
            for output in outputs {
                if self.act(output, &mut doing, known.healed).await.is_err() {
                    return;
                }
            }
            let mut wake = self.wake.clone();
            input = tokio::select! {
                biased;
                changed = wake.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let now = *self.wake.borrow_and_update();
                    let healed = now.healed != known.healed;
                    known = now;
                    if healed { Input::Healed } else { Input::Woken }
                }
                input = self.next(&mut doing) => input,
            };
        }
    }

    async fn act(&self, output: Output, doing: &mut Doing, healed: u64) -> Result<(), ()> {
        let told = match output {
            Output::Emit(changes) => Told::Deltas(changes.into_iter().map(Into::into).collect()),
            Output::State(state) => Told::State(state),
            Output::Discover => {
                *doing = Doing::Asking;
                return Ok(());
            }
            Output::List => {
                let deadline = Instant::now() + self.conn.deadlines().list;
                *doing = Doing::Listing(Box::new(Listing { open: None, items: Vec::new(), ended: false, deadline }));
                return Ok(());
            }
            Output::Watch { resource_version, seconds } => {
                let path = format!(
                    "{}?watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={seconds}",
                    self.path(),
                    crate::reads::query_value(&resource_version)
                );
                let until = Instant::now() + self.conn.deadlines().silent;
                *doing = Doing::Watching(Box::new(Watching { path, open: None, frames: Vec::new(), until }));
                return Ok(());
            }
            Output::Pause(d) => {
                *doing = Doing::Pausing { until: Instant::now() + d };
                return Ok(());
            }
        };
        self.tell.send(Report { slot: self.slot, healed, told }).await.map_err(|_| ())
    }

    fn path(&self) -> String {
        collection_path(self.kind, self.namespace.as_deref())
    }

    fn alive(&self) {
        *lock(&self.heard) = Some(Instant::now());
    }

    /// The next thing that happens. May be dropped at any await and called again.
    async fn next(&self, doing: &mut Doing) -> Input {
        let got = match doing {
            Doing::Nothing => std::future::pending().await,
            Doing::Asking => self.conn.is_installed(self.kind).await.map(Input::Installed),
            Doing::Pausing { until } => {
                tokio::time::sleep_until(*until).await;
                *doing = Doing::Nothing;
                Ok(Input::Alarm)
            }
            Doing::Listing(l) => self.list_more(l).await,
            Doing::Watching(w) => self.watch_more(w).await,
        };
        got.unwrap_or_else(Input::Failed)
    }

    async fn list_more(&self, l: &mut Listing) -> Result<Input, Failure> {
        if l.open.is_none() {
            let reply = self.conn.open_get(&self.path(), Json.accept(self.kind, false), false).await?;
            l.open = Some((reply.into_body(), Json.list(self.kind)));
        }
        let Some((body, decoder)) = &mut l.open else { return Err(Failure::Invalid(sentence!("no answer"))) };
        while !l.ended && l.items.len() < CHUNK {
            match next_frame(body, l.deadline, self.conn.deadlines().idle).await? {
                Some(bytes) => decoder.feed(&bytes, &mut l.items).map_err(|e| Failure::Invalid(e.said()))?,
                None => l.ended = true,
            }
            self.alive();
        }
        if !l.items.is_empty() {
            return Ok(Input::Items(std::mem::take(&mut l.items)));
        }
        let end = decoder.finish().map_err(|e| Failure::Invalid(e.said()))?;
        Ok(Input::ListEnded { resource_version: end.resource_version })
    }

    async fn watch_more(&self, w: &mut Watching) -> Result<Input, Failure> {
        let silent = self.conn.deadlines().silent;
        let Some((body, decoder)) = &mut w.open else {
            let reply = self.conn.open_get(&w.path, Json.accept(self.kind, true), false).await?;
            w.open = Some((reply.into_body(), Json.watch(self.kind)));
            w.until = Instant::now() + silent;
            self.alive();
            return Ok(Input::Opened);
        };
        loop {
            match timeout_at(w.until, next_frame(body, w.until + silent, silent * 2)).await {
                Err(_) => return Ok(Input::Silent),
                Ok(Ok(None)) => return Ok(Input::Ended),
                Ok(Err(e)) => return Err(e),
                Ok(Ok(Some(bytes))) => decoder.feed(&bytes, &mut w.frames).map_err(|e| Failure::Invalid(e.said()))?,
            }
            if !w.frames.is_empty() {
                w.until = Instant::now() + silent;
                self.alive();
                return Ok(Input::Frames(std::mem::take(&mut w.frames)));
            }
        }
    }
}
