//! One window for each way of starting it: whoever starts it again in the same way is led to the window that is there.
//!
//! The same way is: the same state folder, kubeconfig, addresses for probes, and the same answer to whether it may write. A window
//! with another kubeconfig is another one. Nothing that a second start asks for is done: it is asked about in the window.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use host::Host;
use sha2::{Digest, Sha256};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, RunEvent, Wry};

use crate::args::Args;

/// Name on the bus of the desktop's session.
const BUS: &str = "dev.changeover.console";

/// Leads to the window that is there, and ends this program; goes on where there is none, or no bus to ask.
pub fn alone(args: &Args, state: &Path, host: &Arc<Host>) -> TauriPlugin<Wry> {
    let host = host.clone();
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(format!("{BUS}.w{}", way(args, state)))
        .callback(move |app, arguments, _| {
            // Started as this one was, else it would not be led here.
            if let Some(place) = Args::try_parse_from(arguments).ok().and_then(|a| a.place()) {
                host.ask_for(place);
            }
            to_front(app);
        })
        .build()
}

/// The way of starting it, as a name.
fn way(args: &Args, state: &Path) -> String {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let kubeconfig = match &args.kubeconfig {
        Some(file) => whole(file),
        None => std::env::var_os("KUBECONFIG").map(PathBuf::from).unwrap_or_default(),
    };
    let all = format!("{:?}", (whole(state), kubeconfig, args.read_only, &args.resolve));
    hex::encode(&Sha256::digest(all)[..8])
}

/// Shows the window, also where it is minimized.
pub fn to_front(app: &AppHandle) {
    let Some(window) = app.get_webview_window("main") else { return };
    if let Err(e) = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus()) {
        tracing::warn!("the window is not brought to the front: {e}");
    }
}

/// On macOS a link comes as an event.
#[cfg(target_os = "macos")]
pub fn opened(host: &Arc<Host>) -> impl FnMut(&AppHandle, RunEvent) + 'static {
    let host = host.clone();
    move |app, event| {
        if let RunEvent::Opened { urls } = event {
            if let Some(place) = urls.iter().find_map(|url| host::place::parse(url.as_str()).ok()) {
                host.ask_for(place);
            }
            to_front(app);
        }
    }
}

/// Elsewhere it comes as an argument.
#[cfg(not(target_os = "macos"))]
pub fn opened(_: &Arc<Host>) -> impl FnMut(&AppHandle, RunEvent) + 'static {
    |_, _| {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_way_leads_to_the_same_window_and_another_kubeconfig_to_another() {
        let of = |arguments: &[&str]| {
            let args = Args::try_parse_from([&["changeover"], arguments].concat()).expect("is understood");
            way(&args, Path::new("/state"))
        };
        let plain = of(&[]);
        assert_eq!(of(&["--context", "prod-kr"]), plain);
        assert_eq!(of(&["changeover://prod-kr/shop"]), plain);
        for other in [&["--kubeconfig", "a"][..], &["--read-only"], &["--resolve", "a:80:127.0.0.1"]] {
            assert_ne!(of(other), plain, "{other:?}");
        }
    }
}
