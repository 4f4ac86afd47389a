//! An application that is slow at first (a virtual machine that compiles as it goes, a cache to be filled): ready does not mean
//! warm, and the cutover sends green all of blue's traffic at once.

use model::kinds::template::PodSpec;
use serde_json::Value;

use super::{CheckCtx, Finding, Hazard, Severity, finding, sentence, words};
use crate::references::slim;

/// Environment variables that set up a virtual machine.
const SIGNS: [&str; 4] = ["JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JVM_OPTS"];
/// A startup probe that waits for longer than this, in seconds, is there for a reason.
const LONG: u64 = 60;

/// See the file's head.
#[derive(Debug)]
pub struct ColdStart;

impl Hazard for ColdStart {
    fn code(&self) -> &'static str {
        "cold-start"
    }

    fn check(&self, ctx: &CheckCtx<'_>) -> Vec<Finding> {
        if !ctx.is_blue_green() {
            return vec![];
        }
        let signs = signs(ctx.template(), &slim(ctx.template()).spec);
        if signs.is_empty() {
            return vec![];
        }
        let message = sentence!(
            "seems to be slow at first ({signs}): ready does not mean warm, and the cutover sends it all of blue's traffic at once",
            signs = signs.join(", ")
        );
        let remedy = sentence!("send it requests through the preview Service at the first gate, until it answers as fast as blue");
        vec![finding(self, Severity::Warn, ctx.around.id, message, remedy)]
    }
}

fn signs(template: &Value, spec: &PodSpec) -> Vec<String> {
    let list = |path: &str| template.pointer(path).and_then(Value::as_array).into_iter().flatten();
    let env = spec.containers.iter().flat_map(|c| &c.env).map(|e| e.name.clone()).filter(|n| SIGNS.contains(&n.as_str()));
    let java = list("/spec/containers").flat_map(words).find(|w| *w == "java" || w.ends_with("/java")).map(String::from);
    let caches = list("/spec/volumes").filter(|v| v.get("emptyDir").is_some()).filter_map(|v| v["name"].as_str());
    let caches = caches.filter(|n| n.contains("cache")).map(|n| format!("emptyDir {n}"));
    let starts = list("/spec/containers").filter_map(|c| c.get("startupProbe")).filter_map(|p| {
        let number = |key: &str, default: u64| p.get(key).and_then(Value::as_u64).unwrap_or(default);
        let most = number("initialDelaySeconds", 0) + number("failureThreshold", 3).saturating_mul(number("periodSeconds", 10));
        (most > LONG).then(|| format!("startupProbe {most} s"))
    });
    env.chain(java).chain(caches).chain(starts).collect()
}
