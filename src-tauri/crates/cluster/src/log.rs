//! Logs of containers: the last lines, or a stream that goes on. Lines are cut out of the bytes here and made text.
//!
//! A line is kept up to [`LINE_CAP`]; of the rest the number of bytes is. So a server that never sends a newline costs as
//! much memory as one line.

use engine::ReadError;
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use model::{ObjectId, Sentence, sentence};

use crate::connect::Connection;
use crate::reads::query_value;
use crate::wire::Failure;

/// Longest line that is kept, in bytes: what a container runtime writes at once.
pub const LINE_CAP: usize = 16 << 10;

/// Most bytes of a log that is not followed. A followed one would end there.
const LIMIT: usize = 8 << 20;

/// What of a container's log is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogAsk {
    /// Container; empty = the only one.
    pub container: String,
    /// Goes on with what is written from now on, until the container ends.
    pub follow: bool,
    /// Of the container before the last restart.
    pub previous: bool,
    /// Last lines to begin with; `None` = all.
    pub tail: Option<u32>,
    /// Only what was written since then: to the second, as the API has it.
    pub since: Option<Timestamp>,
}

impl LogAsk {
    /// Path and query.
    pub(crate) fn path(&self, pod: &ObjectId, limit: usize) -> String {
        let mut query = vec![];
        if self.follow {
            query.push("follow=true".to_string());
        } else {
            query.push(format!("limitBytes={limit}"));
        }
        if self.previous {
            query.push("previous=true".into());
        }
        query.extend(self.tail.map(|n| format!("tailLines={n}")));
        query.extend(self.since.map(|at| format!("sinceTime={}", query_value(&at.to_string()))));
        if !self.container.is_empty() {
            query.push(format!("container={}", query_value(&self.container)));
        }
        format!("{}/log?{}", pod.path(), query.join("&"))
    }
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When the container runtime took it; `None` = the line bears no time (words of the kubelet).
    pub at: Option<Timestamp>,
    /// Text without the sequences that colour a terminal or move its cursor. What else is hidden in it is for whoever shows it.
    pub text: String,
    /// Bytes that were longer than [`LINE_CAP`] and are not there.
    pub cut: usize,
}

/// Why there is no log, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum LogError {
    /// 403.
    Refused(Sentence),
    /// There is none: the container has not started, was not started before, or the pod is gone. In the server's words.
    Missing(Sentence),
    /// No connection, or it broke off.
    Broken(Sentence),
}

impl LogError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            LogError::Refused(why) | LogError::Missing(why) | LogError::Broken(why) => why.clone(),
        }
    }
}

impl From<Failure> for LogError {
    fn from(f: Failure) -> Self {
        match f {
            Failure::Forbidden(why) => LogError::Refused(why),
            Failure::NotFound(why) | Failure::Invalid(why) => LogError::Missing(why),
            Failure::Unauthorized(why) | Failure::Gone(why) | Failure::Busy { message: why, .. } | Failure::Unreachable(why) => {
                LogError::Broken(why)
            }
        }
    }
}

/// A log that is being read.
pub struct LogStream {
    body: Body,
    lines: Lines,
}

impl LogStream {
    /// Reads on and hands over each line that became whole; false = that was the end. May be dropped at its await and called
    /// again.
    ///
    /// # Errors
    /// [`LogError::Broken`] when the stream breaks off.
    pub async fn next(&mut self, mut take: impl FnMut(LogLine)) -> Result<bool, LogError> {
        match self.body.frame().await {
            None => {
                self.lines.end().into_iter().for_each(take);
                Ok(false)
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    self.lines.feed(&data, &mut take);
                }
                Ok(true)
            }
            Some(Err(e)) => Err(LogError::Broken(sentence!("the answer broke off: {e}", e))),
        }
    }
}

