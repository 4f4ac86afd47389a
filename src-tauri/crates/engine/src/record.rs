//! The record of a run in the cluster: what another workstation needs to see it, go on with it or back it out. A pure
//! format; `shared` writes and reads it.
//!
//! One ConfigMap (a Secret where the plan carries credentials in plain text) per target. Its annotation [`names::RECORD`] is
//! the [`Face`]: who drives the run and where it stands, to be read by whoever sees no more than metadata. Its data:
//! `plan`, the entries of the journal as `e000001` onwards, and `armed`, the writes that may have left before their intent
//! could be recorded.
//!
//! **What is read here is not trusted**: whoever may write ConfigMaps of the namespace may have written it. A record is taken
//! only if its plan is whole (its hash), is of this cluster and target, and touches nothing outside this namespace.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::write::{annotation_pointer, escape};
use model::{Edit, Guard, Kind, ObjectId, Sentence, Write, names, sentence};
use plan::Plan;
pub use plan::record::{Driver, Face, SCHEMA};
use serde_json::{Map, Value, json};

use crate::entry::Event;
use crate::status::{RunStatus, name};
use crate::view::View;

const PLAN: &str = "plan";
const ARMED: &str = "armed";

/// What the metadata of the record says of a run as it stands.
pub fn face(view: &View, driver: &Driver, reason: Option<&str>) -> Face {
    let step = match &view.status {
        RunStatus::Running { step } | RunStatus::WaitingForApproval { step, .. } => Some(step.clone()),
        RunStatus::BackingOut { step, .. } => step.clone(),
        RunStatus::Holding { hold } => Some(hold.step.clone()),
        _ => None,
    };
    Face {
        schema: SCHEMA,
        run: view.plan.id.clone(),
        target: view.plan.target.object.clone(),
        strategy: view.plan.strategy.clone(),
        change: view.plan.change().text,
        driver: driver.clone(),
        epoch: view.epoch,
        status: name(&view.status).to_string(),
        step,
        started_at: view.started_at,
        at: view.last_at,
        reason: reason.map(str::to_string),
        over: view.status.is_final(),
    }
}

/// A record that was read.
#[derive(Clone, Debug)]
pub struct Record {
    /// What a patch needs to know of it.
    pub at: At,
    /// Plan, whole.
    pub plan: Plan,
    /// Entries.
    pub entries: Vec<Value>,
}

/// How a record stands: what a patch that brings it up to date needs to know.
#[derive(Clone, Debug)]
pub struct At {
    /// Object.
    pub id: ObjectId,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// Its metadata's words.
    pub face: Face,
    /// Writes that may have left.
    pub armed: Vec<Armed>,
    /// Entries that are in it.
    pub entries: usize,
}

/// A write that may leave before it is recorded: what is journaled with it, its intent last.
pub type Armed = Vec<Event>;

/// Why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub struct Unusable {
    /// Record.
    pub object: String,
    /// What is wrong.
    pub why: Sentence,
}

impl Unusable {
    /// For people.
    pub fn said(&self) -> Sentence {
        let what = self.why.clone();
        sentence!("{object}: {what}", object = self.object; what)
            .and(sentence!("nothing of it is used: look at the cluster, and undo by hand what is left"))
    }
}

impl Record {
    /// Reads one, and refuses what no run of ours can have written.
    pub fn read(id: &ObjectId, object: &Value) -> Result<Self, Unusable> {
        let refuse = |why: Sentence| Unusable { object: id.said(), why };
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_string();
        let face = Face::of_object(object);
        let face = face.ok_or_else(|| refuse(sentence!("not the record of a run, or of another version of Changeover")))?;
        let value = |key: &str| decode(id.kind, &object["data"][key]);
        let plan = value(PLAN).ok_or_else(|| refuse(sentence!("it has no plan")))?;
        let plan = plan::file::from_text(&plan).map_err(|e| refuse(e.said()))?;
        confined(&plan, id).map_err(refuse)?;
        if plan.id != face.run || plan.target.object != face.target {
            return Err(refuse(sentence!("its plan is of another run than it says")));
        }
        let mut entries = vec![];
        while let Some(text) = value(&key(entries.len() + 1)) {
            let seq = entries.len() + 1;
            entries
                .push(serde_json::from_str(&text).map_err(|e| refuse(sentence!("entry {seq}: not readable ({error})", seq, error = e)))?);
        }
        let last =
            object["data"].as_object().into_iter().flat_map(Map::keys).filter_map(|k| k.strip_prefix('e')?.parse::<usize>().ok()).max();
        if last.unwrap_or(0) != entries.len() {
            return Err(refuse(sentence!("entry {seq} is missing", seq = entries.len() + 1)));
        }
        let armed = match value(ARMED) {
            Some(text) => serde_json::from_str(&text).map_err(|e| refuse(sentence!("armed writes not readable ({error})", error = e)))?,
            None => vec![],
        };
        let (uid, resource_version) = (text("uid"), text("resourceVersion"));
        Ok(Self { at: At { id: id.clone(), uid, resource_version, face, armed, entries: entries.len() }, plan, entries })
    }
}

impl At {
    /// Takes the record away: its run did not begin.
    pub fn delete(&self) -> Write {
        Write::Delete { object: self.id.clone(), uid: self.uid.clone(), resource_version: self.resource_version.clone() }
    }

