//! networking.istio.io/v1 DestinationRule.

use serde::{Deserialize, Serialize};

use crate::meta::{Labels, Meta, null_default};

/// DestinationRule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationRule {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: DestinationRuleSpec,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationRuleSpec {
    /// Service: `web`, `web.shop.svc.cluster.local`; a short name is one of the rule's own namespace.
    pub host: String,
    /// Versions.
    #[serde(deserialize_with = "null_default")]
    pub subsets: Vec<Subset>,
}

/// `spec.subsets[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subset {
    /// Name.
    pub name: String,
    /// Labels of its pods, beside those that the Service selects.
    #[serde(deserialize_with = "null_default")]
    pub labels: Labels,
}

impl DestinationRule {
    /// Whether it speaks of a Service.
    pub fn is_of(&self, namespace: &str, service: &str) -> bool {
        let mut parts = self.spec.host.split('.');
        let own = self.metadata.namespace.as_str();
        parts.next() == Some(service) && parts.next().unwrap_or(own) == namespace && parts.next().is_none_or(|p| p == "svc")
    }
}
