//! Loops over the list of routers: name, fixtures, goldens. `UPDATE_GOLDEN=1` rewrites the goldens.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use model::{Backend, Kind, ObjectSet, Route};
use traffic::routers::ALL;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/routers")
}

fn objects(file: &Path) -> ObjectSet {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let decode = |v: &serde_json::Value| {
        let kind: Kind = v["kind"].as_str().expect("has a kind").parse().expect("a known kind");
        kind.decode_value(v).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    };
    documents.iter().filter(|v| !v.is_null()).map(decode).collect()
}

fn cases(router: &str) -> Vec<PathBuf> {
    let folder = fixtures().join(router);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut cases: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).filter(|p| p.is_dir()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{router} has no fixture");
    cases
}

fn said(routes: &[Route]) -> String {
    let mut text = String::new();
    for r in routes {
        let host = if r.matches.host.is_empty() { "*" } else { &r.matches.host };
        let also: Vec<String> = r.matches.also.iter().map(ToString::to_string).collect();
        let also = if also.is_empty() { String::new() } else { format!(" [{}]", also.join(", ")) };
        let entries: Vec<String> = r.entries.iter().map(|e| e.said()).collect();
        writeln!(text, "{host}{} ({}){also}", r.matches.path, r.matches.path_type).expect("writes");
        writeln!(
            text,
            "  {} {}, from {}",
            r.object.said(),
            r.pointer,
            if entries.is_empty() { "nowhere".into() } else { entries.join(", ") }
        )
        .expect("writes");
        for (i, b) in r.split.backends.iter().enumerate() {
            writeln!(text, "  {:>5.1} % {}", r.split.share(i) * 100.0, backend(b)).expect("writes");
        }
        if r.split.elsewhere > 0 {
            writeln!(text, "  weight {} elsewhere", r.split.elsewhere).expect("writes");
        }
        r.mirrors.iter().for_each(|b| writeln!(text, "  mirror  {}", backend(b)).expect("writes"));
    }
    text
}

fn backend(b: &Backend) -> String {
    format!("{} port {} weight {}", b.object.said(), b.port.as_deref().unwrap_or("-"), b.weight.0)
}

#[test]
fn names_are_unique_and_each_router_reads_what_it_declares() {
    let names: BTreeSet<_> = ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names.len(), ALL.len());
    assert!(ALL.iter().all(|r| r.kinds().contains(&r.declares())));
}

#[test]
fn routes_are_as_the_goldens_say() {
    for router in ALL {
        for case in cases(router.name()) {
            let set = objects(&case.join("objects.yaml"));
            let (got, golden) = (said(&router.routes(&set)), case.join("routes.txt"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&golden, &got).expect("writes");
            }
            let want = std::fs::read_to_string(&golden).unwrap_or_default();
            assert_eq!(got, want, "{} (UPDATE_GOLDEN=1 rewrites)", golden.display());
        }
    }
}

#[test]
fn observe_finds_each_declared_split_again() {
    for router in ALL {
        for case in cases(router.name()) {
            let set = objects(&case.join("objects.yaml"));
            for route in router.routes(&set) {
                assert_eq!(router.observe(&route, &set).as_ref(), Ok(&route.split), "{}", route.object);
                let error = router.observe(&route, &ObjectSet::default()).expect_err("the object is gone");
                assert_eq!(error.to_string(), format!("{}: is gone", route.object.said()));
            }
        }
    }
}
