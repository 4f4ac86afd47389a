//! What is thrown at: one entry each. Adding one: a [`Target`] here, with samples that are good.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use api::*;
use cluster::codec::{Codec, Frame, Item, Json};
use cluster::{Sources, kubeconfig};
use delivery::Image;
use engine::record::Record;
use engine::{Journal, TokioClock};
use model::{Kind, ObjectId};
use plan::record::Face;
use serde_json::{Value, json};
use store::Store;

use super::Target;

/// Everything that reads what others wrote.
pub const TARGETS: &[Target] = &[
    Target { name: "kubeconfig", seeds: kubeconfigs, run: read_kubeconfig },
    Target { name: "watch", seeds: watches, run: read_watch },
    Target { name: "list", seeds: lists, run: read_list },
    Target { name: "status", seeds: statuses, run: read_status },
    Target { name: "entries", seeds: journals, run: replay },
    Target { name: "record", seeds: records, run: read_record },
    Target { name: "journal", seeds: journal_files, run: read_journal },
    Target { name: "links", seeds: links, run: read_link },
    Target { name: "images", seeds: images, run: read_image },
    Target { name: "commands", seeds: commands, run: command },
];

/// Targets that do not survive: the fuzzer must say so.
pub const SELF_TESTS: &[Target] = &[
    Target {
        name: "panics",
        seeds: || vec![b"{\"n\": 1}".to_vec()],
        run: |input| if input.contains(&b'[') { panic!("a planted panic") } else { Ok(()) },
    },
    Target {
        name: "overflows",
        seeds: || vec![b"[]".to_vec()],
        run: |input| if input.starts_with(b"[[[") { Err(dig(input.len() as u64).to_string()) } else { Ok(()) },
    },
    Target {
        name: "swells",
        seeds: || vec![b"[]".to_vec()],
        run: |input| if input.len() > 3 { Err(vec![1u8; 2 << 30].len().to_string()) } else { Ok(()) },
    },
    Target {
        name: "lies",
        seeds: || vec![b"[]".to_vec()],
        run: |input| if input.len() > 3 { Err("a claim that does not hold".into()) } else { Ok(()) },
    },
];

fn dig(n: u64) -> u64 {
    let room = std::hint::black_box([n; 512]);
    if n == u64::MAX { room[0] } else { dig(n + 1) + room[1] }
}

fn fixture(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn shop() -> Vec<Value> {
    serde_saphyr::from_multiple(&fixture("graphs/shop/objects.yaml")).expect("the sample shop")
}

fn kubeconfigs() -> Vec<Vec<u8>> {
    let whole = "apiVersion: v1\nkind: Config\ncurrent-context: prod\npreferences: {}\ncontexts:\n- name: prod\n  context: {cluster: prod, user: ann, namespace: shop}\n\
        - &dev\n  name: dev\n  context:\n    cluster: dev\n    user: plugin\nclusters:\n- name: prod\n  cluster:\n    server: https://10.0.0.1:6443\n    tls-server-name: api\n    \
        proxy-url: socks5://u:p@proxy:1080\n    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n- name: dev\n  cluster: {server: 'https://[::1]:6443/base', \
        insecure-skip-tls-verify: false}\nusers:\n- name: ann\n  user:\n    token: abc.def\n    tokenFile: token\n    as: bob\n    as-groups: [a, b]\n- name: plugin\n  user:\n    \
        exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: ./login\n      args: [--cluster, dev]\n      env: [{name: A, value: b}]\n      interactiveMode: Never\n";
    let json =
        json!({"contexts": [{"name": "x", "context": {"cluster": "c"}}], "clusters": [{"name": "c", "cluster": {"server": "https://h"}}]});
    vec![whole.into(), json.to_string().into(), "contexts: []\n".into()]
}

fn read_kubeconfig(input: &[u8]) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = dir.path().join("config");
    std::fs::write(&file, input).map_err(|e| e.to_string())?;
    match kubeconfig::load(&Sources { explicit: Some(file), ..Default::default() }) {
        Ok(all) => {
            for entry in &all.entries {
                let usable = entry.reach().map(|r| r.server.starts_with("https://"));
                // Names are shown short: a message never grows with the file.
                let long = usable.as_ref().err().map_or(0, |e| e.to_string().len());
                if usable == Ok(false) || long > 4_096 + dir.path().as_os_str().len() {
                    return Err(format!("{usable:?}"));
                }
            }
            Ok(())
        }
        Err(e) if e.to_string().len() < 1_000 => Ok(()),
        Err(e) => Err(format!("a message of {} bytes", e.to_string().len())),
    }
}

