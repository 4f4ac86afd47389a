//! Who writes an object: the mark that a tool leaves on it (semantics §4, GitOps ownership).

use model::Meta;
use serde::Serialize;

/// Who writes an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", tag = "by")]
pub enum Owner {
    /// `meta.helm.sh/release-name` and `-namespace`.
    Helm {
        /// Release.
        release: String,
        /// Namespace of the release; empty when the mark does not say.
        namespace: String,
    },
    /// `argocd.argoproj.io/tracking-id` (`app:group/Kind:namespace/name`), or the label `argocd.argoproj.io/instance`.
    ArgoCd {
        /// Application.
        app: String,
    },
    /// `kustomize.toolkit.fluxcd.io/name` or `helm.toolkit.fluxcd.io/name`.
    Flux {
        /// `Kustomization` or `HelmRelease`.
        kind: &'static str,
        /// Name.
        name: String,
        /// Namespace; empty when the mark does not say.
        namespace: String,
    },
    /// A controller in the cluster (`ownerReferences[].controller`).
    Controller {
        /// Kind.
        kind: String,
        /// Name.
        name: String,
    },
    /// Nobody left a mark.
    ByHand,
}

impl Owner {
    /// Who writes it last: the first of its [`marks`](Self::marks).
    pub fn of(meta: &Meta) -> Self {
        Self::marks(meta).into_iter().next().unwrap_or(Owner::ByHand)
    }

    /// Reads the marks, one for each party. A controller comes first, for it writes whatever the marks say; Argo CD and Flux before
    /// Helm, for they render charts and carry the marks of Helm along.
    pub fn marks(meta: &Meta) -> Vec<Self> {
        let mark = |key: &str| meta.annotations.get(key).or_else(|| meta.labels.get(key)).cloned().filter(|v| !v.is_empty());
        let controller = meta.controller().map(|owner| Owner::Controller { kind: owner.kind.clone(), name: owner.name.clone() });
        let tracked = mark("argocd.argoproj.io/tracking-id").map(|id| id.split(':').next().unwrap_or_default().to_string());
        let argo_cd = tracked.or_else(|| mark("argocd.argoproj.io/instance")).map(|app| Owner::ArgoCd { app });
        let flux = [("kustomize", "Kustomization"), ("helm", "HelmRelease")].into_iter().find_map(|(prefix, kind)| {
            let name = mark(&format!("{prefix}.toolkit.fluxcd.io/name"))?;
            let namespace = mark(&format!("{prefix}.toolkit.fluxcd.io/namespace")).unwrap_or_default();
            Some(Owner::Flux { kind, name, namespace })
        });
        let helm = mark("meta.helm.sh/release-name").map(|release| {
            let namespace = mark("meta.helm.sh/release-namespace").unwrap_or_default();
            Owner::Helm { release, namespace }
        });
        [controller, argo_cd, flux, helm].into_iter().flatten().collect()
    }

    /// In words: `Helm release web`, `by hand`.
    pub fn said(&self) -> String {
        match self {
            Owner::Helm { release, .. } => format!("Helm release {release}"),
            Owner::ArgoCd { app } => format!("Argo CD application {app}"),
            Owner::Flux { kind, name, .. } => format!("Flux {kind} {name}"),
            Owner::Controller { kind, name } => format!("{} {name}", kind.to_lowercase()),
            Owner::ByHand => "by hand".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(value: serde_json::Value) -> Meta {
        serde_json::from_value(value).expect("decodes")
    }

    #[test]
    fn marks_are_read_in_the_order_of_who_writes_last() {
        let check = |value, expect: &str| assert_eq!(Owner::of(&meta(value)).said(), expect);
        check(serde_json::json!({}), "by hand");
        check(serde_json::json!({"annotations":{"meta.helm.sh/release-name":"web"}}), "Helm release web");
        let both = serde_json::json!({"annotations":{"meta.helm.sh/release-name":"web","argocd.argoproj.io/tracking-id":"shop:apps/Deployment:shop/web"}});
        check(both, "Argo CD application shop");
        check(serde_json::json!({"labels":{"kustomize.toolkit.fluxcd.io/name":"apps"}}), "Flux Kustomization apps");
        check(serde_json::json!({"ownerReferences":[{"kind":"ReplicaSet","name":"web-1","controller":true}]}), "replicaset web-1");
    }
}
