//! A CronJob, or a Job at work, that runs the image that the plan replaces: it is no part of the plan, and goes on with its own
//! version beside the new one, on the same data. Going back leaves it alone, too.

use std::collections::BTreeSet;

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::references::{repository, slim};

/// See the file's head.
#[derive(Debug)]
pub struct JobsLeftBehind;

impl Hazard for JobsLeftBehind {
    fn code(&self) -> &'static str {
        "jobs-left-behind"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let replaced: Vec<(&str, &str)> = ctx.plan.changes.iter().map(|c| (repository(&c.after), c.after.as_str())).collect();
        if replaced.is_empty() {
            return vec![];
        }
        let unread = [Kind::CronJob, Kind::Job].into_iter();
        let mut all: Vec<Finding> =
            unread.filter_map(|kind| Some(unchecked(self, ctx.around.id, kind, ctx.snapshot.unknown(kind)?))).collect();
        let stays = |template: &Value| {
            let of_ours = |image: &String| replaced.iter().any(|(name, after)| repository(image) == *name && image != after);
            let spec = slim(template).spec;
            spec.init_containers.into_iter().chain(spec.containers).map(|c| c.image).find(of_ours)
        };
        let mut told = BTreeSet::new();
        for (id, raw) in ctx.of_kind(Kind::CronJob).filter(|(_, raw)| raw.pointer("/spec/suspend") != Some(&Value::Bool(true))) {
            let Some(image) = raw.pointer("/spec/jobTemplate/spec/template").and_then(stays) else { continue };
            let schedule = raw.pointer("/spec/schedule").and_then(Value::as_str).unwrap_or_default();
            let message = sentence!(
                "runs {image} by its schedule ({schedule}), and goes on with that: the plan replaces the image of {workload} alone",
                image,
                schedule,
                workload = ctx.around.id.said()
            );
            let remedy = sentence!(
                "make sure that both versions may work on the same data, or let it rest for as long as the plan runs: {command}",
                command = suspend(id)
            );
            told.insert(id.name.as_str());
            all.push(finding(self, Severity::Warn, id, message, remedy));
        }
        for (id, raw) in ctx.of_kind(Kind::Job) {
            let active = raw.pointer("/status/active").and_then(Value::as_u64).unwrap_or_default();
            let Some(image) = raw.pointer("/spec/template").and_then(stays).filter(|_| active > 0) else { continue };
            let by = ctx.snapshot.objects.get(id).and_then(|o| o.meta().controller());
            if by.is_some_and(|o| o.kind == Kind::CronJob.name() && told.contains(o.name.as_str())) {
                continue;
            }
            let message = sentence!(
                "is at work with {image}, and goes on with that: the plan replaces the image of {workload} alone",
                image,
                workload = ctx.around.id.said()
            );
            let remedy = sentence!(
                "wait until it is done, or make sure that both versions may work on the same data: {command}",
                command = format!("kubectl -n {} wait job/{} --for=condition=Complete --timeout=10m", id.namespace, id.name)
            );
            all.push(finding(self, Severity::Warn, id, message, remedy));
        }
        all
    }
}

fn suspend(id: &ObjectId) -> String {
    format!(r#"kubectl -n {} patch cronjob/{} -p '{{"spec":{{"suspend":true}}}}'"#, id.namespace, id.name)
}
