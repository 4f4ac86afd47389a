//! Servers that answer with what no API server sends: each is told in words, and what they get us to hold stays below the caps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{Cluster, Mode, ReadError, WriteError};
use model::Kind;

use crate::loopback_tests::*;
use crate::*;

/// What lies in the sockets' buffers on the way, at most.
const ON_THE_WAY: usize = 16 << 20;

fn ok(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut all = format!("HTTP/1.1 200 x\r\n{headers}\r\n").into_bytes();
    all.extend_from_slice(body.as_ref());
    all
}

fn sized(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    ok(&format!("content-length: {}\r\n", body.len()), body)
}

/// Nested so deep that a recursive reader would overflow its stack.
fn deep(open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(200_000), close.repeat(200_000))
}

/// Reads and writes once at a server that gives these bytes and hangs up; what is said of each.
async fn told(bytes: Vec<u8>) -> (String, String) {
    let served = bytes.clone();
    let read = connect(serve(move |_, _, _| Reply::Last(served.clone())).await).await.get(&web()).await;
    let writes = Arc::new(AtomicUsize::new(0));
    let seen = writes.clone();
    let port = serve(move |method, _, _| match method {
        "GET" => kube_system(),
        _ => {
            seen.fetch_add(1, Ordering::SeqCst);
            Reply::Last(bytes.clone())
        }
    });
    let wrote = connect(port.await).await.write(&us(), &patch(), Mode::Commit).await;
    assert_eq!(writes.load(Ordering::SeqCst), 1, "a write is sent once");
    let read = read.err().map(|e| e.to_string()).unwrap_or_default();
    (read, wrote.err().map(|e| e.to_string()).unwrap_or_default())
}

async fn check(bytes: Vec<u8>, expect: &str) {
    let (read, wrote) = told(bytes).await;
    for said in [read, wrote] {
        assert!(said.contains(expect) && said.len() < 6_000, "{said}\n{expect}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_object_are_told_apart() {
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x63, 0x60];
    check(ok("content-encoding: gzip\r\ncontent-length: 12\r\n", bomb), "compressed bytes, which were not asked for").await;
    check(
        ok("content-type: application/vnd.kubernetes.protobuf\r\nconnection: close\r\n", b"k8s\0\x0a\xff\xff\xff\xff\x0f"),
        "protobuf, which",
    )
    .await;
    check(ok("content-type: text/html\r\nconnection: close\r\n", "<!doctype html><title>Hotel Wi-Fi"), "an HTML page").await;
    check(sized(deep("[", "]")), "JSON that cannot be read (recursion limit exceeded").await;
    check(sized(deep("{\"a\":", "}")), "JSON that cannot be read (recursion limit exceeded").await;
    check(sized(b"{\"metadata\":{\"name\":\"\xff\xfe\"}}"), "JSON that cannot be read (invalid unicode code point").await;
    check(sized("{\"metadata\":{\"name\":\"we"), "JSON that cannot be read (EOF while parsing a string").await;
    check(sized(""), "an empty answer").await;
    check(sized("\0\0\0\0"), "text that is not JSON").await;
    check(sized([0xff; 64]), "bytes that are not text").await;
}

#[tokio::test]
async fn a_body_of_another_type_is_read_for_what_it_is() {
    let bytes = ok("content-type: text/plain; charset=koi8-r\r\nconnection: close\r\n", r#"{"metadata":{"name":"web"}}"#);
    assert_eq!(told(bytes).await, (String::new(), String::new()));
}

#[tokio::test]
async fn framing_that_lies_is_an_answer_that_broke_off() {
    let object = r#"{"metadata":{"name":"web"}}"#;
    let chunked = |body: &str| ok("transfer-encoding: chunked\r\n", body);
    for bytes in [
        ok("content-length: 1000\r\n", object),
        ok("content-length: 18446744073709551615\r\n", object),
        chunked("1b\r\n{\"metadata\""),
        chunked("zz\r\n{}\r\n0\r\n\r\n"),
        chunked("fffffffffffffffff\r\n{}"),
        chunked("7fffffffffffffff\r\n{}"),
        chunked(&format!("1b;{}\r\n{object}\r\n0\r\n\r\n", "x".repeat(1 << 20))),
        chunked(&format!("1b\r\n{object}\r\n0\r\n{}", "x: y\r\n".repeat(100_000))),
    ] {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(90)]).into_owned();
        let (read, wrote) = told(bytes).await;
        assert!(read.contains("the answer broke off") || read.contains("client error"), "{shown}: {read}");
        assert!(wrote.contains("the answer broke off") || wrote.contains("client error"), "{shown}: {wrote}");
    }
    // What comes after the length that was told belongs to no answer, and is not taken for the next one.
    let next = AtomicUsize::new(0);
    let port = serve(move |_, _, _| match next.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Raw(format!(
            "HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n{object}HTTP/1.1 404 x\r\ncontent-length: 0\r\n\r\n",
            object.len()
        )),
        _ => Reply::Json(200, object.into()),
    });
    let conn = connect(port.await).await;
    for _ in 0..3 {
        assert!(matches!(conn.get(&web()).await, Ok(Some(_))));
    }
}

