//! projectcontour.io/v1 HTTPProxy.
//!
//! A root (`spec.virtualhost`) is the entry. What it includes is routed by the included objects, under the conditions of all includes
//! on the way: such a route is declared by the object that has it, and comes in at the root. One that no root includes has no routes.
//! An include of what is missing leads there, to be shown as missing; Contour answers 502. (Documentation of Contour 1.33:
//! "Request Routing", "HTTPProxy Inclusion", "Status Reporting"; its sources: `internal/dag/httpproxy_processor.go`,
//! `internal/dag/conditions.go`, `internal/sorter/sorter.go`, `internal/envoy/v3/route.go`.)
//!
//! Not told apart: a request for a host that has a root of its own is not taken by a root for `*` beside it, even if no route of its
//! own takes it. Of routes that are equally precise Contour asks first by the names and values of their headers; here by age.

use std::collections::BTreeSet;

use model::kinds::http_proxy::{HeaderCondition, HttpProxy as Slim, Include, MatchCondition, ProxyRoute, QueryCondition, SubCondition};
use model::kinds::service::Service;
use model::{Also, Backend, Field, Kind, Object, ObjectId, ObjectSet, Route, RouteMatch, Split, Weight};

use super::ingress::covers;
use crate::request::{Precise, takes};
use crate::{Attachment, Door, Entrance, Manner, Precedence, Request, Router, Status, Verdict, concrete, url};

/// In this order (`internal/annotation`, IngressClass), before the field.
const CLASS_ANNOTATIONS: [&str; 2] = ["projectcontour.io/ingress.class", "kubernetes.io/ingress.class"];
/// The class that Contour reads unless it is told another; with it what has none.
const CLASS: &str = "contour";
/// How many objects are looked at to find the roots of one: whoever writes includes is not to be trusted with the time.
const MOST: usize = 256;

/// HTTPProxy.
pub struct HttpProxy;

impl Router for HttpProxy {
    fn name(&self) -> &'static str {
        "http_proxy"
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::HTTPProxy]
    }

    fn declares(&self) -> Kind {
        Kind::HTTPProxy
    }

    fn routes_of(&self, object: &Object, all: &ObjectSet) -> Vec<Route> {
        let Object::HTTPProxy(proxy) = object else { return Vec::new() };
        let mut found: Vec<Route> = Vec::new();
        for way in ways(proxy, all) {
            let includes = proxy.spec.includes.iter().enumerate().filter_map(|(i, _)| way.dangling(i, all));
            let routes = proxy.spec.routes.iter().enumerate().map(|(i, r)| way.route(i, r, all));
            for route in includes.chain(routes) {
                // Of those that take the very same the last one counts (`VirtualHost.AddRoute`).
                found.retain(|r| r.matches != route.matches);
                found.push(route);
            }
        }
        found
    }

    /// Contour serves what is right of an object that is not ("Status Reporting"): an include or a Service that is missing is no
    /// refusal of the rest. All else that is wrong with one leaves out its routes and those that it includes.
    fn status(&self, route: &Route, all: &ObjectSet) -> Status {
        let Some(proxy) = all.http_proxy(&route.object.namespace, &route.object.name) else { return Status::default() };
        let said = |entry: &ObjectId| {
            let on_way = ways(proxy, all).into_iter().filter(|w| id(w.root()) == *entry);
            let verdicts: Vec<Attachment> = on_way.map(|w| attachment(&w.chain)).collect();
            let accepted = verdicts.iter().find(|v| **v == Attachment::Accepted).or(verdicts.first());
            accepted.cloned().unwrap_or(Attachment::Unsaid)
        };
        Status { attachments: route.entries.iter().map(|e| (e.clone(), said(e))).collect(), foreign_refused: None }
    }

    /// Every root of a class is read by one Contour, and so are the Ingresses of that class.
    fn entrances(&self, route: &Route, all: &ObjectSet) -> Vec<Entrance> {
        let entrance = |(entry, attachment): (ObjectId, Attachment)| {
            let root = all.http_proxy(&entry.namespace, &entry.name);
            let door = Door::Of(ObjectId::new(Kind::IngressClass, "", root.map_or(CLASS, |r| class(r))));
            Entrance { door, controller: None, ports: Vec::new(), attachment }
        };
        self.status(route, all).attachments.into_iter().map(entrance).collect()
    }

    /// As Envoy does it for Contour, who alone reads the kind: a prefix by characters, a pattern of the whole path.
    fn takes(&self, route: &Route, request: &Request, _manner: Manner) -> Verdict {
        let manner = Manner { prefix_by_characters: true, patterns_in_part: Some(false), ..Manner::default() };
        takes(route, request, manner, covers)
    }

    /// `routeSorter`: an exact path, a pattern, a prefix; the longer one; a method; more headers, more query parameters. What a proxy
    /// routes itself counts before what it includes. The first three are those of an Ingress, which may be of the same class.
    fn precedence(&self, route: &Route) -> Precedence {
        let p = Precise::of(route);
        let kind = u32::from(p.exact_path) * 2 + u32::from(p.pattern);
        let path = kind * 1_000_000 + (route.matches.path.len() as u32).min(999_999);
        let pseudo = route.matches.also.iter().filter(|a| matches!(a, Also::Rule(_))).count() as u32;
        let own = u32::from(route.entries.contains(&route.object));
        [1, p.exact_host, p.host, path, u32::from(p.method) * 1000 + p.headers + pseudo, p.queries, own]
    }

    /// On the ports that Contour has by default: the kind names none.
    fn url(&self, route: &Route, all: &ObjectSet) -> Option<String> {
        let root = route.entries.first().and_then(|e| all.http_proxy(&e.namespace, &e.name))?;
        let tls = root.spec.virtualhost.as_ref().is_some_and(|host| host.tls.is_some());
        concrete(route).then(|| if tls { url("https", 443, route) } else { url("http", 80, route) })
    }

    fn reaches(&self, object: &Object, all: &ObjectSet) -> BTreeSet<String> {
        let Object::HTTPProxy(proxy) = object else { return BTreeSet::new() };
        let (mut seen, mut next) = (BTreeSet::from([id(proxy)]), vec![&**proxy]);
        while let Some(proxy) = next.pop() {
            for to in proxy.spec.includes.iter().map(|i| target(proxy, i)) {
                next.extend(all.http_proxy(&to.namespace, &to.name).filter(|_| !seen.contains(&to)));
                seen.insert(to);
            }
        }
        seen.into_iter().map(|id| id.namespace).collect()
    }
}

