//! The [`Clock`] of a real process. Under tokio's paused time it follows that.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::ports::Clock;

/// Wall clock of the system, monotonic time of tokio.
#[derive(Debug)]
pub struct TokioClock {
    since: Instant,
}

impl TokioClock {
    /// Starts counting now.
    pub fn new() -> Self {
        Self { since: Instant::now() }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    async fn sleep(&self, d: Duration) {
        tokio::time::sleep(d).await;
    }
}
