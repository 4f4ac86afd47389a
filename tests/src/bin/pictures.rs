//! Takes the pictures of the README and the handbook from the real window on the lab: `cargo xtask pictures`.

use std::path::{Path, PathBuf};

use acceptance::Outcome;
use acceptance::journey::{HOLD, Journey};
use acceptance::window::{PATIENCE, Window};

#[tokio::main]
async fn main() -> Outcome<()> {
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/docs/images");
    let j = Journey::begin("pictures")?;
    let kubeconfig = j.kubeconfig()?;
    let w = j.window().await?;
    w.see("[data-testid=context-row]").await?;
    both(&w, &to, "clusters").await?;
    j.connect(&w).await?;
    j.unlock(&w).await?;
    w.click(&format!("[data-node='Deployment/{}/web']", j.namespace)).await?;
    w.reads("[data-testid=inspector-name]", &["web"], PATIENCE).await?;
    both(&w, &to, "map").await?;
    walk(&w, &to).await?;
    j.until_gate(&w).await?;
    both(&w, &to, "cutover").await?;
    set(&w, "language-ko").await?;
    take(&w, &to, "cutover-ko").await?;
    set(&w, "language-en").await?;
    w.close().await?;

    // The run is picked up in a small window: the same state folder, 1024 by 700.
    let w = j.window_of(&kubeconfig, (1024, 700)).await?;
    j.connect(&w).await?;
    w.client.find(fantoccini::Locator::Css("body")).await?.send_keys("gr").await?;
    w.click("[data-testid=run-row]").await?;
    w.click("[data-testid=resume]").await?;
    j.until_gate(&w).await?;
    take(&w, &to, "cutover-1024").await?;
    w.hold("[data-testid=approve]", HOLD).await?;
    w.see("[data-testid=back-out][data-kind=flipBack]").await?;
    take(&w, &to, "soak-1024").await?;
    w.close().await
}

async fn walk(w: &Window, to: &Path) -> Outcome<()> {
    w.click("[data-testid=roll-out]").await?;
    w.fill("[data-testid=image-web]", "changeover.dev/shop:v2").await?;
    w.click("[data-testid=walk-next]").await?;
    w.click("[data-testid=strategy-blue-green]").await?;
    w.click("[data-testid=param-finish-swap]").await?;
    take(w, to, "walk-how").await?;
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    take(w, to, "walk-check").await?;
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=plan-step]").await?;
    take(w, to, "walk-plan").await?;
    w.click("[data-testid=start]").await?;
    w.see("[data-testid=run]").await?;
    Ok(())
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

/// Changes a setting where a user does, and comes back.
async fn set(w: &Window, id: &str) -> Outcome<()> {
    use fantoccini::key::Key;
    let keys = |keys: &[Key], more: &str| keys.iter().map(|k| char::from(*k)).collect::<String>() + more;
    let screen = w.see("[data-testid=app]").await?.attr("data-screen").await?.unwrap_or_default();
    let body = w.client.find(fantoccini::Locator::Css("body")).await?;
    body.send_keys(&keys(&[Key::Control], ",")).await?;
    w.click(&format!("[data-testid={id}]")).await?;
    w.client.find(fantoccini::Locator::Css("body")).await?.send_keys(&keys(&[Key::Escape], "")).await?;
    w.see(&format!("[data-testid=app][data-screen={screen}]")).await?;
    Ok(())
}
