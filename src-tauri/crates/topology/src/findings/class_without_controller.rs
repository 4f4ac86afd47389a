//! A Gateway or an Ingress of a class that nobody reads: the class is not there, or no controller has taken it up. Requests
//! never arrive, and nothing else says so. An IngressClass has no status, so that of one that is there nothing is concluded; the
//! annotation `kubernetes.io/ingress.class` names no object (API: Ingress.spec.ingressClassName).

use model::kinds::condition;
use model::{Kind, ObjectId, Sentence, sentence};

use super::{Check, Finding};
use crate::graph::{Edge, Presence};
use crate::health::told;
use crate::view::View;

/// Class without controller.
pub(super) struct ClassWithoutController;

impl Check for ClassWithoutController {
    fn code(&self) -> &'static str {
        "class-without-controller"
    }

    fn find(&self, view: &View<'_>, _edges: &[Edge]) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut add = |kind, name: &str, message| found.push(Finding { code: self.code(), object: view.here(kind, name), message });
        for gateway in view.all.gateways(view.namespace) {
            if let Some(why) = of_gateway(&gateway.spec.gateway_class_name, view) {
                add(Kind::Gateway, &gateway.metadata.name, why);
            }
        }
        for ingress in view.all.ingresses(view.namespace) {
            let class = ingress.spec.ingress_class_name.as_deref().map(|name| ObjectId::new(Kind::IngressClass, "", name));
            if let Some(why) = class.and_then(|class| missing(&class, view)) {
                add(Kind::Ingress, &ingress.metadata.name, why);
            }
        }
        found
    }
}

/// GatewayClass.status.conditions: a class begins with `Accepted` Unknown, and only its controller changes that.
fn of_gateway(class: &str, view: &View<'_>) -> Option<Sentence> {
    let id = ObjectId::new(Kind::GatewayClass, "", class);
    let Some(found) = view.all.gateway_class("", class) else { return missing(&id, view) };
    let accepted = condition(&found.status.conditions, "Accepted");
    match accepted.map(|c| (c.status.as_str(), c)) {
        Some(("True", _)) => None,
        Some(("False", c)) => Some(sentence!("its controller refuses {object}: {why}", object = id.said(); why = told(c))),
        _ => Some(sentence!("no controller has taken up {object}", object = id.said())),
    }
}

fn missing(class: &ObjectId, view: &View<'_>) -> Option<Sentence> {
    (view.presence(class) == Presence::Missing).then(|| sentence!("{object} does not exist", object = class.said()))
}
