//! Reads kubeconfig files as kubectl does, without kubectl's habit of letting one bad entry hide the good ones.
//!
//! Sources, in this order: one explicit file; the list in `$KUBECONFIG` (first file that names a thing wins, missing
//! files are skipped, empty entries ignored); `~/.kube/config`. Relative paths in a file count from its own folder.
//! A context that appears in two files is kept twice, the second one marked as shadowed. A cluster's `proxy-url` counts before
//! the proxies of the environment.
//!
//! Does **not** know whether a cluster answers, and never runs an exec plugin (`connect` does).

mod file;
mod kuberc;
mod proxy;
mod reach;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use model::{Sentence, sentence};

pub(crate) use file::read_regular;
pub use kuberc::Kuberc;
pub(crate) use proxy::Speaks;
pub use proxy::{Proxy, ProxyEnvironment};
pub use reach::{ClusterInfo, ExecPlugin, Login, Material, Reach, Unverified};

/// Where kubeconfig files are looked for.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--kubeconfig`: then nothing else is read.
    pub explicit: Option<PathBuf>,
    /// Value of `$KUBECONFIG`.
    pub list: Option<OsString>,
    /// Home folder; its `.kube/config` is the default place.
    pub home: Option<PathBuf>,
    /// Proxies of the environment, for clusters without a `proxy-url`.
    pub proxies: ProxyEnvironment,
    /// Value of `$KUBERC`: kubectl's preferences, which may say what signs in; `off` = they count for nothing.
    pub kuberc: Option<OsString>,
}

impl Sources {
    /// The sources of this process, with the value of `--kubeconfig` if one was given.
    pub fn of_process(explicit: Option<PathBuf>) -> Self {
        let list = std::env::var_os("KUBECONFIG").filter(|v| !v.is_empty());
        // kubectl's two ways to switch its preferences off.
        let gate = std::env::var("KUBECTL_KUBERC").is_ok_and(|v| v.eq_ignore_ascii_case("false"));
        let kuberc = if gate { Some("off".into()) } else { std::env::var_os("KUBERC") };
        Self { explicit, list, home: std::env::home_dir(), proxies: ProxyEnvironment::of_process(), kuberc }
    }

    fn default_place(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|h| h.join(".kube").join("config"))
    }

    fn paths(&self) -> Vec<PathBuf> {
        if let Some(one) = &self.explicit {
            return vec![one.clone()];
        }
        let Some(list) = &self.list else { return self.default_place().into_iter().collect() };
        std::env::split_paths(list).filter(|p| !p.as_os_str().is_empty()).collect()
    }

    /// `~/.kube/config` for a file below the home folder.
    fn said(&self, path: &Path) -> String {
        match self.home.as_ref().and_then(|h| path.strip_prefix(h).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }
}

/// What is wrong in a kubeconfig file: the file, the key and what to do. Never carries a value of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum KubeconfigError {
    /// No source names a file that exists.
    Missing {
        /// File.
        file: String,
        /// What to do.
        remedy: Sentence,
    },
    /// Not a regular file, too large, or not readable.
    Unreadable {
        /// File.
        file: String,
        /// Why.
        why: Sentence,
    },
    /// Not YAML, or not a kubeconfig.
    Syntax {
        /// File.
        file: String,
        /// Line and column, or the key.
        at: Sentence,
        /// What was expected.
        why: Sentence,
    },
    /// A key is missing, refers to nothing, or has a value that cannot be used.
    Key {
        /// File.
        file: String,
        /// `contexts[prod].context.cluster`.
        key: String,
        /// What is wrong.
        what: Sentence,
        /// What to do.
        remedy: Sentence,
    },
    /// A key asks for something that Changeover refuses on purpose.
    Refused {
        /// File.
        file: String,
        /// `clusters[prod].cluster.insecure-skip-tls-verify`.
        key: String,
        /// What is refused.
        what: Sentence,
        /// What to do.
        remedy: Sentence,
    },
}

impl KubeconfigError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            Self::Missing { file, remedy } => sentence!("{file}: no such file", file).and(remedy.clone()),
            Self::Unreadable { file, why } => sentence!("{file}: cannot be read ({why})", file; why = why.clone()),
            Self::Syntax { file, at, why } => {
                sentence!("{file}: {at}: not a kubeconfig ({why})", file; at = at.clone(), why = why.clone())
            }
            Self::Key { file, key, what, remedy } | Self::Refused { file, key, what, remedy } => {
                sentence!("{file}: {key}: {what}", file, key; what = what.clone()).and(remedy.clone())
            }
        }
    }
}

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// Path.
    pub path: PathBuf,
    /// Why it gave nothing, if so: `missing: skipped`, or its error.
    pub note: Option<Sentence>,
}

/// A context of some file. Usable when it has no problem and is not shadowed.
#[derive(Clone, Debug)]
pub struct ContextEntry {
    /// Name.
    pub name: String,
    /// Name of its cluster.
    pub cluster: String,
    /// Name of its user; empty = none.
    pub user: String,
    /// Namespace that it starts in.
    pub namespace: String,
    /// File that it stands in.
    pub file: PathBuf,
    /// URL of the API server, when known.
    pub server: Option<String>,
    /// File whose context of the same name wins.
    pub shadowed_by: Option<PathBuf>,
    /// Why it cannot be used.
    pub problem: Option<KubeconfigError>,
    reach: Option<Reach>,
}

