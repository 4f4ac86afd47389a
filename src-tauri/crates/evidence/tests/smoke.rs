//! Smoke checks through a tunnel that ends in memory.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::*;
use engine::{Evidence, Question, Verdict, VerdictKind};
use model::{Kind, ObjectId};

fn question(requests: u32) -> Question {
    Question::Smoke { pod: ObjectId::new(Kind::Pod, "shop", "web-1"), port: 8080, path: "/healthz".into(), requests }
}

async fn smoke(does: Option<Does>) -> Verdict {
    sources(Arc::default(), Memory::to(does), &quick()).ask(&question(1)).await
}

fn says(verdict: &Verdict, kind: VerdictKind, words: &str) {
    assert!(verdict.kind == kind && verdict.detail.text.contains(words), "{verdict:?} is not {kind:?} with {words:?}");
}

#[tokio::test]
async fn a_pod_that_answers_speaks_for_itself() {
    let verdict = smoke(Some(Does::Says(http("200 OK", "", r#"{"version":"v2","pod":"web-1"}"#)))).await;
    says(&verdict, VerdictKind::For, "version v2, pod web-1");
    assert_eq!(verdict.source, "tunnel to Pod shop/web-1:8080");
}

#[tokio::test]
async fn each_request_goes_through_a_stream_of_its_own() {
    let tunnel = Memory::to(Some(Does::Says(http("200 OK", "", "ok"))));
    let verdict = sources(Arc::default(), tunnel.clone(), &quick()).ask(&question(4)).await;
    says(&verdict, VerdictKind::For, "(request 4 of 4)");
    assert_eq!((tunnel.opened.load(Ordering::SeqCst), tunnel.requests.load(Ordering::SeqCst)), (4, 4));
}

#[tokio::test]
async fn the_first_failure_ends_the_check() {
    let tunnel = Memory::to(Some(Does::Says(http("500 Internal Server Error", "", ""))));
    let verdict = sources(Arc::default(), tunnel.clone(), &quick()).ask(&question(4)).await;
    says(&verdict, VerdictKind::Against, "500");
    assert_eq!(tunnel.opened.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn misbehaviour_is_told_apart_from_silence() {
    says(&smoke(Some(Does::SaysAndCloses("\u{0}\u{1}garbage\r\n\r\n".into()))).await, VerdictKind::Against, "not HTTP");
    says(&smoke(Some(Does::Slow)).await, VerdictKind::Against, "not finished in 400 ms");
    says(&smoke(Some(Does::Endless)).await, VerdictKind::For, "200");
    says(&smoke(Some(Does::Silent)).await, VerdictKind::Missing, "no answer: none in 400 ms");
    says(&smoke(Some(Does::SaysAndCloses(String::new()))).await, VerdictKind::Missing, "turned away");
    says(&smoke(None).await, VerdictKind::Missing, "no connection: Pod shop/web-1:8080: no answer (no such pod)");
}

#[tokio::test]
async fn simulated_pods_give_no_data_and_no_tunnel_is_opened() {
    let tunnel = Memory::to(Some(Does::Says(http("200 OK", "", "ok"))));
    let lab = Arc::new(Lab { kwok: true, ..Lab::default() });
    let verdict = sources(lab, tunnel.clone(), &quick()).ask(&question(1)).await;
    assert_eq!((verdict.kind, verdict.detail.text.as_str()), (VerdictKind::Missing, "simulated pods: no data"));
    assert_eq!(tunnel.opened.load(Ordering::SeqCst), 0);
}
