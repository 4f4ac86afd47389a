//! What a run writes into its journal. The state of a run is the fold of its entries (`view`), nothing else.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use model::{ObjectId, Sentence, Write, sentence};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ports::{JournalError, WriteError};

/// Version of the entries' format. An entry of another version is refused, never interpreted (I12).
pub const SCHEMA: u32 = 1;

/// What is said: a code, by which programs and the run itself tell it from others, and the sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Said {
    /// What is said: `ready-of`.
    pub code: String,
    /// In words.
    pub sentence: Sentence,
}

impl Said {
    /// From both.
    pub fn new(code: &str, sentence: Sentence) -> Self {
        Self { code: code.to_string(), sentence }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence.fmt(f)
    }
}

/// [`Said`] as it lies in the journal. What was written before forms were kept is the English with its values, and stays that.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    code: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, String>,
    text: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    form: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    parts: BTreeMap<String, Sentence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    then: Vec<Sentence>,
}

impl From<Kept> for Said {
    fn from(k: Kept) -> Self {
        Self { code: k.code, sentence: Sentence { text: k.text, form: k.form, with: k.params, parts: k.parts, then: k.then } }
    }
}

impl From<Said> for Kept {
    fn from(Said { code, sentence: s }: Said) -> Self {
        Self { code, params: s.with, text: s.text, form: s.form, parts: s.parts, then: s.then }
    }
}

/// An entry, as it lies in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Wall clock.
    pub at: Timestamp,
    /// What happened; all of them became durable at once.
    pub events: Vec<Event>,
}

impl Entry {
    /// Of this version.
    pub fn of(at: Timestamp, events: Vec<Event>) -> Self {
        Self { schema: SCHEMA, at, events }
    }

    /// As it goes into the journal of that run.
    pub fn to_json(&self, run: &str) -> Result<Value, JournalError> {
        serde_json::to_value(self).map_err(|e| JournalError::Write { path: run.to_string(), why: e.to_string() })
    }
}

/// Which way a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Towards the plan's end.
    Run,
    /// Back.
    Undo,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Event {
    /// A process took the run.
    Started {
        /// Epoch of this claim; every write of an earlier one is fenced off.
        epoch: u64,
        /// Hash of the plan.
        plan: String,
        /// Who drives it from here on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Whom it was taken over from, and why: in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        taken: Option<Said>,
    },
    /// The run went on elsewhere: from here on it is what these entries of its record say, whatever this journal thought.
    Adopted {
        /// Entries of the record.
        entries: Vec<Value>,
    },
    /// Somebody else drives it from here on; this journal knows no more of it.
    TakenOver {
        /// Who.
        by: String,
    },
    /// A step begins, or is gone on with after a restart.
    StepBegan {
        /// Step.
        step: String,
        /// Which way.
        direction: Direction,
    },
    /// A gate waits for approval.
    GateReached {
        /// Step.
        step: String,
        /// Gate.
        gate: String,
    },
    /// A write is about to be sent.
    Intent {
        /// Number of the write within the run, from 1.
        n: u64,
        /// Step.
        step: String,
        /// Which way.
        direction: Direction,
        /// Try within the step, from 1.
        attempt: u32,
        /// The write.
        write: Write,
        /// What is needed to take it back and is not in the write: the whole object before a delete.
        pre_image: Option<Value>,
        /// Raises the epoch only, to shut out write `n` whose outcome is unknown; or removes our marks.
        purpose: Purpose,
    },
    /// How the write ended.
    Outcome {
        /// Number.
        n: u64,
        /// Result.
        result: Outcome,
    },
    /// An unknown outcome is unknown no more.
    Settled {
        /// Number of the write that was unknown.
        n: u64,
        /// It landed, with these values; `None` = it did not and cannot any more (a create: see `dangling`).
        landed: Option<Stored>,
        /// A create that may still land, as nothing holds its name.
        dangling: bool,
    },
    /// Something worth keeping was seen.
    Observed {
        /// Step.
        step: String,
        /// What.
        said: Said,
    },
    /// A step is done.
    StepDone {
        /// Step.
        step: String,
        /// What it leaves for others.
        receipt: Receipt,
    },
    /// A step is taken back.
    StepUndone {
        /// Step.
        step: String,
    },
    /// Somebody is needed.
    Held {
        /// Why, the facts, the choices.
        hold: Hold,
    },
    /// Somebody chose.
    Chosen {
        /// What.
        choice: Choice,
    },
    /// Somebody approved a gate.
    Approved {
        /// Gate.
        gate: String,
    },
    /// It shall go back.
    BackOutAsked {
        /// Why.
        why: Said,
    },
    /// The way back failed.
    Stuck {
        /// What failed.
        error: Said,
        /// Commands that repair by hand.
        repair: Vec<String>,
    },
    /// The run is over.
    Ended {
        /// How.
        end: End,
    },
}

