use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const VERSION: &str = r#"{"major":"1","minor":"37","gitVersion":"v1.37.2"}"#;
const KUBE_SYSTEM: &str = r#"{"kind":"Namespace","metadata":{"name":"kube-system","uid":"u-1"}}"#;

/// A server on loopback with a certificate of its own: its port, and the certificate as PEM.
async fn serve(answer: fn(&str) -> (u16, &'static str)) -> (u16, String) {
    serve_with(move |head| answer(head.split(' ').nth(1).unwrap_or_default())).await
}

/// The same, answering to the whole head of a request.
async fn serve_with(answer: impl Fn(&str) -> (u16, &'static str) + Send + Sync + Clone + 'static) -> (u16, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_string()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key);
    let tls = tokio_rustls::TlsAcceptor::from(Arc::new(config.expect("a server")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, answer) = (tls.clone(), answer.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = tls.accept(stream).await else { return };
                let mut head = Vec::new();
                let mut byte = [0];
                while stream.read(&mut byte).await.is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                    if head.ends_with(b"\r\n\r\n") {
                        let text = String::from_utf8_lossy(&head).to_string();
                        let (status, body) = answer(&text);
                        let reply = format!(
                            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        stream.write_all(reply.as_bytes()).await.expect("is heard");
                        head.clear();
                    }
                }
            });
        }
    });
    (port, own.cert.pem())
}

fn well(path: &str) -> (u16, &'static str) {
    (200, if path == "/version" { VERSION } else { KUBE_SYSTEM })
}

fn signed_out(path: &str) -> (u16, &'static str) {
    if path == "/version" { (200, VERSION) } else { (401, "{}") }
}

fn entry(name: &str, port: u16, ca: Option<&str>, user: &str) -> String {
    let ca = ca.map(|pem| format!(", certificate-authority: {pem}")).unwrap_or_default();
    format!(
        "apiVersion: v1\nkind: Config\nclusters: [{{name: {name}, cluster: {{server: 'https://127.0.0.1:{port}'{ca}}}}}]\n\
         users: [{{name: {name}, user: {user}}}]\ncontexts: [{{name: {name}, context: {{cluster: {name}, user: {name}}}}}]\n"
    )
}

/// A host on a list of kubeconfig files.
fn host(dir: &Path, files: &[&str]) -> Arc<Host> {
    let paths: Vec<std::path::PathBuf> = (0..files.len()).map(|i| dir.join(format!("{i}.yaml"))).collect();
    paths.iter().zip(files).for_each(|(path, text)| std::fs::write(path, text).expect("writes"));
    let host =
        Host::new(Options { kubeconfig: paths.first().cloned(), state_dir: Some(dir.into()), ..Options::default() }).expect("a host");
    let list = std::env::join_paths(&paths).expect("a list");
    locked(&host.known).sources = Sources { list: Some(list), home: Some(dir.into()), ..Sources::default() };
    host
}

fn of<'a>(v: &'a ContextsView, name: &str) -> &'a ContextView {
    v.contexts.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("{name}"))
}

#[tokio::test]
async fn a_context_that_another_file_hides_is_told_apart_and_every_name_is_there_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let user = "{token: t}";
    let host = host(dir.path(), &[&entry("kind", 1, None, user), &entry("kind", 2, None, user), &entry("other", 3, None, user)]);
    let v = host.contexts_view();
    let names: Vec<&str> = v.contexts.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["kind", "other"]);
    assert_eq!(of(&v, "kind").server, "https://127.0.0.1:1", "the first file counts");
    let at = |i: u8| dir.path().join(format!("{i}.yaml")).display().to_string();
    // Clusters of one name are one too, as for kubectl: that of the first file.
    let hidden = ShadowedView { name: "kind".into(), server: "https://127.0.0.1:1".into(), file: at(1), by: at(0) };
    assert_eq!(v.shadowed, [hidden]);
}

