//! networking.k8s.io/v1 Ingress. One backend per path, always with weight 1: the kind itself cannot share. An Ingress beside it can,
//! by the annotations of ingress-nginx ([`canary`]).
//!
//! The entry is the Ingress itself. The class only says which controller reads it; it is shown by the map and changes no
//! route. Backends of another kind (`backend.resource`) take their share elsewhere, and so do those that an annotation describes
//! (AWS Load Balancer Controller): the name is that of an action, and no Service need have it.

use model::kinds::ingress::{Ingress as Slim, IngressBackend, IngressPort};
use model::{Also, Backend, Kind, Object, ObjectId, ObjectSet, Route, RouteMatch, Split, Weight};

use crate::canary::{self, At, Canary};
use crate::request::{Precise, takes};
use crate::{Attachment, Door, Entrance, Manner, Precedence, Request, Router, Status, Verdict, concrete, url};

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
/// Name of the port of a backend that an annotation describes.
const IN_ANNOTATION: &str = "use-annotation";

/// Ingress.
pub struct Ingress;

impl Router for Ingress {
    fn name(&self) -> &'static str {
        "ingress"
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::IngressClass, Kind::Ingress]
    }

    fn declares(&self) -> Kind {
        Kind::Ingress
    }

    fn routes_of(&self, object: &Object, all: &ObjectSet) -> Vec<Route> {
        let Object::Ingress(ingress) = object else { return Vec::new() };
        let id = object.id();
        let (canary, marked) = (canary::of(ingress, all), canary::marked(ingress, all));
        let mut routes = Vec::new();
        for (i, rule) in ingress.spec.rules.iter().enumerate() {
            // A rule without paths takes its whole host to the default backend (API: IngressRule.http).
            let Some(http) = &rule.http else {
                if let Some(backend) = &ingress.spec.default_backend {
                    let matches = RouteMatch { host: rule.host.clone(), path: "/".into(), path_type: "Prefix".into(), also: Vec::new() };
                    routes.push(route(&id, matches, "/spec/defaultBackend".into(), backend));
                }
                continue;
            };
            for (j, path) in http.paths.iter().enumerate() {
                let at = At { ingress, rule, path };
                let pointer = format!("/spec/rules/{i}/http/paths/{j}");
                match &canary {
                    Some(canary) => routes.extend(of_canary(&id, at, canary, &pointer, all)),
                    None => routes.push(of_path(&id, at, pointer, &marked, all)),
                }
            }
        }
        if canary.is_none() {
            routes.extend(default_route(&id, ingress));
        }
        routes
    }

    /// The kind has no status that tells whether a controller took it.
    fn status(&self, route: &Route, _all: &ObjectSet) -> Status {
        let attachments = route.entries.iter().map(|e| (e.clone(), Attachment::Accepted)).collect();
        Status { attachments, foreign_refused: None }
    }

    fn entrances(&self, route: &Route, all: &ObjectSet) -> Vec<Entrance> {
        let class = all.ingress(&route.object.namespace, &route.object.name).and_then(|ingress| class(ingress));
        let controller = class.and_then(|name| all.ingress_class("", name)).map(|c| c.spec.controller.clone());
        let door = class.map_or(Door::Unclassed, |name| Door::Of(ObjectId::new(Kind::IngressClass, "", name)));
        vec![Entrance { door, controller, ports: Vec::new(), attachment: Attachment::Accepted }]
    }

    fn takes(&self, route: &Route, request: &Request, manner: Manner) -> Verdict {
        takes(route, request, manner, |declared, asked| declared.is_empty() || covers(declared, asked))
    }

    /// HTTPIngressPath: the longest path first, and of equal ones an exact one; there what a canary asks for, a header before a
    /// cookie. A default backend takes what nothing else does.
    fn precedence(&self, route: &Route) -> Precedence {
        let p = Precise::of(route);
        let rule = u32::from(route.matches.path_type != "Default");
        [rule, p.exact_host, p.host, p.path, u32::from(p.exact_path), p.headers, p.cookies]
    }

    /// On the ports that every controller has by default: the kind names none.
    fn url(&self, route: &Route, all: &ObjectSet) -> Option<String> {
        let ingress = all.ingress(&route.object.namespace, &route.object.name)?;
        let host = route.matches.host.as_str();
        let tls = ingress.spec.tls.iter().any(|t| t.hosts.is_empty() || t.hosts.iter().any(|h| covers(h, host)));
        concrete(route).then(|| if tls { url("https", 443, route) } else { url("http", 80, route) })
    }
}

