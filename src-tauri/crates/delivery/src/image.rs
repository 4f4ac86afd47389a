//! The name of an image, as container runtimes read it
//! (<https://github.com/distribution/reference>: grammar of `reference.go`, short names of `normalize.go`).

use std::fmt;
use std::net::IpAddr;

/// Where an image lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Registry: host, and port where one is given.
    pub host: String,
    /// Repository within it.
    pub repository: String,
    /// Tag; `latest` where neither a tag nor a digest is given, empty with a digest.
    pub tag: String,
    /// Digest (`sha256:…`), which counts before a tag.
    pub digest: Option<String>,
}

/// It is no name of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoImage;

const HUB: &str = "docker.io";

impl Image {
    /// Reads a name.
    ///
    /// # Errors
    /// When no runtime would take it: nothing is asked then.
    pub fn parse(text: &str) -> Result<Self, NoImage> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        if text.len() > 512 || digest.is_some_and(|d| !is_digest(d)) {
            return Err(NoImage);
        }
        let (host, rest) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => (HUB, name),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) => (path, tag),
            None if digest.is_some() => (rest, ""),
            None => (rest, "latest"),
        };
        let repository = if host == HUB && !path.contains('/') { format!("library/{path}") } else { path.to_string() };
        let tagged = (tag.is_empty() && digest.is_some() && !rest.contains(':')) || is_tag(tag);
        if !is_host(host) || !repository.split('/').all(is_component) || !tagged {
            return Err(NoImage);
        }
        // A digest says which one it is: the tag beside it is for people.
        let tag = if digest.is_some() { String::new() } else { tag.to_string() };
        Ok(Self { host: host.to_string(), repository, tag, digest: digest.map(str::to_string) })
    }

    /// How the registry is asked for it: its digest, else its tag.
    pub fn reference(&self) -> &str {
        self.digest.as_deref().unwrap_or(&self.tag)
    }

    /// Where the registry is reached. Docker's own is named otherwise than it is reached; one on this machine needs no TLS, as for
    /// container runtimes.
    pub fn base(&self) -> String {
        let host = if self.host == HUB { "registry-1.docker.io" } else { &self.host };
        format!("{}://{host}", if self.is_here() { "http" } else { "https" })
    }

    /// The registry is on this machine.
    pub fn is_here(&self) -> bool {
        is_here(self.host.rsplit_once(':').map_or(self.host.as_str(), |(host, _)| host))
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digest.is_some() { '@' } else { ':' };
        write!(f, "{}/{}{sign}{}", self.host, self.repository, self.reference())
    }
}

/// Whether a host is this machine.
pub(crate) fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|a| a.is_loopback())
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let bracketed = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).is_some_and(|n| n.parse::<std::net::Ipv6Addr>().is_ok());
    let label =
        |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !l.starts_with('-') && !l.ends_with('-');
    (bracketed || name.split('.').all(label)) && port.is_none_or(|p| p.parse::<u16>().is_ok())
}

/// `[a-z0-9]+` with `.`, `_`, `__` or any number of `-` between.
fn is_component(part: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut between = String::new();
    for b in part.bytes() {
        if word(b) {
            between.clear();
            continue;
        }
        between.push(char::from(b));
        if !(matches!(between.as_str(), "." | "_" | "__") || between.bytes().all(|b| b == b'-')) {
            return false;
        }
    }
    between.is_empty() && part.bytes().next().is_some_and(word)
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&tag.len()) && tag.bytes().next().is_some_and(word) && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// The one that registries use.
fn is_digest(digest: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    digest.strip_prefix("sha256:").is_some_and(|d| d.len() == 64 && d.bytes().all(hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_container_runtimes_read_them() {
        let sha = format!("sha256:{}", "a".repeat(64));
        for (text, said, base) in [
            ("nginx", "docker.io/library/nginx:latest", "https://registry-1.docker.io"),
            ("bitnami/redis:7.2", "docker.io/bitnami/redis:7.2", "https://registry-1.docker.io"),
            ("registry.example.com/shop/web:v2", "registry.example.com/shop/web:v2", "https://registry.example.com"),
            ("registry.example.com:5000/a__b/c--d", "registry.example.com:5000/a__b/c--d:latest", "https://registry.example.com:5000"),
            ("localhost:5000/shop:v2", "localhost:5000/shop:v2", "http://localhost:5000"),
            ("127.0.0.1/shop", "127.0.0.1/shop:latest", "http://127.0.0.1"),
            ("[::1]:5000/shop:v1", "[::1]:5000/shop:v1", "http://[::1]:5000"),
        ] {
            let image = Image::parse(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!((image.to_string().as_str(), image.base().as_str()), (said, base));
        }
        for (text, said) in [("web@", "docker.io/library/web@"), ("r.io/web:v2@", "r.io/web@")] {
            assert_eq!(Image::parse(&format!("{text}{sha}")).map(|i| i.to_string()), Ok(format!("{said}{sha}")));
        }
    }

    #[test]
    fn what_no_runtime_takes_is_no_image() {
        let long = "a".repeat(129);
        let long = format!("web:{long}");
        for text in [
            "",
            ":v2",
            "web:",
            "Web",
            "web:v 2",
            "web/",
            "/web",
            "a//b",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "web@",
            "web@sha256:abc",
            "web:@sha256:",
            "r.io:x/web",
            "r..io/web",
            "https://r.io/web",
            "r.io/web?x=y",
            "r.io/../web",
            "user:key@r.io/web",
            &long,
        ] {
            assert_eq!(Image::parse(text), Err(NoImage), "{text}");
        }
    }
}
