//! `metadata` as kept, and the selectors that match on it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::names;

/// Labels or annotations.
pub type Labels = BTreeMap<String, String>;

/// `metadata` of an object, without `managedFields` and without the value of last-applied-configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// Name, unique per kind and namespace.
    pub name: String,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Unique in time and space: another uid is another object.
    pub uid: String,
    /// Opaque; only ever compared for equality.
    pub resource_version: String,
    /// Raised by the API server when the spec changes.
    pub generation: i64,
    /// When the API server created the object.
    pub creation_timestamp: Option<Timestamp>,
    /// Set while the object is being deleted; it still accepts patches.
    pub deletion_timestamp: Option<Timestamp>,
    /// Labels.
    #[serde(deserialize_with = "null_default")]
    pub labels: Labels,
    /// Annotations; the value of last-applied-configuration is replaced by an empty string.
    #[serde(deserialize_with = "annotations")]
    pub annotations: Labels,
    /// Owners; at most one is the controller.
    #[serde(deserialize_with = "null_default")]
    pub owner_references: Vec<OwnerRef>,
}

impl Meta {
    /// The owner with `controller: true`, if any.
    pub fn controller(&self) -> Option<&OwnerRef> {
        self.owner_references.iter().find(|o| o.controller)
    }
}

/// An entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerRef {
    /// Group and version of the owner.
    pub api_version: String,
    /// Kind of the owner.
    pub kind: String,
    /// Name of the owner.
    pub name: String,
    /// Uid of the owner: what counts.
    pub uid: String,
    /// True for the one that manages this object.
    pub controller: bool,
}

/// `metav1.LabelSelector`. An empty selector matches everything; an absent one (`Option::None` at the user) nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// All of these must be present with this value.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: Labels,
    /// All of these must hold.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

/// `metav1.LabelSelectorRequirement`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// Values for `In` and `NotIn`.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// Whether the labels satisfy every requirement. An operator that is not known matches nothing.
    pub fn matches(&self, labels: &Labels) -> bool {
        subset(&self.match_labels, labels)
            && self.match_expressions.iter().all(|r| {
                let value = labels.get(&r.key);
                match r.operator.as_str() {
                    "In" => value.is_some_and(|v| r.values.contains(v)),
                    "NotIn" => value.is_none_or(|v| !r.values.contains(v)),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }
}

/// Whether every pair of `selector` is in `labels` (a Service's `spec.selector`; callers treat an empty one as "none").
pub fn subset(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(k, v)| labels.get(k) == Some(v))
}

/// Kubernetes writes `null` for empty collections now and then (an EndpointSlice without endpoints): read it as empty.
pub fn null_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

fn annotations<'de, D: Deserializer<'de>>(d: D) -> Result<Labels, D::Error> {
    let mut all: Labels = null_default(d)?;
    if let Some(v) = all.get_mut(names::LAST_APPLIED) {
        *v = String::new();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_applied_keeps_its_key_and_loses_its_value() {
        let m: Meta =
            serde_json::from_value(serde_json::json!({"name":"a","annotations":{names::LAST_APPLIED:"{secret}","x":"y"},"labels":null}))
                .expect("decodes");
        assert_eq!(m.annotations[names::LAST_APPLIED], "");
        assert_eq!(m.annotations["x"], "y");
    }

    #[test]
    fn selector_expressions_follow_the_api_rules() {
        let sel: LabelSelector = serde_json::from_value(serde_json::json!({
            "matchLabels":{"app":"x"},
            "matchExpressions":[{"key":"tier","operator":"In","values":["a","b"]},{"key":"old","operator":"DoesNotExist"}]
        }))
        .expect("decodes");
        let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<Labels>();
        assert!(sel.matches(&labels(&[("app", "x"), ("tier", "b")])));
        assert!(!sel.matches(&labels(&[("app", "x"), ("tier", "c")])));
        assert!(!sel.matches(&labels(&[("app", "x"), ("tier", "a"), ("old", "")])));
        assert!(!sel.matches(&labels(&[("tier", "a")])));
    }
}
