//! Who answers a request, as text.

use api::{KindStateView, TraceAnswerView, TraceDoorView, TraceRuleView, TraceTargetView, TraceVersionView, TraceView};
use model::ObjectId;

use crate::map::{percent, unread_lines};
use crate::out::{Ink, ink};

/// `trace` for people: per Gateway and Ingress class the rule that answers, what stands behind it, and the rules that do not.
/// Where only one namespace, or not every kind, was looked at, that is said: a rule that was not read may be the one.
pub fn to_text(v: &TraceView, unread: &[KindStateView]) -> Vec<String> {
    let host = if v.host.is_empty() { "*" } else { &v.host };
    let mut lines = vec![ink(Ink::Strong, &format!("{} {host}{}", v.method, v.path))];
    let concerned = |d: &&TraceDoorView| d.answer.is_some() || !d.others.is_empty();
    v.doors.iter().filter(concerned).for_each(|d| door(d, &mut lines));
    let elsewhere = v.doors.iter().filter(|d| !concerned(d)).count();
    match elsewhere {
        0 => {}
        _ if elsewhere == v.doors.len() => {
            lines.push(format!("  nobody: no rule is for host {host}; the client gets 404, where it gets to"))
        }
        n => lines.push(ink(Ink::Dim, &format!("  {n} more with no rule for host {host}"))),
    }
    if v.doors.is_empty() {
        lines.push("  nobody: there is no route".into());
    }
    if v.doors.iter().any(|d| d.controller.is_none()) {
        lines.push(ink(
            Ink::Dim,
            "In the order that the Gateway API and Ingress define; a controller that is not known here may keep to its own.",
        ));
    }
    if let Some(namespaces) = &v.namespaces {
        lines.push(ink(Ink::Dim, &format!("Looked at the routes of {} alone.", namespaces.join(", "))));
    }
    lines.extend(unread_lines(unread));
    lines
}

fn said(id: &str) -> String {
    id.parse::<ObjectId>().map_or_else(|_| id.to_string(), |id| id.said())
}

fn door(d: &TraceDoorView, lines: &mut Vec<String>) {
    let title = match (&d.controller, d.port, d.door.as_deref()) {
        (Some(controller), Some(port), _) => format!("{controller}, port {port}"),
        (Some(controller), None, _) => controller.clone(),
        (None, _, Some(door)) => said(door),
        (None, ..) => "Ingress without a class".into(),
    };
    lines.push(format!("  {title}"));
    match &d.answer {
        Some(a) => answer(a, lines),
        None => lines.push(format!("    {} nobody: the client gets 404", ink(Ink::Bad, "✕"))),
    }
    for other in &d.others {
        let reason = other.why.as_ref().map_or("", |w| &w.text);
        lines.push(ink(Ink::Dim, &format!("    · {}: {reason}", rule(other))));
    }
}

fn rule(r: &TraceRuleView) -> String {
    format!("{} {}", said(&r.object), r.takes)
}

fn answer(a: &TraceAnswerView, lines: &mut Vec<String>) {
    lines.push(format!("    {} {}", ink(Ink::Good, "→"), rule(&a.rule)));
    lines.extend(a.rule.why.iter().map(|w| format!("      {} perhaps: {}", ink(Ink::Warn, "!"), w.text)));
    a.targets.iter().for_each(|t| target(t, lines));
    lines.extend(a.itself.iter().map(|w| format!("      {} {}", ink(Ink::Warn, "!"), w.text)));
    lines.extend(a.mirrors.iter().map(|m| format!("      copies to {}", said(m))));
}

fn target(t: &TraceTargetView, lines: &mut Vec<String>) {
    let port = t.port.as_ref().map(|p| format!(" port {p}")).unwrap_or_default();
    lines.push(format!("      {:>6} {}{port}", percent(t.share), said(&t.service)));
    lines.extend(t.versions.iter().map(version));
    lines.extend(t.note.iter().map(|n| format!("             {} {}", ink(Ink::Warn, "!"), n.text)));
}

