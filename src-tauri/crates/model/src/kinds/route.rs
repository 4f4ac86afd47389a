//! What the kinds of routes of the Gateway API have in common (gateway.networking.k8s.io/v1): CommonRouteSpec, RouteStatus, BackendRef.

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::meta::{Meta, null_default};

/// A route; `M` is what a rule matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "M: Deserialize<'de> + Default"))]
pub struct GatewayRoute<M> {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: RouteSpec<M>,
    /// Status.
    pub status: RouteStatus,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "M: Deserialize<'de> + Default"))]
pub struct RouteSpec<M> {
    /// Gateways.
    #[serde(deserialize_with = "null_default")]
    pub parent_refs: Vec<ParentRef>,
    /// Hosts; empty = those of the listener.
    #[serde(deserialize_with = "null_default")]
    pub hostnames: Vec<String>,
    /// Rules.
    #[serde(deserialize_with = "null_default")]
    pub rules: Vec<RouteRule<M>>,
}

/// `spec.parentRefs[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ParentRef {
    /// Absent = Gateway API's group.
    pub group: Option<String>,
    /// Absent = Gateway.
    pub kind: Option<String>,
    /// Absent = the route's own.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Listener by name.
    pub section_name: Option<String>,
    /// Listener by port.
    pub port: Option<u16>,
}

/// `spec.rules[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "M: Deserialize<'de> + Default"))]
pub struct RouteRule<M> {
    /// Any of these; empty = everything.
    #[serde(deserialize_with = "null_default")]
    pub matches: Vec<M>,
    /// Filters (only mirrors are kept).
    #[serde(deserialize_with = "null_default")]
    pub filters: Vec<RouteFilter>,
    /// Where to, by weight.
    #[serde(deserialize_with = "null_default")]
    pub backend_refs: Vec<BackendRef>,
}

/// A header or query parameter match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedMatch {
    /// `Exact` (default) or `RegularExpression`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// `filters[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteFilter {
    /// `RequestMirror`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Mirror.
    pub request_mirror: Option<RequestMirror>,
}

/// `filters[].requestMirror`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestMirror {
    /// Where the copies go.
    pub backend_ref: BackendRef,
}

/// `backendRefs[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendRef {
    /// Absent = core.
    pub group: Option<String>,
    /// Absent = Service.
    pub kind: Option<String>,
    /// Absent = the route's own.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Port of the Service.
    pub port: Option<u16>,
    /// Share = weight / sum; absent = 1.
    pub weight: Option<u32>,
}

/// `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteStatus {
    /// One entry per parent and controller; none at all when the parent does not exist.
    #[serde(deserialize_with = "null_default")]
    pub parents: Vec<RouteParent>,
}

/// `status.parents[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteParent {
    /// The parent.
    pub parent_ref: ParentRef,
    /// `Accepted`, `ResolvedRefs`, …
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
}
