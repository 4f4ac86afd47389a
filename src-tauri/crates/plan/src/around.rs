//! What stands around a workload: its ReplicaSets and pods, the Services, autoscalers and budgets over it.
//!
//! Read from the snapshot alone. Pods and ReplicaSets are found by owner chain, never by labels: two Deployments with
//! overlapping selectors do not share pods.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::kinds::deployment::Deployment;
use model::kinds::hpa::Hpa;
use model::kinds::ingress::Ingress;
use model::kinds::pdb::Pdb;
use model::kinds::pod::Pod;
use model::kinds::replica_set::ReplicaSet;
use model::kinds::service::Service;
use model::meta::subset;
use model::{Kind, Labels, Meta, Object, ObjectId, names, sentence};
use serde_json::Value;

use crate::ground::base_of;
use crate::plan::PlanError;
use crate::snapshot::Snapshot;
use crate::step::Step;

/// A Deployment, StatefulSet or DaemonSet among the objects that matter to it.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Where everything is read from.
    pub snapshot: &'a Snapshot,
    /// Its id.
    pub id: &'a ObjectId,
    /// Itself.
    pub deployment: &'a Deployment,
    /// As the server returned it.
    pub raw: &'a Value,
}

impl<'a> Around<'a> {
    /// Looks the target up.
    pub fn of(snapshot: &'a Snapshot, id: &'a ObjectId) -> Result<Self, PlanError> {
        if !id.kind.rolls() {
            let why = sentence!("a {kind} has no pod template that could be rolled out or back", kind = id.kind);
            return Err(PlanError::Unfit { object: id.clone(), why });
        }
        match (snapshot.objects.workload(id), snapshot.raw(id)) {
            (Some(deployment), Some(raw)) => Ok(Self { snapshot, id, deployment, raw }),
            _ => Err(match snapshot.unknown(id.kind) {
                Some(why) => PlanError::Unfit { object: id.clone(), why: sentence!("could not be read ({why})"; why = why.clone()) },
                None => PlanError::NoTarget(id.clone()),
            }),
        }
    }

    /// Its namespace.
    pub fn namespace(&self) -> &'a str {
        &self.id.namespace
    }

    /// Labels of its pods, without `pod-template-hash`.
    pub fn pod_labels(&self) -> &'a Labels {
        &self.deployment.spec.template.metadata.labels
    }

    /// `spec.template` as the server returned it.
    pub fn template(&self) -> Value {
        self.raw.pointer("/spec/template").cloned().unwrap_or(Value::Null)
    }

    /// Its ReplicaSets, in the order of their names.
    pub fn replica_sets(&self) -> impl Iterator<Item = &'a ReplicaSet> + use<'a> {
        self.snapshot.objects.replica_sets_of(self.deployment)
    }

    /// ReplicaSets that have pods, or want some.
    pub fn live_replica_sets(&self) -> Vec<&'a ReplicaSet> {
        self.replica_sets().filter(|r| r.status.replicas > 0 || r.spec.replicas.unwrap_or(1) > 0).collect()
    }

    /// Its pods, by owner chain.
    pub fn pods(&self) -> Vec<&'a Pod> {
        self.snapshot.objects.pods_of(self.deployment)
    }

    /// When the oldest of its pods came that is not ending.
    pub fn oldest_pod(&self) -> Option<Timestamp> {
        self.pods().into_iter().filter(|p| !p.is_ending()).filter_map(|p| p.metadata.creation_timestamp).min()
    }

    /// Services whose selector its pods satisfy, in the order of their names. Not those of type ExternalName, whose
    /// selector nothing reads.
    pub fn services(&self) -> Vec<&'a Service> {
        let labels = self.pod_labels();
        let over = |s: &&Service| s.spec.kind != "ExternalName" && selects(&s.spec.selector, labels);
        self.snapshot.objects.services(&self.id.namespace).filter(over).collect()
    }

    /// Autoscalers that scale it.
    pub fn hpas(&self) -> Vec<&'a Hpa> {
        hpas_of(self.snapshot, self.id)
    }

    /// The steps that keep an autoscaler from taking pods away while a run lasts, and that give it back what it was: its minimum
    /// becomes `pods`, within its own bounds.
    pub fn hold(&self, hpa: &Hpa, pods: u32) -> [Step; 2] {
        let id = self.id.sibling(Kind::HorizontalPodAutoscaler, &hpa.metadata.name);
        let min = pods.min(hpa.spec.max_replicas.max(1)).max(hpa.spec.min_replicas.unwrap_or(1));
        [Step::Freeze { hpa: id.clone(), min }, Step::Thaw { hpa: id, min: hpa.spec.min_replicas, frozen: min }]
    }

    /// Budgets that guard its pods.
    pub fn pdbs(&self) -> Vec<&'a Pdb> {
        let labels = self.pod_labels();
        let over = |p: &&Pdb| p.spec.selector.as_ref().is_some_and(|s| s.matches(labels));
        self.snapshot.objects.pdbs(&self.id.namespace).filter(over).collect()
    }
}

