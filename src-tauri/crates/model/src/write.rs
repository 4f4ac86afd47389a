//! A change to one object, with everything that guards it. The engine journals these before they are sent; the cluster
//! room sends them as they are, once.
//!
//! Rules (seen on Kubernetes 1.37): JSON patch `replace` on a missing key creates it and guards nothing, so every field
//! is `test`ed first; `test` with value `null` passes when the key is absent and its parent is there; a failed `test` is
//! 422 with empty details, a stale resourceVersion that is `replace`d 409.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kind::ObjectId;
use crate::names;

/// One field from one value to another. Absence is a value too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// JSON pointer (RFC 6901), `/` in keys escaped as `~1`.
    pub path: String,
    /// What must be there now, as the server returned it; `None` = the key is absent.
    pub before: Option<Value>,
    /// What shall be there; `None` = remove the key. Equal to `before` = the field is only tested.
    pub after: Option<Value>,
}

impl Edit {
    /// The edit that takes this one back.
    pub fn inverse(&self) -> Edit {
        Edit { path: self.path.clone(), before: self.after.clone(), after: self.before.clone() }
    }

    /// Whether the object has the value of `after` (or `before`) at the path now.
    pub fn holds(value: &Option<Value>, path: &str, object: &Value) -> bool {
        object.pointer(path) == value.as_ref()
    }
}

/// What makes a patch refuse to land late (semantics: fencing by content).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Guard {
    /// `metadata.resourceVersion` as read. For the first write to an object, which has no epoch to test.
    ResourceVersion(String),
    /// The epoch annotation that our previous write left.
    Epoch(String),
}

/// A guarded write. Sent once; its outcome is known, or the engine settles it by a fencing write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "verb", deny_unknown_fields)]
pub enum Write {
    /// JSON patch of some fields.
    #[serde(rename_all = "camelCase")]
    Patch {
        /// Object.
        object: ObjectId,
        /// `metadata.uid` that must match.
        uid: String,
        /// Guard against a late landing.
        guard: Guard,
        /// Epoch annotation after the write; `None` removes it (the last write of a run to the object).
        epoch: Option<String>,
        /// `metadata.annotations` is absent, so the patch has to make it.
        make_annotations: bool,
        /// Fields.
        edits: Vec<Edit>,
    },
    /// POST.
    #[serde(rename_all = "camelCase")]
    Create {
        /// Object.
        object: ObjectId,
        /// Whole manifest, carrying [`names::RUN`] and [`names::SPEC_HASH`].
        manifest: Value,
    },
    /// DELETE with preconditions. What has pods ([`Kind::rolls`](crate::Kind::rolls)) goes in the foreground: it is gone once they are.
    /// All else goes at once: in the foreground its name would be taken until the garbage collector has updated it, which a policy on
    /// its kind may refuse for good.
    #[serde(rename_all = "camelCase")]
    Delete {
        /// Object.
        object: ObjectId,
        /// `metadata.uid` that must match.
        uid: String,
        /// `metadata.resourceVersion` that must match: what goes is what was looked at.
        resource_version: String,
    },
    /// JSON patch of the `scale` subresource.
    #[serde(rename_all = "camelCase")]
    Scale {
        /// Object.
        object: ObjectId,
        /// `metadata.uid` that must match.
        uid: String,
        /// `metadata.resourceVersion` that must match, where a late landing must be shut out.
        resource_version: Option<String>,
        /// Replicas that must be there now.
        from: u32,
        /// Replicas that shall be there.
        to: u32,
    },
}

impl Write {
    /// The object that it changes.
    pub fn object(&self) -> &ObjectId {
        match self {
            Write::Patch { object, .. } | Write::Create { object, .. } | Write::Delete { object, .. } | Write::Scale { object, .. } => {
                object
            }
        }
    }

