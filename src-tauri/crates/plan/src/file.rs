//! The plan as a file: sealed by a hash over its canonical JSON, so that a file that was edited by hand, or torn, is
//! refused instead of carried out.

use model::{Sentence, sentence};
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
    let mut value = serde_json::to_value(plan).map_err(|e| PlanError::File(unwritable(&e)))?;
    value["hash"] = Value::from("");
    Ok(sha256(&value))
}

fn unwritable(e: &serde_json::Error) -> Sentence {
    Sentence::quoted(e)
}

/// Puts the hash in.
pub fn seal(mut plan: Plan) -> Result<Plan, PlanError> {
    plan.hash = hash(&plan)?;
    Ok(plan)
}

/// The file's text: JSON made for reading, with a newline at the end.
pub fn to_text(plan: &Plan) -> Result<String, PlanError> {
    let text = serde_json::to_string_pretty(plan).map_err(|e| PlanError::File(unwritable(&e)))?;
    Ok(text + "\n")
}

/// Reads a plan file. Errors ([`PlanError::File`]): not JSON, of another schema, fields missing or unknown, hash wrong.
pub fn from_text(text: &str) -> Result<Plan, PlanError> {
    let refuse = PlanError::File;
    let value: Value = serde_json::from_str(text).map_err(|e| refuse(sentence!("not JSON ({error}); it may be cut off", error = e)))?;
    match value.get("schema").and_then(Value::as_u64) {
        Some(n) if n == u64::from(SCHEMA) => {}
        Some(n) => {
            let said = sentence!("schema {n} is not known here (this program writes {own}); make the plan again", n, own = SCHEMA);
            return Err(refuse(said));
        }
        None => return Err(refuse(sentence!("no field schema: this is not a plan of Changeover"))),
    }
    let plan: Plan = serde_json::from_value(value).map_err(|e| refuse(sentence!("not understood ({error})", error = e)))?;
    match plan.hash == hash(&plan)? {
        true => Ok(plan),
        false => Err(refuse(sentence!("its hash does not match its content: it was edited after it was made; make the plan again"))),
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
