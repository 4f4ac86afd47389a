//! Load: many requests of the two kinds of client that meet a cutover, those that connect anew for each request and
//! those that keep their connections. Warms up a version through the tunnel, and measures a cutover at the entry.
//!
//! With a rate the load is **open-loop**: each request has its time, and its latency counts from there, so that a server
//! that stalls is not asked less and flattered. Without one each client asks again as soon as it was answered.
//!
//! A GET that is cut on a *reused* connection before the first byte of its answer is repeated once on a new one, as
//! browsers and proxies do, and counted apart ([`LoadReport::repeated`]). A POST is not: it counts as failed.

mod client;
pub mod histogram;
mod report;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::{Duplex, Tunnel};
use model::ObjectId;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use report::{Failure, Latency, LoadReport, Seen};

/// Makes connections to what is loaded.
#[async_trait]
pub trait Dial: Send + Sync {
    /// A new connection.
    async fn dial(&self) -> io::Result<Box<dyn Duplex>>;
}

/// Over TCP.
#[derive(Clone, Copy, Debug)]
pub struct TcpDial(pub SocketAddr);

#[async_trait]
impl Dial for TcpDial {
    async fn dial(&self) -> io::Result<Box<dyn Duplex>> {
        let stream = TcpStream::connect(self.0).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// To a pod, through the engine's tunnel.
pub struct PodDial {
    /// Tunnel.
    pub tunnel: Arc<dyn Tunnel>,
    /// Pod.
    pub pod: ObjectId,
    /// Container port.
    pub port: u16,
}

#[async_trait]
impl Dial for PodDial {
    async fn dial(&self) -> io::Result<Box<dyn Duplex>> {
        self.tunnel.open(&self.pod, self.port).await.map_err(io::Error::other)
    }
}

/// What the clients do with their connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// A new one for each request.
    Anew,
    /// One each, for as long as the other side keeps it.
    Kept,
}

/// Method of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// May be repeated.
    Get,
    /// May not.
    Post,
}

/// What load.
#[derive(Clone)]
pub struct LoadOptions {
    /// Where to.
    pub dial: Arc<dyn Dial>,
    /// `Host` header.
    pub host: String,
    /// Path.
    pub path: String,
    /// Method.
    pub method: Method,
    /// Kind of client.
    pub connections: Connections,
    /// Clients at once.
    pub clients: u32,
    /// Requests per second of all clients together; `None` = as fast as they are answered.
    pub rate: Option<f64>,
    /// For one request, with its connection and its repetition.
    pub timeout: Duration,
}

/// A load that runs until it is stopped or dropped.
pub struct Load {
    stop: watch::Sender<bool>,
    clients: JoinSet<report::Tally>,
    begun: Instant,
}

impl Load {
    /// Starts it. Must be called within a tokio runtime.
    pub fn start(options: LoadOptions) -> Self {
        let (stop, stopped) = watch::channel(false);
        let begun = Instant::now();
        let options = Arc::new(options);
        let mut clients = JoinSet::new();
        for index in 0..options.clients.max(1) {
            clients.spawn(client::run(options.clone(), index, begun, stopped.clone()));
        }
        Self { stop, clients, begun }
    }

    /// When it began; the times in the report count from here. The same clock as [`std::time::Instant`].
    pub fn begun(&self) -> std::time::Instant {
        self.begun.into_std()
    }

    /// Ends it: no new request is begun, those that are under way are waited for.
    pub async fn stop(mut self) -> LoadReport {
        // Nobody listens when all clients have ended, which they do not by themselves.
        let _ = self.stop.send(true);
        let mut all = report::Tally::default();
        while let Some(done) = self.clients.join_next().await {
            match done {
                Ok(tally) => all.merge(tally),
                Err(error) => all.lost(error.to_string()),
            }
        }
        all.report(self.begun.elapsed())
    }
}
