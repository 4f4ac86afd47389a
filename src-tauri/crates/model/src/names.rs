//! Labels and annotations that Changeover puts on objects, and the field managers it writes with.

/// Label on green's pods, Deployment and preview Service: which colour they are.
pub const COLOR: &str = "changeover.dev/color";
/// Label and annotation on every object that a run created: the run's id.
pub const RUN: &str = "changeover.dev/run";
/// Annotation that each guarded patch raises, so that a late write of an earlier epoch fails its `test`.
pub const EPOCH: &str = "changeover.dev/epoch";
/// Annotation on a Deployment that a run paused: who, why and until when, for a colleague's `kubectl describe`.
pub const WHY: &str = "changeover.dev/paused-by";
/// Annotation on an autoscaler whose floor a run raised: `spec.minReplicas` from before. Whoever finds it without its run knows what
/// to put back.
pub const FLOOR: &str = "changeover.dev/min-replicas-before";
/// Annotation on a created object: SHA-256 of the manifest as planned, so that a resumed run can tell it is its own.
pub const SPEC_HASH: &str = "changeover.dev/spec-hash";
/// Label on the record of a run (`open`, `over`), and annotation there: who drives it and where it stands, as JSON; on its
/// Lease: the record's kind and name.
pub const RECORD: &str = "changeover.dev/record";
/// Beginning of the names of records and of their Leases.
pub const RECORD_PREFIX: &str = "changeover.";
/// Label that the Deployment controller puts on the pods of one ReplicaSet. Read only: never written to a Deployment.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";
/// Label on the pods of a StatefulSet (name of their ControllerRevision) and of a DaemonSet (its hash, which is a label of the
/// ControllerRevision too).
pub const REVISION_HASH: &str = "controller-revision-hash";
/// Label on a pod of a StatefulSet: its name, by which a Service takes one member alone.
pub const MEMBER: &str = "statefulset.kubernetes.io/pod-name";
/// Label of an EndpointSlice: the Service that it belongs to.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Annotation by the Deployment controller: the revision number of a ReplicaSet.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// Annotation by users and tools: why a revision was made.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// Annotation by `kubectl apply`; its value is never kept, for it may carry what should not be shown.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Field manager of cutover and route writes.
pub const MANAGER_ROLLOUT: &str = "changeover-rollout";
/// Field manager of writes to the `scale` subresource.
pub const MANAGER_SCALE: &str = "changeover-scale";
/// Field manager of objects that a run creates.
pub const MANAGER_CREATE: &str = "changeover-create";