    /// Field manager that it is sent with.
    pub fn manager(&self) -> &'static str {
        match self {
            Write::Patch { .. } | Write::Delete { .. } => names::MANAGER_ROLLOUT,
            Write::Create { .. } => names::MANAGER_CREATE,
            Write::Scale { .. } => names::MANAGER_SCALE,
        }
    }

    /// The JSON patch (RFC 6902) of a patch or scale; `None` for create and delete.
    ///
    /// Order: uid, guard, every `test`, then every change. All or nothing at the server.
    pub fn json_patch(&self) -> Option<Vec<Value>> {
        match self {
            Write::Patch { uid, guard, epoch, make_annotations, edits, .. } => {
                let at = annotation_pointer(names::EPOCH);
                let mut ops = vec![json!({"op":"test","path":"/metadata/uid","value":uid})];
                match guard {
                    Guard::ResourceVersion(rv) => ops.push(json!({"op":"replace","path":"/metadata/resourceVersion","value":rv})),
                    Guard::Epoch(old) => ops.push(json!({"op":"test","path":at,"value":old})),
                }
                // A `test` under a missing parent is 422 (proven), so annotations are tested once their map is there.
                let annotation = |e: &&Edit| e.path.starts_with("/metadata/annotations/");
                for e in edits.iter().filter(|e| !annotation(e)) {
                    ops.push(json!({"op":"test","path":e.path,"value":e.before}));
                }
                if *make_annotations {
                    ops.push(json!({"op":"test","path":"/metadata/annotations","value":null}));
                    ops.push(json!({"op":"add","path":"/metadata/annotations","value":{}}));
                }
                for e in edits.iter().filter(annotation) {
                    ops.push(json!({"op":"test","path":e.path,"value":e.before}));
                }
                for e in edits {
                    match (&e.before, &e.after) {
                        // Nothing to change: the edit only tests.
                        (before, after) if before == after => {}
                        (_, Some(v)) => ops.push(json!({"op":"add","path":e.path,"value":v})),
                        (Some(_), None) => ops.push(json!({"op":"remove","path":e.path})),
                        (None, None) => {}
                    }
                }
                match (epoch, guard) {
                    (Some(new), _) => ops.push(json!({"op":"add","path":at,"value":new})),
                    (None, Guard::Epoch(_)) => ops.push(json!({"op":"remove","path":at})),
                    (None, Guard::ResourceVersion(_)) => {}
                }
                Some(ops)
            }
            Write::Scale { uid, resource_version, from, to, .. } => {
                // At 0 the Scale object has no spec.replicas (proven): test its absence. `add` works on both.
                let before = if *from == 0 { Value::Null } else { json!(from) };
                let mut ops = vec![json!({"op":"test","path":"/metadata/uid","value":uid})];
                if let Some(rv) = resource_version {
                    ops.push(json!({"op":"replace","path":"/metadata/resourceVersion","value":rv}));
                }
                ops.push(json!({"op":"test","path":"/spec/replicas","value":before}));
                ops.push(json!({"op":"add","path":"/spec/replicas","value":to}));
                Some(ops)
            }
            Write::Create { .. } | Write::Delete { .. } => None,
        }
    }
}

/// JSON pointer of an annotation.
pub fn annotation_pointer(key: &str) -> String {
    format!("/metadata/annotations/{}", escape(key))
}

/// Escapes a key for a JSON pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn every_changed_field_is_tested_before_the_first_change() {
        let w = Write::Patch {
            object: ObjectId::new(Kind::Service, "shop", "web"),
            uid: "u".into(),
            guard: Guard::ResourceVersion("7".into()),
            epoch: Some("run-1".into()),
            make_annotations: true,
            edits: vec![
                Edit { path: "/spec/selector".into(), before: Some(json!({"app":"web"})), after: Some(json!({"app":"web","c":"green"})) },
                Edit { path: "/spec/paused".into(), before: Some(json!(true)), after: None },
            ],
        };
        let ops = w.json_patch().expect("a patch");
        let first_change = ops.iter().position(|o| o["op"] == "add" || o["op"] == "remove").expect("changes");
        let last_field_test =
            ops.iter().rposition(|o| o["op"] == "test" && o["path"].as_str().is_some_and(|p| p.starts_with("/spec"))).expect("tests");
        assert!(last_field_test < first_change);
        assert_eq!(ops[0], json!({"op":"test","path":"/metadata/uid","value":"u"}));
        assert_eq!(ops[1]["path"], "/metadata/resourceVersion");
        assert_eq!(ops.last().expect("some")["path"], "/metadata/annotations/changeover.dev~1epoch");
    }

    #[test]
    fn scale_from_zero_tests_absence() {
        let w = Write::Scale { object: ObjectId::new(Kind::Deployment, "a", "b"), uid: "u".into(), resource_version: None, from: 0, to: 3 };
        let ops = w.json_patch().expect("a patch");
        assert_eq!(ops[1], json!({"op":"test","path":"/spec/replicas","value":null}));
        assert_eq!(ops[2], json!({"op":"add","path":"/spec/replicas","value":3}));
    }
}
