//! What a log must not hold: tokens, passwords, keys. Lines are read as text, for they come from everywhere.

use plan::secrets::{has_password, sounds_secret};

use crate::mask::MASKED;

/// A line without what opens a door: values whose name sounds secret, bearer tokens, JSON web tokens, URLs with a password, PEM.
pub fn redacted(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut hide_next = false;
    for piece in line.split_inclusive(|c: char| c.is_whitespace()) {
        let word = piece.trim_end();
        let gap = &piece[word.len()..];
        if word.is_empty() {
            out.push_str(gap);
            continue;
        }
        let (shown, next) = if hide_next { (MASKED.to_string(), false) } else { shown(word) };
        hide_next = next || hide_next && word.eq_ignore_ascii_case("bearer");
        out.push_str(&shown);
        out.push_str(gap);
    }
    out
}

/// A word as it is shown, and whether the next one is hidden.
fn shown(word: &str) -> (String, bool) {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    if bare.eq_ignore_ascii_case("bearer") {
        return (word.to_string(), true);
    }
    if is_token(bare) || word.starts_with("-----BEGIN") || word.split(['"', '\'', ',']).any(has_password) {
        return (MASKED.to_string(), false);
    }
    if let Some((name, value)) = word.split_once(['=', ':'])
        && sounds_secret(name.trim_matches(|c: char| !c.is_alphanumeric()))
    {
        let sign = &word[name.len()..=name.len()];
        return if value.is_empty() { (word.to_string(), true) } else { (format!("{name}{sign}{MASKED}"), false) };
    }
    (word.to_string(), false)
}

/// A JSON web token: three parts in base64url, of which the first begins as `{"` does.
fn is_token(word: &str) -> bool {
    let part = |p: &str| p.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    word.starts_with("eyJ") && word.split('.').count() == 3 && word.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_door_is_hidden_and_the_rest_stays_as_it_was() {
        for line in [
            "Authorization: Bearer hunter2",
            "token=hunter2 namespace=shop",
            "password: hunter2",
            "\"client-key\":\"hunter2\"",
            "proxy http://ann:hunter2@proxy:3128 refused",
            "url=\"https://ann:hunter2@host/x\"",
            "got eyJhbGciOiJub25lIn0.hunter2.abc_-1 back",
            "-----BEGIN-hunter2",
        ] {
            let told = redacted(line);
            assert!(!told.contains("hunter2") && told.contains(MASKED), "{line}: {told}");
        }
        let calm = "  2026-11-27T15:00:00Z  WARN cluster: context=prod-kr  https://10.0.0.1:6443 answered 403: pods is forbidden\n";
        assert_eq!(redacted(calm), calm);
    }
}
