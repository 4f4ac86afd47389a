//! Reads: bounded in time and size, repeated a bounded number of times.

use async_trait::async_trait;
use bytes::Bytes;
use engine::{Access, Cluster, Mode, ReadError, WriteError};
use http::header::ACCEPT;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use kube::client::Body;
use model::kind::collection_path;
use model::{ClusterIdentity, Kind, ObjectId, Sentence, Write, names, sentence};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, timeout, timeout_at};

use crate::codec::{Codec, Items, Json, metadata_only};
use crate::connect::{Connection, Moment, SendError};
use crate::wire::{self, Failure, collect, failure_of};

/// One object, or an answer of discovery.
const OBJECT_CAP: usize = 8 << 20;
/// An answer that says no.
const ERROR_CAP: usize = 256 << 10;
/// Attempts of a read, and what lies between them.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(150), Duration::from_millis(600)];
/// A server that wants more patience of a read than this gets none.
const PATIENCE: Duration = Duration::from_secs(2);
/// What discovery said is believed for so long.
const DISCOVERY_AGE: Duration = Duration::from_secs(60);
/// Metadata of one object in place of the whole.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const KUBE_SYSTEM: &str = "/api/v1/namespaces/kube-system";

/// Version of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// `v1.37.2`.
    pub git_version: String,
    /// Minor version as a number; 0 when it cannot be read.
    pub minor: u32,
}

fn get_request(path: &str, accept: &str) -> Result<Request<Body>, Failure> {
    Request::get(path).header(ACCEPT, accept).body(Body::empty()).map_err(|e| Failure::Invalid(Sentence::quoted(e)))
}

impl Connection {
    /// Sends a GET and gives its open answer when that is 2xx; one attempt.
    pub(crate) async fn open_get(&self, path: &str, accept: &str, alone: bool) -> Result<Response<Body>, Failure> {
        let silent = |_| Failure::Unreachable(sentence!("silent for {n} s", n = self.deadlines().read.as_secs_f32()));
        let reply = timeout(self.deadlines().read, self.send_read(get_request(path, accept)?, alone)).await.map_err(silent)??;
        self.opened(reply).await
    }

    /// As [`Self::open_get`], where the answer may begin whenever there is something to say.
    pub(crate) async fn open_get_patiently(&self, path: &str, accept: &str) -> Result<Response<Body>, Failure> {
        let reply = self.send_read(get_request(path, accept)?, false).await?;
        self.opened(reply).await
    }

    /// The open answer when it is 2xx.
    async fn opened(&self, reply: Response<Body>) -> Result<Response<Body>, Failure> {
        if reply.status().is_success() {
            return Ok(reply);
        }
        let (parts, body) = reply.into_parts();
        let body = timeout(self.deadlines().read, collect(body, ERROR_CAP)).await.unwrap_or(Ok(Bytes::new())).unwrap_or_default();
        let failure = failure_of(parts.status, &parts.headers, &body);
        if matches!(failure, Failure::Unauthorized(_)) {
            self.credentials_refused().await;
        }
        Err(failure)
    }

    /// One attempt at a small answer, bounded as a whole.
    pub(crate) async fn get_once(&self, path: &str, accept: &str, alone: bool, deadline: Duration) -> Result<Bytes, Failure> {
        let work = async { collect(self.open_get(path, accept, alone).await?.into_body(), OBJECT_CAP).await };
        match timeout(deadline, work).await {
            Ok(done) => done,
            Err(_) => Err(Failure::Unreachable(sentence!("no whole answer within {n} s", n = deadline.as_secs_f32()))),
        }
    }

