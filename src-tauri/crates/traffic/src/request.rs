//! A request, and which of the routes answers it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::{Also, Field, Object, ObjectId, ObjectSet, Route, Sentence, sentence};
use regex::Regex;
use url::Url;

use crate::controllers::{self, Controller};
use crate::{Attachment, Door, Entrance, Router, rule};

/// A request as a client sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method: `GET`.
    pub method: String,
    /// Host without port, in lower case.
    pub host: String,
    /// Path, `/` at least; percent-encoded as it was typed.
    pub path: String,
    /// Query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// From a method, a URL (`http://` may be left out; the port decides nothing) and headers as `Name: value`. A header `Host`
    /// stands for the URL's host, as with curl. Errors say what cannot be meant.
    pub fn new(method: &str, url: &str, headers: &[String]) -> Result<Self, Sentence> {
        let token = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
        if !token(method) {
            return Err(sentence!("{method} is no HTTP method", method));
        }
        let whole = if url.contains("://") { url.to_string() } else { format!("http://{url}") };
        let parsed = Url::parse(&whole).map_err(|e| sentence!("{url} is no URL: {why}", url; why = Sentence::quoted(e)))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(sentence!("{url}: only http and https are routed by what a request says", url));
        }
        let split = |h: &String| match h.split_once(':') {
            Some((name, value)) if token(name.trim()) => Ok((name.trim().to_lowercase(), value.trim().to_string())),
            _ => Err(sentence!("{header} is no header: write Name: value", header = h)),
        };
        let headers = headers.iter().map(split).collect::<Result<Vec<_>, _>>()?;
        let of_url = parsed.host_str().unwrap_or_default();
        let host = headers.iter().find(|(name, _)| name == "host").map_or(of_url, |(_, value)| without_port(value));
        Ok(Self {
            method: method.to_uppercase(),
            host: host.trim_end_matches('.').to_lowercase(),
            path: parsed.path().to_string(),
            query: parsed.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect(),
            headers,
        })
    }

    /// Values of a header. Several of one name are one, with commas (RFC 9110, 5.3), but for those who look at each.
    pub(crate) fn header(&self, name: &str, each: bool) -> Vec<String> {
        let values: Vec<&str> = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect();
        if each || values.is_empty() { values.into_iter().map(str::to_string).collect() } else { vec![values.join(",")] }
    }

    /// Values of a query parameter: the first one (Gateway API: HTTPQueryParamMatch.name), but for those who look at each.
    pub(crate) fn query(&self, name: &str, each: bool) -> Vec<String> {
        let values = self.query.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone());
        values.take(if each { usize::MAX } else { 1 }).collect()
    }

    /// Value of a cookie: the first one of the name (RFC 6265, 5.4).
    fn cookie(&self, name: &str) -> Option<String> {
        let pairs = self.headers.iter().filter(|(n, _)| n == "cookie").flat_map(|(_, v)| v.split(';'));
        pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value.to_string())
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a route takes a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It does.
    Takes,
    /// It depends on the controller, and on what.
    Perhaps(Sentence),
    /// It does not: another host.
    OtherHost,
    /// It does not, and why.
    Not(Sentence),
}

impl Verdict {
    /// Both must hold; the first that does not is what is said.
    pub(crate) fn and(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Verdict::Takes => next(),
            Verdict::Perhaps(why) => match next() {
                no @ (Verdict::Not(_) | Verdict::OtherHost) => no,
                _ => Verdict::Perhaps(why),
            },
            no => no,
        }
    }
}

/// How a controller matches, where the API leaves that open or the controller does not keep to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Whether a pattern need only match a part; `None` = not known.
    pub patterns_in_part: Option<bool>,
    /// A prefix is compared by characters: `/foo` takes `/foobar`.
    pub prefix_by_characters: bool,
    /// A path that is the controller's own (ImplementationSpecific) is a prefix.
    pub specific_is_prefix: bool,
    /// Of several values of a header or a query parameter each one counts.
    pub each_value: bool,
}

