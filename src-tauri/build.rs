//! Compiles the capability files. The page may call three commands and nothing else.

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&["call", "subscribe", "leave"]);
    if let Err(e) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        eprintln!("tauri build: {e:#}");
        std::process::exit(1);
    }
}
