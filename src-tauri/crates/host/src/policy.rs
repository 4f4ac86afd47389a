//! Who may be written to: environments and the unlocking of contexts.
//!
//! New contexts are read only. A production context is protected: it is unlocked by typing its name, for eight hours.
//! `--read-only` overrides everything. A server that is not verified may be somebody else's: it is written to only where
//! somebody said why, and never in production.

use api::{Code, ConfirmNeed, Environment, UiError, Writes};
use jiff::{SignedDuration, Timestamp};
use model::sentence;
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

/// A context as it stands before the question whether it may be written to.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is remembered of it.
    pub record: &'a ContextRecord,
    /// Whether the kubeconfig lets its server be verified.
    pub verified: bool,
    /// `--read-only`.
    pub read_only: bool,
    /// Now.
    pub now: Timestamp,
}

impl Standing<'_> {
    fn protected(&self) -> bool {
        protected(environment(self.name, self.record))
    }

    /// Whether writes may leave.
    pub fn may_write(&self) -> bool {
        let sure = self.verified || (self.record.unverified.is_some() && !self.protected());
        self.record.may_write(self.now) && sure && !self.read_only
    }

    /// What the front end shows; `stale` = the view is too old to write on.
    pub fn writes(&self, stale: bool) -> Writes {
        match (self.may_write(), self.protected()) {
            (true, _) if stale => Writes::Off,
            (true, true) => Writes::Unlocked,
            (true, false) => Writes::Allowed,
            (false, _) if !self.verified => Writes::Unverified,
            (false, true) => Writes::Protected,
            (false, false) => Writes::ReadOnly,
        }
    }
}

/// Allows writes. `typed` must be the name where the context is protected; a server that is not verified wants a reason.
/// Gives what is to be remembered.
pub fn unlock(at: Standing<'_>, typed: &str, reason: Option<&str>) -> Result<ContextRecord, UiError> {
    let (name, guarded) = (at.name, at.protected());
    let reason = reason.map(str::trim).filter(|r| !r.is_empty());
    if at.read_only {
        return Err(UiError::new(Code::Locked, sentence!("context {name}: read only, by --read-only", name))
            .hint(sentence!("start without --read-only")));
    }
    if !at.verified && guarded {
        let said = sentence!("context {name}: its server is not verified, and production is not written to that way", name);
        return Err(UiError::new(Code::Locked, said).hint(sentence!("name its certificate authority in the kubeconfig")));
    }
    if guarded && typed != name {
        return Err(UiError::new(Code::Locked, sentence!("context {name}: protected, its name must be typed", name))
            .hint(sentence!("type {name}", name)));
    }
    if !guarded && !typed.is_empty() && typed != name {
        return Err(UiError::new(Code::Usage, sentence!("context {name}: another name was typed ({typed})", name, typed)));
    }
    if !at.verified && reason.is_none() {
        let said = sentence!("context {name}: its server is not verified", name).and(sentence!("writing to it wants a reason"));
        let hint = sentence!("name its certificate authority in the kubeconfig")
            .and(sentence!("or, on the command line: --unverified-because REASON"));
        return Err(UiError::new(Code::Locked, said).hint(hint));
    }
    Ok(ContextRecord {
        write: WriteMode::Unlocked,
        unlocked_until: guarded.then(|| at.now.saturating_add(UNLOCKED_FOR).unwrap_or(at.now)),
        unverified: reason.filter(|_| !at.verified).map(str::to_string),
        ..at.record.clone()
    })
}

/// Makes it read only again.
pub fn lock(record: &mut ContextRecord) {
    record.write = WriteMode::ReadOnly;
    record.unlocked_until = None;
    record.unverified = None;
}

/// What a start asks for. A protected context that is not unlocked is unlocked by the typed name at the start itself.
pub fn confirm(writes: Writes) -> ConfirmNeed {
    match writes {
        Writes::Protected => ConfirmNeed::Type,
        Writes::Unlocked => ConfirmNeed::Hold,
        Writes::ReadOnly | Writes::Allowed | Writes::Off | Writes::Unverified => ConfirmNeed::Key,
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

    fn at<'a>(name: &'a str, record: &'a ContextRecord, now: Timestamp) -> Standing<'a> {
        Standing { name, record, verified: true, read_only: false, now }
    }

    #[test]
    fn a_new_context_is_read_only() {
        let r = ContextRecord::default();
        assert_eq!(at("x", &r, NOON).writes(false), Writes::ReadOnly);
        assert_eq!(at("prod", &r, NOON).writes(false), Writes::Protected);
    }

    #[test]
    fn a_protected_context_wants_its_name_and_locks_itself_after_eight_hours() {
        let new = ContextRecord::default();
        assert_eq!(unlock(at("prod", &new, NOON), "yes", None).expect_err("refused").code, Code::Locked);
        let r = unlock(at("prod", &new, NOON), "prod", None).expect("unlocks");
        assert_eq!(at("prod", &r, later(7)).writes(false), Writes::Unlocked);
        assert_eq!(at("prod", &r, later(9)).writes(false), Writes::Protected);
    }

    #[test]
    fn an_unprotected_context_needs_no_name_but_refuses_a_wrong_one() {
        let new = ContextRecord::default();
        assert_eq!(unlock(at("dev", &new, NOON), "prod", None).expect_err("refused").code, Code::Usage);
        let r = unlock(at("dev", &new, NOON), "", None).expect("unlocks");
        assert_eq!(at("dev", &r, later(999)).writes(false), Writes::Allowed);
        assert_eq!(at("dev", &r, NOON).writes(true), Writes::Off, "stale");
    }

    #[test]
    fn a_server_that_is_not_verified_is_written_to_for_a_reason_and_never_in_production() {
        let new = ContextRecord::default();
        let unsure = |name, record| Standing { verified: false, ..at(name, record, NOON) };
        assert_eq!(unsure("dev", &new).writes(false), Writes::Unverified);
        for reason in [None, Some(""), Some("  ")] {
            assert_eq!(unlock(unsure("dev", &new), "", reason).expect_err("no reason").code, Code::Locked);
        }
        assert_eq!(unlock(unsure("prod", &new), "prod", Some("why")).expect_err("production").code, Code::Locked);
        let r = unlock(unsure("dev", &new), "", Some(" own machine ")).expect("unlocks");
        assert_eq!((unsure("dev", &r).writes(false), r.unverified.as_deref()), (Writes::Allowed, Some("own machine")));
        // Somebody says later that it is production, or that it was unlocked while its server was verified.
        assert!(!unsure("prod", &r).may_write());
        let before = unlock(at("dev", &new, NOON), "", Some("not kept")).expect("unlocks");
        assert_eq!((unsure("dev", &before).writes(false), before.unverified), (Writes::Unverified, None));
        let mut locked = r;
        lock(&mut locked);
        assert_eq!(locked.unverified, None);
    }

    #[test]
    fn read_only_wins_over_everything() {
        let mut r = ContextRecord { write: WriteMode::Unlocked, ..ContextRecord::default() };
        let by_flag = |record| Standing { read_only: true, ..at("dev", record, NOON) };
        assert_eq!(by_flag(&r).writes(false), Writes::ReadOnly);
        assert!(unlock(by_flag(&r), "dev", None).is_err());
        lock(&mut r);
        assert_eq!(at("dev", &r, NOON).writes(false), Writes::ReadOnly);
    }
}
