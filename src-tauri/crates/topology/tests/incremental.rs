//! The live graph against the one built from scratch, over random histories.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use common::{fixtures, objects};
use model::{Delta, Object, ObjectId};
use proptest::prelude::*;
use topology::{Edge, EdgeId, Finding, GraphDelta, Node, NodeId, Place, Topology};

static POOL: LazyLock<Vec<Object>> = LazyLock::new(pool);

/// Objects to draw histories from: several states of the same names, and two namespaces that refer to each other.
fn pool() -> Vec<Object> {
    let cases = [
        "graphs/shop",
        "relations/attach/states",
        "relations/backend/weights",
        "relations/backend/cross-namespace",
        "relations/endpoints/two-colours",
        "relations/revision/rolling",
        "relations/revision/stuck",
        "relations/pods/states",
        "relations/pods/jobs",
        "relations/steers/rollouts-and-canaries",
        "relations/config/references",
        "relations/needs/accounts-and-claims",
        "relations/network-policy/selects",
        "findings/no-ready-endpoints/fires",
        "findings/class-without-controller/fires-gateway",
        "findings/canary-ignored/quiet",
        "findings/canary-ignored/fires-second",
        "findings/two-owners/fires-autoscalers",
        "findings/two-owners/fires-keda",
        "relations/scale-target/keda-and-vpa",
        "relations/attach/ingress-route",
        "routers/ingress_route/services",
        "relations/attach/http-proxy",
        "traces/http-proxy",
    ];
    cases.iter().flat_map(|c| objects(&fixtures().join(c).join("objects.yaml"))).collect()
}

/// A reader of deltas alone, as a window is.
#[derive(Default)]
struct Mirror {
    nodes: BTreeMap<NodeId, Node>,
    edges: BTreeMap<EdgeId, Edge>,
    findings: BTreeSet<Finding>,
    places: BTreeMap<NodeId, Place>,
}

impl Mirror {
    fn take(&mut self, delta: GraphDelta) {
        for id in &delta.edges_removed {
            self.edges.remove(id).expect("an edge that is removed was there");
        }
        for id in &delta.nodes_removed {
            self.nodes.remove(id).expect("a node that is removed was there");
            self.places.remove(id);
        }
        for finding in &delta.findings_removed {
            assert!(self.findings.remove(finding), "a finding that is removed was there");
        }
        self.nodes.extend(delta.nodes.into_iter().map(|n| (n.id.clone(), n)));
        self.edges.extend(delta.edges.into_iter().map(|e| (e.id.clone(), e)));
        self.findings.extend(delta.findings);
        self.places.extend(delta.places);
    }
}

fn check(live: &Topology, mirror: &Mirror, followed: &Option<BTreeSet<String>>) {
    let mut rebuilt: Topology = live.objects().iter().map(|(_, o)| o.clone()).collect();
    rebuilt.follow(followed.clone());
    assert_eq!(live.graph(), rebuilt.graph());
    assert!(live.findings().eq(rebuilt.findings()));
    assert!(live.graph().nodes().eq(mirror.nodes.values()), "a reader of the deltas sees other nodes");
    assert!(live.graph().edges().eq(mirror.edges.values()), "a reader of the deltas sees other edges");
    assert!(live.findings().collect::<BTreeSet<_>>().into_iter().eq(mirror.findings.iter()));
    for edge in live.graph().edges() {
        assert!(live.graph().node(&edge.id.from).is_some() && live.graph().node(&edge.id.to).is_some(), "{:?} hangs", edge.id);
    }
    check_places(live, mirror);
}

