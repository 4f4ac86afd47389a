//! Takes the pictures of the README and the handbook from the real window on the lab: `cargo xtask pictures`. A copy of the
//! sample shop, in a home folder of its own, so that no picture shows where the checkout happens to be.

use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::journey::{HOLD, Journey, PODS, ask_no_registry};
use acceptance::window::{PATIENCE, Start, Window};
use acceptance::{Outcome, until};
use serde_json::{Value, json};

/// Kubernetes namespace of the copy.
const NAMESPACE: &str = "webshop";

#[tokio::main]
async fn main() -> Outcome<()> {
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/docs/images");
    let j = shop()?;
    let start = start(&j)?;
    let w = Window::open(j.state.path(), &start).await?;
    open(&w, &j).await?;
    w.keys("gc").await?;
    w.click("[data-context=staging] [data-testid=open-context]").await?;
    w.see("[data-testid=context-row][data-context=staging][data-state=unreachable]").await?;
    w.see("[data-testid=context-row][data-context=practice][data-state=live]").await?;
    // The row says it, too; the note would lie over what comes.
    w.click("[data-testid=toast] button").await?;
    both(&w, &to, "clusters").await?;
    open(&w, &j).await?;
    j.unlock(&w).await?;
    j.select(&w).await?;
    both(&w, &to, "map").await?;
    w.click("[data-testid=tab-events]").await?;
    take(&w, &to, "inspector").await?;
    w.click("[data-testid=tab-overview]").await?;
    for (setting, name) in [("language-en", ""), ("language-ko", "-ko")] {
        set(&w, setting).await?;
        w.click("[data-testid=roll-back]").await?;
        w.see("[data-testid=walk] .rev").await?;
        take(&w, &to, &format!("walk-back{name}")).await?;
        w.keys("gm").await?;
        j.select(&w).await?;
    }
    set(&w, "language-en").await?;
    theirs(&w, &j, &to).await?;
    for (setting, name) in [("theme-light", "-light"), ("language-ko", "-ko")] {
        set(&w, setting).await?;
        walk(&w, &to, name).await?;
        w.keys("gm").await?;
        set(&w, if name == "-ko" { "language-en" } else { "theme-dark" }).await?;
        j.select(&w).await?;
    }
    walk(&w, &to, "").await?;
    w.see("[data-testid=start][aria-disabled=false]").await?;
    w.hold("[data-testid=start]", HOLD).await?;
    w.see("[data-testid=run]").await?;

    // Seen, and gone back from.
    j.until_gate(&w).await?;
    w.click("[data-testid=back-out]").await?;
    w.see("[data-testid=back-out-ok]").await?;
    take(&w, &to, "back-out").await?;
    w.click("[data-testid=back-out-ok]").await?;
    j.state(&w, "backedOut").await?;
    take(&w, &to, "backed-out").await?;

    // Once more, to its end.
    w.keys("gm").await?;
    j.roll_out(&w, "v2", "swap", 45).await?;
    j.until_gate(&w).await?;
    w.see("[data-testid=approve][aria-disabled=false]").await?;
    both(&w, &to, "cutover").await?;
    set(&w, "language-ko").await?;
    take(&w, &to, "cutover-ko").await?;
    set(&w, "language-en").await?;
    w.close().await?;

    // The run is picked up in a small window: the same state folder, 1024 by 700.
    let small = Start { size: Some((1024, 700)), ..start };
    let w = Window::open(j.state.path(), &small).await?;
    open(&w, &j).await?;
    w.see("[data-testid=left-behind]").await?;
    take(&w, &to, "map-1024").await?;
    w.keys("gr").await?;
    w.see("[data-testid=left-behind-list]").await?;
    take(&w, &to, "left-behind-1024").await?;
    in_light_and_korean(&w, &to, "left-behind").await?;
    w.click("[data-testid=run-row]").await?;
    w.click("[data-testid=resume]").await?;
    j.until_gate(&w).await?;
    w.see("[data-testid=approve][aria-disabled=false]").await?;
    take(&w, &to, "cutover-1024").await?;
    j.cut_over(&w).await?;
    take(&w, &to, "soak-1024").await?;

    // A pipeline writes the selector as it knows it: both colours get traffic until the Service is pinned again.
    let chart = r#"{"spec":{"selector":{"changeover.dev/color":null}}}"#;
    j.kubectl(&["patch", "service", "web", "--type=merge", "-p", chart])?;
    w.see("[data-testid=choice-re-pin]").await?;
    take(&w, &to, "held-1024").await?;
    in_light_and_korean(&w, &to, "held").await?;
    w.keys("p").await?;
    w.see("[data-testid=run]:not([data-state=held])").await?;
    w.click("[data-testid=back-out]").await?;
    w.see("[data-testid=back-out-ok]").await?;
    take(&w, &to, "flip-back-1024").await?;
    w.escape().await?;
    j.finish(&w).await?;
    take(&w, &to, "report-1024").await?;
    w.close().await?;

    let w = Window::open(j.state.path(), &Start { size: Some((1440, 900)), ..small }).await?;
    open(&w, &j).await?;
    w.keys("gr").await?;
    w.see("[data-testid=run-row]").await?;
    take(&w, &to, "runs").await?;
    w.click("[data-testid=run-row]").await?;
    w.see("[data-testid=run][data-state=done]").await?;
    both(&w, &to, "report").await?;
    settings(&w).await?;
    w.see("[data-testid=settings]").await?;
    take(&w, &to, "settings").await?;
    w.escape().await?;
    w.keys("gd").await?;
    w.see("[data-testid=diagnostics-context][data-context=practice]").await?;
    // Settings lead back past it, so it is taken in one look.
    take(&w, &to, "diagnostics").await?;
    verbs(&w, &j, &to).await?;
    incident(&w, &j, &to).await?;
    w.close().await
}

