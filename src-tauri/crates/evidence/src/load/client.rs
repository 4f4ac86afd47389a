//! One client of a load.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::report::{Tally, Times};
use super::{Connections, LoadOptions, Method};
use crate::answer::{self, Answer};
use crate::http1::{self, Connection, Use};

/// Where a request failed, as far as it matters for repeating it.
enum Failed {
    /// Before the first byte of an answer came; the connection was there before.
    CutOnReused(String),
    /// Anywhere else.
    Otherwise(String),
}

/// Asks until it is told to stop.
pub(super) async fn run(options: Arc<LoadOptions>, index: u32, begun: Instant, mut stopped: watch::Receiver<bool>) -> Tally {
    let mut tally = Tally::default();
    let mut kept = None;
    for round in 0u64.. {
        let due = match due(&options, index, round) {
            Some(after) => {
                tokio::select! {
                    () = sleep_until(begun + after) => {}
                    _ = stopped.wait_for(|stop| *stop) => break,
                }
                after
            }
            None => begun.elapsed(),
        };
        if *stopped.borrow() {
            break;
        }
        tally.sent += 1;
        let sent = begun.elapsed();
        let outcome = match timeout(options.timeout, ask(&options, &mut kept, &mut tally)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer in {} ms", options.timeout.as_millis())),
        };
        match outcome {
            Ok(answer) => {
                let times = Times { due, sent, done: begun.elapsed() };
                tally.answer(times, answer.status, answer::answered_by(&answer.headers, &answer.body));
            }
            Err(why) => {
                kept = None;
                tally.failure(begun.elapsed(), why);
                // A server that refuses at once must not be asked in a busy loop.
                if options.rate.is_none() {
                    sleep_until(Instant::now() + Duration::from_millis(1)).await;
                }
            }
        }
    }
    tally
}

/// When a client's nth request is due: the clients take turns.
fn due(options: &LoadOptions, index: u32, round: u64) -> Option<Duration> {
    let rate = options.rate.filter(|rate| *rate > 0.0)?;
    let number = round as f64 * f64::from(options.clients.max(1)) + f64::from(index);
    Some(Duration::from_secs_f64(number / rate))
}

async fn ask(options: &LoadOptions, kept: &mut Option<Connection>, tally: &mut Tally) -> Result<Answer, String> {
    let mut standing = kept.take();
    // Closed while it was idle, and seen to be: any client makes a new one.
    let reused = match &mut standing {
        Some(connection) => connection.ready().await,
        None => false,
    };
    let mut connection = match standing {
        Some(connection) if reused => connection,
        _ => connect(options, tally).await?,
    };
    let answer = match once(options, &mut connection, reused).await {
        Err(Failed::CutOnReused(_)) if options.method == Method::Get => {
            tally.repeated += 1;
            connection = connect(options, tally).await?;
            once(options, &mut connection, false).await
        }
        other => other,
    };
    match answer {
        Ok(answer) => {
            // A body that was not read to its end leaves the connection unusable.
            if options.connections == Connections::Kept && answer.body.len() < crate::BODY_CAP {
                *kept = Some(connection);
            }
            Ok(answer)
        }
        Err(Failed::CutOnReused(why) | Failed::Otherwise(why)) => Err(why),
    }
}

async fn connect(options: &LoadOptions, tally: &mut Tally) -> Result<Connection, String> {
    let stream = options.dial.dial().await.map_err(|e| format!("not connected ({})", e.kind()))?;
    tally.connections += 1;
    Connection::new(stream).await.map_err(|e| format!("not connected ({e})"))
}

async fn once(options: &LoadOptions, connection: &mut Connection, reused: bool) -> Result<Answer, Failed> {
    let method = match options.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    let usage = match options.connections {
        Connections::Anew => Use::Once,
        Connections::Kept => Use::Again,
    };
    let request = http1::request(method, &options.host, &options.path, usage).map_err(|e| Failed::Otherwise(e.to_string()))?;
    let response = connection.send(request).await.map_err(|error| {
        let why = format!("cut before an answer ({error})");
        // A parse error means that bytes came.
        if reused && !error.is_parse() { Failed::CutOnReused(why) } else { Failed::Otherwise(why) }
    })?;
    let answer = answer::read(response).await;
    match answer.cut {
        None => Ok(answer),
        Some(why) => Err(Failed::Otherwise(format!("answer {why}"))),
    }
}