#[tokio::test]
async fn heads_that_are_none_or_too_large_are_refused() {
    for head in [
        "SSH-2.0-OpenSSH_9.9\r\n".to_string(),
        "HTTP/1.1 20 x\r\n\r\n".into(),
        "HTTP/1.1 200 x\r\nno colon here\r\n\r\n".into(),
        format!("HTTP/1.1 200 x\r\nx: {}\r\n\r\n{{}}", "y".repeat(1 << 20)),
        format!("HTTP/1.1 200 x\r\n{}\r\n{{}}", "x: y\r\n".repeat(10_000)),
        "HTTP/1.1 200 x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".into(),
        "HTTP/1.1 200 x\r\ncontent-length: -1\r\n\r\n{}".into(),
    ] {
        check(head.into_bytes(), "client error").await;
    }
}

/// Reads an object, a collection and a watch from a server that repeats a piece for ever; what is said, and what it sent.
async fn flooded(head: &str, piece: &str) -> (Vec<String>, usize) {
    let out = Arc::new(AtomicUsize::new(0));
    let (head, piece, counted) = (head.as_bytes().to_vec(), piece.as_bytes().to_vec(), out.clone());
    let list = r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[]}"#;
    let port = serve(move |_, path, _| match path {
        p if p.ends_with("/v1/services") => Reply::Json(200, list.into()),
        _ => Reply::Flood(head.clone(), piece.clone(), counted.clone()),
    })
    .await;
    let mut said = Vec::new();
    let mut most = 0;
    let mut measure = |result: String| {
        said.push(result);
        most = most.max(out.swap(0, Ordering::SeqCst));
    };
    // What ends it is its cap: a slow machine may take its time until then.
    let patient = Duration::from_secs(120);
    let deadlines = Deadlines { read: patient, list: patient, ..quick() };
    let conn = connect_within(port, &WritePolicy::writable(), kubeconfig::Login::None, deadlines).await;
    measure(conn.get(&web()).await.expect_err("flooded").to_string());
    measure(conn.list(Kind::Pod, None, None).await.expect_err("flooded").to_string());
    let mut feed = watch(conn, &[Kind::Service], &Namespaces::All);
    let broken = async {
        loop {
            if let FeedEvent::Kind(Kind::Service, KindState::Broken { why, .. }) = feed.next().await.expect("goes on") {
                return why.text;
            }
        }
    };
    measure(tokio::time::timeout(patient, broken).await.expect("in time"));
    (said, most)
}

#[tokio::test]
async fn what_never_ends_is_cut_off_at_its_cap() {
    let x = "x".repeat(1 << 16);
    let cases = [
        // Endless heads, and an endless first line.
        ("HTTP/1.1 200 x\r\n", "x: y\r\n", 1 << 20, ["client error", "client error", "client error"]),
        ("HTTP/1.1 200 ", x.as_str(), 1 << 20, ["client error", "client error", "client error"]),
        // Endless text within one string.
        (
            "HTTP/1.1 200 x\r\nconnection: close\r\n\r\n{\"items\":[{\"a\":\"",
            x.as_str(),
            8 << 20,
            ["larger than 8 MiB", "an object is larger than 2097152 bytes", "a watch frame is larger than 4194304 bytes"],
        ),
        // Endless depth.
        (
            "HTTP/1.1 200 x\r\nconnection: close\r\n\r\n{\"items\":[",
            "{\"a\":[",
            8 << 20,
            ["larger than 8 MiB", "nested deeper than 64 levels", "a watch frame is larger than 4194304 bytes"],
        ),
        // An endless envelope.
        (
            "HTTP/1.1 200 x\r\nconnection: close\r\n\r\n{",
            "\"a\":1,",
            8 << 20,
            ["larger than 8 MiB", "the part around the items is larger than 1048576 bytes", "a watch frame is larger than 4194304 bytes"],
        ),
    ];
    for (head, piece, cap, expect) in cases {
        // Small pieces in large writes.
        let (said, most) = flooded(head, &piece.repeat((1 << 16) / piece.len() + 1)).await;
        for (said, expect) in said.iter().zip(expect) {
            assert!(said.contains(expect), "{head:?}: {said}\nnot: {expect}");
        }
        assert!(most <= cap + ON_THE_WAY, "{head:?}: {most} bytes were taken");
    }
}