/// What a write is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The step's own change.
    Step,
    /// To shut out an earlier write whose outcome is unknown.
    Fence,
    /// To remove our marks.
    Tidy,
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Outcome {
    /// Stored.
    Applied {
        /// What the server holds now of what was written.
        stored: Stored,
    },
    /// Not stored.
    Failed {
        /// Why; `Unknown` needs settling.
        error: WriteError,
    },
}

/// What the server holds of what was written: later writes test this, not what was sent (values are normalised).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stored {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// Epoch annotation.
    pub epoch: Option<String>,
    /// It has no annotations at all: the next one needs their map made first.
    #[serde(default)]
    pub bare: bool,
    /// Values at the edited paths, in the order of the edits; of a created object the one field of `change::made_at`.
    pub values: Vec<Option<Value>>,
}

/// What a step leaves for the steps after it and for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "receipt", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Receipt {
    /// It was so already, or there is nothing to remember.
    Nothing,
    /// Values were written.
    Written {
        /// Objects.
        objects: Vec<ObjectId>,
    },
    /// An object exists.
    Created {
        /// Object.
        object: ObjectId,
        /// Its uid.
        uid: String,
    },
    /// Pods were there.
    Ready {
        /// Ready pods.
        pods: u32,
    },
    /// Every pod answered.
    Answered {
        /// Pods.
        pods: u32,
    },
    /// Approved.
    Approved,
    /// Traffic moved.
    Switched {
        /// The proof: slices, or slices and probes.
        proof: Said,
        /// The operator went on without full proof.
        unproven: bool,
    },
    /// Stood the soak.
    Soaked {
        /// Seconds.
        seconds: u32,
    },
}

/// Code of what is said of a Service that selects both colours ([`HoldCode::BothColours`], or met as a contradiction).
pub const BOTH_COLOURS: &str = "both-colours";

/// Why a run needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldCode {
    /// Somebody else changed what the plan is about.
    Contradiction,
    /// A live Service selects both colours at once.
    BothColours,
    /// The proof that traffic moved could not be had.
    EvidenceMissing,
    /// The cluster does not answer.
    Unreachable,
    /// Credentials are refused, or a right was withdrawn.
    NotAllowed,
    /// Neither colour has enough ready pods.
    BothSick,
    /// Something still selects the pods that shall go.
    StillSelected,
    /// A wait after the cutover, or for an earlier revision that was written back, failed or took longer than its deadline:
    /// no reason to move traffic, or to write the version that was left, by itself.
    TakesLong,
    /// The run stops here because it was told to.
    Until,
    /// The server refuses a write for good.
    Refused,
    /// It was taken over in the middle: who did looks first, then goes on or back.
    TakenOver,
}

