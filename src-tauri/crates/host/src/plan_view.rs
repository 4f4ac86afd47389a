//! A plan as front ends get it. Values that must not be shown are masked before anything is rendered (I10).

use api::{CheckedView, ConfirmNeed, CutView, FindingSeverity, FindingView, PlanStepView, PlanSummary, PlanView, SentenceView, WriteView};
use plan::{Plan, Planned, Snapshot, Step, kubectl, render, revisions};
use serde_json::Value;

use crate::{lanes, mask};

/// Seconds that a write takes, with its read before it and its wait for the controller.
const PER_WRITE: u32 = 1;

/// Seconds that pods usually take to become ready; a deadline says only how long one would wait.
const PER_READY: u32 = 20;

/// What the checks said, once they were run.
pub struct Checked {
    /// Findings.
    pub findings: Vec<FindingView>,
    /// What was tried.
    pub tried: CheckedView,
}

impl Checked {
    /// What they found, and what the API server answered when it was asked; it was not where `snapshot` is `None`.
    pub fn new(plan: &Plan, snapshot: Option<&Snapshot>, findings: Vec<FindingView>) -> Self {
        let needed = plan::access::access(plan);
        let granted = |s: &Snapshot| needed.iter().filter(|a| s.access.get(a) == Some(&true)).count();
        let tried = CheckedView {
            permissions: lanes::count(needed.len()),
            granted: lanes::count(snapshot.map(granted).unwrap_or_default()),
            dry_runs: lanes::count(snapshot.map(|s| s.dry_runs.len()).unwrap_or_default()),
            accepted: lanes::count(snapshot.map(|s| s.dry_runs.iter().filter(|d| d.outcome.is_ok()).count()).unwrap_or_default()),
        };
        Self { findings, tried }
    }

    /// Nothing stops it.
    pub fn startable(&self) -> bool {
        !self.findings.iter().any(|f| f.severity == FindingSeverity::Block)
    }
}

/// The whole plan.
pub fn view(plan: &Plan, checked: Option<&Checked>, confirm: ConfirmNeed) -> PlanView {
    let steps: Vec<PlanStepView> = plan.steps.iter().enumerate().map(|(i, p)| step(plan, p, cut(plan, i))).collect();
    PlanView {
        id: plan.id.clone(),
        context: plan.context.clone(),
        strategy: plan.strategy.clone(),
        target: plan.target.object.to_string(),
        change: plan.change().into(),
        diff: template_diff(&plan.target.template, &plan.template),
        summary: summary(plan),
        steps,
        checked: checked.map(|c| c.tried.clone()),
        findings: checked.map(|c| c.findings.clone()).unwrap_or_default(),
        startable: checked.is_some_and(Checked::startable),
        confirm,
        not_restored: not_restored(plan),
    }
}

/// Two pod templates as a diff, with what must not be shown masked on both sides.
pub fn template_diff(before: &Value, after: &Value) -> String {
    let step = Step::SetTemplate {
        deployment: model::ObjectId::new(model::Kind::Deployment, "", ""),
        before: mask::masked(before),
        after: mask::masked(after),
        cause: None,
    };
    render::difference(&step).join("\n")
}

/// The step with what must not be shown masked. A step that cannot be masked is not shown at all.
pub(crate) fn shown(step: &Step) -> Option<Step> {
    let value = serde_json::to_value(step).ok()?;
    serde_json::from_value(mask::masked(&value)).ok()
}

/// Connections that the step at that place ends.
pub fn cut(plan: &Plan, at: usize) -> Option<CutView> {
    let deployment = render::cuts(plan, at)?;
    Some(CutView { step: plan.steps[at].id.clone(), deployment: deployment.to_string(), text: render::said_cut(deployment).into() })
}

