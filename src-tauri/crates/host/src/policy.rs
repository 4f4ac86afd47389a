//! Who may be written to: environments and the unlocking of contexts.
//!
//! New contexts are read only. A production context is protected: it is unlocked by typing its name, for eight hours.
//! `--read-only` overrides everything.

use api::{Code, ConfirmNeed, Environment, UiError, Writes};
use jiff::{SignedDuration, Timestamp};
use store::{ContextRecord, WriteMode};

/// How long a protected context stays unlocked.
pub const UNLOCKED_FOR: SignedDuration = SignedDuration::from_hours(8);

/// Environment by the context's name, as long as nobody said otherwise. A wrong guess costs a name typed, or a click.
pub fn guess(name: &str) -> Environment {
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let starts = |stems: &[&str]| words.iter().any(|w| stems.iter().any(|s| w.starts_with(s)));
    let is = |all: &[&str]| words.iter().any(|w| all.contains(w));
    // A name that says both (`non-prod`, `preprod`) is not production.
    if is(&["nonprod", "preprod"]) || (is(&["non", "pre"]) && starts(&["prod"])) || starts(&["stag", "qa", "uat", "preprod"]) {
        Environment::Staging
    } else if words.iter().any(|w| w.starts_with("prod") && (!w.starts_with("product") || w.starts_with("production")))
        || is(&["prd", "live"])
    {
        Environment::Production
    } else if starts(&["practice", "changeover"]) {
        Environment::Practice
    } else if starts(&["dev", "test", "sandbox", "minikube", "kind", "k3d", "docker"]) || is(&["local", "lab"]) {
        Environment::Development
    } else {
        Environment::None
    }
}

/// The environment that counts: what somebody said, else the guess.
pub fn environment(name: &str, record: &ContextRecord) -> Environment {
    match record.environment {
        store::Environment::Unknown => guess(name),
        store::Environment::Production => Environment::Production,
        store::Environment::Staging => Environment::Staging,
        store::Environment::Development => Environment::Development,
        store::Environment::Practice => Environment::Practice,
    }
}

/// As it is kept; *none* = as guessed.
pub fn kept(environment: Environment) -> store::Environment {
    match environment {
        Environment::Production => store::Environment::Production,
        Environment::Staging => store::Environment::Staging,
        Environment::Development => store::Environment::Development,
        Environment::Practice => store::Environment::Practice,
        Environment::None => store::Environment::Unknown,
    }
}

/// Whether its name has to be typed.
pub fn protected(environment: Environment) -> bool {
    environment == Environment::Production
}

/// What the front end shows; `stale` = the view is too old to write on.
pub fn writes(environment: Environment, record: &ContextRecord, read_only: bool, stale: bool, now: Timestamp) -> Writes {
    match (record.may_write(now) && !read_only, protected(environment)) {
        (true, _) if stale => Writes::Off,
        (true, true) => Writes::Unlocked,
        (true, false) => Writes::Allowed,
        (false, true) => Writes::Protected,
        (false, false) => Writes::ReadOnly,
    }
}

/// Allows writes; `typed` must be the name where the context is protected.
pub fn unlock(name: &str, typed: &str, record: &mut ContextRecord, read_only: bool, now: Timestamp) -> Result<(), UiError> {
    if read_only {
        return Err(UiError::new(Code::Locked, format!("context {name}: read only, by --read-only")).hint("start without --read-only"));
    }
    let guarded = protected(environment(name, record));
    if guarded && typed != name {
        return Err(UiError::new(Code::Locked, format!("context {name}: protected, its name must be typed")).hint(format!("type {name}")));
    }
    if !guarded && !typed.is_empty() && typed != name {
        return Err(UiError::new(Code::Usage, format!("context {name}: another name was typed ({typed})")));
    }
    record.write = WriteMode::Unlocked;
    record.unlocked_until = guarded.then(|| now.saturating_add(UNLOCKED_FOR).unwrap_or(now));
    Ok(())
}

/// Makes it read only again.
pub fn lock(record: &mut ContextRecord) {
    record.write = WriteMode::ReadOnly;
    record.unlocked_until = None;
}

/// What a start asks for. A protected context that is not unlocked is unlocked by the typed name at the start itself.
pub fn confirm(writes: Writes) -> ConfirmNeed {
    match writes {
        Writes::Protected => ConfirmNeed::Type,
        Writes::Unlocked => ConfirmNeed::Hold,
        Writes::ReadOnly | Writes::Allowed | Writes::Off => ConfirmNeed::Key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::UNIX_EPOCH;

    fn later(hours: i64) -> Timestamp {
        NOON + SignedDuration::from_hours(hours)
    }

    #[test]
    fn environments_are_guessed_from_names() {
        for (name, expect) in [
            ("prod-kr", Environment::Production),
            ("arn:aws:eks:eu:1:cluster/production-1", Environment::Production),
            ("shop-prd", Environment::Production),
            ("non-prod", Environment::Staging),
            ("preprod-eu", Environment::Staging),
            ("staging", Environment::Staging),
            ("dev-1", Environment::Development),
            ("kind-test", Environment::Development),
            ("practice", Environment::Practice),
            ("product-catalogue", Environment::None),
            ("blue", Environment::None),
        ] {
            assert_eq!(guess(name), expect, "{name}");
        }
    }

    #[test]
    fn a_new_context_is_read_only() {
        let r = ContextRecord::default();
        assert_eq!(writes(Environment::None, &r, false, false, NOON), Writes::ReadOnly);
        assert_eq!(writes(Environment::Production, &r, false, false, NOON), Writes::Protected);
    }

    #[test]
    fn a_protected_context_wants_its_name_and_locks_itself_after_eight_hours() {
        let mut r = ContextRecord::default();
        assert_eq!(unlock("prod", "yes", &mut r, false, NOON).expect_err("refused").code, Code::Locked);
        unlock("prod", "prod", &mut r, false, NOON).expect("unlocks");
        assert_eq!(writes(Environment::Production, &r, false, false, later(7)), Writes::Unlocked);
        assert_eq!(writes(Environment::Production, &r, false, false, later(9)), Writes::Protected);
    }

    #[test]
    fn an_unprotected_context_needs_no_name_but_refuses_a_wrong_one() {
        let mut r = ContextRecord::default();
        assert_eq!(unlock("dev", "prod", &mut r, false, NOON).expect_err("refused").code, Code::Usage);
        unlock("dev", "", &mut r, false, NOON).expect("unlocks");
        assert_eq!(writes(Environment::Development, &r, false, false, later(999)), Writes::Allowed);
        assert_eq!(writes(Environment::Development, &r, false, true, NOON), Writes::Off, "stale");
    }

    #[test]
    fn read_only_wins_over_everything() {
        let mut r = ContextRecord { write: WriteMode::Unlocked, ..ContextRecord::default() };
        assert_eq!(writes(Environment::None, &r, true, false, NOON), Writes::ReadOnly);
        assert!(unlock("dev", "dev", &mut r, true, NOON).is_err());
        lock(&mut r);
        assert_eq!(writes(Environment::None, &r, false, false, NOON), Writes::ReadOnly);
    }
}
