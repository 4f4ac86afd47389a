//! The `Progressing` condition of a Deployment, as `progress.go` keeps it: it moves with progress, is exceeded after the
//! deadline, and once exceeded stays so, under whatever generation, until there is progress again.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Ev, State};

/// What the controller counts.
fn counts(status: &Value) -> (u64, u64, u64) {
    let n = |key: &str| status[key].as_u64().unwrap_or(0);
    (n("updatedReplicas"), n("replicas").saturating_sub(n("updatedReplicas")), n("readyReplicas"))
}

impl State {
    fn stamp(&self) -> Value {
        json!((Timestamp::UNIX_EPOCH + self.now).to_string())
    }

    /// The condition after a look at the pods; `made` = a ReplicaSet was made for the template.
    pub(super) fn progressing(&mut self, live: &Value, status: &Value, made: bool) -> Option<Value> {
        let deadline = live["spec"]["progressDeadlineSeconds"].as_u64().unwrap_or(600);
        let old = live["status"]["conditions"][0].clone();
        let is = |reason: &str| old["reason"] == reason;
        let want = live["spec"]["replicas"].as_u64().unwrap_or(1);
        let ((updated, others, ready), before) = (counts(status), counts(&live["status"]));
        let complete = (updated, others, ready) == (want, 0, want);
        let progress = updated > before.0 || others < before.1 || ready > before.2;
        let new = match (made, complete, progress) {
            (true, _, _) => ("True", "NewReplicaSetCreated"),
            (false, true, _) => ("True", "NewReplicaSetAvailable"),
            (false, false, _) if others == 0 && is("NewReplicaSetAvailable") => ("True", "NewReplicaSetAvailable"),
            (false, false, true) => ("True", "ReplicaSetUpdated"),
            (false, false, false) if old.is_null() => return None,
            (false, false, false) => {
                let since: Timestamp = old["lastUpdateTime"].as_str().and_then(|t| t.parse().ok()).expect("a time");
                let over = since + Duration::from_secs(deadline) < Timestamp::UNIX_EPOCH + self.now;
                if is("ProgressDeadlineExceeded") || is("NewReplicaSetAvailable") || !over {
                    return Some(old);
                }
                ("False", "ProgressDeadlineExceeded")
            }
        };
        if old["reason"] == new.1 && !progress {
            return Some(old);
        }
        self.soon(Duration::from_secs(deadline + 1), Ev::Reconcile);
        let now = self.stamp();
        let since = if old["status"] == new.0 { old["lastTransitionTime"].clone() } else { now.clone() };
        Some(json!({"type":"Progressing","status":new.0,"reason":new.1,"lastUpdateTime":now,"lastTransitionTime":since}))
    }
}
