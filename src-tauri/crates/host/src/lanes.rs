//! The two colours of a run, and what selects them, read from the live objects.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use api::{Lane, LaneTemplate, LaneView, PodState, RunServiceView};
use engine::show::RunView;
use engine::status::StepStatus;
use engine::waits::ServiceEndpoints;
use jiff::Timestamp;
use model::kinds::pod::Pod;
use model::kinds::service::Service;
use model::{Kind, ObjectId, ObjectSet, Sentence, names, sentence};
use plan::{Plan, Step, tag};

/// Deployment that the plan creates; a rollback has none.
pub fn green(plan: &Plan) -> Option<&ObjectId> {
    plan.steps.iter().find_map(|s| match &s.step {
        Step::Create { object, .. } if object.kind == Kind::Deployment => Some(object),
        _ => None,
    })
}

/// The workload whose pods the run starts, so that people look at it: green, or the target itself.
pub fn watched(plan: &Plan) -> &ObjectId {
    green(plan).unwrap_or(&plan.target.object)
}

/// Where traffic is, of a run that moves it from one colour to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic<'a> {
    /// Where it was before the run.
    AsBefore,
    /// On its way there, which is not proven yet.
    Moving(&'a ObjectId),
    /// On its way back there, and not all of it has arrived.
    MovingBack(&'a ObjectId),
    /// There.
    On(&'a ObjectId),
    /// Where it was moved to: whoever took the run back chose to leave it.
    Left,
}

/// Where traffic is; `None` = the plan moves none. The engine judges by the writes that landed: a cutover that waits for its
/// proof has moved it.
pub fn traffic<'a>(plan: &'a Plan, seen: &RunView) -> Option<Traffic<'a>> {
    let switches = || {
        plan.steps.iter().zip(&seen.steps).rev().filter_map(|(p, s)| match &p.step {
            Step::Switch { to, from, .. } => Some((to, from, s.status)),
            _ => None,
        })
    };
    switches().next()?;
    if !seen.switched {
        return Some(Traffic::AsBefore);
    }
    Some(match switches().find(|(_, _, status)| matches!(status, StepStatus::Done | StepStatus::Running | StepStatus::Undoing)) {
        Some((to, _, StepStatus::Done)) => Traffic::On(to),
        Some((to, _, StepStatus::Running)) => Traffic::Moving(to),
        Some((_, from, _)) => Traffic::MovingBack(from),
        None => Traffic::Left,
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

/// Pods of a workload by owner chain, in the order of their names.
pub fn pods<'a>(set: &'a ObjectSet, workload: &ObjectId) -> Vec<&'a Pod> {
    set.workload(workload).map(|w| set.pods_of(w)).unwrap_or_default()
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
pub fn green_share(plan: &Plan, endpoints: &[ServiceEndpoints]) -> Option<f64> {
    let moved: Vec<&ServiceEndpoints> =
        endpoints.iter().filter(|e| services(plan).iter().any(|s| s.name == e.service || s.to_string() == e.service)).collect();
    let (blue, green) = moved.iter().fold((0u32, 0u32), |(b, g), e| (b + e.blue, g + e.green));
    (blue + green > 0).then(|| f64::from(green) / f64::from(blue + green))
}

/// What the engine knows, and the endpoints that it has not counted (yet, or because nobody here drives the run) as the live
/// view shows them.
pub fn counted(plan: &Plan, mut seen: RunView, set: Option<&ObjectSet>, at: Timestamp) -> RunView {
    let missing = set.map(|set| endpoints(plan, set, at)).unwrap_or_default();
    let missing: Vec<ServiceEndpoints> = missing.into_iter().filter(|m| !seen.endpoints.iter().any(|e| e.service == m.service)).collect();
    seen.endpoints.extend(missing);
    seen
}

/// Ready endpoints of the Services that the plan moves, by colour, from the EndpointSlices of the live view; each pod once,
/// however many slices and address families name it. A Service without any slice is left out: not read yet.
fn endpoints(plan: &Plan, set: &ObjectSet, at: Timestamp) -> Vec<ServiceEndpoints> {
    let uids = |id: &ObjectId| pods(set, id).into_iter().map(|p| p.metadata.uid.as_str()).collect::<BTreeSet<&str>>();
    let (blue, green) = (uids(&plan.target.object), green(plan).map(uids).unwrap_or_default());
    let of = |service: &ObjectId| {
        let slices = set.endpoint_slices(&service.namespace);
        let own = slices.filter(|s| s.metadata.labels.get(names::SERVICE_NAME).is_some_and(|name| *name == service.name));
        let mut own = own.peekable();
        own.peek()?;
        let ready = own.flat_map(|s| &s.endpoints).filter(|e| e.conditions.is_ready());
        let ready: BTreeSet<&str> = ready.filter_map(|e| e.target_ref.as_ref()).map(|t| t.uid.as_str()).collect();
        let (blue, green) = (ready.intersection(&blue).count(), ready.intersection(&green).count());
        let other = count(ready.len() - blue - green);
        Some(ServiceEndpoints { service: service.to_string(), blue: count(blue), green: count(green), other, at })
    };
    services(plan).into_iter().filter_map(of).collect()
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
    let deployment = set.and_then(|s| s.workload(id));
    let pods = set.map(|s| pods(s, id)).unwrap_or_default();
    let ready: Vec<_> = pods.iter().filter(|p| p.is_ready() && !p.is_ending()).collect();
    let failing: Vec<_> = pods.iter().filter(|p| !p.is_ending()).filter_map(|p| p.failure().map(|f| (p, f.reason))).collect();
    let version = match deployment {
        Some(d) => d.spec.template.spec.containers.first().map(|c| tag(&c.image)).unwrap_or_default(),
        None => planned_version(lane, plan),
    };
    let note = match (deployment, failing.as_slice()) {
        (None, _) if set.is_none() => Some(sentence!("not seen from here")),
        (None, _) => Some(sentence!("not there")),
        (Some(_), [(pod, why)]) => Some(sentence!("pod {pod}: {why}", pod = pod.metadata.name, why)),
        (Some(_), [(pod, why), ..]) => {
            Some(sentence!("{n} pods fail, {pod} among them: {why}", n = failing.len(), pod = pod.metadata.name, why))
        }
        (Some(d), []) if d.wanted() == 0 => Some(sentence!("scaled to zero")),
        (Some(d), []) if d.spec.paused => Some(sentence!("rollouts of it are paused")),
        (Some(_), []) => None,
    };
    LaneView {
        lane,
        deployment: id.to_string(),
        version,
        ready: count(ready.len()),
        wanted: deployment.map(|d| d.wanted()).unwrap_or_default(),
        templates: templates(&pods),
        share,
        note: note.map(Into::into),
        exists: deployment.is_some(),
        restarts: pods.iter().flat_map(|p| &p.status.container_statuses).map(|c| c.restart_count).fold(0, u32::saturating_add),
        since: ready.iter().filter_map(|p| p.ready_since()).max().map(said),
    }
}

/// Pods by the template that they are of: whose pods came last stands first.
fn templates(pods: &[&Pod]) -> Vec<LaneTemplate> {
    let hash = |p: &Pod| [names::POD_TEMPLATE_HASH, names::REVISION_HASH].iter().find_map(|l| p.metadata.labels.get(*l)).cloned();
    let mut all: BTreeMap<Option<String>, Vec<&Pod>> = BTreeMap::new();
    pods.iter().for_each(|p| all.entry(hash(p)).or_default().push(p));
    let mut all: Vec<Vec<&Pod>> = all.into_values().collect();
    all.sort_by_key(|of| Reverse(of.iter().filter_map(|p| p.metadata.creation_timestamp).max()));
    let view = |of: Vec<&Pod>| LaneTemplate {
        version: of.first().and_then(|p| p.spec.containers.first()).map(|c| tag(&c.image)).unwrap_or_default(),
        cells: of.into_iter().map(cell).collect(),
    };
    all.into_iter().map(view).collect()
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
        entry: set.map(|s| entry(id, s)).unwrap_or_default().into(),
        selects: selects(service, plan, set).to_string(),
        blue: seen.map(|e| e.blue),
        green: seen.map(|e| e.green),
    }
}

/// Which colours a Service's selector matches.
fn selects(service: Option<&Service>, plan: &Plan, set: Option<&ObjectSet>) -> &'static str {
    let (Some(service), Some(set)) = (service, set) else { return "unknown" };
    let matches = |id: &ObjectId| {
        let live = pods(set, id);
        match (live.is_empty(), set.workload(id)) {
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
fn entry(id: &ObjectId, set: &ObjectSet) -> Sentence {
    let routes = traffic::routers::ALL.iter().flat_map(|r| r.routes(set));
    let mut said: Vec<String> = routes
        .filter(|r| r.split.backends.iter().any(|b| &b.object == id))
        .map(|r| format!("{}{}", if r.matches.host.is_empty() { "*" } else { &r.matches.host }, r.matches.path))
        .collect();
    said.dedup();
    match said.as_slice() {
        [] => sentence!("in cluster"),
        [one] => Sentence::quoted(one),
        [first, rest @ ..] => sentence!("{first} and {n} more", first, n = rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Object;
    use serde_json::{Value, json};

    fn object(kind: Kind, name: &str, mut value: Value) -> Object {
        value["metadata"]["name"] = name.into();
        value["metadata"]["namespace"] = "shop".into();
        if value["metadata"]["uid"].is_null() {
            value["metadata"]["uid"] = name.into();
        }
        kind.decode_value(&value).expect("decodes")
    }

    /// A Deployment with its ReplicaSet and pods `NAME-0…`.
    fn colour(name: &str, pods: usize) -> Vec<Object> {
        let owner =
            |kind: &str, uid: &str| json!({"metadata": {"ownerReferences": [{"kind": kind, "name": uid, "uid": uid, "controller": true}]}});
        let set = format!("{name}-rs");
        let mut all = vec![object(Kind::Deployment, name, json!({})), object(Kind::ReplicaSet, &set, owner("Deployment", name))];
        all.extend((0..pods).map(|n| object(Kind::Pod, &format!("{name}-{n}"), owner("ReplicaSet", &set))));
        all
    }

    #[test]
    fn while_a_workload_rolls_its_pods_are_told_apart_by_their_template_the_newest_first() {
        let pod = |name: &str, hash: &str, image: &str, at: &str| {
            let owner = json!([{"kind": "ReplicaSet", "name": "web-rs", "uid": "web-rs", "controller": true}]);
            let metadata = json!({"ownerReferences": owner, "labels": {"pod-template-hash": hash}, "creationTimestamp": at});
            object(Kind::Pod, name, json!({"metadata": metadata, "spec": {"containers": [{"name": "web", "image": image}]}}))
        };
        let pods = [
            pod("web-a", "1", "shop:3.9.0", "2026-01-01T00:00:00Z"),
            pod("web-b", "2", "shop:3.8.4", "2026-01-02T00:00:01Z"),
            pod("web-c", "1", "shop:3.9.0", "2026-01-01T00:00:00Z"),
        ];
        let set: ObjectSet = colour("web", 0).into_iter().chain(pods).collect();
        let seen = templates(&super::pods(&set, &ObjectId::new(Kind::Deployment, "shop", "web")));
        let seen: Vec<_> = seen.iter().map(|t| (t.version.as_str(), t.cells.len())).collect();
        assert_eq!(seen, [("3.8.4", 1), ("3.9.0", 2)]);
    }

    fn slice(name: &str, service: &str, endpoints: &[(&str, bool)]) -> Object {
        let one =
            |(pod, ready): &(&str, bool)| json!({"targetRef": {"kind": "Pod", "name": pod, "uid": pod}, "conditions": {"ready": ready}});
        let endpoints: Vec<Value> = endpoints.iter().map(one).collect();
        object(Kind::EndpointSlice, name, json!({"metadata": {"labels": {"kubernetes.io/service-name": service}}, "endpoints": endpoints}))
    }

    #[test]
    fn where_traffic_is_can_be_told_of_a_run_that_nobody_drives() {
        let id = |kind: &str, name: &str| json!(ObjectId::new(kind.parse().expect("known"), "shop", name));
        let step = json!({"do": "switch", "to": id("Deployment", "web-green"), "from": id("Deployment", "web"), "count": 2, "probes": [],
            "settle": 2, "proveWithin": 30, "services": [{"service": id("Service", "web"), "from": {"exact": {}}, "to": {"exact": {}}}]});
        let create = json!({"do": "create", "object": id("Deployment", "web-green"), "manifest": {}});
        let planned = |id: &str, step: Value| json!({"id": id, "after": [], "phase": "cut-over", "step": step, "wayBackSeconds": null});
        let plan: Plan = serde_json::from_value(json!({"schema": 1, "id": "bg-1", "hash": "", "createdAt": "2026-01-01T00:00:00Z",
            "context": "lab", "cluster": {"uid": "", "server": "", "caSha256": ""}, "strategy": "blue-green", "params": {},
            "target": {"object": id("Deployment", "web"), "uid": "", "template": null, "replicas": 2}, "changes": [], "template": null,
            "steps": [planned("create-green", create), planned("cut-over", step)]}))
        .expect("a plan");
        let objects = [colour("web", 1), colour("web-green", 2), colour("other", 1)].concat().into_iter().chain([
            slice("web-v4", "web", &[("web-green-0", true), ("web-green-1", true), ("web-0", false), ("other-0", true)]),
            slice("web-v6", "web", &[("web-green-0", true)]),
            slice("api-v4", "api", &[("web-0", true)]),
        ]);
        let set: ObjectSet = objects.collect();
        let seen = endpoints(&plan, &set, Timestamp::UNIX_EPOCH);
        let numbers: Vec<_> = seen.iter().map(|e| (e.blue, e.green, e.other)).collect();
        assert_eq!(numbers, [(0, 2, 1)], "{seen:?}");
        assert_eq!(green_share(&plan, &seen), Some(1.0));
        let bare = colour("web-green", 2).into_iter().collect();
        assert_eq!(endpoints(&plan, &bare, Timestamp::UNIX_EPOCH), [], "no slice read yet is not the same as no pod ready");
    }
}
