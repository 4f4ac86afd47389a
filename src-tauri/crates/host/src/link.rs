//! One connection per context, shared by the window and the runs; with a live view once somebody looks.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use api::*;
use cluster::{Connection, ContextEntry, WritePolicy};
use engine::Cluster;
use model::{ClusterIdentity, Kind, Sentence, sentence};
use serde_json::Value;

use crate::contexts::connect_error;
use crate::live::Live;
use crate::scope::{Scope, Want};
use crate::sign_in::Door;
use crate::{Host, errors, locked};

/// Mark of a node whose pods are simulated.
const SIMULATED_NODE: (&str, &str) = ("kwok.x-k8s.io/node", "fake");

/// How long namespaces may take until they were read once.
const IN_TIME: Duration = Duration::from_secs(30);
/// How long other namespaces may take until they take the place of those that are shown: a whole collection's deadline.
const SHOWN_WITHIN: Duration = Duration::from_secs(120);

/// A connected context.
pub struct Link {
    /// Context.
    pub name: String,
    /// The connection.
    pub connection: Arc<Connection>,
    /// What may be written over it.
    pub policy: WritePolicy,
    /// Cluster.
    pub identity: ClusterIdentity,
    /// Server version.
    pub version: String,
    /// Its pods are simulated.
    pub simulated: bool,
    entry: Mutex<Entry>,
    needs: Mutex<Needs>,
}

/// The kubeconfig's word on a connection.
struct Entry {
    /// As it was connected, or as it was taken up last.
    taken: ContextEntry,
    /// Mark of what was looked at last, taken up or not; none = no entry that can be used.
    seen: Option<[u8; 32]>,
    /// Why that is not taken up, in words.
    moved: Option<Sentence>,
}

/// What the live view is needed for, and the view itself while there is anything.
#[derive(Default)]
struct Needs {
    /// What the window shows.
    shown: Option<Scope>,
    /// Namespaces of the runs that are driven, and of the logs that are open; one entry each.
    runs: Vec<String>,
    live: Option<Arc<Live>>,
}

impl Needs {
    /// Everything that has to be read, and what the map is of. `None` = nobody needs anything.
    fn want(&self) -> Option<Want> {
        let runs = (!self.runs.is_empty()).then(|| Scope::of(&self.runs));
        let read = match (self.shown.clone(), runs) {
            (Some(shown), Some(runs)) => shown.union(runs),
            (shown, runs) => shown.or(runs)?,
        };
        Some(Want { shown: self.shown.clone().unwrap_or_else(|| read.clone()), read })
    }
}

/// Keeps a namespace read for as long as a run is driven in it, or its logs are open.
pub struct Held {
    host: Weak<Host>,
    link: Arc<Link>,
    namespace: String,
}

impl Held {
    /// The connection.
    pub fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.link.change(&self.host, |needs| {
            if let Some(at) = needs.runs.iter().position(|n| *n == self.namespace) {
                needs.runs.swap_remove(at);
            }
        });
    }
}

impl Link {
    /// The context's entry, as the connection goes by it.
    pub fn entry(&self) -> ContextEntry {
        locked(&self.entry).taken.clone()
    }

    /// Why the connection does not go by what the kubeconfig says now.
    pub fn moved(&self) -> Option<Sentence> {
        locked(&self.entry).moved.clone()
    }

    /// Whether the kubeconfig says something else now than when it was last looked at; notes it.
    pub fn differs(&self, now: Option<&ContextEntry>) -> bool {
        let now = now.and_then(ContextEntry::mark);
        std::mem::replace(&mut locked(&self.entry).seen, now) != now
    }

    /// Goes by what the kubeconfig says now, where that leads to the same server.
    pub async fn take_up(&self, now: Option<ContextEntry>) {
        let moved = match now {
            None => Some(sentence!("context {name}: no longer in the kubeconfig; its connection goes on", name = self.name)),
            Some(now) if now.mark() == self.entry().mark() => None,
            Some(now) => match self.connection.take_up(&now).await {
                Ok(()) => {
                    locked(&self.entry).taken = now;
                    None
                }
                Err(e) => Some(e.said()),
            },
        };
        locked(&self.entry).moved = moved;
    }

