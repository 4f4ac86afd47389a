//! Nothing but what Tauri needs.

fn main() {
    tauri_build::build();
}
