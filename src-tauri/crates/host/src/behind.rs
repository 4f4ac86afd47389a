//! What a run leaves in the cluster when nobody drives it any more.

use engine::show::RunView as Seen;
use engine::status::StepStatus as S;
use model::{Sentence, sentence};
use plan::{Plan, Step};

use crate::lanes::{self, Traffic};

/// What stays behind of a run that is left.
pub fn behind(plan: &Plan, seen: &Seen) -> Sentence {
    let done = |f: &dyn Fn(&Step) -> bool| {
        plan.steps.iter().zip(&seen.steps).any(|(p, s)| f(&p.step) && matches!(s.status, S::Done | S::Running | S::Undoing))
    };
    let run = &seen.id;
    if seen.status.is_final() {
        return sentence!("run {run}: it is over, nothing stays behind", run);
    }
    if let Some(by) = &seen.elsewhere {
        return sentence!("run {run}: {by} drives it; nothing of it is written from here", run, by);
    }
    let mut said = sentence!("run {run}: left, to be resumed", run);
    if done(&|s| matches!(s, Step::Pause { .. })) {
        said = said.and(sentence!("{object} is paused", object = plan.target.object.said()));
    }
    if done(&|s| matches!(s, Step::Pin { .. })) {
        said = said.and(sentence!("its services are pinned"));
    }
    if done(&|s| matches!(s, Step::Freeze { .. })) {
        said = said.and(sentence!("its autoscaler is held"));
    }
    if let Some(green) = lanes::green(plan).filter(|_| done(&|s| matches!(s, Step::Create { .. }))) {
        said = said.and(sentence!("{object} stands beside it", object = green.said()));
    }
    said.and(traffic(plan, seen))
}

fn traffic(plan: &Plan, seen: &Seen) -> Sentence {
    match lanes::traffic(plan, seen) {
        None | Some(Traffic::AsBefore) => sentence!("traffic is where it was"),
        Some(Traffic::On(to)) => sentence!("{object} serves", object = to.said()),
        Some(Traffic::Moving(to)) => sentence!("traffic is moving to {object}, and that is not proven yet", object = to.said()),
        Some(Traffic::MovingBack(to)) => sentence!("traffic is moving back to {object}, and not all of it is there", object = to.said()),
        Some(Traffic::Left) => sentence!("traffic has moved"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::{ClusterIdentity, Kind, ObjectId};
    use plan::{Phase, Planned, Target};
    use serde_json::{Value, json};

    /// A run of one switch, which may have moved traffic, and that step's status.
    pub(crate) fn seen(switched: bool, status: S) -> (Plan, Seen) {
        let id = |name: &str| ObjectId::new(Kind::Deployment, "shop", name);
        let (services, probes) = (vec![], vec![]);
        let step =
            Step::Switch { services, to: id("green"), from: id("blue"), count: 3, probes, entries: vec![], settle: 2, prove_within: 30 };
        let plan = Plan {
            schema: plan::plan::SCHEMA,
            id: "bg-1".into(),
            hash: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            context: "lab".into(),
            cluster: ClusterIdentity { uid: String::new(), server: String::new(), ca_sha256: String::new() },
            strategy: "blue-green".into(),
            params: json!({}),
            target: Target { object: id("blue"), uid: String::new(), template: Value::Null, replicas: 3 },
            changes: vec![],
            template: Value::Null,
            steps: vec![Planned { id: "cut-over".into(), after: vec![], phase: Phase::CutOver, step, way_back_seconds: None }],
        };
        let mut seen = engine::inspect(plan.clone(), &[]).expect("an empty journal").1;
        seen.switched = switched;
        seen.steps[0].status = status;
        (plan, seen)
    }

    #[test]
    fn where_traffic_is_follows_from_what_landed() {
        for (switched, status, expect) in [
            (false, S::Waiting, "traffic is where it was"),
            (false, S::Running, "traffic is where it was"),
            (true, S::Running, "traffic is moving to Deployment shop/green, and that is not proven yet"),
            (true, S::Done, "Deployment shop/green serves"),
            (true, S::Undoing, "traffic is moving back to Deployment shop/blue, and not all of it is there"),
            (false, S::Undoing, "traffic is where it was"),
        ] {
            let (plan, seen) = seen(switched, status);
            let text = behind(&plan, &seen).text;
            assert!(text.ends_with(expect), "{switched}, {status:?}: {text}");
        }
    }
}
