//! How an outcome is weighed. The one place where it is decided what speaks for, what speaks against, and what says
//! nothing.
//!
//! | Outcome | Verdict |
//! |---|---|
//! | an answer, status 200–399 (a redirect is an answer; it is not followed) | for |
//! | an answer, any other status | against |
//! | an answer that began and did not end in time, or was cut | against |
//! | bytes that are not HTTP | against |
//! | no connection, or a connection without an answer | missing |
//! | the same, where this source answered earlier in the run **and** the API server answers now | against |
//! | simulated pods; a question that could not be asked | missing |
//!
//! A silent entry is weighed with its history because silence has two causes. If the entry never answered from here,
//! the likely one is between here and there (no route, a firewall, a name that is not in the DNS): no data. If it did
//! answer, and the network still carries us to the API server, the entry has stopped answering. The second condition
//! keeps a workstation that lost its network from flipping traffic back when it returns.

use engine::VerdictKind;

/// What came of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A whole answer, or as much of it as is read.
    Answered {
        /// HTTP status.
        status: u16,
    },
    /// The answer began and did not end.
    Unfinished {
        /// HTTP status.
        status: u16,
        /// `not finished in 5 s`, `cut after 12 bytes`.
        why: String,
    },
    /// Bytes came that are not HTTP.
    NotHttp {
        /// What is wrong with them.
        why: String,
    },
    /// Connected, and nothing came.
    NoAnswer {
        /// `none in 5 s`, `connection closed`.
        why: String,
    },
    /// Not connected: no address, refused, no route, TLS not trusted, no tunnel.
    NoConnection {
        /// How it failed.
        why: String,
    },
    /// Nothing runs in these pods.
    Simulated,
    /// The question could not be asked.
    NotAsked {
        /// Why not.
        why: String,
    },
}

/// What is known besides the outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The same source spoke for it earlier in this run.
    pub answered_before: bool,
    /// The API server answers at this moment.
    pub network_is_up: bool,
}

/// Whether nothing came back.
pub fn silent(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NoAnswer { .. } | Outcome::NoConnection { .. })
}

/// The verdict; see the table above.
pub fn weigh(outcome: &Outcome, standing: Standing) -> VerdictKind {
    match outcome {
        Outcome::Answered { status: 200..=399 } => VerdictKind::For,
        Outcome::Answered { .. } | Outcome::Unfinished { .. } | Outcome::NotHttp { .. } => VerdictKind::Against,
        Outcome::NoAnswer { .. } | Outcome::NoConnection { .. } if standing.answered_before && standing.network_is_up => {
            VerdictKind::Against
        }
        Outcome::NoAnswer { .. } | Outcome::NoConnection { .. } | Outcome::Simulated | Outcome::NotAsked { .. } => VerdictKind::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outcome: Outcome, expect: VerdictKind) {
        for standing in [(false, false), (true, false), (false, true)] {
            let standing = Standing { answered_before: standing.0, network_is_up: standing.1 };
            assert_eq!(weigh(&outcome, standing), expect, "{outcome:?} {standing:?}");
        }
    }

    #[test]
    fn the_status_decides() {
        for status in [200, 204, 301, 399] {
            check(Outcome::Answered { status }, VerdictKind::For);
        }
        for status in [100, 400, 404, 500, 503] {
            check(Outcome::Answered { status }, VerdictKind::Against);
        }
    }

    #[test]
    fn silence_is_no_data_unless_it_answered_before_and_the_network_is_up() {
        for outcome in [Outcome::NoConnection { why: "refused".into() }, Outcome::NoAnswer { why: "closed".into() }] {
            check(outcome.clone(), VerdictKind::Missing);
            assert_eq!(weigh(&outcome, Standing { answered_before: true, network_is_up: true }), VerdictKind::Against);
        }
        let both = Standing { answered_before: true, network_is_up: true };
        assert_eq!(weigh(&Outcome::Simulated, both), VerdictKind::Missing);
        assert_eq!(weigh(&Outcome::NotAsked { why: "no URL".into() }, both), VerdictKind::Missing);
    }
}
