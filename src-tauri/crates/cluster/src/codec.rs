//! From bytes to slim objects, while the bytes arrive. The seam for another encoding: JSON now, protobuf later.
//!
//! Bounded for anything a server sends: one object 2 MiB, a watch frame 4 MiB, a collection 1 GiB, nesting 64, and the
//! part of a collection around its items 1 MiB. What is bounded fails with a word, never by memory.
//!
//! Adding an encoding: 1. one file with a [`Codec`]; 2. let `Connection` choose it by kind.

mod json;

use model::{Kind, Object, ObjectId, Sentence, sentence};

pub(crate) use json::Items;
pub use json::Json;

/// Largest object in a collection.
pub const OBJECT_CAP: usize = 2 << 20;
/// Largest watch frame.
pub const FRAME_CAP: usize = 4 << 20;
/// Largest collection.
pub const LIST_CAP: u64 = 1 << 30;
/// Deepest nesting.
pub const DEPTH_CAP: u32 = 64;
/// Largest envelope of a collection: all but its items.
pub const ENVELOPE_CAP: usize = 1 << 20;

/// What is wrong with the bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum CodecError {
    /// They are not of this encoding at all.
    Foreign(Sentence),
    /// They break its rules.
    Malformed {
        /// Position in the answer.
        at: u64,
        /// What was expected.
        why: String,
    },
    /// Larger than is ever legal.
    TooLarge {
        /// What is.
        what: Piece,
        /// The limit in bytes.
        cap: u64,
    },
    /// Nested deeper than is ever legal.
    TooDeep,
    /// It ended in the middle.
    Truncated(Piece),
}

/// A part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// One object of a collection.
    Object,
    /// A collection.
    Collection,
    /// The items of a collection.
    Items,
    /// What stands around them.
    Envelope,
    /// A line of a watch.
    Frame,
}

impl CodecError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            CodecError::Foreign(what) => what.clone(),
            CodecError::Malformed { at, why } => sentence!("byte {at}: {why}", at, why),
            CodecError::TooLarge { what, cap } => sentence!("{what} is larger than {cap} bytes", cap; what = what.said()),
            CodecError::TooDeep => sentence!("nested deeper than {n} levels", n = DEPTH_CAP),
            CodecError::Truncated(what) => sentence!("the answer ends in the middle of {what}"; what = what.said()),
        }
    }
}

impl Piece {
    fn said(self) -> Sentence {
        match self {
            Piece::Object => sentence!("an object"),
            Piece::Collection => sentence!("the collection"),
            Piece::Items => sentence!("its items"),
            Piece::Envelope => sentence!("the part around the items"),
            Piece::Frame => sentence!("a watch frame"),
        }
    }
}

/// An object of a collection or watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Decoded.
    Object(Object),
    /// One that could not be; it spoils only itself.
    Unreadable {
        /// Which, when at least that could be read.
        id: Option<ObjectId>,
        /// Why.
        why: String,
    },
}

/// The end of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListEnd {
    /// Where a watch goes on.
    pub resource_version: String,
}

/// One frame of a watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// ADDED or MODIFIED.
    Upsert {
        /// Object.
        item: Item,
        /// Where a watch goes on.
        resource_version: String,
    },
    /// DELETED.
    Remove {
        /// Object.
        id: ObjectId,
        /// Where a watch goes on.
        resource_version: String,
    },
    /// BOOKMARK: nothing happened up to here.
    Bookmark {
        /// Where a watch goes on.
        resource_version: String,
    },
    /// ERROR: the watch is over.
    Error {
        /// HTTP code within the frame; 410 = too old.
        code: u16,
        /// The server's words.
        message: String,
    },
}

/// Decodes a collection piece by piece.
pub trait ListDecoder: Send {
    /// Takes the next bytes; whole objects go to `out`.
    fn feed(&mut self, bytes: &[u8], out: &mut Vec<Item>) -> Result<(), CodecError>;
    /// The bytes are over.
    fn finish(&mut self) -> Result<ListEnd, CodecError>;
}

/// Decodes the frames of a watch piece by piece.
pub trait WatchDecoder: Send {
    /// Takes the next bytes; whole frames go to `out`.
    fn feed(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), CodecError>;
}

/// An encoding of the Kubernetes API.
pub trait Codec: Send + Sync {
    /// `Accept` for a collection or a watch of the kind.
    fn accept(&self, kind: Kind, watch: bool) -> &'static str;
    /// Decoder of a collection.
    fn list(&self, kind: Kind) -> Box<dyn ListDecoder>;
    /// Decoder of a watch.
    fn watch(&self, kind: Kind) -> Box<dyn WatchDecoder>;
}

/// Kinds of which only the metadata is ever asked for, so that their values never reach this process.
pub fn metadata_only(kind: Kind) -> bool {
    matches!(kind, Kind::Secret | Kind::ConfigMap)
}
