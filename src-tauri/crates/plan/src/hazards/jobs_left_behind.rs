//! A CronJob, or a Job at work, that runs the image that the plan replaces: it is no part of the plan, and goes on with its own
//! version beside the new one, on the same data. Going back leaves it alone, too.

use std::collections::BTreeSet;

use model::{Kind, ObjectId};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

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
        let stays = |spec: &Value| {
            let of_ours = |image: &&str| replaced.iter().any(|(name, after)| repository(image) == *name && image != after);
            images(spec).find(of_ours).map(str::to_string)
        };
        let mut told = BTreeSet::new();
        for (id, raw) in ctx.of_kind(Kind::CronJob).filter(|(_, raw)| raw.pointer("/spec/suspend") != Some(&Value::Bool(true))) {
            let Some(image) = raw.pointer("/spec/jobTemplate/spec/template/spec").and_then(stays) else { continue };
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
            let Some(image) = raw.pointer("/spec/template/spec").and_then(stays).filter(|_| active > 0) else { continue };
            if by(raw).is_some_and(|cron_job| told.contains(cron_job)) {
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

/// Images of a pod's containers.
fn images(spec: &Value) -> impl Iterator<Item = &str> {
    let lists = ["initContainers", "containers"].into_iter().filter_map(|key| spec.get(key)?.as_array());
    lists.flatten().filter_map(|c| c.get("image")?.as_str())
}

/// An image without its tag and digest.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rfind('/').map_or(0, |at| at + 1);
    name[last..].find(':').map_or(name, |at| &name[..last + at])
}

/// The CronJob that made a Job.
fn by(job: &Value) -> Option<&str> {
    let owners = job.pointer("/metadata/ownerReferences")?.as_array()?;
    owners.iter().find(|o| o["kind"] == "CronJob" && o["controller"] == true)?["name"].as_str()
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn a_repository_is_the_image_without_tag_and_digest() {
        let of = ["web", "shop/web:1", "r.example:5000/web", "r.example:5000/web:1", "r.example/web:1@sha256:00"].map(repository);
        assert_eq!(of, ["web", "shop/web", "r.example:5000/web", "r.example:5000/web", "r.example/web"]);
    }
}
