//! Plans of this process: made, read from a file, checked, handed out.

use std::sync::{Arc, Mutex};

use api::*;
use engine::Journal;
use engine::run::inspect;
use engine::show::RunView as Seen;
use engine::status::RunStatus;
use model::{ClusterIdentity, ObjectId, Sentence, sentence};
use plan::hazards::{Finding, Severity};
use plan::{Ending, ParamSchema, Past, Plan, Snapshot, What};
use serde_json::{Map, Value};

use crate::link::Link;
use crate::plan_view::{self, Checked};
use crate::{Host, entries, errors, locked, mask, object};

/// Runs of a workload that are looked at for what they tell of its revisions: a Deployment keeps ten.
const PAST: usize = 20;

/// Plans that a process keeps; the oldest goes when there are more.
const KEPT: usize = 64;

/// A plan of this process.
pub struct Kept {
    /// The plan.
    pub plan: Arc<Plan>,
    /// What the checks said last.
    pub checked: Mutex<Option<Checked>>,
}

impl Host {
    /// Everything around a target, read now.
    pub(crate) async fn survey(&self, link: &Link, target: &ObjectId) -> Result<Snapshot, UiError> {
        engine::survey(&*link.connection, &link.name, target).await.map_err(errors::read)
    }

    /// The same, with what earlier runs did to it: what is made of its history rests on that.
    pub(crate) async fn survey_with_past(&self, link: &Link, target: &ObjectId) -> Result<Snapshot, UiError> {
        let mut snapshot = self.survey(link, target).await?;
        snapshot.past = self.past(&snapshot.cluster, target)?;
        snapshot.past.extend(self.last_of_another(link, &snapshot, target).await);
        snapshot.past.sort_by_key(|p| std::cmp::Reverse(p.at));
        Ok(snapshot)
    }

    /// The last run of a workload, as its record tells it, where this journal does not know it: a colleague's. None where there is no
    /// such record, or none that may be read or is understood here.
    async fn last_of_another(&self, link: &Link, snapshot: &Snapshot, target: &ObjectId) -> Option<Past> {
        let (id, face) = plan::record::over(&snapshot.objects, target)?;
        if snapshot.past.iter().any(|known| known.run == face.run) {
            return None;
        }
        let record = engine::shared::read(&*link.connection, &id).await.ok()??;
        let (_, seen) = inspect(record.plan.clone(), &record.entries).ok()?;
        // A name may have been given anew.
        (record.plan.cluster.uid == snapshot.cluster.uid).then_some(())?;
        past_of(&record.plan, &seen, face.reason.as_deref())
    }

    /// Runs of a workload that are over, as the journal of this workstation tells them. One that cannot be
    /// interpreted says nothing here: the list of runs tells about it.
    pub(crate) fn past(&self, cluster: &ClusterIdentity, target: &ObjectId) -> Result<Vec<Past>, UiError> {
        let mut headers = self.store.runs().map_err(errors::journal)?;
        headers.retain(|h| h.target == *target);
        headers.sort_by_key(|h| std::cmp::Reverse(h.started_at));
        let known = headers.iter().filter_map(|h| {
            let (plan, seen) = self.journaled(&h.id).ok()?;
            (plan.cluster.uid == cluster.uid).then_some(())?;
            past_of(&plan, &seen, h.reason.as_deref())
        });
        Ok(known.take(PAST).collect())
    }

    pub(crate) async fn make(&self, request: PlanRequest) -> Result<PlanView, UiError> {
        let link = self.link(&request.context).await?;
        let target = object::object_id(&request.target)?;
        let strategy = plan::strategies::find(&request.strategy).ok_or_else(|| {
            let names: Vec<&str> = plan::strategies::LIST.iter().map(|s| s.name()).collect();
            UiError::new(Code::Usage, sentence!("strategy {name}: not known", name = request.strategy))
                .hint(sentence!("there are {names}", names = names.join(", ")))
        })?;
        let what = what(&request)?;
        let mut params = params(&strategy.params(), &request.params)?;
        if let Some(n) = request.to_revision {
            params.insert("toRevision".into(), n.into());
        }
        self.default_probes(&target, &strategy.params(), &mut params)?;
        let snapshot = self.survey_with_past(&link, &target).await?;
        let id = self.new_id(strategy.name(), &target);
        let plan = strategy.plan(&snapshot, &target, &what, &Value::Object(params), self.clock.now(), &id).map_err(errors::plan)?;
        self.keep_plan(plan, None)
    }

    /// The settings' probes of the workload, where the strategy takes some and none were given.
    fn default_probes(&self, target: &ObjectId, schema: &ParamSchema, params: &mut Map<String, Value>) -> Result<(), UiError> {
        let takes = schema.params.iter().any(|p| p.name == "probes");
        if takes && !params.contains_key("probes") {
            let urls = self.settings_probes(target)?;
            params.extend(urls.map(|urls| ("probes".to_string(), urls.into())));
        }
        Ok(())
    }

