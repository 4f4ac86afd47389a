//! What the panes of the real window show, held against the cluster itself.
//!
//! Grounds as in `window_journeys.rs`.

use acceptance::journey::Journey;
use acceptance::window::{PATIENCE, Window};
use acceptance::{Outcome, until};
use serde_json::json;

/// Values that nobody may see in the window.
const SECRET: &str = "swordfish-4711";
const TOKEN: &str = "swordfish-4712";

/// The context that the window shows; a driver leaves clipped text out of what it reads.
const NAME: &str = "return document.querySelector('[data-testid=badge] .name').textContent";

async fn shown(w: &Window) -> Outcome<String> {
    let all = w.script("return document.documentElement.outerHTML", vec![]).await?;
    Ok(all.as_str().unwrap_or_default().to_string())
}

#[tokio::test]
async fn the_inspector_says_what_the_cluster_says() -> Outcome<()> {
    let j = Journey::begin("inspect")?;
    j.apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-secret", "namespace": j.namespace},
        "stringData": {"PAYMENT_KEY": SECRET}}))?;
    let container = json!({"name": "web", "image": "changeover.dev/shop:v2", "env": [{"name": "API_TOKEN", "value": TOKEN},
        {"name": "PAYMENT_KEY", "valueFrom": {"secretKeyRef": {"name": "web-secret", "key": "PAYMENT_KEY"}}},
        {"name": "FLAG", "valueFrom": {"configMapKeyRef": {"name": "flags", "key": "flag", "optional": true}}}]});
    let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    j.kubectl(&["patch", "deployment", "web", "-p", &patch.to_string()])?;
    j.kubectl(&["annotate", "deployment", "web", "kubernetes.io/change-cause=the second of them"])?;
    j.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"])?;
    edited_after_the_pods_started(&j, "web-secret");
    let w = j.window().await?;
    j.connect(&w).await?;
    j.select(&w).await?;

    let live = j.object("deployment/web")?;
    let uid = live["metadata"]["uid"].as_str().ok_or("no uid")?;
    w.click("[data-testid=tab-overview]").await?;
    w.reads("[role=tabpanel]", &["2 wanted, 2 ready", "web=changeover.dev/shop:v2", "app=web", uid], PATIENCE).await?;

    w.click("[data-testid=tab-versions]").await?;
    for (number, words) in [("2", &["shop:v2", "the second of them", "2 / 2"][..]), ("1", &["shop:v1", "0 / 0"])] {
        let row = w.lines(&format!("[data-testid=revision][data-revision='{number}']")).await?;
        assert!(words.iter().all(|word| row.contains(word)), "revision {number}: {row}");
    }

    w.click("[data-testid=tab-config]").await?;
    for (id, words) in [("Secret", "after pods had started"), ("ConfigMap", "containers start without it")] {
        let name = if id == "Secret" { "web-secret" } else { "flags" };
        let row = w.lines(&format!("[data-testid=config][data-id='{id}/{}/{name}']", j.namespace)).await?;
        assert!(row.contains(name) && row.contains(words), "{row}");
    }

    // One that the cluster tells, word for word.
    let field = "--field-selector=involvedObject.kind=Deployment,reason=ScalingReplicaSet";
    let events = j.kubectl(&["get", "events", field, "-o", "jsonpath={.items[0].message}"])?;
    assert!(events.contains("replica set web-"), "{events}");
    w.click("[data-testid=tab-events]").await?;
    w.reads("[role=tabpanel]", &["ScalingReplicaSet", events.trim()], PATIENCE).await?;

    w.click("[data-testid=tab-yaml]").await?;
    let yaml = w.reads("[role=tabpanel]", &["image: changeover.dev/shop:v2", "name: API_TOKEN", "secretKeyRef", uid], PATIENCE).await?;
    assert!(!yaml.contains("f:metadata") && !yaml.contains("f:spec"), "managed fields are folded: {yaml}");
    assert!(yaml.contains("‹masked›"), "a value that is hidden is not the same as none: {yaml}");

    let everything = shown(&w).await?;
    for value in [SECRET, TOKEN, "c3dvcmRmaXNoLTQ3MTE="] {
        assert!(!everything.contains(value), "{value} is in the window");
    }
    w.close().await
}

