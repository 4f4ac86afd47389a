//! Debian packages: asks for what is missing, installs it, and does nothing when nothing is missing.

use std::process::Command;

use crate::{say, sh};

/// What the window is built with and runs on, and what its journeys need.
pub const WINDOW: &[&str] = &[
    "build-essential",
    "curl",
    "dbus",
    "file",
    "fonts-noto-cjk",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "pkg-config",
    "webkit2gtk-driver",
    "xvfb",
];

/// What a real node is made of.
pub const REAL_NODE: &[&str] = &["conntrack", "containerd", "containernetworking-plugins", "iproute2", "nftables", "runc"];

/// What the tests on the lab shift the clock of a program with.
pub const WRONG_CLOCK: &[&str] = &["faketime"];

/// The packages of `wanted` that are not installed; `None` where there is no dpkg to ask.
pub fn missing<'a>(wanted: &[&'a str]) -> Option<Vec<&'a str>> {
    sh::which("dpkg-query")?;
    let installed = |package: &str| {
        sh::read(&mut sh::command("dpkg-query", ["-W", "-f", "${Status}", package])).is_ok_and(|status| status.ends_with("ok installed"))
    };
    Some(wanted.iter().copied().filter(|package| !installed(package)).collect())
}

/// Installs what is missing of `wanted`, with sudo only where this user is not root.
pub fn ensure(wanted: &[&str], what_for: &str) -> Result<(), sh::ShError> {
    let Some(missing) = missing(wanted) else {
        say::note(&format!("no dpkg here: {what_for} needs these Debian packages or their like: {}", wanted.join(" ")));
        return Ok(());
    };
    if missing.is_empty() {
        return Ok(());
    }
    say::step(&format!("installing for {what_for}: {}", missing.join(" ")));
    let mut update = apt();
    update.args(["update", "-qq"]);
    sh::run(&mut update)?;
    let mut install = apt();
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&missing);
    sh::run(&mut install)
}

fn apt() -> Command {
    let mut command = if sh::is_root() {
        Command::new("apt-get")
    } else {
        say::step("sudo is asked: system packages can only be installed by root");
        sh::command("sudo", ["DEBIAN_FRONTEND=noninteractive", "apt-get"])
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
