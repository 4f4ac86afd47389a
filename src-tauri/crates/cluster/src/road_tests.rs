//! Proxies on loopback: what goes through them, what they are told, and what is said when they do not let it through.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{Cluster, Mode, ReadError, WriteError};
use kube::client::ConfigExt;
use model::Kind;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::kubeconfig::{Login, Proxy};
use crate::loopback_tests::*;
use crate::road::{Road, tcp};
use crate::*;

/// No resolver knows it: who gets there went through the proxy.
const SERVER: &str = "api.cluster.invalid";

/// Certificates of one authority, for the API server and a proxy on 127.0.0.1.
struct Certificates {
    authority: String,
    acceptor: TlsAcceptor,
}

fn certificates() -> Certificates {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("a certificate").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([SERVER.to_owned(), "127.0.0.1".to_owned()]).expect("names");
    let certificate = params.signed_by(&key, &issuer).expect("signed");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key);
    Certificates { authority, acceptor: TlsAcceptor::from(Arc::new(config.expect("a certificate"))) }
}

/// An API server with one service, over TLS; counts what is no GET.
async fn api_server(tls: TlsAcceptor) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let writes = Arc::new(AtomicUsize::new(0));
    let seen = writes.clone();
    let handler: Arc<Handler> = Arc::new(move |method, path, _| match (method, path) {
        ("GET", p) if p.ends_with("/services/web") => Reply::Json(200, r#"{"metadata":{"name":"web"}}"#.into()),
        ("GET", p) => a_service(p),
        _ => {
            seen.fetch_add(1, Ordering::SeqCst);
            Reply::Json(200, r#"{"metadata":{"name":"web"}}"#.into())
        }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, handler) = (tls.clone(), handler.clone());
            tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    talk(stream, handler, Log::default()).await
                }
            });
        }
    });
    (port, writes)
}

/// What a proxy was asked for: destination and login.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that lets everything through to one port; the URL to put a login into, and what it was asked for.
async fn proxy(scheme: &'static str, tls: TlsAcceptor, to: u16) -> (u16, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let asked = Asked::default();
    let log = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, log) = (tls.clone(), log.clone());
            tokio::spawn(async move {
                match scheme {
                    "http" => connect_proxy(stream, log, to).await,
                    "https" => connect_proxy(tls.accept(stream).await.expect("TLS"), log, to).await,
                    _ => socks_proxy(stream, log, to).await,
                }
            });
        }
    });
    (port, asked)
}

async fn connect_proxy(stream: impl AsyncRead + AsyncWrite + Unpin, log: Asked, to: u16) {
    let mut stream = BufReader::new(stream);
    let said = head(&mut stream).await;
    log.lock().expect("no panic holds it").push(said);
    let mut server = TcpStream::connect(("127.0.0.1", to)).await.expect("the API server");
    stream.write_all(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n").await.expect("sent");
    let _ = copy_bidirectional(&mut stream, &mut server).await;
}

/// Request line and login.
async fn head(stream: &mut (impl AsyncRead + Unpin + AsyncBufReadExt)) -> String {
    let mut kept = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("a line");
        match line.trim() {
            "" => return kept.join(" | "),
            l if kept.is_empty() || l.to_ascii_lowercase().starts_with("proxy-authorization") => kept.push(l.to_string()),
            _ => {}
        }
    }
}

