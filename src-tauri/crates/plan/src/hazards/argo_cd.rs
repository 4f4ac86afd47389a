//! Argo CD owns what the plan writes to. With self-heal it takes a change back within seconds, in the middle of the run, but for
//! fields that it was told to leave alone (`ignoreDifferences` with the sync option `RespectIgnoreDifferences=true`).

use model::{Kind, ObjectId, names};
use serde::Deserialize;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::owner::{Owner, application, owners};
use crate::step::Step;

/// See the file's head.
#[derive(Debug)]
pub struct ArgoCd;

impl Hazard for ArgoCd {
    fn code(&self) -> &'static str {
        "argo-cd-owner"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
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
                    name;
                    why = why.clone()
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
        let heals = enabled && automated.is_some_and(|a| a.get("selfHeal") == Some(&Value::Bool(true)));
        let ignored = heals && leaves_alone(raw, object, &written(ctx, object));
        if heals && !ignored {
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
            let remedy = match above(ctx, id) {
                Some(parent) => remedy.and(sentence!(
                    "{parent} writes that application, and would turn it on again: pause that first, or change it in the source",
                    parent
                )),
                None => remedy,
            };
            return finding(self, Severity::Block, object, message, remedy);
        }
        let message = match enabled {
            true if ignored => sentence!(
                "belongs to the Argo CD application {name}, which heals itself and leaves alone the fields that this plan writes (ignoreDifferences)",
                name
            ),
            true => {
                sentence!("belongs to the Argo CD application {name}: its next sync, at the next commit, writes Git's version back", name)
            }
            false => sentence!("belongs to the Argo CD application {name}: a sync by hand writes Git's version back", name),
        };
        let message = match above(ctx, id).filter(|_| !enabled) {
            Some(parent) => message
                .and(sentence!("{parent} writes that application, and may turn automation on again in the middle of the run", parent)),
            None => message,
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

/// Who writes an application itself: the ApplicationSet that made it, or the application that it is a part of.
fn above(ctx: &CheckCtx<'_>, id: &ObjectId) -> Option<String> {
    let meta = ctx.snapshot.objects.get(id)?.meta();
    if let Some(set) = meta.owner_references.iter().find(|o| o.kind == "ApplicationSet") {
        return Some(format!("ApplicationSet {}", set.name));
    }
    let of = |owner| if let Owner::ArgoCd { application } = owner { Some(application) } else { None };
    let parent = owners(ctx.snapshot, meta).into_iter().find_map(of).filter(|name| *name != id.name)?;
    Some(format!("Application {parent}"))
}

/// Fields of an object that the plan writes and that Git may have, as JSON pointers, with the field manager that writes them.
fn written(ctx: &CheckCtx<'_>, object: &ObjectId) -> Vec<(&'static str, &'static str)> {
    let of = |step: &Step| match step {
        Step::Pin { .. } | Step::Switch { .. } => Some(("/spec/selector", names::MANAGER_ROLLOUT)),
        Step::Scale { .. } | Step::Retire { .. } => Some(("/spec/replicas", names::MANAGER_SCALE)),
        Step::SetTemplate { .. } => Some(("/spec/template", names::MANAGER_ROLLOUT)),
        _ => None,
    };
    ctx.plan.steps.iter().filter(|p| p.step.writes_to().contains(&object)).filter_map(|p| of(&p.step)).collect()
}

/// An entry of an Application's `spec.ignoreDifferences`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ignored {
    group: String,
    kind: String,
    name: String,
    namespace: String,
    json_pointers: Vec<String>,
    jq_path_expressions: Vec<String>,
    managed_fields_managers: Vec<String>,
}

impl Ignored {
    fn of(&self, object: &ObjectId) -> bool {
        let is = |wanted: &str, here: &str| wanted == "*" || wanted == here;
        let any = |wanted: &str, here: &str| wanted.is_empty() || wanted == here;
        is(&self.group, object.kind.group())
            && is(&self.kind, object.kind.name())
            && any(&self.name, &object.name)
            && any(&self.namespace, &object.namespace)
    }

    fn covers(&self, path: &str, manager: &str) -> bool {
        // Of jq, plain paths are understood; anything else may mean less than it seems.
        let plain = |jq: &String| jq.starts_with('.') && jq.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        let paths =
            self.json_pointers.iter().cloned().chain(self.jq_path_expressions.iter().filter(|e| plain(e)).map(|e| e.replace('.', "/")));
        let within = |at: String| path.strip_prefix(&at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.managed_fields_managers.iter().any(|m| m == manager) || paths.into_iter().any(within)
    }
}

/// Whether an application leaves alone all of these fields of an object.
fn leaves_alone(application: &Value, object: &ObjectId, fields: &[(&str, &str)]) -> bool {
    let options = application.pointer("/spec/syncPolicy/syncOptions").and_then(Value::as_array);
    let respects = options.is_some_and(|all| all.iter().any(|o| o == "RespectIgnoreDifferences=true"));
    let listed = application.pointer("/spec/ignoreDifferences").and_then(Value::as_array);
    let of: Vec<Ignored> = listed.into_iter().flatten().filter_map(|i| Ignored::deserialize(i).ok()).filter(|i| i.of(object)).collect();
    respects && fields.iter().all(|(path, manager)| of.iter().any(|i| i.covers(path, manager)))
}
