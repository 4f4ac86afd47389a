//! What speaks against a plan, or is taken care of by it. Each hazard is one file that reads the snapshot and the plan.
//!
//! A hazard does **not** ask the cluster: it reads the answers that the snapshot holds. What could not be read is never
//! taken for absent: then the finding is a warning that says so.

use model::kinds::service::Service;
use model::{Kind, LabelSelector, Labels, Object, ObjectId, Sentence, names, sentence};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::around::{Around, ingress_leads_to, services_of};
use crate::derive::template_labels;
use crate::plan::Plan;
use crate::snapshot::Snapshot;
use crate::step::Step;
pub(crate) use node_room::takes;

mod admission;
mod argo_cd;
mod autoscaled;
mod blind_monitor;
mod clock_skew;
mod cold_start;
mod config_changed;
mod dns_in_front;
mod ending_namespace;
mod external_name;
mod external_traffic_local;
mod fewer_pods;
mod flux;
mod foreign_controller;
mod headless_service;
mod helm;
mod history_limit;
mod host_ports;
mod hpa_counts_both;
mod hpa_inactive;
mod ingress_class;
mod internal_traffic_local;
mod jobs_left_behind;
mod leader_election;
mod leftovers;
mod mesh_subset;
mod migration;
mod missing_reference;
mod mixed_architectures;
mod monitor_counts_twice;
mod moving;
mod mutable_tag;
mod mutated;
mod network_policy;
mod never_failing;
mod no_pre_stop;
mod no_readiness_probe;
mod no_smoke_check;
mod nobody_answers;
mod node_room;
mod node_trouble;
mod not_ready_addresses;
mod one_live_replica_set;
mod open_run;
mod owned_autoscaler;
mod paused;
mod pdb_counts_both;
mod pdb_too_tight;
mod permissions;
mod places;
mod pod_targets;
mod preemption;
mod queue_consumer;
mod quota;
mod readiness_gates;
mod record_room;
mod route_refused;
mod self_affinity;
mod service_left_out;
mod service_overlap;
mod service_without_selector;
mod session_affinity;
mod shared_service;
mod shared_volume;
mod split_route;
mod target_port;
mod vertical_autoscaler;
mod zone_routing;

/// Every hazard: a new one is one file and one line here.
pub const LIST: &[&dyn Hazard] = &[
    &one_live_replica_set::OneLiveReplicaSet,
    &paused::Paused,
    &moving::Moving,
    &foreign_controller::ForeignController,
    &helm::Helm,
    &argo_cd::ArgoCd,
    &flux::Flux,
    &open_run::NotOver,
    &leftovers::Leftovers,
    &ending_namespace::EndingNamespace,
    &permissions::Permissions,
    &admission::Admission,
    &mutated::Mutated,
    &record_room::RecordRoom,
    &missing_reference::MissingReference,
    &mutable_tag::MutableTag,
    &mixed_architectures::MixedArchitectures,
    &config_changed::ConfigChanged,
    &quota::Quota,
    &node_room::NodeRoom,
    &node_trouble::NodeTrouble,
    &preemption::Preemption,
    &self_affinity::SelfAffinity,
    &host_ports::HostPorts,
    &shared_volume::SharedVolume,
    &target_port::TargetPort,
    &fewer_pods::FewerPods,
    &no_readiness_probe::NoReadinessProbe,
    &no_smoke_check::NoSmokeCheck,
    &readiness_gates::ReadinessGates,
    &no_pre_stop::NoPreStop,
    &clock_skew::ClockSkew,
    &cold_start::ColdStart,
    &migration::Migration,
    &leader_election::LeaderElection,
    &queue_consumer::QueueConsumer,
    &jobs_left_behind::JobsLeftBehind,
    &shared_service::SharedService,
    &service_overlap::ServiceOverlap,
    &service_left_out::ServiceLeftOut,
    &service_without_selector::ServiceWithoutSelector,
    &external_name::ExternalName,
    &headless_service::HeadlessService,
    &not_ready_addresses::NotReadyAddresses,
    &session_affinity::SessionAffinity,
    &external_traffic_local::ExternalTrafficLocal,
    &internal_traffic_local::InternalTrafficLocal,
    &zone_routing::ZoneRouting,
    &pod_targets::PodTargets,
    &ingress_class::IngressClass,
    &route_refused::RouteRefused,
    &split_route::SplitRoute,
    &mesh_subset::MeshSubset,
    &dns_in_front::DnsInFront,
    &network_policy::NetworkPolicy,
    &blind_monitor::BlindMonitor,
    &monitor_counts_twice::MonitorCountsTwice,
    &hpa_counts_both::HpaCountsBoth,
    &owned_autoscaler::OwnedAutoscaler,
    &autoscaled::Autoscaled,
    &nobody_answers::NobodyAnswers,
    &hpa_inactive::HpaInactive,
    &vertical_autoscaler::VerticalAutoscaler,
    &pdb_counts_both::PdbCountsBoth,
    &pdb_too_tight::PdbTooTight,
    &history_limit::HistoryLimit,
    &never_failing::NeverFailing,
];

