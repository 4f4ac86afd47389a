//! The part of a namespace that waits look at: workloads of the target's kind (a Blue/Green has Deployments), ReplicaSets and
//! pods with their owner chain, and the slices of a Service.

use model::kinds::deployment::Deployment;
use model::kinds::endpoint_slice::EndpointSlice;
use model::kinds::pod::Pod;
use model::kinds::replica_set::ReplicaSet;
use model::kinds::service::Service;
use model::{Kind, ObjectId};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ctx::{Ctx, Stop};
use crate::waits::{Endpoints, Owners, ServiceEndpoints};

/// Workloads, ReplicaSets and pods of a namespace at one time.
#[derive(Clone, Debug)]
pub struct World {
    /// Namespace.
    pub namespace: String,
    /// Kind of the workloads.
    pub kind: Kind,
    /// All of that kind.
    pub deployments: Vec<Deployment>,
    /// ReplicaSets.
    pub sets: Vec<ReplicaSet>,
    /// Pods.
    pub pods: Vec<Pod>,
    /// Owner chain.
    pub owners: Owners,
}

/// What cannot be decoded is not there: the API server's own types always can.
pub(crate) fn slim<T: DeserializeOwned>(raw: Vec<Value>) -> Vec<T> {
    raw.into_iter().filter_map(|v| serde_json::from_value(v).ok()).collect()
}

impl World {
    /// Reads it.
    pub async fn read(ctx: &mut Ctx, namespace: &str) -> Result<Self, Stop> {
        // Pods first: a ReplicaSet that made one of them is there when the ReplicaSets are read.
        let pods = slim(ctx.list(Kind::Pod, namespace, None).await?);
        let sets = slim(ctx.list(Kind::ReplicaSet, namespace, None).await?);
        let kind = ctx.plan.target.object.kind;
        let deployments = slim(ctx.list(kind, namespace, None).await?);
        Ok(Self::of(namespace, kind, deployments, sets, pods))
    }

    /// Puts it together.
    pub fn of(namespace: &str, kind: Kind, deployments: Vec<Deployment>, sets: Vec<ReplicaSet>, pods: Vec<Pod>) -> Self {
        let owners = Owners::new(&pods, &sets, kind);
        Self { namespace: namespace.to_string(), kind, deployments, sets, pods, owners }
    }

    /// The Deployment of that name.
    pub fn deployment(&self, id: &ObjectId) -> Option<&Deployment> {
        self.deployments.iter().find(|d| d.metadata.name == id.name)
    }

    /// The Deployment that owns a pod.
    pub fn deployment_of(&self, pod_uid: &str) -> Option<ObjectId> {
        let uid = self.owners.deployment(pod_uid)?;
        let d = self.deployments.iter().find(|d| d.metadata.uid == uid)?;
        Some(ObjectId::new(self.kind, &self.namespace, &d.metadata.name))
    }

    /// Pods of a Deployment, ending ones too.
    pub fn pods_of(&self, deployment: &ObjectId) -> Vec<&Pod> {
        let Some(d) = self.deployment(deployment) else { return vec![] };
        self.pods.iter().filter(|p| self.owners.deployment(&p.metadata.uid) == Some(d.metadata.uid.as_str())).collect()
    }

    /// Those of them that are ready and stay.
    pub fn serving(&self, deployment: &ObjectId) -> Vec<&Pod> {
        self.pods_of(deployment).into_iter().filter(|p| p.is_ready() && !p.is_ending()).collect()
    }

    /// `pod-template-hash` of the newest ReplicaSet of a Deployment: the one with the highest revision.
    pub fn newest_hash(&self, deployment: &ObjectId) -> Option<String> {
        let uid = &self.deployment(deployment)?.metadata.uid;
        let own = self.sets.iter().filter(|rs| rs.metadata.controller().is_some_and(|o| o.uid == *uid));
        own.max_by_key(|rs| rs.revision().unwrap_or(0))?.hash().map(String::from)
    }

    /// ReplicaSets of a Deployment that have pods.
    pub fn live_sets(&self, deployment: &ObjectId) -> usize {
        let Some(d) = self.deployment(deployment) else { return 0 };
        self.sets
            .iter()
            .filter(|rs| {
                rs.metadata.controller().is_some_and(|o| o.uid == d.metadata.uid)
                    && (rs.status.replicas > 0 || rs.spec.replicas.unwrap_or(0) > 0)
            })
            .count()
    }
}

/// A Deployment by itself.
pub async fn deployment(ctx: &mut Ctx, id: &ObjectId) -> Result<Option<Deployment>, Stop> {
    Ok(ctx.get(id).await?.and_then(|v| serde_json::from_value(v).ok()))
}

/// A Service and its slices.
pub async fn endpoints(ctx: &mut Ctx, service: &ObjectId) -> Result<Endpoints, Stop> {
    let Some(raw) = ctx.get(service).await? else { return Ok(Endpoints::default()) };
    let svc: Service = serde_json::from_value(raw).unwrap_or_default();
    let label = format!("kubernetes.io/service-name={}", service.name);
    let slices: Vec<EndpointSlice> = slim(ctx.list(Kind::EndpointSlice, &service.namespace, Some(&label)).await?);
    Ok(Endpoints::of(&svc, &slices))
}

/// Remembers for people how many endpoints a Service has on which side.
pub fn show_endpoints(ctx: &mut Ctx, world: &World, service: &ObjectId, all: &Endpoints) {
    let green = ctx.view.green();
    let (mut blue_n, mut green_n, mut other) = (0, 0, 0);
    for uid in all.any() {
        match world.deployment_of(uid) {
            Some(id) if green.contains(&id) => green_n += 1,
            Some(id) if id == ctx.plan.target.object => blue_n += 1,
            _ => other += 1,
        }
    }
    let at = ctx.ports.clock.now();
    let shown = ServiceEndpoints { service: service.to_string(), blue: blue_n, green: green_n, other, at };
    ctx.live.endpoints.insert(service.to_string(), shown);
}
