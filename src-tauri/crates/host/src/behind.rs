//! What a run leaves in the cluster when nobody drives it any more.

use engine::show::{RunView as Seen, WayBackKind};
use engine::status::StepStatus as S;
use plan::{Plan, Step};

use crate::lanes;

/// What stays behind of a run that is left, in one sentence or two.
pub fn behind(plan: &Plan, seen: &Seen) -> String {
    let done = |f: &dyn Fn(&Step) -> bool| {
        plan.steps.iter().zip(&seen.steps).any(|(p, s)| f(&p.step) && matches!(s.status, S::Done | S::Running | S::Undoing))
    };
    if seen.status.is_final() {
        return format!("run {}: it is over, nothing stays behind", seen.id);
    }
    if let Some(by) = &seen.elsewhere {
        return format!("run {}: {by} drives it; nothing of it is written from here", seen.id);
    }
    let mut stays = vec![];
    if done(&|s| matches!(s, Step::Pause { .. })) {
        stays.push(format!("{} is paused", plan.target.object.said()));
    }
    if done(&|s| matches!(s, Step::Pin { .. })) {
        stays.push("its services are pinned".to_string());
    }
    if done(&|s| matches!(s, Step::Freeze { .. })) {
        stays.push("its autoscaler is held".to_string());
    }
    if let Some(green) = lanes::green(plan).filter(|_| done(&|s| matches!(s, Step::Create { .. }))) {
        stays.push(format!("{} stands beside it", green.said()));
    }
    stays.push(traffic(plan, seen));
    format!("run {}: left, to be resumed; {}", seen.id, stays.join(", "))
}

/// Where traffic is. The engine judges by the writes that landed: a cutover that waits for its proof has moved it.
fn traffic(plan: &Plan, seen: &Seen) -> String {
    if seen.way_back.kind != WayBackKind::FlipBack {
        return "traffic is where it was".into();
    }
    let mut switches = plan.steps.iter().zip(&seen.steps).rev().filter_map(|(p, s)| match &p.step {
        Step::Switch { to, from, .. } => Some((to, from, s.status)),
        _ => None,
    });
    match switches.find(|(_, _, status)| matches!(status, S::Done | S::Running | S::Undoing)) {
        Some((to, _, S::Done)) => format!("{} serves", to.said()),
        Some((to, _, S::Running)) => format!("traffic is moving to {}, and that is not proven yet", to.said()),
        Some((_, from, _)) => format!("traffic is moving back to {}, and not all of it is there", from.said()),
        None => "traffic has moved".into(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::{ClusterIdentity, Kind, ObjectId};
    use plan::{Phase, Planned, Target};
    use serde_json::{Value, json};

    /// A run of one switch, with that way back and that step's status.
    pub(crate) fn seen(kind: WayBackKind, status: S) -> (Plan, Seen) {
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
        seen.way_back.kind = kind;
        seen.steps[0].status = status;
        (plan, seen)
    }

    #[test]
    fn where_traffic_is_follows_from_what_landed() {
        for (kind, status, expect) in [
            (WayBackKind::BackOut, S::Waiting, "traffic is where it was"),
            (WayBackKind::BackOut, S::Running, "traffic is where it was"),
            (WayBackKind::FlipBack, S::Running, "traffic is moving to deployment shop/green, and that is not proven yet"),
            (WayBackKind::FlipBack, S::Done, "deployment shop/green serves"),
            (WayBackKind::FlipBack, S::Undoing, "traffic is moving back to deployment shop/blue, and not all of it is there"),
            (WayBackKind::BackOut, S::Undoing, "traffic is where it was"),
        ] {
            let (plan, seen) = seen(kind, status);
            let text = behind(&plan, &seen);
            assert!(text.ends_with(expect), "{kind:?}, {status:?}: {text}");
        }
    }
}