    /// URLs that the settings hold for a workload.
    pub(crate) fn settings_probes(&self, target: &ObjectId) -> Result<Option<Vec<String>>, UiError> {
        let settings = self.store.settings().map_err(errors::journal)?;
        Ok(settings.probes.get(&target.to_string()).filter(|u| !u.is_empty()).cloned())
    }

    /// `bg-web-3f9a1c`: short enough for labels, unique enough for a journal that would refuse a double.
    fn new_id(&self, strategy: &str, target: &ObjectId) -> String {
        let short: String = strategy.split('-').filter_map(|w| w.chars().next()).collect();
        let short = if short.len() > 1 { short } else { strategy.chars().take(4).collect() };
        let name: String = target.name.chars().take(40).collect();
        let random = uuid::Uuid::new_v4().simple().to_string();
        format!("{short}-{}-{}", name.trim_end_matches(['-', '.']), &random[..6])
    }

    /// Reads a plan file. What is not whole, edited or of another version is refused.
    ///
    /// # Errors
    /// [`Code::Usage`] when it is not a plan of ours.
    pub async fn import_plan(&self, text: &str) -> Result<PlanView, UiError> {
        let plan = plan::file::from_text(text).map_err(errors::plan)?;
        self.keep_plan(plan, None)
    }

    fn keep_plan(&self, plan: Plan, checked: Option<Checked>) -> Result<PlanView, UiError> {
        let kept = Arc::new(Kept { plan: Arc::new(plan), checked: Mutex::new(checked) });
        let view = self.plan_view(&kept);
        let mut plans = locked(&self.plans);
        if plans.len() >= KEPT {
            let oldest = plans.iter().min_by_key(|(_, k)| k.plan.created_at).map(|(id, _)| id.clone());
            oldest.map(|id| plans.remove(&id));
        }
        plans.insert(kept.plan.id.clone(), kept);
        Ok(view)
    }

    pub(crate) fn kept(&self, id: &str) -> Result<Arc<Kept>, UiError> {
        let kept = locked(&self.plans).get(id).cloned();
        kept.ok_or_else(|| {
            UiError::new(Code::NotFound, sentence!("plan {id}: not known here", id)).hint(sentence!("make it again, or read its file"))
        })
    }

    pub(crate) fn plan_view(&self, kept: &Kept) -> PlanView {
        let confirm = self.confirm_need(&kept.plan.context);
        plan_view::view(&kept.plan, locked(&kept.checked).as_ref(), confirm)
    }

    pub(crate) fn plan_text(&self, id: &str) -> Result<String, UiError> {
        plan::file::to_text(&self.kept(id)?.plan).map_err(errors::plan)
    }

    /// Hazards, dry runs and permissions over the plan and its way back.
    pub(crate) async fn check(&self, id: &str) -> Result<PlanView, UiError> {
        let kept = self.kept(id)?;
        let plan = &kept.plan;
        let link = self.link(&plan.context).await?;
        let mut findings = vec![];
        let mut asked = None;
        // On another cluster nothing else is worth saying.
        if link.identity != plan.cluster {
            findings.push(foreign(plan, &link));
        } else {
            let sources = self.sources(&link)?;
            let read = async {
                let mut snapshot = self.survey(&link, &plan.target.object).await?;
                engine::preflight(&*link.connection, &*self.clock, &mut snapshot, plan).await;
                Ok::<_, UiError>(snapshot)
            };
            let (snapshot, entries) = tokio::join!(read, entries::look(&sources, plan));
            let snapshot = snapshot?;
            findings.extend(moved(plan, &snapshot));
            findings.extend(plan::hazards::check(&snapshot, plan).iter().map(finding));
            findings.extend(entries);
            if link.simulated {
                findings.push(simulated(plan));
            }
            asked = Some(snapshot);
        }
        *locked(&kept.checked) = Some(Checked::new(plan, asked.as_ref(), findings));
        Ok(self.plan_view(&kept))
    }
}

/// A run as a past one; none while it is not over, and none where it left the version as it was: however that ended, it tells
/// nothing of that version.
fn past_of(plan: &Plan, seen: &Seen, reason: Option<&str>) -> Option<Past> {
    plan.brings_a_version().then_some(())?;
    let given = reason.filter(|why| !why.is_empty()).map(Sentence::quoted);
    let (ending, reason) = match &seen.status {
        RunStatus::Done => (Ending::Done, given),
        RunStatus::BackedOut { why } => (Ending::TakenBack, Some(why.sentence.clone())),
        RunStatus::Stuck { .. } => (Ending::TakenBack, given),
        _ => return None,
    };
    Some(Past::of(plan, seen.last_at, ending, reason))
}

