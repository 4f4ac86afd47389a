//! A namespace, a target or a Service that is being deleted: patches still pass, creations do not, and once the last finalizer
//! is off, what was patched is gone.

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct EndingNamespace;

impl Hazard for EndingNamespace {
    fn code(&self) -> &'static str {
        "ending-namespace"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let id = ObjectId::new(Kind::Namespace, "", ctx.around.namespace());
        let mut all = Vec::new();
        match (ctx.snapshot.raw(&id), ctx.snapshot.unknown(Kind::Namespace)) {
            (Some(raw), _) => {
                let ends = raw.pointer("/status/phase").and_then(Value::as_str) == Some("Terminating");
                if ends || raw.pointer("/metadata/deletionTimestamp").is_some() {
                    all.push(finding(
                        self,
                        Severity::Block,
                        &id,
                        sentence!("is being deleted: nothing can be created in it"),
                        sentence!("use another namespace"),
                    ));
                }
            }
            (None, Some(why)) => all.push(unchecked(self, &id, Kind::Namespace, why)),
            (None, None) => {
                let message = sentence!("could not be checked: it is not among the namespaces that were read");
                all.push(finding(self, Severity::Warn, &id, message, sentence!("check it by hand, or get the right to read them")));
            }
        }
        if ctx.around.deployment.metadata.deletion_timestamp.is_some() {
            all.push(finding(
                self,
                Severity::Block,
                ctx.around.id,
                sentence!("is being deleted"),
                sentence!("wait until it is gone, then make a new one"),
            ));
        }
        let ends = |id: &&ObjectId| ctx.snapshot.raw(id).is_some_and(|s| s.pointer("/metadata/deletionTimestamp").is_some());
        for id in ctx.moved().into_iter().filter(ends) {
            all.push(finding(
                self,
                Severity::Block,
                id,
                sentence!("is being deleted"),
                sentence!("wait until it is gone, then make a new one"),
            ));
        }
        all
    }
}
