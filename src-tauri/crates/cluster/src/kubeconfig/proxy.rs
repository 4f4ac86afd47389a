//! Which proxy stands before an API server: `proxy-url`, or else the environment, by the rules of client-go.
//!
//! kube's own choice is not used: it compares `NO_PROXY` with the proxy's host and not with the server's. hyper-util's follows
//! curl, and curl has other rules (no ports, no `*.`, loopback goes through the proxy).

use std::net::IpAddr;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

/// A proxy, with its login. Shown without it.
#[derive(Clone)]
pub struct Proxy {
    /// `http://host:port` or `https://host:port`, whatever is spoken there.
    pub(crate) dial: Uri,
    pub(crate) speaks: Speaks,
    shown: String,
}

/// What a proxy is asked with.
#[derive(Clone)]
pub(crate) enum Speaks {
    /// HTTP `CONNECT`, with this `Proxy-Authorization`.
    Connect(Option<HeaderValue>),
    /// SOCKS 5, with this user and password. Names are resolved by the proxy, for `socks5` as for `socks5h`: as Go does it.
    Socks(Option<(String, SecretString)>),
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Proxy {
    /// All of it, with its login: only to be hashed.
    pub(super) fn key(&self) -> String {
        let login = match &self.speaks {
            Speaks::Connect(header) => header.as_ref().map(|h| hex::encode(h.as_bytes())),
            Speaks::Socks(login) => login.as_ref().map(|(user, password)| format!("{}:{user}:{}", user.len(), password.expose_secret())),
        };
        format!("{} {}", self.shown, login.unwrap_or_default())
    }

    /// Reads its URL; `None` when it is none of http, https, socks5 and socks5h.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (dialled, usual) = match scheme.as_str() {
            "http" => ("http", 80),
            "https" => ("https", 443),
            "socks5" | "socks5h" => ("http", 1080),
            _ => return None,
        };
        // Of the matcher only its reading of a URL with user and password is used: any destination does.
        let matcher = Matcher::builder().https(format!("{scheme}://{rest}")).build();
        let found = matcher.intercept(&Uri::from_static("https://destination"))?;
        let authority = found.uri().authority()?;
        let host = Some(authority.host()).filter(|h| !h.is_empty())?;
        // A port that is no number would be taken for none.
        let port = match authority.port_u16() {
            None if authority.as_str() == host => usual,
            port => port?,
        };
        let speaks = match scheme.as_str() {
            "http" | "https" => Speaks::Connect(found.basic_auth().cloned()),
            _ => Speaks::Socks(found.raw_auth().map(|(user, password)| (user.to_string(), password.to_string().into()))),
        };
        Some(Self { dial: format!("{dialled}://{host}:{port}").parse().ok()?, speaks, shown: format!("{scheme}://{host}:{port}") })
    }
}

/// What the environment says about proxies. `Default` is an environment that says nothing.
///
/// Source of the rules: `golang.org/x/net/http/httpproxy`, which client-go uses. `ALL_PROXY` is not read, and `HTTP_PROXY` is for
/// servers without TLS, which are refused anyway.
#[derive(Clone, Debug, Default)]
pub struct ProxyEnvironment {
    https: Option<(&'static str, SecretString)>,
    no: String,
}

impl ProxyEnvironment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// The environment in which variables have these values; of two spellings the first that is not empty counts.
    pub fn of(value: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| names.into_iter().find_map(|n| value(n).filter(|v| !v.is_empty()).map(|v| (n, v)));
        Self {
            https: first(["HTTPS_PROXY", "https_proxy"]).map(|(name, v)| (name, v.into())),
            no: first(["NO_PROXY", "no_proxy"]).map(|(_, v)| v).unwrap_or_default(),
        }
    }

    /// The proxy for a server, if there is to be one; the variable's name when its value is not the URL of a proxy.
    ///
    /// Go goes on without a proxy when it cannot read the URL. A console that writes shall not take another road than was meant.
    pub(crate) fn proxy_for(&self, server: &Uri) -> Result<Option<Proxy>, &'static str> {
        let Some((name, value)) = &self.https else { return Ok(None) };
        if bypassed(&self.no, server) {
            return Ok(None);
        }
        let value = value.expose_secret().trim();
        let proxy = if value.contains("://") { Proxy::parse(value) } else { Proxy::parse(&format!("http://{value}")) };
        proxy.map(Some).ok_or(name)
    }
}

