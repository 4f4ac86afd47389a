//! Reads what plans are made of.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use model::{ClusterIdentity, Kind, ObjectId, Sentence, sentence};
use plan::Snapshot;
use serde_json::{Value, json};

use crate::ports::{Cluster, ReadError};

/// Requests at a time.
pub(crate) const AT_ONCE: usize = 8;

/// Kinds of the target's namespace; without the first five there is nothing to plan with.
const NAMESPACED: [Kind; 28] = [
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
    Kind::IngressRoute,
    Kind::TraefikService,
    Kind::HTTPRoute,
    Kind::GRPCRoute,
    Kind::NetworkPolicy,
    Kind::Rollout,
    Kind::Canary,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ControllerRevision,
    Kind::VerticalPodAutoscaler,
    Kind::Job,
    Kind::CronJob,
    Kind::Event,
];
const NEEDED: usize = 5;

/// Kinds that matter from wherever they are: routers' entries, GitOps owners, nodes, monitors, rules of a mesh.
const EVERYWHERE: [Kind; 15] = [
    Kind::Gateway,
    Kind::HTTPProxy,
    Kind::GatewayClass,
    Kind::IngressClass,
    Kind::Node,
    Kind::PriorityClass,
    Kind::RuntimeClass,
    Kind::Namespace,
    Kind::Application,
    Kind::Kustomization,
    Kind::HelmRelease,
    Kind::PodMonitor,
    Kind::ServiceMonitor,
    Kind::VirtualService,
    Kind::DestinationRule,
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
    unread: BTreeMap<Kind, Sentence>,
) -> Result<Snapshot, ReadError> {
    let mut snapshot = Snapshot::from_objects(identity, context, objects)
        .map_err(|e| ReadError::Invalid { what: "objects of the namespace".into(), message: Sentence::quoted(e) })?;
    snapshot.installed = installed;
    snapshot.unread = unread;
    Ok(snapshot)
}

fn reason(e: &ReadError) -> Sentence {
    match e {
        ReadError::Unauthorized { .. } => sentence!("unauthorized"),
        ReadError::Forbidden { .. } => sentence!("forbidden"),
        ReadError::Unreachable { message, .. } => sentence!("no answer: {why}"; why = message.clone()),
        ReadError::Invalid { message, .. } => sentence!("not understood: {why}"; why = message.clone()),
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
