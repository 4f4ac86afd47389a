//! What journeys and pictures share: an application in a namespace of its own, and the way an operator takes through the
//! window.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use engine::clock::TokioClock;
use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::{Value, json};
use store::{Settings, Store};
use tempfile::TempDir;
use xtask::lab::{Kind, Lab};

use crate::fault::FaultProxy;
use crate::window::{PATIENCE, Start, Window};
use crate::{Outcome, oracle};

/// How long a button is held.
pub const HOLD: Duration = Duration::from_millis(1200);
/// A colour's pods start, or end, within this on a loaded machine.
pub const PODS: Duration = Duration::from_secs(90);

/// A namespace with `web`: two pods of v1 behind one Service.
pub struct Journey {
    /// The cluster.
    pub lab: Lab,
    /// Its namespace.
    pub namespace: String,
    /// Its state folder.
    pub state: TempDir,
    /// Whether nobody wrote to the namespace before.
    new: bool,
}

/// The images of the lab are in no registry: nobody outside of this machine is asked for them by a window with that state folder.
pub fn ask_no_registry(state: &Path) -> Outcome<()> {
    let store = Store::open(&state.join("journal.sqlite"), Arc::new(TokioClock::new()))?;
    Ok(store.set_settings(&Settings { registries: false, ..store.settings()? })?)
}

impl Journey {
    /// One in that namespace, which is as it is.
    pub fn of(namespace: &str) -> Outcome<Journey> {
        let lab = crate::lab(&[Kind::RealNodes, Kind::Practice])?;
        let state = tempfile::tempdir()?;
        ask_no_registry(state.path())?;
        Ok(Journey { lab, namespace: namespace.into(), state, new: false })
    }

    /// Starts one.
    pub fn begin(name: &str) -> Outcome<Journey> {
        let mut journey = Journey::of(&format!("window-{name}-{}", std::process::id()))?;
        journey.new = true;
        let file = journey.state.path().join("scene.json");
        std::fs::write(&file, scene(&journey.namespace).to_string())?;
        journey.lab.apply(&file)?;
        journey.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"])?;
        Ok(journey)
    }

    /// Applies an object.
    pub fn apply(&self, object: &Value) -> Outcome<()> {
        let file = self.state.path().join("object.json");
        std::fs::write(&file, object.to_string())?;
        Ok(self.lab.apply(&file)?)
    }

    /// An object as it is.
    pub fn object(&self, what: &str) -> Outcome<Value> {
        Ok(serde_json::from_str(&self.kubectl(&["get", what, "-o", "json"])?)?)
    }

    /// Names of all objects of a kind.
    pub fn names(&self, kind: &str) -> Outcome<Vec<String>> {
        let names = self.kubectl(&["get", kind, "-o", "jsonpath={.items[*].metadata.name}"])?;
        Ok(names.split_whitespace().map(String::from).collect())
    }

