//! The `Authorization` of each request: fixed, from a file that is read again, or from an exec plugin.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::certificate::Slot;
use crate::connect::lock;
use crate::kubeconfig::{ExecPlugin, Login, read_regular};

/// A token file is read again after this time: Kubernetes replaces the tokens of pods well before they end.
const FILE_AGE: Duration = Duration::from_secs(10);
/// Largest token file and largest plugin answer.
const ANSWER_CAP: u64 = 1 << 20;
/// A plugin that has not answered by then is killed.
const PLUGIN_DEADLINE: Duration = Duration::from_secs(30);
/// A token is renewed this long before it ends.
const LEEWAY: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The token file cannot be read.
    #[error("{path}: token cannot be read ({why})", path = path.display())]
    TokenFile {
        /// File.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The token holds bytes that cannot stand in a header.
    #[error("token from {from}: holds characters that no token has")]
    BadToken {
        /// Where it comes from.
        from: String,
    },
    /// A plugin of a kubeconfig that is not in the default place.
    #[error("{key}: plugin {command:?} is not run: the kubeconfig is not in the default place; move its entries to ~/.kube/config")]
    PluginNotApproved {
        /// `file: key`.
        key: String,
        /// Program.
        command: String,
    },
    /// A plugin that insists on a terminal.
    #[error("{key}: plugin {command:?} wants a terminal; log in with kubectl first, or set interactiveMode to IfAvailable")]
    PluginWantsTerminal {
        /// `file: key`.
        key: String,
        /// Program.
        command: String,
    },
    /// A plugin that could not be started, failed, hung or talked nonsense.
    #[error("{key}: plugin {command:?} gave no credentials ({why})")]
    PluginFailed {
        /// `file: key`.
        key: String,
        /// Program.
        command: String,
        /// What happened, with what the plugin said on its error stream.
        why: String,
    },
}

/// What a plugin answered.
pub(crate) struct PluginAnswer {
    token: Option<SecretString>,
    pub certificate: Option<(String, SecretString)>,
    until: Option<Timestamp>,
}

enum Source {
    None,
    Fixed(HeaderValue),
    File { path: PathBuf, before: Option<HeaderValue>, cached: Mutex<Option<(Instant, HeaderValue)>> },
    Plugin { plugin: Box<ExecPlugin>, cached: Mutex<Option<PluginAnswer>>, certificate: Option<Slot> },
}

/// Credentials of one connection.
pub(crate) struct Credentials {
    source: Source,
    extra: Vec<(HeaderName, HeaderValue)>,
}

