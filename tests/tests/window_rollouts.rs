//! Whole rollouts through the real window, from what is new to the end of the run, and what the cluster says then.
//!
//! Grounds as in `window_journeys.rs`.

use acceptance::Outcome;
use acceptance::journey::Journey;
use acceptance::window::{PATIENCE, Window, downloads};
use fantoccini::Locator;
use serde_json::{Value, json};

/// What the run's screen says at its end: a sentence, and every step with its time.
async fn says_what_was_done(w: &Window, steps: &[&str]) -> Outcome<()> {
    let headline = w.text("[data-testid=headline]").await?;
    assert!(!headline.trim().is_empty(), "the end is said in a sentence");
    let report = w.lines("[data-testid=report]").await?;
    for step in steps {
        assert!(report.contains(step), "{step} is not in the report: {report}");
    }
    Ok(())
}

/// The report of the run on the screen: read, copied, saved as a file.
async fn is_reported(w: &Window, j: &Journey, happened: &[&str]) -> Outcome<()> {
    w.click("[data-testid=open-report]").await?;
    w.reads("[data-testid=report-timeline]", happened, PATIENCE).await?;
    w.click("[data-testid=report-copy][aria-disabled=false]").await?;
    w.see("[data-testid=report-copy][data-said=copied]").await?;
    w.click("[data-testid=format-html]").await?;
    w.click("[data-testid=report-save]").await?;
    let saved = w.reads("[data-testid=report-saved]", &[".html"], PATIENCE).await?;
    let downloads = downloads(j.state.path());
    let file = std::fs::read_dir(&downloads)?.next().ok_or("nothing was saved")??.path();
    assert!(saved.contains(&file.display().to_string()), "{saved} does not name {}", file.display());
    let page = std::fs::read_to_string(&file)?;
    assert!(page.starts_with("<!doctype html>") && happened.iter().all(|what| page.contains(what)), "{page}");
    // What was copied is pasted where words can be typed.
    w.escape().await?;
    w.see("[data-testid=run]").await?;
    w.keys("/").await?;
    let search = w.see("[data-testid=search]").await?;
    search.send_keys(&format!("{}v", char::from(fantoccini::key::Key::Control))).await?;
    let until = std::time::Instant::now() + PATIENCE;
    while !search.prop("value").await?.is_some_and(|v| v.starts_with("# ") && happened.iter().all(|what| v.contains(what))) {
        assert!(std::time::Instant::now() < until, "pasted: {:?}", search.prop("value").await?);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_blue_green_by_swap_to_its_end() -> Outcome<()> {
    let j = Journey::begin("swap")?;
    let scale = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": j.namespace},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 4,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}});
    j.apply(&scale)?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.roll_out(&w, "v2", "swap", 3).await?;
    j.until_gate(&w).await?;
    assert_eq!(j.object("hpa/web")?["spec"]["minReplicas"], 2, "the autoscaler is held while both colours stand");
    assert_eq!(j.names("services")?, ["web", "web-preview"]);
    j.cut_over(&w).await?;
    j.finish(&w).await?;
    says_what_was_done(&w, &["web-green"]).await?;
    is_reported(&w, &j, &["web-green: created", "the run is done"]).await?;

    assert_eq!(j.selector()?, json!({"app": "web", "changeover.dev/color": "green"}));
    let (blue, green) = (j.object("deployment/web")?, j.object("deployment/web-green")?);
    assert_eq!((&blue["spec"]["replicas"], &green["spec"]["replicas"]), (&json!(0), &json!(2)));
    assert!(blue["spec"]["paused"].is_null(), "blue is not left paused");
    assert_eq!(green["spec"]["template"]["spec"]["containers"][0]["image"], "changeover.dev/shop:v2");
    assert_eq!(green["status"]["availableReplicas"], 2);
    assert_eq!(j.deployments()?, ["web", "web-green"]);
    assert_eq!(j.names("services")?, ["web"], "no preview Service is left");
    assert_eq!(j.object("hpa/web")?["spec"]["minReplicas"], 1, "blue's autoscaler has its minimum back");
    let cloned = j.object("hpa/web-green")?;
    assert_eq!((&cloned["spec"]["minReplicas"], &cloned["spec"]["scaleTargetRef"]["name"]), (&json!(1), &json!("web-green")));
    w.close().await
}

#[tokio::test]
async fn a_promotion_in_place_to_its_end() -> Outcome<()> {
    let j = Journey::begin("promote")?;
    let (before, kinds) = (j.object("deployment/web")?, ["deployments", "services", "hpa", "pdb"]);
    let names = kinds.map(|kind| j.names(kind).expect("reads"));
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.roll_out(&w, "v3", "promote", 3).await?;
    j.until_gate(&w).await?;
    j.cut_over(&w).await?;
    assert_eq!(j.selector()?["changeover.dev/color"], "green");
    j.finish(&w).await?;
    says_what_was_done(&w, &["web"]).await?;

    let mut wanted = before["spec"].clone();
    wanted["template"]["spec"]["containers"][0]["image"] = "changeover.dev/shop:v3".into();
    let now = j.object("deployment/web")?;
    assert_eq!(now["spec"], wanted, "the template as given, and everything else as before");
    assert_eq!(now["status"]["availableReplicas"], 2);
    assert_eq!(j.selector()?, json!({"app": "web"}));
    assert_eq!(kinds.map(|kind| j.names(kind).expect("reads")), names, "names are what they were");
    let notes = now["metadata"]["annotations"].as_object().into_iter().flat_map(|a| a.keys());
    assert_eq!(notes.filter(|key| key.contains("changeover.dev/")).count(), 0, "no note of ours is left: {}", now["metadata"]);
    w.close().await
}

#[tokio::test]
async fn a_service_that_a_pipeline_reset_is_pinned_again_with_one_key() -> Outcome<()> {
    let j = Journey::begin("re-pin")?;
    // The smallest window: what can be answered must not lie below what it is about.
    let w = j.window_of(&j.kubeconfig()?, (1024, 700)).await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    j.until_gate(&w).await?;
    j.cut_over(&w).await?;
    let green = j.selector()?;
    assert_eq!(green["changeover.dev/color"], "green");
    j.kubectl(&["patch", "service", "web", "--type=merge", "-p", r#"{"spec":{"selector":{"changeover.dev/color":null}}}"#])?;
    j.state(&w, "held").await?;
    w.reads("[data-testid=headline]", &["both colours"], PATIENCE).await?;
    assert!(w.in_view("[data-testid=choice-re-pin]").await?, "the answer is seen without scrolling");
    assert_eq!(j.selector()?, json!({"app": "web"}), "nothing is written over unasked");
    w.client.find(Locator::Css("body")).await?.send_keys("p").await?;
    j.until(&w, "[data-testid=run]:not([data-state=held])").await?;
    assert_eq!(j.selector()?, green, "green alone again");
    w.close().await
}

/// A window that is closed in the middle of a run, by mistake and then on purpose.
#[tokio::test]
async fn whoever_closes_the_window_in_a_run_is_told_what_stays_and_finds_the_run_again() -> Outcome<()> {
    let j = Journey::begin("leaving")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.roll_out(&w, "v2", "swap", 20).await?;
    j.until_gate(&w).await?;
    w.ask_to_close()?;
    w.reads("[data-testid=leaving-run][data-at=rest]", &["is paused", "web-green", "traffic is where it was"], PATIENCE).await?;
    let focused = "return document.activeElement.dataset.testid";
    assert_eq!(w.script(focused, vec![]).await?, json!("leaving-stay"), "nothing that leaves is focused");
    w.escape().await?;
    j.until(&w, "[data-testid=app]:not(:has(~ .veil))").await?;
    // It asks again, and the run has gone on.
    j.cut_over(&w).await?;
    w.ask_to_close()?;
    w.see("[data-testid=leaving-run]").await?;
    w.click("[data-testid=leaving-stay]").await?;
    // Once more, before it has answered, would mean it.
    j.until(&w, "[data-testid=app]:not(:has(~ .veil))").await?;
    w.ask_to_close()?;
    w.reads("[data-testid=leaving-run]", &["web-green serves"], PATIENCE).await?;
    // Once this call has returned: the window takes the driver's session with it.
    w.script("setTimeout(() => document.querySelector('[data-testid=leaving-go]').click(), 200)", vec![]).await?;
    w.ended().await?;

    assert_eq!(j.selector()?["changeover.dev/color"], "green", "closing takes nothing back");
    let w = j.window().await?;
    j.connect(&w).await?;
    j.until_listed(&w, "left").await?;
    w.click("[data-testid=run-row]").await?;
    w.click("[data-testid=resume][aria-disabled=false]").await?;
    j.finish(&w).await?;
    // With nothing under way it asks nothing.
    w.ask_to_close()?;
    w.ended().await
}

/// From a release that cannot start to the version before it, by three keys.
#[tokio::test]
async fn in_an_incident_the_release_that_broke_it_is_named_and_gone_back_from_by_keys_alone() -> Outcome<()> {
    let j = Journey::begin("incident")?;
    j.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:is-not-there"])?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    w.see(&format!("[data-node='Deployment/{}/web'][data-health=degraded]", j.namespace)).await?;
    // The driver's `!` comes without Shift: pressed as a person does.
    w.keys(&format!("{}1", char::from(fantoccini::key::Key::Shift))).await?;
    w.reads("[data-testid=incident-headline]", &["web"], PATIENCE).await?;
    w.see("[data-testid=change][data-likely=most][data-sort=rollout][aria-selected=true]").await?;
    w.reads("[data-testid=incident-preview]", &["Back to revision 1", "is-not-there"], PATIENCE).await?;
    w.see("[data-testid=start][aria-disabled=false]").await?;
    let enter = char::from(fantoccini::key::Key::Enter).to_string();
    w.client.active_element().await?.send_keys(&enter).await?;
    w.client.active_element().await?.send_keys(&enter).await?;
    j.state(&w, "done").await?;
    assert_eq!(j.object("deployment/web")?["spec"]["template"]["spec"]["containers"][0]["image"], "changeover.dev/shop:v1");
    w.close().await
}

/// As by a key that was not meant, and as WebKit does it by itself: the page is new, the program and its run are not.
#[tokio::test]
async fn a_page_that_is_loaded_anew_shows_the_run_where_it_is_and_it_is_answered_there_and_finished() -> Outcome<()> {
    let j = Journey::begin("reload")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    j.until_gate(&w).await?;
    let run = w.see("[data-testid=run]").await?.attr("data-run").await?.ok_or("the run has no id")?;
    let same = format!("[data-testid=run][data-run='{run}']");
    // At the gate: nothing is approved by it, and it can be approved.
    w.client.refresh().await?;
    w.see(&format!("{same}[data-gate=cut-over]")).await?;
    assert!(j.selector()?["pod-template-hash"].is_string(), "still pinned to blue: {}", j.selector()?);
    j.cut_over(&w).await?;
    let green = j.selector()?;
    // In the soak, where a second of it is seen to pass, and then in a hold.
    w.client.refresh().await?;
    w.see(&format!("{same} [data-testid=back-out][data-kind=flipBack][aria-disabled=false]")).await?;
    j.kubectl(&["patch", "service", "web", "--type=merge", "-p", r#"{"spec":{"selector":{"changeover.dev/color":null}}}"#])?;
    j.state(&w, "held").await?;
    w.client.refresh().await?;
    w.see(&format!("{same}[data-state=held] [data-testid=choice-re-pin]")).await?;
    w.keys("p").await?;
    j.until(&w, &format!("{same}:not([data-state=held])")).await?;
    assert_eq!(j.selector()?, green, "green alone again");
    // The map is live, too, and the run goes back from it.
    w.keys("gm").await?;
    w.see(&format!("[data-node='Deployment/{}/web-green']", j.namespace)).await?;
    w.client.refresh().await?;
    w.see(&format!("[data-node='Deployment/{}/web-green']", j.namespace)).await?;
    w.see("[data-testid=freshness][data-state=live]").await?;
    j.until_listed(&w, "running").await?;
    w.click(&format!("[data-testid=run-row][data-run='{run}']")).await?;
    j.back_out(&w).await?;
    assert_eq!(j.selector()?, json!({"app": "web"}), "the selector is what it was");
    assert_eq!(j.deployments()?, ["web"], "green is gone");
    w.close().await
}

#[tokio::test]
async fn a_whole_pod_template_is_rolled_out_as_it_was_typed() -> Outcome<()> {
    let j = Journey::begin("template")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.select(&w).await?;
    w.click("[data-testid=roll-out]").await?;
    w.click("[data-testid=mode-template]").await?;
    let given = w.see("[data-testid=template]").await?.prop("value").await?.ok_or("the template is not shown")?;
    assert!(given.contains("changeover.dev/shop:v1"), "it begins with what runs: {given}");
    let image = given.lines().find(|l| l.contains("image: changeover.dev/shop:v1")).ok_or("no image")?;
    let at = " ".repeat(image.find("image:").unwrap_or_default());
    let more = image.replace(":v1", ":v2") + "\n" + &at + "env: [{name: GREETING, value: good evening}]";
    let typed = given.replace(image, &more);
    w.fill("[data-testid=template]", &typed).await?;
    w.click("[data-testid=walk-next]").await?;
    w.click("[data-testid=strategy-blue-green]").await?;
    w.click("[data-testid=param-finish-swap]").await?;
    w.fill("[data-testid=param-soak]", "3").await?;
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    w.reads("[data-testid=diff]", &["changeover.dev/shop:v2", "good evening"], PATIENCE).await?;
    let diff = w.lines("[data-testid=diff]").await?;
    let line = |sign: char, word: &str| diff.lines().any(|l| l.starts_with(sign) && l.contains(word));
    assert!(line('-', "shop:v1") && line('+', "shop:v2") && line('+', "good evening"), "{diff}");
    j.check_and_start(&w).await?;
    j.until_gate(&w).await?;

    let (blue, green) = (j.object("deployment/web")?, j.object("deployment/web-green")?);
    let mut wanted = blue["spec"]["template"]["spec"].clone();
    wanted["containers"][0]["image"] = "changeover.dev/shop:v2".into();
    wanted["containers"][0]["env"] = json!([{"name": "GREETING", "value": "good evening"}]);
    assert_eq!(green["spec"]["template"]["spec"], wanted, "green is what was typed");
    assert_eq!(blue["spec"]["template"]["spec"]["containers"][0]["image"], "changeover.dev/shop:v1", "blue is what it was");
    w.click("[data-testid=back-out]").await?;
    w.click("[data-testid=back-out-ok]").await?;
    j.state(&w, "backedOut").await?;
    assert_eq!(j.deployments()?, ["web"]);
    w.close().await
}

#[tokio::test]
async fn a_deployment_is_rolled_back_to_its_revision_before_and_that_is_undone() -> Outcome<()> {
    let j = Journey::begin("rollback")?;
    let first = j.object("deployment/web")?["spec"]["template"].clone();
    j.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:v2"])?;
    j.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"])?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.select(&w).await?;
    w.click("[data-testid=roll-back]").await?;
    w.see("[data-testid=rev-1][aria-checked=true]").await?;
    let current = w.see("[data-testid=rev-2]").await?.attr("aria-disabled").await?;
    assert_eq!(current.as_deref(), Some("true"), "what runs is no target");
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    let diff = w.lines("[data-testid=diff]").await?;
    let line = |sign: char, word: &str| diff.lines().any(|l| l.starts_with(sign) && l.contains(word));
    assert!(line('-', "shop:v2") && line('+', "shop:v1"), "{diff}");
    w.see("[data-testid=not-restored]").await?;
    j.check_and_start(&w).await?;
    j.until(&w, "[data-testid=run][data-state=done]").await?;
    says_what_was_done(&w, &["web"]).await?;
    let now = j.object("deployment/web")?;
    assert_eq!(now["spec"]["template"], first, "the template of revision 1");
    assert_eq!((&now["status"]["updatedReplicas"], &now["status"]["availableReplicas"]), (&json!(2), &json!(2)));
    let revision: &Value = &now["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
    assert_eq!(revision, "3", "its ReplicaSet is used again");
    // The undo of the undo: what was there before that run is chosen already.
    w.click("[data-testid=back-out]").await?;
    w.see("[data-testid=walk] [data-testid^=before-][aria-checked=true]").await?;
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    j.check_and_start(&w).await?;
    j.until(&w, "[data-testid=run][data-state=done]").await?;
    assert_eq!(j.object("deployment/web")?["spec"]["template"]["spec"]["containers"][0]["image"], "changeover.dev/shop:v2");
    w.close().await
}

/// From the map: a verb of the selected workload, by its button or by what `begin` does, to the end of its run.
async fn does(j: &Journey, w: &Window, verb: &str, replicas: Option<u32>) -> Outcome<()> {
    w.keys("gm").await?;
    j.select(w).await?;
    w.click(&format!("[data-testid=verb-{verb}][aria-disabled=false]")).await?;
    if let Some(n) = replicas {
        w.fill("[data-testid=param-replicas]", &n.to_string()).await?;
    }
    w.click("[data-testid=walk-next][aria-disabled=false]").await?;
    j.check_and_start(w).await?;
    j.until(w, "[data-testid=run][data-state=done]").await
}

#[tokio::test]
async fn the_verbs_that_leave_the_version_as_it_is() -> Outcome<()> {
    let j = Journey::begin("verbs")?;
    let w = j.window_of(&j.kubeconfig()?, (1024, 700)).await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    let pods = j.names("pods")?;

    does(&j, &w, "scale", Some(3)).await?;
    w.reads("[data-testid=headline]", &["as many pods are ready"], PATIENCE).await?;
    assert_eq!(j.object("deployment/web")?["status"]["availableReplicas"], 3);

    does(&j, &w, "restart", None).await?;
    let now = j.object("deployment/web")?;
    assert!(now["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].is_string(), "{}", now["spec"]);
    let ready = j.kubectl(&["get", "pods", "-o", "jsonpath={range .items[?(@.status.phase==\"Running\")]}{.metadata.name} {end}"])?;
    let old = ready.split_whitespace().filter(|pod| pods.iter().any(|p| p == pod) && !ready.is_empty());
    let ending = |pod: &str| j.object(&format!("pod/{pod}")).is_ok_and(|p| p["metadata"]["deletionTimestamp"].is_null());
    assert_eq!(old.filter(|pod| ending(pod)).count(), 0, "every pod is a new one: {ready}");

    does(&j, &w, "pause", None).await?;
    let now = j.object("deployment/web")?;
    assert_eq!(now["spec"]["paused"], true);
    assert!(now["metadata"]["annotations"]["changeover.dev/paused-by"].as_str().is_some_and(|why| why.contains("plan resume")));
    // What is paused can be resumed, and neither paused nor restarted.
    w.keys("gm").await?;
    j.select(&w).await?;
    w.see("[data-testid=verb-resume][aria-disabled=false]").await?;
    w.see("[data-testid=verb-restart][aria-disabled=true]").await?;
    assert!(w.client.find(Locator::Css("[data-testid=verb-pause]")).await.is_err());

    does(&j, &w, "resume", None).await?;
    let now = j.object("deployment/web")?;
    assert!(now["spec"]["paused"].is_null() && now["metadata"]["annotations"]["changeover.dev/paused-by"].is_null(), "{now}");
    w.close().await
}
