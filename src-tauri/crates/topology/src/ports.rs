//! Named targetPorts: a name that no container of a pod declares is dropped without a word (proven).

use model::kinds::IntOrString;
use model::kinds::service::{Service, ServicePort};
use model::kinds::template::PodSpec;
use model::{Sentence, sentence};

use crate::ground::Workload;

/// A port of a Service that does not arrive.
pub(crate) struct Dropped {
    /// `targetPort "http" is in no container of search`.
    pub detail: Sentence,
}

/// Ports of the Service whose targetPort is in no container of the workload's template (sidecars included).
pub(crate) fn dropped(service: &Service, workload: &Workload<'_>) -> Vec<Dropped> {
    let spec = workload.deployment.map(|d| &d.spec.template.spec).or_else(|| workload.sets.first().map(|s| &s.spec.template.spec));
    let Some(spec) = spec else { return Vec::new() };
    let missing = |port: &ServicePort| match &port.target_port {
        Some(IntOrString::Text(name)) if !declares(spec, name, &port.protocol) => Some(Dropped {
            detail: sentence!("targetPort \"{port}\" is in no container of {workload}", port = name, workload = workload.id.name),
        }),
        _ => None,
    };
    service.spec.ports.iter().filter_map(missing).collect()
}

fn declares(spec: &PodSpec, name: &str, protocol: &str) -> bool {
    let or_tcp = |p: &str| if p.is_empty() { "TCP".to_string() } else { p.to_string() };
    let sidecars = spec.init_containers.iter().filter(|c| c.restart_policy == "Always");
    let mut ports = spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports);
    ports.any(|p| p.name == name && or_tcp(&p.protocol) == or_tcp(protocol))
}
