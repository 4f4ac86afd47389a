//! What every cutover on a real node is held to: what clients met, and what stood behind the Service meanwhile.

use std::collections::BTreeSet;

use evidence::LoadReport;

use crate::real::{Look, PODS};

/// Versions that answered.
pub fn versions(report: &LoadReport) -> BTreeSet<&str> {
    report.versions.keys().map(String::as_str).collect()
}

/// Every request was answered, and some were sent.
pub fn none_failed(what: &str, report: &LoadReport) {
    assert_eq!((report.failed, report.sent), (0, report.answered), "{what}: {:?} {:?}", report.reasons, report.failures);
    assert!(report.answered > 0, "{what}: nothing was asked");
}

/// Never fewer ready endpoints than the shop has pods.
pub fn always_enough(looks: &[Look]) {
    let fewest = looks.iter().min_by_key(|l| l.ready).expect("looked");
    assert!(fewest.ready >= PODS, "of {} looks one saw {fewest:?}", looks.len());
}
