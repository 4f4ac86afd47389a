//! `cargo xtask test`: every part, or one, and at the end a table of what each of them said.
//!
//! A part that fails does not stop the others: one run shows all that is wrong. What cannot run here is counted as
//! skipped, with the reason, never left out.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::lab::programs::Module;
use crate::lab::{self, Kind, Lab, Options, programs};
use crate::run::{self, Profile, cargo};
use crate::{apt, frontend, places, say, sh, tidy};

/// The parts, in the order in which they run: the quick ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Format, clippy, tidy, licences, and the page's own checks
    Lint,
    /// Tests without network, clock or cluster
    Unit,
    /// The page's tests
    Frontend,
    /// Tests on the API server alone and on a real node
    Lab,
    /// Journeys through the real window
    Window,
}

/// All of them.
pub const PARTS: &[Part] = &[Part::Lint, Part::Unit, Part::Frontend, Part::Lab, Part::Window];

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ended {
    Passed,
    Failed(String),
    Skipped(String),
}

/// One line of the table.
struct Line {
    part: Part,
    check: String,
    ended: Ended,
    seconds: f64,
    closing: Vec<String>,
}

/// What is known so far, and of which part the next line is.
struct Report {
    part: Part,
    lines: Vec<Line>,
}

/// Runs the parts; true when nothing failed.
pub fn test(parts: &[Part]) -> bool {
    let mut report = Report { part: Part::Lint, lines: Vec::new() };
    let mut stage = Stage::default();
    for part in parts {
        report.part = *part;
        match part {
            Part::Lint => lint(&mut report),
            Part::Unit => unit(&mut report),
            Part::Frontend => page(&mut report),
            Part::Lab => on_the_lab(&mut report, &mut stage),
            Part::Window => window(&mut report, &mut stage),
        }
    }
    stage.clear(&mut report);
    lab::sweep();
    summary(&report.lines)
}

impl Report {
    /// Runs a command as a check, shows what it prints, and keeps the closing lines of its test runner.
    fn check(&mut self, name: &str, command: &mut Command) {
        eprintln!("\n── {:?}: {name}", self.part);
        let begun = Instant::now();
        let (ended, closing) = match stream(command) {
            Ok((true, closing)) => (Ended::Passed, closing),
            Ok((false, closing)) => (Ended::Failed(format!("`{}`", sh::line(command))), closing),
            Err(error) => (Ended::Failed(error), Vec::new()),
        };
        self.line(name, ended, begun, closing);
    }

    /// Something that is done before a check; written down only when it fails.
    fn prepare<E: std::fmt::Display>(&mut self, name: &str, work: impl FnOnce() -> Result<(), E>) -> bool {
        let begun = Instant::now();
        match work() {
            Ok(()) => true,
            Err(error) => {
                say::note(&error.to_string());
                self.line(name, Ended::Failed(error.to_string()), begun, Vec::new());
                false
            }
        }
    }

    fn skip(&mut self, name: &str, why: &str) {
        self.line(name, Ended::Skipped(why.to_owned()), Instant::now(), Vec::new());
    }

    fn line(&mut self, check: &str, ended: Ended, begun: Instant, closing: Vec<String>) {
        let seconds = begun.elapsed().as_secs_f64();
        self.lines.push(Line { part: self.part, check: check.to_owned(), ended, seconds, closing });
    }
}

