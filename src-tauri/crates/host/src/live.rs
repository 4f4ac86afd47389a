//! The live view of a context: the feed's changes go into the topology; what they change goes to the window, one
//! unacknowledged batch at a time.
//!
//! While a batch is not acknowledged, changes only mark what is dirty; the next batch carries the newest state of it.
//! So a slow window costs memory for ids, never for history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::time::Duration;

use api::*;
use cluster::{Feed, FeedEvent, Freshness, KindState, Namespaces};
use model::{Delta, Kind, Object, ObjectId, ObjectSet, names, sentence};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use topology::{EdgeId, GraphDelta, NodeId, RouteShares, Topology, Trace};
use traffic::Request;

use crate::link::Link;
use crate::scope::{Scope, Want};
use crate::{Host, graph_view, locked};

/// What the map is made from, and the events beside it. A new router or relation brings its kinds along.
static WATCHED: LazyLock<Vec<Kind>> = LazyLock::new(|| [topology::kinds(), vec![Kind::Event]].concat());

/// Between two reports of freshness.
const TICK: Duration = Duration::from_secs(1);

/// A source of what happens in a cluster: the feed, or a test's.
pub trait Source: Send + 'static {
    /// The next event.
    fn next(&mut self) -> impl Future<Output = Option<FeedEvent>> + Send;
    /// This one speaks for the connection from now on.
    fn lead(&self);
}

impl Source for Feed {
    fn next(&mut self) -> impl Future<Output = Option<FeedEvent>> + Send {
        Feed::next(self)
    }

    fn lead(&self) {
        Feed::lead(self);
    }
}

/// A running live view; dropping it stops all watches.
///
/// When something else is wanted, that is read by a feed of its own beside the one that goes on, and takes its place once
/// all of it was read: nothing that a run or the map needs is let go before, and the connection is never stale for it.
pub struct Live {
    shared: Arc<Shared>,
    want: watch::Sender<Want>,
    task: JoinHandle<()>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared {
    context: String,
    state: Mutex<State>,
    /// Something about what is read or shown is different.
    news: watch::Sender<()>,
}

struct State {
    topology: Topology,
    /// What the feed that leads reads.
    read: Scope,
    /// What the map is of.
    shown: Scope,
    kinds: BTreeMap<Kind, KindState>,
    /// As the feed told it, and when: it has grown older since.
    fresh: Option<(Instant, Freshness)>,
    /// The map was laid out once with everything that there is: what came first while it was read says nothing.
    laid: bool,
    /// Somebody asked for the graph, so batches are sent.
    watched: bool,
    seq: u32,
    unacknowledged: Option<u32>,
    dirty: Dirty,
    /// Where somebody changed what is wanted since it was told last.
    edited: BTreeSet<String>,
}

/// What is to be told next.
#[derive(Default)]
struct Dirty {
    nodes: BTreeSet<NodeId>,
    edges: BTreeSet<EdgeId>,
    findings: bool,
}

impl Dirty {
    fn take(&mut self, delta: GraphDelta) {
        self.nodes.extend(delta.nodes.into_iter().map(|n| n.id));
        self.nodes.extend(delta.nodes_removed);
        self.nodes.extend(delta.places.into_iter().map(|(id, _)| id));
        self.edges.extend(delta.edges.into_iter().map(|e| e.id));
        self.edges.extend(delta.edges_removed);
        self.findings |= !delta.findings.is_empty() || !delta.findings_removed.is_empty();
    }

    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty() && !self.findings
    }
}

/// What is read beside the feed that leads.
struct Next<S> {
    read: Scope,
    source: S,
    objects: ObjectSet,
    kinds: BTreeMap<Kind, KindState>,
}

impl Live {
    /// Starts watching over a connection.
    pub fn start(host: Weak<Host>, link: &Link, want: Want) -> Arc<Self> {
        let connection = link.connection.clone();
        Self::over(host, &link.name, want, move |scope, beside| {
            let which = match scope {
                Scope::All => Namespaces::All,
                Scope::Only(names) => Namespaces::Only(names.iter().cloned().collect()),
            };
            let start = if beside { cluster::watch_beside } else { cluster::watch };
            start(connection.clone(), &WATCHED, &which)
        })
    }

