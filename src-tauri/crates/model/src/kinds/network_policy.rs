//! networking.k8s.io/v1 NetworkPolicy.

use serde::{Deserialize, Serialize};

use crate::meta::{LabelSelector, Meta, null_default};

/// NetworkPolicy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicy {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: NetworkPolicySpec,
}

/// `NetworkPolicy.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicySpec {
    /// Pods that it is for; empty = all of the namespace.
    pub pod_selector: LabelSelector,
    /// `Ingress`, `Egress`; absent = `Ingress`, and `Egress` where there are rules for it.
    #[serde(deserialize_with = "null_default")]
    pub policy_types: Vec<String>,
    /// Who may reach the pods; none = nobody.
    #[serde(deserialize_with = "null_default")]
    pub ingress: Vec<PolicyRule>,
    /// Whom the pods may reach; none = nobody.
    #[serde(deserialize_with = "null_default")]
    pub egress: Vec<PolicyRule>,
}

/// `spec.ingress[]` or `spec.egress[]`: nothing of it is kept but that it is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyRule {}

impl NetworkPolicySpec {
    /// Whether it limits who may reach the pods.
    pub fn limits_ingress(&self) -> bool {
        self.policy_types.is_empty() || self.policy_types.iter().any(|t| t == "Ingress")
    }

    /// Whether it limits whom the pods may reach.
    pub fn limits_egress(&self) -> bool {
        let by_rules = self.policy_types.is_empty() && !self.egress.is_empty();
        by_rules || self.policy_types.iter().any(|t| t == "Egress")
    }

    /// Whether it is for all pods of its namespace.
    pub fn is_for_all(&self) -> bool {
        self.pod_selector == LabelSelector::default()
    }
}