fn step(plan: &Plan, p: &Planned, cut: Option<CutView>) -> PlanStepView {
    PlanStepView {
        id: p.id.clone(),
        phase: phase(p),
        title: render::summary(&p.step).into(),
        writes: shown(&p.step).map(|s| writes(&s)).unwrap_or_default(),
        waits: render::waits(&p.step).map(Into::into),
        at_most: render::at_most(&p.step),
        undo: render::undo(&p.step).map(Into::into),
        cut,
        way_back_seconds: p.way_back_seconds,
        way_back_at_most: p.way_back_seconds.is_some_and(|s| plan.is_deadline(s)),
    }
}

/// Kebab-case name of a step's phase.
pub fn phase(p: &Planned) -> String {
    serde_json::to_value(p.phase).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default()
}

fn writes(step: &Step) -> Vec<WriteView> {
    // A switch is several writes; each is shown as the step that it would be alone.
    if let Step::Switch { services, to, from, count, settle, prove_within, .. } = step
        && services.len() > 1
    {
        let alone = services.iter().map(|s| Step::Switch {
            services: vec![s.clone()],
            to: to.clone(),
            from: from.clone(),
            count: *count,
            probes: vec![],
            entries: vec![],
            settle: *settle,
            prove_within: *prove_within,
        });
        return alone.flat_map(|s| writes(&s)).collect();
    }
    let Some(object) = step.writes_to().first().map(|o| o.to_string()) else { return vec![] };
    vec![WriteView { object, diff: render::difference(step).join("\n"), kubectl: kubectl::commands(step).join("\n") }]
}

/// Seconds that a step takes when all goes well; waiting for people counts nothing.
pub fn takes(step: &Step) -> u32 {
    match step {
        Step::AwaitReady { count, deadline, .. } if *count > 0 => PER_READY.min(*deadline),
        Step::AwaitRollout { deadline, .. } => (2 * PER_READY).min(*deadline),
        Step::Soak { seconds, .. } => *seconds,
        Step::Switch { settle, services, .. } => settle + 1 + u32::try_from(services.len()).unwrap_or(u32::MAX),
        Step::Gate { .. } | Step::AwaitReady { .. } => 0,
        Step::Smoke { .. } => 2,
        _ => PER_WRITE,
    }
}

/// Pods that stand beside those that are there.
pub fn more_pods(plan: &Plan) -> u32 {
    let target = &plan.target.object;
    let scales = plan.steps.iter().filter_map(|s| match &s.step {
        Step::Scale { deployment, to, .. } if deployment != target => Some(*to),
        _ => None,
    });
    scales.max().unwrap_or(0)
}

fn summary(plan: &Plan) -> PlanSummary {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    PlanSummary {
        steps: count(plan.steps.len()),
        writes: count(plan.steps.iter().filter(|s| !s.step.writes_to().is_empty()).count()),
        more_pods: more_pods(plan),
        seconds: plan.steps.iter().map(|s| takes(&s.step)).fold(0, u32::saturating_add),
    }
}

fn not_restored(plan: &Plan) -> Vec<SentenceView> {
    let restores = plan.steps.iter().any(|s| s.phase == plan::Phase::Restore);
    if restores { revisions::not_restored().into_iter().map(SentenceView::from).collect() } else { vec![] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_in_a_plan_shows_no_secret_value() {
        let with =
            |v: &str| serde_json::json!({"spec":{"containers":[{"name":"c","image":v,"env":[{"name":"PASSWORD","value":"hunter2"}]}]}});
        let diff = template_diff(&with("a:1"), &with("a:2"));
        assert!(diff.contains("a:2") && !diff.contains("hunter2"), "{diff}");
        let step = Step::SetTemplate {
            deployment: model::ObjectId::new(model::Kind::Deployment, "a", "b"),
            before: with("a:1"),
            after: with("a:2"),
            cause: None,
        };
        let w = writes(&shown(&step).expect("shown"));
        assert!(!w[0].diff.contains("hunter2") && !w[0].kubectl.contains("hunter2"), "{w:?}");
    }
}
