//! One connection per context, shared by the window and the runs; with a live view once somebody looks.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use api::*;
use cluster::{Connection, WritePolicy};
use engine::Cluster;
use model::{ClusterIdentity, Kind};
use serde_json::Value;

use crate::contexts::connect_error;
use crate::live::Live;
use crate::{Host, errors, locked};

/// Mark of a node whose pods are simulated.
const SIMULATED_NODE: (&str, &str) = ("kwok.x-k8s.io/node", "fake");

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
    live: Mutex<Option<Arc<Live>>>,
}

impl Link {
    /// The live view, if there is one.
    pub fn live(&self) -> Option<Arc<Live>> {
        locked(&self.live).clone()
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
        if let Some(l) = locked(&self.links).get(context).cloned() {
            return Ok(l);
        }
        let made = self.connect(context).await;
        if let Err(e) = &made {
            self.note_failure(context, e);
        }
        let link = made?;
        // Two callers may have connected at once: the first one counts.
        Ok(locked(&self.links).entry(context.to_string()).or_insert(link).clone())
    }

    async fn connect(&self, context: &str) -> Result<Arc<Link>, UiError> {
        let entry = self.entry(context)?;
        let policy = WritePolicy::read_only();
        self.enforce(context, &policy);
        let connection = Connection::open(&entry, &cluster::Options::new(policy.clone())).await.map_err(connect_error)?;
        let version = connection.version().await.map_err(errors::read)?.git_version;
        let identity = connection.identity().await.map_err(errors::read)?;
        // Who may not read nodes is told nothing about them: then pods count as real.
        let nodes = connection.list(Kind::Node, None, None).await.unwrap_or_default();
        let link =
            Link { name: context.to_string(), simulated: simulated(&nodes), connection, policy, identity, version, live: Mutex::default() };
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

    /// Connects and follows namespaces; what was followed before goes on when it covers them.
    pub(crate) async fn follow(&self, context: &str, namespaces: &[String]) -> Result<Arc<Link>, UiError> {
        let link = self.link(context).await?;
        let wanted: BTreeSet<String> = namespaces.iter().cloned().collect();
        let mut live = locked(&link.live);
        if !live.as_ref().is_some_and(|l| l.covers(&wanted)) {
            *live = Some(Live::start(self.me.clone(), &link, wanted));
        }
        drop(live);
        Ok(link)
    }

    /// Drops a context's live view; the connection stays as long as a run needs it.
    pub(crate) fn unfollow(&self, context: &str) {
        let link = locked(&self.links).get(context).cloned();
        if let Some(l) = link {
            locked(&l.live).take();
            l.policy.set_stale(false);
        }
        if !self.drives(context) {
            locked(&self.links).remove(context);
        }
    }

    /// Namespaces that may be looked at; who may not list them sees those that are known by name.
    pub(crate) async fn namespace_views(&self, context: &str) -> Result<Vec<NamespaceView>, UiError> {
        let link = self.link(context).await?;
        let followed = link.live().map(|l| l.namespaces().clone()).unwrap_or_default();
        let mut names: BTreeSet<String> = match link.connection.list(Kind::Namespace, None, None).await {
            Ok(all) => all.iter().filter_map(|n| n.pointer("/metadata/name").and_then(Value::as_str).map(str::to_string)).collect(),
            Err(engine::ReadError::Forbidden { .. }) => [link.connection.namespace().to_string()].into(),
            Err(e) => return Err(errors::read(e)),
        };
        names.extend(followed.iter().cloned());
        let all = followed.is_empty() && link.live().is_some();
        Ok(names.into_iter().map(|name| NamespaceView { followed: all || followed.contains(&name), name }).collect())
    }
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
    fn a_cluster_with_one_real_node_is_not_simulated() {
        let fake = json!({"metadata":{"annotations":{"kwok.x-k8s.io/node":"fake"}}});
        let real = json!({"metadata":{"annotations":{}}});
        assert!(simulated(std::slice::from_ref(&fake)));
        assert!(!simulated(&[fake, real]));
        assert!(!simulated(&[]));
    }
}
