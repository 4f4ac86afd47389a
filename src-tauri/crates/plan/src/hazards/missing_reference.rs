//! The new template names a ConfigMap, Secret, ServiceAccount, claim or class that is not there: its pods would wait for
//! ever in ContainerCreating, or not be made at all. No dry run shows the former.

use std::collections::BTreeSet;

use model::Kind;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::references::{Presence, presence, references, slim};

/// See the file's head.
#[derive(Debug)]
pub struct MissingReference;

impl Hazard for MissingReference {
    fn code(&self) -> &'static str {
        "missing-reference"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        let mut unknown: BTreeSet<Kind> = BTreeSet::new();
        for r in references(&slim(ctx.template()), ctx.around.namespace()) {
            match (presence(ctx.snapshot, &r.object), r.optional) {
                (Presence::There, _) => {}
                (Presence::Unknown, _) => {
                    unknown.insert(r.object.kind);
                }
                (Presence::Missing, false) => {
                    let message = sentence!("the new template needs it, and it is not there: pods would not start");
                    all.push(finding(
                        self,
                        Severity::Block,
                        &r.object,
                        message,
                        sentence!("create it first, or take it out of the template"),
                    ));
                }
                (Presence::Missing, true) => {
                    let message = sentence!("the new template names it as optional, and it is not there");
                    all.push(finding(
                        self,
                        Severity::Warn,
                        &r.object,
                        message,
                        sentence!("make sure that the new version can do without it"),
                    ));
                }
            }
        }
        for kind in unknown {
            all.extend(ctx.snapshot.unknown(kind).map(|why| unchecked(self, ctx.around.id, kind, why)));
        }
        all
    }
}
