//! What a trace says against what Traefik does: route sets made at random, requests of many shapes, and who answered.
//!
//! The backends are servers of this process behind EndpointSlices made by hand; each answers with its name. Neither order nor
//! matching is told to the test: it knows the objects as the API server has them, and the answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use acceptance::dice::Dice;
use acceptance::real::{LAB, LONGEST};
use acceptance::until;
use model::{Kind, Object};
use serde_json::{Value, json};
use topology::{Topology, Trace};
use traffic::{Door, Request};

/// Route sets, and requests to each.
const SETS: u64 = 200;
const REQUESTS: u64 = 20;
/// Services with a server behind them; `idle` has one that is not ready, and `gone` does not exist.
const SERVED: [&str; 4] = ["a", "b", "c", "d"];

/// Namespace of its own, with servers that answer with the name of their Service.
struct Ground {
    namespace: String,
    folder: tempfile::TempDir,
    entry: SocketAddr,
}

impl Ground {
    fn new(name: &str) -> Self {
        let namespace = format!("traces-{name}-{}", std::process::id());
        let at = LAB.traefik().expect("the lab has Traefik").trim_start_matches("http://").trim_end_matches('/').to_owned();
        let entry = if at.contains(':') { at } else { format!("{at}:80") }.parse().expect("an address");
        LAB.kubectl(&["create", "namespace", &namespace]).expect("a namespace");
        let ground = Self { namespace, folder: tempfile::tempdir().expect("a folder"), entry };
        let mut objects = vec![json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "traces"},
            "spec": {"gatewayClassName": "traefik", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}})];
        objects.extend([service("idle"), slice("idle", serve("idle"), false)]);
        let shared =
            |name, spec| json!({"apiVersion": "traefik.io/v1alpha1", "kind": "TraefikService", "metadata": {"name": name}, "spec": spec});
        objects.push(shared("half", json!({"weighted": {"services": [to("a"), to("b")]}})));
        objects
            .push(shared("copied", json!({"mirroring": {"name": "c", "port": 80, "mirrors": [{"name": "d", "port": 80, "percent": 50}]}})));
        for name in SERVED {
            objects.extend([service(name), slice(name, serve(name), true)]);
        }
        ground.apply("ground", objects);
        ground
    }

    fn apply(&self, name: &str, mut objects: Vec<Value>) {
        objects.iter_mut().for_each(|o| o["metadata"]["namespace"] = self.namespace.as_str().into());
        let file = self.folder.path().join(format!("{name}.json"));
        std::fs::write(&file, json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).expect("writes");
        LAB.apply(&file).expect("applies");
    }

    /// What the API server has, once Traefik has said of every route whether it takes it and leads to one that was made last.
    fn settled(&self) -> Topology {
        let host = format!("last.{}.test", self.namespace);
        let last = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "last"}, "spec": {
            "ingressClassName": "traefik", "rules": [{"host": host, "http": {"paths": [path("/", "Prefix", "a")]}}]}});
        // Each kind is read by a provider of its own, and a route is spoken of before it is led to.
        let own = format!("last-route.{}.test", self.namespace);
        let route = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "last"}, "spec": {
            "parentRefs": [{"name": "traces"}], "hostnames": [own], "rules": [{"backendRefs": [{"name": "a", "port": 80}]}]}});
        self.apply("last", vec![last, route]);
        until("Traefik leads here", LONGEST, || [&host, &own].into_iter().all(|host| self.asks("GET", host, "/", &[]) == "a"));
        until("every route is spoken of", LONGEST, || {
            let routes = self.get("httproutes");
            routes.iter().all(|r| r["status"]["parents"].as_array().is_some_and(|p| !p.is_empty()))
        });
        let here = ["gateways", "httproutes", "ingresses", "ingressroutes", "traefikservices", "services", "endpointslices"]
            .map(|kind| self.get(kind));
        let classes = ["gatewayclasses", "ingressclasses"].map(|kind| listed(&LAB.kubectl(&["get", kind, "-o", "json"]).expect("lists")));
        here.into_iter().chain(classes).flatten().map(|v| decoded(&v)).collect()
    }

    fn get(&self, kind: &str) -> Vec<Value> {
        listed(&LAB.kubectl(&["-n", &self.namespace, "get", kind, "-o", "json"]).expect("lists"))
    }

    /// Who answers: the name of a Service, or the status where that is not 200.
    fn asks(&self, method: &str, host: &str, target: &str, headers: &[String]) -> String {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect_timeout(&self.entry, Duration::from_secs(5))?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            let more: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
            // Whole, for small pieces wait for one another.
            let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            BufReader::new(stream).read_to_string(&mut answer)?;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
            let status = head.split(' ').nth(1).unwrap_or_default();
            Ok(if status == "200" { body.trim().to_string() } else { status.to_string() })
        };
        ask().unwrap_or_else(|e| format!("no answer: {e}"))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = LAB.kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

