//! The contexts of the kubeconfig, what is remembered of each, and their unlocking.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use api::*;
use cluster::kubeconfig::{self, FileRead};
use cluster::{
    ConnectError, Connection, ContextEntry, Contexts, CredentialError, KubeconfigError, SignIn, Sources, Unverified, WritePolicy,
};
use engine::{Cluster, ReadError};
use futures::StreamExt;
use model::{Sentence, sentence};
use store::ContextRecord;

use crate::policy::{self, Standing};
use crate::{Host, Options, errors, locked};

/// Contexts that are asked at the same time when all are looked at.
const AT_ONCE: usize = 8;
/// How long one of them may take in all.
const ASK_WITHIN: Duration = Duration::from_secs(5);

/// What this process knows of the contexts.
pub struct Known {
    sources: Sources,
    pub(crate) all: Contexts,
    /// Last answer of contexts that are not connected.
    asked: BTreeMap<String, Asked>,
    /// Being asked now.
    asking: BTreeSet<String>,
    /// What the files looked like when they were read.
    stamp: Stamp,
    /// Context that the window shows.
    pub(crate) open: Option<String>,
    /// Context that was last wanted to be shown.
    pub(crate) wanted: Option<String>,
    /// Being connected.
    pub(crate) connecting: BTreeSet<String>,
    /// What was last told of live contexts.
    told: BTreeMap<String, Told>,
}

/// Path, time of change and length of each file.
type Stamp = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// What of a live context is told anew when it changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub live: bool,
    pub writes: Writes,
    /// What a program that signs in says, and whether it waits for approval.
    pub sign_in: Option<(String, bool)>,
}

fn stamp_of(all: &Contexts) -> Stamp {
    let look = |path: &PathBuf| std::fs::metadata(path).ok().and_then(|m| Some((m.modified().ok()?, m.len())));
    all.files.iter().map(|f| (f.path.clone(), look(&f.path))).collect()
}

/// How a context answered.
#[derive(Clone, Debug)]
struct Asked {
    state: ContextState,
    version: Option<String>,
    problem: Option<UiError>,
    /// In words, where the state does not say it all.
    note: Option<Sentence>,
    /// When it answered, if it did.
    at: Option<Instant>,
}

impl Asked {
    fn failed(problem: UiError) -> Self {
        Self { state: failure_state(&problem), version: None, problem: Some(problem), note: None, at: None }
    }
}

impl Known {
    /// Reads the kubeconfig.
    pub fn read(options: &Options) -> Result<Self, UiError> {
        let sources = Sources::of_process(options.kubeconfig.clone());
        let all = kubeconfig::load(&sources).map_err(kubeconfig_error)?;
        Ok(Self {
            stamp: stamp_of(&all),
            sources,
            all,
            asked: BTreeMap::new(),
            asking: BTreeSet::new(),
            open: None,
            wanted: None,
            connecting: BTreeSet::new(),
            told: BTreeMap::new(),
        })
    }
}

impl Known {
    /// Whether this differs from what was told last; notes it.
    pub(crate) fn flipped(&mut self, context: &str, now: Told) -> bool {
        self.told.insert(context.to_string(), now.clone()) != Some(now)
    }
}

fn kubeconfig_error(e: KubeconfigError) -> UiError {
    UiError::new(Code::Kubeconfig, e.said())
}

/// Why no connection could be made ready.
pub fn connect_error(context: &str, e: ConnectError) -> UiError {
    let code = match &e {
        ConnectError::Kubeconfig(_) | ConnectError::Certificates { .. } | ConnectError::Elsewhere { .. } => Code::Kubeconfig,
        ConnectError::Credentials(CredentialError::PluginNotApproved { .. }) => {
            let hint = sentence!("look at it and approve it: in the window, or changeoverctl --context {context} sign-in", context);
            return UiError::new(Code::Unapproved, e.said()).hint(hint);
        }
        ConnectError::Credentials(_) => Code::Unauthorized,
    };
    UiError::new(code, e.said())
}

impl Host {
    /// Reads the kubeconfig anew; when it cannot be used now, what was read before counts and the error is returned.
    pub(crate) fn reread(&self) -> Option<UiError> {
        let mut known = locked(&self.known);
        match kubeconfig::load(&known.sources) {
            Ok(all) => {
                known.stamp = stamp_of(&all);
                known.all = all;
                None
            }
            Err(e) => Some(kubeconfig_error(e)),
        }
    }

