//! How an outcome is weighed. The one place where it is decided what speaks for, what speaks against, and what says
//! nothing.
//!
//! | Outcome | Verdict |
//! |---|---|
//! | an answer, status 200–399 (a redirect is an answer; it is not followed) | for |
//! | an answer, any other status | against |
//! | an answer that began and did not end in time, or was cut | against |
//! | bytes that are not HTTP | against |
//! | silence: no address, no route, no tunnel, TLS not trusted, nothing in time | missing |
//! | turned away: the connection refused, reset or closed without an answer | missing |
//! | the same, where this source answered earlier in the run **and** the API server answers now | against |
//! | simulated pods; a question that could not be asked | missing |
//!
//! Silence is never more than missing: a way to the entry that breaks (a VPN that drops, a name that no longer resolves)
//! looks the same from here as an entry that stopped, and evidence against moves traffic back unasked. To be turned away
//! is an act of somebody on the way: after an answer, and while the network carries us to the API server, most likely
//! the entry's. If it never answered from here it may as well be a firewall's.

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
        /// `none in 5 s`.
        why: String,
    },
    /// Not connected: no address, no route, nothing in time, TLS not trusted, no tunnel.
    NoConnection {
        /// How it failed.
        why: String,
    },
    /// The other side refused the connection, reset it, or closed it without an answer.
    TurnedAway {
        /// How.
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

/// The verdict; see the table above.
pub fn weigh(outcome: &Outcome, standing: Standing) -> VerdictKind {
    match outcome {
        Outcome::Answered { status: 200..=399 } => VerdictKind::For,
        Outcome::Answered { .. } | Outcome::Unfinished { .. } | Outcome::NotHttp { .. } => VerdictKind::Against,
        Outcome::TurnedAway { .. } if standing.answered_before && standing.network_is_up => VerdictKind::Against,
        Outcome::NoAnswer { .. }
        | Outcome::NoConnection { .. }
        | Outcome::TurnedAway { .. }
        | Outcome::Simulated
        | Outcome::NotAsked { .. } => VerdictKind::Missing,
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
    fn silence_is_no_data_whatever_was_before() {
        let both = Standing { answered_before: true, network_is_up: true };
        for outcome in [
            Outcome::NoConnection { why: "no address".into() },
            Outcome::NoAnswer { why: "none in 5 s".into() },
            Outcome::Simulated,
            Outcome::NotAsked { why: "no URL".into() },
        ] {
            check(outcome.clone(), VerdictKind::Missing);
            assert_eq!(weigh(&outcome, both), VerdictKind::Missing, "{outcome:?}");
        }
    }

    #[test]
    fn to_be_turned_away_speaks_against_where_it_answered_before_and_the_network_is_up() {
        let outcome = Outcome::TurnedAway { why: "refused".into() };
        check(outcome.clone(), VerdictKind::Missing);
        assert_eq!(weigh(&outcome, Standing { answered_before: true, network_is_up: true }), VerdictKind::Against);
    }
}
