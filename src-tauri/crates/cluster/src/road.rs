//! The road to an API server: a TCP connection, straight or through a proxy. TLS with the server begins at its end, so that a
//! proxy sees names and ports and nothing else.
//!
//! Both HTTP stacks and the tunnels take it. What fails here fails before a request leaves: a write that meets a proxy which
//! does not let it through was not sent.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use model::{Sentence, sentence};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tower::{BoxError, Service};

use crate::connect::Deadlines;
use crate::kubeconfig::{Proxy, Speaks};
use crate::wire::chain;

/// What a proxy answers before the tunnel is there.
const HEAD_CAP: usize = 16 << 10;

/// A stream to the end of the road.
type Leg = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens such streams.
#[derive(Clone)]
pub(crate) struct Road {
    tcp: HttpConnector,
    proxy: Option<(Arc<Proxy>, HttpsConnector<HttpConnector>)>,
    within: Duration,
}

/// Why the road is closed.
#[derive(Debug)]
pub(crate) enum RoadError {
    /// No proxy is in the way: TCP's own words.
    Straight(BoxError),
    Unreachable(Arc<Proxy>, String),
    /// 407, and the URL has no login.
    NoLogin(Arc<Proxy>),
    /// 407, and it has one.
    BadLogin(Arc<Proxy>),
    Refused(Arc<Proxy>, String, StatusCode),
    Failed(Arc<Proxy>, String, Sentence),
    Slow(Arc<Proxy>, String, Duration),
}

impl RoadError {
    /// For people; nothing where TCP's own words say it.
    pub fn said(&self) -> Option<Sentence> {
        Some(match self {
            RoadError::Straight(_) => return None,
            RoadError::Unreachable(proxy, why) => sentence!("the proxy {proxy} cannot be reached: {why}", proxy, why),
            RoadError::NoLogin(proxy) => {
                sentence!("the proxy {proxy} wants a login (HTTP 407): put user and password into its URL", proxy)
            }
            RoadError::BadLogin(proxy) => sentence!("the proxy {proxy} refuses the user and password of its URL (HTTP 407)", proxy),
            RoadError::Refused(proxy, to, status) => {
                sentence!("the proxy {proxy} does not connect to {to} (HTTP {status})", proxy, to, status)
            }
            RoadError::Failed(proxy, to, why) => {
                sentence!("the proxy {proxy} does not connect to {to} ({why})", proxy, to; why = why.clone())
            }
            RoadError::Slow(proxy, to, within) => {
                sentence!("the proxy {proxy} made no connection to {to} within {n} s", proxy, to, n = within.as_secs_f32())
            }
        })
    }
}

impl fmt::Display for RoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.said()) {
            (RoadError::Straight(e), _) => e.fmt(f),
            (_, said) => said.unwrap_or_default().fmt(f),
        }
    }
}

impl std::error::Error for RoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let RoadError::Straight(e) = self { e.source() } else { None }
    }
}

impl Road {
    /// Straight to the server, or through a proxy that is itself reached over this connector.
    pub fn new(deadlines: &Deadlines, proxy: Option<(Proxy, HttpsConnector<HttpConnector>)>) -> Self {
        let proxy = proxy.map(|(proxy, connector)| (Arc::new(proxy), connector));
        Self { tcp: tcp(deadlines), proxy, within: deadlines.connect }
    }
}

impl Service<Uri> for Road {
    type Response = Leg;
    type Error = RoadError;
    type Future = Pin<Box<dyn Future<Output = Result<Leg, RoadError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), RoadError>> {
        self.tcp.poll_ready(cx).map_err(|e| RoadError::Straight(e.into()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let Some((proxy, mut connector)) = self.proxy.clone() else {
            let straight = self.tcp.call(server);
            return Box::pin(async move { straight.await.map(Leg::from).map_err(|e| RoadError::Straight(e.into())) });
        };
        let within = self.within;
        Box::pin(async move {
            let usual = if server.scheme_str() == Some("http") { 80 } else { 443 };
            let to = format!("{}:{}", server.host().unwrap_or_default(), server.port_u16().unwrap_or(usual));
            let through = async {
                let leg = connector.call(proxy.dial.clone()).await;
                let leg = leg.map_err(|e| RoadError::Unreachable(proxy.clone(), chain(&*e)))?;
                match proxy.speaks.clone() {
                    Speaks::Connect(login) => connect(&proxy, leg, &to, login).await,
                    Speaks::Socks(login) => {
                        let mut leg = Some(leg);
                        let once = tower::service_fn(move |_| std::future::ready(leg.take().ok_or("asked twice")));
                        let mut socks = SocksV5::new(proxy.dial.clone(), once);
                        if let Some((user, password)) = login {
                            socks = socks.with_auth(user, password.expose_secret().to_string());
                        }
                        socks.call(server).await.map_err(|e| RoadError::Failed(proxy.clone(), to.clone(), Sentence::quoted(e)))
                    }
                }
            };
            // A proxy that accepts and is silent holds nothing up for longer than a server that does not accept.
            tokio::time::timeout(within, through).await.unwrap_or_else(|_| Err(RoadError::Slow(proxy.clone(), to.clone(), within)))
        })
    }
}

/// Asks an HTTP proxy for a tunnel. hyper-util's `Tunnel` would do, but does not say with which status it was refused.
async fn connect(proxy: &Arc<Proxy>, leg: Leg, to: &str, login: Option<http::HeaderValue>) -> Result<Leg, RoadError> {
    let failed = |why: Sentence| RoadError::Failed(proxy.clone(), to.to_string(), why);
    let broken = |e: hyper::Error| failed(Sentence::quoted(chain(&e)));
    let (mut sender, connection) =
        hyper::client::conn::http1::Builder::new().max_buf_size(HEAD_CAP).handshake(leg).await.map_err(broken)?;
    let with_login = login.is_some();
    let exchange = async {
        let mut request = Request::connect(to).header(HOST, to).header(USER_AGENT, "changeover");
        if let Some(login) = login {
            request = request.header(PROXY_AUTHORIZATION, login);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|e| failed(Sentence::quoted(e)))?;
        let reply = sender.send_request(request).await.map_err(broken)?;
        match reply.status() {
            s if s.is_success() => hyper::upgrade::on(reply).await.map_err(broken),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED if with_login => Err(RoadError::BadLogin(proxy.clone())),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(RoadError::NoLogin(proxy.clone())),
            s => Err(RoadError::Refused(proxy.clone(), to.to_string(), s)),
        }
    };
    let mut exchange = pin!(exchange);
    let upgraded = tokio::select! {
        biased;
        done = &mut exchange => done,
        // The connection is given up to the tunnel, or broke: the exchange knows which.
        _ = connection.with_upgrades() => exchange.await,
    }?;
    let parts = upgraded.downcast::<Leg>().map_err(|_| failed(sentence!("its stream is lost")))?;
    // The server does not speak first in TLS, so these are nobody's bytes.
    if parts.read_buf.is_empty() { Ok(parts.io) } else { Err(failed(sentence!("it sent more than its answer"))) }
}

/// TCP as both stacks want it.
pub(crate) fn tcp(deadlines: &Deadlines) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(deadlines.connect));
    tcp.set_keepalive(Some(Duration::from_secs(30)));
    // Unacknowledged bytes are dropped with their connection: a write does not arrive long after it was given up.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    tcp.set_tcp_user_timeout(Some(deadlines.write));
    tcp
}
