//! The graph: nodes, edges and what changed in them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use model::{Kind, ObjectId, RouteMatch, Sentence};
use serde::Serialize;

use crate::findings::Finding;
use crate::layout::Place;
use crate::owner::Owner;

/// Names a node: `Kind/namespace/name` of its object; a route row adds `#<host><path>` and, where that is not unique
/// within the object, the path type and the further conditions.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// The node of an object.
    pub fn of(object: &ObjectId) -> Self {
        Self(object.to_string().into())
    }
}

impl From<&str> for NodeId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Deref for NodeId {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Column of the map, the way a request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Rank {
    /// Gateway, Ingress.
    Entry = 0,
    /// One row per host and path of a route object.
    Route = 1,
    /// Service.
    Service = 2,
    /// Deployment, or another controller of pods; CronJob.
    Workload = 3,
    /// ReplicaSet; Job of a CronJob.
    ReplicaSet = 4,
    /// Pod.
    Pods = 5,
    /// What takes no requests: autoscalers, Canary, PDB, NetworkPolicy, ConfigMap, Secret, ServiceAccount, PersistentVolumeClaim.
    Aside = 6,
}

/// How an object is, as its own status and its pods tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As wanted.
    Healthy,
    /// On its way to what is wanted, nothing failing.
    Moving,
    /// Works in part.
    Degraded,
    /// Does not work.
    Failing,
    /// Wanted to do nothing: scaled to zero, ending, nothing behind it by intent.
    Idle,
    /// Nobody has said.
    Unknown,
}

impl Health {
    /// Does not do what it should, in part or at all.
    pub fn is_trouble(self) -> bool {
        matches!(self, Self::Degraded | Self::Failing)
    }

    /// How bad it is: of two the greater one is told.
    pub(crate) fn severity(self) -> u8 {
        match self {
            Health::Healthy => 0,
            Health::Idle => 1,
            Health::Unknown => 2,
            Health::Moving => 3,
            Health::Degraded => 4,
            Health::Failing => 5,
        }
    }

    /// The word in JSON and text.
    pub fn word(self) -> &'static str {
        match self {
            Health::Healthy => "healthy",
            Health::Moving => "moving",
            Health::Degraded => "degraded",
            Health::Failing => "failing",
            Health::Idle => "idle",
            Health::Unknown => "unknown",
        }
    }
}

/// Cell of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PodState {
    /// Condition Ready is True.
    Ready,
    /// Not ready, and nothing says that it cannot become so.
    Starting,
    /// Cannot become ready by waiting alone (W-FAIL), or phase Failed.
    Failing,
    /// Being deleted.
    Ending,
}

/// Version colour, from the label `changeover.dev/color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// The one that was there.
    Blue,
    /// The one that comes.
    Green,
}

/// Whether the object is there, or only named by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Seen.
    Live,
    /// Referred to, and not there.
    Missing,
    /// Referred to, and of a kind (no permission, not watched) or in a namespace (not followed) that is not read here.
    Unseen,
}

/// A node of the map.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Id.
    pub id: NodeId,
    /// The object; several route rows share theirs.
    pub object: ObjectId,
    /// `metadata.uid`; empty when the object is not there.
    pub uid: String,
    /// Column.
    pub rank: Rank,
    /// Whether the object is there.
    pub presence: Presence,
    /// How it is.
    pub health: Health,
    /// Why, in words: `2 of 3 ready: web-7d9 cannot pull image (ErrImagePull)`; null when there is nothing to say.
    pub reason: Option<Sentence>,
    /// Ready pods, or ready endpoints of a Service; null where nothing is counted.
    pub ready: Option<u32>,
    /// Wanted pods, or all endpoints of a Service; null where nothing is counted.
    pub wanted: Option<u32>,
    /// Image tag, or the first 12 digits of the digest, of the first container.
    pub version: Option<String>,
    /// `deployment.kubernetes.io/revision`.
    pub revision: Option<u64>,
    /// Colour.
    pub lane: Option<Lane>,
    /// Who writes it.
    pub owner: Owner,
    /// `metadata.creationTimestamp`.
    #[serde(serialize_with = "time")]
    pub created: Option<jiff::Timestamp>,
    /// Cell; pods only.
    pub pod: Option<PodState>,
    /// Which requests it takes; route rows only.
    #[serde(skip)]
    pub matches: Option<RouteMatch>,
}

fn time<S: serde::Serializer>(t: &Option<jiff::Timestamp>, s: S) -> Result<S::Ok, S::Error> {
    t.map(|t| t.to_string()).serialize(s)
}

impl Node {
    /// Kind of its object.
    pub fn kind(&self) -> Kind {
        self.object.kind
    }

    /// What is written on it: the name; `host/path` for a route row.
    pub fn label(&self) -> String {
        match &self.matches {
            None => self.object.name.clone(),
            Some(m) => said_match(m),
        }
    }
}

