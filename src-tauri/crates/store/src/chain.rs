//! The chain of hashes that ties a run's entries to its header and to each other.

use sha2::{Digest, Sha256};

/// SHA-256.
pub type Link = [u8; 32];

/// What a run's header says; the first link of its chain is made of it.
pub struct Header<'a> {
    pub id: &'a str,
    pub plan: &'a str,
    pub plan_hash: &'a str,
    pub context: &'a str,
    pub target: &'a str,
    pub strategy: &'a str,
    pub started_at: &'a str,
    pub reason: Option<&'a str>,
}

/// Link that stands before a run's first entry.
pub fn first(header: &Header<'_>) -> Link {
    let (given, reason) = match header.reason {
        Some(reason) => ("reason", reason),
        None => ("no reason", ""),
    };
    digest(&[
        b"changeover run 1",
        header.id.as_bytes(),
        header.plan.as_bytes(),
        header.plan_hash.as_bytes(),
        header.context.as_bytes(),
        header.target.as_bytes(),
        header.strategy.as_bytes(),
        header.started_at.as_bytes(),
        given.as_bytes(),
        reason.as_bytes(),
    ])
}

/// Link of an entry, given the one before it.
pub fn next(before: &Link, run: &str, seq: u64, epoch: u64, at: &str, json: &str) -> Link {
    digest(&[b"changeover entry 1", before, run.as_bytes(), &seq.to_be_bytes(), &epoch.to_be_bytes(), at.as_bytes(), json.as_bytes()])
}

// Each part goes in with its length, so that no two lists of parts run into the same bytes.
fn digest(parts: &[&[u8]]) -> Link {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_an_entry_changes_its_link() {
        let base = next(&[0; 32], "r", 1, 1, "t", "{}");
        for other in [
            next(&[1; 32], "r", 1, 1, "t", "{}"),
            next(&[0; 32], "s", 1, 1, "t", "{}"),
            next(&[0; 32], "r", 2, 1, "t", "{}"),
            next(&[0; 32], "r", 1, 2, "t", "{}"),
            next(&[0; 32], "r", 1, 1, "u", "{}"),
            next(&[0; 32], "r", 1, 1, "t", "[]"),
            next(&[0; 32], "r", 1, 1, "t{", "}"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn no_reason_is_not_an_empty_reason() {
        let header =
            |reason| Header { id: "r", plan: "p", plan_hash: "h", context: "c", target: "t", strategy: "s", started_at: "a", reason };
        assert_ne!(first(&header(None)), first(&header(Some(""))));
    }
}