/// A number of pods is asked for, and what is checked before.
async fn verbs(w: &Window, j: &Journey, to: &Path) -> Outcome<()> {
    w.keys("gm").await?;
    w.click(&format!("[data-node='Deployment/{}/api']", j.namespace)).await?;
    w.click("[data-testid=verb-scale]").await?;
    w.fill("[data-testid=param-replicas]", "0").await?;
    take(w, to, "scale-what").await?;
    w.click("[data-testid=walk-next][aria-disabled=false]").await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    take(w, to, "scale-check").await?;
    w.keys("gm").await
}

/// A release goes wrong: what broke it, and the way back, in all looks.
async fn incident(w: &Window, j: &Journey, to: &Path) -> Outcome<()> {
    j.kubectl(&["set", "image", "deployment/api", "*=changeover.dev/shop:crash-loop"])?;
    // The driver's `!` comes without Shift: pressed as a person does.
    w.keys(&format!("{}1", char::from(fantoccini::key::Key::Shift))).await?;
    w.reads("[data-testid=incident-headline]", &["api"], PODS).await?;
    let looks = [("theme-light", "-light"), ("theme-dark", "-dark"), ("language-ko", "-ko")];
    for (setting, name) in looks {
        set(w, setting).await?;
        w.see("[data-testid=incident] [data-testid=start]").await?;
        take(w, to, &format!("incident{name}")).await?;
    }
    set(w, "language-en").await?;
    w.client.set_window_size(1024, 700).await?;
    w.see("[data-testid=incident] [data-testid=start]").await?;
    take(w, to, "incident-1024").await
}

/// A colleague's run: seen, taken over and backed out, in all looks.
async fn theirs(w: &Window, j: &Journey, to: &Path) -> Outcome<()> {
    let _ann = j.colleague()?;
    j.until_listed(w, "elsewhere").await?;
    w.click("[data-testid=run-row]").await?;
    j.until(w, "[data-testid=run][data-state=elsewhere] [data-testid=back-out][data-kind=flipBack]").await?;
    both(w, to, "elsewhere").await?;
    for (language, size, name) in [("en", (1440, 900), ""), ("ko", (1440, 900), "-ko"), ("en", (1024, 700), "-1024")] {
        set(w, &format!("language-{language}")).await?;
        w.client.set_window_size(size.0, size.1).await?;
        if !name.is_empty() {
            take(w, to, &format!("elsewhere{name}")).await?;
        }
        w.click("[data-testid=take-over]").await?;
        w.see("[data-testid=take-over-dialog]").await?;
        take(w, to, &format!("take-over{name}")).await?;
        w.escape().await?;
    }
    w.client.set_window_size(1440, 900).await?;
    w.click("[data-testid=take-over]").await?;
    w.fill("[data-testid=take-over-reason]", "ann cannot be reached").await?;
    w.hold("[data-testid=take-over-steal]", HOLD).await?;
    w.see("[data-testid=run][data-state=held] [data-testid=choice-back-out]").await?;
    take(w, to, "taken-over").await?;
    w.click("[data-testid=choice-back-out]").await?;
    j.state(w, "backedOut").await?;
    w.keys("gm").await?;
    j.select(w).await
}

/// A copy of the sample shop, with everything that belongs to it, in a namespace with a name that one can read.
fn shop() -> Outcome<Journey> {
    let j = Journey::of(NAMESPACE)?;
    let there = || j.lab.kubectl(&["get", "namespace", NAMESPACE]).is_ok();
    if there() {
        j.lab.kubectl(&["delete", "namespace", NAMESPACE])?;
        until("the shop of an earlier time is gone", Duration::from_secs(120), || !there());
    }
    j.lab.kubectl(&["create", "namespace", NAMESPACE])?;
    let file = j.state.path().join("shop.yaml");
    std::fs::write(&file, acceptance::sample_shop(NAMESPACE, "shop.example.com", &[]))?;
    j.lab.apply(&file)?;
    for name in ["deployment/web", "deployment/api"] {
        j.kubectl(&["rollout", "status", name, "--timeout=120s"])?;
    }
    // Somebody has rolled a bad version out, and gone back.
    j.kubectl(&["set", "image", "deployment/web", "web=changeover.dev/shop:crash-loop"])?;
    let crashes =
        || j.kubectl(&["get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}"]).is_ok_and(|i| i.contains("crash-loop"));
    until("a bad version", Duration::from_secs(60), crashes);
    j.kubectl(&["rollout", "undo", "deployment/web"])?;
    j.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"])?;
    Ok(j)
}