    /// The live view, if there is one.
    pub fn live(&self) -> Option<Arc<Live>> {
        locked(&self.needs).live.clone()
    }

    /// Changes what is needed, and what is read with it: widened before anything is let go.
    fn change(&self, host: &Weak<Host>, change: impl FnOnce(&mut Needs)) {
        let mut needs = locked(&self.needs);
        change(&mut needs);
        match (needs.want(), needs.live.as_ref().filter(|l| l.runs())) {
            (Some(want), Some(live)) => live.aim(want),
            (Some(want), None) => needs.live = Some(Live::start(host.clone(), self, want)),
            (None, _) => {
                needs.live = None;
                self.policy.set_stale(false);
            }
        }
    }

    /// The live view, where it reads the namespace of a plan's target: else what is there is not known.
    pub fn reading(&self, plan: &plan::Plan) -> Option<Arc<Live>> {
        self.live().filter(|l| l.covers(&Scope::one(&plan.target.object.namespace)))
    }

    /// Where the connection stands.
    pub fn state(&self) -> ContextState {
        match self.live() {
            Some(l) if !l.freshness().live => ContextState::Stale,
            _ => ContextState::Live,
        }
    }
}

impl Host {
    /// The connection of a context; made when there is none.
    pub(crate) async fn link(&self, context: &str) -> Result<Arc<Link>, UiError> {
        let there = || locked(&self.links).get(context).cloned();
        if let Some(l) = there() {
            return Ok(l);
        }
        // Whoever comes second waits for the first: a program shall not sign in twice.
        let door = self.door(context);
        let _one = door.one.lock().await;
        if let Some(l) = there() {
            return Ok(l);
        }
        let made = self.connect(context, &door).await;
        if let Err(e) = &made {
            self.note_failure(context, e);
        }
        let link = made?;
        self.forget_failure(context);
        locked(&self.links).insert(context.to_string(), link.clone());
        Ok(link)
    }

    async fn connect(&self, context: &str, door: &Door) -> Result<Arc<Link>, UiError> {
        let entry = self.entry(context)?;
        let policy = WritePolicy::read_only();
        self.enforce(context, entry.unverified(), &policy);
        let options = cluster::Options { sign_in: door.sign_in.clone(), ..cluster::Options::new(policy.clone()) };
        let opened = self.telling(door, Connection::open(&entry, &options)).await;
        door.note(opened.as_ref().err());
        let connection = opened.map_err(|e| connect_error(context, e))?;
        let version = connection.version().await.map_err(errors::read)?.git_version;
        let identity = connection.identity().await.map_err(errors::read)?;
        // Who may not read nodes is told nothing about them: then pods count as real.
        let nodes = connection.list(Kind::Node, None, None).await.unwrap_or_default();
        let link = Link {
            name: context.to_string(),
            simulated: simulated(&nodes),
            connection,
            policy,
            identity,
            version,
            entry: Mutex::new(Entry { seen: entry.mark(), taken: entry, moved: None }),
            needs: Mutex::default(),
        };
        self.remember(&link);
        Ok(Arc::new(link))
    }

    fn remember(&self, link: &Link) {
        let Ok(mut record) = self.record(&link.name) else { return };
        record.last_seen = Some(store::Seen {
            at: self.clock.now(),
            cluster: link.identity.clone(),
            version: link.version.clone(),
            namespaces: record.last_seen.map(|s| s.namespaces).unwrap_or_default(),
        });
        if let Err(e) = self.store.set_context(&link.name, &record) {
            tracing::warn!(context = link.name, error = %e, "last state of the context is not kept");
        }
    }

