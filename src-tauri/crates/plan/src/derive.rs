//! New objects made of old ones: what green takes over from blue and what it must not (ownership, revisions, status),
//! the preview Service, and the clones of autoscaler and budget.

use model::kinds::IntOrString;
use model::kinds::service::{Service, ServicePort};
use model::{LabelSelector, Labels, ObjectId, Sentence, names, sentence};
use serde_json::{Map, Value, json};

use crate::plan::{ImageChange, PlanError, What};

/// Domains whose labels and annotations say who made or tracks an object, or what a controller noted on it: a copy
/// that carries them would be pruned, adopted or misread. A domain covers its subdomains.
const FOREIGN_DOMAINS: [&str; 9] = [
    "deployment.kubernetes.io",
    "kubectl.kubernetes.io",
    "meta.helm.sh",
    "argocd.argoproj.io",
    "toolkit.fluxcd.io",
    "kapp.k14s.io",
    "applyset.kubernetes.io",
    "objectset.rio.cattle.io",
    "autoscaling.alpha.kubernetes.io",
];

/// Single keys of the same sort.
const FOREIGN_KEYS: [&str; 4] = ["app.kubernetes.io/managed-by", "app.kubernetes.io/instance", "helm.sh/chart", names::CHANGE_CAUSE];

/// Whether a copy must not carry that label or annotation. For an object's own metadata only: a pod template keeps all
/// but our own marks, for Services select on it and a restart by `kubectl` is part of what was rolled out.
fn is_foreign(key: &str) -> bool {
    let domain = key.split('/').next().unwrap_or("");
    let of_domain = |d: &str| domain == d || domain.ends_with(&format!(".{d}"));
    FOREIGN_KEYS.contains(&key) || FOREIGN_DOMAINS.iter().any(|d| of_domain(d)) || is_own(key)
}

fn is_own(key: &str) -> bool {
    key.starts_with("changeover.dev/")
}

/// The template that the operator wants, in blue's own labels, and the images that differ. Marks of earlier runs and
/// `pod-template-hash` are taken out.
pub fn wanted_template(target: &ObjectId, live: &Value, what: &What) -> Result<(Value, Vec<ImageChange>), PlanError> {
    let unfit = |why: Sentence| PlanError::Unfit { object: target.clone(), why };
    let template = match what {
        What::Images(images) => with_images(live, images)?,
        What::Template(given) => own_labels(given, live),
    };
    if template.pointer("/spec/containers").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(unfit(sentence!("the new template has no containers")));
    }
    let same_name = |c: &Value, name: &str| c.get("name").and_then(Value::as_str) == Some(name);
    let mut changes = Vec::new();
    for c in containers(&template["spec"]) {
        let name = c.get("name").and_then(Value::as_str).unwrap_or_default();
        let image = |c: &Value| c.get("image").and_then(Value::as_str).unwrap_or("none").to_string();
        let before = containers(&live["spec"]).find(|b| same_name(b, name)).map_or("none".to_string(), image);
        if before != image(c) {
            changes.push(ImageChange { container: name.to_string(), before, after: image(c) });
        }
    }
    match &template == live {
        true => Err(unfit(sentence!("the new template equals the running one: there is nothing to roll out"))),
        false => Ok((template, changes)),
    }
}

/// Containers of a raw pod's spec, init containers first.
pub(crate) fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers"].into_iter().filter_map(|key| spec.get(key)?.as_array()).flatten()
}

fn with_images(live: &Value, images: &[(String, String)]) -> Result<Value, PlanError> {
    let wrong = |why: Sentence| PlanError::Param { name: "image".into(), why };
    if images.is_empty() {
        return Err(wrong(sentence!("none given; write CONTAINER=IMAGE")));
    }
    let mut template = live.clone();
    for (container, image) in images {
        if image.trim().is_empty() || image.chars().any(char::is_whitespace) {
            let quoted = format!("{image:?}");
            return Err(wrong(sentence!("container {container}: {image} is not an image reference", container, image = quoted)));
        }
        let mut found = false;
        for list in ["/spec/initContainers", "/spec/containers"] {
            for c in template.pointer_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if c.get("name").and_then(Value::as_str) == Some(container) {
                    c["image"] = json!(image);
                    found = true;
                }
            }
        }
        if !found {
            let there = containers(&live["spec"]).filter_map(|c| c.get("name")?.as_str()).collect::<Vec<_>>().join(", ");
            return Err(wrong(sentence!("container {container}: not in the template; there are {there}", container, there)));
        }
    }
    Ok(template)
}

