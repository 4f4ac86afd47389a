//! The inspector: everything about one object.

use std::collections::BTreeMap;

use api::*;
use engine::Cluster;
use model::{Kind, Object, ObjectId, Sentence, sentence};
use plan::around::Around;
use plan::{Revision, references};
use serde_json::Value;

use crate::lanes::said;
use crate::plan_view::template_diff;
use crate::{Host, errors, mask, run_view};

impl Host {
    pub(crate) async fn object_view(&self, context: &str, id: &str) -> Result<ObjectView, UiError> {
        let link = self.link(context).await?;
        let id = object_id(id)?;
        let raw = link.connection.get(&id).await.map_err(errors::read)?;
        let raw = raw.ok_or_else(|| UiError::new(Code::NotFound, sentence!("{object}: not found", object = id.said())))?;
        let snapshot = if id.kind.rolls() { Some(self.survey_with_past(&link, &id).await?) } else { None };
        let versions = snapshot.as_ref().map(|s| revisions_of(s, &id)).transpose()?.unwrap_or_default();
        let config = snapshot.as_ref().map(|s| config_of(s, &id)).transpose()?.unwrap_or_default();
        let live = link.live();
        let node = live.as_ref().and_then(|l| l.node(&id));
        let events = live.as_ref().map(|l| l.with(|_, set| events(set, &id, &raw))).unwrap_or_default();
        let why_not = why_not(&id, &raw);
        Ok(ObjectView {
            id: id.to_string(),
            kind: id.kind.name().into(),
            namespace: id.namespace.clone(),
            name: id.name.clone(),
            created: text(&raw, "/metadata/creationTimestamp").map(str::to_string),
            owner: node.as_ref().map(|n| n.owner.clone()).unwrap_or_default(),
            health: node.as_ref().map_or(Health::Unknown, |n| n.health),
            reason: node.and_then(|n| n.reason),
            overview: overview(&id, &raw),
            versions,
            config,
            events,
            yaml: mask::yaml(&raw),
            can_roll_out: why_not.is_none(),
            can_roll_back: id.kind.rolls(),
            paused: raw.pointer("/spec/paused") == Some(&Value::Bool(true)),
            why_not: why_not.map(Into::into),
        })
    }
}

/// Revisions of a workload, newest first; the best one to go back to is marked.
pub fn revisions_of(snapshot: &plan::Snapshot, id: &ObjectId) -> Result<Vec<RevisionView>, UiError> {
    let ranked = plan::revisions::revisions(snapshot, id).map_err(errors::plan)?;
    let advised = plan::revisions::best(&ranked).map(|r| r.number);
    let mut by_age: Vec<&Revision> = ranked.iter().collect();
    by_age.sort_by_key(|r| r.number);
    let templates: Vec<Option<Value>> = by_age.iter().map(|r| Some(r.template.clone()).filter(|t| !t.is_null())).collect();
    let mut views: Vec<RevisionView> = by_age.iter().zip(diffs(&templates)).map(|(r, diff)| revision(r, diff, snapshot, advised)).collect();
    views.reverse();
    Ok(views)
}

/// ConfigMaps and Secrets that the template of a workload names.
fn config_of(snapshot: &plan::Snapshot, id: &ObjectId) -> Result<Vec<ConfigView>, UiError> {
    let around = Around::of(snapshot, id).map_err(errors::plan)?;
    let template = references::slim(&around.template());
    let written: BTreeMap<_, _> = plan::history::config(&around, &template).into_iter().collect();
    let started = around.oldest_pod();
    let named = references::references(&template, around.namespace());
    let config = named.into_iter().filter(|r| matches!(r.object.kind, Kind::ConfigMap | Kind::Secret));
    Ok(config
        .map(|r| ConfigView {
            id: r.object.to_string(),
            kind: r.object.kind.name().into(),
            name: r.object.name.clone(),
            optional: r.optional,
            presence: match references::presence(snapshot, &r.object) {
                references::Presence::There => PresenceView::There,
                references::Presence::Missing => PresenceView::Missing,
                references::Presence::Unknown => PresenceView::Unknown,
            },
            changed: written.get(&r.object).map(|at| said(*at)),
            since_start: written.get(&r.object).is_some_and(|at| started.is_some_and(|started| *at > started)),
        })
        .collect())
}

/// An id as a front end sends it; a route's row stands for its object.
pub fn object_id(text: &str) -> Result<ObjectId, UiError> {
    let object = text.split_once('#').map_or(text, |(o, _)| o);
    object.parse().map_err(|_| {
        UiError::new(Code::Usage, sentence!("{text}: not an object's id", text)).hint(sentence!("Kind/namespace/name is needed"))
    })
}

/// For each pod template, oldest first, what it changes against the one before; empty for the first one.
fn diffs(templates: &[Option<Value>]) -> Vec<String> {
    let before = std::iter::once(&None).chain(templates);
    let diff = |(before, after): (&Option<Value>, &Option<Value>)| match (before, after) {
        (Some(before), Some(after)) => template_diff(before, after),
        _ => String::new(),
    };
    before.zip(templates).map(diff).collect()
}

