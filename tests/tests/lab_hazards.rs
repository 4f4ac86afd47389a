//! Hazards on a real API server with its own controllers: real objects make each of them, the check names it with its weight, and
//! does not where the object is another or is not there. Where the plan takes care of one, a run shows what becomes of the object.

use std::sync::LazyLock;
use std::time::Duration;

use acceptance::scene::{LAB, Scene, ended};
use acceptance::until;
use serde_json::{Value, json};

/// What the check says of the plan file.
fn checked(s: &Scene) -> Vec<Value> {
    let (_, all) = s.ends(&["check", "plan", "-o", "json"]);
    all["findings"].as_array().unwrap_or_else(|| panic!("findings: {all}")).clone()
}

/// Findings of that code, as `WEIGHT KIND/NAME`, sorted.
fn of(findings: &[Value], code: &str) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let said = |f: &Value| {
        let object = text(&f["object"]);
        let (kind, name) = (object.split('/').next().unwrap_or_default(), object.rsplit('/').next().unwrap_or_default());
        format!("{} {kind}/{name}", text(&f["severity"]))
    };
    let mut all: Vec<String> = findings.iter().filter(|f| f["code"] == code).map(said).collect();
    all.sort();
    all
}

/// Findings of each of these codes on a plan that is made now, of `web` to v2.
fn each<const N: usize>(s: &Scene, codes: [&str; N]) -> [Vec<String>; N] {
    s.quick_plan("swap", &[]);
    let findings = checked(s);
    codes.map(|code| of(&findings, code))
}

/// Those of one code.
fn told(s: &Scene, code: &str) -> Vec<String> {
    each(s, [code]).concat()
}

/// What the first finding of that code says.
fn message(s: &Scene, code: &str) -> String {
    checked(s).iter().find(|f| f["code"] == code).map(|f| f["message"].to_string()).unwrap_or_default()
}

fn patch(s: &Scene, object: &str, how: &str, patch: &Value) {
    s.kubectl(&["patch", object, &format!("--type={how}"), "-p", &patch.to_string()]);
}

/// Changes the template of `web`; waits until its pods have it.
fn roll(s: &Scene, template: &Value) {
    patch(s, "deployment/web", "strategic", &json!({"spec": {"template": template}}));
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
}

fn field(s: &Scene, object: &str, path: &str) -> String {
    s.kubectl(&["get", object, "-o", &format!("jsonpath={{{path}}}")])
}

fn read(s: &Scene, object: &str) -> Value {
    serde_json::from_str(&s.kubectl(&["get", object, "-o", "json"])).expect("is JSON")
}

/// Hash of the pods of `web`, which no other version has.
fn hash(s: &Scene) -> String {
    field(s, "replicasets", ".items[?(@.spec.replicas>0)].metadata.labels.pod-template-hash")
}

/// Carries the plan out up to where green stands without a pod; its run.
fn until_green(s: &Scene) -> String {
    let (code, end) = s.ends(&[&s.whole_run()[..], &["--until", "create-green"]].concat());
    assert_eq!(code, 4, "{end}");
    s.plan_id("plan")
}

fn back_out(s: &Scene, run: &str) {
    let (code, end) = s.ends(&["back-out", run]);
    assert_eq!((code, &end["state"]), (5, &json!("backedOut")), "{end}");
}

/// Kinds of others, each as much of it as an API server needs to take its objects; once for all tests.
static OTHERS: LazyLock<()> = LazyLock::new(|| {
    let kinds = [
        ("monitoring.coreos.com", "v1", "podmonitors", "PodMonitor"),
        ("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor"),
        ("networking.istio.io", "v1", "virtualservices", "VirtualService"),
        ("networking.istio.io", "v1", "destinationrules", "DestinationRule"),
        ("argoproj.io", "v1alpha1", "applications", "Application"),
        ("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization"),
    ];
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let definition = |(group, version, plural, kind): (&str, &str, &str, &str)| {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("{plural}.{group}")},
            "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
                "versions": [{"name": version, "served": true, "storage": true, "schema": schema}]}})
    };
    let all: Vec<Value> = kinds.into_iter().map(definition).collect();
    Scene::empty("definitions").apply(&json!({"apiVersion": "v1", "kind": "List", "items": all}));
    for (group, version, plural, _) in kinds {
        let path = format!("/apis/{group}/{version}");
        let served = || LAB.kubectl(&["get", "--raw", &path]).is_ok_and(|text| text.contains(&format!("\"{plural}\"")));
        until(plural, Duration::from_secs(60), served);
    }
});