fn watches() -> Vec<Vec<u8>> {
    let mut stream = String::new();
    for (n, object) in shop().iter().enumerate() {
        let kind = ["ADDED", "MODIFIED", "DELETED"][n % 3];
        writeln!(stream, "{}", json!({"type": kind, "object": object})).expect("text");
    }
    let bookmark = json!({"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "12"}}});
    let error = json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}});
    vec![stream.into(), format!("{bookmark}\n{error}\n").into()]
}

const KINDS: [Kind; 4] = [Kind::Pod, Kind::Service, Kind::Deployment, Kind::Secret];

/// Feeds an input whole, and in pieces: both must give the same.
fn twice<T: PartialEq>(input: &[u8], read: impl Fn(&[&[u8]]) -> T) -> Result<(), String> {
    let whole = read(&[input]);
    let size = 1 + input.len() % 61;
    if read(&input.chunks(size).collect::<Vec<_>>()) == whole {
        Ok(())
    } else {
        Err(format!("in pieces of {size} bytes it is something else"))
    }
}

fn read_watch(input: &[u8]) -> Result<(), String> {
    KINDS.into_iter().try_for_each(|kind| {
        twice(input, |pieces| {
            let (mut decoder, mut out) = (Json.watch(kind), Vec::<Frame>::new());
            let failed = pieces.iter().any(|piece| decoder.feed(piece, &mut out).is_err());
            (out, failed)
        })
    })
}

fn lists() -> Vec<Vec<u8>> {
    let list = |items: Vec<Value>| {
        json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items}).to_string().into()
    };
    vec![list(shop()), list(vec![])]
}

fn read_list(input: &[u8]) -> Result<(), String> {
    KINDS.into_iter().try_for_each(|kind| {
        twice(input, |pieces| {
            let (mut decoder, mut out) = (Json.list(kind), Vec::<Item>::new());
            let fed = pieces.iter().all(|piece| decoder.feed(piece, &mut out).is_ok());
            (out, fed && decoder.finish().is_ok())
        })
    })
}

fn statuses() -> Vec<Vec<u8>> {
    let causes =
        json!([{"field": "spec.x", "message": "too long", "reason": "FieldValueInvalid"}, {"field": "spec.y", "message": "missing"}]);
    let invalid = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "Deployment \"web\" is invalid", "reason": "Invalid", "code": 422,
        "details": {"name": "web", "group": "apps", "causes": causes, "retryAfterSeconds": 3}});
    vec![invalid.to_string().into(), b"404 page not found\n".to_vec(), b"<html><body>Log in</body></html>".to_vec()]
}

fn read_status(input: &[u8]) -> Result<(), String> {
    for status in [200, 302, 401, 403, 404, 409, 410, 422, 429, 500, 504] {
        let said = cluster::said_of(status, input);
        if said.chars().count() > 5_000 {
            return Err(format!("HTTP {status}: words of {} bytes", said.len()));
        }
    }
    Ok(())
}

/// A record of a run that is done, and of one at its gate.
fn recorded() -> &'static [(Value, Record)] {
    static RECORDED: LazyLock<Vec<(Value, Record)>> = LazyLock::new(|| {
        let read = |file: &str| {
            let object: Value = serde_json::from_str(&fixture(file)).expect("JSON");
            let record = Record::read(&id_of(&object), &object).expect("a good record");
            (object, record)
        };
        ["fuzz/record-done.json", "fuzz/record-open.json"].map(read).into()
    });
    &RECORDED
}

fn id_of(object: &Value) -> ObjectId {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
    ObjectId::new(Kind::ConfigMap, text("namespace"), text("name"))
}

fn records() -> Vec<Vec<u8>> {
    recorded().iter().map(|(object, _)| object.to_string().into()).collect()
}

