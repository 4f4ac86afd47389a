//! The list of routers.

mod gateway_api;
mod gateway_route;
mod grpc_route;
pub(crate) mod http_proxy;
pub(crate) mod ingress;
mod ingress_route;

use crate::Router;

/// Every router; one line each.
pub static ALL: &[&dyn Router] =
    &[&gateway_api::GatewayApi, &grpc_route::GrpcRoute, &ingress::Ingress, &ingress_route::IngressRoute, &http_proxy::HttpProxy];

/// The router of that name.
pub fn named(name: &str) -> Option<&'static dyn Router> {
    ALL.iter().copied().find(|r| r.name() == name)
}
