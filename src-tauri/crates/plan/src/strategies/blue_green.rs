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
use model::{Kind, LabelSelector, ObjectId, sentence};
use serde_json::{Map, Value, json};

use super::{Draft, Fitness, Laid, Strategy, deadline_param, unfit};
use crate::advice::Fit;
use crate::around::Around;
use crate::derive::{hpa_clone, pdb_clone, template_labels};
use crate::ground::{Ground, Routed, free_name, numbered};
use crate::pace;
use crate::params::{Param, ParamKind, ParamSchema, number};
use crate::plan::{Finish, PlanError, What};
use crate::references::slim;
use crate::step::{Phase, SelectorTo, Step, SwitchService};

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
        let int = |name, unit, min, max, default: Value, doc| Param { name, kind: ParamKind::Integer { unit, min, max }, default, doc };
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
                int("previewReplicas", "pods", 1, 5000, Value::Null, "start with this many and go to the full number before the cutover"),
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
                    default: Value::Null,
                    doc: "URLs at the entry, probed after the flip and in the soak; left out: those of the routes, as far as they answer from here; empty: none",
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
                deadline_param(),
            ],
        }
    }

    fn fit(&self, around: &Around<'_>) -> Result<Fitness, PlanError> {
        if around.id.kind != Kind::Deployment {
            return Ok((Fit::Unfit, vec![sentence!("a {kind} cannot stand twice beside itself", kind = around.id.kind)]));
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
        Ok((fit, reasons))
    }

    fn lay(&self, around: &Around<'_>, what: &What, params: Map<String, Value>, _: Timestamp) -> Result<Laid, PlanError> {
        if around.id.kind != Kind::Deployment {
            let why = sentence!(
                "a {kind} cannot stand twice beside itself, for its pods have names or nodes of their own",
                kind = around.id.kind
            );
            return Err(unfit(around, why));
        }
        let ground = Ground::lay(*around, what, params)?;
        let mut draft = Draft::default();
        ground.prepare(&mut draft);
        ground.start_green(&mut draft);
        ground.cut_over(&mut draft);
        match ground.finish {
            Finish::Swap => ground.swap(&mut draft),
            Finish::Promote => ground.promote(&mut draft),
        }
        Ok(Laid { draft, params: ground.params, template: ground.template, changes: ground.changes })
    }
}

impl Ground<'_> {
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
            let [step, _] = self.hold(hpa);
            d.push(&format!("freeze-{}", hpa.metadata.name), phase, step, self.out(d, green_runs));
        }
    }

    fn hpa_id(&self, hpa: &Hpa) -> ObjectId {
        self.around.id.sibling(Kind::HorizontalPodAutoscaler, &hpa.metadata.name)
    }

    fn hold(&self, hpa: &Hpa) -> [Step; 2] {
        self.around.hold(hpa, self.around.deployment.status.replicas)
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
        let step = Step::Scale { deployment: deployment.clone(), from: None, to };
        d.push(&format!("scale-green{suffix}"), Phase::StartGreen, step, self.out(d, true));
        let service = self.preview.as_ref().map(|(id, _)| id.clone());
        let step = Step::AwaitReady { deployment: deployment.clone(), service, count: to, deadline: self.get("deadline") };
        d.push(&format!("await-green{suffix}"), Phase::Ready, step, self.out(d, true));
        if let Some(check) = &self.smoke {
            let step = Step::Smoke { deployment, check: check.clone() };
            d.push(&format!("smoke-green{suffix}"), Phase::Check, step, self.out(d, true));
        }
    }

    fn switch(&self, services: Vec<SwitchService>, to: ObjectId, from: ObjectId, count: u32) -> Step {
        Step::Switch {
            services,
            to,
            from,
            count,
            probes: self.probes.clone(),
            entries: self.entries.clone(),
            settle: self.get("settle"),
            prove_within: self.get("proveWithin"),
        }
    }

    /// After the flip, while blue stands: one guarded write per Service, and the time until kube-proxy and gateways
    /// have followed.
    fn flip_back(&self) -> Option<u32> {
        Some(u32::try_from(self.routed.len()).unwrap_or(u32::MAX).saturating_add(self.get("settle")))
    }

    /// As [`Self::flip_back`], once blue's pods are there, which takes so long as they tell; else their deadline bounds it.
    fn later(&self, pods: Option<u32>) -> Option<u32> {
        Some(pods.map_or(self.get("deadline"), |seconds| seconds.saturating_add(self.flip_back().unwrap_or(0))))
    }

    fn cut_over(&self, d: &mut Draft) {
        d.push("gate-cut-over", Phase::CutOver, Step::Gate { name: GATE_CUT_OVER.into() }, self.out(d, true));
        let go = |r: &Routed| SwitchService { service: r.id.clone(), from: r.held.clone(), to: r.green.clone() };
        let step = self.switch(self.routed.iter().map(go).collect(), self.green.clone(), self.blue(), self.count);
        d.push("cut-over", Phase::CutOver, step, self.flip_back());
        let step = Step::Soak {
            seconds: self.get("soak"),
            deployment: self.green.clone(),
            standby: self.blue(),
            services: self.routed.iter().map(|r| r.id.clone()).collect(),
            probes: self.probes.clone(),
            entries: self.entries.clone(),
        };
        d.push("soak", Phase::Soak, step, self.flip_back());
        d.push("gate-retire", Phase::Soak, Step::Gate { name: GATE_RETIRE.into() }, self.flip_back());
    }

    fn swap(&self, d: &mut Draft) {
        for (object, manifest) in self.clones() {
            let id = format!("create-{}-{}", if object.kind == Kind::PodDisruptionBudget { "pdb" } else { "hpa" }, object.name);
            d.push(&id, Phase::Finish, Step::Create { object, manifest }, self.flip_back());
        }
        // From here on the way back is blue starting its pods again, and then the flip.
        let cold = self.later(pace::start(&self.around));
        d.push("retire-blue", Phase::Retire, Step::Retire { deployment: self.blue() }, cold);
        self.thaw(d, cold);
        if self.pauses() {
            d.push("resume-blue", Phase::Retire, Step::Resume { deployment: self.blue() }, cold);
        }
        self.delete_preview(d, cold);
    }

    fn thaw(&self, d: &mut Draft, way_back: Option<u32>) {
        for (hpa, _) in &self.hpas {
            let [_, step] = self.hold(hpa);
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
        let selector = self.manifest.pointer("/spec/selector").and_then(|s| serde_json::from_value::<LabelSelector>(s.clone()).ok());
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
        let step =
            Step::SetTemplate { deployment: self.blue(), before: self.around.template(), after: self.template.clone(), cause: Some(cause) };
        // Blue no longer runs the old version: going back means rolling it back, and then the flip.
        let roll_back = self.later(pace::rolling_update(&self.around));
        d.push("promote-blue", Phase::Finish, step, roll_back);
        d.push("await-blue", Phase::Finish, Step::AwaitRollout { deployment: self.blue(), deadline }, roll_back);
        if self.pauses() {
            d.push("pause-blue-again", Phase::Finish, Step::Pause { deployment: self.blue(), template: None }, roll_back);
        }
        let back = |r: &Routed| SwitchService { service: r.id.clone(), from: r.green.clone(), to: r.held.clone() };
        let pods = self.around.deployment.status.replicas.max(1);
        let step = self.switch(self.routed.iter().map(back).collect(), self.blue(), self.green.clone(), pods);
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
