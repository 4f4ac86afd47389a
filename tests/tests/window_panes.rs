//! What the panes of the real window show, held against the cluster itself.
//!
//! Grounds as in `window_journeys.rs`.

use acceptance::Outcome;
use acceptance::journey::Journey;
use acceptance::window::{PATIENCE, Window};
use serde_json::json;

/// Values that nobody may see in the window.
const SECRET: &str = "swordfish-4711";
const TOKEN: &str = "swordfish-4712";

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
        {"name": "PAYMENT_KEY", "valueFrom": {"secretKeyRef": {"name": "web-secret", "key": "PAYMENT_KEY"}}}]});
    let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    j.kubectl(&["patch", "deployment", "web", "-p", &patch.to_string()])?;
    j.kubectl(&["annotate", "deployment", "web", "kubernetes.io/change-cause=the second of them"])?;
    j.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"])?;
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

#[tokio::test]
async fn in_the_smallest_window_the_two_verbs_need_no_scrolling() -> Outcome<()> {
    let j = Journey::begin("small")?;
    let w = j.window_of(&j.kubeconfig()?, (1024, 700)).await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.select(&w).await?;
    let size = w.script("return [innerWidth, innerHeight]", vec![]).await?;
    assert_eq!(size, json!([1024, 700]), "the window has the size that was asked for");
    both(&w, &["roll-back", "roll-out"]).await?;
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
    assert_eq!(w.script(js, vec![]).await?, json!(true), "the page scrolls");
    Ok(())
}
