//! `cargo xtask fuzz`: throws mutated samples at what reads others' bytes, each target in a process of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use acceptance::fuzz::{Budget, Found, MEMORY, SELF_TESTS, STACK, TARGETS, TIME, TOO_SLOW, Target, hunt};
use clap::Parser;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Exit code of a process that found something and wrote it down.
const FOUND: i32 = 2;

#[derive(Parser)]
#[command(about = "Throws mutated samples at everything that reads what others wrote")]
struct Arguments {
    /// Which [default: each]
    target: Option<String>,
    /// How long for each
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// So many inputs for each instead
    #[arg(long)]
    cases: Option<u64>,
    /// Of the generator: the same one gives the same inputs [default: of the clock]
    #[arg(long)]
    seed: Option<u64>,
    /// Tries this one input
    #[arg(long, requires = "target")]
    input: Option<PathBuf>,
    /// Where inputs that were not survived are put
    #[arg(long, default_value = "target/fuzz")]
    folder: PathBuf,
    /// The process of one target: its input lies here
    #[arg(long, hide = true)]
    current: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let all = || TARGETS.iter().chain(SELF_TESTS);
    let targets: Vec<&Target> = match &arguments.target {
        Some(name) => all().filter(|t| t.name == name).collect(),
        None => TARGETS.iter().collect(),
    };
    if targets.is_empty() {
        eprintln!("no such target; there are: {}", TARGETS.iter().map(|t| t.name).collect::<Vec<_>>().join(", "));
        return ExitCode::FAILURE;
    }
    match arguments.current.clone() {
        Some(current) => child(targets[0], &arguments, &current),
        None => match targets.iter().map(|t| survives(t, &arguments)).collect::<std::io::Result<Vec<_>>>() {
            Ok(all) if all.iter().all(|survived| *survived) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::FAILURE,
            Err(e) => {
                eprintln!("fuzz: {e}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Runs one target in a process of its own, and says how it ended.
fn survives(target: &Target, arguments: &Arguments) -> std::io::Result<bool> {
    let folder = arguments.folder.join(target.name);
    std::fs::create_dir_all(&folder)?;
    let current = folder.join("current");
    let seed = arguments.seed.unwrap_or_else(|| u64::from(std::process::id()) ^ jiff::Timestamp::now().as_millisecond().unsigned_abs());
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(target.name).arg("--current").arg(&current).args([
        "--seed",
        &seed.to_string(),
        "--seconds",
        &arguments.seconds.to_string(),
    ]);
    if let Some(cases) = arguments.cases {
        command.args(["--cases", &cases.to_string()]);
    }
    if let Some(input) = &arguments.input {
        command.arg("--input").arg(input);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::inherit()).spawn()?.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let why = match output.status.code() {
        Some(0) => {
            let _ = std::fs::remove_file(&current);
            return Ok(true);
        }
        Some(FOUND) => said.trim().to_string(),
        Some(TOO_SLOW) => format!("it took longer than {} s", TIME.as_secs()),
        _ => format!("its process ended ({}): {}", output.status, last_line(&said)),
    };
    let input = std::fs::read(&current)?;
    let kept = folder.join(format!("{}.input", name_of(&input)));
    std::fs::rename(&current, &kept)?;
    let shown: String = String::from_utf8_lossy(&input).chars().take(2_000).flat_map(char::escape_debug).collect();
    println!(
        "{}: NOT SURVIVED (seed {seed}): {why}\n  input, {} bytes: {shown}\n  again: cargo xtask fuzz {} --input {}",
        target.name,
        input.len(),
        target.name,
        kept.display()
    );
    Ok(false)
}

fn last_line(said: &str) -> &str {
    said.lines().rev().find(|line| line.contains("overflow") || line.contains("allocation")).or(said.lines().last()).unwrap_or("no words")
}

/// A name that follows from the bytes.
fn name_of(input: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn child(target: &'static Target, arguments: &Arguments, current: &Path) -> ExitCode {
    if let Err(e) = setrlimit(Resource::As, Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) }) {
        eprintln!("memory cannot be limited: {e}");
        return ExitCode::FAILURE;
    }
    let budget = arguments.cases.map_or(Budget::For(Duration::from_secs(arguments.seconds)), Budget::Cases);
    let seed = arguments.seed.unwrap_or_default();
    let input = arguments.input.as_ref().map(std::fs::read).transpose();
    let place = current.to_path_buf();
    let work = move || match input {
        Ok(Some(input)) => {
            let _ = std::fs::write(&place, &input);
            (target.run)(&input).map(|()| 1).map_err(|why| Found { input, why })
        }
        Ok(None) => hunt(target, budget, seed, &place),
        Err(e) => Err(Found { input: Vec::new(), why: format!("the input cannot be read: {e}") }),
    };
    match std::thread::Builder::new().stack_size(STACK).spawn(work).map(|thread| thread.join()) {
        Ok(Ok(Ok(inputs))) => {
            println!("{}: survived {inputs} inputs", target.name);
            ExitCode::SUCCESS
        }
        Ok(Ok(Err(found))) => {
            let _ = std::fs::write(current, &found.input);
            let _ = write!(std::io::stderr(), "{}", found.why);
            ExitCode::from(u8::try_from(FOUND).unwrap_or(1))
        }
        // A single input that panics has printed its words.
        _ => ExitCode::FAILURE,
    }
}
