//! The same writes by hand: the equal `kubectl` commands of a step.
//!
//! They lack what the engine adds: uid, epoch, and waiting for proof. They are for reading; what takes a run back by hand is
//! made of what it wrote (`engine`, `repair`).

use model::{Kind, Labels, ObjectId, names};
use serde_json::{Value, json};

use crate::step::{SelectorTo, Step};

/// Commands that do what the step writes; for a wait, the command that waits or looks. Empty for gates.
pub fn commands(step: &Step) -> Vec<String> {
    match step {
        Step::Pause { deployment, .. } => vec![on(deployment, "rollout pause")],
        Step::Resume { deployment } => vec![on(deployment, "rollout resume")],
        Step::Pin { service, from, to, .. } => select(service, from, to),
        Step::Create { manifest, .. } => vec![create(manifest)],
        Step::Scale { deployment, to, .. } => vec![scale(deployment, *to)],
        Step::Retire { deployment } => vec![scale(deployment, 0)],
        Step::AwaitReady { deployment, service, deadline, .. } => {
            let wait = format!("{} --timeout={deadline}s", on(deployment, "rollout status"));
            let look = service
                .as_ref()
                .map(|s| format!("kubectl -n {} get endpointslices -l kubernetes.io/service-name={}", quote(&s.namespace), quote(&s.name)));
            std::iter::once(wait).chain(look).collect()
        }
        Step::AwaitRollout { deployment, deadline } => {
            vec![format!("{} --timeout={deadline}s", on(deployment, "rollout status"))]
        }
        Step::Smoke { deployment, check } => vec![
            format!("{} {}", on(deployment, "port-forward"), quote(&format!("18080:{}", check.port))),
            format!("curl -fsS {}", quote(&format!("http://127.0.0.1:18080{}", check.path))),
        ],
        Step::Gate { .. } => vec![],
        Step::Freeze { hpa, min } => vec![hold(hpa, *min)],
        Step::Thaw { hpa, min, .. } => vec![let_go(hpa, *min)],
        Step::Switch { services, probes, entries, .. } => {
            let writes = services.iter().flat_map(|s| select(&s.service, &s.from, &s.to));
            writes.chain(probes.iter().chain(entries).map(|url| format!("curl -fsS {}", quote(url)))).collect()
        }
        Step::Soak { deployment, .. } => vec![on(deployment, "get")],
        Step::Delete { object } => vec![delete(object)],
        Step::SetTemplate { deployment, after, cause, .. } => {
            let mut ops = vec![json!({"op":"replace","path":"/spec/template","value":after})];
            if deployment.kind == Kind::Deployment {
                // `add` then `remove`: a removal alone is refused where the key is absent.
                ops.push(json!({"op":"add","path":"/spec/paused","value":false}));
                ops.push(json!({"op":"remove","path":"/spec/paused"}));
            }
            if let Some(cause) = cause {
                ops.push(json!({"op":"add","path":model::write::annotation_pointer(names::CHANGE_CAUSE),"value":cause}));
            }
            vec![patch(deployment, ops)]
        }
    }
}

/// `kubectl -n NS VERB KIND/NAME`.
pub(crate) fn on(object: &ObjectId, verb: &str) -> String {
    format!("kubectl -n {} {verb} {}", quote(&object.namespace), quote(&format!("{}/{}", object.kind.name().to_lowercase(), object.name)))
}

fn scale(deployment: &ObjectId, to: u32) -> String {
    format!("{} --replicas={to}", on(deployment, "scale"))
}

fn delete(object: &ObjectId) -> String {
    format!("{}{} --wait", on(object, "delete"), cascade(object.kind))
}

/// Option of `kubectl delete` that deletes as [`model::Write::Delete`] does.
pub fn cascade(kind: Kind) -> &'static str {
    if kind.rolls() { " --cascade=foreground" } else { "" }
}

fn create(manifest: &Value) -> String {
    let text = serde_json::to_string_pretty(manifest).unwrap_or_default();
    let namespace = manifest.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    format!("kubectl -n {} create -f - <<'EOF'\n{text}\nEOF", quote(namespace))
}

