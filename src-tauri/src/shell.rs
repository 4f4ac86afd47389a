//! The window and its three commands.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use api::{Commands, UiError, UiEvent};
use host::Host;
use model::Sentence;
use serde_json::Value;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::AbortHandle;

use crate::args::{Args, Command};
use crate::{crash, desktop, log, one};

/// Calls a command of the api room by name. What fails is on the screen; the log keeps it.
#[tauri::command]
async fn call(host: State<'_, Arc<Host>>, name: String, args: Value) -> Result<Value, UiError> {
    let host = host.inner().clone();
    api::dispatch(&*host, &name, args).await.inspect_err(|e| tracing::warn!(command = name, "{e}"))
}

/// Whether the page was asked if the runs that this window drives shall be left.
#[derive(Default)]
struct Asked(AtomicBool);

/// The answer to [`UiEvent::Leaving`].
#[tauri::command]
fn leave(window: WebviewWindow, asked: State<'_, Asked>, go: bool) -> Result<(), UiError> {
    asked.0.store(go, Ordering::SeqCst);
    if !go {
        return Ok(());
    }
    window.close().map_err(|e| UiError::new(api::Code::Failed, Sentence::quoted(e)))
}

/// Whoever closes the window in the middle of a run is told what would be left, and by what; whoever does it again means it, also
/// where the page is gone that should tell.
fn on_close(window: &WebviewWindow, host: &Arc<Host>) {
    let (closing, host) = (window.clone(), host.clone());
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event
            && !closing.state::<Asked>().0.swap(true, Ordering::SeqCst)
            && host.ask_to_leave()
        {
            api.prevent_close();
        }
    });
}

/// What tells the page. A page that is loaded anew asks again, and nobody hears what the one before was told.
#[derive(Default)]
struct Telling(Mutex<Option<AbortHandle>>);

/// Sends everything that happens from now on to the page, in order.
#[tauri::command]
async fn subscribe(
    host: State<'_, Arc<Host>>,
    telling: State<'_, Telling>,
    asked: State<'_, Asked>,
    channel: Channel<UiEvent>,
) -> Result<(), UiError> {
    // A page that is new shows no question.
    asked.0.store(false, Ordering::SeqCst);
    let host = host.inner().clone();
    let mut events = host.events();
    let task = tokio::spawn(async move {
        loop {
            let told = match events.recv().await {
                Ok(event) => channel.send(event).is_ok(),
                Err(RecvError::Lagged(_)) => catch_up(&host, &channel).await,
                Err(RecvError::Closed) => return,
            };
            if !told {
                return;
            }
        }
    });
    let before = telling.0.lock().unwrap_or_else(PoisonError::into_inner).replace(task.abort_handle());
    if let Some(before) = before {
        before.abort();
    }
    Ok(())
}

/// A page that fell behind gets the whole of what it may have missed; false when the page is gone.
async fn catch_up(host: &Host, channel: &Channel<UiEvent>) -> bool {
    let Ok(contexts) = host.contexts().await else { return true };
    let open = contexts.open.clone();
    let mut told = channel.send(UiEvent::Contexts(contexts)).is_ok();
    if let Some(open) = open
        && let Ok(graph) = host.graph(open).await
    {
        told &= channel.send(UiEvent::Graph(graph)).is_ok();
    }
    for run in host.runs().await.unwrap_or_default().into_iter().filter(|r| r.open) {
        if let Ok(view) = host.run(run.id).await {
            told &= channel.send(UiEvent::Run(Box::new(view))).is_ok();
        }
    }
    told
}

/// Opens the window and stays until it is closed, or tells what is asked for without one.
pub fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let options = options(&args);
    let state = host::state_dir(&options)?;
    crash::write_down(state.join(host::diagnostics::CRASH_DIR));
    let windowed = args.command.is_none();
    log::start(windowed.then(|| state.join(host::diagnostics::LOG_DIR)).as_deref());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let _inside = runtime.enter();
    let host = Host::new(options)?;
    if let Some(Command::Info) = args.command {
        let found = runtime.block_on(host.diagnostics())?;
        host::diagnostics::lines(&found).iter().for_each(|line| println!("{line}"));
        return Ok(());
    }
    let app = tauri::Builder::default()
        // First: whoever is not alone shall not get further.
        .plugin(one::alone(&args, &state, &host))
        .plugin(desktop::remember_the_window())
        .manage(host.clone())
        .manage(Telling::default())
        .manage(Asked::default())
        .invoke_handler(tauri::generate_handler![call, subscribe, leave])
        .setup({
            let host = host.clone();
            move |app| {
                on_close(&open_window(app.handle())?, &host);
                Ok(())
            }
        })
        .build(tauri::generate_context!())?;
    tracing::info!("changeover {} opens its window", env!("CARGO_PKG_VERSION"));
    open_at_start(&host, &args);
    keep_title(app.handle().clone(), &host, &runtime);
    desktop::watch(app.handle().clone(), &host, &runtime);
    app.run(one::opened(&host));
    for left in runtime.block_on(host.leave()) {
        println!("{left}");
    }
    Ok(())
}

