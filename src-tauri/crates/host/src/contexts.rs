//! The contexts of the kubeconfig, what is remembered of each, and their unlocking.

use std::collections::BTreeMap;
use std::time::Duration;

use api::*;
use cluster::kubeconfig::{self, FileRead};
use cluster::{ConnectError, Connection, ContextEntry, Contexts, KubeconfigError, Sources, WritePolicy};
use engine::{Cluster, ReadError};
use futures::StreamExt;
use store::ContextRecord;

use crate::{Host, Options, errors, locked, policy};

/// Contexts that are asked at the same time when all are looked at.
const AT_ONCE: usize = 8;

/// What this process knows of the contexts.
pub struct Known {
    sources: Sources,
    pub(crate) all: Contexts,
    /// Last answer of contexts that are not connected.
    asked: BTreeMap<String, Asked>,
    /// Context that the window shows.
    pub(crate) open: Option<String>,
    /// Being connected.
    pub(crate) connecting: Option<String>,
    /// What was last told of live contexts.
    told: BTreeMap<String, (bool, Writes)>,
}

/// How a context answered.
#[derive(Clone, Debug)]
struct Asked {
    state: ContextState,
    version: Option<String>,
    problem: Option<UiError>,
}

impl Known {
    /// Reads the kubeconfig.
    pub fn read(options: &Options) -> Result<Self, UiError> {
        let sources = Sources::of_process(options.kubeconfig.clone());
        let all = kubeconfig::load(&sources).map_err(kubeconfig_error)?;
        Ok(Self { sources, all, asked: BTreeMap::new(), open: None, connecting: None, told: BTreeMap::new() })
    }
}

impl Known {
    /// Whether this differs from what was told last; notes it.
    pub(crate) fn flipped(&mut self, context: &str, now: (bool, Writes)) -> bool {
        self.told.insert(context.to_string(), now) != Some(now)
    }
}

fn kubeconfig_error(e: KubeconfigError) -> UiError {
    UiError::new(Code::Kubeconfig, e.to_string())
}

/// Why no connection could be made ready.
pub fn connect_error(e: ConnectError) -> UiError {
    let code = match &e {
        ConnectError::Kubeconfig(_) | ConnectError::Certificates { .. } => Code::Kubeconfig,
        ConnectError::Credentials(_) => Code::Unauthorized,
    };
    UiError::new(code, e.to_string())
}

impl Host {
    /// Reads the kubeconfig anew; when it cannot be used now, what was read before counts and the error is returned.
    fn reread(&self) -> Option<UiError> {
        let mut known = locked(&self.known);
        match kubeconfig::load(&known.sources) {
            Ok(all) => {
                known.all = all;
                None
            }
            Err(e) => Some(kubeconfig_error(e)),
        }
    }

    /// The entry of a context.
    pub(crate) fn entry(&self, name: &str) -> Result<ContextEntry, UiError> {
        locked(&self.known).all.get(name).cloned().ok_or_else(|| {
            UiError::new(Code::NotFound, format!("context {name}: not in the kubeconfig"))
                .hint("see the list of contexts for the files that were read")
        })
    }

    pub(crate) fn record(&self, name: &str) -> Result<ContextRecord, UiError> {
        self.store.context(name).map_err(errors::journal)
    }

    /// Writes of a context as they are now.
    pub(crate) fn writes_of(&self, name: &str) -> Writes {
        let record = self.record(name).unwrap_or_default();
        let stale = locked(&self.links).get(name).is_some_and(|l| l.policy.is_stale());
        policy::writes(policy::environment(name, &record), &record, self.options.read_only, stale, self.clock.now())
    }

    /// Puts what the operator allows into force for an open connection.
    pub(crate) fn enforce(&self, name: &str, to: &WritePolicy) {
        let may = self.record(name).is_ok_and(|r| r.may_write(self.clock.now())) && !self.options.read_only;
        to.set_read_only(!may);
    }

    /// All contexts as they are known; asks nobody.
    pub(crate) fn contexts_view(&self) -> ContextsView {
        let trouble = self.reread();
        let known = locked(&self.known);
        let mut files: Vec<FileView> = known.all.files.iter().map(|f| file_view(f, &known.all)).collect();
        if let (Some(e), Some(f)) = (trouble, files.first_mut()) {
            f.note = Some(e.message);
        }
        let entries = known.all.entries.clone();
        let open = known.open.clone();
        let current = self.options.context.clone().or_else(|| known.all.current.clone());
        drop(known);
        ContextsView { contexts: entries.iter().map(|e| self.context_view(e)).collect(), files, open, current }
    }