/// Whether no root includes it, as far as is seen: its routes count nowhere.
pub fn orphaned(proxy: &Slim, all: &ObjectSet) -> bool {
    proxy.spec.virtualhost.is_none() && ways(proxy, all).is_empty()
}

/// Why Contour refuses something of it, in its words.
pub fn refused(proxy: &Slim) -> Option<String> {
    errors(proxy, |_| true)
}

/// How requests come to an object: from the root, by includes.
struct Way<'a> {
    /// The objects, root first.
    chain: Vec<&'a Slim>,
    /// Conditions of the includes, in this order.
    conditions: Vec<&'a MatchCondition>,
}

impl<'a> Way<'a> {
    fn root(&self) -> &'a Slim {
        self.chain[0]
    }

    fn end(&self) -> &'a Slim {
        self.chain[self.chain.len() - 1]
    }

    fn route(&self, nth: usize, declared: &ProxyRoute, all: &ObjectSet) -> Route {
        let conditions: Vec<&MatchCondition> = self.conditions.iter().copied().chain(&declared.conditions).collect();
        let (split, mirrors) = split(self.end(), declared, all);
        self.made(format!("/spec/routes/{nth}"), &conditions, split, mirrors)
    }

    /// The route that Contour makes of an include that it cannot follow (`addStatusBadGatewayRoute`): by the conditions of the include
    /// alone, and none where it has no condition. Another root is there, and is not included.
    fn dangling(&self, nth: usize, all: &ObjectSet) -> Option<Route> {
        let include = &self.end().spec.includes[nth];
        let object = target(self.end(), include);
        let found = all.http_proxy(&object.namespace, &object.name);
        let followed = found.is_some_and(|p| p.spec.virtualhost.is_none());
        if followed || include.conditions.is_empty() || !counts(self.end(), nth) {
            return None;
        }
        let missing = found.is_none().then_some(Backend { object, port: None, weight: Weight(1) });
        let split = Split { backends: missing.into_iter().collect(), elsewhere: 0 };
        Some(self.made(format!("/spec/includes/{nth}"), &include.conditions.iter().collect::<Vec<_>>(), split, Vec::new()))
    }

    fn made(&self, pointer: String, conditions: &[&MatchCondition], split: Split, mirrors: Vec<Backend>) -> Route {
        let host = self.root().spec.virtualhost.as_ref().map(|h| h.fqdn.clone()).unwrap_or_default();
        let matches = RouteMatch { host, ..merged(conditions) };
        Route { router: "http_proxy", object: id(self.end()), entries: vec![id(self.root())], matches, pointer, split, mirrors }
    }
}

