//! Who drives a run, for colleagues who meet its marks in the cluster. The only place that asks the operating system.

use std::fs;

/// Longest name of a user or host that is passed on.
const LONGEST: usize = 100;

/// `ann@laptop as kubernetes-admin`: user and host as the operating system names them, and the kubeconfig's user.
pub fn driver(kubeconfig_user: &str) -> String {
    said(&user(), &host(), kubeconfig_user)
}

fn said(user: &str, host: &str, kubeconfig_user: &str) -> String {
    let [user, host, login] = [user, host, kubeconfig_user].map(plain);
    let host = if host.is_empty() { "?".to_string() } else { host };
    let login = if login.is_empty() { String::new() } else { format!(" as {login}") };
    format!("{user}@{host}{login}")
}

/// The login name; in containers there often is none, then the number.
fn user() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|v| std::env::var(v).ok().filter(|n| !n.trim().is_empty()));
    named.unwrap_or_else(|| {
        #[cfg(unix)]
        let number = fs::metadata("/proc/self").ok().map(|m| format!("uid {}", std::os::unix::fs::MetadataExt::uid(&m)));
        #[cfg(not(unix))]
        let number = std::env::var("USERNAME").ok();
        number.unwrap_or_else(|| "?".into())
    })
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default()
}

/// One line without control characters, cut: it goes into an annotation.
fn plain(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_one_line_whatever_the_names_hold() {
        assert_eq!(said("ann", "laptop\n", "kubernetes-admin"), "ann@laptop as kubernetes-admin");
        assert_eq!(said("a\nb", "", ""), "ab@?");
        let here = driver("admin");
        assert!(here.ends_with(" as admin") && here.contains('@') && !here.starts_with('@'), "{here}");
    }
}
