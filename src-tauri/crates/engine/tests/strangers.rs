//! What others do to the objects of a run meanwhile, on the simulated cluster: it is shown, and never written over unseen.

mod support;

use std::time::Duration;

use engine::{Choice, Hold, HoldCode, Options, Run, RunStatus, RunView, VerdictKind};
use model::{Kind, ObjectId, Write, names};
use serde_json::{Value, json};
use support::{Fault, Stage, at_retire, id, in_soak, through, wait};

const TEMPLATE: &str = "/spec/template";

fn service(name: &str) -> ObjectId {
    id(Kind::Service, name)
}

fn selector(stage: &Stage, name: &str) -> Value {
    stage.sim.get_now(&service(name)).expect("there")["spec"]["selector"].clone()
}

fn green(stage: &Stage) -> ObjectId {
    let find = |s: &mut support::sim::State| s.objects.keys().find(|i| i.kind == Kind::Deployment && i.name != "web").cloned();
    stage.sim.with(find).expect("green stands")
}

fn template(stage: &Stage, deployment: &ObjectId) -> Value {
    stage.sim.get_now(deployment).expect("there")["spec"]["template"].clone()
}

/// `kubectl set image` by a colleague.
fn set_image(stage: &Stage, deployment: &ObjectId) {
    stage.sim.edit(deployment, "/spec/template/spec/containers/0/image", json!("shop:hotfix"));
}

async fn held(run: &Run) -> Hold {
    let view = wait(run, false, |v| v.hold.is_some() || v.status.is_final()).await;
    view.hold.clone().unwrap_or_else(|| panic!("{view:#?}"))
}

async fn choose(run: &Run, choice: Choice) {
    let at = run.view().last_at;
    run.choose(choice).await.expect("offered");
    wait(run, false, |v| v.last_at != at).await;
}

fn done(view: &RunView) {
    assert_eq!(view.status, RunStatus::Done, "{view:#?}");
}

/// Held right before the cutover, where nobody looks.
async fn before_the_cutover(stage: &Stage) -> Run {
    let run = stage.start_with(Options { until: Some("gate-cut-over".into()), ..Options::default() }).await;
    let view = wait(&run, true, |v| v.hold.is_some()).await;
    assert_eq!(view.hold.expect("held").code, HoldCode::Until);
    run
}

/// The shop has no pods behind a Service that was led elsewhere.
fn elsewhere(stage: &Stage, name: &str) {
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.edit(&service(name), "/spec/selector", json!({"app":"other"}));
}

#[tokio::test(start_paused = true)]
async fn to_overwrite_one_service_is_no_leave_to_overwrite_another() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    let pinned = selector(&stage, "web");
    elsewhere(&stage, "web");
    elsewhere(&stage, "web-admin");
    let hold = held(&run).await;
    assert_eq!((hold.code, hold.facts.len(), &hold.facts[0].object), (HoldCode::Contradiction, 1, &service("web")));
    choose(&run, Choice::Overwrite).await;
    let hold = held(&run).await;
    assert_eq!((hold.code, &hold.facts[0].object), (HoldCode::Contradiction, &service("web-admin")));
    assert_eq!((selector(&stage, "web"), selector(&stage, "web-admin")), (pinned, json!({"app":"other"})));
    choose(&run, Choice::Overwrite).await;
    done(&through(run, &[]).await);
    assert_eq!(stage.sim.serving("web-admin"), [(green(&stage).name, 3)].into());
}

