//! The graph as JSON and as text.

use std::collections::{BTreeMap, BTreeSet};

use api::{EdgeState, EdgeView, GraphBatch, Health, KindStateView, NodeView, RouteView, SentenceView};
use model::Kind;
use serde_json::{Value, json};

use crate::out::{Ink, ink};

/// Version of the JSON below.
pub const SCHEMA: u32 = 1;

/// `map -o json`: the graph by object (rows of a route folded into it; `routes` keeps them apart), and the kinds of which
/// something is not seen.
pub fn to_json(cluster: &str, g: &GraphBatch, routes: &[RouteView], unread: &[KindStateView]) -> Value {
    let node = |n: &NodeView| {
        let group = n.kind.parse::<Kind>().map(Kind::group).unwrap_or_default();
        json!({"id": n.object, "group": group, "kind": n.kind, "namespace": n.namespace, "name": n.name,
            "health": word(n.health), "reason": said(&n.reason)})
    };
    let nodes: Vec<Value> = g.nodes.iter().map(node).collect();
    let edge = |e: &EdgeView| json!({"from": e.from, "to": e.to, "relation": e.relation, "state": state(e.state), "share": e.share});
    let edges: Vec<Value> = g.edges.iter().map(edge).collect();
    let routes: Vec<Value> = routes.iter().map(route).collect();
    let findings: Vec<Value> =
        g.findings.iter().flatten().map(|f| json!({"code": f.code, "object": f.object, "message": f.message})).collect();
    let unread = unread_json(unread);
    json!({"schema": SCHEMA, "cluster": cluster, "nodes": nodes, "edges": edges, "routes": routes, "findings": findings, "unread": unread})
}

/// `shares` are those of the workloads, over all Services; what is missing to 1 fails, or goes where nothing is known.
fn route(r: &RouteView) -> Value {
    let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
    r.answer.targets.iter().flat_map(|t| &t.versions).for_each(|v| *shares.entry(&v.workload).or_default() += v.share);
    let shares: Vec<Value> = shares.into_iter().map(|(to, share)| json!({"to": to, "share": share})).collect();
    json!({"host": r.host, "path": r.path, "pathType": r.path_type, "conditions": r.also, "entry": r.entries.first(), "entries": r.entries,
        "object": r.answer.rule.object, "pointer": r.answer.rule.pointer, "shares": shares, "services": r.answer.targets,
        "otherwise": r.answer.itself.as_ref().map(|s| &s.text), "mirrors": r.answer.mirrors})
}

/// Kinds that are not all seen, and why.
pub fn unread_json(kinds: &[KindStateView]) -> Vec<Value> {
    kinds.iter().map(|k| json!({"kind": k.kind, "why": why(k)})).collect()
}

/// The same for people.
pub fn unread_lines(kinds: &[KindStateView]) -> impl Iterator<Item = String> {
    kinds.iter().map(|k| format!("{} not read: {}: {}", ink(Ink::Warn, "!"), k.kind, why(k)))
}

/// Why a kind is not all seen.
pub fn why(kind: &KindStateView) -> &str {
    kind.note.as_ref().map_or("", |n| &n.text)
}

fn word(h: Health) -> &'static str {
    match h {
        Health::Healthy => "healthy",
        Health::Moving => "moving",
        Health::Degraded => "degraded",
        Health::Failing => "failing",
        Health::Idle => "idle",
        Health::Unknown => "unknown",
    }
}

fn state(s: EdgeState) -> &'static str {
    match s {
        EdgeState::Active => "active",
        EdgeState::Open => "open",
        EdgeState::Declared => "declared",
        EdgeState::Broken => "broken",
        EdgeState::Shadow => "shadow",
        EdgeState::Attached => "attached",
    }
}

/// `map` for people: a tree per namespace, from the entries down to the ReplicaSets; pods are counted, not listed.
/// Kinds of which something is not seen are named: refused never looks like none.
pub fn to_text(g: &GraphBatch, unread: &[KindStateView]) -> Vec<String> {
    let tree = Tree::of(g);
    let mut lines = vec![];
    let namespaces: BTreeSet<&str> = g.nodes.iter().map(|n| n.namespace.as_str()).collect();
    for ns in namespaces {
        let roots = tree.roots(ns);
        if roots.is_empty() {
            continue;
        }
        lines.push(ink(Ink::Strong, if ns.is_empty() { "(cluster)" } else { ns }));
        let mut walked = BTreeSet::new();
        for root in roots {
            tree.write(root, None, 1, &mut walked, &mut lines);
        }
    }
    if lines.is_empty() {
        lines.push(if unread.is_empty() { "nothing here" } else { "nothing that could be read" }.to_string());
    }
    let s = &g.summary;
    lines.push(String::new());
    lines.push(format!(
        "{} applications, {} in trouble, {} moving; {} of {} pods ready",
        s.applications, s.trouble, s.moving, s.ready, s.pods
    ));
    lines.extend(unread_lines(unread));
    for f in g.findings.iter().flatten() {
        lines.push(format!("{} {}: {} {}", ink(Ink::Warn, "!"), f.object, f.message, ink(Ink::Dim, &format!("[{}]", f.code))));
    }
    lines
}