fn lint(report: &mut Report) {
    let with = |arguments: &[&str]| {
        let mut command = cargo();
        command.args(arguments);
        command
    };
    report.check("format", &mut with(&["fmt", "--all", "--check"]));
    let begun = Instant::now();
    let found = tidy::check();
    found.warnings.iter().for_each(|warning| say::note(warning));
    found.errors.iter().for_each(|error| say::note(error));
    let ended = if found.errors.is_empty() { Ended::Passed } else { Ended::Failed(found.errors.join("; ")) };
    report.line("tidy", ended, begun, Vec::new());
    let ready = report.prepare("window packages", || apt::ensure(apt::WINDOW, "the window")) && report.prepare("page", frontend::build);
    if ready {
        report.check("clippy", &mut with(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
        report.check("page: eslint, prettier", &mut frontend::npm(&["run", "--silent", "lint"]));
        report.check("page: svelte-check", &mut frontend::npm(&["run", "--silent", "check"]));
    }
    match tidy::cargo_deny() {
        Ok(program) => {
            let mut deny = Command::new(program);
            report
                .check("cargo-deny", deny.current_dir(places::checkout()).args(["--all-features", "check", "bans", "licenses", "sources"]));
        }
        Err(error) => report.line("cargo-deny", Ended::Failed(error.to_string()), Instant::now(), Vec::new()),
    }
}

fn unit(report: &mut Report) {
    let ready = report.prepare("window packages", || apt::ensure(apt::WINDOW, "the window")) && report.prepare("page", frontend::build);
    if ready {
        let mut command = cargo();
        command.args(["test", "--workspace", "--exclude=acceptance", "--no-fail-fast"]);
        report.check("cargo test", &mut command);
    }
}

fn page(report: &mut Report) {
    if report.prepare("npm packages", frontend::packages) {
        let mut command = frontend::npm(&["run", "--silent", "test"]);
        command.env("NO_COLOR", "1");
        report.check("vitest", &mut command);
    }
}

/// What an integration test of the acceptance package stands on; its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    /// `window…`: the window, on a real node where there can be one, else on the practice lab.
    Window,
    /// `real…`: a real node, which they share.
    RealNode,
    /// `labs…`: labs that they make and break themselves, with nothing else beside them.
    Labs,
    /// `labs_real…`: the same with real nodes.
    LabsOfRealNodes,
    /// Every other: the practice lab, or an API server of its own. A test with an odd name is thereby run, not forgotten.
    ApiServer,
}

fn ground(target: &str) -> Ground {
    let grounds = [("window", Ground::Window), ("real", Ground::RealNode), ("labs_real", Ground::LabsOfRealNodes), ("labs", Ground::Labs)];
    grounds.iter().find(|(stem, _)| target.starts_with(stem)).map_or(Ground::ApiServer, |(_, ground)| *ground)
}

/// The integration tests that stand on this ground.
fn targets(wanted: Ground) -> Vec<String> {
    let folder = places::checkout().join("tests/tests");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter_map(|n| n.strip_suffix(".rs").map(str::to_owned)).filter(|n| ground(n) == wanted).collect();
    names.sort();
    names
}

fn acceptance(targets: &[String]) -> Command {
    let mut command = cargo();
    command.args(["test", "--package=acceptance", "--no-fail-fast"]);
    command.args(targets.iter().map(|target| format!("--test={target}")));
    command
}

/// The one lab that stands at a time: two would only slow each other down. It is the suite's own and goes with it; the
/// user's is never touched.
#[derive(Default)]
struct Stage {
    standing: Option<Lab>,
}

impl Stage {
    /// Runs tests on a lab of that kind: on the one that stands, else on a new one in its place.
    fn check(&mut self, report: &mut Report, name: &str, options: &Options, mut tests: Command) {
        if self.standing.as_ref().is_none_or(|lab| lab.record().options != *options) {
            self.clear(report);
            let made = || Lab::own(options).map(|lab| self.standing = Some(lab));
            if !report.prepare(&format!("the lab for: {name}"), made) {
                return;
            }
        }
        if let Some(lab) = &self.standing {
            report.check(name, tests.env("CHANGEOVER_LAB_DIR", lab.dir().path()));
        }
    }

    /// Takes away what stands.
    fn clear(&mut self, report: &mut Report) {
        if let Some(lab) = self.standing.take() {
            report.prepare("the lab's end", || lab.end());
        }
    }
}

/// Why there is no real node; none where there can be one.
fn no_real_node() -> Option<&'static str> {
    (!sh::is_root()).then_some("needs root: a real node is made of namespaces, mounts and cgroups")
}

/// The lab that the window's journeys share with the tests of the real node; without root the practice lab.
fn lab_with_traffic() -> Options {
    match no_real_node() {
        // Without metrics: an autoscaler that answers to the tests' own load would change what they count.
        None => Options { traefik: true, ..Options::real_nodes(1) },
        Some(_) => Options::practice(),
    }
}

fn on_the_lab(report: &mut Report, stage: &mut Stage) {
    if !report.prepare("the command line", build_command_line) {
        return;
    }
    let mut library = cargo();
    library.args(["test", "--package=acceptance", "--lib"]);
    report.check("tests of the tools", &mut library);
    stage.clear(report);
    // Before, not within: these tests watch how a lab starts, which on a machine that never had one begins with its programs.
    let built = || Module::PRACTICE.into_iter().try_for_each(|module| programs::build(module).map(|_| ()));
    if !report.prepare("the lab's programs", built) {
        return;
    }
    report.check("labs", acceptance(&targets(Ground::Labs)).args(["--", "--test-threads=1"]));
    match no_real_node() {
        Some(why) => report.skip("labs of real nodes", why),
        None => {
            report.check("labs of real nodes", acceptance(&targets(Ground::LabsOfRealNodes)).args(["--", "--test-threads=1"]));
        }
    }
    let ready = report.prepare("helm", || programs::program("helm").map(|_| ()))
        && report.prepare("faketime", || apt::ensure(apt::WRONG_CLOCK, "tests with a wrong clock"));
    if !ready {
        return;
    }
    let mut alone = acceptance(&targets(Ground::ApiServer));
    // Some have an API server of their own: more at a time would only slow each other down.
    alone.args(["--", "--test-threads=3"]);
    stage.check(report, "API server", &Options::practice(), alone);
    match no_real_node() {
        Some(why) => report.skip("real node", why),
        None => {
            let mut real = acceptance(&targets(Ground::RealNode));
            real.args(["--", "--test-threads=1"]);
            stage.check(report, "real node", &lab_with_traffic(), real);
        }
    }
}

