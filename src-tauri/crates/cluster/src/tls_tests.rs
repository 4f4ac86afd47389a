//! TLS with a server on loopback that asks for client certificates: rotation, names, IPv6.

use std::path::Path;
use std::sync::{Arc, Mutex};

use engine::{Cluster, Mode};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::loopback_tests::*;
use crate::*;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// Certificate and key of somebody.
    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        (params.signed_by(&key, &self.issuer).expect("signed"), key)
    }

    fn data(&self) -> String {
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, self.certificate.pem())
    }
}

/// What a server of that name does TLS with.
fn acceptor(authority: &Authority, name: &str) -> TlsAcceptor {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).expect("an authority");
    let verifier = WebPkiClientVerifier::builder(roots.into()).allow_unauthenticated().build().expect("a verifier");
    let (certificate, key) = authority.sign(name);
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder().with_client_cert_verifier(verifier).with_single_cert(vec![certificate.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.expect("a certificate")))
}

/// A server of that name at that address. It takes requests that come with this certificate (DER) alone, if one is named, and
/// answers others with 401.
async fn server(authority: &Authority, name: &str, address: &str, takes: Arc<Mutex<Option<Vec<u8>>>>) -> u16 {
    serve_as(Arc::new(Mutex::new(acceptor(authority, name))), address, takes, kube_system).await
}

/// A server whose certificate can be replaced while it runs, and that says this of the namespace `kube-system`.
async fn serve_as(tls: Arc<Mutex<TlsAcceptor>>, address: &str, takes: Arc<Mutex<Option<Vec<u8>>>>, who: fn() -> Reply) -> u16 {
    let listener = TcpListener::bind((address, 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, takes) = (tls.lock().expect("no panic holds it").clone(), takes.clone());
            tokio::spawn(async move {
                let Ok(stream) = tls.accept(stream).await else { return };
                let has = stream.get_ref().1.peer_certificates().map(|c| c[0].to_vec());
                let handler: Arc<Handler> = Arc::new(move |method, path, _| match &*takes.lock().expect("no panic holds it") {
                    Some(one) if has.as_ref() != Some(one) => Reply::Json(401, r#"{"kind":"Status","message":"who are you"}"#.into()),
                    _ if method == "GET" && path.ends_with("/kube-system") => who(),
                    _ => Reply::Json(200, r#"{"metadata":{"name":"web"}}"#.into()),
                });
                talk(stream, handler, Log::default()).await;
            });
        }
    });
    port
}

async fn open(folder: &Path, cluster: Value, user: Value) -> Result<Arc<Connection>, ConnectError> {
    Connection::open(&entry(folder, cluster, user), &Options::new(WritePolicy::writable())).await
}

fn entry(folder: &Path, cluster: Value, user: Value) -> ContextEntry {
    let file = folder.join("config");
    let config = json!({"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": user}]});
    std::fs::write(&file, config.to_string()).expect("written");
    let contexts = kubeconfig::load(&Sources { explicit: Some(file), ..Default::default() }).expect("loads");
    contexts.get("x").expect("there").clone()
}

#[tokio::test]
async fn a_rotated_client_certificate_is_taken_up_while_connected() {
    let (dir, authority) = (tempfile::tempdir().expect("dir"), Authority::new());
    let takes = Arc::new(Mutex::new(None));
    let port = server(&authority, "127.0.0.1", "127.0.0.1", takes.clone()).await;
    let store = |certificate: &rcgen::Certificate, key: &KeyPair| {
        std::fs::write(dir.path().join("client.pem"), certificate.pem()).expect("written");
        std::fs::write(dir.path().join("client.key"), key.serialize_pem()).expect("written");
    };
    let only = |certificate: &rcgen::Certificate| *takes.lock().expect("no panic holds it") = Some(certificate.der().to_vec());
    let (first, second, third) = (authority.sign("first"), authority.sign("second"), authority.sign("third"));
    store(&first.0, &first.1);
    only(&first.0);
    let cluster = json!({"server": format!("https://127.0.0.1:{port}"), "certificate-authority-data": authority.data()});
    let user = json!({"client-certificate": "client.pem", "client-key": "client.key"});
    let conn = open(dir.path(), cluster, user).await.expect("made ready");
    let us = conn.identity().await.expect("who answers");
    assert!(conn.get(&web()).await.expect("answered").is_some());
    // The kept connection still has the first one, and is refused: reads go on with the second.
    store(&second.0, &second.1);
    only(&second.0);
    assert!(conn.get(&web()).await.expect("answered").is_some());
    conn.write(&us, &patch(), Mode::Commit).await.expect("written");
    // In the middle of a rotation: the key does not fit yet, so the second goes on, on a new connection too.
    store(&third.0, &second.1);
    conn.renew();
    assert!(conn.get(&web()).await.expect("answered").is_some());
    std::fs::remove_file(dir.path().join("client.key")).expect("removed");
    conn.renew();
    assert!(conn.get(&web()).await.expect("answered").is_some());
    store(&third.0, &third.1);
    only(&third.0);
    assert!(conn.get(&web()).await.expect("answered").is_some());
}