/// What holds of every router: host, path, and the further conditions. `host` tells whether a declared host takes that of the
/// request: routers differ in their wildcards.
pub(crate) fn takes(route: &Route, request: &Request, manner: Manner, host: fn(&str, &str) -> bool) -> Verdict {
    let m = &route.matches;
    if !host(&m.host.to_lowercase(), &request.host) {
        return Verdict::OtherHost;
    }
    let path = path(&m.path_type, &m.path, &request.path, manner);
    m.also.iter().fold(path, |so_far, also| so_far.and(|| holds(also, request, manner)))
}

fn path(kind: &str, declared: &str, asked: &str, manner: Manner) -> Verdict {
    let said = kind.to_lowercase();
    let no = || Verdict::Not(sentence!("takes only path {path} ({kind})", path = declared, kind = said));
    let below = |prefix| if manner.prefix_by_characters { asked.starts_with(prefix) } else { below(prefix, asked) };
    match kind {
        "Exact" if declared == asked => Verdict::Takes,
        "Prefix" | "Default" if below(declared) => Verdict::Takes,
        "Exact" | "Prefix" | "Default" => no(),
        "RegularExpression" => matches(declared, asked, manner, no),
        // ImplementationSpecific, and what only one controller knows: most take it as a prefix.
        _ if below(declared) => Verdict::Takes,
        _ if manner.specific_is_prefix => no(),
        _ if declared.contains(['*', '(', '[', '.', '^', '$']) || asked.starts_with(declared) => {
            Verdict::Perhaps(sentence!("path {path} ({kind}): what it matches is the controller's own", path = declared, kind = said))
        }
        _ => no(),
    }
}

/// Whether a path lies below a prefix, by whole elements: `/foo` takes `/foo` and `/foo/bar`, not `/foobar` (Gateway API:
/// PathMatchPathPrefix; Ingress: pathType Prefix).
fn below(prefix: &str, path: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a pattern matches. How much of the text it has to match, and in which dialect it is written, is the controller's own.
fn matches(pattern: &str, text: &str, manner: Manner, no: impl FnOnce() -> Verdict) -> Verdict {
    let Ok(any) = Regex::new(pattern) else {
        return Verdict::Perhaps(sentence!("{pattern} is a pattern that is not understood here", pattern));
    };
    let whole = Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|r| r.is_match(text));
    match (whole, any.is_match(text), manner.patterns_in_part) {
        (true, ..) | (_, true, Some(true)) => Verdict::Takes,
        (_, true, None) => {
            Verdict::Perhaps(sentence!("{pattern} matches only a part: controllers differ in whether that is enough", pattern))
        }
        _ => no(),
    }
}

fn holds(also: &Also, request: &Request, manner: Manner) -> Verdict {
    let no = || Verdict::Not(sentence!("takes only {condition}", condition = also));
    let (field, values) = match also {
        Also::Method(method) => return if *method == request.method { Verdict::Takes } else { no() },
        Also::Rule(rule) => return rule::holds(rule, request),
        Also::Header(field) => (field, request.header(&field.name, manner.each_value)),
        Also::OtherHeader(field) | Also::NoHeader(field) => return is_other(also, field, request, manner),
        Also::Query(field) => (field, request.query(&field.name, manner.each_value)),
        Also::Cookie(field) => (field, request.cookie(&field.name).into_iter().collect()),
    };
    if !field.pattern {
        return if values.contains(&field.value) { Verdict::Takes } else { no() };
    }
    let verdicts = values.iter().map(|value| matches(&field.value, value, manner, no));
    verdicts.min_by_key(|v| u8::from(*v != Verdict::Takes) + u8::from(matches!(v, Verdict::Not(_)))).unwrap_or_else(no)
}

