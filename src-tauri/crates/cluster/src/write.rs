//! Guarded writes: sent once, classified by what the API server really says.
//!
//! Seen on Kubernetes 1.37: a failed `test` is 422 with empty details, a stale resourceVersion 409; validation, policy
//! and strict decoding are 422 with causes or a message of their own. After a 5xx, a timeout or a reset nobody knows.

use bytes::Bytes;
use engine::{Mode, WriteError};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::Full;
use model::kind::collection_path;
use model::{ClusterIdentity, Sentence, Write, names, sentence};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::connect::{Connection, SendError};
use crate::wire::{self, Status, collect, message_of, retry_after, status_of};

/// One object with its managedFields stays well below.
const ANSWER_CAP: usize = 8 << 20;
/// An identity that is at most one heartbeat and its answer old is not read again before a write.
const FRESH: Duration = Duration::from_secs(4);
/// What the server says when a `test` of a JSON patch does not hold; it never says which one.
const TEST_FAILED: &str = "the server rejected our request due to an error in our request";

impl Connection {
    /// See `engine::Cluster::write`.
    pub(crate) async fn write_once(&self, expect: &ClusterIdentity, write: &Write, mode: Mode) -> Result<Value, WriteError> {
        let object = write.object().said();
        let not_sent = |message: Sentence| WriteError::NotSent { object: object.clone(), message };
        let request = request(write, mode).map_err(|e| not_sent(Sentence::quoted(e)))?;
        // Before the identity is asked for: a locked context shall not even wait for an answer.
        let uri = request.uri();
        self.policy().check(request.method(), uri.path(), uri.query()).map_err(|e| not_sent(e.said()))?;
        let now = match self.identity_within(FRESH) {
            Some(id) => id,
            None => self.read_identity().await.map_err(|e| not_sent(e.said()))?,
        };
        if now != *expect {
            return Err(not_sent(mismatch(expect, &now)));
        }
        let deadline = Instant::now() + self.deadlines().write;
        let unknown = |message: Sentence| WriteError::Unknown { object: object.clone(), message };
        let reply = match tokio::time::timeout_at(deadline, self.send_once(request)).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(SendError::Lost(why))) => return Err(unknown(why)),
            Ok(Err(other)) => return Err(not_sent(other.said())),
            // Dropping the request closes its connection.
            Err(_) => return Err(unknown(sentence!("no answer within {n} s", n = self.deadlines().write.as_secs_f32()))),
        };
        let (parts, body) = reply.into_parts();
        for text in warnings(&parts.headers) {
            self.warned(&object, text);
        }
        let body = match tokio::time::timeout_at(deadline, collect(body, ANSWER_CAP)).await {
            Ok(Ok(body)) => body,
            Ok(Err(e)) => return Err(unknown(sentence!("HTTP {status}, {what}", status = parts.status; what = e.message().clone()))),
            Err(_) => return Err(unknown(sentence!("HTTP {status}, and the answer did not end in time", status = parts.status))),
        };
        if parts.status == StatusCode::UNAUTHORIZED {
            // Not repeated, but the next one gets a new token where there is one.
            self.credentials_refused().await;
        }
        classify(write, parts.status, &parts.headers, &body, object)
    }
}

fn mismatch(expect: &ClusterIdentity, now: &ClusterIdentity) -> Sentence {
    if expect.uid != now.uid {
        return sentence!("another cluster answers: uid {now} in place of {expected}", now = now.uid, expected = expect.uid);
    }
    if expect.server != now.server {
        return sentence!("another server: {now} in place of {expected}", now = now.server, expected = expect.server);
    }
    sentence!("the context trusts another certificate authority than before")
}