async fn untrusted(conn: &Connection) {
    conn.renew();
    let said = conn.identity().await.expect_err("not trusted").to_string();
    assert!(said.contains(UNTRUSTED), "{said}");
}

#[tokio::test]
async fn a_rotated_authority_is_taken_up_while_connected_and_the_cluster_stays_the_one_it_is() {
    let (dir, old, new) = (tempfile::tempdir().expect("dir"), Authority::new(), Authority::new());
    let tls = Arc::new(Mutex::new(acceptor(&old, "127.0.0.1")));
    let now_as = |authority: &Authority| *tls.lock().expect("no panic holds it") = acceptor(authority, "127.0.0.1");
    let port = serve_as(tls.clone(), "127.0.0.1", Arc::default(), kube_system).await;
    let trust = |text: &str| std::fs::write(dir.path().join("ca.pem"), text).expect("written");
    let cluster = |ca: &str| json!({"server": format!("https://127.0.0.1:{port}"), "certificate-authority": ca});
    trust(&old.certificate.pem());
    let conn = open(dir.path(), cluster("ca.pem"), json!({})).await.expect("made ready");
    let us = conn.identity().await.expect("who answers");
    // Nobody has told this workstation yet; a file that is gone, or being written, changes nothing about whom it trusts.
    now_as(&new);
    untrusted(&conn).await;
    for half in ["", "-----BEGIN CERTIFICATE-----\nAAAA"] {
        trust(half);
        untrusted(&conn).await;
        now_as(&old);
        assert_eq!(conn.identity().await.expect("still trusted"), us);
        now_as(&new);
    }
    // The next connection trusts what is there now, and nothing else.
    trust(&new.certificate.pem());
    conn.renew();
    assert!(conn.get(&web()).await.expect("answered").is_some());
    assert_eq!(conn.identity().await.expect("who answers"), us, "by its uid the same cluster");
    conn.write(&us, &patch(), Mode::Commit).await.expect("written");
    now_as(&old);
    untrusted(&conn).await;
    // While both are trusted, either may answer.
    trust(&(old.certificate.pem() + &new.certificate.pem()));
    conn.write(&us, &patch(), Mode::Commit).await.expect("written");
    now_as(&new);
    conn.renew();
    conn.write(&us, &patch(), Mode::Commit).await.expect("written");
    std::fs::remove_file(dir.path().join("ca.pem")).expect("removed");
    conn.renew();
    assert!(conn.get(&web()).await.expect("answered").is_some());
    // An edit of the kubeconfig is taken up after that, too; one that names another authority is not.
    trust(&new.certificate.pem());
    conn.take_up(&entry(dir.path(), cluster("ca.pem"), json!({"token": "t"}))).await.expect("taken up");
    conn.write(&us, &patch(), Mode::Commit).await.expect("written");
    std::fs::write(dir.path().join("other.pem"), old.certificate.pem()).expect("written");
    let other = conn.take_up(&entry(dir.path(), cluster("other.pem"), json!({}))).await;
    assert!(matches!(&other, Err(ConnectError::Elsewhere { what, .. }) if what.text == "certificate authority"), "{other:?}");
}

