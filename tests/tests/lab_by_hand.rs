//! The break-glass card: in every state of a run it says what to type when this program is not at hand. Here it is typed, as it
//! stands, into a shell; traffic must be served after every line of it, and afterwards all must be as before the run.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use acceptance::scene::{KILLED, Scene};
use acceptance::{side_by_side, until};
use serde_json::{Value, json};

/// States that are looked at at a time: while one waits for its pods others keep the processors busy.
const AT_A_TIME: usize = 6;

/// A run whose card is typed.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    /// What there is before it.
    before: fn(&Scene),
    /// Makes the plan file `plan`; gives the id of the run.
    plan: fn(&Scene) -> String,
}

/// Where a run is left.
#[derive(Clone, Debug)]
enum At {
    /// After a step of it.
    Left(String),
    /// The write was answered, and nobody has noted that down.
    Killed(String),
}

/// Two pods, and an autoscaler that would take one away.
fn scaled(s: &Scene) {
    s.kubectl(&["scale", "deployment/web", "--replicas=2"]);
    s.apply(
        &json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": s.namespace},
        "spec": {"minReplicas": 1, "maxReplicas": 4, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}}),
    );
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
}

fn rolled(s: &Scene) {
    scaled(s);
    s.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v2"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
}

fn paused(s: &Scene) {
    rolled(s);
    s.kubectl(&["rollout", "pause", "deployment/web"]);
}

/// The plan file `plan` that takes a workload back to v1, which none advises any more once it was left again.
fn back(s: &Scene, target: &str) -> String {
    let (_, history) = s.ends(&["history", target, "-o", "json"]);
    let v1 = |r: &&Value| r["images"].to_string().contains("shop:v1");
    let number = history["revisions"].as_array().into_iter().flatten().find(v1).expect("v1")["number"].to_string();
    s.plan_back(target, &["--to-revision", &number])
}