/// Something that can go wrong.
pub trait Hazard: Sync {
    /// Name, as in findings and fixtures: `paused`.
    fn code(&self) -> &'static str;
    /// Whether it can be about such a plan at all: most are about a template that the plan brings to pods.
    fn concerns(&self, ctx: &CheckCtx<'_>) -> bool {
        ctx.brings_template()
    }
    /// What it found; empty when all is well.
    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding>;
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The plan must not run.
    Block,
    /// The operator has to know.
    Warn,
    /// The plan takes care of it.
    Fixed,
}

/// What a hazard found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Code of the hazard.
    pub code: String,
    /// Weight.
    pub severity: Severity,
    /// What it is about.
    pub object: ObjectId,
    /// What is the matter.
    pub message: Sentence,
    /// What to do, or what the plan does about it; commands in it can be pasted.
    pub remedy: Sentence,
}

/// What a hazard reads.
#[derive(Clone, Copy, Debug)]
pub struct CheckCtx<'a> {
    /// The world.
    pub snapshot: &'a Snapshot,
    /// The plan.
    pub plan: &'a Plan,
    /// The target among its objects.
    pub around: Around<'a>,
}

/// Runs every hazard over a plan: what blocks first, then warnings, then what is fixed. A target that is gone blocks.
pub fn check(snapshot: &Snapshot, plan: &Plan) -> Vec<Finding> {
    let around = match Around::of(snapshot, &plan.target.object) {
        Ok(around) => around,
        Err(e) => {
            let (message, remedy) = (e.said(), sentence!("make the plan again"));
            let object = plan.target.object.clone();
            return vec![Finding { code: "no-target".into(), severity: Severity::Block, object, message, remedy }];
        }
    };
    let ctx = CheckCtx { snapshot, plan, around };
    let mut all: Vec<Finding> = LIST.iter().filter(|h| h.concerns(&ctx)).flat_map(|h| h.check(&ctx)).collect();
    all.sort_by_key(|f| f.severity);
    all
}

impl<'a> CheckCtx<'a> {
    /// The manifest of the Deployment that the plan creates, if it creates one.
    pub fn green(&self) -> Option<(&'a ObjectId, &'a Value)> {
        self.plan.steps.iter().find_map(|s| match &s.step {
            Step::Create { object, manifest } if object.kind == Kind::Deployment => Some((object, manifest)),
            _ => None,
        })
    }

    /// Whether a second Deployment stands beside the target for a while.
    pub fn is_blue_green(&self) -> bool {
        self.green().is_some()
    }