    /// A small answer, with repeats where they can help.
    pub(crate) async fn get_bytes(&self, path: &str, accept: &str) -> Result<Bytes, Failure> {
        let mut last = Failure::Unreachable(sentence!("not tried"));
        let mut renewed = false;
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            match self.get_once(path, accept, false, self.deadlines().read).await {
                Ok(bytes) => return Ok(bytes),
                Err(Failure::Busy { message, after }) if after <= PATIENCE => {
                    tokio::time::sleep(after).await;
                    last = Failure::Busy { message, after };
                }
                Err(e @ Failure::Unreachable(_)) => last = e,
                // A token may just have been replaced; once.
                Err(e @ Failure::Unauthorized(_)) if !renewed => {
                    renewed = true;
                    last = e;
                }
                Err(e) => return Err(e),
            }
        }
        Err(last)
    }

    async fn get_value(&self, path: &str, accept: &str) -> Result<Value, Failure> {
        let bytes = self.get_bytes(path, accept).await?;
        wire::json(&bytes).map_err(Failure::Invalid)
    }

    /// Version of the API server (`/version`, open to everybody).
    pub async fn version(&self) -> Result<ServerVersion, ReadError> {
        let v = self.get_value("/version", "application/json").await.map_err(|e| e.said(self.server()))?;
        let text = |k: &str| v.get(k).and_then(Value::as_str).unwrap_or_default().to_string();
        if text("gitVersion").is_empty() {
            return Err(Failure::Invalid(sentence!("no Kubernetes API server answers here")).said(self.server()));
        }
        let minor = text("minor").trim_end_matches('+').parse().unwrap_or(0);
        Ok(ServerVersion { git_version: text("gitVersion"), minor })
    }

    /// Who answers, read over the writer's stack: that also keeps its connection warm for the write that follows.
    pub(crate) async fn read_identity(&self) -> Result<ClusterIdentity, ReadError> {
        let what = "identity of the cluster";
        let mut last = Failure::Unreachable(sentence!("not tried"));
        // A kept connection may turn out to be dead; a GET may be tried again.
        for _ in 0..2 {
            let asked = Moment::now();
            let work = async {
                let request = Request::get(KUBE_SYSTEM)
                    .header(ACCEPT, METADATA)
                    .body(Full::new(Bytes::new()))
                    .map_err(|e| Failure::Invalid(Sentence::quoted(e)))?;
                let reply = self.send_once(request).await.map_err(|e| match e {
                    SendError::Credentials(why) => Failure::Unauthorized(why.said()),
                    e => Failure::Unreachable(e.said()),
                })?;
                let (parts, body) = reply.into_parts();
                if parts.status == StatusCode::UNAUTHORIZED {
                    self.credentials_refused().await;
                }
                let body = collect(body, OBJECT_CAP).await?;
                if parts.status.is_success() { Ok(body) } else { Err(failure_of(parts.status, &parts.headers, &body)) }
            };
            let got = timeout(self.deadlines().read, work).await;
            match got.unwrap_or_else(|_| Err(Failure::Unreachable(sentence!("no answer in time")))).and_then(|b| uid_of(&b)) {
                Ok(uid) => return Ok(self.identified(asked, uid)),
                // Somebody who sees one namespace only: server and authority are all there is to compare.
                Err(Failure::Forbidden(_)) => return Ok(self.identified(asked, String::new())),
                Err(e @ (Failure::Unauthorized(_) | Failure::Unreachable(_) | Failure::Busy { .. })) => last = e,
                Err(e) => return Err(e.said(what)),
            }
        }
        Err(last.said(what))
    }

    /// One heartbeat: the identity, over the reads' stack or a connection of its own.
    pub(crate) async fn beat(&self, alone: bool, deadline: Duration) -> Result<ClusterIdentity, Failure> {
        let asked = Moment::now();
        match self.get_once(KUBE_SYSTEM, METADATA, alone, deadline).await.and_then(|b| uid_of(&b)) {
            Ok(uid) => Ok(self.identified(asked, uid)),
            Err(Failure::Forbidden(_)) => Ok(self.identified(asked, String::new())),
            Err(e) => Err(e),
        }
    }

    /// Whether the kind is served; groups of Kubernetes itself are not asked for.
    pub(crate) async fn is_installed(&self, kind: Kind) -> Result<bool, Failure> {
        if kind.group().is_empty() {
            return Ok(true);
        }
        let known = crate::connect::lock(&self.installed).get(&kind).copied();
        if let Some((at, yes)) = known
            && at.elapsed() < DISCOVERY_AGE
        {
            return Ok(yes);
        }
        let path = format!("/apis/{}/{}", kind.group(), kind.version());
        let yes = match self.get_value(&path, "application/json").await {
            Ok(v) => v
                .get("resources")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(|r| r.get("name").and_then(Value::as_str) == Some(kind.plural()))),
            Err(Failure::NotFound(_)) => false,
            Err(e) => return Err(e),
        };
        crate::connect::lock(&self.installed).insert(kind, (Instant::now(), yes));
        Ok(yes)
    }
}

