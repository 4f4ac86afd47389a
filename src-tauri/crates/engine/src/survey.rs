//! Reads what plans are made of, and asks the API server what only it can answer: permissions and dry runs.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use model::{ClusterIdentity, Kind, ObjectId, Write};
use plan::{DryRun, Plan, Snapshot, Step};
use serde_json::{Value, json};

use crate::change::{Change, Contradiction, Facts, guarded};
use crate::ports::{Cluster, Mode, ReadError, WriteError};
use crate::steps::intended;
use crate::world::World;

/// Requests at a time.
const AT_ONCE: usize = 8;

/// Kinds of the target's namespace; without the first five there is nothing to plan with.
const NAMESPACED: [Kind; 19] = [
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::Pod,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::HorizontalPodAutoscaler,
    Kind::PodDisruptionBudget,
    Kind::ResourceQuota,
    Kind::LimitRange,
    Kind::PersistentVolumeClaim,
    Kind::ServiceAccount,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::Ingress,
    Kind::HTTPRoute,
    Kind::NetworkPolicy,
    Kind::Rollout,
    Kind::Canary,
    Kind::StatefulSet,
];
const NEEDED: usize = 5;

/// Kinds that matter from wherever they are: routers' entries, GitOps owners, nodes.
const EVERYWHERE: [Kind; 10] = [
    Kind::Gateway,
    Kind::GatewayClass,
    Kind::IngressClass,
    Kind::Node,
    Kind::PriorityClass,
    Kind::RuntimeClass,
    Kind::Namespace,
    Kind::Application,
    Kind::Kustomization,
    Kind::HelmRelease,
];

/// Reads the objects around a target. What is not installed or not allowed is named in the snapshot, not an error; the
/// workloads and Services themselves must be readable.
pub async fn survey(cluster: &dyn Cluster, context: &str, target: &ObjectId) -> Result<Snapshot, ReadError> {
    let identity = cluster.identity().await?;
    let namespace = target.namespace.as_str();
    let scopes = NAMESPACED.iter().map(|k| (*k, Some(namespace))).chain(EVERYWHERE.iter().map(|k| (*k, None)));
    // The futures are made before they are polled: a closure in the stream would tie their lifetimes to it.
    let reads: Vec<_> = scopes.map(|(kind, within)| read(cluster, kind, within, namespace)).collect();
    let answers: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
    let mut objects = vec![];
    let (mut installed, mut unread) = (BTreeSet::new(), BTreeMap::new());
    for (kind, answer) in answers {
        match answer {
            Ok(None) => {}
            Ok(Some(list)) => {
                installed.insert(kind);
                objects.extend(list);
            }
            Err(e) if NAMESPACED[..NEEDED].contains(&kind) || matches!(e, ReadError::Unauthorized { .. }) => return Err(e),
            Err(e) => {
                installed.insert(kind);
                unread.insert(kind, reason(&e));
            }
        }
    }
    snapshot(identity, context, objects, installed, unread)
}

fn snapshot(
    identity: ClusterIdentity,
    context: &str,
    objects: Vec<Value>,
    installed: BTreeSet<Kind>,
    unread: BTreeMap<Kind, String>,
) -> Result<Snapshot, ReadError> {
    let mut snapshot = Snapshot::from_objects(identity, context, objects)
        .map_err(|e| ReadError::Invalid { what: "objects of the namespace".into(), message: e.to_string() })?;
    snapshot.installed = installed;
    snapshot.unread = unread;
    Ok(snapshot)
}

fn reason(e: &ReadError) -> String {
    match e {
        ReadError::Unauthorized { .. } => "unauthorized".into(),
        ReadError::Forbidden { .. } => "forbidden".into(),
        ReadError::Unreachable { message, .. } => format!("no answer: {message}"),
        ReadError::Invalid { message, .. } => format!("not understood: {message}"),
    }
}

type Listed = (Kind, Result<Option<Vec<Value>>, ReadError>);

/// `None` = the API server does not serve the kind (asked of discovery first: a 403 also covers what is not installed).
async fn read(cluster: &dyn Cluster, kind: Kind, within: Option<&str>, own: &str) -> Listed {
    match cluster.installed(kind).await {
        Ok(true) => {}
        Ok(false) => return (kind, Ok(None)),
        Err(e) => return (kind, Err(e)),
    }
    let mut answer = cluster.list(kind, within, None).await;
    if let (Err(ReadError::Forbidden { .. }), None) = (&answer, within) {
        // A user of one namespace sees that much of it.
        answer = match kind {
            Kind::Namespace => cluster.get(&ObjectId::new(kind, "", own)).await.map(|o| o.into_iter().collect()),
            k if k.namespaced() => cluster.list(kind, Some(own), None).await,
            _ => answer,
        };
    }
    (kind, answer.map(|list| Some(list.into_iter().map(|o| named(kind, o)).collect())))
}

