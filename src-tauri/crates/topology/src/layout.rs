//! Where each node stands: ranks from left to right, rows from top to bottom.
//!
//! Ranks are known by kind, so what is left is rows. Applications (components that hold together by routes, Services and
//! owners) take blocks of rows that they share with nobody, namespace by namespace. A block is drawn once, by
//! [`fresh`]; afterwards a node that is there stays, a new one takes the free row nearest to its neighbours, and a new
//! application goes to the end of its namespace or, where that has no room, to the end of the map.
//!
//! Pure: the same graph and the same places before give the same places after.

mod fresh;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use crate::graph::{Graph, Node, NodeId, Rank};
use crate::relations::{ASIDE, ATTACH};

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Column, 0 to 6 (see [`Rank`]).
    pub rank: u8,
    /// Row; 1.0 is one line of text. Two nodes of one rank are at least 1.0 apart, pods and asides excepted.
    pub row: f32,
    /// Cell within the row; pods of one ReplicaSet and asides of one workload share a row. 0 for all others.
    pub cell: u16,
}

/// Rows are counted in quarters inside, so that they compare exactly.
type Quarter = i32;
/// One row.
const ROW: Quarter = 4;
/// From the last row of an application to the first of the next: one blank row, where a second ReplicaSet fits.
const GAP: Quarter = 2 * ROW;
/// Steps that a new node looks up and down for a free row before it goes to the end of the map.
const REACH: i32 = 24;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    rank: Rank,
    row: Quarter,
    cell: u16,
}

impl From<Spot> for Place {
    fn from(spot: Spot) -> Self {
        Place { rank: spot.rank as u8, row: spot.row as f32 / ROW as f32, cell: spot.cell }
    }
}

/// Places of all nodes.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    spots: HashMap<NodeId, Spot>,
    /// Nodes per row, without pods in cells and asides.
    rows: BTreeMap<Quarter, Vec<NodeId>>,
    /// Cells in use, per (rank, row).
    cells: HashMap<(Rank, Quarter), BTreeSet<u16>>,
    /// Last row that a namespace ever used.
    ends: BTreeMap<String, Quarter>,
}

impl Layout {
    /// Place of a node.
    pub fn place(&self, id: &NodeId) -> Option<Place> {
        self.spots.get(id).map(|s| (*s).into())
    }

    /// Rows in use: the map is this high.
    pub fn height(&self) -> f32 {
        self.end().map_or(0.0, |end| (end + ROW) as f32 / ROW as f32)
    }

    /// Takes up what changed around the `touched` nodes; returns the places that are new or different.
    pub(crate) fn update(&mut self, graph: &Graph, touched: &BTreeSet<NodeId>) -> Vec<(NodeId, Place)> {
        let mut moved = Moved { before: HashMap::new() };
        for id in touched {
            let gone = graph.node(id).is_none_or(|n| self.spots.get(id).is_some_and(|s| s.rank != n.rank));
            if gone {
                self.vacate(id, &mut moved);
            }
        }
        for component in components(graph, touched) {
            self.take_component(graph, &component, &mut moved);
        }
        let mut entries: Vec<(Quarter, &Node)> = Vec::new();
        let present = touched.iter().filter_map(|id| graph.node(id));
        for node in present.clone().filter(|n| n.rank == Rank::Entry && !self.spots.contains_key(&n.id)) {
            entries.push((self.mean(graph.from(&node.id).map(|e| &e.id.to)).unwrap_or(0), node));
        }
        entries.sort_by_key(|(row, node)| (*row, node.id.clone()));
        for (row, node) in entries {
            let free = self.nearest(graph, node, row, &HashSet::new());
            self.put(&node.id, Spot { rank: Rank::Entry, row: free, cell: 0 }, &mut moved);
        }
        present.filter(|n| n.rank == Rank::Aside).for_each(|n| self.take_aside(graph, n, &mut moved));
        moved.settle(self)
    }

