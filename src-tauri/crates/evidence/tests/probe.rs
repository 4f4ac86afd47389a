//! Probes at an entry that behaves and misbehaves.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::*;
use engine::{Evidence, Question, Verdict, VerdictKind};
use evidence::{BODY_CAP, Options, Sources};

async fn probe(does: Does) -> Verdict {
    let server = serve(does).await;
    sources(Arc::default(), Memory::to(None), &quick()).ask(&Question::Probe { url: server.url("/x") }).await
}

fn says(verdict: &Verdict, kind: VerdictKind, words: &str) {
    assert!(verdict.kind == kind && verdict.detail.text.contains(words), "{verdict:?} is not {kind:?} with {words:?}");
}

#[tokio::test]
async fn an_answer_names_who_gave_it() {
    let body = r#"{"version":"v2","color":"green","pod":"web-green-abc"}"#;
    let verdict = probe(Does::Says(http("200 OK", "", body))).await;
    says(&verdict, VerdictKind::For, "version v2, colour green, pod web-green-abc");
    assert!(
        verdict.detail.text.starts_with("200 in ") && verdict.millis.is_some() && verdict.source.starts_with("probe http://127.0.0.1:")
    );
    let verdict = probe(Does::Says(http("200 OK", "x-version: v3\r\nx-pod: p\r\n", "ok"))).await;
    says(&verdict, VerdictKind::For, "version v3, pod p");
}

#[tokio::test]
async fn every_probe_makes_a_connection_of_its_own() {
    let server = serve(Does::Says(http("200 OK", "", "ok"))).await;
    let sources = sources(Arc::default(), Memory::to(None), &quick());
    for n in 1..=5 {
        says(&sources.ask(&Question::Probe { url: server.url("/") }).await, VerdictKind::For, "200");
        assert_eq!((server.connected(), server.asked()), (n, n));
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = serve(Does::Says(http("200 OK", "", "elsewhere"))).await;
    let verdict = probe(Does::Says(http("302 Found", &format!("location: {}\r\n", other.url("/")), ""))).await;
    says(&verdict, VerdictKind::For, "302");
    assert_eq!(other.connected(), 0);
}

#[tokio::test]
async fn an_error_status_speaks_against() {
    for status in ["500 Internal Server Error", "503 Service Unavailable", "404 Not Found"] {
        says(&probe(Does::Says(http(status, "", ""))).await, VerdictKind::Against, &status[..3]);
    }
}

#[tokio::test]
async fn what_is_not_http_speaks_against() {
    says(&probe(Does::SaysAndCloses("SSH-2.0-OpenSSH_9.2\r\n".into())).await, VerdictKind::Against, "not HTTP");
}

#[tokio::test]
async fn an_answer_that_does_not_end_speaks_against() {
    says(&probe(Does::Slow).await, VerdictKind::Against, "200, answer not finished in 400 ms");
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello".to_string();
    says(&probe(Does::SaysAndCloses(cut)).await, VerdictKind::Against, "answer cut after 5 bytes");
}

#[tokio::test]
async fn an_endless_body_is_read_up_to_the_cap() {
    let verdict = probe(Does::Endless).await;
    says(&verdict, VerdictKind::For, "200 in");
    let body = format!("{{\"version\":\"v9\",\"text\":\"{}\"}}", "x".repeat(2 * BODY_CAP));
    assert_eq!(probe(Does::Says(http("200 OK", "", &body))).await.answered_by, None, "a body cut at the cap is not read as JSON");
}

#[tokio::test]
async fn silence_is_no_data_at_first() {
    says(&probe(Does::Silent).await, VerdictKind::Missing, "no answer: none in 400 ms");
    says(&probe(Does::SaysAndCloses(String::new())).await, VerdictKind::Missing, "turned away");
    let sources = sources(Arc::default(), Memory::to(None), &quick());
    let verdict = sources.ask(&Question::Probe { url: "http://127.0.0.1:1/".into() }).await;
    says(&verdict, VerdictKind::Missing, "turned away");
    assert!(verdict.detail.text.contains("refused"), "{}", verdict.detail);
}

/// An entry that answered once, and whose server is gone now: its port refuses.
async fn gone() -> (Arc<Lab>, Sources, Question) {
    let lab = Arc::new(Lab::default());
    let sources = sources(lab.clone(), Memory::to(None), &quick());
    let server = serve(Does::Says(http("200 OK", "", "ok"))).await;
    let question = Question::Probe { url: server.url("/") };
    says(&sources.ask(&question).await, VerdictKind::For, "200");
    let address = server.address;
    drop(server);
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    (lab, sources, question)
}

#[tokio::test]
async fn an_entry_that_answered_and_refuses_now_speaks_against_it_while_the_network_is_up() {
    let (lab, sources, question) = gone().await;
    says(&sources.ask(&question).await, VerdictKind::Against, "turned away");
    lab.down.store(true, Ordering::SeqCst);
    says(&sources.ask(&question).await, VerdictKind::Missing, "turned away");
    says(&sources.ask(&Question::Probe { url: "http://127.0.0.1:1/".into() }).await, VerdictKind::Missing, "turned away");
}

#[tokio::test]
async fn an_entry_that_answered_and_is_silent_now_is_no_data() {
    let sources = sources(Arc::default(), Memory::to(None), &quick());
    // Answers its first connection, then reads and says nothing, as behind a VPN that dropped.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        let mut held = vec![];
        while let Ok((stream, _)) = listener.accept().await {
            match held.is_empty() {
                true => converse(stream, Does::Says(http("200 OK", "", "ok")), Arc::default()).await,
                false => converse(stream, Does::Silent, Arc::default()).await,
            }
            held.push(());
        }
    });
    says(&sources.ask(&Question::Probe { url: url.clone() }).await, VerdictKind::For, "200");
    says(&sources.ask(&Question::Probe { url }).await, VerdictKind::Missing, "no answer: none in 400 ms");
}

#[tokio::test]
async fn an_override_leads_one_port_of_a_host_elsewhere() {
    let server = serve(Does::Says(http("200 OK", "", "ok"))).await;
    let port = server.address.port();
    let options = Options { resolve: vec![format!("shop.invalid:{port}:127.0.0.1").parse().expect("parses")], ..quick() };
    let sources = sources(Arc::default(), Memory::to(None), &options);
    let ask = async |url: String| sources.ask(&Question::Probe { url }).await;
    says(&ask(format!("http://shop.invalid:{port}/")).await, VerdictKind::For, "200");
    says(&ask("http://shop.invalid:1/".into()).await, VerdictKind::Missing, "no connection");
}

#[tokio::test]
async fn a_question_that_is_no_url_is_not_asked() {
    let sources = sources(Arc::default(), Memory::to(None), &quick());
    for url in ["", "shop", "file:///etc/passwd", "ftp://shop/"] {
        says(&sources.ask(&Question::Probe { url: url.into() }).await, VerdictKind::Missing, "not asked");
    }
}