/// What must not be, where it is there at all.
fn is_other(also: &Also, field: &Field, request: &Request, manner: Manner) -> Verdict {
    let no = || Verdict::Not(sentence!("takes only {condition}", condition = also));
    if request.header(&field.name, true).is_empty() {
        return if matches!(also, Also::NoHeader(_)) { Verdict::Takes } else { no() };
    }
    match holds(&Also::Header(field.clone()), request, manner) {
        Verdict::Takes => no(),
        Verdict::Not(_) | Verdict::OtherHost => Verdict::Takes,
        perhaps => perhaps,
    }
}

/// How precise a route is: what is greater is asked first. Filled by a router in the order of its own rules.
pub type Precedence = [u32; 7];

/// Numbers that precedence is made of.
pub(crate) struct Precise {
    /// Characters of a host that is no wildcard.
    pub exact_host: u32,
    /// Characters of the host.
    pub host: u32,
    /// Exact path.
    pub exact_path: bool,
    /// Path is a pattern.
    pub pattern: bool,
    /// Characters of the path.
    pub path: u32,
    /// Names a method.
    pub method: bool,
    /// Headers that are looked at.
    pub headers: u32,
    /// Query parameters that must match.
    pub queries: u32,
    /// Cookies that must match.
    pub cookies: u32,
}

impl Precise {
    pub fn of(route: &Route) -> Self {
        let m = &route.matches;
        let count = |is: fn(&Also) -> bool| m.also.iter().filter(|a| is(a)).count() as u32;
        let host = m.host.chars().count() as u32;
        Self {
            exact_host: if m.host.starts_with('*') { 0 } else { host },
            host,
            exact_path: m.path_type == "Exact",
            pattern: m.path_type == "RegularExpression",
            path: m.path.chars().count() as u32,
            method: m.also.iter().any(|a| matches!(a, Also::Method(_))),
            headers: count(|a| matches!(a, Also::Header(_) | Also::OtherHeader(_) | Also::NoHeader(_))),
            queries: count(|a| matches!(a, Also::Query(_))),
            cookies: count(|a| matches!(a, Also::Cookie(_))),
        }
    }
}

/// The routes of one door as they stand to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Who chooses among them.
    pub door: Door,
    /// The route that answers; `None` = nobody takes the request there.
    pub answer: Option<Candidate>,
    /// Routes for the same host that do not answer, in the order in which they are asked.
    pub others: Vec<Candidate>,
    /// How many routes are for other hosts alone.
    pub elsewhere: usize,
}

/// A route and why it answers, or does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The route.
    pub route: Route,
    /// Why it does not answer; for the one that does, what that depends on.
    pub why: Option<Sentence>,
}

/// Who answers a request, door by door. Routes of different doors do not compete: which door a request comes to is decided
/// before, by the address that its host's name has.
pub fn passages(request: &Request, all: &ObjectSet, follows: impl Fn(&str) -> bool) -> Vec<Passage> {
    let mut found: BTreeMap<Door, Vec<Asked>> = BTreeMap::new();
    let mut anywhere: Vec<(&'static str, Asked)> = Vec::new();
    for router in crate::routers::ALL {
        for object in all.of(router.declares()).filter(|o| follows(&o.meta().namespace)) {
            let routes = router.routes_of(object, all);
            for (nth, route) in routes.iter().enumerate() {
                for entrance in router.entrances(route, all) {
                    let controller = entrance.controller.as_deref().and_then(controllers::of);
                    let asked = Reading { request, all, router: *router, object, routes: &routes, controller }.asks(nth, &entrance);
                    match controller.map(Controller::name) {
                        None => found.entry(entrance.door).or_default().push(asked),
                        Some(controller) if entrance.ports.is_empty() => anywhere.push((controller, asked)),
                        Some(controller) => entrance.ports.iter().for_each(|port| {
                            let door = Door::Shared { controller, port: Some(*port) };
                            found.entry(door).or_default().push(asked.clone());
                        }),
                    }
                }
            }
        }
    }
    for (name, asked) in anywhere {
        let ports: Vec<Door> =
            found.keys().filter(|d| matches!(d, Door::Shared { controller, port: Some(_) } if *controller == name)).cloned().collect();
        let none = Door::Shared { controller: name, port: None };
        for door in if ports.is_empty() { vec![none] } else { ports } {
            found.entry(door).or_default().push(asked.clone());
        }
    }
    found.into_iter().map(|(door, asked)| passage(door, asked)).collect()
}

/// An object that declares routes, as the one who reads it does.
struct Reading<'a> {
    request: &'a Request,
    all: &'a ObjectSet,
    router: &'static dyn Router,
    object: &'a Object,
    routes: &'a [Route],
    controller: Option<&'static dyn Controller>,
}

