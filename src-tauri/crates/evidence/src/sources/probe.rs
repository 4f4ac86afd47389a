//! Does the entry answer, and who does? A GET at its URL, as a user's next request would come: on a new connection.

use std::time::Duration;

use async_trait::async_trait;
use engine::Question;
use reqwest::{Client, ClientBuilder, Proxy, Url, redirect};
use tokio::time::{Instant, timeout_at};

use super::smoke::{finish, no_head};
use super::{Seen, Source};
use crate::answer::{chain, clean};
use crate::policy::Outcome;
use crate::resolve::Resolve;
use crate::{Options, OptionsError};

/// The source.
pub struct Probe {
    direct: Client,
    overridden: Vec<(Resolve, Client)>,
    timeout: Duration,
    proxied: bool,
}

impl Probe {
    /// Makes the clients: one, and one more per override, for an override is for one port of a host.
    pub fn new(options: &Options) -> Result<Self, OptionsError> {
        // Without a provider reqwest panics. Whoever came first stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let overridden = options
            .resolve
            .iter()
            .map(|r| Ok((r.clone(), make(options, |b| b.resolve(&r.host, r.socket()))?)))
            .collect::<Result<_, _>>()?;
        Ok(Self { direct: make(options, |b| b)?, overridden, timeout: options.timeout, proxied: options.proxy.is_some() })
    }

    /// A connection that a proxy refused says nothing of the entry.
    fn no_connection(&self, error: &reqwest::Error) -> Outcome {
        match no_head(error) {
            Outcome::TurnedAway { why } if !self.proxied => Outcome::TurnedAway { why },
            _ => Outcome::NoConnection { why: chain(error) },
        }
    }

    fn client(&self, url: &Url) -> &Client {
        let matches =
            |r: &Resolve| url.host_str().is_some_and(|h| h.eq_ignore_ascii_case(&r.host)) && url.port_or_known_default() == Some(r.port);
        self.overridden.iter().find(|(r, _)| matches(r)).map_or(&self.direct, |(_, client)| client)
    }
}

/// A machine without any authority of its own (no `ca-certificates`) must still be able to probe plain HTTP: there
/// every HTTPS entry is untrusted, and its probe says so.
fn make(options: &Options, with: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<Client, OptionsError> {
    let trusting = with(base(options)?).build();
    trusting.or_else(|_| with(base(options)?).tls_certs_only([]).build().map_err(OptionsError::Client))
}

fn base(options: &Options) -> Result<ClientBuilder, OptionsError> {
    let builder = Client::builder()
        .user_agent(concat!("changeover/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        // A connection of its own for each probe: nothing is pooled, and HTTP/2 would share one.
        .http1_only()
        .pool_max_idle_per_host(0)
        // A little less than the whole, so that "no connection" and "no answer" are told apart.
        .connect_timeout(options.timeout.mul_f32(0.9));
    match &options.proxy {
        Some(proxy) => Ok(builder.proxy(Proxy::all(proxy).map_err(OptionsError::Client)?)),
        None => Ok(builder),
    }
}

#[async_trait]
impl Source for Probe {
    async fn ask(&self, question: &Question) -> Option<Seen> {
        let Question::Probe { url } = question else { return None };
        let Some(url) = Url::parse(url).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host()) else {
            return Some(Seen::not_asked("probe", "not an http or https URL"));
        };
        let source = format!("probe {}", shown(&url));
        let begun = Instant::now();
        let end = begun + self.timeout;
        let request = self.client(&url).get(url).header(http::header::CONNECTION, "close").send();
        Some(match timeout_at(end, request).await {
            Ok(Ok(response)) => finish(&source, begun, end, http::Response::from(response)).await,
            // The URL, with all that is in it, is not part of what is said.
            Ok(Err(error)) if error.is_connect() => Seen::without_answer(&source, self.no_connection(&error.without_url())),
            Ok(Err(error)) => Seen::without_answer(&source, no_head(&error.without_url())),
            Err(_) => Seen::without_answer(&source, Outcome::NoAnswer { why: format!("none in {} ms", self.timeout.as_millis()) }),
        })
    }
}

/// A URL without what may be secret in it: user, password, query, fragment.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Fails only for URLs that can have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    clean(url.as_str(), 240)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let url = Url::parse("https://me:secret@shop.example:8443/health?token=abc#x").expect("parses");
        assert_eq!(shown(&url), "https://shop.example:8443/health");
    }
}
