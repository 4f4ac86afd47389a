//! Logs that are open: a task that looks at the live objects and reads, and who asks for what has come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::*;
use async_trait::async_trait;
use cluster::{Connection, LogAsk, LogError, LogLine, LogStream};
use engine::Clock;
use jiff::Timestamp;
use model::{ObjectId, Sentence};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::{Instant, interval, sleep_until, timeout};

use super::queue::{Entry, Queue};
use super::roster::{Roster, Todo, Wish};
use super::seats::Seen;
use crate::lanes::count;
use crate::locked;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two looks at the live objects.
    pub look: Duration,
    /// Between two batches: as often as somebody can see.
    pub batch: Duration,
    /// Before the first one: so that the last lines of all logs are there, and can be put in order.
    pub first: Duration,
    /// How long a call waits for something to come.
    pub patience: Duration,
    /// Who has not asked for so long is gone: a page that was loaded anew says no goodbye.
    pub left: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self { look: ms(500), batch: ms(100), first: ms(400), patience: ms(5_000), left: ms(60_000) }
    }
}

/// Where logs come from: a connection, or a test's.
#[async_trait]
pub trait Reader: Send + Sync + 'static {
    async fn open(&self, pod: &ObjectId, ask: &LogAsk) -> Result<Box<dyn Stream>, LogError>;
}

/// A log that is read.
#[async_trait]
pub trait Stream: Send {
    /// Reads on; false = that was the end.
    async fn next(&mut self, take: &mut (dyn FnMut(LogLine) + Send)) -> Result<bool, LogError>;
}

#[async_trait]
impl Reader for Connection {
    async fn open(&self, pod: &ObjectId, ask: &LogAsk) -> Result<Box<dyn Stream>, LogError> {
        Ok(Box::new(self.open_log(pod, ask).await?))
    }
}

#[async_trait]
impl Stream for LogStream {
    async fn next(&mut self, take: &mut (dyn FnMut(LogLine) + Send)) -> Result<bool, LogError> {
        LogStream::next(self, take).await
    }
}

/// Logs that are open; dropping it ends all of them.
pub struct Session {
    pub context: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    /// There is something to ask for.
    news: Notify,
    pace: Pace,
    clock: Arc<dyn Clock>,
}

struct State {
    roster: Roster,
    queue: Queue,
    status: LogStatus,
    /// The status that was handed over last.
    told: Option<LogStatus>,
    asked: Instant,
    next: Instant,
    over: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Session {
    pub fn start(
        context: String,
        reader: Arc<dyn Reader>,
        look: impl Fn() -> Seen + Send + 'static,
        wish: Wish,
        (pace, clock): (Pace, Arc<dyn Clock>),
    ) -> Self {
        let now = Instant::now();
        let state = State {
            roster: Roster::new(wish),
            queue: Queue::default(),
            status: LogStatus { sources: vec![], containers: vec![], pods: 0, left_out: 0 },
            told: None,
            asked: now,
            next: now + pace.first,
            over: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), news: Notify::new(), pace, clock });
        let task = tokio::spawn(run(reader, look, shared.clone()));
        Self { context, shared, task }
    }

    /// What has come since the last call, once there is something, no more often than may be. `None` = it is over.
    pub async fn next(&self) -> Option<LogBatch> {
        let due = {
            let mut s = locked(&self.shared.state);
            s.asked = Instant::now();
            s.next
        };
        sleep_until(due).await;
        let something = async {
            while !locked(&self.shared.state).has_news() {
                self.shared.news.notified().await;
            }
        };
        // Nothing came: an empty batch says that somebody is still there.
        let _ = timeout(self.shared.pace.patience, something).await;
        let mut s = locked(&self.shared.state);
        s.asked = Instant::now();
        s.next = s.asked + self.shared.pace.batch;
        (!s.over).then(|| s.batch())
    }

    pub fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Ends it; who waits for more is told that there is none.
    pub fn end(&self) {
        locked(&self.shared.state).over = true;
        self.shared.news.notify_one();
        self.task.abort();
    }
}

impl State {
    fn has_news(&self) -> bool {
        self.over || !self.queue.is_empty() || self.told.as_ref() != Some(&self.status)
    }