fn object(s: &Scene, api: &str, kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": s.namespace}, "spec": spec})
}

// Who counts or selects both colours.

#[test]
fn a_selector_that_takes_both_colours_is_narrowed_before_green_starts_and_given_back() {
    let s = Scene::new("overlap");
    let before = s.selector();
    let of_web = ["get", "endpointslices", "-l", "kubernetes.io/service-name=web", "-o", "jsonpath={.items[*].endpoints[*].targetRef.uid}"];
    let endpoints = || s.kubectl(&of_web);
    until("its slices show both pods", Duration::from_secs(30), || endpoints().split_whitespace().count() == 2);
    let served = endpoints();
    assert_eq!(told(&s, "service-overlap"), ["fixed Service/web"]);
    let run = until_green(&s);
    assert_eq!(s.selector(), json!({"app": "web", "pod-template-hash": hash(&s)}));
    assert_eq!(endpoints(), served, "nothing moved by that");
    back_out(&s, &run);
    assert_eq!(s.selector(), before);

    // Where the colours are told apart already, there is nothing to narrow.
    roll(&s, &json!({"metadata": {"labels": {"changeover.dev/color": "blue"}}}));
    patch(&s, "service/web", "merge", &json!({"spec": {"selector": {"changeover.dev/color": "blue"}}}));
    assert_eq!(told(&s, "service-overlap"), [""; 0]);
}

#[test]
fn a_budget_over_both_colours_and_one_that_spares_no_pod_are_told() {
    let s = Scene::new("pdb");
    let budget = |name: &str, app: &str, min: u32| {
        let spec = json!({"minAvailable": min, "selector": {"matchLabels": {"app": app}}});
        s.apply(&object(&s, "policy/v1", "PodDisruptionBudget", name, &spec));
    };
    let allowed = |n: &str| {
        let counts = || field(&s, "pdb/web", ".status.expectedPods}/{.status.disruptionsAllowed") == format!("2/{n}");
        until("its controller has counted", Duration::from_secs(60), counts);
    };
    budget("other", "other", 2);
    let codes = ["pdb-counts-both", "pdb-too-tight"];
    assert_eq!(each(&s, codes), [[""; 0]; 2], "another application's");
    budget("web", "web", 2);
    allowed("0");
    assert_eq!(each(&s, codes), [["warn PodDisruptionBudget/web"]; 2]);
    budget("web", "web", 1);
    allowed("1");
    assert_eq!(each(&s, codes), [vec!["warn PodDisruptionBudget/web"], vec![]]);
}

