//! The two HTTP stacks against a server on loopback that misbehaves on purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{Cluster, Mode, ReadError, WriteError};
use kube::client::ConfigExt;
use model::{ClusterIdentity, Guard, Kind, ObjectId, Write};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::connect::{Route, Way};
use crate::credentials::Credentials;
use crate::kubeconfig::Login;
use crate::road::Road;
use crate::*;

/// What the server does with a request.
pub(crate) enum Reply {
    Json(u16, String),
    Raw(String),
    /// This, and then the connection is closed.
    Last(Vec<u8>),
    /// Head, then this piece again and again; counts what got out.
    Flood(Vec<u8>, Vec<u8>, Arc<AtomicUsize>),
    /// Head, then this piece again and again with a pause between.
    Endless(String, Vec<u8>, Duration),
    Close,
    /// No answer; notified when the client hangs up.
    Silence(Arc<tokio::sync::Notify>),
}

pub(crate) type Handler = dyn Fn(&str, &str, &str) -> Reply + Send + Sync;

/// Path and `Accept-Encoding` of every request.
pub(crate) type Log = Arc<std::sync::Mutex<Vec<(String, String)>>>;

/// Serves `handler(method, path, authorization)`; returns the port.
pub(crate) async fn serve(handler: impl Fn(&str, &str, &str) -> Reply + Send + Sync + 'static) -> u16 {
    serve_logged(Log::default(), handler).await
}

async fn serve_logged(log: Log, handler: impl Fn(&str, &str, &str) -> Reply + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let handler: Arc<Handler> = Arc::new(handler);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, handler.clone(), log.clone()));
        }
    });
    port
}

