//! A run as front ends get it: the engine's view, the live objects and the figures of the evidence, in one.

use api::*;
use engine::show::{self, RunView as Seen};
use engine::status::{RunStatus, StepStatus};
use engine::{RunHeader, entry};
use jiff::Timestamp;
use model::{ObjectId, ObjectSet, Write, sentence};
use plan::{Plan, Planned, Step, render};
use serde_json::Value;

use crate::lanes::{self, count, said};
use crate::recorder::{Recorder, age};
use crate::{headline, kept, mask, plan_view};

/// What a run's view is made of.
pub struct Sources<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// When and why it was started.
    pub header: Option<&'a RunHeader>,
    /// What the engine knows.
    pub seen: &'a Seen,
    /// Live objects of the namespace, when the cluster is connected.
    pub objects: Option<&'a ObjectSet>,
    /// Figures, when this process drives the run.
    pub recorder: Option<&'a Recorder>,
    /// Last lines of the log of a pod that the run started.
    pub log: &'a [String],
    /// Pods are simulated.
    pub simulated: bool,
    /// Who drives it, or did last.
    pub driver: Option<DriverView>,
    /// Now.
    pub now: Timestamp,
}

/// The whole run.
pub fn view(s: &Sources<'_>) -> RunView {
    let seen = s.seen;
    RunView {
        id: seen.id.clone(),
        context: seen.context.clone(),
        target: seen.target.to_string(),
        strategy: seen.strategy.clone(),
        finish: s.plan.params.get("finish").and_then(Value::as_str).unwrap_or_default().to_string(),
        change: s.plan.change().into(),
        started_at: started_at(s),
        ended_at: seen.last_at.filter(|_| seen.status.is_final()).map(said),
        reason: s.header.and_then(|h| h.reason.clone()),
        state: state(seen),
        driver: s.driver.clone().or_else(|| driver(seen)),
        headline: match (&s.driver, &seen.elsewhere) {
            (Some(driver), Some(_)) => headline::elsewhere(s.plan, seen, &driver.by),
            _ => headline::headline(s.plan, seen),
        },
        steps: seen.steps.iter().zip(&s.plan.steps).map(|(v, p)| step(s.plan, v, p)).collect(),
        lanes: lanes::lanes(s.plan, seen, s.objects),
        services: lanes::service_views(s.plan, seen, s.objects),
        gate: seen.gate.as_ref().map(|g| gate(s.plan, g, s.now)),
        hold: hold(seen),
        way_back: way_back(s.plan, seen),
        undoes: undoes(s.plan, seen),
        proof: kept::proof(s.plan, seen),
        notes: seen.notes.iter().map(note).collect(),
        draining: seen.draining.is_some(),
        soak_left: seen.soak_left.map(|l| u32::try_from(l).unwrap_or(u32::MAX)),
        evidence: evidence(s),
        break_glass: seen.by_hand.clone(),
    }
}

/// A run in the list.
pub fn summary(plan: &Plan, header: &RunHeader, seen: &Seen) -> RunSummary {
    let state = state(seen);
    RunSummary {
        id: header.id.clone(),
        context: header.context.clone(),
        target: header.target.to_string(),
        strategy: header.strategy.clone(),
        change: plan.change().into(),
        started_at: said(seen.started_at.unwrap_or(header.started_at)),
        state,
        driver: driver(seen),
        headline: headline::headline(plan, seen),
        reason: header.reason.clone(),
        open: !seen.status.is_final(),
    }
}

fn started_at(s: &Sources<'_>) -> String {
    s.seen.started_at.or(s.header.map(|h| h.started_at)).map(said).unwrap_or_default()
}

/// State of a run; one that no process drives was left, whatever it did then. A hold stays a hold.
pub fn state(seen: &Seen) -> RunState {
    let state = match &seen.status {
        RunStatus::Ready => RunState::Ready,
        RunStatus::Running { .. } => RunState::Running,
        RunStatus::WaitingForApproval { .. } => RunState::Waiting,
        RunStatus::Holding { .. } => RunState::Held,
        RunStatus::BackingOut { .. } => RunState::BackingOut,
        RunStatus::Done => return RunState::Done,
        RunStatus::BackedOut { .. } => return RunState::BackedOut,
        RunStatus::Failed { .. } => return RunState::Failed,
        RunStatus::Stuck { .. } => return RunState::Stuck,
    };
    match (seen.attached, &seen.elsewhere) {
        (true, _) => state,
        (false, Some(_)) => RunState::Elsewhere,
        (false, None) => RunState::Left,
    }
}

