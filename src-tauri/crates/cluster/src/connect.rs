//! One connection per context, with two HTTP stacks: one for reads, which may be repeated, and one for writes, which
//! never are.
//!
//! Why two: kube's own client repeats a write on 429, 503 and 504, and hyper repeats a request when a kept connection
//! turns out to be closed; either can apply a write twice. The writer's stack has neither, gives up after a deadline by
//! closing its connection, and sets `TCP_USER_TIMEOUT` so that bytes left in the socket do not arrive much later.
//! Neither stack follows redirects or asks for compressed answers (a gzip bomb needs no decoder).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HeaderValue, USER_AGENT};
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::{Body, ConfigExt};
use model::{ClusterIdentity, Kind, Sentence, sentence};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use tokio::time::Instant;

use crate::certificate::{Authority, ClientCertificate, Origin};
use crate::credentials::{CredentialError, Credentials};
use crate::kubeconfig::{ContextEntry, KubeconfigError, Login, Unverified};
use crate::policy::{Refusal, WritePolicy};
use crate::road::{Road, tcp};
use crate::sign_in::SignIn;
use crate::wire::{Failure, chain, told};

/// How long things may take. The defaults are the project's; tests shorten them.
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// A TCP connection.
    pub connect: Duration,
    /// A read of one object, one attempt.
    pub read: Duration,
    /// A whole collection.
    pub list: Duration,
    /// Silence within a collection.
    pub idle: Duration,
    /// A write; then its connection is closed and its outcome unknown.
    pub write: Duration,
    /// Between two heartbeats.
    pub heartbeat: Duration,
    /// Without a heartbeat for so long, the connection counts as lost.
    pub lost: Duration,
    /// Silence of a watch that makes its kind stale: bookmarks come every 60 s.
    pub silent: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self { connect: s(5), read: s(10), list: s(120), idle: s(15), write: s(10), heartbeat: s(3), lost: s(8), silent: s(75) }
    }
}

/// How to connect.
#[derive(Clone, Debug)]
pub struct Options {
    /// What may be written; keep a clone to lock and unlock.
    pub policy: WritePolicy,
    /// Version of the program, for the user agent.
    pub version: String,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// Which exec plugins may be started; keep a clone to see the one that runs.
    pub sign_in: SignIn,
}

impl Options {
    /// Defaults under this policy; of the exec plugins only those of the default kubeconfig.
    pub fn new(policy: WritePolicy) -> Self {
        Self { policy, version: env!("CARGO_PKG_VERSION").into(), deadlines: Deadlines::default(), sign_in: SignIn::default_place() }
    }
}

/// Why no connection could be made ready (nothing was sent to the API server yet).
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum ConnectError {
    /// The context cannot be used.
    #[error(transparent)]
    Kubeconfig(#[from] KubeconfigError),
    /// There are no credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The certificates cannot be used.
    Certificates {
        /// Context.
        context: String,
        /// What is wrong with them.
        why: Sentence,
    },
    /// The context leads elsewhere than when it was connected.
    Elsewhere {
        /// Context.
        context: String,
        /// `server` or `certificate authority`.
        what: Sentence,
    },
}

impl ConnectError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            Self::Kubeconfig(e) => e.said(),
            Self::Credentials(e) => e.said(),
            Self::Certificates { context, why } => {
                sentence!("context {context}: certificates cannot be used ({why})", context; why = why.clone())
            }
            Self::Elsewhere { context, what } => sentence!(
                "context {context}: the kubeconfig now names another {what} for it; close it and open it again to go there",
                context;
                what = what.clone()
            ),
        }
    }
}

/// A `Warning: 299` header of an answer to a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// `Service shop/web`.
    pub object: String,
    /// The server's words.
    pub text: String,
}

pub(crate) type Reply = Response<Incoming>;
type Https = hyper_util::client::legacy::Client<Dialer, Full<Bytes>>;

/// The stacks over one way; replaced as a whole when a lost connection is found again, so that no dead kept connection is used,
/// and when the kubeconfig says the way differently.
struct Stacks {
    way: Way,
    reads: kube::Client,
    writes: Https,
    alone: kube::Client,
}

/// A connection to one cluster. Cheap to share; implements the engine's `Cluster` and `Tunnel`.
pub struct Connection {
    name: String,
    namespace: String,
    server: String,
    /// Of the authority that it was opened with.
    ca_sha256: String,
    options: Options,
    stacks: RwLock<Arc<Stacks>>,
    seen: Mutex<Option<(Moment, ClusterIdentity)>>,
    pub(crate) installed: Mutex<HashMap<Kind, (Instant, bool)>>,
    warnings: Mutex<VecDeque<Warning>>,
}

