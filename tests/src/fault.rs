//! A proxy between a client and the API server that breaks things on purpose: answers lost after the server applied the
//! write, requests held back until later, silence.
//!
//! It ends TLS with a certificate of its own and passes the client's credentials on, so the client must use a bearer
//! token. It listens on loopback only. It does **not** know what the client is or wants; requests that ask for a dry run
//! pass without a fault, whatever they look like.
//!
//! Adding a fault: 1. a variant of [`Fault`]; 2. its arm in `handle`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::Outcome;
use crate::tls::{Authority, GOOD_UNTIL, terms};

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server handles it; the client gets this status instead of the answer.
    AnswerLost(u16),
    /// The server handles it; the client's connection is cut without an answer.
    ResetAfterApply,
    /// The client's connection is cut and the server never sees it.
    ResetBefore,
    /// The server handles it; then nothing passes in either direction until [`FaultProxy::heal`].
    SilentAfterApply,
    /// It lies in the proxy until [`FaultProxy::release`]; then the server gets it, whoever still waits.
    Held,
    /// The client's connection is cut; the server gets the request right before the next one of its method and path.
    BeforeNext,
    /// The server never sees it; the client gets this in place of an answer.
    Instead(Answer),
    /// The server handles it; its answer comes by one byte a second.
    Dripping,
    /// The server handles it; an answer begins that never ends, as fast as it can be read.
    Endless,
}

/// What somebody says who is not the API server, or an API server that did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// One header besides the type of the body; an empty name = none.
    pub header: (&'static str, &'static str),
    /// Body.
    pub body: &'static str,
}

impl Answer {
    /// An API server that has too much to do, and says for how long.
    pub const fn busy(retry_after: &'static str) -> Self {
        let body =
            r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too many requests","reason":"TooManyRequests","code":429}"#;
        Self { status: 429, header: ("retry-after", retry_after), body }
    }

    /// An API server, or what stands before it, that is in trouble of its own.
    pub const fn trouble(status: u16) -> Self {
        Self { status, header: ("", ""), body: "<html>upstream connect error</html>" }
    }

    /// The network's page where one logs in, in place of everything.
    pub const fn portal(status: u16) -> Self {
        Self { status, header: ("location", "http://portal.example.com/"), body: "<!doctype html><title>Welcome</title>Please log in" }
    }

    /// An API server that does not know the credentials (any more).
    pub const UNAUTHORIZED: Self = Self {
        status: 401,
        header: ("", ""),
        body: r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#,
    };

    /// What nobody had asked for.
    pub const COMPRESSED: Self = Self { status: 200, header: ("content-encoding", "gzip"), body: "{\u{1f}\u{8b}" };

    fn response(self) -> Result<Response<Body>, http::Error> {
        let kind = if self.body.starts_with('{') { "application/json" } else { "text/html" };
        let mut response = Response::builder().status(self.status).header("content-type", kind);
        if !self.header.0.is_empty() {
            response = response.header(self.header.0, self.header.1);
        }
        response.body(Full::new(Bytes::from_static(self.body.as_bytes())).map_err(|e| match e {}).boxed_unsync())
    }
}

/// Which requests a fault meets: the first that fits takes it away, unless it lasts.
struct Rule {
    /// `None` = any.
    method: Option<Method>,
    /// Part of path and query.
    path: String,
    /// Part of the body; empty = any.
    body: String,
    fault: Fault,
    lasts: bool,
}

/// A request that came by, and the server's answer to it (`None` = the server did not get it).
#[derive(Clone, Debug)]
pub struct Seen {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Body of a write, as text.
    pub body: String,
    /// Status that the server gave.
    pub status: Option<u16>,
    /// Fault that it met.
    pub fault: Option<Fault>,
}

