//! Fixtures for the tests of this room.
#![allow(dead_code)] // each test file uses its part

use std::path::{Path, PathBuf};

use model::{Kind, Object};

/// `tests/fixtures` of the project.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures")
}

/// Objects of a YAML file with one document each.
pub fn objects(file: &Path) -> Vec<Object> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let decode = |v: &serde_json::Value| {
        let kind: Kind = v["kind"].as_str().expect("has a kind").parse().expect("a known kind");
        kind.decode_value(v).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    };
    documents.iter().filter(|v| !v.is_null()).map(decode).collect()
}

/// Cases of a fixture folder, by name; there is at least one.
pub fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = fixtures().join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut cases: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).filter(|p| p.is_dir()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no case", folder.display());
    cases
}

/// Compares with the golden; `UPDATE_GOLDEN=1` rewrites it.
pub fn golden(file: &Path, got: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, got).expect("writes");
    }
    let want = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(got, want, "{} (UPDATE_GOLDEN=1 rewrites)", file.display());
}