/// How to get there, and as whom.
#[derive(Clone)]
pub(crate) struct Way {
    pub route: Route,
    pub dialer: Dialer,
    /// Absent = those of the system.
    pub authority: Option<Arc<Authority>>,
    /// Why nobody can know that it is the right server that answers.
    pub unverified: Option<Unverified>,
}

impl Way {
    /// SHA-256 of the authority that is trusted now, in hex; empty for those of the system.
    fn trusts(&self) -> String {
        match self.unverified {
            // Not to be taken for one that somebody vouches for.
            Some(_) => "unverified".into(),
            None => self.authority.as_ref().map(|a| a.sha256()).unwrap_or_default(),
        }
    }
}

/// What every request needs on its way: absolute URL, user agent, credentials, and the policy's consent.
#[derive(Clone)]
pub(crate) struct Route {
    base: Uri,
    agent: HeaderValue,
    credentials: Arc<Credentials>,
    policy: WritePolicy,
}

/// A moment on both clocks. The monotonic one stands still while a laptop sleeps, the other one may be set: only when
/// both agree is little time between two moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    steady: Instant,
    wall: jiff::Timestamp,
}

impl Moment {
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: jiff::Timestamp::now() }
    }

    pub fn steady(&self) -> Instant {
        self.steady
    }

    /// Whether it is at most `age` ago by both clocks.
    pub fn within(&self, age: Duration) -> bool {
        self.steady.elapsed() <= age && self.wall_age() <= age
    }

    /// Whether the clocks have drifted apart since by more than a busy machine explains: it slept, or its clock was set.
    pub fn jumped(&self) -> bool {
        self.wall_age().abs_diff(self.steady.elapsed()) > Duration::from_secs(5)
    }

    fn wall_age(&self) -> Duration {
        Duration::try_from(jiff::Timestamp::now().duration_since(self.wall)).unwrap_or(Duration::MAX)
    }
}

/// Locks that survive a panic elsewhere: the data in them is replaced whole, never half.
pub(crate) fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads certificates and token files, runs an exec plugin.
async fn make(entry: &ContextEntry, options: &Options) -> Result<Way, ConnectError> {
    let reach = entry.reach()?;
    let bad = |why: Sentence| ConnectError::Certificates { context: entry.name.clone(), why };
    let (login, impersonate) = match &reach.login {
        Login::Exec(_) if options.sign_in.is_never() => (&Login::None, &[][..]),
        login => (login, &reach.impersonate[..]),
    };
    let credentials = Credentials::prepare(login, impersonate, &options.sign_in).await?;
    let base: Uri = reach.server.parse().map_err(|_| bad(sentence!("the URL of the server cannot be read")))?;
    // Two crates of one binary may each bring a rustls provider; the first one installed counts for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let provider = CryptoProvider::get_default().ok_or_else(|| bad(sentence!("no provider of TLS")))?;
    let authority = match &reach.ca {
        Some(ca) => Some(Authority::new(ca.clone(), &ca.read()?, provider.clone()).map_err(bad)?),
        None => None,
    };
    let proxy = match &reach.proxy {
        Some(proxy) => {
            // As for kubectl, the context's authority is the proxy's too. The client certificate is not for the proxy.
            let there = HttpsConnectorBuilder::new().with_tls_config(tls(&base, authority.as_ref(), None).map_err(bad)?);
            Some((proxy.clone(), there.https_or_http().enable_http1().wrap_connector(tcp(&options.deadlines))))
        }
        None => None,
    };
    let origin = match (credentials.certificate(), &reach.certificate) {
        (Some(slot), _) => Some(Origin::Plugin(slot)),
        (None, Some((certificate, key))) => Some(Origin::Kubeconfig(certificate.clone(), key.clone())),
        (None, None) => None,
    };
    let mut tls = tls(&base, authority.as_ref(), reach.unverified).map_err(bad)?;
    if let Some(origin) = origin {
        tls.client_auth_cert_resolver = ClientCertificate::new(origin, tls.crypto_provider().clone()).map_err(bad)?;
        // A session that is taken up again is one of the old certificate.
        tls.resumption = Resumption::disabled();
    }
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
    let mut builder = match reach.unverified {
        Some(Unverified::Plain) => builder.https_or_http(),
        Some(Unverified::Certificate) | None => builder.https_only(),
    };
    if let Some(name) = &reach.tls_server_name {
        let name =
            ServerName::try_from(name.clone()).map_err(|_| bad(sentence!("tls-server-name is no name that a certificate can have")))?;
        builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name));
    }
    let dialer = builder.enable_http1().wrap_connector(Road::new(&options.deadlines, proxy));
    Ok(Way { route: Route::new(base, credentials, options), dialer, authority, unverified: reach.unverified })
}

