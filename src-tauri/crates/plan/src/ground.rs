//! The ground of a Blue/Green: what its steps are made of, derived from blue, its surroundings and the operator's wish.
//! `strategies::blue_green` puts the steps together.

use model::kinds::hpa::Hpa;
use model::kinds::service::Service;
use model::{Kind, Labels, ObjectId, names, sentence};
use serde_json::{Map, Value, json};

use crate::around::{Around, hpas_of, is_entry, is_ours};
use crate::derive::{green_deployment, preview_service, template_labels, wanted_template};
use crate::entry;
use crate::owner::owners;
use crate::params::{number, text, texts, wrong};
use crate::plan::{Finish, ImageChange, PlanError, What};
use crate::smoke;
use crate::snapshot::Snapshot;
use crate::step::{SelectorTo, SmokeCheck};
use crate::strategies::default_deadline;

/// A Service over blue and where its selector goes in the course of the run.
pub(crate) struct Routed {
    pub(crate) id: ObjectId,
    /// As it is.
    pub(crate) selector: Labels,
    /// Blue's pods alone, also while green's stand.
    pub(crate) held: SelectorTo,
    /// Green's pods alone.
    pub(crate) green: SelectorTo,
}

impl Routed {
    /// The selector as it is.
    pub(crate) fn plain(&self) -> SelectorTo {
        SelectorTo::Exact(self.selector.clone())
    }
}

/// All that the steps are made of.
pub(crate) struct Ground<'a> {
    pub(crate) around: Around<'a>,
    /// Parameters, with what was derived filled in.
    pub(crate) params: Map<String, Value>,
    pub(crate) template: Value,
    pub(crate) changes: Vec<ImageChange>,
    pub(crate) green: ObjectId,
    pub(crate) colour: &'static str,
    pub(crate) manifest: Value,
    /// In the order of their writes.
    pub(crate) routed: Vec<Routed>,
    pub(crate) preview: Option<(ObjectId, Value)>,
    /// Leftovers of earlier runs that stand in the way.
    pub(crate) clear: Vec<ObjectId>,
    /// Blue's autoscalers, and whether they count green's pods too.
    pub(crate) hpas: Vec<(&'a Hpa, bool)>,
    pub(crate) count: u32,
    pub(crate) smoke: Option<SmokeCheck>,
    /// URLs that somebody named.
    pub(crate) probes: Vec<String>,
    /// URLs of the routes, where nobody named any.
    pub(crate) entries: Vec<String>,
    pub(crate) finish: Finish,
    /// Seconds that green's pods may take to end.
    pub(crate) grace: u32,
}

impl<'a> Ground<'a> {
    /// Everything at once, so that the steps only put it together.
    pub(crate) fn lay(around: Around<'a>, what: &What, mut params: Map<String, Value>) -> Result<Self, PlanError> {
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
        let deadline = number(&params, "deadline").unwrap_or_else(|| default_deadline(around.deployment.spec.progress_deadline_seconds));
        let services: Vec<&Service> = around.services();
        let smoke = smoke::check(&template, &services, text(&params, "smokePath"), number(&params, "smokePort"))?;
        let (probes, entries) = match params.get("probes") {
            None | Some(Value::Null) => (vec![], entry::urls(&around)),
            Some(_) => (texts(&params, "probes"), vec![]),
        };
        let finish = finish_of(&around, text(&params, "finish"));
        let preview_name = free_name(around.snapshot, Kind::Service, around.namespace(), &format!("{base}-preview"));
        let preview_id = around.id.sibling(Kind::Service, preview_name);
        let preview = preview_service(&preview_id, &services, &preview_selector(&manifest, &green_labels), colour).map(|m| (preview_id, m));
        let preview_replicas = number(&params, "previewReplicas").filter(|n| *n < count);
        for (name, value) in [
            ("green", json!(count)),
            ("previewReplicas", json!(preview_replicas)),
            ("smokePath", json!(smoke.as_ref().map_or("", |s| s.path.as_str()))),
            ("smokePort", json!(smoke.as_ref().map(|s| s.port))),
            ("probes", json!(if probes.is_empty() { &entries } else { &probes })),
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
            probes,
            entries,
            finish,
            grace,
        })
    }
}