    /// Starts watching with feeds that `open` starts: of a scope, beside another or as the one that leads.
    fn over<S: Source>(host: Weak<Host>, context: &str, want: Want, open: impl Fn(&Scope, bool) -> S + Send + 'static) -> Arc<Self> {
        let lead = open(&want.read, false);
        let shared = Arc::new(Shared { context: context.to_string(), state: Mutex::new(State::new(&want)), news: watch::Sender::new(()) });
        let (want, wanted) = watch::channel(want);
        let task = tokio::spawn(run(lead, open, wanted, shared.clone(), host));
        Arc::new(Self { shared, want, task })
    }

    /// Asks for something else to be read or shown. What is shown changes at once when it is read already, else once it is.
    pub fn aim(&self, want: Want) {
        self.want.send_if_modified(|w| {
            let other = *w != want;
            *w = want;
            other
        });
    }

    /// Whether it still runs.
    pub fn runs(&self) -> bool {
        !self.task.is_finished()
    }

    /// Whether these namespaces are read.
    pub fn covers(&self, wanted: &Scope) -> bool {
        self.runs() && locked(&self.shared.state).read.covers(wanted)
    }

    /// Reads the graph and the objects.
    pub fn with<T>(&self, read: impl FnOnce(&Topology, &ObjectSet) -> T) -> T {
        let state = locked(&self.shared.state);
        read(&state.topology, state.topology.objects())
    }

    /// The node of an object.
    pub fn node(&self, id: &ObjectId) -> Option<NodeView> {
        self.with(|t, _| t.graph().node_of(id).map(|n| graph_view::node(n, t)))
    }

    /// Counts.
    pub fn summary(&self) -> GraphSummary {
        self.with(|t, _| graph_view::summary(t))
    }

    /// How old the view is.
    pub fn freshness(&self) -> FreshnessView {
        freshness(&self.shared.context, &locked(&self.shared.state))
    }

    /// Kinds of which something is not seen, with why: not allowed, or objects that cannot be understood.
    pub fn unread(&self) -> Vec<KindStateView> {
        let state = locked(&self.shared.state);
        let refused = |s: &KindState| matches!(s, KindState::Forbidden { .. } | KindState::Live { unreadable: 1.., .. });
        state.kinds.iter().filter(|(_, s)| refused(s)).map(|(k, s)| kind_state(*k, s)).collect()
    }

    /// Waits until every kind was read once in these namespaces (or may not be, or is not installed).
    pub async fn settled(&self, wanted: &Scope) {
        self.until(|s| s.read.covers(wanted) && s.settled()).await;
    }

    /// Waits until these kinds were read once in these namespaces; how the others stand does not count.
    pub async fn knows(&self, wanted: &Scope, kinds: &[Kind]) {
        self.until(|s| s.read.covers(wanted) && s.knows(kinds)).await;
    }

    /// Waits until the map is of these namespaces.
    pub async fn shows(&self, wanted: &Scope) {
        self.until(|s| s.shown == *wanted).await;
    }

    async fn until(&self, so: impl Fn(&State) -> bool) {
        let mut news = self.shared.news.subscribe();
        // The sender lives as long as `self`.
        let _ = news.wait_for(|()| so(&locked(&self.shared.state))).await;
    }

    /// The whole graph. What was not acknowledged before need not be any more.
    pub fn whole(&self) -> GraphBatch {
        let mut state = locked(&self.shared.state);
        state.watched = true;
        state.dirty = Dirty::default();
        let seq = state.next_seq();
        let t = &state.topology;
        GraphBatch {
            seq,
            context: self.shared.context.clone(),
            reset: true,
            nodes: t.graph().nodes().map(|n| graph_view::node(n, t)).collect(),
            gone: vec![],
            edges: t.graph().edges().map(|e| graph_view::edge(e, t)).collect(),
            gone_edges: vec![],
            findings: Some(t.findings().map(graph_view::finding).collect()),
            summary: graph_view::summary(t),
        }
    }

    /// The graph by object; nobody has to acknowledge it.
    pub fn folded(&self) -> GraphBatch {
        let state = locked(&self.shared.state);
        let t = &state.topology;
        let folded = topology::fold(t.graph());
        GraphBatch {
            seq: 0,
            context: self.shared.context.clone(),
            reset: true,
            nodes: folded.nodes.iter().map(|n| graph_view::node(n, t)).collect(),
            gone: vec![],
            edges: folded.edges.iter().map(|e| graph_view::edge(e, t)).collect(),
            gone_edges: vec![],
            findings: Some(t.findings().map(graph_view::finding).collect()),
            summary: graph_view::summary(t),
        }
    }

