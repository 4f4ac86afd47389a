//! Values that stand in a template in plain text and should not be passed on: told by the variable's name, or by a URL that
//! carries a password. Values of Secret objects never come here.

use serde_json::Value;

// Parts of names whose values are hidden. `key` alone would hide too much (`keyspace`, `monkey`); it must end the name.
const SECRET_WORDS: [&str; 12] =
    ["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "credential", "private", "dsn", "cookie", "session"];
const SECRET_ENDS: [&str; 5] = ["key", "_key", "auth", "_pass", "_pwd"];

/// Whether the value of a variable of that name is hidden.
pub fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '.'], "_");
    SECRET_WORDS.iter().any(|w| name.contains(w)) || SECRET_ENDS.iter().any(|e| name.ends_with(e)) || name == "pass" || name == "pwd"
}

/// A URL's password (`scheme://user:password@host`) is hidden whatever the name of the variable.
pub fn has_password(value: &str) -> bool {
    value
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?']).next())
        .is_some_and(|authority| authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')))
}

/// Names of the variables of a pod template, or of anything that holds one, whose literal values are not to be passed on.
pub fn literal(value: &Value) -> Vec<&str> {
    let mut found = vec![];
    search(value, &mut found);
    found
}

fn search<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            if let (Some(name), Some(text)) = (map.get("name").and_then(Value::as_str), map.get("value").and_then(Value::as_str))
                && !text.is_empty()
                && (sounds_secret(name) || has_password(text))
            {
                found.push(name);
            }
            map.values().for_each(|v| search(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| search(v, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn literal_credentials_are_found_wherever_a_template_stands() {
        let env = json!([{"name":"LOG","value":"info"},{"name":"DB_PASSWORD","value":"x"},{"name":"API_TOKEN","value":""},
            {"name":"DB","value":"postgres://ann:pw@db/shop"},{"name":"KEY","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]);
        let manifest = json!({"steps":[{"manifest":{"spec":{"template":{"spec":{"containers":[{"name":"web","env":env}]}}}}}]});
        assert_eq!(literal(&manifest), ["DB_PASSWORD", "DB"]);
    }
}