/// Edits a Secret until the cluster, which counts seconds, says that this was after all pods had started.
fn edited_after_the_pods_started(j: &Journey, secret: &str) {
    let (mut n, times) = (0, "jsonpath={.metadata.managedFields[*].time}");
    until("it was written after its pods came", PATIENCE, || {
        n += 1;
        let patch = json!({"metadata": {"annotations": {"edited": n.to_string()}}}).to_string();
        let written = j.kubectl(&["patch", "secret", secret, "-p", &patch, "--show-managed-fields", "-o", times]).expect("writes");
        let started = j.kubectl(&["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.creationTimestamp}"]);
        written.split(' ').max() > started.expect("reads").split(' ').max()
    });
}

#[tokio::test]
async fn in_the_smallest_window_the_two_verbs_need_no_scrolling() -> Outcome<()> {
    let j = Journey::begin("small")?;
    let w = j.window_of(&j.kubeconfig()?, (1024, 700)).await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.select(&w).await?;
    let size = w.script("return [innerWidth, innerHeight]", vec![]).await?;
    assert_eq!(size, json!([1024, 700]), "the window has the size that was asked for");
    both(&w, &["roll-back", "roll-out", "verb-scale", "verb-restart", "verb-pause"]).await?;
    w.click("[data-testid=roll-out]").await?;
    w.fill("[data-testid=image-web]", "changeover.dev/shop:v2").await?;
    both(&w, &["walk-back", "walk-next"]).await?;
    j.start_as(&w, "swap", 600).await?;
    j.until_gate(&w).await?;
    both(&w, &["back-out", "approve"]).await?;
    j.cut_over(&w).await?;
    both(&w, &["back-out", "next"]).await?;
    w.click("[data-testid=back-out]").await?;
    both(&w, &["back-out-ok"]).await?;
    w.close().await
}

/// All of these are seen without scrolling, and the page itself has nothing to scroll.
async fn both(w: &Window, verbs: &[&str]) -> Outcome<()> {
    for verb in verbs {
        let css = format!("[data-testid={verb}]");
        w.see(&css).await?;
        assert!(w.in_view(&css).await?, "{verb} is cut off or covered");
    }
    let js = "const e = document.documentElement; return e.scrollHeight <= innerHeight && e.scrollWidth <= innerWidth";
    assert_eq!(w.script(js, vec![]).await?, json!(true), "the page scrolls: {verbs:?}");
    Ok(())
}

/// A kubeconfig from elsewhere names a program: the window shows it before it runs, what it says while it waits, and what it was
/// approved for. Another cluster stays usable meanwhile.
#[tokio::test]
async fn a_program_is_shown_before_it_signs_in_and_while_it_waits_for_somebody() -> Outcome<()> {
    let j = Journey::begin("sign-in")?;
    let (at, token) = (j.state.path().join("token"), j.lab.token("admin").ok_or("the lab has no admin")?);
    let script = format!(
        "echo 'open https://login.example.com and enter AB12-CD34' >&2; while [ ! -s '{at}' ]; do sleep 0.1; done; \
         printf '{{\"status\":{{\"token\":\"%s\"}}}}' \"$(cat '{at}')\"",
        at = at.display()
    );
    let kubeconfig = j.kubeconfig()?;
    let mut config: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&kubeconfig)?)?;
    let mut sso = config["contexts"][0].clone();
    sso["name"] = json!("sso");
    sso["context"]["user"] = json!("sso");
    config["contexts"].as_array_mut().ok_or("contexts")?.insert(0, sso);
    let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]});
    config["users"].as_array_mut().ok_or("users")?.push(json!({"name": "sso", "user": {"exec": exec}}));
    std::fs::write(&kubeconfig, config.to_string())?;

    let w = j.window_on(&kubeconfig).await?;
    let row = "[data-testid=context-row][data-context=sso]";
    w.click(&format!("{row} [data-testid=open-context]")).await?;
    w.reads("[data-testid=program]", &["/sh", "login.example.com", "users[sso].user.exec"], PATIENCE).await?;
    let focused = w.script("return document.activeElement.textContent", vec![]).await?;
    assert_eq!(focused, json!("Cancel"), "a key that was meant for something else approves nothing");
    assert_eq!(w.script("return document.querySelectorAll('[data-testid=signing-in]').length", vec![]).await?, json!(0));
    w.click("[data-testid=approve-program]").await?;
    w.reads(&format!("{row} [data-testid=sign-in-said]"), &["enter AB12-CD34"], PATIENCE).await?;

    // The other context opens while the program waits, and stays on the screen when it has signed in.
    w.click("[data-testid=context-row]:not([data-context=sso]) [data-testid=open-context]").await?;
    w.see(&format!("[data-node='Deployment/{}/web']", j.namespace)).await?;
    std::fs::write(&at, token)?;
    w.keys("gc").await?;
    w.see(&format!("{row}[data-state=live]")).await?;
    assert_ne!(w.script(NAME, vec![]).await?, json!("sso"), "the window goes on showing what somebody looks at");

    w.click(&format!("{row} [data-testid=open-context]")).await?;
    w.see(&format!("[data-node='Deployment/{}/web']", j.namespace)).await?;
    assert_eq!(w.script(NAME, vec![]).await?, json!("sso"));
    w.keys(&(char::from(fantoccini::key::Key::Control).to_string() + ",")).await?;
    w.reads("[data-testid=program-row]", &["/sh -c", "login.example.com"], PATIENCE).await?;
    w.click("[data-testid=forget-program]").await?;
    w.reads("[data-testid=settings]:not(:has([data-testid=program-row]))", &["kubeconfig"], PATIENCE).await?;
    w.close().await
}