/// SOCKS 5 with a login, by RFC 1928 and 1929.
async fn socks_proxy(mut stream: TcpStream, log: Asked, to: u16) {
    async fn take(stream: &mut TcpStream, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        stream.read_exact(&mut bytes).await.expect("bytes");
        bytes
    }
    async fn text(stream: &mut TcpStream) -> String {
        let n = take(stream, 1).await[0];
        String::from_utf8(take(stream, n.into()).await).expect("text")
    }
    let hello = take(&mut stream, 2).await;
    assert_eq!(take(&mut stream, hello[1].into()).await, [2], "a login is offered");
    stream.write_all(&[5, 2]).await.expect("sent");
    assert_eq!(take(&mut stream, 1).await, [1]);
    let login = format!("{}:{}", text(&mut stream).await, text(&mut stream).await);
    stream.write_all(&[1, 0]).await.expect("sent");
    assert_eq!(take(&mut stream, 4).await, [5, 1, 0, 3], "a connection, by name: names are the proxy's to resolve");
    let name = text(&mut stream).await;
    let port = take(&mut stream, 2).await;
    log.lock().expect("no panic holds it").push(format!("{name}:{} | {login}", u16::from_be_bytes([port[0], port[1]])));
    let mut server = TcpStream::connect(("127.0.0.1", to)).await.expect("the API server");
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await.expect("sent");
    let _ = copy_bidirectional(&mut stream, &mut server).await;
}

/// Opens the context of a kubeconfig with this cluster, under these variables of the environment.
async fn open(cluster: serde_json::Value, variables: &[(&str, &str)]) -> Arc<Connection> {
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("config");
    let config =
        serde_json::json!({"contexts": [{"name": "x", "context": {"cluster": "c"}}], "clusters": [{"name": "c", "cluster": cluster}]});
    std::fs::write(&file, config.to_string()).expect("written");
    let proxies = ProxyEnvironment::of(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string()));
    let contexts = kubeconfig::load(&Sources { explicit: Some(file), proxies, ..Default::default() }).expect("loads");
    Connection::open(contexts.get("x").expect("there"), &Options::new(WritePolicy::writable())).await.expect("made ready")
}

fn base64(text: &str) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text)
}

/// A read, a write and a watch.
async fn all_ways(conn: Arc<Connection>) {
    let us = conn.identity().await.expect("who answers");
    assert!(conn.get(&web()).await.expect("answered").is_some());
    conn.write(&us, &patch(), Mode::Commit).await.expect("written");
    let mut feed = watch(conn, &[Kind::Service], &Namespaces::All);
    until_live(&mut feed).await;
}

