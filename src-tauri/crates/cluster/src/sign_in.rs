//! The programs of a kubeconfig that sign in (`users[].user.exec`; client-go credential plugins, KEP-541): which of them may
//! run, and the one that runs.
//!
//! A program of the default kubeconfig runs as it does for kubectl. One of a kubeconfig from elsewhere, which may have come
//! with a mail, runs once somebody has approved just this: the file with this content, these arguments, these variables.
//! What kubectl's preferences deny (`kubeconfig::Kuberc`) runs in neither case.
//!
//! A program may wait for a person in a browser, so it has its time, and what it says on its error stream is there to be shown
//! while it runs. It never gets a terminal.

use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use model::{Sentence, sentence};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::connect::lock;
use crate::credentials::CredentialError;
use crate::kubeconfig::{ClusterInfo, ExecPlugin};

/// How long a program may take that nobody looks at.
pub const UNATTENDED: Duration = Duration::from_secs(30);
/// How long a program may take while somebody can sign in with a browser.
pub const ATTENDED: Duration = Duration::from_secs(300);
/// Largest answer of a program.
const ANSWER_CAP: u64 = 1 << 20;
/// What is kept of its error stream: the end.
const SAID_CAP: usize = 16 << 10;
/// What is left in the streams of a program that has ended is read for so long. A browser that it started may hold them open
/// for as long as that runs.
const REST: Duration = Duration::from_secs(1);

/// What would run: somebody approves just this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Program {
    /// File, as found on the `PATH` where the kubeconfig gives a bare name.
    pub path: PathBuf,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// Arguments.
    pub args: Vec<String>,
    /// Variables that the kubeconfig sets for it, by name.
    pub env: Vec<String>,
    /// SHA-256 over names and values, in hex: values may be secrets.
    pub env_sha256: String,
    /// What it is told of the cluster: the server, and the names of everything else. Empty = it is told of none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cluster: Vec<String>,
    /// SHA-256 over all of that, in hex: whoever writes it directs the program, as by arguments.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster_sha256: String,
}

impl Program {
    /// Identifies it: SHA-256 over all of it, in hex.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// Looks the program up, and into its file.
    ///
    /// # Errors
    /// Why it cannot be run.
    fn find(plugin: &ExecPlugin) -> Result<Self, Sentence> {
        let path = which::which(&plugin.command).map_err(|_| sentence!("no such program, or it may not be run"))?;
        let mut file = std::fs::File::open(&path).map_err(|e| sentence!("{path}: {error}", path = path.display(), error = e))?;
        let mut content = Sha256::new();
        let mut chunk = vec![0; 1 << 16];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => content.update(&chunk[..n]),
                Err(e) => return Err(sentence!("{path}: {error}", path = path.display(), error = e)),
            }
        }
        let mut env = Sha256::new();
        for (name, value) in &plugin.env {
            env.update(format!("{}:{name}{}:{value}", name.len(), value.len()));
        }
        Ok(Self {
            path,
            sha256: hex::encode(content.finalize()),
            args: plugin.args.clone(),
            env: plugin.env.iter().map(|(name, _)| name.clone()).collect(),
            env_sha256: hex::encode(env.finalize()),
            cluster: plugin.cluster.as_ref().map(ClusterInfo::names).unwrap_or_default(),
            cluster_sha256: plugin.cluster.as_ref().map(ClusterInfo::sha256).unwrap_or_default(),
        })
    }
}

/// Whoever remembers what was approved.
pub trait Approvals: Send + Sync {
    /// Whether somebody has approved this program.
    fn approved(&self, program: &Program) -> bool;
}

/// A program that signs in now.
#[derive(Clone, Debug)]
pub struct SigningIn {
    /// Its name, as the kubeconfig gives it.
    pub command: String,
    /// Since when.
    pub since: Instant,
    /// What it said on its error stream so far: its last 16 KiB.
    pub said: String,
}

