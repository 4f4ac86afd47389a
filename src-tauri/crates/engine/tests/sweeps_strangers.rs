//! Sweeps of somebody else: the object of every write is edited between the run's reading and its writing, on the way there
//! and back, of both finishes. The edit is shown or kept, never lost unseen, and every answer that is offered ends well.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{Choice, HoldCode, Run, RunStatus, RunView};
use model::{Kind, ObjectId, Write, names};
use serde_json::{Value, json};
use support::Stage;
use support::sim::State;
use support::sweep::{FINISHES, go_back, nearly_over, same, smooth, stage, way_home};
use support::{resting, wait};

/// Which field is edited.
#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    /// One that the write is about, or the whole object where it is made or deleted.
    Its,
    /// Another one of the same object.
    Other,
}

/// What the operator says to it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    /// The stranger takes the edit back; look again.
    Again,
    Overwrite,
    BackOut,
}

/// What the stranger did.
#[derive(Clone)]
struct Edited {
    object: ObjectId,
    pointer: &'static str,
    /// As it was; null = it was not there.
    before: Value,
    after: Value,
}

fn theirs(object: &ObjectId) -> Value {
    let spec = match object.kind {
        Kind::Service => json!({"selector":{"app":"theirs"},"ports":[]}),
        Kind::Deployment => {
            json!({"replicas":0,"selector":{"matchLabels":{"app":"theirs"}},"template":{"metadata":{"labels":{"app":"theirs"}},
            "spec":{"containers":[{"name":"theirs","image":"theirs:v1"}]}}})
        }
        _ => json!({"minReplicas":1,"maxReplicas":2,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"theirs"}}),
    };
    json!({"apiVersion":object.kind.api_version(),"kind":object.kind.name(),
        "metadata":{"name":object.name,"namespace":object.namespace,"labels":{"app":"theirs"}},"spec":spec})
}

/// Edits the object of a write, or takes its name.
fn edit(s: &mut State, write: &Write, what: What) -> Option<Edited> {
    let object = write.object().clone();
    let Some(live) = s.objects.get(&object).cloned() else {
        assert!(matches!(write, Write::Create { .. }), "{write:?}");
        if what == What::Other {
            return None;
        }
        let manifest = theirs(&object);
        s.by_hand(&object, &support::sim::ByHand::Create(manifest.clone()));
        return Some(Edited { object, pointer: "", before: Value::Null, after: manifest });
    };
    let (pointer, after) = match (object.kind, what) {
        (Kind::Service, What::Its) => ("/spec/selector", json!({"app":"other"})),
        (Kind::Service, What::Other) => ("/spec/sessionAffinity", json!("ClientIP")),
        (Kind::Deployment, What::Its) => ("/spec/template/spec/containers/0/image", json!("shop:hotfix")),
        (Kind::Deployment, What::Other) => ("/spec/revisionHistoryLimit", json!(3)),
        (_, What::Its) => ("/spec/minReplicas", json!(1)),
        (_, What::Other) => ("/spec/maxReplicas", json!(9)),
    };
    let before = live.pointer(pointer).cloned().unwrap_or_default();
    if pointer == "/spec/selector" {
        // Nobody is behind a Service that was led elsewhere, and that is not the run's doing.
        s.guarded.retain(|name| *name != object.name);
    }
    s.edit(&object, pointer, after.clone());
    Some(Edited { object, pointer, before, after })
}

/// Lets a stranger edit the object of the n-th write from now.
fn meddle(stage: &Stage, n: usize, what: What) -> Arc<Mutex<Option<Edited>>> {
    let did = Arc::new(Mutex::new(None));
    let does = did.clone();
    stage.sim.with(|s| {
        let n = s.writes.len() + n;
        s.meddles.insert(n, Box::new(move |s, write| *does.lock().expect("not poisoned") = edit(s, write, what)));
    });
    did
}

impl Edited {
    /// Whether it is still so.
    fn stands(&self, stage: &Stage) -> bool {
        let live = stage.sim.get_now(&self.object);
        live.is_some_and(|l| match self.pointer {
            "" => l["spec"] == self.after["spec"] && l["metadata"]["annotations"][names::RUN].is_null(),
            pointer => l.pointer(pointer) == Some(&self.after),
        })
    }

    fn take_back(&self, stage: &Stage) {
        stage.sim.with(|s| match self.pointer {
            "" => drop(s.by_hand(&self.object, &support::sim::ByHand::Delete)),
            pointer if s.objects.contains_key(&self.object) => s.edit(&self.object, pointer, self.before.clone()),
            _ => {}
        });
    }
}

/// How it ended.
struct Ended {
    view: RunView,
    /// The edit was told of.
    shown: bool,
    /// Nobody took it back or wrote over it.
    kept: bool,
}

