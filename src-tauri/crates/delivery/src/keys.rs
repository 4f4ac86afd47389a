//! Keys that this user has for registries, where docker, podman, buildah and skopeo keep them (`config.json` of docker-config(5),
//! containers-auth.json(5)). They are read when they are needed, and kept nowhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Sentence, sentence};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::image::Image;

/// Largest file, and longest answer of a helper, that is read.
const LIMIT: u64 = 1 << 20;
/// How long a helper may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where keys are looked for.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    files: Vec<PathBuf>,
}

/// A key.
pub enum Key {
    /// There is none: the registry is asked as anybody may.
    None,
    /// User and secret.
    Basic(String, String),
    /// There is one that cannot be used here, and why.
    Unusable(Sentence),
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    /// `user:secret` in base64.
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FromHelper {
    username: String,
    secret: String,
}

impl Keys {
    /// Those of this user, by the environment.
    pub fn of_user(home: Option<&Path>) -> Self {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let docker = var("DOCKER_CONFIG").or_else(|| home.map(|h| h.join(".docker")));
        let podman = var("XDG_RUNTIME_DIR").map(|d| d.join("containers/auth.json"));
        let files = [var("REGISTRY_AUTH_FILE"), podman, docker.map(|d| d.join("config.json"))];
        Self { files: files.into_iter().flatten().collect() }
    }

    /// Those in these files; the first that has one for a registry counts.
    pub fn in_files(files: Vec<PathBuf>) -> Self {
        Self { files }
    }

    /// The key for an image's registry. A file that cannot be read holds none, as for those that wrote it.
    pub async fn of(&self, image: &Image) -> Key {
        for file in &self.files {
            let Some(config) = read(file).await else { continue };
            match config.key(image).await {
                Key::None => {}
                found => return found,
            }
        }
        Key::None
    }
}

async fn read(file: &Path) -> Option<Config> {
    let mut text = vec![];
    let file = tokio::fs::File::open(file).await.ok()?;
    file.take(LIMIT).read_to_end(&mut text).await.ok()?;
    serde_json::from_slice(&text).ok()
}

/// Names under which a registry's key is kept, the narrowest first: podman keeps keys of a part of it, too.
fn names(image: &Image) -> Vec<String> {
    let mut path = format!("{}/{}", image.host, image.repository);
    let mut all = vec![path.clone()];
    while let Some(at) = path.rfind('/') {
        path.truncate(at);
        all.push(path.clone());
    }
    if image.host == "docker.io" {
        all.extend(["https://index.docker.io/v1/", "index.docker.io"].map(String::from));
    }
    all
}

/// What docker wrote before it wrote bare hosts.
fn bare(name: &str) -> &str {
    let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
    name.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/v2")
}

impl Config {
    async fn key(&self, image: &Image) -> Key {
        let names = names(image);
        if let Some(helper) = names.iter().find_map(|n| self.cred_helpers.get(n)) {
            return helped(helper, helped_name(image)).await;
        }
        for name in &names {
            let as_before = || self.auths.iter().find(|(n, _)| bare(n) == bare(name)).map(|(_, auth)| auth);
            match self.auths.get(name).or_else(as_before).map_or(Key::None, Auth::key) {
                Key::None => {}
                found => return found,
            }
        }
        match &self.creds_store {
            Some(store) => helped(store, helped_name(image)).await,
            None => Key::None,
        }
    }
}

/// What a helper knows a registry by.
fn helped_name(image: &Image) -> &str {
    if image.host == "docker.io" { "https://index.docker.io/v1/" } else { &image.host }
}

impl Auth {
    fn key(&self) -> Key {
        if self.identitytoken.as_deref().is_some_and(|t| !t.is_empty()) {
            return Key::Unusable(sentence!("signed in by a token that only docker can use"));
        }
        if let (Some(user), Some(secret)) = (&self.username, &self.password)
            && !user.is_empty()
        {
            return Key::Basic(user.clone(), secret.clone());
        }
        let Some(auth) = self.auth.as_deref().filter(|a| !a.is_empty()) else { return Key::None };
        let decoded = STANDARD.decode(auth).ok().and_then(|d| String::from_utf8(d).ok());
        match decoded.as_deref().and_then(|d| d.trim_end_matches('\0').split_once(':')) {
            Some((user, secret)) => Key::Basic(user.to_string(), secret.to_string()),
            None => Key::Unusable(sentence!("the key that is kept for it cannot be read")),
        }
    }
}

/// Asks `docker-credential-NAME get`, which this user has set up for docker.
async fn helped(helper: &str, registry: &str) -> Key {
    let unusable = || Key::Unusable(sentence!("{program} gives no key", program = format!("docker-credential-{helper}")));
    if helper.is_empty() || !helper.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'.') {
        return unusable();
    }
    match tokio::time::timeout(PATIENCE, ask_helper(helper, registry)).await {
        // What a token stands for is between docker and its registry.
        Ok(Some(found)) if found.username == "<token>" => Key::Unusable(sentence!("signed in by a token that only docker can use")),
        Ok(Some(found)) => Key::Basic(found.username, found.secret),
        Ok(None) | Err(_) => unusable(),
    }
}

