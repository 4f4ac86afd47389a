//! kill -9 before and after every entry of the journal and every HTTP write of a whole Blue/Green run, or of a rollback of
//! each kind, on a real API server (practice lab): however often it is killed and picked up again, the run ends the same, and the server carried
//! out every write exactly once.
//!
//! One run is killed many times: killed at a place, picked up, killed again a few places on, and so on to its end. A
//! handful of such runs, each beginning at another place, come to every place; a place that a recovery did not come
//! by gets a run of its own.

use std::collections::BTreeMap;
use std::sync::Mutex;

use acceptance::scene::{KILLED, Scene, served_by_green};
use acceptance::side_by_side;
use serde_json::{Value, json};

/// Runs at a time: while one waits for its pods others keep the processors busy.
const AT_A_TIME: usize = 6;

/// What is swept over.
struct Sweep {
    /// Makes the plan file `plan`; gives the id of its run.
    plan: fn(&Scene) -> String,
    /// Brings the scene of a run to where the sweep begins.
    begin: fn(&Scene, &str),
    /// Its first call; `RUN` stands for the run's id.
    first: &'static [&'static str],
    /// Entry of the journal from which on `resume` knows what is wanted; until it is durable the first call is repeated.
    /// `None` = it knows from the start.
    knows: Option<&'static str>,
    /// Exit code and state of its end.
    end: (i32, &'static str),
}

const RUN: &[&str] = &["run", "plan", "--yes", "--confirm-context", "practice"];
const RESUME: &[&str] = &["resume", "RUN", "--yes"];

const SWAP: fn(&Scene) -> String = |s| s.quick_plan("swap", &[]);
const PROMOTE: fn(&Scene) -> String = |s| s.quick_plan("promote", &[]);

/// How a run that nobody kills ends, and the places that it passes on its way.
struct Smooth {
    world: BTreeMap<String, Value>,
    writes: BTreeMap<String, usize>,
    places: Vec<String>,
}

#[test]
fn a_swap_killed_anywhere_and_picked_up_ends_the_same() {
    let sweep = Sweep { plan: SWAP, begin: |_, _| {}, first: RUN, knows: None, end: (0, "done") };
    let smooth = sweep.all();
    let flip = format!(r#"patch services/web  add /spec/selector {}"#, served_by_green());
    assert_eq!(smooth.writes.get(&flip), Some(&1), "one flip: {:#?}", smooth.writes);
    assert_eq!(smooth.writes.get("create deployments/web-green "), Some(&1), "one green: {:#?}", smooth.writes);
}

#[test]
fn a_promotion_in_place_killed_anywhere_and_picked_up_ends_the_same() {
    let sweep = Sweep { plan: PROMOTE, begin: |_, _| {}, first: RUN, knows: None, end: (0, "done") };
    let smooth = sweep.all();
    assert_eq!(smooth.writes.get("delete deployments/web-green "), Some(&1), "green goes once: {:#?}", smooth.writes);
}

#[test]
fn a_way_back_killed_anywhere_and_picked_up_ends_as_before_the_run() {
    let first = &["back-out", "RUN", "--reason", "test"];
    let begin = |scene: &Scene, run: &str| {
        until_the_cutover(scene, run);
        assert_eq!(scene.ends(&["approve", run]).0, 4, "waits before blue goes");
        assert_eq!(scene.selector(), served_by_green());
    };
    let sweep = Sweep { plan: SWAP, begin, first, knows: Some("back-out-asked"), end: (5, "backedOut") };
    let before = Scene::direct().world();
    let smooth = sweep.all();
    assert_eq!(smooth.world, before, "nothing is left of the run");
    let back = format!(r#"patch services/web  add /spec/selector {}"#, json!({"app": "web", "pod-template-hash": "(hash)"}));
    assert_eq!(smooth.writes.get(&back), Some(&2), "pinned once, and flipped back once: {:#?}", smooth.writes);
}

#[test]
fn a_back_out_killed_anywhere_and_picked_up_ends_as_before_the_run() {
    let first = &["back-out", "RUN", "--reason", "test"];
    let sweep = Sweep { plan: PROMOTE, begin: until_the_cutover, first, knows: Some("back-out-asked"), end: (5, "backedOut") };
    let before = Scene::direct().world();
    let smooth = sweep.all();
    assert_eq!(smooth.world, before, "nothing is left of the run");
    assert!(!smooth.writes.keys().any(|w| w.contains("color")), "the Service never led to green: {:#?}", smooth.writes);
}

#[test]
fn a_rollback_with_an_autoscaler_killed_anywhere_and_picked_up_ends_the_same() {
    let plan = |s: &Scene| {
        s.apply(&json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": s.namespace},
            "spec": {"minReplicas": 1, "maxReplicas": 4, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}}));
        s.kubectl(&["scale", "deployment/web", "--replicas=2"]);
        s.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v2"]);
        s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
        s.plan_back("deployment/web", &[])
    };
    let smooth = Sweep { plan, begin: |_, _| {}, first: RUN, knows: None, end: (0, "done") }.all();
    let floors: Vec<&String> = smooth.writes.keys().filter(|w| w.contains("horizontalpodautoscalers/web")).collect();
    assert!(floors.len() == 2 && smooth.writes.values().all(|times| *times == 1), "held once, given back once: {:#?}", smooth.writes);
    let hpa = &smooth.world["\"HorizontalPodAutoscaler\"/\"web\""];
    assert_eq!((&hpa["spec"]["minReplicas"], hpa["annotations"].to_string().contains("changeover")), (&json!(1), false), "{hpa}");
}