fn check_places(live: &Topology, mirror: &Mirror) {
    let mut taken: BTreeMap<(u8, u16), BTreeMap<i32, NodeId>> = BTreeMap::new();
    for node in live.graph().nodes() {
        let place = live.layout().place(&node.id).unwrap_or_else(|| panic!("{} has no place", node.id));
        assert_eq!(mirror.places.get(&node.id), Some(&place), "{}", node.id);
        assert_eq!(place.rank, node.rank as u8);
        let column = taken.entry((place.rank, place.cell)).or_default();
        let row = (place.row * 4.0) as i32;
        let near = column.range(row - 3..=row + 3).next();
        assert!(near.is_none(), "{} stands on {near:?}", node.id);
        column.insert(row, node.id.clone());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_live_graph_equals_the_rebuilt_one(steps in prop::collection::vec((any::<prop::sample::Index>(), 0..5u8, 1..12usize), 1..10)) {
        let pool = &*POOL;
        let (mut live, mut mirror, mut followed) = (Topology::new(), Mirror::default(), None);
        for (at, what, count) in steps {
            let at = at.index(pool.len());
            let some = pool.iter().cycle().skip(at).take(count);
            if what == 4 {
                let names = |all: &[&str]| Some(all.iter().map(ToString::to_string).collect());
                followed = match at % 4 {
                    0 => None,
                    1 => names(&["shop"]),
                    2 => names(&["pay", "edge"]),
                    _ => names(&["shop", "pay"]),
                };
                mirror.take(live.follow(followed.clone()));
                check(&live, &mirror, &followed);
                continue;
            }
            let deltas: Vec<Delta> = match what {
                0 => some.map(|o| Delta::Remove(o.id())).collect(),
                1 => live.objects().iter().skip(at % 7).step_by(5).take(count).map(|(id, _)| Delta::Remove(id.clone())).collect(),
                _ => some.cloned().map(Delta::Upsert).collect(),
            };
            mirror.take(live.apply(deltas));
            check(&live, &mirror, &followed);
        }
    }
}

/// One object at a time: what leads on to a namespace changes in another one, and nothing in the namespace itself.
#[test]
fn what_is_included_from_elsewhere_follows_each_change() {
    let forth = objects(&fixtures().join("relations/attach/http-proxy/objects.yaml"));
    let back: Vec<Object> = forth.iter().rev().cloned().collect();
    for (come, go) in [(&forth, &forth), (&forth, &back), (&back, &forth), (&back, &back)] {
        let (mut live, mut mirror) = (Topology::new(), Mirror::default());
        let deltas = come.iter().cloned().map(Delta::Upsert).chain(go.iter().map(|o| Delta::Remove(o.id())));
        for delta in deltas {
            mirror.take(live.apply(vec![delta]));
            check(&live, &mirror, &None);
        }
    }
}

#[test]
fn nothing_changed_is_an_empty_delta() {
    let shop = objects(&fixtures().join("graphs/shop/objects.yaml"));
    let mut live: Topology = shop.iter().cloned().collect();
    let deltas = shop.into_iter().map(Delta::Upsert).collect();
    assert!(live.apply(deltas).is_empty());
}

#[test]
fn what_cannot_be_read_is_not_missing() {
    let shop = objects(&fixtures().join("graphs/shop/objects.yaml"));
    let mut live: Topology = shop.into_iter().filter(|o| o.kind() != model::Kind::Secret).collect();
    assert_eq!(live.findings().count(), 1);
    live.blind_to([model::Kind::Secret]);
    assert_eq!(live.findings().count(), 0);
    let secret = live.graph().node_of(&ObjectId::new(model::Kind::Secret, "shop", "web-secret")).expect("is named");
    assert_eq!(secret.presence, topology::Presence::Unseen);
}

#[test]
fn accounts_and_claims_that_cannot_be_read_are_not_missing_and_no_line_to_them_is_broken() {
    let mut live: Topology = objects(&fixtures().join("relations/needs/accounts-and-claims/objects.yaml")).into_iter().collect();
    assert_eq!(live.findings().count(), 2);
    live.blind_to([model::Kind::ServiceAccount, model::Kind::PersistentVolumeClaim]);
    assert_eq!(live.findings().count(), 0);
    assert!(live.graph().edges().all(|e| e.state != topology::EdgeState::Broken));
}
