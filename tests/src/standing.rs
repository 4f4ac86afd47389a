//! Two colours that stand, and the plan that moves traffic from the one to the other: a gate, the switch and a soak, driven by
//! the engine in the tests' own process.

use std::path::Path;
use std::sync::Arc;

use cluster::kubeconfig::Sources;
use cluster::{Connection, WritePolicy};
use engine::{Cluster, Run, RunView};
use jiff::Timestamp;
use model::{Kind, Labels, ObjectId};
use plan::{Phase, Plan, Planned, SelectorTo, Step, SwitchService, Target};
use serde_json::json;

use crate::Outcome;
use crate::real::LONGEST;

/// A connection of one's own, as the product makes it, to the current context of a kubeconfig.
pub async fn connect(kubeconfig: &Path) -> Outcome<Arc<Connection>> {
    let contexts = cluster::kubeconfig::load(&Sources { explicit: Some(kubeconfig.to_path_buf()), ..Default::default() })?;
    let name = contexts.current.clone().ok_or("no current context")?;
    let context = contexts.get(&name).ok_or("the context is not there")?;
    Ok(Connection::open(context, &cluster::Options::new(WritePolicy::writable())).await?)
}

/// From the Deployment `web` to `web-green`, behind the Service `web`.
pub struct Flipping<'a> {
    /// What the Service selects before.
    pub blue: &'a Labels,
    /// What it selects after.
    pub green: &'a Labels,
    /// Pods of each colour.
    pub pods: u32,
    /// URLs to probe.
    pub probes: Vec<String>,
    /// Seconds.
    pub settle: u32,
}

impl Flipping<'_> {
    /// Gate, switch, soak: the steps of a Blue/Green between two colours that stand.
    pub async fn plan(self, cluster: &dyn Cluster, namespace: &str, id: String) -> Outcome<Plan> {
        let at = |kind, name: &str| ObjectId::new(kind, namespace, name);
        let (blue, green, service) = (at(Kind::Deployment, "web"), at(Kind::Deployment, "web-green"), at(Kind::Service, "web"));
        let live = cluster.get(&blue).await?.ok_or("blue is gone")?;
        let (from, to) = (SelectorTo::Exact(self.blue.clone()), SelectorTo::Exact(self.green.clone()));
        let switch = Step::Switch {
            services: vec![SwitchService { service: service.clone(), from, to }],
            to: green.clone(),
            from: blue.clone(),
            count: self.pods,
            probes: self.probes.clone(),
            entries: vec![],
            settle: self.settle,
            prove_within: 30,
        };
        let (standby, services, probes, entries) = (blue.clone(), vec![service], self.probes, vec![]);
        let soak = Step::Soak { seconds: 3600, deployment: green, standby, services, probes, entries };
        let steps = [
            ("gate-cut-over", Phase::CutOver, Step::Gate { name: "cut-over".into() }),
            ("cut-over", Phase::CutOver, switch),
            ("soak", Phase::Soak, soak),
        ];
        let mut planned: Vec<Planned> = Vec::new();
        for (id, phase, step) in steps {
            let after = planned.last().map(|p| p.id.clone()).into_iter().collect();
            planned.push(Planned { id: id.into(), after, phase, step, way_back_seconds: Some(3) });
        }
        let template = live["spec"]["template"].clone();
        let uid = live["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        Ok(plan::file::seal(Plan {
            schema: plan::plan::SCHEMA,
            id,
            hash: String::new(),
            created_at: Timestamp::now(),
            context: "lab".into(),
            cluster: cluster.identity().await?,
            strategy: "blue-green".into(),
            params: json!({}),
            target: Target { object: blue, uid, template: template.clone(), replicas: self.pods },
            changes: vec![],
            template,
            steps: planned,
        })?)
    }
}

/// The gate waits, and everything that must hold does.
pub fn armed(view: &RunView) -> bool {
    view.gate.as_ref().is_some_and(|g| !g.checks.is_empty() && g.checks.iter().all(|c| c.ok == Some(true)))
}

/// Waits until the run shows something; fails when it is held or ends first.
pub async fn see(run: &Run, what: &str, wanted: impl Fn(&RunView) -> bool) -> Outcome<RunView> {
    let mut views = run.watch();
    let shown = tokio::time::timeout(LONGEST, views.wait_for(|v| wanted(v) || v.hold.is_some() || !v.attached)).await;
    match shown {
        Ok(Ok(view)) if wanted(&view) => Ok(view.clone()),
        _ => Err(format!("run is not {what}: {:?}", run.view().status).into()),
    }
}
