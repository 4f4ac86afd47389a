//! Another run of this workload is not over: its record stands in the namespace, and says who drives it. It would be refused
//! at the start; going back is that run's own way back.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::record::{self, OpenRun};

/// See the file's head.
#[derive(Debug)]
pub struct NotOver;

impl Hazard for NotOver {
    fn code(&self) -> &'static str {
        "open-run"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let id = ctx.around.id;
        let others = record::open(&ctx.snapshot.objects, id).into_iter().filter(|o| o.run != ctx.plan.id);
        others
            .map(|OpenRun { run, by, status }| {
                let message = sentence!("run {run} of it is not over; {by} drove it last, and it stands at: {status}", run, by, status);
                let remedy = sentence!(
                    "finish it or back it out; where it is another workstation's: changeoverctl take-over {run} -n {namespace}",
                    run,
                    namespace = id.namespace
                );
                finding(self, Severity::Block, id, message, remedy)
            })
            .collect()
    }
}
