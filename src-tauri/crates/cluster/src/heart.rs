//! The heartbeat: who notices that a connection is lost, and that it is back.
//!
//! A watch on a dead connection says nothing for minutes, so one small read every 3 s does. After a failure they come
//! every second, each on a connection of its own and without waiting for the one before: a new connection is answered
//! as soon as the network heals, while an old one waits for TCP's growing pauses.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::watch as signal;
use tokio::time::Instant;

use crate::connect::Connection;
use crate::drive::Wake;

/// Between two heartbeats in trouble.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);
/// Heartbeats in trouble that may be under way at once.
const AT_ONCE: usize = 3;

/// What the heart knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse {
    /// When the last one that was answered was sent.
    pub last: Option<Instant>,
    /// Why the one after it was not.
    pub trouble: Option<String>,
    /// Another cluster answers under the same URL.
    pub stranger: Option<String>,
}

pub(crate) async fn run(conn: Arc<Connection>, pulse: signal::Sender<Pulse>, wake: signal::Sender<Wake>) {
    let mut first_uid: Option<String> = None;
    loop {
        let sent = Instant::now();
        let every = conn.deadlines.heartbeat;
        let (sent, uid, was) = match conn.beat(false, every).await {
            Ok(id) => (sent, id.uid, None),
            Err(e) => {
                tracing::debug!(context = conn.name(), why = e.message(), "no heartbeat");
                pulse.send_modify(|p| p.trouble = Some(e.message().to_string()));
                let since = pulse.borrow().last;
                let (sent, uid) = trouble(&conn, &pulse).await;
                (sent, uid, Some(since))
            }
        };
        let stranger = match &first_uid {
            Some(first) if *first != uid => Some(format!("another cluster answers: uid {uid:?} in place of {first:?}")),
            Some(_) => None,
            None => {
                first_uid = Some(uid);
                None
            }
        };
        if let Some(since) = was {
            let lost = since.is_none_or(|t| sent.duration_since(t) > conn.deadlines.lost);
            if lost {
                conn.renew();
            }
            wake.send_modify(|w| {
                w.woken += 1;
                w.healed += u64::from(lost);
            });
        }
        pulse.send_modify(|p| *p = Pulse { last: Some(sent), trouble: None, stranger });
        tokio::time::sleep_until(sent + every).await;
    }
}

/// Beats until one is answered; when that one was sent, and who answered.
async fn trouble(conn: &Connection, pulse: &signal::Sender<Pulse>) -> (Instant, String) {
    let mut flying = FuturesUnordered::new();
    let deadline = conn.deadlines.heartbeat;
    let mut next = Instant::now() + TROUBLE_PAUSE.min(deadline);
    loop {
        tokio::select! {
            Some((sent, got)) = flying.next(), if !flying.is_empty() => match got {
                Ok(uid) => return (sent, uid),
                Err(why) => pulse.send_modify(|p| p.trouble = Some(why)),
            },
            () = tokio::time::sleep_until(next) => {
                next = Instant::now() + TROUBLE_PAUSE.min(deadline);
                if flying.len() < AT_ONCE {
                    flying.push(async move {
                        let sent = Instant::now();
                        (sent, conn.beat(true, deadline).await.map(|id| id.uid).map_err(|e| e.message().to_string()))
                    });
                }
            }
        }
    }
}