fn what(request: &PlanRequest) -> Result<What, UiError> {
    match &request.template {
        Some(_) if !request.images.is_empty() => {
            Err(UiError::new(Code::Usage, sentence!("images and a template were given: only one of them can count")))
        }
        // What was masked for the eye must not be written as it looks.
        Some(text) if text.contains(mask::MASKED) => Err(UiError::new(Code::Usage, sentence!("template: holds masked values"))
            .hint(sentence!("write the real value in place of each {mask}, or refer to a Secret", mask = mask::MASKED))),
        Some(text) => {
            let value: Value = serde_saphyr::from_str(text)
                .map_err(|e| UiError::new(Code::Usage, sentence!("template: not valid YAML")).detail(Sentence::quoted(e)))?;
            Ok(What::Template(template(value)?))
        }
        None => Ok(What::Images(request.images.iter().map(|i| (i.container.clone(), i.image.clone())).collect())),
    }
}

/// A pod template: bare (`metadata`, `spec` with containers), or taken out of a whole Deployment.
fn template(value: Value) -> Result<Value, UiError> {
    let inner = value.pointer("/spec/template").cloned().unwrap_or(value);
    match inner.pointer("/spec/containers").and_then(Value::as_array) {
        Some(c) if !c.is_empty() => Ok(inner),
        _ => Err(UiError::new(Code::Usage, sentence!("template: has no spec.containers"))
            .hint(sentence!("give the pod template (metadata and spec), or a Deployment"))),
    }
}

/// Parameters as given; those that were typed as text become what the strategy takes.
fn params(schema: &ParamSchema, given: &Value) -> Result<Map<String, Value>, UiError> {
    let Some(given) = given.as_object() else { return Ok(Map::new()) };
    let one = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => schema.parse(name, text).map_err(errors::plan)?,
            other => other.clone(),
        };
        Ok((name.clone(), value))
    };
    given.iter().filter(|(_, v)| !v.is_null()).map(one).collect()
}

/// A finding of a hazard as front ends get it.
pub(crate) fn finding(f: &Finding) -> FindingView {
    FindingView {
        code: f.code.clone(),
        severity: match f.severity {
            Severity::Block => FindingSeverity::Block,
            Severity::Warn => FindingSeverity::Warn,
            Severity::Fixed => FindingSeverity::Fixed,
        },
        object: f.object.to_string(),
        message: f.message.clone().into(),
        remedy: f.remedy.clone().into(),
    }
}

fn stop(plan: &Plan, code: &str, message: Sentence, remedy: Sentence) -> FindingView {
    let object = plan.target.object.to_string();
    FindingView { code: code.into(), severity: FindingSeverity::Block, object, message: message.into(), remedy: remedy.into() }
}

/// The plan was made for another cluster.
fn foreign(plan: &Plan, link: &Link) -> FindingView {
    let message = sentence!(
        "the plan is bound to the cluster at {server} ({uid}); context {context} leads to another one",
        server = plan.cluster.server,
        uid = plan.cluster.uid,
        context = link.name
    );
    stop(plan, "other-cluster", message, sentence!("use the kubeconfig that it was made with, or make the plan again here"))
}

/// What the plan was made on is not what is there now.
fn moved(plan: &Plan, now: &Snapshot) -> Option<FindingView> {
    let target = &plan.target;
    let deployment = now.objects.workload(&target.object)?;
    if deployment.metadata.uid != target.uid {
        return Some(stop(
            plan,
            "moved",
            sentence!("it was deleted and created again since the plan was made"),
            sentence!("make the plan again"),
        ));
    }
    let live = now.raw(&target.object)?.pointer("/spec/template");
    (live != Some(&target.template)).then(|| {
        stop(
            plan,
            "moved",
            sentence!("its pod template was changed since the plan was made"),
            sentence!("look at the change, then make the plan again"),
        )
    })
}

/// Simulated pods answer nothing: said once, before anything starts.
fn simulated(plan: &Plan) -> FindingView {
    FindingView {
        code: "simulated-pods".into(),
        severity: FindingSeverity::Info,
        object: plan.target.object.to_string(),
        message: sentence!("simulated pods: smoke checks and probes have no data here").into(),
        remedy: sentence!("acknowledged once, when the first run asks").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> ParamSchema {
        plan::strategies::find("blue-green").expect("known").params()
    }

    #[test]
    fn typed_parameters_become_what_the_strategy_takes() {
        let p =
            params(&schema(), &json!({"soak":"60","finish":"swap","probes":"http://a/, http://b/","settle":1,"green":null})).expect("fits");
        assert_eq!(Value::Object(p), json!({"soak":60,"finish":"swap","probes":["http://a/","http://b/"],"settle":1}));
        assert_eq!(params(&schema(), &json!({"sock":"1"})).expect_err("refused").code, Code::Usage);
    }

    #[test]
    fn a_template_is_taken_out_of_a_deployment() {
        let t = json!({"metadata":{},"spec":{"containers":[{"name":"a"}]}});
        assert_eq!(template(json!({"kind":"Deployment","spec":{"template":t}})).expect("found"), t);
        assert_eq!(template(t.clone()).expect("bare"), t);
        assert_eq!(template(json!({"spec":{}})).expect_err("refused").code, Code::Usage);
    }
}