/// Who drives it, or did last, as far as its entries say.
fn driver(seen: &Seen) -> Option<DriverView> {
    let by = seen.elsewhere.clone().or_else(|| seen.driver.clone())?;
    Some(DriverView { by, elsewhere: seen.elsewhere.is_some(), alive_at: None })
}

fn step(plan: &Plan, v: &show::StepView, p: &Planned) -> RunStepView {
    RunStepView {
        id: v.id.clone(),
        phase: plan_view::phase(p),
        title: render::summary(&p.step).into(),
        state: match v.status {
            StepStatus::Waiting => StepState::Pending,
            StepStatus::Running => StepState::Running,
            StepStatus::Done => StepState::Done,
            StepStatus::Undoing => StepState::Undoing,
            StepStatus::Undone => StepState::Undone,
        },
        detail: v.heartbeat.as_ref().map(|h| h.sentence.clone()).unwrap_or_default().into(),
        started_at: v.began_at.map(said),
        ended_at: v.ended_at.map(said),
        way_back_seconds: v.way_back_seconds,
        way_back_at_most: v.way_back_seconds.is_some_and(|s| plan.is_deadline(s)),
    }
}

/// A value as a line; what must not be shown is masked.
fn line(v: Option<&Value>) -> String {
    match v.map(mask::masked) {
        None => "(absent)".into(),
        Some(Value::String(s)) => s,
        Some(Value::Object(map)) if map.values().all(Value::is_string) => {
            map.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>().join(",")
        }
        Some(other) => other.to_string(),
    }
}

fn note(n: &show::Note) -> NoteView {
    NoteView { at: said(n.at), step: n.step.clone(), code: n.said.code.clone(), text: n.said.sentence.clone().into() }
}

fn gate(plan: &Plan, g: &show::GateView, now: Timestamp) -> GateView {
    let checks: Vec<CheckLine> =
        g.checks.iter().map(|c| CheckLine { ok: c.ok, text: c.said.sentence.clone().into(), age: Some(age(now, c.at)) }).collect();
    GateView {
        name: g.name.clone(),
        writes: g.writes.iter().flat_map(gate_writes).collect(),
        // What was not looked at yet does not hold; where there is no data, the operator decides.
        clear: !checks.is_empty() && checks.iter().all(|c| c.ok != Some(false)),
        checks,
        cuts: kept::cuts_behind(plan, &g.name),
    }
}

fn gate_writes(w: &Write) -> Vec<GateWrite> {
    let object = w.object().to_string();
    let one = |field: &str, before: String, after: String| GateWrite { object: object.clone(), field: field.into(), before, after };
    match w {
        Write::Patch { edits, .. } => {
            edits.iter().filter(|e| e.before != e.after).map(|e| one(&e.path, line(e.before.as_ref()), line(e.after.as_ref()))).collect()
        }
        Write::Scale { from, to, .. } => vec![one("/spec/replicas", from.to_string(), to.to_string())],
        Write::Create { .. } => vec![one("", "(absent)".into(), "created".into())],
        Write::Delete { .. } => vec![one("", "there".into(), "deleted".into())],
    }
}

fn hold(seen: &Seen) -> Option<HoldView> {
    let h = match (&seen.status, &seen.hold) {
        (RunStatus::Stuck { cause, error, .. }, _) => {
            let (error, cause) = (error.sentence.clone(), cause.sentence.clone());
            return Some(HoldView {
                code: "stuck".into(),
                message: sentence!("{error} (it was going back because: {cause})"; error, cause).into(),
                facts: vec![],
                choices: vec![choice(entry::HoldCode::TakesLong, entry::Choice::BackOut, true)],
            });
        }
        (_, Some(h)) => h,
        (_, None) => return None,
    };
    let facts = h
        .facts
        .iter()
        .map(|f| FactView {
            object: f.object.to_string(),
            field: f.path.clone(),
            before: line(f.before.as_ref()),
            live: line(f.live.as_ref()),
            planned: line(f.after.as_ref()),
        })
        .collect();
    let code = serde_json::to_value(h.code).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default();
    let choices = h.choices.iter().enumerate().map(|(i, c)| choice(h.code, *c, i == 0)).collect();
    Some(HoldView { code, message: h.said.sentence.clone().into(), facts, choices })
}

