//! Objects in; the live graph, its findings and its layout out.
//!
//! [`Topology`] holds the objects of the chosen namespaces and what follows from them. It is given changes and says what
//! they changed; it never fails: what is wrong with the objects becomes a [`Finding`].
//!
//! This room does **not** know how objects are fetched (`cluster`), what time it is (ages are the reader's business),
//! how a router spells its weights (`traffic`), nor what should be done about anything (`plan`).
//!
//! **Invariants**
//! - The graph after any sequence of changes equals the one built from scratch from the same objects; the layout alone
//!   depends on what was there before, so that what did not change does not move.
//! - Traffic follows owner chains and endpoints, never names or labels.
//! - A share is what is known: unknown is null, never a guess.
//!
//! Adding a relation: 1. a file in `relations/`; 2. its line in `relations/mod.rs`; 3. a fixture folder of its name.
//! A finding likewise, in `findings/`, with a case that fires and one that must not.

#![warn(missing_docs)]

pub mod findings;
mod fold;
mod graph;
mod ground;
mod health;
mod layout;
mod nodes;
mod owner;
mod ports;
pub mod relations;
mod shares;
mod text;
mod topology;
mod trace;
mod view;

pub use findings::Finding;
pub use fold::{Folded, fold};
pub use graph::{Edge, EdgeId, EdgeState, Graph, GraphDelta, Health, Lane, Node, NodeId, PodState, Presence, Rank};
pub use layout::{Layout, Place};
pub use owner::Owner;
pub use shares::{RouteShares, Rule, Target, VersionShare};
pub use text::text;
pub use topology::{Topology, kinds};
pub use trace::{Answer, Trace};
pub use view::View;
