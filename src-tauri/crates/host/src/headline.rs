//! The sentence above a run: what is going on, and where traffic is. It stands alone, so it is made of whole sentences; the
//! names of steps are left to the command line, where they can be used.

use api::Headline;
use engine::entry::Said;
use engine::show::RunView as Seen;
use engine::status::RunStatus;
use model::{Kind, ObjectId, Sentence, sentence};
use plan::strategies::blue_green::{GATE_CUT_OVER, GATE_RETIRE};
use plan::{Plan, Planned, Step, render};

use crate::lanes::{self, Traffic};

/// The sentence that says what is so.
pub fn headline(plan: &Plan, seen: &Seen) -> Headline {
    if let Some(error) = &seen.error {
        return of("stopped", sentence!("Stopped: {error}."; error = error.clone()));
    }
    if let Some(by) = &seen.elsewhere {
        return of("taken-over", sentence!("taken over by {by}: nothing is written from here any more", by));
    }
    standing(plan, seen, seen.attached)
}

/// The same of a run that somebody drives on another workstation, as the record says that it stands there.
pub fn elsewhere(plan: &Plan, seen: &Seen, by: &str) -> Headline {
    let there = standing(plan, seen, true).text.into();
    of("elsewhere", sentence!("{by} drives it: {what}", by; what = there))
}

fn standing(plan: &Plan, seen: &Seen, driven: bool) -> Headline {
    let traffic = traffic(plan, seen);
    match &seen.status {
        RunStatus::Done => match plan::strategies::find(&plan.strategy).map(|s| s.done()) {
            Some((code, said)) => of(code, said),
            None => of("done", sentence!("Done.")),
        },
        RunStatus::BackedOut { why } => of(
            "backed-out",
            match (given(why), traffic) {
                (None, None) => sentence!("Backed out."),
                (Some(why), None) => sentence!("Backed out ({why})."; why),
                (None, Some(traffic)) => sentence!("Backed out. {traffic}"; traffic),
                (Some(why), Some(traffic)) => sentence!("Backed out ({why}). {traffic}"; why, traffic),
            },
        ),
        RunStatus::Failed { error } => {
            of("failed", sentence!("Failed before anything was written: {error}."; error = error.sentence.clone()))
        }
        RunStatus::Stuck { error, .. } => of(
            "stuck",
            match (error.sentence.clone(), stopped(plan, seen)) {
                (error, None) => sentence!("Stuck: {error}."; error),
                (error, Some(traffic)) => sentence!("Stuck: {error}. {traffic}"; error, traffic),
            },
        ),
        _ if !driven => of(
            "left",
            match (stands_at(plan, seen), traffic) {
                (what, None) => sentence!("Nobody drives this run. It stands at: {what}."; what),
                (what, Some(traffic)) => sentence!("Nobody drives this run. {traffic} It stands at: {what}."; what, traffic),
            },
        ),
        RunStatus::Ready => of("ready", sentence!("Ready to start.")),
        RunStatus::Running { step } => running(plan, seen, step),
        RunStatus::WaitingForApproval { gate, .. } => match (against(seen), gate.as_str()) {
            (Some(what), GATE_CUT_OVER) => of("gate-not-clear", sentence!("Not ready to cut over: {what}. All traffic is on blue."; what)),
            (Some(what), _) => of("gate-not-clear", sentence!("Not ready to go on: {what}."; what)),
            (None, GATE_CUT_OVER) => of("green-ready", sentence!("Green is ready. All traffic is still on blue.")),
            (None, GATE_RETIRE) => of("soaked", sentence!("Green serves and stood the soak. Blue still stands by.")),
            (None, gate) => of("gate", sentence!("Waits for you: {gate}.", gate)),
        },
        RunStatus::Holding { hold } => of(
            &hold.said.code,
            // What selects both colours sends traffic to both, wherever the run had moved it.
            match (hold.said.sentence.clone(), traffic.filter(|_| hold.said.code != engine::entry::BOTH_COLOURS)) {
                (why, None) => sentence!("Held: {why}."; why),
                (why, Some(traffic)) => sentence!("Held: {why}. {traffic}"; why, traffic),
            },
        ),
        RunStatus::BackingOut { why, .. } => of(
            "backing-out",
            match (given(why), traffic) {
                (None, None) => sentence!("Going back."),
                (Some(why), None) => sentence!("Going back ({why})."; why),
                (None, Some(traffic)) => sentence!("Going back. {traffic}"; traffic),
                (Some(why), Some(traffic)) => sentence!("Going back ({why}). {traffic}"; why, traffic),
            },
        ),
    }
}