/// The field, or the annotation that is older than it. A default class is written into the field when an Ingress is made
/// (admission plugin DefaultIngressClass), so one without stays without.
pub(crate) fn class(ingress: &Slim) -> Option<&str> {
    let annotated = ingress.metadata.annotations.get(CLASS_ANNOTATION).map(String::as_str);
    ingress.spec.ingress_class_name.as_deref().or(annotated).filter(|name| !name.is_empty())
}

/// `*.example.com` stands for one label (API: IngressTLS.hosts).
pub(super) fn covers(pattern: &str, host: &str) -> bool {
    let below = pattern.strip_prefix('*').and_then(|suffix| host.strip_suffix(suffix));
    pattern == host || below.is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

/// The default backend takes what no rule does: shown as host "all", unless a rule says the same already.
fn default_route(id: &ObjectId, ingress: &Slim) -> Option<Route> {
    let backend = ingress.spec.default_backend.as_ref()?;
    let all_taken = |r: &&model::kinds::ingress::IngressRule| {
        r.host.is_empty() && r.http.as_ref().is_none_or(|h| h.paths.iter().any(|p| p.path_type == "Prefix" && p.path == "/"))
    };
    if ingress.spec.rules.iter().any(|r| all_taken(&r)) {
        return None;
    }
    let matches = RouteMatch { host: String::new(), path: "/".into(), path_type: "Default".into(), also: Vec::new() };
    Some(route(id, matches, "/spec/defaultBackend".into(), backend))
}

fn matches(at: At<'_>, also: Vec<Also>) -> RouteMatch {
    let path = if at.path.path.is_empty() { "/" } else { &at.path.path };
    RouteMatch { host: at.rule.host.clone(), path: path.into(), path_type: at.path.path_type.clone(), also }
}

/// A path, and what its canary takes by weight: requests come in through both.
fn of_path(id: &ObjectId, at: At<'_>, pointer: String, marked: &[&Slim], all: &ObjectSet) -> Route {
    let mut route = route(id, matches(at, Vec::new()), pointer, &at.path.backend);
    if let Some((beside, canary)) = at.canary(marked, all) {
        route.entries.push(id.sibling(Kind::Ingress, &beside.ingress.metadata.name));
        if let Some(weight) = canary.weight {
            route.split.backends.iter_mut().for_each(|b| b.weight = Weight(canary.total - weight.0));
            route.split.backends.extend(backend(id, &beside.path.backend).map(|b| Backend { weight, ..b }));
        }
    }
    route
}

/// What a canary takes, or leaves to the other, by header and cookie. What nobody comes to is no route.
fn of_canary(id: &ObjectId, at: At<'_>, canary: &Canary, pointer: &str, all: &ObjectSet) -> Vec<Route> {
    let Ok(main) = at.main(all) else { return Vec::new() };
    let taken = |(also, to_canary): &(Also, bool)| {
        let to = if *to_canary { at } else { main };
        route(id, matches(at, vec![also.clone()]), pointer.into(), &to.path.backend)
    };
    canary.conditions.iter().map(taken).collect()
}

fn route(id: &ObjectId, matches: RouteMatch, pointer: String, to: &IngressBackend) -> Route {
    let service = backend(id, to);
    let elsewhere = u32::from(service.is_none() && (to.resource.is_some() || to.service.is_some()));
    let split = Split { backends: service.into_iter().collect(), elsewhere };
    Route { router: "ingress", object: id.clone(), entries: vec![id.clone()], matches, pointer, split, mirrors: Vec::new() }
}

fn backend(id: &ObjectId, to: &IngressBackend) -> Option<Backend> {
    let named = to.service.as_ref().filter(|s| s.port.name.as_deref() != Some(IN_ANNOTATION));
    named.map(|s| Backend { object: id.sibling(Kind::Service, &s.name), port: port(&s.port), weight: Weight(1) })
}

fn port(port: &IngressPort) -> Option<String> {
    port.name.clone().filter(|n| !n.is_empty()).or_else(|| port.number.map(|n| n.to_string()))
}