fn version(v: &TraceVersionView) -> String {
    let name = |id: &String| id.parse::<ObjectId>().map_or_else(|_| id.clone(), |id| id.name);
    let tag = ink(Ink::Strong, v.version.as_deref().unwrap_or("version not known"));
    let set = v.set.as_ref().map(|s| format!(", {}", name(s))).unwrap_or_default();
    let pods = if v.pods == 1 { "1 pod".into() } else { format!("{} pods", v.pods) };
    format!("             {:>6} {tag}  {}{set} ({pods})", percent(v.share), said(&v.workload))
}

#[cfg(test)]
mod tests {
    use api::{TraceDoorView, TraceVersionView};

    use super::*;

    fn view(namespaces: Option<Vec<String>>, doors: Vec<TraceDoorView>) -> TraceView {
        TraceView { namespaces, method: "GET".into(), host: "shop.example.com".into(), path: "/cart".into(), doors }
    }

    fn rule(takes: &str, why: Option<&str>) -> TraceRuleView {
        let why = why.map(crate::text::tests::said);
        TraceRuleView { object: "HTTPRoute/shop/web".into(), row: String::new(), pointer: String::new(), takes: takes.into(), why }
    }

    #[test]
    fn who_answers_with_which_probability_and_why_not_the_others() {
        let version = |tag: &str, share, pods| TraceVersionView {
            workload: "Deployment/shop/web".into(),
            set: Some(format!("ReplicaSet/shop/web-{tag}")),
            version: Some(tag.into()),
            lane: None,
            share,
            pods,
        };
        let web = TraceTargetView {
            service: "Service/shop/web".into(),
            port: Some("80".into()),
            share: 0.9,
            versions: vec![version("v1", 0.675, 3), version("v2", 0.225, 1)],
            note: None,
        };
        let takes = rule("shop.example.com/cart", None);
        let answer = TraceAnswerView { rule: takes, targets: vec![web], itself: None, mirrors: vec!["Service/shop/copies".into()] };
        let others = vec![rule("shop.example.com/", Some("a more precise one is asked first"))];
        let silent = TraceDoorView {
            door: Some("IngressClass//nginx".into()),
            controller: None,
            port: None,
            answer: None,
            others: vec![],
            elsewhere: 3,
        };
        let door = TraceDoorView {
            door: Some("Gateway/edge/public".into()),
            controller: None,
            port: None,
            answer: Some(answer),
            others,
            elsewhere: 2,
        };
        let lines = to_text(&view(None, vec![door, silent]), &[]);
        let plain = |l: &String| l.chars().filter(|c| crate::out::width(&c.to_string()) > 0).collect::<String>();
        assert_eq!(
            lines.iter().map(plain).collect::<Vec<_>>().join("\n"),
            "GET shop.example.com/cart
  Gateway edge/public
    → HTTPRoute shop/web shop.example.com/cart
        90 % Service shop/web port 80
             67.5 % v1  Deployment shop/web, web-v1 (3 pods)
             22.5 % v2  Deployment shop/web, web-v2 (1 pod)
      copies to Service shop/copies
    · HTTPRoute shop/web shop.example.com/: a more precise one is asked first
  1 more with no rule for host shop.example.com
In the order that the Gateway API and Ingress define; a controller that is not known here may keep to its own."
        );
    }

    #[test]
    fn where_not_all_was_looked_at_nobody_is_no_answer_yet() {
        let silent = TraceDoorView { door: None, controller: None, port: None, answer: None, others: vec![], elsewhere: 3 };
        let refused =
            KindStateView { kind: "HTTPRoute".into(), state: "forbidden".into(), note: Some(crate::text::tests::said("is forbidden")) };
        let text = to_text(&view(Some(vec!["shop".into()]), vec![silent]), &[refused]).join("\n");
        assert!(text.contains("nobody: no rule is for host shop.example.com"), "{text}");
        assert!(text.contains("routes of shop alone") && text.contains("not read: HTTPRoute: is forbidden"), "{text}");
    }
}
