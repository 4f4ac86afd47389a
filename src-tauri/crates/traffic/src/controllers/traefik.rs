//! Traefik 3. Every rule is a router of an entry point with a number, its priority, and the greatest is asked first; equals are in
//! no order. (Sources of v3.6: `pkg/provider/kubernetes/gateway/httproute.go`, `pkg/provider/kubernetes/ingress/kubernetes.go`,
//! `pkg/muxer/http/mux.go`.)

use std::collections::BTreeSet;

use model::kinds::endpoint_slice::EndpointSlice;
use model::names::SERVICE_NAME;
use model::{Also, Backend, Kind, Object, ObjectSet, Route, Sentence, sentence};

use super::Controller;
use crate::{Manner, Precedence, Verdict};

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
        let own = matches!(route.object.kind, Kind::Ingress | Kind::IngressRoute);
        Manner { patterns_in_part: Some(true), prefix_by_characters: own, specific_is_prefix: true, each_value: true }
    }

    /// Without its options `allowEmptyServices`; what `allowExternalNameServices` and `allowCrossNamespace` decide is left open.
    fn reads(&self, route: &Route, object: &Object, all: &ObjectSet) -> Verdict {
        let no = |why| Verdict::Not(sentence!("Traefik leaves it out: {why}"; why));
        match object {
            Object::Ingress(ingress) if route.pointer == "/spec/defaultBackend" && !ingress.spec.rules.is_empty() => {
                return no(sentence!("a default backend beside rules"));
            }
            Object::Ingress(_) | Object::IngressRoute(_) => {}
            _ => return Verdict::Takes,
        }
        if route.split.backends.is_empty() {
            return no(sentence!("its backend is no Service"));
        }
        // One that cannot be built, a copy's too, leaves the whole rule without its Service.
        let all_of = route.split.backends.iter().chain(&route.mirrors);
        all_of.fold(Verdict::Takes, |so_far, backend| so_far.and(|| builds(backend, object, all).unwrap_or_else(no)))
    }

    fn precedence(&self, route: &Route, routes: &[Route], object: &Object) -> Precedence {
        let number = match object {
            Object::Ingress(ingress) => match ingress.metadata.annotations.get(PRIORITY).and_then(|p| p.parse().ok()) {
                _ if route.pointer == "/spec/defaultBackend" => 0,
                Some(set @ 1..) => set,
                _ => length(route),
            },
            Object::IngressRoute(declared) => match nth(&route.pointer).and_then(|n| declared.spec.routes.get(n)) {
                // A priority below 0 is behind all that have none: each of those is longer than nothing.
                Some(rule) if rule.priority != 0 => rule.priority.clamp(0, i64::from(u32::MAX)) as u32,
                Some(rule) => rule.rule.len() as u32,
                None => 0,
            },
            Object::GRPCRoute(_) => longest_host(route, routes) + text(route).len() as u32,
            _ => points(route, routes),
        };
        [number, 0, 0, 0, 0, 0, 0]
    }
}

/// Whether it makes a Service of a backend, or why not (`loadService`, `loadServers`): there must be an endpoint that serves, and one that
/// does not say so does. Where no endpoints are seen at all nothing is concluded.
fn builds(backend: &Backend, object: &Object, all: &ObjectSet) -> Result<Verdict, Sentence> {
    let id = &backend.object;
    let missing = || sentence!("{object} does not exist", object = id.said());
    if id.kind != Kind::Service {
        return Err(all.get(id).map_or_else(missing, |_| sentence!("{object} leads to no Service", object = id.said())));
    }
    let Some(service) = all.service(&id.namespace, &id.name) else {
        return if all.of(Kind::Service).next().is_none() { Ok(Verdict::Takes) } else { Err(missing()) };
    };
    let declared = |p: &String| service.spec.ports.iter().any(|s| s.name == *p || s.port.to_string() == *p);
    if let Some(port) = backend.port.as_ref().filter(|p| !declared(p)) {
        return Err(sentence!("{object} has no port {port}", object = id.said(), port));
    }
    let option = |name: &str| {
        Ok(Verdict::Perhaps(sentence!("Traefik takes {object} only with its option {option}", object = id.said(), option = name)))
    };
    if id.namespace != object.meta().namespace {
        return option("allowCrossNamespace");
    }
    if service.spec.kind == "ExternalName" {
        return option("allowExternalNameServices");
    }
    let of = |s: &&EndpointSlice| s.metadata.labels.get(SERVICE_NAME).is_some_and(|name| *name == id.name);
    let serves = |s: &EndpointSlice| s.endpoints.iter().any(|e| e.conditions.serving.unwrap_or(true));
    match all.endpoint_slices(&id.namespace).filter(of).any(serves) || all.of(Kind::EndpointSlice).next().is_none() {
        true => Ok(Verdict::Takes),
        false => Err(sentence!("its Service has nothing ready")),
    }
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
        Also::OtherHeader(_) | Also::NoHeader(_) | Also::Cookie(_) | Also::Rule(_) => 0,
    });
    let rules: BTreeSet<&str> = routes.iter().map(|r| r.pointer.as_str()).collect();
    path + also.sum::<u32>() + longest_host(route, routes) + (rules.len() - nth(&route.pointer).unwrap_or(0).min(rules.len())) as u32
}

/// Which rule of its object it is.
fn nth(pointer: &str) -> Option<usize> {
    pointer.rsplit('/').next()?.parse().ok()
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
