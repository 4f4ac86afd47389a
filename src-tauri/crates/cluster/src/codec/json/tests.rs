use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn list_in(kind: Kind, chunks: &[&[u8]]) -> Result<(Vec<Item>, ListEnd), CodecError> {
    let mut decoder = Json.list(kind);
    let mut out = Vec::new();
    for chunk in chunks {
        decoder.feed(chunk, &mut out)?;
    }
    Ok((out, decoder.finish()?))
}

fn list(text: &str) -> Result<(Vec<Item>, ListEnd), CodecError> {
    list_in(Kind::Service, &[text.as_bytes()])
}

fn watch_in(chunks: &[&[u8]]) -> Result<Vec<Frame>, CodecError> {
    let mut decoder = Json.watch(Kind::Service);
    let mut out = Vec::new();
    for chunk in chunks {
        decoder.feed(chunk, &mut out)?;
    }
    Ok(out)
}

fn names(items: &[Item]) -> Vec<String> {
    items
        .iter()
        .map(|i| match i {
            Item::Object(o) => o.meta().name.clone(),
            Item::Unreadable { id, .. } => format!("?{}", id.as_ref().map_or("", |i| &i.name)),
        })
        .collect()
}

const TRICKY: &str = r#" {"kind":"ServiceList","x":{"items":[{"no":1}]},"y":"items","items" : [ {"metadata":{"name":"a","annotations":{"k":"}]\"\\"}}} ,{"metadata":{"name":"b","labels":{"items":"[{"}},"spec":{"ports":[]}}],
 "metadata":{"resourceVersion":"7","note":"한국어"}} "#;

#[test]
fn a_collection_is_cut_into_its_items_whatever_the_strings_hold() {
    let (items, end) = list(TRICKY).expect("decodes");
    assert_eq!(names(&items), ["a", "b"]);
    assert_eq!(end.resource_version, "7");
}

#[test]
fn every_single_cut_of_the_bytes_gives_the_same() {
    let whole = list(TRICKY).expect("decodes");
    for at in 0..=TRICKY.len() {
        let (a, b) = TRICKY.as_bytes().split_at(at);
        assert_eq!(list_in(Kind::Service, &[a, b]).expect("decodes"), whole, "cut at {at}");
    }
    let bytes: Vec<&[u8]> = TRICKY.as_bytes().chunks(1).collect();
    assert_eq!(list_in(Kind::Service, &bytes).expect("decodes"), whole);
}

#[test]
fn empty_collections_come_in_three_spellings() {
    for items in ["[]", "null", "[ ]"] {
        let (got, end) =
            list(&format!(r#"{{"kind":"ServiceList","metadata":{{"resourceVersion":"1"}},"items":{items}}}"#)).expect("decodes");
        assert!(got.is_empty());
        assert_eq!(end.resource_version, "1");
    }
}

#[test]
fn one_bad_object_spoils_only_itself() {
    let (items, _) = list(
        r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"bad","namespace":"n"},"spec":5},{"spec":{}},{"metadata":{"name":"c"}}]}"#,
    )
    .expect("decodes");
    assert_eq!(names(&items), ["a", "?bad", "?", "c"]);
}

#[test]
fn bytes_that_are_not_text_spoil_their_object_with_a_word() {
    let mut text = br#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"},"x":"#.to_vec();
    text.extend_from_slice(b"\"\xff\xfe\"}]}");
    let (items, _) = list_in(Kind::Service, &[&text]).expect("decodes");
    assert!(matches!(&items[0], Item::Unreadable { why, .. } if why.contains("UTF-8")), "{items:?}");
}