#[test]
fn an_autoscaler_is_held_before_green_starts_and_let_go_on_the_way_back() {
    let s = Scene::new("hpa");
    let scaler = |target: &str| {
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}});
        let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": target});
        let spec = json!({"minReplicas": 1, "maxReplicas": 4, "metrics": [metric], "scaleTargetRef": target});
        s.apply(&object(&s, "autoscaling/v2", "HorizontalPodAutoscaler", "web", &spec));
    };
    let name = "HorizontalPodAutoscaler/web";
    scaler("other");
    assert_eq!(told(&s, "hpa-counts-both"), [""; 0], "another workload's");
    scaler("web");
    assert_eq!(of(&checked(&s), "hpa-counts-both"), [format!("block {name}")], "it came after the plan was made");
    assert_eq!(told(&s, "hpa-counts-both"), [format!("fixed {name}")]);
    // Nobody measures here.
    until("its controller says so", Duration::from_secs(60), || of(&checked(&s), "hpa-inactive") == [format!("warn {name}")]);
    let minimum = || field(&s, "hpa/web", ".spec.minReplicas");
    assert_eq!(minimum(), "1");
    let run = until_green(&s);
    assert_eq!(minimum(), "2", "as many as serve");
    let before = || field(&s, "hpa/web", r".metadata.annotations.changeover\.dev/min-replicas-before");
    assert_eq!(before(), "1");
    let described = s.kubectl(&["describe", "deployment/web"]);
    let says = ["changeover.dev/paused-by:".to_string(), format!("paused by changeover run {run} by ")];
    assert!(says.iter().all(|s| described.contains(s)), "{described}");

    // Nobody knows of the run any more: the autoscaler itself says what to put back.
    s.kubectl(&["delete", "configmap", "changeover.deployment.web"]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (_, found) = s.ends_elsewhere(elsewhere.path(), &["doctor", "-o", "json"]);
    let all = found["findings"].as_array().expect("findings");
    let held = all.iter().find(|f| f["object"].as_str().is_some_and(|o| o.starts_with("HorizontalPodAutoscaler/"))).expect("it is found");
    assert!(held["message"].to_string().contains("keeps at least 2 pods for a run: it was 1 before"), "{held}");
    assert!(held["remedy"].as_str().is_some_and(|r| r.contains(r#""spec":{"minReplicas":1}"#)), "{held}");

    back_out(&s, &run);
    assert_eq!((minimum(), before()), ("1".into(), String::new()));
}

#[test]
fn a_network_policy_that_tells_the_colours_apart_is_told() {
    let s = Scene::new("policy");
    let policy = |name: &str, pods: Value, from: Value| {
        let spec = json!({"podSelector": {"matchLabels": pods}, "ingress": [{"from": [{"podSelector": {"matchLabels": from}}]}]});
        s.apply(&object(&s, "networking.k8s.io/v1", "NetworkPolicy", name, &spec));
    };
    policy("web", json!({"app": "web"}), json!({"app": "gate"}));
    policy("db", json!({"app": "db"}), json!({"app": "web"}));
    assert_eq!(told(&s, "network-policy"), [""; 0], "both colours alike");
    let blue = json!({"app": "web", "pod-template-hash": hash(&s)});
    policy("web", blue.clone(), json!({"app": "gate"}));
    policy("db", json!({"app": "db"}), blue);
    assert_eq!(told(&s, "network-policy"), ["warn NetworkPolicy/db", "warn NetworkPolicy/web"]);
}

#[test]
fn monitors_that_would_miss_the_new_pods_or_count_them_twice_are_told() {
    LazyLock::force(&OTHERS);
    let s = Scene::new("monitors");
    s.kubectl(&["label", "service", "web", "app=web"]);
    let api = "monitoring.coreos.com/v1";
    let monitors = |selector: Value, services: Value, relabel: Value| {
        let endpoint = json!({"targetPort": 8080, "relabelings": relabel});
        let pods = json!({"selector": selector, "podMetricsEndpoints": [endpoint]});
        s.apply(&object(&s, api, "PodMonitor", "pods", &pods));
        s.apply(&object(&s, api, "ServiceMonitor", "services", &json!({"selector": services, "endpoints": [endpoint]})));
    };
    let of_web = json!({"matchLabels": {"app": "web"}});
    monitors(of_web.clone(), of_web.clone(), json!([]));
    let codes = ["blind-monitor", "monitor-counts-twice"];
    assert_eq!(each(&s, codes), [[""; 0]; 2]);
    let keeps = json!([{"action": "keep", "sourceLabels": ["__meta_kubernetes_pod_label_pod_template_hash"], "regex": hash(&s)}]);
    let all = json!({"matchExpressions": [{"key": "example.com/own-metrics", "operator": "DoesNotExist"}]});
    monitors(json!({"matchLabels": {"app": "web", "pod-template-hash": hash(&s)}}), all, keeps);
    // It takes nearly every Service of the namespace, and for a while there is the preview besides.
    let services = "warn ServiceMonitor/services";
    assert_eq!(each(&s, codes), [vec!["warn PodMonitor/pods", services], vec![services]]);
    let run = until_green(&s);
    assert!(read(&s, "service/web-preview")["metadata"]["labels"]["app"].is_null(), "one that selects by labels does not find it");
    back_out(&s, &run);
}

// How a Service shares traffic.

/// With the one patch of the Service it is not told, with the other it is.
fn service_is_told(name: &str, code: &str, before: &Value, with: &Value) -> Scene {
    let s = Scene::new(name);
    patch(&s, "service/web", "merge", before);
    assert_eq!(told(&s, code), [""; 0], "{before}");
    patch(&s, "service/web", "merge", with);
    assert_eq!(told(&s, code), ["warn Service/web"], "{with}");
    s
}

#[test]
fn sessions_that_stick_to_an_address_are_told() {
    let with = |affinity: &str| json!({"spec": {"sessionAffinity": affinity}});
    service_is_told("sticky", "session-affinity", &with("None"), &with("ClientIP"));
}

#[test]
fn a_service_that_stays_on_its_node_or_in_its_zone_is_told() {
    let with = |policy: &str| json!({"spec": {"internalTrafficPolicy": policy}});
    let s = service_is_told("internal", "internal-traffic-local", &with("Cluster"), &with("Local"));
    assert_eq!(told(&s, "zone-routing"), [""; 0]);
    patch(&s, "service/web", "merge", &json!({"spec": {"trafficDistribution": "PreferClose"}}));
    assert_eq!(told(&s, "zone-routing"), ["warn Service/web"]);
}

#[test]
fn ports_of_nodes_and_load_balancers_are_told_kept_and_not_opened_twice() {
    let with = |kind: &str, policy: &str| json!({"spec": {"type": kind, "externalTrafficPolicy": policy}});
    let internal = json!({"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"});
    let s = service_is_told("nodeport", "external-traffic-local", &with("NodePort", "Cluster"), &with("NodePort", "Local"));
    patch(&s, "service/web", "merge", &with("LoadBalancer", "Local"));
    patch(&s, "service/web", "merge", &json!({"metadata": {"annotations": internal}}));
    assert_eq!(each(&s, ["external-traffic-local", "pod-targets"]), [vec!["warn Service/web"], vec![]]);
    let door = || field(&s, "service/web", ".spec.ports[0].nodePort}/{.spec.healthCheckNodePort}/{.spec.clusterIP");
    let before = door();
    assert!(before.split('/').all(|n| !n.is_empty()), "{before}");
    let run = until_green(&s);
    let preview = read(&s, "service/web-preview");
    assert_eq!(preview["spec"]["type"], "ClusterIP", "{preview}");
    let copied = preview["metadata"]["annotations"].to_string().contains("aws");
    assert!(preview["spec"]["ports"][0]["nodePort"].is_null() && !copied, "{preview}");
    assert_eq!(door(), before, "pinned, and nothing else of it is changed");
    back_out(&s, &run);
    assert_eq!(door(), before);
    // A load balancer that sends to pods has none for a while.
    let by_pod = json!({"service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip"});
    patch(&s, "service/web", "merge", &json!({"metadata": {"annotations": by_pod}}));
    assert_eq!(told(&s, "pod-targets"), ["block Service/web"]);
}

#[test]
fn a_service_over_labels_that_only_the_pods_carry_would_stay_on_blue_and_stops_the_plan() {
    let s = Scene::new("left-out");
    let ports = json!([{"port": 80, "targetPort": 8080}]);
    s.apply(&object(&s, "v1", "Service", "direct", &json!({"selector": {"role": "main"}, "ports": ports})));
    assert_eq!(told(&s, "service-left-out"), [""; 0], "over nobody");
    s.kubectl(&["label", "pods", "-l", "app=web", "role=main"]);
    assert_eq!(told(&s, "service-left-out"), ["block Service/direct"]);
    // In the template it is part of the plan.
    roll(&s, &json!({"metadata": {"labels": {"role": "main"}}}));
    let both = vec!["fixed Service/direct", "fixed Service/web"];
    assert_eq!(each(&s, ["service-left-out", "service-overlap"]), [vec![], both]);
}

#[test]
fn a_route_that_sends_a_part_elsewhere_is_told() {
    let s = Scene::new("split");
    let ports = json!([{"port": 80, "targetPort": 8080}]);
    s.apply(&object(&s, "v1", "Service", "other", &json!({"selector": {"app": "other"}, "ports": ports})));
    let route = |other: u32| {
        let to = |name: &str, weight: u32| json!({"name": name, "port": 80, "weight": weight});
        let rules = json!([{"backendRefs": [to("web", 80), to("other", other)]}]);
        let spec = json!({"parentRefs": [{"name": "none"}], "hostnames": ["split.example.com"], "rules": rules});
        s.apply(&object(&s, "gateway.networking.k8s.io/v1", "HTTPRoute", "web", &spec));
    };
    route(0);
    assert_eq!(told(&s, "split-route"), [""; 0]);
    route(20);
    assert_eq!(told(&s, "split-route"), ["warn HTTPRoute/web"]);
    assert!(message(&s, "split-route").contains("80 %"), "{}", message(&s, "split-route"));
}

#[test]
fn names_that_dns_or_a_cdn_answers_for_are_told() {
    let s = Scene::new("dns");
    let key = |name: &str| format!("external-dns.alpha.kubernetes.io/{name}");
    let annotate = |name: &str, value: &str| patch(&s, "service/web", "merge", &json!({"metadata": {"annotations": {(key(name)): value}}}));
    patch(&s, "service/web", "merge", &json!({"spec": {"type": "NodePort", "externalTrafficPolicy": "Cluster"}}));
    annotate("hostname", "web.example.com");
    assert_eq!(told(&s, "dns-in-front"), [""; 0], "its records name the nodes, before and after");
    patch(&s, "service/web", "merge", &json!({"spec": {"externalTrafficPolicy": "Local"}}));
    assert_eq!(told(&s, "dns-in-front"), ["warn Service/web"], "they name nodes that have pods");
    annotate("cloudflare-proxied", "true");
    assert_eq!(told(&s, "dns-in-front"), ["warn Service/web", "warn Service/web"]);
}

#[test]
fn a_mesh_subset_that_knows_blue_alone_stops_the_plan() {
    LazyLock::force(&OTHERS);
    let s = Scene::new("mesh");
    let api = "networking.istio.io/v1";
    let mesh = |labels: Value| {
        s.apply(&object(&s, api, "DestinationRule", "web", &json!({"host": "web", "subsets": [{"name": "main", "labels": labels}]})));
        let to = json!([{"destination": {"host": format!("web.{}.svc.cluster.local", s.namespace), "subset": "main"}}]);
        s.apply(&object(&s, api, "VirtualService", "web", &json!({"hosts": ["web"], "http": [{"route": to}]})));
    };
    mesh(json!({"app": "web"}));
    assert_eq!(told(&s, "mesh-subset"), [""; 0]);
    mesh(json!({"pod-template-hash": hash(&s)}));
    assert_eq!(told(&s, "mesh-subset"), ["block DestinationRule/web"]);
}

// What the pods are.

/// The volume of a claim; it goes with the value.
struct Volume(String);

impl Volume {
    /// A claim of that access mode, bound to a volume of its own.
    fn of(s: &Scene, claim: &str, mode: &str) -> Self {
        let volume = format!("{}-{claim}", s.namespace);
        let common = json!({"accessModes": [mode], "storageClassName": ""});
        let (mut offered, mut wanted) = (common.clone(), common);
        offered["capacity"] = json!({"storage": "1Gi"});
        offered["hostPath"] = json!({"path": "/tmp"});
        offered["claimRef"] = json!({"namespace": s.namespace, "name": claim});
        wanted["resources"] = json!({"requests": {"storage": "1Gi"}});
        wanted["volumeName"] = json!(volume);
        s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}, "spec": offered},
            object(s, "v1", "PersistentVolumeClaim", claim, &wanted),
        ]}));
        s.kubectl(&["wait", &format!("pvc/{claim}"), "--for=jsonpath={.status.phase}=Bound", "--timeout=60s"]);
        Self(volume)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = LAB.kubectl(&["delete", "persistentvolume", &self.0, "--wait=false"]);
    }
}