/// Items of a list do not say what they are, and those of a list of metadata say `PartialObjectMetadata`.
fn named(kind: Kind, mut object: Value) -> Value {
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".into(), json!(kind.api_version()));
        map.insert("kind".into(), json!(kind.name()));
    }
    object
}

/// What a step would do to an object, as things are.
#[derive(Clone, Debug, PartialEq)]
pub struct Previewed {
    /// Step.
    pub step: String,
    /// Object.
    pub object: ObjectId,
    /// The change; `None` = it depends on what earlier steps leave.
    pub change: Option<Result<Change, Contradiction>>,
}

/// What a plan would write, from the objects as they are: by the same functions that carry it out. Only the first
/// write to each object can be told; later ones start from what it leaves.
pub fn preview(plan: &Plan, snapshot: &Snapshot) -> Vec<Previewed> {
    let facts = Facts { plan, hashes: hashes(plan, snapshot), reason: None, made: BTreeMap::new() };
    let mut seen = BTreeSet::new();
    let mut all = vec![];
    for planned in &plan.steps {
        for object in planned.step.writes_to() {
            let first = seen.insert(object.clone());
            let live = snapshot.raw(object);
            let known = first && (live.is_some() || matches!(planned.step, Step::Create { .. } | Step::Delete { .. }));
            let change = known.then(|| intended(&planned.step, object, live, &facts));
            all.push(Previewed { step: planned.id.clone(), object: object.clone(), change });
        }
    }
    all
}

/// `pod-template-hash` of every Deployment of the target's namespace that has one live ReplicaSet.
fn hashes(plan: &Plan, snapshot: &Snapshot) -> BTreeMap<ObjectId, String> {
    let ns = plan.target.object.namespace.as_str();
    let deployments: Vec<_> = snapshot.objects.deployments(ns).cloned().collect();
    let sets = snapshot.objects.replica_sets(ns).cloned().collect();
    let world = World::of(ns, deployments.clone(), sets, vec![]);
    let ids = deployments.iter().map(|d| ObjectId::new(Kind::Deployment, ns, &d.metadata.name));
    ids.filter_map(|id| Some((id.clone(), world.newest_hash(&id)?))).collect()
}

/// Asks for every permission that the plan needs, and has every write that can be told now tried as a dry run; the
/// answers go into the snapshot, where the hazards read them.
pub async fn preflight(cluster: &dyn Cluster, snapshot: &mut Snapshot, plan: &Plan) {
    let wanted = plan::access::access(plan);
    let asked: Vec<_> = wanted.into_iter().map(|a| async move { (cluster.allowed(&a).await, a) }).collect();
    let answers: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    // A question that could not be asked has no answer: hazards tell absent from no.
    snapshot.access.extend(answers.into_iter().filter_map(|(answer, a)| Some((a, answer.ok()?))));
    let writes = trials(plan, snapshot);
    let runs: Vec<_> = writes.into_iter().map(|(step, write)| trial(cluster, plan, step, write)).collect();
    let runs: Vec<_> = stream::iter(runs).buffered(AT_ONCE).collect().await;
    snapshot.dry_runs.extend(runs);
}

fn trials(plan: &Plan, snapshot: &Snapshot) -> Vec<(String, Write)> {
    let mut writes = vec![];
    for p in preview(plan, snapshot) {
        let Some(Ok(change)) = p.change else { continue };
        let write = guarded(&p.object, snapshot.raw(&p.object), change, &format!("{}.0.0", plan.id), |_| false, false);
        writes.extend(write.map(|w| (p.step, w)));
    }
    if let Some(pod) = plan::dry_run_pod(plan) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        let object = plan.target.object.sibling(Kind::Pod, name);
        writes.push(("pod".to_string(), Write::Create { object, manifest: pod }));
    }
    writes
}

async fn trial(cluster: &dyn Cluster, plan: &Plan, step: String, write: Write) -> DryRun {
    let object = write.object().clone();
    let mut answer = cluster.write(&plan.cluster, &write, Mode::DryRun).await;
    if matches!(answer, Err(WriteError::Precondition { .. }))
        && let Ok(Some(live)) = cluster.get(&object).await
        && let Some(again) = fresh(&write, &live)
    {
        // A Deployment's resourceVersion moves with each status write.
        answer = cluster.write(&plan.cluster, &again, Mode::DryRun).await;
    }
    DryRun { step, object, outcome: answer.map_err(|e| e.to_string()) }
}

fn fresh(write: &Write, live: &Value) -> Option<Write> {
    let rv = live["metadata"]["resourceVersion"].as_str()?.to_string();
    match write.clone() {
        Write::Patch { object, uid, epoch, make_annotations, edits, .. } => {
            Some(Write::Patch { object, uid, guard: model::Guard::ResourceVersion(rv), epoch, make_annotations, edits })
        }
        Write::Scale { object, uid, from, to, .. } => Some(Write::Scale { object, uid, resource_version: Some(rv), from, to }),
        Write::Delete { object, uid, .. } => Some(Write::Delete { object, uid, resource_version: rv }),
        Write::Create { .. } => None,
    }
}