struct Inner {
    upstream: SocketAddr,
    name: ServerName<'static>,
    tls: TlsConnector,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
    silent: watch::Sender<bool>,
    held: watch::Sender<bool>,
    /// The only token that is let in, and what it is to the API server.
    ticket: Mutex<Option<String>>,
    token: String,
    lying: watch::Sender<usize>,
    late: Mutex<Option<(Seen, Request<Full<Bytes>>)>>,
    terms: watch::Sender<Arc<rustls::ServerConfig>>,
}

/// The proxy. Ends when dropped.
pub struct FaultProxy {
    inner: Arc<Inner>,
    accept: tokio::task::JoinHandle<()>,
    authority: Authority,
    /// Kubeconfig that goes through the proxy; its context is called `proxied`.
    pub kubeconfig: PathBuf,
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, hyper::Error>;

impl FaultProxy {
    /// Stands before the API server at `https://ADDRESS:PORT`, whose CA (PEM) and bearer token are given.
    pub async fn start(dir: &Path, server: &str, ca_pem: &str, token: &str) -> Outcome<FaultProxy> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let upstream: SocketAddr =
            server.trim_end_matches('/').strip_prefix("https://").ok_or("the API server has no https address")?.parse()?;
        let mut roots = rustls::RootCertStore::empty();
        for cert in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
            roots.add(cert?)?;
        }
        let client = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let authority = Authority::new("in between");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let at = listener.local_addr()?;
        let inner = Arc::new(Inner {
            upstream,
            name: ServerName::from(upstream.ip()),
            tls: TlsConnector::from(Arc::new(client)),
            rules: Mutex::default(),
            seen: Mutex::default(),
            silent: watch::channel(false).0,
            held: watch::channel(true).0,
            ticket: Mutex::default(),
            token: token.to_string(),
            lying: watch::channel(0).0,
            late: Mutex::default(),
            terms: watch::channel(terms(&authority.sign("127.0.0.1", GOOD_UNTIL))).0,
        });
        let accept = tokio::spawn(accept(listener, inner.clone()));
        let kubeconfig = dir.join("proxied.kubeconfig");
        std::fs::write(&kubeconfig, kubeconfig_text(at, &authority.pem, token))?;
        Ok(FaultProxy { inner, accept, authority, kubeconfig })
    }

    /// The next request that fits the rule meets its fault.
    pub fn next(&self, method: Method, path: &str, body: &str, fault: Fault) {
        self.rule(Rule { method: Some(method), path: path.into(), body: body.into(), fault, lasts: false });
    }

    /// Every request meets it, until [`FaultProxy::heal`].
    pub fn every(&self, fault: Fault) {
        self.rule(Rule { method: None, path: String::new(), body: String::new(), fault, lasts: true });
    }

    fn rule(&self, rule: Rule) {
        self.inner.rules.lock().expect("no panic holds it").push(rule);
    }

    /// From now on only this token is let in, with the rights of the one that the proxy was started with: as when a token has
    /// ended and another one was given.
    pub fn lets_in(&self, token: &str) {
        *self.inner.ticket.lock().expect("no panic holds it") = Some(token.to_string());
    }

    /// From now on it shows another certificate of its authority, good until the begin of that year, and cuts all connections: as a
    /// server that is started anew with it.
    pub fn shows_another_certificate(&self, good_until: i32) {
        self.inner.terms.send_replace(terms(&self.authority.sign("127.0.0.1", good_until)));
    }

    /// How many requests lie in the proxy.
    pub fn lying(&self) -> usize {
        *self.inner.lying.borrow()
    }

    /// Whether nothing passes.
    pub fn is_silent(&self) -> bool {
        *self.inner.silent.borrow()
    }

    /// Lets every held request go on to the server, for good.
    pub fn release(&self) {
        self.inner.held.send_replace(false);
    }

    /// Nothing passes in either direction, connections stay open.
    pub fn silence(&self) {
        self.inner.silent.send_replace(true);
    }

    /// Everything passes again, but for faults that wait for one request.
    pub fn heal(&self) {
        self.inner.rules.lock().expect("no panic holds it").retain(|rule| !rule.lasts);
        self.inner.silent.send_replace(false);
    }

    /// Requests so far, in the order of their end.
    pub fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().expect("no panic holds it").clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

