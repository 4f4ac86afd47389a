//! Who answers a request, for front ends.

use api::{
    Code, RouteView, RoutesView, TraceAnswerView, TraceDoorView, TraceRequest, TraceRuleView, TraceTargetView, TraceVersionView, TraceView,
    UiError,
};
use model::{RouteMatch, Sentence, sentence};
use topology::{NodeId, RouteShares, Rule, Target, Trace, VersionShare};
use traffic::{Door, Request};

use crate::{Host, graph_view, lanes};

impl Host {
    /// Traces a request through what is seen of an open context.
    pub(crate) fn traced(&self, context: &str, asked: &TraceRequest) -> Result<TraceView, UiError> {
        let request = Request::new(&asked.method, &asked.url, &asked.headers).map_err(|why| {
            UiError::new(Code::Usage, why).hint(sentence!("write the request as for curl: a method, a URL, headers as Name: value"))
        })?;
        let (traces, namespaces) = self.shown_live(context)?.trace(&request);
        let doors = traces.iter().map(door).collect();
        Ok(TraceView { method: request.method, host: request.host, path: request.path, namespaces, doors })
    }
}

/// Rules that the inspector shows of an object: more than anybody reads there.
const MOST: usize = 100;

impl Host {
    /// Where the rules send their requests on whose way an object or row stands; `None` = all rules.
    pub(crate) fn routes_of(&self, context: &str, of: Option<&str>) -> Result<RoutesView, UiError> {
        let of = of.map(NodeId::from);
        let most = if of.is_some() { MOST } else { usize::MAX };
        let (routes, total) = self.shown_live(context)?.routes(of.as_ref(), most);
        Ok(RoutesView { routes: routes.iter().map(route).collect(), total: lanes::count(total) })
    }
}

fn route(r: &RouteShares) -> RouteView {
    let RouteMatch { host, path, path_type, also } = r.rule.matches.clone();
    RouteView {
        host,
        path,
        path_type,
        also: also.iter().map(ToString::to_string).collect(),
        entries: r.entries.iter().map(ToString::to_string).collect(),
        answer: answer(r, None),
    }
}

fn door(t: &Trace) -> TraceDoorView {
    let (door, controller, port) = match &t.door {
        Door::Of(id) => (Some(id.to_string()), None, None),
        Door::Unclassed => (None, None, None),
        Door::Shared { controller, port } => (None, Some(*controller), *port),
    };
    TraceDoorView {
        door,
        controller: controller.map(str::to_string),
        port: port.map(u32::from),
        answer: t.answer.as_ref().map(|a| answer(&a.shares, a.perhaps.as_ref())),
        others: t.others.iter().map(|(r, why)| rule(r, Some(why))).collect(),
        elsewhere: lanes::count(t.elsewhere),
    }
}

fn rule(r: &Rule, why: Option<&Sentence>) -> TraceRuleView {
    TraceRuleView {
        object: r.object.to_string(),
        row: r.row.to_string(),
        pointer: r.pointer.clone(),
        takes: r.takes(),
        why: why.cloned().map(Into::into),
    }
}

fn answer(a: &RouteShares, perhaps: Option<&Sentence>) -> TraceAnswerView {
    TraceAnswerView {
        rule: rule(&a.rule, perhaps),
        targets: a.targets.iter().map(target).collect(),
        itself: a.itself.clone().map(Into::into),
        mirrors: a.mirrors.iter().map(ToString::to_string).collect(),
    }
}

fn target(t: &Target) -> TraceTargetView {
    TraceTargetView {
        service: t.service.to_string(),
        port: t.port.clone(),
        share: t.share,
        versions: t.versions.iter().map(version).collect(),
        note: t.note.clone().map(Into::into),
    }
}

fn version(v: &VersionShare) -> TraceVersionView {
    TraceVersionView {
        workload: v.workload.to_string(),
        set: v.set.as_ref().map(ToString::to_string),
        version: v.version.clone(),
        lane: v.lane.map(graph_view::lane),
        share: v.share,
        pods: v.pods,
    }
}