/// A template from outside, with blue's colour (if blue has one) instead of whatever it carries.
fn own_labels(given: &Value, live: &Value) -> Value {
    let mut template = given.clone();
    let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) else { return template };
    labels.retain(|k, _| k != names::POD_TEMPLATE_HASH && !is_own(k));
    if let Some(colour) = live.pointer("/metadata/labels").and_then(|l| l.get(names::COLOR)) {
        labels.insert(names::COLOR.to_string(), colour.clone());
    }
    template
}

/// Labels of a raw pod template.
pub fn template_labels(template: &Value) -> Labels {
    let map = template.pointer("/metadata/labels").and_then(Value::as_object);
    map.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string()))).collect()
}

/// Green: blue's whole spec with the new template, its own colour in selector and template, and no pods yet. No
/// owners: an owner reference to anything of ours would delete production with it.
pub fn green_deployment(blue: &Value, id: &ObjectId, template: &Value, colour: &str) -> Value {
    let mut spec = blue.get("spec").cloned().unwrap_or_else(|| json!({}));
    spec["replicas"] = json!(0);
    spec["template"] = coloured_template(template, colour, &id.namespace);
    set_label(&mut spec, "/selector", "matchLabels", colour);
    if let Some(map) = spec.as_object_mut() {
        map.remove("paused");
    }
    manifest("apps/v1", id, blue, colour, Some(spec))
}

/// Green's template: the wanted one with the colour in its labels and in every selector by which it means its own pods.
fn coloured_template(template: &Value, colour: &str, namespace: &str) -> Value {
    let mut t = template.clone();
    let own = template_labels(template);
    for path in ["/metadata/labels", "/metadata/annotations"] {
        if let Some(map) = t.pointer_mut(path).and_then(Value::as_object_mut) {
            map.retain(|k, _| k != names::POD_TEMPLATE_HASH && !is_own(k));
        }
    }
    set_label(&mut t, "/metadata", "labels", colour);
    let mut terms: Vec<&mut Value> = Vec::new();
    if let Some(spec) = t.get_mut("spec").and_then(Value::as_object_mut) {
        for (key, value) in spec.iter_mut() {
            match key.as_str() {
                "topologySpreadConstraints" => terms.extend(value.as_array_mut().into_iter().flatten()),
                "affinity" => terms.extend(affinity_terms(value)),
                _ => {}
            }
        }
    }
    for term in terms {
        let elsewhere = term.get("namespaces").and_then(Value::as_array).is_some_and(|n| !n.is_empty() && !n.contains(&json!(namespace)));
        let selector = term.get("labelSelector").and_then(|s| serde_json::from_value::<LabelSelector>(s.clone()).ok());
        if !elsewhere && selector.is_some_and(|s| s.matches(&own)) {
            set_label(term, "/labelSelector", "matchLabels", colour);
        }
    }
    t
}

fn affinity_terms(affinity: &mut Value) -> Vec<&mut Value> {
    let mut terms = Vec::new();
    for (kind, rules) in affinity.as_object_mut().into_iter().flatten() {
        if kind == "nodeAffinity" {
            continue;
        }
        for (strength, list) in rules.as_object_mut().into_iter().flatten() {
            for entry in list.as_array_mut().into_iter().flatten() {
                match strength.starts_with("preferred") {
                    true => terms.extend(entry.get_mut("podAffinityTerm")),
                    false => terms.push(entry),
                }
            }
        }
    }
    terms
}