/// Autoscalers that scale that Deployment.
pub fn hpas_of<'a>(snapshot: &'a Snapshot, id: &ObjectId) -> Vec<&'a Hpa> {
    let all = snapshot.objects.of(Kind::HorizontalPodAutoscaler);
    let all = all.filter_map(|o| if let Object::HorizontalPodAutoscaler(h) = o { Some(&**h) } else { None });
    all.filter(|h| {
        let target = &h.spec.scale_target_ref;
        h.metadata.namespace == id.namespace && target.kind == id.kind.name() && target.name == id.name
    })
    .collect()
}

/// Whether two workloads are colours of one application: of one kind, in one namespace, of one name but for `-blue` or `-green`.
pub fn same_application(a: &ObjectId, b: &ObjectId) -> bool {
    let of = |id: &'_ ObjectId| (id.kind, id.namespace.clone(), base_of(&id.name).to_string());
    of(a) == of(b)
}

/// Whether a Service's selector matches; an empty one selects nothing.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && subset(selector, labels)
}

/// Whether an object was created by a run of Changeover.
pub fn is_ours(meta: &Meta) -> bool {
    made_by(meta).is_some()
}

/// The run that created an object.
pub fn made_by(meta: &Meta) -> Option<&str> {
    meta.labels.get(names::RUN).or_else(|| meta.annotations.get(names::RUN)).map(String::as_str)
}

/// Whether traffic from outside the cluster enters at this Service: a route leads to it, or its type opens a port.
pub fn is_entry(snapshot: &Snapshot, service: &Service) -> bool {
    if matches!(service.spec.kind.as_str(), "NodePort" | "LoadBalancer") {
        return true;
    }
    let id = ObjectId::new(Kind::Service, &service.metadata.namespace, &service.metadata.name);
    let routes = traffic::routers::ALL.iter().flat_map(|r| snapshot.objects.of(r.declares()));
    routes.map(|o| services_of(snapshot, o)).any(|to| to.contains(&id))
}

/// Where the routes of an object send to; nowhere, for one that declares none.
pub fn services_of(snapshot: &Snapshot, object: &Object) -> BTreeSet<ObjectId> {
    traffic::routes_of(object, &snapshot.objects).into_iter().flat_map(|r| r.split.backends).map(|b| b.object).collect()
}

/// Whether an Ingress sends to that Service of its own namespace.
pub fn ingress_leads_to(ingress: &Ingress, service: &str) -> bool {
    let paths = ingress.spec.rules.iter().filter_map(|r| r.http.as_ref()).flat_map(|h| h.paths.iter().map(|p| &p.backend));
    paths.chain(ingress.spec.default_backend.iter()).any(|b| b.service.as_ref().is_some_and(|s| s.name == service))
}