/// An answer to a hold.
///
/// *Overwrite* and *re-pin* are good for the facts that were shown, once: what is changed after that is asked about anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Look again and go on.
    Retry,
    /// Go on without it.
    GoOn,
    /// Write what this run says over what is there (guarded by what is there now).
    Overwrite,
    /// Write the selector of this run back over the one that selects both colours.
    RePin,
    /// Leave what is there and count the step as undone.
    Leave,
    /// Undo everything.
    BackOut,
}

impl Choice {
    /// As it is typed.
    pub fn code(self) -> &'static str {
        match self {
            Choice::Retry => "retry",
            Choice::GoOn => "go-on",
            Choice::Overwrite => "overwrite",
            Choice::RePin => "re-pin",
            Choice::Leave => "leave",
            Choice::BackOut => "back-out",
        }
    }
}

impl std::str::FromStr for Choice {
    type Err = UnknownChoice;
    fn from_str(s: &str) -> Result<Self, UnknownChoice> {
        [Choice::Retry, Choice::GoOn, Choice::Overwrite, Choice::RePin, Choice::Leave, Choice::BackOut]
            .into_iter()
            .find(|c| c.code() == s)
            .ok_or_else(|| UnknownChoice(s.to_string()))
    }
}

/// No such choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub struct UnknownChoice(pub String);

impl UnknownChoice {
    /// For people.
    pub fn said(&self) -> Sentence {
        sentence!("choice {choice}: not known", choice = self.0)
    }
}

/// Why a run is held, and what can be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hold {
    /// Why.
    pub code: HoldCode,
    /// Step.
    pub step: String,
    /// In words.
    pub said: Said,
    /// Three versions of what contradicts.
    pub facts: Vec<ThreeWay>,
    /// What can be done; the first is advised.
    pub choices: Vec<Choice>,
    /// Set while going back: why.
    pub undoing: Option<Said>,
}

/// One field with three versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThreeWay {
    /// Object.
    pub object: ObjectId,
    /// JSON pointer; empty = the whole object.
    pub path: String,
    /// As the run expected to find it.
    pub before: Option<Value>,
    /// As it is.
    pub live: Option<Value>,
    /// As the run would have it.
    pub after: Option<Value>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "end", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum End {
    /// Every step is done.
    Done,
    /// Everything is undone.
    BackedOut,
    /// Refused before anything was written.
    Failed {
        /// Why.
        error: Said,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_with_a_field_that_is_not_known_is_refused() {
        let ok = json!({"schema":1,"at":"2026-11-22T10:00:00Z","events":[{"event":"started","epoch":1,"plan":"h"}]});
        assert!(serde_json::from_value::<Entry>(ok.clone()).is_ok());
        let mut more = ok.clone();
        more["events"][0]["extra"] = json!(1);
        assert!(serde_json::from_value::<Entry>(more).is_err());
        let mut other = ok;
        other["events"][0]["event"] = json!("exploded");
        assert!(serde_json::from_value::<Entry>(other).is_err());
    }

    #[test]
    fn what_is_said_keeps_its_form_and_is_read_where_none_was_kept() {
        let why = model::sentence!("{object}: not found", object = "service shop/web");
        let said = Said::new("held", model::sentence!("held: {why}"; why));
        let kept = serde_json::to_value(&said).expect("a value");
        assert_eq!(serde_json::from_value::<Said>(kept).expect("reads"), said);
        let old = json!({"code":"gone","params":{"object":"Service/shop/web"},"text":"service shop/web: not found"});
        let old: Said = serde_json::from_value(old).expect("reads");
        assert_eq!((old.to_string(), old.sentence.form), ("service shop/web: not found".to_string(), String::new()));
        assert!(serde_json::from_value::<Said>(json!({"code":"gone","text":"t","extra":1})).is_err());
    }

    #[test]
    fn choices_are_read_as_they_are_written() {
        for c in [Choice::Retry, Choice::GoOn, Choice::Overwrite, Choice::RePin, Choice::Leave, Choice::BackOut] {
            assert_eq!(c.code().parse(), Ok(c));
        }
    }
}
