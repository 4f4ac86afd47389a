//! The two kinds of client, against servers that count.

mod common;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::*;
use evidence::{Connections, Load, LoadOptions, Method, PodDial, TcpDial};
use model::{Kind, ObjectId};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

fn options(server: &Server, connections: Connections) -> LoadOptions {
    LoadOptions {
        dial: Arc::new(TcpDial(server.address)),
        host: "shop.example".into(),
        path: "/".into(),
        method: Method::Get,
        connections,
        clients: 4,
        rate: None,
        timeout: Duration::from_secs(5),
    }
}

/// Waits until a condition on the server holds.
async fn until(condition: impl Fn() -> bool) {
    tokio::time::timeout(Duration::from_secs(60), async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .expect("comes true");
}

fn v1() -> String {
    http("200 OK", "", r#"{"version":"v1","color":"blue","pod":"web-1"}"#)
}

#[tokio::test]
async fn clients_that_connect_anew_make_one_connection_per_request() {
    let server = serve(Does::Says(v1())).await;
    let load = Load::start(options(&server, Connections::Anew));
    until(|| server.asked() >= 40).await;
    let report = load.stop().await;
    assert_eq!((report.failed, report.repeated), (0, 0), "{:?}", report.reasons);
    assert_eq!((report.sent, report.answered, report.connections), (server.asked(), server.asked(), server.connected()));
    assert_eq!(report.connections, report.sent);
    assert_eq!(report.versions["v1"].answers, report.sent);
    assert_eq!((report.colors["blue"].answers, report.pods["web-1"].answers), (report.sent, report.sent));
}

#[tokio::test]
async fn clients_that_keep_connections_make_one_each() {
    let server = serve(Does::Says(v1())).await;
    let load = Load::start(options(&server, Connections::Kept));
    until(|| server.asked() >= 40).await;
    let report = load.stop().await;
    assert_eq!((report.failed, report.connections, server.connected()), (0, 4, 4));
    assert_eq!(report.answered, server.asked());
}

#[tokio::test]
async fn a_get_that_is_cut_on_a_reused_connection_is_repeated_once_and_counted_apart() {
    let server = serve(Does::ClosesOn(3, v1())).await;
    let load = Load::start(options(&server, Connections::Kept));
    until(|| server.asked() >= 60).await;
    let report = load.stop().await;
    assert_eq!(report.failed, 0, "{:?}", report.reasons);
    assert!(report.repeated > 0 && report.repeated < report.sent);
    assert_eq!(report.sent, report.answered);
}

#[tokio::test]
async fn a_get_that_is_cut_twice_has_failed() {
    let server = serve(Does::ClosesOn(1, v1())).await;
    let load = Load::start(options(&server, Connections::Kept));
    until(|| server.asked() >= 20).await;
    let report = load.stop().await;
    assert_eq!((report.answered, report.repeated), (0, 0), "a cut on a new connection is not repeated");
    assert_eq!(report.failed, report.sent);
}

#[tokio::test]
async fn a_post_that_is_cut_is_never_repeated() {
    let server = serve(Does::ClosesOn(3, v1())).await;
    let load = Load::start(LoadOptions { method: Method::Post, ..options(&server, Connections::Kept) });
    until(|| server.asked() >= 60).await;
    let report = load.stop().await;
    assert_eq!(report.repeated, 0);
    assert_eq!(report.sent, server.asked());
    assert!(report.failed > 0 && report.failed + report.answered == report.sent);
}

#[tokio::test]
async fn error_answers_are_failures_that_name_their_status() {
    let server = serve(Does::Says(http("503 Service Unavailable", "", ""))).await;
    let load = Load::start(options(&server, Connections::Anew));
    until(|| server.asked() >= 10).await;
    let report = load.stop().await;
    assert_eq!((report.answered, report.failed), (0, report.sent));
    assert_eq!(report.reasons["status 503"], report.sent);
    assert_eq!(report.versions["unnamed"].answers, report.sent);
}

#[tokio::test]
async fn refused_connections_are_failures() {
    let server = serve(Does::Says(v1())).await;
    let mut options = options(&server, Connections::Anew);
    options.dial = Arc::new(TcpDial("127.0.0.1:1".parse().expect("address")));
    options.clients = 1;
    let load = Load::start(options);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let report = load.stop().await;
    assert_eq!((report.answered, report.connections), (0, 0));
    assert_eq!(report.reasons["not connected (connection refused)"], report.failed);
}

/// Serves blue until it is told to serve green.
#[derive(Clone)]
struct Flips(Arc<AtomicBool>);

impl Handler for Flips {
    fn answer<S: AsyncRead + AsyncWrite + Send + Unpin>(&self, stream: &mut S, _: u64, _: &str) -> impl Future<Output = Then> + Send {
        let color = if self.0.load(Ordering::SeqCst) { "green" } else { "blue" };
        async move {
            let _ = stream.write_all(http("200 OK", &format!("x-color: {color}\r\n"), "").as_bytes()).await;
            Then::KeepOpen
        }
    }
}

#[tokio::test]
async fn the_last_answer_of_the_old_colour_is_known() {
    let flip = Arc::new(AtomicBool::new(false));
    let server = serve(Flips(flip.clone())).await;
    let load = Load::start(options(&server, Connections::Anew));
    until(|| server.asked() >= 30).await;
    let begun = load.begun();
    flip.store(true, Ordering::SeqCst);
    let flipped = begun.elapsed();
    let asked = server.asked();
    until(|| server.asked() >= asked + 30).await;
    let report = load.stop().await;
    let (blue, green) = (&report.colors["blue"], &report.colors["green"]);
    assert_eq!(blue.answers + green.answers, report.answered);
    assert!(blue.last_sent <= flipped, "no request that was sent after the flip was answered by blue");
    assert!(green.last > blue.last && green.first > blue.first && blue.last_sent <= blue.last);
}

#[tokio::test]
async fn at_a_rate_latency_counts_from_when_a_request_was_due() {
    // Silent for as long as the timeout: what was due meanwhile is late, and the report says so.
    #[derive(Clone)]
    struct Stalls(Arc<AtomicBool>);
    impl Handler for Stalls {
        async fn answer<S: AsyncRead + AsyncWrite + Send + Unpin>(&self, stream: &mut S, _: u64, _: &str) -> Then {
            if !self.0.swap(true, Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            let _ = stream.write_all(http("200 OK", "", "").as_bytes()).await;
            Then::KeepOpen
        }
    }
    let server = serve(Stalls(Arc::default())).await;
    let load = Load::start(LoadOptions { clients: 1, rate: Some(100.0), ..options(&server, Connections::Kept) });
    until(|| server.asked() >= 30).await;
    let report = load.stop().await;
    assert_eq!(report.failed, 0);
    // One request stalled; a client that only counts its own waits would call one in thirty slow.
    assert!(report.latency.p50 >= Duration::from_millis(50), "{:?}", report.latency);
}

#[tokio::test]
async fn a_pod_can_be_warmed_up_through_the_tunnel() {
    let tunnel = Memory::to(Some(Does::Says(v1())));
    let server = serve(Does::Silent).await;
    let dial = PodDial { tunnel: tunnel.clone(), pod: ObjectId::new(Kind::Pod, "shop", "web-1"), port: 8080 };
    let load = Load::start(LoadOptions { dial: Arc::new(dial), clients: 2, ..options(&server, Connections::Kept) });
    until(|| tunnel.requests.load(Ordering::SeqCst) >= 20).await;
    let report = load.stop().await;
    assert_eq!((report.failed, report.connections), (0, 2));
    assert_eq!(server.connected(), 0);
}
