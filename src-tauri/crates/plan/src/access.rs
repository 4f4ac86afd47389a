//! What a run has to be allowed to do: every verb of every step **and of its way back**, with the object's name (a rule
//! with `resourceNames` answers no without it).

use std::collections::{BTreeMap, BTreeSet};

use model::{Kind, ObjectId};

use crate::plan::Plan;
use crate::record;
use crate::snapshot::{Access, Verb};
use crate::step::Step;

/// Kinds of the namespace that every run reads and watches, beside its target's; a run that moves traffic also those of
/// [`ROUTED`].
const WATCHED: [Kind; 2] = [Kind::ReplicaSet, Kind::Pod];
const ROUTED: [Kind; 2] = [Kind::Service, Kind::EndpointSlice];

/// Everything that the plan needs, sorted, each once.
pub fn access(plan: &Plan) -> Vec<Access> {
    needs(plan).into_keys().collect()
}

/// The right to have a bare pod of the new template tried as a dry run. A run can do without it.
pub fn pod_trial(plan: &Plan) -> Access {
    wide(Verb::Create, Kind::Pod, "", &plan.target.object.namespace)
}

/// What needs the rights to the run's record and its Lease.
pub const RECORD: &str = "record";

/// What needs each right: ids of steps, `undo:ID`, `reading`, or [`RECORD`].
pub fn needs(plan: &Plan) -> BTreeMap<Access, BTreeSet<String>> {
    let mut all: BTreeMap<Access, BTreeSet<String>> = BTreeMap::new();
    let mut add = |access: Access, by: String| {
        all.entry(access).or_default().insert(by);
    };
    let namespace = plan.target.object.namespace.as_str();
    let moves = plan.steps.iter().any(|s| matches!(s.step, Step::Switch { .. }));
    for kind in [plan.target.object.kind].into_iter().chain(WATCHED).chain(ROUTED.into_iter().filter(|_| moves)) {
        for verb in [Verb::Get, Verb::List, Verb::Watch] {
            add(wide(verb, kind, "", namespace), "reading".into());
        }
    }
    for object in [record::lease(&plan.target.object), record::record(plan)] {
        add(wide(Verb::Create, object.kind, "", namespace), RECORD.into());
        for verb in [Verb::Get, Verb::Patch, Verb::Delete] {
            add(named(verb, &object, ""), RECORD.into());
        }
    }
    for s in &plan.steps {
        for a in forward(&s.step, namespace) {
            add(a, s.id.clone());
        }
        for a in backward(&s.step, namespace) {
            add(a, format!("undo:{}", s.id));
        }
    }
    all
}

fn forward(step: &Step, namespace: &str) -> Vec<Access> {
    match step {
        Step::Pause { deployment, .. } | Step::Resume { deployment } | Step::SetTemplate { deployment, .. } => {
            vec![named(Verb::Patch, deployment, "")]
        }
        // A scale whose outcome is unknown is fenced by a patch of the Deployment itself.
        Step::Scale { deployment, .. } | Step::Retire { deployment } => {
            vec![named(Verb::Patch, deployment, "scale"), named(Verb::Patch, deployment, "")]
        }
        Step::Pin { service, .. } => vec![named(Verb::Patch, service, "")],
        Step::Switch { services, .. } => services.iter().map(|s| named(Verb::Patch, &s.service, "")).collect(),
        Step::Freeze { hpa, .. } | Step::Thaw { hpa, .. } => {
            vec![named(Verb::Get, hpa, ""), named(Verb::Patch, hpa, "")]
        }
        // Its outcome may be unknown: then it is read back by name, and fenced by a patch.
        Step::Create { object, .. } => {
            vec![wide(Verb::Create, object.kind, "", &object.namespace), named(Verb::Get, object, ""), named(Verb::Patch, object, "")]
        }
        Step::Delete { object } => vec![named(Verb::Get, object, ""), named(Verb::Delete, object, "")],
        // A tunnel is a WebSocket, opened by GET; from Kubernetes 1.35 on the API server asks for `create` besides.
        Step::Smoke { .. } => [Verb::Get, Verb::Create].map(|verb| wide(verb, Kind::Pod, "portforward", namespace)).into(),
        Step::AwaitReady { .. } | Step::AwaitRollout { .. } | Step::Gate { .. } | Step::Soak { .. } => vec![],
    }
}

fn backward(step: &Step, namespace: &str) -> Vec<Access> {
    match step {
        Step::Create { object, .. } => vec![named(Verb::Delete, object, "")],
        Step::Delete { object } => vec![wide(Verb::Create, object.kind, "", &object.namespace)],
        Step::Smoke { .. } => vec![],
        // All others are taken back with the verb that did them.
        other => forward(other, namespace),
    }
}

fn named(verb: Verb, object: &ObjectId, subresource: &str) -> Access {
    Access { verb, kind: object.kind, subresource: subresource.into(), namespace: object.namespace.clone(), name: object.name.clone() }
}

fn wide(verb: Verb, kind: Kind, subresource: &str, namespace: &str) -> Access {
    Access { verb, kind, subresource: subresource.into(), namespace: namespace.into(), name: String::new() }
}

/// `patch deployments/scale shop/web`: as `kubectl auth can-i` names it.
pub fn said(access: &Access) -> String {
    let resource = match access.subresource.as_str() {
        "" => access.kind.plural().to_string(),
        sub => format!("{}/{sub}", access.kind.plural()),
    };
    match access.name.as_str() {
        "" => format!("{} {resource} in {}", access.verb.name(), access.namespace),
        name => format!("{} {resource} {}/{name}", access.verb.name(), access.namespace),
    }
}

/// A rule of a Role that grants it: `- {apiGroups: [apps], resources: [deployments/scale], verbs: [patch]}`.
pub fn rule(access: &Access) -> String {
    let group = if access.kind.group().is_empty() { "\"\"" } else { access.kind.group() };
    let resource = match access.subresource.as_str() {
        "" => access.kind.plural().to_string(),
        sub => format!("{}/{sub}", access.kind.plural()),
    };
    format!("- {{apiGroups: [{group}], resources: [{resource}], verbs: [{}]}}", access.verb.name())
}
