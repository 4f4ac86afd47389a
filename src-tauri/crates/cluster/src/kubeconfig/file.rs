//! One kubeconfig file: entries by name, each decoded on its own so that a bad one spoils only itself.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::KubeconfigError;

/// A kubeconfig with hundreds of contexts has a few MiB.
const FILE_CAP: u64 = 16 << 20;

pub(super) struct Document {
    pub path: PathBuf,
    pub said: String,
    pub default_place: bool,
    pub current: Option<String>,
    pub clusters: Vec<Named<Cluster>>,
    pub users: Vec<Named<User>>,
    pub contexts: Vec<Named<Context>>,
    pub notes: Vec<String>,
}

pub(super) struct Named<T> {
    pub name: String,
    pub value: Result<T, KubeconfigError>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    #[serde(deserialize_with = "text")]
    pub cluster: String,
    #[serde(deserialize_with = "text")]
    pub user: String,
    #[serde(deserialize_with = "text")]
    pub namespace: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Cluster {
    #[serde(deserialize_with = "text")]
    pub server: String,
    #[serde(deserialize_with = "text")]
    pub tls_server_name: String,
    pub insecure_skip_tls_verify: Option<bool>,
    #[serde(deserialize_with = "text")]
    pub certificate_authority: String,
    #[serde(deserialize_with = "text")]
    pub certificate_authority_data: String,
    #[serde(deserialize_with = "text")]
    pub proxy_url: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct User {
    #[serde(deserialize_with = "text")]
    pub client_certificate: String,
    #[serde(deserialize_with = "text")]
    pub client_certificate_data: String,
    #[serde(deserialize_with = "text")]
    pub client_key: String,
    #[serde(deserialize_with = "secret")]
    pub client_key_data: Option<SecretString>,
    #[serde(deserialize_with = "secret")]
    pub token: Option<SecretString>,
    #[serde(rename = "tokenFile", deserialize_with = "text")]
    pub token_file: String,
    #[serde(deserialize_with = "text")]
    pub username: String,
    #[serde(rename = "as", deserialize_with = "text")]
    pub impersonate: String,
    pub as_uid: Option<String>,
    pub as_groups: Option<Vec<String>>,
    pub as_user_extra: Option<Value>,
    pub auth_provider: Option<Value>,
    pub exec: Option<Exec>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Exec {
    pub api_version: String,
    pub command: String,
    pub args: Option<Vec<String>>,
    pub env: Option<Vec<EnvVar>>,
    pub interactive_mode: Option<String>,
    pub install_hint: Option<String>,
    pub provide_cluster_info: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EnvVar {
    pub name: String,
    pub value: String,
}

/// `null` and absence are the empty string, as for kubectl.
fn text<'de, D: serde::Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(d)?.unwrap_or_default())
}

fn secret<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(d)?.filter(|s| !s.is_empty()).map(SecretString::from))
}

/// Reads a small regular file, following links.
pub(super) fn read_regular(path: &Path, cap: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let file = std::fs::File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::with_capacity(meta.len().min(cap) as usize);
    file.take(cap + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap {
        return Err(std::io::Error::other(format!("larger than {} MiB", cap >> 20)));
    }
    Ok(bytes)
}

pub(super) fn read(path: &Path, said: &str, default_place: bool) -> Result<Document, KubeconfigError> {
    // Opening a pipe would block for ever: look before.
    match std::fs::metadata(path) {
        Ok(m) if !m.is_file() => {
            return Err(KubeconfigError::Unreadable { file: said.into(), why: "not a regular file".into() });
        }
        _ => {}
    }
    let bytes = read_regular(path, FILE_CAP).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => KubeconfigError::Missing {
            file: said.into(),
            remedy: "create it, name another with --kubeconfig, or start the practice lab".into(),
        },
        _ => KubeconfigError::Unreadable { file: said.into(), why: e.to_string() },
    })?;
    parse(&bytes, path, said, default_place)
}

fn parse(bytes: &[u8], path: &Path, said: &str, default_place: bool) -> Result<Document, KubeconfigError> {
    let syntax = |at: &str, why: &str| KubeconfigError::Syntax { file: said.into(), at: at.into(), why: why.into() };
    let text = std::str::from_utf8(bytes).map_err(|e| syntax(&format!("byte {}", e.valid_up_to()), "not UTF-8"))?;
    // The parser's own message would quote the lines around the fault, and those may hold a token: keep the place only.
    let value: Value = serde_saphyr::from_str(text).map_err(|e| match e.location() {
        Some(l) => syntax(&format!("line {}, column {}", l.line(), l.column()), "not valid YAML"),
        None => syntax("whole file", "not valid YAML"),
    })?;
    let map = match value {
        Value::Object(map) => map,
        Value::Null => Default::default(),
        _ => return Err(syntax("line 1", "expected a mapping with clusters, users and contexts")),
    };
    let mut notes = Vec::new();
    let current = map.get("current-context").and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_string);
    Ok(Document {
        clusters: named(&map, "clusters", "cluster", said, &mut notes),
        users: named(&map, "users", "user", said, &mut notes),
        contexts: named(&map, "contexts", "context", said, &mut notes),
        path: path.to_path_buf(),
        said: said.to_string(),
        default_place,
        current,
        notes,
    })
}

fn named<T: DeserializeOwned + Default>(
    map: &serde_json::Map<String, Value>,
    list: &str,
    key: &str,
    said: &str,
    notes: &mut Vec<String>,
) -> Vec<Named<T>> {
    let items = match map.get(list) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            notes.push(format!("{said}: {list}: expected a list"));
            return Vec::new();
        }
    };
    let mut out: Vec<Named<T>> = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let Some(name) = item.get("name").and_then(Value::as_str).filter(|n| !n.is_empty()) else {
            notes.push(format!("{said}: {list}[{i}].name: missing; add one"));
            continue;
        };
        // Within one file the first of two equal names counts, as in a list of files.
        if out.iter().any(|n| n.name == name) {
            notes.push(format!("{said}: {list}[{name}]: named twice; the first one counts"));
            continue;
        }
        let value = match item.get(key) {
            None | Some(Value::Null) => Ok(T::default()),
            // serde's message may quote the value: name the key alone.
            Some(v) => serde_json::from_value(v.clone()).map_err(|_| KubeconfigError::Key {
                file: said.to_string(),
                key: format!("{list}[{name}].{key}"),
                what: "a field has a value of the wrong type".into(),
                remedy: "compare it with the output of kubectl config view".into(),
            }),
        };
        out.push(Named { name: name.to_string(), value });
    }
    out
}