/// Sets the colour in a map of labels below `parent`, making the map if it is not there.
fn set_label(root: &mut Value, parent: &str, map: &str, colour: &str) {
    let parent = match root.pointer_mut(parent) {
        Some(p) if p.is_object() => p,
        _ => {
            let key = parent.trim_start_matches('/').to_string();
            root[key.as_str()] = json!({});
            &mut root[key.as_str()]
        }
    };
    if !parent.get(map).is_some_and(Value::is_object) {
        parent[map] = json!({});
    }
    parent[map][names::COLOR] = json!(colour);
}

/// A manifest with the metadata of another object, but for all that belongs to that object alone.
fn manifest(api_version: &str, id: &ObjectId, like: &Value, colour: &str, spec: Option<Value>) -> Value {
    let kept = |path: &str| -> Map<String, Value> {
        let map = like.pointer(path).and_then(Value::as_object).cloned().unwrap_or_default();
        map.into_iter().filter(|(k, _)| !is_foreign(k)).collect()
    };
    let mut labels = kept("/metadata/labels");
    labels.insert(names::COLOR.to_string(), json!(colour));
    let annotations = kept("/metadata/annotations");
    let mut metadata = json!({"name": id.name, "namespace": id.namespace, "labels": labels});
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    let mut object = json!({"apiVersion": api_version, "kind": id.kind.name(), "metadata": metadata});
    if let Some(spec) = spec {
        object["spec"] = spec;
    }
    object
}

/// The preview Service: ports of all Services over blue, green's labels, and nothing else: no addresses, node ports or
/// load balancer settings, so that it opens no door. `None` when there is no port to show.
pub fn preview_service(id: &ObjectId, services: &[&Service], selector: &Labels, colour: &str) -> Option<Value> {
    let mut ports: Vec<Value> = Vec::new();
    let mut seen: Vec<(IntOrString, String)> = Vec::new();
    let mut used: Vec<(u16, String)> = Vec::new();
    for p in services.iter().flat_map(|s| &s.spec.ports) {
        let protocol = if p.protocol.is_empty() { "TCP".to_string() } else { p.protocol.clone() };
        let target = target_of(p);
        if seen.contains(&(target.clone(), protocol.clone())) {
            continue;
        }
        // Two Services may use one port number for different ports of the pods.
        let port = (p.port..=u16::MAX).find(|n| !used.contains(&(*n, protocol.clone())))?;
        let name = match ports.iter().any(|o| o["name"] == json!(p.name)) || p.name.is_empty() {
            true => format!("port-{}", ports.len() + 1),
            false => p.name.clone(),
        };
        ports.push(json!({"name": name, "port": port, "targetPort": target, "protocol": protocol}));
        seen.push((target, protocol.clone()));
        used.push((port, protocol));
    }
    let manifest = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": id.name, "namespace": id.namespace, "labels": {names::COLOR: colour}},
        "spec": {"type": "ClusterIP", "selector": selector, "ports": ports},
    });
    (!ports.is_empty()).then_some(manifest)
}

/// Where a Service's port leads: absent means the same number.
pub fn target_of(port: &ServicePort) -> IntOrString {
    match &port.target_port {
        None | Some(IntOrString::Int(0)) => IntOrString::Int(i64::from(port.port)),
        Some(t) => t.clone(),
    }
}

/// An autoscaler like blue's, over green.
pub fn hpa_clone(blue: &Value, id: &ObjectId, green: &str, colour: &str) -> Value {
    let mut spec = blue.get("spec").cloned().unwrap_or_else(|| json!({}));
    spec["scaleTargetRef"]["name"] = json!(green);
    manifest("autoscaling/v2", id, blue, colour, Some(spec))
}

