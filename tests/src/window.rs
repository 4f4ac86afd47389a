//! The real window, driven as a user drives it: an X server of its own, WebKit's driver, the binary.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, ImageFormat, InputFocus, MapState};

use crate::Outcome;

/// How long a journey waits for anything on the screen, unless it says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// More than there are stops in the fullest view: whoever has not come by by then is not on the way.
const MOST_TABS: usize = 120;

/// Room for the bars of a browser, in pixels.
const BARS: u32 = 120;

/// An X server without a screen.
pub struct Screen {
    server: Child,
    /// `:N`
    pub display: String,
}

impl Screen {
    /// Starts one of that size in pixels on a free display.
    pub fn start(width: u32, height: u32) -> Outcome<Screen> {
        let mut server = Command::new("Xvfb")
            .args(["-noreset", "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("Xvfb: {e} (apt package xvfb)"))?;
        let out = server.stdout.take().ok_or("Xvfb: no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        Ok(Screen { server, display: format!(":{}", line.trim()) })
    }

    /// Asks every window on it to close, as its cross does (ICCCM, `WM_DELETE_WINDOW`).
    pub fn ask_to_close(&self) -> Outcome<()> {
        let (x, at) = x11rb::connect(Some(&self.display))?;
        let atom = |name: &str| -> Outcome<u32> { Ok(x.intern_atom(false, name.as_bytes())?.reply()?.atom) };
        let (protocols, delete) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
        let mut asked = 0;
        for window in x.query_tree(x.setup().roots[at].root)?.reply()?.children {
            let takes = x.get_property(false, window, protocols, AtomEnum::ATOM, 0, 32)?.reply()?;
            let mapped = x.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
            if mapped && takes.value32().is_some_and(|mut all| all.any(|a| a == delete)) {
                let event = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
                x.send_event(false, window, EventMask::NO_EVENT, event)?;
                asked += 1;
            }
        }
        x.flush()?;
        if asked > 0 { Ok(()) } else { Err("no window that could be asked to close".into()) }
    }

    /// Takes the keyboard from every window on it, as somebody does who works in another one.
    pub fn look_elsewhere(&self) -> Outcome<()> {
        let (x, _) = x11rb::connect(Some(&self.display))?;
        x.set_input_focus(InputFocus::NONE, x11rb::NONE, x11rb::CURRENT_TIME)?.check()?;
        Ok(())
    }

    /// How many colours are on it: a blank one has few.
    pub fn colours(&self) -> Outcome<usize> {
        let (x, at) = x11rb::connect(Some(&self.display))?;
        let root = &x.setup().roots[at];
        let all = x.get_image(ImageFormat::Z_PIXMAP, root.root, 0, 0, root.width_in_pixels, root.height_in_pixels, !0)?.reply()?;
        Ok(all.data.chunks(4).collect::<BTreeSet<_>>().len())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        end(&mut self.server);
    }
}

/// Processes that one started.
fn children(of: u32) -> Vec<u32> {
    // Each thread has those that it started; what ended meanwhile has none.
    let threads = std::fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// WebKit's process of a page below that one.
fn page_of(program: u32) -> Option<u32> {
    let named = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("WebKitWebProc"));
    children(program).into_iter().find_map(|pid| if named(pid) { Some(pid) } else { page_of(pid) })
}

/// Processor's time of a process and all that it started, in seconds (proc(5), `stat`: user and system).
fn processor(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // After the name, which may hold blanks.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields.iter().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    let hertz = rustix::param::clock_ticks_per_second() as f64;
    ticks / hertz + children(pid).into_iter().map(processor).sum::<f64>()
}

/// Waits until that program listens at a port of this machine.
pub async fn listens(program: &str, port: u16) -> Outcome<()> {
    let until = Instant::now() + PATIENCE;
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if Instant::now() > until {
            return Err(format!("{program} does not listen").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Ends a process as a crash does; false = it is not there.
pub fn kill(pid: u32) -> Outcome<bool> {
    Ok(Command::new("kill").args(["-KILL", &pid.to_string()]).status()?.success())
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The window with nobody who drives it: WebKit's driver ends its session with the page's process.
pub struct Undriven {
    program: Child,
    screen: Screen,
    began: Instant,
}

impl Undriven {
    /// Opens it. `state` is the state folder.
    pub fn open(program: &Path, state: &Path, env: &[(String, String)]) -> Outcome<Undriven> {
        let screen = Screen::start(1024, 700)?;
        let mut program = Command::new(program);
        program.envs(env.iter().map(|(k, v)| (k, v))).current_dir(state);
        desktop(&mut program, &screen, state)?.stdout(Stdio::null()).stderr(std::fs::File::create(state.join("window.log"))?);
        let began = Instant::now();
        Ok(Undriven { program: program.spawn()?, screen, began })
    }

    /// From its start to the first frame in which something is written: a text at 11 px and up has edges of many shades.
    pub fn until_text(&mut self, at_most: Duration) -> Outcome<Duration> {
        loop {
            if self.screen.colours()? > 16 {
                return Ok(self.began.elapsed());
            }
            if let Some(status) = self.program.try_wait()? {
                return Err(format!("the program ended: {status}").into());
            }
            if self.began.elapsed() > at_most {
                return Err(format!("nothing was drawn within {at_most:?}").into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// WebKit's process of the page, once it has drawn something.
    pub fn drawn(&mut self) -> Outcome<Option<u32>> {
        if let Some(status) = self.program.try_wait()? {
            return Err(format!("the program ended: {status}").into());
        }
        Ok(page_of(self.program.id()).filter(|_| self.screen.colours().is_ok_and(|n| n > 64)))
    }
}

impl Drop for Undriven {
    fn drop(&mut self) {
        end(&mut self.program);
    }
}

/// Where what is downloaded goes, as the desktop has it set up for a window with that state folder.
pub fn downloads(state: &Path) -> PathBuf {
    state.join("downloads")
}

/// The environment of a window on that screen.
fn desktop<'a>(command: &'a mut Command, screen: &Screen, state: &Path) -> Outcome<&'a mut Command> {
    let (config, downloads) = (state.join("config"), downloads(state));
    std::fs::create_dir_all(&config)?;
    std::fs::create_dir_all(&downloads)?;
    std::fs::write(config.join("user-dirs.dirs"), format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads.display()))?;
    Ok(command
        .env("DISPLAY", &screen.display)
        .env_remove("WAYLAND_DISPLAY")
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .env("XDG_CONFIG_HOME", config)
        .env("CHANGEOVER_STATE_DIR", state))
}

/// How the binary is started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Arguments.
    pub args: Vec<String>,
    /// Environment beside the state folder: kubeconfig, language, …
    pub env: Vec<(String, String)>,
    /// Window size in pixels; the screen is as large.
    pub size: Option<(u32, u32)>,
    /// The window is as large as it makes itself.
    pub as_it_is: bool,
    /// WebKit's own browser in place of the program, with a page of that size in it.
    pub browser: bool,
    /// Where it is started.
    pub dir: Option<std::path::PathBuf>,
}

/// The window with the driver that holds it.
pub struct Window {
    /// Session.
    pub client: Client,
    driver: Child,
    screen: Screen,
}

impl Window {
    /// Opens the window. `state` is the state folder: journals and settings of this journey alone.
    pub async fn open(state: &Path, start: &Start) -> Outcome<Window> {
        let (width, height) = start.size.unwrap_or((1440, 900));
        // A browser has its bars, too.
        let screen = Screen::start(width, height + if start.browser { BARS } else { 0 })?;
        let port = xtask::lab::free_port()?;
        let program = if start.browser { None } else { Some(crate::program("changeover")?) };
        let mut driver = Command::new("WebKitWebDriver");
        desktop(&mut driver, &screen, state)?
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .current_dir(start.dir.as_deref().unwrap_or(state))
            .envs(start.env.iter().map(|(k, v)| (k.as_str(), v.as_str())))
            .stdout(Stdio::null())
            .stderr(Stdio::from(std::fs::File::create(state.join("window.log"))?));
        let mut driver = driver.spawn().map_err(|e| format!("WebKitWebDriver: {e} (apt package webkit2gtk-driver)"))?;
        let session = Self::session(port, program.as_deref(), &start.args).await;
        match session {
            Ok(client) => {
                if !start.as_it_is {
                    client.set_window_size(width, height).await.map_err(|e| format!("window cannot be made {width}×{height}: {e:?}"))?;
                }
                Ok(Window { client, driver, screen })
            }
            Err(e) => {
                end(&mut driver);
                let mut log = String::new();
                std::fs::File::open(state.join("window.log"))?.read_to_string(&mut log)?;
                Err(format!("window did not open: {e}\n{log}").into())
            }
        }
    }

    /// The driver answers once its port is open. A `browserName` must not be asked for: no value matches.
    async fn session(port: u16, binary: Option<&Path>, args: &[String]) -> Outcome<Client> {
        listens("WebKitWebDriver", port).await?;
        let mut caps = Capabilities::new();
        if let Some(binary) = binary {
            caps.insert("webkitgtk:browserOptions".into(), json!({ "binary": binary, "args": args }));
        }
        Ok(ClientBuilder::new(hyper_connector()).capabilities(caps).connect(&format!("http://127.0.0.1:{port}")).await?)
    }

    /// How much of a core the program and all that it started take over that time, in percent.
    pub async fn processor(&self, over: Duration) -> Outcome<f64> {
        let before = processor(self.driver.id());
        tokio::time::sleep(over).await;
        Ok((processor(self.driver.id()) - before) / over.as_secs_f64() * 100.0)
    }

    /// Makes the page that large, whatever stands around it.
    pub async fn fit(&self, width: u32, height: u32) -> Outcome<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let inner = self.script("return [window.innerWidth, window.innerHeight]", vec![]).await?;
            let now = |i: usize| inner[i].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            if (now(0), now(1)) == (width, height) {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("the page is {inner} large, not {width}×{height}").into());
            }
            let (w, h) = self.client.get_window_size().await.map(|(w, h)| (w as u32, h as u32))?;
            self.client.set_window_size((w + width).saturating_sub(now(0)), (h + height).saturating_sub(now(1))).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Starts the program once more on the same screen, and waits until it ends.
    pub fn start_again(&self, state: &Path, start: &Start) -> Outcome<std::process::Output> {
        let mut program = Command::new(crate::program("changeover")?);
        desktop(&mut program, &self.screen, state)?.args(&start.args).envs(start.env.iter().map(|(k, v)| (k, v)));
        Ok(program.output()?)
    }

    /// Waits for an element and returns it.
    pub async fn see(&self, css: &str) -> Outcome<fantoccini::elements::Element> {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(e) => Ok(e),
            Err(e) => Err(format!("{css}: not seen within {PATIENCE:?} ({e}); the window says: {}", self.text("body").await?).into()),
        }
    }

    /// Clicks an element once it is there and not disabled.
    pub async fn click(&self, css: &str) -> Outcome<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let element = self.see(css).await?;
            // The element may go while it is asked: it is looked for anew.
            let clicked = async {
                let off = element.attr("aria-disabled").await?.as_deref() == Some("true") || element.attr("disabled").await?.is_some();
                if off { Ok(false) } else { element.click().await.map(|()| true) }
            };
            let clicked = clicked.await;
            if matches!(clicked, Ok(true)) {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("{css}: cannot be clicked ({clicked:?}); the window says: {}", self.text("body").await?).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Visible text of the first element.
    pub async fn text(&self, css: &str) -> Outcome<String> {
        let said = async { self.client.find(Locator::Css(css)).await?.text().await };
        said.await.map_err(|e| format!("{css}: cannot be read: {e:?}").into())
    }

    /// Text of each child of the first element, one a line: the driver's own text of an element runs them together.
    pub async fn lines(&self, css: &str) -> Outcome<String> {
        self.see(css).await?;
        let js = "return [...document.querySelector(arguments[0]).children].map(c => c.innerText).join('\\n')";
        Ok(self.script(js, vec![css.into()]).await?.as_str().unwrap_or_default().to_string())
    }

    /// Waits until the element's text holds all of the words.
    pub async fn reads(&self, css: &str, words: &[&str], at_most: Duration) -> Outcome<String> {
        let until = Instant::now() + at_most;
        loop {
            let text = match self.client.find(Locator::Css(css)).await {
                Ok(e) => e.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if !text.is_empty() && words.iter().all(|w| text.contains(w)) {
                return Ok(text);
            }
            if Instant::now() > until {
                let all = self.text("body").await.unwrap_or_default();
                return Err(format!("{css}: reads {text:?}, not {words:?}, after {at_most:?}; the window says: {all}").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Types into a field, replacing what is there.
    pub async fn fill(&self, css: &str, text: &str) -> Outcome<()> {
        let field = self.see(css).await?;
        field.clear().await.map_err(|e| format!("{css}: cannot be emptied: {e:?}"))?;
        // WebKit's driver drops the character and knows the key.
        let keys = text.replace('\n', &char::from(fantoccini::key::Key::Return).to_string());
        field.send_keys(&keys).await.map_err(|e| format!("{css}: cannot be typed into: {e:?}"))?;
        Ok(())
    }

    /// One level back.
    pub async fn escape(&self) -> Outcome<()> {
        self.keys(&char::from(fantoccini::key::Key::Escape).to_string()).await
    }

    /// Types keys at the window as a whole.
    pub async fn keys(&self, keys: &str) -> Outcome<()> {
        Ok(self.client.find(Locator::Css("body")).await?.send_keys(keys).await?)
    }

    /// Waits until there is no such element any more.
    pub async fn gone(&self, css: &str) -> Outcome<()> {
        let until = Instant::now() + PATIENCE;
        while self.client.find(Locator::Css(css)).await.is_ok() {
            if Instant::now() > until {
                return Err(format!("{css}: still there; the window says: {}", self.text("body").await?).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Presses these keys together, for that long, on what has the focus.
    pub async fn press(&self, keys: &[char], time: Duration) -> Outcome<()> {
        use fantoccini::actions::{InputSource, KeyAction, KeyActions};
        let down = keys.iter().fold(KeyActions::new("keyboard".into()), |all, key| all.then(KeyAction::Down { value: *key }));
        let held = down.then(KeyAction::Pause { duration: time });
        let up = keys.iter().rev().fold(held, |all, key| all.then(KeyAction::Up { value: *key }));
        self.client.perform_actions(up).await.map_err(|e| format!("{keys:?}: cannot be pressed: {e:?}").into())
    }

    /// Types a text into what has the focus, key by key.
    pub async fn types(&self, text: &str) -> Outcome<()> {
        for key in text.chars() {
            self.press(&[key], Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Goes to an element by Tab alone.
    pub async fn tab_to(&self, css: &str) -> Outcome<()> {
        self.see(css).await?;
        for _ in 0..MOST_TABS {
            if self.script("return document.activeElement.matches(arguments[0])", vec![css.into()]).await? == Value::Bool(true) {
                return Ok(());
            }
            self.press(&[fantoccini::key::Key::Tab.into()], Duration::ZERO).await?;
        }
        Err(format!("{css}: not reached with {MOST_TABS} Tabs; the window says: {}", self.text("body").await?).into())
    }

    /// Holds a button as a person does: presses it, waits, lets go.
    pub async fn hold(&self, css: &str, time: Duration) -> Outcome<()> {
        use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
        let mouse = || MouseActions::new("mouse".into());
        let until = Instant::now() + PATIENCE;
        loop {
            // The element may go before the pointer is there: then another has come in its place. Nothing is pressed yet.
            let element = self.see(css).await?;
            let there = mouse().then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 });
            match self.client.perform_actions(there).await {
                Ok(()) => break,
                Err(e) if Instant::now() > until => return Err(format!("{css}: cannot be pointed at: {e:?}").into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        let held = mouse()
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Pause { duration: time })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(held).await.map_err(|e| format!("{css}: cannot be held: {e:?}").into())
    }

    /// Whether an element is whole in the window as it stands, with nothing over its middle: seen without scrolling.
    pub async fn in_view(&self, css: &str) -> Outcome<bool> {
        let js = "const e = document.querySelector(arguments[0]);
            if (!e) return false;
            const r = e.getBoundingClientRect();
            const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
            return r.width > 0 && r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && e.contains(top);";
        Ok(self.script(js, vec![css.into()]).await? == Value::Bool(true))
    }

    /// Runs a script in the page.
    pub async fn script(&self, js: &str, args: Vec<Value>) -> Outcome<Value> {
        self.client.execute(js, args).await.map_err(|e| format!("script: {e:?}: {js}").into())
    }

    /// Writes a picture of the window.
    pub async fn picture(&self, to: &Path) -> Outcome<()> {
        if let Some(dir) = to.parent() {
            std::fs::create_dir_all(dir)?;
        }
        std::fs::write(to, self.client.screenshot().await?)?;
        Ok(())
    }

    /// Closes it by its cross, as a user does; it may ask before.
    pub fn ask_to_close(&self) -> Outcome<()> {
        self.screen.ask_to_close()
    }

    /// Somebody works in another window from now on.
    pub fn look_elsewhere(&self) -> Outcome<()> {
        self.screen.look_elsewhere()
    }

    /// Waits until the program has ended.
    pub async fn ended(mut self) -> Outcome<()> {
        let until = Instant::now() + PATIENCE;
        while !children(self.driver.id()).is_empty() {
            if Instant::now() > until {
                return Err("the program is still there".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        end(&mut self.driver);
        Ok(())
    }

    /// Ends the program as `kill -9` does, in the middle of whatever it was doing.
    pub fn kill(mut self) -> Outcome<()> {
        let program = *children(self.driver.id()).first().ok_or("the driver holds no window")?;
        let killed = kill(program)?;
        end(&mut self.driver);
        if killed { Ok(()) } else { Err(format!("process {program}: cannot be killed").into()) }
    }

    /// Closes the window and waits for its end.
    pub async fn close(mut self) -> Outcome<()> {
        let closed = self.client.clone().close().await;
        end(&mut self.driver);
        closed.map_err(|e| format!("cannot be closed: {e:?}").into())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        end(&mut self.driver);
    }
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}
