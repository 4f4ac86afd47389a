//! The pod template, as much of it as the map, the hazards and the version names read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::meta::{Labels, null_default};

/// `PodTemplateSpec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodTemplate {
    /// Labels and annotations.
    pub metadata: TemplateMeta,
    /// Spec.
    pub spec: PodSpec,
}

/// `template.metadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateMeta {
    /// Labels.
    #[serde(deserialize_with = "null_default")]
    pub labels: Labels,
    /// Annotations.
    #[serde(deserialize_with = "null_default")]
    pub annotations: Labels,
}

/// `PodSpec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// Containers.
    #[serde(deserialize_with = "null_default")]
    pub containers: Vec<Container>,
    /// Init containers; those with `restartPolicy: Always` are sidecars.
    #[serde(deserialize_with = "null_default")]
    pub init_containers: Vec<Container>,
    /// Volumes.
    #[serde(deserialize_with = "null_default")]
    pub volumes: Vec<Volume>,
    /// ServiceAccount.
    pub service_account_name: String,
    /// Node that it is bound to.
    pub node_name: String,
    /// PriorityClass.
    pub priority_class_name: String,
    /// RuntimeClass.
    pub runtime_class_name: String,
    /// Uses the node's network.
    pub host_network: bool,
    /// Pull secrets.
    #[serde(deserialize_with = "null_default")]
    pub image_pull_secrets: Vec<LocalRef>,
    /// External readiness gates.
    #[serde(deserialize_with = "null_default")]
    pub readiness_gates: Vec<ReadinessGate>,
    /// Seconds that a pod may take to end; absent = 30.
    pub termination_grace_period_seconds: Option<i64>,
}

/// `spec.readinessGates[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessGate {
    /// Condition that an external controller sets.
    pub condition_type: String,
}

/// A container, init container or sidecar.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// Declared ports.
    #[serde(deserialize_with = "null_default")]
    pub ports: Vec<ContainerPort>,
    /// Environment.
    #[serde(deserialize_with = "null_default")]
    pub env: Vec<EnvVar>,
    /// Whole ConfigMaps and Secrets as environment.
    #[serde(deserialize_with = "null_default")]
    pub env_from: Vec<EnvFrom>,
    /// Kept as it is: only its presence and kind are read.
    pub readiness_probe: Option<serde_json::Value>,
    /// Requests and limits.
    pub resources: Resources,
    /// `Always` marks a sidecar among init containers.
    pub restart_policy: String,
}

/// `resources`; quantities as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resources {
    /// What the scheduler and quotas count.
    #[serde(deserialize_with = "null_default")]
    pub requests: BTreeMap<String, String>,
    /// Upper bounds.
    #[serde(deserialize_with = "null_default")]
    pub limits: BTreeMap<String, String>,
}

/// `ports[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Name that a Service's targetPort may use.
    pub name: String,
    /// Number.
    pub container_port: u16,
    /// Port on the node, if bound.
    pub host_port: Option<u16>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

/// `env[]`; the literal value is not kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Where the value comes from.
    pub value_from: Option<EnvSource>,
}

/// `env[].valueFrom`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvSource {
    /// Key of a ConfigMap.
    pub config_map_key_ref: Option<KeyRef>,
    /// Key of a Secret.
    pub secret_key_ref: Option<KeyRef>,
}

/// A reference to a key of a ConfigMap or Secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyRef {
    /// Object.
    pub name: String,
    /// Key.
    pub key: String,
    /// May be missing.
    pub optional: bool,
}

/// `envFrom[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFrom {
    /// ConfigMap.
    pub config_map_ref: Option<OptionalRef>,
    /// Secret.
    pub secret_ref: Option<OptionalRef>,
}

/// A reference by name that may be optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OptionalRef {
    /// Object.
    pub name: String,
    /// May be missing.
    pub optional: bool,
}

/// A reference by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalRef {
    /// Object.
    pub name: String,
}

/// `volumes[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Name.
    pub name: String,
    /// ConfigMap (its reference field is `name`).
    pub config_map: Option<OptionalRef>,
    /// Secret (its reference field is `secretName`).
    pub secret: Option<SecretVolume>,
    /// PersistentVolumeClaim.
    pub persistent_volume_claim: Option<ClaimVolume>,
    /// Several sources in one folder.
    pub projected: Option<Projected>,
}

/// `volumes[].secret`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretVolume {
    /// Secret.
    pub secret_name: String,
    /// May be missing.
    pub optional: bool,
}

/// `volumes[].persistentVolumeClaim`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimVolume {
    /// Claim.
    pub claim_name: String,
    /// Mounted read only.
    pub read_only: bool,
}

/// `volumes[].projected`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Projected {
    /// Sources.
    #[serde(deserialize_with = "null_default")]
    pub sources: Vec<ProjectedSource>,
}

/// `volumes[].projected.sources[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectedSource {
    /// ConfigMap.
    pub config_map: Option<OptionalRef>,
    /// Secret.
    pub secret: Option<OptionalRef>,
}
