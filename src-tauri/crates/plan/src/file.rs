//! The plan as a file: sealed by a hash over its canonical JSON, so that a file that was edited by hand, or torn, is
//! refused instead of carried out.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::plan::{Plan, PlanError, SCHEMA};

/// JSON with sorted keys and no blanks: the same value gives the same text, however it was made.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let fields: Vec<String> = keys.iter().map(|k| format!("{}:{}", Value::from(k.as_str()), canonical(&map[k.as_str()]))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// SHA-256 (hex) of a value's canonical JSON.
pub fn sha256(value: &Value) -> String {
    hex::encode(Sha256::digest(canonical(value)))
}

/// The hash that the plan ought to carry. Errors: a plan that is not JSON (cannot happen with plans of this room).
pub fn hash(plan: &Plan) -> Result<String, PlanError> {
    let mut value = serde_json::to_value(plan).map_err(|e| PlanError::File(e.to_string()))?;
    value["hash"] = Value::from("");
    Ok(sha256(&value))
}

/// Puts the hash in.
pub fn seal(mut plan: Plan) -> Result<Plan, PlanError> {
    plan.hash = hash(&plan)?;
    Ok(plan)
}

/// The file's text: JSON made for reading, with a newline at the end.
pub fn to_text(plan: &Plan) -> Result<String, PlanError> {
    let text = serde_json::to_string_pretty(plan).map_err(|e| PlanError::File(e.to_string()))?;
    Ok(text + "\n")
}

/// Reads a plan file. Errors ([`PlanError::File`]): not JSON, of another schema, fields missing or unknown, hash wrong.
pub fn from_text(text: &str) -> Result<Plan, PlanError> {
    let refuse = |why: String| PlanError::File(why);
    let value: Value = serde_json::from_str(text).map_err(|e| refuse(format!("not JSON ({e}); it may be cut off")))?;
    match value.get("schema").and_then(Value::as_u64) {
        Some(n) if n == u64::from(SCHEMA) => {}
        Some(n) => {
            return Err(refuse(format!("schema {n} is not known here (this program writes {SCHEMA}); make the plan again")));
        }
        None => return Err(refuse("no field schema: this is not a plan of Changeover".into())),
    }
    let plan: Plan = serde_json::from_value(value).map_err(|e| refuse(format!("not understood ({e})")))?;
    match plan.hash == hash(&plan)? {
        true => Ok(plan),
        false => Err(refuse("its hash does not match its content: it was edited after it was made; make the plan again".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_keys() {
        assert_eq!(canonical(&json!({"b":[1,{"d":null,"c":"x\n"}],"a":true})), r#"{"a":true,"b":[1,{"c":"x\n","d":null}]}"#);
    }

    #[test]
    fn files_of_others_are_refused_with_what_is_wrong() {
        let said = |t: &str| from_text(t).expect_err("refused").to_string();
        assert!(said("{").starts_with("plan file: not JSON"));
        assert_eq!(said("{}"), "plan file: no field schema: this is not a plan of Changeover");
        assert!(said(r#"{"schema":9}"#).contains("schema 9 is not known here"));
        assert!(said(r#"{"schema":1}"#).contains("not understood"));
    }
}
