//! JSON: a scanner that cuts a collection into objects while it arrives, and a watch into lines.

use model::{Kind, ObjectId};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Codec, CodecError, DEPTH_CAP, ENVELOPE_CAP, FRAME_CAP, Frame, Item, LIST_CAP, ListDecoder, ListEnd, OBJECT_CAP, Piece, WatchDecoder,
    metadata_only,
};
use crate::wire::{Status, looks_like};

/// The JSON encoding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Codec for Json {
    fn accept(&self, kind: Kind, watch: bool) -> &'static str {
        match (metadata_only(kind), watch) {
            (false, _) => "application/json",
            (true, false) => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            (true, true) => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        }
    }

    fn list(&self, kind: Kind) -> Box<dyn ListDecoder> {
        Box::new(List { kind, items: Items::default() })
    }

    fn watch(&self, kind: Kind) -> Box<dyn WatchDecoder> {
        Box::new(Watch { kind, line: Vec::new(), at: 0 })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the opening brace.
    Start,
    /// Between the items and around them.
    Envelope,
    /// In the array of items, between two of them.
    Between,
    /// In an item.
    Item,
    /// After the closing brace.
    End,
}

/// Cuts `{…,"items":[{…},{…}],…}` into its items; everything else is kept as the envelope.
pub(crate) struct Items {
    place: Place,
    at: u64,
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// Text of the string that is being read at the top level, if it may be a key.
    key: Vec<u8>,
    /// The next string at the top level is a key.
    key_next: bool,
    seen_items: bool,
    item: Vec<u8>,
    envelope: Vec<u8>,
}

