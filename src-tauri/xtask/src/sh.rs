//! Runs other programs, and says which one failed, how, and where.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

/// Why a program did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum ShError {
    /// It could not be started at all: most often it is not installed.
    #[error("{program}: cannot be started: {source}; is it installed and on the PATH?")]
    Start {
        /// The program as it was called.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It ran and failed.
    #[error("`{line}` failed ({status}){said}")]
    Failed {
        /// The command as one could type it.
        line: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed, when that was captured.
        said: String,
    },
}

/// The command as one could type it, for messages.
pub fn line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    let line = words.join(" ");
    if line.chars().count() > 200 { line.chars().take(200).chain("…".chars()).collect() } else { line }
}

/// A command from a program and its arguments.
pub fn command<I, S>(program: &str, args: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// Runs it with the terminal's own streams; an exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Result<(), ShError> {
    let status = command.status().map_err(|source| start(command, source))?;
    if status.success() {
        return Ok(());
    }
    Err(ShError::Failed { line: line(command), status, said: String::new() })
}

/// Runs it quietly and returns its standard output; on failure the error carries the end of what it said.
pub fn read(command: &mut Command) -> Result<String, ShError> {
    let output = output(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.trim().is_empty() {
        said = String::from_utf8_lossy(&output.stdout).into_owned();
    }
    Err(ShError::Failed { line: line(command), status: output.status, said: tail(&said) })
}

/// Runs it quietly; true when it ended with 0.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

fn output(command: &mut Command) -> Result<Output, ShError> {
    command.stdin(Stdio::null()).output().map_err(|source| start(command, source))
}

fn start(command: &Command, source: io::Error) -> ShError {
    ShError::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

fn tail(said: &str) -> String {
    let lines: Vec<&str> = said.trim().lines().collect();
    let kept = &lines[lines.len().saturating_sub(12)..];
    if kept.is_empty() { String::new() } else { format!(":\n    {}", kept.join("\n    ")) }
}

/// Where a program lies on the PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// Whether this process may do what only root may.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_named_with_what_it_said() {
        let error = read(&mut command("sh", ["-c", "echo no such thing >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("no such thing"), "{error}");
    }

    #[test]
    fn a_missing_program_says_that_it_may_not_be_installed() {
        let error = read(&mut command("no-such-program-here", ["x"])).unwrap_err().to_string();
        assert!(error.contains("is it installed"), "{error}");
    }
}
