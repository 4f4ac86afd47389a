//! A volume that one node, or one pod, can mount at a time: the second colour would wait for the first to let go.

use model::{Kind, ObjectId};

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::references::slim;

/// See the file's head.
#[derive(Debug)]
pub struct SharedVolume;

impl Hazard for SharedVolume {
    fn code(&self) -> &'static str {
        "shared-volume"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        let template = slim(ctx.template());
        let claims: Vec<&str> =
            template.spec.volumes.iter().filter_map(|v| v.persistent_volume_claim.as_ref().map(|c| c.claim_name.as_str())).collect();
        if let (false, Some(why)) = (claims.is_empty(), ctx.snapshot.unknown(Kind::PersistentVolumeClaim)) {
            return vec![unchecked(self, ctx.around.id, Kind::PersistentVolumeClaim, why)];
        }
        let ids = claims.into_iter().map(|name| ctx.around.id.sibling(Kind::PersistentVolumeClaim, name));
        ids.filter_map(|id| self.of(ctx, &id)).collect()
    }
}

impl SharedVolume {
    fn of(&self, ctx: &CheckCtx<'_>, id: &ObjectId) -> Option<Finding> {
        let modes = ctx.snapshot.raw(id)?.pointer("/spec/accessModes")?.as_array()?;
        let has = |mode: &str| modes.iter().any(|m| m.as_str() == Some(mode));
        if has("ReadWriteMany") || has("ReadOnlyMany") {
            return None;
        }
        let message = match has("ReadWriteOncePod") {
            true => sentence!("only one pod can mount it at a time, and both colours would: two versions cannot stand side by side"),
            false => sentence!("only one node can mount it at a time, and both colours would: two versions cannot stand side by side"),
        };
        let remedy = sentence!("use a volume of mode ReadWriteMany, or replace the pods in place (strategy Recreate)");
        Some(finding(self, Severity::Block, id, message, remedy))
    }
}
