//! Where text goes: standard output and standard error, safe for a terminal and for a closed pipe.
//!
//! Text from a cluster may hold anything. Control and bidirectional characters are shown, not sent, so that an
//! annotation cannot move the cursor or rewrite a line.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

/// Colours that are used. Colour is never the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Stands out.
    Strong,
    /// Steps back.
    Dim,
    /// Wrong.
    Bad,
    /// To be looked at.
    Warn,
    /// As wanted.
    Good,
}

// Private-use characters stand for colours until the line is written; text that holds them can only colour itself.
const MARKS: [(Ink, char, &str); 5] = [
    (Ink::Strong, '\u{f7e1}', "\x1b[1m"),
    (Ink::Dim, '\u{f7e2}', "\x1b[2m"),
    (Ink::Bad, '\u{f7e3}', "\x1b[31m"),
    (Ink::Warn, '\u{f7e4}', "\x1b[33m"),
    (Ink::Good, '\u{f7e5}', "\x1b[32m"),
];
const END: char = '\u{f7e0}';

/// Marks text with a colour.
pub fn ink(ink: Ink, text: &str) -> String {
    let mark = MARKS.iter().find(|m| m.0 == ink).map_or(END, |m| m.1);
    format!("{mark}{text}{END}")
}

/// Columns that text takes once written: colour marks take none.
pub fn width(text: &str) -> usize {
    text.chars().filter(|c| !('\u{f7e0}'..='\u{f7e5}').contains(c)).count()
}

/// A line as it is written: nothing in it moves a cursor, colours only where wanted.
fn render(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == END {
            out.push_str(if colour { "\x1b[0m" } else { "" });
        } else if let Some(m) = MARKS.iter().find(|m| m.1 == c) {
            out.push_str(if colour { m.2 } else { "" });
        } else if c == '\n' || c == '\t' {
            out.push(c);
        } else if c.is_control() || is_bidi(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Standard output. Once the reader is gone nothing more is written, and nothing fails: a run goes on without its listener.
pub struct Out {
    to: Box<dyn Write + Send>,
    colour: bool,
    closed: bool,
}

impl Out {
    /// Standard output; colours on a terminal, unless they are not wanted.
    pub fn stdout(no_color: bool) -> Self {
        let colour = !no_color && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && io::stdout().is_terminal();
        Self { to: Box::new(io::stdout()), colour, closed: false }
    }

    /// Anything else, without colours.
    #[cfg(test)]
    pub fn to(to: impl Write + Send + 'static) -> Self {
        Self { to: Box::new(to), colour: false, closed: false }
    }

    /// A line for people.
    pub fn line(&mut self, text: &str) {
        let line = render(text, self.colour);
        self.put(line.as_bytes());
    }

    /// Whether its reader is gone.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// A value for programs, on one line. Sentences are plain English in it.
    pub fn json(&mut self, value: &Value) {
        self.put(english(value.clone()).to_string().as_bytes());
    }

    /// Text as it is (a plan file).
    pub fn raw(&mut self, text: &str) {
        self.put(text.trim_end_matches('\n').as_bytes());
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.closed {
            return;
        }
        let done = self.to.write_all(bytes).and_then(|()| self.to.write_all(b"\n")).and_then(|()| self.to.flush());
        self.closed = done.is_err();
    }
}

/// A line on standard error, where errors and questions go. Never fails.
pub fn say(text: &str) {
    let mut line = render(text, false);
    line.push('\n');
    // Nobody is there to be told that standard error is closed.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Fields of a `SentenceView`.
const SENTENCE: [&str; 5] = ["text", "form", "with", "parts", "then"];

/// The value with the text of each sentence in its place: whoever reads it by program looks up no form.
fn english(value: Value) -> Value {
    match value {
        Value::Object(mut map) if map.len() == SENTENCE.len() && SENTENCE.iter().all(|key| map.contains_key(*key)) => {
            map.remove("text").unwrap_or_default()
        }
        Value::Object(map) => map.into_iter().map(|(key, v)| (key, english(v))).collect(),
        Value::Array(all) => all.into_iter().map(english).collect(),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_plain_text_for_programs() {
        let said = |text| crate::text::tests::said(text);
        let finding =
            serde_json::json!({"code": "paused", "message": said("is paused"), "remedy": said(""), "steps": [{"title": said("t")}]});
        let expect = serde_json::json!({"code": "paused", "message": "is paused", "remedy": "", "steps": [{"title": "t"}]});
        assert_eq!(english(finding), expect);
    }

    #[test]
    fn text_from_a_cluster_cannot_move_the_cursor() {
        assert_eq!(render("a\x1b[2Jb\u{202e}c\rd", true), "a\\u{1b}[2Jb\\u{202e}c\\u{d}d");
    }

    #[test]
    fn colours_are_dropped_where_they_are_not_wanted() {
        let text = ink(Ink::Bad, "no");
        assert_eq!(render(&text, false), "no");
        assert_eq!(render(&text, true), "\x1b[31mno\x1b[0m");
        assert_eq!(width(&text), 2);
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut out = Out::to(Gone);
        out.line("first");
        out.line("second");
        assert!(out.closed);
    }
}
