//! The cluster room against a real kube-apiserver: what its answers mean, and what a watch lives through.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use cluster::{Connection, Feed, FeedEvent, Freshness, KindState, Namespaces, Options, Sources, WritePolicy, kubeconfig};
use engine::{Cluster, Mode, ReadError, WriteError};
use model::{ClusterIdentity, Delta, Edit, Guard, Kind, Object, ObjectId, Write, names};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use xtask::lab::Lab;

/// One API server for all tests of this file; it ends with the last of them.
fn lab() -> Arc<Lab> {
    static SHARED: Mutex<Weak<Lab>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lab) = shared.upgrade() {
        return lab;
    }
    let lab = Arc::new(Lab::fresh_api_server().expect("an API server"));
    *shared = Arc::downgrade(&lab);
    lab
}

async fn open(file: &Path, policy: WritePolicy) -> Arc<Connection> {
    let contexts = kubeconfig::load(&Sources { explicit: Some(file.into()), ..Default::default() }).expect("a kubeconfig");
    let name = contexts.current.clone().expect("a current context");
    Connection::open(contexts.get(&name).expect("the context"), &Options::new(policy)).await.expect("a connection")
}

async fn admin(lab: &Lab) -> (Arc<Connection>, ClusterIdentity) {
    let conn = open(&lab.kubeconfig(), WritePolicy::writable()).await;
    let id = conn.identity().await.expect("an identity");
    (conn, id)
}

fn service(name: &str) -> (ObjectId, Value) {
    let manifest = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default", "annotations": {"a": "b"}},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    });
    (ObjectId::new(Kind::Service, "default", name), manifest)
}

async fn create(conn: &Connection, us: &ClusterIdentity, object: &ObjectId, manifest: Value) -> Value {
    conn.write(us, &Write::Create { object: object.clone(), manifest }, Mode::Commit).await.expect("created")
}

fn text(v: &Value, pointer: &str) -> String {
    v.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string()
}

fn patch(object: &ObjectId, uid: &str, guard: Guard, edits: Vec<Edit>) -> Write {
    Write::Patch { object: object.clone(), uid: uid.into(), guard, epoch: Some("e1".into()), make_annotations: false, edits }
}

fn edit(path: &str, before: Value, after: Value) -> Edit {
    Edit { path: path.into(), before: Some(before).filter(|v| !v.is_null()), after: Some(after) }
}

