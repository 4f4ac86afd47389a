//! What travels over HTTP: bounded bodies, and what a status other than 200 means.

use std::time::Duration;

use bytes::Bytes;
use engine::ReadError;
use http::StatusCode;
use http_body_util::BodyExt;
use model::{Sentence, sentence};
use serde::Deserialize;

use crate::road::RoadError;

/// Why a request gave nothing. Finer than [`ReadError`]: the watches tell these apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 401.
    Unauthorized(Sentence),
    /// 403.
    Forbidden(Sentence),
    /// 404.
    NotFound(Sentence),
    /// 410: the resourceVersion is too old.
    Gone(Sentence),
    /// 429, 503: come back later.
    Busy { message: Sentence, after: Duration },
    /// No connection, silence, or another 5xx.
    Unreachable(Sentence),
    /// Not what a Kubernetes API server sends.
    Invalid(Sentence),
}

impl Failure {
    pub fn said(self, what: impl Into<String>) -> ReadError {
        let what = what.into();
        match self {
            Failure::Unauthorized(message) => ReadError::Unauthorized { what, message },
            Failure::Forbidden(message) => ReadError::Forbidden { what, message },
            Failure::Busy { message, .. } | Failure::Gone(message) | Failure::Unreachable(message) => {
                ReadError::Unreachable { what, message }
            }
            Failure::NotFound(message) | Failure::Invalid(message) => ReadError::Invalid { what, message },
        }
    }

    pub fn message(&self) -> &Sentence {
        match self {
            Failure::Unauthorized(m) | Failure::Forbidden(m) | Failure::NotFound(m) | Failure::Gone(m) => m,
            Failure::Busy { message: m, .. } | Failure::Unreachable(m) | Failure::Invalid(m) => m,
        }
    }
}

/// `metav1.Status`, as much as is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub kind: String,
    pub message: String,
    pub reason: String,
    pub code: u16,
    pub details: Option<StatusDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StatusDetails {
    pub causes: Option<Vec<Cause>>,
    pub name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cause {
    pub message: String,
    pub field: String,
}

impl Status {
    /// The server's words, with the causes that are not in the message already; bounded.
    pub fn words(&self) -> String {
        let mut out = clip(&self.message);
        for c in self.details.iter().flat_map(|d| d.causes.iter().flatten()) {
            // A hundred thousand causes are not compared with one another.
            if out.len() > WORDS_CAP {
                break;
            }
            if !c.message.is_empty() && !out.contains(&c.message) {
                out.push_str(&format!("; {}: {}", clip(&c.field), clip(&c.message)));
            }
        }
        clip(&out)
    }
}

/// Text of a server is cut there, in characters.
const WORDS_CAP: usize = 4096;

/// Cuts text of a server at 4,096 characters.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(WORDS_CAP) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

/// An answer that is no Kubernetes object says what it looks like.
pub(crate) fn looks_like(body: &[u8]) -> Sentence {
    let start = body.trim_ascii_start();
    if start.first() == Some(&b'<') {
        return sentence!("an HTML page: a login page or a proxy answers in place of the API server");
    }
    if start.is_empty() {
        return sentence!("an empty answer");
    }
    if start.starts_with(&[0x1f, 0x8b]) {
        return sentence!("compressed bytes, which were not asked for");
    }
    if start.starts_with(b"k8s\0") {
        return sentence!("protobuf, which was not asked for");
    }
    if std::str::from_utf8(&start[..start.len().min(16)]).is_err_and(|e| e.error_len().is_some()) {
        return sentence!("bytes that are not text");
    }
    sentence!("text that is not JSON")
}

/// Reads a JSON answer; says what it is when it is none, and where it breaks when it is one.
pub(crate) fn json(body: &[u8]) -> Result<serde_json::Value, Sentence> {
    serde_json::from_slice(body).map_err(|e| match body.trim_ascii_start().first() {
        // The reader's words name places and never quote: nothing of the body gets into a message.
        Some(b'{' | b'[') => sentence!("JSON that cannot be read ({e})", e),
        _ => looks_like(body),
    })
}

/// Decodes a `Status`; `None` when the body is something else.
pub(crate) fn status_of(body: &[u8]) -> Option<Status> {
    serde_json::from_slice::<Status>(body).ok().filter(|s| s.kind == "Status")
}

/// The server's words, or what it sent in place of them.
pub(crate) fn message_of(status: StatusCode, decoded: Option<&Status>, body: &[u8]) -> Sentence {
    match decoded {
        Some(s) if !s.message.is_empty() => Sentence::quoted(s.words()),
        _ if body.is_empty() => sentence!("HTTP {status}", status),
        _ => sentence!("HTTP {status}, {what}", status; what = looks_like(body)),
    }
}

/// What an HTTP status other than 2xx means for a read.
pub(crate) fn failure_of(status: StatusCode, headers: &http::HeaderMap, body: &[u8]) -> Failure {
    let decoded = status_of(body);
    let message = message_of(status, decoded.as_ref(), body);
    let of_kubernetes = decoded.is_some();
    match status.as_u16() {
        300..=399 => {
            let to = headers.get(http::header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("elsewhere");
            Failure::Invalid(sentence!("HTTP {status} to {to}: redirects are not followed", status, to = clip(to)))
        }
        401 => Failure::Unauthorized(message),
        403 => Failure::Forbidden(message),
        // A 404 that is not a Status comes from something in between, and says nothing about the object.
        404 if of_kubernetes || body.trim_ascii() == b"404 page not found" => Failure::NotFound(message),
        410 => Failure::Gone(message),
        429 | 503 => Failure::Busy { message, after: retry_after(headers) },
        500..=599 => Failure::Unreachable(message),
        _ => Failure::Invalid(message),
    }
}

/// What is told of an answer with this HTTP status and this body: the words that a read gives. Public for those who look
/// whether there is a body that does harm.
pub fn said_of(status: u16, body: &[u8]) -> String {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    failure_of(status, &http::HeaderMap::new(), body).message().to_string()
}

/// `Retry-After` in seconds, at most 30: a server may not put us to sleep for an hour. Garbage counts as 1 s.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Duration {
    let seconds = headers.get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse::<u64>().ok());
    Duration::from_secs(seconds.unwrap_or(1).min(30))
}