/// Whether programs may sign in for a connection, and the one that does. Clones act on the same connection.
#[derive(Clone)]
pub struct SignIn(Arc<Inner>);

struct Inner {
    may: May,
    within: Duration,
    running: Mutex<Option<SigningIn>>,
    stop: Notify,
}

enum May {
    Never,
    DefaultPlace,
    Approved(Arc<dyn Approvals>),
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("within", &self.0.within).finish_non_exhaustive()
    }
}

impl SignIn {
    fn of(may: May, within: Duration) -> Self {
        Self(Arc::new(Inner { may, within, running: Mutex::default(), stop: Notify::new() }))
    }

    /// No program is started: such a context is asked without credentials.
    pub fn never() -> Self {
        Self::of(May::Never, Duration::ZERO)
    }

    /// Those of the default kubeconfig, for a caller that cannot ask anybody.
    pub fn default_place() -> Self {
        Self::of(May::DefaultPlace, UNATTENDED)
    }

    /// Those of the default kubeconfig and those that were approved, each killed after this time.
    pub fn approved(by: Arc<dyn Approvals>, within: Duration) -> Self {
        Self::of(May::Approved(by), within)
    }

    /// Whether none is ever started.
    pub(crate) fn is_never(&self) -> bool {
        matches!(self.0.may, May::Never)
    }

    /// How long a program may take.
    pub fn within(&self) -> Duration {
        self.0.within
    }

    /// The program that signs in now.
    pub fn running(&self) -> Option<SigningIn> {
        lock(&self.0.running).clone()
    }

    /// Kills the program that signs in now; whoever waits for it is told so.
    pub fn stop(&self) {
        self.0.stop.notify_waiters();
    }

    fn may_run(&self, program: &Program) -> bool {
        match &self.0.may {
            May::Never | May::DefaultPlace => false,
            May::Approved(by) => by.approved(program),
        }
    }

