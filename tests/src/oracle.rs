//! What every run keeps to, looked at from outside when a test's namespace goes, whatever was done in it: what the API server
//! carried out for our programs, by its audit log, against what their journals had announced. The numbers are those of the architecture
//! document. Fields that are written without a test, writes that are due before their intent, and the rest, which only the
//! simulated cluster can see, are looked at by the engine's own oracle.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::{Journal as _, TokioClock, View, inspect};
use model::write::annotation_pointer;
use model::{Write, names};
use serde_json::{Value, json};
use store::Store;
use xtask::lab::Lab;

/// Panics with everything that a run in the namespace did not keep to. `folders`: those of all the journals that were written
/// to there. A test that fails already says why: then nothing is looked at.
pub fn assert_kept(lab: &Lab, namespace: &str, folders: &BTreeSet<PathBuf>) {
    if std::thread::panicking() {
        return;
    }
    let live = || {
        let all = lab.kubectl(&["-n", namespace, "get", WRITTEN, "-o", "json"]).expect("kubectl answers");
        serde_json::from_str::<Value>(&all).ok().and_then(|l| l["items"].as_array().cloned()).unwrap_or_default()
    };
    let events = carried_out(&lab.dir().audit_log(), namespace);
    let token = lab.token("admin").expect("the admin has a token");
    let broken = broken(&events, folders, &[token], live);
    assert!(broken.is_empty(), "{namespace}: {}", broken.join("\n"));
}

/// What a run leaves its mark on.
const WRITTEN: &str = "deployments,statefulsets,daemonsets,services,horizontalpodautoscalers";

/// What the API server carried out of our programs' requests in a namespace, but for records: audit events, in order.
pub fn carried_out(audit_log: &Path, namespace: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(audit_log).expect("the API server writes an audit log");
    let events = text.lines().filter(|line| line.contains(namespace)).filter_map(|l| serde_json::from_str::<Value>(l).ok());
    events.filter(|event| is_ours(event, namespace)).collect()
}

fn is_ours(event: &Value, namespace: &str) -> bool {
    let of = &event["objectRef"];
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let ours = of["namespace"] == namespace && text(&event["userAgent"]).starts_with("changeover");
    let stored = event["responseStatus"]["code"].as_u64().is_some_and(|code| code < 300);
    // What is said of the run is no part of what it does.
    ours && stored && !text(&event["requestURI"]).contains("dryRun") && !name(event).starts_with("changeover.")
}

/// Name of the object that a request was about.
pub fn name(event: &Value) -> &str {
    let of = &event["objectRef"]["name"];
    let name = if of.is_null() { &event["requestObject"]["metadata"]["name"] } else { of };
    name.as_str().unwrap_or_default()
}

/// `secrets`: texts that nothing may hold that a journal's folder keeps. `live`: what stands in the namespace at the end.
fn broken(events: &[Value], folders: &BTreeSet<PathBuf>, secrets: &[&str], live: impl Fn() -> Vec<Value>) -> Vec<String> {
    let mut found = vec![];
    let (mut views, mut lost) = (vec![], false);
    for folder in folders {
        match folder.join("journal.sqlite").is_file() {
            true => views.extend(told(folder, &mut found)),
            false => lost = true,
        }
        found.extend(kept(folder, secrets));
    }
    for (i, event) in events.iter().enumerate() {
        let said = || format!("{} {} {}", event["verb"], name(event), event["requestObject"]);
        if !is_guarded(event) {
            found.push(format!("I2 neither uid nor version: {}", said()));
        }
        let announced = views.iter().map(|(_, view)| view.writes.iter().filter(|w| sends(&w.write, event)).count()).max().unwrap_or(0);
        // A journal that is gone by now may have announced it.
        if announced == 0 && !lost {
            found.push(format!("I4 no journal has announced it: {}", said()));
        }
        let same = |e: &&Value| e["verb"] == event["verb"] && e["requestObject"] == event["requestObject"] && name(e) == name(event);
        let before = events[..i].iter().filter(same).count();
        if announced > 0 && before >= announced {
            found.push(format!("I3 carried out more often than it was announced: {}", said()));
        }
    }
    let over = !lost && !views.is_empty() && views.iter().all(|(done, _)| *done);
    if over {
        let mark = |o: &Value| o["metadata"]["annotations"][names::EPOCH].as_str().map(String::from);
        let left = live().into_iter().filter(|o| mark(o).is_some_and(|mark| views.iter().any(|(_, v)| v.is_own_epoch(&mark))));
        found.extend(left.map(|o| format!("I8 a mark of a run that is over: {}/{}", o["kind"], o["metadata"]["name"])));
    }
    found
}