    /// Who answers a request, by what is seen, and the namespaces that were looked at; `None` = all.
    pub fn trace(&self, request: &Request) -> (Vec<Trace>, Option<Vec<String>>) {
        let state = locked(&self.shared.state);
        (state.topology.trace(request), state.shown.names().map(|names| names.iter().cloned().collect()))
    }

    /// Where the rules send their requests on whose way the object or row stands, at most so many, and how many there are.
    pub fn routes(&self, of: Option<&NodeId>, most: usize) -> (Vec<RouteShares>, usize) {
        locked(&self.shared.state).topology.routes(of, most)
    }

    /// The window has drawn a batch; the next one, if there is something to tell.
    pub fn acknowledge(&self, seq: u32) -> Option<GraphBatch> {
        let mut state = locked(&self.shared.state);
        state.acknowledge(seq);
        state.next_batch(&self.shared.context)
    }
}

impl State {
    fn new(want: &Want) -> Self {
        let mut topology = Topology::new();
        topology.follow(want.shown.names().cloned());
        Self {
            topology,
            read: want.read.clone(),
            shown: want.shown.clone(),
            kinds: BTreeMap::new(),
            fresh: None,
            laid: false,
            watched: false,
            seq: 0,
            unacknowledged: None,
            dirty: Dirty::default(),
            edited: BTreeSet::new(),
        }
    }

    fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.wrapping_add(1);
        self.unacknowledged = Some(self.seq);
        self.seq
    }

    fn acknowledge(&mut self, seq: u32) {
        if self.unacknowledged == Some(seq) {
            self.unacknowledged = None;
        }
    }

    fn next_batch(&mut self, context: &str) -> Option<GraphBatch> {
        if !self.watched || self.unacknowledged.is_some() || self.dirty.is_empty() {
            return None;
        }
        let dirty = std::mem::take(&mut self.dirty);
        let seq = self.next_seq();
        let t = &self.topology;
        let (mut nodes, mut gone) = (vec![], vec![]);
        for id in &dirty.nodes {
            match t.graph().node(id) {
                Some(n) => nodes.push(graph_view::node(n, t)),
                None => gone.push(id.to_string()),
            }
        }
        let (mut edges, mut gone_edges) = (vec![], vec![]);
        for id in &dirty.edges {
            match t.graph().from(&id.from).find(|e| e.id == *id) {
                Some(e) => edges.push(graph_view::edge(e, t)),
                None => gone_edges.push(graph_view::edge_id(id)),
            }
        }
        let findings = dirty.findings.then(|| t.findings().map(graph_view::finding).collect());
        let summary = graph_view::summary(t);
        Some(GraphBatch { seq, context: context.to_string(), reset: false, nodes, gone, edges, gone_edges, findings, summary })
    }

    fn changed(&mut self, delta: GraphDelta) {
        if self.watched {
            self.dirty.take(delta);
        }
    }

    fn take(&mut self, event: FeedEvent) {
        match event {
            FeedEvent::Deltas(deltas) => {
                self.edited.extend(deltas.iter().filter_map(|d| edited(self.topology.objects(), d)));
                let delta = self.topology.apply(deltas);
                self.changed(delta);
            }
            FeedEvent::Kind(kind, s) => {
                self.kinds.insert(kind, s);
                self.note_blind();
            }
            FeedEvent::Freshness(f) => self.fresh = Some((Instant::now(), f)),
        }
        if !self.laid && self.settled() {
            self.laid = true;
            let places = self.topology.relayout();
            self.changed(GraphDelta { places, ..GraphDelta::default() });
        }
    }

    fn note_blind(&mut self) {
        let blind = |s: &KindState| matches!(s, KindState::Forbidden { .. } | KindState::NotInstalled);
        let unseen: Vec<Kind> = self.kinds.iter().filter(|(_, s)| blind(s)).map(|(k, _)| *k).collect();
        let delta = self.topology.blind_to(unseen);
        self.changed(delta);
    }

    /// Shows what is wanted, where it is read.
    fn show(&mut self, want: &Want) {
        if self.shown != want.shown && self.read.covers(&want.shown) {
            self.shown = want.shown.clone();
            let delta = self.topology.follow(self.shown.names().cloned());
            self.changed(delta);
        }
    }

    /// Another feed has read everything and takes over: what differs is applied, what does not differ does not move.
    fn replace<S>(&mut self, next: Next<S>, fresh: Freshness, want: &Want) -> S {
        let Next { read, source, objects, kinds } = next;
        let known = self.topology.objects();
        let gone = known.iter().map(|(id, _)| id).filter(|id| objects.get(id).is_none()).cloned().map(Delta::Remove);
        let deltas: Vec<Delta> = gone.chain(objects.iter().map(|(_, o)| Delta::Upsert(o.clone()))).collect();
        self.read = read;
        // First what is shown: what comes and what goes with another namespace is never taken for missing.
        let narrower = !self.read.covers(&self.shown);
        if narrower {
            self.show(want);
        }
        let delta = self.topology.apply(deltas);
        self.changed(delta);
        self.show(want);
        self.kinds = kinds;
        self.note_blind();
        self.fresh = Some((Instant::now(), fresh));
        source
    }

    fn settled(&self) -> bool {
        self.knows(&WATCHED)
    }

    /// Each kind has been read, or may not be, or is not there. One that broke off before it was read is none of these.
    fn knows(&self, kinds: &[Kind]) -> bool {
        let known =
            |k: &Kind| matches!(self.kinds.get(k), Some(KindState::Live { .. } | KindState::Forbidden { .. } | KindState::NotInstalled));
        kinds.iter().all(known)
    }
}

