//! The practice lab's simulated pods: each image tag of the sample shop behaves as it is said to, in a rolling update of a
//! Deployment of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use acceptance::{lab, until};
use serde_json::{Value, json};
use xtask::lab::{Kind, Lab};

const GOOD: &[&str] = &["v2", "v3", "errors"];
const BAD: &[&str] = &["never-ready", "crash-loop", "slow-start", "missing"];

struct Scene {
    lab: Lab,
    folder: tempfile::TempDir,
    namespace: String,
}

impl Scene {
    fn kubectl(&self, arguments: &[&str]) -> String {
        self.lab.kubectl(&[&["-n", &self.namespace][..], arguments].concat()).expect("kubectl answers")
    }

    /// A Deployment of one pod for each tag, named after it; all with the image that `image` gives it.
    fn apply(&self, image: impl Fn(&str) -> String) {
        let mut items = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})];
        items.extend(GOOD.iter().chain(BAD).map(|tag| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": tag, "namespace": self.namespace},
             "spec": {"replicas": 1, "selector": {"matchLabels": {"app": tag}}, "template": {"metadata": {"labels": {"app": tag}},
              "spec": {"containers": [{"name": "web", "image": format!("changeover.dev/shop:{}", image(tag))}]}}}})
        }));
        let file = self.folder.path().join("all.json");
        std::fs::write(&file, json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()).expect("writes");
        self.lab.apply(&file).expect("applies");
    }

    /// Pods by the tag of their image.
    fn pods(&self) -> BTreeMap<String, Vec<Value>> {
        let all: Value = serde_json::from_str(&self.kubectl(&["get", "pods", "-o", "json"])).expect("is JSON");
        let mut pods: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for pod in all["items"].as_array().expect("a list").iter().filter(|p| p["metadata"]["deletionTimestamp"].is_null()) {
            let image = pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
            pods.entry(image.rsplit(':').next().unwrap_or_default().to_owned()).or_default().push(pod.clone());
        }
        pods
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What the lab keeps of a scene is only in the way.
        let _ = self.lab.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

fn condition<'a>(pod: &'a Value, kind: &str) -> &'a Value {
    static NONE: Value = Value::Null;
    pod["status"]["conditions"].as_array().and_then(|all| all.iter().find(|c| c["type"] == kind)).unwrap_or(&NONE)
}

fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready")["status"] == "True"
}

fn at(value: &Value) -> jiff::Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value}: no time"))
}

#[test]
fn every_tag_of_the_sample_shop_behaves_as_it_is_said_to() {
    let namespace = format!("images-{}", std::process::id());
    let s = Scene { lab: lab(&[Kind::Practice]).expect("the practice lab"), folder: tempfile::tempdir().expect("a folder"), namespace };
    s.apply(|_| "v1".into());
    s.kubectl(&["wait", "deployment", "--all", "--for=condition=Available", "--timeout=90s"]);
    s.apply(str::to_owned);

    // Whatever of it is only there for a moment is gathered as it goes by.
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = BTreeMap::new();
    until("each tag did what it is for", Duration::from_secs(120), || {
        last = s.pods();
        for (tag, pods) in &last {
            let facts = seen.entry(tag.clone()).or_default();
            for pod in pods {
                let container = &pod["status"]["containerStatuses"][0];
                facts.extend(container["state"]["waiting"]["reason"].as_str().map(str::to_owned));
                facts.extend((container["restartCount"].as_u64() >= Some(2)).then(|| "restarts".to_owned()));
                facts.extend(is_ready(pod).then(|| "ready".to_owned()));
            }
        }
        let did = |tag: &str, fact: &str| seen.get(tag).is_some_and(|facts| facts.contains(fact));
        GOOD.iter().chain(&["slow-start"]).all(|tag| did(tag, "ready"))
            && did("missing", "ImagePullBackOff")
            && ["CrashLoopBackOff", "restarts"].iter().all(|fact| did("crash-loop", fact))
    });
    for tag in ["never-ready", "crash-loop", "missing"] {
        assert!(!seen[tag].contains("ready"), "{tag}: {:?}", seen[tag]);
        assert_eq!(last[tag].len(), 1, "{tag}");
    }
    // Three of the old pods stay, because what follows them does not get ready.
    until("the old pods of the good ones go", Duration::from_secs(60), || s.pods()["v1"].len() == 3);
    assert!(s.pods()["v1"].iter().all(is_ready));

    let never = &last["never-ready"][0]["status"];
    assert_eq!((&never["phase"], &never["containerStatuses"][0]["restartCount"]), (&json!("Running"), &json!(0)), "{never}");
    assert_eq!(last["missing"][0]["status"]["phase"], "Pending");
    let crashed = &last["crash-loop"][0]["status"]["containerStatuses"][0]["lastState"]["terminated"];
    assert_eq!(crashed["exitCode"], 1, "{crashed}");
    // Written in whole seconds.
    let slow = &last["slow-start"][0];
    let took = at(&condition(slow, "Ready")["lastTransitionTime"]).duration_since(at(&slow["status"]["startTime"]));
    assert!(took.as_secs() >= 19, "ready after {took}");
    let events = s.kubectl(&["get", "events", "-o", "jsonpath={range .items[*]}{.reason}: {.message}{\"\\n\"}{end}"]);
    for said in ["BackOff: Back-off restarting failed container", "Failed: Failed to pull image", "BackOff: Back-off pulling image"] {
        assert!(events.contains(said), "{said}: {events}");
    }
}