impl Default for Items {
    fn default() -> Self {
        Self {
            place: Place::Start,
            at: 0,
            depth: 0,
            in_string: false,
            escaped: false,
            key: Vec::new(),
            key_next: false,
            seen_items: false,
            item: Vec::new(),
            envelope: Vec::new(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    kind: String,
    metadata: ListMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMeta {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

impl Items {
    /// Takes the next bytes; each whole object goes to `each`.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), CodecError> {
        let mut rest = bytes;
        while let Some((&b, tail)) = rest.split_first() {
            match self.place {
                Place::Item => {
                    let taken = self.within_item(rest, &mut each)?;
                    self.at += taken as u64;
                    rest = &rest[taken..];
                    continue;
                }
                Place::Start if b.is_ascii_whitespace() => {}
                Place::Start if b == b'{' => {
                    self.place = Place::Envelope;
                    self.depth = 1;
                    self.key_next = true;
                    self.envelope.push(b);
                }
                Place::Start => return Err(CodecError::Foreign(looks_like(rest))),
                Place::Envelope => self.envelope_byte(b)?,
                Place::Between => match b {
                    b'{' => {
                        self.place = Place::Item;
                        continue;
                    }
                    b']' => {
                        self.envelope.push(b);
                        self.place = Place::Envelope;
                        self.depth = 1;
                    }
                    b',' => {}
                    b if b.is_ascii_whitespace() => {}
                    _ => return Err(self.malformed("an item that is no object")),
                },
                Place::End if b.is_ascii_whitespace() => {}
                Place::End => return Err(self.malformed("more after the end")),
            }
            self.at += 1;
            if self.at > LIST_CAP {
                return Err(CodecError::TooLarge { what: Piece::Collection, cap: LIST_CAP });
            }
            rest = tail;
        }
        Ok(())
    }

    /// Ends a collection.
    pub fn finish(&mut self) -> Result<ListEnd, CodecError> {
        match self.place {
            Place::End => {}
            Place::Start => return Err(CodecError::Foreign(looks_like(b""))),
            Place::Item | Place::Between => return Err(CodecError::Truncated(Piece::Items)),
            Place::Envelope => return Err(CodecError::Truncated(Piece::Collection)),
        }
        let envelope: Envelope = serde_json::from_slice(&self.envelope).map_err(|e| self.malformed(&e.to_string()))?;
        if !envelope.kind.ends_with("List") || !self.seen_items && !envelope.metadata.next.is_empty() {
            return Err(self.malformed("not a collection"));
        }
        // No page size is ever asked for, so a rest that was held back would be missing in silence.
        if !envelope.metadata.next.is_empty() {
            return Err(self.malformed("the server sent a page in place of the collection"));
        }
        Ok(ListEnd { resource_version: envelope.metadata.resource_version })
    }

    fn malformed(&self, why: &str) -> CodecError {
        CodecError::Malformed { at: self.at, why: why.to_string() }
    }

    fn envelope_byte(&mut self, b: u8) -> Result<(), CodecError> {
        if self.envelope.len() >= ENVELOPE_CAP {
            return Err(CodecError::TooLarge { what: Piece::Envelope, cap: ENVELOPE_CAP as u64 });
        }
        self.envelope.push(b);
        if self.in_string {
            if self.escaped {
                self.escaped = false;
            } else if b == b'\\' {
                self.escaped = true;
            } else if b == b'"' {
                self.in_string = false;
                return Ok(());
            }
            if self.key_next && self.depth == 1 && self.key.len() < 8 {
                self.key.push(b);
            }
            return Ok(());
        }
        match b {
            b'"' => {
                self.in_string = true;
                if self.key_next && self.depth == 1 {
                    self.key.clear();
                }
            }
            b':' if self.depth == 1 => self.key_next = false,
            b',' if self.depth == 1 => self.key_next = true,
            b'[' if self.depth == 1 && !self.key_next && self.key == b"items" => {
                if self.seen_items {
                    return Err(self.malformed("items twice"));
                }
                self.seen_items = true;
                self.place = Place::Between;
            }
            b'{' | b'[' => self.deeper()?,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.place = Place::End;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), CodecError> {
        self.depth += 1;
        if self.depth > DEPTH_CAP { Err(CodecError::TooDeep) } else { Ok(()) }
    }

    /// Consumes bytes of an item up to its end or the end of `bytes`; returns how many.
    fn within_item(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> Result<usize, CodecError> {
        if self.item.is_empty() {
            self.depth = 0;
        }
        let mut taken = 0;
        let mut done = false;
        for &b in bytes {
            taken += 1;
            if self.in_string {
                match b {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match b {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.deeper()?,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        done = true;
                        break;
                    }
                }
                _ => {}
            }
        }
        if self.item.len() + taken > OBJECT_CAP {
            return Err(CodecError::TooLarge { what: Piece::Object, cap: OBJECT_CAP as u64 });
        }
        if self.at + taken as u64 > LIST_CAP {
            return Err(CodecError::TooLarge { what: Piece::Collection, cap: LIST_CAP });
        }
        match (done, self.item.is_empty()) {
            // The usual case: the object lies whole within what arrived.
            (true, true) => each(&bytes[..taken]),
            (true, false) => {
                self.item.extend_from_slice(&bytes[..taken]);
                each(&self.item);
                self.item.clear();
            }
            (false, _) => self.item.extend_from_slice(&bytes[..taken]),
        }
        if done {
            self.place = Place::Between;
        }
        Ok(taken)
    }
}

struct List {
    kind: Kind,
    items: Items,
}

impl ListDecoder for List {
    fn feed(&mut self, bytes: &[u8], out: &mut Vec<Item>) -> Result<(), CodecError> {
        let kind = self.kind;
        self.items.feed(bytes, |object| out.push(item(kind, object)))
    }

    fn finish(&mut self) -> Result<ListEnd, CodecError> {
        self.items.finish()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: NamedMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NamedMeta {
    name: String,
    namespace: String,
    resource_version: String,
}

fn item(kind: Kind, bytes: &[u8]) -> Item {
    let decoded = match std::str::from_utf8(bytes) {
        Ok(_) => kind.decode(bytes).map_err(|e| e.to_string()),
        Err(e) => Err(format!("byte {}: not UTF-8", e.valid_up_to())),
    };
    match decoded {
        Ok(object) if !object.meta().name.is_empty() => Item::Object(object),
        Ok(_) => Item::Unreadable { id: None, why: "an object without a name".into() },
        Err(why) => {
            let named = serde_json::from_slice::<Named>(bytes).unwrap_or_default().metadata;
            let id = (!named.name.is_empty()).then(|| ObjectId::new(kind, named.namespace, named.name));
            Item::Unreadable { id, why }
        }
    }
}

struct Watch {
    kind: Kind,
    line: Vec<u8>,
    at: u64,
}

#[derive(Deserialize)]
struct RawFrame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl WatchDecoder for Watch {
    fn feed(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), CodecError> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let (head, tail) = rest.split_at(end + 1);
            self.keep(head)?;
            let line = std::mem::take(&mut self.line);
            if !line.trim_ascii().is_empty() {
                out.push(frame(self.kind, &line, self.at)?);
            }
            self.line = line;
            self.line.clear();
            self.at += head.len() as u64;
            rest = tail;
        }
        self.keep(rest)
    }
}

impl Watch {
    fn keep(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        if self.line.len() + bytes.len() > FRAME_CAP {
            return Err(CodecError::TooLarge { what: Piece::Frame, cap: FRAME_CAP as u64 });
        }
        self.line.extend_from_slice(bytes);
        // Foreign text need not fill the cap before it is called so.
        match self.line.trim_ascii_start().first() {
            Some(b) if *b != b'{' => Err(CodecError::Foreign(looks_like(&self.line))),
            _ => Ok(()),
        }
    }
}

fn frame(kind: Kind, line: &[u8], at: u64) -> Result<Frame, CodecError> {
    let malformed = |why: String| CodecError::Malformed { at, why };
    check_depth(line)?;
    let text = std::str::from_utf8(line).map_err(|_| malformed("not UTF-8".into()))?;
    let raw: RawFrame<'_> = serde_json::from_str(text).map_err(|e| malformed(e.to_string()))?;
    let object = raw.object.get();
    if raw.kind == "ERROR" {
        let status: Status = serde_json::from_str(object).map_err(|e| malformed(e.to_string()))?;
        return Ok(Frame::Error { code: status.code, message: status.words() });
    }
    let meta = || serde_json::from_str::<Named>(object).map(|n| n.metadata).map_err(|e| malformed(e.to_string()));
    match raw.kind {
        "ADDED" | "MODIFIED" => {
            let item = item(kind, object.as_bytes());
            let resource_version = match &item {
                Item::Object(o) => o.meta().resource_version.clone(),
                Item::Unreadable { .. } => meta()?.resource_version,
            };
            Ok(Frame::Upsert { item, resource_version })
        }
        "DELETED" => {
            let m = meta()?;
            Ok(Frame::Remove { id: ObjectId::new(kind, m.namespace, m.name), resource_version: m.resource_version })
        }
        "BOOKMARK" => Ok(Frame::Bookmark { resource_version: meta()?.resource_version }),
        other => Err(malformed(format!("frame of type {:?}", crate::wire::clip(other)))),
    }
}

fn check_depth(line: &[u8]) -> Result<(), CodecError> {
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for &b in line {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                // One level is the frame's own.
                if depth > DEPTH_CAP + 1 {
                    return Err(CodecError::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
