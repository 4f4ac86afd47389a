//! A HorizontalPodAutoscaler controller that knows one load: a Deployment that serves keeps what it has, one that is idle
//! for a while shrinks to its floor. What a Service of a run's own selects counts as idle: nobody uses it.

use std::time::Duration;

use model::{Kind, ObjectId, names};
use serde_json::json;

use super::{Ev, State, Traced, id};

/// `--horizontal-pod-autoscaler-sync-period`.
pub(super) const PERIOD: Duration = Duration::from_secs(15);
/// Proven: unguarded, an idle colour went from 3 to 1 in 30 s.
const IDLE: Duration = Duration::from_secs(30);

impl State {
    pub(super) fn autoscale(&mut self) {
        self.soon(PERIOD, Ev::Autoscale);
        if self.controllers_rest {
            return;
        }
        let hpas: Vec<ObjectId> = self.objects.keys().filter(|i| i.kind == Kind::HorizontalPodAutoscaler).cloned().collect();
        for hpa in hpas {
            let spec = self.objects[&hpa]["spec"].clone();
            let target = id(Kind::Deployment, spec["scaleTargetRef"]["name"].as_str().unwrap_or_default());
            let Some(mut live) = self.objects.get(&target).cloned() else { continue };
            let (floor, has) = (spec["minReplicas"].as_u64().unwrap_or(1), live["spec"]["replicas"].as_u64().unwrap_or(1));
            let now = self.now;
            let since = *self.idle.entry(target.clone()).or_insert(now);
            if self.serves(&target.name) {
                self.idle.remove(&target);
            }
            let idle = self.idle.contains_key(&target) && now.saturating_sub(since) >= IDLE;
            // At 0 it is switched off (`ScalingDisabled`).
            if has != 0 && (has < floor || idle && has > floor) {
                live["spec"]["replicas"] = json!(floor);
                self.store(&target, live);
                self.trace.add(Traced::Stranger(target));
            }
        }
    }

    /// Whether a Service that no run made has a ready endpoint of the Deployment.
    fn serves(&self, deployment: &str) -> bool {
        let foreign = |o: &serde_json::Value| o["metadata"]["labels"][names::RUN].is_null();
        let services = self.objects.iter().filter(|(i, o)| i.kind == Kind::Service && foreign(o)).map(|(i, _)| &i.name);
        services.into_iter().any(|s| self.endpoints(s).iter().any(|p| self.owner_of(p) == deployment))
    }
}
