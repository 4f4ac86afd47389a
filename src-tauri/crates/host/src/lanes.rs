//! The two colours of a run, and what selects them, read from the live objects.

use std::collections::BTreeSet;

use api::{Lane, LaneView, PodState, RunServiceView};
use engine::show::RunView;
use engine::waits::ServiceEndpoints;
use jiff::Timestamp;
use model::kinds::pod::Pod;
use model::kinds::service::Service;
use model::{Kind, ObjectId, ObjectSet, names};
use plan::{Plan, Step};

use crate::plan_view::tag;

/// Deployment that the plan creates; a rollback has none.
pub fn green(plan: &Plan) -> Option<&ObjectId> {
    plan.steps.iter().find_map(|s| match &s.step {
        Step::Create { object, .. } if object.kind == Kind::Deployment => Some(object),
        _ => None,
    })
}

/// Services that the plan moves from one colour to the other.
pub fn services(plan: &Plan) -> Vec<&ObjectId> {
    let mut all: Vec<&ObjectId> = vec![];
    for s in &plan.steps {
        if let Step::Switch { services, .. } = &s.step {
            all.extend(services.iter().map(|s| &s.service));
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|s| seen.insert(*s));
    all
}

/// Pods of a Deployment by owner chain, in the order of their names.
pub fn pods<'a>(set: &'a ObjectSet, deployment: &ObjectId) -> Vec<&'a Pod> {
    let namespace = match set.deployment(&deployment.namespace, &deployment.name) {
        Some(d) => d.metadata.namespace.as_str(),
        None => return vec![],
    };
    let Some(d) = set.deployment(&deployment.namespace, &deployment.name) else { return vec![] };
    let owned = |uid: &str, of: &model::Meta| of.controller().is_some_and(|o| o.uid == uid);
    let sets: BTreeSet<&str> =
        set.replica_sets(namespace).filter(|r| owned(&d.metadata.uid, &r.metadata)).map(|r| r.metadata.uid.as_str()).collect();
    set.pods(namespace).filter(|p| p.metadata.controller().is_some_and(|o| sets.contains(o.uid.as_str()))).collect()
}

/// A pod's cell.
pub fn cell(p: &Pod) -> PodState {
    if p.is_ending() {
        PodState::Ending
    } else if p.failure().is_some() {
        PodState::Failing
    } else if p.is_ready() {
        PodState::Ready
    } else {
        PodState::Starting
    }
}

/// Fraction of new connections that go to green by the endpoints of the Services that the run moves; `None` = unknown.
fn green_share(plan: &Plan, endpoints: &[ServiceEndpoints]) -> Option<f64> {
    let moved: Vec<&ServiceEndpoints> =
        endpoints.iter().filter(|e| services(plan).iter().any(|s| s.name == e.service || s.to_string() == e.service)).collect();
    let (blue, green) = moved.iter().fold((0u32, 0u32), |(b, g), e| (b + e.blue, g + e.green));
    (blue + green > 0).then(|| f64::from(green) / f64::from(blue + green))
}

/// Blue, then green.
pub fn lanes(plan: &Plan, run: &RunView, set: Option<&ObjectSet>) -> Vec<LaneView> {
    let share = green_share(plan, &run.endpoints);
    let mut all = vec![lane(Lane::Blue, &plan.target.object, plan, share.map(|s| 1.0 - s), set)];
    if let Some(g) = green(plan) {
        all.push(lane(Lane::Green, g, plan, share, set));
    }
    all
}

