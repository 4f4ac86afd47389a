//! What the routers of the Gateway API have in common: which hosts a route gets of its Gateways, who took it, and where it sends to.
//!
//! Share = weight / sum of the rule; a weight that is absent is 1, and the sum need not be 100 (API: BackendRef.weight). A route without
//! hostnames takes those of the listeners it attaches to; with hostnames it takes the intersection. Whether a Gateway accepted the
//! route, and whether a ReferenceGrant allows a backend of another namespace, only its status tells: `topology` reads it.

use model::kinds::condition;
use model::kinds::gateway::{Gateway, Listener};
use model::kinds::route::{BackendRef, GatewayRoute, NamedMatch, ParentRef, RouteParent, RouteRule};
use model::{Backend, Field, Kind, Object, ObjectId, ObjectSet, Route, RouteMatch, Split, Weight};

use crate::request::takes;
use crate::{Attachment, Door, Entrance, Manner, Request, Status, Verdict, concrete, url};

/// Routes that one object declares: one for each rule, match and host. `matches` gives those of a rule, without a host.
pub(super) fn routes<M>(
    router: &'static str,
    id: &ObjectId,
    route: &GatewayRoute<M>,
    all: &ObjectSet,
    matches: impl Fn(&RouteRule<M>) -> Vec<RouteMatch>,
) -> Vec<Route> {
    let hosts = hosts(route, id, all);
    let mut routes = Vec::new();
    for (i, rule) in route.spec.rules.iter().enumerate() {
        let (split, mirrors) = split(rule, id);
        for matches in matches(rule) {
            for (host, entries) in &hosts {
                routes.push(Route {
                    router,
                    object: id.clone(),
                    entries: entries.clone(),
                    matches: RouteMatch { host: host.clone(), ..matches.clone() },
                    pointer: format!("/spec/rules/{i}"),
                    split: split.clone(),
                    mirrors: mirrors.clone(),
                });
            }
        }
    }
    routes
}

/// What the object of a route says of its Gateways, and they of it.
fn declared<'a>(route: &Route, all: &'a ObjectSet) -> Option<(&'a [ParentRef], &'a [RouteParent])> {
    match all.get(&route.object)? {
        Object::HTTPRoute(r) => Some((&r.spec.parent_refs, &r.status.parents)),
        Object::GRPCRoute(r) => Some((&r.spec.parent_refs, &r.status.parents)),
        _ => None,
    }
}

/// What its Gateways say of a route.
pub(super) fn status(route: &Route, all: &ObjectSet) -> Status {
    let Some((_, parents)) = declared(route, all) else { return Status::default() };
    let said = |entry: &ObjectId| {
        let of_entry = parents.iter().filter(|p| parent(&p.parent_ref, &route.object).as_ref() == Some(entry));
        attachment(of_entry)
    };
    let refusal = parents.iter().filter_map(|p| condition(&p.conditions, "ResolvedRefs")).find(|c| c.reason == "RefNotPermitted");
    Status {
        attachments: route.entries.iter().map(|e| (e.clone(), said(e))).collect(),
        foreign_refused: refusal.filter(|c| c.status == "False").map(|c| format!("RefNotPermitted: {}", c.message)),
    }
}

/// Where requests come to a route.
pub(super) fn entrances(route: &Route, all: &ObjectSet) -> Vec<Entrance> {
    let attachments = status(route, all).attachments;
    let entrance = |(entry, attachment): (ObjectId, Attachment)| {
        let gateway = all.gateway(&entry.namespace, &entry.name);
        let class = gateway.and_then(|g| all.gateway_class("", &g.spec.gateway_class_name));
        let mut ports: Vec<u16> = listeners(route, all).filter(|(of, _)| *of == entry).map(|(_, l)| l.port).collect();
        ports.sort_unstable();
        ports.dedup();
        Entrance { door: Door::Of(entry), controller: class.map(|c| c.spec.controller_name.clone()), ports, attachment }
    };
    attachments.into_iter().map(entrance).collect()
}