fn of(code: &str, said: Sentence) -> Headline {
    Headline { code: code.into(), text: said.into() }
}

/// Why it goes back, where somebody gave a reason or the run found one.
fn given(why: &Said) -> Option<Sentence> {
    (why.sentence.form != sentence!("asked for").form).then(|| why.sentence.clone())
}

/// Where traffic is; `None` = the plan moves none.
fn traffic(plan: &Plan, seen: &Seen) -> Option<Sentence> {
    let blue = |id: &ObjectId| *id == plan.target.object;
    Some(match lanes::traffic(plan, seen)? {
        Traffic::AsBefore => sentence!("All traffic is on blue."),
        // What is moved to the target runs what green runs.
        Traffic::Moving(to) if blue(to) => sentence!("Traffic is moving to blue, which has the new version."),
        Traffic::On(to) if blue(to) => sentence!("Traffic is on blue, which has the new version."),
        Traffic::MovingBack(to) if blue(to) => sentence!("Traffic is moving back to blue."),
        Traffic::Moving(_) => sentence!("Traffic is moving to green."),
        Traffic::On(_) => sentence!("Traffic is on green."),
        Traffic::MovingBack(_) => sentence!("Traffic is moving back to green."),
        Traffic::Left => sentence!("Traffic was left where the run had moved it."),
    })
}

/// The same of a run that got stuck: nothing moves any more. Where all of it is the ready endpoints say; where they say nothing,
/// that not all of it arrived.
fn stopped(plan: &Plan, seen: &Seen) -> Option<Sentence> {
    let blue = |id: &ObjectId| *id == plan.target.object;
    let share = lanes::green_share(plan, &seen.endpoints);
    Some(match lanes::traffic(plan, seen)? {
        Traffic::Moving(_) | Traffic::MovingBack(_) if share == Some(1.0) => sentence!("All traffic is still on green."),
        Traffic::Moving(_) | Traffic::MovingBack(_) if share == Some(0.0) => sentence!("All traffic is on blue."),
        Traffic::Moving(to) | Traffic::MovingBack(to) if blue(to) => sentence!("Traffic is not all on blue."),
        Traffic::Moving(_) | Traffic::MovingBack(_) => sentence!("Traffic is not all on green."),
        Traffic::AsBefore | Traffic::On(_) | Traffic::Left => traffic(plan, seen)?,
    })
}

/// While a step is carried out.
fn running(plan: &Plan, seen: &Seen, at: &str) -> Headline {
    let Some(Planned { step, .. }) = plan.steps.iter().find(|s| s.id == at) else { return of("running", sentence!("It runs.")) };
    match (lanes::traffic(plan, seen), step) {
        (None, _) => {
            let beat = seen.steps.iter().find(|s| s.id == at).and_then(|s| s.heartbeat.as_ref());
            let waits = matches!(step, Step::AwaitReady { .. } | Step::AwaitRollout { .. });
            let said = match (render::summary(step), beat.map(|b| b.sentence.clone())) {
                // What is waited for says it all.
                (_, Some(what)) if waits => sentence!("waiting for {object}: {what}", object = plan.target.object.name; what),
                (step, Some(what)) => sentence!("{step}: {what}"; step, what),
                (step, None) => step,
            };
            of("running", said)
        }
        (Some(Traffic::AsBefore), Step::Create { object, .. }) if object.kind == Kind::Deployment => starting(),
        (Some(Traffic::AsBefore), Step::Scale { .. } | Step::AwaitReady { .. }) => starting(),
        (Some(Traffic::AsBefore), Step::Smoke { .. }) => {
            of("green-asked", sentence!("Green is being asked. All traffic is still on blue."))
        }
        (Some(Traffic::AsBefore), Step::Switch { .. }) => {
            of("cutting-over", sentence!("The cutover begins. All traffic is still on blue."))
        }
        (Some(Traffic::AsBefore), _) => of("preparing", sentence!("The rollout is being prepared. All traffic is still on blue.")),
        (_, Step::Soak { .. }) => of("soaking", sentence!("Green serves. Blue stands by.")),
        // From its first write on traffic moves; how far the proof is stands with the step.
        (Some(Traffic::Moving(to)), _) if *to == plan.target.object => {
            of("proving-blue", sentence!("Traffic is moving to blue, which has the new version. Waiting for proof that it arrives."))
        }
        (Some(Traffic::Moving(_)), _) => of("proving", sentence!("Traffic is moving to green. Waiting for proof that it arrives.")),
        (Some(Traffic::On(to)), _) if *to == plan.target.object => {
            of("clearing", sentence!("Blue serves the new version. What the rollout needed is being taken away."))
        }
        (_, Step::SetTemplate { .. } | Step::AwaitRollout { .. }) => {
            of("blue-follows", sentence!("Green serves. Blue is getting the new version."))
        }
        (_, Step::Retire { .. }) => of("retiring", sentence!("Green serves. Blue is being retired.")),
        (_, _) => of("finishing", sentence!("Green serves. The rollout is being brought to its end.")),
    }
}

