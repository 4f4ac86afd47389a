//! The graph as text made for reading: what the command line prints and what the goldens hold.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::graph::{Edge, EdgeState, Graph, Health, Lane, Node, NodeId, PodState, Presence, Rank};
use crate::relations::{ASIDE, STEERS};
use crate::topology::Topology;

/// Requests from left to right, indented; then what takes none, then the findings.
pub fn text(topology: &Topology) -> String {
    let mut writer = Writer { graph: topology.graph(), out: String::new(), shown: BTreeSet::new() };
    for rank in [Rank::Entry, Rank::Route, Rank::Service, Rank::Workload, Rank::ReplicaSet, Rank::Pods] {
        for node in writer.graph.nodes().filter(|n| n.rank == rank) {
            if !writer.shown.contains(&node.id) {
                writer.tree(node, None, 0);
            }
        }
    }
    let asides: Vec<&Node> = writer.graph.nodes().filter(|n| n.rank == Rank::Aside).collect();
    if !asides.is_empty() {
        writer.line(0, "beside the requests");
    }
    asides.into_iter().for_each(|node| writer.aside(node));
    let findings: Vec<_> = topology.findings().collect();
    writer.line(0, if findings.is_empty() { "no findings" } else { "findings" });
    findings.iter().for_each(|f| writer.line(1, &format!("{}: {}: {}", f.code, f.object.said(), f.message)));
    writer.out
}

struct Writer<'a> {
    graph: &'a Graph,
    out: String,
    shown: BTreeSet<NodeId>,
}

impl<'a> Writer<'a> {
    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.out, "{}{}", "  ".repeat(depth), text.trim_end());
    }

    fn tree(&mut self, node: &'a Node, by: Option<&Edge>, depth: usize) {
        let again = !self.shown.insert(node.id.clone());
        let along = by.map(said_edge).unwrap_or_default();
        if again {
            self.line(depth, &format!("{along}{} (above)", title(node)));
        } else {
            self.line(depth, &format!("{along}{}  {}", title(node), state(node)));
        }
        if let Some(detail) = by.and_then(|e| e.detail.as_ref()) {
            self.line(depth + 1, &format!("! {detail}"));
        }
        if again {
            return;
        }
        let onward: Vec<&Edge> = self.graph.from(&node.id).filter(|e| !ASIDE.contains(&e.id.relation)).collect();
        let (pods, rest): (Vec<&Edge>, Vec<&Edge>) = onward.into_iter().partition(|e| e.id.relation == "pods");
        self.pods(&pods, depth + 1);
        let steered: Vec<String> = self.graph.from(&node.id).filter(|e| e.id.relation == STEERS).map(|e| self.end(e, &e.id.to)).collect();
        if !steered.is_empty() {
            self.line(depth + 1, &format!("steers {}", steered.join(", ")));
        }
        for edge in rest {
            if let Some(next) = self.graph.node(&edge.id.to) {
                self.tree(next, Some(edge), depth + 1);
            }
        }
    }

    /// One line for all pods, and one more for each that fails.
    fn pods(&mut self, edges: &[&Edge], depth: usize) {
        let pods: Vec<&Node> = edges.iter().filter_map(|e| self.graph.node(&e.id.to)).collect();
        if pods.is_empty() {
            return;
        }
        self.shown.extend(pods.iter().map(|n| n.id.clone()));
        let count = |state| pods.iter().filter(|n| n.pod == Some(state)).count();
        let words =
            [(PodState::Ready, "ready"), (PodState::Starting, "starting"), (PodState::Failing, "failing"), (PodState::Ending, "ending")];
        let counts = words.map(|(state, word)| (count(state), word)).into_iter().filter(|(n, _)| *n > 0);
        let counts: Vec<String> = counts.map(|(n, word)| format!("{n} {word}")).collect();
        let serving = edges.iter().filter(|e| e.state == EdgeState::Active).count();
        self.line(depth, &format!("pods: {}; {serving} serving", counts.join(", ")));
        for pod in pods.iter().filter(|n| n.health == Health::Failing) {
            self.line(depth + 1, &format!("{} {}", pod.object.name, why(pod)));
        }
    }

    fn aside(&mut self, node: &'a Node) {
        let out = self.graph.from(&node.id).map(|e| (e, &e.id.to));
        let ends: Vec<String> = out.chain(self.graph.into(&node.id).map(|e| (e, &e.id.from))).map(|(e, id)| self.end(e, id)).collect();
        let of = if ends.is_empty() { "nothing".to_string() } else { ends.join(", ") };
        self.line(1, &format!("{} of {of}  {}", title(node), state(node)));
    }

    fn end(&self, edge: &Edge, id: &NodeId) -> String {
        let name = self.graph.node(id).map_or(id.to_string(), |n| n.object.said());
        if edge.state == EdgeState::Active { name } else { format!("{name} ({})", edge.state.word()) }
    }
}

fn said_edge(edge: &Edge) -> String {
    let share = edge.share.map(|s| format!("{} % ", percent(s))).unwrap_or_default();
    format!("{share}{} → ", edge.state.word())
}

/// Whole where it is, else one digit.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if (percent - percent.round()).abs() < 0.05 { format!("{percent:.0}") } else { format!("{percent:.1}") }
}

fn title(node: &Node) -> String {
    let lane = match node.lane {
        Some(Lane::Blue) => " [B]",
        Some(Lane::Green) => " [G]",
        None => "",
    };
    let revision = node.revision.map(|r| format!(" rev {r}")).unwrap_or_default();
    let version = node.version.as_ref().filter(|_| node.rank != Rank::Pods).map(|v| format!(" {v}")).unwrap_or_default();
    let name = match node.rank {
        Rank::Route => format!("{} ({})", node.label(), node.object.said()),
        _ => node.object.said(),
    };
    format!("{name}{lane}{version}{revision}")
}

fn why(node: &Node) -> &str {
    node.reason.as_ref().map_or("", |r| &r.text)
}

fn state(node: &Node) -> String {
    match (node.presence, why(node)) {
        (Presence::Missing, _) => "MISSING".into(),
        (_, "") => node.health.word().into(),
        (_, reason) => format!("{}: {reason}", node.health.word()),
    }
}