fn listed(text: &str) -> Vec<Value> {
    let list: Value = serde_json::from_str(text).expect("is JSON");
    list["items"].as_array().cloned().unwrap_or_default()
}

fn decoded(v: &Value) -> Object {
    v["kind"].as_str().expect("a kind").parse::<Kind>().expect("known").decode_value(v).expect("decodes")
}

fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}})
}

fn slice(name: &str, at: SocketAddr, ready: bool) -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": format!("{name}-1"),
        "labels": {"kubernetes.io/service-name": name}}, "addressType": "IPv4", "ports": [{"name": "", "port": at.port(), "protocol": "TCP"}],
        "endpoints": [{"addresses": [at.ip()], "conditions": {"ready": ready, "serving": ready, "terminating": false}}]})
}

/// A server that answers with a name, on the address that this machine has towards the pods: an endpoint may be no loopback.
fn serve(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::new(towards_pods(), 0)).expect("listens");
    let at = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, name));
        }
    });
    at
}

fn answer(stream: TcpStream, name: &str) -> std::io::Result<()> {
    let mut write = stream.try_clone()?;
    let mut read = BufReader::new(stream);
    loop {
        let mut line = String::new();
        // Requests have no body.
        while line != "\r\n" {
            line.clear();
            if read.read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        write.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len()).as_bytes())?;
    }
}

fn towards_pods() -> IpAddr {
    let pods = listed(&LAB.kubectl(&["get", "pods", "-A", "-o", "json"]).expect("lists"));
    let ip = pods.iter().find_map(|p| p["status"]["podIP"].as_str()).expect("a pod has an address");
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    socket.connect((ip, 9)).expect("a way to the pods");
    socket.local_addr().expect("an address").ip()
}

const PATHS: [&str; 6] = ["/", "/a", "/a/", "/a/b", "/ab", "/a/b/c"];

fn backend(dice: &mut Dice) -> &'static str {
    match dice.below(12) {
        0 => "idle",
        1 => "gone",
        _ => dice.of(&SERVED),
    }
}

fn hosts(dice: &mut Dice, base: &str) -> Vec<String> {
    match dice.below(5) {
        0 => vec![format!("*.{base}")],
        1 => vec![base.to_string(), format!("x.{base}")],
        2 => vec![format!("x.{base}")],
        _ => vec![base.to_string()],
    }
}

fn http_route(dice: &mut Dice, name: &str, base: &str) -> Value {
    let rules: Vec<Value> = (0..=dice.below(3)).map(|_| rule(dice)).collect();
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name},
        "spec": {"parentRefs": [{"name": "traces"}], "hostnames": hosts(dice, base), "rules": rules}})
}

fn rule(dice: &mut Dice) -> Value {
    let one = |dice: &mut Dice| {
        let kind = dice.of(&["Exact", "PathPrefix", "PathPrefix"]);
        let mut found = json!({"path": {"type": kind, "value": dice.of(&PATHS)}});
        if dice.once_in(4) {
            found["method"] = (dice.of(&["GET", "POST"])).into();
        }
        let headers: Vec<Value> = ["X-A", "X-B"].iter().filter(|_| dice.once_in(5)).map(|n| json!({"name": n, "value": "1"})).collect();
        found["headers"] = headers.into();
        if dice.once_in(6) {
            found["queryParams"] = json!([{"name": "v", "value": "1"}]);
        }
        found
    };
    let matches: Vec<Value> = (0..=dice.below(2)).map(|_| one(dice)).collect();
    let refs = match dice.below(5) {
        0 => json!([{"name": dice.of(&SERVED), "port": 80, "weight": 1}, {"name": dice.of(&SERVED), "port": 80, "weight": 0}]),
        _ => json!([{"name": backend(dice), "port": 80}]),
    };
    json!({"matches": matches, "backendRefs": refs})
}

fn ingress(dice: &mut Dice, name: &str, base: &str) -> Value {
    let rules: Vec<Value> = hosts(dice, base)
        .into_iter()
        .map(|host| {
            let paths: BTreeMap<String, Value> = (0..=dice.below(3))
                .map(|_| {
                    let (at, kind) = (dice.of(&PATHS), dice.of(&["Exact", "Prefix", "ImplementationSpecific"]));
                    (format!("{at} {kind}"), path(at, kind, backend(dice)))
                })
                .collect();
            json!({"host": host, "http": {"paths": paths.into_values().collect::<Vec<_>>()}})
        })
        .collect();
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": {"ingressClassName": "traefik", "rules": rules}})
}

