//! Rows of an application that is drawn for the first time.
//!
//! - Barycenter sweeps order the nodes of each rank, so that few edges cross.
//! - A walk from the left gives each leaf (a ReplicaSet, mostly) the next row.
//! - From right to left each node goes to the mean of what it leads to; where that is too tight, the least-squares
//!   answer with one row between neighbours is taken (pool adjacent violators).

use std::collections::{HashMap, HashSet};

use super::{Quarter, ROW, neighbours, parent};
use crate::graph::{Graph, Node, NodeId, Rank};

const SWEEPS: usize = 4;
const RANKS: [Rank; 5] = [Rank::Route, Rank::Service, Rank::Workload, Rank::ReplicaSet, Rank::Pods];

/// Rows from 0 down, in quarters, of all members but the pods that stand in a parent's row.
pub(super) fn rows(graph: &Graph, nodes: &[&Node]) -> Vec<(NodeId, Quarter)> {
    let nodes: Vec<&Node> = nodes.iter().copied().filter(|n| n.rank != Rank::Pods || parent(graph, n).is_none()).collect();
    let index: HashMap<&NodeId, usize> = nodes.iter().enumerate().map(|(i, n)| (&n.id, i)).collect();
    let mut right: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut left: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (i, node) in nodes.iter().enumerate() {
        for id in neighbours(graph, &node.id) {
            if let Some(&j) = index.get(&id) {
                if nodes[j].rank > node.rank { right[i].push(j) } else { left[i].push(j) }
            }
        }
    }
    let order = sweep(&nodes, &left, &right);
    let mut rows = leaves(&nodes, &order, &left, &right);
    for rank in RANKS.iter().rev() {
        let mut column: Vec<usize> = (0..nodes.len()).filter(|&i| nodes[i].rank == *rank).collect();
        for &i in &column {
            if !right[i].is_empty() {
                rows[i] = right[i].iter().map(|&j| rows[j]).sum::<f64>() / right[i].len() as f64;
            }
        }
        column.sort_by(|&a, &b| rows[a].total_cmp(&rows[b]).then(order[a].total_cmp(&order[b])));
        spread(&column, &mut rows);
    }
    let least = rows.iter().copied().fold(0.0, f64::min).floor();
    let quarter = |row: f64| ((row - least) * f64::from(ROW)).round() as Quarter;
    nodes.iter().zip(rows).map(|(n, row)| (n.id.clone(), quarter(row))).collect()
}

/// Order of each node within its rank.
fn sweep(nodes: &[&Node], left: &[Vec<usize>], right: &[Vec<usize>]) -> Vec<f64> {
    let mut columns: Vec<Vec<usize>> = RANKS.map(|rank| (0..nodes.len()).filter(|&i| nodes[i].rank == rank).collect()).to_vec();
    // Newest ReplicaSet first.
    columns[3].sort_by_key(|&i| (std::cmp::Reverse(nodes[i].revision), i));
    let mut order = vec![0.0; nodes.len()];
    let renumber = |column: &[usize], order: &mut [f64]| column.iter().enumerate().for_each(|(at, &i)| order[i] = at as f64);
    columns.iter().for_each(|column| renumber(column, &mut order));
    for round in 0..SWEEPS {
        let by = if round % 2 == 0 { left } else { right };
        let sequence: Vec<usize> = if round % 2 == 0 { (0..columns.len()).collect() } else { (0..columns.len()).rev().collect() };
        for c in sequence {
            let mean = |i: usize, order: &[f64]| match by[i].len() {
                0 => order[i],
                n => by[i].iter().map(|&j| order[j]).sum::<f64>() / n as f64,
            };
            let mut keyed: Vec<(f64, usize)> = columns[c].iter().map(|&i| (mean(i, &order), i)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            columns[c] = keyed.into_iter().map(|(_, i)| i).collect();
            renumber(&columns[c], &mut order);
        }
    }
    order
}

/// Rows of the nodes that lead nowhere, as the walk meets them.
fn leaves(nodes: &[&Node], order: &[f64], left: &[Vec<usize>], right: &[Vec<usize>]) -> Vec<f64> {
    let mut rows = vec![0.0; nodes.len()];
    let mut seen: HashSet<usize> = HashSet::new();
    let mut next = 0.0;
    let mut roots: Vec<usize> = (0..nodes.len()).filter(|&i| left[i].is_empty()).collect();
    roots.sort_by(|&a, &b| nodes[a].rank.cmp(&nodes[b].rank).then(order[a].total_cmp(&order[b])));
    let mut open: Vec<usize> = roots.into_iter().rev().collect();
    while let Some(i) = open.pop() {
        if !seen.insert(i) {
            continue;
        }
        if right[i].is_empty() {
            rows[i] = next;
            next += 1.0;
        }
        let mut onward = right[i].clone();
        onward.sort_by(|&a, &b| nodes[b].rank.cmp(&nodes[a].rank).then(order[b].total_cmp(&order[a])));
        open.extend(onward);
    }
    rows
}

/// Moves the nodes of one rank as little as possible (least squares) so that they are a row apart. `column` is in order.
fn spread(column: &[usize], rows: &mut [f64]) {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (at, &i) in column.iter().enumerate() {
        let mut pool = (rows[i] - at as f64, 1);
        while let Some(&(mean, n)) = pools.last()
            && mean > pool.0
        {
            pools.pop();
            pool = ((mean * n as f64 + pool.0 * pool.1 as f64) / (n + pool.1) as f64, n + pool.1);
        }
        pools.push(pool);
    }
    let mut at = 0;
    for (mean, n) in pools {
        // A quarter row is the grid: rounding a pool as a whole keeps its neighbours a row apart.
        let mean = (mean * f64::from(ROW)).round() / f64::from(ROW);
        for _ in 0..n {
            rows[column[at]] = mean + at as f64;
            at += 1;
        }
    }
}