    /// Asks the cluster, in the namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> Outcome<String> {
        Ok(self.lab.kubectl(&[&["-n", &self.namespace], arguments].concat())?)
    }

    /// Selector of the Service.
    pub fn selector(&self) -> Outcome<Value> {
        Ok(serde_json::from_str(&self.kubectl(&["get", "service", "web", "-o", "jsonpath={.spec.selector}"])?)?)
    }

    /// Names of the Deployments.
    pub fn deployments(&self) -> Outcome<Vec<String>> {
        self.names("deployments")
    }

    /// The lab's own, with the journey's namespace as the context's: what a user of one namespace has.
    pub fn kubeconfig(&self) -> Outcome<PathBuf> {
        let file = self.state.path().join("kubeconfig");
        let text = std::fs::read_to_string(self.lab.kubeconfig())?;
        let mut config: Value = serde_saphyr::from_str(&text)?;
        config["contexts"][0]["context"]["namespace"] = json!(self.namespace);
        std::fs::write(&file, config.to_string())?;
        Ok(file)
    }

    /// The window on the journey's kubeconfig.
    pub async fn window(&self) -> Outcome<Window> {
        self.window_on(&self.kubeconfig()?).await
    }

    /// The window on another.
    pub async fn window_on(&self, kubeconfig: &Path) -> Outcome<Window> {
        self.window_of(kubeconfig, (1440, 900)).await
    }

    /// The window on a kubeconfig, of a size in pixels.
    pub async fn window_of(&self, kubeconfig: &Path, size: (u32, u32)) -> Outcome<Window> {
        Window::open(self.state.path(), &Start { size: Some(size), ..Journey::start_of(kubeconfig) }).await
    }

    /// How a window on a kubeconfig is started.
    pub fn start_of(kubeconfig: &Path) -> Start {
        let env = vec![("KUBECONFIG".into(), kubeconfig.display().to_string()), ("LANG".into(), "C.UTF-8".into())];
        Start { env, ..Start::default() }
    }

    /// A proxy before the API server, and the kubeconfig that goes through it.
    pub async fn proxied(&self) -> Outcome<(FaultProxy, PathBuf)> {
        let ca = std::fs::read_to_string(self.lab.authority())?;
        let token = self.lab.token("admin").ok_or("the lab has no admin")?;
        let proxy = FaultProxy::start(self.state.path(), self.lab.server(), &ca, token).await?;
        let kubeconfig = proxy.kubeconfig.clone();
        Ok((proxy, kubeconfig))
    }

    /// The colleague's state folder.
    fn desk(&self) -> PathBuf {
        self.state.path().join("colleague")
    }

    /// A colleague, at another desk, rolls `web` out to v2 by a swap; the process drives the run, which soaks for long.
    pub fn colleague(&self) -> Outcome<Colleague> {
        let state = self.desk();
        std::fs::create_dir(&state)?;
        let call = |arguments: &[&str]| -> Outcome<Command> {
            let mut c = Command::new(crate::program("changeoverctl")?);
            c.args(arguments).arg("-n").arg(&self.namespace).arg("--kubeconfig").arg(self.lab.kubeconfig());
            c.arg("--state-dir").arg(&state).current_dir(&state).env("USER", "ann").stdin(Stdio::null());
            Ok(c)
        };
        let swap = ["--finish", "swap", "--set", "soak=900", "--out", "web.plan"];
        let plan = [&["plan", "blue-green", "deployment/web", "--image", "web=changeover.dev/shop:v2"], &swap[..]].concat();
        let said = call(&plan)?.output()?;
        if !said.status.success() {
            return Err(String::from_utf8_lossy(&said.stderr).into());
        }
        let config: Value = serde_saphyr::from_str(&std::fs::read_to_string(self.lab.kubeconfig())?)?;
        let context = config["current-context"].as_str().unwrap_or_default();
        let lines = std::fs::File::create(state.join("lines.json"))?;
        let mut run = call(&["run", "web.plan", "--yes", "--confirm-context", context])?;
        if self.lab.record().options.kind == Kind::Practice {
            // Simulated pods give no data: the run is left with that question, and answered.
            run.output()?;
            let plan: Value = serde_json::from_slice(&std::fs::read(state.join("web.plan"))?)?;
            run = call(&["resume", plan["id"].as_str().unwrap_or_default(), "--yes", "--choose", "go-on"])?;
        }
        let drives = run.stdout(lines).stderr(Stdio::null()).spawn()?;
        Ok(Colleague { drives, state })
    }

    /// From the list of clusters to the map of the journey's namespace.
    pub async fn connect(&self, w: &Window) -> Outcome<()> {
        w.see("[data-testid=context-row]").await?;
        w.click("[data-testid=open-context]").await?;
        w.see("[data-testid=map]").await?;
        w.see(&format!("[data-node='Deployment/{}/web']", self.namespace)).await?;
        w.see("[data-testid=freshness][data-state=live]").await?;
        Ok(())
    }

    /// Lets the open context be written to.
    pub async fn unlock(&self, w: &Window) -> Outcome<()> {
        w.click("[data-testid=writes]").await?;
        if let Ok(field) = w.client.find(Locator::Css("[data-testid=unlock-name]")).await {
            let name = w.see("[data-testid=badge]").await?.text().await?;
            let name = name.split_whitespace().next().unwrap_or_default().to_string();
            field.send_keys(&name).await?;
        }
        w.click("[data-testid=unlock-ok]").await?;
        // Keys are the dialog's until it is answered.
        w.gone("[data-testid=unlock]").await
    }

    /// Selects the Deployment on the map.
    pub async fn select(&self, w: &Window) -> Outcome<()> {
        w.click(&format!("[data-node='Deployment/{}/web']", self.namespace)).await?;
        w.reads("[data-testid=inspector-name]", &["web"], PATIENCE).await?;
        Ok(())
    }

    /// From the map to a started run that soaks long enough to be looked at.
    pub async fn start(&self, w: &Window, version: &str, finish: &str) -> Outcome<()> {
        self.roll_out(w, version, finish, 600).await
    }

    /// The same, with a soak of so many seconds.
    pub async fn roll_out(&self, w: &Window, version: &str, finish: &str, soak: u32) -> Outcome<()> {
        self.select(w).await?;
        w.click("[data-testid=roll-out]").await?;
        w.fill("[data-testid=image-web]", &format!("changeover.dev/shop:{version}")).await?;
        self.start_as(w, finish, soak).await
    }

    /// From what is said to be new to a started run that soaks for so many seconds.
    pub async fn start_as(&self, w: &Window, finish: &str, soak: u32) -> Outcome<()> {
        w.click("[data-testid=walk-next]").await?;
        w.click("[data-testid=strategy-blue-green]").await?;
        w.click(&format!("[data-testid=param-finish-{finish}]")).await?;
        w.fill("[data-testid=param-soak]", &soak.to_string()).await?;
        w.click("[data-testid=walk-next]").await?;
        self.check_and_start(w).await
    }

    /// From the checks to a started run.
    pub async fn check_and_start(&self, w: &Window) -> Outcome<()> {
        w.reads("[data-testid=check-title]", &[""], PATIENCE).await?;
        w.click("[data-testid=walk-next]").await?;
        w.see("[data-testid=plan-step]").await?;
        w.see("[data-testid=start][aria-disabled=false]").await?;
        // Going back asks for a held button, going forward for a click; held long enough, both are meant.
        w.hold("[data-testid=start]", HOLD).await?;
        w.see("[data-testid=run]").await?;
        Ok(())
    }

    /// Backs the run on the screen out, after the cutover: where a protected context asks for it, by holding.
    pub async fn back_out(&self, w: &Window) -> Outcome<()> {
        w.click("[data-testid=back-out]").await?;
        match w.client.find(Locator::Css("[data-testid=back-out-ok]")).await {
            Ok(_) => w.hold("[data-testid=back-out-ok]", HOLD).await?,
            Err(_) => w.hold("[data-testid=back-out]", HOLD).await?,
        }
        self.state(w, "backedOut").await
    }

    /// Opens the list of runs until one of that state is in it.
    pub async fn until_listed(&self, w: &Window, state: &str) -> Outcome<()> {
        let until = std::time::Instant::now() + PODS;
        loop {
            w.client.find(Locator::Css("body")).await?.send_keys("gr").await?;
            let listed = w.client.wait().at_most(Duration::from_secs(1));
            if listed.for_element(Locator::Css(&format!("[data-testid=run-state][data-state={state}]"))).await.is_ok() {
                return Ok(());
            }
            if std::time::Instant::now() > until {
                return Err(format!("no run becomes {state}; the window says: {}", w.text("body").await?).into());
            }
        }
    }

    /// Until the run waits before the cutover.
    pub async fn until_gate(&self, w: &Window) -> Outcome<()> {
        self.until(w, "[data-testid=run][data-gate=cut-over]").await
    }

    /// Until the run shows this; simulated pods want one acknowledgement on the way.
    pub async fn until(&self, w: &Window, css: &str) -> Outcome<()> {
        self.until_with(w, css, async |go_on| {
            let _ = go_on.click().await;
            Ok(())
        })
        .await
    }

    /// The same, where the acknowledgement is given in another way.
    pub async fn until_with(&self, w: &Window, css: &str, go_on: impl AsyncFn(Element) -> Outcome<()>) -> Outcome<()> {
        let until = std::time::Instant::now() + PODS;
        while w.client.find(Locator::Css(css)).await.is_err() {
            if let Ok(choice) = w.client.find(Locator::Css("[data-testid=choice-go-on]")).await {
                go_on(choice).await?;
            }
            if std::time::Instant::now() > until {
                return Err(format!("the run does not come to {css}; the window says: {}", w.text("body").await?).into());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// Approves the gate after the soak; waits until the run is done.
    pub async fn finish(&self, w: &Window) -> Outcome<()> {
        self.until(w, "[data-testid=run][data-gate=retire]").await?;
        w.see("[data-testid=approve][aria-disabled=false]").await?;
        w.hold("[data-testid=approve]", HOLD).await?;
        self.until(w, "[data-testid=run][data-state=done]").await
    }

    /// Holds the button until the run is past its cutover.
    pub async fn cut_over(&self, w: &Window) -> Outcome<()> {
        w.see("[data-testid=approve][aria-disabled=false]").await?;
        w.hold("[data-testid=approve]", HOLD).await?;
        w.see("[data-testid=back-out][data-kind=flipBack]").await?;
        Ok(())
    }

    /// Waits until the run is in that state.
    pub async fn state(&self, w: &Window, state: &str) -> Outcome<()> {
        let css = format!("[data-testid=run][data-state={state}]");
        let wait = w.client.wait().at_most(PODS);
        match wait.for_element(Locator::Css(&css)).await {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("the run does not become {state}; the window says: {}", w.text("body").await?).into()),
        }
    }
}

/// Somebody else, whose journal knows nothing of ours.
pub struct Colleague {
    drives: Child,
    state: PathBuf,
}

impl Colleague {
    /// Waits until they are told that they do not drive the run any more: exit code, and the last line.
    pub fn told(&mut self) -> Outcome<(Option<i32>, Value)> {
        let until = std::time::Instant::now() + PODS;
        let code = loop {
            match self.drives.try_wait()? {
                Some(status) => break status.code(),
                None if std::time::Instant::now() > until => return Err("the colleague was not told".into()),
                None => std::thread::sleep(Duration::from_millis(100)),
            }
        };
        let lines = std::fs::read_to_string(self.state.join("lines.json"))?;
        Ok((code, serde_json::from_str(lines.lines().last().unwrap_or("null"))?))
    }
}

impl Drop for Colleague {
    fn drop(&mut self) {
        // Already gone, where they were told.
        let _ = self.drives.kill();
        let _ = self.drives.wait();
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        if self.new {
            let folders = [self.state.path().to_path_buf(), self.desk()].into_iter().filter(|f| f.is_dir()).collect();
            oracle::assert_kept(&self.lab, &self.namespace, &folders);
        }
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