/// The plan file `plan` of a verb.
fn verb(s: &Scene, arguments: &[&str]) -> String {
    let out = s.run(&[&["plan"], arguments, &["--out", "plan"]].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    s.plan_id("plan")
}

const CASES: &[Case] = &[
    Case { name: "swap", before: scaled, plan: |s| s.quick_plan("swap", &[]) },
    Case { name: "promote", before: scaled, plan: |s| s.quick_plan("promote", &[]) },
    Case { name: "rollback", before: rolled, plan: |s| back(s, "deployment/web") },
    Case { name: "rollback of a paused one", before: paused, plan: |s| back(s, "deployment/web") },
    Case {
        name: "rollback of a StatefulSet",
        before: |s| _ = s.db_to_take_back("StatefulSet", &json!({"replicas": 2, "serviceName": "db"})),
        plan: |s| back(s, "statefulset/db"),
    },
    Case { name: "rollback of a DaemonSet", before: |s| _ = s.db_to_take_back("DaemonSet", &json!({})), plan: |s| back(s, "daemonset/db") },
    Case { name: "restart", before: rolled, plan: |s| verb(s, &["restart", "deployment/web"]) },
    Case { name: "scale", before: |_| {}, plan: |s| verb(s, &["scale", "deployment/web", "--replicas", "3"]) },
    Case { name: "pause", before: rolled, plan: |s| verb(s, &["pause", "deployment/web"]) },
    Case { name: "resume", before: paused, plan: |s| verb(s, &["resume", "deployment/web"]) },
];

/// Every step of a run that writes, every other time when its write was answered and before that is noted down, else when what
/// comes before the next write is done, too.
fn states(case: &Case, n: usize) -> Vec<At> {
    let s = Scene::direct();
    (case.before)(&s);
    (case.plan)(&s);
    let plan = s.plan_file("plan");
    let mut states: Vec<At> = vec![];
    for planned in plan["steps"].as_array().expect("steps") {
        let id = planned["id"].as_str().expect("an id");
        let killed = (n + states.len()).is_multiple_of(2);
        match (write_of(&planned["step"]), states.last_mut()) {
            (Some(write), _) if killed => states.push(At::Killed(format!("http:after run {id} {write} #1"))),
            (Some(_), _) => states.push(At::Left(id.into())),
            (None, Some(At::Left(step))) => *step = id.into(),
            (None, _) => {}
        }
    }
    states
}

/// Manager and object of a step's write, if it makes one.
fn write_of(step: &Value) -> Option<String> {
    let (manager, object) = match step["do"].as_str().expect("a kind of step") {
        "pause" | "resume" | "set-template" => ("rollout", &step["deployment"]),
        "scale" | "retire" => ("scale", &step["deployment"]),
        "pin" => ("rollout", &step["service"]),
        "switch" => ("rollout", &step["services"][0]["service"]),
        "create" => ("create", &step["object"]),
        "delete" => ("rollout", &step["object"]),
        "freeze" | "thaw" => ("rollout", &step["hpa"]),
        _ => return None,
    };
    let (kind, name) = object.as_str().and_then(|o| Some((o.split('/').next()?, o.rsplit('/').next()?))).expect("an object");
    Some(format!("changeover-{manager} {kind}/{name}"))
}

/// What stands there, but for the marks that the card leaves.
fn unmarked(mut world: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    for object in world.values_mut() {
        object["managers"] = Value::Null;
        if let Some(keys) = object["annotations"].as_array_mut() {
            keys.retain(|key| key != "changeover.dev/epoch");
        }
    }
    world
}

/// Images of the pods that are ready behind the Service.
fn serving(s: &Scene) -> Vec<String> {
    let all: Value = serde_json::from_str(&s.kubectl(&["get", "endpointslices,pods", "-o", "json"])).expect("is JSON");
    let all = || all["items"].as_array().into_iter().flatten();
    let slices = all().filter(|o| o["metadata"]["labels"]["kubernetes.io/service-name"] == "web");
    let endpoints = slices.flat_map(|o| o["endpoints"].as_array().into_iter().flatten());
    let ready: Vec<&Value> = endpoints.filter(|e| e["conditions"]["ready"] == true).map(|e| &e["targetRef"]["name"]).collect();
    let pods = all().filter(|o| o["kind"] == "Pod" && ready.contains(&&o["metadata"]["name"]));
    pods.map(|p| p["spec"]["containers"][0]["image"].to_string()).collect()
}

/// Whether the controllers have seen the newest change of every workload: no check lets a run begin before.
fn is_seen(s: &Scene) -> bool {
    let all: Value = serde_json::from_str(&s.kubectl(&["get", "deployments,statefulsets,daemonsets", "-o", "json"])).expect("is JSON");
    let mut all = all["items"].as_array().into_iter().flatten();
    all.all(|w| w["status"]["observedGeneration"] == w["metadata"]["generation"])
}

/// Types a card, one command after the other, and looks in between whether anybody is served.
fn typed(s: &Scene, what: &str, card: &[String]) {
    for command in card {
        let out = s.types(command);
        assert!(out.status.success(), "{what}: {command}: {}\nof {card:#?}", String::from_utf8_lossy(&out.stderr));
        assert!(!serving(s).is_empty(), "{what}: nobody is served after {command}\nof {card:#?}");
    }
}

fn card(s: &Scene, run: &str) -> Vec<String> {
    let (code, status) = s.ends(&["status", run, "-o", "json"]);
    assert_eq!(code, 0, "{status}");
    status["run"]["breakGlass"].as_array().expect("a card").iter().filter_map(|c| c.as_str().map(String::from)).collect()
}

/// Leaves a run there, types its card, and compares.
fn holds(case: &Case, states: &[At]) {
    let s = Scene::direct();
    (case.before)(&s);
    let (world, served) = (s.world(), serving(&s));
    for at in states {
        let what = format!("{}, {at:?}", case.name);
        let run = (case.plan)(&s);
        let (code, end) = match at {
            At::Left(step) => s.ends(&[&s.whole_run()[..], &["--until", step]].concat()),
            At::Killed(place) => s.ends_killed_at(&s.whole_run(), place),
        };
        if code == 0 {
            assert_eq!(card(&s, &run), [""; 0], "{what}: it is over, and going back is a run of its own");
            return;
        }
        match at {
            At::Left(_) => assert_eq!((code, &end["state"]), (4, &json!("left")), "{what}: {end}"),
            At::Killed(_) => assert_eq!(code, KILLED, "{what}: {end}"),
        }
        let card = card(&s, &run);
        typed(&s, &what, &card);
        assert_eq!(unmarked(s.world()), unmarked(world.clone()), "{what}: {card:#?}");
        until(&format!("{what}: the pods of before serve"), Duration::from_secs(30), || serving(&s) == served);
        // The program, once it is at hand again, asks about what it did not do itself, and takes its marks off.
        let mut ended = s.ends(&["back-out", &run, "--reason", "done by hand"]);
        while ended.0 == 4 {
            ended = s.ends(&["resume", &run, "--choose", "leave"]);
        }
        assert_eq!((ended.0, &ended.1["state"]), (5, &json!("backedOut")), "{what}: {}", ended.1);
        assert_eq!(s.world(), world, "{what}");
        until(&format!("{what}: the controllers have seen it"), Duration::from_secs(30), || is_seen(&s));
        println!("{what}: {} commands", card.len());
    }
}

#[test]
fn the_card_typed_at_every_step_of_a_run_brings_back_what_was_and_cuts_nobody_off() {
    let all = Mutex::new(VecDeque::new());
    side_by_side(AT_A_TIME, CASES.iter().enumerate().collect(), |(n, case)| {
        // What was taken back is as it was: many states can be had in one place.
        let states = states(case, n);
        let some = states.chunks(4).map(|some| (case, some.to_vec()));
        all.lock().expect("no panic holds it").extend(some);
    });
    side_by_side(AT_A_TIME, all.into_inner().expect("no panic held it"), |(case, states)| holds(case, &states));
}
