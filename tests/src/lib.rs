//! Acceptance: what a user relies on, against a real API server, a real node and the real window.
//!
//! The tests are in `tests/`; this library holds what they share. It does **not** know the rooms' insides: it starts the
//! programs that a user starts.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use xtask::lab::{Kind, Lab, LabDir};

pub mod axe;
pub mod bench;
pub mod desktop;
pub mod dice;
pub mod fault;
pub mod fuzz;
pub mod held;
pub mod journey;
pub mod labs;
pub mod oracle;
pub mod real;
pub mod registry;
pub mod scene;
pub mod standing;
pub mod tls;
pub mod window;

/// Anything that a test can stumble over; the message says what was waited for.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A program under test: `$NAME_BIN` (`CHANGEOVER_BIN`, `CHANGEOVERCTL_BIN`), else beside the tests' own folder.
pub fn program(name: &str) -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os(format!("{}_BIN", name.to_uppercase())) {
        return Ok(path.into());
    }
    let me = std::env::current_exe()?;
    let found = me.ancestors().map(|dir| dir.join(name)).find(|p| p.is_file());
    Ok(found.ok_or_else(|| format!("{name}: not built; run `cargo build -p changeover -p cli` or `cargo xtask test`"))?)
}

/// The lab that stands in `$CHANGEOVER_LAB_DIR`, which `cargo xtask test` sets, if it is of one of these kinds. Never the
/// user's own: tests make and break things.
pub fn lab(kinds: &[Kind]) -> Outcome<Lab> {
    let folder = std::env::var_os("CHANGEOVER_LAB_DIR").filter(|folder| !folder.is_empty());
    let folder = folder.ok_or(
        "no lab: run `cargo xtask test`, or let CHANGEOVER_LAB_DIR be a folder for tests alone and run `cargo xtask lab up` first",
    )?;
    let lab = Lab::open(LabDir::at(folder))?;
    let kind = lab.record().options.kind;
    if kinds.contains(&kind) { Ok(lab) } else { Err(format!("the lab in CHANGEOVER_LAB_DIR is {kind:?}; needed: {kinds:?}").into()) }
}

/// The sample shop's manifests, moved into another Kubernetes namespace and under another host; documents that hold one of
/// these texts are left out. What has no namespace is there once for all shops, and is left out too.
pub fn sample_shop(namespace: &str, host: &str, without: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lab/shop");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("the sample shop").flatten().map(|f| f.path()).collect();
    files.sort();
    let all: Vec<String> = files.iter().map(|f| std::fs::read_to_string(f).expect("reads")).collect();
    let all = all.join("\n---\n").replace("shop.example.com", host).replace("namespace: shop", &format!("namespace: {namespace}"));
    let here = all.split("\n---\n").filter(|d| d.contains("namespace:") && !without.iter().any(|text| d.contains(text)));
    here.collect::<Vec<_>>().join("\n---\n")
}

/// Waits for a condition; fails with its name when it does not come true in time.
pub fn until(what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + at_most;
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within {at_most:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Does all of it, so many at a time: while one waits for its pods others keep the processors busy.
pub fn side_by_side<T: Send>(at_a_time: usize, all: VecDeque<T>, one: impl Fn(T) + Sync) {
    let left = Mutex::new(all);
    std::thread::scope(|threads| {
        for _ in 0..at_a_time {
            threads.spawn(|| {
                let next = || left.lock().expect("no panic holds it").pop_front();
                while let Some(item) = next() {
                    one(item);
                }
            });
        }
    });
}
