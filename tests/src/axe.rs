//! What somebody who cannot see the page, or cannot tell its colours apart, is given: axe-core on the page as it is now.

use serde_json::{Value, json};

use crate::Outcome;
use crate::window::Window;

/// Every rule of axe but those for a whole site: this is a program, and a page of it has no bypass blocks.
const RUN: &str = "const [rules, done] = arguments;
    axe.run(document, { resultTypes: ['violations'], ...(rules.length > 0 ? { runOnly: rules } : {}) }).then(
      (r) => done(r.violations.map((v) => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | ')}`)),
      (e) => done([String(e)]));";

/// The library, of the page's own packages.
pub struct Axe(String);

impl Axe {
    /// Reads it.
    pub fn read() -> Outcome<Axe> {
        Ok(Axe(std::fs::read_to_string(xtask::places::checkout().join("frontend/node_modules/axe-core/axe.min.js"))?))
    }

    /// Lays it into the page, where it stays until the page is loaded anew.
    pub async fn lay(&self, w: &Window) -> Outcome<()> {
        w.script(&format!("{}; return typeof window.axe", self.0), vec![]).await.map(drop)
    }
}

/// What a theme changes: nothing else can be wrong in one and right in another.
pub const COLOURS: &[&str] = &["color-contrast", "link-in-text-block"];

/// What is wrong with a page that it was laid into, by these rules or by all: rule, weight, nodes.
pub async fn wrong(w: &Window, rules: &[&str]) -> Outcome<Vec<String>> {
    let said = w.client.execute_async(RUN, vec![json!(rules)]).await?;
    let all = said.as_array().cloned().unwrap_or_else(|| vec![json!(format!("axe said {said}"))]);
    Ok(all.iter().filter_map(Value::as_str).map(String::from).collect())
}