fn read_record(input: &[u8]) -> Result<(), String> {
    let _ = Face::read(&String::from_utf8_lossy(input));
    let Ok(object) = serde_json::from_slice::<Value>(input) else { return Ok(()) };
    // Where it was found is not for it to say.
    let id = &recorded()[0].1.at.id;
    match Record::read(id, &object) {
        Ok(record) if record.plan.target.object.namespace != id.namespace => Err("a plan of another namespace".into()),
        Ok(record) => {
            let _ = engine::inspect(record.plan, &record.entries);
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

fn journals() -> Vec<Vec<u8>> {
    let lines = |record: &Record| record.entries.iter().map(|e| format!("{e}\n")).collect::<String>();
    recorded().iter().map(|(_, record)| lines(record).into()).collect()
}

/// Lines that are no JSON never get so far; the others are folded as a journal's entries are.
fn replay(input: &[u8]) -> Result<(), String> {
    let entries: Vec<Value> = input.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let _ = engine::inspect(recorded()[0].1.plan.clone(), &entries);
    Ok(())
}

fn journal_files() -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("journal.sqlite");
    let Record { plan, entries, .. } = &recorded()[0].1;
    let store = Store::open(&path, Arc::new(TokioClock::new())).expect("a journal");
    store.create(plan, "lab", Some("CHG-1")).expect("created");
    store.claim(&plan.id, 0).expect("claimed");
    entries.iter().for_each(|e| assert!(store.append(&plan.id, e).is_ok()));
    drop(store);
    vec![std::fs::read(&path).expect("a file")]
}

/// Either nothing of a damaged journal is used, or what is read is what was written.
fn read_journal(input: &[u8]) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let path = dir.path().join("journal.sqlite");
    std::fs::write(&path, input).map_err(|e| e.to_string())?;
    let Ok(store) = Store::open(&path, Arc::new(TokioClock::new())) else { return Ok(()) };
    let written = &recorded()[0].1;
    for run in store.runs().unwrap_or_default() {
        if let Ok((plan, entries)) = store.read(&run.id)
            && (plan != written.plan || entries != written.entries)
        {
            return Err(format!("run {}: edited, and read all the same", run.id));
        }
    }
    Ok(())
}

fn commands() -> Vec<Vec<u8>> {
    let settings = json!({"theme": "system", "language": "ko", "probes": {"Deployment/shop/web": ["https://shop"]}, "panes": {"inspector": 344}, "registries": true, "simulatedAcknowledged": true, "journal": "j"});
    let request = json!({"context": "c", "target": "Deployment/shop/web", "strategy": "blue-green", "images": [{"container": "web", "image": "shop:v2"}],
        "template": null, "toRevision": 3, "params": {"finish": "swap"}});
    [
        ("open_context", json!({"context": "c", "namespaces": ["a", "b"]})),
        ("set_environment", json!({"context": "c", "environment": "production"})),
        ("ack_graph", json!({"seq": 4})),
        ("trace", json!({"context": "c", "request": {"method": "GET", "url": "http://a.b/c?d=e", "headers": ["X-Y: z"]}})),
        ("routes", json!({"context": "c", "id": "Service/shop/web"})),
        (
            "open_logs",
            json!({"request": {"context": "c", "id": "Pod/shop/web-1", "container": "web", "previous": false, "follow": true, "tail": 100}}),
        ),
        ("make_plan", json!({"request": request})),
        ("start_run", json!({"plan": "p", "reason": null, "confirm": "c"})),
        ("choose", json!({"run": "r", "choice": "retry"})),
        ("runs", json!({})),
        ("set_settings", json!({"settings": settings})),
    ]
    .map(|(name, args)| json!({"command": name, "args": args}).to_string().into())
    .into()
}

fn command(input: &[u8]) -> Result<(), String> {
    let Ok(value) = serde_json::from_slice::<Value>(input) else { return Ok(()) };
    let name = value["command"].as_str().unwrap_or_default().to_string();
    let args = value["args"].clone();
    let got = futures::executor::block_on(dispatch(&Nobody, &name, args.clone()));
    let Some(mut more) = args.as_object().cloned().filter(|_| got.as_ref().is_err_and(|e| e.code == Code::NotFound)) else { return Ok(()) };
    // The arguments are good: with one more they must not be.
    more.insert("more".into(), Value::Null);
    match futures::executor::block_on(dispatch(&Nobody, &name, more.into())) {
        Err(e) if e.code == Code::Usage => Ok(()),
        other => Err(format!("{name} takes an argument that it does not have: {other:?}")),
    }
}

fn links() -> Vec<Vec<u8>> {
    ["changeover://prod-kr", "changeover://a%2Fb/shop/Deployment/web", "changeover://prod-kr?run=bg-web-3f9a1c", "changeover://x/shop"]
        .map(|link| link.as_bytes().to_vec())
        .into()
}

/// What is understood is written again as it was meant, and leads to the same place.
fn read_link(input: &[u8]) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let Ok(place) = host::place::parse(text) else { return Ok(()) };
    let again = host::place::link(&place);
    if host::place::parse(&again).as_ref() == Ok(&place) { Ok(()) } else { Err(format!("{text} leads elsewhere than {again}")) }
}

