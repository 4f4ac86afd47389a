//! GatewayClass (gateway.networking.k8s.io/v1) and IngressClass (networking.k8s.io/v1): which controller reads what is of a class.

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::meta::{Meta, null_default};

/// GatewayClass.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayClass {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: GatewayClassSpec,
    /// Status.
    pub status: GatewayClassStatus,
}

/// `GatewayClass.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayClassSpec {
    /// Controller: `traefik.io/gateway-controller`.
    pub controller_name: String,
}

/// `GatewayClass.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayClassStatus {
    /// `Accepted`: a controller has taken the class up.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}

/// IngressClass.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressClass {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: IngressClassSpec,
}

/// `IngressClass.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressClassSpec {
    /// Controller: `traefik.io/ingress-controller`.
    pub controller: String,
}
