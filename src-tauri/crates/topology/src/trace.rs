//! Who answers a request: the route that takes it, the Services that the route sends it to, and the versions behind them.

use std::collections::{BTreeMap, BTreeSet};

use model::{ObjectSet, Sentence};
use traffic::{Candidate, Door, Request, passages};

use crate::shares::{self, RouteShares, Rule};
use crate::view::{Sight, View, row_id};

/// What answers at one door. Which door a request comes to is decided before, by the address of its host's name.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Who chooses among the routes: a Gateway, or the class of an Ingress.
    pub door: Door,
    /// The rule that answers; `None` = none takes the request, and the client gets 404.
    pub answer: Option<Answer>,
    /// Rules for the same host that do not answer, in the order in which they are asked, and why.
    pub others: Vec<(Rule, Sentence)>,
    /// How many rules are for other hosts alone.
    pub elsewhere: usize,
}

/// What answers a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its rule, and where that sends the request.
    pub shares: RouteShares,
    /// What it depends on that this rule answers; `None` = it does.
    pub perhaps: Option<Sentence>,
}

/// Traces a request through what is seen.
pub(crate) fn trace(request: &Request, all: &ObjectSet, sight: &Sight) -> Vec<Trace> {
    let passages = passages(request, all, |namespace| sight.follows(namespace));
    let namespaces: BTreeSet<&str> = passages.iter().filter_map(|p| p.answer.as_ref()).map(|a| a.route.object.namespace.as_str()).collect();
    let views: BTreeMap<&str, View> = namespaces.into_iter().map(|ns| (ns, View::new(all, ns, sight))).collect();
    let answer = |c: &Candidate| answer(c, views.get(c.route.object.namespace.as_str())?);
    let other = |c: &Candidate| (shares::rule(&c.route), c.why.clone().unwrap_or_default());
    let trace = |p: &traffic::Passage| Trace {
        door: p.door.clone(),
        answer: p.answer.as_ref().and_then(answer),
        others: p.others.iter().map(other).collect(),
        elsewhere: p.elsewhere,
    };
    passages.iter().map(trace).collect()
}

/// `None` for a route that has no row, which cannot be: `view` is of its namespace.
fn answer(candidate: &Candidate, view: &View<'_>) -> Option<Answer> {
    let (route, id) = (&candidate.route, row_id(&candidate.route));
    let row = view.rows.iter().find(|r| r.id == id)?;
    Some(Answer { shares: shares::of_route(route, row, view), perhaps: candidate.why.clone() })
}