    /// Fresh, when no member has a place yet; else each new member goes next to its neighbours.
    fn take_component(&mut self, graph: &Graph, members: &BTreeSet<NodeId>, moved: &mut Moved) {
        let nodes: Vec<&Node> = members.iter().filter_map(|id| graph.node(id)).collect();
        let placed = nodes.iter().any(|n| self.spots.contains_key(&n.id));
        if placed {
            self.grow(graph, &nodes, members, moved);
        } else {
            self.found(graph, &nodes, moved);
        }
        for node in &nodes {
            if let Some(namespace) = Some(&node.object.namespace).filter(|_| node.rank != Rank::Pods)
                && let Some(spot) = self.spots.get(&node.id)
            {
                let end = self.ends.entry(namespace.clone()).or_insert(spot.row);
                *end = (*end).max(spot.row);
            }
        }
        self.take_pods(graph, &nodes, moved);
    }

    /// A block of its own for a new application.
    fn found(&mut self, graph: &Graph, nodes: &[&Node], moved: &mut Moved) {
        let rows = fresh::rows(graph, nodes);
        let height = rows.iter().map(|(_, r)| *r).max().unwrap_or(0);
        let namespace = nodes.iter().find(|n| n.rank >= Rank::Service).or(nodes.first()).map_or("", |n| &n.object.namespace);
        let after = self.ends.get(namespace).map(|end| (end + GAP) / ROW * ROW);
        let free = |start: &Quarter| {
            self.rows.range(start - ROW + 1..start + height + ROW).all(|(_, ids)| ids.iter().all(|id| is_entry(graph, id)))
        };
        let last = self.ends.values().max().map(|end| (end + GAP + ROW) / ROW * ROW);
        let start = after.filter(free).or(last).unwrap_or(0);
        for (id, row) in rows {
            if let Some(node) = graph.node(&id) {
                self.put(&id, Spot { rank: node.rank, row: start + row, cell: 0 }, moved);
            }
        }
    }

    /// New members of an application that is on the map already.
    fn grow(&mut self, graph: &Graph, nodes: &[&Node], members: &BTreeSet<NodeId>, moved: &mut Moved) {
        let own: HashSet<&NodeId> = members.iter().collect();
        for rank in [Rank::Workload, Rank::ReplicaSet, Rank::Service, Rank::Route, Rank::Pods] {
            for node in nodes.iter().filter(|n| n.rank == rank) {
                if self.spots.contains_key(&node.id) || (rank == Rank::Pods && parent(graph, node).is_some()) {
                    continue;
                }
                let right = self.mean(graph.from(&node.id).map(|e| &e.id.to));
                let left = self.mean(graph.into(&node.id).map(|e| &e.id.from));
                let wanted = if rank >= Rank::Workload { left.or(right) } else { right.or(left) };
                let row = self.nearest(graph, node, wanted.unwrap_or(0), &own);
                self.put(&node.id, Spot { rank, row, cell: 0 }, moved);
            }
        }
        // The last ReplicaSet of a workload stands in its row: the one that was there before it is gone.
        for node in nodes.iter().filter(|n| n.rank == Rank::Workload) {
            let mut sets = graph.from(&node.id).filter_map(|e| graph.node(&e.id.to)).filter(|n| n.rank == Rank::ReplicaSet);
            if let (Some(set), None) = (sets.next(), sets.next())
                && let (Some(at), Some(is)) = (self.spots.get(&node.id).copied(), self.spots.get(&set.id).copied())
                && at.row != is.row
            {
                self.vacate(&set.id, moved);
                let row = self.nearest(graph, set, at.row, &own);
                self.put(&set.id, Spot { rank: Rank::ReplicaSet, row, cell: 0 }, moved);
            }
        }
    }