fn kubeconfig_text(at: SocketAddr, ca: &str, token: &str) -> String {
    use base64::Engine;
    let ca = base64::engine::general_purpose::STANDARD.encode(ca);
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: proxied\nclusters:\n- name: proxied\n  cluster:\n    server: https://{at}\n    certificate-authority-data: {ca}\ncontexts:\n- name: proxied\n  context:\n    cluster: proxied\n    user: proxied\nusers:\n- name: proxied\n  user:\n    token: {token}\n"
    )
}

async fn passes(gate: &watch::Sender<bool>) {
    let mut shut = gate.subscribe();
    // The sender lives as long as the proxy: an error means that it ends, and then nothing matters.
    let _ = shut.wait_for(|shut| !*shut).await;
}

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((stream, _)) = listener.accept().await {
        let inner = inner.clone();
        tokio::spawn(async move {
            passes(&inner.silent).await;
            let mut terms = inner.terms.subscribe();
            let tls = TlsAcceptor::from(terms.borrow_and_update().clone());
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(|request| handle(inner.clone(), request));
            let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
            // An error of either is a cut connection, often one that a test asked for.
            tokio::select! {
                _ = serving => {}
                _ = terms.changed() => {}
            }
        });
    }
}

/// Cuts the client's connection: hyper closes it when its service fails.
#[derive(Debug)]
struct Cut;
impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on purpose")
    }
}
impl std::error::Error for Cut {}

async fn handle(inner: Arc<Inner>, request: Request<Incoming>) -> Result<Response<Body>, Box<dyn std::error::Error + Send + Sync>> {
    passes(&inner.silent).await;
    let (mut parts, body) = request.into_parts();
    if !inner.admits(&mut parts.headers)? {
        let refused =
            r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#;
        let body = Full::new(Bytes::from(refused)).map_err(|e| match e {}).boxed_unsync();
        return Ok(Response::builder().status(401).header("content-type", "application/json").body(body)?);
    }
    let bytes = body.collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let path = parts.uri.to_string();
    let fault = inner.take_rule(&parts.method, &path, &text);
    let seen = Seen { method: parts.method.clone(), path, body: text, status: None, fault: fault.clone() };
    let request = Request::from_parts(parts, Full::new(bytes));
    if let Some((seen, late)) = inner.take_late(&seen) {
        let status = inner.forward(late).await?.status();
        inner.note(seen, Some(status));
    }
    match fault {
        Some(Fault::BeforeNext) => {
            *inner.late.lock().expect("no panic holds it") = Some((seen, request));
            Err(Cut.into())
        }
        Some(Fault::Instead(answer)) => {
            inner.note(seen, None);
            Ok(answer.response()?)
        }
        Some(Fault::Dripping) => {
            let answer = inner.forward(request).await?;
            inner.note(seen, Some(answer.status()));
            let (mut parts, body) = answer.into_parts();
            parts.headers.remove(hyper::header::CONTENT_LENGTH);
            let bytes = body.collect().await?.to_bytes();
            let drops = (0..bytes.len()).map(move |at| bytes.slice(at..=at));
            let drops = futures::stream::iter(drops).then(|drop| async {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                Ok(Frame::data(drop))
            });
            Ok(Response::from_parts(parts, StreamBody::new(drops).boxed_unsync()))
        }
        Some(Fault::Endless) => {
            let answer = inner.forward(request).await?;
            inner.note(seen, Some(answer.status()));
            let (mut parts, _) = answer.into_parts();
            parts.headers.remove(hyper::header::CONTENT_LENGTH);
            let begin = futures::stream::once(async { Bytes::from_static(b"{\"kind\":\"Status\",\"message\":\"") });
            let body = begin.chain(futures::stream::repeat(Bytes::from_static(&[b'a'; 1 << 14])));
            Ok(Response::from_parts(parts, StreamBody::new(body.map(|bytes| Ok(Frame::data(bytes)))).boxed_unsync()))
        }
        Some(Fault::ResetBefore) => {
            inner.note(seen, None);
            Err(Cut.into())
        }
        Some(Fault::AnswerLost(status)) => {
            let answer = inner.forward(request).await?;
            inner.note(seen, Some(answer.status()));
            let body = Full::new(Bytes::new()).map_err(|e| match e {}).boxed_unsync();
            Ok(Response::builder().status(status).body(body)?)
        }
        Some(Fault::ResetAfterApply) => {
            let answer = inner.forward(request).await?;
            inner.note(seen, Some(answer.status()));
            Err(Cut.into())
        }
        Some(Fault::SilentAfterApply) => {
            let answer = inner.forward(request).await?;
            inner.note(seen, Some(answer.status()));
            inner.silent.send_replace(true);
            passes(&inner.silent).await;
            Ok(answer.map(|body| inner.gated(body)))
        }
        Some(Fault::Held) => {
            inner.lying.send_modify(|n| *n += 1);
            // Goes on by itself: the client may give up meanwhile, and its bytes still arrive.
            tokio::spawn(async move {
                passes(&inner.held).await;
                inner.lying.send_modify(|n| *n -= 1);
                let status = inner.forward(request).await.ok().map(|a| a.status());
                inner.note(seen, status);
            })
            .await?;
            Err(Cut.into())
        }
        None => {
            let answer = inner.forward(request).await?;
            inner.note(seen, Some(answer.status()));
            passes(&inner.silent).await;
            Ok(answer.map(|body| inner.gated(body)))
        }
    }
}