async fn run<S: Source>(
    mut lead: S,
    open: impl Fn(&Scope, bool) -> S + Send + 'static,
    mut wanted: watch::Receiver<Want>,
    shared: Arc<Shared>,
    host: Weak<Host>,
) {
    let mut tick = tokio::time::interval(TICK);
    let mut next: Option<Next<S>> = None;
    let mut told = None;
    loop {
        let ticked = tokio::select! {
            event = lead.next() => match event {
                Some(event) => { locked(&shared.state).take(event); false }
                None => return,
            },
            event = of_next(&mut next) => {
                beside(event, &mut next, &mut lead, &wanted, &shared);
                false
            }
            changed = wanted.changed() => {
                if changed.is_err() {
                    return;
                }
                let want = wanted.borrow_and_update().clone();
                let mut state = locked(&shared.state);
                state.show(&want);
                if state.read == want.read {
                    next = None;
                } else if next.as_ref().is_none_or(|n| n.read != want.read) {
                    let source = open(&want.read, true);
                    next = Some(Next { read: want.read, source, objects: ObjectSet::default(), kinds: BTreeMap::new() });
                }
                false
            }
            _ = tick.tick() => true,
        };
        shared.news.send_replace(());
        let Some(host) = host.upgrade() else { return };
        let (batch, fresh, edited) = {
            let mut state = locked(&shared.state);
            let edited = if ticked { std::mem::take(&mut state.edited) } else { BTreeSet::new() };
            (state.next_batch(&shared.context), ticked.then(|| freshness(&shared.context, &state)), edited)
        };
        if let Some(batch) = batch {
            host.tell(UiEvent::Graph(batch));
        }
        if !edited.is_empty() {
            host.tell(UiEvent::Changed(ChangedView { context: shared.context.clone(), namespaces: edited.into_iter().collect() }));
        }
        if let Some(fresh) = fresh {
            host.every_second(&shared.context, fresh.live);
            if news(told.as_ref(), &fresh) {
                told = Some((Instant::now(), fresh.clone()));
                host.tell(UiEvent::Freshness(fresh));
            }
        }
    }
}

