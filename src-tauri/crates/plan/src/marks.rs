//! What runs leave on objects for as long as they last, found again by whoever looks later, from whatever workstation:
//! annotations, a pin, a preview Service, a Deployment that nothing leads to.

use std::collections::BTreeMap;

use model::{Kind, Object, ObjectId, ObjectSet, Sentence, names, sentence};
use serde_json::json;

use crate::around::{is_ours, made_by, selects};
use crate::kubectl::{let_go, on, patch};

/// An object that bears marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Runs that they name.
    pub runs: Vec<String>,
    /// What is so, without the object's name.
    pub said: Vec<Sentence>,
    /// Commands that take it away by hand, in order.
    pub repair: Vec<String>,
}

/// Kinds that a run writes to or creates.
pub const KINDS: [Kind; 3] = [Kind::Deployment, Kind::Service, Kind::HorizontalPodAutoscaler];

/// Every object that bears marks. A Deployment that a run created and that a Service leads to is no leftover: that is how a
/// swap ends.
pub fn marks(objects: &ObjectSet) -> BTreeMap<ObjectId, Marks> {
    let all = KINDS.into_iter().flat_map(|kind| objects.of(kind));
    all.map(|o| (o.id(), of(objects, o))).filter(|(_, m)| !m.said.is_empty()).collect()
}

fn of(objects: &ObjectSet, object: &Object) -> Marks {
    let (id, meta) = (object.id(), object.meta());
    let without = |annotation: &str| format!("{} {annotation}-", on(&id, "annotate"));
    let mut marks = Marks::default();
    if let Some(why) = meta.annotations.get(names::WHY) {
        marks.note(run_of_why(why), sentence!("is {why}", why));
        marks.repair.extend([on(&id, "rollout resume"), without(names::WHY)]);
    }
    if let Object::Service(s) = object
        && let Some(hash) = s.spec.selector.get(names::POD_TEMPLATE_HASH)
    {
        let label = names::POD_TEMPLATE_HASH;
        marks.note(None, sentence!("is pinned to one ReplicaSet ({label}: {hash}): it is empty once that one goes", label, hash));
        let path = format!("/spec/selector/{}", names::POD_TEMPLATE_HASH);
        let ops = vec![json!({"op":"test","path":path,"value":hash}), json!({"op":"remove","path":path})];
        marks.repair.push(patch(&id, ops));
    }
    if let Object::HorizontalPodAutoscaler(h) = object
        && let Some(was) = meta.annotations.get(names::FLOOR)
    {
        let now = h.spec.min_replicas.unwrap_or(1);
        marks.note(None, sentence!("keeps at least {now} pods for a run: it was {was} before", now, was));
        if let Ok(min) = was.parse::<u32>() {
            marks.repair.push(let_go(&id, Some(min)));
        }
    }
    if let Some(epoch) = meta.annotations.get(names::EPOCH) {
        marks.note(run_of_epoch(epoch), sentence!("is in the middle of a run"));
        marks.repair.push(without(names::EPOCH));
    }
    if is_ours(meta) && stray(objects, object) {
        marks.note(made_by(meta).map(str::to_string), sentence!("was made by a run, and nothing needs it any more once that is over"));
        marks.repair.push(on(&id, "delete"));
    }
    marks
}

/// A preview Service, or a Deployment with pods that no Service leads to.
fn stray(objects: &ObjectSet, object: &Object) -> bool {
    match object {
        Object::Service(_) => true,
        Object::Deployment(d) => {
            let labels = &d.spec.template.metadata.labels;
            let led = objects.services(&d.metadata.namespace).any(|s| !is_ours(&s.metadata) && selects(&s.spec.selector, labels));
            (d.wanted() > 0 || d.status.replicas > 0) && !led
        }
        _ => false,
    }
}

impl Marks {
    fn note(&mut self, run: Option<String>, said: Sentence) {
        self.runs.extend(run.filter(|r| !self.runs.contains(r)));
        self.said.push(said);
    }
}

/// `RUN.CLAIM.WRITE`; a run's id may have dots of its own.
fn run_of_epoch(epoch: &str) -> Option<String> {
    epoch.rsplitn(3, '.').nth(2).filter(|run| !run.is_empty()).map(str::to_string)
}