/// The ways to an object; none where no root includes it. What leads back to itself is followed no further.
fn ways<'a>(proxy: &'a Slim, all: &'a ObjectSet) -> Vec<Way<'a>> {
    let mut found = Vec::new();
    climb(proxy, all, &mut Vec::new(), &mut Vec::new(), &mut MOST.clone(), &mut found);
    found
}

/// `below` and `conditions`: the objects and the conditions from here down, the last one first.
fn climb<'a>(
    at: &'a Slim,
    all: &'a ObjectSet,
    below: &mut Vec<&'a Slim>,
    conditions: &mut Vec<&'a [MatchCondition]>,
    left: &mut usize,
    found: &mut Vec<Way<'a>>,
) {
    if *left == 0 || below.iter().any(|b| id(b) == id(at)) {
        return;
    }
    *left -= 1;
    below.push(at);
    match &at.spec.virtualhost {
        // Without a host it is invalid; one that forwards connections routes nothing.
        Some(host) if host.fqdn.is_empty() || at.spec.tcpproxy.is_some() => {}
        Some(_) => found.push(Way {
            chain: below.iter().rev().copied().collect(),
            conditions: conditions.iter().rev().flat_map(|of_include| of_include.iter()).collect(),
        }),
        None => {
            let object = &at.metadata;
            for by in all.of(Kind::HTTPProxy) {
                let Object::HTTPProxy(by) = by else { continue };
                let own = &by.metadata.namespace;
                let here = |i: &Include| i.name == object.name && i.namespace(own) == object.namespace;
                for (nth, include) in by.spec.includes.iter().enumerate().filter(|(_, i)| here(i)) {
                    if counts(by, nth) {
                        conditions.push(&include.conditions);
                        climb(by, all, below, conditions, left, found);
                        conditions.pop();
                    }
                }
            }
        }
    }
    below.pop();
}

/// Whether Contour follows an include: by one prefix at most, and not under the conditions of one before it (`computeRoutes`; all
/// requests may be included several times).
fn counts(proxy: &Slim, nth: usize) -> bool {
    let is_fit = |i: &Include| {
        let path = |c: &MatchCondition| c.exact.is_empty() && c.regex.is_empty() && (c.prefix.is_empty() || c.prefix.starts_with('/'));
        i.conditions.iter().filter(|c| !c.prefix.is_empty()).count() <= 1 && i.conditions.iter().all(path)
    };
    fn prefix(i: &Include) -> &str {
        i.conditions.iter().map(|c| c.prefix.as_str()).find(|p| !p.is_empty()).unwrap_or("/")
    }
    let of = |i: &Include| {
        let mut matches = merged(&i.conditions.iter().collect::<Vec<_>>());
        matches.also.sort();
        matches
    };
    let (before, rest) = proxy.spec.includes.split_at(nth);
    let own = of(&rest[0]);
    let everything = own.path == "/" && own.also.is_empty();
    // Of many includes few have this prefix: the others are not worth the merging.
    let alike = |i: &&Include| prefix(i) == prefix(&rest[0]);
    is_fit(&rest[0]) && (everything || !before.iter().filter(alike).any(|i| of(i) == own && is_fit(i)))
}

fn id(proxy: &Slim) -> ObjectId {
    ObjectId::new(Kind::HTTPProxy, &proxy.metadata.namespace, &proxy.metadata.name)
}

fn target(by: &Slim, include: &Include) -> ObjectId {
    ObjectId::new(Kind::HTTPProxy, include.namespace(&by.metadata.namespace), &include.name)
}

