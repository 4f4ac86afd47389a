//! What may be sent at all, by HTTP verb: the last gate before the network, below every other check.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use http::Method;
use model::{Sentence, sentence};

const READ_ONLY: u8 = 1;
const STALE: u8 = 2;

/// Shared switch of one connection. Clones act on the same connection.
#[derive(Clone, Debug)]
pub struct WritePolicy(Arc<AtomicU8>);

/// Why a request was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum Refusal {
    /// The context is read-only.
    ReadOnly,
    /// What is shown is older than it may be.
    Stale,
}

impl Refusal {
    /// For people.
    pub fn said(self) -> Sentence {
        match self {
            Refusal::ReadOnly => sentence!("the context is read-only; unlock it first"),
            Refusal::Stale => sentence!("the view is stale; nothing is written until it is live again"),
        }
    }
}

impl WritePolicy {
    /// A new context: reads and dry runs only.
    pub fn read_only() -> Self {
        Self(Arc::new(AtomicU8::new(READ_ONLY)))
    }

    /// An unlocked context.
    pub fn writable() -> Self {
        Self(Arc::new(AtomicU8::new(0)))
    }

    /// Locks or unlocks.
    pub fn set_read_only(&self, yes: bool) {
        self.set(READ_ONLY, yes);
    }

    /// Marks the view stale or live; the feed does so by itself.
    pub fn set_stale(&self, yes: bool) {
        self.set(STALE, yes);
    }

    /// Whether the context is locked.
    pub fn is_read_only(&self) -> bool {
        self.0.load(Ordering::SeqCst) & READ_ONLY != 0
    }

    /// Whether the view is stale.
    pub fn is_stale(&self) -> bool {
        self.0.load(Ordering::SeqCst) & STALE != 0
    }

    fn set(&self, bit: u8, yes: bool) {
        if yes {
            self.0.fetch_or(bit, Ordering::SeqCst)
        } else {
            self.0.fetch_and(!bit, Ordering::SeqCst)
        };
    }

    /// Whether this request may be sent now. Reads, the question "may I?" and dry runs always may.
    pub fn check(&self, method: &Method, path: &str, query: Option<&str>) -> Result<(), Refusal> {
        let asks = *method == Method::POST && path.ends_with("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
        let dry = query.is_some_and(|q| q.split('&').any(|p| p == "dryRun=All"));
        if matches!(*method, Method::GET | Method::HEAD) || asks || dry {
            return Ok(());
        }
        match self.0.load(Ordering::SeqCst) {
            bits if bits & READ_ONLY != 0 => Err(Refusal::ReadOnly),
            bits if bits & STALE != 0 => Err(Refusal::Stale),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_or_stale_connection_lets_only_reads_questions_and_dry_runs_through() {
        let p = WritePolicy::read_only();
        let svc = "/api/v1/namespaces/shop/services/web";
        for (method, path, query, expect) in [
            (Method::GET, svc, None, Ok(())),
            (Method::POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", None, Ok(())),
            (Method::PATCH, svc, Some("fieldManager=x&dryRun=All"), Ok(())),
            (Method::PATCH, svc, Some("fieldManager=dryRun=All"), Err(Refusal::ReadOnly)),
            (Method::PATCH, svc, None, Err(Refusal::ReadOnly)),
            (Method::POST, svc, None, Err(Refusal::ReadOnly)),
            (Method::PUT, svc, None, Err(Refusal::ReadOnly)),
            (Method::DELETE, svc, None, Err(Refusal::ReadOnly)),
        ] {
            assert_eq!(p.check(&method, path, query), expect, "{method} {path} {query:?}");
        }
        p.set_read_only(false);
        assert_eq!(p.check(&Method::PATCH, svc, None), Ok(()));
        p.clone().set_stale(true);
        assert_eq!(p.check(&Method::PATCH, svc, None), Err(Refusal::Stale));
    }
}
