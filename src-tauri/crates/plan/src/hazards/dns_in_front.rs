//! Something in front that remembers an answer: DNS records that external-dns makes of where the pods are, records that share a
//! name by weight, a CDN's cache. It follows the cutover later, or in part.

use model::ObjectId;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence};

/// Prefix of the annotations that external-dns reads.
const PREFIX: &str = "external-dns.alpha.kubernetes.io/";

/// See the file's head.
#[derive(Debug)]
pub struct DnsInFront;

impl Hazard for DnsInFront {
    fn code(&self) -> &'static str {
        "dns-in-front"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        let mut all = Vec::new();
        for (id, service) in ctx.moved_services() {
            let host = said(ctx, id, "hostname").or_else(|| said(ctx, id, "internal-hostname"));
            let (kind, local) = (service.spec.kind.as_str(), service.spec.external_traffic_policy == "Local");
            // Its records are the pods, or the nodes that have some; all others lead to what stays.
            let Some(host) = host.filter(|_| service.spec.cluster_ip == "None" || (kind == "NodePort" && local)) else { continue };
            let message = match said(ctx, id, "ttl") {
                Some(ttl) => sentence!(
                    "external-dns makes the records of {host} of where its pods are: clients keep blue's for their lifetime ({ttl})",
                    host,
                    ttl
                ),
                None => sentence!(
                    "external-dns makes the records of {host} of where its pods are: clients keep blue's for their lifetime",
                    host
                ),
            };
            all.push(finding(
                self,
                Severity::Warn,
                id,
                message,
                sentence!("soak for longer than the clients cache DNS, and retire blue late"),
            ));
        }
        for id in ctx.moved().into_iter().cloned().chain(ctx.ingresses()).chain(ctx.routes()) {
            if said(ctx, &id, "cloudflare-proxied") == Some("true") {
                let message =
                    sentence!("is behind Cloudflare's proxy: what that has cached of the old version is served on, and to probes too");
                let remedy = sentence!("purge its cache after the cutover, and probe an address that it does not cache");
                all.push(finding(self, Severity::Warn, &id, message, remedy));
            }
            if let Some(record) = said(ctx, &id, "set-identifier") {
                let message = sentence!(
                    "shares its DNS name with other records (this one is {record}): the cutover moves its own part alone",
                    record
                );
                let remedy = sentence!("send all of it to one version first, or make sure that both may go on answering");
                all.push(finding(self, Severity::Warn, &id, message, remedy));
            }
        }
        all
    }
}

fn said<'a>(ctx: &CheckCtx<'a>, id: &ObjectId, key: &str) -> Option<&'a str> {
    ctx.snapshot.raw(id)?.pointer("/metadata/annotations")?.get(format!("{PREFIX}{key}"))?.as_str()
}
