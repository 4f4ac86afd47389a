//! Where things lie: the checkout, the user's cache and the user's state.

use std::env;
use std::path::PathBuf;

/// The root of the checkout: this crate lies two folders below it.
pub fn checkout() -> PathBuf {
    let mut here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.pop();
    here.pop();
    here
}

/// What can be made again: built programs, stamps. `$XDG_CACHE_HOME/changeover`.
pub fn cache() -> PathBuf {
    base("XDG_CACHE_HOME", ".cache").join("changeover")
}

/// What a running lab needs: `$XDG_STATE_HOME/changeover`.
pub fn state() -> PathBuf {
    base("XDG_STATE_HOME", ".local/state").join("changeover")
}

fn base(variable: &str, below_home: &str) -> PathBuf {
    match env::var_os(variable).map(PathBuf::from) {
        Some(path) if path.is_absolute() => path,
        _ => home().join(below_home),
    }
}

/// The user's home; the folder for temporary files where there is none.
pub fn home() -> PathBuf {
    env::var_os("HOME").map(PathBuf::from).unwrap_or_else(env::temp_dir)
}