    /// Pods stand in the row of their parent, in cells; a pod that stands keeps its cell.
    fn take_pods(&mut self, graph: &Graph, nodes: &[&Node], moved: &mut Moved) {
        let mut new: Vec<(&Node, Quarter)> = Vec::new();
        for node in nodes.iter().filter(|n| n.rank == Rank::Pods) {
            let Some(row) = parent(graph, node).and_then(|p| self.spots.get(p)).map(|s| s.row) else { continue };
            match self.spots.get(&node.id) {
                Some(spot) if spot.row == row => {}
                _ => {
                    self.vacate(&node.id, moved);
                    new.push((node, row));
                }
            }
        }
        new.sort_by_key(|(n, row)| (*row, n.created, n.id.clone()));
        for (node, row) in new {
            self.put_in_cell(&node.id, Rank::Pods, row, moved);
        }
    }

    /// An aside stands in the row of the first workload that it belongs to.
    fn take_aside(&mut self, graph: &Graph, node: &Node, moved: &mut Moved) {
        let neighbours = graph.from(&node.id).map(|e| &e.id.to).chain(graph.into(&node.id).map(|e| &e.id.from));
        let row = neighbours.filter_map(|id| self.spots.get(id)).map(|s| s.row).min().unwrap_or(0);
        if self.spots.get(&node.id).is_none_or(|s| s.row != row) {
            self.vacate(&node.id, moved);
            self.put_in_cell(&node.id, Rank::Aside, row, moved);
        }
    }

    /// The free row nearest to `wanted`, below before above.
    fn nearest(&self, graph: &Graph, node: &Node, wanted: Quarter, own: &HashSet<&NodeId>) -> Quarter {
        let steps = (0..REACH).flat_map(|i| [wanted + i * ROW, wanted - i * ROW]);
        let end = self.end().map_or(0, |end| (end + GAP) / ROW * ROW);
        steps.filter(|row| *row >= 0).find(|row| self.is_free(graph, node, *row, own)).unwrap_or(end)
    }

    fn is_free(&self, graph: &Graph, node: &Node, row: Quarter, own: &HashSet<&NodeId>) -> bool {
        let clashes = |id: &NodeId| match graph.node(id) {
            None => false,
            Some(other) if (node.rank == Rank::Entry) != (other.rank == Rank::Entry) => false,
            Some(other) if other.rank == node.rank => true,
            Some(other) if own.contains(id) => holds_pods(graph, other) && holds_pods(graph, node) && !is_parent(graph, other, node),
            Some(_) => true,
        };
        self.rows.range(row - ROW + 1..row + ROW).all(|(_, ids)| !ids.iter().any(clashes))
    }

    fn mean<'a>(&self, ids: impl Iterator<Item = &'a NodeId>) -> Option<Quarter> {
        let rows: Vec<Quarter> = ids.filter_map(|id| self.spots.get(id)).filter(|s| s.rank != Rank::Aside).map(|s| s.row).collect();
        (!rows.is_empty()).then(|| rows.iter().sum::<Quarter>() / rows.len() as Quarter)
    }

    fn end(&self) -> Option<Quarter> {
        self.rows.last_key_value().map(|(row, _)| *row)
    }

    fn put(&mut self, id: &NodeId, spot: Spot, moved: &mut Moved) {
        moved.remember(id, None);
        self.rows.entry(spot.row).or_default().push(id.clone());
        self.spots.insert(id.clone(), spot);
    }

    fn put_in_cell(&mut self, id: &NodeId, rank: Rank, row: Quarter, moved: &mut Moved) {
        moved.remember(id, None);
        // Rows that are less than a line apart would be drawn over each other, so they share their cells.
        let near: Vec<&BTreeSet<u16>> = (row - ROW + 1..row + ROW).filter_map(|row| self.cells.get(&(rank, row))).collect();
        let cell = (0..u16::MAX).find(|c| !near.iter().any(|used| used.contains(c))).unwrap_or(u16::MAX);
        self.cells.entry((rank, row)).or_default().insert(cell);
        self.spots.insert(id.clone(), Spot { rank, row, cell });
    }

    fn vacate(&mut self, id: &NodeId, moved: &mut Moved) {
        let Some(spot) = self.spots.remove(id) else { return };
        moved.remember(id, Some(spot));
        if let Some(ids) = self.rows.get_mut(&spot.row) {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                self.rows.remove(&spot.row);
            }
        }
        if let Some(used) = self.cells.get_mut(&(spot.rank, spot.row)) {
            used.remove(&spot.cell);
        }
    }
}

