//! Which cluster this is. Compared before every write (invariant I9), so that a kubeconfig that was repointed in the
//! middle of a run cannot send a write to another cluster.

use serde::{Deserialize, Serialize};

/// What makes a cluster this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterIdentity {
    /// `metadata.uid` of the namespace `kube-system`.
    pub uid: String,
    /// Server URL as the kubeconfig names it.
    pub server: String,
    /// SHA-256 (hex) of the certificate authority that the kubeconfig trusts; empty when the system's roots are used.
    pub ca_sha256: String,
}