#[test]
fn a_rollback_of_a_stateful_set_killed_anywhere_and_picked_up_ends_the_same() {
    let plan = |s: &Scene| s.db_to_take_back("StatefulSet", &json!({"replicas": 2, "serviceName": "db"}));
    let smooth = Sweep { plan, begin: |_, _| {}, first: RUN, knows: None, end: (0, "done") }.all();
    assert_eq!(smooth.writes.values().collect::<Vec<_>>(), [&1], "one write of its template: {:#?}", smooth.writes);
}

#[test]
fn the_way_out_of_a_rollback_of_a_daemon_set_killed_anywhere_and_picked_up_ends_as_before_it() {
    let plan = |s: &Scene| s.db_to_take_back("DaemonSet", &json!({}));
    let begin = |s: &Scene, _: &str| {
        assert_eq!(s.ends(&["run", "plan", "--until", "restore-template", "--confirm-context", "practice"]).0, 4, "left after the write");
    };
    let before = Scene::direct();
    plan(&before);
    let first = &["back-out", "RUN", "--reason", "test"];
    let smooth = Sweep { plan, begin, first, knows: Some("back-out-asked"), end: (5, "backedOut") }.all();
    assert_eq!(smooth.world, before.world(), "as it was");
    assert!(smooth.writes.len() == 2 && smooth.writes.values().all(|times| *times == 1), "there and back: {:#?}", smooth.writes);
}

fn until_the_cutover(scene: &Scene, _run: &str) {
    scene.until_the_cutover();
}

impl Sweep {
    /// Runs smoothly once, then killed at every place.
    fn all(&self) -> Smooth {
        // An object that moves just then is written to a second time: such a place is in one run and not in the next.
        let smooth = [self.smooth(), self.smooth()].into_iter().min_by_key(|s| s.places.len()).expect("two of them");
        let count = smooth.places.len();
        assert!(count > 20, "only {count} places: {:#?}", smooth.places);
        let killed = Mutex::new(vec![false; count]);
        let chains = (0..AT_A_TIME).map(|begin| (begin..count).step_by(AT_A_TIME).collect()).collect();
        side_by_side(AT_A_TIME, chains, |chain: Vec<usize>| self.chain(&smooth, &chain, &killed));
        let left = |killed: &Mutex<Vec<bool>>| -> Vec<usize> {
            let killed = killed.lock().expect("no panic holds it");
            (0..count).filter(|i| !killed[*i]).collect()
        };
        let alone = left(&killed).into_iter().map(|i| vec![i]).collect();
        println!("{count} places, {} of them killed in a run of their own", left(&killed).len());
        side_by_side(AT_A_TIME, alone, |chain: Vec<usize>| self.chain(&smooth, &chain, &killed));
        let mut never: Vec<&String> = left(&killed).into_iter().map(|i| &smooth.places[i]).collect();
        // A place that not even every smooth run comes by is one of chance.
        for _ in 0..8 {
            if !never.is_empty() {
                let again = self.smooth();
                never.retain(|place| again.places.contains(place));
            }
        }
        assert!(never.is_empty(), "never killed at (is it a debug build?): {never:#?}");
        smooth
    }

    fn call(&self, arguments: &[&str], run: &str) -> Vec<String> {
        arguments.iter().map(|a| if *a == "RUN" { run.to_string() } else { (*a).to_string() }).collect()
    }

    fn scene(&self) -> (Scene, String) {
        let scene = Scene::direct();
        let run = (self.plan)(&scene);
        (self.begin)(&scene, &run);
        (scene, run)
    }

    fn smooth(&self) -> Smooth {
        let (scene, run) = self.scene();
        let call = self.call(self.first, &run);
        let call: Vec<&str> = call.iter().map(String::as_str).collect();
        let (code, places) = scene.places(&call);
        assert_eq!(code, self.end.0);
        Smooth { world: scene.world(), writes: scene.carried_out(), places }
    }

    /// One run, killed at each of these places, and picked up until it ends.
    fn chain(&self, smooth: &Smooth, chain: &[usize], killed: &Mutex<Vec<bool>>) {
        let (scene, run) = self.scene();
        let mut story = Vec::new();
        let mut call = self.call(self.first, &run);
        for place in chain {
            let name = &smooth.places[*place];
            let arguments: Vec<&str> = call.iter().map(String::as_str).collect();
            let (code, said) = scene.ends_killed_at(&arguments, name);
            story.push(format!("{name}: {code}"));
            if code != KILLED {
                // A recovery may find done what a smooth run does at that place.
                assert_eq!((code, said["state"].as_str()), (self.end.0, Some(self.end.1)), "{story:#?}: {said}");
                break;
            }
            killed.lock().expect("no panic holds it")[*place] = true;
            let known = |entry| smooth.places.iter().position(|p| p.starts_with("journal:after") && p.contains(entry));
            if self.knows.is_none_or(|entry| known(entry).is_some_and(|known| known <= *place)) {
                call = self.call(RESUME, &run);
            }
        }
        if story.last().is_some_and(|s| s.ends_with(&format!(": {KILLED}"))) {
            let arguments: Vec<&str> = call.iter().map(String::as_str).collect();
            let (code, said) = scene.ends(&arguments);
            assert_eq!((code, said["state"].as_str()), (self.end.0, Some(self.end.1)), "{story:#?}: {said}");
        }
        assert_eq!(scene.world(), smooth.world, "{story:#?}");
        assert_eq!(scene.carried_out(), smooth.writes, "{story:#?}");
    }
}
