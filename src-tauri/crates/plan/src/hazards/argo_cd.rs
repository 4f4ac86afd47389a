//! Argo CD owns what the plan writes to. With self-heal it takes a change back within seconds, in the middle of the run.

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::owner::{Owner, application, owners};

/// See the file's head.
#[derive(Debug)]
pub struct ArgoCd;

impl Hazard for ArgoCd {
    fn code(&self) -> &'static str {
        "argo-cd-owner"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for object in ctx.owned_by_others() {
            let Some(meta) = ctx.snapshot.objects.get(&object).map(|o| o.meta()) else { continue };
            for owner in owners(ctx.snapshot, meta) {
                if let Owner::ArgoCd { application } = owner {
                    all.push(self.of(ctx, &object, &application));
                }
            }
        }
        all
    }
}

impl ArgoCd {
    fn of(&self, ctx: &CheckCtx<'_>, object: &ObjectId, name: &str) -> Finding {
        let Some((id, raw)) = application(ctx.snapshot, name) else {
            let message = match ctx.snapshot.unknown(Kind::Application) {
                Some(why) => sentence!(
                    "belongs to the Argo CD application {name}; whether it heals itself could not be checked (applications were not read: {why})",
                    name,
                    why
                ),
                None => sentence!(
                    "belongs to the Argo CD application {name}; whether it heals itself could not be checked (it was not found among those that were read)",
                    name
                ),
            };
            let remedy = sentence!("make sure that it does not: argocd app set {name} --sync-policy none", name);
            return finding(self, Severity::Warn, object, message, remedy);
        };
        let automated = raw.pointer("/spec/syncPolicy/automated").filter(|a| a.is_object());
        let enabled = automated.is_some_and(|a| a.get("enabled") != Some(&Value::Bool(false)));
        let heals = automated.is_some_and(|a| a.get("selfHeal") == Some(&Value::Bool(true)));
        if enabled && heals {
            let message = sentence!(
                "belongs to the Argo CD application {name}, which heals itself: it would take our changes back within seconds",
                name
            );
            let patch = |value: &Value| {
                let body = serde_json::json!({"spec":{"syncPolicy":{"automated":value}}});
                format!("kubectl -n {} patch applications.argoproj.io {} --type=merge -p '{body}'", id.namespace, id.name)
            };
            let remedy = sentence!(
                "pause it: {pause}; afterwards put it back: {restore}",
                pause = patch(&Value::Null),
                restore = patch(automated.unwrap_or(&Value::Null))
            );
            return finding(self, Severity::Block, object, message, remedy);
        }
        let message = match enabled {
            true => {
                sentence!("belongs to the Argo CD application {name}: its next sync, at the next commit, writes Git's version back", name)
            }
            false => sentence!("belongs to the Argo CD application {name}: a sync by hand writes Git's version back", name),
        };
        finding(
            self,
            Severity::Warn,
            object,
            message,
            sentence!("let nobody sync it until the run is over, and bring the new version into Git before"),
        )
    }
}