impl Connection {
    /// Opens a log, with the time of each line; one attempt. A followed log answers with its first line: nobody knows how long
    /// that takes, and the caller may give up at any time.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn open_log(&self, pod: &ObjectId, ask: &LogAsk) -> Result<LogStream, LogError> {
        let path = format!("{}&timestamps=true", ask.path(pod, LIMIT));
        let reply = match ask.follow {
            true => self.open_get_patiently(&path, "*/*").await?,
            false => self.open_get(&path, "*/*", false).await?,
        };
        Ok(LogStream { body: reply.into_body(), lines: Lines::default() })
    }

    /// Last lines of a container's log as text, bounded.
    pub(crate) async fn last_lines(&self, pod: &ObjectId, container: &str, lines: u32) -> Result<String, ReadError> {
        let ask = LogAsk { container: container.into(), tail: Some(lines), ..LogAsk::default() };
        let bytes = self.get_bytes(&ask.path(pod, 1 << 20), "*/*").await.map_err(|e| e.said(format!("logs of {}", pod.said())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Cuts bytes into lines, wherever they were torn on their way.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
    cut: usize,
}

impl Lines {
    fn feed(&mut self, mut bytes: &[u8], take: &mut impl FnMut(LogLine)) {
        while let Some(at) = bytes.iter().position(|b| *b == b'\n') {
            self.keep(&bytes[..at]);
            take(self.line());
            bytes = &bytes[at + 1..];
        }
        self.keep(bytes);
    }

    /// What came after the last newline.
    fn end(&mut self) -> Option<LogLine> {
        (!self.begun.is_empty()).then(|| self.line())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_CAP - self.begun.len();
        self.begun.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.cut += bytes.len().saturating_sub(room);
    }

    fn line(&mut self) -> LogLine {
        let text = String::from_utf8_lossy(&self.begun);
        let timed = text.split_once(' ').and_then(|(at, rest)| Some((at.parse().ok()?, rest)));
        let (at, rest) = timed.map_or((None, &*text), |(at, rest)| (Some(at), rest));
        let line = LogLine { at, text: plain(rest), cut: self.cut };
        self.begun.clear();
        self.cut = 0;
        line
    }
}

/// Text without escape sequences (ECMA-48: CSI, OSC and the other strings, two-byte ones) and without a carriage return at its
/// end. A sequence that does not end goes with the rest of the line: on a terminal it would swallow that as well.
fn plain(text: &str) -> String {
    const ESC: char = '\u{1b}';
    const CSI: char = '\u{9b}';
    let text = text.trim_end_matches('\r');
    if !text.contains([ESC, CSI]) {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let begins = match c {
            ESC => rest.next(),
            CSI => Some('['),
            c => {
                out.push(c);
                continue;
            }
        };
        match begins {
            Some('[') => skip(&mut rest, |c| ('\u{40}'..='\u{7e}').contains(&c)),
            Some(']' | 'P' | 'X' | '^' | '_') => {
                let mut before = '\0';
                skip(&mut rest, |c| c == '\u{7}' || (std::mem::replace(&mut before, c) == ESC && c == '\\'));
            }
            // Intermediate bytes, then one that ends it.
            Some('\u{20}'..='\u{2f}') => skip(&mut rest, |c| !('\u{20}'..='\u{2f}').contains(&c)),
            _ => {}
        }
    }
    out
}

/// Passes everything up to the first character that ends it, and that one.
fn skip(rest: &mut std::str::Chars<'_>, ends: impl FnMut(char) -> bool) {
    rest.any(ends);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<LogLine> {
        let (mut lines, mut out) = (Lines::default(), vec![]);
        pieces.iter().for_each(|p| lines.feed(p, &mut |l| out.push(l)));
        out.extend(lines.end());
        out
    }

    #[test]
    fn lines_are_whole_wherever_their_bytes_are_torn() {
        let text = "2026-11-28T09:17:49.123456789Z GET /ready 200\n2026-11-28T09:17:50Z 주문 완료\nno time\n\nlast".as_bytes();
        let whole = lines(&[text]);
        let texts: Vec<&str> = whole.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(texts, ["GET /ready 200", "주문 완료", "no time", "", "last"]);
        assert_eq!(whole[0].at.map(|t| t.subsec_nanosecond()), Some(123_456_789));
        assert_eq!((whole[2].at, whole[4].at), (None, None));
        for at in 0..text.len() {
            assert_eq!(lines(&[&text[..at], &text[at..]]), whole, "torn at {at}");
        }
    }

    #[test]
    fn a_line_that_never_ends_is_cut_and_says_by_how_much() {
        let (mut l, mut out) = (Lines::default(), vec![]);
        for _ in 0..1_000 {
            l.feed(&[b'x'; 1 << 10], &mut |l| out.push(l));
            assert!(l.begun.capacity() <= 2 * LINE_CAP);
        }
        l.feed(b"\nnext\n", &mut |l| out.push(l));
        assert_eq!((out[0].text.len(), out[0].cut, out[1].text.as_str(), out[1].cut), (LINE_CAP, (1_000 << 10) - LINE_CAP, "next", 0));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(lines(&[b"a\xff\xfeb\xe2\x82\n"])[0].text, "a\u{fffd}\u{fffd}b\u{fffd}");
    }

    #[test]
    fn what_steers_a_terminal_is_gone() {
        let check = |text: &str, expect: &str| assert_eq!(plain(text), expect, "{text:?}");
        check("\u{1b}[1;31merror\u{1b}[0m: no\r", "error: no");
        check("a\u{1b}]0;title\u{7}b\u{1b}]8;;http://x\u{1b}\\c", "abc");
        check("\u{9b}2Jx\u{1b}(By\u{1b}cz", "xyz");
        check("cut \u{1b}[38;5", "cut ");
        check("cut \u{1b}", "cut ");
        check("tab\tand 색", "tab\tand 색");
    }

    #[test]
    fn only_a_log_that_ends_is_bounded_by_the_server() {
        let pod = ObjectId::new(model::Kind::Pod, "shop", "web-1");
        let ask = LogAsk { container: "web".into(), follow: true, tail: Some(50), ..LogAsk::default() };
        assert_eq!(ask.path(&pod, 9), "/api/v1/namespaces/shop/pods/web-1/log?follow=true&tailLines=50&container=web");
        let before = LogAsk { previous: true, since: "2026-11-28T09:17:49.5Z".parse().ok(), ..LogAsk::default() };
        let path = "/api/v1/namespaces/shop/pods/web-1/log?limitBytes=9&previous=true&sinceTime=2026-11-28T09%3A17%3A49.5Z";
        assert_eq!(before.path(&pod, 9), path);
    }
}