fn class(root: &Slim) -> &str {
    let annotated = CLASS_ANNOTATIONS.iter().find_map(|a| root.metadata.annotations.get(*a)).map(String::as_str);
    annotated.or(root.spec.ingress_class_name.as_deref()).filter(|c| !c.is_empty()).unwrap_or(CLASS)
}

/// What Contour says of the objects on a way.
fn attachment(chain: &[&Slim]) -> Attachment {
    let partly = |e: &SubCondition| e.kind == "IncludeError" || (e.kind == "ServiceError" && e.reason == "ServiceUnresolvedReference");
    match chain.iter().find_map(|p| errors(p, |e| !partly(e))) {
        Some(why) => Attachment::Refused(why),
        None if chain.iter().all(|p| is_read(p)) => Attachment::Accepted,
        None => Attachment::Unsaid,
    }
}

fn is_read(proxy: &Slim) -> bool {
    proxy.status.valid().is_some() || matches!(proxy.status.current_status.as_str(), "valid" | "invalid" | "orphaned")
}

/// The first of its errors that is asked for. Before 1.10 Contour had one text for all.
fn errors(proxy: &Slim, which: impl Fn(&SubCondition) -> bool) -> Option<String> {
    let said = |reason: &str, message: &str| format!("{reason}: {message}");
    match proxy.status.valid() {
        Some(valid) if valid.status != "False" => None,
        Some(valid) if valid.errors.is_empty() => Some(said(&valid.reason, &valid.message)),
        Some(valid) => valid.errors.iter().find(|e| which(e)).map(|e| said(&e.reason, &e.message)),
        None => matches!(proxy.status.current_status.as_str(), "invalid" | "orphaned").then(|| proxy.status.description.clone()),
    }
}

/// `mergePathMatchConditions`: paths one after the other, a pattern as soon as one of them is; else the last condition says whether it is
/// the whole path, even if it is of a header.
fn merged(conditions: &[&MatchCondition]) -> RouteMatch {
    let pattern = conditions.iter().any(|c| !c.regex.is_empty());
    let mut path = String::new();
    for c in conditions {
        match (c.prefix.is_empty(), c.exact.is_empty(), c.regex.is_empty()) {
            (false, ..) if pattern => path += &regex::escape(c.prefix.trim_end_matches('/')),
            (false, ..) => path += &c.prefix,
            (_, false, _) => path += &c.exact,
            (.., false) if path.is_empty() => path += &c.regex,
            (.., false) => path += &format!("(?:{})", c.regex),
            _ => {}
        }
    }
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let whole = conditions.last().is_some_and(|c| c.prefix.is_empty() && !c.exact.is_empty());
    let path_type = match () {
        () if path.is_empty() => "Prefix",
        () if pattern => "RegularExpression",
        () if whole => "Exact",
        () => "Prefix",
    };
    if path.is_empty() {
        path.push('/');
    }
    let headers = conditions.iter().filter_map(|c| of_header(c.header.as_ref()?));
    let queries = conditions.iter().filter_map(|c| of_query(c.query_parameter.as_ref()?));
    RouteMatch { host: String::new(), path, path_type: path_type.into(), also: headers.chain(queries).collect() }
}

/// Text that a value must be, or have in the place of `{}`, as a [`Field`].
fn field(name: &str, text: &str, around: &str, ignore_case: bool) -> Field {
    if around == "{}" && !ignore_case {
        return Field { name: name.into(), value: text.into(), pattern: false };
    }
    let value = format!("{}{}", if ignore_case { "(?i)" } else { "" }, around.replace("{}", &regex::escape(text)));
    Field { name: name.into(), value, pattern: true }
}

/// `headerMatchConditions`. Where a header that is not so must be there nevertheless: Envoy, HeaderMatcher.invert_match. What the
/// request is asked for by a name that is no header's is not known here, but for the method.
fn of_header(h: &HeaderCondition) -> Option<Also> {
    let pattern = |value: &str| Field { name: h.name.clone(), value: value.into(), pattern: true };
    let not = |f: Field| if h.treat_missing_as_empty { Also::NoHeader(f) } else { Also::OtherHeader(f) };
    let of = |text: &str, around: &str| field(&h.name, text, around, h.ignore_case);
    let also = match () {
        () if h.present => Also::Header(Field::any(&h.name)),
        () if h.notpresent => Also::NoHeader(Field::any(&h.name)),
        () if !h.contains.is_empty() => Also::Header(of(&h.contains, ".*{}.*")),
        () if !h.notcontains.is_empty() => not(of(&h.notcontains, ".*{}.*")),
        () if h.name == ":method" && !h.exact.is_empty() && !h.ignore_case => return Some(Also::Method(h.exact.clone())),
        () if !h.exact.is_empty() => Also::Header(of(&h.exact, "{}")),
        () if !h.notexact.is_empty() => not(of(&h.notexact, "{}")),
        () if !h.regex.is_empty() => Also::Header(pattern(&h.regex)),
        () => return None,
    };
    let known = !h.name.starts_with(':') && !h.name.eq_ignore_ascii_case("host");
    Some(if known { also } else { Also::Rule(also.to_string()) })
}

