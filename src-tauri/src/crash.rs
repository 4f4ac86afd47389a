//! What is written down when this program crashes, for the one who looks for the cause. It leaves this machine only by hand.

use std::backtrace::Backtrace;
use std::io;
use std::path::{Path, PathBuf};

use host::redact::redacted;

/// Files that are kept.
const KEPT: usize = 10;

/// From now on each panic leaves a file in that folder; then it goes on as before.
pub fn write_down(dir: PathBuf) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current().name().unwrap_or("without a name").to_string();
        let text = format!("{info}\nthread: {thread}\n\n{}", Backtrace::force_capture());
        match keep(&dir, &text) {
            Ok(path) => eprintln!("changeover: this crash is written down in {}", path.display()),
            Err(e) => eprintln!("changeover: this crash is not written down: {}: {e}", dir.display()),
        }
        before(info);
    }));
}

fn keep(dir: &Path, text: &str) -> io::Result<PathBuf> {
    host::make_folder(dir)?;
    let now = jiff::Timestamp::now();
    let path = dir.join(format!("crash-{}-{}.txt", now.strftime("%Y%m%dT%H%M%S%.6fZ"), std::process::id()));
    let head = format!("changeover {} ({} {})\n{now}\n", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let lines: Vec<String> = text.lines().map(redacted).collect();
    std::fs::write(&path, format!("{head}{}\n", lines.join("\n")))?;
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir)?.flatten().map(|e| e.path()).collect();
    all.sort();
    for old in all.iter().rev().skip(KEPT) {
        // Another window may have been first.
        let _ = std::fs::remove_file(old);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_anywhere_is_written_down_and_only_the_newest_are_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let crashes = dir.path().join("crashes");
        for n in 0..KEPT {
            keep(&crashes, &format!("crash {n}")).expect("kept");
        }
        write_down(crashes.clone());
        let fell =
            std::thread::Builder::new().name("a task".into()).spawn(|| panic!("lost its way with token=hunter2")).expect("starts").join();
        assert!(fell.is_err());
        let mut all: Vec<PathBuf> = std::fs::read_dir(&crashes).expect("is there").flatten().map(|e| e.path()).collect();
        all.sort();
        let last = std::fs::read_to_string(all.last().expect("one")).expect("is read");
        assert!(last.contains("lost its way") && last.contains("crash.rs") && last.contains("a task"), "{last}");
        assert!(!last.contains("hunter2"), "{last}");
        assert_eq!(all.len(), KEPT);
        assert!(!std::fs::read_to_string(&all[0]).expect("is read").contains("crash 0"));
    }
}
