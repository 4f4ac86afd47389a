//! Undo of a Deployment, StatefulSet or DaemonSet: the pod template of an earlier revision is written back, and nothing
//! else is touched but for the minimum of an autoscaler, which is held meanwhile.
//!
//! Differs from `kubectl rollout undo`: the write is guarded by the template that was seen, annotations stay but for the
//! change cause, a paused Deployment gets template and unpause in one patch, and the default is the revision that ranks
//! best (`revisions`), not the second-highest number.

use jiff::Timestamp;
use model::{Kind, Sentence, sentence};
use serde_json::{Map, Value, json};

use super::{Draft, Fitness, Laid, Strategy, deadline, deadline_param, unfit};
use crate::advice::Fit;
use crate::around::Around;
use crate::derive::wanted_template;
use crate::ground::base_of;
use crate::history::kept_in;
use crate::params::{Param, ParamKind, ParamSchema, number, text, wrong};
use crate::plan::{PlanError, What};
use crate::revisions::{Revision, before, best, excluded_before, revisions};
use crate::step::{Phase, Step};

/// See the file's head.
#[derive(Debug)]
pub struct Rollback;

impl Strategy for Rollback {
    fn name(&self) -> &'static str {
        "rollback"
    }

    fn goes_back(&self) -> bool {
        true
    }

    fn params(&self) -> ParamSchema {
        ParamSchema {
            params: vec![
                Param {
                    name: "toRevision",
                    kind: ParamKind::Integer { unit: "", min: 1, max: u32::MAX },
                    default: Value::Null,
                    doc: "revision to go back to; left out: the one that ranks best",
                },
                Param {
                    name: "toRun",
                    kind: ParamKind::Text,
                    default: Value::Null,
                    doc: "run of this workstation: the template from before it comes back, also where the cluster keeps it no more; after a rollback that is the undo of the undo",
                },
                deadline_param(),
            ],
        }
    }

    fn stops(&self, around: &Around<'_>) -> Option<Sentence> {
        let on_delete = around.deployment.spec.strategy.kind == "OnDelete";
        on_delete.then(|| {
            sentence!(
                "its pods take a template only when somebody deletes them (updateStrategy OnDelete): write the template by kubectl, and delete them one by one"
            )
        })
    }

    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError> {
        let all = revisions(around.snapshot, around.id)?;
        Ok(match (best(&all), before(around)) {
            (Some(best), _) => {
                let back = sentence!("revision {revision} can be gone back to, in steps, as a rolling update", revision = best.number);
                (Fit::Possible, std::iter::once(back).chain(best.healthy_evidence.clone()).collect())
            }
            (None, Some(p)) => {
                let kept = sentence!("the cluster keeps no revision to go back to")
                    .and(sentence!("run {run} kept the template from before it", run = p.run));
                (Fit::Possible, vec![kept])
            }
            (None, None) => (Fit::Unfit, vec![sentence!("its history holds nothing to go back to")]),
        })
    }

    fn done(&self) -> (&'static str, Sentence) {
        ("rolled-back", sentence!("The earlier revision serves."))
    }

    /// `what` must be empty ([`What::Images`] with no images): the template comes from the history.
    fn lay(&self, around: &Around<'_>, what: &What, mut params: Map<String, Value>, _: Timestamp) -> Result<Laid, PlanError> {
        if *what != What::Images(Vec::new()) {
            return Err(wrong("image", sentence!("a rollback takes its template from the history; leave images and template out")));
        }
        let target = around.id;
        let before = around.template();
        let to = match text(&params, "toRun").filter(|run| !run.is_empty()) {
            Some(_) if number(&params, "toRevision").is_some() => {
                return Err(wrong("toRun", sentence!("give a revision or a run, not both")));
            }
            Some(run) => before_run(around, run)?,
            None => revision(around, number(&params, "toRevision"))?,
        };
        let (after, changes) = wanted_template(target, &before, &What::Template(to.template))?;
        let deadline = deadline(around, &mut params);
        if let Some(number) = to.number {
            params.insert("toRevision".into(), json!(number));
        }
        let cause = format!("changeover: back to {}", to.said);
        let mut draft = Draft::default();
        // Pods come and go, and the new ones have no load yet: an autoscaler would take capacity away in the middle of an incident.
        // One that another controller writes would be put back at once.
        let (pods, hpas) = (around.deployment.wanted(), around.hpas().into_iter());
        let held = hpas.filter(|h| h.metadata.controller().is_none() && h.spec.min_replicas.unwrap_or(1) < pods.min(h.spec.max_replicas));
        let held: Vec<_> = held.map(|h| (&h.metadata.name, around.hold(h, pods))).collect();
        for (name, [hold, _]) in &held {
            draft.push(&format!("freeze-{name}"), Phase::HoldHpa, hold.clone(), Some(deadline));
        }
        let step = Step::SetTemplate { deployment: target.clone(), before: before.clone(), after: after.clone(), cause: Some(cause) };
        draft.push("restore-template", Phase::Restore, step, Some(deadline));
        draft.push("await-rollout", Phase::Ready, Step::AwaitRollout { deployment: target.clone(), deadline }, Some(deadline));
        for (name, [_, give_back]) in held {
            draft.push(&format!("thaw-{name}"), Phase::Finish, give_back, Some(deadline));
        }
        Ok(Laid { draft, params, template: after, changes })
    }
}

