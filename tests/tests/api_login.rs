//! Whom the cluster room talks to, and how it says who it is: certificates that are not the API server's are refused before
//! anything is sent, and client certificates and token files log in at a real kube-apiserver.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use acceptance::tls::{Authority, GOOD_UNTIL, terms};
use cluster::{Connection, Options, Sources, WritePolicy, kubeconfig};
use engine::{Cluster, Mode, ReadError, WriteError};
use model::{ClusterIdentity, Kind, ObjectId, Write};
use rcgen::KeyPair;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use xtask::lab::Lab;

/// Opens the one context of a kubeconfig with this cluster and this user.
async fn open(folder: &Path, cluster: Value, user: Value) -> Arc<Connection> {
    let file = folder.join("config");
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": user}]});
    std::fs::write(&file, config.to_string()).expect("written");
    let contexts = kubeconfig::load(&Sources { explicit: Some(file), ..Default::default() }).expect("a kubeconfig");
    let options = Options::new(WritePolicy::writable());
    Connection::open(contexts.get("x").expect("the context"), &options).await.expect("a connection")
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

/// A server with one certificate that answers every request as an API server answers for `kube-system`.
struct Server {
    url: String,
    /// Bytes that came through TLS.
    heard: Arc<AtomicUsize>,
}

impl Server {
    async fn start(signed: (rcgen::Certificate, KeyPair)) -> Self {
        let tls = TlsAcceptor::from(terms(&signed));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://127.0.0.1:{}", listener.local_addr().expect("bound").port());
        let heard = Arc::new(AtomicUsize::new(0));
        let count = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, count) = (tls.clone(), count.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = tls.accept(stream).await else { return };
                    let mut buffer = [0; 4096];
                    while let Ok(n) = stream.read(&mut buffer).await
                        && n > 0
                    {
                        count.fetch_add(n, Ordering::SeqCst);
                        let body = r#"{"metadata":{"name":"kube-system","uid":"u-1"}}"#;
                        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
                        if stream.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, heard }
    }
}

/// Asks and writes; says why both were refused. Nothing of either may have come through.
async fn refused(server: &Server, cluster: Value) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let conn = open(folder.path(), cluster, json!({"token": "s3cr3t"})).await;
    let Err(ReadError::Unreachable { message, .. }) = conn.identity().await else { panic!("the identity was read") };
    let us = ClusterIdentity { uid: "u-1".into(), server: server.url.clone(), ca_sha256: String::new() };
    let object = ObjectId::new(Kind::ConfigMap, "default", "x");
    let write = Write::Create { object, manifest: json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}) };
    let wrote = conn.write(&us, &write, Mode::Commit).await;
    assert!(matches!(&wrote, Err(WriteError::NotSent { .. })), "{wrote:?}");
    assert_eq!(server.heard.load(Ordering::SeqCst), 0, "something was sent");
    message.text
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_before_anything_is_sent() {
    let right = Authority::new("kubernetes");
    let server = Server::start(right.sign("127.0.0.1", GOOD_UNTIL)).await;
    // A cluster that was set up anew has an authority of the same name, and another key.
    let wrong = ["kubernetes", "other"].map(|name| json!(base64(Authority::new(name).pem)));
    // Without an authority of its own the machine's count, and they do not know the server either.
    for authority in wrong.into_iter().chain([Value::Null]) {
        let said = refused(&server, json!({"server": server.url, "certificate-authority-data": authority})).await;
        assert!(said.contains("not signed by an authority that this context trusts"), "{said}");
    }

    let folder = tempfile::tempdir().expect("a folder");
    let cluster = json!({"server": server.url, "certificate-authority-data": base64(&right.pem)});
    let conn = open(folder.path(), cluster, json!({})).await;
    assert_eq!(conn.identity().await.expect("the right one is let through").uid, "u-1");
    assert!(server.heard.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_unless_that_name_is_asked_for() {
    let authority = Authority::new("kubernetes");
    let server = Server::start(authority.sign("api.example.com", GOOD_UNTIL)).await;
    let cluster = |name: &str| json!({"server": server.url, "certificate-authority-data": base64(&authority.pem), "tls-server-name": name});
    for wrong in ["", "other.example.com"] {
        let said = refused(&server, cluster(wrong)).await;
        let asked = if wrong.is_empty() { "127.0.0.1" } else { wrong };
        assert!(said.contains("not valid for name") && said.contains(asked) && said.contains("api.example.com"), "{said}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let conn = open(folder.path(), cluster("api.example.com"), json!({})).await;
    assert_eq!(conn.identity().await.expect("the right name is let through").uid, "u-1");
}

#[tokio::test]
async fn an_expired_certificate_is_refused_as_that() {
    let authority = Authority::new("kubernetes");
    let server = Server::start(authority.sign("127.0.0.1", 2024)).await;
    let said = refused(&server, json!({"server": server.url, "certificate-authority-data": base64(&authority.pem)})).await;
    assert!(said.contains("certificate expired"), "{said}");
}

#[tokio::test]
async fn client_certificates_and_token_files_log_in_at_the_api_server() {
    let lab = Lab::fresh_api_server().expect("an API server");
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = json!({"server": lab.server(), "certificate-authority": lab.authority()});
    let may = async |user: Value| {
        let conn = open(folder.path(), cluster.clone(), user).await;
        // Only an administrator may: whoever is let in as nobody may not.
        conn.list(Kind::Secret, None, None).await.map(|_| ())
    };

    // The lab's own certificate of a client in `system:masters`, named by path and carried along.
    let certificate = |end: &str| lab.dir().certs().join(format!("kubelet-client.{end}"));
    let carried = |end: &str| base64(std::fs::read(certificate(end)).expect("reads"));
    may(json!({"client-certificate": certificate("crt"), "client-key": certificate("key")})).await.expect("by file");
    may(json!({"client-certificate-data": carried("crt"), "client-key-data": carried("key")})).await.expect("by data");
    let (strange, key) = Authority::new("kubernetes").sign("admin", GOOD_UNTIL);
    let strange = json!({"client-certificate-data": base64(strange.pem()), "client-key-data": base64(key.serialize_pem())});
    let got = may(strange).await;
    assert!(matches!(got, Err(ReadError::Unauthorized { .. })), "{got:?}");

    // Beside the kubeconfig, and with the line end that editors leave.
    let file = folder.path().join("token");
    for (user, expect) in [("admin", true), ("stranger", false)] {
        std::fs::write(&file, format!("{}\n", lab.token(user).expect("a token"))).expect("written");
        let got = may(json!({"tokenFile": "token"})).await;
        assert!(if expect { got.is_ok() } else { matches!(got, Err(ReadError::Forbidden { .. })) }, "{user}: {got:?}");
    }
    std::fs::write(&file, "nobody-has-this").expect("written");
    let got = may(json!({"tokenFile": "token"})).await;
    assert!(matches!(got, Err(ReadError::Unauthorized { .. })), "{got:?}");
}
