//! Another controller drives the Deployment: an operator that owns it, an Argo Rollout or a Flagger Canary that points
//! at it. What we write it would undo.

use model::Kind;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct ForeignController;

/// Kinds that drive a Deployment, and where they name it.
const DRIVERS: [(Kind, &str); 2] = [(Kind::Rollout, "/spec/workloadRef"), (Kind::Canary, "/spec/targetRef")];

impl Hazard for ForeignController {
    fn code(&self) -> &'static str {
        "foreign-controller"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let object = ctx.around.id;
        let mut all = Vec::new();
        if let Some(owner) = ctx.around.deployment.metadata.controller() {
            let (kind, name) = (&owner.kind, &owner.name);
            let message = sentence!("is controlled by {kind} {name}: it would take our changes back", kind, name);
            all.push(finding(self, Severity::Block, object, message, sentence!("change {kind} {name} instead", kind, name)));
        }
        for (kind, pointer) in DRIVERS {
            if let Some(why) = ctx.snapshot.unknown(kind).filter(|_| ctx.snapshot.installed.contains(&kind)) {
                all.push(unchecked(self, object, kind, why));
            }
            for (id, raw) in ctx.of_kind(kind) {
                let at = |key: &str| raw.pointer(&format!("{pointer}/{key}")).and_then(Value::as_str);
                if at("kind") == Some("Deployment") && at("name") == Some(object.name.as_str()) {
                    let message = sentence!("is driven by {owner}", owner = id.said());
                    all.push(finding(
                        self,
                        Severity::Block,
                        object,
                        message,
                        sentence!("roll it out through {kind} {name}", kind, name = id.name),
                    ));
                }
            }
        }
        all
    }
}