/// The HTTP request of a write.
fn request(write: &Write, mode: Mode) -> Result<Request<Full<Bytes>>, http::Error> {
    let dry = if mode == Mode::DryRun { "&dryRun=All" } else { "" };
    let object = write.object();
    let manager = match write {
        Write::Create { .. } => names::MANAGER_CREATE,
        Write::Scale { .. } => names::MANAGER_SCALE,
        Write::Patch { .. } | Write::Delete { .. } => names::MANAGER_ROLLOUT,
    };
    let namespace = Some(object.namespace.as_str()).filter(|n| !n.is_empty());
    let (method, path, kind, body) = match write {
        Write::Create { manifest, .. } => (Method::POST, collection_path(object.kind, namespace), "application/json", manifest.to_string()),
        Write::Delete { uid, resource_version, .. } => {
            let preconditions = json!({"uid":uid,"resourceVersion":resource_version});
            let policy = if object.kind.rolls() { "Foreground" } else { "Background" };
            let mut options = json!({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":policy,"preconditions":preconditions});
            if mode == Mode::DryRun {
                // With a body the server ignores the query; the query is what the policy reads.
                options["dryRun"] = json!(["All"]);
            }
            (Method::DELETE, object.path(), "application/json", options.to_string())
        }
        Write::Patch { .. } | Write::Scale { .. } => {
            let below = if matches!(write, Write::Scale { .. }) { "/scale" } else { "" };
            let patch = Value::Array(write.json_patch().unwrap_or_default());
            (Method::PATCH, format!("{}{below}", object.path()), "application/json-patch+json", as_go_writes(&patch))
        }
    };
    let query = match method {
        Method::DELETE => dry.trim_start_matches('&').to_string(),
        _ => format!("fieldManager={manager}&fieldValidation=Strict{dry}"),
    };
    let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
    Request::builder().method(method).uri(uri).header(CONTENT_TYPE, kind).header(ACCEPT, "application/json").body(Full::from(body))
}

fn classify(write: &Write, status: StatusCode, headers: &HeaderMap, body: &[u8], object: String) -> Result<Value, WriteError> {
    let decoded = status_of(body);
    let message = message_of(status, decoded.as_ref(), body);
    let refused = |message: Sentence| WriteError::Refused { object: object.clone(), status: status.as_u16(), message };
    let precondition = |message: Sentence| WriteError::Precondition { object: object.clone(), message };
    match status.as_u16() {
        // Somebody may say yes who is not an API server.
        200..=299 => {
            wire::json(body).map_err(|why| WriteError::Unknown { object, message: sentence!("HTTP {status}, {what}", status; what = why) })
        }
        // Already gone is what a delete wants, as long as it is the API server that says so.
        404 if matches!(write, Write::Delete { .. }) && decoded.as_ref().is_some_and(|s| s.reason == "NotFound") => Ok(Value::Null),
        // A name that is taken is a precondition too: the engine looks whether its own earlier try holds it.
        409 if matches!(write, Write::Create { .. }) => Err(precondition(sentence!("the name is taken: {message}"; message))),
        409 => Err(precondition(message)),
        422 if decoded.as_ref().is_some_and(is_failed_test) => Err(precondition(message)),
        // Who asks is known before anything is done.
        401 => Err(WriteError::NotSent { object, message: sentence!("not signed in, not applied: {message}"; message) }),
        429 => {
            let after = retry_after(headers).as_secs();
            Err(WriteError::NotSent {
                object,
                message: message.and(sentence!("the server is busy, not applied, retry after {after} s", after)),
            })
        }
        300..=399 => Err(WriteError::Unknown { object, message: sentence!("HTTP {status}: redirects are not followed", status) }),
        // Anybody on the road may say no (a login page, a gateway): of the write only the API server can tell.
        400..=499 if decoded.is_some() => Err(refused(message)),
        _ => Err(WriteError::Unknown { object, message }),
    }
}

/// Empty details and the general sentence: a `test` did not hold. Anything more specific is a refusal.
fn is_failed_test(s: &Status) -> bool {
    let bare = s.details.as_ref().is_none_or(|d| d.causes.as_ref().is_none_or(Vec::is_empty) && d.name.is_empty());
    bare && s.message.starts_with(TEST_FAILED)
}

/// Texts of `Warning: 299 - "…"` headers.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let mut out = Vec::new();
    for value in headers.get_all(http::header::WARNING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        // Several may stand in one header: 299 - "a", 299 - "b".
        let mut rest = text.as_ref();
        while let Some(start) = rest.find("299 ") {
            let Some(open) = rest[start..].find('"').map(|i| start + i + 1) else { break };
            let mut end = open;
            let bytes = rest.as_bytes();
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            out.push(crate::wire::clip(&rest[open..end.min(rest.len())].replace("\\\"", "\"")));
            rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
        }
    }
    out
}

/// JSON with `<`, `>`, `&` and two line ends as escapes, as Go writes it. The API server compares the value of a `test` with its
/// own JSON byte by byte (evanphx/json-patch, seen on v1.37.2): a template with `a && b` in it would never be the one that was seen.
fn as_go_writes(value: &Value) -> String {
    // Outside of strings there are none of these.
    let mut text = value.to_string();
    for (plain, escape) in [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")] {
        if text.contains(plain) {
            text = text.replace(plain, escape);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use model::{Guard, Kind, ObjectId};

    use super::*;

    fn web() -> ObjectId {
        ObjectId::new(Kind::Deployment, "shop", "web")
    }

    fn patch() -> Write {
        Write::Patch {
            object: web(),
            uid: "u".into(),
            guard: Guard::Epoch("1".into()),
            epoch: None,
            make_annotations: false,
            edits: vec![],
        }
    }

    fn kind_of(write: &Write, status: u16, body: &str) -> String {
        let status = StatusCode::from_u16(status).expect("a status");
        match classify(write, status, &HeaderMap::new(), body.as_bytes(), "x".into()) {
            Ok(v) => format!("ok {v}"),
            Err(e) => format!("{e:?}").split([' ', '{']).next().unwrap_or_default().to_string(),
        }
    }

    #[test]
    fn answers_are_classified_as_the_real_server_means_them() {
        let delete = Write::Delete { object: web(), uid: "u".into(), resource_version: "7".into() };
        let create = Write::Create { object: web(), manifest: json!({}) };
        let failed_test = r#"{"kind":"Status","message":"the server rejected our request due to an error in our request","reason":"Invalid","details":{},"code":422}"#;
        let invalid = r#"{"kind":"Status","message":"Deployment \"web\" is invalid","reason":"Invalid","details":{"name":"web","causes":[{"message":"too long","field":"spec.x"}]},"code":422}"#;
        let policy = r#"{"kind":"Status","message":"denied request: no","reason":"Invalid","details":{},"code":422}"#;
        let taken = r#"{"kind":"Status","message":"deployments.apps \"web\" already exists","reason":"AlreadyExists","details":{"name":"web"},"code":409}"#;
        let not_found = r#"{"kind":"Status","message":"not found","reason":"NotFound","code":404}"#;
        let unauthorized = r#"{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}"#;
        for (write, status, body, expect) in [
            (&patch(), 200, "{}", "ok {}"),
            (&patch(), 422, failed_test, "Precondition"),
            (&patch(), 409, "{}", "Precondition"),
            (&patch(), 422, invalid, "Refused"),
            (&patch(), 422, policy, "Refused"),
            (&patch(), 404, not_found, "Refused"),
            (&delete, 404, not_found, "ok null"),
            (&delete, 404, "<html>", "Unknown"),
            (&delete, 409, "{}", "Precondition"),
            (&create, 409, taken, "Precondition"),
            (&create, 403, taken, "Refused"),
            (&patch(), 401, unauthorized, "NotSent"),
            (&patch(), 403, "<html>", "Unknown"),
            (&patch(), 302, "", "Unknown"),
            (&patch(), 429, "", "NotSent"),
            (&patch(), 500, "", "Unknown"),
            (&patch(), 504, "", "Unknown"),
            (&patch(), 200, "<html>", "Unknown"),
        ] {
            assert_eq!(kind_of(write, status, body), expect, "{status} {body}");
        }
    }

    #[test]
    fn what_go_escapes_is_escaped_and_means_the_same() {
        let value = serde_json::json!({"a": "x && y > z < \\ \u{2028}\u{2029} 한", "<": 1});
        let text = as_go_writes(&value);
        assert!(
            !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) && text.contains("x \\u0026\\u0026 y") && text.contains('한'),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).expect("is JSON"), value);
    }

    #[test]
    fn every_write_names_its_manager_is_strict_and_a_dry_run_says_so_everywhere() {
        let r = request(&patch(), Mode::Commit).expect("a request");
        let uri = "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=changeover-rollout&fieldValidation=Strict";
        assert_eq!(r.uri().to_string(), uri);
        assert_eq!(request(&patch(), Mode::DryRun).expect("a request").uri().to_string(), format!("{uri}&dryRun=All"));
        let scale = Write::Scale { object: web(), uid: "u".into(), resource_version: None, from: 0, to: 1 };
        assert!(request(&scale, Mode::Commit).expect("a request").uri().path().ends_with("/deployments/web/scale"));
        let delete = Write::Delete { object: web(), uid: "u".into(), resource_version: "7".into() };
        assert_eq!(request(&delete, Mode::Commit).expect("a request").uri().query(), None);
        assert_eq!(request(&delete, Mode::DryRun).expect("a request").uri().query(), Some("dryRun=All"));
    }

    #[test]
    fn warnings_are_taken_out_of_their_headers() {
        let mut h = HeaderMap::new();
        h.append("warning", r#"299 - "unknown field \"spec.x\"", 299 - "b""#.parse().expect("a header"));
        h.append("warning", r#"299 k8s "c"#.parse().expect("a header"));
        assert_eq!(warnings(&h), ["unknown field \"spec.x\"", "b", "c"]);
    }
}
