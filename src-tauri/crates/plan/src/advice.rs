//! Which strategy fits a target, with reasons. Names what there is and nothing else.

use model::{Kind, ObjectId};
use serde::Serialize;

use crate::around::Around;
use crate::plan::PlanError;
use crate::references::slim;
use crate::revisions::{before, best, revisions};
use crate::snapshot::Snapshot;

/// What is said of one strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// Name of the strategy.
    pub strategy: &'static str,
    /// How well it fits.
    pub fit: Fit,
    /// Why, each a sentence without a full stop.
    pub reasons: Vec<String>,
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
    let mut all = vec![blue_green(&around), rollback(&around)?];
    all.sort_by_key(|a| a.fit);
    Ok(all)
}

fn blue_green(around: &Around<'_>) -> Advice {
    if around.id.kind != Kind::Deployment {
        let reasons = vec![format!("a {} cannot stand twice beside itself", around.id.kind)];
        return Advice { strategy: "blue-green", fit: Fit::Unfit, reasons };
    }
    let services = around.services();
    let claims = slim(&around.template()).spec.volumes.iter().filter(|v| v.persistent_volume_claim.is_some()).count();
    let mut reasons = Vec::new();
    let mut fit = Fit::Good;
    match services.len() {
        0 => {
            fit = Fit::Unfit;
            reasons.push("no service selects its pods, so there is no traffic to move".to_string());
        }
        1 => reasons.push("the new version is proven beside the old one, and going back is one write".to_string()),
        n => reasons
            .push(format!("the new version is proven beside the old one; its {n} services move one after the other, up to a second apart")),
    }
    if claims > 0 {
        fit = fit.max(Fit::Possible);
        reasons.push("it mounts volume claims, which both versions would share".to_string());
    }
    if !around.deployment.complete() || around.deployment.spec.paused {
        fit = fit.max(Fit::Possible);
        reasons.push("it is paused or not complete: let that settle first".to_string());
    }
    if let Some(owner) = around.deployment.metadata.controller() {
        fit = Fit::Unfit;
        reasons.push(format!("{} {} controls it", owner.kind, owner.name));
    }
    reasons.push(format!("needs room for {} more pods", around.deployment.status.replicas));
    Advice { strategy: "blue-green", fit, reasons }
}

fn rollback(around: &Around<'_>) -> Result<Advice, PlanError> {
    let all = revisions(around.snapshot, around.id)?;
    let (fit, reasons) = match best(&all) {
        Some(best) => {
            let mut reasons = vec![format!("revision {} can be gone back to, in steps, as a rolling update", best.number)];
            reasons.extend(best.healthy_evidence.as_ref().map(ToString::to_string));
            (Fit::Possible, reasons)
        }
        None => match before(around) {
            Some(p) => (
                Fit::Possible,
                vec![format!("the cluster keeps no revision to go back to; run {} kept the template from before it", p.run)],
            ),
            None => (Fit::Unfit, vec!["its history holds nothing to go back to".to_string()]),
        },
    };
    Ok(Advice { strategy: "rollback", fit, reasons })
}
