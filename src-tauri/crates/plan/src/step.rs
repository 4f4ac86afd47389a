//! The closed list of steps. Each is carried out, and undone, by one file in `engine/steps/`.

use model::{Labels, ObjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which side of a rollout an object is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// What serves when the run begins.
    Blue,
    /// What the run brings.
    Green,
}

/// Groups steps for people: the row of marks under a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Blue is held still, Services are pinned to it.
    Prepare,
    /// Green is created and scaled up.
    StartGreen,
    /// Green becomes ready.
    Ready,
    /// Green is looked at before any traffic reaches it.
    Check,
    /// Autoscalers of blue are frozen.
    HoldHpa,
    /// Traffic moves.
    CutOver,
    /// Both stand, green serves.
    Soak,
    /// Names, templates and autoscalers are put in their final state.
    Finish,
    /// Blue goes, or goes to zero.
    Retire,
    /// A template is written back (rollback).
    Restore,
    /// Something is written that brings no version: a restart, a number of pods, a pause or its end.
    Write,
}

/// What a step does. Values are complete: nothing is looked up in the strategy again while it runs.
///
/// Every step is idempotent *by value*: scale **to** n, selector **equals** M.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// Sets `spec.paused` on a Deployment with an annotation that says who and why; its template must be `template`.
    /// Undo: unpauses, if template and pause are still as written.
    Pause {
        /// Deployment.
        deployment: ObjectId,
        /// `spec.template` as the server returned it; `None` = whatever is live (after a promotion by this run).
        template: Option<Value>,
    },
    /// Removes `spec.paused` and the annotation. Undo: pauses again.
    Resume {
        /// Deployment.
        deployment: ObjectId,
    },
    /// Narrows or widens a Service's selector without moving traffic: the ready endpoints must be the same before and
    /// after. Undo: the selector as it was, once no pod of the other colour is left that it would match.
    Pin {
        /// Service.
        service: ObjectId,
        /// Selector that must be there. Unpinning starts from a hash that is only known once the run is there.
        from: SelectorTo,
        /// Selector that shall be there.
        to: SelectorTo,
        /// Deployment whose pods it selects, before and after.
        keeps: ObjectId,
    },
    /// Creates an object; adopts it when it is ours with the same spec hash. Undo: deletes it and waits
    /// until it and its pods are gone.
    Create {
        /// Object.
        object: ObjectId,
        /// Whole manifest, without the run's id, which the engine adds.
        manifest: Value,
    },
    /// Scales by the `scale` subresource. Undo: to what it was.
    Scale {
        /// Deployment.
        deployment: ObjectId,
        /// Replicas that must be there; `None` = whatever is live, for a Deployment that is the run's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u32>,
        /// Replicas that shall be there.
        to: u32,
    },
    /// Waits until the Deployment is complete and, if given, the Service's EndpointSlices hold all its pods and nothing
    /// else, on every port. Writes nothing.
    AwaitReady {
        /// Deployment.
        deployment: ObjectId,
        /// Service whose slices must show it.
        service: Option<ObjectId>,
        /// Pods that must be ready.
        count: u32,
        /// Seconds until it counts as failed.
        deadline: u32,
    },
    /// Asks every pod of a Deployment through a tunnel. Writes nothing.
    Smoke {
        /// Deployment.
        deployment: ObjectId,
        /// The check.
        check: SmokeCheck,
    },
    /// Waits for the operator. Its time never counts against a deadline. Writes nothing.
    Gate {
        /// What is approved by going on: `cut-over`, `retire`.
        name: String,
    },
    /// Raises an autoscaler's `minReplicas` to the pods that are there, so that an idle colour does not shrink.
    /// Undo: the value as it was.
    Freeze {
        /// HorizontalPodAutoscaler.
        hpa: ObjectId,
        /// `minReplicas` that shall be there.
        min: u32,
    },
    /// Puts back what `Freeze` changed, with its saved value. Undo: freezes again.
    Thaw {
        /// HorizontalPodAutoscaler.
        hpa: ObjectId,
        /// `minReplicas` as it was before the run; `None` = absent.
        min: Option<u32>,
        /// `minReplicas` that the run had set.
        frozen: u32,
    },
    /// Moves traffic: the Services' selectors, in order, then proof that it moved. Undo: the selectors as they were, in
    /// reverse order, if the colour that they lead to has enough available pods.
    Switch {
        /// Services in the order of their writes.
        services: Vec<SwitchService>,
        /// Deployment that takes over; checked to be complete right before the first write.
        to: ObjectId,
        /// Deployment that hands over.
        from: ObjectId,
        /// Ready pods that the receiving Deployment must have.
        count: u32,
        /// URLs at the entry to probe after the flip; each must be answered by the new colour.
        probes: Vec<String>,
        /// URLs of the routes, found by the plan: probed like `probes` where they were seen to answer before traffic
        /// moves, else left out of the proof, for an entry is often out of reach from a workstation.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<String>,
        /// Seconds that the slices must hold still before the probes count (kube-proxy programs at most once a second).
        settle: u32,
        /// Seconds for the proof. Evidence against it flips back; missing evidence holds.
        prove_within: u32,
    },
    /// Both colours stand, green serves, the checks are repeated. Evidence against it flips back. Writes nothing.
    Soak {
        /// Seconds.
        seconds: u32,
        /// Deployment that serves.
        deployment: ObjectId,
        /// Deployment that stands by.
        standby: ObjectId,
        /// Services that must keep selecting the serving Deployment.
        services: Vec<ObjectId>,
        /// URLs to probe meanwhile.
        probes: Vec<String>,
        /// URLs of the routes, as in `Switch`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<String>,
    },
    /// Scales to zero once no Service selects the Deployment's pods any more. Undo: scales back up and waits for ready.
    Retire {
        /// Deployment.
        deployment: ObjectId,
    },
    /// Deletes an object that this run (or an earlier one) created, once nothing selects its pods. Undo: creates it
    /// again from the pre-image.
    Delete {
        /// Object.
        object: ObjectId,
    },
    /// Writes a whole pod template, and unpauses in the same patch. Undo: the template and pause as they were.
    SetTemplate {
        /// Deployment.
        deployment: ObjectId,
        /// `spec.template` that must be there, as the server returned it.
        before: Value,
        /// `spec.template` that shall be there.
        after: Value,
        /// `kubernetes.io/change-cause` to set; `None` leaves it.
        cause: Option<String>,
    },
    /// Waits until the Deployment is complete (its newest template on every pod). Writes nothing.
    AwaitRollout {
        /// Deployment.
        deployment: ObjectId,
        /// Seconds until it counts as failed.
        deadline: u32,
    },
}