/// The command line: the lab's tests run it as a user does.
fn build_command_line() -> Result<(), sh::ShError> {
    sh::run(cargo().args(["build", "--package=cli"]))
}

fn window(report: &mut Report, stage: &mut Stage) {
    let ready = report.prepare("window packages", || apt::ensure(apt::WINDOW, "the window"))
        && report.prepare("page", frontend::build)
        && report.prepare("window", || run::build(Profile::Debug));
    if !ready {
        return;
    }
    let options = lab_with_traffic();
    let name = if options.kind == Kind::RealNodes { "journeys, real node" } else { "journeys, practice lab" };
    let mut journeys = acceptance(&targets(Ground::Window));
    journeys.args(["--", "--test-threads=1"]);
    stage.check(report, name, &options, journeys);
}

/// Runs it; passes on what it prints, and keeps the lines by which test runners close.
fn stream(command: &mut Command) -> Result<(bool, Vec<String>), String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("{}: cannot be started: {e}", sh::line(command)))?;
    let mut closing = Vec::new();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            println!("{line}");
            if is_closing(&line) {
                closing.push(line.trim().to_owned());
            }
        }
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    Ok((status.success(), closing))
}

fn is_closing(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("test result:") || (line.starts_with("Tests ") && line.ends_with(')'))
}

/// Passed, failed and skipped in a closing line of cargo or vitest.
fn counts(line: &str) -> (u64, u64, u64) {
    let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let before = |name: &str| {
        let numbers = words.windows(2).filter(|pair| pair[1] == name).filter_map(|pair| pair[0].parse::<u64>().ok());
        numbers.sum::<u64>()
    };
    (before("passed"), before("failed"), before("ignored") + before("skipped"))
}

fn summary(lines: &[Line]) -> bool {
    println!("\n{:<10} {:<26} {:>8}  result", "part", "check", "seconds");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for line in lines {
        let part = format!("{:?}", line.part).to_lowercase();
        let said = match &line.ended {
            Ended::Passed => "ok".to_owned(),
            Ended::Failed(why) => format!("FAILED {why}"),
            Ended::Skipped(why) => format!("skipped: {why}"),
        };
        println!("{part:<10} {:<26} {:>8.1}  {said}", line.check, line.seconds);
        // A test program without any test says nothing worth a line.
        for closing in line.closing.iter().filter(|closing| counts(closing) != (0, 0, 0)) {
            println!("{:<46}  {closing}", "");
        }
        let (p, f, s) = line.closing.iter().map(|l| counts(l)).fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
        // A check that is no test runner counts as one.
        let itself = line.closing.is_empty();
        passed += p + u64::from(itself && line.ended == Ended::Passed);
        failed += f + u64::from(matches!(line.ended, Ended::Failed(_)) && f == 0);
        skipped += s + u64::from(matches!(line.ended, Ended::Skipped(_)));
    }
    println!("\ntotal: {passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted() {
        fn check(line: &str, expect: (u64, u64, u64)) {
            assert!(is_closing(line), "{line}");
            assert_eq!(counts(line), expect, "{line}");
        }
        check("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s", (12, 0, 1));
        check("      Tests  2 failed | 5 passed (7)", (5, 2, 0));
        check(" Tests  5 passed | 1 skipped (6)", (5, 0, 1));
    }

    #[test]
    fn a_test_with_any_name_is_run() {
        assert_eq!(ground("window_cutover"), Ground::Window);
        assert_eq!(ground("real_traffic"), Ground::RealNode);
        assert_eq!(ground("labs_real_nodes"), Ground::LabsOfRealNodes);
        assert_eq!(ground("labs_practice"), Ground::Labs);
        assert_eq!(ground("lab_cli"), Ground::ApiServer);
        assert_eq!(ground("api_cluster"), Ground::ApiServer);
        assert_eq!(ground("anything"), Ground::ApiServer);
    }

    #[test]
    fn every_ground_has_tests() {
        for wanted in [Ground::Window, Ground::RealNode, Ground::Labs, Ground::LabsOfRealNodes, Ground::ApiServer] {
            // Without a name, cargo would run every target there is.
            assert!(!targets(wanted).is_empty(), "{wanted:?}");
        }
    }

    #[test]
    fn a_failed_check_fails_the_whole() {
        let line = |ended| Line { part: Part::Lint, check: "x".into(), ended, seconds: 0.0, closing: Vec::new() };
        assert!(summary(&[line(Ended::Passed), line(Ended::Skipped("why".into()))]));
        assert!(!summary(&[line(Ended::Passed), line(Ended::Failed("why".into()))]));
    }
}
