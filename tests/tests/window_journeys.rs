//! Journeys through the real window on a real cluster: what an operator does, and what the cluster says afterwards.
//!
//! One lab for all (`CHANGEOVER_LAB_DIR`: where `cargo xtask test` runs as root it has a real node, else it is the practice
//! lab), a Kubernetes namespace and a state folder for each journey.

use std::process::Command;
use std::time::Duration;

use acceptance::Outcome;
use acceptance::journey::{HOLD, Journey};
use acceptance::until;
use acceptance::window::{PATIENCE, Undriven, Window, kill};
use fantoccini::key::Key;
use serde_json::{Value, json};

#[tokio::test]
async fn a_blue_green_by_swap_from_the_list_of_clusters_to_the_flip_back() -> Outcome<()> {
    let j = Journey::begin("flip")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    j.until_gate(&w).await?;
    assert!(j.selector()?["pod-template-hash"].is_string(), "pinned before the cutover: {}", j.selector()?);
    j.cut_over(&w).await?;
    assert_eq!(j.selector()?["changeover.dev/color"], "green");
    j.back_out(&w).await?;
    assert_eq!(j.selector()?, json!({"app": "web"}), "the selector is what it was");
    assert_eq!(j.deployments()?, ["web"], "green is gone");
    w.close().await
}

#[tokio::test]
async fn from_the_list_of_clusters_to_the_report_without_a_mouse() -> Outcome<()> {
    let (enter, right, control) = (char::from(Key::Return), char::from(Key::Right), char::from(Key::Control));
    let j = Journey::begin("keys")?;
    let w = j.window().await?;
    w.tab_to("[data-testid=open-context]").await?;
    w.press(&[enter], Duration::ZERO).await?;
    let deployment = format!("[data-node='Deployment/{}/web']", j.namespace);
    w.see(&deployment).await?;
    w.see("[data-testid=freshness][data-state=live]").await?;
    w.types("/").await?;
    w.see("[data-testid=search]:focus").await?;
    w.types("web").await?;
    // To the first hit, and along the way of a request.
    w.press(&[enter], Duration::ZERO).await?;
    w.see(&format!("[data-node='Service/{}/web']:focus", j.namespace)).await?;
    w.press(&[right], Duration::ZERO).await?;
    w.see(&format!("{deployment}:focus")).await?;
    w.reads("[data-testid=inspector-name]", &["web"], PATIENCE).await?;
    w.types("r").await?;
    w.see("[data-testid=image-web]:focus").await?;
    w.press(&[control, 'a'], Duration::ZERO).await?;
    w.types("changeover.dev/shop:v2").await?;
    w.press(&[enter], Duration::ZERO).await?;
    w.tab_to("[data-testid=strategy-blue-green]").await?;
    w.press(&[enter], Duration::ZERO).await?;
    w.tab_to("[data-testid=param-finish-swap]").await?;
    w.press(&[enter], Duration::ZERO).await?;
    w.tab_to("[data-testid=param-soak]").await?;
    w.press(&[control, 'a'], Duration::ZERO).await?;
    w.types("1").await?;
    w.press(&[enter], Duration::ZERO).await?;
    w.see("[data-testid=walk][data-step=check] [data-testid=walk-next][aria-disabled=false]").await?;
    w.press(&[enter], Duration::ZERO).await?;
    w.see("[data-testid=start][aria-disabled=false]").await?;
    w.tab_to("[data-testid=start]").await?;
    w.press(&[enter], HOLD).await?;
    w.see("[data-testid=run]").await?;
    for gate in ["cut-over", "retire"] {
        by_keys_until(&j, &w, &format!("[data-testid=run][data-gate={gate}] [data-testid=approve][aria-disabled=false]")).await?;
        w.tab_to("[data-testid=approve]").await?;
        w.press(&[enter], HOLD).await?;
    }
    by_keys_until(&j, &w, "[data-testid=run][data-state=done]").await?;
    assert_eq!(j.selector()?["changeover.dev/color"], "green");
    w.types("e").await?;
    w.reads("[data-testid=report-screen]", &["v1", "v2"], PATIENCE).await?;
    w.close().await
}

/// As [`Journey::until`], by keys alone.
async fn by_keys_until(j: &Journey, w: &Window, css: &str) -> Outcome<()> {
    j.until_with(w, css, async |_| {
        w.tab_to("[data-testid=choice-go-on]").await?;
        w.press(&[Key::Return.into()], HOLD).await?;
        w.gone("[data-testid=choice-go-on]").await
    })
    .await
}

#[tokio::test]
async fn backing_out_before_the_cutover_leaves_blue_untouched() -> Outcome<()> {
    let j = Journey::begin("out")?;
    let pods = j.kubectl(&["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.uid}"])?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    j.until_gate(&w).await?;
    w.click("[data-testid=back-out]").await?;
    w.click("[data-testid=back-out-ok]").await?;
    j.state(&w, "backedOut").await?;
    assert_eq!(j.selector()?, json!({"app": "web"}));
    assert_eq!(j.deployments()?, ["web"]);
    let now = j.kubectl(&["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.uid}"])?;
    assert_eq!(now, pods, "not one pod of blue was replaced");
    w.close().await
}

