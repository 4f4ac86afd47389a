//! Routers, sans-IO: Kubernetes objects in; [`Route`]s and [`Split`]s out.
//!
//! A router is a kind of object that says which requests go to which Services, and with what weights. Each one is a
//! file in `routers/`; who needs "all routes" loops over [`routers::ALL`] and never names one.
//!
//! This room does **not** know how objects are fetched or written (`cluster`), which pods stand behind a Service
//! (`topology`), nor whether a weight should change (`plan`).
//!
//! **Invariants:** a router only reads the [`ObjectSet`] it is given, and the same set gives the same routes in the same
//! order. A route whose target is missing is still a route: dangling is for `topology` to say.
//!
//! Adding a router: 1. a file in `routers/`; 2. its line in `routers/mod.rs`; 3. a fixture folder of its name.

#![warn(missing_docs)]

mod canary;
pub mod controllers;
mod request;
pub mod routers;
mod rule;

use std::collections::BTreeSet;

use model::{Kind, Object, ObjectId, ObjectSet, Route, Split};

pub use canary::ignored as canary_ignored;
pub use request::{Candidate, Manner, Passage, Precedence, Request, Verdict, passages};
pub use routers::http_proxy::{orphaned as http_proxy_orphaned, refused as http_proxy_refused};

/// A kind of object that shares requests among backends.
pub trait Router: Sync {
    /// Name: the file, the journal's key and the fixture folder.
    fn name(&self) -> &'static str;
    /// Kinds that [`routes_of`](Router::routes_of) reads: what is watched, and what the permission check asks for.
    fn kinds(&self) -> &'static [Kind];
    /// The kind whose objects declare routes; one of [`kinds`](Router::kinds).
    fn declares(&self) -> Kind;
    /// Routes that one object declares, in declared order; none for an object of another kind.
    fn routes_of(&self, object: &Object, all: &ObjectSet) -> Vec<Route>;

    /// What the controller says about a route: who took it, and whether its backends may be used.
    fn status(&self, route: &Route, all: &ObjectSet) -> Status;

    /// Where requests come to the route, and whether it is read there.
    fn entrances(&self, route: &Route, all: &ObjectSet) -> Vec<Entrance>;
    /// Whether the route takes a request, as the API of its kind says, or by the manner of a controller.
    fn takes(&self, route: &Route, request: &Request, manner: Manner) -> Verdict;
    /// Its place in the line when several routes of one door take a request, as the API of its kind says.
    fn precedence(&self, route: &Route) -> Precedence;

    /// URL by which a request from outside takes the route: scheme and port of its entry, its host, its path. `None` when
    /// host or path are not concrete, when a request must carry more than these, or when no entry that takes it is seen.
    fn url(&self, route: &Route, all: &ObjectSet) -> Option<String>;

    /// Namespaces whose routes may change with an object, though what is in them does not say so: others lead on to them.
    fn reaches(&self, _object: &Object, _all: &ObjectSet) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// Routes that the objects declare, over all namespaces, in the order of their objects' ids.
    fn routes(&self, all: &ObjectSet) -> Vec<Route> {
        all.of(self.declares()).flat_map(|o| self.routes_of(o, all)).collect()
    }

    /// How `route` shares its requests now. The rule is found again by its pointer and must still take the same requests.
    fn observe(&self, route: &Route, all: &ObjectSet) -> Result<Split, RouterError> {
        let object = all.get(&route.object).ok_or_else(|| RouterError::ObjectGone(route.object.clone()))?;
        let now = self.routes_of(object, all);
        let same = now.into_iter().find(|r| r.pointer == route.pointer && r.matches == route.matches);
        same.map(|r| r.split).ok_or_else(|| RouterError::RuleGone {
            object: route.object.clone(),
            host: route.matches.host.clone(),
            path: route.matches.path.clone(),
        })
    }
}

/// What the controller says about a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// One per entry of the route, in its order.
    pub attachments: Vec<(ObjectId, Attachment)>,
    /// Why backends of other namespaces are refused (`RefNotPermitted`: no ReferenceGrant), in the controller's words.
    pub foreign_refused: Option<String>,
}

/// Where requests come in and one of several routes is chosen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// A Gateway, or the class whose controller reads an Ingress.
    Of(ObjectId),
    /// Any controller that takes Ingresses without a class.
    Unclassed,
    /// A port of a controller for which all that come in there are one, whatever object declares them.
    Shared {
        /// Name of the controller in [`controllers::ALL`].
        controller: &'static str,
        /// Port; `None` where nobody names one.
        port: Option<u16>,
    },
}

/// How requests come to a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrance {
    /// The Gateway, or the class of the Ingress.
    pub door: Door,
    /// Controller, as the class names it (`spec.controllerName` of a GatewayClass, `spec.controller` of an IngressClass); `None`
    /// where the class is not there, or not seen.
    pub controller: Option<String>,
    /// Ports of the listeners that take it; empty where the kind names none.
    pub ports: Vec<u16>,
    /// Whether it is read there.
    pub attachment: Attachment,
}

/// Whether an entry took a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Taken, or of a kind whose controllers do not say.
    Accepted,
    /// Refused, with the controller's reason and words.
    Refused(String),
    /// No controller has spoken about it (yet).
    Unsaid,
}

/// Why a route cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouterError {
    /// The object that declared the route is not there.
    #[error("{}: is gone", .0.said())]
    ObjectGone(ObjectId),
    /// The object is there, but the rule at the route's pointer is missing or takes other requests.
    #[error("{}: has no rule for {host}{path} any more", .object.said())]
    RuleGone {
        /// Object.
        object: ObjectId,
        /// Host of the route.
        host: String,
        /// Path of the route.
        path: String,
    },
}

/// Whether a plain GET of host and path takes the route: no wildcard, no pattern, no further condition.
fn concrete(route: &Route) -> bool {
    let m = &route.matches;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~%:@!&+,;=".contains(c);
    let name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let host = !m.host.is_empty() && m.host.chars().all(name);
    host && m.also.is_empty() && m.path_type != "RegularExpression" && m.path.starts_with('/') && m.path.chars().all(plain)
}

/// A URL; the scheme's own port is not said.
fn url(scheme: &str, port: u16, route: &Route) -> String {
    let own = matches!((scheme, port), ("http", 80) | ("https", 443));
    let port = if own { String::new() } else { format!(":{port}") };
    format!("{scheme}://{}{port}{}", route.matches.host, route.matches.path)
}

/// [`Router::reaches`] for an object of any kind.
pub fn reaches(object: &Object, all: &ObjectSet) -> BTreeSet<String> {
    let router = routers::ALL.iter().find(|r| r.declares() == object.kind());
    router.map(|r| r.reaches(object, all)).unwrap_or_default()
}

/// Routes of all routers for one object; none when no router reads its kind.
pub fn routes_of(object: &Object, all: &ObjectSet) -> Vec<Route> {
    let router = routers::ALL.iter().find(|r| r.declares() == object.kind());
    router.map(|r| r.routes_of(object, all)).unwrap_or_default()
}
