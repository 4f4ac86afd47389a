//! A registry for images in the network of the lab's real node, filled by hand: what is missing there, is built for another
//! machine, or moves from one tag to another.
//!
//! It listens on a loopback device, where nobody asks for TLS: on the node's own, so that one node alone can pull from it, or on
//! this machine's. Its program is crane, of go-containerregistry, which serves and pushes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use xtask::lab::{Lab, programs};

/// Where the header of an ELF file names the machine that it is for, and a machine that no node of a lab is.
const MACHINE: (usize, [u8; 2]) = (18, 22_u16.to_le_bytes());

/// Whose machine an image is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// The node's.
    Here,
    /// Another's, and its index says so.
    ElsewhereAndSaysSo,
    /// Another's, and it says that it is for the node.
    ElsewhereUnsaid,
}

/// A registry; ends when dropped.
pub struct Registry {
    /// Whose node it is on; none = on this machine, beside the lab.
    lab: Option<&'static Lab>,
    serving: Child,
    port: u16,
    folder: TempDir,
}

impl Registry {
    /// An empty one, where the node's containers are pulled from.
    pub fn open(lab: &'static Lab) -> Self {
        Self::start(Some(lab))
    }

    /// An empty one on this machine.
    pub fn here() -> Self {
        Self::start(None)
    }

    fn start(lab: Option<&'static Lab>) -> Self {
        let mut command = crane(lab);
        command.args(["registry", "serve", "--address", "127.0.0.1:0"]).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut serving = command.spawn().expect("crane starts");
        let mut said = BufReader::new(serving.stderr.take().expect("is piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("reads");
        let port = line.trim().rsplit(' ').next().and_then(|port| port.parse().ok());
        // Read on: a program whose words nobody takes ends.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let port = port.unwrap_or_else(|| panic!("crane does not serve: {line}"));
        Self { lab, serving, port, folder: tempfile::tempdir().expect("a folder") }
    }

    /// An image of the sample shop by its tag, whether it is there or not.
    pub fn image(&self, tag: &str) -> String {
        format!("localhost:{}/shop:{tag}", self.port)
    }

    /// Makes an image and gives it that tag, which another may have had; gives the image by its digest.
    pub fn push(&self, tag: &str, version: &str, built: Built) -> String {
        let layer = self.folder.path().join("layer.tar");
        pack(self.folder.path(), &layer, built);
        let image = self.image(tag);
        self.crane(&["append", "--oci-empty-base", "-t", &image, "-f", &layer.display().to_string()]);
        let platform = match built {
            Built::ElsewhereAndSaysSo => "linux/s390x",
            _ if cfg!(target_arch = "aarch64") => "linux/arm64",
            _ => "linux/amd64",
        };
        let environment = [format!("VERSION={version}"), "BEHAVIOUR=good".into()];
        let environment = environment.iter().flat_map(|e| ["--env", e]);
        let like = ["--entrypoint", "/shopd", "--user", "65532:65532", "--set-platform", platform, "-t", &image];
        let made = self.crane(&["mutate", &image].into_iter().chain(environment).chain(like).collect::<Vec<_>>());
        match built {
            Built::ElsewhereAndSaysSo => self.crane(&["index", "append", "-m", &image, "-t", &image]),
            _ => made,
        }
    }

    /// Forgets what was pushed under that digest, as a registry that cleans up does.
    pub fn forget(&self, digest: &str) {
        self.crane(&["delete", digest]);
    }

    fn crane(&self, arguments: &[&str]) -> String {
        let out = crane(self.lab).args(arguments).output().expect("crane starts");
        assert!(out.status.success(), "crane {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim().to_string()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.serving.kill();
        let _ = self.serving.wait();
    }
}

fn crane(lab: Option<&Lab>) -> Command {
    match lab {
        Some(lab) => lab.on_node("crane").expect("it is built").expect("the lab has a real node"),
        None => Command::new(programs::program("crane").expect("it is built")),
    }
}

/// The sample shop's program as the one layer of an image.
fn pack(folder: &Path, layer: &Path, built: Built) {
    let mut program = fs::read(programs::program("shopd").expect("it is built")).expect("reads");
    if built != Built::Here {
        let (at, machine) = MACHINE;
        program[at..at + machine.len()].copy_from_slice(&machine);
    }
    let file = folder.join("shopd");
    fs::write(&file, program).expect("writes");
    let mut tar = Command::new("tar");
    tar.args(["--owner=0", "--group=0", "--numeric-owner", "--mode=0755", "-C"]).arg(folder).arg("-cf").arg(layer).arg("shopd");
    assert!(tar.status().expect("tar starts").success());
}
