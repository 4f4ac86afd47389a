//! Blue/Green on plain objects: a second Deployment beside the first, then the Services' selectors move.
//!
//! The first rollout of a plain Deployment is in *pin mode*: blue's selector also matches green's pods, so each Service
//! is first narrowed to blue's `pod-template-hash` (no endpoint changes by that: proven), and blue is paused, because
//! any roll of it would empty a Service that is pinned by hash. Once blue carries a colour of its own the Services are
//! told apart by it, and neither pause nor hash is needed.
//!
//! Autoscalers that count both colours' pods are frozen **before** green starts: with green idle they would shrink blue
//! while it serves (proven: blue at 519 % read as 130 %). The others are frozen right before the cutover.

use jiff::Timestamp;
use model::kinds::hpa::Hpa;
use model::kinds::service::Service;
use model::{Kind, LabelSelector, Labels, ObjectId, names};
use serde_json::{Map, Value, json};

use super::{Draft, Strategy, default_deadline};
use crate::around::{Around, hpas_of, is_entry, is_ours};
use crate::derive::{green_deployment, hpa_clone, pdb_clone, preview_service, template_labels, wanted_template};
use crate::file::seal;
use crate::owner::owners;
use crate::params::{Param, ParamKind, ParamSchema, number, text, texts, wrong};
use crate::plan::{Finish, ImageChange, Plan, PlanError, SCHEMA, Target, What};
use crate::smoke;
use crate::snapshot::Snapshot;
use crate::step::{Phase, SelectorTo, SmokeCheck, Step, SwitchService};

/// See the file's head.
#[derive(Debug)]
pub struct BlueGreen;

/// Name of the gate before traffic moves.
pub const GATE_CUT_OVER: &str = "cut-over";
/// Name of the gate before blue goes.
pub const GATE_RETIRE: &str = "retire";

impl Strategy for BlueGreen {
    fn name(&self) -> &'static str {
        "blue-green"
    }

    fn params(&self) -> ParamSchema {
        let int = |name, unit, min, max, default: Value, doc| Param {
            name,
            kind: ParamKind::Integer { unit, min, max },
            default,
            doc,
        };
        let finish = ParamKind::Choice { options: &["swap", "promote"] };
        ParamSchema {
            params: vec![
                int(
                    "green",
                    "pods",
                    1,
                    5000,
                    Value::Null,
                    "pods of green; left out: as many as blue has, at least its autoscaler's minimum",
                ),
                int(
                    "previewReplicas",
                    "pods",
                    1,
                    5000,
                    Value::Null,
                    "start with this many and go to the full number before the cutover",
                ),
                Param {
                    name: "smokePath",
                    kind: ParamKind::Text,
                    default: Value::Null,
                    doc: "path asked of each green pod; left out: that of the readiness probe, else /; empty: no smoke check",
                },
                int(
                    "smokePort",
                    "",
                    1,
                    65535,
                    Value::Null,
                    "container port of the smoke check; left out: that of the readiness probe or of the Service",
                ),
                Param {
                    name: "probes",
                    kind: ParamKind::TextList,
                    default: json!([]),
                    doc: "URLs at the entry, probed after the flip and in the soak",
                },
                int(
                    "settle",
                    "s",
                    0,
                    60,
                    json!(2),
                    "how long the endpoints must hold still before a probe counts; kube-proxy needs up to 1 s, Traefik 2 s",
                ),
                int(
                    "proveWithin",
                    "s",
                    1,
                    600,
                    json!(30),
                    "time for the proof that traffic moved; missing evidence holds, it never flips back by itself",
                ),
                int("soak", "s", 0, 604_800, json!(600), "how long both colours stand after the cutover"),
                Param {
                    name: "finish",
                    kind: finish,
                    default: Value::Null,
                    doc: "swap: green stays under its own name; promote: blue takes the new template and green goes; left out: promote where somebody else owns the manifest",
                },
                int(
                    "deadline",
                    "s",
                    1,
                    86_400,
                    Value::Null,
                    "longest wait for pods; left out: progressDeadlineSeconds, else 600",
                ),
            ],
        }
    }

    fn plan(
        &self,
        snapshot: &Snapshot,
        target: &ObjectId,
        what: &What,
        params: &Value,
        now: Timestamp,
        id: &str,
    ) -> Result<Plan, PlanError> {
        let around = Around::of(snapshot, target)?;
        let ground = Ground::lay(around, what, self.params().fill(params)?)?;
        let mut draft = Draft::default();
        ground.prepare(&mut draft);
        ground.start_green(&mut draft);
        ground.cut_over(&mut draft);
        match ground.finish {
            Finish::Swap => ground.swap(&mut draft),
            Finish::Promote => ground.promote(&mut draft),
        }
        seal(Plan {
            schema: SCHEMA,
            id: id.to_string(),
            hash: String::new(),
            created_at: now,
            context: snapshot.context.clone(),
            cluster: snapshot.cluster.clone(),
            strategy: self.name().to_string(),
            params: Value::Object(ground.params.clone()),
            target: Target {
                object: target.clone(),
                uid: around.deployment.metadata.uid.clone(),
                template: around.template(),
                replicas: around.deployment.status.replicas,
            },
            changes: ground.changes.clone(),
            template: ground.template.clone(),
            steps: draft.into_steps(),
        })
    }
}

