//! The window at home on a desktop: what it tells, keeps awake, remembers, and where links lead. On the real window with a message
//! bus of its own.

use std::process::Command;
use std::time::Duration;

use acceptance::Outcome;
use acceptance::desktop::Desktop;
use acceptance::journey::Journey;
use acceptance::until;
use acceptance::window::{PATIENCE, Start, Window};
use serde_json::{Value, json};

/// A desktop of its own, and how the journey's window is started on it.
fn on_a_desktop(j: &Journey) -> Outcome<(Desktop, Start)> {
    let desktop = Desktop::start(j.state.path())?;
    let mut start = Journey::start_of(&j.kubeconfig()?);
    start.env.extend(desktop.env());
    Ok((desktop, start))
}

#[tokio::test]
async fn whoever_looks_elsewhere_is_told_that_a_run_needs_them_and_the_computer_stays_awake_in_it() -> Outcome<()> {
    let j = Journey::begin("desktop")?;
    let (desktop, start) = on_a_desktop(&j)?;
    let w = Window::open(j.state.path(), &start).await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    until("it is kept awake", PATIENCE, || desktop.kept_from() == ["sleep:idle block"]);
    w.look_elsewhere()?;
    j.until_gate(&w).await?;
    until("it may sleep where the run waits", PATIENCE, || desktop.kept_from().is_empty());
    until("it is told", PATIENCE, || !desktop.shown().is_empty());
    let (summary, body) = &desktop.shown()[0];
    assert_eq!(summary, "web: needs you");
    assert!(body.contains(&j.namespace) && body.contains("v1 → v2"), "{body}");

    // A click on it leads to the run.
    w.keys("gm").await?;
    w.see("[data-testid=app][data-screen=map]").await?;
    desktop.click(0)?;
    w.see("[data-testid=app][data-screen=run]").await?;
    j.cut_over(&w).await?;
    until("it is kept awake in the soak", PATIENCE, || desktop.kept_from().len() == 1);
    w.look_elsewhere()?;
    j.back_out(&w).await?;
    until("it may sleep again", PATIENCE, || desktop.kept_from().is_empty());
    until("the end is told", PATIENCE, || desktop.shown().len() > 1);
    let mut told: Vec<String> = desktop.shown().into_iter().map(|(summary, _)| summary).collect();
    // Simulated pods have no data for the smoke check: they need somebody before the gate, too.
    told.dedup();
    assert_eq!(told, ["web: needs you", "web: backed out"], "never more than what somebody has to know");
    w.close().await
}

#[tokio::test]
async fn whoever_looks_at_the_window_is_told_nothing_beside_it() -> Outcome<()> {
    let j = Journey::begin("looked")?;
    let (desktop, start) = on_a_desktop(&j)?;
    let w = Window::open(j.state.path(), &start).await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    until("it is kept awake", PATIENCE, || !desktop.kept_from().is_empty());
    j.until_gate(&w).await?;
    // Told before this, if at all.
    until("it may sleep where the run waits", PATIENCE, || desktop.kept_from().is_empty());
    w.look_elsewhere()?;
    j.back_out(&w).await?;
    until("the end is told", PATIENCE, || !desktop.shown().is_empty());
    assert_eq!(desktop.shown().first().map(|(summary, _)| summary.as_str()), Some("web: backed out"));
    w.close().await
}

