//! Progress for a person: one line each, on standard error, so that standard output stays for answers.

use std::time::Instant;

/// Says what is being done now.
pub fn step(what: &str) {
    eprintln!("  {what}");
}

/// Says something that the reader may have to act on.
pub fn note(what: &str) {
    eprintln!("! {what}");
}

/// Says what is being done, and when it is done how long it took.
pub fn timed<T, E>(what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let begun = Instant::now();
    eprintln!("  {what} …");
    let result = work();
    let seconds = begun.elapsed().as_secs_f64();
    match &result {
        Ok(_) => eprintln!("  {what}: {seconds:.1} s"),
        Err(_) => eprintln!("  {what}: failed after {seconds:.1} s"),
    }
    result
}