/// Whether `NO_PROXY` has the server reached without a proxy; loopback always is.
fn bypassed(no_proxy: &str, server: &Uri) -> bool {
    let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 }).to_string();
    let ip = host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
    if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    no_proxy.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| covers(&entry, &host, &port, ip))
}

fn covers(entry: &str, host: &str, port: &str, ip: Option<IpAddr>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Ok(net) = entry.parse::<IpNet>() {
        return ip.is_some_and(|ip| net.contains(&ip));
    }
    let (name, only) = split_port(entry);
    let port_fits = only.is_empty() || only == port;
    if let Ok(one) = name.parse::<IpAddr>() {
        return ip == Some(one.to_canonical()) && port_fits;
    }
    // Names do not cover addresses, and an entry of dots or a port alone covers nothing.
    if ip.is_some() || name.is_empty() {
        return false;
    }
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    let below = match name.strip_prefix('.') {
        Some(domain) => host.strip_suffix(domain),
        None if host == name => return port_fits,
        None => host.strip_suffix(name),
    };
    // `.example.org` covers what is below it alone, `example.org` itself too.
    below.is_some_and(|b| b.ends_with('.')) && port_fits
}

/// `host:port` or `[v6]:port`; a bare IPv6 address has no port.
fn split_port(entry: &str) -> (&str, &str) {
    match entry.rsplit_once(':') {
        Some((host, port)) if host.starts_with('[') && host.ends_with(']') => (&host[1..host.len() - 1], port),
        Some((host, port)) if !host.contains(':') => (host, port),
        _ => (entry, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(no: &str, server: &str, bypassed_: bool) {
        assert_eq!(bypassed(no, &server.parse().expect("a url")), bypassed_, "NO_PROXY={no} {server}");
    }

    #[test]
    fn no_proxy_means_what_it_means_for_go() {
        check("", "https://example.org", false);
        for loopback in ["https://localhost:6443", "https://LOCALHOST", "https://127.0.0.1", "https://127.8.8.8:6443", "https://[::1]:6443"]
        {
            check("", loopback, true);
        }
        check("", "https://localhost.example.org", false);
        check("*", "https://example.org", true);
        check("*", "https://10.0.0.1", true);
        check("a, *", "https://example.org", true);
        // A name covers itself and what is below it.
        check("example.org", "https://example.org:6443", true);
        check("example.org", "https://api.example.org", true);
        check("EXAMPLE.org", "https://API.example.ORG", true);
        check("example.org", "https://notexample.org", false);
        check("example.org", "https://example.org.evil", false);
        // With a dot or a star before it, only what is below it.
        for entry in [".example.org", "*.example.org"] {
            check(entry, "https://api.example.org", true);
            check(entry, "https://example.org", false);
            check(entry, "https://notexample.org", false);
        }
        check("*example.org", "https://api.example.org", false);
        // A port counts where there is one, and 443 is meant where the URL has none.
        check("example.org:6443", "https://example.org:6443", true);
        check("example.org:6443", "https://api.example.org:6443", true);
        check("example.org:6443", "https://example.org", false);
        check("example.org:443", "https://example.org", true);
        check(".example.org:443", "https://api.example.org", true);
        check(":443", "https://example.org", false);
        // Addresses and networks.
        check("10.0.0.1", "https://10.0.0.1:6443", true);
        check("10.0.0.1", "https://10.0.0.10", false);
        check("10.0.0.1:6443", "https://10.0.0.1:6443", true);
        check("10.0.0.1:6443", "https://10.0.0.1", false);
        check("10.0.0.0/8", "https://10.255.0.1", true);
        check("10.9.9.9/8", "https://10.255.0.1", true);
        check("10.0.0.0/8", "https://11.0.0.1", false);
        check("10.0.0.0/8", "https://10.example.org", false);
        check("2001:db8::1", "https://[2001:db8::1]:6443", true);
        check("[2001:db8::1]:6443", "https://[2001:db8::1]:6443", true);
        check("[2001:db8::1]:6443", "https://[2001:db8::1]", false);
        check("2001:db8::/32", "https://[2001:db8:1::1]", true);
        check("10.0.0.1", "https://[::ffff:10.0.0.1]", true);
        // No name covers an address.
        check("0.1", "https://10.0.0.1", false);
        check(".1", "https://10.0.0.1", false);
        // Spaces, empty entries and nonsense cover nothing else.
        check(" , ,example.org ", "https://example.org", true);
        check(" , ,:,[,.,*.,-", "https://example.org", false);
    }

    fn environment(vars: &[(&str, &str)]) -> ProxyEnvironment {
        ProxyEnvironment::of(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string()))
    }

    fn chosen(vars: &[(&str, &str)]) -> Result<Option<String>, &'static str> {
        let server = Uri::from_static("https://api.example.org:6443");
        environment(vars).proxy_for(&server).map(|p| p.map(|p| p.to_string()))
    }

    #[test]
    fn the_environment_is_read_as_go_reads_it() {
        let proxy = |url: &str| Ok(Some(url.to_string()));
        assert_eq!(chosen(&[]), Ok(None));
        assert_eq!(chosen(&[("HTTP_PROXY", "http://p"), ("ALL_PROXY", "http://p")]), Ok(None));
        assert_eq!(chosen(&[("HTTPS_PROXY", "http://p"), ("https_proxy", "http://q")]), proxy("http://p:80"));
        assert_eq!(chosen(&[("HTTPS_PROXY", ""), ("https_proxy", "http://q")]), proxy("http://q:80"));
        assert_eq!(chosen(&[("HTTPS_PROXY", "p:3128")]), proxy("http://p:3128"));
        assert_eq!(chosen(&[("HTTPS_PROXY", "p:3128"), ("no_proxy", ".example.org")]), Ok(None));
        assert_eq!(chosen(&[("HTTPS_PROXY", "p:3128"), ("NO_PROXY", "a"), ("no_proxy", "*")]), proxy("http://p:3128"));
        assert_eq!(chosen(&[("HTTPS_PROXY", "ftp://p")]), Err("HTTPS_PROXY"));
        assert_eq!(chosen(&[("https_proxy", "http://p:99999")]), Err("https_proxy"));
        // What is bypassed need not be right.
        assert_eq!(chosen(&[("HTTPS_PROXY", "ftp://p"), ("NO_PROXY", "*")]), Ok(None));
    }

    #[test]
    fn the_url_of_a_proxy_is_read_whole_and_shown_without_its_login() {
        let check = |url: &str, expect: Option<(&str, &str)>| {
            let got = Proxy::parse(url);
            let got = got.as_ref().map(|p| (p.to_string(), p.dial.to_string()));
            assert_eq!(got, expect.map(|(shown, dial)| (shown.to_string(), dial.to_string())), "{url}");
        };
        check("http://p", Some(("http://p:80", "http://p:80/")));
        check("https://p/", Some(("https://p:443", "https://p:443/")));
        check("HTTP://p:3128/a?b", Some(("http://p:3128", "http://p:3128/")));
        check("socks5://p", Some(("socks5://p:1080", "http://p:1080/")));
        check("socks5h://[::1]:9", Some(("socks5h://[::1]:9", "http://[::1]:9/")));
        check("http://u:s3cr3t@p:3128", Some(("http://p:3128", "http://p:3128/")));
        for bad in ["", "p:3128", "socks4://p", "ftp://p", "http://", "http://p:x", "http://p:99999", "http://p q", "socks5://"] {
            check(bad, None);
        }
        let login = Proxy::parse("http://u:s3%40cr3t@p").expect("a proxy");
        assert!(!format!("{login} {login:?}").contains("s3"));
        assert!(matches!(login.speaks, Speaks::Connect(Some(v)) if v == "Basic dTpzM0BjcjN0" && v.is_sensitive()));
        let socks = Proxy::parse("socks5://u:s3%40cr3t@p").expect("a proxy").speaks;
        assert!(matches!(socks, Speaks::Socks(Some((user, password))) if user == "u" && password.expose_secret() == "s3@cr3t"));
    }
}
