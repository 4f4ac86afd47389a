//! Throws mutated samples at everything that reads what others wrote, and says which one it does not survive.
//!
//! What is found: a panic, an overflowing stack, more than [`MEMORY`], more than [`TIME`] for one input, and a target's own
//! claim that does not hold. Why so and not with a coverage-guided engine: `src-tauri/docs/decisions/0013-fuzzing.md`.
//!
//! A target runs in a process of its own, for an overflowing stack and a refused allocation end the process: the input is on
//! disk before it is tried.

mod targets;

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

pub use targets::{SELF_TESTS, TARGETS};

/// Address space of a target's process: far above what any of its caps allows.
pub const MEMORY: u64 = 1 << 30;
/// Stack of the thread that reads: that of a worker of the real program.
pub const STACK: usize = 2 << 20;
/// For one input on a slow and busy machine; an honest reader takes milliseconds.
pub const TIME: Duration = Duration::from_secs(15);
/// Exit code of a process whose input took longer.
pub const TOO_SLOW: i32 = 3;
/// Largest input.
const INPUT_CAP: usize = 1 << 20;
/// Cases that one seed of the generator gives.
const BATCH: u32 = 64;

/// Something that reads what others wrote.
pub struct Target {
    /// For the command line.
    pub name: &'static str,
    /// Samples, each of which is good.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads an input. The error is a claim that does not hold; refusing the input is none.
    pub run: fn(&[u8]) -> Result<(), String>,
}

/// How long.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// So many inputs: the same ones each time.
    Cases(u64),
    /// So long.
    For(Duration),
}

/// An input that was not survived.
#[derive(Debug)]
pub struct Found {
    /// The smallest one that shows it.
    pub input: Vec<u8>,
    /// What happened.
    pub why: String,
}

