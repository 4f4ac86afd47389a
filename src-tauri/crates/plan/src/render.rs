//! The plan as text: what each step writes (as a difference, and as the equal kubectl command), what it waits for and
//! how long at most, how it is undone, and how long the way back is from there.

use std::fmt::Write as _;

use model::{Kind, Labels, ObjectId, Sentence, names, sentence};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::kubectl::commands;
use crate::plan::{Plan, Planned};
use crate::revisions::not_restored;
use crate::step::{Phase, SelectorTo, Step, SwitchService};
use crate::strategies::blue_green::{GATE_CUT_OVER, GATE_RETIRE};

/// The whole plan, with a newline at the end.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let target = &plan.target;
    line(&mut out, &format!("plan {}: {} of {}", plan.id, plan.strategy, target.object.said()));
    line(&mut out, &format!("  cluster  {} (context {})", plan.cluster.server, plan.context));
    let change = if plan.changes.is_empty() { plan.change().text } else { crate::said_changes(&plan.changes) };
    line(&mut out, &format!("  change   {change}"));
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
        for l in not_restored() {
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
        Phase::Write => "write",
    }
}

/// What a step does, in one line.
pub fn summary(step: &Step) -> Sentence {
    match step {
        Step::Pause { deployment, .. } => sentence!("pause {object}", object = deployment.said()),
        Step::Resume { deployment } => sentence!("resume {object}", object = deployment.said()),
        Step::Pin { service, to: SelectorTo::Pinned { .. }, keeps, .. } => {
            sentence!("pin {object} to the pods of {blue}", object = service.said(), blue = keeps.name)
        }
        Step::Pin { service, from: SelectorTo::Pinned { .. }, .. } => {
            sentence!("give {object} its own selector back", object = service.said())
        }
        Step::Pin { service, keeps, .. } => {
            sentence!("set the selector of {object}, keeping the pods of {blue}", object = service.said(), blue = keeps.name)
        }
        Step::Create { object, .. } => sentence!("create {object}", object = object.said()),
        Step::Scale { deployment, to, .. } => sentence!("scale {object} to {n}", object = deployment.said(), n = to),
        Step::AwaitReady { deployment, count, .. } => {
            sentence!("wait until {n} pods of {object} are ready", n = count, object = deployment.said())
        }
        Step::Smoke { deployment, check } => {
            sentence!(
                "ask each pod of {object} for {path} on port {port}, {n} times",
                object = deployment.said(),
                path = check.path,
                port = check.port,
                n = check.requests
            )
        }
        Step::Gate { name } => match name.as_str() {
            GATE_CUT_OVER => sentence!("wait for the operator before traffic moves"),
            GATE_RETIRE => sentence!("wait for the operator before blue gives up the old version"),
            name => sentence!("wait for the operator: {gate}", gate = name),
        },
        Step::Freeze { hpa, min } => sentence!("hold {object} at no fewer than {n} pods", object = hpa.said(), n = min),
        Step::Thaw { hpa, min: Some(min), .. } => sentence!("give {object} its minimum back: {n}", object = hpa.said(), n = min),
        Step::Thaw { hpa, min: None, .. } => sentence!("give {object} its minimum back: absent", object = hpa.said()),
        Step::Switch { services, to, from, .. } => {
            let list: Vec<&str> = services.iter().map(|s| s.service.name.as_str()).collect();
            sentence!("move the traffic of {services} from {from} to {to}", services = list.join(", "), from = from.name, to = to.name)
        }
        Step::Soak { seconds, deployment, standby, .. } => {
            let time = Sentence::lasting((*seconds).into());
            sentence!("{serving} serves and {standby} stands by for {time}", serving = deployment.name, standby = standby.name; time)
        }
        Step::Retire { deployment } => sentence!("scale {object} to {n}", object = deployment.said(), n = 0),
        Step::Delete { object } => sentence!("delete {object}", object = object.said()),
        Step::SetTemplate { deployment, .. } => sentence!("write the pod template of {object}", object = deployment.said()),
        Step::AwaitRollout { deployment, .. } => {
            sentence!("wait until {object} runs its newest template alone", object = deployment.said())
        }
    }
}

/// How a step is undone; `None` for steps that write nothing.
pub fn undo(step: &Step) -> Option<Sentence> {
    Some(match step {
        Step::Pause { .. } => sentence!("unpause, if template and pause are still as written"),
        Step::Resume { .. } => sentence!("pause again"),
        Step::Pin { from, .. } => {
            sentence!("selector back to {selector}, once no pod of the other colour is left that it would match", selector = said(from))
        }
        Step::Create { object, .. } if object.kind != Kind::Deployment => sentence!("delete it, and wait until it is gone"),
        Step::Create { .. } => sentence!("delete it, and wait until it and its pods are gone"),
        Step::Scale { .. } => sentence!("scale to what it was"),
        Step::Freeze { .. } => sentence!("the minimum as it was"),
        Step::Thaw { frozen, .. } => sentence!("the minimum back to {n}", n = frozen),
        Step::Switch { from, .. } => {
            sentence!("the selectors back, in reverse order, if {blue} has enough available pods", blue = from.name)
        }
        Step::Retire { .. } => sentence!("scale back up and wait until ready"),
        Step::Delete { .. } => sentence!("create it again as it was"),
        Step::SetTemplate { .. } => sentence!("the template and pause as they were"),
        Step::AwaitReady { .. } | Step::Smoke { .. } | Step::Gate { .. } | Step::Soak { .. } | Step::AwaitRollout { .. } => return None,
    })
}