/// The namespace in which somebody changed what is wanted with this: an object that was made, deleted or written to. What
/// controllers and kubelets keep writing about pods does not count, nor does a status (`metadata.generation` stays), nor do records
/// of runs.
fn edited(known: &ObjectSet, delta: &Delta) -> Option<String> {
    // Whose writes are those of controllers, and which have no generation to tell apart. Most of what happens is of these: it is
    // asked first.
    let noisy = matches!(
        delta.kind(),
        Kind::Pod
            | Kind::EndpointSlice
            | Kind::Event
            | Kind::Lease
            | Kind::HorizontalPodAutoscaler
            | Kind::VerticalPodAutoscaler
            | Kind::PodDisruptionBudget
            | Kind::PersistentVolumeClaim
            | Kind::Job
    );
    if noisy {
        return None;
    }
    let id = delta.id();
    let now = match delta {
        Delta::Upsert(object) => Some(object.meta()),
        Delta::Remove(_) => None,
    };
    let before = known.get(&id).map(Object::meta);
    let record = now.or(before).is_some_and(|m| m.labels.contains_key(names::RECORD));
    let same = match (before, now) {
        (Some(a), Some(b)) if b.generation > 0 => a.uid == b.uid && a.generation == b.generation,
        (Some(a), Some(b)) => a.resource_version == b.resource_version,
        (before, now) => before.is_none() && now.is_none(),
    };
    (!record && !same && !id.namespace.is_empty()).then_some(id.namespace)
}

async fn of_next<S: Source>(next: &mut Option<Next<S>>) -> Option<FeedEvent> {
    match next {
        Some(n) => n.source.next().await,
        None => std::future::pending().await,
    }
}

/// What the feed beside says. It takes over once it says of itself that it is live: then everything was read, and the
/// connection answers.
fn beside<S: Source>(event: Option<FeedEvent>, next: &mut Option<Next<S>>, lead: &mut S, wanted: &watch::Receiver<Want>, shared: &Shared) {
    let Some(n) = next else { return };
    match event {
        Some(FeedEvent::Deltas(deltas)) => {
            for delta in deltas {
                n.objects.apply(delta);
            }
        }
        Some(FeedEvent::Kind(kind, s)) => drop(n.kinds.insert(kind, s)),
        Some(FeedEvent::Freshness(fresh)) if fresh.live => {
            if let Some(n) = next.take() {
                *lead = locked(&shared.state).replace(n, fresh, &wanted.borrow());
                lead.lead();
            }
        }
        Some(FeedEvent::Freshness(_)) => {}
        None => *next = None,
    }
}

/// Whether that says more than what was told before: what only grew older by itself the window counts on its own. A window that is idle
/// shall cost nothing, and what is not live is told every second.
fn news(told: Option<&(Instant, FreshnessView)>, fresh: &FreshnessView) -> bool {
    let Some((at, told)) = told else { return true };
    let aged = told.age_ms.saturating_add(millis(at.elapsed()));
    !fresh.live || !told.live || told.kinds != fresh.kinds || fresh.age_ms.saturating_add(millis(TICK / 2)) < aged
}

fn millis(d: Duration) -> u32 {
    u32::try_from(d.as_millis()).unwrap_or(u32::MAX)
}

fn freshness(context: &str, state: &State) -> FreshnessView {
    let kinds = state.kinds.iter().map(|(k, s)| kind_state(*k, s)).collect();
    match &state.fresh {
        Some((at, f)) => {
            // A quiet watch is no old one: over a connection that answers it would have told. Only once that does not hold
            // does its own silence count.
            let age = if f.live { f.heartbeat_age.unwrap_or_default() } else { f.oldest_age.max(f.heartbeat_age.unwrap_or_default()) };
            FreshnessView {
                context: context.into(),
                age_ms: millis(age + at.elapsed()),
                live: f.live,
                why: f.why.clone().map(Into::into),
                kinds,
            }
        }
        None => {
            let why = Some(sentence!("being read for the first time").into());
            FreshnessView { context: context.into(), age_ms: 0, live: false, why, kinds }
        }
    }
}

fn kind_state(kind: Kind, s: &KindState) -> KindStateView {
    let (state, note) = match s {
        KindState::NotInstalled => ("notInstalled", None),
        KindState::Forbidden { message } => ("forbidden", Some(message.clone())),
        KindState::Listing { received } => ("listing", Some(sentence!("{n} so far", n = received))),
        KindState::Live { unreadable: 0, .. } => ("live", None),
        KindState::Live { unreadable, .. } => ("live", Some(sentence!("{n} cannot be read", n = unreadable))),
        KindState::Broken { why, .. } => ("broken", Some(why.clone())),
        KindState::Stale { since } => ("stale", Some(sentence!("silent since {since}", since))),
    };
    KindStateView { kind: kind.name().into(), state: state.into(), note: note.map(Into::into) }
}

#[cfg(test)]
mod tests;
