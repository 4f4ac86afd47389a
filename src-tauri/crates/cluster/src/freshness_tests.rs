//! Budget P12, on a clock of its own: how long a lost connection, a silent watch and a heal go unnoticed, with the
//! deadlines that the product has. Time passes only where a test lets it, so a busy machine changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt;
use model::Kind;

use crate::kubeconfig::Login;
use crate::loopback_tests::{OPEN_HEAD, Reply, connect_within, kube_system, serve};
use crate::*;

/// A lost connection is noticed.
const LOST: Duration = Duration::from_secs(10);
/// A single watch that says nothing while the rest is well is noticed.
const SILENT: Duration = Duration::from_secs(75);
/// A healed connection is live again.
const HEALED: Duration = Duration::from_secs(2);

/// A feed of Services from a server that can fall silent: then no request gets an answer, and those that were asked
/// meanwhile never do. Its watches say nothing but that they are open.
struct World {
    conn: Arc<Connection>,
    feed: Feed,
    dead: Arc<AtomicBool>,
}

impl World {
    async fn begin() -> Self {
        let dead = Arc::new(AtomicBool::new(false));
        let is_dead = dead.clone();
        let port = serve(move |_, path, _| match path {
            _ if is_dead.load(Ordering::SeqCst) => Reply::Silence(Arc::default()),
            p if p.contains("watch=true") => Reply::Raw(OPEN_HEAD.into()),
            p if p.ends_with("/services") => {
                Reply::Json(200, r#"{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[]}"#.into())
            }
            _ => kube_system(),
        })
        .await;
        let conn = connect_within(port, &WritePolicy::writable(), Login::None, Deadlines::default()).await;
        let feed = watch(conn.clone(), &[Kind::Service], &Namespaces::All);
        let mut world = Self { conn, feed, dead };
        world.passes_until(Duration::from_millis(100), true).await;
        world
    }

    /// Lets that much time pass at once, and then everything arrive that travels over loopback. What the feed says
    /// meanwhile: whether it is live.
    async fn pass(&mut self, step: Duration) -> Vec<bool> {
        tokio::time::advance(step).await;
        for _ in 0..10 {
            // The clock stands still while a blocking task runs.
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(1))).await.expect("sleeps");
        }
        let mut said = Vec::new();
        while let Some(Some(event)) = self.feed.next().now_or_never() {
            if let FeedEvent::Freshness(fresh) = event {
                said.push(fresh.live);
            }
        }
        said
    }

    /// Time until the feed says that it is live, or that it is not; a minute and a half is for ever here.
    async fn passes_until(&mut self, step: Duration, live: bool) -> Duration {
        let mut passed = step;
        while !self.pass(step).await.contains(&live) {
            passed += step;
            assert!(passed < Duration::from_secs(90), "never");
        }
        passed
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_noticed_within_10_s_and_a_healed_one_within_2() {
    let step = Duration::from_millis(100);
    let mut world = World::begin().await;
    // The heart beats every 3 s: lost right after a beat, between two, and right before one.
    for since_a_beat in [0, 15, 29] {
        for _ in 0..since_a_beat {
            world.pass(step).await;
        }
        world.dead.store(true, Ordering::SeqCst);
        let noticed = world.passes_until(step, false).await;
        assert!(noticed <= LOST, "noticed after {noticed:?}");
        assert!(world.conn.policy().is_stale(), "and nothing is written any more");
        // However long it was away: beats of then, which never get an answer, are no hindrance.
        for _ in 0..since_a_beat {
            world.pass(step).await;
        }
        world.dead.store(false, Ordering::SeqCst);
        let healed = world.passes_until(step, true).await;
        assert!(healed <= HEALED, "live {healed:?} after the heal");
        assert!(!world.conn.policy().is_stale());
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_falls_silent_while_the_rest_is_well_is_noticed_within_75_s() {
    let step = Duration::from_millis(500);
    let mut world = World::begin().await;
    let noticed = world.passes_until(step, false).await;
    // Its timer rings at the end of the step that it is due in.
    assert!(noticed <= SILENT + step, "noticed after {noticed:?}");
}
