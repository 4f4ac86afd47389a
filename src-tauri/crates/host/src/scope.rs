//! Which namespaces are read, and which of them are shown.

use std::collections::BTreeSet;

/// Namespaces: all, or these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that may be seen.
    All,
    /// These.
    Only(BTreeSet<String>),
}

impl Scope {
    /// Of the names that a front end sends; none = all.
    pub fn of(names: &[String]) -> Self {
        if names.is_empty() { Scope::All } else { Scope::Only(names.iter().cloned().collect()) }
    }

    /// One namespace.
    pub fn one(name: &str) -> Self {
        Scope::Only([name.to_string()].into())
    }

    /// Whether everything of the other is in it.
    pub fn covers(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::All, _) => true,
            (Scope::Only(_), Scope::All) => false,
            (Scope::Only(mine), Scope::Only(theirs)) => theirs.is_subset(mine),
        }
    }

    /// Both.
    pub fn union(self, other: Scope) -> Self {
        match (self, other) {
            (Scope::Only(mine), Scope::Only(theirs)) => Scope::Only(mine.union(&theirs).cloned().collect()),
            _ => Scope::All,
        }
    }

    /// The names; `None` = all.
    pub fn names(&self) -> Option<&BTreeSet<String>> {
        match self {
            Scope::All => None,
            Scope::Only(names) => Some(names),
        }
    }
}

/// What is wanted of a live view: what has to be read, and which of it the map is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Read: for the map and for the runs that are driven.
    pub read: Scope,
    /// Shown on the map; within `read`.
    pub shown: Scope,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_covers_everything_and_nothing_less_covers_all() {
        let (a, ab) = (Scope::one("a"), Scope::of(&["a".into(), "b".into()]));
        assert!(Scope::All.covers(&ab) && ab.covers(&a) && !a.covers(&ab) && !ab.covers(&Scope::All));
        assert_eq!(a.clone().union(Scope::one("b")), ab);
        assert_eq!(a.union(Scope::All), Scope::All);
    }
}
