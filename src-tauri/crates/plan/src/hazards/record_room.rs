//! The record of the run, which others see and take over by, would not fit into a ConfigMap or Secret: it holds the template
//! before and after, as often as steps write or compare it. Told before anything is written, for later it stops the run half-way;
//! only the way back does without.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::snapshot::RecordSize;

/// What the API server stores at most in a ConfigMap or Secret, in bytes (`MaxSecretSize` of core/v1).
const ROOM: usize = 1 << 20;

/// See the file's head.
#[derive(Debug)]
pub struct RecordRoom;

impl Hazard for RecordRoom {
    fn code(&self) -> &'static str {
        "record-room"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let Some(RecordSize { on, back }) = ctx.snapshot.record.filter(|r| r.on + r.back > ROOM) else { return vec![] };
        let (room, template) = (ROOM >> 10, ctx.template().to_string().len() >> 10);
        let (severity, message) = match on > ROOM {
            // What goes back to a version that served does without a record.
            true => (
                if ctx.plan.goes_back() { Severity::Warn } else { Severity::Block },
                sentence!(
                    "the record of this run may come to {needed} KiB, and a ConfigMap or Secret holds {room}: its pod template has {template} KiB",
                    needed = on >> 10,
                    room,
                    template
                ),
            ),
            false => (
                Severity::Warn,
                sentence!(
                    "the record of this run may be full before it is all the way back ({needed} of {room} KiB): from there on nobody else would see it; its pod template has {template} KiB",
                    needed = (on + back) >> 10,
                    room,
                    template
                ),
            ),
        };
        let remedy = sentence!("move what is large in the template (annotations, variables, arguments) into a ConfigMap or Secret");
        vec![finding(self, severity, ctx.around.id, message, remedy)]
    }
}
