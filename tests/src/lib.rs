//! Acceptance: real cluster, real window.