/// Nodes that were put somewhere in this update, with where they stood before; an invalid rank stands for "nowhere".
struct Moved {
    before: HashMap<NodeId, Spot>,
}

impl Moved {
    fn remember(&mut self, id: &NodeId, before: Option<Spot>) {
        let nowhere = Spot { rank: Rank::Entry, row: Quarter::MIN, cell: 0 };
        self.before.entry(id.clone()).or_insert(before.unwrap_or(nowhere));
    }

    fn settle(self, layout: &Layout) -> Vec<(NodeId, Place)> {
        let changed = |(id, before): (NodeId, Spot)| {
            let now = layout.spots.get(&id).copied().filter(|now| *now != before)?;
            Some((id, now.into()))
        };
        let mut places: Vec<(NodeId, Place)> = self.before.into_iter().filter_map(changed).collect();
        places.sort_by(|a, b| a.0.cmp(&b.0));
        places
    }
}

/// Applications around the touched nodes, in the order in which new ones are given their blocks: by namespace, those
/// with a route first, then by name.
fn components(graph: &Graph, touched: &BTreeSet<NodeId>) -> Vec<BTreeSet<NodeId>> {
    let mut seen: HashSet<NodeId> = HashSet::new();
    let mut found: Vec<BTreeSet<NodeId>> = Vec::new();
    for id in touched {
        let Some(node) = graph.node(id).filter(|n| holds_together(n.rank)) else { continue };
        if !seen.insert(node.id.clone()) {
            continue;
        }
        let mut members = BTreeSet::from([node.id.clone()]);
        let mut open = vec![node.id.clone()];
        while let Some(id) = open.pop() {
            for next in neighbours(graph, &id) {
                if seen.insert(next.clone()) {
                    members.insert(next.clone());
                    open.push(next);
                }
            }
        }
        found.push(members);
    }
    found.sort_by_cached_key(|members| {
        let nodes = members.iter().filter_map(|id| graph.node(id)).filter(|n| n.rank != Rank::Pods || members.len() == 1);
        nodes.map(|n| (n.object.namespace.clone(), n.rank, n.id.clone())).min()
    });
    found
}

fn holds_together(rank: Rank) -> bool {
    !matches!(rank, Rank::Entry | Rank::Aside)
}

fn neighbours(graph: &Graph, id: &NodeId) -> Vec<NodeId> {
    let traffic = |relation: &str| relation != ATTACH && !ASIDE.contains(&relation);
    let from = graph.from(id).filter(|e| traffic(e.id.relation)).map(|e| e.id.to.clone());
    from.chain(graph.into(id).filter(|e| traffic(e.id.relation)).map(|e| e.id.from.clone())).collect()
}

/// The ReplicaSet or controller of a pod; `None` for one that stands alone.
fn parent<'a>(graph: &'a Graph, pod: &'a Node) -> Option<&'a NodeId> {
    graph.into(&pod.id).find(|e| e.id.relation == "pods").map(|e| &e.id.from)
}

/// A node in whose row pods stand, or may come to stand.
fn holds_pods(graph: &Graph, node: &Node) -> bool {
    let has_sets = || graph.from(&node.id).any(|e| e.id.relation == "revision");
    matches!(node.rank, Rank::ReplicaSet | Rank::Pods) || (node.rank == Rank::Workload && !has_sets())
}

fn is_parent(graph: &Graph, above: &Node, below: &Node) -> bool {
    graph.from(&above.id).any(|e| e.id.to == below.id)
}

fn is_entry(graph: &Graph, id: &NodeId) -> bool {
    graph.node(id).is_some_and(|n| n.rank == Rank::Entry)
}
