//! The Lease beside a record (`coordination.k8s.io/v1`): says that whoever drives the run is alive. It shuts nobody out by
//! itself (the record's guard does, and the guards of every write); others wait for it to fall silent.

use std::time::Duration;

use jiff::Timestamp;
use model::{Edit, Guard, Kind, ObjectId, Write, names};
use serde_json::{Value, json};

use crate::ports::{Cluster, ReadError};
use crate::record::Driver;

/// A Lease as it was read.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Object.
    pub id: ObjectId,
    uid: String,
    /// Changes with every renewal.
    pub resource_version: String,
    /// Who has it; `None` = it was let go.
    pub holder: Option<Driver>,
    /// How long it must be silent before others may take it.
    pub duration: Duration,
    /// Record that it belongs to.
    pub record: Option<ObjectId>,
    spec: Value,
}

impl Lease {
    /// Reads it; `None` = there is none.
    pub async fn read(cluster: &dyn Cluster, id: &ObjectId) -> Result<Option<Self>, ReadError> {
        Ok(cluster.get(id).await?.map(|object| Self::of(id, &object)))
    }

    /// From an answer of the API server.
    pub fn of(id: &ObjectId, object: &Value) -> Self {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_string();
        let record = object["metadata"]["annotations"][names::RECORD].as_str().and_then(|at| at.split_once('/'));
        let kind = |k: &str| [Kind::ConfigMap, Kind::Secret].into_iter().find(|kind| kind.name() == k);
        Self {
            id: id.clone(),
            uid: text("uid"),
            resource_version: text("resourceVersion"),
            holder: object["spec"]["holderIdentity"].as_str().filter(|h| !h.is_empty()).map(driver),
            duration: Duration::from_secs(object["spec"]["leaseDurationSeconds"].as_u64().unwrap_or(60).clamp(1, 3600)),
            record: record.and_then(|(k, name)| Some(ObjectId::new(kind(k)?, &id.namespace, name))),
            spec: object["spec"].clone(),
        }
    }

    /// Whether that installation has it.
    pub fn is_of(&self, driver: &Driver) -> bool {
        self.holder.as_ref().is_some_and(|h| h.workstation == driver.workstation)
    }

    /// When its holder last renewed it, by their clock.
    pub fn renewed_at(&self) -> Option<String> {
        self.spec["renewTime"].as_str().map(str::to_string)
    }

    /// Takes it, from whoever has it.
    pub fn take(&self, driver: &Driver, now: Timestamp) -> Write {
        let transitions = self.spec["leaseTransitions"].as_u64().unwrap_or(0) + 1;
        let (holder, now) = (json!(identity(driver)), json!(micro(now)));
        self.patch(&[
            ("holderIdentity", holder),
            ("acquireTime", now.clone()),
            ("renewTime", now),
            ("leaseTransitions", json!(transitions)),
        ])
    }

    /// Says that its holder is alive.
    pub fn renew(&self, now: Timestamp) -> Write {
        let holder = self.spec["holderIdentity"].clone();
        self.patch(&[("holderIdentity", holder), ("renewTime", json!(micro(now)))])
    }

    /// Lets it go, for whoever comes next to have it at once.
    pub fn free(&self) -> Write {
        self.patch(&[("holderIdentity", Value::Null)])
    }

    /// Takes it away: the run is over.
    pub fn delete(&self) -> Write {
        Write::Delete { object: self.id.clone(), uid: self.uid.clone(), resource_version: self.resource_version.clone() }
    }

    fn patch(&self, fields: &[(&str, Value)]) -> Write {
        let some = |v: &Value| (!v.is_null()).then(|| v.clone());
        let edit =
            |(name, value): &(&str, Value)| Edit { path: format!("/spec/{name}"), before: some(&self.spec[name]), after: some(value) };
        Write::Patch {
            object: self.id.clone(),
            uid: self.uid.clone(),
            guard: Guard::ResourceVersion(self.resource_version.clone()),
            epoch: None,
            make_annotations: false,
            edits: fields.iter().map(edit).collect(),
        }
    }
}

/// A Lease that is not there yet.
pub fn create(id: &ObjectId, run: &str, record: &ObjectId, driver: &Driver, duration: Duration, now: Timestamp) -> Write {
    let now = micro(now);
    Write::Create {
        object: id.clone(),
        manifest: json!({
            "apiVersion": id.kind.api_version(),
            "kind": id.kind.name(),
            "metadata": {
                "name": id.name,
                "namespace": id.namespace,
                "labels": {names::RUN: run},
                "annotations": {names::RECORD: format!("{}/{}", record.kind.name(), record.name)},
            },
            "spec": {
                "holderIdentity": identity(driver),
                "leaseDurationSeconds": duration.as_secs().max(1),
                "acquireTime": now,
                "renewTime": now,
                "leaseTransitions": 0,
            },
        }),
    }
}

/// `ann@laptop as kubernetes-admin/6f1c…`.
fn identity(driver: &Driver) -> String {
    format!("{}/{}", driver.by, driver.workstation)
}

fn driver(identity: &str) -> Driver {
    let (by, workstation) = identity.rsplit_once('/').unwrap_or((identity, ""));
    Driver { by: by.to_string(), workstation: workstation.to_string() }
}

/// `MicroTime`: the API server refuses any other number of digits.
fn micro(at: Timestamp) -> String {
    format!("{at:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_read_as_it_was_written() {
        let (id, record) = (ObjectId::new(Kind::Lease, "shop", "l"), ObjectId::new(Kind::Secret, "shop", "r"));
        let ann = Driver { by: "ann@laptop as a/b".into(), workstation: "w1".into() };
        let at: Timestamp = "2026-11-25T10:00:00.5Z".parse().expect("a time");
        let Write::Create { manifest, .. } = create(&id, "run", &record, &ann, Duration::from_secs(60), at) else { panic!("a create") };
        assert_eq!(manifest["spec"]["renewTime"], "2026-11-25T10:00:00.500000Z");
        let lease = Lease::of(&id, &manifest);
        assert_eq!((lease.holder.as_ref(), lease.record.as_ref(), lease.duration), (Some(&ann), Some(&record), Duration::from_secs(60)));
        let Write::Patch { edits, .. } = lease.free() else { panic!("a patch") };
        assert_eq!((edits[0].before.clone(), edits[0].after.clone()), (Some(json!("ann@laptop as a/b/w1")), None));
    }
}
