//! Admission changes the pods of the new template: it adds containers, or runs other images than were written. Told where
//! the pods that run are not like that, for then it came since, or does not mean them.

use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::references::slim;

/// See the file's head.
#[derive(Debug)]
pub struct Mutated;

impl Hazard for Mutated {
    fn code(&self) -> &'static str {
        "mutated"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let admitted = ctx.snapshot.dry_runs.iter().filter(|d| d.step == "pod").find_map(|d| d.outcome.as_ref().ok());
        let Some(admitted) = admitted else { return vec![] };
        let sent: Vec<(String, String)> = containers(ctx.template());
        let running: Vec<(&str, &str)> = ctx
            .around
            .pods()
            .into_iter()
            .flat_map(|p| p.spec.init_containers.iter().chain(&p.spec.containers))
            .map(|c| (c.name.as_str(), c.image.as_str()))
            .collect();
        let mut all = Vec::new();
        for (name, image) in containers(admitted) {
            let message = match sent.iter().find(|(n, _)| *n == name) {
                Some((_, same)) if *same == image => continue,
                Some((_, other)) => {
                    sentence!("admission changes the image of container {name} from {other} to {image}", name, other, image)
                }
                None if running.contains(&(name.as_str(), image.as_str())) => continue,
                None => sentence!("admission adds container {name} ({image}), which no pod that runs has", name, image),
            };
            all.push(finding(
                self,
                Severity::Warn,
                ctx.around.id,
                message,
                sentence!("make sure that this is meant: green would run like that"),
            ));
        }
        all
    }
}

/// Name and image of each container of a template, or of a pod; init containers first.
fn containers(template: &Value) -> Vec<(String, String)> {
    let spec = slim(template).spec;
    spec.init_containers.into_iter().chain(spec.containers).map(|c| (c.name, c.image)).collect()
}