    /// The patch that brings it up to date; `None` = it is.
    pub fn update(&self, face: &Face, entries: &[Value], armed: &[Armed]) -> Option<Write> {
        let kind = self.id.kind;
        let mut edits: Vec<Edit> = (self.entries..entries.len())
            .map(|i| Edit { path: format!("/data/{}", key(i + 1)), before: None, after: Some(encode(kind, &entries[i].to_string())) })
            .collect();
        if armed != self.armed {
            let [before, after] = [&self.armed, &armed.to_vec()].map(|a| Some(encode(kind, &json!(a).to_string())));
            edits.push(Edit { path: format!("/data/{ARMED}"), before, after });
        }
        if *face != self.face {
            let path = annotation_pointer(names::RECORD);
            let [before, after] = [&self.face, face].map(|f| Some(json!(json!(f).to_string())));
            edits.push(Edit { path, before, after });
        }
        if face.over != self.face.over {
            let path = format!("/metadata/labels/{}", escape(names::RECORD));
            edits.push(Edit { path, before: Some(json!(state(self.face.over))), after: Some(json!(state(face.over))) });
        }
        (!edits.is_empty()).then(|| Write::Patch {
            object: self.id.clone(),
            uid: self.uid.clone(),
            guard: Guard::ResourceVersion(self.resource_version.clone()),
            epoch: Some(format!("{}.{}.{}", face.run, face.epoch, entries.len())),
            make_annotations: false,
            edits,
        })
    }
}

/// The manifest of a record that is not there yet.
pub fn manifest(id: &ObjectId, plan: &Plan, face: &Face, entries: &[Value], armed: &[Armed]) -> Value {
    let mut data = Map::new();
    let mut put = |key: String, text: String| data.insert(key, encode(id.kind, &text));
    put(PLAN.into(), plan::file::canonical(&json!(plan)));
    put(ARMED.into(), json!(armed).to_string());
    entries.iter().enumerate().for_each(|(i, e)| {
        put(key(i + 1), e.to_string());
    });
    json!({
        "apiVersion": id.kind.api_version(),
        "kind": id.kind.name(),
        "metadata": {
            "name": id.name,
            "namespace": id.namespace,
            "labels": {names::RECORD: state(face.over), names::RUN: face.run},
            "annotations": {names::RECORD: json!(face).to_string(), names::EPOCH: format!("{}.{}.{}", face.run, face.epoch, entries.len())},
        },
        "data": data,
    })
}

/// The key of an entry, from 1.
fn key(n: usize) -> String {
    format!("e{n:06}")
}

fn state(over: bool) -> &'static str {
    if over { "over" } else { "open" }
}

fn encode(kind: Kind, text: &str) -> Value {
    json!(if kind == Kind::Secret { BASE64.encode(text) } else { text.to_string() })
}

fn decode(kind: Kind, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    match kind {
        Kind::Secret => String::from_utf8(BASE64.decode(text).ok()?).ok(),
        _ => Some(text.to_string()),
    }
}

/// A plan of this target that leaves this namespace alone but for its own objects in it.
fn confined(plan: &Plan, record: &ObjectId) -> Result<(), Sentence> {
    if plan::record::name(&plan.target.object) != record.name || plan.target.object.namespace != record.namespace {
        return Err(sentence!("its plan is of another target than its name says"));
    }
    let outside = plan.steps.iter().flat_map(|s| s.step.writes_to()).find(|o| o.namespace != record.namespace || !o.kind.namespaced());
    match outside {
        Some(object) => Err(sentence!("its plan writes to {object}, outside its namespace", object = object.said())),
        None => Ok(()),
    }
}

/// The entries of a journal that others may know, in their order: one that was taken over begins with those of its record,
/// and what only tells that others have it now is left out.
pub fn shared(entries: &[Value]) -> Vec<Value> {
    let mut all = vec![];
    for entry in entries {
        match entry["events"][0]["event"].as_str() {
            Some("adopted") => all = entry["events"][0]["entries"].as_array().cloned().unwrap_or_default(),
            Some("taken-over") => {}
            _ => all.push(entry.clone()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_plan_that_reaches_outside_its_namespace_is_refused() {
        let of = |namespace: &str, name: &str| ObjectId::new(Kind::Deployment, namespace, name);
        let plan = |writes: ObjectId| Plan {
            schema: 1,
            id: "run".into(),
            hash: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            context: String::new(),
            cluster: model::ClusterIdentity { uid: String::new(), server: String::new(), ca_sha256: String::new() },
            strategy: "blue-green".into(),
            params: Value::Null,
            target: plan::Target { object: of("shop", "web"), uid: String::new(), template: Value::Null, replicas: 1 },
            changes: vec![],
            template: Value::Null,
            steps: vec![plan::Planned {
                id: "resume".into(),
                after: vec![],
                phase: plan::Phase::Prepare,
                step: plan::Step::Resume { deployment: writes },
                way_back_seconds: None,
            }],
        };
        let record = plan::record::record(&plan(of("shop", "web")));
        assert_eq!(confined(&plan(of("shop", "web-green")), &record), Ok(()));
        assert!(confined(&plan(of("pay", "ledger")), &record).is_err_and(|why| why.text.contains("pay/ledger")));
        let other = ObjectId { name: "changeover.deployment.cart".into(), ..record };
        assert!(confined(&plan(of("shop", "web")), &other).is_err());
    }

    #[test]
    fn what_others_may_know_begins_with_what_was_taken_over() {
        let entry = |event: &str| json!({"events": [{"event": event}]});
        let adopted = json!({"events": [{"event": "adopted", "entries": [entry("started"), entry("step-began")]}]});
        let told = shared(&[entry("started"), adopted, entry("started"), entry("taken-over")]);
        assert_eq!(told, [entry("started"), entry("step-began"), entry("started")]);
    }
}
