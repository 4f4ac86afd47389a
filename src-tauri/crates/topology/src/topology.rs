//! The live graph. A namespace is the unit of work: one that changed, or that reads one that changed, is looked at again
//! and compared with what it was.

use std::collections::{BTreeMap, BTreeSet};

use model::{Delta, Kind, Object, ObjectId, ObjectSet};
use traffic::Request;

use crate::findings::{self, Finding};
use crate::graph::{Edge, EdgeId, Graph, GraphDelta, Node, NodeId, Rank};
use crate::layout::{Layout, Place};
use crate::relations;
use crate::shares::{self, RouteShares};
use crate::trace::{self, Trace};
use crate::view::{Sight, View};
use crate::{nodes, text};

/// Kinds that the graph is made from beside those that the routers read.
const OWN: [Kind; 21] = [
    Kind::Service,
    Kind::EndpointSlice,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Pod,
    Kind::Rollout,
    Kind::Canary,
    Kind::Job,
    Kind::CronJob,
    Kind::HorizontalPodAutoscaler,
    Kind::ScaledObject,
    Kind::VerticalPodAutoscaler,
    Kind::PodDisruptionBudget,
    Kind::NetworkPolicy,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::ServiceAccount,
    Kind::PersistentVolumeClaim,
    Kind::DestinationRule,
];

/// Kinds that the graph is made from: what `cluster` watches for the map.
pub fn kinds() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = traffic::routers::ALL.iter().flat_map(|r| r.kinds()).copied().chain(OWN).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// Whether a kind is among [`kinds`].
pub(crate) fn is_read(kind: Kind) -> bool {
    OWN.contains(&kind) || traffic::routers::ALL.iter().any(|r| r.kinds().contains(&kind))
}

/// What one namespace gives to the graph.
#[derive(Default)]
struct Part {
    nodes: BTreeMap<NodeId, Node>,
    edges: BTreeMap<EdgeId, Edge>,
    findings: BTreeSet<Finding>,
    refers_to: BTreeSet<String>,
}

/// Objects and the graph that follows from them.
#[derive(Default)]
pub struct Topology {
    objects: ObjectSet,
    sight: Sight,
    parts: BTreeMap<String, Part>,
    /// How many parts hold a node: a missing object may be named from several namespaces.
    holders: BTreeMap<NodeId, u32>,
    graph: Graph,
    layout: Layout,
}

impl Topology {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Kinds that cannot be read (no permission, not installed): nothing is concluded from their absence.
    pub fn blind_to(&mut self, kinds: impl IntoIterator<Item = Kind>) -> GraphDelta {
        self.sight.blind = kinds.into_iter().collect();
        self.update(self.parts.keys().cloned().collect())
    }

    /// Namespaces that the graph is of; `None` = all. Objects of others may be here too (a run may need them): they are
    /// kept and not shown, and what refers to them refers to something that is *not loaded*, never to something missing.
    pub fn follow(&mut self, namespaces: Option<BTreeSet<String>>) -> GraphDelta {
        self.sight.namespaces = namespaces;
        let seen: BTreeSet<String> = self.objects.iter().map(|(id, _)| id.namespace.clone()).collect();
        self.update(self.parts.keys().cloned().chain(seen).collect())
    }

    /// Takes changes and says what they changed.
    pub fn apply(&mut self, deltas: Vec<Delta>) -> GraphDelta {
        let routing = |d: &&Delta| traffic::routers::ALL.iter().any(|r| r.declares() == d.kind());
        let ids: Vec<ObjectId> = deltas.iter().filter(routing).map(Delta::id).collect();
        // By what led on to them, and by what does now.
        let mut reached = self.reached(&ids);
        let mut dirty = BTreeSet::new();
        for delta in deltas {
            let namespace = delta.namespace().to_string();
            // Events and Leases change all the time and no node is made from them. Of what is cluster-wide classes alone are read.
            let drawn = |k: Kind| match k {
                Kind::Event | Kind::Lease => false,
                Kind::GatewayClass | Kind::IngressClass => true,
                other => other.namespaced(),
            };
            let kind = delta.kind();
            if self.objects.apply(delta) && drawn(kind) {
                dirty.insert(namespace);
            }
        }
        if dirty.is_empty() {
            return GraphDelta::default();
        }
        reached.append(&mut self.reached(&ids));
        dirty.append(&mut reached);
        self.update(dirty)
    }

