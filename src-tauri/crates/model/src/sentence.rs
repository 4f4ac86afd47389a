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