#[tokio::test]
async fn whoever_starts_it_again_is_led_to_the_window_that_is_there_and_a_link_connects_to_nothing_by_itself() -> Outcome<()> {
    let j = Journey::begin("again")?;
    let (_desktop, start) = on_a_desktop(&j)?;
    let w = Window::open(j.state.path(), &start).await?;
    w.see("[data-testid=app][data-screen=clusters]").await?;
    let config: Value = serde_saphyr::from_str(&std::fs::read_to_string(j.kubeconfig()?)?)?;
    let context = config["contexts"][0]["name"].as_str().ok_or("no context")?.to_string();
    let link = |rest: &str| Start { args: vec![format!("changeover://{context}/{rest}")], ..start.clone() };

    let again = w.start_again(j.state.path(), &link(&format!("{}/deploy/web", j.namespace)))?;
    assert!(again.status.success(), "{again:?}");
    w.reads("[data-testid=place]", &[&context, &format!("Deployment/{}/web", j.namespace)], PATIENCE).await?;
    assert_eq!(w.script("return document.querySelectorAll('[data-testid=map]').length", vec![]).await?, json!(0), "nothing is opened");
    w.click("[data-testid=place-go]").await?;
    w.reads("[data-testid=inspector-name]", &["web"], PATIENCE).await?;

    // In the context that is shown it is gone to at once.
    let again = w.start_again(j.state.path(), &link(&format!("{}/svc/web", j.namespace)))?;
    assert!(again.status.success(), "{again:?}");
    // By what only a Service has: WebDriver leaves out of a text what is clipped, as the line with the kind is.
    w.reads("[data-testid=inspector]", &["Cluster IP"], PATIENCE).await?;

    let wrong = w.start_again(j.state.path(), &link("x/y"))?;
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && said.contains("changeover://CONTEXT/NAMESPACE/KIND/NAME"), "{said}");
    w.close().await
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_context_is_told_in_the_window_and_on_the_terminal() -> Outcome<()> {
    let j = Journey::begin("diagnose")?;
    let file = j.kubeconfig()?;
    let mut config: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file)?)?;
    let cluster = config["contexts"][0]["context"]["cluster"].clone();
    let helper = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-helper", "interactiveMode": "Never"});
    config["users"].as_array_mut().ok_or("no users")?.push(json!({"name": "ann", "user": {"exec": helper}}));
    config["contexts"].as_array_mut().ok_or("no contexts")?.push(json!({"name": "cloud", "context": {"cluster": cluster, "user": "ann"}}));
    std::fs::write(&file, config.to_string())?;

    let w = j.window_on(&file).await?;
    w.see("[data-testid=app][data-screen=clusters]").await?;
    w.keys("gd").await?;
    w.reads("[data-context=cloud] [data-part=signIn]", &["no-such-helper", "not found on the PATH"], PATIENCE).await?;
    w.see("[data-testid=diagnostics-context]:first-of-type [data-part=authority]").await?;
    w.reads("[data-testid=log]", &["opens its window"], PATIENCE).await?;
    w.close().await?;

    let info = || -> Outcome<String> {
        let mut c = Command::new(acceptance::program("changeover")?);
        c.arg("info").arg("--kubeconfig").arg(&file).env("CHANGEOVER_STATE_DIR", j.state.path());
        // Neither a screen nor a bus is needed for it.
        let out = c.env_remove("DISPLAY").env("HTTPS_PROXY", "http://ann:hunter2@127.0.0.1:9").output()?;
        assert!(out.status.success(), "{out:?}");
        Ok(String::from_utf8(out.stdout)?)
    };
    let told = info()?;
    assert!(told.contains("no-such-helper: not found on the PATH") && told.contains("context cloud"), "{told}");
    assert!(told.contains(&j.state.path().join("log").display().to_string()) && !told.contains("hunter2"), "{told}");
    Ok(())
}

#[tokio::test]
async fn the_window_and_its_panes_come_back_as_large_as_they_were() -> Outcome<()> {
    let j = Journey::begin("size")?;
    let w = j.window_of(&j.kubeconfig()?, (1440, 900)).await?;
    w.client.set_window_size(1130, 760).await?;
    let width = || async { w.script("return window.innerWidth", vec![]).await };
    let until = tokio::time::Instant::now() + Duration::from_secs(10);
    while width().await? != json!(1130) {
        assert!(tokio::time::Instant::now() < until, "it is made smaller: {}", width().await?);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    j.connect(&w).await?;
    let inspector = "return Math.round(document.querySelector('[data-testid=inspector]').getBoundingClientRect().width)";
    let before = w.script(inspector, vec![]).await?.as_i64().ok_or("no width")?;
    w.script("document.querySelector('[data-testid=split-inspector]').focus()", vec![]).await?;
    let left = char::from(fantoccini::key::Key::Left).to_string();
    w.client.active_element().await?.send_keys(&left.repeat(2)).await?;
    assert_eq!(w.script(inspector, vec![]).await?, json!(before + 32));
    w.ask_to_close()?;
    w.ended().await?;
    let start = Start { as_it_is: true, ..Journey::start_of(&j.kubeconfig()?) };
    let w = Window::open(j.state.path(), &start).await?;
    w.see("[data-testid=app]").await?;
    assert_eq!(w.script("return [window.innerWidth, window.innerHeight]", vec![]).await?, json!([1130, 760]));
    j.connect(&w).await?;
    assert_eq!(w.script(inspector, vec![]).await?, json!(before + 32));
    w.close().await
}
