//! What a cutover leaves open: how well it is proven, and the connections that stay where they were.
//!
//! Nothing is installed in the cluster, and no API of Kubernetes shows connections: how many there are is never said,
//! only where they lead, which step ends them, and what to expect then.

use api::{ConnectionsSeen, ConnectionsView, CutView, ProofKind, ProofView};
use engine::entry::Receipt;
use engine::show::{RunView, StepView};
use engine::status::StepStatus;
use model::{ObjectId, sentence};
use plan::{Plan, Step};

use crate::{lanes, plan_view};

/// The last switch that stands: its place, and the Deployment that handed over.
fn switched<'a>(plan: &'a Plan, seen: &'a RunView) -> Option<(usize, &'a ObjectId, &'a StepView)> {
    plan.steps.iter().enumerate().rev().find_map(|(i, p)| match &p.step {
        Step::Switch { from, .. } => done(seen, &p.id).map(|v| (i, from, v)),
        _ => None,
    })
}

fn done<'a>(seen: &'a RunView, step: &str) -> Option<&'a StepView> {
    seen.steps.iter().find(|v| v.id == step && v.status == StepStatus::Done)
}

/// How the last switch that stands was proven.
pub fn proof(plan: &Plan, seen: &RunView) -> Option<ProofView> {
    let (_, _, step) = switched(plan, seen)?;
    let Some(Receipt::Switched { proof, unproven }) = &step.receipt else { return None };
    let kind = match proof.code.as_str() {
        _ if *unproven => ProofKind::Unproven,
        "proof-probes" => ProofKind::Probes,
        "proof-anonymous" => ProofKind::Anonymous,
        "proof-unreached" => ProofKind::Unreached,
        _ => ProofKind::Endpoints,
    };
    let text = match unproven {
        true => sentence!("not proven, you went on: {what}"; what = proof.sentence.clone()),
        false => proof.sentence.clone(),
    };
    Some(ProofView { kind, step: step.id.clone(), text: text.into(), at: step.ended_at.map(lanes::said) })
}

/// Connections that were open when traffic moved last.
pub fn connections(plan: &Plan, seen: &RunView) -> Option<ConnectionsView> {
    let (at, from, _) = switched(plan, seen)?;
    let cut = (at..plan.steps.len()).filter(|i| plan::render::cuts(plan, *i) == Some(from)).find_map(|i| plan_view::cut(plan, i));
    // A template that was written has ended no pod yet: the rollout behind it does.
    let over = |c: &CutView| {
        let waits = |s: &Step| matches!(s, Step::Retire { .. } | Step::Delete { .. } | Step::AwaitRollout { .. });
        let ends = plan.steps.iter().skip_while(|p| p.id != c.step).find(|p| waits(&p.step));
        ends.is_some_and(|p| done(seen, &p.id).is_some())
    };
    let services = match &plan.steps[at].step {
        Step::Switch { services, .. } => services.iter().map(|s| s.service.to_string()).collect(),
        _ => vec![],
    };
    let ended = cut.as_ref().is_some_and(over);
    let (seen, text, source) = match ended {
        true => (
            ConnectionsSeen::Ended,
            sentence!("the pods of {name} that they led to are gone, and they with them", name = from.name),
            sentence!("the pods in the API server"),
        ),
        false => (
            ConnectionsSeen::Unknown,
            sentence!("those that were open before traffic moved may still lead to {name}", name = from.name)
                .and(sentence!("how many are open cannot be seen")),
            sentence!("no API of Kubernetes shows connections"),
        ),
    };
    let (text, source) = (text.into(), source.into());
    Some(ConnectionsView { deployment: from.to_string(), services, seen, text, source, cut: if ended { None } else { cut } })
}