/// A Service over blue and where its selector goes in the course of the run.
struct Routed {
    id: ObjectId,
    /// As it is.
    selector: Labels,
    /// Blue's pods alone, also while green's stand.
    held: SelectorTo,
    /// Green's pods alone.
    green: SelectorTo,
}

impl Routed {
    fn plain(&self) -> SelectorTo {
        SelectorTo::Exact(self.selector.clone())
    }
}

/// All that the steps are made of.
struct Ground<'a> {
    around: Around<'a>,
    /// Parameters, with what was derived filled in.
    params: Map<String, Value>,
    template: Value,
    changes: Vec<ImageChange>,
    green: ObjectId,
    colour: &'static str,
    manifest: Value,
    /// In the order of their writes.
    routed: Vec<Routed>,
    preview: Option<(ObjectId, Value)>,
    /// Leftovers of earlier runs that stand in the way.
    clear: Vec<ObjectId>,
    /// Blue's autoscalers, and whether they count green's pods too.
    hpas: Vec<(&'a Hpa, bool)>,
    count: u32,
    smoke: Option<SmokeCheck>,
    finish: Finish,
    /// Seconds that green's pods may take to end.
    grace: u32,
}

impl<'a> Ground<'a> {
    fn lay(around: Around<'a>, what: &What, mut params: Map<String, Value>) -> Result<Self, PlanError> {
        let (template, changes) = wanted_template(around.id, &around.template(), what)?;
        let labels = template_labels(&template);
        fits_selector(&around, &labels)?;
        let (colour, base) = colour_of_green(&around);
        let (green, clear) = green_name(&around, colour, &base);
        let manifest = green_deployment(around.raw, &green, &template, colour);
        let green_labels = manifest.pointer("/spec/template").map(template_labels).unwrap_or_default();
        let routed = routed(&around, &green_labels, colour)?;
        let hpas: Vec<(&Hpa, bool)> =
            around.hpas().into_iter().map(|h| (h, around.deployment.spec.selector.matches(&green_labels))).collect();
        let count = green_count(&around, &hpas, number(&params, "green"))?;
        let deadline = number(&params, "deadline")
            .unwrap_or_else(|| default_deadline(around.deployment.spec.progress_deadline_seconds));
        let services: Vec<&Service> = around.services();
        let smoke = smoke::check(&template, &services, text(&params, "smokePath"), number(&params, "smokePort"))?;
        let finish = finish_of(&around, text(&params, "finish"));
        let preview_name = free_name(around.snapshot, Kind::Service, around.namespace(), &format!("{base}-preview"));
        let preview_id = around.id.sibling(Kind::Service, preview_name);
        let preview = preview_service(&preview_id, &services, &preview_selector(&manifest, &green_labels), colour)
            .map(|m| (preview_id, m));
        let preview_replicas = number(&params, "previewReplicas").filter(|n| *n < count);
        for (name, value) in [
            ("green", json!(count)),
            ("previewReplicas", json!(preview_replicas)),
            ("smokePath", json!(smoke.as_ref().map_or("", |s| s.path.as_str()))),
            ("smokePort", json!(smoke.as_ref().map(|s| s.port))),
            ("finish", json!(finish)),
            ("deadline", json!(deadline)),
        ] {
            params.insert(name.to_string(), value);
        }
        let grace = template.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_u64).unwrap_or(30);
        let grace = u32::try_from(grace).unwrap_or(u32::MAX);
        Ok(Self {
            around,
            params,
            template,
            changes,
            green,
            colour,
            manifest,
            routed,
            preview,
            clear,
            hpas,
            count,
            smoke,
            finish,
            grace,
        })
    }

    fn get(&self, name: &str) -> u32 {
        number(&self.params, name).unwrap_or(0)
    }

    fn blue(&self) -> ObjectId {
        self.around.id.clone()
    }

    /// Blue must not roll while a Service is pinned by its hash.
    fn pauses(&self) -> bool {
        self.routed.iter().any(|r| matches!(r.held, SelectorTo::Pinned { .. }))
    }

    /// Before the cutover: every write so far is taken back, one second each, and green's pods have to end.
    fn out(&self, draft: &Draft, green_runs: bool) -> Option<u32> {
        Some(draft.writes() + 1 + if green_runs { self.grace } else { 0 })
    }

    fn prepare(&self, d: &mut Draft) {
        for object in &self.clear {
            let id = format!("clear-{}-{}", object.kind.name().to_lowercase(), object.name);
            d.push(&id, Phase::Prepare, Step::Delete { object: object.clone() }, self.out(d, false));
        }
        if self.pauses() {
            let step = Step::Pause { deployment: self.blue(), template: Some(self.around.template()) };
            d.push("pause-blue", Phase::Prepare, step, self.out(d, false));
        }
        for r in self.routed.iter().filter(|r| r.held != r.plain()) {
            let step = Step::Pin { service: r.id.clone(), from: r.plain(), to: r.held.clone(), keeps: self.blue() };
            d.push(&format!("pin-{}", r.id.name), Phase::Prepare, step, self.out(d, false));
        }
        self.freeze(d, true, Phase::Prepare, false);
    }

    fn freeze(&self, d: &mut Draft, counts_both: bool, phase: Phase, green_runs: bool) {
        for (hpa, _) in self.hpas.iter().filter(|(_, both)| *both == counts_both) {
            let step = Step::Freeze { hpa: self.hpa_id(hpa), min: self.frozen(hpa) };
            d.push(&format!("freeze-{}", hpa.metadata.name), phase, step, self.out(d, green_runs));
        }
    }

    fn hpa_id(&self, hpa: &Hpa) -> ObjectId {
        self.around.id.sibling(Kind::HorizontalPodAutoscaler, &hpa.metadata.name)
    }

    /// `minReplicas` while the run lasts: the pods that are there, within the autoscaler's own bounds.
    fn frozen(&self, hpa: &Hpa) -> u32 {
        let min = hpa.spec.min_replicas.unwrap_or(1);
        self.around.deployment.status.replicas.min(hpa.spec.max_replicas.max(1)).max(min)
    }

    fn start_green(&self, d: &mut Draft) {
        if let Some((object, manifest)) = &self.preview {
            let step = Step::Create { object: object.clone(), manifest: manifest.clone() };
            d.push("create-preview", Phase::StartGreen, step, self.out(d, false));
        }
        let step = Step::Create { object: self.green.clone(), manifest: self.manifest.clone() };
        d.push("create-green", Phase::StartGreen, step, self.out(d, false));
        if let Some(first) = number(&self.params, "previewReplicas") {
            self.scale_and_check(d, "-preview", first);
        }
        self.scale_and_check(d, "", self.count);
        self.freeze(d, false, Phase::HoldHpa, true);
    }

    fn scale_and_check(&self, d: &mut Draft, suffix: &str, to: u32) {
        let deployment = self.green.clone();
        d.push(
            &format!("scale-green{suffix}"),
            Phase::StartGreen,
            Step::Scale { deployment: deployment.clone(), to },
            self.out(d, true),
        );
        let service = self.preview.as_ref().map(|(id, _)| id.clone());
        let step =
            Step::AwaitReady { deployment: deployment.clone(), service, count: to, deadline: self.get("deadline") };
        d.push(&format!("await-green{suffix}"), Phase::Ready, step, self.out(d, true));
        if let Some(check) = &self.smoke {
            let step = Step::Smoke { deployment, check: check.clone() };
            d.push(&format!("smoke-green{suffix}"), Phase::Check, step, self.out(d, true));
        }
    }

    fn switch(&self, services: Vec<SwitchService>, to: ObjectId, from: ObjectId) -> Step {
        Step::Switch {
            services,
            to,
            from,
            count: self.count,
            probes: texts(&self.params, "probes"),
            settle: self.get("settle"),
            prove_within: self.get("proveWithin"),
        }
    }

    /// After the flip, while blue stands: one guarded write per Service, and the time until kube-proxy and gateways
    /// have followed.
    fn flip_back(&self) -> Option<u32> {
        Some(u32::try_from(self.routed.len()).unwrap_or(u32::MAX).saturating_add(self.get("settle")))
    }

    fn cut_over(&self, d: &mut Draft) {
        d.push("gate-cut-over", Phase::CutOver, Step::Gate { name: GATE_CUT_OVER.into() }, self.out(d, true));
        let go = |r: &Routed| SwitchService { service: r.id.clone(), from: r.held.clone(), to: r.green.clone() };
        let step = self.switch(self.routed.iter().map(go).collect(), self.green.clone(), self.blue());
        d.push("cut-over", Phase::CutOver, step, self.flip_back());
        let step = Step::Soak {
            seconds: self.get("soak"),
            deployment: self.green.clone(),
            standby: self.blue(),
            services: self.routed.iter().map(|r| r.id.clone()).collect(),
            probes: texts(&self.params, "probes"),
        };
        d.push("soak", Phase::Soak, step, self.flip_back());
        d.push("gate-retire", Phase::Soak, Step::Gate { name: GATE_RETIRE.into() }, self.flip_back());
    }

    fn swap(&self, d: &mut Draft) {
        for (object, manifest) in self.clones() {
            let id = format!(
                "create-{}-{}",
                if object.kind == Kind::PodDisruptionBudget { "pdb" } else { "hpa" },
                object.name
            );
            d.push(&id, Phase::Finish, Step::Create { object, manifest }, self.flip_back());
        }
        // From here on the way back is blue starting its pods again: its deadline bounds that.
        let cold = Some(self.get("deadline"));
        d.push("retire-blue", Phase::Retire, Step::Retire { deployment: self.blue() }, cold);
        self.thaw(d, cold);
        if self.pauses() {
            d.push("resume-blue", Phase::Retire, Step::Resume { deployment: self.blue() }, cold);
        }
        self.delete_preview(d, cold);
    }

    fn thaw(&self, d: &mut Draft, way_back: Option<u32>) {
        for (hpa, _) in &self.hpas {
            let step = Step::Thaw { hpa: self.hpa_id(hpa), min: hpa.spec.min_replicas, frozen: self.frozen(hpa) };
            d.push(&format!("thaw-{}", hpa.metadata.name), Phase::Retire, step, way_back);
        }
    }

    fn delete_preview(&self, d: &mut Draft, way_back: Option<u32>) {
        if let Some((object, _)) = &self.preview {
            d.push("delete-preview", Phase::Retire, Step::Delete { object: object.clone() }, way_back);
        }
    }

    /// Autoscalers and budgets for green. A budget that matches green's pods already is not cloned: the eviction API
    /// refuses a pod that two budgets match, which would block every drain of its node.
    fn clones(&self) -> Vec<(ObjectId, Value)> {
        let snapshot = self.around.snapshot;
        let name = |kind| free_name(snapshot, kind, self.around.namespace(), &self.green.name);
        let mut all = Vec::new();
        for (i, (hpa, _)) in self.hpas.iter().enumerate() {
            let Some(raw) = snapshot.raw(&self.hpa_id(hpa)) else { continue };
            let base = name(Kind::HorizontalPodAutoscaler);
            let id = self.around.id.sibling(Kind::HorizontalPodAutoscaler, numbered(&base, i));
            all.push((id.clone(), hpa_clone(raw, &id, &self.green.name, self.colour)));
        }
        let labels = self.manifest.pointer("/spec/template").map(template_labels).unwrap_or_default();
        let pdbs = snapshot.objects.pdbs(self.around.namespace());
        let covered = pdbs.filter(|p| p.spec.selector.as_ref().is_some_and(|s| s.matches(&labels))).count() > 0;
        let selector = self
            .manifest
            .pointer("/spec/selector")
            .and_then(|s| serde_json::from_value::<LabelSelector>(s.clone()).ok());
        let budget = self.around.pdbs().into_iter().next();
        if let (false, Some(budget), Some(selector)) = (covered, budget, selector)
            && let Some(raw) = snapshot.raw(&self.around.id.sibling(Kind::PodDisruptionBudget, &budget.metadata.name))
        {
            let id = self.around.id.sibling(Kind::PodDisruptionBudget, name(Kind::PodDisruptionBudget));
            all.push((id.clone(), pdb_clone(raw, &id, &selector, self.colour)));
        }
        all
    }

    fn promote(&self, d: &mut Draft) {
        let deadline = self.get("deadline");
        let cause = format!("changeover: {}", crate::said_changes(&self.changes));
        let step = Step::SetTemplate {
            deployment: self.blue(),
            before: self.around.template(),
            after: self.template.clone(),
            cause: Some(cause),
        };
        // Blue no longer runs the old version: going back means rolling it back.
        let roll_back = Some(deadline);
        d.push("promote-blue", Phase::Finish, step, roll_back);
        d.push("await-blue", Phase::Finish, Step::AwaitRollout { deployment: self.blue(), deadline }, roll_back);
        if self.pauses() {
            d.push(
                "pause-blue-again",
                Phase::Finish,
                Step::Pause { deployment: self.blue(), template: None },
                roll_back,
            );
        }
        let back = |r: &Routed| SwitchService { service: r.id.clone(), from: r.green.clone(), to: r.held.clone() };
        let step = self.switch(self.routed.iter().map(back).collect(), self.blue(), self.green.clone());
        d.push("switch-back", Phase::Finish, step, roll_back);
        d.push("delete-green", Phase::Retire, Step::Delete { object: self.green.clone() }, None);
        self.delete_preview(d, None);
        for r in self.routed.iter().filter(|r| r.held != r.plain()) {
            let step = Step::Pin { service: r.id.clone(), from: r.held.clone(), to: r.plain(), keeps: self.blue() };
            d.push(&format!("unpin-{}", r.id.name), Phase::Retire, step, None);
        }
        if self.pauses() {
            d.push("resume-blue", Phase::Retire, Step::Resume { deployment: self.blue() }, None);
        }
        self.thaw(d, None);
    }
}

