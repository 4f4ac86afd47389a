//! Which strategy fits a target, with reasons. Names what there is and nothing else.

use model::{ObjectId, Sentence};
use serde::Serialize;

use crate::around::Around;
use crate::plan::PlanError;
use crate::snapshot::Snapshot;
use crate::strategies::{self, Strategy};

/// What is said of one strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// Name of the strategy.
    pub strategy: &'static str,
    /// How well it fits.
    pub fit: Fit,
    /// Why, each a sentence without a full stop.
    pub reasons: Vec<Sentence>,
}

/// How well a strategy fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Nothing speaks against it.
    Good,
    /// Possible, with something to look at first.
    Possible,
    /// Cannot be used.
    Unfit,
}

/// Advice on every strategy, best first. Errors: the target is not in the snapshot, or has no pod template.
pub fn advise(snapshot: &Snapshot, target: &ObjectId) -> Result<Vec<Advice>, PlanError> {
    let around = Around::of(snapshot, target)?;
    let of = |s: &&dyn Strategy| {
        let fitness = s.stops(&around).map_or_else(|| s.fit(&around), |why| Ok((Fit::Unfit, vec![why])));
        fitness.map(|(fit, reasons)| Advice { strategy: s.name(), fit, reasons })
    };
    // What brings a version comes first; the order of the list decides among equals.
    let (versions, verbs): (Vec<_>, Vec<_>) = strategies::LIST.iter().partition(|s| s.brings_a_version());
    let mut all = versions.iter().map(of).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|a| a.fit);
    all.extend(verbs.iter().map(of).collect::<Result<Vec<_>, _>>()?);
    Ok(all)
}