/// What a step waits for; `None` when it waits for its own write alone. How long at most: [`at_most`].
pub fn waits(step: &Step) -> Option<Sentence> {
    Some(match step {
        Step::Pin { keeps, .. } => sentence!("the same ready endpoints as before, all of {blue}", blue = keeps.name),
        Step::AwaitReady { deployment, service: None, .. } => sentence!("{name} is complete", name = deployment.name),
        Step::AwaitReady { deployment, service: Some(service), .. } => sentence!(
            "{name} is complete and the endpoints of {service} are its pods alone, on every port",
            name = deployment.name,
            service = service.name
        ),
        Step::Smoke { .. } => sentence!("every answer is 200 to 399; 5 s each"),
        Step::Gate { .. } => sentence!("the operator; this time counts against no deadline"),
        Step::Switch { services, to, settle, probes, entries, .. } => {
            let to = &to.name;
            let asked = [probes.as_slice(), entries].concat().join(", ");
            let mut all = sentence!("endpoints of {to} alone, still for {settle} s", to, settle);
            if !entries.is_empty() {
                all = all.and(sentence!("then {asked} answered by {to} (if it answered from here before)", asked, to));
            } else if !probes.is_empty() {
                all = all.and(sentence!("then {asked} answered by {to}", asked, to));
            }
            // kube-proxy takes the first change at once and the next about a second later (seen in both modes).
            if services.len() > 1 {
                all = all.and(sentence!("the services follow each other by up to 1 s"));
            }
            all
        }
        Step::Soak { seconds, .. } => {
            let time = Sentence::lasting((*seconds).into());
            sentence!("{time}; evidence against it flips back, missing evidence does not"; time)
        }
        Step::AwaitRollout { deployment, .. } => {
            sentence!("{name} is complete, with no pod of the old template left", name = deployment.name)
        }
        Step::Delete { object } if object.kind != Kind::Deployment => sentence!("it is gone"),
        Step::Delete { .. } | Step::Retire { .. } => sentence!("its pods are gone"),
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
pub fn said_cut(deployment: &ObjectId) -> Sentence {
    sentence!(
        "a connection that is still open to {name} then fails once if it is in the middle of a request that is not repeated (8 of 8 POSTs \
         did when it was tried), unless the application announces the close",
        name = deployment.name
    )
    .and(sentence!("most clients repeat a GET"))
    .and(sentence!("how many are open cannot be seen"))
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
            Some(s) if plan.is_deadline(s) => format!("way back from here: at most {s} s"),
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
        Step::Switch { services, .. } => services.iter().flat_map(|s| switched(s, &s.from, &s.to)).collect(),
        Step::SetTemplate { before, after, .. } => diff(&yaml(before), &yaml(after), 3),
        Step::Create { manifest, .. } => yaml(manifest).lines().map(|l| format!("+ {l}")).collect(),
        Step::Pause { .. } => vec![format!("+ spec.paused: true, annotation {}", names::WHY)],
        Step::Resume { .. } => vec![format!("- spec.paused: true, annotation {}", names::WHY)],
        Step::Freeze { min, .. } => vec![format!("+ spec.minReplicas: {min}, annotation {}", names::FLOOR)],
        Step::Thaw { min, frozen, .. } => {
            vec![format!("- spec.minReplicas: {frozen}, annotation {}", names::FLOOR), format!("+ spec.minReplicas: {}", said_min(*min))]
        }
        Step::Scale { to, .. } => vec![format!("+ spec.replicas: {to}")],
        Step::Retire { .. } => vec!["+ spec.replicas: 0".into()],
        Step::Delete { .. } | Step::AwaitReady { .. } | Step::Smoke { .. } | Step::Gate { .. } | Step::Soak { .. } => {
            vec![]
        }
        Step::AwaitRollout { .. } => vec![],
    }
}

/// What undoing a step changes, in the same lines; none where a whole object is made or deleted again, or where only the
/// cluster knows what was there.
pub fn difference_back(step: &Step) -> Vec<String> {
    let flipped = |line: &String| match line.split_at_checked(1) {
        Some(("+", rest)) => format!("-{rest}"),
        Some(("-", rest)) => format!("+{rest}"),
        _ => line.clone(),
    };
    match step {
        Step::Pin { from, to, .. } => selectors(to, from),
        Step::Switch { services, .. } => services.iter().rev().flat_map(|s| switched(s, &s.to, &s.from)).collect(),
        Step::SetTemplate { before, after, .. } => diff(&yaml(after), &yaml(before), 3),
        Step::Scale { from: Some(from), to, .. } => vec![format!("- spec.replicas: {to}"), format!("+ spec.replicas: {from}")],
        Step::Pause { .. } | Step::Resume { .. } | Step::Freeze { .. } | Step::Thaw { .. } => {
            difference(step).iter().rev().map(flipped).collect()
        }
        _ => vec![],
    }
}

fn switched(s: &SwitchService, before: &SelectorTo, after: &SelectorTo) -> Vec<String> {
    [vec![format!("{}:", s.service.said())], selectors(before, after)].concat()
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