/// Host by HTTPRouteSpec.hostnames and GRPCRouteSpec.hostnames, and the conditions.
pub(super) fn matched(route: &Route, request: &Request, manner: Manner) -> Verdict {
    takes(route, request, manner, |declared, asked| intersection(asked, declared) == Some(asked))
}

/// URL by which a request from outside takes a route.
pub(super) fn url_of(route: &Route, all: &ObjectSet) -> Option<String> {
    let scheme = |l: &Listener| match l.protocol.as_str() {
        "HTTP" => Some("http"),
        "HTTPS" => Some("https"),
        _ => None,
    };
    let (scheme, port) = listeners(route, all).find_map(|(_, l)| Some((scheme(l)?, l.port)))?;
    concrete(route).then(|| url(scheme, port, route))
}

/// Listeners that take the route's host, with their Gateways.
fn listeners<'a>(route: &'a Route, all: &'a ObjectSet) -> impl Iterator<Item = (ObjectId, &'a Listener)> {
    let references = declared(route, all).map(|(references, _)| references);
    let of_parent = move |reference: &'a ParentRef| {
        let gateway = parent(reference, &route.object).filter(|g| route.entries.contains(g))?;
        let found = all.gateway(&gateway.namespace, &gateway.name)?;
        Some(chosen(reference, found).map(move |l| (gateway.clone(), l)))
    };
    let host = route.matches.host.as_str();
    let takes = move |(_, l): &(ObjectId, &Listener)| intersection(host, l.hostname.as_deref().unwrap_or("")) == Some(host);
    references.into_iter().flatten().filter_map(of_parent).flatten().filter(takes)
}

/// Accepted by any listener is accepted: a route may name several listeners of one Gateway.
fn attachment<'a>(parents: impl Iterator<Item = &'a RouteParent>) -> Attachment {
    let mut verdict = Attachment::Unsaid;
    for accepted in parents.filter_map(|p| condition(&p.conditions, "Accepted")) {
        match accepted.status.as_str() {
            "True" => return Attachment::Accepted,
            "False" => verdict = Attachment::Refused(format!("{}: {}", accepted.reason, accepted.message)),
            _ => {}
        }
    }
    verdict
}

/// The Gateway that a parentRef names; `None` for parents of other kinds (a Service, for a mesh).
fn parent(reference: &ParentRef, route: &ObjectId) -> Option<ObjectId> {
    let group = reference.group.as_deref().unwrap_or(Kind::Gateway.group());
    let kind = reference.kind.as_deref().unwrap_or(Kind::Gateway.name());
    let namespace = reference.namespace.as_deref().unwrap_or(&route.namespace);
    (group == Kind::Gateway.group() && kind == Kind::Gateway.name()).then(|| ObjectId::new(Kind::Gateway, namespace, &reference.name))
}

/// Hosts in the order they are found, each with the Gateways that take it.
fn hosts<M>(route: &GatewayRoute<M>, id: &ObjectId, all: &ObjectSet) -> Vec<(String, Vec<ObjectId>)> {
    let mut found: Vec<(String, Vec<ObjectId>)> = Vec::new();
    let mut add = |host: &str, entry: Option<&ObjectId>| {
        let at = found.iter().position(|(h, _)| h == host).unwrap_or_else(|| {
            found.push((host.to_string(), Vec::new()));
            found.len() - 1
        });
        if let Some(entry) = entry.filter(|e| !found[at].1.contains(e)) {
            found[at].1.push(entry.clone());
        }
    };
    let hostnames = &route.spec.hostnames;
    for reference in &route.spec.parent_refs {
        let Some(gateway) = parent(reference, id) else { continue };
        match all.gateway(&gateway.namespace, &gateway.name) {
            // A Gateway that is missing or not seen has no listeners to ask: what is declared stands.
            None if hostnames.is_empty() => add("", Some(&gateway)),
            None => hostnames.iter().for_each(|h| add(h, Some(&gateway))),
            Some(found) => attached_hosts(hostnames, reference, found).iter().for_each(|h| add(h, Some(&gateway))),
        }
    }
    // Hosts that no Gateway takes are kept without an entry: the object declares them, and nobody sees them served.
    hostnames.iter().for_each(|h| add(h, None));
    if found.is_empty() {
        found.push((String::new(), Vec::new()));
    }
    found
}

