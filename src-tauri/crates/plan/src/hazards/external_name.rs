//! A Service of type ExternalName over blue's labels: it is a DNS alias, nothing reads its selector, and to change that
//! moves nothing.

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// See the file's head.
#[derive(Debug)]
pub struct ExternalName;

impl Hazard for ExternalName {
    fn code(&self) -> &'static str {
        "external-name"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        let services = ctx.snapshot.objects.services(ctx.around.namespace()).filter(|s| s.spec.kind == "ExternalName");
        let over = services.filter(|s| crate::around::selects(&s.spec.selector, ctx.around.pod_labels()));
        let found = over.map(|s| {
            let id = ctx.around.id.sibling(model::Kind::Service, &s.metadata.name);
            let alias = &s.spec.external_name;
            let message =
                sentence!("is of type ExternalName and answers with {alias}: its selector has no effect and cannot be cut over", alias);
            finding(
                self,
                Severity::Block,
                &id,
                message,
                sentence!("make it a ClusterIP service, or take its selector away if it is meant as an alias"),
            )
        });
        found.collect()
    }
}