fn revision(r: &Revision, diff: String, snapshot: &plan::Snapshot, advised: Option<u64>) -> RevisionView {
    let set = snapshot.objects.replica_set(&r.kept.namespace, &r.kept.name).filter(|_| r.kept.kind == Kind::ReplicaSet);
    // A ControllerRevision wants no number of pods: those that are there.
    let wanted = set.map_or(Some(r.ready), |s| s.spec.replicas);
    RevisionView {
        number: u32::try_from(r.number).unwrap_or(u32::MAX),
        kept: r.kept.to_string(),
        images: r.images.iter().map(|(c, i)| format!("{c}={i}")).collect(),
        diff,
        created: r.created.map(said),
        cause: r.change_cause.clone(),
        ready: r.ready,
        wanted: wanted.unwrap_or_default(),
        current: r.current,
        advised: advised == Some(r.number),
        excluded: r.excluded.clone().map(SentenceView::from),
        never_healthy: r.never_healthy.clone().map(SentenceView::from),
        reasons: r.reasons.iter().map(reason).collect(),
    }
}

pub fn reason(r: &plan::revisions::Reason) -> ReasonView {
    let speaks = match r.weight {
        0 => Speaks::Neither,
        1.. => Speaks::For,
        _ => Speaks::Against,
    };
    ReasonView { speaks, said: r.said.clone().into() }
}

/// Why an object cannot be rolled out; empty = it can. What the checks would find is not looked for here.
fn why_not(id: &ObjectId, raw: &Value) -> Option<Sentence> {
    if id.kind != Kind::Deployment {
        let said = sentence!("a {kind} cannot be rolled out; a Deployment can", kind = id.kind);
        return Some(if id.kind.rolls() { said.and(sentence!("it can be rolled back")) } else { said });
    }
    let owners = raw.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let controller = owners.into_iter().flatten().find(|o| o["controller"] == true);
    match controller {
        Some(o) => {
            let (kind, name) = (o["kind"].as_str().unwrap_or_default(), o["name"].as_str().unwrap_or_default());
            Some(sentence!("{kind} {name} controls it", kind, name).and(sentence!("roll that out instead")))
        }
        None if raw.pointer("/metadata/deletionTimestamp").is_some() => Some(sentence!("it is being deleted")),
        None => None,
    }
}

fn text<'a>(raw: &'a Value, pointer: &str) -> Option<&'a str> {
    raw.pointer(pointer).and_then(Value::as_str)
}

fn overview(id: &ObjectId, raw: &Value) -> Vec<OverviewRow> {
    let mut rows = vec![];
    let mut row = |label: Sentence, value: Sentence| {
        if !value.text.is_empty() {
            rows.push(OverviewRow { label: label.into(), value: value.into() });
        }
    };
    if let Ok(object) = id.kind.decode_value(raw) {
        typed(&object, &mut row);
    }
    let labels = raw.pointer("/metadata/labels").and_then(Value::as_object);
    row(sentence!("Labels"), Sentence::quoted(labels.map(pairs).unwrap_or_default()));
    let finalizers = raw.pointer("/metadata/finalizers").and_then(Value::as_array);
    let finalizers = finalizers.map(|f| f.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
    row(sentence!("Finalizers"), Sentence::quoted(finalizers.unwrap_or_default()));
    row(sentence!("Being deleted since"), Sentence::quoted(text(raw, "/metadata/deletionTimestamp").unwrap_or_default()));
    row(sentence!("UID"), Sentence::quoted(text(raw, "/metadata/uid").unwrap_or_default()));
    rows
}

fn pairs(map: &serde_json::Map<String, Value>) -> String {
    map.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>().join(", ")
}

fn joined(labels: &model::Labels) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", ")
}