/// Listeners that a parentRef means.
fn chosen<'a>(reference: &'a ParentRef, gateway: &'a Gateway) -> impl Iterator<Item = &'a Listener> {
    let meant = |l: &&Listener| reference.section_name.as_ref().is_none_or(|s| *s == l.name) && reference.port.is_none_or(|p| p == l.port);
    gateway.spec.listeners.iter().filter(meant)
}

fn attached_hosts(hostnames: &[String], reference: &ParentRef, gateway: &Gateway) -> Vec<String> {
    let mut hosts = Vec::new();
    for listener in chosen(reference, gateway) {
        let own = listener.hostname.as_deref().unwrap_or("");
        if hostnames.is_empty() {
            hosts.push(own.to_string());
        }
        hosts.extend(hostnames.iter().filter_map(|h| intersection(h, own)).map(str::to_string));
    }
    hosts
}

/// The narrower of two hosts when one covers the other. `*.example.com` covers any deeper name; empty covers all.
fn intersection<'a>(a: &'a str, b: &'a str) -> Option<&'a str> {
    let covers = |wide: &str, narrow: &str| match wide.strip_prefix('*') {
        _ if wide.is_empty() || wide == narrow => true,
        Some(suffix) => narrow.len() > suffix.len() && narrow.ends_with(suffix),
        None => false,
    };
    match (covers(b, a), covers(a, b)) {
        (true, _) => Some(a),
        (_, true) => Some(b),
        _ => None,
    }
}

/// What a header or a query parameter must be.
pub(super) fn field(m: &NamedMatch) -> Field {
    Field { name: m.name.clone(), value: m.value.clone(), pattern: m.kind.as_deref() == Some("RegularExpression") }
}

fn split<M>(rule: &RouteRule<M>, route: &ObjectId) -> (Split, Vec<Backend>) {
    let mut split = Split::default();
    for reference in &rule.backend_refs {
        match backend(reference, route) {
            Some(backend) => split.backends.push(backend),
            None => split.elsewhere = split.elsewhere.saturating_add(reference.weight.unwrap_or(1)),
        }
    }
    let mirrors = rule.filters.iter().filter_map(|f| backend(&f.request_mirror.as_ref()?.backend_ref, route)).collect();
    (split, mirrors)
}

/// `None` for kinds other than Service.
fn backend(reference: &BackendRef, route: &ObjectId) -> Option<Backend> {
    let service = reference.group.as_deref().unwrap_or("").is_empty() && reference.kind.as_deref().unwrap_or("Service") == "Service";
    let namespace = reference.namespace.as_deref().unwrap_or(&route.namespace);
    service.then(|| Backend {
        object: ObjectId::new(Kind::Service, namespace, &reference.name),
        port: reference.port.map(|p| p.to_string()),
        weight: Weight(reference.weight.unwrap_or(1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_intersect_as_the_gateway_api_says() {
        let check = |a, b, expect| assert_eq!(intersection(a, b), expect, "{a} and {b}");
        check("shop.example.com", "", Some("shop.example.com"));
        check("shop.example.com", "*.example.com", Some("shop.example.com"));
        check("*.example.com", "a.b.example.com", Some("a.b.example.com"));
        check("example.com", "*.example.com", None);
        check("shop.example.com", "other.example.com", None);
        check("", "", Some(""));
    }
}