/// A Service and where its selector goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SwitchService {
    /// Service.
    pub service: ObjectId,
    /// Selector that must be there.
    pub from: SelectorTo,
    /// Selector that shall be there.
    pub to: SelectorTo,
}

/// A selector that is known now, or once a ReplicaSet exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum SelectorTo {
    /// Exactly these labels.
    Exact(Labels),
    /// These labels and the `pod-template-hash` of the Deployment's newest ReplicaSet at that time.
    Pinned {
        /// Labels but the hash.
        base: Labels,
        /// Deployment; it must be paused.
        deployment: ObjectId,
    },
}

/// An HTTP check of one pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SmokeCheck {
    /// Container port.
    pub port: u16,
    /// Path with query: `/readyz`.
    pub path: String,
    /// Requests per pod; all must be answered with 200 to 399.
    pub requests: u32,
}

impl Step {
    /// Objects that it writes to, in order. Empty for waits.
    pub fn writes_to(&self) -> Vec<&ObjectId> {
        match self {
            Step::Pause { deployment, .. }
            | Step::Resume { deployment }
            | Step::Scale { deployment, .. }
            | Step::Retire { deployment }
            | Step::SetTemplate { deployment, .. } => vec![deployment],
            Step::Pin { service, .. } => vec![service],
            Step::Create { object, .. } | Step::Delete { object } => vec![object],
            Step::Freeze { hpa, .. } | Step::Thaw { hpa, .. } => vec![hpa],
            Step::Switch { services, .. } => services.iter().map(|s| &s.service).collect(),
            Step::AwaitReady { .. } | Step::Smoke { .. } | Step::Gate { .. } | Step::Soak { .. } | Step::AwaitRollout { .. } => vec![],
        }
    }
}