fn choice(at: entry::HoldCode, c: entry::Choice, advised: bool) -> ChoiceView {
    use entry::Choice as C;
    let (label, text) = match c {
        C::Retry if at == entry::HoldCode::TakenOver => ("Go on from here", sentence!("Reads what is there now and goes on with the plan")),
        C::Retry => ("Look again", sentence!("Reads what is there now and goes on if it fits")),
        C::GoOn => ("Go on without it", sentence!("Goes on although this could not be shown; it is noted in the run")),
        C::Overwrite => ("Write ours over it", sentence!("Writes what this run says, guarded by what is there now")),
        C::RePin => ("Re-pin", sentence!("Writes the selector of this run back over the one that selects both colours")),
        C::Leave => ("Leave it", sentence!("Leaves what is there and counts the step as undone")),
        C::BackOut => ("Back out", sentence!("Takes back everything that this run did")),
    };
    ChoiceView { code: c.code().into(), label: label.into(), text: text.into(), advised }
}

/// The way back of a run.
pub fn way_back(plan: &Plan, seen: &Seen) -> WayBackView {
    let w = &seen.way_back;
    let wrote = |p: &Planned| matches!(&p.step, Step::SetTemplate { deployment, .. } if *deployment == plan.target.object);
    if seen.status == RunStatus::Done && plan.brings_a_version() && plan.steps.iter().any(wrote) {
        return WayBackView {
            kind: WayBackKind::Rollback,
            seconds: None,
            at_most: false,
            title: sentence!("{name}: roll back", name = plan.target.object.name).into(),
            text: sentence!("the run is over; the pod template from before it can be written back by a rollback of its own").into(),
            steps: 2,
            run: Some(seen.id.clone()),
        };
    }
    let kind = match w.kind {
        show::WayBackKind::None => WayBackKind::None,
        show::WayBackKind::BackOut if plan.goes_back() => WayBackKind::Rollback,
        show::WayBackKind::BackOut => WayBackKind::BackOut,
        show::WayBackKind::FlipBack => WayBackKind::FlipBack,
    };
    let name = &plan.target.object.name;
    let title = match kind {
        WayBackKind::BackOut => sentence!("{name}: back out", name),
        WayBackKind::FlipBack => sentence!("{name}: flip back", name),
        WayBackKind::Rollback => sentence!("{name}: undo", name),
        WayBackKind::None if matches!(seen.status, RunStatus::BackedOut { .. } | RunStatus::Failed { .. }) => {
            sentence!("{name}: nothing to go back from", name)
        }
        WayBackKind::None => sentence!("{name}: no way back by this run", name),
    };
    // What was just refused has no time that could be promised.
    let (seconds, text) = match seen.status {
        RunStatus::Stuck { .. } => (None, sentence!("the last try did not go through; it is tried again from where it stands")),
        _ => (w.seconds, w.said.clone()),
    };
    WayBackView {
        kind,
        seconds,
        at_most: seconds.is_some_and(|s| plan.is_deadline(s)),
        title: title.into(),
        text: text.into(),
        steps: count(w.steps.len()),
        run: Some(seen.id.clone()),
    }
}

/// What going back would write; steps that only waited write nothing.
fn undoes(plan: &Plan, seen: &Seen) -> Vec<UndoView> {
    let planned = seen.way_back.steps.iter().filter_map(|id| plan.steps.iter().find(|p| &p.id == id));
    let one = |p: &Planned| {
        let step = plan_view::shown(&p.step)?;
        Some(UndoView {
            objects: step.writes_to().into_iter().rev().map(|o| o.to_string()).collect(),
            text: render::undo(&step)?.into(),
            diff: render::difference_back(&step).join("\n"),
        })
    };
    planned.filter_map(one).collect()
}