impl Inner {
    /// Whether the request's token is let in; puts the API server's in its place.
    fn admits(&self, headers: &mut hyper::HeaderMap) -> Result<bool, hyper::header::InvalidHeaderValue> {
        let ticket = self.ticket.lock().expect("no panic holds it");
        let Some(ticket) = ticket.as_ref() else { return Ok(true) };
        let admitted = headers.get("authorization").is_some_and(|h| h.as_bytes() == format!("Bearer {ticket}").as_bytes());
        headers.insert("authorization", format!("Bearer {}", self.token).parse()?);
        Ok(admitted)
    }

    fn take_rule(&self, method: &Method, path: &str, body: &str) -> Option<Fault> {
        if path.contains("dryRun=") || body.contains("\"dryRun\"") {
            return None;
        }
        let mut rules = self.rules.lock().expect("no panic holds it");
        let at =
            rules.iter().position(|r| r.method.as_ref().is_none_or(|m| m == method) && path.contains(&r.path) && body.contains(&r.body))?;
        if rules[at].lasts { Some(rules[at].fault.clone()) } else { Some(rules.remove(at).fault) }
    }

    /// What shall arrive right before this request. A dry run is none.
    fn take_late(&self, now: &Seen) -> Option<(Seen, Request<Full<Bytes>>)> {
        let mut late = self.late.lock().expect("no panic holds it");
        late.take_if(|(seen, _)| seen.method == now.method && seen.path == now.path)
    }

    fn note(&self, mut seen: Seen, status: Option<StatusCode>) {
        seen.status = status.map(|s| s.as_u16());
        self.seen.lock().expect("no panic holds it").push(seen);
    }

    async fn forward(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Box<dyn std::error::Error + Send + Sync>> {
        let tcp = TcpStream::connect(self.upstream).await?;
        let tls = self.tls.connect(self.name.clone(), tcp).await?;
        let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls)).await?;
        tokio::spawn(connection);
        Ok(send.send_request(request).await?)
    }

    /// The body frame by frame, so that silence also stops a watch in the middle.
    fn gated(&self, body: Incoming) -> Body {
        let silent = self.silent.clone();
        let frames = BodyStream::new(body).then(move |frame: Result<Frame<Bytes>, hyper::Error>| {
            let silent = silent.clone();
            async move {
                passes(&silent).await;
                frame
            }
        });
        StreamBody::new(frames).boxed_unsync()
    }
}
