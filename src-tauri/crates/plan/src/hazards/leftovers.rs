//! What another run of Changeover left on the target: a pause, a pin, an epoch that nobody took away, green pods. The
//! other run may still be going, on another machine.

use model::kinds::service::Service;
use model::{Kind, Labels, Meta, ObjectId, Sentence, names};

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::around::{is_ours, made_by};
use crate::step::Step;

/// See the file's head.
#[derive(Debug)]
pub struct Leftovers;

impl Hazard for Leftovers {
    fn code(&self) -> &'static str {
        "leftovers"
    }

    fn concerns(&self, _: &CheckCtx<'_>) -> bool {
        true
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        // A rollback is for bad days: it may go on over what a run left, for its own write is guarded.
        let severity = if ctx.is_blue_green() { Severity::Block } else { Severity::Warn };
        let block = |object: &ObjectId, message: Sentence| {
            finding(self, severity, object, message, sentence!("finish or back out that run first: changeoverctl runs"))
        };
        let mut all = Vec::new();
        for (object, meta) in written(ctx) {
            let foreign = |key: &str| meta.annotations.get(key).filter(|v| !v.contains(&ctx.plan.id));
            if let (key, Some(value)) = (names::EPOCH, foreign(names::EPOCH)) {
                all.push(block(&object, sentence!("is in the middle of a run ({key}: {value})", key, value)));
            }
            if let (key, Some(value)) = (names::WHY, foreign(names::WHY)) {
                all.push(block(&object, sentence!("was paused by a run ({key}: {value})", key, value)));
            }
        }
        for s in pinned(ctx) {
            let object = ctx.around.id.sibling(Kind::Service, &s.metadata.name);
            all.push(block(&object, sentence!("is pinned to one ReplicaSet: its selector holds pod-template-hash")));
        }
        if ctx.is_blue_green() {
            all.extend(others(ctx).into_iter().map(|(object, run)| block(&object, sentence!("still stands from the run {run}", run))));
        }
        all
    }
}

fn written<'a>(ctx: &CheckCtx<'a>) -> Vec<(ObjectId, &'a Meta)> {
    let hpas = ctx.around.hpas().into_iter().map(|h| ctx.around.id.sibling(Kind::HorizontalPodAutoscaler, &h.metadata.name));
    let all = ctx.owned_by_others().into_iter().chain(hpas);
    all.filter_map(|id| ctx.snapshot.objects.get(&id).map(|o| (id.clone(), o.meta()))).collect()
}

/// Services that select the target's pods by hash.
fn pinned<'a>(ctx: &CheckCtx<'a>) -> Vec<&'a Service> {
    let labels = ctx.around.pod_labels();
    let services = ctx.snapshot.objects.services(ctx.around.namespace());
    services
        .filter(|s| {
            let mut base: Labels = s.spec.selector.clone();
            base.remove(names::POD_TEMPLATE_HASH).is_some() && crate::around::selects(&base, labels)
        })
        .collect()
}

/// Deployments with pods, and objects under names that the plan needs, that another run created.
fn others(ctx: &CheckCtx<'_>) -> Vec<(ObjectId, String)> {
    let run = |m: &Meta| made_by(m).unwrap_or_default().to_string();
    let removed: Vec<&ObjectId> =
        ctx.plan.steps.iter().take_while(|s| matches!(s.step, Step::Delete { .. })).flat_map(|s| s.step.writes_to()).collect();
    let moved: Vec<Labels> = ctx.moved().iter().filter_map(|id| plain_selector(ctx, id)).collect();
    let mut all: Vec<(ObjectId, String)> = Vec::new();
    for d in ctx.snapshot.objects.deployments(ctx.around.namespace()) {
        let id = ctx.around.id.sibling(Kind::Deployment, &d.metadata.name);
        let beside = moved.iter().any(|s| crate::around::selects(s, &d.spec.template.metadata.labels));
        let runs = d.wanted() > 0 || d.status.replicas > 0;
        if id != *ctx.around.id && is_ours(&d.metadata) && beside && runs {
            all.push((id, run(&d.metadata)));
        }
    }
    for s in &ctx.plan.steps {
        if let Step::Create { object, .. } = &s.step
            && let Some(there) = ctx.snapshot.objects.get(object)
            && !removed.contains(&object)
            && !all.iter().any(|(id, _)| id == object)
        {
            all.push((object.clone(), run(there.meta())));
        }
    }
    all.retain(|(_, run)| *run != ctx.plan.id);
    all
}

fn plain_selector(ctx: &CheckCtx<'_>, id: &ObjectId) -> Option<Labels> {
    let mut selector = ctx.snapshot.objects.service(&id.namespace, &id.name)?.spec.selector.clone();
    selector.remove(names::COLOR);
    Some(selector)
}