fn said(s: &Option<SentenceView>) -> &str {
    s.as_ref().map_or("", |s| &s.text)
}

struct Tree<'a> {
    nodes: BTreeMap<&'a str, &'a NodeView>,
    out: BTreeMap<&'a str, Vec<&'a EdgeView>>,
    reached: BTreeSet<&'a str>,
}

/// Rank of pods; they are counted in their ReplicaSet's line.
const POD: u8 = 5;

impl<'a> Tree<'a> {
    fn of(g: &'a GraphBatch) -> Self {
        let nodes: BTreeMap<&str, &NodeView> = g.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        let mut out: BTreeMap<&str, Vec<&EdgeView>> = BTreeMap::new();
        let mut reached = BTreeSet::new();
        for e in &g.edges {
            let forward = match (nodes.get(e.from.as_str()), nodes.get(e.to.as_str())) {
                (Some(a), Some(b)) => a.rank < b.rank || a.rank == 6,
                _ => true,
            };
            if forward {
                out.entry(&e.from).or_default().push(e);
                reached.insert(e.to.as_str());
            }
        }
        Self { nodes, out, reached }
    }

    fn roots(&self, ns: &str) -> Vec<&'a NodeView> {
        let mut roots: Vec<&NodeView> =
            self.nodes.values().copied().filter(|n| n.namespace == ns && n.rank != POD && !self.reached.contains(n.id.as_str())).collect();
        roots.sort_by(|a, b| (a.rank, a.row.total_cmp(&b.row), &a.name).cmp(&(b.rank, std::cmp::Ordering::Equal, &b.name)));
        roots
    }

    fn write(&self, n: &'a NodeView, by: Option<&EdgeView>, depth: usize, walked: &mut BTreeSet<&'a str>, lines: &mut Vec<String>) {
        let again = !walked.insert(n.id.as_str());
        lines.push(format!("{}{}", "  ".repeat(depth), self.line(n, by)));
        if again {
            return;
        }
        for e in self.out.get(n.id.as_str()).into_iter().flatten() {
            match self.nodes.get(e.to.as_str()) {
                Some(to) if to.rank == POD => {}
                Some(to) => self.write(to, Some(e), depth + 1, walked, lines),
                None => lines.push(format!("{}{} {} {}", "  ".repeat(depth + 1), ink(Ink::Bad, "missing"), e.to, said(&e.detail))),
            }
        }
    }

    fn line(&self, n: &NodeView, by: Option<&EdgeView>) -> String {
        let share = by.and_then(|e| e.share).map(|s| format!("{} ", percent(s))).unwrap_or_default();
        let broken = by
            .filter(|e| e.state == EdgeState::Broken)
            .map(|e| ink(Ink::Bad, &format!("broken ({}) ", said(&e.detail))))
            .unwrap_or_default();
        let count = match (n.ready, n.wanted) {
            (Some(r), Some(w)) => format!("  {r}/{w} ready"),
            _ => String::new(),
        };
        let version = n.version.as_deref().map(|v| format!("  {v}")).unwrap_or_default();
        let row = n.id.split_once('#').map(|(_, row)| format!("  {row}")).unwrap_or_default();
        let why = n.reason.as_ref().map_or_else(String::new, |r| format!(": {r}"));
        let health = match n.health {
            Health::Healthy => ink(Ink::Dim, "healthy"),
            Health::Failing => ink(Ink::Bad, &format!("failing{why}")),
            h @ (Health::Degraded | Health::Moving) => ink(Ink::Warn, &format!("{}{why}", word(h))),
            h => ink(Ink::Dim, &format!("{}{why}", word(h))),
        };
        format!("{broken}{share}{} {}{row}{version}{count}  {health}", n.kind, n.name)
    }
}

/// `12.5 %`.
pub fn percent(share: f64) -> String {
    let p = share * 100.0;
    if (p - p.round()).abs() < 0.05 { format!("{p:.0} %") } else { format!("{p:.1} %") }
}

#[cfg(test)]
mod tests {
    use api::GraphSummary;

    use super::*;

