//! A ResourceQuota without room for both colours, or for the pods that a rolling update starts before it ends others: they would be
//! refused one by one.

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

    fn concerns(&self, ctx: &CheckCtx<'_>) -> bool {
        ctx.starts_pods()
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let (green, surge) = (i128::from(ctx.extra_pods()), i128::from(ctx.surge_pods()));
        if green + surge == 0 {
            return vec![];
        }
        if let Some(why) = ctx.snapshot.unknown(Kind::ResourceQuota) {
            return vec![unchecked(self, ctx.around.id, Kind::ResourceQuota, why)];
        }
        let template = slim(ctx.template());
        let demand = Demand::of(&template.spec);
        let objects = if ctx.is_blue_green() { 1000 } else { 0 };
        let mut all = Vec::new();
        let quotas = ctx.of_kind(Kind::ResourceQuota);
        for (id, raw) in quotas {
            // A scoped quota may not count these pods at all.
            let scoped = raw.pointer("/spec/scopes").is_some() || raw.pointer("/spec/scopeSelector").is_some();
            for (name, hard) in raw.pointer("/status/hard").and_then(Value::as_object).into_iter().flatten() {
                let used = raw.pointer("/status/used").and_then(|u| u.get(name)).and_then(milli).unwrap_or(0);
                let needed = |pods: i128| match name.as_str() {
                    "pods" | "count/pods" => pods * 1000,
                    "count/deployments.apps" | "services" | "count/services" => objects,
                    "cpu" | "requests.cpu" => demand.request("cpu") * pods,
                    "memory" | "requests.memory" => demand.request("memory") * pods,
                    "limits.cpu" => demand.limit("cpu") * pods,
                    "limits.memory" => demand.limit("memory") * pods,
                    _ => 0,
                };
                let Some(hard) = milli(hard) else { continue };
                let short = |needed: i128| needed > 0 && used + needed > hard;
                if short(needed(green)) {
                    let (used, hard, needed) = (said(used), said(hard), said(needed(green)));
                    let (message, remedy) = match ctx.is_blue_green() {
                        true => (
                            sentence!(
                                "leaves no room for green: {name} is {used} of {hard} used, and {needed} more are needed",
                                name,
                                used,
                                hard,
                                needed
                            ),
                            sentence!("raise the quota, or give green fewer pods (green = N)"),
                        ),
                        false => (
                            sentence!(
                                "leaves no room for so many pods: {name} is {used} of {hard} used, and {needed} more are needed",
                                name,
                                used,
                                hard,
                                needed
                            ),
                            sentence!("raise the quota, or scale to fewer"),
                        ),
                    };
                    let severity = if scoped { Severity::Warn } else { Severity::Block };
                    all.push(finding(self, severity, id, message, remedy));
                } else if short(needed(green + surge)) {
                    let message = sentence!(
                        "leaves no room for the pods that the rolling update starts first (maxSurge): {name} is {used} of {hard} used, and {needed} more are needed at once",
                        name,
                        used = said(used),
                        hard = said(hard),
                        needed = said(needed(green + surge))
                    );
                    let remedy = sentence!("raise the quota: where maxUnavailable lets no pod go first, the rolling update stands still");
                    all.push(finding(self, Severity::Warn, id, message, remedy));
                }
            }
        }
        all
    }
}
