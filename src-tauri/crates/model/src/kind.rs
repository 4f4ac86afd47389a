//! The list of kinds, and ids of objects.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kinds::*;
use crate::meta::Meta;

macro_rules! kinds {
    ($($kind:ident $group:literal $version:literal $plural:literal $scope:ident $slim:ty;)*) => {
        /// Every kind that some room names. The derived order is only used to sort.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Kind { $(#[doc = concat!("`", $group, "/", $version, "` ", stringify!($kind))] $kind,)* }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind,)*];
            /// `Deployment`.
            pub fn name(self) -> &'static str { match self { $(Kind::$kind => stringify!($kind),)* } }
            /// API group; empty for the core group.
            pub fn group(self) -> &'static str { match self { $(Kind::$kind => $group,)* } }
            /// API version within the group.
            pub fn version(self) -> &'static str { match self { $(Kind::$kind => $version,)* } }
            /// Resource name in URLs and RBAC rules.
            pub fn plural(self) -> &'static str { match self { $(Kind::$kind => $plural,)* } }
            /// False for kinds without a namespace.
            pub fn namespaced(self) -> bool { match self { $(Kind::$kind => matches!(stringify!($scope), "namespaced"),)* } }
            /// Decodes a Kubernetes object (JSON) into its slim form.
            pub fn decode(self, json: &[u8]) -> Result<Object, serde_json::Error> {
                Ok(match self { $(Kind::$kind => Object::$kind(serde_json::from_slice(json)?),)* })
            }
            /// As [`Kind::decode`], from a value that is at hand.
            pub fn decode_value(self, value: &Value) -> Result<Object, serde_json::Error> {
                Ok(match self { $(Kind::$kind => Object::$kind(Deserialize::deserialize(value)?),)* })
            }
        }

        /// A Kubernetes object, as much of it as is kept.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object { $(#[doc = stringify!($kind)] $kind(Box<$slim>),)* }

        impl Object {
            /// Its kind.
            pub fn kind(&self) -> Kind { match self { $(Object::$kind(_) => Kind::$kind,)* } }
            /// Its metadata.
            pub fn meta(&self) -> &Meta { match self { $(Object::$kind(o) => &o.metadata,)* } }
        }
    };
}

// A kind is one line here: kind, group, version, resource, scope, slim struct (`Bare` keeps the metadata alone).
kinds! {
    Gateway "gateway.networking.k8s.io" "v1" "gateways" namespaced gateway::Gateway;
    GatewayClass "gateway.networking.k8s.io" "v1" "gatewayclasses" cluster class::GatewayClass;
    GRPCRoute "gateway.networking.k8s.io" "v1" "grpcroutes" namespaced grpc_route::GrpcRoute;
    HTTPRoute "gateway.networking.k8s.io" "v1" "httproutes" namespaced http_route::HttpRoute;
    Ingress "networking.k8s.io" "v1" "ingresses" namespaced ingress::Ingress;
    IngressClass "networking.k8s.io" "v1" "ingressclasses" cluster class::IngressClass;
    HTTPProxy "projectcontour.io" "v1" "httpproxies" namespaced http_proxy::HttpProxy;
    IngressRoute "traefik.io" "v1alpha1" "ingressroutes" namespaced ingress_route::IngressRoute;
    TraefikService "traefik.io" "v1alpha1" "traefikservices" namespaced ingress_route::TraefikService;
    NetworkPolicy "networking.k8s.io" "v1" "networkpolicies" namespaced network_policy::NetworkPolicy;
    Service "" "v1" "services" namespaced service::Service;
    EndpointSlice "discovery.k8s.io" "v1" "endpointslices" namespaced endpoint_slice::EndpointSlice;
    Deployment "apps" "v1" "deployments" namespaced deployment::Deployment;
    ReplicaSet "apps" "v1" "replicasets" namespaced replica_set::ReplicaSet;
    StatefulSet "apps" "v1" "statefulsets" namespaced deployment::Deployment;
    DaemonSet "apps" "v1" "daemonsets" namespaced deployment::Deployment;
    ControllerRevision "apps" "v1" "controllerrevisions" namespaced Bare;
    Pod "" "v1" "pods" namespaced pod::Pod;
    Job "batch" "v1" "jobs" namespaced job::Job;
    CronJob "batch" "v1" "cronjobs" namespaced job::CronJob;
    HorizontalPodAutoscaler "autoscaling" "v2" "horizontalpodautoscalers" namespaced hpa::Hpa;
    ScaledObject "keda.sh" "v1alpha1" "scaledobjects" namespaced scaled_object::ScaledObject;
    PodDisruptionBudget "policy" "v1" "poddisruptionbudgets" namespaced pdb::Pdb;
    Event "" "v1" "events" namespaced event::Event;
    ConfigMap "" "v1" "configmaps" namespaced Bare;
    Secret "" "v1" "secrets" namespaced Bare;
    ServiceAccount "" "v1" "serviceaccounts" namespaced Bare;
    PersistentVolumeClaim "" "v1" "persistentvolumeclaims" namespaced claim::Claim;
    ResourceQuota "" "v1" "resourcequotas" namespaced Bare;
    LimitRange "" "v1" "limitranges" namespaced Bare;
    Namespace "" "v1" "namespaces" cluster Bare;
    Node "" "v1" "nodes" cluster Bare;
    PriorityClass "scheduling.k8s.io" "v1" "priorityclasses" cluster Bare;
    RuntimeClass "node.k8s.io" "v1" "runtimeclasses" cluster Bare;
    Lease "coordination.k8s.io" "v1" "leases" namespaced Bare;
    Rollout "argoproj.io" "v1alpha1" "rollouts" namespaced rollout::Rollout;
    Application "argoproj.io" "v1alpha1" "applications" namespaced Bare;
    Canary "flagger.app" "v1beta1" "canaries" namespaced rollout::Canary;
    Kustomization "kustomize.toolkit.fluxcd.io" "v1" "kustomizations" namespaced Bare;
    HelmRelease "helm.toolkit.fluxcd.io" "v2" "helmreleases" namespaced Bare;
    VerticalPodAutoscaler "autoscaling.k8s.io" "v1" "verticalpodautoscalers" namespaced vpa::Vpa;
    PodMonitor "monitoring.coreos.com" "v1" "podmonitors" namespaced Bare;
    ServiceMonitor "monitoring.coreos.com" "v1" "servicemonitors" namespaced Bare;
    VirtualService "networking.istio.io" "v1" "virtualservices" namespaced Bare;
    DestinationRule "networking.istio.io" "v1" "destinationrules" namespaced destination_rule::DestinationRule;
}