/// One change of an input. Places are shares of its length.
#[derive(Clone, Debug)]
enum Edit {
    Byte(Index, u8),
    Insert(Index, Token),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Splice(Index, Index, Index, usize),
    Number(Index, &'static str),
}

#[derive(Clone, Debug)]
enum Token {
    Word(&'static str),
    Bytes(Vec<u8>),
    Nest(&'static str, usize),
}

/// Syntax of JSON and YAML, and characters that are trouble to somebody.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ":",
    ",",
    "\n",
    "\t",
    "\r",
    " ",
    "\0",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "\u{202e}",
    "\u{feff}",
    "\u{1b}[31m",
    "&a ",
    "*a",
    "<<: *a\n",
    "- ",
    "? ",
    "| \n",
    "!!binary ",
    "%YAML 9\n",
    "---\n",
    "...\n",
    "#",
    "@",
    "e000001",
    "k8s\0",
    "<html>",
    "\x1f\u{8b}",
];
const NUMBERS: &[&str] =
    &["0", "-1", "1e999", "2147483648", "4294967296", "9223372036854775808", "18446744073709551615", "99999999999999999999", "0.1", ""];

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    let token = prop_oneof![
        14 => prop::sample::select(WORDS).prop_map(Token::Word),
        4 => prop::collection::vec(any::<u8>(), 1..9).prop_map(Token::Bytes),
        1 => (prop::sample::select(&["[", "{\"a\":", "- ", "[{", "&a [", "(", "\\"][..]), 1usize..5_000).prop_map(|(t, n)| Token::Nest(t, n)),
    ];
    prop_oneof![
        3 => (at(), any::<u8>()).prop_map(|(i, b)| Edit::Byte(i, b)),
        4 => (at(), token).prop_map(|(i, t)| Edit::Insert(i, t)),
        2 => (at(), 1usize..200).prop_map(|(i, n)| Edit::Remove(i, n)),
        1 => (at(), 1usize..200, 1usize..200).prop_map(|(i, n, times)| Edit::Repeat(i, n, times)),
        2 => (at(), at(), at(), 1usize..400).prop_map(|(i, s, j, n)| Edit::Splice(i, s, j, n)),
        2 => (at(), prop::sample::select(NUMBERS)).prop_map(|(i, n)| Edit::Number(i, n)),
    ]
}

fn apply(edit: &Edit, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let place = |i: &Index, of: &[u8]| i.index(of.len() + 1);
    match edit {
        Edit::Byte(i, byte) => {
            let at = place(i, input);
            match input.get_mut(at) {
                Some(b) => *b = *byte,
                None => input.push(*byte),
            }
        }
        Edit::Insert(i, token) => {
            let bytes = match token {
                Token::Word(word) => word.as_bytes().to_vec(),
                Token::Bytes(bytes) => bytes.clone(),
                Token::Nest(word, times) => word.repeat(*times).into_bytes(),
            };
            let at = place(i, input);
            input.splice(at..at, bytes);
        }
        Edit::Remove(i, n) => {
            let at = place(i, input);
            input.drain(at..(at + n).min(input.len()));
        }
        Edit::Repeat(i, n, times) => {
            let at = place(i, input);
            let piece = input[at..(at + n).min(input.len())].repeat(*times);
            input.splice(at..at, piece);
        }
        Edit::Splice(i, seed, from, n) => {
            let seed = seed.get(seeds);
            let from = place(from, seed);
            let at = place(i, input);
            input.splice(at..at, seed[from..(from + n).min(seed.len())].iter().copied());
        }
        Edit::Number(i, number) => {
            let from = place(i, input);
            let Some(start) = input[from..].iter().position(u8::is_ascii_digit).map(|n| from + n) else { return };
            let end = input[start..].iter().position(|b| !b.is_ascii_digit()).map_or(input.len(), |n| start + n);
            input.splice(start..end, number.bytes());
        }
    }
    input.truncate(INPUT_CAP);
}

/// Tries the samples as they are, then mutated ones, each written to `current` before. Ends the process when one takes longer
/// than [`TIME`].
///
/// # Errors
/// The first input that was not survived, made as small as it can be.
pub fn hunt(target: &Target, budget: Budget, seed: u64, current: &Path) -> Result<u64, Found> {
    let seeds = (target.seeds)();
    let watched = Watched::start();
    let file = std::fs::File::create(current).map_err(|e| Found { input: Vec::new(), why: format!("{}: {e}", current.display()) })?;
    let attempt = |input: &[u8]| {
        // Written over and cut, not made anew: some file systems wait for the disk when a file is emptied first.
        file.write_all_at(input, 0).and_then(|()| file.set_len(input.len() as u64)).map_err(|e| e.to_string())?;
        watched.during(|| (target.run)(input))
    };
    for sample in &seeds {
        attempt(sample).map_err(|why| Found { input: sample.clone(), why: format!("a good sample: {why}") })?;
    }
    let inputs = (any::<Index>(), prop::collection::vec(edit(), 1..6)).prop_map(|(first, edits)| {
        let mut input = first.get(&seeds).clone();
        edits.iter().for_each(|edit| apply(edit, &mut input, &seeds));
        input
    });
    let (began, mut done) = (Instant::now(), 0u64);
    for batch in 0u64.. {
        let cases = match budget {
            Budget::Cases(all) if done >= all => break,
            Budget::Cases(all) => u32::try_from(all - done).unwrap_or(BATCH).min(BATCH),
            Budget::For(d) if began.elapsed() >= d => break,
            Budget::For(_) => BATCH,
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&batch.to_le_bytes());
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 5_000, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        match runner.run(&inputs, |input| attempt(&input).map_err(TestCaseError::fail)) {
            Ok(()) => done += u64::from(cases),
            Err(TestError::Fail(why, input)) => return Err(Found { input, why: why.to_string() }),
            Err(TestError::Abort(why)) => return Err(Found { input: Vec::new(), why: why.to_string() }),
        }
    }
    Ok(done)
}

/// Looks after the clock from another thread: one that hangs cannot look itself.
struct Watched {
    /// When the input began, in milliseconds since the start, plus one; 0 = none.
    since: Arc<AtomicU64>,
    start: Instant,
}

impl Watched {
    fn start() -> Self {
        let (since, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let seen = since.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(200));
                let began = seen.load(Ordering::SeqCst);
                if began > 0 && start.elapsed() > Duration::from_millis(began) + TIME {
                    std::process::exit(TOO_SLOW);
                }
            }
        });
        Self { since, start }
    }

    fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1;
        self.since.store(now, Ordering::SeqCst);
        let done = work();
        self.since.store(0, Ordering::SeqCst);
        done
    }
}