pub(crate) fn patch(object: &ObjectId, ops: Vec<Value>) -> String {
    format!("{} --type=json -p {}", on(object, "patch"), quote(&Value::Array(ops).to_string()))
}

fn hold(hpa: &ObjectId, min: u32) -> String {
    format!("{} --type=merge -p {}", on(hpa, "patch"), quote(&json!({"spec":{"minReplicas":min}}).to_string()))
}

/// Puts an autoscaler's floor back; `None` = it had none of its own.
pub(crate) fn let_go(hpa: &ObjectId, min: Option<u32>) -> String {
    // A merge patch: null takes the field away.
    let patch = json!({"metadata":{"annotations":{names::FLOOR:null}},"spec":{"minReplicas":min}});
    format!("{} --type=merge -p {}", on(hpa, "patch"), quote(&patch.to_string()))
}

/// Tests the selector that must be there and writes the other; a hash that is not known yet is looked up first.
fn select(service: &ObjectId, from: &SelectorTo, to: &SelectorTo) -> Vec<String> {
    let pinned = [from, to].into_iter().find_map(|s| match s {
        SelectorTo::Pinned { deployment, .. } => Some(deployment),
        SelectorTo::Exact(_) => None,
    });
    let ops = json!([
        {"op":"test","path":"/spec/selector","value":labels(from)},
        {"op":"replace","path":"/spec/selector","value":labels(to)},
    ]);
    // The placeholder closes the single quotes around the JSON, so that the shell fills the variable in.
    let write = format!("{} --type=json -p {}", on(service, "patch"), quote(&ops.to_string()).replace(HASH, "'\"$HASH\"'"));
    pinned.map(newest_hash).into_iter().chain([write]).collect()
}

const HASH: &str = "@HASH@";

fn labels(selector: &SelectorTo) -> Labels {
    match selector {
        SelectorTo::Exact(labels) => labels.clone(),
        SelectorTo::Pinned { base, .. } => {
            let hash = (names::POD_TEMPLATE_HASH.to_string(), HASH.to_string());
            base.clone().into_iter().chain([hash]).collect()
        }
    }
}

/// The `pod-template-hash` of the ReplicaSet with the highest revision among those that the Deployment owns.
fn newest_hash(deployment: &ObjectId) -> String {
    let rows = format!(
        r#"{{range .items[?(@.metadata.ownerReferences[0].name=="{}")]}}{{.metadata.annotations.deployment\.kubernetes\.io/revision}} {{.metadata.labels.pod-template-hash}}{{"\n"}}{{end}}"#,
        deployment.name
    );
    format!(
        "HASH=$(kubectl -n {} get replicasets -o jsonpath={} | sort -n | tail -n 1 | cut -d' ' -f2)",
        quote(&deployment.namespace),
        quote(&rows)
    )
}

/// Quotes for a POSIX shell where it is needed. Names of Kubernetes never need it; a hostile plan file might.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_string(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> ObjectId {
        ObjectId::new(Kind::Service, "shop", "web")
    }

    #[test]
    fn a_pin_looks_the_hash_up_and_lets_the_shell_fill_it_in() {
        let base: Labels = [("app".to_string(), "web".to_string())].into();
        let to = SelectorTo::Pinned { base: base.clone(), deployment: ObjectId::new(Kind::Deployment, "shop", "web") };
        let said = select(&service(), &SelectorTo::Exact(base), &to);
        assert!(said[0].starts_with("HASH=$(kubectl -n shop get replicasets -o jsonpath='{range"));
        assert!(said[1].ends_with(r#""value":{"app":"web","pod-template-hash":"'"$HASH"'"}}]'"#), "{}", said[1]);
    }

    #[test]
    fn hostile_names_cannot_leave_their_quotes() {
        assert_eq!(on(&ObjectId::new(Kind::Service, "a;rm", "x'y"), "get"), r"kubectl -n 'a;rm' get 'service/x'\''y'");
    }
}