#[test]
fn what_no_api_server_sends_is_refused_in_words() {
    let check = |text: &str, expect: &str| {
        let err = list(text).expect_err(text).to_string();
        assert!(err.contains(expect), "{text}: {err}");
    };
    check("<!DOCTYPE html><html>", "HTML page");
    check("hello", "not JSON");
    check("", "empty answer");
    check(r#"{"kind":"ServiceList","items":[{"a":1}"#, "ends in the middle");
    check(r#"{"kind":"ServiceList","items":[]"#, "ends in the middle");
    check(r#"{"kind":"ServiceList","items":[3]}"#, "no object");
    check(r#"{"kind":"ServiceList","items":[],"items":[]}"#, "items twice");
    check(r#"{"kind":"ServiceList","items":[]}{"#, "more after the end");
    check(r#"{"kind":"Status","message":"no"}"#, "not a collection");
    check(r#"{"kind":"ServiceList","metadata":{"continue":"x"},"items":[]}"#, "a page");
}

#[test]
fn depth_object_envelope_and_frame_are_bounded() {
    let deep = format!(r#"{{"kind":"XList","items":[{}"#, "[".repeat(100).replacen('[', "{\"a\":[", 1));
    assert_eq!(list(&deep).expect_err("too deep"), CodecError::TooDeep);
    let deep = format!(r#"{{"kind":"XList","metadata":{}"#, "[".repeat(100));
    assert_eq!(list(&deep).expect_err("too deep"), CodecError::TooDeep);
    let endless = vec![b'x'; 64 << 10];
    let mut decoder = Json.list(Kind::Service);
    let mut out = Vec::new();
    decoder.feed(br#"{"kind":"ServiceList","items":[{"a":""#, &mut out).expect("so far");
    let err = (0..1000).find_map(|_| decoder.feed(&endless, &mut out).err()).expect("stops");
    assert!(matches!(err, CodecError::TooLarge { what: Piece::Object, .. }));
    let mut decoder = Json.list(Kind::Service);
    decoder.feed(br#"{"kind":""#, &mut out).expect("so far");
    assert!((0..1000).any(|_| matches!(decoder.feed(&endless, &mut out), Err(CodecError::TooLarge { .. }))));
    let mut decoder = Json.watch(Kind::Service);
    let mut out = Vec::new();
    decoder.feed(br#"{"type":""#, &mut out).expect("so far");
    assert!((0..1000).any(|_| matches!(decoder.feed(&endless, &mut out), Err(CodecError::TooLarge { what: Piece::Frame, .. }))));
}

const FRAMES: &str = r#"{"type":"ADDED","object":{"kind":"Service","metadata":{"name":"a","namespace":"n","resourceVersion":"1"}}}
{"object":{"metadata":{"name":"a","namespace":"n","resourceVersion":"2"}},"type":"DELETED"}

{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"3"}}}
{"type":"MODIFIED","object":{"metadata":{"name":"b","resourceVersion":"4"},"spec":"odd"}}
{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}
"#;

#[test]
fn frames_are_read_line_by_line_however_they_are_cut() {
    let whole = watch_in(&[FRAMES.as_bytes()]).expect("decodes");
    assert_eq!(whole.len(), 5);
    assert!(matches!(&whole[0], Frame::Upsert { item: Item::Object(_), resource_version } if resource_version == "1"));
    assert!(matches!(&whole[1], Frame::Remove { id, .. } if id.name == "a" && id.namespace == "n"));
    assert_eq!(whole[2], Frame::Bookmark { resource_version: "3".into() });
    assert!(matches!(&whole[3], Frame::Upsert { item: Item::Unreadable { .. }, resource_version } if resource_version == "4"));
    assert_eq!(whole[4], Frame::Error { code: 410, message: "too old".into() });
    for at in 0..=FRAMES.len() {
        let (a, b) = FRAMES.as_bytes().split_at(at);
        assert_eq!(watch_in(&[a, b]).expect("decodes"), whole, "cut at {at}");
    }
}

#[test]
fn a_watch_that_is_no_watch_is_refused_at_its_first_byte() {
    assert!(watch_in(&[b"<html>"]).expect_err("refused").to_string().contains("HTML page"));
    assert!(watch_in(&[b"{\"type\":\"NEW\",\"object\":{}}\n"]).is_err());
    assert!(watch_in(&[b"{\"type\":\"ADDED\"}\n"]).is_err());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from), ".*".prop_map(Value::from)];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("items|metadata|[a-z\"\\\\{}\\[\\]]{0,4}", inner, 0..4)
                .prop_map(|m| m.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn any_collection_is_cut_as_a_json_parser_would(extras in prop::collection::vec(value(), 0..8), pretty: bool, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let items: Vec<Value> = extras.iter().map(|e| json!({"metadata": {"name": "x"}, "extra": e})).collect();
        let whole = json!({"kind": "ThingList", "items": items, "metadata": {"resourceVersion": "9"}});
        let text = if pretty { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) }.expect("text");
        let mut at: Vec<usize> = cuts.iter().map(|i| i.index(text.len() + 1)).collect();
        at.extend([0, text.len()]);
        at.sort_unstable();
        let mut scanner = Items::default();
        let mut got = Vec::new();
        for pair in at.windows(2) {
            scanner.feed(&text.as_bytes()[pair[0]..pair[1]], |o| got.push(serde_json::from_slice::<Value>(o).expect("whole"))).expect("fed");
        }
        prop_assert_eq!(scanner.finish().expect("ends").resource_version, "9");
        prop_assert_eq!(got, items);
    }

    #[test]
    fn no_bytes_make_the_decoders_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), start in prop::sample::select(vec!["", "{\"kind\":\"XList\",\"items\":[{", "{\"type\":\"ADDED\",\"object\":{"])) {
        let mut all = start.as_bytes().to_vec();
        all.extend(bytes);
        let _ = list_in(Kind::Service, &[&all]);
        let _ = watch_in(&[&all, b"\n"]);
    }
}
