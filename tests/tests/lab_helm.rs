//! Helm owns the application: what it meets in the middle of a run, and that after each ending of one its next `upgrade` and
//! `rollback` work, also where they change the very fields that the run wrote.

use std::process::{Command, Output};
use std::time::Duration;

use acceptance::scene::{LAB, Scene};
use acceptance::until;
use serde_json::{Value, json};
use xtask::lab::programs;

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const VALUES: &str = "version: v1\ntier: \"\"\nfloor: 0\n";
const TEMPLATE: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web{{ if .Values.tier }}, tier: {{ .Values.tier }}{{ end }}}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  {{- if not .Values.floor }}
  replicas: 2
  {{- end }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web{{ if .Values.tier }}, tier: {{ .Values.tier }}{{ end }}}}
    spec:
      containers:
        - name: web
          image: changeover.dev/shop:{{ .Values.version }}
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /readyz, port: 8080}}
{{- if .Values.floor }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: {{ .Values.floor }}
  maxReplicas: 6
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 95}}}]
{{- end }}
"#;

/// A release of that chart.
struct Release(Scene);

impl Release {
    fn install(name: &str) -> Self {
        Self::install_with(name, VALUES)
    }

    fn install_with(name: &str, values: &str) -> Self {
        let release = Self(Scene::empty(name));
        let chart = release.0.state.path().join("chart");
        std::fs::create_dir_all(chart.join("templates")).expect("makes folders");
        for (file, text) in [("Chart.yaml", CHART), ("values.yaml", values), ("templates/all.yaml", TEMPLATE)] {
            std::fs::write(chart.join(file), text).expect("writes");
        }
        release.works(&["install", "web", "chart"]);
        release.0.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
        release
    }

