//! gateway.networking.k8s.io/v1 GRPCRoute.

use serde::{Deserialize, Serialize};

use super::route::{GatewayRoute, NamedMatch};
use crate::meta::null_default;

/// GRPCRoute.
pub type GrpcRoute = GatewayRoute<GrpcRouteMatch>;

/// `spec.rules[].matches[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcRouteMatch {
    /// Service and method; absent = all.
    pub method: Option<GrpcMethodMatch>,
    /// Headers, all of them.
    #[serde(deserialize_with = "null_default")]
    pub headers: Vec<NamedMatch>,
}

/// `matches[].method`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcMethodMatch {
    /// `Exact` (default) or `RegularExpression`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Service; absent or empty = all.
    pub service: Option<String>,
    /// Method; absent or empty = all.
    pub method: Option<String>,
}