    /// The template whose pods will run: green's, or the one that is written.
    pub fn template(&self) -> &'a Value {
        self.green().and_then(|(_, m)| m.pointer("/spec/template")).unwrap_or(&self.plan.template)
    }

    /// Whether pods get a template by the plan: of a second Deployment, or of the target itself.
    pub fn brings_template(&self) -> bool {
        self.is_blue_green() || self.plan.steps.iter().any(|s| matches!(s.step, Step::SetTemplate { .. }))
    }

    /// Pods that the plan starts beside those that run.
    pub fn extra_pods(&self) -> u32 {
        if let Some(to) = self.scaled_to() {
            return to.saturating_sub(self.around.deployment.status.replicas);
        }
        self.plan.steps.iter().filter_map(|s| if let Step::Scale { to, .. } = s.step { Some(to) } else { None }).max().unwrap_or(0)
    }

    /// Whether pods are started by the plan: of a template that it brings, or more of those that are there.
    pub fn starts_pods(&self) -> bool {
        self.brings_template() || self.extra_pods() > 0
    }

    /// How many pods the plan gives the target itself, where it scales it and nothing else.
    pub fn scaled_to(&self) -> Option<u32> {
        let own = |s: &crate::plan::Planned| match &s.step {
            Step::Scale { deployment, to, .. } if deployment == self.around.id => Some(*to),
            _ => None,
        };
        self.plan.steps.iter().find_map(own)
    }

    /// Pods that a rolling update of the plan starts before it ends others: of the target itself, going back or being promoted.
    pub fn surge_pods(&self) -> u32 {
        let rolls =
            |s: &crate::plan::Planned| matches!(&s.step, Step::SetTemplate { deployment, .. } if deployment.kind == Kind::Deployment);
        if self.plan.steps.iter().any(rolls) { self.around.deployment.surge() } else { 0 }
    }

    /// Services whose traffic the plan moves.
    pub fn moved(&self) -> Vec<&'a ObjectId> {
        let first = self.plan.steps.iter().find_map(|s| if let Step::Switch { services, .. } = &s.step { Some(services) } else { None });
        first.into_iter().flatten().map(|s| &s.service).collect()
    }

    /// The same, as they are; without those that were not read.
    pub fn moved_services(&self) -> impl Iterator<Item = (&'a ObjectId, &'a Service)> + use<'a> {
        let objects = &self.snapshot.objects;
        self.moved().into_iter().filter_map(|id| Some((id, objects.service(&id.namespace, &id.name)?)))
    }

    /// Objects of a kind in the target's namespace, as the server returned them.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&'a ObjectId, &'a Value)> + use<'a> {
        let namespace = self.around.namespace();
        self.snapshot.raw.iter().filter(move |(id, _)| id.kind == kind && id.namespace == namespace)
    }

    /// Nodes that the scheduler may use for the new pods.
    pub fn usable_nodes(&self) -> impl Iterator<Item = (&'a ObjectId, &'a Value)> + use<'a> {
        let spec = self.template().pointer("/spec").unwrap_or(&Value::Null);
        self.snapshot.raw.iter().filter(move |(id, node)| id.kind == Kind::Node && takes(node, spec))
    }

    /// Labels of the pods that run, with their ReplicaSet's hash, and of the new ones.
    pub fn labels_now_and_then(&self) -> (Labels, Labels) {
        let mut now = self.around.pod_labels().clone();
        let hash = self.around.live_replica_sets().first().and_then(|r| r.metadata.labels.get(names::POD_TEMPLATE_HASH).cloned());
        now.extend(hash.map(|h| (names::POD_TEMPLATE_HASH.to_string(), h)));
        (now, template_labels(self.template()))
    }

    /// Ingresses that lead to a Service whose traffic the plan moves.
    pub fn ingresses(&self) -> Vec<ObjectId> {
        let (ns, moved) = (self.around.namespace(), self.moved());
        let leads = self.snapshot.objects.ingresses(ns).filter(|i| moved.iter().any(|s| ingress_leads_to(i, &s.name)));
        leads.map(|i| self.around.id.sibling(Kind::Ingress, &i.metadata.name)).collect()
    }

    /// HTTPRoutes and GRPCRoutes that do.
    pub fn routes(&self) -> Vec<ObjectId> {
        let moved = self.moved();
        let leads = |o: &&Object| {
            let to = services_of(self.snapshot, o);
            moved.iter().any(|s| to.contains(s))
        };
        let all = [Kind::GRPCRoute, Kind::HTTPRoute].into_iter().flat_map(|kind| self.snapshot.objects.of(kind));
        all.filter(leads).map(Object::id).collect()
    }

    /// Objects that others may own and that the plan writes to: the target, and the Services.
    pub fn owned_by_others(&self) -> Vec<ObjectId> {
        std::iter::once(self.plan.target.object.clone()).chain(self.moved().into_iter().cloned()).collect()
    }
}

/// A finding of a hazard.
fn finding(hazard: &dyn Hazard, severity: Severity, object: &ObjectId, message: Sentence, remedy: Sentence) -> Finding {
    Finding { code: hazard.code().into(), severity, object: object.clone(), message, remedy }
}

/// Which of the two a selector tells apart: `true` = it matches the pods that run alone, `false` = the new ones alone.
fn differs(selector: Option<&Value>, (now, then): &(Labels, Labels)) -> Option<bool> {
    let selector: LabelSelector = serde_json::from_value(selector?.clone()).ok()?;
    let (is, will) = (selector.matches(now), selector.matches(then));
    (is != will).then_some(is)
}

/// The words that a container is started with.
fn words(container: &Value) -> impl Iterator<Item = &str> {
    let lists = ["command", "args"].into_iter().filter_map(|key| container.get(key)?.as_array());
    lists.flatten().filter_map(Value::as_str)
}

/// The warning that something could not be looked at.
fn unchecked(hazard: &dyn Hazard, object: &ObjectId, kind: Kind, why: &Sentence) -> Finding {
    let message = sentence!("could not be checked: {kind} were not read ({why})", kind = kind.plural(); why = why.clone());
    finding(hazard, Severity::Warn, object, message, sentence!("check it by hand, or get the right to read them"))
}
