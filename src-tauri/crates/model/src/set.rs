//! The objects of one cluster as last seen, and what changes in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::kind::{Kind, Object, ObjectId};
use crate::kinds::*;
use crate::meta::Meta;

/// One thing that happened to an object, whichever codec it came through.
#[derive(Clone, Debug)]
pub enum Delta {
    /// Created or changed; carries the object as it is now.
    Upsert(Object),
    /// Gone.
    Remove(ObjectId),
}

impl Delta {
    /// Kind of the object.
    pub fn kind(&self) -> Kind {
        match self {
            Delta::Upsert(object) => object.kind(),
            Delta::Remove(id) => id.kind,
        }
    }

    /// Namespace of the object; empty for one without.
    pub fn namespace(&self) -> &str {
        match self {
            Delta::Upsert(object) => &object.meta().namespace,
            Delta::Remove(id) => &id.namespace,
        }
    }

    /// The object.
    pub fn id(&self) -> ObjectId {
        match self {
            Delta::Upsert(object) => object.id(),
            Delta::Remove(id) => id.clone(),
        }
    }
}

/// Objects by id. `BTreeMap`, so that everything derived from it comes in one order.
#[derive(Clone, Debug, Default)]
pub struct ObjectSet {
    objects: BTreeMap<ObjectId, Object>,
}

impl ObjectSet {
    /// Applies one change; true when something is different from before.
    pub fn apply(&mut self, delta: Delta) -> bool {
        match delta {
            Delta::Upsert(o) => {
                let id = o.id();
                if self.objects.get(&id) == Some(&o) {
                    return false;
                }
                self.objects.insert(id, o);
                true
            }
            Delta::Remove(id) => self.objects.remove(&id).is_some(),
        }
    }

    /// The object of that id.
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    /// All objects in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &Object)> {
        self.objects.iter()
    }

    /// All objects of one kind, over all namespaces.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        let from = ObjectId::new(kind, "", "");
        self.objects.range(from..).take_while(move |(id, _)| id.kind == kind).map(|(_, o)| o)
    }

    /// All objects of one kind in one namespace.
    pub fn within<'a>(&'a self, kind: Kind, namespace: &'a str) -> impl Iterator<Item = &'a Object> {
        let from = ObjectId::new(kind, namespace, "");
        self.objects.range(from..).take_while(move |(id, _)| id.kind == kind && id.namespace == namespace).map(|(_, o)| o)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl FromIterator<Object> for ObjectSet {
    fn from_iter<T: IntoIterator<Item = Object>>(iter: T) -> Self {
        Self { objects: iter.into_iter().map(|o| (o.id(), o)).collect() }
    }
}

impl ObjectSet {
    /// The Deployment, StatefulSet or DaemonSet of that id.
    pub fn workload(&self, id: &ObjectId) -> Option<&deployment::Deployment> {
        match self.get(id) {
            Some(Object::Deployment(w) | Object::StatefulSet(w) | Object::DaemonSet(w)) => Some(w),
            _ => None,
        }
    }

    /// Its ReplicaSets, in the order of their names: by owner, never by labels.
    pub fn replica_sets_of<'a>(&'a self, workload: &'a deployment::Deployment) -> impl Iterator<Item = &'a replica_set::ReplicaSet> {
        let Meta { namespace, uid, .. } = &workload.metadata;
        self.replica_sets(namespace).filter(move |r| r.metadata.controller().is_some_and(|o| o.uid == *uid))
    }

    /// Its pods, in the order of their names: those of its ReplicaSets, or its own (other workloads than Deployments have no
    /// ReplicaSets between them and their pods).
    pub fn pods_of<'a>(&'a self, workload: &'a deployment::Deployment) -> Vec<&'a pod::Pod> {
        let sets = self.replica_sets_of(workload).map(|r| r.metadata.uid.as_str());
        let owners: BTreeSet<&str> = sets.chain([workload.metadata.uid.as_str()]).collect();
        let owned = |p: &&pod::Pod| p.metadata.controller().is_some_and(|o| owners.contains(o.uid.as_str()));
        self.pods(&workload.metadata.namespace).filter(owned).collect()
    }
}

macro_rules! typed {
    ($($method:ident $get:ident $kind:ident $slim:ty;)*) => {
        impl ObjectSet {
            $(
                #[doc = concat!("Objects of kind ", stringify!($kind), " in a namespace.")]
                pub fn $method<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a $slim> {
                    self.within(Kind::$kind, namespace).filter_map(|o| match o { Object::$kind(o) => Some(&**o), _ => None })
                }
                #[doc = concat!("The ", stringify!($kind), " of that namespace and name.")]
                pub fn $get(&self, namespace: &str, name: &str) -> Option<&$slim> {
                    match self.get(&ObjectId::new(Kind::$kind, namespace, name)) { Some(Object::$kind(o)) => Some(o), _ => None }
                }
            )*
        }
    };
}

typed! {
    gateway_classes gateway_class GatewayClass class::GatewayClass;
    ingress_classes ingress_class IngressClass class::IngressClass;
    destination_rules destination_rule DestinationRule destination_rule::DestinationRule;
    gateways gateway Gateway gateway::Gateway;
    grpc_routes grpc_route GRPCRoute grpc_route::GrpcRoute;
    http_routes http_route HTTPRoute http_route::HttpRoute;
    http_proxies http_proxy HTTPProxy http_proxy::HttpProxy;
    ingress_routes ingress_route IngressRoute ingress_route::IngressRoute;
    traefik_services traefik_service TraefikService ingress_route::TraefikService;
    ingresses ingress Ingress ingress::Ingress;
    services service Service service::Service;
    endpoint_slices endpoint_slice EndpointSlice endpoint_slice::EndpointSlice;
    deployments deployment Deployment deployment::Deployment;
    replica_sets replica_set ReplicaSet replica_set::ReplicaSet;
    pods pod Pod pod::Pod;
    jobs job Job job::Job;
    cron_jobs cron_job CronJob job::CronJob;
    rollouts rollout Rollout rollout::Rollout;
    canaries canary Canary rollout::Canary;
    hpas hpa HorizontalPodAutoscaler hpa::Hpa;
    scaled_objects scaled_object ScaledObject scaled_object::ScaledObject;
    vpas vpa VerticalPodAutoscaler vpa::Vpa;
    claims claim PersistentVolumeClaim claim::Claim;
    network_policies network_policy NetworkPolicy network_policy::NetworkPolicy;
    pdbs pdb PodDisruptionBudget pdb::Pdb;
    events event Event event::Event;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(ns: &str, name: &str) -> Object {
        Kind::Service.decode_value(&serde_json::json!({"metadata":{"namespace":ns,"name":name}})).expect("decodes")
    }

    #[test]
    fn ranges_stay_within_kind_and_namespace() {
        let set: ObjectSet = [service("a", "x"), service("b", "y"), service("b", "z")].into_iter().collect();
        assert_eq!(set.services("b").count(), 2);
        assert_eq!(set.of(Kind::Service).count(), 3);
        assert_eq!(set.deployments("a").count(), 0);
    }

    #[test]
    fn an_equal_object_is_no_change() {
        let mut set = ObjectSet::default();
        assert!(set.apply(Delta::Upsert(service("a", "x"))));
        assert!(!set.apply(Delta::Upsert(service("a", "x"))));
        assert!(set.apply(Delta::Remove(ObjectId::new(Kind::Service, "a", "x"))));
    }
}