#[tokio::test]
async fn a_status_of_ten_megabytes_still_says_no_and_its_words_are_short() {
    let huge = format!(r#"{{"kind":"Status","code":403,"message":"{}"}}"#, "no ".repeat(3_500_000));
    let got = connect(serve(move |_, _, _| Reply::Json(403, huge.clone())).await).await.get(&web()).await;
    assert!(matches!(&got, Err(ReadError::Forbidden { message, .. }) if message.text == "HTTP 403 Forbidden"), "{got:?}");
    // As many causes as fit into an answer that is read: their words are neither kept nor compared beyond a page.
    let causes = (0..6_000).map(|n| format!(r#"{{"field":"f","message":"{n:030}"}}"#)).collect::<Vec<_>>().join(",");
    let many = format!(r#"{{"kind":"Status","code":422,"message":"no","details":{{"causes":[{causes}]}}}}"#);
    let port = serve(move |method, _, _| if method == "GET" { kube_system() } else { Reply::Json(422, many.clone()) });
    let got = connect(port.await).await.write(&us(), &patch(), Mode::Commit).await;
    match got {
        Err(WriteError::Refused { message, .. }) => {
            assert!(message.text.starts_with("no; f: 0") && message.text.chars().count() == 4097, "{message}")
        }
        other => panic!("{other:?}"),
    }
    let deep = format!(r#"{{"kind":"Status","code":403,"details":{}}}"#, deep("[", "]"));
    let got = connect(serve(move |_, _, _| Reply::Json(403, deep.clone())).await).await.get(&web()).await;
    assert!(matches!(&got, Err(ReadError::Forbidden { message, .. }) if message.text.starts_with("HTTP 403 Forbidden")), "{got:?}");
}

/// What a watch says when its stream begins with this.
async fn watched(bytes: Vec<u8>) -> String {
    let port = serve(move |_, path, _| match path {
        p if p.contains("watch=true") => Reply::Last(ok("connection: close\r\n", &bytes)),
        p if p.ends_with("/services") => Reply::Json(200, r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[]}"#.into()),
        _ => kube_system(),
    })
    .await;
    let mut feed = watch(connect(port).await, &[Kind::Service], &Namespaces::All);
    let broken = async {
        loop {
            if let FeedEvent::Kind(Kind::Service, KindState::Broken { why, .. }) = feed.next().await.expect("goes on") {
                return why.text;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), broken).await.expect("in time")
}

#[tokio::test]
async fn a_watch_that_sends_nonsense_breaks_in_words() {
    let nested = format!("{{\"type\":\"ADDED\",\"object\":{}}}\n", deep("{\"a\":", "}"));
    // Each cause is compared with the words so far: all of them would take minutes.
    let causes = (0..90_000).map(|n| format!(r#"{{"message":"mmmmmmmm{n:020}"}}"#)).collect::<Vec<_>>().join(",");
    let error = format!(
        "{{\"type\":\"ERROR\",\"object\":{{\"kind\":\"Status\",\"code\":500,\"message\":\"m\",\"details\":{{\"causes\":[{causes}]}}}}}}\n"
    );
    let huge = format!("{{\"type\":\"ERROR\",\"object\":{{\"message\":\"{}\"}}}}\n", "m".repeat(10_000_000));
    for (bytes, expect) in [
        (nested.into_bytes(), "nested deeper than 64 levels"),
        (error.into_bytes(), "mmmmmmmm"),
        (huge.into_bytes(), "a watch frame is larger than 4194304 bytes"),
        (b"{\"type\":\"ADDED\",\"object\":{\"a\":\"\xff\"}}\n".to_vec(), "not UTF-8"),
        (vec![0x1f, 0x8b, 8, 0], "compressed bytes, which were not asked for"),
        // A protobuf frame that claims 4 GiB.
        (b"\xff\xff\xff\xffk8s\0".to_vec(), "bytes that are not text"),
        (b"<html>log in\n".to_vec(), "an HTML page"),
        (b"{\"type\":\"OTHER\",\"object\":{}}\n".to_vec(), "frame of type \"OTHER\""),
    ] {
        let said = watched(bytes).await;
        assert!(said.contains(expect) && said.len() < 6_000, "{said}\n{expect}");
    }
}

#[tokio::test]
async fn deep_items_of_a_collection_end_it() {
    let body = format!(r#"{{"kind":"PodList","metadata":{{"resourceVersion":"1"}},"items":[{}]}}"#, deep("{\"a\":", "}"));
    let got = connect(serve(move |_, _, _| Reply::Last(sized(&body))).await).await.list(Kind::Pod, None, None).await;
    assert!(matches!(&got, Err(ReadError::Invalid { message, .. }) if message.text.contains("nested deeper than 64 levels")), "{got:?}");
}