fn fits_selector(around: &Around<'_>, labels: &Labels) -> Result<(), PlanError> {
    match around.deployment.spec.selector.matches(labels) {
        true => Ok(()),
        false => Err(PlanError::Unfit {
            object: around.id.clone(),
            why: "the new template's labels do not satisfy its selector, which cannot be changed; keep the labels that it selects by"
                .into(),
        }),
    }
}

/// The colour that blue does not have, and the name without a colour. Blue's colour is its label, else the end of its
/// name, else blue.
fn colour_of_green(around: &Around<'_>) -> (&'static str, String) {
    let name = around.id.name.as_str();
    let stripped = |c: &str| name.strip_suffix(&format!("-{c}")).filter(|b| !b.is_empty());
    let base = stripped("green").or_else(|| stripped("blue")).unwrap_or(name).to_string();
    let label = around.pod_labels().get(names::COLOR).map(String::as_str);
    let is_green = label == Some("green") || (label.is_none() && stripped("green").is_some());
    (if is_green { "blue" } else { "green" }, base)
}

/// Green's name, and what has to go first: a retired Deployment of an earlier run under that name, and the autoscalers
/// of ours that would act on green from its first pod. What is foreign, or has pods, is left alone: another name is
/// taken.
fn green_name(around: &Around<'_>, colour: &str, base: &str) -> (ObjectId, Vec<ObjectId>) {
    let snapshot = around.snapshot;
    // 63 is the longest name of a pod; a Deployment's may be longer, but its pods' names are cut then.
    let base: String = base.chars().take(63 - colour.len() - 1).collect();
    let wanted = around.id.sibling(Kind::Deployment, format!("{}-{colour}", base.trim_end_matches('-')));
    let mut candidate = wanted.clone();
    let mut n = 2;
    loop {
        let there = snapshot.objects.deployment(&candidate.namespace, &candidate.name);
        let hpas = hpas_of(snapshot, &candidate);
        let retired = there.is_none_or(|d| is_ours(&d.metadata) && d.wanted() == 0 && d.status.replicas == 0);
        if retired && hpas.iter().all(|h| is_ours(&h.metadata)) {
            let hpas = hpas.iter().map(|h| candidate.sibling(Kind::HorizontalPodAutoscaler, &h.metadata.name));
            let clear = hpas.chain(there.map(|_| candidate.clone())).collect();
            return (candidate, clear);
        }
        candidate = around.id.sibling(Kind::Deployment, format!("{}-{n}", wanted.name));
        n += 1;
    }
}