async fn ask_helper(helper: &str, registry: &str) -> Option<FromHelper> {
    let mut command = tokio::process::Command::new(format!("docker-credential-{helper}"));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    stdin.write_all(registry.as_bytes()).await.ok()?;
    drop(stdin);
    let mut said = vec![];
    child.stdout.take()?.take(LIMIT).read_to_end(&mut said).await.ok()?;
    let ended = child.wait().await.ok()?;
    ended.success().then(|| serde_json::from_slice(&said).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn key_in(text: &str, image: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.json");
        std::fs::write(&file, text).expect("writes");
        let keys = Keys::in_files(vec![folder.path().join("missing"), file]);
        match keys.of(&Image::parse(image).expect("an image")).await {
            Key::None => "none".into(),
            Key::Basic(user, secret) => format!("{user} {secret}"),
            Key::Unusable(why) => why.to_string(),
        }
    }

    #[tokio::test]
    async fn a_key_is_found_where_docker_and_podman_keep_it_and_only_for_its_registry() {
        let auth = STANDARD.encode("ann:s3cret:x");
        let config = format!(
            r#"{{"auths": {{"r.example.com": {{"auth": "{auth}"}}, "https://old.example.com/v1/": {{"username": "bob", "password": "p"}},
                "r.example.com/team/web": {{"username": "narrow", "password": "n"}}, "https://index.docker.io/v1/": {{"auth": "{auth}"}},
                "token.example.com": {{"auth": "", "identitytoken": "t"}}, "broken.example.com": {{"auth": "%%"}}}}}}"#
        );
        for (image, key) in [
            ("r.example.com/shop", "ann s3cret:x"),
            ("r.example.com/team/web:v2", "narrow n"),
            ("r.example.com/team/web2", "ann s3cret:x"),
            ("old.example.com/shop", "bob p"),
            ("nginx", "ann s3cret:x"),
            ("other.example.com/shop", "none"),
            ("r.example.com.evil.io/shop", "none"),
            ("r.example.com:8443/shop", "none"),
            ("token.example.com/shop", "signed in by a token that only docker can use"),
            ("broken.example.com/shop", "the key that is kept for it cannot be read"),
        ] {
            assert_eq!(key_in(&config, image).await, key, "{image}");
        }
        for text in ["", "[]", "{\"auths\": 3}", "{\"auths\": null}"] {
            assert_eq!(key_in(text, "nginx").await, "none", "{text}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_is_missing_or_no_name_of_a_program_is_told() {
        for helper in ["surely-missing", "../../bin/sh", "a b"] {
            let config = format!(r#"{{"credHelpers": {{"r.io": "{helper}"}}}}"#);
            assert_eq!(key_in(&config, "r.io/shop").await, format!("docker-credential-{helper} gives no key"));
        }
    }
}