impl Reading<'_> {
    fn asks(&self, nth: usize, entrance: &Entrance) -> Asked {
        let route = &self.routes[nth];
        let manner = self.controller.map_or_else(Manner::default, |c| c.manner(route));
        let read = || self.controller.map_or(Verdict::Takes, |c| c.reads(route, self.object, self.all));
        let verdict = self.router.takes(route, self.request, manner).and(|| admitted(&entrance.attachment)).and(read);
        let precedence = self.controller.map_or_else(|| self.router.precedence(route), |c| c.precedence(route, self.routes, self.object));
        let age = self.object.meta().creation_timestamp;
        Asked { order: (Reverse(precedence), age.is_none(), age, route.object.clone(), nth), verdict, route: route.clone() }
    }
}

/// A route, its place in the line and what it says to the request.
#[derive(Clone)]
struct Asked {
    /// Precision first; of equals the oldest object, then by namespace and name, then as declared (Gateway API:
    /// HTTPRouteRule.matches; ingress-nginx, "How it works": the oldest rule wins). One whose age is not known comes last.
    order: (Reverse<Precedence>, bool, Option<jiff::Timestamp>, ObjectId, usize),
    verdict: Verdict,
    route: Route,
}

fn admitted(attachment: &Attachment) -> Verdict {
    match attachment {
        Attachment::Accepted => Verdict::Takes,
        Attachment::Refused(why) => Verdict::Not(sentence!("refused: {why}", why)),
        Attachment::Unsaid => Verdict::Perhaps(sentence!("no controller has accepted it")),
    }
}

fn passage(door: Door, mut asked: Vec<Asked>) -> Passage {
    // The same rule, come in by two Gateways, is one: it is read as soon as one of them reads it.
    asked.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.verdict.cmp(&b.verdict)));
    asked.dedup_by(|b, a| a.order == b.order);
    let mut passage = Passage { door, answer: None, others: Vec::new(), elsewhere: 0 };
    let mut first: Option<Precedence> = None;
    // A controller that counts has one number for a rule, whatever makes it precise.
    let shared = matches!(passage.door, Door::Shared { .. });
    for Asked { order, route, verdict } in asked {
        let (why, takes) = match verdict {
            Verdict::OtherHost => {
                passage.elsewhere += 1;
                continue;
            }
            Verdict::Not(why) => (Some(why), false),
            Verdict::Perhaps(why) => (Some(why), true),
            Verdict::Takes => (None, true),
        };
        let equal = shared && first == Some(order.0.0);
        match &mut passage.answer {
            None if takes => (passage.answer, first) = (Some(Candidate { route, why }), Some(order.0.0)),
            None => passage.others.push(Candidate { route, why }),
            Some(_) if !takes => passage.others.push(Candidate { route, why }),
            // Age and name decide between equals only where the API is kept to.
            Some(winner) if equal => {
                let either = sentence!("another rule has the same priority: either may be asked first");
                winner.why.get_or_insert_with(|| either.clone());
                passage.others.push(Candidate { route, why: Some(either) });
            }
            Some(winner) => {
                let why = match &winner.why {
                    Some(_) => sentence!("takes it if the one that is asked first does not"),
                    None if shared => sentence!("one of a greater priority is asked first"),
                    None if winner.route.matches == route.matches => sentence!("another one that takes the same is asked first"),
                    None => sentence!("a more precise one is asked first"),
                };
                passage.others.push(Candidate { route, why: Some(why) });
            }
        }
    }
    passage
}
