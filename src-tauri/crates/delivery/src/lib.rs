//! Where a new version comes from: what a registry says of an image, before anything is written to a cluster.
//!
//! This room does **not** decide whether an image may be rolled out: who pulls it is the cluster, with keys of its own. It reads, from
//! this workstation and with the keys that this user has here; what it cannot read it says, and nobody is stopped by it.
//!
//! **Invariants:** a key is sent to the registry that it is kept for, and to the place where that one signs in, over TLS or on this
//! machine alone, and appears in no text; what a registry sends is read to a limit and within a time.
//!
//! Adding a system: 1. its file in `systems/`; 2. its line in `systems/mod.rs`.

pub mod image;
pub mod keys;
pub mod systems;

pub use image::Image;
pub use keys::Keys;
pub use systems::registry::{Answer, Registry};
