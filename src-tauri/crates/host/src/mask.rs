//! An object as YAML for the inspector, without what must not be shown (I10).
//!
//! Left out: `managedFields` and the value of last-applied-configuration. Masked: values of Secrets, values of
//! environment variables and arguments whose name sounds secret. A masked value is shown as `‹masked›`, so that *absent*
//! and *hidden* look different.

use plan::secrets::{has_password, sounds_secret};
use serde_json::Value;

/// What stands where a value was.
pub const MASKED: &str = "‹masked›";

const LAST_APPLIED: &str = model::names::LAST_APPLIED;

/// The object without what must not be shown.
pub fn masked(object: &Value) -> Value {
    let mut v = object.clone();
    if let Some(meta) = v.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        meta.shift_remove("managedFields");
        if let Some(a) = meta.get_mut("annotations").and_then(Value::as_object_mut)
            && a.contains_key(LAST_APPLIED)
        {
            a.insert(LAST_APPLIED.to_string(), MASKED.into());
        }
    }
    if v.get("kind").and_then(Value::as_str) == Some("Secret") {
        for key in ["data", "stringData"] {
            if let Some(map) = v.get_mut(key).and_then(Value::as_object_mut) {
                map.values_mut().for_each(|x| *x = MASKED.into());
            }
        }
    }
    walk(&mut v);
    v
}

fn walk(v: &mut Value) {
    match v {
        Value::Object(map) => {
            let secret_env = map.get("name").and_then(Value::as_str).is_some_and(sounds_secret);
            if let Some(value) = map.get_mut("value")
                && let Some(text) = value.as_str()
                && !text.is_empty()
                && (secret_env || has_password(text))
            {
                *value = MASKED.into();
            }
            map.values_mut().for_each(walk);
        }
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::String(s) => mask_argument(s),
        _ => {}
    }
}

/// `--db-password=x` in a list of arguments.
fn mask_argument(s: &mut String) {
    if let Some((flag, value)) = s.split_once('=')
        && flag.starts_with('-')
        && !value.is_empty()
        && (sounds_secret(flag) || has_password(value))
    {
        *s = format!("{flag}={MASKED}");
    }
}

/// As YAML.
pub fn yaml(object: &Value) -> String {
    serde_saphyr::to_string(&masked(object)).unwrap_or_else(|e| format!("# cannot be shown as YAML: {e}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_value_that_sounds_secret_is_shown() {
        let pod = json!({"kind":"Pod","metadata":{"name":"x","managedFields":[{"manager":"m"}],
            "annotations":{LAST_APPLIED:"{\"env\":\"hunter2\"}","a":"kept"}},
            "spec":{"containers":[{"name":"web-token","image":"i","args":["--db-password=hunter2","--port=80"],
              "env":[{"name":"DB_PASSWORD","value":"hunter2"},{"name":"STRIPE_API_KEY","value":"hunter2"},
                     {"name":"DATABASE_URL","value":"postgres://u:hunter2@db/x"},{"name":"MODE","value":"fast"}]}]}});
        let text = yaml(&pod);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(!text.contains("managedFields"), "{text}");
        for kept in ["fast", "kept", "--port=80", "DATABASE_URL"] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
    }

    #[test]
    fn values_of_secrets_are_hidden_and_their_names_stay() {
        let v = masked(&json!({"kind":"Secret","metadata":{},"data":{"tls.crt":"aGk="},"stringData":{"a":"b"}}));
        assert_eq!((&v["data"]["tls.crt"], &v["stringData"]["a"]), (&json!(MASKED), &json!(MASKED)));
    }

    #[test]
    fn names_that_only_look_alike_are_shown() {
        for shown in ["MODE", "KEYSPACE", "PORT", "AUTHOR", "PASSENGERS"] {
            assert!(!sounds_secret(shown), "{shown}");
        }
        for hidden in ["aws-secret-access-key", "SSH_KEY", "authToken", "PGPASSWORD", "BASIC_AUTH", "SENTRY_DSN"] {
            assert!(sounds_secret(hidden), "{hidden}");
        }
    }

    #[test]
    fn an_empty_value_stays_empty() {
        let v = masked(&json!({"env":[{"name":"TOKEN","value":""}]}));
        assert_eq!(v["env"][0]["value"], "");
    }
}
