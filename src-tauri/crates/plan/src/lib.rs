//! A target and a wish in, a `Plan` out: what is written, what is waited for, how each step is undone, and what speaks
//! against it.
//!
//! This room does **not** know how to reach a cluster: it reads a [`Snapshot`] that somebody took. It does not know how
//! a step is carried out either (`engine`); it only names the closed list of steps.
//!
//! **Invariant:** the same snapshot and the same parameters give the same plan, byte for byte, but for its id and time.
//! **Invariant:** what could not be read is never taken for absent: a hazard that depends on it says so.
//!
//! Adding a strategy: 1. one file in `strategies/`; 2. one line in its list; 3. a golden folder.
//! Adding a hazard: 1. one file in `hazards/`; 2. one line in its list; 3. a golden that fires and one that must not.

pub mod access;
pub mod advice;
pub mod around;
pub mod changes;
pub mod derive;
pub mod entry;
pub mod file;
mod ground;
pub mod hazards;
pub mod history;
pub mod kubectl;
pub mod marks;
pub mod owner;
pub mod pace;
pub mod params;
pub mod past;
pub mod plan;
pub mod quantity;
pub mod record;
pub mod references;
pub mod render;
pub mod revisions;
pub mod secrets;
mod smoke;
pub mod snapshot;
pub mod step;
pub mod strategies;

pub use hazards::{Finding, Severity};
pub use params::{Param, ParamKind, ParamSchema};
pub use past::{Ending, Past};
pub use plan::{Finish, ImageChange, Plan, PlanError, Planned, Target, What};
pub use revisions::Revision;
pub use snapshot::{Access, DryRun, RecordSize, Snapshot, SnapshotError, Untried, Verb};
pub use step::{Colour, Phase, SelectorTo, SmokeCheck, Step, SwitchService};
pub use strategies::Strategy;

use model::{Sentence, sentence};

/// `web: shop/web:v1 → shop/web:v2`, or `pod template` when no image differs.
pub fn said_changes(changes: &[ImageChange]) -> String {
    match changes {
        [] => "pod template".to_string(),
        some => some.iter().map(|c| format!("{}: {} → {}", c.container, c.before, c.after)).collect::<Vec<_>>().join(", "),
    }
}

/// `v1 → v2`: tags of the images that change, with the container where there are several; `pod template` when no image differs.
pub fn said_versions(changes: &[ImageChange]) -> Sentence {
    let one = |c: &ImageChange| {
        let arrow = format!("{} → {}", tag(&c.before), tag(&c.after));
        if changes.len() > 1 { format!("{}: {arrow}", c.container) } else { arrow }
    };
    match changes {
        [] => sentence!("pod template"),
        some => Sentence::quoted(some.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

/// Version of an image: its tag, or the first digits of its digest; the whole reference when it has neither.
pub fn tag(image: &str) -> String {
    if let Some((_, digest)) = image.split_once('@') {
        let hex = digest.split_once(':').map_or(digest, |(_, h)| h);
        return hex.chars().take(12).collect();
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').map_or_else(|| image.to_string(), |(_, tag)| tag.to_string())
}

/// The bare Pod made of the new template, for a dry run: quota, LimitRange, PodSecurity, a missing ServiceAccount or
/// PriorityClass refuse a Pod, and none of them a Deployment. `None` when the plan brings no template.
pub fn dry_run_pod(plan: &Plan) -> Option<serde_json::Value> {
    let green = plan.steps.iter().find_map(|s| match &s.step {
        Step::Create { object, manifest } if object.kind == model::Kind::Deployment => manifest.pointer("/spec/template"),
        Step::SetTemplate { after, .. } => Some(after),
        _ => None,
    })?;
    let name: String = format!("{}-dry-run", plan.id).chars().take(63).collect();
    let mut metadata = green.get("metadata").cloned().filter(serde_json::Value::is_object).unwrap_or_else(|| serde_json::json!({}));
    metadata["name"] = name.into();
    metadata["namespace"] = plan.target.object.namespace.clone().into();
    let spec = green.get("spec")?.clone();
    Some(serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_read_from_image_references() {
        for (image, expect) in [
            ("shop/web:v2", "v2"),
            ("localhost:5000/web", "localhost:5000/web"),
            ("localhost:5000/web:1.2", "1.2"),
            ("r/web@sha256:0123456789abcdef00", "0123456789ab"),
            ("r/web:v1@sha256:0123456789abcdef00", "0123456789ab"),
        ] {
            assert_eq!(super::tag(image), expect, "{image}");
        }
    }
}
