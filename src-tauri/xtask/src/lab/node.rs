//! Real nodes.
use super::state::{LabDir, Network, Record};
use super::LabError;
pub fn free_network() -> Result<Network, LabError> { Err(LabError::NoNetwork) }
pub fn prepare(_: &LabDir, _: &Record) -> Result<(), LabError> { Ok(()) }
pub fn start(_: &LabDir, _: &mut Record) -> Result<(), LabError> { Ok(()) }
pub fn kill_containers(_: Network) -> Result<(), LabError> { Ok(()) }
pub fn remove(_: &LabDir, _: Network) -> Result<(), LabError> { Ok(()) }
