//! What `check` promises, held against a real API server: policies and rights are met before anything is written.

use std::collections::BTreeSet;
use std::time::Duration;

use acceptance::scene::{LAB, Scene, ended};
use acceptance::until;
use plan::access::{access, said};
use serde_json::{Value, json};

/// Messages of the findings of a code; what `check` ends with.
fn findings(s: &Scene, code: &str) -> (i32, Vec<String>) {
    let (exit, all) = s.ends(&["check", "p", "-o", "json"]);
    let of = all["findings"].as_array().into_iter().flatten().filter(|f| f["code"] == code && f["severity"] == "block");
    (exit, of.map(|f| f["message"].as_str().unwrap_or_default().to_string()).collect())
}

#[test]
fn a_policy_on_selectors_stops_a_plan_before_anything_is_written_and_not_at_the_cutover() {
    let s = Scene::new("policy");
    s.plan("p", "web", "v2", &["--finish", "swap"]);
    assert_eq!(findings(&s, "admission"), (0, vec![]));
    let written = || s.kubectl(&["get", "service", "web", "-o", "jsonpath={.metadata.resourceVersion}"]);
    let before = written();

    let words = "selectors by colour belong to the platform team";
    let policy = s.admit_services(
        "!('changeover.dev/color' in object.spec.selector)",
        words,
        r#"{"spec":{"selector":{"changeover.dev/color":"green"}}}"#,
    );
    let (exit, found) = findings(&s, "admission");
    assert_eq!((exit, found.len()), (3, 1), "{found:?}");
    assert!(found[0].contains("step cut-over is refused") && found[0].contains(words), "{found:?}");
    let (exit, error) = s.ends(&["run", "p", "--yes", "--confirm-context", "practice"]);
    assert_eq!((exit, &error["error"]["code"]), (3, &json!("stopped")), "{error}");

    // The way there is free, the way back is not.
    let words = "a bare selector is not admitted";
    policy.end();
    let _policy = s.admit_services("object.spec.selector != {'app': 'web'}", words, r#"{"metadata":{"labels":{"tried":"yes"}}}"#);
    let (exit, found) = findings(&s, "admission");
    assert_eq!((exit, found.len()), (3, 1), "{found:?}");
    assert!(found[0].contains("the way back from pin-web is refused") && found[0].contains(words), "{found:?}");

    assert_eq!((written(), s.kubectl(&["get", "deployments", "-o", "name"]).lines().count()), (before, 1), "nothing was written");
}

/// Gives a user of the lab these rights in the namespace, and no other.
fn grant(s: &Scene, user: &str, rights: &[plan::Access]) {
    let rules: Vec<Value> = rights
        .iter()
        .map(|a| {
            let below = if a.subresource.is_empty() { String::new() } else { format!("/{}", a.subresource) };
            let mut rule =
                json!({"apiGroups": [a.kind.group()], "resources": [format!("{}{below}", a.kind.plural())], "verbs": [a.verb.name()]});
            if !a.name.is_empty() {
                rule["resourceNames"] = json!([a.name]);
            }
            rule
        })
        .collect();
    let meta = json!({"name": user, "namespace": s.namespace});
    let api = "rbac.authorization.k8s.io";
    s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": meta, "rules": rules},
        {"apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": meta,
         "roleRef": {"apiGroup": api, "kind": "Role", "name": user}, "subjects": [{"apiGroup": api, "kind": "User", "name": user}]},
    ]}));
}

#[test]
fn the_rights_that_a_plan_lists_are_those_that_it_uses() {
    let s = Scene::new("rights");
    let name = &s.namespace;
    s.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": name},
         "spec": {"minReplicas": 1, "maxReplicas": 4, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "looks", "namespace": name},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "changeover-viewer"},
         "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "shop-viewer"}]},
    ]}));
    // Planned by somebody who sees the namespace, carried out by somebody who may do what the plan lists and nothing else.
    let viewer = LAB.kubeconfig_of("shop-viewer");
    let make = || {
        let arguments = [
            "plan",
            "blue-green",
            "deployment/web",
            "--image",
            "web=changeover.dev/shop:v2",
            "--finish",
            "swap",
            "--set",
            "soak=1",
            "--out",
            "p",
        ];
        s.command_with(&viewer, &arguments).output().is_ok_and(|o| o.status.success())
    };
    until("the viewer's rights count", Duration::from_secs(30), make);
    let text = std::fs::read_to_string(s.state.path().join("p")).expect("reads");
    let plan = plan::file::from_text(&text).expect("a plan");
    assert!(plan.steps.iter().any(|p| matches!(p.step, plan::Step::Freeze { .. })), "the autoscaler is part of it");
    let rights = access(&plan);
    let runner = LAB.kubeconfig_of("stranger");
    let missing = || {
        let (exit, all) = ended(&mut s.command_with(&runner, &["check", "p", "-o", "json"]));
        let of = all["findings"].as_array().into_iter().flatten().filter(|f| f["code"] == "permissions" && f["severity"] == "block");
        let texts: BTreeSet<String> = of.map(|f| f["message"].as_str().unwrap_or_default().to_string()).collect();
        (exit, texts)
    };

    let told = ["get pods/portforward", "create pods/portforward", "patch services", "patch deployments/scale", "delete deployments"];
    for wanted in told {
        let without = rights.iter().find(|a| said(a).starts_with(&format!("{wanted} "))).unwrap_or_else(|| panic!("{wanted}: not listed"));
        let rest: Vec<_> = rights.iter().filter(|a| *a != without).cloned().collect();
        grant(&s, "stranger", &rest);
        let message = format!("you may not {};", said(without));
        until(wanted, Duration::from_secs(60), || {
            let (exit, found) = missing();
            exit == 3 && found.len() == 1 && found.iter().all(|f| f.starts_with(&message))
        });
    }

    grant(&s, "stranger", &rights);
    until("every right is there", Duration::from_secs(60), || missing() == (0, BTreeSet::new()));
    let mut said_all = String::new();
    let mut drive = |arguments: &[&str]| {
        let out = s.command_with(&runner, arguments).output().expect("starts");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        said_all.push_str(&text);
        (out.status.code(), serde_json::from_str::<Value>(text.lines().last().unwrap_or_default()).unwrap_or_default())
    };
    let (code, end) = drive(&["run", "p", "--yes", "--confirm-context", "practice"]);
    // Nobody answers in a simulated pod; that is no data, and has nothing to do with rights.
    assert_eq!(code, Some(4), "{end}");
    let (code, end) = drive(&["resume", &plan.id, "--yes", "--choose", "go-on"]);
    assert_eq!((code, &end["state"]), (Some(0), &json!("done")), "{end}");
    let forbidden: Vec<&str> = said_all.lines().filter(|l| l.contains("orbidden")).collect();
    assert!(forbidden.is_empty(), "{forbidden:#?}");
}