#[tokio::test(start_paused = true)]
async fn a_word_is_spent_by_the_write_that_it_allowed() {
    for (live, code, choice) in
        [(json!({"app":"other"}), HoldCode::Contradiction, Choice::Overwrite), (json!({"app":"web"}), HoldCode::BothColours, Choice::RePin)]
    {
        let stage = Stage::soaking("swap", "shop:v2", 600).await;
        let run = stage.start().await;
        wait(&run, true, |v| v.soak_left.is_some()).await;
        stage.sim.with(|s| s.guarded.clear());
        let ours = selector(&stage, "web");
        for _ in 0..2 {
            stage.sim.edit(&service("web"), "/spec/selector", live.clone());
            let hold = held(&run).await;
            assert_eq!(hold.code, code, "{hold:#?}");
            assert_eq!(selector(&stage, "web"), live, "not before somebody chooses");
            choose(&run, choice).await;
            let sim = &stage.sim;
            wait(&run, false, |v| v.hold.is_none() && sim.get_now(&service("web")).expect("there")["spec"]["selector"] == ours).await;
        }
        done(&through(run, &[]).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pin_that_a_pipeline_reset_is_pinned_again_on_the_way_back_once_somebody_says_so() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    stage.sim.with(|s| s.guarded.clear());
    stage.sim.edit(&service("web"), "/spec/selector", json!({"app":"web"}));
    run.back_out("a pipeline is on the move").await.expect("offered");
    let hold = held(&run).await;
    assert_eq!((hold.code, hold.choices.as_slice()), (HoldCode::BothColours, &[Choice::RePin, Choice::Retry][..]), "{hold:#?}");
    assert!(stage.sim.get_now(&green(&stage)).is_some(), "green's pods stay for as long as they get requests");
    choose(&run, Choice::RePin).await;
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn another_edit_in_the_proof_of_the_step_that_was_overwritten_is_shown() {
    let stage = Stage::new("swap", "shop:v2").await;
    *stage.evidence.probes.lock().expect("not poisoned") = Some(VerdictKind::Missing);
    let run = before_the_cutover(&stage).await;
    elsewhere(&stage, "web");
    choose(&run, Choice::GoOn).await;
    let hold = held(&run).await;
    assert_eq!((hold.step.as_str(), &hold.facts[0].object), ("cut-over", &service("web")));
    choose(&run, Choice::Overwrite).await;
    let sim = &stage.sim;
    let moved = |s: &str| sim.get_now(&service(s)).expect("there")["spec"]["selector"].to_string().contains("green");
    wait(&run, false, |_| moved("web") && moved("web-admin")).await;
    elsewhere(&stage, "web-admin");
    let hold = held(&run).await;
    assert_eq!((hold.step.as_str(), hold.code, &hold.facts[0].object), ("cut-over", HoldCode::Contradiction, &service("web-admin")));
    assert_eq!(selector(&stage, "web-admin"), json!({"app":"other"}));
}

#[tokio::test(start_paused = true)]
async fn a_hotfix_on_a_blue_that_the_run_never_writes_to_holds_it() {
    for at in ["gate", "soak"] {
        let stage = Stage::disjoint(600).await;
        assert!(!stage.plan.steps.iter().any(|s| s.id.starts_with("pause") || s.id.starts_with("pin")), "nothing holds blue still");
        let (web, before) = (id(Kind::Deployment, "web"), template(&stage, &id(Kind::Deployment, "web")));
        let run = stage.start().await;
        match at {
            "gate" => wait(&run, false, |v| v.gate.is_some()).await,
            _ => wait(&run, true, |v| v.soak_left.is_some()).await,
        };
        set_image(&stage, &web);
        let hold = held(&run).await;
        let fact = &hold.facts[0];
        assert_eq!((hold.code, &fact.object, fact.path.as_str()), (HoldCode::Contradiction, &web, TEMPLATE), "{at}");
        assert_eq!((fact.before.as_ref(), &fact.after), (Some(&before), &fact.before), "{at}");
        assert_eq!(fact.live, Some(template(&stage, &web)), "{at}");
        assert_eq!(hold.choices, [Choice::BackOut, Choice::Retry, Choice::Overwrite], "{at}");
        assert!(hold.said.to_string().contains("going back would lead to a version that did not serve"), "{at}: {hold:#?}");
        choose(&run, Choice::Overwrite).await;
        let view = through(run, &[]).await;
        done(&view);
        assert_eq!(template(&stage, &web), before, "{at}");
        stage.served();
    }
}

/// A run whose green was checked: at its gate, where it looks on, or held before the cutover.
async fn checked(looks: bool) -> (Stage, Run) {
    let stage = Stage::disjoint(20).await;
    let run = match looks {
        true => stage.start().await,
        false => before_the_cutover(&stage).await,
    };
    wait(&run, false, |v| v.gate.is_some() || v.hold.is_some()).await;
    (stage, run)
}

#[tokio::test(start_paused = true)]
async fn what_was_checked_is_what_goes_live() {
    for looks in [true, false] {
        let (stage, run) = checked(looks).await;
        let (green, blue) = (green(&stage), selector(&stage, "web"));
        set_image(&stage, &green);
        if looks {
            // Nobody approves; the gate itself tells.
            let hold = held(&run).await;
            assert_eq!((hold.step.as_str(), &hold.facts[0].object), ("gate-cut-over", &green), "{hold:#?}");
        } else {
            // It rolls out and is complete: nothing but the template tells.
            tokio::time::sleep(Duration::from_secs(30)).await;
            choose(&run, Choice::GoOn).await;
            let hold = held(&run).await;
            assert_eq!((hold.step.as_str(), &hold.facts[0].object), ("cut-over", &green), "{hold:#?}");
        }
        let hold = held(&run).await;
        assert!(hold.said.to_string().contains("not what was checked"), "{hold:#?}");
        assert_eq!((selector(&stage, "web"), selector(&stage, "web-admin")), (blue.clone(), blue));
    }
}

/// Deleted and made anew just as it was, and ready again.
async fn made_anew(stage: &Stage, object: &ObjectId) {
    let mut anew = stage.sim.get_now(object).expect("there");
    stage.sim.with(|s| s.objects.remove(object));
    anew.as_object_mut().expect("an object").remove("status");
    stage.sim.apply(object.kind, anew);
    tokio::time::sleep(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn a_green_that_was_made_anew_as_it_was_gets_no_traffic() {
    for looks in [true, false] {
        let (stage, run) = checked(looks).await;
        let (green, blue) = (green(&stage), selector(&stage, "web"));
        made_anew(&stage, &green).await;
        if !looks {
            choose(&run, Choice::GoOn).await;
        }
        let hold = held(&run).await;
        let at = if looks { "gate-cut-over" } else { "cut-over" };
        assert_eq!((hold.step.as_str(), &hold.facts[0].object), (at, &green), "{hold:#?}");
        assert_eq!((hold.code, &hold.choices[..]), (HoldCode::Contradiction, &[Choice::BackOut, Choice::Retry][..]), "{hold:#?}");
        assert!(hold.said.to_string().contains("made it anew"), "{hold:#?}");
        choose(&run, Choice::Retry).await;
        assert!(held(&run).await.said.to_string().contains("made it anew"), "it is asked again");
        assert_eq!((selector(&stage, "web"), selector(&stage, "web-admin")), (blue.clone(), blue));
    }
}

/// Between the look at what was written and the look at its pods.
#[tokio::test(start_paused = true)]
async fn a_green_that_somebody_deletes_in_the_soak_is_told_as_that_in_whatever_instant_it_goes() {
    let stage = Stage::soaking("swap", "shop:v2", 600).await;
    let run = stage.start().await;
    in_soak(&run).await;
    let green = green(&stage);
    stage.sim.with(|s| {
        s.guarded.clear();
        s.deleted_before_list = Some(green.clone());
    });
    let hold = held(&run).await;
    assert_eq!((hold.code, &hold.facts[0].object), (HoldCode::Contradiction, &green), "{hold:#?}");
    assert_eq!(hold.choices, [Choice::BackOut, Choice::Retry]);
    run.back_out("nothing serves").await.expect("offered");
    let view = wait(&run, false, |v| v.status.is_final()).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_blue_that_was_retired_may_change() {
    let stage = Stage::disjoint(20).await;
    let run = stage.start_with(Options { until: Some("retire-blue".into()), ..Options::default() }).await;
    wait(&run, true, |v| v.hold.is_some()).await;
    set_image(&stage, &id(Kind::Deployment, "web"));
    choose(&run, Choice::GoOn).await;
    done(&through(run, &[]).await);
}

#[tokio::test(start_paused = true)]
async fn a_green_that_somebody_changed_is_not_deleted_without_a_word() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    let green = green(&stage);
    set_image(&stage, &green);
    run.back_out("no").await.expect("heard");
    let hold = held(&run).await;
    let fact = &hold.facts[0];
    assert_eq!((hold.code, hold.step.as_str(), &fact.object), (HoldCode::Contradiction, "create-green", &green));
    assert!(fact.before.is_some() && fact.live.is_some() && fact.before != fact.live && fact.after.is_none());
    assert_eq!(hold.choices, [Choice::Retry, Choice::Overwrite, Choice::Leave]);
    assert!(stage.sim.get_now(&green).expect("stands")["metadata"]["deletionTimestamp"].is_null());
    choose(&run, Choice::Overwrite).await;
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_a_status_write_overtakes_looks_again() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    let green = green(&stage);
    stage.sim.with(|s| s.status_moves = true);
    run.back_out("no").await.expect("heard");
    let tries = || stage.sim.with(|s| s.writes.iter().filter(|(w, _)| matches!(w, Write::Delete { .. })).count());
    wait(&run, false, |v| tries() > 2 || v.hold.is_some()).await;
    assert!(stage.sim.get_now(&green).is_some(), "the stale ones were refused");
    stage.sim.with(|s| s.status_moves = false);
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    stage.untouched().await;
}

/// Number of the write that creates green, in a run that nothing goes wrong in.
async fn creates_green() -> usize {
    let stage = Stage::new("swap", "shop:v2").await;
    through(stage.start().await, &[]).await;
    let is = |w: &Write| matches!(w, Write::Create { object, .. } if object.kind == Kind::Deployment);
    stage.sim.with(|s| s.writes.iter().position(|(w, _)| is(w))).expect("created") + 1
}

#[tokio::test(start_paused = true)]
async fn a_create_that_meets_its_own_late_twin_adopts_it_and_can_take_it_away() {
    let n = creates_green().await;
    for back in [false, true] {
        let stage = Stage::new("swap", "shop:v2").await;
        stage.sim.with(|s| s.faults.insert(n, Fault::UnknownUntilNext));
        let run = stage.start().await;
        wait(&run, false, |v| v.gate.is_some()).await;
        stage.sim.with(|s| {
            assert_eq!(s.late, [Ok(())], "the first one arrived");
            assert!(s.writes[n].1.contains("changed meanwhile"), "and the second was refused: {:?}", s.writes[n]);
        });
        if back {
            run.back_out("no").await.expect("heard");
        }
        let view = through(run, &[]).await;
        if back {
            assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
            stage.untouched().await;
        } else {
            done(&view);
            tokio::time::sleep(Duration::from_secs(30)).await;
            assert_eq!(stage.sim.serving("web"), [(green(&stage).name, 3)].into());
        }
        stage.served();
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_else_took_meanwhile_holds() {
    let n = creates_green().await;
    let stage = Stage::new("swap", "shop:v2").await;
    let manifest = stage.sim.get_now(&id(Kind::Deployment, "web")).expect("there");
    let find = |p: &plan::Planned| match &p.step {
        plan::Step::Create { object, .. } if object.kind == Kind::Deployment => Some(object.clone()),
        _ => None,
    };
    let object = stage.plan.steps.iter().find_map(find).expect("creates green");
    let mut manifest = json!({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":object.name,"namespace":object.namespace,
        "labels":{"app":"theirs"}},"spec":manifest["spec"]});
    manifest["spec"]["replicas"] = json!(0);
    stage.sim.with(|s| s.before.insert(n, Write::Create { object: object.clone(), manifest }));
    let run = stage.start().await;
    let hold = held(&run).await;
    assert_eq!((hold.code, hold.step.as_str()), (HoldCode::Contradiction, "create-green"), "{hold:#?}");
    assert!(hold.said.to_string().contains("was not made by this run"), "{hold:#?}");
    let theirs = stage.sim.get_now(&object).expect("stands");
    assert!(theirs["metadata"]["annotations"][names::RUN].is_null());
    choose(&run, Choice::BackOut).await;
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    assert_eq!(stage.sim.get_now(&object).map(|o| o["metadata"]["uid"].clone()), Some(theirs["metadata"]["uid"].clone()));
}

#[tokio::test(start_paused = true)]
async fn an_autoscaler_shrinks_an_idle_colour_unless_its_floor_is_frozen() {
    let web = id(Kind::Deployment, "web");
    let replicas = |stage: &Stage| stage.sim.get_now(&web).expect("there")["spec"]["replicas"].clone();
    // Without a run: what the simulation is worth.
    let stage = Stage::new("swap", "shop:v2").await;
    for name in ["web", "web-admin"] {
        elsewhere(&stage, name);
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(replicas(&stage), json!(2));

    let stage = Stage::soaking("swap", "shop:v2", 300).await;
    let run = stage.start().await;
    let view = wait(&run, true, |v| v.soak_left.is_some_and(|left| left < 60)).await;
    assert_eq!(replicas(&stage), json!(3), "blue stands by with all its pods after four idle minutes");
    assert!(!view.notes.iter().any(|n| n.said.code == "standby-short"), "{view:#?}");
    run.back_out("no").await.expect("heard");
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{view:#?}");
    assert_eq!(stage.sim.serving("web"), [("web".to_string(), 3)].into());
    stage.served();
    stage.untouched().await;
}

#[tokio::test(start_paused = true)]
async fn a_selector_that_is_put_back_right_before_traffic_moves_does_not_count_as_the_move() {
    let stage = Stage::new("promote", "shop:v2").await;
    let steps = &stage.plan.steps;
    let before = steps.iter().position(|s| s.id == "switch-back").expect("a promotion switches back") - 1;
    let run = stage.start_with(Options { until: Some(steps[before].id.clone()), ..Options::default() }).await;
    wait(&run, true, |v| v.hold.is_some()).await;
    stage.sim.with(|s| {
        // Nobody is behind a Service that was led elsewhere.
        s.guarded.retain(|name| name != "web");
        s.edit(&service("web"), "/spec/selector", json!({"app":"other"}));
    });
    choose(&run, Choice::GoOn).await;
    let hold = held(&run).await;
    assert_eq!((hold.code, hold.step.as_str()), (HoldCode::Contradiction, "switch-back"));
    choose(&run, Choice::Overwrite).await;
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
    assert_eq!(stage.sim.serving("web").into_iter().collect::<Vec<_>>(), [("web".to_string(), 3)]);
}

/// A Service that somebody made over blue while green soaks: blue's pods are somebody's by then, and do not go.
#[tokio::test(start_paused = true)]
async fn a_service_that_came_over_blue_in_the_soak_keeps_its_pods() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start().await;
    wait(&run, false, |v| v.gate.is_some()).await;
    let hash = selector(&stage, "web")["pod-template-hash"].clone();
    at_retire(&run).await;
    let mut legacy = stage.sim.get_now(&service("web-admin")).expect("there");
    legacy["metadata"] = json!({"name": "web-legacy", "namespace": "shop", "uid": "uid-legacy"});
    legacy["spec"]["selector"] = json!({"app": "web", "pod-template-hash": hash});
    stage.sim.apply(Kind::Service, legacy);
    run.approve("retire").await.expect("heard");
    let hold = held(&run).await;
    assert_eq!(hold.code, HoldCode::StillSelected, "{hold:#?}");
    assert!(hold.said.sentence.text.contains("still selected by service web-legacy"), "{hold:#?}");
    assert_eq!(stage.sim.with(|s| s.pods_of("web").len()), 3, "its pods are there");
    elsewhere(&stage, "web-legacy");
    choose(&run, Choice::Retry).await;
    done(&through(run, &[]).await);
}

/// `rollout resume` and another image, on blue that is paused because Services are pinned to its ReplicaSet.
#[tokio::test(start_paused = true)]
async fn blue_that_a_colleague_resumes_and_rolls_is_told_while_its_services_still_answer_and_backing_out_lets_them_follow() {
    for finish in ["swap", "promote"] {
        let stage = Stage::new(finish, "shop:v2").await;
        let run = stage.start().await;
        wait(&run, false, |v| v.gate.is_some()).await;
        let blue = id(Kind::Deployment, "web");
        // What they do to it takes the pods away, and no write of ours.
        stage.sim.with(|s| s.guarded.clear());
        stage.sim.edit(&blue, "/spec/paused", Value::Null);
        set_image(&stage, &blue);
        let hold = held(&run).await;
        let said = &hold.said.sentence.text;
        assert!(said.contains("somebody rolls it, and service web, web-admin leads to the ReplicaSet that goes"), "{finish}: {hold:#?}");
        assert_eq!((hold.choices[0], stage.sim.serving("web").len()), (Choice::BackOut, 1), "{finish}: told in time");
        run.choose(Choice::BackOut).await.expect("offered");
        let view = wait(&run, false, |v| v.hold.as_ref().is_some_and(|h| h.undoing.is_some()) || v.status.is_final()).await;
        let hold = view.hold.unwrap_or_else(|| panic!("{finish}: their template is not overwritten unasked: {:?}", view.status));
        assert_eq!((hold.code, &hold.facts[0].object), (HoldCode::Contradiction, &blue), "{finish}");
        // Slices and pods catch up.
        tokio::time::sleep(Duration::from_secs(10)).await;
        for name in ["web", "web-admin"] {
            assert_eq!(selector(&stage, name), json!({"app": "web"}), "{finish}: {name} follows");
            assert_eq!(stage.sim.serving(name), [("web".to_string(), 3)].into(), "{finish}: {name}");
        }
        choose(&run, Choice::Leave).await;
        let view = through(run, &[]).await;
        assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{finish}: {view:#?}");
        assert_eq!(template(&stage, &blue)["spec"]["containers"][0]["image"], "shop:hotfix", "{finish}: theirs");
    }
}
