//! core/v1 PersistentVolumeClaim.

use serde::{Deserialize, Serialize};

use crate::meta::Meta;

/// PersistentVolumeClaim.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Claim {
    /// Metadata.
    pub metadata: Meta,
    /// Status.
    pub status: ClaimStatus,
}

/// `PersistentVolumeClaim.status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimStatus {
    /// `Bound`, `Pending` or `Lost`.
    pub phase: String,
}