#[tokio::test]
async fn what_changes_stands_under_the_map_while_one_looks_and_stays_after_the_cluster_forgot_it() -> Outcome<()> {
    let j = Journey::begin("timeline")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    w.see("[data-testid=timeline][data-state=there]").await?;
    assert!(w.script("return document.querySelector('[data-testid=timeline]').dataset.namespace", vec![]).await? == json!(j.namespace));
    j.kubectl(&["scale", "deployment/web", "--replicas=3"])?;
    w.see("[data-testid=timeline-mark][data-of=scale][title*='web was scaled to 3, kubectl']").await?;
    let config =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-limits", "namespace": j.namespace}, "data": {"a": "1"}});
    j.apply(&config)?;
    let made = "[data-testid=timeline-mark][data-of=config][title*='web-limits was created']";
    w.see(made).await?;
    j.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v2"])?;
    w.see("[data-testid=timeline-mark][data-of=rollout][title*='web v1 → v2, kubectl-set']").await?;
    w.click(made).await?;
    w.reads("[data-testid=inspector-name]", &["web-limits"], PATIENCE).await?;
    j.kubectl(&["delete", "configmap", "web-limits"])?;
    j.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"])?;
    j.kubectl(&["scale", "deployment/web", "--replicas=2"])?;
    w.see("[data-testid=timeline-mark][data-of=scale][title*='web was scaled to 2, kubectl']").await?;
    // The rollout came after the first scaling, the ConfigMap is gone: the cluster tells of neither.
    w.see(made).await?;
    w.see("[data-testid=timeline-mark][data-of=scale][title*='web was scaled to 3, kubectl']").await?;
    w.close().await
}

#[tokio::test]
async fn a_pane_is_made_wider_by_a_drag_which_selects_no_text() -> Outcome<()> {
    use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
    let j = Journey::begin("drag")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.select(&w).await?;
    let width = "return Math.round(document.querySelector('[data-testid=inspector]').getBoundingClientRect().width)";
    let before = w.script(width, vec![]).await?.as_i64().ok_or("no width")?;
    let mut drag = MouseActions::new("mouse".into())
        .then(PointerAction::MoveToElement { element: w.see("[data-testid=split-inspector]").await?, duration: None, x: 0.0, y: 0.0 })
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
    for _ in 0..4 {
        drag = drag.then(PointerAction::MoveBy { duration: None, x: -20.0, y: 0.0 });
    }
    w.client.perform_actions(drag.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT })).await?;
    assert_eq!(w.script(width, vec![]).await?, json!(before + 80));
    assert_eq!(w.script("return document.getSelection().toString()", vec![]).await?, json!(""));
    w.close().await
}

#[tokio::test]
async fn the_gauge_tells_the_way_back_of_a_stateful_set_too() -> Outcome<()> {
    let j = Journey::begin("gauge")?;
    let template = |image: &str| json!({"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": image}]}});
    let set = |image: &str| {
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": j.namespace},
        "spec": {"replicas": 1, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": template(image)}})
    };
    for image in ["changeover.dev/shop:v1", "changeover.dev/shop:v2"] {
        j.apply(&set(image))?;
        j.kubectl(&["rollout", "status", "statefulset/db", "--timeout=90s"])?;
    }
    let w = j.window().await?;
    j.connect(&w).await?;
    w.click(&format!("[data-node='StatefulSet/{}/db']", j.namespace)).await?;
    w.reads("[data-testid=inspector-name]", &["db"], PATIENCE).await?;
    w.see("[data-testid=gauge][aria-disabled=false][title^='revision 1 (db=changeover.dev/shop:v1) is written back']").await?;
    w.close().await
}