/// Reads a whole body of at most `cap` bytes.
pub(crate) async fn collect<B>(mut body: B, cap: usize) -> Result<Bytes, Failure>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut all: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Failure::Unreachable(sentence!("the answer broke off: {e}", e)))?;
        let Ok(data) = frame.into_data() else { continue };
        if all.len() + data.len() > cap {
            return Err(Failure::Invalid(sentence!("the answer is larger than {n} MiB", n = cap >> 20)));
        }
        all.extend_from_slice(&data);
    }
    Ok(all.into())
}

/// An error for people: our own words where one of its causes is ours, else [`chain`].
pub(crate) fn told(e: &(dyn std::error::Error + 'static)) -> Sentence {
    let mut next = Some(e);
    while let Some(e) = next {
        if let Some(ours) = e.downcast_ref::<RoadError>().and_then(RoadError::said) {
            return ours;
        }
        // An I/O error that carries another one leads to that.
        let inner = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = inner.map(|i| i as &(dyn std::error::Error + 'static)).or_else(|| e.source());
    }
    Sentence::quoted(chain(e))
}

/// An error with its causes in one line, without saying one thing twice.
pub(crate) fn chain(e: &(dyn std::error::Error + 'static)) -> String {
    let mut out = words(e);
    let mut next = e.source();
    while let Some(e) = next {
        let text = words(e);
        if !out.contains(&text) {
            out.push_str(": ");
            out.push_str(&text);
        }
        next = e.source();
    }
    clip(&out)
}

/// The words with which rustls begins every error about the server's certificate, and so do we where its own say too little:
/// a front end tells by them a server that is not trusted from one that does not answer.
pub const UNTRUSTED: &str = "invalid peer certificate";

/// An error's own text; where rustls gives the name of a variant alone, what that means.
fn words(e: &(dyn std::error::Error + 'static)) -> String {
    use rustls::CertificateError::{BadSignature, UnknownIssuer};
    // An I/O error that carries another one says what that says.
    if let Some(inner) = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        return words(inner);
    }
    match e.downcast_ref::<rustls::Error>() {
        // Which of the two it is depends only on whether the right authority has the wrong one's name.
        Some(rustls::Error::InvalidCertificate(BadSignature | UnknownIssuer)) => {
            format!("{UNTRUSTED}: the server's certificate is not signed by an authority that this context trusts")
        }
        _ => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, header: Option<(&'static str, &'static str)>, body: &str, expect: fn(&Failure) -> bool) {
        let headers = header.into_iter().map(|(k, v)| (http::HeaderName::from_static(k), http::HeaderValue::from_static(v))).collect();
        let got = failure_of(StatusCode::from_u16(status).expect("a status"), &headers, body.as_bytes());
        assert!(expect(&got), "{status} {body:?} gave {got:?}");
    }

    #[test]
    fn each_status_has_one_meaning() {
        let not_found = r#"{"kind":"Status","message":"services \"web\" not found","reason":"NotFound","code":404}"#;
        check(404, None, not_found, |f| matches!(f, Failure::NotFound(m) if m.text.contains("web")));
        check(404, None, "404 page not found\n", |f| matches!(f, Failure::NotFound(_)));
        check(404, None, "<html>", |f| matches!(f, Failure::Invalid(m) if m.text.contains("HTML page")));
        check(302, Some(("location", "https://login")), "", |f| matches!(f, Failure::Invalid(m) if m.text.contains("https://login")));
        check(429, Some(("retry-after", "3600")), "", |f| matches!(f, Failure::Busy { after, .. } if after.as_secs() == 30));
        check(429, Some(("retry-after", "soon")), "", |f| matches!(f, Failure::Busy { after, .. } if after.as_secs() == 1));
        check(504, None, "", |f| matches!(f, Failure::Unreachable(_)));
        check(401, None, "", |f| matches!(f, Failure::Unauthorized(_)));
        check(410, None, "", |f| matches!(f, Failure::Gone(_)));
    }
}
