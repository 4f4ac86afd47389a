//! What the window says of an image that is entered, held against a real registry on this machine.
//!
//! Grounds as in `window_journeys.rs`.

use std::time::Duration;

use acceptance::Outcome;
use acceptance::journey::Journey;
use acceptance::registry::{Built, Registry};
use acceptance::window::PATIENCE;
use fantoccini::key::Key;

#[tokio::test]
async fn the_registry_is_asked_for_an_image_that_is_entered_once_that_is_wanted() -> Outcome<()> {
    let registry = Registry::here();
    let there = registry.push("v2", "v2", Built::Here);
    registry.push("mainframe", "v2", Built::ElsewhereAndSaysSo);
    let j = Journey::begin("images")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.select(&w).await?;
    w.click("[data-testid=roll-out]").await?;
    w.fill("[data-testid=image-web]", &registry.image("v2")).await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    w.gone("[data-testid=image-answer]").await?;
    // Nobody is asked until that is wanted.
    w.press(&[char::from(Key::Control), ','], Duration::ZERO).await?;
    w.click("[data-testid=registries-true]").await?;
    w.see("[data-testid=registries-true][aria-checked=true]").await?;
    w.keys("gm").await?;
    j.select(&w).await?;
    w.click("[data-testid=roll-out]").await?;

    let digest = there.rsplit('@').next().unwrap_or_default();
    for (image, state, words) in [
        (registry.image("v2"), "found", &["in the registry, for linux/", &digest[..19]][..]),
        (there.clone(), "found", &["in the registry, for linux/"]),
        (registry.image("mainframe"), "found", &["in the registry, for linux/s390x"]),
        (registry.image("v3"), "missing", &["not in the registry"]),
        ("localhost:1/shop:v2".into(), "unreachable", &["Connection refused"]),
    ] {
        w.fill("[data-testid=image-web]", &image).await?;
        w.reads(&format!("[data-testid=image-answer][data-state={state}]"), words, PATIENCE).await?;
    }
    w.fill("[data-testid=image-web]", "No Image").await?;
    w.reads("[data-testid=image-answer]", &["is not the name of an image"], PATIENCE).await?;
    // Nobody is stopped by it.
    w.fill("[data-testid=image-web]", &registry.image("v3")).await?;
    w.reads("[data-testid=image-answer]", &["not in the registry"], PATIENCE).await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    w.close().await
}
