//! What strategies and hazards read: the objects around a target at one time, and the answers of the API server to
//! questions that only it can answer (permissions, dry runs). Taken by the engine.

use std::collections::{BTreeMap, BTreeSet};

use model::{ClusterIdentity, Kind, ObjectId, ObjectSet, Sentence};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::past::Past;

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Cluster.
    pub cluster: ClusterIdentity,
    /// Context name.
    pub context: String,
    /// Slim objects of the target's namespace (and cluster-scoped ones that matter).
    pub objects: ObjectSet,
    /// The same objects as the server returned them. Secrets and ConfigMaps with their metadata only.
    pub raw: BTreeMap<ObjectId, Value>,
    /// Kinds that the API server serves.
    pub installed: BTreeSet<Kind>,
    /// Kinds that could not be read, with why (`forbidden`, …): absent is not the same as unknown.
    pub unread: BTreeMap<Kind, Sentence>,
    /// Answers to `SelfSubjectAccessReview`s that were asked.
    pub access: BTreeMap<Access, bool>,
    /// Outcomes of the dry runs that were asked.
    pub dry_runs: Vec<DryRun>,
    /// How large the record of the plan's run may become; `None` = not counted.
    pub record: Option<RecordSize>,
    /// Seconds by which the API server's clock is ahead of this workstation's at least, below zero = behind; `None` = nothing told.
    pub ahead: Option<i64>,
    /// Runs of the target that are over, newest first, as far as the journal knows them.
    pub past: Vec<Past>,
}

/// One thing that a plan needs to be allowed to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Verb of the API.
    pub verb: Verb,
    /// Kind.
    pub kind: Kind,
    /// `scale`, `portforward`, …; empty for the object itself.
    pub subresource: String,
    /// Namespace.
    pub namespace: String,
    /// Name; always sent, for rules with `resourceNames` answer no without it. Empty for create and list.
    pub name: String,
}

/// Verbs of RBAC that plans use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// get
    Get,
    /// list
    List,
    /// watch
    Watch,
    /// create
    Create,
    /// patch
    Patch,
    /// delete
    Delete,
}

impl Verb {
    /// As RBAC writes it.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
        }
    }
}

/// How the API server answered a dry run.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRun {
    /// Step that it belongs to; `pod` for the bare Pod made of green's template, `undo:STEP` for a way back.
    pub step: String,
    /// Object.
    pub object: ObjectId,
    /// The object as it would be stored, or why not.
    pub outcome: Result<Value, Untried>,
}

/// What the record of a run holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSize {
    /// Up to the end.
    pub on: usize,
    /// What a way back from there adds.
    pub back: usize,
}

/// Why a dry run did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untried {
    /// The API server says no, in these words.
    Refused(String),
    /// Admission changes it: which field, what was sent, and what would be stored.
    Altered {
        /// JSON pointer.
        field: String,
        /// Value.
        sent: String,
        /// Value.
        stored: String,
    },
    /// It gave no clear answer (busy, an error of its own, a webhook that is down, silence): neither yes nor no.
    Unanswered(String),
}

impl Snapshot {
    /// A snapshot of objects as the server returned them, with nothing asked yet: every kind of Kubernetes itself counts
    /// as installed and read, and of the others those that occur. Objects of kinds that no room knows are left out;
    /// what Secrets and ConfigMaps hold is dropped.
    pub fn from_objects(
        cluster: ClusterIdentity,
        context: impl Into<String>,
        objects: impl IntoIterator<Item = Value>,
    ) -> Result<Snapshot, SnapshotError> {
        let mut raw = BTreeMap::new();
        let mut slim = Vec::new();
        for mut value in objects {
            let Some(kind) = kind_of(&value) else { continue };
            if matches!(kind, Kind::Secret | Kind::ConfigMap)
                && let Some(map) = value.as_object_mut()
            {
                map.retain(|key, _| !matches!(key.as_str(), "data" | "stringData" | "binaryData"));
            }
            let object = kind.decode_value(&value).map_err(|source| SnapshotError::Undecodable { kind, source })?;
            raw.insert(object.id(), value);
            slim.push(object);
        }
        let seen: BTreeSet<Kind> = raw.keys().map(|id| id.kind).collect();
        let installed = Kind::ALL.iter().copied().filter(|k| built_in(*k) || seen.contains(k)).collect();
        Ok(Snapshot {
            cluster,
            context: context.into(),
            objects: slim.into_iter().collect(),
            raw,
            installed,
            unread: BTreeMap::new(),
            access: BTreeMap::new(),
            dry_runs: Vec::new(),
            record: None,
            ahead: None,
            past: Vec::new(),
        })
    }

    /// Why objects of that kind are not known, if they are not. A kind that the server does not serve is known: there
    /// are none.
    pub fn unknown(&self, kind: Kind) -> Option<&Sentence> {
        self.unread.get(&kind)
    }

    /// The object as the server returned it.
    pub fn raw(&self, id: &ObjectId) -> Option<&Value> {
        self.raw.get(id)
    }
}

/// Why a snapshot could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// An object is not of the shape of its kind.
    #[error("{kind}: not understood")]
    Undecodable {
        /// Kind that it claims to be.
        kind: Kind,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

fn kind_of(value: &Value) -> Option<Kind> {
    let (api, kind) = (value.get("apiVersion")?.as_str()?, value.get("kind")?.as_str()?);
    Kind::ALL.iter().copied().find(|k| k.name() == kind && k.api_version() == api)
}

/// Served by every API server: the core group, and groups that end in `k8s.io` or have no dot, but for the Gateway API and
/// the vertical autoscaler.
fn built_in(kind: Kind) -> bool {
    let group = kind.group();
    !group.contains('.') || (group.ends_with(".k8s.io") && !["gateway.networking.k8s.io", "autoscaling.k8s.io"].contains(&group))
}
