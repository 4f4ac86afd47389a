//! A window on a cluster whose words want out: names, images, causes and events that are HTML, terminal codes, right-to-left marks
//! and letters, NUL, or as long as the API lets them be. In no pane do they become anything but text, and nothing hides in it.

use acceptance::Outcome;
use acceptance::journey::{HOLD, Journey};
use acceptance::window::{PATIENCE, Start, Window};
use serde_json::{Value, json};

const HTML: &str = "\"><img src=x onerror=window.hit=1><script>window.hit=2</script>";

/// Letters that go from right to left by themselves.
const HEBREW: &str = "\u{5e9}\u{5dc}\u{5d5}\u{5dd}";

fn evil() -> String {
    format!("{HTML}\u{1b}[31mred\u{202e}gpj.exe\u{0} {HEBREW} 12")
}

/// What has got out of being text, if anything.
const OUT: &str = r"
    // Letters from right to left are isolated, each pair of signs around some of them.
    const isolated = /\u2068[\u0590-\u08ff ]+\u2069/g;
    const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u0590-\u08ff]/;
    const raw = { test: (text) => hidden.test(text.replace(isolated, '')) };
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
    // What signs in says something evil, too, and fails.
    let script = r#"printf '%s' "$0" >&2; exit 1"#;
    let args = json!(["-c", script, evil().replace('\0', "")]);
    let exec =
        json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": args, "env": [{"name": "TEXT", "value": HTML}]});
    config["users"].as_array_mut().ok_or("no users")?.push(json!({"name": "sso", "user": {"exec": exec}}));
    let sso = json!({"cluster": config["contexts"][0]["context"]["cluster"], "user": "sso"});
    config["contexts"].as_array_mut().ok_or("no contexts")?.insert(1, json!({"name": "sso", "context": sso}));
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
    run(&j, &mut a).await?;
    let mut found = a.found;
    w.close().await?;
    found.extend(questions(&j, &config).await?);
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// From the walk to the report, with a reason that wants out, too.
async fn run(j: &Journey, a: &mut Watch<'_>) -> Outcome<()> {
    let w = a.w;
    j.unlock(w).await?;
    j.select(w).await?;
    w.click("[data-testid=roll-out]").await?;
    w.fill("[data-testid=image-web]", "changeover.dev/shop:v2").await?;
    w.click("[data-testid=walk-next]").await?;
    w.click("[data-testid=strategy-blue-green]").await?;
    a.pane("choice of the strategy").await?;
    w.click("[data-testid=param-finish-swap]").await?;
    w.fill("[data-testid=param-soak]", "600").await?;
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=walk-next][aria-disabled=false]").await?;
    a.pane("check").await?;
    w.click("[data-testid=walk-next]").await?;
    w.see("[data-testid=plan-step]").await?;
    w.script("for (const e of document.querySelectorAll('[data-testid=plan-step][aria-expanded=false]')) e.click()", vec![]).await?;
    a.pane("plan, each step with its writes").await?;
    w.fill("[data-testid=reason]", &format!("{HTML}\u{202e}gpj {HEBREW} 12")).await?;
    w.hold("[data-testid=start]", HOLD).await?;
    w.see("[data-testid=run]").await?;
    a.pane("run").await?;
    j.until_gate(w).await?;
    a.pane("run at its gate, with its evidence").await?;
    w.click("[data-testid=break-glass]").await?;
    a.pane("break-glass card").await?;
    w.escape().await?;
    w.keys("e").await?;
    w.reads("[data-testid=report-screen]", &["<img src=x onerror"], PATIENCE).await?;
    a.pane("report").await?;
    w.keys("gr").await?;
    w.reads("[data-testid=run-row]", &["web"], PATIENCE).await?;
    a.pane("list of runs").await?;
    w.click("[data-testid=run-row]").await?;
    w.click("[data-testid=back-out]").await?;
    a.pane("question before backing out").await?;
    w.click("[data-testid=back-out-ok]").await?;
    j.state(w, "backedOut").await?;
    a.pane("run that was backed out").await?;
    w.keys("gm").await?;
    w.see("[data-testid=timeline]").await?;
    a.pane("map with its timeline").await
}

/// The questions before a place and before a program, and what is kept of the program.
async fn questions(j: &Journey, config: &Value) -> Outcome<Vec<String>> {
    let part = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let context = config["contexts"].as_array().and_then(|all| all.last()).and_then(|c| c["name"].as_str()).ok_or("no context")?;
    // Of controls a link is refused.
    let name = part(&format!("{HTML}\u{202e}gpj {HEBREW} 12"));
    let place = format!("changeover://{}/{name}/Deployment/{name}", part(context));
    let start = Start { args: vec![place], size: Some((1440, 900)), ..Journey::start_of(&j.state.path().join("kubeconfig")) };
    let w = Window::open(j.state.path(), &start).await?;
    let mut a = Watch { w: &w, found: vec![] };
    w.reads("[data-testid=place]", &["<img src=x onerror", "⟨U+202E⟩"], PATIENCE).await?;
    a.pane("question before a place").await?;
    w.click("[data-testid=place-stay]").await?;
    w.keys("gc").await?;
    w.click("[data-testid=context-row][data-context=sso] [data-testid=open-context]").await?;
    w.reads("[data-testid=program]", &["<img src=x onerror", "⟨U+202E⟩"], PATIENCE).await?;
    a.pane("question before a program").await?;
    w.click("[data-testid=approve-program]").await?;
    w.reads("body", &["gave no credentials", "<img src=x onerror"], PATIENCE).await?;
    a.pane("a program that failed").await?;
    w.keys(&format!("{},", char::from(fantoccini::key::Key::Control))).await?;
    w.reads("[data-testid=program-row]", &["<img src=x onerror"], PATIENCE).await?;
    a.pane("settings").await?;
    let found = a.found;
    w.close().await?;
    Ok(found)
}