#[tokio::test]
async fn a_run_that_was_killed_in_the_soak_is_picked_up() -> Outcome<()> {
    let j = Journey::begin("kill")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    j.until_gate(&w).await?;
    j.cut_over(&w).await?;
    let run = w.see("[data-testid=run]").await?.attr("data-run").await?.ok_or("the run has no id")?;
    w.kill()?;
    let w = j.window().await?;
    // Before any cluster is opened.
    w.see(&format!("[data-testid=unfinished-run][data-run='{run}']")).await?;
    j.connect(&w).await?;
    w.click("[data-testid=left-behind]").await?;
    let told = [run.as_str(), "is paused", "changeoverctl resume"];
    w.reads("[data-testid=left-behind-list]", &told, PATIENCE).await?;
    w.click(&format!("[data-testid=run-row][data-run='{run}']")).await?;
    w.see(&format!("[data-testid=run][data-run='{run}']")).await?;
    w.click("[data-testid=resume]").await?;
    w.see("[data-testid=back-out][data-kind=flipBack][aria-disabled=false]").await?;
    assert_eq!(j.selector()?["changeover.dev/color"], "green", "nothing moved while nobody held the run");
    w.close().await
}

#[tokio::test]
async fn the_script_reads_the_same_graph() -> Outcome<()> {
    let j = Journey::begin("script")?;
    let out = Command::new(acceptance::program("changeoverctl")?)
        .args(["map", "-n", &j.namespace, "-o", "json", "--kubeconfig"])
        .arg(j.kubeconfig()?)
        .output()?;
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let map: Value = serde_json::from_slice(&out.stdout)?;
    assert_eq!(map["schema"], 1);
    let id = format!("Deployment/{}/web", j.namespace);
    let nodes = map["nodes"].as_array().ok_or("no nodes")?;
    assert!(nodes.iter().any(|n| n["id"] == id.as_str() && n["health"] == "healthy"), "{map}");
    let w = j.window().await?;
    j.connect(&w).await?;
    let shown = w.see(&format!("[data-node='{id}']")).await?.attr("data-health").await?;
    assert_eq!(shown.as_deref(), Some("healthy"));
    w.close().await
}

/// WebKit's process of the page crashes: the program, and with it a run, does not, and the page comes back.
#[test]
fn a_page_whose_process_crashes_is_loaded_anew_and_draws_again() -> Outcome<()> {
    let j = Journey::begin("crash")?;
    let env = [("KUBECONFIG".into(), j.kubeconfig()?.display().to_string()), ("LANG".into(), "C.UTF-8".into())];
    let mut w = Undriven::open(&acceptance::program("changeover")?, j.state.path(), &env)?;
    let mut page = None;
    until("the page is drawn", PATIENCE, || {
        page = w.drawn().expect("the program goes on");
        page.is_some()
    });
    for _ in 0..2 {
        let crashed = page.ok_or("no page")?;
        assert!(kill(crashed)?, "process {crashed} is there");
        until("a new page is drawn", PATIENCE, || {
            page = w.drawn().expect("the program goes on");
            page.is_some_and(|p| p != crashed)
        });
    }
    Ok(())
}

#[tokio::test]
async fn a_cut_connection_turns_writing_off_until_it_heals() -> Outcome<()> {
    let j = Journey::begin("stale")?;
    let (proxy, kubeconfig) = j.proxied().await?;
    let w = j.window_on(&kubeconfig).await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    w.see("[data-testid=writes][data-writes=allowed], [data-testid=writes][data-writes=unlocked]").await?;
    proxy.silence();
    w.reads("[data-testid=stale]", &["live again"], PATIENCE).await?;
    w.see("[data-testid=writes][data-writes=off]").await?;
    proxy.heal();
    w.see("[data-testid=writes][data-writes=allowed], [data-testid=writes][data-writes=unlocked]").await?;
    let banner = w.client.find(fantoccini::Locator::Css("[data-testid=stale]")).await;
    assert!(banner.is_err(), "the map is live again");
    w.close().await
}

#[tokio::test]
async fn a_colleagues_run_is_seen_and_taken_over_and_they_are_told() -> Outcome<()> {
    let j = Journey::begin("theirs")?;
    let mut ann = j.colleague()?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.until_listed(&w, "elsewhere").await?;
    w.click("[data-testid=run-row]").await?;
    w.see("[data-testid=run][data-state=elsewhere]").await?;
    w.reads("[data-testid=headline]", &["ann@", "drives it"], PATIENCE).await?;
    // What another drives is shown as it goes on, and nothing of it can be done from here.
    j.until(&w, "[data-testid=run][data-state=elsewhere] [data-testid=back-out][data-kind=flipBack][aria-disabled=true]").await?;
    assert_eq!(j.selector()?["changeover.dev/color"], "green");
    w.click("[data-testid=take-over]").await?;
    w.see("[data-testid=take-over-dialog]").await?;
    w.see("[data-testid=take-over-steal][aria-disabled=true]").await?;
    w.fill("[data-testid=take-over-reason]", "ann cannot be reached").await?;
    w.hold("[data-testid=take-over-steal]", HOLD).await?;
    // It was in the middle of the soak: who took it over is asked first.
    w.see("[data-testid=run][data-state=held] [data-testid=choice-retry]").await?;
    let (code, last) = ann.told()?;
    assert_eq!((code, &last["state"]), (Some(4), &json!("elsewhere")), "{last}");
    w.click("[data-testid=choice-back-out]").await?;
    j.state(&w, "backedOut").await?;
    assert_eq!(j.selector()?, json!({"app": "web"}), "the selector is what it was");
    assert_eq!(j.deployments()?, ["web"], "green is gone");
    w.close().await
}
