//! A lab that a test starts, breaks and takes away as a user does, with `xtask lab` and a folder of its own; and what the
//! machine holds before and after.
//!
//! It does **not** ask the lab what it left behind: it looks itself.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xtask::lab::{Lab, LabDir, Record};

use crate::{program, until};

/// Longest wait for something to be gone.
const GONE: Duration = Duration::from_secs(20);

/// A folder for a lab; the lab goes with it.
pub struct Folder(TempDir);

impl Folder {
    /// A folder that nothing is in.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// `xtask lab …` on it, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("xtask").expect("it is what runs the tests"));
        command.arg("lab").args(arguments).arg("--state").arg(self.0.path()).stdin(Stdio::null());
        command
    }

    /// Runs it to a good end: what it said on both streams, and how long it took.
    pub fn run(&self, arguments: &[&str]) -> (String, Duration) {
        let begun = Instant::now();
        let out = self.command(arguments).output().expect("it starts");
        let said = format!("{}{}", String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout));
        assert!(out.status.success(), "{arguments:?}: {said}");
        println!("{arguments:?}: {:.1?}", begun.elapsed());
        (said, begun.elapsed())
    }

    /// The lab that stands; fails when none does.
    pub fn lab(&self) -> Lab {
        Lab::open(self.dir()).expect("it stands")
    }

    /// What is written down so far.
    pub fn record(&self) -> Option<Record> {
        self.dir().read().expect("readable")
    }

    fn dir(&self) -> LabDir {
        LabDir::at(self.0.path())
    }

    /// Every process that has this folder in its environment or in its arguments.
    pub fn processes(&self) -> BTreeSet<String> {
        let folder = self.0.path().to_string_lossy().into_owned();
        let named = |process: &Path| {
            let told = ["environ", "cmdline"].map(|file| std::fs::read(process.join(file)).unwrap_or_default());
            told.iter().any(|bytes| String::from_utf8_lossy(bytes).contains(&folder))
        };
        of_all_processes(|process| named(process).then(|| name_of(process)))
    }

    /// Takes the lab away, and looks whether it is.
    pub fn down(&self) {
        self.run(&["down"]);
        until("no process of the lab is left", GONE, || self.processes().is_empty());
        let files: Vec<_> = std::fs::read_dir(self.0.path()).expect("reads").flatten().map(|f| f.file_name()).collect();
        assert!(files.iter().all(|name| name == "lock"), "{files:?}");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Only a test that failed leaves a lab here.
        let _ = self.command(&["down"]).output();
    }
}

fn name_of(process: &Path) -> String {
    let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    format!("{} {}", process.display(), name.trim())
}

fn of_all_processes(wanted: impl Fn(&Path) -> Option<String>) -> BTreeSet<String> {
    let all = std::fs::read_dir("/proc").expect("a process table").flatten().map(|e| e.path());
    let numbered = all.filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().bytes().all(|b| b.is_ascii_digit())));
    numbered.filter_map(|p| wanted(&p)).collect()
}

/// What real nodes are made of, as far as this machine's root namespaces show it: one line for each thing.
pub struct Machine {
    things: BTreeSet<String>,
    labs: BTreeSet<String>,
}

impl Machine {
    /// As it is.
    pub fn now() -> Self {
        Self { things: things(), labs: labs() }
    }

    /// What is there and was not before.
    pub fn since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a String> {
        self.things.difference(&before.things)
    }

    /// Waits until the machine is as it was, with a lab gone whose names begin with `lab`; fails with what came and what
    /// went. Where other labs stand, their things are not looked at, and their pods come and go under names that do not
    /// say whose they are.
    pub fn is_back(&self, lab: &str) {
        let end = Instant::now() + GONE;
        loop {
            let others: Vec<String> = self.labs.iter().cloned().chain(labs()).filter(|l| l != lab).collect();
            let nameless = ["/cni-", "mount ", "/var/log/containers/", "/run/containerd/s/"];
            let counts = |thing: &&String| {
                others.is_empty() || !(others.iter().any(|l| thing.contains(l)) || nameless.iter().any(|n| thing.contains(n)))
            };
            let now = things();
            let came: Vec<_> = now.difference(&self.things).filter(counts).collect();
            let went: Vec<_> = self.things.difference(&now).filter(counts).collect();
            if came.is_empty() && went.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "left behind: {came:#?}; missing: {went:#?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// The networks of the labs that stand.
fn labs() -> BTreeSet<String> {
    let names = files(Path::new("/sys/class/net")).into_iter().filter_map(|path| Some(path.rsplit('/').next()?.to_owned()));
    names.filter(|name| name.starts_with("chglab") && !name.contains('-')).collect()
}

fn things() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("reads");
    // The folder of network namespaces is made a mount by iproute2 with the first one that the machine ever has, and stays one.
    let at = mounts.lines().filter_map(|l| l.split(' ').nth(4)).filter(|at| *at != "/run/netns");
    all.extend(at.map(|at| format!("mount {at}")));
    let folders = ["/run/netns", "/sys/class/net", "/var/lib/cni/results", "/var/lib/cni/networks", "/var/log/containers"];
    // Where every containerd of the machine keeps the sockets of its shims.
    for folder in folders.into_iter().chain(["/run/containerd/s"]) {
        all.extend(files(Path::new(folder)));
    }
    // Not all of /run: containerd itself keeps a folder there once it has run.
    all.extend(files(Path::new("/run")).into_iter().filter(|path| path.contains("chglab")));
    for hierarchy in files(Path::new("/sys/fs/cgroup")) {
        all.extend(files(Path::new(&hierarchy)).into_iter().filter(|path| Path::new(path).is_dir()));
    }
    for question in [&["ip", "-oneline", "route", "show", "table", "all"][..], &["ip", "rule"], &["nft", "list", "tables"]] {
        // A machine that never had a real node may lack the programs, and has no rules then.
        let out = Command::new(question[0]).args(&question[1..]).output().map(|out| out.stdout).unwrap_or_default();
        all.extend(String::from_utf8_lossy(&out).lines().map(|line| format!("{}: {}", question.join(" "), line.trim())));
    }
    // Whatever is in a node's or a pod's cgroup, or serves a node's socket.
    all.extend(of_all_processes(|process| {
        let [cgroup, line] = ["cgroup", "cmdline"].map(|file| std::fs::read(process.join(file)).unwrap_or_default());
        // One that has ended and that nobody has asked after yet has no command line any more.
        let told = if line.is_empty() { return None } else { [cgroup, line].concat() };
        let told = String::from_utf8_lossy(&told).into_owned();
        let lab = &told[told.find("chglab")?..];
        let lab: String = lab.chars().take_while(char::is_ascii_alphanumeric).collect();
        Some(format!("{} of {lab}", name_of(process)))
    }));
    all
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().display().to_string()).collect()
}
