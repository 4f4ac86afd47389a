//! gateway.networking.k8s.io/v1 Gateway and HTTPRoute.

use model::kinds::http_route::HttpRouteMatch;
use model::kinds::route::RouteRule;
use model::{Also, Kind, Object, ObjectSet, Route, RouteMatch};

use super::gateway_route::{self, field};
use crate::request::Precise;
use crate::{Entrance, Manner, Precedence, Request, Router, Status, Verdict};

/// Gateway API.
pub struct GatewayApi;

impl Router for GatewayApi {
    fn name(&self) -> &'static str {
        "gateway_api"
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::GatewayClass, Kind::Gateway, Kind::HTTPRoute]
    }

    fn declares(&self) -> Kind {
        Kind::HTTPRoute
    }

    fn routes_of(&self, object: &Object, all: &ObjectSet) -> Vec<Route> {
        let Object::HTTPRoute(route) = object else { return Vec::new() };
        gateway_route::routes(self.name(), &object.id(), route, all, matches)
    }

    fn status(&self, route: &Route, all: &ObjectSet) -> Status {
        gateway_route::status(route, all)
    }

    fn entrances(&self, route: &Route, all: &ObjectSet) -> Vec<Entrance> {
        gateway_route::entrances(route, all)
    }

    fn takes(&self, route: &Route, request: &Request, manner: Manner) -> Verdict {
        gateway_route::matched(route, request, manner)
    }

    /// HTTPRouteSpec.hostnames, then HTTPRouteRule.matches. Where a pattern stands the API leaves open; here before prefixes.
    fn precedence(&self, route: &Route) -> Precedence {
        let p = Precise::of(route);
        let path = u32::from(p.exact_path) * 2 + u32::from(p.pattern);
        [p.exact_host, p.host, path, p.path, u32::from(p.method), p.headers, p.queries]
    }

    fn url(&self, route: &Route, all: &ObjectSet) -> Option<String> {
        gateway_route::url_of(route, all)
    }
}

fn matches(rule: &RouteRule<HttpRouteMatch>) -> Vec<RouteMatch> {
    let one = |m: &HttpRouteMatch| {
        let path = m.path.clone().unwrap_or_default();
        let mut also: Vec<Also> = m.method.iter().cloned().map(Also::Method).collect();
        also.extend(m.headers.iter().map(|h| Also::Header(field(h))));
        also.extend(m.query_params.iter().map(|q| Also::Query(field(q))));
        RouteMatch {
            host: String::new(),
            path: path.value.unwrap_or_else(|| "/".into()),
            path_type: match path.kind.as_deref() {
                None | Some("PathPrefix") => "Prefix".into(),
                Some(other) => other.into(),
            },
            also,
        }
    };
    if rule.matches.is_empty() { vec![one(&HttpRouteMatch::default())] } else { rule.matches.iter().map(one).collect() }
}
