//! What a pod template needs to be there before its pods can start.

use model::kinds::template::{Container, PodTemplate};
use model::{Kind, ObjectId};
use serde_json::Value;

use crate::snapshot::Snapshot;

/// Something that a template names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Kind and name; cluster-scoped kinds without a namespace.
    pub object: ObjectId,
    /// Its absence does not keep a container from starting.
    pub optional: bool,
}

/// Whether something that is named is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    There,
    /// It is not.
    Missing,
    /// Its kind could not be read.
    Unknown,
}

/// Whether an object is in the snapshot, told apart from not having been able to look.
pub fn presence(snapshot: &Snapshot, object: &ObjectId) -> Presence {
    match (snapshot.objects.get(object), snapshot.unknown(object.kind)) {
        (Some(_), _) => Presence::There,
        (None, Some(_)) => Presence::Unknown,
        (None, None) => Presence::Missing,
    }
}

/// Decodes a raw template; one that is not understood is read as empty (the API server will refuse it).
pub fn slim(template: &Value) -> PodTemplate {
    serde_json::from_value(template.clone()).unwrap_or_default()
}

/// Everything that a template names, sorted, each once; required wins over optional. The ServiceAccount `default` is
/// left out: the API server makes it.
pub fn references(template: &PodTemplate, namespace: &str) -> Vec<Reference> {
    let spec = &template.spec;
    let mut all: Vec<(Kind, &str, bool)> = Vec::new();
    for c in spec.init_containers.iter().chain(&spec.containers) {
        of_container(c, &mut all);
    }
    for v in &spec.volumes {
        all.extend(v.config_map.iter().map(|r| (Kind::ConfigMap, r.name.as_str(), r.optional)));
        all.extend(v.secret.iter().map(|r| (Kind::Secret, r.secret_name.as_str(), r.optional)));
        all.extend(v.persistent_volume_claim.iter().map(|r| (Kind::PersistentVolumeClaim, r.claim_name.as_str(), false)));
        for s in v.projected.iter().flat_map(|p| &p.sources) {
            all.extend(s.config_map.iter().map(|r| (Kind::ConfigMap, r.name.as_str(), r.optional)));
            all.extend(s.secret.iter().map(|r| (Kind::Secret, r.name.as_str(), r.optional)));
        }
    }
    // A pull secret that is missing does not keep the pod from starting: the pull fails where the registry asks for it.
    all.extend(spec.image_pull_secrets.iter().map(|r| (Kind::Secret, r.name.as_str(), false)));
    all.push((Kind::ServiceAccount, spec.service_account_name.as_str(), false));
    all.push((Kind::PriorityClass, spec.priority_class_name.as_str(), false));
    all.push((Kind::RuntimeClass, spec.runtime_class_name.as_str(), false));
    let named = all.into_iter().filter(|(kind, name, _)| !name.is_empty() && (*kind, *name) != (Kind::ServiceAccount, "default"));
    let namespace = |kind: Kind| if kind.namespaced() { namespace } else { "" };
    let mut list: Vec<Reference> =
        named.map(|(kind, name, optional)| Reference { object: ObjectId::new(kind, namespace(kind), name), optional }).collect();
    list.sort();
    list.dedup_by(|b, a| a.object == b.object);
    list
}

fn of_container<'a>(c: &'a Container, all: &mut Vec<(Kind, &'a str, bool)>) {
    for from in c.env.iter().filter_map(|e| e.value_from.as_ref()) {
        all.extend(from.config_map_key_ref.iter().map(|r| (Kind::ConfigMap, r.name.as_str(), r.optional)));
        all.extend(from.secret_key_ref.iter().map(|r| (Kind::Secret, r.name.as_str(), r.optional)));
    }
    for from in &c.env_from {
        all.extend(from.config_map_ref.iter().map(|r| (Kind::ConfigMap, r.name.as_str(), r.optional)));
        all.extend(from.secret_ref.iter().map(|r| (Kind::Secret, r.name.as_str(), r.optional)));
    }
}

/// An image without its tag and digest.
pub(crate) fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rfind('/').map_or(0, |at| at + 1);
    name[last..].find(':').map_or(name, |at| &name[..last + at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_place_that_can_name_something_is_read_and_required_wins() {
        let template = slim(&json!({"spec":{
            "serviceAccountName":"sa","priorityClassName":"high","imagePullSecrets":[{"name":"pull"}],
            "initContainers":[{"envFrom":[{"configMapRef":{"name":"a","optional":true}}]}],
            "containers":[{"env":[{"name":"X","valueFrom":{"secretKeyRef":{"name":"s","key":"k","optional":true}}}]}],
            "volumes":[{"configMap":{"name":"a"}},{"persistentVolumeClaim":{"claimName":"data"}},
                {"projected":{"sources":[{"secret":{"name":"p"}}]}}]}}));
        let mut said: Vec<String> = references(&template, "shop").iter().map(|r| format!("{} {}", r.object, r.optional)).collect();
        said.sort();
        let expected = [
            "ConfigMap/shop/a false",
            "PersistentVolumeClaim/shop/data false",
            "PriorityClass//high false",
            "Secret/shop/p false",
            "Secret/shop/pull false",
            "Secret/shop/s true",
            "ServiceAccount/shop/sa false",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_repository_is_the_image_without_tag_and_digest() {
        let of = ["web", "shop/web:1", "r.example:5000/web", "r.example:5000/web:1", "r.example/web:1@sha256:00"].map(repository);
        assert_eq!(of, ["web", "shop/web", "r.example:5000/web", "r.example:5000/web", "r.example/web"]);
    }
}
