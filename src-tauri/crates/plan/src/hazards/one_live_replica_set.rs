//! Blue/Green needs one version to begin with: two ReplicaSets with pods are two versions, and a pin can name one only.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct OneLiveReplicaSet;

impl Hazard for OneLiveReplicaSet {
    fn code(&self) -> &'static str {
        "one-live-replica-set"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let object = ctx.around.id;
        let live = ctx.around.live_replica_sets();
        if let (true, Some(why)) = (ctx.is_blue_green(), ctx.snapshot.unknown(model::Kind::ReplicaSet)) {
            return vec![super::unchecked(self, object, model::Kind::ReplicaSet, why)];
        }
        if !ctx.is_blue_green() || live.len() == 1 {
            return vec![];
        }
        let (message, remedy) = match live.as_slice() {
            [] => (
                sentence!("has no ReplicaSet with pods: there is no version in service to stand beside"),
                sentence!("scale it up first, or change it in place"),
            ),
            many => {
                let counts: Vec<String> = many.iter().map(|r| format!("{} ({})", r.metadata.name, r.status.replicas)).collect();
                (
                    sentence!("has {n} ReplicaSets with pods: {counts}", n = many.len(), counts = counts.join(", ")),
                    sentence!("let its rollout finish, or roll it back, then make the plan again"),
                )
            }
        };
        vec![finding(self, Severity::Block, object, message, remedy)]
    }
}
