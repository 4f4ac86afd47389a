//! Where things lie: the checkout, the user's cache and the user's state.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the checkout. Cargo says where the package lies that it runs: the path that was built in may be that of
/// another checkout with the same target folder.
pub fn checkout() -> PathBuf {
    let said = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let is_root = |folder: &&Path| folder.join("src-tauri/xtask/Cargo.toml").is_file();
    let found = said.as_deref().and_then(|package| package.ancestors().find(is_root));
    // This crate lies two folders below it.
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    found.or(built_in).map_or_else(PathBuf::new, Path::to_path_buf)
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