fn starting() -> Headline {
    of("green-starts", sentence!("Green is starting. All traffic is still on blue."))
}

/// What a run that nobody drives was in the middle of.
fn stands_at(plan: &Plan, seen: &Seen) -> Sentence {
    let step = |id: &String| plan.steps.iter().find(|s| &s.id == id).map(|s| render::summary(&s.step));
    let named = match &seen.status {
        RunStatus::Running { step: id } | RunStatus::WaitingForApproval { step: id, .. } => step(id),
        RunStatus::Holding { hold } => Some(hold.said.sentence.clone()),
        RunStatus::BackingOut { .. } => Some(sentence!("the way back")),
        _ => None,
    };
    named.unwrap_or_else(|| sentence!("its beginning"))
}

/// The first check of the gate that does not hold.
fn against(seen: &Seen) -> Option<Sentence> {
    Some(seen.gate.as_ref()?.checks.iter().find(|c| c.ok == Some(false))?.said.sentence.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behind::tests::seen;
    use engine::status::StepStatus as S;
    use plan::Phase;
    use serde_json::Value;

    fn said(code: &str) -> Said {
        Said::new(code, Sentence::quoted(code))
    }

    /// The headline of a run that stands so, by a switch alone.
    fn of_a_switch(switched: bool, at: S, status: RunStatus) -> String {
        let (plan, mut seen) = seen(switched, at);
        (seen.status, seen.attached) = (status, true);
        headline(&plan, &seen).text.text
    }

    #[test]
    fn every_state_says_where_traffic_is() {
        let why = || said("asked");
        let asked = || Said::new("asked", sentence!("asked for"));
        for (switched, at, status, expect) in [
            (false, S::Running, RunStatus::BackingOut { why: asked(), step: None }, "Going back. All traffic is on blue."),
            (true, S::Undoing, RunStatus::BackingOut { why: asked(), step: None }, "Going back. Traffic is moving back to blue."),
            (true, S::Done, RunStatus::BackingOut { why: why(), step: None }, "Going back (asked). Traffic is on green."),
            (false, S::Undone, RunStatus::BackedOut { why: asked() }, "Backed out. All traffic is on blue."),
            // Taken back but for the cutover, which was to be left.
            (true, S::Undone, RunStatus::BackedOut { why: why() }, "Backed out (asked). Traffic was left where the run had moved it."),
            (
                true,
                S::Undoing,
                RunStatus::Stuck { cause: why(), error: said("refused"), repair: vec![] },
                "Stuck: refused. Traffic is not all on blue.",
            ),
            (
                true,
                S::Running,
                RunStatus::Stuck { cause: why(), error: said("refused"), repair: vec![] },
                "Stuck: refused. Traffic is not all on green.",
            ),
        ] {
            assert_eq!(of_a_switch(switched, at, status), expect);
        }
    }

    #[test]
    fn nobody_reads_the_id_of_a_step() {
        let (mut plan, mut seen) = seen(false, S::Waiting);
        (seen.status, seen.attached) = (RunStatus::Running { step: "cut-over".into() }, true);
        let mut at = |step: Step, switched: bool| {
            plan.steps.push(Planned { id: "at-work".into(), after: vec![], phase: Phase::Write, step, way_back_seconds: None });
            seen.status = RunStatus::Running { step: "at-work".into() };
            (seen.switched, seen.steps[0].status) = (switched, if switched { S::Done } else { S::Waiting });
            let live = headline(&plan, &seen).text.text;
            seen.attached = false;
            let left = headline(&plan, &seen).text.text;
            (seen.attached, _) = (true, plan.steps.pop());
            assert!(!format!("{live}{left}").contains("at-work"), "{live} {left}");
            (live, left)
        };
        let (blue, green) = (plan_target(), ObjectId::new(Kind::Deployment, "shop", "green"));
        let scale = Step::Scale { deployment: green.clone(), from: Some(0), to: 3 };
        let (live, left) = at(scale, false);
        assert_eq!(live, "Green is starting. All traffic is still on blue.");
        assert_eq!(left, "Nobody drives this run. All traffic is on blue. It stands at: scale Deployment shop/green to 3.");
        let template = Step::SetTemplate { deployment: blue.clone(), before: Value::Null, after: Value::Null, cause: None };
        assert_eq!(at(template.clone(), true).0, "Green serves. Blue is getting the new version.");
        assert_eq!(at(template, false).0, "The rollout is being prepared. All traffic is still on blue.");
        assert_eq!(at(Step::Retire { deployment: blue }, true).0, "Green serves. Blue is being retired.");
        assert_eq!(at(Step::Delete { object: green }, true).0, "Green serves. The rollout is being brought to its end.");
    }

    fn plan_target() -> ObjectId {
        seen(false, S::Waiting).0.target.object
    }

    #[test]
    fn while_a_cutover_is_proven_the_headline_says_where_traffic_goes() {
        let said = |switched, to_blue: bool| {
            let (mut plan, mut seen) = seen(switched, S::Running);
            if to_blue && let Step::Switch { to, .. } = &mut plan.steps[0].step {
                *to = plan.target.object.clone();
            }
            (seen.status, seen.attached) = (RunStatus::Running { step: "cut-over".into() }, true);
            headline(&plan, &seen).code
        };
        assert_eq!(said(false, false), "cutting-over", "nothing has moved yet");
        assert_eq!(said(true, false), "proving");
        assert_eq!(said(true, true), "proving-blue");
    }

    #[test]
    fn where_a_stuck_run_left_its_traffic_is_told_by_the_endpoints() {
        let (mut plan, mut seen) = seen(true, S::Undoing);
        if let Step::Switch { services, .. } = &mut plan.steps[0].step {
            let exact = || plan::step::SelectorTo::Exact(model::Labels::default());
            services.push(plan::step::SwitchService { service: ObjectId::new(Kind::Service, "shop", "web"), from: exact(), to: exact() });
        }
        (seen.status, seen.attached) = (RunStatus::Stuck { cause: said("asked"), error: said("refused"), repair: vec![] }, true);
        let service = lanes::services(&plan)[0].to_string();
        for (blue, green, expect) in
            [(0, 3, "All traffic is still on green."), (3, 0, "All traffic is on blue."), (2, 3, "Traffic is not all on blue.")]
        {
            seen.endpoints =
                vec![engine::waits::ServiceEndpoints { service: service.clone(), blue, green, other: 0, at: jiff::Timestamp::UNIX_EPOCH }];
            assert_eq!(headline(&plan, &seen).text.text, format!("Stuck: refused. {expect}"));
        }
    }

    #[test]
    fn of_a_workload_alone_the_headline_says_what_is_done_and_how_far() {
        let (mut plan, mut seen) = seen(false, S::Running);
        plan.steps[0].step = Step::Scale { deployment: plan.target.object.clone(), from: Some(2), to: 4 };
        (seen.status, seen.attached) = (RunStatus::Running { step: "cut-over".into() }, true);
        seen.steps[0].heartbeat = Some(said("3 of 4 ready"));
        assert_eq!(headline(&plan, &seen).text.text, "scale Deployment shop/blue to 4: 3 of 4 ready");
        seen.status = RunStatus::BackedOut { why: said("too many") };
        assert_eq!(headline(&plan, &seen).text.text, "Backed out (too many).");
    }
}
