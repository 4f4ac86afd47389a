//! The only room with a Kubernetes client: kubeconfig, connections, guarded writes, live watches, tunnels.
//!
//! It does **not** know what objects mean, what should be written, or whether a write was wise: it sends what the engine
//! wrote down, once, and says exactly how that ended. Nothing here is specific to a strategy or a router.
//!
//! **Invariants**
//! - A write is sent at most once, over a stack that has no retry, and only to the cluster that it was meant for (I9).
//! - A locked or stale connection lets nothing through but reads, permission questions and dry runs: checked by HTTP
//!   verb at the last place before the network, for both stacks.
//! - TLS is always verified; redirects are never followed; every answer is bounded in size, depth and time (I11).
//! - Values of Secrets are never asked for, but those of the record of a run; those of ConfigMaps only one object at a time.
//! - No token, key or line of a kubeconfig is part of an error, a log line or `Debug` output (I10).
//!
//! Which kinds are watched is for the caller of [`watch`] to say. Adding an encoding: see [`codec`].

mod certificate;
pub mod codec;
mod connect;
mod credentials;
mod drive;
mod feed;
mod heart;
pub mod kubeconfig;
mod log;
mod policy;
mod reads;
mod road;
mod sign_in;
mod tunnel;
mod watch;
pub mod way;
mod wire;
mod write;

pub use connect::{ConnectError, Connection, Deadlines, Options, Warning};
pub use credentials::CredentialError;
pub use feed::{Feed, FeedEvent, Freshness, Namespaces, watch, watch_beside};
pub use kubeconfig::{ContextEntry, Contexts, KubeconfigError, ProxyEnvironment, Sources, Unverified};
pub use log::{LINE_CAP, LogAsk, LogError, LogLine, LogStream};
pub use policy::{Refusal, WritePolicy};
pub use reads::ServerVersion;
pub use sign_in::{ATTENDED, Approvals, Program, SignIn, SigningIn, UNATTENDED};
pub use watch::KindState;
pub use wire::{UNTRUSTED, said_of};

#[cfg(test)]
mod exec_tests;
#[cfg(test)]
mod freshness_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod loopback_tests;
#[cfg(test)]
mod road_tests;
#[cfg(test)]
mod tls_tests;