    fn helm(&self, arguments: &[&str]) -> Output {
        let folder = self.0.state.path();
        let mut helm = Command::new(programs::program("helm").expect("it is built"));
        helm.args(arguments).args(["-n", &self.0.namespace]).arg("--kubeconfig").arg(LAB.kubeconfig()).current_dir(folder);
        for home in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            helm.env(home, folder.join("helm"));
        }
        helm.output().expect("helm starts")
    }

    /// What the server answers to a dry run of an apply of the Service by that manager, if it refuses it.
    fn applies_dry(&self, manager: &str, selector: &Value) -> Option<String> {
        let file = self.0.state.path().join("service.json");
        let spec = json!({"selector": selector, "ports": [{"port": 80, "targetPort": 8080}]});
        let metadata = json!({"name": "web", "namespace": self.0.namespace});
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec});
        std::fs::write(&file, service.to_string()).expect("writes");
        let file = file.display().to_string();
        let manager = format!("--field-manager={manager}");
        LAB.kubectl(&["apply", "--server-side", "--dry-run=server", &manager, "-f", &file]).err().map(|e| e.to_string())
    }

    fn works(&self, arguments: &[&str]) {
        let out = self.helm(arguments);
        assert!(out.status.success(), "helm {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// Helm's next run changes what the run wrote to (selector and template), and the one after that takes it back.
    fn next_runs_work(&self) {
        self.works(&["upgrade", "web", "chart", "--set", "version=v3", "--set", "tier=front"]);
        assert_eq!(self.0.selector(), json!({"app": "web", "tier": "front"}));
        assert_eq!(self.0.image("web"), "changeover.dev/shop:v3");
        self.works(&["rollback", "web", "1"]);
        assert_eq!(self.0.selector(), json!({"app": "web"}));
        assert_eq!(self.0.image("web"), "changeover.dev/shop:v1");
        self.0.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
        let world = self.0.world();
        let left: Vec<_> =
            world.iter().filter(|(_, o)| o["managers"] != json!([]) || o["annotations"].to_string().contains("changeover")).collect();
        assert!(left.is_empty(), "marks of ours: {left:?}");
        assert!(world["\"Deployment\"/\"web\""]["spec"]["paused"].is_null(), "a release that Helm reports would not roll");
    }

    fn ends(&self, arguments: &[&str], code: i32, state: &str) {
        let (ended, last) = self.0.ends(arguments);
        assert_eq!((ended, &last["state"]), (code, &Value::from(state)), "{arguments:?}: {last}");
    }
}

#[test]
fn in_the_middle_of_a_run_helm_is_refused_as_the_check_had_said_and_after_the_way_back_it_works() {
    let r = Release::install("helm-back");
    let run = r.0.quick_plan("promote", &[]);
    let (_, checked) = r.0.ends(&["check", "plan", "-o", "json"]);
    let findings = checked["findings"].as_array().expect("findings");
    let told: Vec<String> = findings.iter().filter(|f| f["code"] == "helm-owner").map(|f| f["message"].to_string()).collect();
    let at_service = |m: &&String| m.contains("from step pin-web") && m.contains("conflict over .spec.selector,");
    assert_eq!((told.len(), told.iter().filter(at_service).count()), (2, 1), "{told:#?}");
    // Asked as Helm before the pin, the server sees nothing wrong; asked as ourselves, it names who is in the way.
    let as_was = json!({"app": "web"});
    let pinned = json!({"app": "web", "pod-template-hash": "x"});
    assert_eq!(r.applies_dry("helm", &as_was), None);
    let refused = r.applies_dry("changeover-rollout", &pinned).expect("a conflict");
    assert!(refused.contains(r#"conflict with "helm": .spec.selector"#), "{refused}");
    assert_eq!(r.0.ends(&["run", "plan", "--confirm-context", "practice"]).0, 4, "left at the gate, pinned");
    let refused = r.applies_dry("helm", &as_was).expect("a conflict");
    assert!(refused.contains(r#"conflict with "changeover-rollout" using v1"#) && refused.contains(": .spec.selector"), "{refused}");
    r.works(&["upgrade", "web", "chart", "--dry-run=server"]);
    // Chart and values are as they were: the pin alone is in its way.
    let refused = r.helm(&["upgrade", "web", "chart"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("changeover-rollout") && said.contains(".spec.selector"), "{said}");
    r.ends(&["back-out", &run], 5, "backedOut");
    r.next_runs_work();
}

#[test]
fn what_helm_wrote_to_the_paused_blue_is_not_rolled_out_by_the_way_back_unasked() {
    let r = Release::install("helm-edit");
    let run = r.0.quick_plan("promote", &[]);
    assert_eq!(r.0.ends(&["run", "plan", "--confirm-context", "practice"]).0, 4);
    // It fails at the Service, after it has written the Deployment.
    assert!(!r.helm(&["upgrade", "web", "chart", "--set", "version=v3"]).status.success());
    assert_eq!(r.0.image("web"), "changeover.dev/shop:v3");
    let (code, held) = r.0.ends(&["back-out", &run]);
    assert!(code == 4 && held["text"].to_string().contains("changed by somebody else"), "{held}");
    assert_eq!(r.0.selector(), json!({"app": "web"}), "traffic is where it was, unpinned");
    let pods = r.0.kubectl(&["get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}"]);
    assert!(!pods.contains("shop:v3"), "a version that nobody checked: {pods}");
}

#[test]
fn after_a_flip_back_helms_next_runs_work() {
    let r = Release::install("helm-flip");
    let run = r.0.plan("plan", "web", "v2", &["--finish", "promote", "--set", "settle=0", "--set", "soak=600"]);
    assert_eq!(r.0.ends(&["run", "plan", "--yes", "--until", "cut-over", "--confirm-context", "practice"]).0, 4);
    assert!(r.0.selector().to_string().contains("green"), "traffic moved");
    r.ends(&["back-out", &run], 5, "backedOut");
    r.next_runs_work();
}

#[test]
fn after_a_promotion_in_place_helms_next_runs_work() {
    let r = Release::install("helm-promote");
    r.0.quick_plan("promote", &[]);
    r.ends(&["run", "plan", "--yes", "--confirm-context", "practice"], 0, "done");
    assert_eq!(r.0.image("web"), "changeover.dev/shop:v2");
    r.next_runs_work();
}

/// The autoscaler is the chart's, too: it is held while its pods are moved, and given back as Helm had it.
#[test]
fn an_autoscaler_of_the_chart_is_helms_again_after_each_ending() {
    let r = Release::install_with("helm-scaled", "version: v1\ntier: \"\"\nfloor: 2\n");
    let floor = || r.0.kubectl(&["get", "hpa", "web", "-o", "jsonpath={.spec.minReplicas}"]);
    until("the autoscaler brought its pods", Duration::from_secs(60), || {
        r.0.kubectl(&["get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}"]) == "2"
    });
    let helm_goes_on = || {
        assert_eq!(floor(), "2");
        r.works(&["upgrade", "web", "chart", "--set", "floor=3"]);
        assert_eq!(floor(), "3");
        r.works(&["rollback", "web"]);
        assert_eq!(floor(), "2");
        r.0.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    };
    let run = r.0.quick_plan("promote", &[]);
    assert_eq!(r.0.ends(&["run", "plan", "--confirm-context", "practice"]).0, 4, "left at the gate");
    r.ends(&["back-out", &run], 5, "backedOut");
    helm_goes_on();
    r.0.quick_plan("promote", &[]);
    r.ends(&["run", "plan", "--yes", "--confirm-context", "practice"], 0, "done");
    helm_goes_on();
    r.next_runs_work();
}

/// Ann is silent with the Service pinned; Bob takes the run over and goes back, or on to its end.
#[test]
fn after_a_colleague_ended_the_run_helms_next_runs_work() {
    for (name, how, code, state) in
        [("helm-taken", &["--back-out", "she is silent"][..], 5, "backedOut"), ("helm-ended", &["--yes"], 0, "done")]
    {
        let (r, bob) = (Release::install(name), tempfile::tempdir().expect("a folder"));
        let run = r.0.quick_plan("promote", &[]);
        assert_eq!(r.0.ends(&["run", "plan", "--confirm-context", "practice"]).0, 4, "left at the gate, pinned");
        let take = ["take-over", &run, "--confirm-context", "practice", "--steal", "she cannot be reached"];
        let (ended, last) = r.0.ends_elsewhere(bob.path(), &[&take, how].concat());
        assert_eq!((ended, &last["state"]), (code, &Value::from(state)), "{last}");
        r.next_runs_work();
    }
}

/// Where the lab's own kubectl is found first.
/// A run that was stuck, its commands typed, and what else it says to do.
#[test]
fn after_a_repair_by_hand_helms_next_runs_work() {
    let r = Release::install("helm-stuck");
    let run = r.0.before_the_cutover();
    let colour = r#"{"spec":{"selector":{"changeover.dev/color":"green"}}}"#;
    let policy = r.0.admit_services("object.metadata.name != 'web'", "selectors are frozen", colour);
    let (code, end) = r.0.ends(&["approve", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (6, &json!("stuck")), "{end}");
    policy.end();
    let commands: Vec<&str> = end["breakGlass"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(!commands.is_empty(), "{end}");
    for command in &commands {
        let out = r.0.types(command);
        assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
    }
    assert_eq!(r.0.selector(), json!({"app": "web"}), "{commands:#?}");
    r.ends(&["back-out", &run], 5, "backedOut");
    r.next_runs_work();
}

#[test]
fn after_a_rollback_helms_next_runs_work() {
    let r = Release::install("helm-undo");
    r.works(&["upgrade", "web", "chart", "--set", "version=v2"]);
    r.0.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    assert!(r.0.run(&["plan", "rollback", "deployment/web", "--out", "plan"]).status.success());
    r.ends(&["run", "plan", "--yes", "--confirm-context", "practice"], 0, "done");
    assert_eq!(r.0.image("web"), "changeover.dev/shop:v1");
    r.next_runs_work();
}

/// A swap leaves the chart behind: Helm's next upgrade goes through, starts the Deployment that was retired anew, and gives both the
/// traffic. That is why the check advises a promotion.
#[test]
fn after_a_swap_helm_brings_the_retired_deployment_back_beside_green_as_the_check_had_said() {
    let r = Release::install("helm-swap");
    r.0.quick_plan("swap", &[]);
    let (_, checked) = r.0.ends(&["check", "plan", "-o", "json"]);
    assert!(checked.to_string().contains("after a swap its next upgrade starts the retired version again beside the new one, and both get traffic: choose finish = promote"), "{checked}");
    r.ends(&["run", "plan", "--yes", "--confirm-context", "practice"], 0, "done");
    assert!(r.0.selector().to_string().contains("green"), "{}", r.0.selector());
    r.works(&["upgrade", "web", "chart", "--set", "version=v3"]);
    r.0.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    assert_eq!(r.0.selector(), json!({"app": "web"}), "both colours");
    assert_eq!((r.0.image("web"), r.0.image("web-green")), ("changeover.dev/shop:v3".into(), "changeover.dev/shop:v2".into()));
    // Back to the release before it: the same, with the version of then.
    r.works(&["rollback", "web", "1"]);
    r.0.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    assert_eq!(r.0.selector(), json!({"app": "web"}), "both colours");
    assert_eq!((r.0.image("web"), r.0.image("web-green")), ("changeover.dev/shop:v1".into(), "changeover.dev/shop:v2".into()));
}
