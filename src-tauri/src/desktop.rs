//! What the desktop is asked for: to tell somebody who looks elsewhere, to stay awake during a run, and the window where it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{Commands, Language, LeftAt, PlaceView, RunState, RunView, UiEvent};
use host::Host;
use model::ObjectId;
use notify_rust::Notification;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, Wry};
use tauri_plugin_window_state::StateFlags;
use tokio::sync::broadcast::error::RecvError;

use crate::one::to_front;

/// Remembers where the window was and how large, and keeps it on a screen that is there.
pub fn remember_the_window() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::new().with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED).build()
}

/// What is told of a run to somebody who looks elsewhere; never more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    NeedsYou,
    Failed,
    Done,
    BackedOut,
}

impl News {
    /// Of a run of this window that went from one state to another.
    fn of(before: RunState, now: RunState) -> Option<News> {
        match now {
            _ if before == now => None,
            RunState::Waiting | RunState::Held => Some(News::NeedsYou),
            RunState::Failed | RunState::Stuck => Some(News::Failed),
            RunState::Done => Some(News::Done),
            RunState::BackedOut => Some(News::BackedOut),
            RunState::Ready | RunState::Running | RunState::BackingOut | RunState::Left | RunState::Elsewhere => None,
        }
    }

    fn words(self, korean: bool) -> &'static str {
        match (self, korean) {
            (News::NeedsYou, false) => "needs you",
            (News::NeedsYou, true) => "확인이 필요합니다",
            (News::Failed, false) => "failed",
            (News::Failed, true) => "실패했습니다",
            (News::Done, false) => "done",
            (News::Done, true) => "완료되었습니다",
            (News::BackedOut, false) => "backed out",
            (News::BackedOut, true) => "원복되었습니다",
        }
    }
}

/// Tells and stays awake, from now on.
pub fn watch(app: AppHandle, host: &Arc<Host>, runtime: &tokio::runtime::Runtime) {
    let (host, mut events) = (host.clone(), host.events());
    runtime.spawn(async move {
        let mut states: BTreeMap<String, RunState> = BTreeMap::new();
        let mut awake = Awake::default();
        loop {
            let runs = match events.recv().await {
                Ok(UiEvent::Run(run)) => vec![*run],
                // Something was missed: each that is known is looked at.
                Err(RecvError::Lagged(_)) => {
                    let all = futures::future::join_all(states.keys().map(|id| host.run(id.clone()))).await;
                    all.into_iter().flatten().collect()
                }
                Ok(_) => continue,
                Err(RecvError::Closed) => return,
            };
            for run in runs {
                let before = states.insert(run.id.clone(), run.state);
                if before != Some(run.state) {
                    tracing::info!(run = run.id, state = ?run.state, "{}", run.headline.text.text);
                }
                if let Some(news) = before.and_then(|before| News::of(before, run.state)) {
                    tell(&app, &host, &run, news).await;
                }
            }
            let leaving = host.leaving().await.unwrap_or_default();
            awake.be(leaving.iter().any(|l| l.at != LeftAt::Rest)).await;
        }
    });
}

/// Tells it where nobody looks at the window; a click leads to the run.
async fn tell(app: &AppHandle, host: &Arc<Host>, run: &RunView, news: News) {
    if app.get_webview_window("main").is_some_and(|w| w.is_focused().unwrap_or(false)) {
        return;
    }
    let korean = match host.settings().await.map(|s| s.language) {
        Ok(Language::Ko) => true,
        Ok(Language::En) => false,
        _ => ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|v| std::env::var(v).ok()).is_some_and(|l| l.starts_with("ko")),
    };
    let Ok(ObjectId { namespace, name, .. }) = run.target.parse() else { return };
    let mut note = Notification::new();
    note.appname("Changeover")
        .icon("changeover")
        .summary(&format!("{name}: {}", news.words(korean)))
        .body(&format!("{} · {namespace} · {}", run.context, run.change));
    #[cfg(target_os = "linux")]
    note.action("default", if korean { "열기" } else { "Open" }).urgency(match news {
        News::NeedsYou | News::Failed => notify_rust::Urgency::Critical,
        News::Done | News::BackedOut => notify_rust::Urgency::Normal,
    });
    let place = PlaceView { context: run.context.clone(), namespace: None, object: None, run: Some(run.id.clone()) };
    let (app, host) = (app.clone(), host.clone());
    // A thread of its own: it stays until the note is gone, and nobody waits for it.
    std::thread::spawn(move || match note.show() {
        #[cfg(target_os = "linux")]
        Ok(shown) => shown.wait_for_action(|action| {
            if action == "default" {
                host.ask_for(place);
                to_front(&app);
            }
        }),
        #[cfg(not(target_os = "linux"))]
        Ok(_) => drop((app, host, place)),
        Err(e) => tracing::info!("the desktop shows no notification: {e}"),
    });
}

/// Whether this computer is kept from sleeping.
#[derive(Default)]
struct Awake {
    wanted: bool,
    #[cfg(target_os = "linux")]
    held: Option<zbus::zvariant::OwnedFd>,
}

impl Awake {
    async fn be(&mut self, wanted: bool) {
        if std::mem::replace(&mut self.wanted, wanted) == wanted {
            return;
        }
        #[cfg(target_os = "linux")]
        {
            self.held = None;
            if wanted {
                let held = tokio::task::spawn_blocking(inhibit).await.map_err(|e| zbus::Error::Failure(e.to_string())).flatten();
                match held {
                    Ok(held) => self.held = Some(held),
                    Err(e) => tracing::warn!("this computer may fall asleep in the middle of a run: {e}"),
                }
            }
        }
    }
}

/// A lock of logind (`Inhibit`, systemd's inhibitor locks): it holds for as long as what is given back is open.
#[cfg(target_os = "linux")]
fn inhibit() -> zbus::Result<zbus::zvariant::OwnedFd> {
    const WITHIN: std::time::Duration = std::time::Duration::from_secs(5);
    let bus = zbus::blocking::connection::Builder::system()?.method_timeout(WITHIN).build()?;
    let of = ("sleep:idle", "Changeover", "A rollout is under way", "block");
    let (name, path) = ("org.freedesktop.login1", "/org/freedesktop/login1");
    bus.call_method(Some(name), path, Some("org.freedesktop.login1.Manager"), "Inhibit", &of)?.body().deserialize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_that_somebody_is_needed_and_how_it_ended_never_more() {
        use RunState::*;
        assert_eq!(News::of(Running, Waiting), Some(News::NeedsYou));
        assert_eq!(News::of(Running, Held), Some(News::NeedsYou));
        assert_eq!(News::of(BackingOut, Stuck), Some(News::Failed));
        assert_eq!(News::of(Waiting, Done), Some(News::Done));
        assert_eq!(News::of(BackingOut, BackedOut), Some(News::BackedOut));
        for quiet in [Ready, Running, BackingOut, Left, Elsewhere] {
            assert_eq!(News::of(Waiting, quiet), None, "{quiet:?}");
        }
        assert_eq!(News::of(Held, Held), None);
    }
}
