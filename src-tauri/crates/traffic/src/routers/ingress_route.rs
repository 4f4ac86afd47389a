//! traefik.io/v1alpha1 IngressRoute and TraefikService.
//!
//! The entry is the IngressRoute itself; Traefik alone reads it. A rule has several ways of being met (a host or another), and each is
//! a route. Share = weight / sum of its services, 1 where none is given; a TraefikService shares its part on, and its weights are
//! multiplied out.

use model::kinds::ingress_route::{TraefikBackend, TraefikRoute};
use model::kinds::{IntOrString, ingress_route};
use model::{Backend, Kind, Object, ObjectId, ObjectSet, Route, Split, Weight};

use crate::request::takes;
use crate::{Attachment, Door, Entrance, Manner, Precedence, Request, Router, Status, Verdict, concrete, rule, url};

/// How classes name the controller: nobody else reads the kind, and it has no class.
const CONTROLLER: &str = "traefik.io/ingress-controller";

/// IngressRoute.
pub struct IngressRoute;

impl Router for IngressRoute {
    fn name(&self) -> &'static str {
        "ingress_route"
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::IngressRoute, Kind::TraefikService]
    }

    fn declares(&self) -> Kind {
        Kind::IngressRoute
    }

    fn routes_of(&self, object: &Object, all: &ObjectSet) -> Vec<Route> {
        let Object::IngressRoute(declared) = object else { return Vec::new() };
        let id = object.id();
        let rules = declared.spec.routes.iter().enumerate().filter(|(_, r)| !r.rule.trim().is_empty());
        rules.flat_map(|(i, r)| routes(self.name(), &id, i, r, all)).collect()
    }

    /// The kind has no status.
    fn status(&self, route: &Route, _all: &ObjectSet) -> Status {
        let attachments = route.entries.iter().map(|e| (e.clone(), Attachment::Accepted)).collect();
        Status { attachments, foreign_refused: None }
    }

    fn entrances(&self, route: &Route, _all: &ObjectSet) -> Vec<Entrance> {
        let door = Door::Of(route.object.clone());
        vec![Entrance { door, controller: Some(CONTROLLER.into()), ports: Vec::new(), attachment: Attachment::Accepted }]
    }

    fn takes(&self, route: &Route, request: &Request, manner: Manner) -> Verdict {
        takes(route, request, manner, |declared, asked| declared.is_empty() || declared == asked)
    }

    /// Traefik's own order alone: there is no other.
    fn precedence(&self, _route: &Route) -> Precedence {
        Precedence::default()
    }

    /// On the ports that the kind does not name, taken for those of its protocol.
    fn url(&self, route: &Route, all: &ObjectSet) -> Option<String> {
        let declared = all.ingress_route(&route.object.namespace, &route.object.name)?;
        let (scheme, port) = if declared.spec.tls.is_some() { ("https", 443) } else { ("http", 80) };
        concrete(route).then(|| url(scheme, port, route))
    }
}

fn routes(router: &'static str, id: &ObjectId, nth: usize, declared: &TraefikRoute, all: &ObjectSet) -> Vec<Route> {
    let mut found = Sent::default();
    found.send(&declared.services, &id.namespace, all, &mut Vec::new());
    let (split, mirrors) = (Split { backends: found.backends, elsewhere: 0 }, found.mirrors);
    let ways = if declared.syntax == "v2" { rule::whole(&declared.rule) } else { rule::ways(&declared.rule) };
    let route = |matches| Route {
        router,
        object: id.clone(),
        entries: vec![id.clone()],
        matches,
        pointer: format!("/spec/routes/{nth}"),
        split: split.clone(),
        mirrors: mirrors.clone(),
    };
    ways.into_iter().map(route).collect()
}

/// Where services lead in the end.
#[derive(Default)]
struct Sent {
    backends: Vec<Backend>,
    mirrors: Vec<Backend>,
}

impl Sent {
    /// `inside`: the TraefikServices on the way here. One that leads back to itself leads nowhere, as one that is missing.
    fn send(&mut self, services: &[TraefikBackend], namespace: &str, all: &ObjectSet, inside: &mut Vec<ObjectId>) {
        let mut parts: Vec<(u64, Vec<Backend>)> = Vec::new();
        for to in services {
            let namespace = to.namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(namespace);
            let weight = u64::from(to.weight.unwrap_or(1));
            if to.kind.as_deref() != Some("TraefikService") {
                let object = ObjectId::new(Kind::Service, namespace, &to.name);
                parts.push((weight, vec![Backend { object, port: to.port.as_ref().map(said), weight: Weight(1) }]));
                continue;
            }
            let id = ObjectId::new(Kind::TraefikService, namespace, &to.name);
            let found = all.traefik_service(&id.namespace, &id.name).filter(|_| !inside.contains(&id));
            let mut inner = Sent::default();
            if let Some(found) = found {
                inside.push(id.clone());
                inner.within(found, namespace, all, inside);
                inside.pop();
            }
            self.mirrors.append(&mut inner.mirrors);
            let nowhere = Backend { object: id, port: None, weight: Weight(1) };
            parts.push((weight, if inner.backends.is_empty() { vec![nowhere] } else { inner.backends }));
        }
        self.backends.extend(multiplied(parts));
    }

    fn within(&mut self, service: &ingress_route::TraefikService, namespace: &str, all: &ObjectSet, inside: &mut Vec<ObjectId>) {
        let spec = &service.spec;
        for shared in spec.weighted.iter().chain(&spec.highest_random_weight).take(1) {
            self.send(&shared.services, namespace, all, inside);
        }
        if let Some(mirroring) = spec.mirroring.as_ref().filter(|_| self.backends.is_empty()) {
            self.send(std::slice::from_ref(&mirroring.main), namespace, all, inside);
            let mut copies = Sent::default();
            copies.send(&mirroring.mirrors, namespace, all, inside);
            self.mirrors.append(&mut copies.backends);
        }
    }
}

fn said(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::Text(name) => name.clone(),
    }
}

/// Weights of all parts against one another: each is shared out by the weights within it.
fn multiplied(parts: Vec<(u64, Vec<Backend>)>) -> Vec<Backend> {
    let sum = |backends: &[Backend]| backends.iter().map(|b| u64::from(b.weight.0)).sum::<u64>().max(1);
    let sums: Vec<u64> = parts.iter().map(|(_, backends)| sum(backends)).collect();
    let whole: u128 = sums.iter().fold(1, |all, s| (all / gcd(all, u128::from(*s))).saturating_mul(u128::from(*s)));
    let mut found: Vec<(u128, Backend)> = Vec::new();
    for ((weight, backends), sum) in parts.into_iter().zip(sums) {
        let times = u128::from(weight).saturating_mul(whole / u128::from(sum));
        found.extend(backends.into_iter().map(|b| (times.saturating_mul(u128::from(b.weight.0)), b)));
    }
    let most = found.iter().map(|(weight, _)| *weight).max().unwrap_or(0);
    let down = most / u128::from(u32::MAX) + 1;
    found.into_iter().map(|(weight, b)| Backend { weight: Weight((weight / down) as u32), ..b }).collect()
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}