fn fits_selector(around: &Around<'_>, labels: &Labels) -> Result<(), PlanError> {
    match around.deployment.spec.selector.matches(labels) {
        true => Ok(()),
        false => Err(PlanError::Unfit {
            object: around.id.clone(),
            why: sentence!(
                "the new template's labels do not satisfy its selector, which cannot be changed; keep the labels that it selects by"
            ),
        }),
    }
}

/// A Deployment's name without the colour at its end.
pub(crate) fn base_of(name: &str) -> &str {
    let stripped = |c: &str| name.strip_suffix(c).filter(|b| !b.is_empty());
    stripped("-green").or_else(|| stripped("-blue")).unwrap_or(name)
}

/// The colour that blue does not have, and the name without a colour. Blue's colour is its label, else the end of its
/// name, else blue.
fn colour_of_green(around: &Around<'_>) -> (&'static str, String) {
    let name = around.id.name.as_str();
    let label = around.pod_labels().get(names::COLOR).map(String::as_str);
    let base = base_of(name);
    let is_green = label == Some("green") || (label.is_none() && base != name && name.ends_with("-green"));
    (if is_green { "blue" } else { "green" }, base.to_string())
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
pub(crate) fn free_name(snapshot: &Snapshot, kind: Kind, namespace: &str, wanted: &str) -> String {
    let taken = |name: &str| snapshot.objects.get(&ObjectId::new(kind, namespace, name)).is_some_and(|o| !is_ours(o.meta()));
    let wanted: String = wanted.chars().take(60).collect();
    (1..).map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") }).find(|n| !taken(n)).unwrap_or(wanted)
}

pub(crate) fn numbered(name: &str, index: usize) -> String {
    if index == 0 { name.to_string() } else { format!("{name}-{}", index + 1) }
}

/// The Services over blue in the order of their writes: those that only other workloads call first, those at which
/// traffic enters last (dependents last), each by name.
fn routed(around: &Around<'_>, green_labels: &Labels, colour: &str) -> Result<Vec<Routed>, PlanError> {
    let mut services = around.services();
    if let Some(why) = around.snapshot.unknown(Kind::Service) {
        return Err(PlanError::Unfit {
            object: around.id.clone(),
            why: sentence!("its services could not be read ({why})"; why = why.clone()),
        });
    }
    if services.is_empty() {
        let why = match crate::record::open(&around.snapshot.objects, around.id).first() {
            // Its Services are pinned, or lead elsewhere already.
            Some(open) => sentence!(
                "run {run} of it is not over; {by} drove it last: finish it, back it out or take it over first",
                run = open.run,
                by = open.by
            ),
            None => sentence!("no service selects its pods, so there is no traffic to move")
                .and(sentence!("a rolling update fits, or a rollback")),
        };
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
            let label = format!("{k}={v}");
            let why =
                sentence!("selects {label}, which the new template does not carry; keep that label, or change the service first", label);
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
    let selector = manifest.pointer("/spec/selector/matchLabels").and_then(|s| serde_json::from_value::<Labels>(s.clone()).ok());
    selector.filter(|s| s.len() > 1).unwrap_or_else(|| green_labels.clone())
}

fn green_count(around: &Around<'_>, hpas: &[(&Hpa, bool)], given: Option<u32>) -> Result<u32, PlanError> {
    let floor = hpas.iter().map(|(h, _)| h.spec.min_replicas.unwrap_or(1)).max().unwrap_or(0);
    match given.unwrap_or(around.deployment.status.replicas.max(floor)) {
        0 => Err(wrong("green", sentence!("blue has no pods to go by; say how many green shall have"))),
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
