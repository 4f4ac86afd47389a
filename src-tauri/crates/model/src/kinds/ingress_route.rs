//! traefik.io/v1alpha1 IngressRoute and TraefikService.

use serde::{Deserialize, Serialize};

use super::IntOrString;
use crate::meta::{Meta, null_default};

/// IngressRoute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRoute {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: IngressRouteSpec,
}

/// `IngressRoute.spec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRouteSpec {
    /// Routes.
    #[serde(deserialize_with = "null_default")]
    pub routes: Vec<TraefikRoute>,
    /// Served by TLS (nothing of it is kept but that it is there).
    pub tls: Option<serde_json::Value>,
}

/// `IngressRoute.spec.routes[]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikRoute {
    /// Rule: ``Host(`shop.example.com`) && PathPrefix(`/cart`)``.
    #[serde(rename = "match")]
    pub rule: String,
    /// Which rule is asked first: the greatest; 0 = as long as the rule.
    pub priority: i64,
    /// Language of the rule: `v2`, or `v3` (default).
    pub syntax: String,
    /// Where to, by weight.
    #[serde(deserialize_with = "null_default")]
    pub services: Vec<TraefikBackend>,
}

/// A Service or a TraefikService that another object sends to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikBackend {
    /// `Service` (default) or `TraefikService`.
    pub kind: Option<String>,
    /// Absent = that of the object which says so.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Port of a Service, by name or number.
    pub port: Option<IntOrString>,
    /// Share = weight / sum; absent = 1.
    pub weight: Option<u32>,
}

/// TraefikService.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikService {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: TraefikServiceSpec,
}

/// `TraefikService.spec`: one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikServiceSpec {
    /// By weight.
    pub weighted: Option<TraefikServices>,
    /// By weight, the same one for a client each time.
    pub highest_random_weight: Option<TraefikServices>,
    /// To one, and copies to others.
    pub mirroring: Option<TraefikMirroring>,
}

/// `weighted` and `highestRandomWeight`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikServices {
    /// Where to, by weight.
    #[serde(deserialize_with = "null_default")]
    pub services: Vec<TraefikBackend>,
}

/// `mirroring`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikMirroring {
    /// Who answers.
    #[serde(flatten)]
    pub main: TraefikBackend,
    /// Where copies go.
    #[serde(deserialize_with = "null_default")]
    pub mirrors: Vec<TraefikBackend>,
}
