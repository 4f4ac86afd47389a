//! The list of controllers that choose among routes in a way of their own. Whoever is not in it is taken to keep to the API.

mod traefik;

use model::{Object, ObjectSet, Route};

use crate::{Manner, Precedence, Verdict};

/// A controller. All routes that come in at one port of it compete, whatever object declares them.
pub trait Controller: Sync {
    /// Name for people, and the file (in lower case).
    fn name(&self) -> &'static str;
    /// How classes name it: `spec.controllerName` of a GatewayClass, `spec.controller` of an IngressClass.
    fn classes(&self) -> &'static [&'static str];
    /// How it matches the routes of that router.
    fn manner(&self, route: &Route) -> Manner;
    /// Whether it reads a rule at all, whatever the request.
    fn reads(&self, route: &Route, object: &Object, all: &ObjectSet) -> Verdict;
    /// Its place in the line: what is greater is asked first. `routes` are all of the same object.
    fn precedence(&self, route: &Route, routes: &[Route], object: &Object) -> Precedence;
}

/// Every controller; one line each.
pub static ALL: &[&dyn Controller] = &[&traefik::Traefik];

/// The controller that classes name so.
pub fn of(class: &str) -> Option<&'static dyn Controller> {
    ALL.iter().copied().find(|c| c.classes().contains(&class))
}
