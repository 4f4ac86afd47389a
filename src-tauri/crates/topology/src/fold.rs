//! The graph by object: route rows folded into the object that declares them, for readers that know objects only.

use std::collections::BTreeMap;

use model::ObjectId;

use crate::graph::{Edge, EdgeId, EdgeState, Graph, Health, Node, NodeId, Rank};

/// Nodes and edges by object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folded {
    /// One node per object, by id.
    pub nodes: Vec<Node>,
    /// Edges between objects. The share of a folded edge is null where the rows of the object do not agree on it: it
    /// would be a share of nothing in particular.
    pub edges: Vec<Edge>,
}

/// Folds the route rows. An Ingress takes its rows in (it is their entry); an HTTPRoute becomes one node of rank Route.
pub fn fold(graph: &Graph) -> Folded {
    let mut nodes: BTreeMap<NodeId, Node> = BTreeMap::new();
    let mut rows: BTreeMap<NodeId, u32> = BTreeMap::new();
    let target = |id: &NodeId| -> NodeId {
        let row = graph.node(id).filter(|n| n.rank == Rank::Route);
        row.map_or_else(|| id.clone(), |n| NodeId::of(&n.object))
    };
    for node in graph.nodes() {
        if node.rank != Rank::Route {
            nodes.insert(node.id.clone(), node.clone());
            continue;
        }
        let id = NodeId::of(&node.object);
        *rows.entry(id.clone()).or_default() += 1;
        if graph.node(&id).is_some() {
            continue;
        }
        let folded = nodes.entry(id.clone()).or_insert_with(|| Node { id, matches: None, ..node.clone() });
        if folded.health != node.health {
            let worse = node.health.severity() > folded.health.severity();
            let why = if worse { &node.reason } else { &folded.reason }.clone();
            let trouble = node.health.is_trouble() || folded.health.is_trouble();
            (folded.health, folded.reason) = (if trouble { Health::Degraded } else { folded.health }, why);
        }
    }
    let mut edges: BTreeMap<EdgeId, (Edge, u32)> = BTreeMap::new();
    for edge in graph.edges() {
        let id = EdgeId { from: target(&edge.id.from), to: target(&edge.id.to), relation: edge.id.relation };
        if id.from == id.to {
            continue;
        }
        let folded = edges.entry(id.clone()).or_insert_with(|| (Edge { id, ..edge.clone() }, 0));
        folded.1 += 1;
        if folded.0.share != edge.share {
            folded.0.share = None;
        }
        if loud(edge.state) > loud(folded.0.state) {
            (folded.0.state, folded.0.detail) = (edge.state, edge.detail.clone());
        }
    }
    // A target that only some rows name has no share of the object's requests either.
    let edges = edges.into_values().map(|(edge, times)| match rows.get(&edge.id.from) {
        Some(&rows) if edge.share.is_some() && times < rows => Edge { share: None, ..edge },
        _ => edge,
    });
    Folded { edges: edges.collect(), nodes: nodes.into_values().collect() }
}

impl Folded {
    /// The node of an object.
    pub fn node(&self, object: &ObjectId) -> Option<&Node> {
        let id = NodeId::of(object);
        self.nodes.iter().find(|n| n.id == id)
    }
}

/// What must not be lost when several edges become one.
fn loud(state: EdgeState) -> u8 {
    match state {
        EdgeState::Shadow => 0,
        EdgeState::Open => 1,
        EdgeState::Active => 2,
        EdgeState::Weighted => 3,
        EdgeState::Stale => 4,
        EdgeState::Declared => 5,
        EdgeState::Broken => 6,
    }
}