fn typed(object: &Object, row: &mut impl FnMut(Sentence, Sentence)) {
    let images = |all: &[model::kinds::template::Container]| {
        Sentence::quoted(all.iter().map(|c| format!("{}={}", c.name, c.image)).collect::<Vec<_>>().join(", "))
    };
    match object {
        Object::Deployment(d) | Object::StatefulSet(d) | Object::DaemonSet(d) => {
            let s = &d.status;
            let (wanted, ready, newest) = (d.wanted(), s.ready_replicas, s.updated_replicas);
            row(sentence!("Pods"), sentence!("{wanted} wanted, {ready} ready, {newest} of the newest template", wanted, ready, newest));
            row(sentence!("Images"), images(&d.spec.template.spec.containers));
            row(sentence!("Update strategy"), Sentence::quoted(&d.spec.strategy.kind));
            let partition = d.spec.strategy.rolling_update.as_ref().and_then(|u| u.partition).filter(|n| *n > 0);
            row(
                sentence!("Partition"),
                partition.map(|n| sentence!("pods below ordinal {n} keep the template that they have", n)).unwrap_or_default(),
            );
            row(sentence!("Paused"), if d.spec.paused { sentence!("yes") } else { Sentence::default() });
            row(sentence!("Selector"), Sentence::quoted(joined(&d.spec.selector.match_labels)));
        }
        Object::Service(s) => {
            row(sentence!("Type"), Sentence::quoted(&s.spec.kind));
            row(sentence!("Cluster IP"), Sentence::quoted(&s.spec.cluster_ip));
            row(sentence!("Selector"), Sentence::quoted(joined(&s.spec.selector)));
            let ports = s.spec.ports.iter().map(|p| p.port.to_string()).collect::<Vec<_>>();
            row(sentence!("Ports"), Sentence::quoted(ports.join(", ")));
        }
        Object::ReplicaSet(r) => {
            let (wanted, ready) = (r.spec.replicas.unwrap_or(1), r.status.ready_replicas);
            row(sentence!("Pods"), sentence!("{wanted} wanted, {ready} ready", wanted, ready));
            row(sentence!("Revision"), Sentence::quoted(r.revision().map(|n| n.to_string()).unwrap_or_default()));
        }
        Object::Pod(p) => {
            row(sentence!("Phase"), Sentence::quoted(&p.status.phase));
            row(sentence!("Address"), Sentence::quoted(&p.status.pod_ip));
            let restarts: u32 = p.status.container_statuses.iter().map(|c| c.restart_count).sum();
            row(sentence!("Restarts"), Sentence::quoted(restarts));
            let failing = p.failure().map(|f| [f.reason, f.container, f.message].join(" ").trim().to_string());
            row(sentence!("Failing"), Sentence::quoted(failing.unwrap_or_default()));
            row(sentence!("Images"), images(&p.spec.containers));
        }
        _ => {}
    }
}

fn events(set: &model::ObjectSet, id: &ObjectId, raw: &Value) -> Vec<EventView> {
    if id.kind.rolls() {
        return run_view::events_of(set, id);
    }
    let uid = text(raw, "/metadata/uid").unwrap_or_default();
    run_view::events(set, &id.namespace, |e| e.involved_object.uid == uid)
}

/// Containers of a workload with what they run.
pub fn containers(template: &Value) -> Vec<ContainerView> {
    let of = |key: &str, init: bool| -> Vec<ContainerView> {
        let list = template.pointer(&format!("/spec/{key}")).and_then(Value::as_array);
        let view = |c: &Value| ContainerView {
            name: text(c, "/name").unwrap_or_default().into(),
            image: text(c, "/image").unwrap_or_default().into(),
            init,
        };
        list.into_iter().flatten().map(view).collect()
    };
    [of("containers", false), of("initContainers", true)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_of_a_route_stands_for_its_object() {
        assert_eq!(object_id("Ingress/shop/web#shop.example/a").expect("an id"), ObjectId::new(Kind::Ingress, "shop", "web"));
        assert_eq!(object_id("nonsense").expect_err("refused").code, Code::Usage);
    }

    #[test]
    fn what_an_operator_controls_is_not_rolled_out_by_hand() {
        let id = ObjectId::new(Kind::Deployment, "a", "b");
        let owned = json!({"metadata":{"ownerReferences":[{"kind":"Rollout","name":"web","controller":true}]}});
        assert_eq!(why_not(&id, &owned).expect("owned").text, "Rollout web controls it; roll that out instead");
        assert_eq!(why_not(&id, &json!({"metadata":{}})), None);
        assert!(why_not(&ObjectId::new(Kind::Pod, "a", "b"), &json!({})).is_some());
    }

    #[test]
    fn a_revision_says_what_it_changes_and_no_secret() {
        let template = |image: &str, level: &str, password: &str| {
            let env = json!([{"name": "LEVEL", "value": level}, {"name": "DB_PASSWORD", "value": password}]);
            Some(json!({"spec": {"containers": [{"name": "web", "image": image, "env": env}]}}))
        };
        let all = diffs(&[template("a:1", "info", "hunter2"), template("a:2", "debug", "hunter3"), None, template("a:3", "info", "x")]);
        assert_eq!((all.len(), all[0].as_str(), all[2].as_str(), all[3].as_str()), (4, "", "", ""));
        for said in ["a:1", "a:2", "info", "debug"] {
            assert!(all[1].contains(said), "{said}: {}", all[1]);
        }
        assert!(!all[1].contains("hunter"), "{}", all[1]);
    }

    #[test]
    fn init_containers_are_listed_apart() {
        let t = json!({"spec":{"containers":[{"name":"web","image":"w:1"}],"initContainers":[{"name":"init","image":"i:1"}]}});
        let all = containers(&t);
        assert_eq!((all[0].init, all[1].init, all[1].image.as_str()), (false, true, "i:1"));
    }
}