pub(crate) async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, handler: Arc<Handler>, log: Log) {
    let mut io = BufReader::new(stream);
    loop {
        let (mut head, mut length, mut auth, mut encoding) = (String::new(), 0, String::new(), String::new());
        loop {
            let mut line = String::new();
            if io.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(v) = lower.strip_prefix("content-length:") {
                length = v.trim().parse().expect("a number");
            }
            if lower.starts_with("authorization:") {
                auth = line["authorization:".len()..].trim().to_string();
            }
            if let Some(v) = lower.strip_prefix("accept-encoding:") {
                encoding = v.trim().to_string();
            }
            if line.trim().is_empty() {
                break;
            }
            if head.is_empty() {
                head = line;
            }
        }
        let mut body = vec![0; length];
        io.read_exact(&mut body).await.expect("a body");
        let mut words = head.split(' ');
        let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
        log.lock().expect("no panic holds it").push((path.to_string(), encoding));
        let sent = match handler(method, path, &auth) {
            Reply::Json(status, text) => {
                let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", text.len());
                io.write_all((head + &text).as_bytes()).await
            }
            Reply::Raw(text) => io.write_all(text.as_bytes()).await,
            Reply::Last(text) => {
                // A client that hangs up half-way had its reasons.
                let _ = io.write_all(&text).await;
                let _ = io.shutdown().await;
                return;
            }
            Reply::Flood(head, piece, out) => {
                let mut sent = io.write_all(&head).await;
                while sent.is_ok() {
                    sent = io.write_all(&piece).await;
                    out.fetch_add(piece.len(), Ordering::SeqCst);
                }
                sent
            }
            Reply::Close => return,
            Reply::Silence(closed) => {
                let _ = io.read(&mut [0]).await;
                closed.notify_one();
                return;
            }
            Reply::Endless(head, piece, pause) => {
                let mut sent = io.write_all(head.as_bytes()).await;
                while sent.is_ok() {
                    sent = io.write_all(&piece).await;
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
                sent
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

pub(crate) fn kube_system() -> Reply {
    Reply::Json(200, r#"{"metadata":{"name":"kube-system","uid":"u-1"}}"#.into())
}

pub(crate) fn quick() -> Deadlines {
    let ms = Duration::from_millis;
    Deadlines { connect: ms(500), read: ms(600), list: ms(600), idle: ms(300), write: ms(400), ..Deadlines::default() }
}

async fn connect_with(port: u16, policy: &WritePolicy, login: Login) -> Arc<Connection> {
    connect_within(port, policy, login, quick()).await
}

pub(crate) async fn connect_within(port: u16, policy: &WritePolicy, login: Login, deadlines: Deadlines) -> Arc<Connection> {
    let road = Road::new(&deadlines, None);
    connect_over(road, &format!("http://127.0.0.1:{port}"), policy, login, deadlines).await
}

/// A connection without TLS, for tests of what comes over it.
pub(crate) async fn connect_over(road: Road, base: &str, policy: &WritePolicy, login: Login, deadlines: Deadlines) -> Arc<Connection> {
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("config");
    let text = "contexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://unused'}}]";
    std::fs::write(&file, text).expect("written");
    let contexts = kubeconfig::load(&Sources { explicit: Some(file), ..Default::default() }).expect("loads");
    let options = Options { deadlines, ..Options::new(policy.clone()) };
    let base: http::Uri = base.parse().expect("a url");
    let dialer = tls().rustls_https_connector_with_connector(road).expect("a connector");
    let credentials = Credentials::prepare(&login, &[], &options.sign_in).await.expect("credentials");
    let way = Way { route: Route::new(base, credentials, &options), dialer, authority: None, unverified: None };
    Connection::over(contexts.get("x").expect("there"), "s", way, &options)
}

/// TLS that trusts nobody.
pub(crate) fn tls() -> kube::Config {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = kube::Config::new(http::Uri::from_static("https://unused"));
    config.root_cert = Some(Vec::new());
    config
}

pub(crate) async fn connect(port: u16) -> Arc<Connection> {
    connect_with(port, &WritePolicy::writable(), Login::None).await
}

pub(crate) fn us() -> ClusterIdentity {
    ClusterIdentity { uid: "u-1".into(), server: "s".into(), ca_sha256: String::new() }
}

pub(crate) fn web() -> ObjectId {
    ObjectId::new(Kind::Service, "shop", "web")
}

pub(crate) fn patch() -> Write {
    Write::Patch { object: web(), uid: "u".into(), guard: Guard::Epoch("1".into()), epoch: None, make_annotations: false, edits: vec![] }
}

/// Writes once against a server that answers writes with `reply`; the outcome, and how many writes arrived.
async fn write_against(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Result<serde_json::Value, WriteError>, usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    let port = serve(move |method, _, _| {
        if method == "GET" {
            return kube_system();
        }
        seen.fetch_add(1, Ordering::SeqCst);
        reply()
    })
    .await;
    let conn = connect(port).await;
    let got = conn.write(&us(), &patch(), Mode::Commit).await;
    (got, count.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_write_that_is_answered_by_a_gateway_timeout_or_a_busy_server_is_sent_once() {
    let (got, sent) = write_against(|| Reply::Json(504, "{}".into())).await;
    assert!(matches!(got, Err(WriteError::Unknown { .. })), "{got:?}");
    assert_eq!(sent, 1);
    let (got, sent) = write_against(|| Reply::Json(429, "{}".into())).await;
    assert!(matches!(got, Err(WriteError::NotSent { .. })), "{got:?}");
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn a_write_whose_kept_connection_is_cut_is_sent_once_and_its_outcome_unknown() {
    // The identity was read over the same connection just before, so this one is reused.
    let (got, sent) = write_against(|| Reply::Close).await;
    assert!(matches!(got, Err(WriteError::Unknown { .. })), "{got:?}");
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn a_write_without_an_answer_ends_at_its_deadline_by_closing_the_connection() {
    let closed = Arc::new(tokio::sync::Notify::new());
    let notify = closed.clone();
    let (got, sent) = write_against(move || Reply::Silence(notify.clone())).await;
    assert!(matches!(got, Err(WriteError::Unknown { .. })), "{got:?}");
    assert_eq!(sent, 1);
    closed.notified().await;
}

#[tokio::test]
async fn redirects_are_not_followed_by_reads_or_writes() {
    let elsewhere = Arc::new(AtomicUsize::new(0));
    let seen = elsewhere.clone();
    let port = serve(move |method, path, _| match (method, path) {
        (_, p) if p.starts_with("/elsewhere") => {
            seen.fetch_add(1, Ordering::SeqCst);
            Reply::Json(200, "{}".into())
        }
        ("GET", "/api/v1/namespaces/kube-system") => kube_system(),
        _ => Reply::Raw("HTTP/1.1 307 x\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".into()),
    })
    .await;
    let conn = connect(port).await;
    let wrote = conn.write(&us(), &patch(), Mode::Commit).await;
    assert!(matches!(&wrote, Err(WriteError::Unknown { message, .. }) if message.text.contains("not followed")), "{wrote:?}");
    let read = conn.get(&web()).await;
    assert!(matches!(&read, Err(ReadError::Invalid { message, .. }) if message.text.contains("not followed")), "{read:?}");
    assert_eq!(elsewhere.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_locked_connection_sends_no_write_but_dry_runs() {
    let writes = Arc::new(AtomicUsize::new(0));
    let seen = writes.clone();
    let port = serve(move |method, _, _| {
        if method == "GET" {
            return kube_system();
        }
        seen.fetch_add(1, Ordering::SeqCst);
        Reply::Json(200, "{}".into())
    })
    .await;
    let policy = WritePolicy::read_only();
    let conn = connect_with(port, &policy, Login::None).await;
    for write in [
        patch(),
        Write::Delete { object: web(), uid: "u".into(), resource_version: "7".into() },
        Write::Create { object: web(), manifest: json!({}) },
    ] {
        let got = conn.write(&us(), &write, Mode::Commit).await;
        assert!(matches!(&got, Err(WriteError::NotSent { message, .. }) if message.text.contains("read-only")), "{got:?}");
    }
    assert_eq!(writes.load(Ordering::SeqCst), 0);
    conn.write(&us(), &patch(), Mode::DryRun).await.expect("a dry run");
    policy.set_read_only(false);
    conn.write(&us(), &patch(), Mode::Commit).await.expect("unlocked");
    assert_eq!(writes.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn another_cluster_under_the_same_url_gets_no_write() {
    let port = serve(|method, _, _| {
        assert_eq!(method, "GET");
        kube_system()
    })
    .await;
    let conn = connect(port).await;
    let expect = ClusterIdentity { uid: "other".into(), ..us() };
    let got = conn.write(&expect, &patch(), Mode::Commit).await;
    assert!(matches!(&got, Err(WriteError::NotSent { message, .. }) if message.text.contains("another cluster")), "{got:?}");
}

#[tokio::test]
async fn a_closed_port_means_not_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let got = connect(port).await.write(&us(), &patch(), Mode::Commit).await;
    assert!(matches!(got, Err(WriteError::NotSent { .. })), "{got:?}");
}

/// Reads one object from a server that answers everything so.
async fn read_against(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Result<Option<serde_json::Value>, ReadError>, usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    let port = serve(move |_, _, _| reply(seen.fetch_add(1, Ordering::SeqCst))).await;
    let got = connect(port).await.get(&web()).await;
    (got, count.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_read_is_repeated_a_bounded_number_of_times() {
    let object = || Reply::Json(200, r#"{"metadata":{"name":"web"}}"#.into());
    let (got, sent) = read_against(move |n| if n < 2 { Reply::Json(504, "{}".into()) } else { object() }).await;
    assert!(matches!(got, Ok(Some(_))), "{got:?}");
    assert_eq!(sent, 3);
    let (got, sent) = read_against(|_| Reply::Json(504, "{}".into())).await;
    assert!(matches!(got, Err(ReadError::Unreachable { .. })), "{got:?}");
    assert_eq!(sent, 3);
    let later = || Reply::Raw("HTTP/1.1 429 x\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n".into());
    let (got, sent) = read_against(move |_| later()).await;
    assert!(matches!(got, Err(ReadError::Unreachable { .. })), "{got:?}");
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn answers_that_no_api_server_gives_are_named() {
    let html = "<html>please log in</html>";
    let (got, _) = read_against(move |_| Reply::Json(200, html.into())).await;
    assert!(matches!(&got, Err(ReadError::Invalid { message, .. }) if message.text.contains("HTML page")), "{got:?}");
    let (got, _) = read_against(|_| Reply::Json(403, r#"{"kind":"Status","message":"may not"}"#.into())).await;
    assert!(matches!(&got, Err(ReadError::Forbidden { message, .. }) if message.text == "may not"), "{got:?}");
    let (got, _) = read_against(|_| Reply::Json(401, "{}".into())).await;
    assert!(matches!(got, Err(ReadError::Unauthorized { .. })), "{got:?}");
    let (got, _) = read_against(|_| Reply::Json(404, r#"{"kind":"Status","reason":"NotFound","message":"no"}"#.into())).await;
    assert!(matches!(got, Ok(None)), "{got:?}");
    let (got, _) = read_against(|_| Reply::Json(200, r#"{"metadata":{"name":"other"}}"#.into())).await;
    assert!(matches!(got, Err(ReadError::Invalid { .. })), "{got:?}");
}

pub(crate) const OPEN_HEAD: &str = "HTTP/1.1 200 x\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn an_endless_answer_is_capped_and_a_dripping_one_ends_in_time() {
    let (got, _) = read_against(|_| Reply::Endless(OPEN_HEAD.into(), vec![b'x'; 1 << 20], Duration::ZERO)).await;
    assert!(matches!(&got, Err(ReadError::Invalid { message, .. }) if message.text.contains("larger than")), "{got:?}");
    let (got, sent) = read_against(|_| Reply::Endless(OPEN_HEAD.into(), b" ".to_vec(), Duration::from_millis(50))).await;
    assert!(matches!(got, Err(ReadError::Unreachable { .. })), "{got:?}");
    assert_eq!(sent, 3);
    let drip = serve(|_, _, _| Reply::Endless(OPEN_HEAD.into(), b" ".to_vec(), Duration::from_millis(50))).await;
    let got = connect(drip).await.list(Kind::Pod, None, None).await;
    assert!(matches!(got, Err(ReadError::Unreachable { .. })), "{got:?}");
}

#[tokio::test]
async fn an_endless_watch_line_breaks_its_kind_and_not_the_process() {
    let port = serve(|_, path, _| match path {
        p if p.contains("watch=true") => Reply::Endless(OPEN_HEAD.into(), vec![b'{'; 1 << 20], Duration::ZERO),
        p if p.ends_with("/services") => {
            Reply::Json(200, r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}}]}"#.into())
        }
        _ => kube_system(),
    })
    .await;
    let mut feed = watch(connect(port).await, &[Kind::Service], &Namespaces::All);
    let mut listed = false;
    loop {
        match feed.next().await.expect("goes on") {
            FeedEvent::Deltas(d) => listed |= d.len() == 1,
            FeedEvent::Kind(Kind::Service, KindState::Broken { why, .. }) => {
                assert!(why.text.contains("larger than"), "{why}");
                break;
            }
            _ => {}
        }
    }
    assert!(listed);
}

#[tokio::test]
async fn a_token_file_is_read_again_when_the_token_is_refused() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("token");
    std::fs::write(&path, "old\n").expect("written");
    let file = path.clone();
    let port = serve(move |_, _, auth| match auth {
        "Bearer new" => Reply::Json(200, r#"{"metadata":{"name":"web"}}"#.into()),
        other => {
            assert_eq!(other, "Bearer old");
            std::fs::write(&file, "new\n").expect("written");
            Reply::Json(401, "{}".into())
        }
    })
    .await;
    let conn = connect_with(port, &WritePolicy::read_only(), Login::TokenFile { path, before: None }).await;
    assert!(conn.get(&web()).await.expect("answered").is_some());
}

#[tokio::test]
async fn a_forgotten_resource_version_is_listed_again_and_what_is_gone_is_removed() {
    let lists = AtomicUsize::new(0);
    let port = serve(move |_, path, _| match path {
        p if p.contains("watch=true") && p.contains("resourceVersion=1&") => {
            let gone = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#;
            Reply::Raw(format!("{OPEN_HEAD}{gone}\n"))
        }
        p if p.contains("watch=true") => Reply::Endless(OPEN_HEAD.into(), b"\n".to_vec(), Duration::from_millis(100)),
        p if p.ends_with("/services") => match lists.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::Json(200, r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}"#.into()),
            _ => Reply::Json(200, r#"{"kind":"ServiceList","metadata":{"resourceVersion":"2"},"items":[{"metadata":{"name":"a"}}]}"#.into()),
        },
        _ => kube_system(),
    })
    .await;
    let mut feed = watch(connect(port).await, &[Kind::Service], &Namespaces::All);
    let mut set = model::ObjectSet::default();
    loop {
        match feed.next().await.expect("goes on") {
            FeedEvent::Deltas(all) => all.into_iter().for_each(|d| {
                set.apply(d);
            }),
            FeedEvent::Freshness(f) if f.live && set.len() == 1 => break,
            _ => {}
        }
    }
    assert!(set.service("", "a").is_some());
}

/// What an API server says of a list that it cannot finish, with its offer to go on from another version.
fn expired() -> Reply {
    let text = r#"{"kind":"Status","status":"Failure","code":410,"reason":"Expired","message":"the provided continue parameter is too old","metadata":{"continue":"from-anew"}}"#;
    Reply::Json(410, text.into())
}

fn services(names: &[&str], next: &str) -> Reply {
    let items: Vec<_> = names.iter().map(|n| json!({"metadata": {"name": n}})).collect();
    Reply::Json(200, json!({"kind": "ServiceList", "metadata": {"resourceVersion": "1", "continue": next}, "items": items}).to_string())
}

/// A server whose lists of services are answered so, by their number; everything that it is asked for.
async fn listing(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (u16, Log) {
    let (log, lists) = (Log::default(), AtomicUsize::new(0));
    let port = serve_logged(log.clone(), move |_, path, _| match path {
        p if p.contains("watch=true") => Reply::Endless(OPEN_HEAD.into(), b"\n".to_vec(), Duration::from_millis(100)),
        p if p.contains("/services") => reply(lists.fetch_add(1, Ordering::SeqCst)),
        _ => kube_system(),
    })
    .await;
    (port, log)
}

/// Paths of the lists that were asked for.
fn lists(log: &Log) -> Vec<String> {
    let all = log.lock().expect("no panic holds it").clone();
    all.into_iter().map(|(path, _)| path).filter(|p| p.contains("/services") && !p.contains("watch=true")).collect()
}

fn names(all: &[serde_json::Value]) -> Vec<&str> {
    all.iter().map(|v| v["metadata"]["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn a_list_that_expires_is_asked_for_anew_as_a_whole_and_not_for_ever() {
    let whole = |n: usize| if n < 2 { expired() } else { services(&["a", "b"], "") };
    let (port, log) = listing(whole).await;
    let all = connect(port).await.list(Kind::Service, None, None).await.expect("in the end");
    assert_eq!(names(&all), ["a", "b"]);
    // Whole lists, each from the start: no page is ever asked for, and the offer of another continuation not taken.
    assert_eq!(lists(&log), ["/api/v1/services"; 3]);
    let (port, log) = listing(|_| expired()).await;
    let said = connect(port).await.list(Kind::Service, None, None).await.expect_err("never").to_string();
    assert_eq!(said, "services: no answer (the provided continue parameter is too old)");
    assert_eq!(lists(&log).len(), 3);
}

#[tokio::test]
async fn a_page_that_nobody_asked_for_is_not_taken_for_the_whole() {
    let (port, log) = listing(|n| if n == 0 { services(&["a"], "page-2") } else { expired() }).await;
    let said = connect(port).await.list(Kind::Service, None, None).await.expect_err("half of it").to_string();
    assert!(said.contains("the server sent a page in place of the collection"), "{said}");
    assert_eq!(lists(&log), ["/api/v1/services"]);
}

#[tokio::test]
async fn a_live_view_whose_list_expires_or_breaks_off_ends_complete_with_each_object_once() {
    let (port, log) = listing(|n| match n {
        0 => expired(),
        // Two of the objects, and then the connection breaks.
        1 => {
            let head = "HTTP/1.1 200 x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n";
            let half =
                r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}},"#;
            Reply::Last(format!("{head}{half}").into_bytes())
        }
        // One of them is gone by now.
        _ => services(&["a", "c"], ""),
    })
    .await;
    let mut feed = watch(connect(port).await, &[Kind::Service], &Namespaces::All);
    let mut set = model::ObjectSet::default();
    let live = async {
        loop {
            match feed.next().await.expect("goes on") {
                FeedEvent::Deltas(all) => all.into_iter().for_each(|d| {
                    set.apply(d);
                }),
                FeedEvent::Freshness(f) if f.live => return,
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), live).await.expect("live in time");
    let found: Vec<_> = set.of(Kind::Service).map(|o| o.meta().name.clone()).collect();
    assert_eq!(found, ["a", "c"]);
    assert_eq!(lists(&log), ["/api/v1/services"; 3]);
}

#[tokio::test]
async fn a_live_view_whose_lists_all_expire_says_so_and_asks_ever_more_slowly() {
    let (port, log) = listing(|_| expired()).await;
    let conn = connect(port).await;
    let mut feed = watch(conn.clone(), &[Kind::Service], &Namespaces::All);
    let broken = async {
        loop {
            if let FeedEvent::Kind(Kind::Service, KindState::Broken { why, .. }) = feed.next().await.expect("goes on") {
                return why;
            }
        }
    };
    let why = tokio::time::timeout(Duration::from_secs(20), broken).await.expect("told in time");
    assert_eq!(why.text, "the provided continue parameter is too old");
    assert!(conn.policy().is_stale(), "nothing is written on half a view");
    // Once at once, then with a pause of at least half a second.
    assert_eq!(lists(&log), ["/api/v1/services"; 2]);
}

pub(crate) fn a_service(path: &str) -> Reply {
    match path {
        p if p.contains("watch=true") => Reply::Endless(OPEN_HEAD.into(), b"\n".to_vec(), Duration::from_millis(100)),
        p if p.ends_with("/services") => {
            Reply::Json(200, r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}}]}"#.into())
        }
        _ => kube_system(),
    }
}

pub(crate) async fn until_live(feed: &mut Feed) {
    let live = async { while !matches!(feed.next().await.expect("goes on"), FeedEvent::Freshness(f) if f.live) {} };
    tokio::time::timeout(Duration::from_secs(20), live).await.expect("live in time");
}

#[tokio::test]
async fn no_list_and_no_watch_asks_for_a_compressed_answer() {
    let log = Log::default();
    let port = serve_logged(log.clone(), |_, path, _| a_service(path)).await;
    let mut feed = watch(connect(port).await, &[Kind::Service], &Namespaces::All);
    until_live(&mut feed).await;
    let seen = log.lock().expect("no panic holds it").clone();
    assert!(seen.iter().any(|(path, _)| path.contains("watch=true")) && seen.iter().any(|(path, _)| path.ends_with("/services")));
    for (path, encoding) in seen {
        assert_eq!(encoding, "identity", "{path}");
    }
}

#[tokio::test]
async fn a_feed_beside_another_says_nothing_about_the_connection_until_it_leads() {
    let policy = WritePolicy::writable();
    let port = serve(|_, path, _| a_service(path)).await;
    let conn = connect_with(port, &policy, Login::None).await;
    let mut first = watch(conn.clone(), &[Kind::Service], &Namespaces::All);
    assert!(policy.is_stale(), "nothing was read yet");
    until_live(&mut first).await;
    assert!(!policy.is_stale());
    let mut second = watch_beside(conn, &[Kind::Service], &Namespaces::Only(vec!["shop".into()]));
    assert!(!policy.is_stale(), "the first one goes on");
    until_live(&mut second).await;
    second.lead();
    drop(first);
    policy.set_stale(true);
    // From now on it is the second one's word.
    let said = async {
        while policy.is_stale() {
            tokio::time::sleep(Duration::from_millis(50)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(5), said).await.expect("said in time");
}

#[tokio::test]
async fn a_connection_that_may_start_no_plugin_starts_none() {
    let dir = tempfile::tempdir().expect("dir");
    let (file, marker) = (dir.path().join("config"), dir.path().join("ran"));
    let text = format!(
        "contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}]\n\
         users: [{{name: u, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: touch, args: ['{}']}}}}}}]",
        marker.display()
    );
    std::fs::write(&file, text).expect("written");
    let home = dir.path().join("home/.kube");
    std::fs::create_dir_all(&home).expect("made");
    std::fs::rename(&file, home.join("config")).expect("moved");
    let contexts = kubeconfig::load(&Sources { home: Some(dir.path().join("home")), ..Default::default() }).expect("loads");
    let entry = contexts.get("x").expect("there");
    assert!(entry.plugin().is_some(), "{:?}", entry.problem);
    let options = Options { sign_in: SignIn::never(), ..Options::new(WritePolicy::read_only()) };
    Connection::open(entry, &options).await.expect("made ready without credentials");
    assert!(!marker.exists());
    assert!(Connection::open(entry, &Options { sign_in: SignIn::default_place(), ..options }).await.is_err(), "touch gives no credentials");
    assert!(marker.exists(), "and is started where it may be");
}

/// Reads a log to its end.
async fn log_of(port: u16, ask: &LogAsk) -> Result<Vec<String>, LogError> {
    let pod = ObjectId::new(Kind::Pod, "shop", "web-1");
    let mut log = connect(port).await.open_log(&pod, ask).await?;
    let mut texts = vec![];
    while log.next(|l| texts.push(l.text)).await? {}
    Ok(texts)
}

#[tokio::test]
async fn a_followed_log_waits_for_its_first_line_and_says_how_it_ended() {
    let followed = LogAsk { container: "web".into(), follow: true, ..LogAsk::default() };
    let port = serve(|_, path, _| match path {
        p if p.contains("follow=true") => {
            Reply::Raw("HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n4\r\none\n\r\n6\r\n\x1b[0mtw\r\n2\r\no\n\r\n0\r\n\r\n".into())
        }
        p if p.contains("previous=true") => Reply::Json(400, r#"{"kind":"Status","message":"no previous container"}"#.into()),
        _ => Reply::Json(403, r#"{"kind":"Status","message":"pods/log is forbidden"}"#.into()),
    })
    .await;
    assert_eq!(log_of(port, &followed).await, Ok(vec!["one".to_string(), "two".into()]));
    let before = LogAsk { previous: true, ..LogAsk::default() };
    assert!(matches!(log_of(port, &before).await, Err(LogError::Missing(why)) if why.text == "no previous container"));
    assert!(matches!(log_of(port, &LogAsk::default()).await, Err(LogError::Refused(why)) if why.text.contains("forbidden")));

    let port = serve(|_, _, _| Reply::Last(b"HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\none\ntw".to_vec())).await;
    assert!(matches!(log_of(port, &followed).await, Err(LogError::Broken(_))), "it broke off, and did not end");
}
