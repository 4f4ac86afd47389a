//! The lab's programs as processes: started apart from the terminal, remembered by pid **and** start time (a pid
//! alone may belong to somebody else by tomorrow), stopped with TERM, then KILL.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde::{Deserialize, Serialize};

use super::LabError;

/// A program that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its name in messages and of its log.
    pub name: String,
    /// Its process id.
    pub pid: u32,
    /// When it started, in the kernel's clock ticks after boot.
    pub started: u64,
    /// What it says.
    pub log: PathBuf,
}

/// Every program of a lab carries the lab's folder in its environment under this name: a start that is killed between
/// starting a program and writing it down leaves one that no record names.
pub const MARK: &str = "CHANGEOVER_LAB_OF";

/// Starts a program in a process group of its own, with its output in `logs/NAME.log`.
pub fn start(name: &str, mut command: Command, logs: &Path) -> Result<Process, LabError> {
    let log = logs.join(format!("{name}.log"));
    let open = || File::options().create(true).append(true).open(&log).map_err(|e| LabError::file(&log, e));
    command.env(MARK, logs.parent().unwrap_or(logs));
    command.process_group(0).stdin(Stdio::null()).stdout(open()?).stderr(open()?);
    let child = command.spawn().map_err(|source| LabError::Start { program: name.to_owned(), source })?;
    let pid = child.id();
    let started = start_time(pid).unwrap_or_default();
    Ok(Process { name: name.to_owned(), pid, started, log })
}

impl Process {
    /// Whether this very process still runs; an ended one that nobody waited for does not.
    pub fn is_alive(&self) -> bool {
        start_time(self.pid) == Some(self.started)
    }

    /// The last lines of what it said.
    pub fn last_words(&self, lines: usize) -> String {
        let said = fs::read(&self.log).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let all: Vec<&str> = said.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            if self.is_alive() {
                // It may end between the look and the signal: then there is nothing left to do.
                let _ = kill_process(pid, signal);
            }
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}

/// How to end a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Ask, wait, then insist: for what has something to clean up.
    Politely,
    /// At once: for what keeps nothing that outlives the lab.
    AtOnce,
}

/// Ends the processes and waits until they are gone.
pub fn stop(processes: &[Process], how: Stop) -> Result<(), LabError> {
    if how == Stop::Politely {
        processes.iter().for_each(|p| p.signal(Signal::TERM));
        if wait_gone(processes, Duration::from_secs(5)) {
            return Ok(());
        }
    }
    processes.iter().for_each(|p| p.signal(Signal::KILL));
    if wait_gone(processes, Duration::from_secs(10)) {
        return Ok(());
    }
    let left = processes.iter().filter(|p| p.is_alive()).map(|p| format!("{} ({})", p.name, p.pid));
    Err(LabError::WouldNotStop { left: left.collect::<Vec<_>>().join(", ") })
}

fn wait_gone(processes: &[Process], patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        for process in processes {
            if let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) {
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            }
        }
        if processes.iter().all(|p| !p.is_alive()) {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
}

/// Kills whatever still carries the mark of the lab in `dir`.
pub fn kill_strays(dir: &Path) -> Result<(), LabError> {
    let mark = format!("{MARK}={}", dir.display());
    // A program that is being started has no readable environment for a moment: only a second look settles it.
    let mut quiet = 0;
    wait_until("the lab's last processes to end", Duration::from_secs(10), Duration::from_millis(20), || {
        let mut found = false;
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            // Other users' processes cannot be read, and are none of ours.
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
                found = true;
                kill_now(pid);
            }
        }
        quiet = if found { 0 } else { quiet + 1 };
        Ok(quiet == 2)
    })
}

/// Kills a process known by its pid alone, found a moment ago by what only a lab's processes have.
pub fn kill_now(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
        let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    }
}

/// When a process started, as the kernel counts; `None` when there is none or only its zombie.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so the fields are counted from its end.
    let after_name = stat.rsplit_once(')')?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return None;
    }
    fields.get(19)?.parse().ok()
}

/// Waits until `done` says so; looks again every `every`.
pub fn wait_until(
    what: &str,
    patience: Duration,
    every: Duration,
    mut done: impl FnMut() -> Result<bool, LabError>,
) -> Result<(), LabError> {
    let deadline = Instant::now() + patience;
    loop {
        if done()? {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(LabError::Waited { what: what.to_owned(), seconds: patience.as_secs() });
        }
        sleep(every);
    }
}

/// Where ports of the lab's programs are: below the node ports of Kubernetes (30000 to 32767) and below those that a
/// kernel gives to outgoing connections (from 32768 on Linux). One of the latter may be taken by any connection made
/// between this look and the program's start, most easily by the lab's own etcd and API server.
const PORTS: std::ops::Range<u16> = 10_000..30_000;

/// A port that nobody listens at, on any address, and that this process was not given before.
pub fn free_port() -> io::Result<u16> {
    // Other labs that start at the same moment look elsewhere.
    static BEGIN: LazyLock<usize> = LazyLock::new(|| RandomState::new().hash_one(()) as usize);
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    PORTS
        .map(|_| PORTS.start + (BEGIN.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % PORTS.len()) as u16)
        .find(|port| TcpListener::bind(("0.0.0.0", *port)).is_ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, format!("no port from {} to {} is free", PORTS.start, PORTS.end - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_outgoing_connection_can_take_a_port_that_was_given() {
        let given: std::collections::BTreeSet<u16> = (0..200).map(|_| free_port().unwrap()).collect();
        assert_eq!(given.len(), 200, "one was given twice");
        let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
        let outgoing: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
        assert!(given.iter().all(|port| *port < outgoing), "{given:?} and those of outgoing connections: {range}");
    }

    #[test]
    fn a_process_that_no_record_names_is_found_by_its_mark() {
        let dir = std::env::temp_dir().join(format!("xtask-stray-{}", std::process::id()));
        fs::create_dir_all(dir.join("logs")).unwrap();
        let mut sleeper = Command::new("sleep");
        sleeper.arg("60");
        let stray = start("stray", sleeper, &dir.join("logs")).unwrap();
        kill_strays(&dir.join("other")).unwrap();
        assert!(stray.is_alive(), "another lab's processes are left alone");
        kill_strays(&dir).unwrap();
        assert!(!stray.is_alive());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_process_is_known_by_its_start_time_and_gone_after_stop() {
        let logs = std::env::temp_dir().join(format!("xtask-process-{}", std::process::id()));
        fs::create_dir_all(&logs).unwrap();
        let mut sleeper = Command::new("sleep");
        sleeper.arg("60");
        let process = start("sleeper", sleeper, &logs).unwrap();
        assert!(process.is_alive());
        let impostor = Process { started: process.started + 1, ..process.clone() };
        assert!(!impostor.is_alive(), "another start time is another process");
        stop(std::slice::from_ref(&process), Stop::Politely).unwrap();
        assert!(!process.is_alive());
        fs::remove_dir_all(&logs).unwrap();
    }
}
