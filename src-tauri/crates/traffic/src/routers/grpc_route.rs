//! gateway.networking.k8s.io/v1 GRPCRoute. A call is a POST of `/service/method` (gRPC over HTTP/2, "Requests"), so that service and
//! method are a path here.

use model::kinds::grpc_route::{GrpcMethodMatch, GrpcRouteMatch};
use model::kinds::route::RouteRule;
use model::{Also, Kind, Object, ObjectSet, Route, RouteMatch, sentence};

use super::gateway_route::{self, field};
use crate::request::Precise;
use crate::{Entrance, Manner, Precedence, Request, Router, Status, Verdict};

/// GRPCRoute.
pub struct GrpcRoute;

impl Router for GrpcRoute {
    fn name(&self) -> &'static str {
        "grpc_route"
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::GatewayClass, Kind::Gateway, Kind::GRPCRoute]
    }

    fn declares(&self) -> Kind {
        Kind::GRPCRoute
    }

    fn routes_of(&self, object: &Object, all: &ObjectSet) -> Vec<Route> {
        let Object::GRPCRoute(route) = object else { return Vec::new() };
        gateway_route::routes(self.name(), &object.id(), route, all, matches)
    }

    fn status(&self, route: &Route, all: &ObjectSet) -> Status {
        gateway_route::status(route, all)
    }

    fn entrances(&self, route: &Route, all: &ObjectSet) -> Vec<Entrance> {
        gateway_route::entrances(route, all)
    }

    fn takes(&self, route: &Route, request: &Request, manner: Manner) -> Verdict {
        let call = || match request.method.as_str() {
            "POST" => Verdict::Takes,
            method => Verdict::Perhaps(sentence!("{method} is no gRPC call: some controllers take it nevertheless", method)),
        };
        gateway_route::matched(route, request, manner).and(call)
    }

    /// GRPCRouteRule.matches: characters of the host, of the service, of the method; headers.
    fn precedence(&self, route: &Route) -> Precedence {
        let p = Precise::of(route);
        let mut parts = route.matches.path.trim_start_matches('/').splitn(2, '/');
        let mut length = || parts.next().filter(|part| *part != ANY).map_or(0, |part| part.chars().count() as u32);
        [p.exact_host, p.host, length(), length(), p.headers, 0, 0]
    }

    /// A probe speaks no gRPC.
    fn url(&self, _route: &Route, _all: &ObjectSet) -> Option<String> {
        None
    }
}

/// Any service, or any method.
const ANY: &str = "[^/]+";

fn matches(rule: &RouteRule<GrpcRouteMatch>) -> Vec<RouteMatch> {
    let one = |m: &GrpcRouteMatch| {
        let (path, path_type) = path(m.method.as_ref());
        RouteMatch {
            host: String::new(),
            path,
            path_type: path_type.into(),
            also: m.headers.iter().map(|h| Also::Header(field(h))).collect(),
        }
    };
    if rule.matches.is_empty() { vec![one(&GrpcRouteMatch::default())] } else { rule.matches.iter().map(one).collect() }
}

fn path(method: Option<&GrpcMethodMatch>) -> (String, &'static str) {
    let Some(m) = method else { return ("/".into(), "Prefix") };
    let said = |s: &Option<String>| s.clone().filter(|s| !s.is_empty());
    let pattern = m.kind.as_deref() == Some("RegularExpression");
    match (said(&m.service), said(&m.method)) {
        (None, None) => ("/".into(), "Prefix"),
        (Some(service), Some(method)) if !pattern => (format!("/{service}/{method}"), "Exact"),
        (Some(service), None) if !pattern => (format!("/{service}"), "Prefix"),
        (None, Some(method)) if !pattern => (format!("/{ANY}/{}", regex::escape(&method)), "RegularExpression"),
        (service, method) => (format!("/{}/{}", service.as_deref().unwrap_or(ANY), method.as_deref().unwrap_or(ANY)), "RegularExpression"),
    }
}
