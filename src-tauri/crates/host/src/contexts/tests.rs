use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const VERSION: &str = r#"{"major":"1","minor":"37","gitVersion":"v1.37.2"}"#;
const KUBE_SYSTEM: &str = r#"{"kind":"Namespace","metadata":{"name":"kube-system","uid":"u-1"}}"#;

/// A server on loopback with a certificate of its own: its port, and the certificate as PEM.
async fn serve(answer: fn(&str) -> (u16, &'static str)) -> (u16, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_string()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key);
    let tls = tokio_rustls::TlsAcceptor::from(Arc::new(config.expect("a server")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = tls.accept(stream).await else { return };
                let mut head = Vec::new();
                let mut byte = [0];
                while stream.read(&mut byte).await.is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                    if head.ends_with(b"\r\n\r\n") {
                        let text = String::from_utf8_lossy(&head).to_string();
                        let (status, body) = answer(text.split(' ').nth(1).unwrap_or_default());
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
    assert!(sso.note.contains("touch"), "{}", sso.note);
    assert!(!marker.exists(), "no program is started to ask");
    let last = probe.await.expect("ends");
    assert!(begun.elapsed() < ASK_WITHIN + Duration::from_secs(3));
    assert_eq!(of(&last, "silent").state, ContextState::Unreachable);
    assert!(last.contexts.iter().all(|c| c.state != ContextState::Connecting));
}
