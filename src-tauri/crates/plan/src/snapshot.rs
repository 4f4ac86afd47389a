//! What strategies and hazards read: the objects around a target at one time, and the answers of the API server to
//! questions that only it can answer (permissions, dry runs). Taken by the engine.

use std::collections::{BTreeMap, BTreeSet};

use model::{ClusterIdentity, Kind, ObjectId, ObjectSet};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    pub unread: BTreeMap<Kind, String>,
    /// Answers to `SelfSubjectAccessReview`s that were asked.
    pub access: BTreeMap<Access, bool>,
    /// Outcomes of the dry runs that were asked.
    pub dry_runs: Vec<DryRun>,
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
    pub outcome: Result<Value, String>,
}

impl Snapshot {
    /// The object as the server returned it.
    pub fn raw(&self, id: &ObjectId) -> Option<&Value> {
        self.raw.get(id)
    }
}
