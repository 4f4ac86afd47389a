//! Where the record of a run and its Lease lie: in the target's namespace, under a name that follows from the target, so that
//! everybody finds the same one and a role can name it.

use model::{Kind, ObjectId, ObjectSet, names};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::plan::Plan;
use crate::secrets::literal;

/// Longest name of an object (RFC 1123 subdomain).
const LONGEST: usize = 253;

/// `changeover.deployment.web`. A name that would be too long is cut and told apart by its hash.
pub fn name(target: &ObjectId) -> String {
    let name = format!("{}{}.{}", names::RECORD_PREFIX, target.kind.name().to_lowercase(), target.name);
    if name.len() <= LONGEST {
        return name;
    }
    let hash = hex::encode(&Sha256::digest(&name)[..5]);
    // Names of objects are ASCII.
    let head: String = name.chars().take(LONGEST - hash.len() - 1).collect();
    format!("{}-{hash}", head.trim_end_matches(['.', '-']))
}

/// The Lease that says who drives a run of that target now.
pub fn lease(target: &ObjectId) -> ObjectId {
    ObjectId::new(Kind::Lease, &target.namespace, name(target))
}

/// The record: a ConfigMap, or a Secret where the plan carries credentials in plain text.
pub fn record(plan: &Plan) -> ObjectId {
    let carried = json!([plan.target.template, plan.template, plan.steps]);
    let kind = if literal(&carried).is_empty() { Kind::ConfigMap } else { Kind::Secret };
    ObjectId::new(kind, &plan.target.object.namespace, name(&plan.target.object))
}

/// A run of a target that is not over, as its record's metadata says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRun {
    /// Run.
    pub run: String,
    /// Who drove it last.
    pub by: String,
    /// Where it stands: the code of a run's status.
    pub status: String,
}

/// Every run of that target that is not over: one, or none.
pub fn open(objects: &ObjectSet, target: &ObjectId) -> Vec<OpenRun> {
    let records = [Kind::ConfigMap, Kind::Secret].map(|kind| target.sibling(kind, name(target)));
    let there = records.iter().filter_map(|r| objects.get(r)).filter(|o| o.meta().labels.get(names::RECORD).is_some_and(|s| s == "open"));
    there
        .map(|o| {
            let face: Value = o.meta().annotations.get(names::RECORD).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let said = |value: &Value, or: &str| value.as_str().filter(|t| !t.is_empty()).unwrap_or(or).to_string();
            OpenRun {
                run: o.meta().labels.get(names::RUN).cloned().unwrap_or_default(),
                by: said(&face["driver"]["by"], "somebody"),
                status: said(&face["status"], "?"),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_however_long_the_target() {
        let of = |name: &str| super::name(&ObjectId::new(Kind::Deployment, "shop", name));
        assert_eq!(of("web"), "changeover.deployment.web");
        let (a, b) = (of(&format!("{}a", "w".repeat(252))), of(&format!("{}b", "w".repeat(252))));
        assert!(a != b && a.len() <= LONGEST && b.len() <= LONGEST, "{a} {b}");
    }
}