/// What the steps behind a gate end, up to the next gate.
pub fn cuts_behind(plan: &Plan, gate: &str) -> Vec<CutView> {
    let Some(at) = plan.steps.iter().position(|p| matches!(&p.step, Step::Gate { name } if name == gate)) else { return vec![] };
    let behind = (at + 1..plan.steps.len()).take_while(|i| !matches!(plan.steps[*i].step, Step::Gate { .. }));
    behind.filter_map(|i| plan_view::cut(plan, i)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use engine::entry::Said;
    use engine::show::{Live, RunView};
    use engine::view::View;
    use std::sync::Arc;

    fn id(name: &str) -> ObjectId {
        ObjectId::new(model::Kind::Deployment, "shop", name)
    }

    fn switch(to: &str, from: &str) -> Step {
        Step::Switch {
            services: vec![plan::SwitchService {
                service: ObjectId::new(model::Kind::Service, "shop", "web"),
                from: plan::SelectorTo::Exact(Default::default()),
                to: plan::SelectorTo::Exact(Default::default()),
            }],
            to: id(to),
            from: id(from),
            count: 3,
            probes: vec![],
            entries: vec![],
            settle: 2,
            prove_within: 30,
        }
    }

    /// A plan whose switch probes these.
    pub fn switching(given: Vec<String>, found: Vec<String>) -> Plan {
        let mut plan = plan(&[]);
        for p in &mut plan.steps {
            if let Step::Switch { probes, entries, .. } = &mut p.step {
                (*probes, *entries) = (given.clone(), found.clone());
            }
        }
        plan
    }

    /// The steps of a Blue/Green that matter here.
    fn plan(finish: &[(&str, Step)]) -> Plan {
        let gate = |name: &str| Step::Gate { name: name.into() };
        let mut steps =
            vec![("gate-cut-over", gate("cut-over")), ("cut-over", switch("web-green", "web")), ("gate-retire", gate("retire"))];
        steps.extend(finish.iter().map(|(n, s)| (*n, s.clone())));
        if finish.len() > 1 {
            steps.insert(5, ("switch-back", switch("web", "web-green")));
        }
        let steps = steps
            .into_iter()
            .map(|(id, step)| plan::Planned { id: id.into(), phase: plan::Phase::Finish, step, after: vec![], way_back_seconds: None })
            .collect();
        Plan {
            schema: plan::plan::SCHEMA,
            id: "bg".into(),
            hash: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            context: "lab".into(),
            cluster: model::ClusterIdentity { uid: "c1".into(), server: "https://lab".into(), ca_sha256: String::new() },
            strategy: "blue-green".into(),
            params: serde_json::json!({}),
            target: plan::Target { object: id("web"), uid: String::new(), template: serde_json::json!({}), replicas: 3 },
            changes: vec![],
            template: serde_json::json!({}),
            steps,
        }
    }

    fn swap() -> Plan {
        plan(&[("retire-blue", Step::Retire { deployment: id("web") })])
    }

    fn promote() -> Plan {
        let set = Step::SetTemplate { deployment: id("web"), before: Default::default(), after: Default::default(), cause: None };
        plan(&[
            ("promote-blue", set),
            ("await-blue", Step::AwaitRollout { deployment: id("web"), deadline: 60 }),
            ("delete-green", Step::Delete { object: id("web-green") }),
        ])
    }

    /// The run with these steps done; a switch proven by `code`.
    fn seen(plan: &Plan, done: &[&str], code: &str, unproven: bool) -> RunView {
        let mut view = View::new(Arc::new(plan.clone()));
        for step in done {
            let s = view.steps.get_mut(*step).expect("planned");
            s.status = StepStatus::Done;
            s.receipt = Some(Receipt::Switched { proof: Said::new(code, model::Sentence::default()), unproven });
        }
        RunView::new(&view, &Live::default())
    }

    #[test]
    fn each_kind_of_proof_is_told_apart() {
        let plan = swap();
        for (code, unproven, kind) in [
            ("proof-probes", false, ProofKind::Probes),
            ("proof-anonymous", false, ProofKind::Anonymous),
            ("proof-slices", false, ProofKind::Endpoints),
            ("proof-unreached", false, ProofKind::Unreached),
            ("probe-missing", true, ProofKind::Unproven),
        ] {
            assert_eq!(proof(&plan, &seen(&plan, &["cut-over"], code, unproven)).map(|p| p.kind), Some(kind));
        }
        assert_eq!(proof(&plan, &seen(&plan, &["gate-cut-over"], "proof-probes", false)), None, "nothing moved");
    }

    #[test]
    fn kept_connections_are_unknown_until_the_pods_that_they_lead_to_are_gone() {
        let plan = swap();
        let of = |done: &[&str]| connections(&plan, &seen(&plan, done, "proof-probes", false));
        assert_eq!(of(&["gate-cut-over"]), None);
        let open = of(&["cut-over"]).expect("traffic moved");
        assert_eq!((open.seen, open.deployment.as_str()), (ConnectionsSeen::Unknown, "Deployment/shop/web"));
        assert!(open.cut.as_ref().is_some_and(|c| c.step == "retire-blue" && c.text.text.contains("8 of 8 POSTs")), "{open:?}");
        let over = of(&["cut-over", "gate-retire", "retire-blue"]).expect("traffic moved");
        assert_eq!((over.seen, over.cut), (ConnectionsSeen::Ended, None));
    }

    #[test]
    fn a_promotion_ends_blues_connections_by_its_rollout_and_greens_by_the_deletion() {
        let plan = promote();
        let steps: Vec<String> = cuts_behind(&plan, "retire").into_iter().map(|c| c.step).collect();
        assert_eq!(steps, ["promote-blue", "delete-green"]);
        assert_eq!(cuts_behind(&plan, "cut-over"), [], "moving traffic ends no pod");
        let of = |done: &[&str]| connections(&plan, &seen(&plan, done, "proof-probes", false)).expect("traffic moved");
        assert_eq!(of(&["cut-over", "promote-blue"]).seen, ConnectionsSeen::Unknown, "its pods still run");
        assert_eq!(of(&["cut-over", "promote-blue", "await-blue"]).seen, ConnectionsSeen::Ended);
        let back = of(&["cut-over", "promote-blue", "await-blue", "switch-back"]);
        assert_eq!((back.seen, back.deployment.as_str()), (ConnectionsSeen::Unknown, "Deployment/shop/web-green"));
        assert_eq!(back.cut.map(|c| c.step), Some("delete-green".to_string()));
    }
}
