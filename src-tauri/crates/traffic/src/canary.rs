//! Canaries of ingress-nginx: an Ingress that, marked by annotations, takes requests off another one of the same host, path and path
//! type. It is no way in of its own. (ingress-nginx, "Annotations", Canary; `mergeAlternativeBackends` in `controller.go` and
//! `route_to_alternative_balancer` in `balancer.lua`.) Others read these annotations too; who is known not to is in [`IGNORANT`].

use model::kinds::ingress::{Ingress, IngressPath, IngressRule};
use model::{Also, Field, Object, ObjectSet, Sentence, Weight, sentence};

use crate::routers::ingress::class;

const PREFIX: &str = "nginx.ingress.kubernetes.io/canary";

/// Controllers that know no canaries by annotation, by the domain that `IngressClass.spec.controller` begins with, and their name for
/// people: they take such an Ingress for any other.
const IGNORANT: [(&str, &str); 8] = [
    ("traefik.io", "Traefik"),
    ("nginx.org", "NGINX Ingress Controller"),
    ("haproxy.org", "HAProxy Kubernetes Ingress Controller"),
    ("haproxy-ingress.github.io", "HAProxy Ingress"),
    ("ingress.k8s.aws", "AWS Load Balancer Controller"),
    ("projectcontour.io", "Contour"),
    ("ingress-controllers.konghq.com", "Kong"),
    ("istio.io", "Istio"),
];

/// What a canary takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Canary {
    /// Conditions in the order in which they are asked, and whether what meets them goes to the canary, or surely not.
    pub conditions: Vec<(Also, bool)>,
    /// Weight of the canary among what meets none; `None` = no weight is declared.
    pub weight: Option<Weight>,
    /// Weight of both together.
    pub total: u32,
}

/// The canary that an Ingress is; `None` for any other, and where its controller is known to make nothing of the mark.
pub(crate) fn of(ingress: &Ingress, all: &ObjectSet) -> Option<Canary> {
    if !is_marked(ingress) || ignorant(ingress, all).is_some() {
        return None;
    }
    let said = |what: &str| ingress.metadata.annotations.get(&format!("{PREFIX}-{what}")).map(String::as_str).filter(|v| !v.is_empty());
    let field = |name: &str, value: &str, pattern| Field { name: name.into(), value: value.into(), pattern };
    let weight = said("weight").and_then(|w| w.trim().parse().ok());
    let mut conditions = Vec::new();
    if let Some(header) = said("by-header") {
        match (said("by-header-value"), said("by-header-pattern")) {
            (Some(value), _) => conditions.push((Also::Header(field(header, value, false)), true)),
            (None, Some(pattern)) => conditions.push((Also::Header(field(header, pattern, true)), true)),
            (None, None) => {
                conditions.extend([("always", true), ("never", false)].map(|(v, to)| (Also::Header(field(header, v, false)), to)))
            }
        }
    }
    if let Some(cookie) = said("by-cookie") {
        conditions.extend([("always", true), ("never", false)].map(|(v, to)| (Also::Cookie(field(cookie, v, false)), to)));
    }
    // Who is sent to the other one anyhow needs no rule that says so.
    while weight.unwrap_or(0) == 0 && conditions.last().is_some_and(|(_, to)| !to) {
        conditions.pop();
    }
    // `weightTotal` counts only above 100.
    let total = said("weight-total").and_then(|t| t.trim().parse().ok()).unwrap_or(100).max(100);
    Some(Canary { conditions, weight: weight.map(|w: u32| Weight(w.min(total))), total })
}

/// A path of an Ingress.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub ingress: &'a Ingress,
    pub rule: &'a IngressRule,
    pub path: &'a IngressPath,
}

impl<'a> At<'a> {
    fn all(ingress: &'a Ingress) -> impl Iterator<Item = At<'a>> {
        let of_rule = move |rule: &'a IngressRule| rule.http.iter().flat_map(|h| &h.paths).map(move |path| At { ingress, rule, path });
        ingress.spec.rules.iter().flat_map(of_rule)
    }

    /// Whether one is merged into the other: the same place, another backend. In one namespace, where every tool makes them.
    fn meets(&self, other: &At<'_>) -> bool {
        let (own, others) = (&self.path.backend.service, &other.path.backend.service);
        class(self.ingress) == class(other.ingress)
            && self.rule.host == other.rule.host
            && (&self.path.path, &self.path.path_type) == (&other.path.path, &other.path.path_type)
            && own.is_some()
            && others.is_some()
            && own != others
    }

    /// The path that this one, of a canary, takes requests off; or why it takes none.
    pub fn main(&self, all: &'a ObjectSet) -> Result<At<'a>, Sentence> {
        let (host, path) = (if self.rule.host.is_empty() { "*" } else { &self.rule.host }, &self.path.path);
        let mut others = all.ingresses(&self.ingress.metadata.namespace).filter(|i| !is_marked(i)).flat_map(At::all);
        let Some(main) = others.find(|at| self.meets(at)) else {
            return Err(sentence!("no other Ingress here takes {host}{path} in the same way: nobody comes to this canary", host, path));
        };
        match main.canary(&marked(self.ingress, all), all).map(|(first, _)| &first.ingress.metadata.name) {
            Some(other) if *other != self.ingress.metadata.name => {
                Err(sentence!("{host}{path} has a canary already ({other}): nobody comes to this one", host, path, other))
            }
            _ => Ok(main),
        }
    }

    /// The canary of this path, of those that are [`marked`]: the first that was made, for there is one at most.
    pub fn canary(&self, marked: &[&'a Ingress], all: &ObjectSet) -> Option<(At<'a>, Canary)> {
        let here = marked.iter().filter_map(|i| Some((At::all(i).find(|at| self.meets(at))?, of(i, all)?)));
        here.min_by_key(|(at, _)| (at.ingress.metadata.creation_timestamp, &at.ingress.metadata.name))
    }
}

/// Ingresses beside one, in its namespace, that are marked as canaries.
pub(crate) fn marked<'a>(beside: &'a Ingress, all: &'a ObjectSet) -> Vec<&'a Ingress> {
    all.ingresses(&beside.metadata.namespace).filter(|i| is_marked(i)).collect()
}

fn is_marked(ingress: &Ingress) -> bool {
    ingress.metadata.annotations.get(PREFIX).is_some_and(|v| v == "true")
}

fn ignorant(ingress: &Ingress, all: &ObjectSet) -> Option<&'static str> {
    let class = class(ingress).and_then(|name| all.ingress_class("", name))?;
    let domain = class.spec.controller.split('/').next();
    IGNORANT.iter().find(|(of, _)| domain == Some(*of)).map(|(_, name)| *name)
}

/// Why an Ingress that is marked as a canary takes nothing off another one; none where it does, and for any other.
pub fn ignored(object: &Object, all: &ObjectSet) -> Vec<Sentence> {
    let Object::Ingress(ingress) = object else { return Vec::new() };
    if !is_marked(ingress) {
        return Vec::new();
    }
    if let Some(controller) = ignorant(ingress, all) {
        let whole = sentence!("{controller} knows no canaries by annotation: this one takes requests like any other Ingress", controller);
        return vec![whole];
    }
    At::all(ingress).filter_map(|at| at.main(all).err()).collect()
}
