//! Sentences for people, made so that a front end can say them in its own language.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A sentence in English, and what it was made of: a front end that speaks another language looks its form up (as gettext
/// does with a `msgid`) and fills the same values in. Made by [`sentence!`](crate::sentence!).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sentence {
    /// In English.
    pub text: String,
    /// The same with the names of its values in place of them: `{kind} were not read ({why})`.
    pub form: String,
    /// The values by name: names of objects, numbers, and what a server said.
    pub with: BTreeMap<String, String>,
    /// Values that are whole sentences themselves, by name: what comes after a colon, or in brackets.
    pub parts: BTreeMap<String, Sentence>,
    /// What is said after it, each clause a sentence of its own; `text` holds them too.
    pub then: Vec<Sentence>,
}

impl Sentence {
    /// What somebody else said, in their words: a server, the system, a program. No catalogue knows it.
    pub fn quoted(words: impl fmt::Display) -> Self {
        crate::sentence!("{words}", words)
    }

    /// A length of time as people say it, in its largest unit: `4 s`, `12 min`, `3 d`.
    pub fn span(seconds: u64) -> Self {
        match seconds {
            172_800.. => crate::sentence!("{n} d", n = seconds / 86_400),
            7_200.. => crate::sentence!("{n} h", n = seconds / 3_600),
            120.. => crate::sentence!("{n} min", n = seconds / 60),
            _ => crate::sentence!("{n} s", n = seconds),
        }
    }

    /// A length of time to the second: `41 s`, `10 min`, `8 min 12 s`, `24 h`.
    pub fn lasting(seconds: u64) -> Self {
        match (seconds / 60, seconds % 60) {
            (0, s) => crate::sentence!("{n} s", n = s),
            (1, s) if s > 0 => crate::sentence!("{n} s", n = seconds),
            (m @ 120.., 0) if m % 60 == 0 => crate::sentence!("{n} h", n = m / 60),
            (m, 0) => crate::sentence!("{n} min", n = m),
            (m, s) => crate::sentence!("{m} min {s} s", m, s),
        }
    }

    /// This, and after a semicolon one that could stand alone. Grammar differs by language, so nothing smaller is put together.
    #[must_use]
    pub fn and(mut self, next: Self) -> Self {
        self.text.push_str("; ");
        self.text.push_str(&next.text);
        self.then.push(next);
        self
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Makes a [`Sentence`] of a form, in which every value has a name, and of the values: those that are variables of that name
/// are named alone. Values that are sentences themselves come last, after a semicolon. `cargo xtask codegen` collects the forms
/// from the sources for the catalogues of the window, and a form without a translation does not compile there.
///
/// ```
/// let why = "forbidden";
/// let said = model::sentence!("{kind} were not read ({why})", kind = "nodes", why);
/// assert_eq!(said.to_string(), "nodes were not read (forbidden)");
/// assert_eq!(said.with["kind"], "nodes");
/// assert_eq!(said.clone().and(model::sentence!("ask again")).to_string(), "nodes were not read (forbidden); ask again");
/// let held = model::sentence!("held after {seconds} s: {what}", seconds = 5; what = said);
/// assert_eq!(held.to_string(), "held after 5 s: nodes were not read (forbidden)");
/// assert_eq!(held.parts["what"].form, "{kind} were not read ({why})");
/// ```
#[macro_export]
macro_rules! sentence {
    ($form:literal $(, $name:ident $(= $value:expr)?)* $(; $($part:ident $(= $said:expr)?),+)? $(,)?) => {{
        #[allow(unused_mut)]
        let mut with = ::std::collections::BTreeMap::new();
        $(with.insert(::std::string::String::from(stringify!($name)), ($crate::sentence!(@of $name $($value)?)).to_string());)*
        #[allow(unused_mut)]
        let mut parts = ::std::collections::BTreeMap::<::std::string::String, $crate::Sentence>::new();
        $($(parts.insert(::std::string::String::from(stringify!($part)), $crate::sentence!(@of $part $($said)?));)+)?
        // The names are checked by the compiler, those of the form and those that are given.
        let text = ::std::format!($form $(, $name = with[stringify!($name)])* $($(, $part = parts[stringify!($part)])+)?);
        $crate::Sentence { text, form: ::std::string::String::from($form), with, parts, then: ::std::vec::Vec::new() }
    }};
    (@of $name:ident) => { $name };
    (@of $name:ident $value:expr) => { $value };
}

#[cfg(test)]
mod tests {
    use super::Sentence;

    #[test]
    fn a_length_of_time_is_said_in_its_largest_unit_or_to_the_second() {
        let spans = [4, 119, 120, 7_199, 7_200, 172_800].map(|s| Sentence::span(s).text);
        assert_eq!(spans, ["4 s", "119 s", "2 min", "119 min", "2 h", "2 d"]);
        let exact = [0, 59, 60, 90, 120, 492, 600, 86_400].map(|s| Sentence::lasting(s).text);
        assert_eq!(exact, ["0 s", "59 s", "1 min", "90 s", "2 min", "8 min 12 s", "10 min", "24 h"]);
    }
}