/// TLS that verifies the server by the context's authority, or by those of the system, unless the context says not to.
fn tls(base: &Uri, authority: Option<&Arc<Authority>>, unverified: Option<Unverified>) -> Result<rustls::ClientConfig, Sentence> {
    let mut config = kube::Config::new(base.clone());
    // This trusts nobody; whom the authority trusts is for it to say.
    config.root_cert = authority.map(|_| Vec::new());
    // Its owner asked for it, and it is shown in red; that nothing is written without a reason is the policy's.
    config.accept_invalid_certs = unverified == Some(Unverified::Certificate);
    let mut tls = config.rustls_client_config().map_err(|e| Sentence::quoted(chain(&e)))?;
    if let Some(authority) = authority {
        tls.dangerous().set_certificate_verifier(authority.clone());
        if authority.may_rotate() {
            // A session that is taken up again is not verified again.
            tls.resumption = Resumption::disabled();
        }
    }
    Ok(tls)
}

impl Connection {
    /// Makes a connection ready: reads certificates and token files, runs an exec plugin. The API server is not asked yet.
    pub async fn open(entry: &ContextEntry, options: &Options) -> Result<Arc<Self>, ConnectError> {
        let server = entry.reach()?.server.clone();
        Ok(Self::over(entry, &server, make(entry, options).await?, options))
    }

    pub(crate) fn over(entry: &ContextEntry, server: &str, way: Way, options: &Options) -> Arc<Self> {
        let ca_sha256 = way.trusts();
        let stacks = RwLock::new(Arc::new(stacks(way)));
        Arc::new(Self {
            name: entry.name.clone(),
            namespace: entry.namespace.clone(),
            server: server.to_string(),
            ca_sha256,
            options: options.clone(),
            stacks,
            seen: Mutex::default(),
            installed: Mutex::default(),
            warnings: Mutex::default(),
        })
    }

    /// Goes on as its entry in the kubeconfig now says: with another login, another certificate, by another proxy. Where the
    /// entry cannot be used, or leads to another server, everything stays as it is.
    ///
    /// # Errors
    /// [`ConnectError::Elsewhere`] for another server or certificate authority: that is another cluster, as far as one can know.
    pub async fn take_up(&self, entry: &ContextEntry) -> Result<(), ConnectError> {
        let elsewhere = |what| ConnectError::Elsewhere { context: self.name.clone(), what };
        // Before a program signs in there.
        if entry.reach()?.server != self.server {
            return Err(elsewhere(sentence!("server")));
        }
        let way = make(entry, &self.options).await?;
        if way.trusts() != self.stacks().way.trusts() {
            return Err(elsewhere(sentence!("certificate authority")));
        }
        self.put(way);
        Ok(())
    }

    /// A program that failed to sign in is run again with the next request.
    pub fn sign_in_again(&self) {
        self.stacks().way.route.credentials.again();
    }

    /// Why a program that signs in gave no credentials when it ran last.
    pub fn sign_in_trouble(&self) -> Option<CredentialError> {
        self.stacks().way.route.credentials.trouble()
    }

    pub(crate) fn deadlines(&self) -> &Deadlines {
        &self.options.deadlines
    }

    /// Name of the context.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Namespace that the context starts in.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Why nobody can know that it is the right server that answers.
    pub fn unverified(&self) -> Option<Unverified> {
        self.stacks().way.unverified
    }

    /// URL of the API server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What may be written.
    pub fn policy(&self) -> &WritePolicy {
        &self.options.policy
    }

    /// Warnings of the API server to our writes since the last call; at most the last 64.
    pub fn take_warnings(&self) -> Vec<Warning> {
        lock(&self.warnings).drain(..).collect()
    }

    pub(crate) fn warned(&self, object: &str, text: String) {
        tracing::warn!(object, text, "api server warns");
        let mut all = lock(&self.warnings);
        if all.len() == 64 {
            all.pop_front();
        }
        all.push_back(Warning { object: object.to_string(), text });
    }

    /// The identity as last read, when that is recent enough to count as now.
    pub(crate) fn identity_within(&self, age: Duration) -> Option<ClusterIdentity> {
        lock(&self.seen).as_ref().filter(|(at, _)| at.within(age)).map(|(_, id)| id.clone())
    }

    /// Notes an identity that was just read; `uid` is empty where the user may not read the namespace.
    pub(crate) fn identified(&self, asked: Moment, uid: String) -> ClusterIdentity {
        // An authority that was rotated in its file is that of the same cluster if the uid says so, and else nobody knows.
        let ca_sha256 = if uid.is_empty() { self.stacks().way.trusts() } else { self.ca_sha256.clone() };
        let id = ClusterIdentity { uid, server: self.server.clone(), ca_sha256 };
        *lock(&self.seen) = Some((asked, id.clone()));
        id
    }