/// `queryParameterMatchConditions`.
fn of_query(q: &QueryCondition) -> Option<Also> {
    let of = |text: &str, around: &str| field(&q.name, text, around, q.ignore_case);
    let found = match () {
        () if !q.exact.is_empty() => of(&q.exact, "{}"),
        () if !q.prefix.is_empty() => of(&q.prefix, "{}.*"),
        () if !q.suffix.is_empty() => of(&q.suffix, ".*{}"),
        () if !q.regex.is_empty() => Field { name: q.name.clone(), value: q.regex.clone(), pattern: true },
        () if !q.contains.is_empty() => of(&q.contains, ".*{}.*"),
        () if q.present => Field::any(&q.name),
        () => return None,
    };
    Some(Also::Query(found))
}

/// Shares by weight, equal ones where nobody has any (`weightedClusters`); a Service that Contour cannot resolve gets none, and the
/// others take its part.
fn split(proxy: &Slim, declared: &ProxyRoute, all: &ObjectSet) -> (Split, Vec<Backend>) {
    let namespace = proxy.metadata.namespace.as_str();
    let unresolved = proxy.status.valid().is_some_and(|v| v.errors.iter().any(|e| e.reason == "ServiceUnresolvedReference"));
    let has = |s: &Service, port: u16| s.spec.ports.iter().any(|p| p.port == port);
    let left_out = |name: &str, port| unresolved && !all.service(namespace, name).is_some_and(|s| has(s, port));
    let services: Vec<_> = declared.services.iter().filter(|s| !s.mirror).collect();
    let out: Vec<bool> = services.iter().map(|s| left_out(&s.name, s.port)).collect();
    let nobody = out.iter().all(|o| *o);
    let weighted = services.iter().zip(&out).any(|(s, out)| s.weight > 0 && (nobody || !out));
    let weight = |(weight, out): (u32, bool)| match () {
        () if out && !nobody => 0,
        () if weighted => weight,
        () => 1,
    };
    let backend = |name: &str, port: u16, weight| Backend {
        object: ObjectId::new(Kind::Service, namespace, name),
        port: Some(port.to_string()),
        weight: Weight(weight),
    };
    let backends = services.iter().zip(&out).map(|(s, out)| backend(&s.name, s.port, weight((s.weight, *out)))).collect();
    let mirrors = declared.services.iter().filter(|s| s.mirror).map(|s| backend(&s.name, s.port, 1)).collect();
    (Split { backends, elsewhere: 0 }, mirrors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(conditions: serde_json::Value) -> RouteMatch {
        let conditions: Vec<MatchCondition> = serde_json::from_value(conditions).expect("decodes");
        merged(&conditions.iter().collect::<Vec<_>>())
    }

    #[test]
    fn paths_are_merged_as_contour_does() {
        let check = |conditions, path: &str, kind: &str| {
            let found = of(conditions);
            assert_eq!((found.path.as_str(), found.path_type.as_str()), (path, kind));
        };
        check(serde_json::json!([]), "/", "Prefix");
        check(serde_json::json!([{"prefix": "/api"}, {"prefix": "/v1"}]), "/api/v1", "Prefix");
        check(serde_json::json!([{"prefix": "/api/"}, {"prefix": "/v1"}]), "/api/v1", "Prefix");
        check(serde_json::json!([{"prefix": "/static"}, {"exact": "/main.js"}]), "/static/main.js", "Exact");
        check(serde_json::json!([{"prefix": "/a.b/"}, {"regex": "/.*/main.js"}]), r"/a\.b(?:/.*/main.js)", "RegularExpression");
        check(serde_json::json!([{"regex": "/.*/main.js"}]), "/.*/main.js", "RegularExpression");
        // The last condition decides, whatever it is of.
        check(serde_json::json!([{"exact": "/a"}, {"header": {"name": "x", "present": true}}]), "/a", "Prefix");
        check(serde_json::json!([{"header": {"name": "x", "present": true}}, {"exact": "/a"}]), "/a", "Exact");
    }

    #[test]
    fn headers_are_asked_for_as_envoy_does() {
        let asked = |header: serde_json::Value, headers: &[&str]| {
            let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
            let request = Request::new("GET", "http://a.test/", &headers).expect("can be meant");
            let matches = RouteMatch { host: "a.test".into(), ..of(serde_json::json!([{"header": header}])) };
            let object = ObjectId::new(Kind::HTTPProxy, "shop", "shop");
            let pointer = String::new();
            let route = Route { router: "http_proxy", object, entries: vec![], matches, pointer, split: Split::default(), mirrors: vec![] };
            HttpProxy.takes(&route, &request, Manner::default())
        };
        let takes = |header: serde_json::Value, headers: &[&str]| assert_eq!(asked(header, headers), Verdict::Takes);
        let not = |header: serde_json::Value, headers: &[&str]| assert!(matches!(asked(header, headers), Verdict::Not(_)));
        let header = |what: &str, value: serde_json::Value| serde_json::json!({"name": "X-A", what: value});
        takes(header("present", true.into()), &["x-a: "]);
        not(header("present", true.into()), &[]);
        takes(header("notpresent", true.into()), &[]);
        not(header("notpresent", true.into()), &["x-a: 1"]);
        takes(header("contains", "1.".into()), &["x-a: 01.2"]);
        not(header("contains", "1.".into()), &["x-a: 012"]);
        takes(header("notcontains", "1".into()), &["x-a: 2"]);
        not(header("notcontains", "1".into()), &["x-a: 212"]);
        // What must be other must be there, unless what is missing counts as empty.
        not(header("notcontains", "1".into()), &[]);
        not(header("notexact", "1".into()), &[]);
        takes(header("notexact", "1".into()), &["x-a: 11"]);
        not(header("notexact", "1".into()), &["x-a: 1"]);
        takes(serde_json::json!({"name": "x-a", "notexact": "1", "treatMissingAsEmpty": true}), &[]);
        not(serde_json::json!({"name": "x-a", "notexact": "1", "treatMissingAsEmpty": true}), &["x-a: 1"]);
        takes(serde_json::json!({"name": "x-a", "exact": "One", "ignoreCase": true}), &["x-a: oNE"]);
        not(header("exact", "One".into()), &["x-a: one"]);
        takes(header("regex", "[0-9]+".into()), &["x-a: 12"]);
        not(header("regex", "[0-9]+".into()), &["x-a: 12a"]);
        takes(serde_json::json!({"name": ":method", "exact": "GET"}), &[]);
        not(serde_json::json!({"name": ":method", "exact": "POST"}), &[]);
        assert!(matches!(asked(serde_json::json!({"name": ":authority", "contains": "a"}), &[]), Verdict::Perhaps(_)));
    }

    #[test]
    fn includes_that_lead_in_circles_or_everywhere_end() {
        let proxy = |name: String, includes: Vec<String>| {
            let includes: Vec<_> = includes.iter().map(|i| serde_json::json!({"name": i})).collect();
            let json = serde_json::json!({"metadata": {"namespace": "shop", "name": name}, "spec": {"includes": includes}});
            Kind::HTTPProxy.decode_value(&json).expect("decodes")
        };
        // Each includes both of the next, all the way down, and the last the first.
        let both = |n: usize| vec![format!("a{n}"), format!("b{n}")];
        let rows = (0..30).flat_map(|n| ["a", "b"].map(|side| proxy(format!("{side}{n}"), both((n + 1) % 30))));
        let all: ObjectSet = rows.collect();
        let last = all.http_proxy("shop", "a29").expect("is there");
        assert!(orphaned(last, &all));
        assert_eq!(HttpProxy.reaches(&Object::HTTPProxy(Box::new(last.clone())), &all), BTreeSet::from(["shop".to_string()]));
    }
}