fn uid_of(bytes: &[u8]) -> Result<String, Failure> {
    let v = wire::json(bytes).map_err(Failure::Invalid)?;
    match v.pointer("/metadata/uid").and_then(Value::as_str) {
        Some(uid) if !uid.is_empty() => Ok(uid.to_string()),
        _ => Err(Failure::Invalid(sentence!("namespace kube-system has no uid"))),
    }
}

/// Encodes a value of a query.
pub(crate) fn query_value(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[async_trait]
impl Cluster for Connection {
    async fn identity(&self) -> Result<ClusterIdentity, ReadError> {
        self.read_identity().await
    }

    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ReadError> {
        // A Secret's values are nobody's business here, unless it is the record of a run.
        let accept = match id.kind == Kind::Secret && !id.name.starts_with(names::RECORD_PREFIX) {
            true => METADATA,
            false => "application/json",
        };
        match self.get_value(&id.path(), accept).await {
            Ok(v) if v.pointer("/metadata/name").and_then(Value::as_str) == Some(&id.name) => Ok(Some(v)),
            Ok(_) => Err(Failure::Invalid(sentence!("another object than the one asked for")).said(id.said())),
            Err(Failure::NotFound(_)) => Ok(None),
            Err(e) => Err(e.said(id.said())),
        }
    }

    async fn list(&self, kind: Kind, namespace: Option<&str>, labels: Option<&str>) -> Result<Vec<Value>, ReadError> {
        let mut path = collection_path(kind, namespace);
        if let Some(labels) = labels {
            path.push_str(&format!("?labelSelector={}", query_value(labels)));
        }
        let what = || match namespace {
            Some(ns) => format!("{} of {ns}", kind.plural()),
            None => kind.plural().to_string(),
        };
        let mut last = Failure::Unreachable(sentence!("not tried"));
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            match self.list_once(&path, kind).await {
                Ok(all) => return Ok(all),
                // 410: the version that the list was to be of was forgotten meanwhile. A new list is of a newer one.
                Err(e @ (Failure::Unreachable(_) | Failure::Unauthorized(_) | Failure::Gone(_))) => last = e,
                Err(Failure::Busy { message, after }) if after <= PATIENCE => {
                    tokio::time::sleep(after).await;
                    last = Failure::Busy { message, after };
                }
                Err(e) => return Err(e.said(what())),
            }
        }
        Err(last.said(what()))
    }

    async fn write(&self, expect: &ClusterIdentity, write: &Write, mode: Mode) -> Result<Value, WriteError> {
        self.write_once(expect, write, mode).await
    }

    async fn allowed(&self, access: &Access) -> Result<bool, ReadError> {
        let verb = serde_json::to_value(access.verb).unwrap_or_default();
        let what = || format!("permission to {} {}", verb.as_str().unwrap_or("?"), access.kind.plural());
        let mut attributes = json!({
            "verb": verb, "group": access.kind.group(), "version": access.kind.version(), "resource": access.kind.plural(),
        });
        for (key, value) in [("subresource", &access.subresource), ("namespace", &access.namespace), ("name", &access.name)] {
            if !value.is_empty() {
                attributes[key] = json!(value);
            }
        }
        let review =
            json!({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":attributes}});
        let mut last = Failure::Unreachable(sentence!("not tried"));
        // It changes nothing, so it may be asked again.
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            match timeout(self.deadlines().read, self.review(&review)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(e @ (Failure::Unreachable(_) | Failure::Unauthorized(_) | Failure::Busy { .. }))) => last = e,
                Ok(Err(e)) => return Err(e.said(what())),
                Err(_) => last = Failure::Unreachable(sentence!("no answer in time")),
            }
        }
        Err(last.said(what()))
    }

    async fn installed(&self, kind: Kind) -> Result<bool, ReadError> {
        self.is_installed(kind).await.map_err(|e| e.said(format!("api group {}", kind.group())))
    }

    async fn logs(&self, pod: &ObjectId, container: &str, lines: u32) -> Result<String, ReadError> {
        self.last_lines(pod, container, lines).await
    }
}

