//! From a context's names to what a connection needs: URL, certificates, login.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use base64::Engine;
use model::{Sentence, sentence};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::file::{Cluster, Context, Document, Exec, Named, User, shown};
use super::{KubeconfigError, Kuberc, Proxy, ProxyEnvironment, Sources};

/// A certificate or key file has some KiB; a bundle of all public authorities about 250.
const MATERIAL_CAP: u64 = 1 << 20;
/// The extension of a cluster's entry that is for the programs which sign in to it.
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// What a connection needs.
#[derive(Clone)]
pub struct Reach {
    /// URL of the API server; http only without any login.
    pub server: String,
    /// Why nobody can know that it is the right server that answers.
    pub unverified: Option<Unverified>,
    /// Name to verify in the server's certificate, when it differs from the URL's host.
    pub tls_server_name: Option<String>,
    /// Proxy before it.
    pub proxy: Option<Proxy>,
    /// Certificate authority (PEM); absent = the system's roots.
    pub ca: Option<Material>,
    /// Client certificate and key (PEM).
    pub certificate: Option<(Material, Material)>,
    /// How to log in beyond the certificate.
    pub login: Login,
    /// Headers of impersonation (`as`, `as-uid`, `as-groups`).
    pub impersonate: Vec<(&'static str, String)>,
}

/// Why a server is not verified: who stands in between can read everything, and answer in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// `insecure-skip-tls-verify`: its certificate is not looked at.
    Certificate,
    /// `http`: it has none.
    Plain,
}

impl std::fmt::Debug for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reach").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Reach {
    /// A hash over everything in it.
    pub(super) fn mark(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        // Lengths, so that no two texts can be taken for two others.
        let mut add = |text: &str| hash.update(format!("{}:{text}", text.len()));
        add(&self.server);
        add(&format!("{:?}", self.unverified));
        add(self.tls_server_name.as_deref().unwrap_or_default());
        add(&self.proxy.as_ref().map(Proxy::key).unwrap_or_default());
        let (certificate, key) = self.certificate.as_ref().map(|(c, k)| (c, k)).unzip();
        for material in [self.ca.as_ref(), certificate, key] {
            add(&material.map(Material::named).unwrap_or_default());
        }
        match &self.login {
            Login::None => add("none"),
            Login::Token(token) => add(token.expose_secret()),
            Login::TokenFile { path, .. } => add(&path.display().to_string()),
            Login::Exec(plugin) => {
                add(&plugin.api_version);
                add(&plugin.command.display().to_string());
                add(&plugin.args.len().to_string());
                plugin.args.iter().for_each(|a| add(a));
                plugin.env.iter().for_each(|(name, value)| {
                    add(name);
                    add(value);
                });
                add(&plugin.cluster.as_ref().map(ClusterInfo::sha256).unwrap_or_default());
            }
        }
        self.impersonate.iter().for_each(|(name, value)| {
            add(name);
            add(value);
        });
        hash.finalize().into()
    }
}

/// PEM text from the kubeconfig or from a file that it names.
#[derive(Clone)]
pub enum Material {
    /// Decoded from `…-data`.
    Inline(SecretString),
    /// Read when a connection is made, so that a rotated file is taken up.
    File {
        /// Absolute path.
        path: PathBuf,
        /// `file: key` for messages.
        key: String,
    },
}

impl Material {
    /// What the kubeconfig says of it: the text, or the file's path.
    fn named(&self) -> Cow<'_, str> {
        match self {
            Material::Inline(text) => text.expose_secret().into(),
            Material::File { path, .. } => path.to_string_lossy(),
        }
    }

    /// The PEM text.
    pub fn read(&self) -> Result<SecretString, KubeconfigError> {
        match self {
            Material::Inline(s) => Ok(s.clone()),
            Material::File { path, key } => {
                let bytes = super::file::read_regular(path, MATERIAL_CAP)
                    .map_err(|e| KubeconfigError::Unreadable { file: format!("{key}: {}", path.display()), why: Sentence::quoted(e) })?;
                let text = String::from_utf8(bytes).map_err(|_| KubeconfigError::Unreadable {
                    file: format!("{key}: {}", path.display()),
                    why: sentence!("not PEM text"),
                })?;
                Ok(SecretString::from(text))
            }
        }
    }
}

