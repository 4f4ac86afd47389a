//! Routes and how they share traffic among backends.

use std::fmt;

use crate::kind::ObjectId;

/// Relative weight of a backend, as the router's own field gives it. Share = weight / sum of its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(pub u32);

/// One way into the cluster for one (host, path, match), declared by one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Name of the router in `traffic::routers`.
    pub router: &'static str,
    /// Object that declares it (Ingress, HTTPRoute, …).
    pub object: ObjectId,
    /// Where requests enter (a Gateway; the Ingress itself).
    pub entries: Vec<ObjectId>,
    /// Which requests it takes.
    pub matches: RouteMatch,
    /// Rule within the object, as JSON pointer: `/spec/rules/0`.
    pub pointer: String,
    /// Its backends with their weights, in declared order.
    pub split: Split,
    /// Where copies of its requests go; their answers are thrown away, so they take no share.
    pub mirrors: Vec<Backend>,
}

/// Which requests a route takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteMatch {
    /// Host; empty = all.
    pub host: String,
    /// Path as declared (`/` when none is).
    pub path: String,
    /// `Exact`, `Prefix` or what the router calls it.
    pub path_type: String,
    /// Further conditions, all of which must hold; empty = none.
    pub also: Vec<Also>,
}

/// A further condition of a route. Its text is what people read: `method GET`, `header X-Canary=always`, `query v~^2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Also {
    /// The method, as it is.
    Method(String),
    /// A header; its name in any case.
    Header(Field),
    /// A header that is there and is not so.
    OtherHeader(Field),
    /// No header that is so: it is not there, or is another.
    NoHeader(Field),
    /// A query parameter.
    Query(Field),
    /// A cookie.
    Cookie(Field),
    /// What is written in the language of a controller's own (an IngressRoute's `match`).
    Rule(String),
}

/// What a header, a query parameter or a cookie must be, or must not be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Value, or a regular expression.
    pub value: String,
    /// Whether `value` is a regular expression, of the controller's own dialect.
    pub pattern: bool,
}

impl Field {
    /// Whatever its value.
    pub fn any(name: &str) -> Self {
        Self { name: name.into(), value: ".*".into(), pattern: true }
    }

    /// Whether every value will do.
    pub fn is_any(&self) -> bool {
        self.pattern && self.value == ".*"
    }
}

impl fmt::Display for Also {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, field, not) = match self {
            Also::Method(method) => return write!(f, "method {method}"),
            Also::Rule(rule) => return f.write_str(rule),
            Also::Header(field) => ("header", field, ""),
            Also::OtherHeader(field) => ("header", field, "!"),
            Also::NoHeader(field) => ("no header", field, ""),
            Also::Query(field) => ("query", field, ""),
            Also::Cookie(field) => ("cookie", field, ""),
        };
        match field.is_any() {
            true => write!(f, "{what} {}", field.name),
            false => write!(f, "{what} {}{not}{}{}", field.name, if field.pattern { "~" } else { "=" }, field.value),
        }
    }
}

/// How a route shares its requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Backends in declared order.
    pub backends: Vec<Backend>,
    /// Weight in sum of backends of kinds that have no word here (`ServiceImport`, a bucket): they take their share.
    pub elsewhere: u32,
}

/// A backend of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Backend {
    /// Service (or another object that the router can send to).
    pub object: ObjectId,
    /// Port of the Service by name or number, as declared.
    pub port: Option<String>,
    /// Relative weight.
    pub weight: Weight,
}

impl Split {
    /// Share (0 to 1) of the i-th backend; all weights zero gives 0.
    pub fn share(&self, i: usize) -> f64 {
        let sum: u64 = u64::from(self.elsewhere) + self.backends.iter().map(|b| u64::from(b.weight.0)).sum::<u64>();
        match (self.backends.get(i), sum) {
            (Some(b), 1..) => f64::from(b.weight.0) / sum as f64,
            _ => 0.0,
        }
    }
}