fn images() -> Vec<Vec<u8>> {
    let digest = format!("r.example.com:5000/team/web:v2@sha256:{}", "0a".repeat(32));
    ["nginx", "bitnami/redis:7.2", "localhost:5000/a__b/c--d", "[::1]:5000/shop:v1", &digest].map(|image| image.as_bytes().to_vec()).into()
}

/// What is understood is the same image when it is written out, and leads to its registry alone.
fn read_image(input: &[u8]) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let Ok(image) = Image::parse(text) else { return Ok(()) };
    let url = image.base();
    let host = url.rsplit("://").next().unwrap_or_default();
    if Image::parse(&image.to_string()).as_ref() != Ok(&image) {
        return Err(format!("{text} is another image than {image}"));
    }
    if host.contains(['/', '@', '?', '#', '%']) { Err(format!("{text} leads to {url}")) } else { Ok(()) }
}

/// A host that does nothing: who gets here had arguments that were understood.
struct Nobody;

macro_rules! nothing {
    ($($name:ident($($ty:ty),*) -> $out:ty;)*) => {
        #[async_trait::async_trait]
        impl Commands for Nobody {
            $(async fn $name(&self, $(_: $ty),*) -> Result<$out, UiError> { Err(UiError::new(Code::NotFound, model::sentence!("reached"))) })*
        }
    };
}

nothing! {
    contexts() -> ContextsView;
    probe_contexts() -> ContextsView;
    open_context(String, Vec<String>) -> ContextView;
    approve_program(String, String) -> ContextsView;
    sign_in(String) -> ContextsView;
    stop_sign_in(String) -> ContextsView;
    programs() -> Vec<ProgramView>;
    forget_program(String) -> Vec<ProgramView>;
    close_context(String) -> ContextsView;
    namespaces(String) -> Vec<NamespaceView>;
    unlock(String, String, Option<String>) -> ContextsView;
    lock(String) -> ContextsView;
    set_environment(String, Environment) -> ContextsView;
    graph(String) -> GraphBatch;
    ack_graph(u32) -> ();
    trace(String, TraceRequest) -> TraceView;
    routes(String, Option<String>) -> RoutesView;
    object(String, String) -> ObjectView;
    open_logs(LogsRequest) -> u32;
    read_logs(u32) -> LogBatch;
    close_logs(u32) -> ();
    workload(String, String) -> WorkloadView;
    image(String) -> ImageView;
    make_plan(PlanRequest) -> PlanView;
    check_plan(String) -> PlanView;
    export_plan(String) -> String;
    start_run(String, Option<String>, Option<String>) -> RunView;
    approve(String, String) -> RunView;
    back_out(String, Option<String>) -> RunView;
    choose(String, String) -> RunView;
    resume_run(String) -> RunView;
    take_over(String, Option<String>) -> RunView;
    runs() -> Vec<RunSummary>;
    run(String) -> RunView;
    doctor(String) -> Vec<FindingView>;
    way_back(String, Option<String>) -> WayBackView;
    followed() -> Option<PlaceView>;
    diagnostics() -> DiagnosticsView;
    settings() -> SettingsView;
    incident(String, String) -> IncidentView;
    leaving() -> Vec<LeavingView>;
    report(String, ReportFormat) -> String;
    save_report(String, ReportFormat) -> String;
    set_settings(SettingsView) -> SettingsView;
}
