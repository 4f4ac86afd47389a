//! The graph as front ends get it: a projection of the topology, never a second truth.

use api::*;
use model::Sentence;
use topology::{Edge, EdgeId, Finding, Node, Owner, Rank, Topology};

use crate::lanes::{count, said};

/// Relations that explain rather than carry.
const ATTACHED: [&str; 4] = ["attach", "scale-target", "disruption-budget", "config"];

/// A node.
pub fn node(n: &Node, t: &Topology) -> NodeView {
    let row = t.layout().place(&n.id).map_or(0.0, |p| p.row);
    NodeView {
        id: n.id.to_string(),
        object: n.object.to_string(),
        kind: n.kind().name().into(),
        namespace: n.object.namespace.clone(),
        name: n.object.name.clone(),
        label: label(n),
        sub: sub(n),
        rank: n.rank as u8,
        row,
        health: health(n.health),
        reason: n.reason.clone().map(Into::into),
        ready: n.ready,
        wanted: n.wanted,
        version: n.version.clone(),
        lane: n.lane.map(lane),
        owner: owner(&n.owner),
        created: n.created.map(said),
        parent: parent(n, t),
        cell: n.pod.map(cell),
    }
}

/// What the box says; a ReplicaSet its revision, for its name ends in a hash that says nothing.
fn label(n: &Node) -> String {
    match (n.rank, n.revision) {
        (Rank::ReplicaSet, Some(r)) => format!("rev {r}"),
        _ => n.label(),
    }
}

fn sub(n: &Node) -> String {
    match &n.version {
        Some(v) => v.clone(),
        _ if n.presence == topology::Presence::Missing => "missing".into(),
        _ if n.presence == topology::Presence::Unseen => "not loaded".into(),
        _ => String::new(),
    }
}

/// In whose row a pod stands: its ReplicaSet's, or that of a workload which has none. Of one that stands alone, nobody's.
fn parent(n: &Node, t: &Topology) -> Option<String> {
    n.pod?;
    t.graph().into(&n.id).find(|e| e.id.relation == "pods").map(|e| e.id.from.to_string())
}

fn health(h: topology::Health) -> Health {
    match h {
        topology::Health::Healthy => Health::Healthy,
        topology::Health::Moving => Health::Moving,
        topology::Health::Degraded => Health::Degraded,
        topology::Health::Failing => Health::Failing,
        topology::Health::Idle => Health::Idle,
        topology::Health::Unknown => Health::Unknown,
    }
}

pub fn lane(l: topology::Lane) -> Lane {
    match l {
        topology::Lane::Blue => Lane::Blue,
        topology::Lane::Green => Lane::Green,
    }
}

fn cell(p: topology::PodState) -> PodState {
    match p {
        topology::PodState::Ready => PodState::Ready,
        topology::PodState::Starting => PodState::Starting,
        topology::PodState::Failing => PodState::Failing,
        topology::PodState::Ending => PodState::Ending,
    }
}

/// An owner in words; empty = by hand. A controller within the cluster shows on the map already.
fn owner(o: &Owner) -> String {
    match o {
        Owner::Helm { release, .. } => format!("Helm release {release}"),
        Owner::ArgoCd { app } => format!("Argo CD app {app}"),
        Owner::Flux { kind, name, .. } => format!("Flux {kind} {name}"),
        Owner::Controller { kind, name } => format!("{kind} {name}"),
        Owner::ByHand => String::new(),
    }
}

/// `from>relation>to`.
pub fn edge_id(id: &EdgeId) -> String {
    format!("{}>{}>{}", id.from, id.relation, id.to)
}

/// An edge.
pub fn edge(e: &Edge, t: &Topology) -> EdgeView {
    use topology::EdgeState as S;
    let state = match e.state {
        S::Broken => EdgeState::Broken,
        _ if ATTACHED.contains(&e.id.relation) => EdgeState::Attached,
        S::Active | S::Weighted | S::Stale => EdgeState::Active,
        S::Declared => EdgeState::Declared,
        S::Open => EdgeState::Open,
        S::Shadow => EdgeState::Shadow,
    };
    EdgeView {
        id: edge_id(&e.id),
        from: e.id.from.to_string(),
        to: e.id.to.to_string(),
        relation: e.id.relation.into(),
        state,
        share: e.share,
        lane: t.graph().node(&e.id.to).and_then(|n| n.lane).map(lane),
        detail: e.detail.clone().map(Into::into),
    }
}

/// A finding of the map: something to look at.
pub fn finding(f: &Finding) -> FindingView {
    FindingView {
        code: f.code.into(),
        severity: FindingSeverity::Warn,
        object: f.object.to_string(),
        message: f.message.clone().into(),
        remedy: Sentence::default().into(),
    }
}

/// Counts over Services, workloads and pods.
pub fn summary(t: &Topology) -> GraphSummary {
    let mut s = GraphSummary { applications: 0, trouble: 0, moving: 0, ready: 0, pods: 0 };
    for n in t.graph().nodes() {
        match n.rank {
            // One that leads nowhere is trouble, too, though all that runs is well.
            Rank::Service => s.trouble += u32::from(n.health.is_trouble()),
            Rank::Workload => {
                s.applications += 1;
                s.trouble += u32::from(n.health.is_trouble());
                s.moving += u32::from(n.health == topology::Health::Moving);
            }
            Rank::Pods => {
                s.pods = s.pods.saturating_add(count(1));
                s.ready += u32::from(n.pod == Some(topology::PodState::Ready));
            }
            _ => {}
        }
    }
    s
}

#[cfg(test)]
mod tests {
    use model::Kind;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_hangs_below_its_replica_set_or_the_workload_that_has_none_and_alone_where_nobody_owns_it() {
        let object = |kind: Kind, name: &str, owner: Option<(&str, &str)>| {
            let owners: Vec<_> = owner.iter().map(|(k, o)| json!({"kind": k, "name": o, "uid": o, "controller": true})).collect();
            let meta = json!({"namespace": "n", "name": name, "uid": name, "ownerReferences": owners});
            kind.decode_value(&json!({"metadata": meta, "status": {"phase": "Running"}})).expect("decodes")
        };
        let t: Topology = [
            object(Kind::Deployment, "web", None),
            object(Kind::ReplicaSet, "web-1", Some(("Deployment", "web"))),
            object(Kind::Pod, "web-1-a", Some(("ReplicaSet", "web-1"))),
            object(Kind::StatefulSet, "db", None),
            object(Kind::Pod, "db-0", Some(("StatefulSet", "db"))),
            object(Kind::Pod, "alone", None),
            object(Kind::Pod, "itself", Some(("Pod", "itself"))),
        ]
        .into_iter()
        .collect();
        let parent_of = |name: &str| t.graph().nodes().find(|n| n.object.name == name).and_then(|n| node(n, &t).parent);
        assert_eq!(parent_of("web-1-a").as_deref(), Some("ReplicaSet/n/web-1"));
        assert_eq!(parent_of("db-0").as_deref(), Some("StatefulSet/n/db"));
        assert_eq!((parent_of("alone"), parent_of("itself")), (None, None));
    }
}
