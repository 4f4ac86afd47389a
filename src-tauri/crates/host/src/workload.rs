//! What a walk starts from: containers, template, strategies with their advice, revisions.

use api::*;
use model::sentence;
use plan::advice::{Advice, Fit};
use plan::around::Around;
use plan::{ParamKind as PlanParam, Past, Strategy};

use crate::{Host, errors, mask, object, plan_view};

/// Seconds that a rolling update takes per pod, about, where no pod tells; shown as an estimate.
const PER_POD: u32 = 10;

impl Host {
    pub(crate) async fn workload_view(&self, context: &str, id: &str) -> Result<WorkloadView, UiError> {
        let link = self.link(context).await?;
        let id = object::object_id(id)?;
        let snapshot = self.survey_with_past(&link, &id).await?;
        let advice = plan::advice::advise(&snapshot, &id).map_err(errors::plan)?;
        let around = Around::of(&snapshot, &id).map_err(errors::plan)?;
        let replicas = around.deployment.wanted();
        let rolling = plan::pace::rolling_update(&around).unwrap_or_else(|| replicas.saturating_mul(PER_POD));
        let template = around.template();
        let probes = self.settings_probes(&id)?.unwrap_or_else(|| plan::entry::urls(&around));
        // What brings a version comes first.
        let advised = advice.first().filter(|a| a.fit != Fit::Unfit).map(|a| a.strategy);
        let strategies = advice
            .iter()
            .filter_map(|a| {
                let s = plan::strategies::find(a.strategy)?;
                Some(strategy(s, a, advised == Some(a.strategy), (replicas, rolling), &probes))
            })
            .collect();
        let owners: Vec<String> = plan::owner::owners(&snapshot, &around.deployment.metadata).iter().map(owner).collect();
        Ok(WorkloadView {
            id: id.to_string(),
            containers: object::containers(&template),
            replicas,
            owner: owners.join(", "),
            template: plan::render::yaml(&mask::masked(&template)),
            strategies,
            revisions: object::revisions_of(&snapshot, &id)?,
            before: snapshot.past.iter().map(|p| before(&around, p)).collect(),
        })
    }
}

fn before(around: &Around<'_>, p: &Past) -> BeforeView {
    BeforeView {
        run: p.run.clone(),
        ended_at: p.at.map(|at| at.to_string()),
        strategy: p.strategy.clone(),
        reason: p.reason.clone().map(Into::into),
        images: object::containers(&p.before).into_iter().map(|c| format!("{}={}", c.name, c.image)).collect(),
        diff: plan_view::template_diff(&around.template(), &p.before),
        excluded: plan::revisions::excluded_before(around, p).map(SentenceView::from),
    }
}

/// An owner in words.
fn owner(o: &plan::owner::Owner) -> String {
    use plan::owner::Owner as O;
    match o {
        O::Apply => "kubectl apply".into(),
        O::Helm { release } => format!("Helm release {release}"),
        O::ArgoCd { application } => format!("Argo CD app {application}"),
        O::Flux { kind, namespace, name } => format!("Flux {kind} {namespace}/{name}"),
    }
}

fn strategy(s: &dyn Strategy, advice: &Advice, advised: bool, (replicas, rolling): (u32, u32), probes: &[String]) -> StrategyView {
    let mut params: Vec<ParamView> = s.params().params.iter().map(param).collect();
    // Shown as what it will be; a front end leaves out what it does not change.
    if let Some(p) = params.iter_mut().find(|p| p.name == "probes") {
        p.default = probes.into();
    }
    let soak = params.iter().find(|p| p.name == "soak").and_then(|p| p.default.as_u64()).and_then(|n| u32::try_from(n).ok());
    let blue_green = s.name() == "blue-green";
    StrategyView {
        name: s.name().into(),
        brings: s.brings_a_version(),
        fits: advice.fit != Fit::Unfit,
        advised,
        reasons: advice.reasons.iter().cloned().map(Into::into).collect(),
        params,
        more_pods: if blue_green { replicas } else { 0 },
        way_back: if blue_green { sentence!("one write") } else { sentence!("a rolling update") }.into(),
        takes: match blue_green {
            true => soak.unwrap_or_default().saturating_add(60),
            false => rolling,
        },
    }
}

fn param(p: &plan::Param) -> ParamView {
    let mut v = ParamView {
        name: p.name.into(),
        kind: ParamKind::Text,
        unit: String::new(),
        default: p.default.clone(),
        choices: vec![],
        min: None,
        max: None,
        doc: p.doc.into(),
    };
    match &p.kind {
        PlanParam::Integer { unit, min, max } => {
            v.kind = ParamKind::Integer;
            v.unit = (*unit).into();
            (v.min, v.max) = (Some(*min), Some(*max));
        }
        PlanParam::Choice { options } => {
            v.kind = ParamKind::Choice;
            v.choices = options.iter().map(|o| o.to_string()).collect();
        }
        PlanParam::Text => {}
        PlanParam::TextList => v.kind = ParamKind::TextList,
    }
    v
}
