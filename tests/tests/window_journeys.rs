//! Journeys through the real window on a real cluster: what an operator does, and what the cluster says afterwards.
//!
//! One lab for all (`CHANGEOVER_LAB_DIR`, a real node where `cargo xtask test` runs them; else the practice lab), a
//! Kubernetes namespace and a state folder for each journey.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use acceptance::Outcome;
use acceptance::window::{PATIENCE, Start, Window};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::lab::{Lab, LabDir, Options};

const HOLD: Duration = Duration::from_millis(1200);
/// A colour's pods start, or end, within this on a loaded machine.
const PODS: Duration = Duration::from_secs(90);

fn lab() -> Outcome<Lab> {
    match Lab::open(LabDir::usual()) {
        Ok(lab) => Ok(lab),
        Err(_) => Ok(Lab::up(LabDir::usual(), &Options::practice())?.0),
    }
}

/// A namespace with `web`: two pods of v1 behind one Service.
struct Journey {
    lab: Lab,
    namespace: String,
    state: TempDir,
}

impl Journey {
    fn begin(name: &str) -> Outcome<Journey> {
        let journey = Journey { lab: lab()?, namespace: format!("window-{name}-{}", std::process::id()), state: tempfile::tempdir()? };
        let file = journey.state.path().join("scene.json");
        std::fs::write(&file, scene(&journey.namespace).to_string())?;
        journey.lab.apply(&file)?;
        journey.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"])?;
        Ok(journey)
    }

    fn kubectl(&self, arguments: &[&str]) -> Outcome<String> {
        Ok(self.lab.kubectl(&[&["-n", &self.namespace], arguments].concat())?)
    }

    fn selector(&self) -> Outcome<Value> {
        Ok(serde_json::from_str(&self.kubectl(&["get", "service", "web", "-o", "jsonpath={.spec.selector}"])?)?)
    }

    fn deployments(&self) -> Outcome<Vec<String>> {
        let names = self.kubectl(&["get", "deployments", "-o", "jsonpath={.items[*].metadata.name}"])?;
        Ok(names.split_whitespace().map(String::from).collect())
    }

    /// The lab's own, with the journey's namespace as the context's: what a user of one namespace has.
    fn kubeconfig(&self) -> Outcome<PathBuf> {
        let file = self.state.path().join("kubeconfig");
        let text = std::fs::read_to_string(self.lab.kubeconfig())?;
        let mut config: Value = serde_saphyr::from_str(&text)?;
        config["contexts"][0]["context"]["namespace"] = json!(self.namespace);
        std::fs::write(&file, config.to_string())?;
        Ok(file)
    }

    async fn window(&self) -> Outcome<Window> {
        let kubeconfig = self.kubeconfig()?;
        let env = vec![("KUBECONFIG".into(), kubeconfig.display().to_string()), ("LANG".into(), "C.UTF-8".into())];
        Window::open(self.state.path(), &Start { env, ..Start::default() }).await
    }

    /// From the list of clusters to the map of the journey's namespace.
    async fn connect(&self, w: &Window) -> Outcome<()> {
        w.see("[data-testid=context-row]").await?;
        w.click("[data-testid=open-context]").await?;
        w.see("[data-testid=map]").await?;
        w.see(&format!("[data-node='Deployment/{}/web']", self.namespace)).await?;
        Ok(())
    }

    /// Lets the open context be written to.
    async fn unlock(&self, w: &Window) -> Outcome<()> {
        w.click("[data-testid=writes]").await?;
        if let Ok(field) = w.client.find(fantoccini::Locator::Css("[data-testid=unlock-name]")).await {
            let name = w.see("[data-testid=badge]").await?.text().await?;
            let name = name.split_whitespace().next().unwrap_or_default().to_string();
            field.send_keys(&name).await?;
        }
        w.click("[data-testid=unlock-ok]").await
    }