/// A home folder: the lab's context, one that may read only, and one whose server is not there.
fn start(j: &Journey) -> Outcome<Start> {
    let home = j.state.path().join("home");
    std::fs::create_dir_all(home.join(".kube"))?;
    let mut config: Value = serde_saphyr::from_str(&std::fs::read_to_string(j.lab.kubeconfig())?)?;
    let context = |name: &str, cluster: &str, user: &str| json!({"name": name, "context": {"cluster": cluster, "user": user, "namespace": NAMESPACE}});
    let admin = config["users"][0]["name"].as_str().unwrap_or_default().to_string();
    let viewer = j.lab.token("viewer").ok_or("the lab has no viewer")?;
    config["users"] = json!([config["users"][0], {"name": "viewer", "user": {"token": viewer}}]);
    let authority = config["clusters"][0]["cluster"]["certificate-authority-data"].clone();
    let away = json!({"name": "staging", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": authority}});
    config["clusters"] = json!([config["clusters"][0], away]);
    config["contexts"] = json!([
        context("practice", "practice", &admin),
        context("practice-readers", "practice", "viewer"),
        context("staging", "staging", &admin)
    ]);
    std::fs::write(home.join(".kube/config"), config.to_string())?;
    let state = ".local/state/changeover";
    std::fs::create_dir_all(home.join(state))?;
    ask_no_registry(&home.join(state))?;
    let env = [("KUBECONFIG", ".kube/config"), ("LANG", "C.UTF-8"), ("CHANGEOVER_STATE_DIR", state)];
    let env = env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    Ok(Start { env, size: Some((1440, 900)), dir: Some(home), ..Start::default() })
}

/// From the list of clusters to the shop's map.
async fn open(w: &Window, j: &Journey) -> Outcome<()> {
    w.see("[data-testid=context-row]").await?;
    w.click("[data-context=practice] [data-testid=open-context]").await?;
    w.see(&format!("[data-node='Deployment/{}/web']", j.namespace)).await?;
    w.see("[data-testid=freshness][data-state=live]").await?;
    Ok(())
}

/// The walk up to its plan; the pictures' names end with `name`.
async fn walk(w: &Window, to: &Path, name: &str) -> Outcome<()> {
    w.click("[data-testid=roll-out]").await?;
    w.fill("[data-testid=image-web]", "changeover.dev/shop:v2").await?;
    take(w, to, &format!("walk-what{name}")).await?;
    w.click("[data-testid=walk-next]").await?;
    w.click("[data-testid=strategy-blue-green]").await?;
    w.click("[data-testid=param-finish-swap]").await?;
    take(w, to, &format!("walk-how{name}")).await?;
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    take(w, to, &format!("walk-check{name}")).await?;
    w.click("[data-testid=walk-next]").await?;
    w.click("[data-testid=plan-step][data-step=cut-over]").await?;
    take(w, to, &format!("walk-plan{name}")).await
}

/// Dark and light; dark stays.
async fn both(w: &Window, to: &Path, name: &str) -> Outcome<()> {
    for theme in ["light", "dark"] {
        set(w, &format!("theme-{theme}")).await?;
        take(w, to, &format!("{name}-{theme}")).await?;
    }
    Ok(())
}

async fn take(w: &Window, to: &Path, name: &str) -> Outcome<()> {
    // Two frames, so that what was asked for is drawn.
    let two_frames = "const done = arguments[arguments.length - 1]; requestAnimationFrame(() => requestAnimationFrame(() => done(0)))";
    w.client.execute_async(two_frames, vec![]).await?;
    let file: PathBuf = to.join(format!("{name}.png"));
    w.picture(&file).await?;
    println!("{}", file.display());
    Ok(())
}

/// The same screen in the other theme and in the other language.
async fn in_light_and_korean(w: &Window, to: &Path, name: &str) -> Outcome<()> {
    for (setting, back, sort) in [("theme-light", "theme-dark", "light"), ("language-ko", "language-en", "ko")] {
        set(w, setting).await?;
        take(w, to, &format!("{name}-{sort}")).await?;
        set(w, back).await?;
    }
    Ok(())
}

/// Changes a setting where a user does, and comes back.
async fn set(w: &Window, id: &str) -> Outcome<()> {
    let screen = w.see("[data-testid=app]").await?.attr("data-screen").await?.unwrap_or_default();
    settings(w).await?;
    w.click(&format!("[data-testid={id}]")).await?;
    w.escape().await?;
    w.reads(&format!("[data-testid=app][data-screen={screen}]"), &[""], PATIENCE).await?;
    Ok(())
}

async fn settings(w: &Window) -> Outcome<()> {
    w.keys(&(char::from(fantoccini::key::Key::Control).to_string() + ",")).await
}
