//! What is wrong in a namespace, what changed there lately, the likeliest cause first, and how to go back from it.

use api::*;
use jiff::{SignedDuration, Timestamp};
use model::{Kind, ObjectId, Sentence, sentence};
use plan::around::Around;
use plan::changes::{Changed, Failing, Stuck, Trouble, What, changes};
use plan::{ImageChange, Snapshot, said_versions};

use crate::Host;
use crate::lanes::{count, said};
use crate::object::{reason, revisions_of};

/// How far back is looked.
const LATELY: SignedDuration = SignedDuration::from_hours(24);
/// Ways back are looked for in so many rollouts, the likeliest first: each rests on a history of its own.
const WAYS: usize = 8;

impl Host {
    /// Reads the namespace now.
    ///
    /// # Errors
    /// [`Code::Usage`] when the context is not open; what cannot be read; the journal's.
    pub(crate) async fn incident_of(&self, context: &str, namespace: &str) -> Result<IncidentView, UiError> {
        let link = self.link(context).await?;
        let mut snapshot = self.survey(&link, &ObjectId::new(Kind::Deployment, namespace, "")).await?;
        let now = self.clock.now();
        let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
        let (all, troubles) = changes(&snapshot, namespace, since);
        let mut views = vec![];
        let mut ways = 0;
        for (i, change) in all.iter().enumerate() {
            let back = match change.what {
                What::Rollout { .. } if ways < WAYS => {
                    ways += 1;
                    snapshot.past = self.past(&snapshot.cluster, &change.object)?;
                    back(&snapshot, &change.object)?
                }
                _ => None,
            };
            views.push(view(change, i == 0, back));
        }
        let unread = snapshot.unread.iter().map(|(kind, why)| sentence!("{kind}: {why}", kind; why = why.clone()).into()).collect();
        Ok(IncidentView {
            namespace: namespace.into(),
            at: said(now),
            since: said(since),
            troubles: troubles.iter().map(trouble).collect(),
            changes: views,
            unread,
        })
    }
}

/// The revision that is advised to go back to.
fn back(snapshot: &Snapshot, id: &ObjectId) -> Result<Option<BackView>, UiError> {
    let advised = revisions_of(snapshot, id)?.into_iter().find(|r| r.advised);
    let seconds = || Around::of(snapshot, id).ok().and_then(|around| plan::pace::rolling_update(&around));
    Ok(advised.map(|r| BackView {
        revision: r.number,
        images: r.images,
        ready: r.ready,
        wanted: r.wanted,
        seconds: seconds(),
        reasons: r.reasons,
    }))
}

fn view(change: &Changed, first: bool, back: Option<BackView>) -> ChangeView {
    let likely = match change.score {
        1.. if first => Likely::Most,
        1.. => Likely::Part,
        0 => Likely::Unknown,
        _ => Likely::Unlikely,
    };
    let sort = match (&change.what, change.object.kind) {
        (What::Rollout { .. }, _) => ChangeSort::Rollout,
        (What::Scaled { .. }, _) | (_, Kind::HorizontalPodAutoscaler) => ChangeSort::Scale,
        (_, Kind::ConfigMap | Kind::Secret) => ChangeSort::Config,
        (_, kind) if kind.rolls() => ChangeSort::Rollout,
        _ => ChangeSort::Traffic,
    };
    ChangeView {
        object: change.object.to_string(),
        sort,
        what: what(&change.what).into(),
        at: said(change.at),
        by: change.by.clone(),
        reaches: change.reaches.iter().map(ToString::to_string).collect(),
        likely,
        reasons: change.reasons.iter().map(reason).collect(),
        back,
    }
}

fn what(what: &What) -> Sentence {
    match what {
        What::Created => sentence!("was created"),
        What::Edited => sentence!("was edited"),
        What::Scaled { to } => sentence!("was scaled to {to}", to),
        What::Rollout { before, after } => {
            let image = |of: &[(String, String)], container: &str| of.iter().find(|(c, _)| c == container).map(|(_, i)| i.clone());
            let moved: Vec<ImageChange> = after
                .iter()
                .filter_map(|(c, now)| Some(ImageChange { container: c.clone(), before: image(before, c)?, after: now.clone() }))
                .filter(|c| c.before != c.after)
                .collect();
            match moved.as_slice() {
                [] => sentence!("another pod template with the same images"),
                some => said_versions(some),
            }
        }
    }
}

fn trouble(t: &Trouble) -> TroubleView {
    let more = t.failing.len().saturating_sub(1);
    let text = match (t.failing.first(), &t.stuck) {
        (Some(Failing { pod, why: Some(why) }), _) if more == 0 => sentence!("{pod} fails: {why}", pod, why),
        (Some(Failing { pod, why: Some(why) }), _) => sentence!("{pod} and {n} more fail: {why}", pod, n = more, why),
        (Some(Failing { pod, why: None }), _) if more == 0 => sentence!("{pod} is not ready any more", pod),
        (Some(Failing { pod, why: None }), _) => sentence!("{pod} and {n} more are not ready any more", pod, n = more),
        (None, Some(Stuck::Refused(why))) => sentence!("its pods are refused: {why}", why),
        (None, Some(Stuck::Deadline) | None) => sentence!("its rollout made no progress before its deadline"),
    };
    TroubleView {
        object: t.workload.to_string(),
        since: t.since.map(said),
        text: text.into(),
        ready: t.ready,
        wanted: t.wanted,
        failing: count(t.failing.len()),
    }
}
