//! Addresses of entries that are not in the DNS, in the syntax of `curl --resolve`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use model::{Sentence, sentence};

use crate::OptionsError;

/// `HOST:PORT:ADDRESS`: requests to this host and port go to this address, at that port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// Host as URLs name it, in lower case.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Where it is.
    pub address: IpAddr,
}

impl Resolve {
    /// Address with its port.
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

impl FromStr for Resolve {
    type Err = OptionsError;
    fn from_str(text: &str) -> Result<Self, OptionsError> {
        let wrong = |why: Sentence| OptionsError::Resolve { text: text.to_string(), why };
        let mut parts = text.splitn(3, ':');
        let (Some(host), Some(port), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong(sentence!("not HOST:PORT:ADDRESS")));
        };
        if host.is_empty() || host.contains(['/', '@', '*']) {
            return Err(wrong(sentence!("the host is not a name")));
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            port: port.parse().ok().filter(|p| *p > 0).ok_or_else(|| wrong(sentence!("the port is not 1 to 65535")))?,
            address: address.trim_matches(['[', ']']).parse().map_err(|_| wrong(sentence!("the address is not an IP address")))?,
        })
    }
}

impl fmt::Display for Resolve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.host, self.port, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curls_syntax_is_read() {
        let read = |text: &str| text.parse::<Resolve>().map(|r| (r.host.clone(), r.socket().to_string())).ok();
        assert_eq!(read("Shop.example:80:10.0.0.7"), Some(("shop.example".into(), "10.0.0.7:80".into())));
        assert_eq!(read("shop.example:443:[::1]"), Some(("shop.example".into(), "[::1]:443".into())));
        assert_eq!(read("shop.example:443:fe80::2"), Some(("shop.example".into(), "[fe80::2]:443".into())));
        for bad in ["", "shop", "shop:80", "shop:0:10.0.0.7", "shop:x:10.0.0.7", ":80:10.0.0.7", "shop:80:elsewhere", "*:80:10.0.0.7"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
