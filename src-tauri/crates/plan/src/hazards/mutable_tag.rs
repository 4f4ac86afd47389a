//! An image by a tag that moves: nodes that pull it at different times run different code under one name, and "back to the
//! version before" may not be what it was.

use std::collections::BTreeSet;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::revisions::is_mutable;

/// See the file's head.
#[derive(Debug)]
pub struct MutableTag;

impl Hazard for MutableTag {
    fn code(&self) -> &'static str {
        "mutable-tag"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for change in ctx.plan.changes.iter().filter(|c| is_mutable(&c.after)) {
            let message = sentence!(
                "container {container}: {image} names no version, each node runs what it pulled last",
                container = change.container,
                image = change.after
            );
            all.push(finding(self, Severity::Warn, ctx.around.id, message, sentence!("name the version, best by digest (image@sha256:…)")));
        }
        let pods = ctx.around.pods();
        let names: BTreeSet<(&str, &str)> =
            pods.iter().flat_map(|p| p.spec.containers.iter().map(|c| (c.name.as_str(), c.image.as_str()))).collect();
        for (container, image) in names {
            let of_image = pods.iter().filter(|p| p.spec.containers.iter().any(|c| c.name == container && c.image == image));
            let ids: BTreeSet<&str> = of_image
                .flat_map(|p| p.status.container_statuses.iter().filter(|s| s.name == container && !s.image_id.is_empty()))
                .map(|s| s.image_id.as_str())
                .collect();
            if ids.len() > 1 {
                let message =
                    sentence!("container {container}: its pods run {n} different images under {image}", container, n = ids.len(), image);
                all.push(finding(self, Severity::Warn, ctx.around.id, message, sentence!("the tag was moved; name the version by digest")));
            }
        }
        all
    }
}