fn lane(lane: Lane, id: &ObjectId, plan: &Plan, share: Option<f64>, set: Option<&ObjectSet>) -> LaneView {
    let deployment = set.and_then(|s| s.deployment(&id.namespace, &id.name));
    let pods = set.map(|s| pods(s, id)).unwrap_or_default();
    let failing = pods.iter().filter(|p| !p.is_ending()).find_map(|p| p.failure().map(|(why, _)| (p, why)));
    let version = match deployment {
        Some(d) => d.spec.template.spec.containers.first().map(|c| tag(&c.image)).unwrap_or_default(),
        None => planned_version(lane, plan),
    };
    let note = match (deployment, failing) {
        (None, _) if set.is_none() => "not seen from here".to_string(),
        (None, _) => "not there".to_string(),
        (Some(_), Some((pod, why))) => format!("pod {}: {why}", pod.metadata.name),
        (Some(d), None) if d.wanted() == 0 => "scaled to zero".to_string(),
        (Some(d), None) if d.spec.paused => "paused".to_string(),
        (Some(_), None) => String::new(),
    };
    LaneView {
        lane,
        deployment: id.to_string(),
        version,
        ready: count(pods.iter().filter(|p| p.is_ready() && !p.is_ending()).count()),
        wanted: deployment.map(|d| d.wanted()).unwrap_or_default(),
        cells: pods.iter().map(|p| cell(p)).collect(),
        share,
        note,
        exists: deployment.is_some(),
        restarts: pods.iter().flat_map(|p| &p.status.container_statuses).map(|c| c.restart_count).fold(0, u32::saturating_add),
        since: deployment.and_then(|d| d.metadata.creation_timestamp).map(said),
    }
}

fn planned_version(lane: Lane, plan: &Plan) -> String {
    let change = plan.changes.first();
    match lane {
        Lane::Blue => change.map(|c| tag(&c.before)).unwrap_or_default(),
        Lane::Green => change.map(|c| tag(&c.after)).unwrap_or_default(),
    }
}

/// RFC 3339 in UTC.
pub fn said(t: Timestamp) -> String {
    t.to_string()
}

/// A count on the wire.
pub fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The Services of a run.
pub fn service_views(plan: &Plan, run: &RunView, set: Option<&ObjectSet>) -> Vec<RunServiceView> {
    services(plan).into_iter().map(|id| service_view(id, plan, run, set)).collect()
}

fn service_view(id: &ObjectId, plan: &Plan, run: &RunView, set: Option<&ObjectSet>) -> RunServiceView {
    let service = set.and_then(|s| s.service(&id.namespace, &id.name));
    let ports: Vec<String> = service.map(|s| s.spec.ports.iter().map(|p| p.port.to_string()).collect()).unwrap_or_default();
    let seen = run.endpoints.iter().find(|e| e.service == id.name || e.service == id.to_string());
    RunServiceView {
        service: id.to_string(),
        ports: ports.join(", "),
        entry: set.map(|s| entry(id, s)).unwrap_or_default(),
        selects: selects(service, plan, set).to_string(),
        blue: seen.map(|e| e.blue).unwrap_or_default(),
        green: seen.map(|e| e.green).unwrap_or_default(),
    }
}

/// Which colours a Service's selector matches.
fn selects(service: Option<&Service>, plan: &Plan, set: Option<&ObjectSet>) -> &'static str {
    let (Some(service), Some(set)) = (service, set) else { return "unknown" };
    let matches = |id: &ObjectId| {
        let live = pods(set, id);
        match (live.is_empty(), set.deployment(&id.namespace, &id.name)) {
            (false, _) => live.iter().any(|p| plan::around::selects(&service.spec.selector, &p.metadata.labels)),
            // No pods: by the template, but for the hash that its pods would carry.
            (true, Some(d)) => {
                let mut selector = service.spec.selector.clone();
                selector.remove(names::POD_TEMPLATE_HASH);
                d.wanted() > 0 && plan::around::selects(&selector, &d.spec.template.metadata.labels)
            }
            (true, None) => false,
        }
    };
    match (matches(&plan.target.object), green(plan).is_some_and(matches)) {
        (true, true) => "both",
        (true, false) => "blue",
        (false, true) => "green",
        (false, false) => "none",
    }
}

/// Where requests for the Service enter: `shop.example.com/`, or `in cluster`.
fn entry(id: &ObjectId, set: &ObjectSet) -> String {
    let routes = traffic::routers::ALL.iter().flat_map(|r| r.routes(set));
    let mut said: Vec<String> = routes
        .filter(|r| r.split.backends.iter().any(|b| &b.object == id))
        .map(|r| format!("{}{}", if r.matches.host.is_empty() { "*" } else { &r.matches.host }, r.matches.path))
        .collect();
    said.dedup();
    match said.as_slice() {
        [] => "in cluster".to_string(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}
