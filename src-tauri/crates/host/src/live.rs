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
use model::{Kind, ObjectId, ObjectSet};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use topology::{EdgeId, GraphDelta, NodeId, Topology};

use crate::link::Link;
use crate::{Host, graph_view, locked};

/// What the map is made from, and the events beside it. A new router or relation brings its kinds along.
static WATCHED: LazyLock<Vec<Kind>> = LazyLock::new(|| [topology::kinds(), vec![Kind::Event]].concat());

/// Between two reports of freshness.
const TICK: Duration = Duration::from_secs(1);

/// A running live view; dropping it stops all watches.
pub struct Live {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared {
    context: String,
    namespaces: BTreeSet<String>,
    state: Mutex<State>,
    settled: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    topology: Topology,
    kinds: BTreeMap<Kind, KindState>,
    fresh: Option<Freshness>,
    /// Somebody asked for the graph, so batches are sent.
    watched: bool,
    seq: u32,
    unacknowledged: Option<u32>,
    dirty: Dirty,
    routes: Vec<RouteView>,
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

impl Live {
    /// Starts watching; no namespace = all that may be seen.
    pub fn start(host: Weak<Host>, link: &Link, namespaces: BTreeSet<String>) -> Arc<Self> {
        let (settled, _) = watch::channel(false);
        let shared = Arc::new(Shared { context: link.name.clone(), namespaces: namespaces.clone(), state: Mutex::default(), settled });
        let which = if namespaces.is_empty() { Namespaces::All } else { Namespaces::Only(namespaces.into_iter().collect()) };
        let feed = cluster::watch(link.connection.clone(), &WATCHED, &which);
        let task = tokio::spawn(run(feed, shared.clone(), host));
        Arc::new(Self { shared, task })
    }

    /// Whether these namespaces are followed (none = all).
    pub fn covers(&self, wanted: &BTreeSet<String>) -> bool {
        let all = self.shared.namespaces.is_empty();
        !self.task.is_finished() && (all || (!wanted.is_empty() && wanted.is_subset(&self.shared.namespaces)))
    }

    /// Namespaces that are followed; none = all.
    pub fn namespaces(&self) -> &BTreeSet<String> {
        &self.shared.namespaces
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

    /// Waits until every kind was read once (or cannot be).
    pub async fn settled(&self) -> bool {
        let mut rx = self.shared.settled.subscribe();
        rx.wait_for(|s| *s).await.is_ok()
    }

    /// The whole graph. What was not acknowledged before need not be any more.
    pub fn whole(&self) -> GraphBatch {
        let mut state = locked(&self.shared.state);
        state.watched = true;
        state.dirty = Dirty::default();
        state.routes = graph_view::routes(&state.topology);
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
            routes: Some(state.routes.clone()),
            summary: graph_view::summary(t),
        }
    }

    /// The window has drawn a batch; the next one, if there is something to tell.
    pub fn acknowledge(&self, seq: u32) -> Option<GraphBatch> {
        let mut state = locked(&self.shared.state);
        if state.unacknowledged == Some(seq) {
            state.unacknowledged = None;
        }
        state.next_batch(&self.shared.context)
    }
}

impl State {
    fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.wrapping_add(1);
        self.unacknowledged = Some(self.seq);
        self.seq
    }

    fn next_batch(&mut self, context: &str) -> Option<GraphBatch> {
        if !self.watched || self.unacknowledged.is_some() || self.dirty.is_empty() {
            return None;
        }
        let dirty = std::mem::take(&mut self.dirty);
        let seq = self.next_seq();
        let t = &self.topology;
        let routes = graph_view::routes(t);
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
        let routes = (routes != self.routes).then(|| {
            self.routes = routes.clone();
            routes
        });
        Some(GraphBatch { seq, context: context.to_string(), reset: false, nodes, gone, edges, gone_edges, findings, routes, summary })
    }

    fn take(&mut self, event: FeedEvent) {
        match event {
            FeedEvent::Deltas(deltas) => {
                let delta = self.topology.apply(deltas);
                if self.watched {
                    self.dirty.take(delta);
                }
            }
            FeedEvent::Kind(kind, s) => {
                self.kinds.insert(kind, s);
                let blind = |s: &KindState| matches!(s, KindState::Forbidden { .. } | KindState::NotInstalled);
                let unseen: Vec<Kind> = self.kinds.iter().filter(|(_, s)| blind(s)).map(|(k, _)| *k).collect();
                let delta = self.topology.blind_to(unseen);
                if self.watched {
                    self.dirty.take(delta);
                }
            }
            FeedEvent::Freshness(f) => self.fresh = Some(f),
        }
    }

    /// Every kind has been read, or cannot be.
    fn settled(&self) -> bool {
        let known = |k: &Kind| self.kinds.get(k).is_some_and(|s| !matches!(s, KindState::Listing { .. }));
        WATCHED.iter().all(known)
    }
}

async fn run(mut feed: Feed, shared: Arc<Shared>, host: Weak<Host>) {
    let mut tick = tokio::time::interval(TICK);
    loop {
        let ticked = tokio::select! {
            event = feed.next() => match event {
                Some(event) => { locked(&shared.state).take(event); false }
                None => return,
            },
            _ = tick.tick() => true,
        };
        let Some(host) = host.upgrade() else { return };
        let (batch, fresh, settled) = {
            let mut state = locked(&shared.state);
            (state.next_batch(&shared.context), ticked.then(|| freshness(&shared.context, &state)), state.settled())
        };
        if settled {
            shared.settled.send_if_modified(|s| !std::mem::replace(s, true));
        }
        if let Some(batch) = batch {
            host.tell(UiEvent::Graph(batch));
        }
        if let Some(fresh) = fresh {
            host.every_second(&shared.context, fresh);
        }
    }
}

fn freshness(context: &str, state: &State) -> FreshnessView {
    let kinds = state.kinds.iter().map(|(k, s)| kind_state(*k, s)).collect();
    let ms = |d: Duration| u32::try_from(d.as_millis()).unwrap_or(u32::MAX);
    match &state.fresh {
        Some(f) => {
            // A quiet watch is no old one: over a connection that answers it would have told. Only once that does not hold
            // does its own silence count.
            let age = if f.live { f.heartbeat_age.unwrap_or_default() } else { f.oldest_age.max(f.heartbeat_age.unwrap_or_default()) };
            FreshnessView { context: context.into(), age_ms: ms(age), live: f.live, why: f.why.clone().unwrap_or_default(), kinds }
        }
        None => FreshnessView { context: context.into(), age_ms: 0, live: false, why: "being read for the first time".into(), kinds },
    }
}

fn kind_state(kind: Kind, s: &KindState) -> KindStateView {
    let (state, note) = match s {
        KindState::NotInstalled => ("notInstalled", String::new()),
        KindState::Forbidden { message } => ("forbidden", message.clone()),
        KindState::Listing { received } => ("listing", format!("{received} so far")),
        KindState::Live { unreadable: 0, .. } => ("live", String::new()),
        KindState::Live { unreadable, .. } => ("live", format!("{unreadable} cannot be read")),
        KindState::Broken { why, .. } => ("broken", why.clone()),
        KindState::Stale { since } => ("stale", format!("silent since {since}")),
    };
    KindStateView { kind: kind.name().into(), state: state.into(), note }
}