/// What is gone back to.
struct To {
    template: Value,
    /// Revision, where the cluster keeps it.
    number: Option<u64>,
    /// `revision 7 (cause)`, `the template before run rb-web-1`.
    said: String,
}

/// A revision of the history: the one that is wanted, or the one that ranks best.
fn revision(around: &Around<'_>, wanted: Option<u32>) -> Result<To, PlanError> {
    let all = revisions(around.snapshot, around.id)?;
    let to = choose(around, &all, wanted)?;
    if to.template.is_null() {
        return Err(unfit(around, sentence!("the template of that revision was not read")));
    }
    let said = match &to.change_cause {
        Some(cause) => format!("revision {} ({cause})", to.number),
        None => format!("revision {}", to.number),
    };
    Ok(To { template: to.template.clone(), number: Some(to.number), said })
}

/// The template from before a run, as its plan kept it.
fn before_run(around: &Around<'_>, run: &str) -> Result<To, PlanError> {
    let past = &around.snapshot.past;
    let Some(found) = past.iter().find(|p| p.run == run) else {
        let known: Vec<&str> = past.iter().map(|p| p.run.as_str()).collect();
        let known = if known.is_empty() { sentence!("there are none") } else { sentence!("there are {names}", names = known.join(", ")) };
        let why = sentence!("run {run} is not a run of it that is over and that this workstation knows", run);
        return Err(unfit(around, why.and(known)));
    };
    if let Some(why) = excluded_before(around, found) {
        return Err(unfit(around, sentence!("the template from before run {run}: {why}", run; why)));
    }
    Ok(To { template: found.before.clone(), number: None, said: format!("the template before run {run}") })
}

fn choose<'a>(around: &Around<'_>, all: &'a [Revision], wanted: Option<u32>) -> Result<&'a Revision, PlanError> {
    let unfit = |why: Sentence| unfit(around, why);
    let there = || {
        let mut list: Vec<&Revision> = all.iter().collect();
        list.sort_by_key(|r| r.number);
        let now = list.iter().find(|r| r.current).map(|r| r.number);
        let others = list.iter().filter(|r| !r.current).map(|r| r.number.to_string());
        (others.collect::<Vec<_>>().join(", "), now)
    };
    if all.iter().all(|r| r.current) {
        return Err(unfit(nothing_kept(around)));
    }
    match wanted {
        Some(n) => match all.iter().find(|r| r.number == u64::from(n)) {
            None => Err(unfit(match there() {
                (others, Some(now)) => {
                    sentence!("revision {n} is not in its history any more; there are {others}, {now} (runs now)", n, others, now)
                }
                (others, None) => sentence!("revision {n} is not in its history any more; there are {others}", n, others),
            })),
            Some(r) => match &r.excluded {
                Some(why) => Err(unfit(sentence!("revision {n}: {why}", n; why = why.clone()))),
                None => Ok(r),
            },
        },
        None => best(all).ok_or_else(|| {
            let against = |r: &Revision| r.reasons.iter().find(|r| r.weight < 0).map(|r| r.said.clone());
            let why = all.iter().filter(|r| !r.current).map(|r| {
                let why = r.excluded.clone().or_else(|| against(r)).unwrap_or_default();
                sentence!("revision {n}: {why}", n = r.number; why)
            });
            let why = why.reduce(Sentence::and).unwrap_or_default();
            match all.iter().any(|r| r.excluded.is_none()) {
                true => unfit(sentence!("no revision can be advised ({why}); name the one that you want (toRevision)"; why)),
                false => unfit(sentence!("no revision can be gone back to ({why})"; why)),
            }
        }),
    }
}

/// Why there is nothing to choose from, and where the version before may still be.
fn nothing_kept(around: &Around<'_>) -> Sentence {
    if let Some(p) = before(around) {
        return sentence!(
            "its history holds no other revision; run {run} kept the template from before it: go back to that (toRun={run})",
            run = p.run
        );
    }
    match (retired(around), around.deployment.spec.revision_history_limit) {
        (Some((name, image)), _) => sentence!(
            "its history holds no other revision; deployment {name}, which was retired, ran {image}: bring that in by a Blue/Green",
            name,
            image
        ),
        (None, Some(0)) => sentence!(
            "its history is empty, because revisionHistoryLimit is 0: no old {kind} is kept; roll the old version out anew",
            kind = kept_in(around.id.kind)
        ),
        (None, _) => sentence!("its history holds no other revision: there is nothing to go back to"),
    }
}

/// The other colour of the same application, scaled to zero: after a swap the version before is there, not in the
/// history. Name and image.
fn retired(around: &Around<'_>) -> Option<(String, String)> {
    if around.id.kind != Kind::Deployment {
        return None;
    }
    let all = around.snapshot.objects.deployments(around.namespace());
    let mut others = all.filter(|d| d.metadata.name != around.id.name && base_of(&d.metadata.name) == base_of(&around.id.name));
    let other = others.find(|d| d.wanted() == 0)?;
    Some((other.metadata.name.clone(), other.spec.template.spec.containers.first()?.image.clone()))
}
