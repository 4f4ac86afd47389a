//! A route that sends only a part of its requests to the Services of the plan (by weights, or by a canary Ingress beside it): the
//! cutover moves that part alone, and what answers elsewhere goes on answering.

use std::collections::BTreeSet;

use model::{ObjectId, Route};
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// Annotation by which ingress-nginx takes an Ingress for a canary of another one with the same host and path.
const CANARY: &str = "nginx.ingress.kubernetes.io/canary";

/// See the file's head.
#[derive(Debug)]
pub struct SplitRoute;

impl Hazard for SplitRoute {
    fn code(&self) -> &'static str {
        "split-route"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let moved = ctx.moved();
        if moved.is_empty() {
            return vec![];
        }
        let mut all = Vec::new();
        for router in traffic::routers::ALL {
            let kind = router.declares();
            all.extend(ctx.snapshot.unknown(kind).map(|why| unchecked(self, ctx.around.id, kind, why)));
            let routes = router.routes(&ctx.snapshot.objects);
            // A route has many hosts and matches; it is told once.
            let mut parts: BTreeSet<(&ObjectId, String, String)> = BTreeSet::new();
            let mut canaries: BTreeSet<(&ObjectId, &ObjectId)> = BTreeSet::new();
            for route in &routes {
                parts.extend(part(route, &moved).map(|(share, others)| (&route.object, share, others)));
                let beside = routes.iter().filter(|other| same(route, other) && leads(route, &moved) && !leads(other, &moved));
                canaries.extend(beside.filter(|o| is_canary(ctx, o) || is_canary(ctx, route)).map(|o| (&route.object, &o.object)));
            }
            for (id, share, others) in parts {
                let message = match others.as_str() {
                    "" => sentence!(
                        "sends {share} % of its requests to the services of this plan, and the rest to backends that are no services: the cutover moves that part alone",
                        share
                    ),
                    _ => sentence!(
                        "sends {share} % of its requests to the services of this plan, and the rest to {others}: the cutover moves that part alone",
                        share,
                        others
                    ),
                };
                all.push(self.of(id, message));
            }
            for (id, other) in canaries {
                let message = sentence!(
                    "shares its host and path with ingress {other}, one of them a canary: the cutover moves its own part alone",
                    other = other.name
                );
                all.push(self.of(id, message));
            }
        }
        all
    }
}

impl SplitRoute {
    fn of(&self, id: &ObjectId, message: model::Sentence) -> Finding {
        let remedy = sentence!("send all of it to one version first, or make sure that both may go on answering");
        finding(self, Severity::Warn, id, message, remedy)
    }
}

/// Share of the Services that are moved, in percent, and which others get the rest; none where they get all of it, or nothing.
fn part(route: &Route, moved: &[&ObjectId]) -> Option<(String, String)> {
    let live: Vec<(usize, &ObjectId)> =
        route.split.backends.iter().enumerate().filter(|(_, b)| b.weight.0 > 0).map(|(i, b)| (i, &b.object)).collect();
    let (own, others): (Vec<_>, Vec<_>) = live.into_iter().partition(|(_, object)| moved.contains(object));
    if own.is_empty() || (others.is_empty() && route.split.elsewhere == 0) {
        return None;
    }
    let share: f64 = own.iter().map(|(i, _)| route.split.share(*i)).sum();
    let names: Vec<&str> = others.iter().map(|(_, o)| o.name.as_str()).collect();
    Some((format!("{:.0}", share * 100.0), names.join(", ")))
}

fn leads(route: &Route, moved: &[&ObjectId]) -> bool {
    route.split.backends.iter().any(|b| b.weight.0 > 0 && moved.contains(&&b.object))
}

/// Two objects that declare the same way in.
fn same(a: &Route, b: &Route) -> bool {
    a.object != b.object && (&a.matches.host, &a.matches.path) == (&b.matches.host, &b.matches.path)
}

fn is_canary(ctx: &CheckCtx<'_>, route: &Route) -> bool {
    let annotations = ctx.snapshot.raw(&route.object).and_then(|o| o.pointer("/metadata/annotations"));
    annotations.and_then(|a| a.get(CANARY)).and_then(Value::as_str) == Some("true")
}