/// The runs of a journal, and whether each is over and has cleaned up.
fn told(folder: &Path, found: &mut Vec<String>) -> Vec<(bool, View)> {
    let store = Store::open(&folder.join("journal.sqlite"), Arc::new(TokioClock::new())).expect("the journal opens");
    let mut all = vec![];
    for run in store.runs().expect("lists") {
        let (plan, entries) = store.read(&run.id).expect("reads");
        match inspect(plan, &entries) {
            Ok((view, shown)) => {
                let left = shown.notes.iter().any(|n| n.said.code == "left-behind");
                all.push((shown.status.is_final() && !left && shown.elsewhere.is_none(), view));
            }
            Err(e) => found.push(format!("I12 {}: its own journal is refused: {e}", run.id)),
        }
    }
    all
}

/// I10: what the program kept beside its journal.
fn kept(folder: &Path, secrets: &[&str]) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|f| f.path());
    let own = files.filter(|f| f.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("journal.") || n.ends_with(".log")));
    let holds = |f: &PathBuf| {
        let bytes = std::fs::read(f).unwrap_or_default();
        secrets.iter().any(|s| bytes.windows(s.len()).any(|w| w == s.as_bytes()))
    };
    own.filter(holds).map(|f| format!("I10 a credential is in {}", f.display())).collect()
}

/// I2: it could not have landed on what nobody looked at.
fn is_guarded(event: &Value) -> bool {
    let body = &event["requestObject"];
    match event["verb"].as_str() {
        Some("create") => body["metadata"]["annotations"][names::RUN].is_string(),
        Some("delete") => ["uid", "resourceVersion"].iter().all(|key| body["preconditions"][key].is_string()),
        Some("patch") => {
            let ops = body.as_array().map_or(&[][..], Vec::as_slice);
            let is = |op: &Value, what: &str, path: &str| op["op"] == what && op["path"] == path;
            let uid = ops.first().is_some_and(|op| is(op, "test", "/metadata/uid"));
            let epoch = annotation_pointer(names::EPOCH);
            let guard = |op: &Value| is(op, "replace", "/metadata/resourceVersion") || is(op, "test", &epoch);
            uid && (ops.iter().any(guard) || event["objectRef"]["subresource"] == "scale")
        }
        _ => false,
    }
}

/// Whether this is what a write sends.
fn sends(write: &Write, event: &Value) -> bool {
    let (object, of, body) = (write.object(), &event["objectRef"], &event["requestObject"]);
    let same = name(event) == object.name && of["resource"] == object.kind.plural();
    let scales = of["subresource"] == "scale";
    same && match (write, event["verb"].as_str()) {
        (Write::Create { .. }, Some("create")) => true,
        (Write::Delete { uid, .. }, Some("delete")) => body["preconditions"]["uid"] == json!(uid),
        (Write::Patch { .. }, Some("patch")) => !scales && write.json_patch().is_some_and(|ops| json!(ops) == *body),
        (Write::Scale { .. }, Some("patch")) => scales && write.json_patch().is_some_and(|ops| json!(ops) == *body),
        _ => false,
    }
}