#[test]
fn a_volume_that_one_node_or_one_pod_mounts_stops_the_plan_and_one_for_many_does_not() {
    let s = Scene::direct();
    let volumes = [("many", "ReadWriteMany"), ("one-node", "ReadWriteOnce"), ("one-pod", "ReadWriteOncePod")];
    let _volumes = volumes.map(|(claim, mode)| Volume::of(&s, claim, mode));
    for (claim, _) in volumes {
        roll(&s, &json!({"spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]}}));
        let expected: Vec<String> = if claim == "many" { vec![] } else { vec![format!("block PersistentVolumeClaim/{claim}")] };
        assert_eq!(told(&s, "shared-volume"), expected);
    }
}

#[test]
fn applications_that_elect_a_leader_or_take_from_a_queue_are_told() {
    let s = Scene::new("works");
    let with = |args: &str, env: &str| {
        roll(&s, &json!({"spec": {"containers": [{"name": "web", "args": [args], "env": [{"name": env, "value": "orders"}]}]}}));
        each(&s, ["leader-election", "queue-consumer"])
    };
    assert_eq!(with("--leader-elect=false", "TOPIC"), [[""; 0]; 2]);
    assert_eq!(with("--leader-elect", "KAFKA_GROUP_ID"), [["warn Deployment/web"]; 2]);
}

#[test]
fn jobs_that_run_the_same_image_are_told_and_one_that_rests_is_not() {
    let s = Scene::new("jobs");
    s.kubectl(&["create", "cronjob", "nightly", "--image=changeover.dev/shop:v1", "--schedule=0 3 * * *"]);
    s.kubectl(&["create", "cronjob", "other", "--image=changeover.dev/other:v1", "--schedule=0 3 * * *"]);
    // No node has that label: its pod waits, and so the job is at work for as long as the test is.
    let import = json!({"restartPolicy": "Never", "nodeSelector": {"changeover.dev/none": ""},
        "containers": [{"name": "import", "image": "changeover.dev/shop:v1"}]});
    s.apply(&object(&s, "batch/v1", "Job", "import", &json!({"template": {"spec": import}})));
    until("the import is at work", Duration::from_secs(60), || field(&s, "job/import", ".status.active") == "1");
    assert_eq!(told(&s, "jobs-left-behind"), ["warn CronJob/nightly", "warn Job/import"]);
    s.kubectl(&["patch", "cronjob/nightly", "-p", r#"{"spec":{"suspend":true}}"#]);
    assert_eq!(told(&s, "jobs-left-behind"), ["warn Job/import"]);
}

#[test]
fn pods_that_keep_apart_stop_a_plan_that_lacks_nodes_and_green_keeps_apart_from_itself_alone() {
    let s = Scene::direct();
    let apart = |app: &str| json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"});
    let rules = json!({"requiredDuringSchedulingIgnoredDuringExecution": [apart("web")],
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": apart("db")}]});
    roll(&s, &json!({"spec": {"affinity": {"podAntiAffinity": rules}}}));
    assert_eq!(told(&s, "self-affinity"), [""; 0], "one and one, on three nodes");
    let run = until_green(&s);
    let green = read(&s, "deployment/web-green")["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"].clone();
    let own = &green["requiredDuringSchedulingIgnoredDuringExecution"][0]["labelSelector"]["matchLabels"];
    assert_eq!(own, &json!({"app": "web", "changeover.dev/color": "green"}), "{green}");
    let other = &green["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]["labelSelector"]["matchLabels"];
    assert_eq!(other, &json!({"app": "db"}), "{green}");
    back_out(&s, &run);
    s.kubectl(&["scale", "deployment/web", "--replicas=2"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    assert_eq!(told(&s, "self-affinity"), ["block Deployment/web"], "two and two");
}

#[test]
fn an_application_that_starts_cold_is_told() {
    let s = Scene::new("cold");
    assert_eq!(told(&s, "cold-start"), [""; 0]);
    roll(&s, &json!({"spec": {"containers": [{"name": "web", "env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx1g"}]}]}}));
    assert_eq!(told(&s, "cold-start"), ["warn Deployment/web"]);
}

#[test]
fn configuration_that_was_edited_in_place_is_told_and_so_is_what_could_not_be_looked_at() {
    let s = Scene::new("config");
    let made = |kind: &str, value: &str| {
        let holds = if kind == "Secret" { "stringData" } else { "data" };
        s.apply(&json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "settings", "namespace": s.namespace}, (holds): {"mode": value}}));
    };
    made("ConfigMap", "plain");
    made("Secret", "plain");
    let sources = json!([{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "settings"}}]);
    roll(&s, &json!({"spec": {"containers": [{"name": "web", "envFrom": sources}]}}));
    assert_eq!(told(&s, "config-changed"), [""; 0]);
    // The role that may look at everything but Secrets.
    let viewer = LAB.kubeconfig_of("viewer");
    let (_, all) = ended(&mut s.command_with(&viewer, &["check", "plan", "-o", "json"]));
    assert_eq!(of(all["findings"].as_array().expect("findings"), "config-changed"), ["warn Deployment/web"], "{all}");
    made("ConfigMap", "other");
    assert_eq!(told(&s, "config-changed"), ["warn ConfigMap/settings"]);
}

// Whose it is.

#[test]
fn marks_of_helm_argo_cd_and_flux_are_told_and_green_carries_none_of_them() {
    LazyLock::force(&OTHERS);
    let s = Scene::direct();
    let ns = s.namespace.as_str();
    let tracked = format!("{ns}:apps/Deployment:{ns}/web");
    let codes = ["helm-owner", "argo-cd-owner", "flux-owner"];
    assert_eq!(each(&s, codes), [[""; 0]; 3]);
    patch(
        &s,
        "deployment/web",
        "merge",
        &json!({"metadata": {
        "labels": {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": ns, "helm.sh/chart": "web-1.0.0",
            "kustomize.toolkit.fluxcd.io/name": ns, "kustomize.toolkit.fluxcd.io/namespace": ns, "team": "shop"},
        "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": ns, "argocd.argoproj.io/tracking-id": tracked,
            "argocd.argoproj.io/sync-wave": "1", "kustomize.toolkit.fluxcd.io/checksum": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "note": "kept"}}}),
    );
    let owners = |healing: Value, suspended: bool| {
        s.apply(&object(&s, "argoproj.io/v1alpha1", "Application", ns, &json!({"syncPolicy": {"automated": healing}})));
        s.apply(&object(&s, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", ns, &json!({"suspend": suspended})));
    };
    owners(json!({"selfHeal": true}), false);
    assert_eq!(each(&s, codes), [["warn Deployment/web"], ["block Deployment/web"], ["block Deployment/web"]]);
    owners(Value::Null, true);
    assert_eq!(each(&s, codes), [["warn Deployment/web"]; 3]);

    let run = until_green(&s);
    let own = |mut map: Value| {
        map.as_object_mut()
            .expect("a map")
            .retain(|key, _| !key.starts_with("changeover.dev/") && !key.starts_with("deployment.kubernetes.io/"));
        map
    };
    let green = read(&s, "deployment/web-green")["metadata"].clone();
    assert_eq!(own(green["labels"].clone()), json!({"team": "shop"}), "{green}");
    assert_eq!(own(green["annotations"].clone()), json!({"note": "kept"}), "{green}");
    assert!(green["ownerReferences"].is_null() && green["finalizers"].is_null(), "{green}");
    let preview = read(&s, "service/web-preview")["metadata"].clone();
    assert_eq!(own(preview["labels"].clone()), json!({}), "{preview}");
    back_out(&s, &run);
}

#[test]
fn containers_that_admission_adds_are_told_until_the_pods_that_run_have_them_too() {
    let s = Scene::new("mutated");
    assert_eq!(told(&s, "mutated"), [""; 0]);
    let api = "admissionregistration.k8s.io/v1";
    let rules = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]);
    let container = r#"Object{spec: Object.spec{containers: [Object.spec.containers{name: "proxy", image: "mesh.example.com/proxy:v1"}]}}"#;
    s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": api, "kind": "MutatingAdmissionPolicy", "metadata": {"name": s.namespace},
         "spec": {"failurePolicy": "Fail", "reinvocationPolicy": "Never", "matchConstraints": {"resourceRules": rules},
                  "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": container}}]}},
        {"apiVersion": api, "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": s.namespace},
         "spec": {"policyName": s.namespace,
                  "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": s.namespace}}}}},
    ]}));
    let tried = ["run", "tried", "--image=changeover.dev/shop:v1", "--dry-run=server", "-o", "jsonpath={.spec.containers[*].name}"];
    until("the policy counts", Duration::from_secs(60), || s.kubectl(&tried).contains("proxy"));
    assert_eq!(told(&s, "mutated"), ["warn Deployment/web"]);
    assert!(message(&s, "mutated").contains("mesh.example.com/proxy:v1"));
    s.kubectl(&["rollout", "restart", "deployment/web"]);
    s.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    assert_eq!(told(&s, "mutated"), [""; 0]);
    LAB.kubectl(&["delete", "mutatingadmissionpolicybinding,mutatingadmissionpolicy", &s.namespace]).expect("deleted");
}

