//! An Ingress over a Service of the plan whose class is not there: no controller serves it, so it proves nothing and
//! carries nothing.

use model::{Kind, ObjectId};

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};

/// See the file's head.
#[derive(Debug)]
pub struct IngressClass;

impl Hazard for IngressClass {
    fn code(&self) -> &'static str {
        "ingress-class"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for id in ctx.ingresses() {
            let name = ctx.snapshot.raw(&id).and_then(|i| i.pointer("/spec/ingressClassName")?.as_str());
            let Some(class) = name.map(|n| ObjectId::new(Kind::IngressClass, "", n)) else { continue };
            match (ctx.snapshot.raw(&class), ctx.snapshot.unknown(Kind::IngressClass)) {
                (Some(_), _) => {}
                (None, Some(why)) => all.push(unchecked(self, &id, Kind::IngressClass, why)),
                (None, None) => {
                    let message = sentence!("names ingress class {class}, which is not there: no controller serves it", class = class.name);
                    all.push(finding(self, Severity::Warn, &id, message, sentence!("name a class that is (kubectl get ingressclasses)")));
                }
            }
        }
        all
    }
}