fn bearer(token: &SecretString, from: &str) -> Result<HeaderValue, CredentialError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret().trim()))
        .map_err(|_| CredentialError::BadToken { from: from.to_string() })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Credentials {
    /// Prepares them; runs the plugin once, for it may give the certificate that the connection is made with.
    pub async fn prepare(login: &Login, impersonate: &[(&'static str, String)]) -> Result<Self, CredentialError> {
        let source = match login {
            Login::None => Source::None,
            Login::Token(token) => Source::Fixed(bearer(token, "the kubeconfig")?),
            Login::TokenFile { path, before } => {
                let before = before.as_ref().map(|token| bearer(token, "the kubeconfig")).transpose()?;
                Source::File { path: path.clone(), before, cached: Mutex::default() }
            }
            Login::Exec(plugin) => {
                let answer = run(plugin).await?;
                let certificate = answer.certificate.clone().map(|pair| Slot::new(pair.into()));
                Source::Plugin { plugin: plugin.clone(), cached: Mutex::new(Some(answer)), certificate }
            }
        };
        let mut extra = Vec::new();
        for (name, value) in impersonate {
            let value = HeaderValue::from_str(value).map_err(|_| CredentialError::BadToken { from: format!("the kubeconfig ({name})") })?;
            extra.push((HeaderName::from_static(name), value));
        }
        Ok(Self { source, extra })
    }

    /// The certificate that a plugin gave, and will give.
    pub fn certificate(&self) -> Option<Slot> {
        match &self.source {
            Source::Plugin { certificate, .. } => certificate.clone(),
            _ => None,
        }
    }

    /// Puts the headers on a request.
    pub async fn apply(&self, headers: &mut HeaderMap) -> Result<(), CredentialError> {
        for (name, value) in &self.extra {
            headers.append(name.clone(), value.clone());
        }
        let value = match &self.source {
            Source::None => return Ok(()),
            Source::Fixed(value) => value.clone(),
            Source::File { path, before, cached } => token_of_file(path, before.as_ref(), &mut *cached.lock().await).await?,
            Source::Plugin { plugin, cached, certificate } => {
                let mut cached = cached.lock().await;
                let ends = |a: &PluginAnswer| a.until.is_some_and(|t| Timestamp::now() + LEEWAY >= t);
                if cached.as_ref().is_none_or(ends) {
                    let answer = run(plugin).await?;
                    if let (Some(slot), Some(pair)) = (certificate, &answer.certificate) {
                        *lock(slot) = pair.clone();
                    }
                    *cached = Some(answer);
                }
                match cached.as_ref().and_then(|a| a.token.as_ref()) {
                    Some(token) => bearer(token, "the plugin")?,
                    None => return Ok(()),
                }
            }
        };
        headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    /// The server refused them: forget what is cached.
    pub async fn refused(&self) {
        match &self.source {
            Source::None | Source::Fixed(_) => {}
            Source::File { cached, .. } => *cached.lock().await = None,
            Source::Plugin { cached, .. } => *cached.lock().await = None,
        }
    }
}

async fn token_of_file(
    path: &Path,
    before: Option<&HeaderValue>,
    cached: &mut Option<(Instant, HeaderValue)>,
) -> Result<HeaderValue, CredentialError> {
    if let Some((at, value)) = cached
        && at.elapsed() < FILE_AGE
    {
        return Ok(value.clone());
    }
    let file = path.to_path_buf();
    let read = tokio::task::spawn_blocking(move || read_regular(&file, ANSWER_CAP)).await.map_err(std::io::Error::other).flatten();
    let token = read.and_then(|bytes| String::from_utf8(bytes).map(SecretString::from).map_err(|_| std::io::Error::other("not text")));
    match token {
        Ok(token) if !token.expose_secret().trim().is_empty() => {
            let value = bearer(&token, &path.display().to_string())?;
            *cached = Some((Instant::now(), value.clone()));
            Ok(value)
        }
        // A file that is gone or empty for a moment is being replaced: the last token goes on (client-go does so too).
        other => match cached.as_ref().map(|(_, value)| value).or(before) {
            Some(value) => Ok(value.clone()),
            None => {
                let why = other.err().map_or("the file is empty".to_string(), |e| e.to_string());
                Err(CredentialError::TokenFile { path: path.to_path_buf(), why })
            }
        },
    }
}

#[derive(Deserialize)]
struct ExecCredential {
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<Timestamp>,
}

/// Runs a plugin: no terminal, killed at the deadline, output capped.
async fn run(plugin: &ExecPlugin) -> Result<PluginAnswer, CredentialError> {
    let (key, command) = (plugin.key.clone(), plugin.command.display().to_string());
    if !plugin.default_place {
        return Err(CredentialError::PluginNotApproved { key, command });
    }
    if plugin.needs_terminal {
        return Err(CredentialError::PluginWantsTerminal { key, command });
    }
    let failed = |why: String| CredentialError::PluginFailed { key: key.clone(), command: command.clone(), why };
    let info = serde_json::json!({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": false}});
    let mut child = tokio::process::Command::new(&plugin.command)
        .args(&plugin.args)
        .envs(plugin.env.iter().map(|(k, v)| (k, v)))
        .env("KUBERNETES_EXEC_INFO", info.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| failed(format!("{e}; {}", plugin.install_hint)))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let (out, err) = tokio::join!(capped(out, ANSWER_CAP), capped(err, 16 << 10));
        Ok::<_, std::io::Error>((out?, err?, child.wait().await?))
    };
    let (out, err, status) = match tokio::time::timeout(PLUGIN_DEADLINE, work).await {
        Ok(done) => done.map_err(|e| failed(e.to_string()))?,
        Err(_) => return Err(failed(format!("no answer within {} s; killed", PLUGIN_DEADLINE.as_secs()))),
    };
    if !status.success() {
        return Err(failed(format!("{status}: {}", String::from_utf8_lossy(&err).trim())));
    }
    // The message of the parser could quote the token.
    let answer: ExecCredential = serde_json::from_slice(&out).map_err(|_| failed("its answer is not an ExecCredential".into()))?;
    let status = answer.status.ok_or_else(|| failed("its answer has no status".into()))?;
    Ok(PluginAnswer {
        token: status.token.filter(|t| !t.is_empty()).map(SecretString::from),
        certificate: status.client_certificate_data.zip(status.client_key_data.map(SecretString::from)),
        until: status.expiration_timestamp,
    })
}

async fn capped(stream: Option<impl tokio::io::AsyncRead + Unpin>, cap: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(stream) = stream else { return Ok(bytes) };
    stream.take(cap + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > cap {
        return Err(std::io::Error::other(format!("more than {} KiB of output", cap >> 10)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn header(credentials: &Credentials) -> Result<String, CredentialError> {
        let mut headers = HeaderMap::new();
        credentials.apply(&mut headers).await?;
        Ok(headers[AUTHORIZATION].to_str().expect("text").to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn a_rotated_token_file_is_taken_up_and_one_that_is_gone_changes_nothing() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("token");
        let login = Login::TokenFile { path: path.clone(), before: Some("before".to_string().into()) };
        let credentials = Credentials::prepare(&login, &[]).await.expect("prepared");
        assert_eq!(header(&credentials).await.expect("the token beside it"), "Bearer before");
        std::fs::write(&path, "one\n").expect("written");
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer one");
        std::fs::write(&path, "two\n").expect("written");
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer one");
        tokio::time::advance(FILE_AGE).await;
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer two");
        for gone in ["", " \n"] {
            std::fs::write(&path, gone).expect("written");
            tokio::time::advance(FILE_AGE).await;
            assert_eq!(header(&credentials).await.expect("a token"), "Bearer two");
        }
        std::fs::remove_file(&path).expect("removed");
        tokio::time::advance(FILE_AGE).await;
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer two");
        let none = Credentials::prepare(&Login::TokenFile { path: path.clone(), before: None }, &[]).await.expect("prepared");
        let said = header(&none).await.expect_err("no token").to_string();
        assert_eq!(said, format!("{}: token cannot be read (No such file or directory (os error 2))", path.display()));
        std::fs::write(&path, "s3cr3t\nline").expect("written");
        let said = header(&none).await.expect_err("no token").to_string();
        assert!(said.contains("holds characters that no token has") && !said.contains("s3cr3t"), "{said}");
    }

    fn plugin(script: &str) -> ExecPlugin {
        ExecPlugin {
            api_version: "client.authentication.k8s.io/v1".into(),
            command: "sh".into(),
            args: vec!["-c".into(), script.into()],
            env: vec![("TOKEN".into(), "t0k3n".into())],
            needs_terminal: false,
            install_hint: String::new(),
            default_place: true,
            key: "~/.kube/config: users[u].user.exec".into(),
        }
    }

    async fn prepare(plugin: ExecPlugin) -> Result<HeaderMap, CredentialError> {
        let credentials = Credentials::prepare(&Login::Exec(Box::new(plugin)), &[]).await?;
        let mut headers = HeaderMap::new();
        credentials.apply(&mut headers).await?;
        Ok(headers)
    }

    #[tokio::test]
    async fn a_plugin_gives_its_token_without_a_terminal() {
        let script = r#"test ! -t 0 && echo '{"kind":"ExecCredential","status":{"token":"'$TOKEN'"}}'"#;
        let headers = prepare(plugin(script)).await.expect("a token");
        assert_eq!(headers["authorization"], "Bearer t0k3n");
        assert!(!format!("{headers:?}").contains("t0k3n"), "marked as sensitive");
    }

    #[tokio::test]
    async fn a_plugin_that_fails_floods_or_talks_nonsense_is_told_in_words() {
        for (script, expect) in [
            ("echo please log in >&2; exit 3", "please log in"),
            ("head -c 3000000 /dev/zero", "of output"),
            ("echo s3cr3t nonsense", "not an ExecCredential"),
        ] {
            let said = prepare(plugin(script)).await.expect_err(script).to_string();
            assert!(said.contains(expect) && !said.contains("s3cr3t"), "{said}");
        }
        let elsewhere = ExecPlugin { default_place: false, ..plugin("exit 0") };
        assert!(matches!(prepare(elsewhere).await, Err(CredentialError::PluginNotApproved { .. })));
        let asking = ExecPlugin { needs_terminal: true, ..plugin("exit 0") };
        let said = prepare(asking).await.expect_err("no terminal").to_string();
        assert!(said.contains("wants a terminal; log in with kubectl first"), "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_plugin_that_hangs_is_killed_at_its_deadline() {
        let said = prepare(plugin("exec sleep 600")).await.expect_err("killed").to_string();
        assert!(said.contains("no answer within 30 s"), "{said}");
    }
}