// Where they stand.

/// A simulated node that no other test's pods are put on; it goes with the value.
struct Node<'a>(&'a Scene);

impl<'a> Node<'a> {
    /// With four CPUs; the pods of `web` are put there.
    fn under(s: &'a Scene) -> Self {
        let name = &s.namespace;
        let room = json!({"cpu": "4", "memory": "8Gi", "pods": "20"});
        s.apply(&json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": {"only": name, "kubernetes.io/hostname": name}},
            "spec": {"taints": [{"key": "only", "value": name, "effect": "NoSchedule"}]},
            "status": {"capacity": room, "allocatable": room}}));
        let node = Self(s);
        s.kubectl(&["wait", "node", name, "--for=condition=Ready", "--timeout=60s"]);
        let toleration = json!([{"key": "only", "operator": "Equal", "value": name, "effect": "NoSchedule"}]);
        let requests = json!([{"name": "web", "resources": {"requests": {"cpu": "1"}}}]);
        roll(s, &json!({"spec": {"nodeSelector": {"only": name}, "tolerations": toleration, "containers": requests}}));
        node
    }

    fn status(&self, status: &Value) {
        let patch = json!({"status": status}).to_string();
        self.0.kubectl(&["patch", "node", &self.0.namespace, "--subresource=status", "--type=strategic", "-p", &patch]);
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        let _ = LAB.kubectl(&["delete", "node", &self.0.namespace, "--wait=false"]);
    }
}

