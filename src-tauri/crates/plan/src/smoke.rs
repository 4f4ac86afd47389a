//! Where a smoke check knocks: the readiness probe's own door unless the operator names another.

use model::kinds::IntOrString;
use model::kinds::service::Service;
use model::sentence;
use serde_json::Value;

use crate::derive::target_of;
use crate::params::wrong;
use crate::plan::PlanError;
use crate::step::SmokeCheck;

/// Requests per pod: one could be luck.
const REQUESTS: u32 = 3;

/// The check of one pod. `None` when it is declined (empty path), when no port is known, or when the readiness probe
/// speaks HTTPS and nobody named a path: the check speaks plain HTTP.
pub fn check(template: &Value, services: &[&Service], path: Option<&str>, port: Option<u32>) -> Result<Option<SmokeCheck>, PlanError> {
    if path == Some("") {
        return Ok(None);
    }
    if path.is_some_and(|p| !p.starts_with('/') || p.chars().any(|c| c.is_whitespace() || c.is_control())) {
        return Err(wrong("smokePath", sentence!("must start with / and hold no blanks; leave it empty for no smoke check")));
    }
    let probe = containers(template).find_map(|c| c.pointer("/readinessProbe/httpGet").map(|get| (c, get)));
    if probe.is_some_and(|(_, g)| g.get("scheme").and_then(Value::as_str) == Some("HTTPS")) && path.is_none() {
        return Ok(None);
    }
    let of_probe = probe.and_then(|(c, g)| resolve(g.get("port")?, &[c]));
    let all: Vec<&Value> = containers(template).collect();
    let of_service = || {
        let targets = services.iter().flat_map(|s| &s.spec.ports).filter(|p| p.protocol.is_empty() || p.protocol == "TCP").map(target_of);
        targets.filter_map(|t| resolve(&serde_json::to_value(t).ok()?, &all)).next()
    };
    let given = port.and_then(|p| u16::try_from(p).ok());
    let Some(port) = given.or(of_probe).or_else(of_service) else { return Ok(None) };
    let of_probe = probe.and_then(|(_, g)| g.get("path")?.as_str());
    let path = path.or(of_probe).unwrap_or("/");
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    Ok(Some(SmokeCheck { port, path, requests: REQUESTS }))
}

fn containers(template: &Value) -> impl Iterator<Item = &Value> {
    template.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten()
}

/// A port by number, or by the name under which one of the containers declares it.
fn resolve(port: &Value, containers: &[&Value]) -> Option<u16> {
    match serde_json::from_value(port.clone()).ok()? {
        IntOrString::Int(n) => u16::try_from(n).ok(),
        IntOrString::Text(name) => {
            let mut ports = containers.iter().filter_map(|c| c.get("ports")?.as_array()).flatten();
            let found = ports.find(|p| p.get("name").and_then(Value::as_str) == Some(name.as_str()))?;
            found.get("containerPort")?.as_u64().and_then(|n| u16::try_from(n).ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(template: Value, path: Option<&str>, port: Option<u32>) -> Option<(u16, String)> {
        check(&template, &[], path, port).expect("fits").map(|c| (c.port, c.path))
    }

    #[test]
    fn the_readiness_probe_says_where() {
        let http = json!({"spec":{"containers":[{"ports":[{"name":"http","containerPort":8080}],
            "readinessProbe":{"httpGet":{"path":"/readyz","port":"http"}}}]}});
        assert_eq!(said(http.clone(), None, None), Some((8080, "/readyz".into())));
        assert_eq!(said(http.clone(), Some("/x"), Some(9)), Some((9, "/x".into())));
        assert_eq!(said(http, Some(""), None), None);
    }

    #[test]
    fn without_a_port_there_is_no_check() {
        assert_eq!(said(json!({"spec":{"containers":[{}]}}), None, None), None);
    }

    #[test]
    fn a_probe_over_https_is_not_asked_in_plain_http() {
        let https = json!({"spec":{"containers":[{"readinessProbe":{"httpGet":{"path":"/","port":8443,"scheme":"HTTPS"}}}]}});
        assert_eq!(said(https, None, None), None);
    }

    #[test]
    fn a_path_without_a_slash_is_refused() {
        assert!(check(&json!({}), &[], Some("readyz"), None).is_err());
    }
}
