//! Who else writes to an object: the marks that Helm, Argo CD, Flux and `kubectl apply` leave on it.

use model::{Kind, Labels, Meta, names};
use serde_json::Value;

use crate::snapshot::Snapshot;

/// A writer from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// `kubectl apply`, or a pipeline that uses it.
    Apply,
    /// A Helm release.
    Helm {
        /// Release.
        release: String,
    },
    /// An Argo CD Application. By label it is only a guess: the same label is used by Helm charts.
    ArgoCd {
        /// Application.
        application: String,
    },
    /// A Flux Kustomization or HelmRelease.
    Flux {
        /// `Kustomization` or `HelmRelease`.
        kind: Kind,
        /// Namespace of it.
        namespace: String,
        /// Name of it.
        name: String,
    },
}

/// Annotation by which Argo CD 3 tracks an object: `app:group/kind:namespace/name`.
pub const ARGO_TRACKING: &str = "argocd.argoproj.io/tracking-id";
/// Label by which older Argo CD tracks an object, and which charts set too.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
const HELM_RELEASE: &str = "meta.helm.sh/release-name";

/// Who owns an object, as far as its metadata says.
pub fn owners(snapshot: &Snapshot, meta: &Meta) -> Vec<Owner> {
    let (labels, annotations) = (&meta.labels, &meta.annotations);
    let mut all = Vec::new();
    if annotations.contains_key(names::LAST_APPLIED) {
        all.push(Owner::Apply);
    }
    if let Some(release) = annotations.get(HELM_RELEASE) {
        all.push(Owner::Helm { release: release.clone() });
    }
    if let Some(application) = argo(snapshot, labels, annotations) {
        all.push(Owner::ArgoCd { application });
    }
    for (domain, kind) in [("kustomize.toolkit.fluxcd.io", Kind::Kustomization), ("helm.toolkit.fluxcd.io", Kind::HelmRelease)] {
        if let Some(name) = labels.get(&format!("{domain}/name")) {
            let namespace = labels.get(&format!("{domain}/namespace")).cloned().unwrap_or_else(|| meta.namespace.clone());
            all.push(Owner::Flux { kind, namespace, name: name.clone() });
        }
    }
    all
}

/// By annotation if it speaks of this application; by the instance label only where an Application of that name exists.
fn argo(snapshot: &Snapshot, labels: &Labels, annotations: &Labels) -> Option<String> {
    if let Some(id) = annotations.get(ARGO_TRACKING) {
        return id.split(':').next().map(str::to_string).filter(|n| !n.is_empty());
    }
    let name = labels.get(INSTANCE)?;
    snapshot.objects.of(Kind::Application).any(|a| &a.meta().name == name).then(|| name.clone())
}

/// The raw Argo CD Application of that name, with the namespace that it lives in. With apps in any namespace, Argo CD
/// writes `namespace_name`.
pub fn application<'a>(snapshot: &'a Snapshot, name: &str) -> Option<(&'a model::ObjectId, &'a Value)> {
    let (ns, name) = name.split_once('_').map_or((None, name), |(ns, n)| (Some(ns), n));
    snapshot.raw.iter().find(|(id, _)| id.kind == Kind::Application && id.name == name && ns.is_none_or(|n| n == id.namespace))
}