/// Drives it to its end, or to a question that needs another word than these answers.
async fn answered(stage: &Stage, run: Run, did: &Mutex<Option<Edited>>, answer: Answer, what: &str) -> Ended {
    let (mut shown, mut kept) = (false, true);
    for _ in 0..12 {
        let view = wait(&run, true, |v| !v.attached || resting(v)).await;
        if view.status.is_final() {
            return Ended { view, shown, kept };
        }
        let edited = did.lock().expect("not poisoned").clone().unwrap_or_else(|| panic!("{what}: held by nobody: {view:#?}"));
        let before = view.last_at;
        let RunStatus::Holding { hold } = &view.status else {
            // A wait came to its end because of the edit: once that is gone the way back is tried again.
            assert!(kept && edited.stands(stage), "{what}: stuck by itself: {view:#?}");
            edited.take_back(stage);
            (shown, kept) = (true, false);
            run.back_out("again").await.expect("heard");
            wait(&run, false, |v| v.last_at != before || !v.attached).await;
            continue;
        };
        if !shown {
            assert!(edited.stands(stage), "{what}: lost before anybody was asked: {hold:#?}");
            let named = hold.said.to_string().contains(&edited.object.said());
            assert!(named || hold.facts.iter().any(|f| f.object == edited.object), "{what}: not shown: {hold:#?}");
        }
        shown = true;
        // To lead traffic to pods that are not there needs another word than these.
        if hold.code == HoldCode::BothSick && answer != Answer::Again {
            return Ended { view, shown, kept };
        }
        let wanted = match answer {
            Answer::Again => {
                edited.take_back(stage);
                kept = false;
                tokio::time::sleep(Duration::from_secs(30)).await;
                vec![Choice::Retry]
            }
            Answer::Overwrite => vec![Choice::RePin, Choice::Overwrite, Choice::BackOut, Choice::Leave, Choice::GoOn],
            Answer::BackOut => vec![Choice::BackOut, Choice::Leave, Choice::GoOn],
        };
        let choice = wanted.into_iter().find(|c| hold.choices.contains(c)).unwrap_or_else(|| panic!("{what}: {hold:#?}"));
        kept &= !matches!(choice, Choice::RePin | Choice::Overwrite);
        run.choose(choice).await.expect("offered");
        wait(&run, false, |v| v.last_at != before || !v.attached).await;
    }
    panic!("{what}: asks for ever: {:#?}", run.view());
}

/// The world is as it was (or as it would have been), but for what the stranger did, if that is to be there.
async fn is(stage: &Stage, world: &Value, edited: &Edited, kept: bool, what: &str) {
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (mut after, mut world) = (stage.sim.summary(), world.clone());
    let name = edited.object.to_string();
    if kept && after.get(&name).is_some() {
        assert!(edited.stands(stage), "{what}: what the stranger did is lost");
        // What was left to them is theirs as a whole.
        for all in [&mut after, &mut world] {
            all.as_object_mut().expect("objects").shift_remove(&name);
        }
    } else if kept {
        assert!(world.get(&name).is_none(), "{what}: what the stranger edited is gone");
    }
    same(&after, &world, what);
}

#[tokio::test(start_paused = true)]
async fn an_edit_right_before_every_write_of_a_swap_is_shown_or_kept_and_every_answer_ends_well() {
    on_the_way("swap").await;
}

#[tokio::test(start_paused = true)]
async fn an_edit_right_before_every_write_of_a_promotion_is_shown_or_kept_and_every_answer_ends_well() {
    on_the_way("promote").await;
}

async fn on_the_way(finish: &str) {
    let smooth = smooth(finish).await;
    let mut held = 0;
    for n in 1..=smooth.writes {
        for what in [What::Its, What::Other] {
            for answer in [Answer::Again, Answer::Overwrite, Answer::BackOut] {
                let case = format!("{finish}, {what:?} before write {n}, {answer:?}");
                let stage = stage(finish).await;
                let did = meddle(&stage, n, what);
                let Ended { view, shown, kept } = answered(&stage, stage.start().await, &did, answer, &case).await;
                let Some(edited) = did.lock().expect("not poisoned").clone() else { continue };
                held += usize::from(shown);
                if view.hold.is_some() {
                    assert!(edited.stands(&stage) && !stage.sim.serving("web").is_empty(), "{case}: {view:#?}");
                    continue;
                }
                match &view.status {
                    RunStatus::Done => is(&stage, &smooth.end, &edited, kept, &case).await,
                    // As it was found, which may be as the stranger had left it.
                    RunStatus::BackedOut { .. } if shown && answer != Answer::Again => {
                        is(&stage, &stage.before, &edited, kept || edited.stands(&stage), &case).await;
                    }
                    _ => panic!("{case}: {view:#?}"),
                }
                // Without a hold there was nothing to answer.
                if !shown {
                    break;
                }
            }
        }
    }
    assert!(held > 30, "only {held} were shown");
}

#[tokio::test(start_paused = true)]
async fn an_edit_right_before_every_write_of_the_way_back_is_shown_or_kept_and_every_answer_ends_well() {
    for finish in FINISHES {
        let (all, _) = way_home(finish).await;
        let mut held = 0;
        for n in 1..=all {
            for what in [What::Its, What::Other] {
                for answer in [Answer::Again, Answer::Overwrite, Answer::BackOut] {
                    let case = format!("{finish}, {what:?} before write {n} of the way back, {answer:?}");
                    let (stage, run) = nearly_over(finish).await;
                    let did = meddle(&stage, n, what);
                    go_back(&run).await;
                    let Ended { view, shown, kept } = answered(&stage, run, &did, answer, &case).await;
                    let Some(edited) = did.lock().expect("not poisoned").clone() else { continue };
                    held += usize::from(shown);
                    if view.hold.is_some() {
                        assert!(edited.stands(&stage) && !stage.sim.serving("web").is_empty(), "{case}: {view:#?}");
                        continue;
                    }
                    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{case}: {view:#?}");
                    is(&stage, &stage.before, &edited, kept, &case).await;
                    if !shown {
                        break;
                    }
                }
            }
        }
        assert!(held > 15, "only {held} were shown");
    }
}
