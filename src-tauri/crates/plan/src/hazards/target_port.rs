//! A Service's named targetPort that green's pods do not declare: Kubernetes drops the port in silence, the endpoints
//! stay ready and connections time out. A number is never checked, so one that is not declared is only suspicious.

use model::kinds::IntOrString;
use model::kinds::template::{Container, PodSpec};

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};
use crate::derive::target_of;
use crate::references::slim;

/// See the file's head.
#[derive(Debug)]
pub struct TargetPort;

impl Hazard for TargetPort {
    fn code(&self) -> &'static str {
        "target-port"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let spec = slim(ctx.template()).spec;
        let mut all = Vec::new();
        for s in ctx.around.services() {
            let object = ctx.around.id.sibling(model::Kind::Service, &s.metadata.name);
            for port in &s.spec.ports {
                let protocol = if port.protocol.is_empty() { "TCP" } else { port.protocol.as_str() };
                match target_of(port) {
                    IntOrString::Text(name) if !declares(&spec, protocol, |n, _| n == name) => {
                        let message = sentence!(
                            "port {port} leads to the container port named {name} ({protocol}), which the new template does not have: its traffic would time out",
                            port = port.port,
                            name,
                            protocol
                        );
                        all.push(finding(
                            self,
                            Severity::Block,
                            &object,
                            message,
                            sentence!("name a container port {name} in the template", name),
                        ));
                    }
                    IntOrString::Int(number) if !declares(&spec, protocol, |_, p| i64::from(p) == number) => {
                        let message = sentence!(
                            "port {port} leads to {number}/{protocol}, which no container declares: it may not be served",
                            port = port.port,
                            number,
                            protocol
                        );
                        all.push(finding(
                            self,
                            Severity::Warn,
                            &object,
                            message,
                            sentence!("make sure that the new version listens there"),
                        ));
                    }
                    _ => {}
                }
            }
        }
        all
    }
}

/// Containers and sidecars count; init containers that end do not.
fn declares(spec: &PodSpec, protocol: &str, is: impl Fn(&str, u16) -> bool) -> bool {
    let sidecars = spec.init_containers.iter().filter(|c: &&Container| c.restart_policy == "Always");
    let mut ports = spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports);
    ports.any(|p| (p.protocol == protocol || (p.protocol.is_empty() && protocol == "TCP")) && is(&p.name, p.container_port))
}
