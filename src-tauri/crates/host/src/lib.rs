//! Wires the rooms into one [`Host`]: everything but a user interface.
//!
//! This room does **not** decide how a rollout goes (`plan`, `engine`) and does not draw; it connects, keeps plans and
//! drivers of this process, asks for what a start needs, and turns what the rooms know into views.
//!
//! **Invariants:** nothing is written to a cluster but by the engine, after a start that was checked and confirmed; a
//! stale view switches writing off; no value of a Secret crosses into a view (I10).
//!
//! Adding a command: 1. its line in `api`; 2. its body in `commands.rs`, three to ten lines over the modules here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use api::{Code, PlaceView, UiError, UiEvent};
use engine::Clock;
use engine::clock::TokioClock;
use model::sentence;
use store::Store;
pub use store::make_folder;
use tokio::sync::broadcast;

mod behind;
mod commands;
mod contexts;
pub mod diagnostics;
mod doctor;
mod entries;
mod errors;
#[cfg(test)]
mod fakes;
mod graph_view;
mod headline;
mod images;
mod incident;
mod kept;
mod lanes;
mod link;
mod live;
mod logs;
mod mask;
mod object;
pub mod place;
mod plan_view;
mod plans;
mod policy;
mod recorder;
pub mod redact;
mod report;
mod run_view;
mod runs;
mod scope;
mod settings;
mod sign_in;
mod told;
mod trace;
mod who;
mod workload;

/// How a host is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Kubeconfig; `None` = `$KUBECONFIG` (a list), else `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// Context; `None` = the kubeconfig's current-context.
    pub context: Option<String>,
    /// Folder of the journal; `None` = `$CHANGEOVER_STATE_DIR`, else the user's state folder.
    pub state_dir: Option<PathBuf>,
    /// No write in any context, whatever it allows.
    pub read_only: bool,
    /// Where probes find a host: `HOST:PORT:ADDR`, as curl takes it.
    pub resolve: Vec<String>,
    /// Somebody looks on, and can sign in with a browser: a program that signs in has minutes, not seconds.
    pub attended: bool,
}

/// Events that a slow listener may lag behind before it has to read everything anew.
const EVENTS: usize = 1024;

/// The rooms, wired. Commands are called through [`api::Commands`]; what happens is told through [`Host::events`].
pub struct Host {
    me: Weak<Host>,
    options: Options,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    events: broadcast::Sender<UiEvent>,
    known: Mutex<contexts::Known>,
    links: Mutex<BTreeMap<String, Arc<link::Link>>>,
    doors: Mutex<BTreeMap<String, Arc<sign_in::Door>>>,
    plans: Mutex<BTreeMap<String, Arc<plans::Kept>>>,
    runs: Mutex<BTreeMap<String, Arc<runs::Driven>>>,
    stops: Mutex<BTreeMap<String, String>>,
    place: Mutex<Option<PlaceView>>,
    logs: Mutex<logs::Sessions>,
}

impl Host {
    /// Opens the journal and reads the kubeconfig; no network, no tasks. Call it from anywhere, its commands from within
    /// a tokio runtime.
    ///
    /// # Errors
    /// The journal cannot be used, or `--kubeconfig` names a file that cannot.
    pub fn new(options: Options) -> Result<Arc<Host>, UiError> {
        // Two HTTP clients of one binary may each bring a provider for rustls; the first one installed counts for all.
        // An error means that somebody was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = state_dir(&options)?;
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        let store = Store::open(&dir.join("journal.sqlite"), clock.clone()).map_err(errors::journal)?;
        let known = contexts::Known::read(&options)?;
        let (events, _) = broadcast::channel(EVENTS);
        Ok(Arc::new_cyclic(|me| Host {
            me: me.clone(),
            options,
            store: Arc::new(store),
            clock,
            events,
            known: Mutex::new(known),
            links: Mutex::default(),
            doors: Mutex::default(),
            plans: Mutex::default(),
            runs: Mutex::default(),
            stops: Mutex::default(),
            place: Mutex::default(),
            logs: Mutex::default(),
        }))
    }

    /// What happens from now on. Subscribe before the command whose effects are to be seen. A listener that lagged reads
    /// everything anew (`graph`, `run`).
    pub fn events(&self) -> broadcast::Receiver<UiEvent> {
        self.events.subscribe()
    }

    /// Somebody asks for a place: it is told, and waits until it is asked for. Nothing is opened, let alone done.
    pub fn ask_for(&self, place: PlaceView) {
        *locked(&self.place) = Some(place);
        self.tell(UiEvent::Followed);
    }

    fn tell(&self, event: UiEvent) {
        // Nobody listens: nothing to tell.
        let _ = self.events.send(event);
    }
}

/// Folder of the journal, the log and the crashes: `$CHANGEOVER_STATE_DIR`, `$XDG_STATE_HOME/changeover`,
/// `~/.local/state/changeover`.
///
/// # Errors
/// There is no home folder.
pub fn state_dir(options: &Options) -> Result<PathBuf, UiError> {
    let of = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    options
        .state_dir
        .clone()
        .or_else(|| of("CHANGEOVER_STATE_DIR"))
        .or_else(|| of("XDG_STATE_HOME").filter(|p| p.is_absolute()).map(|p| p.join("changeover")))
        .or_else(|| std::env::home_dir().map(|h| h.join(".local/state/changeover")))
        .ok_or_else(|| {
            UiError::new(Code::Journal, sentence!("no folder for the journal: there is no home folder"))
                .hint(sentence!("name one with --state-dir"))
        })
}

/// Locks that survive a panic elsewhere: what is in them is replaced whole, never half.
fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}