    /// Runs a program: no terminal, killed at the deadline with what it started, output capped.
    pub(crate) async fn run(&self, plugin: &ExecPlugin) -> Result<Answer, CredentialError> {
        let (key, command) = (plugin.key.clone(), plugin.command.display().to_string());
        if plugin.needs_terminal {
            return Err(CredentialError::PluginWantsTerminal { key, command });
        }
        let failed = |why: Sentence| CredentialError::PluginFailed { key: key.clone(), command: command.clone(), why };
        let sought = plugin.clone();
        let program = tokio::task::spawn_blocking(move || Program::find(&sought)).await.map_err(|e| failed(Sentence::quoted(e)))?;
        let program = program.map_err(|why| failed(with_hint(why, &plugin.install_hint)))?;
        if let Err(why) = plugin.kuberc.check(&plugin.command, &program.path) {
            return Err(CredentialError::PluginDenied { key, path: program.path, why });
        }
        if !plugin.default_place && !self.may_run(&program) {
            return Err(CredentialError::PluginNotApproved { key, program: Box::new(program) });
        }
        let mut info = serde_json::json!({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": false}});
        if let Some(cluster) = &plugin.cluster {
            info["spec"]["cluster"] = cluster.spec().map_err(|e| failed(e.said()))?;
        }
        let mut start = tokio::process::Command::new(&program.path);
        // A process group of its own, in the background of a terminal that this program may have: the system lets it not read there.
        #[cfg(unix)]
        start.process_group(0);
        let mut child = start
            .args(&plugin.args)
            .envs(plugin.env.iter().map(|(k, v)| (k, v)))
            .env("KUBERNETES_EXEC_INFO", info.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| match e.kind() {
                ErrorKind::ArgumentListTooLong if plugin.cluster.is_some() => failed(told_too_much()),
                _ => failed(with_hint(Sentence::quoted(e), &plugin.install_hint)),
            })?;
        let group = Group(child.id());
        let stopped = self.0.stop.notified();
        let running = Running::begin(self, command.clone());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let mut answer = Vec::new();
        let work = async {
            let streams = async { tokio::join!(whole(out, &mut answer), self.listen(err)).0 };
            tokio::pin!(streams);
            tokio::select! {
                read = &mut streams => read.and(child.wait().await),
                status = child.wait() => match timeout(REST, &mut streams).await {
                    Ok(read) => read.and(status),
                    Err(_) => status,
                },
            }
        };
        let status = tokio::select! {
            status = timeout(self.0.within, work) => match status {
                Ok(status) => status.map_err(|e| failed(Sentence::quoted(e)))?,
                Err(_) => {
                    let why = sentence!("no answer within {seconds} s; killed", seconds = self.0.within.as_secs());
                    return Err(failed(running.told(why)));
                }
            },
            () = stopped => return Err(failed(running.told(sentence!("stopped by you")))),
        };
        group.ended();
        if !status.success() {
            return Err(failed(running.told(Sentence::quoted(status))));
        }
        // The message of the parser could quote the token.
        let answer: ExecCredential =
            serde_json::from_slice(&answer).map_err(|_| failed(sentence!("its answer is not an ExecCredential")))?;
        let status = answer.status.ok_or_else(|| failed(sentence!("its answer has no status")))?;
        Ok(Answer {
            token: status.token.filter(|t| !t.is_empty()).map(SecretString::from),
            certificate: status.client_certificate_data.zip(status.client_key_data.map(SecretString::from)),
            until: status.expiration_timestamp,
            at: Instant::now(),
        })
    }

    /// Keeps what the program says while it runs.
    async fn listen(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut tail: Vec<u8> = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(n @ 1..) = stream.read(&mut chunk).await {
            tail.extend_from_slice(&chunk[..n]);
            tail.drain(..tail.len().saturating_sub(SAID_CAP));
            if let Some(running) = lock(&self.0.running).as_mut() {
                running.said = String::from_utf8_lossy(&tail).trim().to_string();
            }
        }
    }
}

/// A program's own words of where to get it.
fn with_hint(why: Sentence, hint: &str) -> Sentence {
    if hint.is_empty() { why } else { why.and(Sentence::quoted(hint.trim())) }
}

/// Linux takes variables of 128 KiB.
fn told_too_much() -> Sentence {
    let remedy = sentence!("name the cluster's own authority alone, or have it told nothing");
    sentence!("what it is told of the cluster is too much for a variable").and(remedy)
}

/// The processes of a program that signs in; killed when dropped, unless the program ended by itself: what it left running then (an
/// agent that keeps a login) it left on purpose.
struct Group(Option<u32>);

impl Group {
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            // It may have ended meanwhile.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// Shows a program as running for as long as this lives.
struct Running<'a>(&'a SignIn);

impl<'a> Running<'a> {
    fn begin(sign_in: &'a SignIn, command: String) -> Self {
        *lock(&sign_in.0.running) = Some(SigningIn { command, since: Instant::now(), said: String::new() });
        Self(sign_in)
    }

    /// That, with what it said.
    fn told(&self, what: Sentence) -> Sentence {
        match self.0.running().map(|r| r.said).filter(|s| !s.is_empty()) {
            Some(said) => sentence!("{what}: {said}", said; what),
            None => what,
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *lock(&self.0.0.running) = None;
    }
}

async fn whole(stream: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> std::io::Result<()> {
    let Some(stream) = stream else { return Ok(()) };
    stream.take(ANSWER_CAP + 1).read_to_end(into).await?;
    if into.len() as u64 > ANSWER_CAP {
        return Err(std::io::Error::other(format!("more than {} KiB of output", ANSWER_CAP >> 10)));
    }
    Ok(())
}

/// What a program answered.
pub(crate) struct Answer {
    pub token: Option<SecretString>,
    pub certificate: Option<(String, SecretString)>,
    /// When it ends, by its own word.
    pub until: Option<Timestamp>,
    /// When it was given.
    pub at: Instant,
}

#[derive(Deserialize)]
struct ExecCredential {
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<Timestamp>,
}