    /// Whether a file of the kubeconfig is not as it was when it was read.
    pub(crate) fn kubeconfig_changed(&self) -> bool {
        let known = locked(&self.known);
        known.stamp != stamp_of(&known.all)
    }

    /// The entry of a context; of one that is connected also when it has left the kubeconfig.
    pub(crate) fn entry(&self, name: &str) -> Result<ContextEntry, UiError> {
        let listed = locked(&self.known).all.get(name).cloned();
        listed.or_else(|| locked(&self.links).get(name).map(|l| l.entry())).ok_or_else(|| {
            UiError::new(Code::NotFound, sentence!("context {name}: not in the kubeconfig", name))
                .hint(sentence!("see the list of contexts for the files that were read"))
        })
    }

    pub(crate) fn record(&self, name: &str) -> Result<ContextRecord, UiError> {
        self.store.context(name).map_err(errors::journal)
    }

    /// Writes of a context as they are now.
    pub(crate) fn writes_of(&self, name: &str) -> Writes {
        let record = self.record(name).unwrap_or_default();
        let stale = locked(&self.links).get(name).is_some_and(|l| l.policy.is_stale());
        self.standing(name, &record, self.unverified(name)).writes(stale)
    }

    fn standing<'a>(&self, name: &'a str, record: &'a ContextRecord, unverified: Option<Unverified>) -> Standing<'a> {
        Standing { name, record, verified: unverified.is_none(), read_only: self.options.read_only, now: self.clock.now() }
    }

    /// Why nobody can know that it is the right server that answers: of the connection, where there is one.
    fn unverified(&self, name: &str) -> Option<Unverified> {
        let connected = locked(&self.links).get(name).map(|l| l.connection.unverified());
        connected.unwrap_or_else(|| self.entry(name).ok()?.unverified())
    }

    /// Puts what the operator allows into force for a connection. A run that is driven keeps what it was started with until it
    /// is over: a lock that falls in its middle would stop its Lease and its way back.
    pub(crate) fn enforce(&self, name: &str, unverified: Option<Unverified>, to: &WritePolicy) {
        let may = self.record(name).is_ok_and(|r| self.standing(name, &r, unverified).may_write());
        to.set_read_only(!may && !self.drives(name));
    }

    /// All contexts as they are known; asks nobody.
    pub(crate) fn contexts_view(&self) -> ContextsView {
        let trouble = self.reread();
        let known = locked(&self.known);
        let mut files: Vec<FileView> = known.all.files.iter().map(|f| file_view(f, &known.all)).collect();
        if let (Some(e), Some(f)) = (trouble, files.first_mut()) {
            f.note = Some(e.message);
        }
        let (hidden, entries): (Vec<_>, Vec<_>) = known.all.entries.iter().cloned().partition(|e| e.shadowed_by.is_some());
        let open = known.open.clone();
        let current = self.options.context.clone().or_else(|| known.all.current.clone());
        drop(known);
        let left = locked(&self.links).values().map(|l| l.entry()).filter(|e| !entries.iter().any(|known| known.name == e.name)).collect();
        let entries = [entries, left].concat();
        let contexts = entries.iter().map(|e| self.context_view(e)).collect();
        ContextsView { contexts, shadowed: hidden.iter().map(shadowed_view).collect(), files, open, current }
    }