/// A name that no object of that kind bears yet, as far as the snapshot shows; one of ours that will be cleared away
/// does not count as taken.
fn free_name(snapshot: &Snapshot, kind: Kind, namespace: &str, wanted: &str) -> String {
    let taken =
        |name: &str| snapshot.objects.get(&ObjectId::new(kind, namespace, name)).is_some_and(|o| !is_ours(o.meta()));
    let wanted: String = wanted.chars().take(60).collect();
    (1..).map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") }).find(|n| !taken(n)).unwrap_or(wanted)
}

fn numbered(name: &str, index: usize) -> String {
    if index == 0 { name.to_string() } else { format!("{name}-{}", index + 1) }
}

/// The Services over blue in the order of their writes: those that only other workloads call first, those at which
/// traffic enters last (dependents last), each by name.
fn routed(around: &Around<'_>, green_labels: &Labels, colour: &str) -> Result<Vec<Routed>, PlanError> {
    let mut services = around.services();
    if services.is_empty() {
        let why = "no service selects its pods, so there is no traffic to move; a rolling update fits, or a rollback"
            .to_string();
        return Err(PlanError::Unfit { object: around.id.clone(), why });
    }
    services.sort_by_key(|s| (is_entry(around.snapshot, s), s.metadata.name.clone()));
    let own_colour = around.pod_labels().get(names::COLOR);
    let mut all = Vec::new();
    for s in services {
        let id = around.id.sibling(Kind::Service, &s.metadata.name);
        let selector = s.spec.selector.clone();
        let missing = selector.iter().find(|(k, v)| k.as_str() != names::COLOR && green_labels.get(*k) != Some(*v));
        if let Some((k, v)) = missing {
            let why = format!(
                "selects {k}={v}, which the new template does not carry; keep that label, or change the service first"
            );
            return Err(PlanError::Unfit { object: id, why });
        }
        let with = |colour: &str| {
            let mut labels = selector.clone();
            labels.insert(names::COLOR.to_string(), colour.to_string());
            SelectorTo::Exact(labels)
        };
        let held = match (selector.contains_key(names::COLOR), own_colour) {
            (true, _) => SelectorTo::Exact(selector.clone()),
            (false, Some(own)) => with(own),
            (false, None) => SelectorTo::Pinned { base: selector.clone(), deployment: around.id.clone() },
        };
        let green = with(colour);
        all.push(Routed { id, selector, held, green });
    }
    Ok(all)
}

