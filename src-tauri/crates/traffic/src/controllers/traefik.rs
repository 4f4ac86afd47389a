//! Traefik 3. Every rule is a router of an entry point with a number, its priority, and the greatest is asked first; equals are in
//! no order. (Sources of v3.6: `pkg/provider/kubernetes/gateway/httproute.go`, `pkg/provider/kubernetes/ingress/kubernetes.go`,
//! `pkg/muxer/http/mux.go`.)

use std::collections::BTreeSet;

use model::kinds::endpoint_slice::EndpointSlice;
use model::names::SERVICE_NAME;
use model::{Also, Kind, Object, ObjectId, ObjectSet, Route, Sentence, sentence};

use super::Controller;
use crate::{Manner, Precedence};

const PRIORITY: &str = "traefik.ingress.kubernetes.io/router.priority";

/// Traefik.
pub(super) struct Traefik;

impl Controller for Traefik {
    fn name(&self) -> &'static str {
        "Traefik"
    }

    fn classes(&self) -> &'static [&'static str] {
        &["traefik.io/gateway-controller", "traefik.io/ingress-controller"]
    }

    /// Without its option `strictPrefixMatching`, which only its operator sees.
    fn manner(&self, route: &Route) -> Manner {
        let ingress = route.object.kind == Kind::Ingress;
        Manner { patterns_in_part: Some(true), prefix_by_characters: ingress, specific_is_prefix: true, each_value: true }
    }

    /// Of an Ingress, without its option `allowEmptyServices`.
    fn leaves_out(&self, route: &Route, object: &Object, all: &ObjectSet) -> Option<Sentence> {
        let Object::Ingress(ingress) = object else { return None };
        let no = |why| Some(sentence!("Traefik leaves it out: {why}"; why));
        if route.pointer == "/spec/defaultBackend" && !ingress.spec.rules.is_empty() {
            return no(sentence!("a default backend beside rules"));
        }
        let Some(backend) = route.split.backends.first() else { return no(sentence!("its backend is no Service")) };
        if serves(&backend.object, all) { None } else { no(sentence!("its Service has nothing ready")) }
    }

    fn precedence(&self, route: &Route, routes: &[Route], object: &Object) -> Precedence {
        let number = match object {
            Object::Ingress(ingress) => match ingress.metadata.annotations.get(PRIORITY).and_then(|p| p.parse().ok()) {
                _ if route.pointer == "/spec/defaultBackend" => 0,
                Some(set @ 1..) => set,
                _ => length(route),
            },
            Object::GRPCRoute(_) => longest_host(route, routes) + text(route).len() as u32,
            _ => points(route, routes),
        };
        [number, 0, 0, 0, 0, 0, 0]
    }
}

/// Whether a Service has an endpoint that serves (`loadService`: one that does not say so does). A name outside the cluster needs
/// none. Where no endpoints are seen at all nothing is concluded.
fn serves(service: &ObjectId, all: &ObjectSet) -> bool {
    let Some(found) = all.service(&service.namespace, &service.name) else { return all.of(Kind::Service).next().is_none() };
    let of = |s: &&EndpointSlice| s.metadata.labels.get(SERVICE_NAME).is_some_and(|name| *name == service.name);
    let mut slices = all.endpoint_slices(&service.namespace).filter(of);
    found.spec.kind == "ExternalName"
        || slices.any(|s| s.endpoints.iter().any(|e| e.conditions.serving.unwrap_or(true)))
        || all.of(Kind::EndpointSlice).next().is_none()
}

/// `buildMatchRule`: 100000 for an exact path; 10000 and 100 for each character of a prefix or a pattern, 1 for `/`; 1000 for a
/// method, 100 for each header, 10 for each query parameter; the characters of the longest host of the route there; and by how many
/// rules it stands before the last.
fn points(route: &Route, routes: &[Route]) -> u32 {
    let m = &route.matches;
    let path = match (m.path_type.as_str(), m.path.as_str()) {
        ("Exact", _) => 100_000,
        ("Prefix", "/") => 1,
        (_, path) => 10_000 + 100 * path.len() as u32,
    };
    let also = m.also.iter().map(|a| match a {
        Also::Method(_) => 1000,
        Also::Header(_) => 100,
        Also::Query(_) => 10,
        Also::Cookie(_) => 0,
    });
    let rules: BTreeSet<&str> = routes.iter().map(|r| r.pointer.as_str()).collect();
    let nth = |pointer: &str| pointer.rsplit('/').next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
    path + also.sum::<u32>() + longest_host(route, routes) + rules.len() as u32 - nth(&route.pointer).min(rules.len() as u32)
}

fn longest_host(route: &Route, routes: &[Route]) -> u32 {
    let here = |r: &&Route| r.pointer == route.pointer && r.entries.iter().any(|e| route.entries.contains(e));
    routes.iter().filter(here).map(|r| r.matches.host.len() as u32).max().unwrap_or(0)
}

/// What it writes for a match of a GRPCRoute, without the host (`buildGRPCMatchRule`).
fn text(route: &Route) -> String {
    let m = &route.matches;
    let path = match (m.path_type.as_str(), m.path.as_str()) {
        ("Prefix", "/") => "PathPrefix(\"/\")".to_string(),
        ("Prefix", service) => format!("PathRegexp(\"{service}/[^/]+\")"),
        (_, path) => format!("PathRegexp({path:?})"),
    };
    let headers = m.also.iter().filter_map(|a| match a {
        Also::Header(f) => Some(format!(" && Header{}({:?},{:?})", if f.pattern { "Regexp" } else { "" }, f.name, f.value)),
        _ => None,
    });
    headers.fold(path, |text, header| text + &header)
}

/// The characters of the rule that it writes for a path of an Ingress (`loadRouter`, `GetRulePriority`).
fn length(route: &Route) -> u32 {
    let m = &route.matches;
    let host = match m.host.strip_prefix("*.") {
        // HostRegexp("^[a-zA-Z0-9-]+\\.example\\.com$"): each point stands behind two backslashes.
        Some(rest) => format!("HostRegexp(\"^[a-zA-Z0-9-]+\\\\.{}$\")", rest.replace('.', "\\\\.")),
        None if m.host.is_empty() => String::new(),
        None => format!("Host(\"{}\")", m.host),
    };
    let matcher = if m.path_type == "Exact" { "Path" } else { "PathPrefix" };
    let path = format!("{matcher}(\"{}\")", m.path);
    let and = if host.is_empty() { "" } else { " && " };
    (host.len() + and.len() + path.len()) as u32
}
