//! An OCI registry: is an image there, which one, for which machines, how old
//! (<https://github.com/opencontainers/distribution-spec>; tokens: <https://distribution.github.io/distribution/spec/auth/token/>).

use std::time::Duration;

use jiff::Timestamp;
use model::{Sentence, sentence};
use reqwest::header::{ACCEPT, WWW_AUTHENTICATE};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::image::{Image, is_here};
use crate::keys::{Key, Keys};

/// What a registry says of an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is there.
    Found {
        /// Which one it is now (`sha256:…`).
        digest: String,
        /// Machines that it is for (`linux/arm64`, `linux/arm/v7`); none where it does not say.
        platforms: Vec<String>,
        /// When it was built, as it says; an image for several machines does not.
        created: Option<Timestamp>,
    },
    /// It is not there.
    Missing,
    /// Who asks from here may not know: a cluster with keys of its own may.
    Refused(Sentence),
    /// There is no answer, or none that can be understood.
    Unreachable(Sentence),
}

/// Largest answer that is read: what the specification asks registries to take for a manifest.
const LIMIT: usize = 4 << 20;
/// How long one question may take as a whole.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Machines that are named at most.
const PLATFORMS: usize = 32;

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Asks registries.
pub struct Registry {
    client: Client,
    keys: Keys,
}

/// How somebody says who he is.
enum Ticket {
    Bearer(String),
    Basic(String, String),
}

impl Registry {
    /// One that asks with these keys, through the proxies that the environment names.
    ///
    /// # Errors
    /// When there can be no TLS on this machine.
    pub fn new(keys: Keys) -> Result<Self, reqwest::Error> {
        // Without a provider reqwest panics. Whoever came first stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A registry leads to where it keeps its blobs; never from TLS to none.
        let policy = redirect::Policy::custom(|to| {
            let bared = to.previous().iter().any(|u| u.scheme() == "https") && to.url().scheme() != "https";
            if bared || to.previous().len() > 3 { to.stop() } else { to.follow() }
        });
        let builder = || {
            let agent = concat!("changeover/", env!("CARGO_PKG_VERSION"));
            Client::builder().user_agent(agent).redirect(policy).referer(false).connect_timeout(CONNECT).timeout(PATIENCE)
        };
        Ok(Self { client: builder().build()?, keys })
    }

    /// Asks for an image.
    pub async fn ask(&self, image: &Image) -> Answer {
        match tokio::time::timeout(PATIENCE, self.answer(image)).await {
            Ok(Ok(answer) | Err(answer)) => answer,
            Err(_) => Answer::Unreachable(sentence!("no answer within {n} s", n = PATIENCE.as_secs())),
        }
    }

