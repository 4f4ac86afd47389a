//! Who else writes to an object: the marks that Helm, Argo CD, Flux and `kubectl apply` leave on it.

use std::collections::BTreeMap;

use model::{Kind, Labels, Meta, names};
use serde_json::{Map, Value};

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

/// Fields that a write takes away from those who apply on the server's side, by manager: what each of them applies next is
/// refused with a conflict over these. Told by `metadata.managedFields` of the object before the write and after it, as a
/// dry run of the write gives it: a field that changes belongs to whoever changed it, and to nobody else.
pub fn taken(before: &Value, after: &Value) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in managed(before).filter(|e| e["operation"] == "Apply") {
        let same = |e: &&Value| ["manager", "operation", "apiVersion", "subresource"].iter().all(|k| e[*k] == entry[*k]);
        let left = managed(after).find(same).map(|e| &e["fieldsV1"]);
        let manager = entry["manager"].as_str().unwrap_or_default();
        missing(&entry["fieldsV1"], left.unwrap_or(&Value::Null), "", all.entry(manager.into()).or_default());
    }
    all.retain(|_, fields| !fields.is_empty());
    all
}

fn managed(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten()
}

/// Paths of the leaves that are in the one set and not in the other, as the API server writes them in a conflict.
fn missing(fields: &Value, left: &Value, path: &str, all: &mut Vec<String>) {
    let empty = Map::new();
    let children = |value| Value::as_object(value).unwrap_or(&empty).iter().filter(|(key, _)| *key != ".");
    if children(fields).next().is_none() && left.is_null() {
        all.push(path.to_string());
    }
    for (key, below) in children(fields) {
        missing(below, &left[key], &format!("{path}{}", element(key)), all);
    }
}

/// One key of `fieldsV1`: `f:` a field, `k:` an item by its keys, `v:` an item by its value, `i:` one by its place.
fn element(key: &str) -> String {
    match key.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("k", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", keys.join(","))
        }
        Some((_, item)) => format!("[={item}]"),
        None => format!(".{key}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(managers: Value) -> Value {
        json!({"metadata": {"managedFields": managers}})
    }

    #[test]
    fn what_a_write_takes_from_an_applier_is_named_as_in_the_conflict_to_come() {
        let item = r#"k:{"name":"web"}"#;
        let helm = |spec: Value| json!({"manager": "helm", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:spec": spec}});
        let whole = json!({"f:selector": {}, "f:paused": {}, "f:containers": {item: {".": {}, "f:image": {}}}, "f:set": {r#"v:"a""#: {}}});
        let before =
            object(json!([helm(whole.clone()), {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:x": {}}}}]));
        assert_eq!(taken(&before, &object(json!([helm(whole)]))), BTreeMap::new(), "who updates meets no conflict");
        let after = object(json!([
            helm(json!({"f:paused": {}, "f:containers": {item: {".": {}}}})),
            {"manager": "changeover-rollout", "operation": "Update", "fieldsV1": {"f:spec": {"f:selector": {}}}}
        ]));
        let fields = [".spec.selector", r#".spec.containers[name="web"].image"#, r#".spec.set[="a"]"#].map(str::to_string).to_vec();
        assert_eq!(taken(&before, &after), BTreeMap::from([("helm".to_string(), fields)]));
        let gone = taken(&before, &object(json!([])));
        assert_eq!(gone["helm"].len(), 4, "all of them: {gone:?}");
    }
}