/// How to log in.
#[derive(Clone)]
pub enum Login {
    /// With the client certificate, or not at all.
    None,
    /// With a bearer token.
    Token(SecretString),
    /// With a bearer token in a file that is read again and again.
    TokenFile {
        /// Absolute path.
        path: PathBuf,
        /// `token` beside `tokenFile`: counts until the file was read once, as for kubectl.
        before: Option<SecretString>,
    },
    /// With what a plugin says.
    Exec(Box<ExecPlugin>),
}

/// `users[].user.exec`.
#[derive(Clone)]
pub struct ExecPlugin {
    /// Version of the protocol.
    pub api_version: String,
    /// Program; absolute when the file gives a path.
    pub command: PathBuf,
    /// Arguments.
    pub args: Vec<String>,
    /// Environment on top of ours.
    pub env: Vec<(String, String)>,
    /// `Always` cannot be served without a terminal.
    pub needs_terminal: bool,
    /// What to tell when the program is missing.
    pub install_hint: String,
    /// What it is told of the cluster, where it is to be told.
    pub cluster: Option<ClusterInfo>,
    /// kubectl's preferences, which may deny it.
    pub kuberc: Kuberc,
    /// The kubeconfig is the one in the default place: only then it runs without being asked about.
    pub default_place: bool,
    /// `file: key` for messages.
    pub key: String,
}

/// What a plugin is told of the cluster that it signs in to (`provideClusterInfo`).
#[derive(Clone)]
pub struct ClusterInfo {
    /// `spec.cluster` of its `ExecCredential`, without the certificate authority.
    fields: Value,
    ca: Option<Material>,
}