/// A context named on the command line is opened at once, a link is asked about; what fails is shown on the list of clusters.
fn open_at_start(host: &Arc<Host>, args: &Args) {
    if let Some(place) = args.link.clone() {
        host.ask_for(place);
    }
    let Some(context) = args.context.clone() else { return };
    let (host, namespaces) = (host.clone(), args.namespace.clone());
    tokio::spawn(async move {
        if let Err(e) = host.open_context(context, namespaces).await {
            tracing::warn!("open at start: {e}");
        }
    });
}

fn options(args: &Args) -> host::Options {
    host::Options {
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        read_only: args.read_only,
        resolve: args.resolve.clone(),
        attended: true,
        ..host::Options::default()
    }
}

fn open_window(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Changeover")
        .inner_size(1440.0, 900.0)
        .min_inner_size(1024.0, 700.0)
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"))
        .on_new_window(|_, _| tauri::webview::NewWindowResponse::Deny)
        .disable_drag_drop_handler()
        .build()?;
    compose_in_place(&window)?;
    outlive_the_page(&window)?;
    Ok(window)
}

/// Lets input methods compose inside the field: wry switches it off, and Korean then appears beside the field.
#[cfg(target_os = "linux")]
fn compose_in_place(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{InputMethodContextExt, WebViewExt};
    window.with_webview(|view| {
        if let Some(context) = view.inner().input_method_context() {
            context.set_enable_preedit(true);
        }
    })
}

#[cfg(not(target_os = "linux"))]
fn compose_in_place(_: &tauri::WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// How far apart a page is loaded anew whose process ends again and again.
#[cfg(target_os = "linux")]
const PAGE_PAUSE: std::time::Duration = std::time::Duration::from_secs(10);

/// A page whose process ends (a crash, a lack of memory) is loaded anew, and shows what is so: nothing but drawing is done in it,
/// and a run goes on meanwhile. WebKit would leave a white window.
#[cfg(target_os = "linux")]
fn outlive_the_page(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;
    let page = window.clone();
    window.with_webview(move |view| {
        let last = std::cell::Cell::new(None::<std::time::Instant>);
        view.inner().connect_web_process_terminated(move |_, why| {
            let now = std::time::Instant::now();
            let pause = last.replace(Some(now)).map_or(std::time::Duration::ZERO, |last| PAGE_PAUSE.saturating_sub(now - last));
            tracing::error!("the page's process ended ({why:?}); it is loaded anew in {} s, and a run goes on meanwhile", pause.as_secs());
            let page = page.clone();
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                if let Err(e) = page.reload() {
                    tracing::error!("the page is not loaded anew: {e}");
                }
            });
        });
    })
}

#[cfg(not(target_os = "linux"))]
fn outlive_the_page(_: &tauri::WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// The open cluster and its environment stand in the title of the window, where a task switcher shows them.
fn keep_title(app: AppHandle, host: &Arc<Host>, runtime: &tokio::runtime::Runtime) {
    let mut events = host.events();
    runtime.spawn(async move {
        loop {
            let view = match events.recv().await {
                Ok(UiEvent::Contexts(view)) => view,
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let Some(window) = app.get_webview_window("main") else { continue };
            let open = view.open.as_ref().and_then(|name| view.contexts.iter().find(|c| &c.name == name));
            let title = match open {
                Some(c) => format!("{} · {} · Changeover", c.name, environment(c.environment)),
                None => "Changeover".to_string(),
            };
            if let Err(e) = window.set_title(&title) {
                tracing::warn!("window title: {e}");
            }
        }
    });
}

fn environment(e: api::Environment) -> &'static str {
    match e {
        api::Environment::Production => "production",
        api::Environment::Staging => "staging",
        api::Environment::Development => "development",
        api::Environment::Practice => "practice",
        api::Environment::None => "no environment",
    }
}
