//! For every host and path: which share of its requests each Service and each workload takes.

use std::collections::BTreeMap;

use model::{ObjectId, RouteMatch};
use serde::Serialize;

use crate::graph::{Edge, NodeId};
use crate::view::{Reach, View};

/// Where the requests of one host and path go.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteShares {
    /// Host; empty = all.
    pub host: String,
    /// Path.
    pub path: String,
    /// `Prefix`, `Exact` or what the router calls it.
    pub path_type: String,
    /// Further conditions in words.
    pub also: Vec<String>,
    /// The object that declares it.
    pub object: ObjectId,
    /// Its row on the map.
    pub row: NodeId,
    /// Where its requests enter.
    pub entries: Vec<ObjectId>,
    /// Share of each Service, as the router's weights give it, in declared order.
    pub services: Vec<Share>,
    /// Share of each workload, multiplied along; what is missing to 1 fails, or goes where nothing is known.
    pub workloads: Vec<Share>,
}

/// A share of a host's and path's requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Who takes it.
    pub object: ObjectId,
    /// Fraction, 0 to 1.
    pub share: f64,
}

/// Shares of the routes of one namespace.
pub(crate) fn routes(view: &View<'_>, edges: &[Edge]) -> Vec<RouteShares> {
    let mut by_row: BTreeMap<&NodeId, Vec<&Edge>> = BTreeMap::new();
    for edge in edges.iter().filter(|e| e.id.relation == "backend" && e.share.is_some()) {
        by_row.entry(&edge.id.from).or_default().push(edge);
    }
    let shares = |row: &crate::view::Row| {
        let services: Vec<Share> = by_row.get(&row.id).into_iter().flatten().filter_map(|e| share(&e.id.to, e.share)).collect();
        let mut workloads: BTreeMap<ObjectId, f64> = BTreeMap::new();
        for (i, backend) in row.route.split.backends.iter().enumerate() {
            let Reach::Backed(_, backing) = view.reach(row, backend) else { continue };
            for (workload, pods) in &backing.takers {
                let part = pods.len() as f64 / f64::from(backing.taking());
                *workloads.entry(workload.clone()).or_default() += row.route.split.share(i) * part;
            }
        }
        let RouteMatch { host, path, path_type, also } = row.route.matches.clone();
        RouteShares {
            host,
            path,
            path_type,
            also: also.iter().map(ToString::to_string).collect(),
            object: row.route.object.clone(),
            row: row.id.clone(),
            entries: row.route.entries.clone(),
            services,
            workloads: workloads.into_iter().map(|(object, share)| Share { object, share }).collect(),
        }
    };
    view.rows.iter().map(shares).collect()
}

fn share(to: &NodeId, share: Option<f64>) -> Option<Share> {
    Some(Share { object: to.parse().ok()?, share: share? })
}
