//! A desktop for a window: a message bus of its own, on which something shows notifications and something keeps the computer
//! awake, as a session's notification server and logind do.

use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zbus::blocking::Connection;
use zbus::zvariant::{OwnedFd, OwnedValue};

use crate::{Outcome, until};

const NOTIFICATIONS: &str = "/org/freedesktop/Notifications";

/// What was shown: `summary`, then `body`.
pub type Shown = (String, String);

#[derive(Clone, Default)]
struct Seen {
    shown: Arc<Mutex<Vec<Shown>>>,
    locks: Arc<Mutex<Vec<Lock>>>,
}

/// A lock against sleep.
struct Lock {
    what: String,
    end: UnixStream,
}

impl Lock {
    /// Whoever asked for it has not closed it.
    fn is_held(&mut self) -> bool {
        matches!(self.end.read(&mut [0]), Err(e) if e.kind() == ErrorKind::WouldBlock)
    }
}

/// The desktop; its bus ends with it.
pub struct Desktop {
    bus: Child,
    connection: Connection,
    address: String,
    seen: Seen,
}

impl Desktop {
    /// Starts it; its socket lies in that folder.
    pub fn start(dir: &Path) -> Outcome<Desktop> {
        let socket = dir.join("bus");
        let address = format!("unix:path={}", socket.display());
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--address", &address]).stdout(Stdio::null()).stderr(Stdio::null());
        let bus = bus.spawn().map_err(|e| format!("dbus-daemon: {e} (apt package dbus)"))?;
        until("the bus listens", Duration::from_secs(10), || UnixStream::connect(&socket).is_ok());
        let seen = Seen::default();
        let connection = zbus::blocking::connection::Builder::address(address.as_str())?
            .serve_at(NOTIFICATIONS, Notifications(seen.clone()))?
            .serve_at("/org/freedesktop/login1", Logind(seen.clone()))?
            .name("org.freedesktop.Notifications")?
            .name("org.freedesktop.login1")?
            .build()?;
        Ok(Desktop { bus, connection, address, seen })
    }

    /// What a program on it has in its environment.
    pub fn env(&self) -> Vec<(String, String)> {
        ["DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS"].map(|name| (name.to_string(), self.address.clone())).into()
    }

    /// Notifications so far, oldest first.
    pub fn shown(&self) -> Vec<Shown> {
        locked(&self.seen.shown).clone()
    }

    /// What the computer is kept from now.
    pub fn kept_from(&self) -> Vec<String> {
        locked(&self.seen.locks).iter_mut().filter_map(|l| l.is_held().then(|| l.what.clone())).collect()
    }

    /// Clicks on a notification, by its place among those that were shown.
    pub fn click(&self, n: usize) -> Outcome<()> {
        let id = u32::try_from(n + 1)?;
        Ok(self.connection.emit_signal(None::<&str>, NOTIFICATIONS, "org.freedesktop.Notifications", "ActionInvoked", &(id, "default"))?)
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

fn locked<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Notifications(Seen);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "as the specification of the desktop has it")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        summary: &str,
        body: &str,
        _actions: Vec<String>,
        _hints: std::collections::HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut shown = locked(&self.0.shown);
        shown.push((summary.into(), body.into()));
        u32::try_from(shown.len()).unwrap_or(u32::MAX)
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body"].map(String::from).into()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ["desktop", "tests", "1", "1.2"].map(String::from).into()
    }

    fn close_notification(&self, _id: u32) {}
}

struct Logind(Seen);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> zbus::fdo::Result<OwnedFd> {
        let failed = |e: std::io::Error| zbus::fdo::Error::Failed(e.to_string());
        let (end, given) = UnixStream::pair().map_err(failed)?;
        end.set_nonblocking(true).map_err(failed)?;
        locked(&self.0.locks).push(Lock { what: format!("{what} {mode}"), end });
        Ok(std::os::fd::OwnedFd::from(given).into())
    }
}