    /// One context.
    pub(crate) fn context_view(&self, e: &ContextEntry) -> ContextView {
        let record = self.record(&e.name).unwrap_or_default();
        let link = locked(&self.links).get(&e.name).cloned();
        let (asked, connecting) = {
            let known = locked(&self.known);
            let asking = known.connecting.contains(&e.name) || known.asking.contains(&e.name);
            (known.asked.get(&e.name).cloned(), asking)
        };
        let live = link.as_ref().and_then(|l| l.live());
        let unverified = link.as_ref().map_or_else(|| e.unverified(), |l| l.connection.unverified());
        let stale = link.as_ref().is_some_and(|l| l.policy.is_stale());
        let problem = e.problem.clone().map(kubeconfig_error).or_else(|| asked.as_ref().and_then(|a| a.problem.clone()));
        let state = match (&link, &asked) {
            _ if e.problem.is_some() => ContextState::Broken,
            // A context that is read already goes on while other namespaces of it are opened.
            _ if connecting && live.is_none() => ContextState::Connecting,
            (Some(l), _) => l.state(),
            (None, Some(a)) => a.state,
            (None, None) => ContextState::Idle,
        };
        let freshness = live.as_ref().map(|l| l.freshness());
        ContextView {
            name: e.name.clone(),
            environment: policy::environment(&e.name, &record),
            server: e.server.clone().unwrap_or_default(),
            cluster: e.cluster.clone(),
            user: e.user.clone(),
            namespace: e.namespace.clone(),
            file: e.file.display().to_string(),
            state,
            note: match asked.as_ref().filter(|a| a.state == state && link.is_none()) {
                Some(a) if a.note.is_some() => a.note.clone().map(Into::into),
                _ => match link.as_ref().and_then(|l| l.moved()) {
                    Some(moved) => Some(moved.into()),
                    None => note(state, problem.as_ref(), freshness.as_ref()),
                },
            },
            writes: self.standing(&e.name, &record, unverified).writes(stale),
            unlocked_until: record.unlocked_until.map(|t| t.to_string()),
            unverified: unverified.map(|u| match u {
                Unverified::Certificate => api::Unverified::Certificate,
                Unverified::Plain => api::Unverified::Plain,
            }),
            unverified_reason: record.unverified.clone(),
            version: link
                .as_ref()
                .map(|l| l.version.clone())
                .or_else(|| asked.as_ref().and_then(|a| a.version.clone()))
                .or_else(|| record.last_seen.map(|s| s.version)),
            problem,
            proof_age_ms: match &link {
                Some(_) => freshness.as_ref().map(|f| f.age_ms),
                None => asked.as_ref().and_then(|a| a.at).map(|at| u32::try_from(at.elapsed().as_millis()).unwrap_or(u32::MAX)),
            },
            summary: live.as_ref().map(|l| l.summary()),
            signing_in: self.signing_in(&e.name),
            unapproved: self.unapproved(&e.name),
            program: e.plugin().is_some(),
            simulated: link.is_some_and(|l| l.simulated),
        }
    }

    /// Asks every context that can be used and is not connected, a few at a time and each within a few seconds; what each
    /// answers is told when it does. A program that signs in is not started for this.
    pub(crate) async fn probe(&self) -> ContextsView {
        self.reread();
        let connected: BTreeSet<String> = locked(&self.links).keys().cloned().collect();
        let entries: Vec<ContextEntry> = {
            let mut known = locked(&self.known);
            let usable = known.all.entries.iter().filter(|e| e.problem.is_none() && e.shadowed_by.is_none());
            let free = usable.filter(|e| !connected.contains(&e.name) && !known.asking.contains(&e.name));
            let entries: Vec<ContextEntry> = free.cloned().collect();
            known.asking.extend(entries.iter().map(|e| e.name.clone()));
            entries
        };
        let _asking = Asking { host: self, names: entries.iter().map(|e| e.name.clone()).collect() };
        self.tell(UiEvent::Contexts(self.contexts_view()));
        let ask = |e: ContextEntry| async move {
            let asked = tokio::time::timeout(ASK_WITHIN, ask(&e)).await;
            (e, asked)
        };
        let mut answers = futures::stream::iter(entries).map(ask).buffer_unordered(AT_ONCE);
        while let Some((e, asked)) = answers.next().await {
            let asked = asked.unwrap_or_else(|_| Asked::failed(too_slow(&e)));
            {
                let mut known = locked(&self.known);
                known.asking.remove(&e.name);
                known.asked.insert(e.name.clone(), asked);
            }
            self.tell(UiEvent::Contexts(self.contexts_view()));
        }
        drop(answers);
        self.contexts_view()
    }

    /// Notes that a context could not be opened.
    pub(crate) fn note_failure(&self, name: &str, e: &UiError) {
        locked(&self.known).asked.insert(name.to_string(), Asked::failed(e.clone()));
    }

    /// It could be opened: what was wrong with it before is not any more.
    pub(crate) fn forget_failure(&self, name: &str) {
        locked(&self.known).asked.remove(name);
    }

    pub(crate) fn unlock_context(&self, name: &str, typed: &str, reason: Option<&str>) -> Result<ContextsView, UiError> {
        self.entry(name)?;
        let record = self.record(name)?;
        let record = policy::unlock(self.standing(name, &record, self.unverified(name)), typed, reason)?;
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
        let link = locked(&self.links).get(name).cloned();
        if let Some(l) = link {
            self.enforce(name, l.connection.unverified(), &l.policy);
        }
        let view = self.contexts_view();
        self.tell(UiEvent::Contexts(view.clone()));
        Ok(view)
    }
}