fn ingress_route(dice: &mut Dice, name: &str, base: &str) -> Value {
    let routes: Vec<Value> = (0..=dice.below(3))
        .map(|_| {
            let mut route = json!({"kind": "Rule", "match": written(dice, base), "services": services(dice)});
            if dice.once_in(5) {
                route["priority"] = (dice.below(300) + 1).into();
            }
            route
        })
        .collect();
    json!({"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": {"name": name}, "spec": {"entryPoints": ["web"], "routes": routes}})
}

/// A rule in Traefik's language.
fn written(dice: &mut Dice, base: &str) -> String {
    let host = match dice.below(5) {
        0 => format!("HostRegexp(`^[a-z]+\\.{}$`)", base.replace('.', "\\.")),
        1 => format!("(Host(`{base}`) || Host(`x.{base}`))"),
        2 => format!("Host(`x.{base}`)"),
        _ => format!("Host(`{base}`)"),
    };
    let path = |dice: &mut Dice| match dice.below(4) {
        0 => format!("Path(`{}`)", dice.of(&PATHS)),
        1 => "PathRegexp(`^/a/[b-y]`)".to_string(),
        _ => format!("PathPrefix(`{}`)", dice.of(&PATHS)),
    };
    let mut parts = vec![host];
    match dice.below(4) {
        0 => {}
        1 => parts.push(format!("({} || {})", path(dice), path(dice))),
        2 => parts.push(format!("!{}", path(dice))),
        _ => parts.push(path(dice)),
    }
    for more in [
        "Method(`GET`)",
        "!Method(`GET`)",
        "Header(`X-A`, `1`)",
        "!Header(`X-B`, `1`)",
        "HeaderRegexp(`X-A`, `^[2-9]`)",
        "Query(`v`, `1`)",
        "QueryRegexp(`v`, `^[2-9]$`)",
    ] {
        if dice.once_in(8) {
            parts.push(more.to_string());
        }
    }
    parts.join(" && ")
}

fn services(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => json!([to(dice.of(&SERVED)), {"name": dice.of(&SERVED), "port": 80, "weight": 0}]),
        1 => json!([{"name": dice.of(&["half", "copied", "nobody"]), "kind": "TraefikService"}]),
        2 => json!([to("a"), {"name": "half", "kind": "TraefikService", "weight": 2}]),
        3 => json!([to(dice.of(&SERVED)), to(backend(dice))]),
        _ => json!([to(backend(dice))]),
    }
}

fn to(service: &str) -> Value {
    json!({"name": service, "port": 80})
}

fn path(at: &str, kind: &str, service: &str) -> Value {
    json!({"path": at, "pathType": kind, "backend": {"service": {"name": service, "port": {"number": 80}}}})
}

/// A trace, for whoever reads a failure.
fn told(t: &Trace) -> String {
    let rule = |r: &topology::Rule| format!("{} {}: {}", r.object.said(), r.pointer, r.takes());
    let answer = t.answer.as_ref().map(|a| (rule(&a.shares.rule), a.shares.targets.iter().map(|t| &t.service.name).collect::<Vec<_>>()));
    let others: Vec<String> = t.others.iter().map(|(r, why)| format!("  not {}: {why}", rule(r))).collect();
    format!("{:?}: {answer:?}\n{}", t.door, others.join("\n"))
}

/// Who may answer with which probability, as the trace has it: names of Services, or statuses. All that is left open is a failure's.
fn expected(traces: &[Trace]) -> (BTreeMap<String, f64>, String) {
    let said = traces.iter().map(told).collect::<Vec<_>>().join("\n");
    let answer = traces.iter().find(|t| matches!(t.door, Door::Shared { .. })).and_then(|t| t.answer.as_ref());
    let Some(answer) = answer else { return ([("404".to_string(), 1.0)].into(), said) };
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for target in answer.shares.targets.iter().filter(|t| t.share > 0.0) {
        // Of a Service that is missing 500, of one with nothing ready 503.
        let who = match target.service.name.as_str() {
            "gone" => "500",
            "idle" => "503",
            name => name,
        };
        *shares.entry(who.to_string()).or_default() += target.share;
    }
    (shares, said)
}