    /// The objects as last seen.
    pub fn objects(&self) -> &ObjectSet {
        &self.objects
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Where each node stands on the map.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// All findings, by namespace, then by code and object.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.parts.values().flat_map(|p| &p.findings)
    }

    /// Rules on whose way the node stands, at most so many, and how many there are: of a Service or what is behind it those from
    /// which lines lead to it; of a route its own; of a Gateway those that it takes. `None` = every rule. By namespace, then as
    /// declared.
    pub fn routes(&self, of: Option<&NodeId>, most: usize) -> (Vec<RouteShares>, usize) {
        let rows = of.map(|of| self.rows_of(of));
        let mut left: BTreeMap<&str, BTreeSet<&NodeId>> = BTreeMap::new();
        let all = self.graph.nodes().filter(|n| n.rank == Rank::Route).filter(|n| rows.as_ref().is_none_or(|rows| rows.contains(&n.id)));
        for node in all {
            left.entry(&node.object.namespace).or_default().insert(&node.id);
        }
        let total = left.values().map(BTreeSet::len).sum();
        let mut found = Vec::new();
        for (namespace, wanted) in left {
            if found.len() >= most {
                break;
            }
            let view = View::new(&self.objects, namespace, &self.sight);
            let rows = view.rows.iter().filter(|r| wanted.contains(&r.id));
            found.extend(rows.take(most - found.len()).map(|row| shares::of_route(&row.route, row, &view)));
        }
        (found, total)
    }

    /// Rows of the routes on whose way a node stands.
    fn rows_of(&self, of: &NodeId) -> BTreeSet<NodeId> {
        let graph = &self.graph;
        let (mut seen, mut open) = (BTreeSet::from([of.clone()]), vec![of.clone()]);
        while let Some(id) = open.pop() {
            let leads = graph.into(&id).map(|e| &e.id.from);
            open.extend(leads.filter(|from| seen.insert((*from).clone())).cloned());
        }
        seen.extend(self.graph.from(of).map(|e| e.id.to.clone()));
        let own = |n: &&Node| n.rank == Rank::Route && (seen.contains(&n.id) || NodeId::of(&n.object) == *of);
        self.graph.nodes().filter(own).map(|n| n.id.clone()).collect()
    }

    /// Who answers a request, for each door that has routes: by what is seen, in the namespaces that are followed.
    pub fn trace(&self, request: &Request) -> Vec<Trace> {
        trace::trace(request, &self.objects, &self.sight)
    }

    /// The graph as text made for reading.
    pub fn text(&self) -> String {
        text::text(self)
    }

    /// Lays the whole map out afresh, as if it had been opened now. Returns every place.
    pub fn relayout(&mut self) -> Vec<(NodeId, Place)> {
        self.layout = Layout::default();
        let all: BTreeSet<NodeId> = self.graph.nodes.keys().cloned().collect();
        self.layout.update(&self.graph, &all)
    }

    /// Namespaces whose routes may depend on these objects, wherever they are.
    fn reached(&self, ids: &[ObjectId]) -> BTreeSet<String> {
        let objects = ids.iter().filter_map(|id| self.objects.get(id));
        objects.flat_map(|o| traffic::reaches(o, &self.objects)).collect()
    }

    fn update(&mut self, mut dirty: BTreeSet<String>) -> GraphDelta {
        let readers = self.parts.iter().filter(|(_, p)| !p.refers_to.is_disjoint(&dirty)).map(|(ns, _)| ns.clone());
        let readers: Vec<String> = readers.collect();
        dirty.extend(readers);
        let mut change = Change::default();
        for namespace in dirty {
            let part = part(&self.objects, &namespace, &self.sight);
            // One that shows nothing may come to, when what it refers to goes.
            let old = match part.nodes.is_empty() && part.refers_to.is_empty() {
                true => self.parts.remove(&namespace),
                false => self.parts.insert(namespace.clone(), part),
            };
            let none = Part::default();
            change.compare(&old.unwrap_or_default(), self.parts.get(&namespace).unwrap_or(&none), &mut self.holders);
        }
        self.settle(change)
    }