    async fn answer(&self, image: &Image) -> Result<Answer, Answer> {
        let mut ticket = None;
        let bytes = self.read(image, &format!("manifests/{}", image.reference()), MANIFESTS, &mut ticket).await?;
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(&bytes)));
        if image.digest.as_ref().is_some_and(|d| *d != digest) {
            return Err(garbled());
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_| garbled())?;
        if let Some(all) = manifest.manifests {
            let mut platforms: Vec<String> = all.into_iter().filter_map(|m| m.platform).filter_map(|p| p.name()).take(PLATFORMS).collect();
            platforms.sort();
            platforms.dedup();
            return Ok(Answer::Found { digest, platforms, created: None });
        }
        let config = manifest.config.ok_or_else(garbled)?;
        // What is for one machine says so where the image is described; without it the image is there all the same.
        let described = match self.read(image, &format!("blobs/{}", config.digest), "*/*", &mut ticket).await {
            Ok(bytes) => serde_json::from_slice::<Config>(&bytes).unwrap_or_default(),
            Err(_) => Config::default(),
        };
        let created = described.created.as_deref().and_then(|c| c.parse::<Timestamp>().ok()).filter(|c| *c > Timestamp::UNIX_EPOCH);
        Ok(Answer::Found { digest, platforms: described.platform.name().into_iter().collect(), created })
    }

    /// Reads something of a repository; signs in once where that is asked for.
    async fn read(&self, image: &Image, what: &str, accept: &str, ticket: &mut Option<Ticket>) -> Result<Vec<u8>, Answer> {
        let url = format!("{}/v2/{}/{what}", image.base(), image.repository);
        let url = Url::parse(&url).map_err(|_| garbled())?;
        let mut response = self.send(&url, accept, ticket.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED && ticket.is_none() {
            *ticket = Some(self.sign_in(image, &response).await?);
            response = self.send(&url, accept, ticket.as_ref()).await?;
        }
        match response.status() {
            StatusCode::OK => body(response).await,
            StatusCode::NOT_FOUND => Err(Answer::Missing),
            StatusCode::TOO_MANY_REQUESTS => Err(Answer::Unreachable(sentence!("it says that it was asked too often"))),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(refused(status)),
            status => Err(Answer::Unreachable(sentence!("HTTP {status}", status = status.as_u16()))),
        }
    }

    async fn send(&self, url: &Url, accept: &str, ticket: Option<&Ticket>) -> Result<Response, Answer> {
        let request = self.client.get(url.clone()).header(ACCEPT, accept);
        let request = match ticket {
            Some(Ticket::Bearer(token)) => request.bearer_auth(token),
            Some(Ticket::Basic(user, secret)) => request.basic_auth(user, Some(secret)),
            None => request,
        };
        request.send().await.map_err(|e| unreachable(&e))
    }

    /// What the registry wants to see, got from where it says: with this user's key for it, else as anybody.
    async fn sign_in(&self, image: &Image, asked: &Response) -> Result<Ticket, Answer> {
        let header = asked.headers().get(WWW_AUTHENTICATE).and_then(|h| h.to_str().ok()).unwrap_or_default();
        let (scheme, parameters) = challenge(header);
        let key = self.keys.of(image).await;
        if let Key::Unusable(why) = key {
            return Err(Answer::Refused(why));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return match key {
                Key::Basic(user, secret) => Ok(Ticket::Basic(user, secret)),
                _ => Err(refused(asked.status())),
            };
        }
        let of = |name: &str| parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        let realm = of("realm").and_then(|r| Url::parse(r).ok()).filter(|_| scheme.eq_ignore_ascii_case("bearer"));
        let mut realm = realm.ok_or_else(|| refused(asked.status()))?;
        // A key goes over no open line, wherever a registry sends it.
        let open = realm.scheme() != "https" && !(image.is_here() && realm.host_str().is_some_and(is_here));
        if open {
            return Err(Answer::Refused(sentence!("it asks for a sign-in without TLS")));
        }
        let scope = format!("repository:{}:pull", image.repository);
        realm.query_pairs_mut().extend_pairs(of("service").map(|s| ("service", s))).append_pair("scope", &scope);
        let ticket = if let Key::Basic(user, secret) = key { Some(Ticket::Basic(user, secret)) } else { None };
        let response = self.send(&realm, "application/json", ticket.as_ref()).await?;
        if response.status() != StatusCode::OK {
            return Err(refused(response.status()));
        }
        let token: Token = serde_json::from_slice(&body(response).await?).map_err(|_| garbled())?;
        token.token.or(token.access_token).map(Ticket::Bearer).ok_or_else(garbled)
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Manifest {
    /// Of an index: one for each machine.
    manifests: Option<Vec<Entry>>,
    /// Of an image for one machine.
    config: Option<Descriptor>,
}

#[derive(Deserialize)]
struct Entry {
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    created: Option<String>,
    #[serde(flatten)]
    platform: Platform,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Platform {
    /// As one writes it; `None` for what is no image (`unknown/unknown`: signatures, attestations).
    fn name(&self) -> Option<String> {
        let word =
            |s: &str| (1..=32).contains(&s.len()) && s != "unknown" && s.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        let variant = self.variant.as_deref().filter(|v| word(v)).map(|v| format!("/{v}")).unwrap_or_default();
        (word(&self.os) && word(&self.architecture)).then(|| format!("{}/{}{variant}", self.os, self.architecture))
    }
}

/// Reads to a limit: what is larger is no answer to what was asked.
async fn body(mut response: Response) -> Result<Vec<u8>, Answer> {
    let mut all = vec![];
    while let Some(chunk) = response.chunk().await.map_err(|e| unreachable(&e))? {
        if all.len() + chunk.len() > LIMIT {
            return Err(garbled());
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// Scheme and parameters of a `WWW-Authenticate` header (RFC 9110 §11.6.1); of several challenges the first.
fn challenge(header: &str) -> (&str, Vec<(String, String)>) {
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    let mut all = vec![];
    let mut rest = rest.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        let mut value = String::new();
        let mut chars = after.char_indices();
        let mut end = after.len();
        if after.starts_with('"') {
            chars.next();
            let mut escaped = false;
            for (at, c) in chars {
                match c {
                    '\\' if !escaped => escaped = true,
                    '"' if !escaped => {
                        end = at + 1;
                        break;
                    }
                    _ => {
                        escaped = false;
                        value.push(c);
                    }
                }
            }
        } else {
            end = after.find(',').unwrap_or(end);
            value.push_str(after[..end].trim());
        }
        all.push((name.trim().to_string(), value));
        rest = after[end..].trim_start_matches([',', ' ', '\t']);
    }
    (scheme, all)
}

fn refused(status: StatusCode) -> Answer {
    Answer::Refused(sentence!("HTTP {status}", status = status.as_u16()))
}

fn garbled() -> Answer {
    Answer::Unreachable(sentence!("what answers is no registry, or not of this image"))
}

/// The last cause is what somebody can do something about; the address is known.
fn unreachable(error: &reqwest::Error) -> Answer {
    let causes = std::iter::successors(std::error::Error::source(error), |e| e.source());
    let why = causes.last().map_or("no answer".to_string(), ToString::to_string);
    let why: String = why.chars().filter(|c| !c.is_control()).take(200).collect();
    Answer::Unreachable(sentence!("no connection ({why})", why))
}

#[cfg(test)]
mod tests;