/// One without pods.
fn deployment(name: &str) -> Value {
    let labels = json!({"app": name});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_patch_lands_once_and_a_world_that_moved_is_a_precondition() {
    let lab = lab();
    let (conn, us) = admin(&lab).await;
    let (id, manifest) = service("patched");
    let made = create(&conn, &us, &id, manifest).await;
    let (uid, rv) = (text(&made, "/metadata/uid"), text(&made, "/metadata/resourceVersion"));
    let flip = || edit("/spec/selector", json!({"app": "patched"}), json!({"app": "patched", "color": "green"}));
    let first = patch(&id, &uid, Guard::ResourceVersion(rv), vec![flip()]);

    conn.write(&us, &first, Mode::DryRun).await.expect("a dry run");
    let now = conn.get(&id).await.expect("read").expect("there");
    assert_eq!(now.pointer("/spec/selector/color"), None, "a dry run stores nothing");

    let done = conn.write(&us, &first, Mode::Commit).await.expect("patched");
    assert_eq!(text(&done, "/spec/selector/color"), "green");
    assert!(done.pointer("/metadata/managedFields").expect("fields").to_string().contains(names::MANAGER_ROLLOUT));

    // Late: the resourceVersion is stale (409). Then the field test fails (422 with empty details).
    let late = conn.write(&us, &first, Mode::Commit).await;
    assert!(matches!(late, Err(WriteError::Precondition { .. })), "{late:?}");
    let again = patch(&id, &uid, Guard::Epoch("e1".into()), vec![flip()]);
    let failed = conn.write(&us, &again, Mode::Commit).await;
    assert!(matches!(failed, Err(WriteError::Precondition { .. })), "{failed:?}");
    let other_epoch = patch(&id, &uid, Guard::Epoch("e0".into()), vec![]);
    let fenced = conn.write(&us, &other_epoch, Mode::Commit).await;
    assert!(matches!(fenced, Err(WriteError::Precondition { .. })), "{fenced:?}");
    let other_uid = patch(&id, "not-it", Guard::Epoch("e1".into()), vec![]);
    let stranger = conn.write(&us, &other_uid, Mode::Commit).await;
    assert!(matches!(stranger, Err(WriteError::Precondition { .. })), "{stranger:?}");

    // Refused for good: validation with causes, and an unknown field under Strict.
    for bad in [edit("/spec/ports/0/port", json!(80), json!(99999)), edit("/spec/nonsense", Value::Null, json!(1))] {
        let got = conn.write(&us, &patch(&id, &uid, Guard::Epoch("e1".into()), vec![bad]), Mode::Commit).await;
        assert!(matches!(got, Err(WriteError::Refused { status: 400..=422, .. })), "{got:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_with_a_shells_signs_in_it_is_the_one_that_was_seen() {
    let lab = lab();
    let (conn, us) = admin(&lab).await;
    let id = ObjectId::new(Kind::Deployment, "default", "shell");
    let said = "a && b > c < d \u{2028} \u{2029}";
    let mut manifest = deployment("shell");
    manifest["spec"]["template"]["spec"]["containers"][0]["args"] = json!([said]);
    manifest["metadata"]["annotations"] = json!({names::EPOCH: "e0"});
    let made = create(&conn, &us, &id, manifest).await;
    let uid = text(&made, "/metadata/uid");
    let before = made["spec"]["template"].clone();
    let mut after = before.clone();
    after["metadata"]["annotations"] = json!({"why": said});
    let write = patch(&id, &uid, Guard::Epoch("e0".into()), vec![edit("/spec/template", before, after)]);
    let done = conn.write(&us, &write, Mode::Commit).await.expect("its test holds");
    assert_eq!(text(&done, "/spec/template/spec/containers/0/args/0"), said);
    assert_eq!(text(&done, "/spec/template/metadata/annotations/why"), said);
}

#[tokio::test(flavor = "multi_thread")]
async fn scaling_works_from_zero_and_only_from_what_was_read() {
    let lab = lab();
    let (conn, us) = admin(&lab).await;
    let id = ObjectId::new(Kind::Deployment, "default", "scaled");
    let made = create(&conn, &us, &id, deployment("scaled")).await;
    let uid = text(&made, "/metadata/uid");
    let scale = |from, to| Write::Scale { object: id.clone(), uid: uid.clone(), resource_version: None, from, to };
    conn.write(&us, &scale(0, 3), Mode::Commit).await.expect("scaled up");
    let stale = conn.write(&us, &scale(0, 5), Mode::Commit).await;
    assert!(matches!(stale, Err(WriteError::Precondition { .. })), "{stale:?}");
    conn.write(&us, &scale(3, 0), Mode::Commit).await.expect("scaled down");
    let now = conn.get(&id).await.expect("read").expect("there");
    assert_eq!(now.pointer("/spec/replicas"), Some(&json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_wants_what_was_read_and_takes_absence_for_done_and_a_taken_name_is_told() {
    let lab = lab();
    let (conn, us) = admin(&lab).await;
    let (id, manifest) = service("deleted");
    let made = create(&conn, &us, &id, manifest.clone()).await;
    let taken = conn.write(&us, &Write::Create { object: id.clone(), manifest }, Mode::Commit).await;
    assert!(matches!(&taken, Err(WriteError::Precondition { message, .. }) if message.text.contains("already exists")), "{taken:?}");
    let delete =
        |object: &ObjectId, uid: &str, rv: &str| Write::Delete { object: object.clone(), uid: uid.into(), resource_version: rv.into() };
    let (uid, old) = (text(&made, "/metadata/uid"), text(&made, "/metadata/resourceVersion"));
    let touch = vec![edit("/metadata/labels", Value::Null, json!({"a": "b"}))];
    let touched = conn.write(&us, &patch(&id, &uid, Guard::ResourceVersion(old.clone()), touch), Mode::Commit).await.expect("labelled");
    let rv = text(&touched, "/metadata/resourceVersion");
    for (stale, mode) in
        [(delete(&id, "not-it", &rv), Mode::Commit), (delete(&id, &uid, &old), Mode::Commit), (delete(&id, &uid, &old), Mode::DryRun)]
    {
        let got = conn.write(&us, &stale, mode).await;
        assert!(matches!(got, Err(WriteError::Precondition { .. })), "{stale:?}: {got:?}");
    }
    conn.write(&us, &delete(&id, &uid, &rv), Mode::DryRun).await.expect("a dry run");
    let still = conn.get(&id).await.expect("read").expect("there");
    assert_eq!(still.pointer("/metadata/deletionTimestamp"), None);
    conn.write(&us, &delete(&id, &uid, &rv), Mode::Commit).await.expect("deleted");
    assert!(conn.get(&id).await.expect("read").is_none(), "what has no pods is gone at once: nobody collects garbage here");
    let with_pods = ObjectId::new(Kind::Deployment, "default", "deleted");
    let made = create(&conn, &us, &with_pods, deployment("deleted")).await;
    let (uid, rv) = (text(&made, "/metadata/uid"), text(&made, "/metadata/resourceVersion"));
    conn.write(&us, &delete(&with_pods, &uid, &rv), Mode::Commit).await.expect("deleted");
    let ending = conn.get(&with_pods).await.expect("read").expect("foreground: there until its pods are gone");
    assert!(ending.pointer("/metadata/deletionTimestamp").is_some());
    let never = id.sibling(Kind::Service, "never-was");
    assert_eq!(conn.write(&us, &delete(&never, "u", "1"), Mode::Commit).await.expect("gone is done"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_for_another_cluster_or_through_a_locked_context_never_leaves() {
    let lab = lab();
    let (conn, us) = admin(&lab).await;
    let (id, manifest) = service("unwritten");
    let create = Write::Create { object: id.clone(), manifest };
    for wrong in [ClusterIdentity { uid: "other".into(), ..us.clone() }, ClusterIdentity { ca_sha256: "other".into(), ..us.clone() }] {
        let got = conn.write(&wrong, &create, Mode::Commit).await;
        assert!(matches!(got, Err(WriteError::NotSent { .. })), "{got:?}");
    }
    conn.policy().set_read_only(true);
    let got = conn.write(&us, &create, Mode::Commit).await;
    assert!(matches!(got, Err(WriteError::NotSent { .. })), "{got:?}");
    conn.write(&us, &create, Mode::DryRun).await.expect("a dry run is a question");
    assert!(conn.get(&id).await.expect("read").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_secrets_never_arrive() {
    let lab = lab();
    let (conn, us) = admin(&lab).await;
    for (kind, field) in [(Kind::Secret, "stringData"), (Kind::ConfigMap, "data")] {
        let id = ObjectId::new(kind, "default", "kept-back");
        let manifest = json!({"apiVersion": "v1", "kind": kind.name(), "metadata": {"name": "kept-back", "namespace": "default"}, field: {"k": "s3cr3t"}});
        create(&conn, &us, &id, manifest).await;
        let listed = Value::Array(conn.list(kind, Some("default"), None).await.expect("listed")).to_string();
        assert!(listed.contains("kept-back") && !listed.contains("s3cr3t") && !listed.contains("czNjcjN0"), "{listed}");
    }
    let got = conn.get(&ObjectId::new(Kind::Secret, "default", "kept-back")).await.expect("read").expect("there").to_string();
    assert!(!got.contains("czNjcjN0"), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_rights_is_told_what_is_forbidden() {
    let lab = lab();
    let conn = open(&lab.kubeconfig_of("stranger"), WritePolicy::read_only()).await;
    assert_eq!(conn.identity().await.expect("server and authority").uid, "");
    assert!(matches!(conn.list(Kind::Pod, None, None).await, Err(ReadError::Forbidden { .. })));
    assert!(conn.version().await.expect("open to all").minor >= 30);
    let mut feed = cluster::watch(conn, &[Kind::Pod, Kind::HTTPRoute], &Namespaces::All);
    state_of(&mut feed, Kind::Pod, |s| matches!(s, KindState::Forbidden { .. })).await;
    let (admin, _) = admin(&lab).await;
    assert!(admin.installed(Kind::Deployment).await.expect("discovery"));
    assert!(!admin.installed(Kind::Canary).await.expect("discovery"));
}

/// Waits for an event; a minute is for ever here.
async fn until<T>(feed: &mut Feed, what: &str, mut found: impl FnMut(FeedEvent) -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(t) = found(feed.next().await.expect("the feed goes on")) {
                return t;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), search).await.unwrap_or_else(|_| panic!("never came: {what}"))
}

async fn state_of(feed: &mut Feed, kind: Kind, want: impl Fn(&KindState) -> bool) {
    until(feed, "state", |e| matches!(e, FeedEvent::Kind(k, s) if k == kind && want(&s)).then_some(())).await;
}

async fn live(feed: &mut Feed, want: bool) -> Freshness {
    until(feed, "freshness", |e| match e {
        FeedEvent::Freshness(f) if f.live == want => Some(f),
        _ => None,
    })
    .await
}

fn upserts<'a>(deltas: &'a [Delta], name: &'a str) -> impl Iterator<Item = &'a Object> {
    deltas.iter().filter_map(move |d| match d {
        Delta::Upsert(o) if o.meta().name == name => Some(o),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_lists_then_follows_and_says_what_is_not_installed() {
    let lab = lab();
    let (conn, us) = admin(&lab).await;
    let place = Namespaces::Only(vec!["default".into(), "kube-public".into()]);
    let mut feed = cluster::watch(conn.clone(), &[topology::kinds(), vec![Kind::Event]].concat(), &place);
    assert!(conn.policy().is_stale(), "nothing is written before everything was seen");
    state_of(&mut feed, Kind::HTTPRoute, |s| *s == KindState::NotInstalled).await;
    live(&mut feed, true).await;
    assert!(!conn.policy().is_stale());
    let (id, manifest) = service("followed");
    create(&conn, &us, &id, manifest).await;
    until(&mut feed, "the new service", |e| match e {
        FeedEvent::Deltas(d) => upserts(&d, "followed").next().map(|_| ()),
        _ => None,
    })
    .await;
}

/// A relay of bytes that can be frozen: what was open then stays dead for ever, what is opened while frozen hangs.
struct Relay {
    port: u16,
    epoch: watch::Sender<(u64, bool)>,
}

impl Relay {
    async fn to(server: &str) -> Self {
        let target = server.trim_start_matches("https://").trim_end_matches('/').to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (epoch, state) = watch::channel((0, false));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, state) = (target.clone(), state.clone());
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(&target).await else { return };
                    let born = *state.borrow();
                    let (cr, cw) = client.into_split();
                    let (sr, sw) = server.into_split();
                    tokio::join!(pump(cr, sw, state.clone(), born), pump(sr, cw, state, born));
                });
            }
        });
        Self { port, epoch }
    }

    fn freeze(&self) {
        self.epoch.send_modify(|e| *e = (e.0 + 1, true));
    }

    fn heal(&self) {
        self.epoch.send_modify(|e| *e = (e.0 + 1, false));
    }
}

async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut state: watch::Receiver<(u64, bool)>,
    born: (u64, bool),
) {
    let mut buffer = vec![0; 16 << 10];
    loop {
        if *state.borrow() != born || born.1 {
            // Holds the sockets open without a word.
            while state.changed().await.is_ok() {}
            return;
        }
        tokio::select! {
            _ = state.changed() => {}
            read = from.read(&mut buffer) => match read {
                Ok(n) if n > 0 => {
                    if to.write_all(&buffer[..n]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_stops_writing_and_a_heal_goes_on_without_a_list() {
    let lab = lab();
    let (direct, us) = admin(&lab).await;
    let relay = Relay::to(lab.server()).await;
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("config");
    let through =
        std::fs::read_to_string(lab.kubeconfig()).expect("read").replace(lab.server(), &format!("https://127.0.0.1:{}", relay.port));
    std::fs::write(&file, through).expect("written");
    let conn = open(&file, WritePolicy::writable()).await;
    let here = conn.identity().await.expect("an identity");
    assert_eq!(here.uid, us.uid);
    let mut feed = cluster::watch(conn.clone(), &[Kind::Service, Kind::Pod], &Namespaces::All);
    live(&mut feed, true).await;

    // How soon both must be is asserted in the cluster room, on a clock that a busy machine does not disturb.
    relay.freeze();
    let lost = live(&mut feed, false).await;
    assert!(lost.why.as_ref().is_some_and(|why| why.text.contains("connection lost")), "{lost:?}");
    let (id, manifest) = service("meanwhile");
    let refused = conn.write(&here, &Write::Create { object: id.clone(), manifest: manifest.clone() }, Mode::Commit).await;
    assert!(matches!(&refused, Err(WriteError::NotSent { message, .. }) if message.text.contains("stale")), "{refused:?}");
    create(&direct, &us, &id, manifest).await;

    relay.heal();
    let (mut seen, mut fresh, mut lists, mut reopened) = (false, false, 0, 0);
    until(&mut feed, "live again with the service made meanwhile", |e| {
        match e {
            FeedEvent::Deltas(d) => seen |= upserts(&d, "meanwhile").next().is_some(),
            FeedEvent::Freshness(f) if f.live && !fresh => {
                fresh = true;
                assert!(reopened >= 2, "live is said when every watch is open again");
            }
            FeedEvent::Kind(_, KindState::Listing { .. }) => lists += 1,
            FeedEvent::Kind(_, KindState::Live { .. }) => reopened += 1,
            _ => {}
        }
        (seen && fresh).then_some(())
    })
    .await;
    assert_eq!(lists, 0, "a drop of less than five minutes costs no list");
    let (id, manifest) = service("after-all");
    create(&conn, &here, &id, manifest).await;
}
