//! The smallest window that Tauri makes, with one line of text: what the product's start and size are held against.

fn main() -> std::process::ExitCode {
    match tauri::Builder::default().run(tauri::generate_context!()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("blank: {e}");
            std::process::ExitCode::FAILURE
        }
    }
}
