//! An Ingress over a Service of the plan whose class is not there, or that has none: no controller serves it, so it proves nothing
//! and carries nothing.

use model::{Kind, ObjectId};
use serde_json::Value;

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
            let Some(raw) = ctx.snapshot.raw(&id) else { continue };
            let Some(name) = raw.pointer("/spec/ingressClassName").and_then(Value::as_str) else {
                all.extend(self.of_none(ctx, &id, raw));
                continue;
            };
            let class = ObjectId::new(Kind::IngressClass, "", name);
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

impl IngressClass {
    /// The class is given when an Ingress is made, from the default one. The annotation is older than classes, and each controller
    /// reads it in its own way.
    fn of_none(&self, ctx: &CheckCtx<'_>, id: &ObjectId, ingress: &Value) -> Option<Finding> {
        let annotated = |object: &Value, key: &str| object.pointer("/metadata/annotations")?.get(key)?.as_str().map(str::to_string);
        if annotated(ingress, "kubernetes.io/ingress.class").is_some() {
            return None;
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::IngressClass) {
            return Some(unchecked(self, id, Kind::IngressClass, why));
        }
        let mut classes = ctx.snapshot.raw.iter().filter(|(id, _)| id.kind == Kind::IngressClass);
        let default = classes.any(|(_, c)| annotated(c, "ingressclass.kubernetes.io/is-default-class").as_deref() == Some("true"));
        let message = match default {
            true => sentence!("names no ingress class, and was there before one became the default: most controllers pass it by"),
            false => sentence!("names no ingress class, and none is the default: most controllers pass it by"),
        };
        let remedy = sentence!("name its class (spec.ingressClassName); a controller may be set up to serve it all the same");
        Some(finding(self, Severity::Warn, id, message, remedy))
    }
}