#[tokio::test]
async fn whoever_may_not_read_the_uid_writes_nothing_under_another_authority_than_before() {
    let (dir, old, new) = (tempfile::tempdir().expect("dir"), Authority::new(), Authority::new());
    let tls = Arc::new(Mutex::new(acceptor(&old, "127.0.0.1")));
    let forbidden = || Reply::Json(403, r#"{"kind":"Status","reason":"Forbidden","message":"may not"}"#.into());
    let port = serve_as(tls.clone(), "127.0.0.1", Arc::default(), forbidden).await;
    std::fs::write(dir.path().join("ca.pem"), old.certificate.pem()).expect("written");
    let cluster = json!({"server": format!("https://127.0.0.1:{port}"), "certificate-authority": "ca.pem"});
    let conn = open(dir.path(), cluster, json!({})).await.expect("made ready");
    let us = conn.identity().await.expect("who answers");
    conn.write(&us, &patch(), Mode::Commit).await.expect("written");
    std::fs::write(dir.path().join("ca.pem"), new.certificate.pem()).expect("written");
    *tls.lock().expect("no panic holds it") = acceptor(&new, "127.0.0.1");
    conn.renew();
    let now = conn.identity().await.expect("who answers");
    assert_eq!((&now.uid, now.ca_sha256 == us.ca_sha256), (&String::new(), false));
    let refused = conn.write(&us, &patch(), Mode::Commit).await;
    assert!(
        matches!(&refused, Err(engine::WriteError::NotSent { message, .. }) if message.text.contains("another certificate authority")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_client_certificate_that_cannot_be_used_is_told_in_words() {
    let (dir, authority) = (tempfile::tempdir().expect("dir"), Authority::new());
    let (one, other) = (authority.sign("one"), authority.sign("other"));
    for (certificate, key, expect) in [
        (one.0.pem(), other.1.serialize_pem(), "client key: not the key of the client certificate"),
        (one.1.serialize_pem(), one.1.serialize_pem(), "client certificate: no certificate in it"),
        (one.0.pem(), one.0.pem(), "client key: no private key in it"),
        (one.0.pem(), "-----BEGIN s3cr3t".into(), "client key: no private key in it"),
    ] {
        std::fs::write(dir.path().join("client.pem"), certificate).expect("written");
        std::fs::write(dir.path().join("client.key"), key).expect("written");
        let user = json!({"client-certificate": "client.pem", "client-key": "client.key"});
        let said = open(dir.path(), json!({"server": "https://h"}), user).await.err().expect(expect).to_string();
        assert_eq!(said, format!("context x: certificates cannot be used ({expect})"));
    }
}

#[tokio::test]
async fn an_ipv6_literal_and_another_name_in_the_certificate_are_reached() {
    let (dir, authority) = (tempfile::tempdir().expect("dir"), Authority::new());
    let six = server(&authority, "::1", "::1", Arc::default()).await;
    let url = format!("https://[::1]:{six}");
    let cluster = json!({"server": url, "certificate-authority-data": authority.data()});
    let conn = open(dir.path(), cluster, json!({})).await.expect("made ready");
    assert_eq!(conn.identity().await.expect("who answers").server, url);
    let named = server(&authority, "api.cluster.invalid", "127.0.0.1", Arc::default()).await;
    let cluster = |name: &str| json!({"server": format!("https://127.0.0.1:{named}"), "certificate-authority-data": authority.data(), "tls-server-name": name});
    let conn = open(dir.path(), cluster("api.cluster.invalid"), json!({})).await.expect("made ready");
    conn.identity().await.expect("who answers");
    let said = open(dir.path(), cluster(""), json!({})).await.expect("made ready").identity().await.expect_err("another name").to_string();
    assert!(said.contains(UNTRUSTED), "{said}");
    let said = open(dir.path(), cluster("a b"), json!({})).await.err().expect("no name").to_string();
    assert!(said.contains("tls-server-name is no name"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_not_verified_is_read_and_never_taken_for_the_one_that_is() {
    let (dir, authority) = (tempfile::tempdir().expect("dir"), Authority::new());
    let port = server(&authority, "somebody.else.invalid", "127.0.0.1", Arc::default()).await;
    let loose = json!({"server": format!("https://127.0.0.1:{port}"), "insecure-skip-tls-verify": true});
    let conn = open(dir.path(), loose, json!({"token": "t"})).await.expect("made ready");
    assert_eq!(conn.unverified(), Some(Unverified::Certificate));
    let us = conn.identity().await.expect("who answers");
    // The same URL over a verified connection is another identity: no plan goes over from one to the other.
    assert_eq!(us.ca_sha256, "unverified");
    for authority in [json!(null), json!(authority.data())] {
        let strict = json!({"server": format!("https://127.0.0.1:{port}"), "certificate-authority-data": authority, "tls-server-name": "somebody.else.invalid"});
        let config = json!({"contexts": [{"name": "x", "context": {"cluster": "c"}}], "clusters": [{"name": "c", "cluster": strict}]});
        let file = dir.path().join("strict");
        std::fs::write(&file, config.to_string()).expect("written");
        let entries = kubeconfig::load(&Sources { explicit: Some(file), ..Default::default() }).expect("loads");
        let moved = conn.take_up(entries.get("x").expect("there")).await.expect_err("another way to know the server");
        assert!(matches!(&moved, ConnectError::Elsewhere { what, .. } if what.text == "certificate authority"), "{moved}");
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_read_without_credentials() {
    let dir = tempfile::tempdir().expect("dir");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler: Arc<Handler> = Arc::new(|_, _, auth| match auth {
                "" => kube_system(),
                _ => Reply::Json(500, "{}".into()),
            });
            tokio::spawn(talk(stream, handler, Log::default()));
        }
    });
    let conn = open(dir.path(), json!({"server": format!("http://127.0.0.1:{port}")}), json!({})).await.expect("made ready");
    assert_eq!((conn.unverified(), conn.identity().await.expect("who answers").uid.as_str()), (Some(Unverified::Plain), "u-1"));
}
