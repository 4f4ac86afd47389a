//! The words of Changeover: which objects there are, what is kept of each, and how a change to one is written down.
//!
//! Everything here is data. This room does **not** know how an object is fetched, watched or written (`cluster`), what
//! the objects mean together (`topology`, `traffic`), nor what should be done with them (`plan`).
//!
//! **Invariant:** a slim struct mirrors the shape of the Kubernetes object it is decoded from and only names the fields
//! that some room reads; unknown fields are dropped, absent and `null` collections are empty.
//!
//! Adding a kind: 1. one file in `kinds/` with the kept fields; 2. one line in the list of `kind.rs`.

pub mod identity;
pub mod kind;
pub mod kinds;
pub mod meta;
pub mod names;
pub mod sentence;
pub mod set;
pub mod split;
pub mod write;

pub use identity::ClusterIdentity;
pub use kind::{Kind, Object, ObjectId};
pub use meta::{LabelSelector, Labels, Meta, OwnerRef};
pub use sentence::Sentence;
pub use set::{Delta, ObjectSet};
pub use split::{Also, Backend, Field, Route, RouteMatch, Split, Weight};
pub use write::{Edit, Guard, Write};