    fn node(id: &str, rank: u8) -> NodeView {
        let object = id.split('#').next().unwrap_or(id).to_string();
        let mut parts = object.split('/');
        let (kind, namespace, name) = (parts.next(), parts.next(), parts.next());
        NodeView {
            id: id.into(),
            kind: kind.unwrap_or_default().into(),
            namespace: namespace.unwrap_or_default().into(),
            name: name.unwrap_or_default().into(),
            object,
            label: String::new(),
            sub: String::new(),
            rank,
            row: 0.0,
            health: Health::Healthy,
            reason: None,
            ready: None,
            wanted: None,
            version: None,
            lane: None,
            owner: String::new(),
            created: None,
            parent: None,
            cell: None,
        }
    }

    fn edge(from: &str, to: &str, share: Option<f64>) -> EdgeView {
        EdgeView {
            id: format!("{from}>r>{to}"),
            from: from.into(),
            to: to.into(),
            relation: "backend".into(),
            state: EdgeState::Active,
            share,
            lane: None,
            detail: None,
        }
    }

    fn graph() -> GraphBatch {
        GraphBatch {
            seq: 1,
            context: "c".into(),
            reset: true,
            nodes: vec![
                node("Ingress/shop/web", 0),
                node("Ingress/shop/web#shop.example/", 1),
                node("Service/shop/web", 2),
                node("Deployment/shop/web", 3),
                node("Pod/shop/web-1", 5),
            ],
            gone: vec![],
            edges: vec![
                edge("Ingress/shop/web", "Ingress/shop/web#shop.example/", None),
                edge("Ingress/shop/web#shop.example/", "Service/shop/web", Some(0.125)),
                edge("Service/shop/web", "Deployment/shop/web", Some(1.0)),
            ],
            gone_edges: vec![],
            findings: None,
            summary: GraphSummary { applications: 1, trouble: 0, moving: 0, ready: 1, pods: 1 },
        }
    }

    /// As the host folds it: an object is a node once.
    fn by_object() -> GraphBatch {
        let mut g = graph();
        g.nodes.retain(|n| n.id == n.object);
        g.nodes.sort_by(|a, b| a.id.cmp(&b.id));
        g.edges =
            vec![edge("Ingress/shop/web", "Service/shop/web", Some(0.125)), edge("Service/shop/web", "Deployment/shop/web", Some(1.0))];
        g
    }

    #[test]
    fn what_was_refused_never_looks_like_none() {
        let refused =
            KindStateView { kind: "Pod".into(), state: "forbidden".into(), note: Some(crate::text::tests::said("pods is forbidden")) };
        let empty = GraphBatch { nodes: vec![], edges: vec![], ..graph() };
        let v = to_json("lab", &empty, &[], std::slice::from_ref(&refused));
        assert_eq!(v["unread"], json!([{"kind":"Pod","why":"pods is forbidden"}]));
        let text = to_text(&empty, &[refused]).join("\n");
        assert!(text.contains("not read: Pod: pods is forbidden") && !text.contains("nothing here"), "{text}");
    }

    #[test]
    fn json_names_each_object_once_with_its_group() {
        let v = to_json("lab", &by_object(), &[], &[]);
        assert_eq!(v["schema"], 1);
        assert_eq!(v["cluster"], "lab");
        let ids: Vec<&str> = v["nodes"].as_array().expect("nodes").iter().filter_map(|n| n["id"].as_str()).collect();
        assert_eq!(ids, ["Deployment/shop/web", "Ingress/shop/web", "Pod/shop/web-1", "Service/shop/web"]);
        assert_eq!(v["nodes"][0]["group"], "apps");
        assert_eq!(v["nodes"][0].as_object().expect("object").len(), 7);
    }

    #[test]
    fn json_edges_lead_from_object_to_object_with_their_share() {
        let v = to_json("lab", &by_object(), &[], &[]);
        let edges = v["edges"].as_array().expect("edges");
        assert_eq!(edges.len(), 2);
        assert_eq!(
            edges[0],
            json!({"from":"Ingress/shop/web","to":"Service/shop/web","relation":"backend","state":"active","share":0.125})
        );
        assert_eq!(v["routes"], json!([]));
        assert_eq!(v["findings"], json!([]));
    }

    #[test]
    fn text_walks_from_the_entry_down_and_counts_pods_instead_of_listing_them() {
        let lines = to_text(&graph(), &[]).join("\n");
        assert!(lines.contains("12.5 % Service web"), "{lines}");
        assert!(!lines.contains("Pod"), "{lines}");
        assert!(lines.contains("1 of 1 pods ready"), "{lines}");
    }
}