#[test]
fn a_node_in_trouble_one_that_is_emptied_and_one_without_room_are_told() {
    let s = Scene::new("nodes");
    let node = Node::under(&s);
    let (name, found) = (s.namespace.as_str(), [format!("warn Node/{}", s.namespace)]);
    assert_eq!(each(&s, ["node-trouble", "node-room"]), [[""; 0]; 2]);
    node.status(&json!({"allocatable": {"cpu": "3"}}));
    assert_eq!(told(&s, "node-room"), ["warn Deployment/web"]);
    node.status(&json!({"allocatable": {"cpu": "4"}}));
    assert_eq!(told(&s, "node-room"), [""; 0]);
    s.kubectl(&["cordon", name]);
    assert_eq!(told(&s, "node-trouble"), found);
    s.kubectl(&["uncordon", name]);
    // From here on nobody plays its kubelet, who would say at once that it is well.
    s.kubectl(&["annotate", "node", name, "kwok.x-k8s.io/node-"]);
    for (condition, bad, good) in [("MemoryPressure", "True", "False"), ("Ready", "False", "True")] {
        // One of its heartbeats may be on its way.
        let becomes = |status: &str| {
            node.status(&json!({"conditions": [{"type": condition, "status": status, "reason": "Test"}]}));
            of(&checked(&s), "node-trouble")
        };
        until(condition, Duration::from_secs(60), || becomes(bad) == found);
        until("it is well", Duration::from_secs(60), || becomes(good).is_empty());
    }
}

#[test]
fn a_quota_without_room_for_both_colours_stops_the_plan() {
    let s = Scene::new("quota");
    let quota = |pods: &str| {
        s.apply(&object(&s, "v1", "ResourceQuota", "team", &json!({"hard": {"pods": pods}})));
        until("it counts", Duration::from_secs(60), || {
            field(&s, "quota/team", ".status.hard.pods}/{.status.used.pods") == format!("{pods}/2")
        });
    };
    quota("4");
    assert_eq!(told(&s, "quota"), [""; 0]);
    quota("3");
    assert_eq!(told(&s, "quota"), ["block ResourceQuota/team"]);
}