impl ContextEntry {
    /// The program that signs in, for a context that has one.
    pub fn plugin(&self) -> Option<&Path> {
        match self.reach.as_ref().map(|r| &r.login) {
            Some(Login::Exec(plugin)) => Some(&plugin.command),
            _ => None,
        }
    }

    /// Why nobody could know that it is the right server that answers.
    pub fn unverified(&self) -> Option<Unverified> {
        self.reach.as_ref().and_then(|r| r.unverified)
    }

    /// Differs when anything of it does: server, certificates, login. Secrets are in it as a hash. None where it cannot be used.
    pub fn mark(&self) -> Option<[u8; 32]> {
        self.reach.as_ref().filter(|_| self.problem.is_none()).map(Reach::mark)
    }

    /// How to reach the cluster; the problem otherwise.
    pub fn reach(&self) -> Result<&Reach, KubeconfigError> {
        match (&self.reach, &self.problem) {
            (Some(reach), None) => Ok(reach),
            (_, Some(problem)) => Err(problem.clone()),
            (None, None) => Err(KubeconfigError::Key {
                file: self.file.display().to_string(),
                key: format!("contexts[{}]", file::shown(&self.name)),
                what: sentence!("has no cluster"),
                remedy: sentence!("add one"),
            }),
        }
    }
}

/// All contexts of all files.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    /// In the order of the files; shadowed ones included.
    pub entries: Vec<ContextEntry>,
    /// Files that were looked at, in order.
    pub files: Vec<FileRead>,
    /// `current-context`: of the first file that sets it.
    pub current: Option<String>,
}

impl Contexts {
    /// The context of that name which counts.
    pub fn get(&self, name: &str) -> Option<&ContextEntry> {
        self.entries.iter().find(|e| e.name == name && e.shadowed_by.is_none())
    }
}

/// Reads all sources. Fails only when an explicit file cannot be used; trouble in one file of a list, or in one context,
/// is kept with that file or context.
pub fn load(sources: &Sources) -> Result<Contexts, KubeconfigError> {
    let mut read = Vec::new();
    let mut out = Contexts::default();
    let default_place = sources.default_place();
    let mut seen: HashMap<PathBuf, String> = HashMap::new();
    for path in sources.paths() {
        let said = sources.said(&path);
        // Two ways to one file are one file: its contexts shall not shadow themselves.
        if let Ok(real) = path.canonicalize()
            && let Some(first) = seen.insert(real.clone(), said.clone())
        {
            out.files.push(FileRead { path, note: Some(sentence!("the same file as {first}: read once", first)) });
            seen.insert(real, first);
            continue;
        }
        let found = file::read(&path, &said, default_place.as_ref() == Some(&path));
        let note = match found {
            Ok(doc) => {
                let note = doc.notes.iter().cloned().reduce(Sentence::and);
                read.push(doc);
                note
            }
            Err(e) if sources.explicit.is_some() => return Err(e),
            Err(KubeconfigError::Missing { .. }) => Some(sentence!("missing: skipped")),
            Err(e) => Some(e.said()),
        };
        out.files.push(FileRead { path, note });
    }
    merge(&read, sources, &mut out);
    Ok(out)
}

fn merge(read: &[file::Document], sources: &Sources, out: &mut Contexts) {
    let mut clusters = HashMap::new();
    let mut users = HashMap::new();
    for doc in read {
        for c in &doc.clusters {
            clusters.entry(c.name.as_str()).or_insert((doc, c));
        }
        for u in &doc.users {
            users.entry(u.name.as_str()).or_insert((doc, u));
        }
        if out.current.is_none() {
            out.current = doc.current.clone();
        }
    }
    let mut winners: HashMap<String, PathBuf> = HashMap::new();
    for doc in read {
        for c in &doc.contexts {
            let shadowed_by = winners.get(&c.name).cloned();
            winners.entry(c.name.clone()).or_insert_with(|| doc.path.clone());
            let mut entry = ContextEntry {
                name: c.name.clone(),
                cluster: String::new(),
                user: String::new(),
                namespace: "default".into(),
                file: doc.path.clone(),
                server: None,
                shadowed_by,
                problem: None,
                reach: None,
            };
            match &c.value {
                Ok(ctx) => {
                    let cluster = clusters.get(ctx.cluster.as_str()).copied();
                    let user = users.get(ctx.user.as_str()).copied();
                    entry.cluster = ctx.cluster.clone();
                    entry.user = ctx.user.clone();
                    if !ctx.namespace.is_empty() {
                        entry.namespace = ctx.namespace.clone();
                    }
                    entry.server = reach::server(doc, &c.name, ctx, cluster).ok();
                    match reach::resolve(doc, &c.name, ctx, cluster, user, sources) {
                        Ok(reach) => entry.reach = Some(reach),
                        Err(e) => entry.problem = Some(e),
                    }
                }
                Err(e) => entry.problem = Some(e.clone()),
            }
            out.entries.push(entry);
        }
    }
}

#[cfg(test)]
mod broken_tests;
#[cfg(test)]
mod tests;