impl Kind {
    /// Pods of one template, a new one of which takes over step by step: Deployment, StatefulSet, DaemonSet.
    pub fn rolls(self) -> bool {
        matches!(self, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet)
    }

    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(self) -> String {
        match self.group() {
            "" => self.version().to_string(),
            group => format!("{group}/{}", self.version()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;
    /// Accepts the kind or the resource name in any case (`deployment`, `deployments`, `Deployment`), and kubectl's
    /// short names of the kinds that a user types.
    fn from_str(s: &str) -> Result<Self, UnknownKind> {
        let short = match s {
            "deploy" => "deployments",
            "svc" => "services",
            "ing" => "ingresses",
            "rs" => "replicasets",
            "sts" => "statefulsets",
            "ds" => "daemonsets",
            "po" => "pods",
            "hpa" => "horizontalpodautoscalers",
            "pdb" => "poddisruptionbudgets",
            "cm" => "configmaps",
            "ns" => "namespaces",
            other => other,
        };
        Kind::ALL
            .iter()
            .copied()
            .find(|k| k.name().eq_ignore_ascii_case(short) || k.plural().eq_ignore_ascii_case(short))
            .ok_or_else(|| UnknownKind(s.to_string()))
    }
}

/// A kind that no room knows.
#[derive(Debug, thiserror::Error)]
#[error("kind {0}: not known")]
pub struct UnknownKind(pub String);

impl Object {
    /// Kind, namespace and name.
    pub fn id(&self) -> ObjectId {
        ObjectId::new(self.kind(), &self.meta().namespace, &self.meta().name)
    }
}

/// Names an object within one cluster. Two objects that bore the name one after the other differ by uid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// Kind.
    pub kind: Kind,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectId {
    /// Makes one.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }

    /// Another object of the same namespace.
    pub fn sibling(&self, kind: Kind, name: impl Into<String>) -> Self {
        Self::new(kind, &self.namespace, name)
    }

    /// `Service shop/web`: as messages name it.
    pub fn said(&self) -> String {
        let kind = self.kind.name();
        match self.namespace.as_str() {
            "" => format!("{kind} {}", self.name),
            ns => format!("{kind} {ns}/{}", self.name),
        }
    }

    /// Path below the server's URL: `/apis/apps/v1/namespaces/shop/deployments/web`.
    pub fn path(&self) -> String {
        format!("{}/{}", collection_path(self.kind, Some(&self.namespace).filter(|n| !n.is_empty()).map(String::as_str)), self.name)
    }
}

/// Path of a collection; `None` = all namespaces (or a cluster-scoped kind).
pub fn collection_path(kind: Kind, namespace: Option<&str>) -> String {
    let root = match kind.group() {
        "" => format!("/api/{}", kind.version()),
        group => format!("/apis/{group}/{}", kind.version()),
    };
    match namespace {
        Some(ns) if kind.namespaced() => format!("{root}/namespaces/{ns}/{}", kind.plural()),
        _ => format!("{root}/{}", kind.plural()),
    }
}

impl fmt::Display for ObjectId {
    /// `Deployment/shop/web`; `Node//n1` for cluster-scoped kinds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

impl FromStr for ObjectId {
    type Err = UnknownKind;
    fn from_str(s: &str) -> Result<Self, UnknownKind> {
        let mut parts = s.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(kind), Some(ns), Some(name)) => Ok(Self::new(kind.parse()?, ns, name)),
            _ => Err(UnknownKind(s.to_string())),
        }
    }
}

impl Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_through_text() {
        for id in [ObjectId::new(Kind::Deployment, "shop", "web"), ObjectId::new(Kind::Node, "", "n1")] {
            assert_eq!(id.to_string().parse::<ObjectId>().expect("parses"), id);
        }
    }

    #[test]
    fn paths_are_those_of_the_api() {
        assert_eq!(ObjectId::new(Kind::Service, "shop", "web").path(), "/api/v1/namespaces/shop/services/web");
        assert_eq!(ObjectId::new(Kind::Node, "", "n1").path(), "/api/v1/nodes/n1");
        assert_eq!(collection_path(Kind::Deployment, None), "/apis/apps/v1/deployments");
        assert_eq!(collection_path(Kind::HTTPRoute, Some("a")), "/apis/gateway.networking.k8s.io/v1/namespaces/a/httproutes");
    }

    #[test]
    fn kinds_are_found_by_the_names_that_users_type() {
        assert_eq!("deploy".parse::<Kind>().expect("known"), Kind::Deployment);
        assert_eq!("HTTPRoute".parse::<Kind>().expect("known"), Kind::HTTPRoute);
        assert!("nonsense".parse::<Kind>().is_err());
    }
}