    /// Writes a change into the graph and the layout.
    fn settle(&mut self, change: Change) -> GraphDelta {
        let mut delta = GraphDelta { findings: change.findings, findings_removed: change.findings_removed, ..GraphDelta::default() };
        // What moves places: nodes that come or go, and edges that come or go. A state or a count does not.
        let mut touched: BTreeSet<NodeId> = BTreeSet::new();
        for id in change.edges_removed.iter().filter(|id| !change.edges.contains_key(*id)) {
            touched.extend([id.from.clone(), id.to.clone()]);
            self.graph.remove_edge(id);
            delta.edges_removed.push(id.clone());
        }
        for id in change.nodes_removed.iter().filter(|id| !self.holders.contains_key(*id)) {
            if self.graph.nodes.remove(id).is_some() {
                touched.insert(id.clone());
                delta.nodes_removed.push(id.clone());
            }
        }
        for (id, node) in change.nodes {
            if self.graph.nodes.get(&id) != Some(&node) {
                if self.graph.nodes.insert(id.clone(), node.clone()).is_none_or(|old| old.rank != node.rank) {
                    touched.insert(id);
                }
                delta.nodes.push(node);
            }
        }
        for (id, edge) in change.edges {
            if self.graph.edges.get(&id) != Some(&edge) {
                if !self.graph.edges.contains_key(&id) {
                    touched.extend([id.from.clone(), id.to.clone()]);
                }
                self.graph.insert_edge(edge.clone());
                delta.edges.push(edge);
            }
        }
        delta.places = self.layout.update(&self.graph, &touched);
        delta
    }
}

/// Differences of several parts, before they are written into the graph.
#[derive(Default)]
struct Change {
    nodes: BTreeMap<NodeId, Node>,
    nodes_removed: BTreeSet<NodeId>,
    edges: BTreeMap<EdgeId, Edge>,
    edges_removed: BTreeSet<EdgeId>,
    findings: Vec<Finding>,
    findings_removed: Vec<Finding>,
}

impl Change {
    fn compare(&mut self, old: &Part, new: &Part, holders: &mut BTreeMap<NodeId, u32>) {
        for id in new.nodes.keys().filter(|id| !old.nodes.contains_key(*id)) {
            *holders.entry(id.clone()).or_default() += 1;
        }
        for id in old.nodes.keys().filter(|id| !new.nodes.contains_key(*id)) {
            if let Some(n) = holders.get_mut(id) {
                *n -= 1;
                if *n == 0 {
                    holders.remove(id);
                }
            }
            self.nodes_removed.insert(id.clone());
        }
        let fresh = new.nodes.iter().filter(|(id, node)| old.nodes.get(*id) != Some(*node));
        self.nodes.extend(fresh.map(|(id, node)| (id.clone(), node.clone())));
        self.edges_removed.extend(old.edges.keys().filter(|id| !new.edges.contains_key(*id)).cloned());
        let fresh = new.edges.iter().filter(|(id, edge)| old.edges.get(*id) != Some(*edge));
        self.edges.extend(fresh.map(|(id, edge)| (id.clone(), edge.clone())));
        self.findings.extend(new.findings.difference(&old.findings).cloned());
        self.findings_removed.extend(old.findings.difference(&new.findings).cloned());
    }
}

fn part(objects: &ObjectSet, namespace: &str, sight: &Sight) -> Part {
    // Cluster-scoped objects have no namespace, and no node.
    if namespace.is_empty() || !sight.follows(namespace) {
        return Part::default();
    }
    let view = View::new(objects, namespace, sight);
    let edges: Vec<Edge> = relations::ALL.iter().flat_map(|r| r.edges(&view)).collect();
    let nodes = nodes::nodes(&view, &edges);
    let findings = findings::ALL.iter().flat_map(|c| c.find(&view, &edges)).collect();
    let refers_to = view.refers_to();
    Part { nodes, edges: edges.into_iter().map(|e| (e.id.clone(), e)).collect(), findings, refers_to }
}

impl FromIterator<Object> for Topology {
    fn from_iter<T: IntoIterator<Item = Object>>(objects: T) -> Self {
        let mut topology = Self::new();
        topology.apply(objects.into_iter().map(Delta::Upsert).collect());
        topology
    }
}