    fn batch(&mut self) -> LogBatch {
        let (dropped, entries) = self.queue.take();
        let status = (self.told.as_ref() != Some(&self.status)).then(|| self.status.clone());
        if status.is_some() {
            self.told.clone_from(&status);
        }
        LogBatch { dropped: count(dropped), entries: entries.into_iter().map(entry).collect(), status }
    }

    /// Notes how the logs stand now.
    fn note(&mut self) {
        let mut sources: Vec<LogSource> = self
            .roster
            .sources
            .iter()
            .map(|(id, s)| LogSource {
                id: *id,
                pod: s.seat.pod.name.clone(),
                container: s.seat.container.clone(),
                state: s.state,
                why: s.why.clone().map(Into::into),
            })
            .collect();
        sources.sort_by(|a, b| (&a.pod, &a.container).cmp(&(&b.pod, &b.container)));
        self.status.sources = sources;
        self.status.left_out = count(self.roster.left_out);
    }
}

fn entry(e: Entry) -> LogEntry {
    LogEntry { source: e.source, at: format!("{:.3}", e.at), text: e.text, cut: count(e.cut), note: e.note.map(Into::into) }
}

impl Shared {
    fn tell(&self, s: &mut State, source: u32, said: Sentence) {
        s.queue.push(Entry { source, at: self.clock.now(), text: String::new(), cut: 0, note: Some(said) });
    }

    fn line(&self, id: u32, line: LogLine) {
        let mut s = locked(&self.state);
        if !s.roster.came(id, line.at) {
            return;
        }
        // Words of the kubelet between the lines bear no time: they belong behind what came before.
        let last = |s: &State| s.roster.sources.get(&id).and_then(|source| source.last);
        let at: Timestamp = line.at.or_else(|| last(&s)).unwrap_or_else(|| self.clock.now());
        s.queue.push(Entry { source: id, at, text: line.text, cut: line.cut, note: None });
        drop(s);
        self.news.notify_one();
    }
}

async fn run(reader: Arc<dyn Reader>, look: impl Fn() -> Seen + Send + 'static, shared: Arc<Shared>) {
    let mut tick = interval(shared.pace.look);
    let mut reading: JoinSet<(u32, Result<(), LogError>)> = JoinSet::new();
    let mut handles: BTreeMap<u32, AbortHandle> = BTreeMap::new();
    loop {
        tokio::select! {
            _ = tick.tick() => {
                let Some(todo) = shared.see(look()) else { return };
                for id in todo.close {
                    handles.remove(&id).inspect(AbortHandle::abort);
                }
                for (id, pod, ask) in todo.open {
                    let handle = reading.spawn(read(id, pod, ask, reader.clone(), shared.clone()));
                    handles.insert(id, handle).inspect(AbortHandle::abort);
                }
            }
            Some(ended) = reading.join_next_with_id() => {
                // One that was left ends without a word, and so does one in whose place another was opened.
                if let Ok((task, (id, how))) = ended
                    && handles.get(&id).is_some_and(|h| h.id() == task)
                {
                    handles.remove(&id);
                    shared.ended(id, how);
                }
            }
        }
    }
}

impl Shared {
    /// Takes in what the live objects show; `None` = nobody asks any more.
    fn see(&self, seen: Seen) -> Option<Todo> {
        let now = Instant::now();
        let mut s = locked(&self.state);
        if now.duration_since(s.asked) > self.pace.left {
            s.over = true;
            return None;
        }
        let mut todo = s.roster.see(&seen, now);
        for (id, said) in std::mem::take(&mut todo.tell) {
            self.tell(&mut s, id, said);
        }
        s.status.containers = seen.containers;
        s.status.pods = count(seen.pods);
        s.note();
        drop(s);
        self.news.notify_one();
        Some(todo)
    }

    fn ended(&self, id: u32, how: Result<(), LogError>) {
        let mut s = locked(&self.state);
        if let Some(said) = s.roster.ended(id, how, Instant::now()) {
            self.tell(&mut s, id, said);
        }
        s.note();
        drop(s);
        self.news.notify_one();
    }
}

async fn read(id: u32, pod: ObjectId, ask: LogAsk, reader: Arc<dyn Reader>, shared: Arc<Shared>) -> (u32, Result<(), LogError>) {
    let all = async {
        let mut stream = reader.open(&pod, &ask).await?;
        while stream.next(&mut |line| shared.line(id, line)).await? {}
        Ok(())
    };
    (id, all.await)
}

#[cfg(test)]
mod tests;
