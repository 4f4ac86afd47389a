//! Requests through fixtures: which rule answers, which versions, and why not the others.
//!
//! `requests.txt` holds one request a line: method, URL, and headers with `|` between them.

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::{cases, golden, objects};
use topology::{RouteShares, Rule, Topology, Trace};
use traffic::{Door, Request};

#[test]
fn requests_are_answered_as_the_goldens_say() {
    for case in cases("traces") {
        let mut text = String::new();
        for (line, traces) in traced(&case) {
            writeln!(text, "{line}").expect("writes");
            traces.iter().for_each(|t| write(&mut text, t));
        }
        golden(&case.join("answers.txt"), &text);
    }
}

#[test]
fn shares_sum_up_to_what_the_weights_give() {
    for case in cases("traces") {
        let answers = traced(&case).into_iter().flat_map(|(_, traces)| traces).filter_map(|t| t.answer);
        for target in answers.flat_map(|a| a.shares.targets) {
            let sum: f64 = target.versions.iter().map(|v| v.share).sum();
            let whole = target.note.is_none();
            assert!(if whole { (sum - target.share).abs() < 1e-9 } else { sum <= target.share }, "{target:?}");
        }
    }
}

#[test]
fn what_cannot_be_meant_is_said() {
    let said = |method: &str, url: &str, header: &str| {
        let headers: Vec<String> = Some(header.to_string()).filter(|h| !h.is_empty()).into_iter().collect();
        Request::new(method, url, &headers).expect_err("refused").text
    };
    assert_eq!(said("GE T", "http://a/", ""), "GE T is no HTTP method");
    assert_eq!(said("GET", "tcp://a/", ""), "tcp://a/: only http and https are routed by what a request says");
    assert_eq!(said("GET", "http://", ""), "http:// is no URL: empty host");
    assert_eq!(said("GET", "http://a/", "X-Canary"), "X-Canary is no header: write Name: value");
}

/// The requests of a case, as they are written, and what answers them.
fn traced(case: &Path) -> Vec<(String, Vec<Trace>)> {
    let topology: Topology = objects(&case.join("objects.yaml")).into_iter().collect();
    let requests = std::fs::read_to_string(case.join("requests.txt")).expect("requests.txt");
    requests.lines().map(|line| (line.to_string(), topology.trace(&request(line)))).collect()
}

fn request(line: &str) -> Request {
    let (method, rest) = line.split_once(' ').expect("a method");
    let (url, headers) = rest.split_once(' ').unwrap_or((rest, ""));
    let headers: Vec<String> = headers.split(" | ").filter(|h| !h.is_empty()).map(str::to_string).collect();
    Request::new(method, url, &headers).unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn write(text: &mut String, trace: &Trace) {
    let door = match &trace.door {
        Door::Of(id) => id.said(),
        Door::Unclassed => "no class".into(),
        Door::Shared { controller, port } => format!("{controller} port {}", port.map_or("-".into(), |p| p.to_string())),
    };
    let mut line = |depth: usize, said: String| writeln!(text, "{}{said}", "  ".repeat(depth)).expect("writes");
    line(1, door);
    match &trace.answer {
        None => line(2, "nobody".into()),
        Some(answer) => {
            line(2, said(&answer.shares.rule));
            answer.perhaps.iter().for_each(|why| line(3, format!("perhaps: {why}")));
            targets(&answer.shares, &mut line);
        }
    }
    for (rule, why) in &trace.others {
        line(2, format!("not {}: {why}", said(rule)));
    }
    if trace.elsewhere > 0 {
        line(2, format!("{} of other hosts", trace.elsewhere));
    }
}

fn said(rule: &Rule) -> String {
    format!("{}: {}", rule.object.said(), rule.takes())
}

fn targets(shares: &RouteShares, line: &mut impl FnMut(usize, String)) {
    for t in &shares.targets {
        line(3, format!("{:.1} % {} port {}", t.share * 100.0, t.service.said(), t.port.as_deref().unwrap_or("-")));
        for v in &t.versions {
            let set = v.set.as_ref().map_or("-", |s| s.name.as_str());
            let version = v.version.as_deref().unwrap_or("-");
            line(4, format!("{:.1} % {} {set} {version} ({} pods)", v.share * 100.0, v.workload.said(), v.pods));
        }
        t.note.iter().for_each(|note| line(4, note.to_string()));
    }
    shares.itself.iter().for_each(|why| line(3, why.to_string()));
    shares.mirrors.iter().for_each(|m| line(3, format!("copies to {}", m.said())));
}
