//! The plan as text: what each step writes (as a difference, and as the equal kubectl command), what it waits for and
//! how long at most, how it is undone, and how long the way back is from there.

use std::fmt::Write as _;

use model::{Kind, Labels, ObjectId, names};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::kubectl::commands;
use crate::plan::{Plan, Planned};
use crate::revisions::NOT_RESTORED;
use crate::step::{Phase, SelectorTo, Step};

/// The whole plan, with a newline at the end.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let target = &plan.target;
    line(&mut out, &format!("plan {}: {} of {}", plan.id, plan.strategy, target.object.said()));
    line(&mut out, &format!("  cluster  {} (context {})", plan.cluster.server, plan.context));
    line(&mut out, &format!("  change   {}", crate::said_changes(&plan.changes)));
    line(&mut out, &format!("  pods     {}", target.replicas));
    for (name, value) in plan.params.as_object().into_iter().flatten() {
        line(&mut out, &format!("  {name} = {}", said_value(value)));
    }
    for (i, planned) in plan.steps.iter().enumerate() {
        line(&mut out, "");
        line(&mut out, &format!("{}. {} [{}] {}", i + 1, planned.id, phase(planned.phase), summary(&planned.step)));
        for l in details(plan, i) {
            line(&mut out, &format!("     {l}"));
        }
    }
    if plan.steps.iter().any(|s| s.phase == Phase::Restore) {
        line(&mut out, "");
        line(&mut out, "This does not bring back:");
        for l in NOT_RESTORED {
            line(&mut out, &format!("  - {l}"));
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

fn said_value(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(s) if s.is_empty() => "none".into(),
        Value::String(s) => s.clone(),
        Value::Array(a) if a.is_empty() => "none".into(),
        Value::Array(a) => a.iter().map(said_value).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "prepare",
        Phase::StartGreen => "start green",
        Phase::Ready => "ready",
        Phase::Check => "check",
        Phase::HoldHpa => "hold autoscaler",
        Phase::CutOver => "cut over",
        Phase::Soak => "soak",
        Phase::Finish => "finish",
        Phase::Retire => "retire",
        Phase::Restore => "restore",
    }
}

/// What a step does, in one line.
pub fn summary(step: &Step) -> String {
    match step {
        Step::Pause { deployment, .. } => format!("pause {}", deployment.said()),
        Step::Resume { deployment } => format!("resume {}", deployment.said()),
        Step::Pin { service, to: SelectorTo::Pinned { .. }, keeps, .. } => {
            format!("pin {} to the pods of {}", service.said(), keeps.name)
        }
        Step::Pin { service, from: SelectorTo::Pinned { .. }, .. } => {
            format!("give {} its own selector back", service.said())
        }
        Step::Pin { service, keeps, .. } => {
            format!("set the selector of {}, keeping the pods of {}", service.said(), keeps.name)
        }
        Step::Create { object, .. } => format!("create {}", object.said()),
        Step::Scale { deployment, to } => format!("scale {} to {to}", deployment.said()),
        Step::AwaitReady { deployment, count, .. } => {
            format!("wait until {count} pods of {} are ready", deployment.said())
        }
        Step::Smoke { deployment, check } => {
            format!("ask each pod of {} for {} on port {}, {} times", deployment.said(), check.path, check.port, check.requests)
        }
        Step::Gate { name } => format!("wait for the operator: {name}"),
        Step::Freeze { hpa, min } => format!("hold {} at no fewer than {min} pods", hpa.said()),
        Step::Thaw { hpa, min, .. } => format!("give {} its minimum back: {}", hpa.said(), said_min(*min)),
        Step::Switch { services, to, from, .. } => {
            let list: Vec<&str> = services.iter().map(|s| s.service.name.as_str()).collect();
            format!("move {} from {} to {}", list.join(", "), from.name, to.name)
        }
        Step::Soak { seconds, deployment, standby, .. } => {
            format!("{} serves and {} stands by, {seconds} s", deployment.name, standby.name)
        }
        Step::Retire { deployment } => format!("scale {} to 0", deployment.said()),
        Step::Delete { object } => format!("delete {}", object.said()),
        Step::SetTemplate { deployment, .. } => format!("write the pod template of {}", deployment.said()),
        Step::AwaitRollout { deployment, .. } => {
            format!("wait until {} runs its newest template alone", deployment.said())
        }
    }
}

/// How a step is undone; `None` for steps that write nothing.
pub fn undo(step: &Step) -> Option<String> {
    Some(match step {
        Step::Pause { .. } => "unpause, if template and pause are still as written".into(),
        Step::Resume { .. } => "pause again".into(),
        Step::Pin { from, .. } => {
            format!("selector back to {}, once no pod of the other colour is left that it would match", said(from))
        }
        Step::Create { object, .. } if object.kind != Kind::Deployment => "delete it, and wait until it is gone".into(),
        Step::Create { .. } => "delete it, and wait until it and its pods are gone".into(),
        Step::Scale { .. } => "scale to what it was".into(),
        Step::Freeze { .. } => "the minimum as it was".into(),
        Step::Thaw { frozen, .. } => format!("the minimum back to {frozen}"),
        Step::Switch { from, .. } => {
            format!("the selectors back, in reverse order, if {} has enough available pods", from.name)
        }
        Step::Retire { .. } => "scale back up and wait until ready".into(),
        Step::Delete { .. } => "create it again as it was".into(),
        Step::SetTemplate { .. } => "the template and pause as they were".into(),
        Step::AwaitReady { .. } | Step::Smoke { .. } | Step::Gate { .. } | Step::Soak { .. } | Step::AwaitRollout { .. } => return None,
    })
}

/// What a step waits for; `None` when it waits for its own write alone. How long at most: [`at_most`].
pub fn waits(step: &Step) -> Option<String> {
    Some(match step {
        Step::Pin { keeps, .. } => format!("the same ready endpoints as before, all of {}", keeps.name),
        Step::AwaitReady { deployment, service, .. } => {
            let slices = service.as_ref().map(|s| format!(" and the endpoints of {} are its pods alone, on every port", s.name));
            format!("{} is complete{}", deployment.name, slices.unwrap_or_default())
        }
        Step::Smoke { .. } => "every answer is 200 to 399; 5 s each".into(),
        Step::Gate { .. } => "the operator; this time counts against no deadline".into(),
        Step::Switch { services, to, settle, probes, entries, .. } => {
            let asked = [probes.as_slice(), entries].concat().join(" and ");
            let reach = if entries.is_empty() { "" } else { " (if it answered from here before)" };
            let probes = if asked.is_empty() { String::new() } else { format!(", then {asked} answered by {}{reach}", to.name) };
            // kube-proxy takes the first change at once and the next about a second later (seen in both modes).
            let skew = if services.len() > 1 { " (the services follow each other by up to 1 s)" } else { "" };
            format!("endpoints of {} alone, still for {settle} s{probes}{skew}", to.name)
        }
        Step::Soak { seconds, .. } => format!("{seconds} s; evidence against it flips back, missing evidence does not"),
        Step::AwaitRollout { deployment, .. } => format!("{} is complete, with no pod of the old template left", deployment.name),
        Step::Delete { object } if object.kind != Kind::Deployment => "it is gone".into(),
        Step::Delete { .. } | Step::Retire { .. } => "its pods are gone".into(),
        Step::Pause { .. } | Step::Resume { .. } | Step::Create { .. } | Step::Scale { .. } | Step::Freeze { .. } | Step::Thaw { .. } => {
            return None;
        }
        Step::SetTemplate { .. } => return None,
    })
}

/// Seconds after which a step that waits has failed; `None` when it has no deadline of its own.
pub fn at_most(step: &Step) -> Option<u32> {
    match step {
        Step::AwaitReady { deadline, .. } | Step::AwaitRollout { deadline, .. } => Some(*deadline),
        Step::Switch { prove_within, .. } => Some(*prove_within),
        _ => None,
    }
}

/// The Deployment whose pods a step ends although connections may still lead to them: those that were open when an
/// earlier step moved traffic away. `None` for every other step.
pub fn cuts(plan: &Plan, at: usize) -> Option<&ObjectId> {
    let ends = match &plan.steps.get(at)?.step {
        Step::Retire { deployment } | Step::SetTemplate { deployment, .. } => deployment,
        Step::Delete { object } => object,
        _ => return None,
    };
    let left = |s: &Planned| matches!(&s.step, Step::Switch { from, .. } if from == ends);
    plan.steps.iter().take(at).any(left).then_some(ends)
}

/// What to expect when the pods of that Deployment end (seen with agnhost, which just closes: proven.md).
pub fn said_cut(deployment: &ObjectId) -> String {
    format!(
        "a connection that is still open to {} then fails once if it is in the middle of a request that is not repeated (8 of 8 POSTs \
         did when it was tried), unless the application announces the close; most clients repeat a GET; how many are open cannot be seen",
        deployment.name
    )
}

fn details(plan: &Plan, at: usize) -> Vec<String> {
    let planned = &plan.steps[at];
    let step = &planned.step;
    let mut all = difference(step);
    // A manifest is shown above already: the command's first line is enough.
    all.extend(commands(step).iter().map(|c| format!("$ {}", shortened(c))));
    let most = at_most(step).map(|n| format!("; at most {n} s")).unwrap_or_default();
    all.extend(waits(step).map(|w| format!("waits: {w}{most}")));
    all.extend(cuts(plan, at).map(|d| format!("expect: {}", said_cut(d))));
    all.extend(undo(step).map(|u| format!("undo: {u}")));
    if undo(step).is_some() {
        all.push(match planned.way_back_seconds {
            Some(s) => format!("way back from here: {s} s"),
            None => "way back from here: none by this run; a rollback is".into(),
        });
    }
    all
}

fn shortened(command: &str) -> String {
    const MOST: usize = 200;
    let first = command.lines().next().unwrap_or_default();
    let cut: String = first.chars().take(MOST).collect();
    if cut.len() < first.len() { format!("{cut} …") } else { cut }
}

/// What changes, as lines with `-`, `+` or a blank.
pub fn difference(step: &Step) -> Vec<String> {
    match step {
        Step::Pin { from, to, .. } => selectors(from, to),
        Step::Switch { services, .. } => {
            let one = |s: &crate::step::SwitchService| [vec![format!("{}:", s.service.said())], selectors(&s.from, &s.to)].concat();
            services.iter().flat_map(one).collect()
        }
        Step::SetTemplate { before, after, .. } => diff(&yaml(before), &yaml(after), 3),
        Step::Create { manifest, .. } => yaml(manifest).lines().map(|l| format!("+ {l}")).collect(),
        Step::Pause { .. } => vec![format!("+ spec.paused: true, annotation {}", names::WHY)],
        Step::Resume { .. } => vec![format!("- spec.paused: true, annotation {}", names::WHY)],
        Step::Freeze { min, .. } => vec![format!("+ spec.minReplicas: {min}")],
        Step::Thaw { min, frozen, .. } => {
            vec![format!("- spec.minReplicas: {frozen}"), format!("+ spec.minReplicas: {}", said_min(*min))]
        }
        Step::Scale { to, .. } => vec![format!("+ spec.replicas: {to}")],
        Step::Retire { .. } => vec!["+ spec.replicas: 0".into()],
        Step::Delete { .. } | Step::AwaitReady { .. } | Step::Smoke { .. } | Step::Gate { .. } | Step::Soak { .. } => {
            vec![]
        }
        Step::AwaitRollout { .. } => vec![],
    }
}

fn said_min(min: Option<u32>) -> String {
    min.map_or("absent".into(), |m| m.to_string())
}

fn selector(to: &SelectorTo) -> Labels {
    match to {
        SelectorTo::Exact(labels) => labels.clone(),
        SelectorTo::Pinned { base, deployment } => {
            let hash = (names::POD_TEMPLATE_HASH.to_string(), format!("(newest of {})", deployment.name));
            base.clone().into_iter().chain([hash]).collect()
        }
    }
}

fn said(to: &SelectorTo) -> String {
    selector(to).iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

fn selectors(from: &SelectorTo, to: &SelectorTo) -> Vec<String> {
    let lines = |s: &SelectorTo| selector(s).iter().map(|(k, v)| format!("{k}: {v}\n")).collect::<String>();
    diff(&lines(from), &lines(to), 10)
}

fn diff(before: &str, after: &str, context: usize) -> Vec<String> {
    let diff = TextDiff::from_lines(before, after);
    let mut all = Vec::new();
    for (i, group) in diff.grouped_ops(context).iter().enumerate() {
        if i > 0 {
            all.push("  …".into());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            all.push(format!("{sign} {}", change.value().trim_end_matches('\n')));
        }
    }
    all
}

/// A value as YAML, as people read it.
pub fn yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}