    /// New stacks without any kept connection: after a loss, kept ones are as likely dead as not.
    pub(crate) fn renew(&self) {
        self.put(self.stacks().way.clone());
    }

    fn put(&self, way: Way) {
        *self.stacks.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(stacks(way));
    }

    fn stacks(&self) -> Arc<Stacks> {
        self.stacks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// kube's client over our stack, for what kube does itself (port-forward).
    pub(crate) fn kube(&self) -> kube::Client {
        self.stacks().reads.clone()
    }

    /// The server did not take the credentials: the next request gets them anew, a client certificate by a connection of its own.
    pub(crate) async fn credentials_refused(&self) {
        self.stacks().way.route.credentials.refused().await;
        self.renew();
    }

    /// Sends a read; the caller bounds it in time. `alone` = on a connection of its own.
    pub(crate) async fn send_read(&self, request: Request<Body>, alone: bool) -> Result<Response<Body>, Failure> {
        let stacks = self.stacks();
        let client = if alone { &stacks.alone } else { &stacks.reads };
        client.send(request).await.map_err(|e| {
            let ours = match &e {
                kube::Error::Service(inner) => inner.downcast_ref(),
                _ => None,
            };
            match ours {
                Some(SendError::Credentials(why)) => Failure::Unauthorized(why.said()),
                Some(ours) => Failure::Unreachable(ours.said()),
                None => Failure::Unreachable(told(&e)),
            }
        })
    }

    /// Sends something once over the writer's stack.
    pub(crate) async fn send_once(&self, request: Request<Full<Bytes>>) -> Result<Reply, SendError> {
        let stacks = self.stacks();
        let request = stacks.way.route.dress(request).await?;
        stacks.writes.request(request).await.map_err(|e| {
            let why = told(&e);
            if e.is_connect() { SendError::NoConnection(why) } else { SendError::Lost(why) }
        })
    }
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub(crate) enum SendError {
    Refused(Refusal),
    Credentials(CredentialError),
    NoConnection(Sentence),
    Lost(Sentence),
    Url(http::uri::InvalidUri),
}

impl SendError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            SendError::Refused(refusal) => refusal.said(),
            SendError::Credentials(why) => why.said(),
            SendError::NoConnection(why) | SendError::Lost(why) => why.clone(),
            SendError::Url(e) => sentence!("url cannot be made: {e}", e),
        }
    }
}

impl Route {
    pub(crate) fn new(base: Uri, credentials: Credentials, options: &Options) -> Self {
        let agent = HeaderValue::from_str(&format!("changeover/{}", options.version)).unwrap_or(HeaderValue::from_static("changeover"));
        Self { base, agent, credentials: Arc::new(credentials), policy: options.policy.clone() }
    }

    async fn dress<B>(&self, mut request: Request<B>) -> Result<Request<B>, SendError> {
        let uri = request.uri();
        self.policy.check(request.method(), uri.path(), uri.query()).map_err(SendError::Refused)?;
        let below = uri.path_and_query().map_or("/", |p| p.as_str());
        let text = format!("{}{below}", self.base.to_string().trim_end_matches('/'));
        *request.uri_mut() = text.parse().map_err(SendError::Url)?;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, self.agent.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        self.credentials.apply(headers).await.map_err(SendError::Credentials)?;
        Ok(request)
    }
}

fn stacks(way: Way) -> Stacks {
    let Way { route, dialer, .. } = &way;
    let reader = |keep: usize| {
        let client: Client<Dialer, Body> = builder(keep).build(dialer.clone());
        let route = route.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let (client, route) = (client.clone(), route.clone());
            async move {
                let request = route.dress(request).await.map_err(tower::BoxError::from)?;
                client.request(request).await.map_err(tower::BoxError::from)
            }
        });
        kube::Client::new(service, "default")
    };
    let mut writes = builder(2);
    writes.retry_canceled_requests(false);
    Stacks { reads: reader(16), alone: reader(0), writes: writes.build(dialer.clone()), way }
}

fn builder(keep: usize) -> hyper_util::client::legacy::Builder {
    let mut b = Client::builder(TokioExecutor::new());
    // Shorter than the idle timeout of the usual load balancers (60 s), so that a kept connection is rarely a dead one.
    b.pool_max_idle_per_host(keep).pool_idle_timeout(Duration::from_secs(30)).pool_timer(TokioTimer::new());
    b
}

/// Opens connections: a road, then TLS by rustls.
pub(crate) type Dialer = hyper_rustls::HttpsConnector<Road>;
