//! Flux owns what the plan writes to. A Kustomization applies Git's version again at every interval; a HelmRelease does
//! so only with drift detection.

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::owner::{Owner, owners};

/// See the file's head.
#[derive(Debug)]
pub struct Flux;

impl Hazard for Flux {
    fn code(&self) -> &'static str {
        "flux-owner"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for object in ctx.owned_by_others() {
            let Some(meta) = ctx.snapshot.objects.get(&object).map(|o| o.meta()) else { continue };
            let excused = meta.annotations.get("kustomize.toolkit.fluxcd.io/reconcile").is_some_and(|v| v == "disabled");
            for owner in owners(ctx.snapshot, meta) {
                if let Owner::Flux { kind, namespace, name } = owner {
                    all.push(self.of(ctx, &object, &ObjectId::new(kind, namespace, name), excused && kind == Kind::Kustomization));
                }
            }
        }
        all
    }
}

impl Flux {
    fn of(&self, ctx: &CheckCtx<'_>, object: &ObjectId, owner: &ObjectId, excused: bool) -> Finding {
        let verb = if owner.kind == Kind::Kustomization { "kustomization" } else { "helmrelease" };
        let pause = format!("flux suspend {verb} {} -n {}", owner.name, owner.namespace);
        let by_hand = format!(
            "kubectl -n {} patch {}.{} {} --type=merge -p '{{\"spec\":{{\"suspend\":true}}}}'",
            owner.namespace,
            owner.kind.plural(),
            owner.kind.group(),
            owner.name
        );
        let resume = format!("flux resume {verb} {} -n {}", owner.name, owner.namespace);
        let commands = sentence!("pause it: {pause} (or: {by_hand}); afterwards: {resume}", pause, by_hand, resume);
        let (kind, name) = (owner.kind, format!("{}/{}", owner.namespace, owner.name));
        let Some(raw) = ctx.snapshot.raw(owner) else {
            let message = match ctx.snapshot.unknown(owner.kind) {
                Some(why) => sentence!(
                    "belongs to the Flux {kind} {name}; whether it would take our changes back could not be checked ({why})",
                    kind,
                    name;
                    why = why.clone()
                ),
                None => sentence!(
                    "belongs to the Flux {kind} {name}; whether it would take our changes back could not be checked (it was not found among those that were read)",
                    kind,
                    name
                ),
            };
            return finding(self, Severity::Warn, object, message, commands);
        };
        let suspended = raw.pointer("/spec/suspend") == Some(&Value::Bool(true));
        let heals = match owner.kind {
            Kind::Kustomization => true,
            _ => raw.pointer("/spec/driftDetection/mode").and_then(Value::as_str) == Some("enabled"),
        };
        if heals && !suspended && !excused {
            let message =
                sentence!("belongs to the Flux {kind} {name}, which applies Git's version again at its next interval", kind, name);
            return finding(self, Severity::Block, object, message, commands);
        }
        let message = match suspended || excused {
            true => sentence!(
                "belongs to the Flux {kind} {name}, which is suspended: once it is resumed it writes Git's version back",
                kind,
                name
            ),
            false => sentence!("belongs to the Flux {kind} {name}: its next upgrade writes Git's version back", kind, name),
        };
        finding(self, Severity::Warn, object, message, sentence!("bring the new version into Git before it reconciles again"))
    }
}