#[tokio::test]
async fn reads_writes_and_watches_go_through_each_kind_of_proxy() {
    for scheme in ["http", "https", "socks5", "socks5h"] {
        let Certificates { authority, acceptor } = certificates();
        let (port, writes) = api_server(acceptor.clone()).await;
        let (through, asked) = proxy(scheme, acceptor, port).await;
        let url = format!("{scheme}://u:p%40ss@127.0.0.1:{through}");
        let cluster = |proxy: Option<&str>| serde_json::json!({"server": format!("https://{SERVER}:6443"), "certificate-authority-data": base64(&authority), "proxy-url": proxy});
        // By the kubeconfig, which NO_PROXY says nothing about; then by the environment.
        all_ways(open(cluster(Some(&url)), &[("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "*")]).await).await;
        all_ways(open(cluster(None), &[("HTTPS_PROXY", &url)]).await).await;
        assert_eq!(writes.load(Ordering::SeqCst), 2, "{scheme}");
        let asked = asked.lock().expect("no panic holds it").clone();
        let expect = match scheme {
            "http" | "https" => format!("CONNECT {SERVER}:6443 HTTP/1.1 | proxy-authorization: Basic {}", base64("u:p@ss")),
            _ => format!("{SERVER}:6443 | u:p@ss"),
        };
        assert!(asked.len() >= 4, "each stack has its own connection: {asked:?}");
        assert!(asked.iter().all(|a| *a == expect), "{asked:?}");
    }
}

#[tokio::test]
async fn the_environment_says_which_servers_are_reached_straight() {
    let Certificates { authority, acceptor } = certificates();
    let (port, _) = api_server(acceptor).await;
    let cluster = serde_json::json!({"server": format!("https://127.0.0.1:{port}"), "certificate-authority-data": base64(&authority)});
    // Nobody listens where the proxy should be: loopback is never asked of it.
    all_ways(open(cluster, &[("HTTPS_PROXY", "http://127.0.0.1:1")]).await).await;
    let cluster = serde_json::json!({"server": format!("https://{SERVER}"), "certificate-authority-data": base64(&authority)});
    let said = open(cluster, &[("HTTPS_PROXY", "http://127.0.0.1:1")]).await.version().await.expect_err("nobody there").to_string();
    assert!(said.contains("the proxy http://127.0.0.1:1 cannot be reached"), "{said}");
}

#[tokio::test]
async fn a_proxy_whose_certificate_is_not_trusted_gets_no_login() {
    let (ours, theirs) = (certificates(), certificates());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let heard = tokio::spawn(async move { theirs.acceptor.accept(listener.accept().await.expect("a client").0).await.is_ok() });
    let cluster = serde_json::json!({"server": format!("https://{SERVER}"), "certificate-authority-data": base64(&ours.authority),
        "proxy-url": format!("https://u:s3cr3t@127.0.0.1:{port}")});
    let said = open(cluster, &[]).await.beat(true, Duration::from_secs(5)).await.expect_err("not trusted");
    let said = said.message();
    assert!(
        said.text.contains(&format!("the proxy https://127.0.0.1:{port} cannot be reached")) && said.text.contains(UNTRUSTED),
        "{said}"
    );
    assert!(!said.text.contains("s3cr3t"), "{said}");
    assert!(!heard.await.expect("no panic"), "the handshake is broken off");
}

/// What a proxy that lets nothing through does with the nth connection.
enum No {
    Says(String),
    Endless(&'static str),
    Silence,
    HangsUp,
    /// Lets it through all the same.
    Yes(u16),
}

async fn refusing(how: impl Fn(usize) -> No + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        for n in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            let mut stream = BufReader::new(stream);
            match how(n) {
                No::HangsUp => drop(stream),
                No::Silence => held.push(stream),
                No::Says(text) => {
                    let _ = stream.write_all(text.as_bytes()).await;
                    held.push(stream);
                }
                No::Endless(piece) => {
                    tokio::spawn(async move { while stream.write_all(piece.repeat(1000).as_bytes()).await.is_ok() {} });
                }
                No::Yes(to) => {
                    tokio::spawn(connect_proxy(stream, Asked::default(), to));
                }
            }
        }
    });
    port
}

fn through(url: &str, deadlines: &Deadlines) -> Road {
    let connector = tls().rustls_https_connector_with_connector(tcp(deadlines)).expect("a connector");
    Road::new(deadlines, Some((Proxy::parse(url).expect("a proxy"), connector)))
}

/// Reads and writes through a proxy that does this; both must say so, and the write must not have been sent.
async fn check_refusal(scheme: &str, login: &str, how: impl Fn() -> No + Send + 'static, expect: &str) {
    let port = refusing(move |_| how()).await;
    let deadlines = Deadlines { read: Duration::from_secs(5), write: Duration::from_secs(5), ..quick() };
    let road = through(&format!("{scheme}://{login}127.0.0.1:{port}"), &deadlines);
    let conn = connect_over(road, &format!("http://{SERVER}:6443"), &WritePolicy::writable(), Login::None, deadlines).await;
    let expect = format!("the proxy {scheme}://127.0.0.1:{port} {expect}");
    match conn.get_once("/version", "*/*", true, Duration::from_secs(5)).await {
        Err(e) => assert!(e.message().text.contains(&expect) && !e.message().text.contains("s3cr3t"), "{}\n{expect}", e.message()),
        Ok(_) => panic!("{expect}"),
    }
    match conn.write(&us(), &patch(), Mode::Commit).await {
        Err(WriteError::NotSent { message, .. }) => assert!(message.text.contains(&expect), "{message}\n{expect}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_proxy_that_lets_nothing_through_is_named_and_a_write_is_not_sent() {
    let status = |status: &str| {
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: 6\r\n\r\ns3cr3t");
        move || No::Says(text.clone())
    };
    let to = format!("{SERVER}:6443");
    let no_login = "wants a login (HTTP 407): put user and password into its URL";
    check_refusal("http", "", status("407 Proxy Authentication Required"), no_login).await;
    check_refusal("http", "u:s3cr3t@", status("407 x"), "refuses the user and password of its URL (HTTP 407)").await;
    check_refusal("http", "", status("403 x"), &format!("does not connect to {to} (HTTP 403 Forbidden)")).await;
    check_refusal("http", "", status("502 x"), &format!("does not connect to {to} (HTTP 502 Bad Gateway)")).await;
    check_refusal("http", "", status("302 x"), &format!("does not connect to {to} (HTTP 302 Found)")).await;
    let failed = format!("does not connect to {to} (");
    check_refusal("http", "", || No::HangsUp, &failed).await;
    check_refusal("http", "", || No::Says("SSH-2.0-OpenSSH_9\r\n\r\n".into()), &failed).await;
    check_refusal("http", "", || No::Endless("HTTP/1.1 200 x\r\n"), &failed).await;
    let slow = format!("made no connection to {to} within 0.5 s");
    check_refusal("http", "", || No::Silence, &slow).await;
    check_refusal("http", "", || No::Endless("HTTP/1.1 100 Continue\r\n\r\n"), "").await;
    check_refusal("socks5", "", || No::Silence, &slow).await;
    check_refusal("socks5", "", || No::HangsUp, &failed).await;
    // No method is good enough; not allowed by the rules; HTTP.
    check_refusal("socks5", "", || No::Says("\u{5}\u{7f}".into()), &failed).await;
    check_refusal("socks5", "", || No::Says("\u{5}\0\u{5}\u{2}\0\u{1}\0\0\0\0\0\0".into()), &failed).await;
    check_refusal("socks5", "", || No::Says("HTTP/1.1 400 Bad Request\r\n\r\n".into()), &failed).await;
}

#[tokio::test]
async fn an_ipv6_literal_is_asked_for_in_brackets() {
    let port = serve(|_, _, _| kube_system()).await;
    let asked = Asked::default();
    let (log, listener) = (asked.clone(), TcpListener::bind("127.0.0.1:0").await.expect("a port"));
    let proxy = listener.local_addr().expect("bound").port();
    tokio::spawn(async move { connect_proxy(listener.accept().await.expect("a client").0, log, port).await });
    let road = through(&format!("http://127.0.0.1:{proxy}"), &quick());
    let conn = connect_over(road, "http://[2001:db8::1]:6443", &WritePolicy::writable(), Login::None, quick()).await;
    conn.identity().await.expect("who answers");
    assert_eq!(*asked.lock().expect("no panic holds it"), ["CONNECT [2001:db8::1]:6443 HTTP/1.1"]);
}

#[tokio::test]
async fn a_write_that_needs_a_new_tunnel_and_gets_none_was_not_sent() {
    let writes = Arc::new(AtomicUsize::new(0));
    let seen = writes.clone();
    let port = serve(move |method, _, _| {
        if method != "GET" {
            seen.fetch_add(1, Ordering::SeqCst);
        }
        let body = r#"{"metadata":{"name":"kube-system","uid":"u-1"}}"#;
        Reply::Last(format!("HTTP/1.1 200 x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into())
    })
    .await;
    let proxy =
        refusing(move |n| if n == 0 { No::Yes(port) } else { No::Says("HTTP/1.1 502 x\r\ncontent-length: 0\r\n\r\n".into()) }).await;
    let road = through(&format!("http://127.0.0.1:{proxy}"), &quick());
    let conn = connect_over(road, &format!("http://{SERVER}"), &WritePolicy::writable(), Login::None, quick()).await;
    // The identity comes through the one tunnel that there is.
    let got = conn.write(&us(), &patch(), Mode::Commit).await;
    assert!(matches!(&got, Err(WriteError::NotSent { message, .. }) if message.text.contains("(HTTP 502 Bad Gateway)")), "{got:?}");
    assert_eq!(writes.load(Ordering::SeqCst), 0);
    let read = conn.get(&web()).await;
    assert!(matches!(&read, Err(ReadError::Unreachable { message, .. }) if message.text.contains("(HTTP 502 Bad Gateway)")), "{read:?}");
}