    /// Connects and shows these namespaces. Where others were shown, those stay until these are read.
    ///
    /// # Errors
    /// [`Code::Unreachable`] when they are not read in time: then what was shown is shown on.
    pub(crate) async fn follow(&self, context: &str, shown: Scope) -> Result<(), UiError> {
        let link = self.link(context).await?;
        let before = locked(&link.needs).shown.clone();
        let first = link.live().is_none();
        link.change(&self.me, |n| n.shown = Some(shown.clone()));
        let (Some(live), false) = (link.live(), first) else { return Ok(()) };
        let shows = tokio::time::timeout(SHOWN_WITHIN, live.shows(&shown)).await;
        shows.map_err(|_| {
            link.change(&self.me, |n| n.shown = before);
            not_read(context, &live, SHOWN_WITHIN)
        })
    }

    /// Keeps a namespace read, beside what the window shows.
    fn keep_read(&self, link: &Arc<Link>, namespace: &str) -> Held {
        link.change(&self.me, |n| n.runs.push(namespace.to_string()));
        Held { host: self.me.clone(), link: link.clone(), namespace: namespace.to_string() }
    }

    /// Keeps a namespace read, and waits until it is.
    ///
    /// # Errors
    /// [`Code::Unreachable`] when it is not read in time.
    pub(crate) async fn hold(&self, link: &Arc<Link>, namespace: &str) -> Result<Held, UiError> {
        let held = self.keep_read(link, namespace);
        self.read(link, &Scope::one(namespace)).await?;
        Ok(held)
    }

    /// As [`Self::hold`], where these kinds are all that is needed.
    ///
    /// # Errors
    /// [`Code::Unreachable`] when they are not read in time.
    pub(crate) async fn hold_kinds(&self, link: &Arc<Link>, namespace: &str, kinds: &[Kind]) -> Result<Held, UiError> {
        let held = self.keep_read(link, namespace);
        if let Some(live) = link.live() {
            let known = tokio::time::timeout(IN_TIME, live.knows(&Scope::one(namespace), kinds)).await;
            known.map_err(|_| not_read(&link.name, &live, IN_TIME))?;
        }
        Ok(held)
    }

    /// Waits until everything that a context's map needs was read once.
    ///
    /// # Errors
    /// [`Code::Unreachable`] when that takes longer than 30 s: a kind that cannot be read says why.
    pub async fn settled(&self, context: &str) -> Result<(), UiError> {
        let link = self.link(context).await?;
        let shown = locked(&link.needs).shown.clone();
        match shown {
            Some(shown) => self.read(&link, &shown).await,
            None => Ok(()),
        }
    }

    async fn read(&self, link: &Link, scope: &Scope) -> Result<(), UiError> {
        let Some(live) = link.live() else { return Ok(()) };
        tokio::time::timeout(IN_TIME, live.settled(scope)).await.map_err(|_| not_read(&link.name, &live, IN_TIME))
    }

    /// Drops what the window shows of a context; what a run needs goes on, and the connection with it.
    pub(crate) fn unfollow(&self, context: &str) {
        let link = locked(&self.links).get(context).cloned();
        if let Some(l) = link {
            l.change(&self.me, |n| n.shown = None);
        }
        if !self.drives(context) {
            locked(&self.links).remove(context);
        }
    }

    /// Kinds of which something is not seen on a context's map, with why. Kinds that are not installed are none of them:
    /// there is nothing of them to see.
    pub fn unread(&self, context: &str) -> Vec<KindStateView> {
        locked(&self.links).get(context).and_then(|l| l.live()).map(|l| l.unread()).unwrap_or_default()
    }

    /// The map by object: what a route declares per host and path is folded into the route.
    ///
    /// # Errors
    /// [`Code::Usage`] when the context is not open.
    pub fn objects_graph(&self, context: &str) -> Result<GraphBatch, UiError> {
        self.shown_live(context).map(|l| l.folded())
    }

    /// The live view of an open context.
    pub(crate) fn shown_live(&self, context: &str) -> Result<Arc<Live>, UiError> {
        let live = locked(&self.links).get(context).and_then(|l| l.live());
        live.ok_or_else(|| not_open(context))
    }

