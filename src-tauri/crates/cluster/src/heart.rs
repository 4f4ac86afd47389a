//! The heartbeat: who notices that a connection is lost, and that it is back.
//!
//! A watch on a dead connection says nothing for minutes, so one small read every 3 s does. After a failure they come
//! every second, each on a connection of its own and without waiting for the one before: a new connection is answered
//! as soon as the network heals, while an old one waits for TCP's growing pauses.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use model::{Sentence, sentence};
use tokio::sync::watch as signal;
use tokio::time::Instant;

use crate::connect::{Connection, Moment};
use crate::drive::Wake;
use crate::wire::Failure;

/// Between two heartbeats in trouble.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);
/// Heartbeats in trouble that may be under way at once: three within the deadline of one, and one that begins in the moment
/// in which the first gives up. With fewer, a heal could wait two pauses for the next.
const AT_ONCE: usize = 4;

/// How often it is looked at whether the machine slept.
const LOOK: Duration = Duration::from_millis(500);

/// What the heart knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse {
    /// When the last one that was answered was sent.
    pub last: Option<Instant>,
    /// Why the one after it was not.
    pub trouble: Option<Sentence>,
    /// The machine slept, and nobody has answered since.
    pub slept: bool,
    /// Another cluster answers under the same URL.
    pub stranger: Option<Sentence>,
}

pub(crate) async fn run(conn: Arc<Connection>, pulse: signal::Sender<Pulse>, wake: signal::Sender<Wake>) {
    let mut first_uid: Option<String> = None;
    let every = conn.deadlines().heartbeat;
    loop {
        let begun = Moment::now();
        let slept = pulse.borrow().slept;
        let beat = if slept { Err(Failure::Unreachable(sentence!("the machine slept"))) } else { conn.beat(false, every).await };
        let (sent, uid, trouble) = match beat {
            Ok(id) => (begun.steady(), id.uid, None),
            Err(e) => {
                let (sent, uid, cut) = trouble(&conn, &pulse, e).await;
                (sent, uid, Some(cut))
            }
        };
        let first = first_uid.get_or_insert_with(|| uid.clone());
        let stranger = (*first != uid).then(|| {
            let (uid, first) = (format!("{uid:?}"), format!("{first:?}"));
            sentence!("another cluster answers: uid {uid} in place of {first}", uid, first)
        });
        if let Some(cut) = trouble {
            if cut {
                conn.renew();
            }
            wake.send_modify(|w| {
                w.woken += 1;
                w.healed += u64::from(cut);
            });
        }
        pulse.send_modify(|p| *p = Pulse { last: Some(sent), trouble: None, slept: false, stranger });
        let answered = Moment::now();
        while sent.elapsed() < every {
            tokio::time::sleep(LOOK.min(every)).await;
            if answered.jumped() {
                pulse.send_modify(|p| p.slept = true);
                break;
            }
        }
    }
}

/// Beats until one is answered: when that one was sent, who answered, and whether connections from before are likely
/// dead. They are not when the server answered all along, if only to say that it is busy.
async fn trouble(conn: &Connection, pulse: &signal::Sender<Pulse>, first: Failure) -> (Instant, String, bool) {
    let mut cut = false;
    let mut failed = |e: Failure| {
        tracing::debug!(context = conn.name(), why = %e.message(), "no heartbeat");
        cut |= matches!(e, Failure::Unreachable(_));
        pulse.send_modify(|p| p.trouble = Some(e.message().clone()));
        cut
    };
    let mut cut = failed(first);
    let mut flying = FuturesUnordered::new();
    let deadline = conn.deadlines().heartbeat;
    // The first one at once: it may have been the kept connection alone.
    let mut next = Instant::now();
    loop {
        tokio::select! {
            Some((sent, got)) = flying.next(), if !flying.is_empty() => match got {
                Ok(uid) => return (sent, uid, cut),
                Err(e) => cut = failed(e),
            },
            () = tokio::time::sleep_until(next) => {
                next = Instant::now() + TROUBLE_PAUSE.min(deadline);
                if flying.len() < AT_ONCE {
                    flying.push(async move {
                        let sent = Instant::now();
                        (sent, conn.beat(true, deadline).await.map(|id| id.uid))
                    });
                }
            }
        }
    }
}