#[test]
fn a_trace_names_the_one_who_answers_for_any_routes_and_any_request() {
    let ground = Ground::new("any");
    let mut dice = Dice(7);
    let mut objects = vec![];
    for set in 0..SETS {
        let base = format!("s{set}.{}.test", ground.namespace);
        for nth in 0..=dice.below(2) {
            let name = format!("s{set}-{nth}");
            // Each kind alone, or several side by side.
            let kind = if set % 4 < 3 { set % 4 } else { nth };
            objects.push(match kind {
                0 => http_route(&mut dice, &name, &base),
                1 => ingress(&mut dice, &name, &base),
                _ => ingress_route(&mut dice, &name, &base),
            });
        }
    }
    ground.apply("routes", objects);
    let topology = ground.settled();
    let (mut open, mut wrong) = (0, vec![]);
    for set in 0..SETS {
        for _ in 0..REQUESTS {
            let host = format!("{}s{set}.{}.test", dice.of(&["", "", "x.", "y.", "y.x."]), ground.namespace);
            let method = dice.of(&["GET", "GET", "POST"]);
            let target = format!(
                "{}{}",
                dice.of(&["/", "/a", "/a/", "/a/b", "/ab", "/abc", "/a/b/c", "/a/b/c/d", "/z"]),
                dice.of(&["", "", "?v=1", "?v=2"])
            );
            let headers: Vec<String> = ["X-A: 1", "X-B: 1", "x-a: 2"].iter().filter(|_| dice.once_in(3)).map(ToString::to_string).collect();
            let request = Request::new(method, &format!("http://{host}{target}"), &headers).expect("can be meant");
            let traces = topology.trace(&request);
            let either = traces.iter().filter_map(|t| t.answer.as_ref()).any(|a| a.perhaps.is_some());
            let (may, said) = expected(&traces);
            let answered = ground.asks(method, &host, &target, &headers);
            open += u32::from(either);
            if !either && !may.contains_key(&answered) {
                wrong.push(format!("{method} {host}{target} {headers:?}: {answered}, expected {may:?}\n{said}"));
            }
        }
    }
    assert!(open < 400, "{open} of {} are left open", SETS * REQUESTS);
    assert!(
        wrong.is_empty(),
        "{} of {} differ, the first ones:\n{}",
        wrong.len(),
        SETS * REQUESTS,
        wrong[..wrong.len().min(12)].join("\n\n")
    );
}

/// Weights that are missing, 0, uneven, within one another; a part that is lost because its Service is missing, or has nothing ready.
#[test]
fn the_shares_of_a_trace_are_those_that_requests_find() {
    const ASKED: u32 = 2_000;
    let ground = Ground::new("shares");
    let splits = [
        json!([{"name": "a", "port": 80}, {"name": "b", "port": 80}, {"name": "c", "port": 80}]),
        json!([{"name": "a", "port": 80, "weight": 90}, {"name": "b", "port": 80, "weight": 10}, {"name": "c", "port": 80, "weight": 0}]),
        json!([{"name": "a", "port": 80, "weight": 333}, {"name": "b", "port": 80, "weight": 4}, {"name": "d", "port": 80, "weight": 77}]),
        json!([{"name": "a", "port": 80, "weight": 7}, {"name": "gone", "port": 80, "weight": 2}, {"name": "idle", "port": 80, "weight": 1}]),
    ];
    let host = |nth: usize| format!("w{nth}.{}.test", ground.namespace);
    let route = |(nth, split): (usize, &Value)| {
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": format!("w{nth}")},
            "spec": {"parentRefs": [{"name": "traces"}], "hostnames": [host(nth)], "rules": [{"backendRefs": split}]}})
    };
    let nested = json!({"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": {"name": "nested"}, "spec": {"routes": [
        {"kind": "Rule", "match": format!("Host(`{}`)", host(splits.len())), "services": [
            {"name": "c", "port": 80, "weight": 1}, {"name": "half", "kind": "TraefikService", "weight": 3}]}]}});
    ground.apply("routes", splits.iter().enumerate().map(route).chain([nested]).collect());
    let topology = ground.settled();
    for nth in 0..=splits.len() {
        let request = Request::new("GET", &format!("http://{}/", host(nth)), &[]).expect("can be meant");
        let (shares, said) = expected(&topology.trace(&request));
        let mut found: BTreeMap<String, u32> = BTreeMap::new();
        (0..ASKED).for_each(|_| *found.entry(ground.asks("GET", &host(nth), "/", &[])).or_default() += 1);
        let who: Vec<&String> = shares.keys().chain(found.keys()).collect();
        for name in who {
            let (told, is) =
                (shares.get(name).copied().unwrap_or(0.0), f64::from(found.get(name).copied().unwrap_or(0)) / f64::from(ASKED));
            assert!((told - is).abs() <= 0.01, "{name}: {told} told, {is} found; {found:?}\n{said}");
        }
    }
}
