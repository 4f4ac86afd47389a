//! Whether the world is still the one that a plan was made for. Asked before anything is journaled.

use model::{Kind, Sentence, names, sentence};
use plan::Plan;

use crate::ports::{Cluster, ReadError};

/// The world moved: make a new plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum Moved {
    /// Another cluster answers.
    Cluster {
        /// Server that answers.
        server: String,
    },
    /// The target is gone, or is another object of that name.
    Target(String),
    /// Its template was changed.
    Template(String),
    /// Another run is under way on an object.
    OtherRun {
        /// Object.
        object: String,
        /// Epoch annotation found.
        run: String,
    },
}

impl Moved {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            Moved::Cluster { server } => {
                sentence!("cluster {server}: not the one that the plan was made for (another kube-system uid, server or authority)", server)
            }
            Moved::Target(object) => sentence!("{object}: deleted or made anew since the plan was made", object),
            Moved::Template(object) => sentence!("{object}: its pod template changed since the plan was made", object),
            Moved::OtherRun { object, run } => {
                sentence!("{object}: run {run} is under way on it; finish it or back it out first", object, run)
            }
        }
    }
}

/// Why it could not be told, or that it moved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It moved.
    #[error(transparent)]
    Moved(#[from] Moved),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<VerifyError> for crate::run::RunError {
    fn from(e: VerifyError) -> Self {
        match e {
            VerifyError::Moved(m) => m.into(),
            VerifyError::Read(r) => r.into(),
        }
    }
}

/// Compares the identity of the cluster. On another one nothing may be read either: what is missing there would count as
/// undone.
pub async fn same_cluster(plan: &Plan, cluster: &dyn Cluster) -> Result<(), VerifyError> {
    let identity = cluster.identity().await?;
    if identity != plan.cluster {
        return Err(Moved::Cluster { server: identity.server }.into());
    }
    Ok(())
}

/// Compares identity, target and template, and looks for marks of other runs.
pub async fn verify(plan: &Plan, cluster: &dyn Cluster) -> Result<(), VerifyError> {
    same_cluster(plan, cluster).await?;
    let target = &plan.target;
    let live = cluster.get(&target.object).await?;
    let Some(live) = live.filter(|l| l["metadata"]["uid"].as_str() == Some(&target.uid) && l["metadata"]["deletionTimestamp"].is_null())
    else {
        return Err(Moved::Target(target.object.said()).into());
    };
    if live["spec"]["template"] != target.template {
        return Err(Moved::Template(target.object.said()).into());
    }
    let mut objects: Vec<_> = plan.steps.iter().flat_map(|s| s.step.writes_to()).filter(|o| o.kind != Kind::Namespace).collect();
    objects.sort();
    objects.dedup();
    for object in objects {
        let Some(live) = cluster.get(object).await? else { continue };
        if let Some(epoch) = live["metadata"]["annotations"][names::EPOCH].as_str() {
            return Err(Moved::OtherRun { object: object.said(), run: epoch.to_string() }.into());
        }
    }
    Ok(())
}
