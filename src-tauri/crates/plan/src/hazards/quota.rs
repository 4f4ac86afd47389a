//! A ResourceQuota without room for both colours: green's pods would be refused one by one.

use model::Kind;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, unchecked};
use crate::quantity::{Demand, milli, said};
use crate::references::slim;

/// See the file's head.
#[derive(Debug)]
pub struct Quota;

impl Hazard for Quota {
    fn code(&self) -> &'static str {
        "quota"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::ResourceQuota) {
            return vec![unchecked(self, ctx.around.id, Kind::ResourceQuota, why)];
        }
        let template = slim(ctx.template());
        let demand = Demand::of(&template.spec);
        let pods = i128::from(ctx.extra_pods());
        let mut all = Vec::new();
        let quotas = ctx.of_kind(Kind::ResourceQuota);
        for (id, raw) in quotas {
            // A scoped quota may not count these pods at all.
            let scoped = raw.pointer("/spec/scopes").is_some() || raw.pointer("/spec/scopeSelector").is_some();
            for (name, hard) in raw.pointer("/status/hard").and_then(Value::as_object).into_iter().flatten() {
                let used = raw.pointer("/status/used").and_then(|u| u.get(name)).and_then(milli).unwrap_or(0);
                let needed = match name.as_str() {
                    "pods" | "count/pods" => pods * 1000,
                    "count/deployments.apps" | "services" | "count/services" => 1000,
                    "cpu" | "requests.cpu" => demand.request("cpu") * pods,
                    "memory" | "requests.memory" => demand.request("memory") * pods,
                    "limits.cpu" => demand.limit("cpu") * pods,
                    "limits.memory" => demand.limit("memory") * pods,
                    _ => 0,
                };
                let Some(hard) = milli(hard) else { continue };
                if needed > 0 && used + needed > hard {
                    let message = sentence!(
                        "leaves no room for green: {name} is {used} of {hard} used, and {needed} more are needed",
                        name,
                        used = said(used),
                        hard = said(hard),
                        needed = said(needed)
                    );
                    let severity = if scoped { Severity::Warn } else { Severity::Block };
                    all.push(finding(self, severity, id, message, sentence!("raise the quota, or give green fewer pods (green = N)")));
                }
            }
        }
        all
    }
}
