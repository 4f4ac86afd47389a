//! gateway.networking.k8s.io/v1 Gateway.

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::meta::{Meta, null_default};

/// Gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Gateway {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: GatewaySpec,
    /// Status.
    pub status: GatewayStatus,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewaySpec {
    /// Class.
    pub gateway_class_name: String,
    /// Listeners.
    #[serde(deserialize_with = "null_default")]
    pub listeners: Vec<Listener>,
}

/// `spec.listeners[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listener {
    /// Name, that a route's sectionName refers to.
    pub name: String,
    /// Host; absent = all.
    pub hostname: Option<String>,
    /// Port.
    pub port: u16,
    /// `HTTP`, `HTTPS`, …
    pub protocol: String,
}

/// `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayStatus {
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
    /// Addresses.
    #[serde(deserialize_with = "null_default")]
    pub addresses: Vec<GatewayAddress>,
}

/// `status.addresses[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayAddress {
    /// Address.
    pub value: String,
}