    /// Namespaces that may be looked at; who may not list them sees those that are known by name.
    pub(crate) async fn namespace_views(&self, context: &str) -> Result<Vec<NamespaceView>, UiError> {
        let link = self.link(context).await?;
        let shown = locked(&link.needs).shown.clone();
        let followed = shown.as_ref().and_then(Scope::names).cloned().unwrap_or_default();
        let mut names: BTreeSet<String> = match link.connection.list(Kind::Namespace, None, None).await {
            Ok(all) => all.iter().filter_map(|n| n.pointer("/metadata/name").and_then(Value::as_str).map(str::to_string)).collect(),
            Err(engine::ReadError::Forbidden { .. }) => [link.connection.namespace().to_string()].into(),
            Err(e) => return Err(errors::read(e)),
        };
        names.extend(followed.iter().cloned());
        let all = shown == Some(Scope::All);
        Ok(names.into_iter().map(|name| NamespaceView { followed: all || followed.contains(&name), name }).collect())
    }
}

/// A command that needs an open context.
pub(crate) fn not_open(context: &str) -> UiError {
    UiError::new(Code::Usage, sentence!("context {context}: not open", context)).hint(sentence!("open it first"))
}

/// Which kinds could not be read, in words.
fn not_read(context: &str, live: &Live, within: Duration) -> UiError {
    let fresh = live.freshness();
    let of_kinds = fresh.kinds.iter().filter(|k| matches!(k.state.as_str(), "broken" | "stale" | "listing"));
    let kinds = of_kinds.map(|k| {
        let note: Sentence = k.note.clone().map(Into::into).unwrap_or_default();
        sentence!("{kind}: {note}", kind = k.kind; note)
    });
    let why = kinds.reduce(Sentence::and).or_else(|| fresh.why.clone().map(Into::into));
    let seconds = within.as_secs();
    let said = match why {
        Some(why) => sentence!("context {context}: not read within {seconds} s ({why})", context, seconds; why),
        None => sentence!("context {context}: not read within {seconds} s", context, seconds),
    };
    UiError::new(Code::Unreachable, said)
        .hint(sentence!("check network, VPN and proxy, and whether the API server is well; then ask again"))
}

/// Every node is simulated, and there is one.
fn simulated(nodes: &[Value]) -> bool {
    let fake = |n: &Value| {
        n.pointer("/metadata/annotations").and_then(|a| a.get(SIMULATED_NODE.0)).and_then(Value::as_str) == Some(SIMULATED_NODE.1)
    };
    !nodes.is_empty() && nodes.iter().all(fake)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_read_is_what_the_window_shows_and_what_the_runs_need() {
        let mut needs = Needs::default();
        assert_eq!(needs.want(), None);
        needs.shown = Some(Scope::one("pay"));
        needs.runs.extend(["shop".to_string(), "cart".to_string(), "shop".to_string()]);
        let all = Scope::of(&["cart".into(), "pay".into(), "shop".into()]);
        assert_eq!(needs.want(), Some(Want { read: all, shown: Scope::one("pay") }));
        needs.shown = Some(Scope::one("edge"));
        assert!(needs.want().expect("something").read.covers(&Scope::of(&["shop".into(), "cart".into()])), "never away from a run");
        needs.shown = None;
        assert!(needs.want().expect("something").read.covers(&Scope::one("shop")), "nor when the window closes the context");
        needs.runs.clear();
        assert_eq!(needs.want(), None);
    }

    #[test]
    fn a_cluster_with_one_real_node_is_not_simulated() {
        let fake = json!({"metadata":{"annotations":{"kwok.x-k8s.io/node":"fake"}}});
        let real = json!({"metadata":{"annotations":{}}});
        assert!(simulated(std::slice::from_ref(&fake)));
        assert!(!simulated(&[fake, real]));
        assert!(!simulated(&[]));
    }
}
