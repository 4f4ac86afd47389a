//! Reads golden folders. `objects.yaml` of a case is merged over `base.yaml` (JSON merge patch, by object), so that a
//! case shows only what it is about; `request.yaml` says what is asked, and what the API server answered.

// Each test file uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use model::{ClusterIdentity, Kind, ObjectId};
use plan::{DryRun, Ending, Past, Plan, PlanError, RecordSize, Snapshot, Untried, What, access, strategies};
use serde::Deserialize;
use serde_json::{Value, json};

pub const NOW: &str = "2026-11-22T12:00:00Z";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Request {
    pub strategy: String,
    pub kind: Kind,
    pub target: String,
    /// Container to image.
    pub images: BTreeMap<String, String>,
    pub template: Option<Value>,
    pub params: Value,
    /// Kind to why it was not read.
    pub unread: BTreeMap<Kind, String>,
    /// Rights that were denied, as `access::said` writes them.
    pub denied: Vec<String>,
    /// Nobody asked for rights.
    pub unasked: bool,
    pub dry_runs: Vec<DryRunSaid>,
    pub record: Option<RecordSize>,
    /// What the journal knows of earlier runs.
    pub ahead: Option<i64>,
    pub past: Vec<PastSaid>,
}

/// An earlier run: from one image of the only container to another.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PastSaid {
    pub run: String,
    #[serde(default)]
    pub goes_back: bool,
    pub before: String,
    pub after: String,
    #[serde(default)]
    pub taken_back: bool,
    #[serde(default)]
    pub reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DryRunSaid {
    pub step: String,
    pub object: ObjectId,
    pub refused: Option<String>,
    #[serde(default)]
    pub unanswered: Option<String>,
    /// Field, what is sent, what would be stored.
    #[serde(default)]
    pub altered: Option<[String; 3]>,
    /// The object as admitted, where it matters.
    #[serde(default)]
    pub admitted: Value,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            strategy: "blue-green".into(),
            kind: Kind::Deployment,
            target: "web".into(),
            images: [("web".to_string(), "shop/web:v2".to_string())].into(),
            template: None,
            params: Value::Null,
            unread: BTreeMap::new(),
            denied: vec![],
            unasked: false,
            dry_runs: vec![DryRunSaid {
                step: "pod".into(),
                object: ObjectId::new(Kind::Pod, "shop", "dry-run"),
                refused: None,
                unanswered: None,
                altered: None,
                admitted: Value::Null,
            }],
            record: None,
            ahead: None,
            past: vec![],
        }
    }
}

impl Request {
    pub fn id(&self) -> ObjectId {
        ObjectId::new(self.kind, "shop", &self.target)
    }
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures")
}

/// Folders below, sorted.
pub fn folders(path: &Path) -> Vec<PathBuf> {
    let list = fs::read_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut all: Vec<PathBuf> = list.map(|e| e.expect("an entry").path()).filter(|p| p.is_dir()).collect();
    all.sort();
    all
}

pub fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let all: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    all.into_iter().filter(|d| !d.is_null()).collect()
}

fn key(object: &Value) -> [String; 3] {
    ["/kind", "/metadata/namespace", "/metadata/name"].map(|p| object.pointer(p).and_then(Value::as_str).unwrap_or_default().to_string())
}

/// RFC 7386.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    let map = into.as_object_mut().expect("an object");
    for (k, v) in patch {
        match v {
            Value::Null => {
                map.remove(k);
            }
            v => merge(map.entry(k.clone()).or_insert(Value::Null), v),
        }
    }
}

/// The objects of a case over those of `base.yaml`; `absent: true` takes one away.
pub fn objects(case: &Path) -> Vec<Value> {
    static BASE: OnceLock<Vec<Value>> = OnceLock::new();
    let mut all = BASE.get_or_init(|| documents(&fixtures().join("strategies/base.yaml"))).clone();
    for patch in documents(&case.join("objects.yaml")) {
        let at = all.iter().position(|o| key(o) == key(&patch));
        match (at, patch.get("absent").is_some()) {
            (Some(i), true) => {
                all.remove(i);
            }
            (Some(i), false) => merge(&mut all[i], &patch),
            (None, _) => all.push(patch),
        }
    }
    all
}

pub fn request(case: &Path) -> Request {
    match fs::read_to_string(case.join("request.yaml")) {
        Ok(text) => serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", case.display())),
        Err(_) => Request::default(),
    }
}

pub fn snapshot(case: &Path, request: &Request) -> Snapshot {
    let cluster = ClusterIdentity { uid: "c1".into(), server: "https://lab.example:6443".into(), ca_sha256: String::new() };
    let mut snapshot = Snapshot::from_objects(cluster, "lab", objects(case)).expect("objects decode");
    snapshot.unread = request.unread.iter().map(|(kind, why)| (*kind, model::Sentence::quoted(why))).collect();
    snapshot.dry_runs = request
        .dry_runs
        .iter()
        .map(|d| DryRun {
            step: d.step.clone(),
            object: d.object.clone(),
            outcome: match (&d.refused, &d.unanswered, d.altered.clone()) {
                (Some(why), ..) => Err(Untried::Refused(why.clone())),
                (None, Some(why), _) => Err(Untried::Unanswered(why.clone())),
                (None, None, Some([field, sent, stored])) => Err(Untried::Altered { field, sent, stored }),
                (None, None, None) => Ok(d.admitted.clone()),
            },
        })
        .collect();
    snapshot.record = request.record;
    snapshot.ahead = request.ahead;
    let target = request.id();
    let template = |image: &str| {
        let mut template = snapshot.raw(&target).and_then(|d| d.pointer("/spec/template")).cloned().unwrap_or_default();
        template["spec"]["containers"][0]["image"] = image.into();
        template
    };
    snapshot.past = request
        .past
        .iter()
        .map(|p| Past {
            run: p.run.clone(),
            at: None,
            strategy: if p.goes_back { "rollback" } else { "blue-green" }.into(),
            goes_back: p.goes_back,
            before: template(&p.before),
            after: template(&p.after),
            ending: if p.taken_back { Ending::TakenBack } else { Ending::Done },
            reason: p.reason.as_ref().map(model::Sentence::quoted),
        })
        .collect();
    snapshot
}

pub fn make(snapshot: &Snapshot, request: &Request) -> Result<Plan, PlanError> {
    let what = match &request.template {
        Some(t) => What::Template(t.clone()),
        None if request.strategy != "blue-green" => What::Images(vec![]),
        None => What::Images(request.images.clone().into_iter().collect()),
    };
    let target = request.id();
    let strategy = strategies::find(&request.strategy).expect("a strategy");
    strategy.plan(snapshot, &target, &what, &request.params, NOW.parse().expect("a time"), "run-1")
}

/// The snapshot with its rights answered: all that the plan needs, but for those that are denied.
pub fn answered(mut snapshot: Snapshot, request: &Request, plan: &Plan) -> Snapshot {
    if !request.unasked {
        let all = access::access(plan);
        for d in &request.denied {
            assert!(all.iter().any(|a| &access::said(a) == d), "{d}: the plan does not need that; it needs {:#?}", all);
        }
        snapshot.access = all.into_iter().map(|a| (a.clone(), !request.denied.contains(&access::said(&a)))).collect();
    }
    snapshot
}

/// Compares with the golden file; `UPDATE_GOLDEN=1` writes it.
pub fn golden(path: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, actual).expect("the golden is written");
        return Ok(());
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(&expected, actual).unified_diff().header("golden", "now").to_string();
    Err(format!("{}: differs (UPDATE_GOLDEN=1 rewrites it)\n{diff}", path.display()))
}