/// `paused by changeover run RUN by …`, or `… run RUN: …`.
fn run_of_why(why: &str) -> Option<String> {
    let run = why.split_once("changeover run ")?.1.split_whitespace().next()?;
    Some(run.trim_end_matches(':').to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn said(objects: &[Value]) -> Vec<String> {
        let decode = |v: &Value| {
            let kind = Kind::ALL.iter().copied().find(|k| k.name() == v["kind"].as_str().unwrap_or_default()).expect("a kind");
            kind.decode_value(v).expect("decodes")
        };
        let words = |said: &[Sentence]| said.iter().map(Sentence::to_string).collect::<Vec<_>>().join("; ");
        let set: ObjectSet = objects.iter().map(decode).collect();
        let line = |(id, m): (ObjectId, Marks)| format!("{} of {:?}: {} | {}", id.said(), m.runs, words(&m.said), m.repair.join("; "));
        marks(&set).into_iter().map(line).collect()
    }

    fn object(kind: &str, name: &str, annotations: Value, spec: Value) -> Value {
        let api = if kind == "Service" { "v1" } else { "apps/v1" };
        json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop", "annotations": annotations}, "spec": spec})
    }

    #[test]
    fn what_a_run_leaves_is_named_with_its_run_and_with_what_takes_it_away() {
        let why = "paused by changeover run bg-web.kr-1a by ann@laptop: blue-green; unpaused at its end";
        let paused = object("Deployment", "web", json!({"changeover.dev/paused-by": why}), json!({"paused": true}));
        let pinned = object(
            "Service",
            "web",
            json!({"changeover.dev/epoch": "bg-web.kr-1a.2.7"}),
            json!({"selector": {"app": "web", "pod-template-hash": "5d8f"}}),
        );
        let found = said(&[paused, pinned]);
        assert_eq!(
            found,
            [
                "Service shop/web of [\"bg-web.kr-1a\"]: is pinned to one ReplicaSet (pod-template-hash: 5d8f): it is empty once that one \
                 goes; is in the middle of a run | kubectl -n shop patch service/web --type=json -p \
                 '[{\"op\":\"test\",\"path\":\"/spec/selector/pod-template-hash\",\"value\":\"5d8f\"},{\"op\":\"remove\",\"path\":\
                 \"/spec/selector/pod-template-hash\"}]'; kubectl -n shop annotate service/web changeover.dev/epoch-",
                "Deployment shop/web of [\"bg-web.kr-1a\"]: is paused by changeover run bg-web.kr-1a by ann@laptop: blue-green; unpaused at \
                 its end | kubectl -n shop rollout resume deployment/web; kubectl -n shop annotate deployment/web changeover.dev/paused-by-",
            ]
        );
    }

    /// Nobody knows of its run any more: what it says itself is enough to put its floor back.
    #[test]
    fn a_floor_that_a_run_raised_is_named_with_what_it_was() {
        let annotations = json!({"changeover.dev/epoch": "bg-1.1.3", "changeover.dev/min-replicas-before": "2"});
        let mut hpa = object("HorizontalPodAutoscaler", "web", annotations, json!({"minReplicas": 6, "maxReplicas": 9}));
        hpa["apiVersion"] = json!("autoscaling/v2");
        assert_eq!(
            said(&[hpa]),
            [
                "HorizontalPodAutoscaler shop/web of [\"bg-1\"]: keeps at least 6 pods for a run: it was 2 before; is in the middle of a run \
                 | kubectl -n shop patch horizontalpodautoscaler/web --type=merge -p \
                 '{\"metadata\":{\"annotations\":{\"changeover.dev/min-replicas-before\":null}},\"spec\":{\"minReplicas\":2}}'; \
                 kubectl -n shop annotate horizontalpodautoscaler/web changeover.dev/epoch-"
            ]
        );
    }

    #[test]
    fn how_a_swap_ends_is_no_leftover_and_what_nothing_leads_to_is() {
        let ours = json!({"changeover.dev/run": "bg-1"});
        let template = json!({"replicas": 3, "template": {"metadata": {"labels": {"app": "web", "changeover.dev/color": "green"}}}});
        let green = object("Deployment", "web-green", ours.clone(), template);
        let service = object("Service", "web", json!({}), json!({"selector": {"app": "web", "changeover.dev/color": "green"}}));
        assert_eq!(said(&[green.clone(), service]), Vec::<String>::new());
        let blue = object("Service", "web", json!({}), json!({"selector": {"app": "web", "changeover.dev/color": "blue"}}));
        let preview = object("Service", "web-preview", ours, json!({"selector": {"app": "web", "changeover.dev/color": "green"}}));
        let found = said(&[green, blue, preview]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].ends_with("delete service/web-preview") && found[1].starts_with("Deployment shop/web-green of [\"bg-1\"]"),
            "{found:?}"
        );
    }
}