fn evidence(s: &Sources<'_>) -> EvidenceView {
    let green = lanes::green(s.plan);
    let lane_of = |v: &engine::Verdict| -> Option<Lane> {
        let pod = v.answered_by.as_ref()?.pod.as_ref()?;
        let of = |id: &ObjectId| s.objects.is_some_and(|set| lanes::pods(set, id).iter().any(|p| &p.metadata.name == pod));
        if of(&s.plan.target.object) { Some(Lane::Blue) } else { green.is_some_and(of).then_some(Lane::Green) }
    };
    EvidenceView {
        probes: s.recorder.map(|r| r.probes(s.now, lane_of)).unwrap_or_default(),
        endpoints: s
            .seen
            .endpoints
            .iter()
            .map(|e| EndpointsView { service: e.service.clone(), blue: e.blue, green: e.green, age: Some(age(s.now, e.at)) })
            .collect(),
        connections: kept::connections(s.plan, s.seen),
        events: s.objects.map(|set| events_of(set, lanes::watched(s.plan))).unwrap_or_default(),
        log: s.log.to_vec(),
        simulated: s.simulated,
    }
}

/// Most events that a view carries.
const EVENTS: usize = 50;

/// Events of a workload, its ReplicaSets and pods, newest first.
pub fn events_of(set: &ObjectSet, deployment: &ObjectId) -> Vec<EventView> {
    let ns = deployment.namespace.as_str();
    let mut uids: Vec<&str> = lanes::pods(set, deployment).iter().map(|p| p.metadata.uid.as_str()).collect();
    if let Some(d) = set.workload(deployment) {
        uids.push(&d.metadata.uid);
        uids.extend(set.replica_sets_of(d).map(|r| r.metadata.uid.as_str()));
    }
    events(set, ns, |e| uids.contains(&e.involved_object.uid.as_str()))
}

/// Events of a namespace that satisfy `keep`, newest first.
pub fn events(set: &ObjectSet, namespace: &str, keep: impl Fn(&model::kinds::event::Event) -> bool) -> Vec<EventView> {
    let mut found: Vec<_> = set.events(namespace).filter(|e| keep(e)).collect();
    found.sort_by_key(|e| std::cmp::Reverse(e.at()));
    found.truncate(EVENTS);
    found
        .into_iter()
        .map(|e| EventView {
            at: e.at().map(said),
            kind: e.kind.clone(),
            reason: e.reason.clone(),
            message: e.message.clone(),
            object: format!("{}/{}/{}", e.involved_object.kind, e.involved_object.namespace, e.involved_object.name),
            count: e.count.unwrap_or(1),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behind::tests::seen;
    use engine::status::StepStatus as S;
    use plan::Phase;

    #[test]
    fn what_going_back_would_write_stands_in_its_order_and_shows_no_secret_value() {
        let (mut plan, mut seen) = seen(true, S::Done);
        let template =
            |v: &str| serde_json::json!({"spec":{"containers":[{"name":"c","image":v,"env":[{"name":"PASSWORD","value":"hunter2"}]}]}});
        let step =
            Step::SetTemplate { deployment: plan.target.object.clone(), before: template("a:1"), after: template("a:2"), cause: None };
        plan.steps.push(Planned { id: "promote-blue".into(), after: vec![], phase: Phase::Write, step, way_back_seconds: None });
        let wait = Step::AwaitRollout { deployment: plan.target.object.clone(), deadline: 60 };
        plan.steps.push(Planned { id: "await-blue".into(), after: vec![], phase: Phase::Ready, step: wait, way_back_seconds: None });
        seen.way_back.steps = ["await-blue", "promote-blue", "cut-over"].map(String::from).to_vec();

        let all = undoes(&plan, &seen);
        assert_eq!(all.len(), 2, "what only waited is not taken back: {all:?}");
        assert_eq!(all[0].objects, ["Deployment/shop/blue"]);
        let changed: Vec<(&str, &str)> =
            all[0].diff.lines().filter_map(|l| Some((l.split_at_checked(1)?.0, l.split(": ").nth(1)?))).collect();
        assert!(changed.contains(&("-", "a:2")) && changed.contains(&("+", "a:1")) && !all[0].diff.contains("hunter2"), "{}", all[0].diff);
        assert!(all[1].text.text.starts_with("the selectors back"), "{all:?}");
    }
}
