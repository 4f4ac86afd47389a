//! A few seconds of `cargo xtask fuzz`, always with the same inputs; and that the fuzzer finds what it is there to find.

use std::path::Path;
use std::process::{Command, Output};

fn fuzz(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fuzz")).args(arguments).arg("--folder").arg(folder).args(["--seed", "1"]).output().expect("started")
}

#[test]
fn what_others_wrote_is_read_or_refused_whatever_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let ran = fuzz(dir.path(), &["--cases", "300"]);
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(said.matches("survived 300 inputs").count(), acceptance::fuzz::TARGETS.len(), "{said}");
}

#[test]
fn what_is_not_survived_is_found_named_and_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    for (target, why) in [
        ("panics", "a planted panic"),
        ("lies", "a claim that does not hold"),
        ("overflows", "overflow"),
        ("swells", "memory allocation of 2147483648 bytes failed"),
    ] {
        let ran = fuzz(dir.path(), &[target, "--cases", "20000"]);
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(!ran.status.success() && said.contains(why) && said.contains("NOT SURVIVED (seed 1)"), "{target}: {said}");
        let kept = std::fs::read_dir(dir.path().join(target)).expect("a folder").flatten().map(|f| f.path()).collect::<Vec<_>>();
        assert_eq!(kept.len(), 1, "{kept:?}");
        let again = fuzz(dir.path(), &[target, "--input", kept[0].to_str().expect("text")]);
        assert!(!again.status.success(), "{target} once more");
    }
}