    /// One context.
    pub(crate) fn context_view(&self, e: &ContextEntry) -> ContextView {
        let record = self.record(&e.name).unwrap_or_default();
        let link = locked(&self.links).get(&e.name).cloned();
        let (asked, connecting) = {
            let known = locked(&self.known);
            (known.asked.get(&e.name).cloned(), known.connecting.as_deref() == Some(&e.name))
        };
        let problem = e.problem.clone().map(kubeconfig_error).or_else(|| asked.as_ref().and_then(|a| a.problem.clone()));
        let state = match (&link, &asked) {
            _ if e.problem.is_some() => ContextState::Broken,
            _ if connecting => ContextState::Connecting,
            (Some(l), _) => l.state(),
            (None, Some(a)) => a.state,
            (None, None) => ContextState::Idle,
        };
        let live = link.as_ref().and_then(|l| l.live());
        let freshness = live.as_ref().map(|l| l.freshness());
        ContextView {
            name: e.name.clone(),
            environment: policy::environment(&e.name, &record),
            server: e.server.clone().unwrap_or_default(),
            cluster: e.cluster.clone(),
            user: e.user.clone(),
            namespace: e.namespace.clone(),
            file: e.file.display().to_string(),
            shadowed_by: e.shadowed_by.as_ref().map(|p| p.display().to_string()),
            state,
            note: note(state, problem.as_ref(), freshness.as_ref()),
            writes: self.writes_of(&e.name),
            unlocked_until: record.unlocked_until.map(|t| t.to_string()),
            version: link
                .as_ref()
                .map(|l| l.version.clone())
                .or_else(|| asked.as_ref().and_then(|a| a.version.clone()))
                .or_else(|| record.last_seen.map(|s| s.version)),
            problem,
            proof_age_ms: freshness.as_ref().map(|f| f.age_ms),
            summary: live.as_ref().map(|l| l.summary()),
            simulated: link.is_some_and(|l| l.simulated),
        }
    }

    /// Asks every context that can be used, a few at a time.
    ///
    /// # Errors
    /// Never for a context that does not answer: that is its state.
    pub async fn probe_contexts(&self) -> Result<ContextsView, UiError> {
        self.reread();
        let entries: Vec<ContextEntry> = {
            let known = locked(&self.known);
            known.all.entries.iter().filter(|e| e.problem.is_none() && e.shadowed_by.is_none()).cloned().collect()
        };
        let asked: Vec<(String, Asked)> = futures::stream::iter(entries)
            .map(|e| async move {
                let a = ask(&e).await;
                (e.name, a)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        locked(&self.known).asked.extend(asked);
        Ok(self.contexts_view())
    }

    /// Notes that a context could not be opened.
    pub(crate) fn note_failure(&self, name: &str, e: &UiError) {
        locked(&self.known).asked.insert(name.to_string(), Asked { state: failure_state(e), version: None, problem: Some(e.clone()) });
    }

    pub(crate) fn unlock_context(&self, name: &str, typed: &str) -> Result<ContextsView, UiError> {
        self.entry(name)?;
        let mut record = self.record(name)?;
        policy::unlock(name, typed, &mut record, self.options.read_only, self.clock.now())?;
        self.keep(name, &record)
    }

    pub(crate) fn lock_context(&self, name: &str) -> Result<ContextsView, UiError> {
        let mut record = self.record(name)?;
        policy::lock(&mut record);
        self.keep(name, &record)
    }

    pub(crate) fn move_context(&self, name: &str, environment: Environment) -> Result<ContextsView, UiError> {
        self.entry(name)?;
        let mut record = self.record(name)?;
        let before = policy::environment(name, &record);
        record.environment = policy::kept(environment);
        // What becomes protected was not unlocked by its name: it is locked again.
        if policy::protected(environment) && !policy::protected(before) {
            policy::lock(&mut record);
        }
        self.keep(name, &record)
    }

    fn keep(&self, name: &str, record: &ContextRecord) -> Result<ContextsView, UiError> {
        self.store.set_context(name, record).map_err(errors::journal)?;
        if let Some(l) = locked(&self.links).get(name) {
            self.enforce(name, &l.policy);
        }
        let view = self.contexts_view();
        self.tell(UiEvent::Contexts(view.clone()));
        Ok(view)
    }
}

fn file_view(f: &FileRead, all: &Contexts) -> FileView {
    let contexts = all.entries.iter().filter(|e| e.file == f.path).count();
    FileView { path: f.path.display().to_string(), contexts: u32::try_from(contexts).unwrap_or(u32::MAX), note: f.note.clone() }
}

fn note(state: ContextState, problem: Option<&UiError>, freshness: Option<&FreshnessView>) -> String {
    match state {
        ContextState::Idle => String::new(),
        ContextState::Connecting => "connecting".into(),
        ContextState::Live => freshness.map_or("answers", |_| "live").into(),
        ContextState::Stale => freshness.map(|f| f.why.clone()).unwrap_or_default(),
        ContextState::Refused | ContextState::Unreachable | ContextState::Broken => problem
            .map(|p| if p.detail.is_empty() { p.message.clone() } else { format!("{} ({})", p.message, p.detail) })
            .unwrap_or_default(),
    }
}

fn failure_state(e: &UiError) -> ContextState {
    match e.code {
        Code::Unauthorized | Code::Forbidden => ContextState::Refused,
        Code::Kubeconfig => ContextState::Broken,
        _ => ContextState::Unreachable,
    }
}

/// How a context answers: version and identity, with a connection of its own that is dropped again.
async fn ask(e: &ContextEntry) -> Asked {
    let failed = |problem: UiError| Asked { state: failure_state(&problem), version: None, problem: Some(problem) };
    let mut options = cluster::Options::new(WritePolicy::read_only());
    options.deadlines.connect = Duration::from_secs(3);
    options.deadlines.read = Duration::from_secs(4);
    let connection = match Connection::open(e, &options).await {
        Ok(c) => c,
        Err(e) => return failed(connect_error(e)),
    };
    let version: Result<_, ReadError> = async {
        let version = connection.version().await?;
        connection.identity().await?;
        Ok(version)
    }
    .await;
    match version {
        Ok(v) => Asked { state: ContextState::Live, version: Some(v.git_version), problem: None },
        Err(e) => failed(errors::read(e)),
    }
}
