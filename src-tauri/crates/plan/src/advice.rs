//! Which strategy fits a target, with reasons. Names what there is and nothing else.

use model::{Kind, ObjectId, Sentence, sentence};
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
    let mut all = vec![blue_green(&around), rollback(&around)?];
    all.sort_by_key(|a| a.fit);
    Ok(all)
}

fn blue_green(around: &Around<'_>) -> Advice {
    if around.id.kind != Kind::Deployment {
        let reasons = vec![sentence!("a {kind} cannot stand twice beside itself", kind = around.id.kind)];
        return Advice { strategy: "blue-green", fit: Fit::Unfit, reasons };
    }
    let services = around.services();
    let claims = slim(&around.template()).spec.volumes.iter().filter(|v| v.persistent_volume_claim.is_some()).count();
    let mut reasons = Vec::new();
    let mut fit = Fit::Good;
    match services.len() {
        0 => {
            fit = Fit::Unfit;
            reasons.push(sentence!("no service selects its pods, so there is no traffic to move"));
        }
        1 => reasons.push(sentence!("the new version is proven beside the old one, and going back is one write")),
        n => reasons.push(
            sentence!("the new version is proven beside the old one")
                .and(sentence!("its {n} services move one after the other, up to a second apart", n)),
        ),
    }
    if claims > 0 {
        fit = fit.max(Fit::Possible);
        reasons.push(sentence!("it mounts volume claims, which both versions would share"));
    }
    if !around.deployment.complete() || around.deployment.spec.paused {
        fit = fit.max(Fit::Possible);
        reasons.push(sentence!("it is paused or not complete: let that settle first"));
    }
    if let Some(owner) = around.deployment.metadata.controller() {
        fit = Fit::Unfit;
        reasons.push(sentence!("{kind} {name} controls it", kind = owner.kind, name = owner.name));
    }
    reasons.push(sentence!("needs room for {n} more pods", n = around.deployment.status.replicas));
    Advice { strategy: "blue-green", fit, reasons }
}

fn rollback(around: &Around<'_>) -> Result<Advice, PlanError> {
    let all = revisions(around.snapshot, around.id)?;
    let (fit, reasons) = match best(&all) {
        Some(best) => {
            let mut reasons =
                vec![sentence!("revision {revision} can be gone back to, in steps, as a rolling update", revision = best.number)];
            reasons.extend(best.healthy_evidence.clone());
            (Fit::Possible, reasons)
        }
        None => match before(around) {
            Some(p) => (
                Fit::Possible,
                vec![
                    sentence!("the cluster keeps no revision to go back to")
                        .and(sentence!("run {run} kept the template from before it", run = p.run)),
                ],
            ),
            None => (Fit::Unfit, vec![sentence!("its history holds nothing to go back to")]),
        },
    };
    Ok(Advice { strategy: "rollback", fit, reasons })
}