    /// From the map to a started run.
    async fn start(&self, w: &Window, version: &str, finish: &str) -> Outcome<()> {
        w.click(&format!("[data-node='Deployment/{}/web']", self.namespace)).await?;
        w.reads("[data-testid=inspector-name]", &["web"], PATIENCE).await?;
        w.click("[data-testid=roll-out]").await?;
        w.fill("[data-testid=image-web]", &format!("changeover.dev/shop:{version}")).await?;
        w.click("[data-testid=walk-next]").await?;
        w.click("[data-testid=strategy-blue-green]").await?;
        w.click(&format!("[data-testid=param-finish-{finish}]")).await?;
        w.fill("[data-testid=param-soak]", "600").await?;
        w.click("[data-testid=walk-next]").await?;
        w.reads("[data-testid=check-title]", &[""], PATIENCE).await?;
        w.click("[data-testid=walk-next]").await?;
        w.see("[data-testid=plan-step]").await?;
        w.click("[data-testid=start]").await?;
        w.see("[data-testid=run]").await?;
        Ok(())
    }

    /// Until the run waits before the cutover; simulated pods want one acknowledgement on the way.
    async fn until_gate(&self, w: &Window) -> Outcome<()> {
        let until = std::time::Instant::now() + PODS;
        while w.client.find(fantoccini::Locator::Css("[data-testid=run][data-gate=cut-over]")).await.is_err() {
            if let Ok(choice) = w.client.find(fantoccini::Locator::Css("[data-testid=choice-go-on]")).await {
                let _ = choice.click().await;
            }
            if std::time::Instant::now() > until {
                return Err(format!("the run does not reach the cutover; the window says: {}", w.text("body").await?).into());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// Holds the button until the run is past its cutover.
    async fn cut_over(&self, w: &Window) -> Outcome<()> {
        w.hold("[data-testid=approve]", HOLD).await?;
        w.see("[data-testid=back-out][data-kind=flipBack]").await?;
        Ok(())
    }

    async fn state(&self, w: &Window, state: &str) -> Outcome<()> {
        let css = format!("[data-testid=run][data-state={state}]");
        let wait = w.client.wait().at_most(PODS);
        match wait.for_element(fantoccini::Locator::Css(&css)).await {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("the run does not become {state}; the window says: {}", w.text("body").await?).into()),
        }
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        let _ = self.lab.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

fn scene(namespace: &str) -> Value {
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{
        "name": "web", "image": "changeover.dev/shop:v1", "imagePullPolicy": "Never",
        "ports": [{"containerPort": 8080, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}, "periodSeconds": 1}}]}});
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
         "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
         "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}}]})
}

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
    w.click("[data-testid=back-out]").await?;
    match w.client.find(fantoccini::Locator::Css("[data-testid=back-out-ok]")).await {
        Ok(_) => w.hold("[data-testid=back-out-ok]", HOLD).await?,
        Err(_) => w.hold("[data-testid=back-out]", HOLD).await?,
    }
    j.state(&w, "backedOut").await?;
    assert_eq!(j.selector()?, json!({"app": "web"}), "the selector is what it was");
    assert_eq!(j.deployments()?, ["web"], "green is gone");
    w.close().await
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
    j.connect(&w).await?;
    w.click(&format!("[data-testid=rail-run][data-run='{run}'], [data-testid=rail-run]")).await?;
    w.see(&format!("[data-testid=run][data-run='{run}']")).await?;
    w.click("[data-testid=resume]").await?;
    w.see("[data-testid=back-out][data-kind=flipBack][aria-disabled=false]").await?;
    assert_eq!(j.selector()?["changeover.dev/color"], "green", "nothing moved while nobody held the run");
    w.close().await
}

#[tokio::test]
async fn the_script_reads_the_same_graph() -> Outcome<()> {
    let j = Journey::begin("script")?;
    let out = Command::new(acceptance::window::binary("changeoverctl")?)
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