impl Connection {
    async fn list_once(&self, path: &str, kind: Kind) -> Result<Vec<Value>, Failure> {
        let deadline = Instant::now() + self.deadlines().list;
        let mut body = self.open_get(path, Json.accept(kind, false), false).await?.into_body();
        let mut items = Items::default();
        let mut all = Vec::new();
        let mut bad = None;
        while let Some(frame) = next_frame(&mut body, deadline, self.deadlines().idle).await? {
            items
                .feed(&frame, |bytes| match serde_json::from_slice::<Value>(bytes) {
                    Ok(v) => all.push(v),
                    Err(e) => bad = Some(e.to_string()),
                })
                .map_err(|e| Failure::Invalid(e.said()))?;
            if let Some(why) = bad {
                return Err(Failure::Invalid(sentence!("an object that is not JSON ({why})", why)));
            }
        }
        items.finish().map_err(|e| Failure::Invalid(e.said()))?;
        // Items of a list come without kind and apiVersion; whoever edits them as a manifest needs both.
        if !metadata_only(kind) {
            for v in &mut all {
                if let Some(o) = v.as_object_mut() {
                    o.entry("kind").or_insert_with(|| json!(kind.name()));
                    o.entry("apiVersion").or_insert_with(|| json!(kind.api_version()));
                }
            }
        }
        Ok(all)
    }

    async fn review(&self, review: &Value) -> Result<bool, Failure> {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(Body::from(review.to_string().into_bytes()))
            .map_err(|e| Failure::Invalid(Sentence::quoted(e)))?;
        let reply = self.send_read(request, false).await?;
        let (parts, body) = reply.into_parts();
        let body = collect(body, OBJECT_CAP).await?;
        if !parts.status.is_success() {
            return Err(failure_of(parts.status, &parts.headers, &body));
        }
        let v = wire::json(&body).map_err(Failure::Invalid)?;
        v.pointer("/status/allowed").and_then(Value::as_bool).ok_or_else(|| Failure::Invalid(sentence!("the review has no answer")))
    }
}

/// Next piece of a body; fails at the deadline or after `idle` without one.
pub(crate) async fn next_frame(body: &mut Body, deadline: Instant, idle: Duration) -> Result<Option<Bytes>, Failure> {
    loop {
        let until = deadline.min(Instant::now() + idle);
        let frame = match timeout_at(until, body.frame()).await {
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(e))) => return Err(Failure::Unreachable(sentence!("the answer broke off: {e}", e))),
            Err(_) if Instant::now() >= deadline => return Err(Failure::Unreachable(sentence!("the answer did not end in time"))),
            Err(_) => return Err(Failure::Unreachable(sentence!("the answer stalled for {n} s", n = idle.as_secs_f32()))),
        };
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}