#[tokio::test]
async fn each_context_answers_for_itself_and_a_dead_one_delays_nobody() {
    let dir = tempfile::tempdir().expect("a folder");
    let (up, ca) = serve(well).await;
    let (out, out_ca) = serve(signed_out).await;
    for (name, pem) in [("up.crt", &ca), ("out.crt", &out_ca)] {
        std::fs::write(dir.path().join(name), pem).expect("writes");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    // Takes connections and never says anything.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let marker = dir.path().join("started");
    let program = format!("{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: touch, args: ['{}']}}}}", marker.display());
    let token = "{token: t}";
    let host = host(
        dir.path(),
        &[
            &entry("silent", silent.local_addr().expect("bound").port(), Some("up.crt"), token),
            &entry("closed", closed, Some("up.crt"), token),
            &entry("up", up, Some("up.crt"), token),
            &entry("out", out, Some("out.crt"), token),
            &entry("swapped", up, Some("out.crt"), token),
            &entry("sso", up, Some("up.crt"), &program),
        ],
    );
    let mut events = host.events();
    let begun = Instant::now();
    let probe = tokio::spawn({
        let host = host.clone();
        async move { host.probe().await }
    });
    let mut told = vec![];
    let all_but_silent = async {
        loop {
            let UiEvent::Contexts(v) = events.recv().await.expect("goes on") else { continue };
            told.push(v);
            let v = told.last().expect("one");
            let asking: Vec<&str> = v.contexts.iter().filter(|c| c.state == ContextState::Connecting).map(|c| c.name.as_str()).collect();
            if asking == ["silent"] {
                return;
            }
        }
    };
    tokio::time::timeout(ASK_WITHIN, all_but_silent).await.expect("the silent one delays nobody");
    assert_eq!(told[0].contexts.iter().filter(|c| c.state == ContextState::Connecting).count(), 6, "all are being asked");
    let v = told.last().expect("one");
    let up = of(v, "up");
    assert_eq!((up.state, up.version.as_deref()), (ContextState::Reachable, Some("v1.37.2")));
    assert!(up.proof_age_ms.is_some());
    assert_eq!(of(v, "closed").state, ContextState::Unreachable);
    assert_eq!(of(v, "out").state, ContextState::Refused);
    let swapped = of(v, "swapped");
    assert_eq!(swapped.state, ContextState::Untrusted, "{:?}", swapped.problem);
    let sso = of(v, "sso");
    assert_eq!((sso.state, sso.problem.as_ref()), (ContextState::Reachable, None));
    assert!(sso.note.as_ref().is_some_and(|n| n.text.contains("touch")), "{:?}", sso.note);
    assert!(!marker.exists(), "no program is started to ask");
    let last = probe.await.expect("ends");
    assert!(begun.elapsed() < ASK_WITHIN + Duration::from_secs(3));
    assert_eq!(of(&last, "silent").state, ContextState::Unreachable);
    assert!(last.contexts.iter().all(|c| c.state != ContextState::Connecting));
}

/// A server at which only that token may do anything, and its authority beside the kubeconfig.
async fn server(dir: &Path, answer: impl Fn(&str, &str) -> (u16, &'static str) + Send + Sync + Clone + 'static) -> u16 {
    let (port, ca) = serve_with(move |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let token = head.lines().find_map(|l| l.strip_prefix("authorization: Bearer ")).unwrap_or_default();
        answer(path, token.trim())
    })
    .await;
    std::fs::write(dir.join("ca.crt"), ca).expect("writes");
    port
}

fn with_token(wanted: &'static str) -> impl Fn(&str, &str) -> (u16, &'static str) + Send + Sync + Clone + 'static {
    move |path, token| match path {
        "/version" => (200, VERSION),
        _ if token != wanted => (401, "{}"),
        p if p.starts_with("/api/v1/namespaces/kube-system") => (200, KUBE_SYSTEM),
        p if p.contains("selfsubjectaccessreviews") => (201, r#"{"status":{"allowed":true}}"#),
        _ => (200, r#"{"kind":"List","metadata":{"resourceVersion":"1"},"items":[]}"#),
    }
}

/// A program that gives a token, and counts how often it ran.
fn program(dir: &Path, token: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("login");
    let text = format!("#!/bin/sh\necho x >> '{}'\necho '{{\"status\":{{\"token\":\"{token}\"}}}}'\n", dir.join("ran").display());
    std::fs::write(&path, text).expect("writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
    format!("{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: '{}', args: [get-token]}}}}", path.display())
}

fn ran(dir: &Path) -> usize {
    std::fs::read_to_string(dir.join("ran")).map_or(0, |t| t.lines().count())
}

#[tokio::test]
async fn a_program_from_elsewhere_is_looked_at_approved_and_remembered_and_an_approval_can_be_taken_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = server(dir.path(), with_token("t1")).await;
    let host = host(dir.path(), &[&entry("sso", port, Some("ca.crt"), &program(dir.path(), "t1"))]);
    let refused = host.link("sso").await.err().expect("not approved");
    assert_eq!(refused.code, Code::Unapproved);
    assert_eq!(ran(dir.path()), 0, "ran before somebody said so");
    let view = host.contexts_view();
    let asked = of(&view, "sso").unapproved.clone().expect("something to look at");
    assert_eq!((asked.path.as_str(), &asked.args[..]), (dir.path().join("login").to_str().expect("text"), &["get-token".to_string()][..]));
    assert_eq!(asked.approved, None);
    let other = host.approve_sign_in("sso", "another fingerprint").expect_err("not what was shown");
    assert_eq!(other.code, Code::Moved);
    host.approve_sign_in("sso", &asked.fingerprint).expect("approved");
    let link = host.link("sso").await.expect("signed in");
    assert_eq!((link.version.as_str(), ran(dir.path())), ("v1.37.2", 1));
    let view = host.contexts_view();
    assert_eq!((&of(&view, "sso").unapproved, &of(&view, "sso").problem), (&None, &None));
    drop(link);
    // Another process of the same person knows it too.
    let again =
        Host::new(Options { kubeconfig: Some(dir.path().join("0.yaml")), state_dir: Some(dir.path().into()), ..Options::default() });
    let again = again.expect("a host");
    again.link("sso").await.expect("approved before");
    // The program is replaced: it is asked about again, and told as such.
    program(dir.path(), "t1 changed");
    locked(&host.links).clear();
    assert_eq!(host.link("sso").await.err().map(|e| e.code), Some(Code::Unapproved));
    let changed = of(&host.contexts_view(), "sso").unapproved.clone().expect("something to look at");
    assert!(changed.approved.is_some() && changed.fingerprint != asked.fingerprint, "{changed:?}");
    program(dir.path(), "t1");
    host.link("sso").await.expect("what was approved still is");
    let left = host.forget(&asked.fingerprint).expect("forgotten");
    assert_eq!(left, []);
    locked(&host.links).clear();
    assert_eq!(host.link("sso").await.err().map(|e| e.code), Some(Code::Unapproved));
}

#[tokio::test]
async fn two_that_open_a_context_at_once_sign_in_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = server(dir.path(), with_token("t1")).await;
    let host = host(dir.path(), &[&entry("sso", port, Some("ca.crt"), &program(dir.path(), "t1"))]);
    host.link("sso").await.err().expect("not approved");
    let asked = of(&host.contexts_view(), "sso").unapproved.clone().expect("something to look at");
    host.approve_sign_in("sso", &asked.fingerprint).expect("approved");
    let (one, two) = tokio::join!(host.link("sso"), host.link("sso"));
    assert!(Arc::ptr_eq(&one.expect("signed in"), &two.expect("signed in")));
    assert_eq!(ran(dir.path()), 1);
}

async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let wait = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

async fn refused(link: &crate::link::Link) {
    until("the token is refused", async || matches!(link.connection.identity().await, Err(ReadError::Unauthorized { .. }))).await;
}

#[tokio::test]
async fn a_kubeconfig_that_changes_under_a_connection_is_taken_up_or_told_and_never_followed_elsewhere() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = server(dir.path(), with_token("t2")).await;
    let mine = |port: u16, token: &str| entry("mine", port, Some("ca.crt"), &format!("{{token: {token}}}"));
    let host = host(dir.path(), &[&mine(port, "t2")]);
    let link = host.link("mine").await.expect("signed in");
    let file = dir.path().join("0.yaml");
    let edit = |text: &str| std::fs::write(&file, text).expect("writes");
    let note = || of(&host.contexts_view(), "mine").note.as_ref().map(|n| n.text.clone()).unwrap_or_default();
    let take_up = || async {
        assert!(host.kubeconfig_changed());
        host.sign_in_again("mine").await.expect("is open");
        assert!(!host.kubeconfig_changed());
    };
    // Another token, as after a login by hand: the next request has it.
    edit(&mine(port, "expired"));
    take_up().await;
    refused(&link).await;
    edit(&mine(port, "t2"));
    take_up().await;
    link.connection.identity().await.expect("signed in again");
    // Followed by itself, also where somebody looked at the list, and so at the file, in between.
    edit(&mine(port, "expired"));
    host.follow_kubeconfig();
    refused(&link).await;
    edit(&mine(port, "t2"));
    host.contexts_view();
    host.follow_kubeconfig();
    until("the good token is taken up", async || link.connection.identity().await.is_ok()).await;
    // Another server under the same name: nothing goes there.
    let elsewhere = server(&tempfile::tempdir().expect("a folder").keep(), |_, _| panic!("was asked")).await;
    edit(&mine(elsewhere, "t2"));
    take_up().await;
    assert!(note().contains("names another server for it"), "{}", note());
    assert_eq!(link.connection.identity().await.expect("the old one").server, format!("https://127.0.0.1:{port}"));
    // Gone from the file, and the file half-written: the connection goes on, and is still listed.
    edit("apiVersion: v1\nkind: Config\n");
    take_up().await;
    assert!(note().contains("no longer in the kubeconfig"), "{}", note());
    edit(&mine(port, "t2"));
    take_up().await;
    assert!(link.moved().is_none(), "as it was");
    link.connection.identity().await.expect("signed in");
}
