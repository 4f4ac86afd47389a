//! This workstation's clock and the API server's differ: what it says of times (when a run began, how old an object is) is off by
//! as much, here and for colleagues who read the run's record. Waits, deadlines and Leases do not go by it.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// Seconds that nobody minds.
const UNNOTICED: u64 = 5;

/// See the file's head.
#[derive(Debug)]
pub struct ClockSkew;

impl Hazard for ClockSkew {
    fn code(&self) -> &'static str {
        "clock-skew"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let Some(ahead) = ctx.snapshot.ahead.filter(|s| s.unsigned_abs() > UNNOTICED) else { return vec![] };
        let seconds = ahead.unsigned_abs();
        let message = match ahead > 0 {
            true => sentence!(
                "this workstation's clock is {seconds} s behind the API server's: times and ages that it tells are off by that",
                seconds
            ),
            false => sentence!(
                "this workstation's clock is {seconds} s ahead of the API server's: times and ages that it tells are off by that",
                seconds
            ),
        };
        let remedy = sentence!("have its clock set by a time server (NTP); waits and Leases of the run do not go by it");
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}
