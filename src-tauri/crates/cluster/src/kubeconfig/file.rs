//! One kubeconfig file: entries by name, each decoded on its own so that a bad one spoils only itself.

use std::path::{Path, PathBuf};

use model::{Sentence, sentence};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::KubeconfigError;

/// A kubeconfig with hundreds of contexts has a few MiB.
const FILE_CAP: u64 = 16 << 20;
/// What all its aliases may stand for in all, in scalars and brackets: more than anybody writes, and read in a moment.
const ALIAS_CAP: usize = 50_000;

pub(super) struct Document {
    pub path: PathBuf,
    pub said: String,
    pub default_place: bool,
    pub current: Option<String>,
    pub clusters: Vec<Named<Cluster>>,
    pub users: Vec<Named<User>>,
    pub contexts: Vec<Named<Context>>,
    pub notes: Vec<Sentence>,
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
    pub disable_compression: Option<bool>,
    pub extensions: Option<Value>,
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
    #[serde(deserialize_with = "secret")]
    pub password: Option<SecretString>,
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
pub(crate) fn read_regular(path: &Path, cap: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    // Opening a pipe would block for ever: look before, and again at what was opened.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
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
    let bytes = read_regular(path, FILE_CAP).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => KubeconfigError::Missing {
            file: said.into(),
            remedy: sentence!("create it, name another with --kubeconfig, or start the practice lab"),
        },
        _ => KubeconfigError::Unreadable { file: said.into(), why: Sentence::quoted(e) },
    })?;
    parse(&bytes, path, said, default_place)
}

fn parse(bytes: &[u8], path: &Path, said: &str, default_place: bool) -> Result<Document, KubeconfigError> {
    let syntax = |at: Sentence, why: Sentence| KubeconfigError::Syntax { file: said.into(), at, why };
    let text = std::str::from_utf8(bytes).map_err(|e| syntax(sentence!("byte {n}", n = e.valid_up_to()), sentence!("not UTF-8")))?;
    let value = yaml(text).map_err(|(at, why)| syntax(at, why))?;
    let map = match value {
        Value::Object(map) => map,
        Value::Null => Default::default(),
        _ => return Err(syntax(sentence!("line {line}", line = 1), sentence!("expected a mapping with clusters, users and contexts"))),
    };
    // Both may be left out, as for kubectl.
    for (key, expect) in [("apiVersion", "v1"), ("kind", "Config")] {
        if map.get(key).is_some_and(|v| !v.is_null() && v != "" && v != expect) {
            return Err(syntax(sentence!("{key}", key), sentence!("expected {expect}", expect)));
        }
    }
    let mut notes = Vec::new();
    if !["clusters", "users", "contexts"].iter().any(|list| map.contains_key(*list)) {
        notes.push(sentence!("{file}: no clusters, users or contexts in it; name another file, or add them", file = said));
    }
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

/// One bounded YAML document, or where and what is wrong with it.
pub(super) fn yaml(text: &str) -> Result<Value, (Sentence, Sentence)> {
    let options = serde_saphyr::options! { alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: ALIAS_CAP } };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| fault(&e, text))
}

/// Where and what is wrong with the YAML. The parser's own message would quote the lines around the fault, and those may hold
/// a token.
fn fault(e: &serde_saphyr::Error, text: &str) -> (Sentence, Sentence) {
    use serde_saphyr::Error::*;
    let too_much = || sentence!("nested too deep, or blown up by aliases");
    let known = match e.without_snippet() {
        MultipleDocuments { .. } => Some(sentence!("more than one document; keep one file for each")),
        DuplicateMappingKey { .. } => Some(sentence!("a key stands twice in one mapping; remove one")),
        UnknownAnchor { .. } => Some(sentence!("an alias without its anchor")),
        Budget { .. } | AliasError { .. } | AliasReplayLimitExceeded { .. } | AliasReplayStackDepthExceeded { .. } => Some(too_much()),
        // The parser's own stop, which it reaches before ours.
        ExternalMessage { msg, .. } if msg.contains("recursion limit") => Some(too_much()),
        _ => None,
    };
    let invalid = || sentence!("not valid YAML");
    let Some(at) = e.location() else { return (sentence!("whole file"), known.unwrap_or_else(invalid)) };
    // The parser stops before a tab: at the end of the line above, as often as not.
    let tabbed = |line: &u64| {
        let text = usize::try_from(*line).ok().and_then(|n| text.lines().nth(n.saturating_sub(1)));
        text.is_some_and(|l| l.trim_start_matches(' ').starts_with('\t'))
    };
    match [at.line(), at.line() + 1].iter().find(|line| tabbed(line)) {
        Some(line) if known.is_none() => (sentence!("line {line}", line), sentence!("a tab in the indentation; use spaces")),
        _ => (sentence!("line {line}, column {column}", line = at.line(), column = at.column()), known.unwrap_or_else(invalid)),
    }
}

/// A name of the file, fit for a message: short, on one line, and without anything that changes the text around it.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut out: String = name.chars().take(LONGEST).flat_map(visible).collect();
    if name.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

fn visible(c: char) -> Vec<char> {
    match c {
        '"' | '\'' | '\\' => vec![c],
        c => c.escape_debug().collect(),
    }
}

fn named<T: DeserializeOwned + Default>(
    map: &serde_json::Map<String, Value>,
    list: &str,
    key: &str,
    said: &str,
    notes: &mut Vec<Sentence>,
) -> Vec<Named<T>> {
    let items = match map.get(list) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            notes.push(sentence!("{file}: {list}: expected a list", file = said, list));
            return Vec::new();
        }
    };
    let mut out: Vec<Named<T>> = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let Some(name) = item.get("name").and_then(Value::as_str).filter(|n| !n.is_empty()) else {
            let key = format!("{list}[{i}].name");
            notes.push(sentence!("{file}: {key}: missing or not a text; add one, in quotes", file = said, key));
            continue;
        };
        let at = format!("{list}[{}]", shown(name));
        // Within one file the first of two equal names counts, as in a list of files. kubectl refuses the whole file.
        if out.iter().any(|n| n.name == name) {
            notes.push(sentence!("{file}: {key}: named twice; the first one counts; rename or remove the other", file = said, key = at));
            continue;
        }
        let value = match item.get(key) {
            None | Some(Value::Null) => Ok(T::default()),
            Some(v) => serde_json::from_value(v.clone()).map_err(|_| KubeconfigError::Key {
                file: said.to_string(),
                key: format!("{at}.{key}{}", misfit::<T>(v)),
                what: sentence!("a value of the wrong type"),
                remedy: sentence!("put texts in quotes, and compare it with the output of kubectl config view"),
            }),
        };
        out.push(Named { name: name.to_string(), value });
    }
    out
}

/// The field that does not fit, as `.field`. serde's own message may quote its value.
fn misfit<T: DeserializeOwned>(entry: &Value) -> String {
    let alone = |(field, value): (&String, &Value)| {
        let one = Value::Object([(field.clone(), value.clone())].into_iter().collect());
        serde_json::from_value::<T>(one).is_err().then(|| format!(".{}", shown(field)))
    };
    entry.as_object().and_then(|all| all.iter().find_map(alone)).unwrap_or_default()
}
