//! Objects as large as an API server takes, in a whole run on the practice lab: what fits goes there and back as anything else
//! does, and what would not fit into the record of a run is told before anything is written.

use acceptance::scene::{Scene, served_by_green};
use serde_json::{Value, json};

/// All annotations of an object together, in bytes (`TotalAnnotationSizeLimitB` of apimachinery).
const ANNOTATIONS: usize = 256 << 10;
/// All of a ConfigMap's values.
const CONFIG_MAP: usize = 1 << 20;

/// Writes a file and hands it to `kubectl`, which leaves no copy of it in an annotation.
fn with_file(s: &Scene, arguments: &[&str], content: &Value) {
    let file = s.state.path().join("large.json");
    std::fs::write(&file, content.to_string()).expect("writes");
    s.kubectl(&[arguments, &[&file.display().to_string()]].concat());
}

fn annotate(s: &Scene, object: &str, bytes: usize) {
    let patch = json!({"metadata": {"annotations": {"example.com/notes": "n".repeat(bytes)}}});
    with_file(s, &["patch", object, "--type=merge", "--patch-file"], &patch);
}

/// Gives the template of `web` a variable of that size, and waits for its pods.
fn grow(s: &Scene, bytes: usize) {
    let env =
        json!([{"op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{"name": "LARGE", "value": "v".repeat(bytes)}]}]);
    with_file(s, &["patch", "deployment/web", "--type=json", "--patch-file"], &env);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
}

/// How the check weighs the plan's record; it must say nothing else that stops.
fn weighed(s: &Scene) -> Option<String> {
    let (code, checked) = s.ends(&["check", "plan", "-o", "json"]);
    let all = checked["findings"].as_array().into_iter().flatten();
    let (record, other): (Vec<&Value>, Vec<&Value>) = all.partition(|f| f["code"] == "record-room");
    assert!(other.iter().all(|f| f["severity"] != "block"), "{checked}");
    let weight = record.first().and_then(|f| f["severity"].as_str()).map(str::to_owned);
    assert_eq!(code, if weight.as_deref() == Some("block") { 3 } else { 0 }, "{checked}");
    weight
}

/// The record of the run: its values together, in bytes, and whether it says that the run is over.
fn record(s: &Scene) -> (usize, bool) {
    let list: Value =
        serde_json::from_str(&s.kubectl(&["get", "configmaps", "-l", "changeover.dev/record", "-o", "json"])).expect("is JSON");
    let of = &list["items"][0];
    let values = of["data"].as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str());
    (values.map(str::len).sum(), of["metadata"]["labels"]["changeover.dev/record"] == "over")
}

/// As it is in the cluster: template, annotations and selector.
fn standing(s: &Scene, object: &str) -> Value {
    let o: Value = serde_json::from_str(&s.kubectl(&["get", object, "-o", "json"])).expect("is JSON");
    json!([o["spec"]["template"], o["spec"]["selector"], o["metadata"]["annotations"]["example.com/notes"]])
}

#[test]
fn annotations_and_a_config_map_near_their_limits_go_there_and_back() {
    let s = Scene::direct();
    with_file(
        &s,
        &["create", "-f"],
        &json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "large", "namespace": s.namespace}, "data": {"all": "c".repeat(CONFIG_MAP - 64)}}),
    );
    let volume = json!({"spec": {"template": {"spec": {"volumes": [{"name": "large", "configMap": {"name": "large"}}],
        "containers": [{"name": "web", "volumeMounts": [{"name": "large", "mountPath": "/large"}]}]}}}});
    s.kubectl(&["patch", "deployment/web", "-p", &volume.to_string()]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    // Room for what the run notes there itself.
    annotate(&s, "service/web", ANNOTATIONS - 1024);
    annotate(&s, "deployment/web", ANNOTATIONS - 2048);
    let before = ["deployment/web", "service/web"].map(|o| standing(&s, o));

    let run = s.quick_plan("swap", &[]);
    assert_eq!(weighed(&s), None);
    s.until_the_cutover();
    let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
    assert_eq!(["deployment/web", "service/web"].map(|o| standing(&s, o)), before, "as before the run");
    assert!(record(&s).1, "others know that it is over");

    s.quick_plan("swap", &[]);
    s.is_done(&s.whole_run());
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(standing(&s, "deployment/web-green")[2], before[0][2], "green has blue's notes");
    let (bytes, over) = record(&s);
    assert!(over && bytes > ANNOTATIONS, "the record is whole: {bytes} bytes");
}

/// Nothing is begun that its record has no room for, and nothing is stopped or warned of that has.
#[test]
fn a_template_of_any_size_is_promoted_and_taken_back_or_stopped_by_the_check_before_anything_is_written() {
    let mut weights = vec![];
    for kib in [16, 40, 80, 200, 1300] {
        let s = Scene::direct();
        grow(&s, kib << 10);
        let (before, run) = (standing(&s, "deployment/web"), s.quick_plan("promote", &[]));
        let weight = weighed(&s);
        if weight.as_deref() == Some("block") {
            let all = "deployments,services,configmaps,leases";
            let versions = || s.kubectl(&["get", all, "-o", "custom-columns=N:.metadata.name,V:.metadata.resourceVersion"]);
            let untouched = versions();
            let (code, error) = s.ends(&s.whole_run());
            assert_eq!((code, &error["error"]["code"]), (3, &json!("stopped")), "{kib} KiB: {error}");
            assert_eq!(versions(), untouched, "{kib} KiB: nothing is written");
        } else {
            // The longest way back is that from right before the end.
            let plan = s.plan_file("plan");
            let steps = plan["steps"].as_array().expect("steps");
            let last = steps[steps.len() - 2]["id"].as_str().expect("an id");
            assert_eq!(s.ends(&[&s.whole_run()[..], &["--until", last]].concat()).0, 4, "{kib} KiB");
            let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
            assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{kib} KiB: {end}");
            assert_eq!(standing(&s, "deployment/web"), before, "{kib} KiB: as before the run");
            let (_, told) = s.ends(&["status", &run, "-o", "json"]);
            let (bytes, over) = record(&s);
            println!("{kib} KiB: a record of {} KiB, {weight:?}", bytes >> 10);
            let alone = told["run"]["notes"].to_string().contains("nobody else sees this run");
            assert!(weight.is_some() || !alone, "{kib} KiB: {told}");
            assert!(over, "{kib} KiB: nobody has to wonder about it");
        }
        weights.push(weight);
    }
    let weights: Vec<&str> = weights.iter().map(|w| w.as_deref().unwrap_or("nothing")).collect();
    assert_eq!(weights, ["nothing", "warn", "block", "block", "block"]);
}
