//! gateway.networking.k8s.io/v1 HTTPRoute.

use serde::{Deserialize, Serialize};

use super::route::{GatewayRoute, NamedMatch};
use crate::meta::null_default;

/// HTTPRoute.
pub type HttpRoute = GatewayRoute<HttpRouteMatch>;

/// `spec.rules[].matches[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteMatch {
    /// Path; absent = prefix `/`.
    pub path: Option<PathMatch>,
    /// Method.
    pub method: Option<String>,
    /// Headers, all of them.
    #[serde(deserialize_with = "null_default")]
    pub headers: Vec<NamedMatch>,
    /// Query parameters, all of them.
    #[serde(deserialize_with = "null_default")]
    pub query_params: Vec<NamedMatch>,
}

/// `matches[].path`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PathMatch {
    /// `Exact`, `PathPrefix` (default) or `RegularExpression`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Path; absent = `/`.
    pub value: Option<String>,
}
