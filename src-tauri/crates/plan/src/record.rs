//! Where the record of a run and its Lease lie, and what the record's metadata says: in the target's namespace, under a name
//! that follows from the target, so that everybody finds the same one and a role can name it.

use jiff::Timestamp;
use model::{Kind, Object, ObjectId, ObjectSet, names};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::plan::Plan;
use crate::secrets::literal;

/// Version of the record's format.
pub const SCHEMA: u32 = 1;

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

/// Who drives a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Driver {
    /// For people: `ann@laptop as kubernetes-admin`.
    pub by: String,
    /// Which installation: what it began it goes on with at once.
    pub workstation: String,
}

/// What the metadata of a record says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Face {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Run.
    pub run: String,
    /// Target.
    pub target: ObjectId,
    /// Strategy.
    pub strategy: String,
    /// `web: shop/web:v1 → shop/web:v2`.
    pub change: String,
    /// Who drives it, or did last.
    pub driver: Driver,
    /// Epoch of the claim.
    pub epoch: u64,
    /// Where it stands: the code of a [`RunStatus`].
    pub status: String,
    /// Step that is under way or waits.
    pub step: Option<String>,
    /// Begun.
    pub started_at: Option<Timestamp>,
    /// Time of its last entry.
    pub at: Option<Timestamp>,
    /// Reason or ticket.
    pub reason: Option<String>,
    /// Over: nothing more will happen by it.
    pub over: bool,
}

impl Face {
    /// From a record's metadata, however little of the record was read. `None` = not a record, or of another version.
    pub fn read(annotation: &str) -> Option<Self> {
        serde_json::from_str::<Self>(annotation).ok().filter(|f| f.schema == SCHEMA)
    }

    /// The same of an object that was read for its metadata alone.
    pub fn of(object: &Object) -> Option<Self> {
        Self::read(object.meta().annotations.get(names::RECORD)?)
    }

    /// The same of an object as the API server returned it.
    pub fn of_object(object: &Value) -> Option<Self> {
        Self::read(object["metadata"]["annotations"][names::RECORD].as_str()?)
    }

    /// Whether it says that this installation drives that run.
    pub fn is_of(&self, run: &str, driver: &Driver) -> bool {
        self.run == run && self.driver.workstation == driver.workstation
    }
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

/// Every run of that target that is not over: one, or none. One whose record cannot be read any further is one all the same.
pub fn open(objects: &ObjectSet, target: &ObjectId) -> Vec<OpenRun> {
    there(objects, target)
        .filter(|o| o.meta().labels.get(names::RECORD).is_some_and(|s| s == "open"))
        .map(|o| {
            let (by, status) = Face::of(o).map_or_else(Default::default, |f| (f.driver.by, f.status));
            let known = |said: String, or: &str| if said.is_empty() { or.to_string() } else { said };
            let run = o.meta().labels.get(names::RUN).cloned().unwrap_or_default();
            OpenRun { run, by: known(by, "somebody"), status: known(status, "?") }
        })
        .collect()
}

/// The record of the last run of that target, and what it says of it, if that run is over.
pub fn over(objects: &ObjectSet, target: &ObjectId) -> Option<(ObjectId, Face)> {
    there(objects, target).find_map(|o| Some((o.id(), Face::of(o).filter(|f| f.over)?)))
}

/// Records of that target: one, or none; two where a run left one of each kind.
fn there<'a>(objects: &'a ObjectSet, target: &ObjectId) -> impl Iterator<Item = &'a Object> {
    let records = [Kind::ConfigMap, Kind::Secret].map(|kind| target.sibling(kind, name(target)));
    records.into_iter().filter_map(|r| objects.get(&r))
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