impl ClusterInfo {
    /// From a cluster's entry. As for client-go, a proxy of the environment is none of it: the plugin has that environment.
    fn of(cluster: &Cluster, ca: Option<Material>) -> Self {
        let mut fields = json!({ "server": cluster.server, "config": exec_extension(cluster) });
        for (key, value) in [("tls-server-name", &cluster.tls_server_name), ("proxy-url", &cluster.proxy_url)] {
            if !value.is_empty() {
                fields[key] = json!(value);
            }
        }
        for (key, value) in
            [("disable-compression", cluster.disable_compression), ("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify)]
        {
            if value == Some(true) {
                fields[key] = json!(true);
            }
        }
        Self { fields, ca }
    }

    /// All of it, with the certificate authority as it is now.
    pub(crate) fn spec(&self) -> Result<Value, KubeconfigError> {
        let mut fields = self.fields.clone();
        if let Some(ca) = &self.ca {
            let pem = ca.read()?;
            fields["certificate-authority-data"] = json!(base64::engine::general_purpose::STANDARD.encode(pem.expose_secret()));
        }
        Ok(fields)
    }

    /// Over all that the kubeconfig says of it, in hex. A file counts by its path, so that it may be rotated.
    pub(crate) fn sha256(&self) -> String {
        let ca = self.ca.as_ref().map(Material::named).unwrap_or_default();
        hex::encode(Sha256::new().chain_update(self.fields.to_string()).chain_update([0]).chain_update(ca.as_bytes()).finalize())
    }

    /// The server, and the names of everything else: values may be secrets.
    pub(crate) fn names(&self) -> Vec<String> {
        let server = self.fields["server"].as_str().unwrap_or_default().to_string();
        let own = self.fields.as_object().into_iter().flatten().filter(|(key, value)| *key != "server" && !value.is_null());
        let named = own.flat_map(|(key, value)| match value.as_object() {
            Some(inner) => inner.keys().map(|name| format!("{key}.{name}")).collect(),
            None => vec![key.clone()],
        });
        let ca = self.ca.iter().map(|_| "certificate-authority-data".to_string());
        std::iter::once(server).chain(ca).chain(named).collect()
    }
}

fn exec_extension(cluster: &Cluster) -> Value {
    let mut all = cluster.extensions.iter().filter_map(Value::as_array).flatten();
    all.find(|e| e["name"] == EXEC_EXTENSION).map(|e| e["extension"].clone()).unwrap_or_default()
}

type Of<'a, T> = Option<(&'a Document, &'a Named<T>)>;

fn problem(doc: &Document, key: impl Into<String>, what: Sentence, remedy: Sentence) -> KubeconfigError {
    KubeconfigError::Key { file: doc.said.clone(), key: key.into(), what, remedy }
}

fn refused(doc: &Document, key: impl Into<String>, what: Sentence, remedy: Sentence) -> KubeconfigError {
    KubeconfigError::Refused { file: doc.said.clone(), key: key.into(), what, remedy }
}

/// The URL, even when something else about the context is wrong; not one that may carry credentials.
pub(super) fn server(doc: &Document, name: &str, ctx: &Context, cluster: Of<'_, Cluster>) -> Result<String, KubeconfigError> {
    let (doc, cluster) = cluster_of(doc, name, ctx, cluster)?;
    let value = cluster.value.as_ref().map_err(Clone::clone)?;
    let key = format!("clusters[{}].cluster.server", shown(&cluster.name));
    let wrong = |what: Sentence, remedy: Sentence| Err(problem(doc, key.clone(), what, remedy));
    let text = value.server.as_str();
    match text {
        "" => return wrong(sentence!("missing"), sentence!("add the URL of the API server")),
        t if t.contains('@') => return wrong(sentence!("a URL with credentials in it"), sentence!("move them to the context's user")),
        t if t.contains(['?', '#']) => return wrong(sentence!("a URL with a query or fragment"), sentence!("leave that out")),
        t if !t.contains("://") => return wrong(sentence!("a URL without its scheme"), sentence!("write https:// before it")),
        _ => {}
    }
    match text.parse::<http::Uri>() {
        // A port that is no number would be taken for none.
        Ok(u) if u.authority().is_some_and(|a| !a.host().is_empty() && (a.port_u16().is_some() || a.as_str() == a.host())) => {
            Ok(text.trim_end_matches('/').to_string())
        }
        _ => wrong(sentence!("not a URL of the form https://host:port"), sentence!("correct it")),
    }
}

fn cluster_of<'a>(
    doc: &Document,
    name: &str,
    ctx: &Context,
    cluster: Of<'a, Cluster>,
) -> Result<(&'a Document, &'a Named<Cluster>), KubeconfigError> {
    let key = format!("contexts[{}].context.cluster", shown(name));
    match cluster {
        _ if ctx.cluster.is_empty() => Err(problem(doc, key, sentence!("missing"), sentence!("add the name of a cluster"))),
        None => {
            let what = sentence!("no cluster named \"{name}\"", name = shown(&ctx.cluster));
            Err(problem(doc, key, what, sentence!("add it or correct the name")))
        }
        Some(found) => Ok(found),
    }
}

pub(super) fn resolve(
    doc: &Document,
    name: &str,
    ctx: &Context,
    cluster: Of<'_, Cluster>,
    user: Of<'_, User>,
    sources: &Sources,
) -> Result<Reach, KubeconfigError> {
    let url = server(doc, name, ctx, cluster)?;
    let (cdoc, cluster) = cluster_of(doc, name, ctx, cluster)?;
    let c = cluster.value.as_ref().map_err(Clone::clone)?;
    let at = |field: &str| format!("clusters[{}].cluster.{field}", shown(&cluster.name));
    let uri = match url.parse::<http::Uri>() {
        Ok(uri) if matches!(uri.scheme_str(), Some("https" | "http")) => uri,
        _ => {
            let what = sentence!("not a URL of the form https://host:port");
            return Err(problem(cdoc, at("server"), what, sentence!("correct it")));
        }
    };
    if !is_label(&ctx.namespace) && !ctx.namespace.is_empty() {
        let key = format!("contexts[{}].context.namespace", shown(name));
        return Err(problem(doc, key, sentence!("not a name that a namespace can have"), sentence!("correct it")));
    }
    let plain = uri.scheme_str() == Some("http");
    let unchecked = c.insecure_skip_tls_verify == Some(true);
    let mut reach = Reach {
        server: url,
        unverified: plain.then_some(Unverified::Plain).or(unchecked.then_some(Unverified::Certificate)),
        proxy: proxy(cdoc, &at("proxy-url"), &c.proxy_url, &uri, &sources.proxies)?,
        tls_server_name: Some(c.tls_server_name.clone()).filter(|n| !n.is_empty()),
        ca: material(cdoc, &at("certificate-authority"), &c.certificate_authority, &c.certificate_authority_data)?,
        certificate: None,
        login: Login::None,
        impersonate: Vec::new(),
    };
    match user {
        Some((udoc, user)) => {
            fill_user(&mut reach, udoc, user)?;
            let told = user.value.as_ref().is_ok_and(|u| u.exec.as_ref().is_some_and(|e| e.provide_cluster_info == Some(true)));
            if let Login::Exec(plugin) = &mut reach.login {
                plugin.kuberc = Kuberc::of(sources.kuberc.as_deref(), sources.home.as_deref());
                if told {
                    plugin.cluster = Some(ClusterInfo::of(c, reach.ca.clone()));
                    // What a cluster's entry from elsewhere says to it is to be looked at, too.
                    plugin.default_place &= cdoc.default_place;
                }
            }
        }
        None if ctx.user.is_empty() => {}
        None => {
            let key = format!("contexts[{}].context.user", shown(name));
            let what = sentence!("no user named \"{name}\"", name = shown(&ctx.user));
            return Err(problem(doc, key, what, sentence!("add it or correct the name")));
        }
    }
    if plain && !matches!(reach.login, Login::None) {
        let what = sentence!("http would show the credentials of its user to the network");
        return Err(refused(cdoc, at("server"), what, sentence!("use https")));
    }
    if unchecked && reach.ca.is_some() {
        let what = sentence!("true, and a certificate authority is named: only one of them can be meant");
        let remedy = sentence!("remove it, then the certificate is verified");
        return Err(problem(cdoc, at("insecure-skip-tls-verify"), what, remedy));
    }
    Ok(reach)
}

/// `proxy-url`, whatever the environment says: as for client-go, `NO_PROXY` is not asked about it.
fn proxy(doc: &Document, key: &str, url: &str, server: &http::Uri, proxies: &ProxyEnvironment) -> Result<Option<Proxy>, KubeconfigError> {
    let what = || sentence!("not the URL of a proxy (http, https, socks5 or socks5h)");
    if !url.is_empty() {
        return Proxy::parse(url).map(Some).ok_or_else(|| problem(doc, key, what(), sentence!("correct it, or remove it")));
    }
    proxies.proxy_for(server).map_err(|name| KubeconfigError::Key {
        file: "environment".into(),
        key: name.into(),
        what: what(),
        remedy: sentence!("correct it, or unset it"),
    })
}

fn fill_user(reach: &mut Reach, doc: &Document, user: &Named<User>) -> Result<(), KubeconfigError> {
    let u = user.value.as_ref().map_err(Clone::clone)?;
    let at = |field: &str| format!("users[{}].user.{field}", shown(&user.name));
    if !u.username.is_empty() || u.password.is_some() {
        let remedy = sentence!("use a certificate, a token or an exec plugin");
        return Err(refused(
            doc,
            at(if u.username.is_empty() { "password" } else { "username" }),
            sentence!("Kubernetes has had no login by name and password since 1.19"),
            remedy,
        ));
    }
    if let Some(p) = &u.auth_provider {
        let name = p.get("name").and_then(|n| n.as_str()).unwrap_or("?");
        let what = sentence!("auth provider \"{name}\" was removed from Kubernetes in 1.26", name = shown(name));
        return Err(refused(doc, at("auth-provider"), what, sentence!("use the provider's exec plugin")));
    }
    if u.as_user_extra.as_ref().is_some_and(|v| !v.is_null()) {
        let what = sentence!("extra fields of impersonation are not supported");
        return Err(refused(doc, at("as-user-extra"), what, sentence!("use a user of its own")));
    }
    let key_data = u.client_key_data.as_ref().map(|s| s.expose_secret()).unwrap_or_default();
    let certificate = material(doc, &at("client-certificate"), &u.client_certificate, &u.client_certificate_data)?;
    let key = material(doc, &at("client-key"), &u.client_key, key_data)?;
    reach.certificate = match (certificate, key) {
        (Some(c), Some(k)) => Some((c, k)),
        (None, None) => None,
        (Some(_), None) => {
            return Err(problem(doc, at("client-key"), sentence!("missing"), sentence!("add the key of the client certificate")));
        }
        (None, Some(_)) => {
            let remedy = sentence!("add the certificate of the client key");
            return Err(problem(doc, at("client-certificate"), sentence!("missing"), remedy));
        }
    };
    reach.login = login(doc, u, &at)?;
    let groups = u.as_groups.iter().flatten().map(|g| ("impersonate-group", g.clone()));
    let uid = u.as_uid.iter().map(|v| ("impersonate-uid", v.clone()));
    if !u.impersonate.is_empty() {
        reach.impersonate = std::iter::once(("impersonate-user", u.impersonate.clone())).chain(uid).chain(groups).collect();
    } else if u.as_uid.is_some() || u.as_groups.as_ref().is_some_and(|g| !g.is_empty()) {
        let remedy = sentence!("name the user to impersonate, or remove as-uid and as-groups");
        return Err(problem(doc, at("as"), sentence!("missing"), remedy));
    }
    Ok(())
}

fn login(doc: &Document, u: &User, at: &dyn Fn(&str) -> String) -> Result<Login, KubeconfigError> {
    if !u.token_file.is_empty() {
        let path = beside(doc, &u.token_file);
        if u.token.is_none() {
            check_file(doc, &at("tokenFile"), &path)?;
        }
        return Ok(Login::TokenFile { path, before: u.token.clone() });
    }
    if let Some(token) = &u.token {
        if !token.expose_secret().bytes().all(|b| b.is_ascii_graphic()) {
            let what = sentence!("holds characters that no token has");
            return Err(problem(doc, at("token"), what, sentence!("copy it again, on one line")));
        }
        return Ok(Login::Token(token.clone()));
    }
    match &u.exec {
        Some(exec) => plugin(doc, exec, at),
        None => Ok(Login::None),
    }
}

fn plugin(doc: &Document, exec: &Exec, at: &dyn Fn(&str) -> String) -> Result<Login, KubeconfigError> {
    if exec.command.is_empty() {
        return Err(problem(doc, at("exec.command"), sentence!("missing"), sentence!("name the program")));
    }
    if !["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"].contains(&exec.api_version.as_str()) {
        let what = sentence!("not v1 or v1beta1 of client.authentication.k8s.io");
        return Err(problem(doc, at("exec.apiVersion"), what, sentence!("update the plugin's entry")));
    }
    if !["", "Never", "IfAvailable", "Always"].contains(&exec.interactive_mode.as_deref().unwrap_or_default()) {
        return Err(problem(doc, at("exec.interactiveMode"), sentence!("not Never, IfAvailable or Always"), sentence!("correct it")));
    }
    if exec.env.iter().flatten().any(|e| e.name.is_empty() || e.name.contains(['=', '\0']) || e.value.contains('\0')) {
        let what = sentence!("a variable that no environment can hold");
        return Err(problem(doc, at("exec.env"), what, sentence!("give each a name, without =")));
    }
    // A bare name is looked up in PATH, a path counts from the kubeconfig's folder: as client-go does.
    let command = if exec.command.contains(std::path::MAIN_SEPARATOR) { beside(doc, &exec.command) } else { exec.command.clone().into() };
    Ok(Login::Exec(Box::new(ExecPlugin {
        api_version: exec.api_version.clone(),
        command,
        args: exec.args.clone().unwrap_or_default(),
        env: exec.env.iter().flatten().map(|e| (e.name.clone(), e.value.clone())).collect(),
        needs_terminal: exec.interactive_mode.as_deref() == Some("Always"),
        install_hint: exec.install_hint.clone().unwrap_or_default(),
        cluster: None,
        kuberc: Kuberc::Off,
        default_place: doc.default_place,
        key: format!("{}: {}", doc.said, at("exec")),
    })))
}

/// RFC 1123 label: it becomes a part of paths.
fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn material(doc: &Document, key: &str, file: &str, data: &str) -> Result<Option<Material>, KubeconfigError> {
    // Inline data wins over the file, as for kubectl.
    if !data.is_empty() {
        let bad = |what: Sentence| problem(doc, format!("{key}-data"), what, sentence!("copy it again, or name a file in its place"));
        let packed: Vec<u8> = data.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(packed).map_err(|_| bad(sentence!("not base64")))?;
        let text = String::from_utf8(bytes).map_err(|_| bad(sentence!("not PEM text")))?;
        if !text.contains("-----BEGIN ") {
            return Err(bad(sentence!("not PEM text")));
        }
        return Ok(Some(Material::Inline(SecretString::from(text))));
    }
    if file.is_empty() {
        return Ok(None);
    }
    let path = beside(doc, file);
    check_file(doc, key, &path)?;
    Ok(Some(Material::File { path, key: format!("{}: {key}", doc.said) }))
}

fn beside(doc: &Document, file: &str) -> PathBuf {
    doc.path.parent().unwrap_or(Path::new("")).join(file)
}

fn check_file(doc: &Document, key: &str, path: &Path) -> Result<(), KubeconfigError> {
    match std::fs::metadata(path) {
        Ok(m) if m.is_file() => Ok(()),
        Ok(_) => Err(problem(doc, key, sentence!("{path} is not a regular file", path = path.display()), sentence!("name a file"))),
        Err(e) => {
            let what = sentence!("{path} cannot be read ({error})", path = path.display(), error = e);
            Err(problem(doc, key, what, sentence!("correct the path or restore the file")))
        }
    }
}
