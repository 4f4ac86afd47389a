//! Loops over the lists of relations and findings: unique name, fixture, golden.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{cases, fixtures, golden, objects};
use model::{Kind, ObjectId};
use topology::{EdgeState, Health, NodeId, Presence, Topology, findings, fold, relations};

/// The objects of a case; `followed.txt` beside them names the namespaces that are followed, one a line (absent = all).
fn load(case: &Path) -> Topology {
    let mut topology: Topology = objects(&case.join("objects.yaml")).into_iter().collect();
    if let Ok(followed) = std::fs::read_to_string(case.join("followed.txt")) {
        topology.follow(Some(followed.lines().map(str::to_string).collect()));
    }
    topology
}

#[test]
fn every_relation_has_a_name_a_fixture_and_an_edge_in_it() {
    let names: BTreeSet<_> = relations::ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names.len(), relations::ALL.len());
    for name in names {
        for case in cases(&format!("relations/{name}")) {
            let topology = load(&case);
            assert!(topology.graph().edges().any(|e| e.id.relation == name), "{} has no {name} edge", case.display());
            golden(&case.join("graph.txt"), &topology.text());
        }
    }
}

#[test]
fn every_finding_fires_where_it_must_and_nowhere_else() {
    let codes: BTreeSet<_> = findings::ALL.iter().map(|c| c.code()).collect();
    assert_eq!(codes.len(), findings::ALL.len());
    let page = std::fs::read_to_string(fixtures().join("../../src-tauri/docs/findings.md")).expect("the page of findings");
    assert!(codes.iter().all(|code| page.contains(&format!("| `{code}` |"))), "docs/findings.md lacks a code of {codes:?}");
    for code in codes {
        let cases = cases(&format!("findings/{code}"));
        for prefix in ["fires", "quiet"] {
            assert!(
                cases.iter().any(|c| c.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix))),
                "{code}: no case {prefix}"
            );
        }
        for case in cases {
            let topology = load(&case);
            let expected = case.file_name().is_some_and(|n| n.to_string_lossy().starts_with("fires"));
            assert_eq!(topology.findings().any(|f| f.code == code), expected, "{}", case.display());
            golden(&case.join("graph.txt"), &topology.text());
        }
    }
}

#[test]
fn a_healthy_shop_raises_no_finding_and_every_node_of_it_is_well() {
    let case = fixtures().join("graphs/shop");
    let topology = load(&case);
    assert_eq!(topology.findings().collect::<Vec<_>>(), Vec::<&findings::Finding>::new());
    for node in topology.graph().nodes() {
        assert_eq!(node.health, Health::Healthy, "{}: {:?}", node.id, node.reason);
    }
    for edge in topology.graph().edges() {
        assert_eq!(edge.state, EdgeState::Active, "{:?}", edge.id);
    }
    golden(&case.join("graph.txt"), &topology.text());
}

#[test]
fn shares_are_multiplied_along_a_route() {
    let topology = load(&fixtures().join("relations/backend/weights"));
    let shares = |of: Option<&str>, path: &str| -> Vec<(String, f64)> {
        let (found, _) = topology.routes(of.map(NodeId::from).as_ref(), usize::MAX);
        let route = found.into_iter().find(|r| r.rule.matches.path == path).expect("is there");
        route.targets.into_iter().flat_map(|t| t.versions).map(|v| (v.workload.name, v.share)).collect()
    };
    let canary = [("web".to_string(), 0.9), ("canary".to_string(), 0.1)];
    assert_eq!(shares(None, "/canary"), canary);
    let lost = shares(None, "/missing").iter().map(|(_, share)| share).sum::<f64>();
    assert_eq!(lost, 0.75, "a quarter of the requests is lost");
    // Whatever stands on the way is told all of it.
    for of in [
        "Gateway/shop/edge",
        "HTTPRoute/shop/r",
        "Service/shop/canary",
        "Deployment/shop/canary",
        "ReplicaSet/shop/canary-1",
        "Pod/shop/canary-1-0",
    ] {
        assert_eq!(shares(Some(of), "/canary"), canary, "{of}");
    }
}

#[test]
fn of_an_object_those_routes_are_told_on_whose_way_it_stands() {
    let topology = load(&fixtures().join("relations/backend/weights"));
    let rows = |of: &str, most: usize| {
        let (found, total) = topology.routes(Some(&of.into()), most);
        (found.into_iter().map(|r| r.rule.matches.path).collect::<Vec<_>>(), total)
    };
    let (of_canary, total) = rows("Deployment/shop/canary", usize::MAX);
    assert!(total < topology.routes(None, usize::MAX).1 && of_canary.len() == total, "{of_canary:?}");
    let (all, total) = rows("Gateway/shop/edge", 2);
    assert_eq!((all.len(), total), (2, topology.routes(None, usize::MAX).1));
    assert_eq!(rows("Deployment/shop/none", usize::MAX), (vec![], 0));
}

#[test]
fn the_shares_out_of_a_source_never_exceed_one() {
    let folders = ["relations", "findings"].iter().flat_map(|f| std::fs::read_dir(fixtures().join(f)).expect("readable"));
    let folders: Vec<_> = folders.map(|e| e.expect("readable").path()).filter(|p| p.is_dir()).collect();
    for case in folders.iter().flat_map(|f| cases(&f.to_string_lossy())) {
        let topology = load(&case);
        for node in topology.graph().nodes() {
            let sum: f64 = topology.graph().from(&node.id).filter_map(|e| e.share).sum();
            assert!(sum < 1.0 + 1e-9, "{}: {} gives away {sum}", case.display(), node.id);
        }
    }
}

#[test]
fn folded_rows_leave_one_node_per_object() {
    let topology = load(&fixtures().join("graphs/shop"));
    let folded = fold(topology.graph());
    assert!(folded.nodes.iter().all(|n| n.id.parse::<ObjectId>().is_ok_and(|id| id == n.object)));
    let route = ObjectId::new(Kind::HTTPRoute, "shop", "shop");
    assert!(folded.node(&route).is_some());
    let shares: Vec<_> =
        folded.edges.iter().filter(|e| &*e.id.from == "HTTPRoute/shop/shop").map(|e| (e.id.to.to_string(), e.share)).collect();
    assert_eq!(shares, [("Service/shop/api".to_string(), None), ("Service/shop/web".to_string(), None)]);
    let ingress: Vec<_> =
        folded.edges.iter().filter(|e| &*e.id.from == "Ingress/shop/legacy").map(|e| (e.id.to.to_string(), e.share)).collect();
    assert_eq!(ingress, [("Service/shop/web".to_string(), Some(1.0))]);
}

#[test]
fn what_lies_in_a_namespace_that_is_not_followed_is_not_loaded_and_never_missing() {
    let case = fixtures().join("findings/dangling-reference/quiet-not-followed");
    let topology = load(&case);
    assert!(topology.graph().edges().all(|e| e.state != EdgeState::Broken));
    for (kind, ns, name) in [(Kind::Gateway, "infra", "shared"), (Kind::Service, "pay", "pay")] {
        let node = topology.graph().node_of(&ObjectId::new(kind, ns, name)).expect("is named");
        assert_eq!((node.presence, node.health), (Presence::Unseen, Health::Unknown), "{}", node.id);
    }
    assert!(topology.graph().nodes().all(|n| n.health != Health::Failing && n.health != Health::Degraded));
    // The same objects where everything is followed: now it is known that they are not there.
    let all: Topology = objects(&case.join("objects.yaml")).into_iter().collect();
    assert!(all.findings().any(|f| f.code == "dangling-reference"));
}
