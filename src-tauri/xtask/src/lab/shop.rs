//! The sample shop: what the tests and the practice lab roll out.

use std::time::Duration;

use super::process::wait_until;
use super::programs::{self, Module};
use super::state::LabDir;
use super::{LabError, apply, kubectl};
use crate::{places, sh};

/// Installs the Gateway API's resource definitions and the access rules of the lab's users.
pub fn gateway_api(dir: &LabDir) -> Result<(), LabError> {
    let definitions = programs::module_folder(Module::Traefik, "sigs.k8s.io/gateway-api", "config/crd/standard")?;
    apply(dir, &definitions)?;
    // The group is served as soon as its first kind is, and is in the OpenAPI later still; who looks once and finds either
    // missing gives up (kwok does).
    let names = |path: &str, wanted: &[&str]| -> Result<bool, LabError> {
        let mut asked = kubectl(dir)?;
        asked.args(["get", "--raw", path]);
        Ok(sh::read(&mut asked).is_ok_and(|text| wanted.iter().all(|name| text.contains(&format!("\"{name}\"")))))
    };
    wait_until("the Gateway API to be served", Duration::from_secs(60), Duration::from_millis(100), || {
        let served = names("/apis/gateway.networking.k8s.io/v1", &["gateways", "httproutes"])?;
        Ok(served && names("/openapi/v3", &["apis/gateway.networking.k8s.io/v1"])?)
    })
}

/// Applies the shop, the roles that the product ships, and who has them here.
pub fn apply_all(dir: &LabDir) -> Result<(), LabError> {
    apply(dir, &programs::sources().join("shop"))?;
    apply(dir, &places::checkout().join("src-tauri/docs/rbac"))?;
    apply(dir, &programs::sources().join("rbac.yaml"))
}

/// Applies the shop and waits until both of its Deployments are available.
pub fn start(dir: &LabDir) -> Result<(), LabError> {
    apply_all(dir)?;
    sh::read(kubectl(dir)?.args([
        "wait",
        "--namespace=shop",
        "--for=condition=Available",
        "--timeout=120s",
        "deployment/web",
        "deployment/api",
    ]))?;
    Ok(())
}