/// Contexts that are being asked; none of them is any more when this ends, however it does.
struct Asking<'a> {
    host: &'a Host,
    names: Vec<String>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut known = locked(&self.host.known);
        for name in &self.names {
            known.asking.remove(name);
        }
    }
}

fn too_slow(e: &ContextEntry) -> UiError {
    let server = e.server.as_deref().unwrap_or_default();
    UiError::new(Code::Unreachable, sentence!("{server}: no answer within {seconds} s", server, seconds = ASK_WITHIN.as_secs()))
        .hint(sentence!("check network, VPN and proxy; open it to try again"))
}

fn shadowed_view(e: &ContextEntry) -> ShadowedView {
    ShadowedView {
        name: e.name.clone(),
        server: e.server.clone().unwrap_or_default(),
        file: e.file.display().to_string(),
        by: e.shadowed_by.as_ref().map(|p| p.display().to_string()).unwrap_or_default(),
    }
}

fn file_view(f: &FileRead, all: &Contexts) -> FileView {
    let contexts = all.entries.iter().filter(|e| e.file == f.path).count();
    FileView {
        path: f.path.display().to_string(),
        contexts: u32::try_from(contexts).unwrap_or(u32::MAX),
        note: f.note.clone().map(Into::into),
    }
}

fn note(state: ContextState, problem: Option<&UiError>, freshness: Option<&FreshnessView>) -> Option<SentenceView> {
    let said = match state {
        ContextState::Idle => return None,
        ContextState::Connecting => sentence!("connecting"),
        ContextState::Reachable => sentence!("answered when it was asked"),
        ContextState::Live if freshness.is_some() => sentence!("live"),
        ContextState::Live => sentence!("answers"),
        ContextState::Stale => return freshness.and_then(|f| f.why.clone()),
        ContextState::Refused | ContextState::Unreachable | ContextState::Untrusted | ContextState::Broken => {
            let problem = problem?;
            match &problem.detail {
                None => return Some(problem.message.clone()),
                Some(why) => sentence!("{what} ({why})"; what = problem.message.clone().into(), why = why.clone().into()),
            }
        }
    };
    Some(said.into())
}

fn failure_state(e: &UiError) -> ContextState {
    match e.code {
        Code::Unauthorized | Code::Unapproved | Code::Forbidden => ContextState::Refused,
        Code::Kubeconfig => ContextState::Broken,
        Code::Untrusted => ContextState::Untrusted,
        _ => ContextState::Unreachable,
    }
}

/// How a context answers: version and identity, with a connection of its own that is dropped again. One that signs in with
/// a program is asked for its version alone, without credentials.
async fn ask(e: &ContextEntry) -> Asked {
    let mut options = cluster::Options::new(WritePolicy::read_only());
    options.deadlines.connect = Duration::from_secs(3);
    options.deadlines.read = Duration::from_secs(4);
    options.sign_in = SignIn::never();
    let connection = match Connection::open(e, &options).await {
        Ok(c) => c,
        Err(cause) => return Asked::failed(connect_error(&e.name, cause)),
    };
    let version = connection.version().await;
    let said =
        |p: &std::path::Path| sentence!("signs in with the program {path}, which runs when the context is opened", path = p.display());
    let plugin = e.plugin().map(said);
    let answers = |version: Option<String>, note: Option<Sentence>| Asked {
        state: if version.is_some() { ContextState::Reachable } else { ContextState::Idle },
        version,
        problem: None,
        note,
        at: Some(Instant::now()),
    };
    match (version, plugin) {
        (Ok(v), Some(note)) => answers(Some(v.git_version), Some(note)),
        // Without credentials that is no refusal: it answers.
        (Err(ReadError::Unauthorized { .. } | ReadError::Forbidden { .. }), Some(note)) => answers(None, Some(note)),
        (Ok(v), None) => match connection.identity().await {
            Ok(_) => answers(Some(v.git_version), None),
            Err(e) => Asked { version: Some(v.git_version), ..Asked::failed(errors::read(e)) },
        },
        (Err(e), _) => Asked::failed(errors::read(e)),
    }
}

#[cfg(test)]
mod tests;
