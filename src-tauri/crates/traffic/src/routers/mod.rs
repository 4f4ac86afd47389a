//! The list of routers.

mod gateway_api;
pub(crate) mod ingress;

use crate::Router;

/// Every router; one line each.
pub static ALL: &[&dyn Router] = &[&gateway_api::GatewayApi, &ingress::Ingress];

/// The router of that name.
pub fn named(name: &str) -> Option<&'static dyn Router> {
    ALL.iter().copied().find(|r| r.name() == name)
}
