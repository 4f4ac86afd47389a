//! Does a pod answer its check, before any traffic reaches it? HTTP/1.1 through the engine's tunnel, one stream per
//! request.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::{Cluster, Question, Tunnel};
use http::Method;
use model::{Kind, ObjectId};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::{Seen, Source};
use crate::answer::{self, chain, clean};
use crate::http1::{self, Connection, Use};
use crate::policy::Outcome;

/// Requests of one question; more is a load test.
const MOST: u32 = 100;

/// The source.
pub struct Smoke {
    cluster: Arc<dyn Cluster>,
    tunnel: Arc<dyn Tunnel>,
    timeout: Duration,
}

#[async_trait]
impl Source for Smoke {
    async fn ask(&self, question: &Question) -> Option<Seen> {
        let Question::Smoke { pod, port, path, requests } = question else { return None };
        let source = format!("tunnel to {}:{port}", pod.said());
        if self.simulated(pod).await {
            return Some(Seen::without_answer(source, Outcome::Simulated));
        }
        let requests = (*requests).clamp(1, MOST);
        let mut seen = Seen::not_asked(source.clone(), "no request");
        for n in 1..=requests {
            seen = self.once(&source, pod, *port, path).await;
            if requests > 1 {
                seen.count = Some((n, requests));
            }
            if !matches!(seen.outcome, Outcome::Answered { status: 200..=399 }) {
                break;
            }
        }
        Some(seen)
    }
}

impl Smoke {
    /// Makes it.
    pub fn new(cluster: Arc<dyn Cluster>, tunnel: Arc<dyn Tunnel>, timeout: Duration) -> Self {
        Self { cluster, tunnel, timeout }
    }

    /// Whether the pod's node is one of kwok's: nothing runs there, and a tunnel would only hang. Whoever may not read
    /// nodes finds out the slow way.
    async fn simulated(&self, pod: &ObjectId) -> bool {
        let look = async {
            let pod = self.cluster.get(pod).await.ok()??;
            let node = ObjectId::new(Kind::Node, "", pod.pointer("/spec/nodeName")?.as_str()?);
            let node = self.cluster.get(&node).await.ok()??;
            let fake = |path: &str, value: &str| node.pointer(path).and_then(Value::as_str) == Some(value);
            Some(fake("/metadata/annotations/kwok.x-k8s.io~1node", "fake") || fake("/metadata/labels/type", "kwok"))
        };
        timeout(self.timeout, look).await.ok().flatten().unwrap_or(false)
    }

    async fn once(&self, source: &str, pod: &ObjectId, port: u16, path: &str) -> Seen {
        let begun = Instant::now();
        let end = begun + self.timeout;
        let silent = |outcome| Seen::without_answer(source, outcome);
        let late = || format!("none in {} ms", self.timeout.as_millis());
        let Ok(request) = http1::request(Method::GET, "localhost", path, Use::Once) else {
            return Seen::not_asked(source, format!("{} is not a path", clean(path, 80)));
        };
        let stream = match tokio::time::timeout_at(end, self.tunnel.open(pod, port)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return silent(Outcome::NoConnection { why: clean(&error.to_string(), 240) }),
            Err(_) => return silent(Outcome::NoConnection { why: late() }),
        };
        let head = async {
            let mut connection = Connection::new(stream).await?;
            let response = connection.send(request).await?;
            Ok::<_, hyper::Error>((connection, response))
        };
        let (_connection, response) = match tokio::time::timeout_at(end, head).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return silent(no_head(&error)),
            Err(_) => return silent(Outcome::NoAnswer { why: late() }),
        };
        finish(source, begun, end, response).await
    }
}

/// Reads the rest of an answer whose head is there.
pub(super) async fn finish<B>(source: &str, begun: Instant, end: Instant, response: http::Response<B>) -> Seen
where
    B: hyper::body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Error + 'static,
{
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let Ok(answer) = tokio::time::timeout_at(end, answer::read(response)).await else {
        let why = format!("not finished in {} ms", (end - begun).as_millis());
        let answered_by = answer::answered_by(&headers, b"");
        return Seen { answered_by, ..Seen::without_answer(source, Outcome::Unfinished { status, why }) };
    };
    let outcome = match answer.cut {
        None => Outcome::Answered { status },
        Some(why) => Outcome::Unfinished { status: answer.status, why },
    };
    let answered_by = answer::answered_by(&answer.headers, &answer.body);
    Seen { took: Some(begun.elapsed()), answered_by, ..Seen::without_answer(source, outcome) }
}

/// Bytes that are not HTTP, and the act of the other side, are told apart from silence.
pub(super) fn no_head(error: &(dyn Error + 'static)) -> Outcome {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.downcast_ref::<hyper::Error>().is_some_and(|e| e.is_parse() || e.is_parse_too_large()) {
            return Outcome::NotHttp { why: chain(error) };
        }
        if turned_away(cause) {
            return Outcome::TurnedAway { why: chain(error) };
        }
        next = cause.source();
    }
    Outcome::NoAnswer { why: chain(error) }
}

/// Whether the other side refused, reset or closed: one error, without its causes.
fn turned_away(cause: &(dyn Error + 'static)) -> bool {
    use std::io::ErrorKind as K;
    let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let closed = cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message);
    closed || matches!(io, Some(K::ConnectionRefused | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::UnexpectedEof))
}