/// A budget like blue's, over green.
pub fn pdb_clone(blue: &Value, id: &ObjectId, selector: &LabelSelector, colour: &str) -> Value {
    let mut spec = blue.get("spec").cloned().unwrap_or_else(|| json!({}));
    spec["selector"] = json!(selector);
    manifest("policy/v1", id, blue, colour, Some(spec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Kind;

    fn blue() -> Value {
        json!({
            "apiVersion":"apps/v1","kind":"Deployment",
            "metadata":{"name":"web","namespace":"shop","uid":"u","resourceVersion":"1","generation":3,
                "ownerReferences":[{"uid":"x"}],"finalizers":["f"],"managedFields":[{}],
                "labels":{"app":"web","app.kubernetes.io/managed-by":"Helm","kustomize.toolkit.fluxcd.io/name":"k"},
                "annotations":{"deployment.kubernetes.io/revision":"4","meta.helm.sh/release-name":"r","note":"kept",
                    "changeover.dev/paused-by":"x"}},
            "spec":{"replicas":3,"paused":true,"selector":{"matchLabels":{"app":"web"}},"template":{}},
            "status":{"replicas":3}
        })
    }

    fn template() -> Value {
        let own = json!({"matchLabels":{"app":"web"}});
        let other = json!({"matchLabels":{"app":"db"}});
        json!({"metadata":{"labels":{"app":"web","pod-template-hash":"abc"}},"spec":{
            "containers":[{"name":"web","image":"web:v1"}],
            "topologySpreadConstraints":[{"labelSelector":own,"maxSkew":1}],
            "affinity":{"podAntiAffinity":{
                "requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":own,"topologyKey":"h"},{"labelSelector":other}],
                "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":{"labelSelector":own}}]}}}})
    }

    #[test]
    fn green_carries_nothing_that_belongs_to_blue_alone() {
        let id = ObjectId::new(Kind::Deployment, "shop", "web-green");
        let green = green_deployment(&blue(), &id, &template(), "green");
        assert_eq!(
            green["metadata"],
            json!({"name":"web-green","namespace":"shop","labels":{"app":"web","changeover.dev/color":"green"},"annotations":{"note":"kept"}})
        );
        assert_eq!(green.get("status"), None);
        assert_eq!(green["spec"]["replicas"], json!(0));
        assert_eq!(green["spec"].get("paused"), None);
        assert_eq!(green["spec"]["selector"]["matchLabels"], json!({"app":"web","changeover.dev/color":"green"}));
        assert_eq!(green["spec"]["template"]["metadata"]["labels"], json!({"app":"web","changeover.dev/color":"green"}));
    }

    #[test]
    fn selectors_that_mean_green_itself_get_its_colour_and_others_do_not() {
        let t = coloured_template(&template(), "green", "shop");
        let coloured = json!({"matchLabels":{"app":"web","changeover.dev/color":"green"}});
        assert_eq!(t["spec"]["topologySpreadConstraints"][0]["labelSelector"], coloured);
        let anti = &t["spec"]["affinity"]["podAntiAffinity"];
        assert_eq!(anti["requiredDuringSchedulingIgnoredDuringExecution"][0]["labelSelector"], coloured);
        assert_eq!(anti["requiredDuringSchedulingIgnoredDuringExecution"][1]["labelSelector"], json!({"matchLabels":{"app":"db"}}));
        assert_eq!(anti["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]["labelSelector"], coloured);
    }

    #[test]
    fn a_container_that_is_not_there_is_named_with_those_that_are() {
        let id = ObjectId::new(Kind::Deployment, "shop", "web");
        let e = wanted_template(&id, &template(), &What::Images(vec![("api".into(), "x".into())])).expect_err("refused");
        assert_eq!(e.to_string(), "parameter image: container api: not in the template; there are web");
    }

    #[test]
    fn the_preview_shows_each_port_of_the_pods_once() {
        let s = |name: &str, port: u16, target: &str| -> Service {
            serde_json::from_value(json!({"metadata":{"name":name},"spec":{"ports":[{"name":"http","port":port,"targetPort":target}]}}))
                .expect("decodes")
        };
        let (a, b, c) = (s("a", 80, "http"), s("b", 80, "admin"), s("c", 8080, "http"));
        let id = ObjectId::new(Kind::Service, "shop", "web-preview");
        let preview = preview_service(&id, &[&a, &b, &c], &Labels::new(), "green").expect("has ports");
        let ports: Vec<(i64, &str)> = preview["spec"]["ports"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| (p["port"].as_i64().expect("a number"), p["targetPort"].as_str().expect("a name")))
            .collect();
        assert_eq!(ports, [(80, "http"), (81, "admin")]);
    }
}
