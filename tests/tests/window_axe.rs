//! What somebody who cannot see the window, or cannot tell its colours apart, is given: axe on every screen of the real window, in
//! both themes and both languages.

use acceptance::Outcome;
use acceptance::axe::{self, Axe};
use acceptance::journey::Journey;
use acceptance::window::Window;

struct Looker<'w> {
    w: &'w Window,
    as_it_is: String,
    found: Vec<String>,
}

impl Looker<'_> {
    async fn look(&mut self, screen: &str) -> Outcome<()> {
        self.found.extend(axe::wrong(self.w, &[]).await?.iter().map(|v| format!("{screen}, {}: {v}", self.as_it_is)));
        Ok(())
    }

    /// Opens something over the screen by its keys, looks, and closes it.
    async fn over(&mut self, keys: &str, css: &str, screen: &str) -> Outcome<()> {
        self.w.keys(keys).await?;
        self.w.see(css).await?;
        self.look(screen).await?;
        self.w.escape().await
    }
}

#[tokio::test]
async fn every_screen_passes_axe_in_both_themes_and_languages() -> Outcome<()> {
    let axe = Axe::read()?;
    let j = Journey::begin("axe")?;
    let w = j.window().await?;
    w.see("[data-testid=app][data-screen=clusters]").await?;
    axe.lay(&w).await?;
    let mut found = vec![];
    for (theme, language) in [("dark", "en"), ("light", "ko"), ("light", "en")] {
        let ctrl = char::from(fantoccini::key::Key::Control);
        w.keys(&format!("{ctrl},")).await?;
        w.click(&format!("[data-testid=theme-{theme}]")).await?;
        w.click(&format!("[data-testid=language-{language}]")).await?;
        w.see(&format!("html[data-theme={theme}][lang={language}]")).await?;
        let mut a = Looker { w: &w, as_it_is: format!("{theme}, {language}"), found: vec![] };
        a.look("settings").await?;
        w.escape().await?;
        w.keys("gc").await?;
        w.see("[data-testid=app][data-screen=clusters]").await?;
        a.look("clusters").await?;
        j.connect(&w).await?;
        w.see(&format!("[data-node='Deployment/{}/web']", j.namespace)).await?;
        a.look("map").await?;
        w.click(&format!("[data-node='Deployment/{}/web']", j.namespace)).await?;
        for tab in ["versions", "config", "events", "yaml", "overview"] {
            w.click(&format!("[data-testid=tab-{tab}]")).await?;
            a.look(&format!("inspector, {tab}")).await?;
        }
        w.keys("t").await?;
        w.see("table").await?;
        a.look("list").await?;
        w.keys("t").await?;
        a.over("gd", "[data-testid=diagnostics-context]", "diagnostics").await?;
        a.over("gr", "[data-testid=app][data-screen=runs]", "runs").await?;
        let shift = char::from(fantoccini::key::Key::Shift);
        a.over(&format!("{shift}1"), "[data-testid=incident-headline]", "incident").await?;
        a.over(&format!("{shift}/"), "[role=dialog]", "keys").await?;
        a.over(&format!("{ctrl}k"), "[role=dialog]", "commands").await?;
        w.click(&format!("[data-node='Deployment/{}/web']", j.namespace)).await?;
        a.over("u", "[data-testid=walk] h1", "walk of a rollback").await?;
        found.extend(a.found);
    }
    // One run, seen in both themes at its gate.
    j.unlock(&w).await?;
    j.start(&w, "v2", "swap").await?;
    j.until_gate(&w).await?;
    for theme in ["light", "dark"] {
        let js = "document.documentElement.dataset.theme = arguments[0]";
        w.script(js, vec![theme.into()]).await?;
        let mut a = Looker { w: &w, as_it_is: theme.into(), found: vec![] };
        a.look("run at its gate").await?;
        a.over("b", "[data-testid=back-out-ok]", "back out").await?;
        a.over("e", "[data-testid=report-screen] h2", "report").await?;
        w.ask_to_close()?;
        w.see("[data-testid=leaving-run]").await?;
        a.look("closing in the middle").await?;
        w.escape().await?;
        found.extend(a.found);
    }
    w.click("[data-testid=back-out]").await?;
    w.click("[data-testid=back-out-ok]").await?;
    j.state(&w, "backedOut").await?;
    let mut a = Looker { w: &w, as_it_is: "dark".into(), found: vec![] };
    a.look("run that was backed out").await?;
    found.extend(a.found);
    assert!(found.is_empty(), "{}", found.join("\n"));
    w.close().await
}
