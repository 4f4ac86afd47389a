//! What this program finds around it, for somebody who looks for what is in the way.

use std::path::{Path, PathBuf};

use api::*;
use cluster::way::{Part, Row};
use jiff::Timestamp;

use crate::mask::MASKED;
use crate::redact::redacted;
use crate::{Host, locked};

/// Variables that change what this program, or what it starts, does.
const VARIABLES: [&str; 22] = [
    "KUBECONFIG",
    "KUBERC",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_SESSION_TYPE",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "WEBKIT_DISABLE_DMABUF_RENDERER",
    "DBUS_SESSION_BUS_ADDRESS",
    "CHANGEOVER_STATE_DIR",
    "CHANGEOVER_LOG",
    "AWS_PROFILE",
];
/// Lines of the log that are shown.
const LINES: usize = 400;
/// Crashes that are shown.
const CRASHES: usize = 5;
/// So much of the end of a log file is read, in bytes.
const TAIL: u64 = 256 << 10;

/// Folder of the log below the state folder.
pub const LOG_DIR: &str = "log";
/// Folder of the crashes below the state folder.
pub const CRASH_DIR: &str = "crashes";

impl Host {
    /// Reads this machine alone. What cannot be read is told as not there.
    pub(crate) fn diagnostics_view(&self) -> DiagnosticsView {
        let journal = self.store.path().to_path_buf();
        let state = journal.parent().map(Path::to_path_buf).unwrap_or_default();
        let (log, crashes) = (state.join(LOG_DIR), state.join(CRASH_DIR));
        let path = |of: PathOf, path: &Path| PathView { of, path: path.display().to_string(), there: path.exists() };
        let mut paths = vec![path(PathOf::Journal, &journal), path(PathOf::Log, &log), path(PathOf::Crashes, &crashes)];
        paths.extend(dirs::download_dir().map(|d| path(PathOf::Downloads, &d)));
        let variable = |name: &&str| {
            let value = std::env::var_os(name).map(|v| v.to_string_lossy().into_owned());
            let value = value.map(|v| if plan::secrets::has_password(&v) { MASKED.to_string() } else { v });
            VariableView { name: name.to_string(), value }
        };
        let now = self.clock.now();
        // Copied: files may lie on a disk that hangs, and nobody shall wait for these contexts meanwhile.
        let entries = locked(&self.known).all.entries.clone();
        let shown = entries.iter().filter(|e| e.shadowed_by.is_none());
        let links = locked(&self.links).clone();
        let unread = |name: &str| links.get(name).and_then(|l| l.live()).map(|live| live.unread()).unwrap_or_default();
        let reach = |e: &cluster::ContextEntry| ReachView {
            context: e.name.clone(),
            way: e.way(now).iter().map(way).collect(),
            unread: unread(&e.name),
        };
        let contexts = shown.map(reach).collect();
        DiagnosticsView {
            version: env!("CARGO_PKG_VERSION").into(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            paths,
            variables: VARIABLES.iter().map(variable).collect(),
            contexts,
            crashes: newest(&crashes).into_iter().take(CRASHES).filter_map(crash).collect(),
            log: tail(&log),
        }
    }
}

fn way(row: &Row) -> WayView {
    let part = match row.part {
        Part::Proxy => WayPart::Proxy,
        Part::Authority => WayPart::Authority,
        Part::Certificate => WayPart::Certificate,
        Part::SignIn => WayPart::SignIn,
        Part::Impersonation => WayPart::Impersonation,
    };
    WayView { part, text: row.said.clone().into(), good: row.good }
}

/// Files of a folder, the last one by name first: their names begin alike and end with a time.
fn newest(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
    all.sort();
    all.reverse();
    all
}

fn crash(path: PathBuf) -> Option<CrashView> {
    let at = Timestamp::try_from(std::fs::metadata(&path).ok()?.modified().ok()?).ok()?;
    Some(CrashView { at: at.to_string(), text: end_of(&path)?, path: path.display().to_string() })
}

fn tail(dir: &Path) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for path in newest(dir) {
        let text = end_of(&path).unwrap_or_default();
        lines = text.lines().map(redacted).chain(lines).collect();
        if lines.len() >= LINES {
            break;
        }
    }
    lines.split_off(lines.len().saturating_sub(LINES))
}

/// The end of a file, from the begin of a line on.
fn end_of(path: &Path) -> Option<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(path).ok()?;
    let from = file.metadata().ok()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = vec![];
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match (from, text.split_once('\n')) {
        (1.., Some((_, rest))) => Some(rest.to_string()),
        _ => Some(text),
    }
}

/// The same for a terminal, a line each.
pub fn lines(v: &DiagnosticsView) -> Vec<String> {
    let mut all = vec![format!("changeover {} ({})", v.version, v.system), String::new()];
    let missing = |there: bool| if there { "" } else { "  (not there yet)" };
    all.extend(v.paths.iter().map(|p| format!("{:<10} {}{}", format!("{:?}", p.of).to_lowercase(), p.path, missing(p.there))));
    all.push(String::new());
    all.extend(v.variables.iter().filter_map(|v| Some(format!("{}={}", v.name, v.value.as_ref()?))));
    for c in &v.contexts {
        all.extend([String::new(), format!("context {}", c.context)]);
        let mark = |good: bool| if good { ' ' } else { '!' };
        all.extend(c.way.iter().map(|w| format!("  {} {:<13} {}", mark(w.good), format!("{:?}", w.part).to_lowercase(), w.text)));
        let note = |k: &KindStateView| k.note.as_ref().map(ToString::to_string).unwrap_or_default();
        all.extend(c.unread.iter().map(|k| format!("  ! {:<13} {}: {}", "not read", k.kind, note(k))));
    }
    if let Some(last) = v.crashes.first() {
        all.extend([String::new(), format!("last crash: {} ({})", last.at, last.path)]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_of_the_log_are_read_over_all_its_files_without_secrets() {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).expect("written");
        write("changeover.2026-11-26.log", (0..500).map(|n| format!("old {n}\n")).collect());
        write("changeover.2026-11-27.log", "one\ntoken=hunter2\n".into());
        let lines = tail(dir.path());
        assert_eq!((lines.len(), lines[0].as_str(), lines[397].as_str(), lines[398].as_str()), (LINES, "old 102", "old 499", "one"));
        assert!(!lines[399].contains("hunter2"), "{}", lines[399]);
        assert!(tail(&dir.path().join("nothing")).is_empty());
    }
}
