//! Reading an answer: how it ends, and who it says it is from. Never more than the cap of it.

use bytes::{Bytes, BytesMut};
use engine::ports::AnsweredBy;
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Body;
use serde_json::Value;

use crate::BODY_CAP;

/// An answer, as far as it was read.
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
    pub headers: HeaderMap,
    /// The error that ended the body early.
    pub cut: Option<String>,
}

/// Reads a body up to the cap. Does not end by itself on a body without an end that never reaches the cap: the caller
/// sets the time.
pub async fn read<B>(response: http::Response<B>) -> Answer
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + 'static,
{
    let (parts, mut body) = response.into_parts();
    let mut kept = BytesMut::new();
    let mut cut = None;
    while kept.len() < BODY_CAP {
        match body.frame().await {
            None => break,
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    kept.extend_from_slice(&data[..data.len().min(BODY_CAP - kept.len())]);
                }
            }
            Some(Err(error)) => {
                cut = Some(format!("cut after {} bytes ({})", kept.len(), chain(&error)));
                break;
            }
        }
    }
    Answer { status: parts.status.as_u16(), body: kept.freeze(), headers: parts.headers, cut }
}

/// Who answered, as far as the answer says: headers first, then the fields of a JSON object.
pub fn answered_by(headers: &HeaderMap, body: &[u8]) -> Option<AnsweredBy> {
    let json: Option<Value> = if body.trim_ascii_start().starts_with(b"{") { serde_json::from_slice(body).ok() } else { None };
    let field = |header: &str, name: &str| {
        let of_header = headers.get(header).and_then(|value| value.to_str().ok());
        let text = of_header.or_else(|| json.as_ref()?.get(name)?.as_str())?;
        Some(clean(text, 128)).filter(|text| !text.is_empty())
    };
    let by = AnsweredBy { pod: field("x-pod", "pod"), version: field("x-version", "version"), color: field("x-color", "color") };
    (by != AnsweredBy::default()).then_some(by)
}

/// Text from elsewhere, fit for one line: control and bidi characters out, and no longer than this many characters.
pub fn clean(text: &str, most: usize) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut kept: String = text.chars().filter(|c| !hidden(*c)).take(most + 1).collect();
    if kept.chars().count() > most {
        kept = kept.chars().take(most.saturating_sub(1)).chain(['…']).collect();
    }
    kept
}

/// An error with its causes, the innermost last, each said once; without the HTTP client's own words for "did not work".
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut first = error;
    while (first.is::<reqwest::Error>() || first.is::<hyper_util::client::legacy::Error>())
        && let Some(cause) = first.source()
    {
        first = cause;
    }
    let mut said = first.to_string();
    let mut next = first.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        next = cause.source();
    }
    clean(&said, 240)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_before_the_body() {
        let mut headers = HeaderMap::new();
        headers.insert("x-version", "v2".parse().expect("value"));
        let by = answered_by(&headers, br#" {"version":"v1","color":"green","pod":"web-1","more":[1]}"#).expect("says who");
        assert_eq!((by.version.as_deref(), by.color.as_deref(), by.pod.as_deref()), (Some("v2"), Some("green"), Some("web-1")));
        assert_eq!(answered_by(&HeaderMap::new(), b"NOW: 2026"), None);
        assert_eq!(answered_by(&HeaderMap::new(), b"{\"version\":"), None);
    }

    #[test]
    fn hostile_text_is_made_visible_and_short() {
        assert_eq!(clean("a\u{1b}[31m\u{202e}b\0", 10), "a[31mb");
        assert_eq!(clean(&"x".repeat(500), 5), "xxxx…");
    }
}