/// Green's selector; all its labels when the selector would be nothing but the colour (then it could match others).
fn preview_selector(manifest: &Value, green_labels: &Labels) -> Labels {
    let selector =
        manifest.pointer("/spec/selector/matchLabels").and_then(|s| serde_json::from_value::<Labels>(s.clone()).ok());
    selector.filter(|s| s.len() > 1).unwrap_or_else(|| green_labels.clone())
}

fn green_count(around: &Around<'_>, hpas: &[(&Hpa, bool)], given: Option<u32>) -> Result<u32, PlanError> {
    let floor = hpas.iter().map(|(h, _)| h.spec.min_replicas.unwrap_or(1)).max().unwrap_or(0);
    match given.unwrap_or(around.deployment.status.replicas.max(floor)) {
        0 => Err(wrong("green", "blue has no pods to go by; say how many green shall have")),
        n => Ok(n),
    }
}

/// Promote in place where somebody else holds the manifest: a swap would leave them with a retired name.
fn finish_of(around: &Around<'_>, given: Option<&str>) -> Finish {
    match given {
        Some("swap") => Finish::Swap,
        Some(_) => Finish::Promote,
        None if owners(around.snapshot, &around.deployment.metadata).is_empty() => Finish::Swap,
        None => Finish::Promote,
    }
}
