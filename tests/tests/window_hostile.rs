//! A window on a cluster whose words want out: names, images, causes and events that are HTML, terminal codes, right-to-left marks,
//! NUL, or as long as the API lets them be. In no pane do they become anything but text, and nothing hides in it.

use acceptance::Outcome;
use acceptance::journey::Journey;
use acceptance::window::{PATIENCE, Window};
use serde_json::{Value, json};

const HTML: &str = "\"><img src=x onerror=window.hit=1><script>window.hit=2</script>";

fn evil() -> String {
    format!("{HTML}\u{1b}[31mred\u{202e}gpj.exe\u{0}")
}

/// What has got out of being text, if anything.
const OUT: &str = r"
    const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;
    const out = [];
    if (window.hit !== undefined) out.push('a script has run: ' + window.hit);
    for (const e of document.querySelectorAll('img, iframe, object, embed, base, form, meta[http-equiv=refresh]')) out.push('an element: ' + e.outerHTML);
    for (const e of document.querySelectorAll('script')) if (e.textContent.includes('window.hit')) out.push('a script');
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) if (raw.test(texts.currentNode.data)) out.push('hidden in text: ' + JSON.stringify(texts.currentNode.data.slice(0, 200)));
    for (const e of document.querySelectorAll('*')) for (const name of ['title', 'aria-label', 'placeholder'])
      if (raw.test(e.getAttribute(name) ?? '')) out.push('hidden in ' + name + ' of ' + e.tagName + ' ' + (e.dataset.testid ?? e.className) + ': ' + JSON.stringify(e.getAttribute(name).slice(0, 200)));
    if (document.scrollingElement.scrollWidth > innerWidth) out.push('wider than the window: ' + document.scrollingElement.scrollWidth);
    return out;";

struct Watch<'w> {
    w: &'w Window,
    found: Vec<String>,
}

impl Watch<'_> {
    async fn pane(&mut self, name: &str) -> Outcome<()> {
        let out = self.w.script(OUT, vec![]).await?;
        self.found.extend(out.as_array().into_iter().flatten().filter_map(Value::as_str).map(|o| format!("{name}: {o}")));
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_a_cluster_says_becomes_more_than_text_in_any_pane() -> Outcome<()> {
    let j = Journey::begin("hostile")?;
    let ns = &j.namespace;
    let (long, label) = ("l".repeat(253), "m".repeat(63));
    let cause = json!({"metadata": {"annotations": {"kubernetes.io/change-cause": evil()}}}).to_string();
    j.kubectl(&["patch", "deployment", "web", "-p", &cause])?;
    j.kubectl(&["set", "env", "deployment/web", &format!("BANNER={HTML}")])?;
    j.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"])?;
    let template = json!({"metadata": {"labels": {"app": label}, "annotations": {"note": evil()}}, "spec": {"containers": [
        {"name": "c", "image": format!("{HTML}:1"), "args": [evil()], "env": [{"name": "TEXT", "value": evil()}]}]}});
    let deployment = |name: &str, replicas: u32| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns, "annotations": {"kubernetes.io/change-cause": evil()}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": label}}, "template": template}})
    };
    j.apply(&deployment("evil", 1))?;
    j.apply(&deployment(&long, 0))?;
    j.apply(&json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s".repeat(63), "namespace": ns},
        "spec": {"selector": {"app": label}, "ports": [{"port": 80}]}}))?;
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "evil", "namespace": ns},
        "involvedObject": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": ns, "uid": j.object("deployment/web")?["metadata"]["uid"]},
        "reason": evil(), "message": evil(), "type": "Warning", "count": 3, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z"});
    j.apply(&event)?;

    let file = j.kubeconfig()?;
    let mut config: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file)?)?;
    let context =
        json!({"cluster": config["contexts"][0]["context"]["cluster"], "user": config["contexts"][0]["context"]["user"], "namespace": ns});
    config["contexts"].as_array_mut().ok_or("no contexts")?.push(json!({"name": format!("{HTML}\u{202e}gpj"), "context": context}));
    std::fs::write(&file, config.to_string())?;

    let w = j.window_on(&file).await?;
    w.see("[data-testid=context-row]").await?;
    let mut a = Watch { w: &w, found: vec![] };
    a.pane("clusters").await?;
    j.connect(&w).await?;
    w.see(&format!("[data-node='Deployment/{ns}/{long}']")).await?;
    a.pane("map").await?;
    for name in ["web", "evil"] {
        w.script("document.querySelector(arguments[0]).click()", vec![format!("[data-node='Deployment/{ns}/{name}']").into()]).await?;
        w.reads("[data-testid=inspector-name]", &[name], PATIENCE).await?;
        for tab in ["versions", "config", "events", "yaml", "overview"] {
            w.click(&format!("[data-testid=tab-{tab}]")).await?;
            a.pane(&format!("inspector of {name}, {tab}")).await?;
            if (name, tab) == ("web", "events") {
                w.reads("[data-testid=inspector]", &["<img src=x onerror", "⟨U+202E⟩", "⟨U+001B⟩"], PATIENCE).await?;
            }
        }
        let ctrl = char::from(fantoccini::key::Key::Control);
        let shift = char::from(fantoccini::key::Key::Shift);
        let ways: [(&str, &str); 5] = [
            ("t", "table"),
            ("gr", "[data-testid=app][data-screen=runs]"),
            ("gd", "[data-testid=diagnostics-context]"),
            (&format!("{ctrl}k"), "[role=dialog]"),
            (&format!("{shift}1"), "[data-testid=change]"),
        ];
        for (keys, css) in ways {
            w.keys(keys).await?;
            w.see(css).await?;
            a.pane(&format!("{css}, {name} selected")).await?;
            if keys == "t" { w.keys("t").await? } else { w.escape().await? }
        }
        for keys in ["u", "r"] {
            w.keys(keys).await?;
            w.see("[data-testid=walk] h1").await?;
            a.pane(&format!("walk by {keys}, {name}")).await?;
            w.escape().await?;
            w.see("[data-testid=map]").await?;
        }
    }
    assert!(a.found.is_empty(), "{}", a.found.join("\n"));
    w.close().await
}