/// `shop.example.com/api (exact) [method GET]`; `*` for all hosts.
pub(crate) fn said_match(m: &RouteMatch) -> String {
    let host = if m.host.is_empty() { "*" } else { &m.host };
    let kind = match m.path_type.as_str() {
        "Prefix" | "" => String::new(),
        other => format!(" ({})", other.to_lowercase()),
    };
    let also: Vec<String> = m.also.iter().map(ToString::to_string).collect();
    let also = if also.is_empty() { String::new() } else { format!(" [{}]", also.join(", ")) };
    format!("{host}{}{kind}{also}", m.path)
}

/// How an edge is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeState {
    /// Takes requests, or holds (for edges that carry none).
    Active,
    /// Takes a part that a router's weight gives it.
    Weighted,
    /// Would take requests and has nothing ready.
    Declared,
    /// Open and takes none: weight 0, or nothing sends there.
    Open,
    /// Target missing, refused, or its port dropped.
    Broken,
    /// Gets copies.
    Shadow,
    /// Serves, though a newer one should.
    Stale,
}

impl EdgeState {
    /// The word in JSON and text.
    pub fn word(self) -> &'static str {
        match self {
            EdgeState::Active => "active",
            EdgeState::Weighted => "weighted",
            EdgeState::Declared => "declared",
            EdgeState::Open => "open",
            EdgeState::Broken => "broken",
            EdgeState::Shadow => "shadow",
            EdgeState::Stale => "stale",
        }
    }
}

/// Names an edge. Ordered by source, so the edges out of a node are neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct EdgeId {
    /// Source.
    pub from: NodeId,
    /// Target.
    pub to: NodeId,
    /// Name of the relation in [`crate::relations::ALL`].
    pub relation: &'static str,
}

/// An edge of the map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// Source, target, relation.
    #[serde(flatten)]
    pub id: EdgeId,
    /// How it is drawn.
    pub state: EdgeState,
    /// Fraction (0 to 1) of what enters at the source; null when not known or when no requests run along it.
    pub share: Option<f64>,
    /// What is wrong, for broken and refused edges.
    pub detail: Option<Sentence>,
}

/// Nodes and edges of the whole map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub(crate) nodes: BTreeMap<NodeId, Node>,
    pub(crate) edges: BTreeMap<EdgeId, Edge>,
    /// The same edges by target.
    pub(crate) into: BTreeMap<(NodeId, NodeId, &'static str), ()>,
}

impl Graph {
    /// The node of that id.
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The node of an object (not of a route row).
    pub fn node_of(&self, object: &ObjectId) -> Option<&Node> {
        self.nodes.get(&NodeId::of(object))
    }

    /// All nodes, by id.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// All edges, by source.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.edges.values()
    }

    /// Edges that leave a node, by target.
    pub fn from<'a>(&'a self, id: &'a NodeId) -> impl Iterator<Item = &'a Edge> {
        let least = EdgeId { from: id.clone(), to: "".into(), relation: "" };
        self.edges.range(least..).take_while(move |(e, _)| e.from == *id).map(|(_, e)| e)
    }

    /// Edges that reach a node, by source.
    pub fn into<'a>(&'a self, id: &'a NodeId) -> impl Iterator<Item = &'a Edge> {
        let least: (NodeId, NodeId, &'static str) = (id.clone(), "".into(), "");
        self.into
            .range(least..)
            .take_while(move |((to, ..), ())| to == id)
            .filter_map(|((to, from, relation), ())| self.edges.get(&EdgeId { from: from.clone(), to: to.clone(), relation }))
    }

    pub(crate) fn insert_edge(&mut self, edge: Edge) {
        self.into.insert((edge.id.to.clone(), edge.id.from.clone(), edge.id.relation), ());
        self.edges.insert(edge.id.clone(), edge);
    }

    pub(crate) fn remove_edge(&mut self, id: &EdgeId) {
        self.into.remove(&(id.to.clone(), id.from.clone(), id.relation));
        self.edges.remove(id);
    }
}

/// What a batch of changes did to the graph. Nothing in it = nothing to draw.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphDelta {
    /// Nodes that are new or different.
    pub nodes: Vec<Node>,
    /// Nodes that are gone.
    pub nodes_removed: Vec<NodeId>,
    /// Edges that are new or different.
    pub edges: Vec<Edge>,
    /// Edges that are gone.
    pub edges_removed: Vec<EdgeId>,
    /// Findings that are new.
    pub findings: Vec<Finding>,
    /// Findings that no longer hold.
    pub findings_removed: Vec<Finding>,
    /// Places that are new or different.
    pub places: Vec<(NodeId, Place)>,
}

impl GraphDelta {
    /// True when nothing changed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.nodes_removed.is_empty()
            && self.edges.is_empty()
            && self.edges_removed.is_empty()
            && self.findings.is_empty()
            && self.findings_removed.is_empty()
            && self.places.is_empty()
    }
}
