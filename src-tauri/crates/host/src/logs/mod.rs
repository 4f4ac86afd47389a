//! Logs of a pod, or of all pods of an owner, read side by side and handed over in batches.
//!
//! Which containers are read follows the live objects (`seats`), how each log stands and when it is tried again is decided
//! without any I/O (`roster`), and what has come waits, bounded, until it is asked for (`queue`). Lines are kept nowhere else:
//! neither on disk nor in our log.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::*;
use model::sentence;

use crate::{Host, locked, object};

mod queue;
mod roster;
mod seats;
mod session;

use session::{Pace, Session};

/// Logs that may be open at once; who opens more has left the first.
const OPEN: usize = 4;

/// What is open, by number.
#[derive(Default)]
pub struct Sessions {
    last: u32,
    open: BTreeMap<u32, Arc<Session>>,
}

impl Host {
    pub(crate) async fn begin_logs(&self, request: LogsRequest) -> Result<u32, UiError> {
        let id = object::object_id(&request.id)?;
        if !seats::has_logs(id.kind) {
            return Err(UiError::new(Code::Usage, sentence!("{object}: has no pods, so it has no logs", object = id.said())));
        }
        let link = self.link(&request.context).await?;
        let held = self.hold_kinds(&link, &id.namespace, &seats::KINDS).await?;
        let reader = link.connection.clone();
        let wish = roster::Wish { follow: request.follow, previous: request.previous, tail: request.tail };
        let (context, container) = (request.context, request.container);
        let look = move || match held.link().live() {
            Some(live) => {
                let fresh = live.freshness().live;
                live.with(|_, set| seats::look(set, &id, container.as_deref(), wish.previous, fresh))
            }
            None => seats::Seen::default(),
        };
        let session = Arc::new(Session::start(context, reader, look, wish, (Pace::default(), self.clock.clone())));
        let mut all = locked(&self.logs);
        all.open.retain(|_, s| !s.is_over());
        while all.open.len() >= OPEN {
            all.open.pop_first();
        }
        all.last = all.last.wrapping_add(1);
        let number = all.last;
        all.open.insert(number, session);
        Ok(number)
    }

    pub(crate) async fn next_of_logs(&self, logs: u32) -> Result<LogBatch, UiError> {
        let session = locked(&self.logs).open.get(&logs).cloned();
        let batch = match session {
            Some(s) => s.next().await,
            None => None,
        };
        batch.ok_or_else(|| UiError::new(Code::NotFound, sentence!("these logs are not read any more")).hint(sentence!("open them again")))
    }

    pub(crate) fn end_logs(&self, of: impl Fn(u32, &Session) -> bool) {
        locked(&self.logs).open.retain(|number, s| {
            let end = of(*number, s);
            if end {
                s.end();
            }
            !end
        });
    }
}
