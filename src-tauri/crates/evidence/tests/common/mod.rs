//! Servers on loopback that behave and misbehave, a cluster that knows one pod and one node, a tunnel to memory.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use engine::{Clock, Cluster, Duplex, Mode, ReadError, Tunnel, WriteError};
use evidence::{Options, Sources};
use jiff::Timestamp;
use model::{ClusterIdentity, Kind, ObjectId, Write};
use plan::Access;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server and what it has counted.
pub struct Server {
    pub address: SocketAddr,
    pub connections: Arc<AtomicU64>,
    pub requests: Arc<AtomicU64>,
    accept: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
    pub fn connected(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
    pub fn asked(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// What a server does with one request: (stream, number of the request on its connection from 1, head).
pub trait Handler: Clone + Send + Sync + 'static {
    fn answer<S: AsyncRead + AsyncWrite + Send + Unpin>(&self, stream: &mut S, n: u64, head: &str) -> impl Future<Output = Then> + Send;
}

/// What comes behind an answer.
pub enum Then {
    KeepOpen,
    Close,
}

/// Canned behaviours.
#[derive(Clone)]
pub enum Does {
    /// These bytes, then another request.
    Says(String),
    /// These bytes, then closes.
    SaysAndCloses(String),
    /// A body without an end.
    Endless,
    /// A head, then a byte now and then.
    Slow,
    /// Reads, and never answers.
    Silent,
    /// Closes its connection on the nth request of each connection, without a word; else answers.
    ClosesOn(u64, String),
}

impl Handler for Does {
    async fn answer<S: AsyncRead + AsyncWrite + Send + Unpin>(&self, stream: &mut S, n: u64, _: &str) -> Then {
        let mut say = async |text: &str| stream.write_all(text.as_bytes()).await.is_ok();
        match self {
            Does::Says(text) => {
                say(text).await;
                Then::KeepOpen
            }
            Does::SaysAndCloses(text) => {
                say(text).await;
                Then::Close
            }
            Does::Endless => {
                say("HTTP/1.1 200 OK\r\n\r\n").await;
                while say(&"x".repeat(8192)).await {}
                Then::Close
            }
            Does::Slow => {
                say("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
                while say("x").await {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Then::Close
            }
            Does::Silent => std::future::pending().await,
            Does::ClosesOn(nth, _) if n == *nth => Then::Close,
            Does::ClosesOn(_, text) => {
                say(text).await;
                Then::KeepOpen
            }
        }
    }
}

pub fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Reads heads of requests and lets the handler answer, until somebody closes.
pub async fn converse<S: AsyncRead + AsyncWrite + Send + Unpin>(mut stream: S, does: impl Handler, requests: Arc<AtomicU64>) {
    let (mut n, mut head) = (0, Vec::new());
    let mut byte = [0];
    while matches!(stream.read(&mut byte).await, Ok(1)) {
        head.push(byte[0]);
        if head.ends_with(b"\r\n\r\n") {
            n += 1;
            requests.fetch_add(1, Ordering::SeqCst);
            let text = String::from_utf8_lossy(&head).to_lowercase();
            head.clear();
            if matches!(does.answer(&mut stream, n, &text).await, Then::Close) || text.contains("connection: close") {
                break;
            }
        }
    }
    let _ = stream.shutdown().await;
}

pub async fn serve(does: impl Handler) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("address");
    let (connections, requests) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counted, asked) = (connections.clone(), requests.clone());
    let accept = tokio::spawn(async move {
        let mut open = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            open.spawn(converse(stream, does.clone(), asked.clone()));
        }
    });
    Server { address, connections, requests, accept }
}

pub struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {}
}

/// Knows pod `shop/web-1` on node `n1`.
#[derive(Default)]
pub struct Lab {
    pub kwok: bool,
    pub down: AtomicBool,
}

#[async_trait]
impl Cluster for Lab {
    async fn identity(&self) -> Result<ClusterIdentity, ReadError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(ReadError::Unreachable { what: "api server".into(), message: model::Sentence::quoted("no route") });
        }
        Ok(ClusterIdentity { uid: "c1".into(), server: String::new(), ca_sha256: String::new() })
    }
    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ReadError> {
        Ok(match (id.kind, id.name.as_str()) {
            (Kind::Pod, "web-1") => Some(json!({"spec": {"nodeName": "n1"}})),
            (Kind::Node, "n1") if self.kwok => Some(json!({"metadata": {"annotations": {"kwok.x-k8s.io/node": "fake"}}})),
            (Kind::Node, "n1") => Some(json!({"metadata": {}})),
            _ => None,
        })
    }
    async fn list(&self, _: Kind, _: Option<&str>, _: Option<&str>) -> Result<Vec<Value>, ReadError> {
        Ok(Vec::new())
    }
    async fn write(&self, _: &ClusterIdentity, write: &Write, _: Mode) -> Result<Value, WriteError> {
        panic!("evidence writes nothing: {write:?}")
    }
    async fn allowed(&self, _: &Access) -> Result<bool, ReadError> {
        Ok(true)
    }
    async fn installed(&self, _: Kind) -> Result<bool, ReadError> {
        Ok(true)
    }
    async fn logs(&self, _: &ObjectId, _: &str, _: u32) -> Result<String, ReadError> {
        Ok(String::new())
    }
}

/// A tunnel that ends in memory, at a server of the given behaviour; or is refused.
pub struct Memory {
    pub does: Option<Does>,
    pub opened: AtomicU64,
    pub requests: Arc<AtomicU64>,
}

impl Memory {
    pub fn to(does: Option<Does>) -> Arc<Self> {
        Arc::new(Self { does, opened: AtomicU64::new(0), requests: Arc::default() })
    }
}

#[async_trait]
impl Tunnel for Memory {
    async fn open(&self, pod: &ObjectId, port: u16) -> Result<Box<dyn Duplex>, ReadError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let refused = || ReadError::Unreachable { what: format!("{}:{port}", pod.said()), message: model::Sentence::quoted("no such pod") };
        let does = self.does.clone().ok_or_else(refused)?;
        let (ours, theirs) = tokio::io::duplex(4096);
        tokio::spawn(converse(theirs, does, self.requests.clone()));
        Ok(Box::new(ours))
    }
}

pub fn quick() -> Options {
    Options { timeout: Duration::from_millis(400), ..Options::default() }
}

pub fn sources(lab: Arc<Lab>, tunnel: Arc<Memory>, options: &Options) -> Sources {
    Sources::new(lab, tunnel, Arc::new(Still), options).expect("usable options")
}
