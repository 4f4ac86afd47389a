//! Keys, certificates, tokens and kubeconfigs of one lab. Everything is made anew for each start and lies in the
//! lab's own folder, readable by its owner alone.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use sha2::{Digest, Sha256};

use super::LabError;
use super::state::LabDir;

/// Who may log in, and the groups they belong to. What the last five may do is in `tests/lab/rbac.yaml`.
pub const USERS: &[(&str, &str)] = &[
    ("admin", "system:masters"),
    ("operator", "lab"),
    ("viewer", "lab"),
    ("shop-operator", "lab"),
    ("shop-viewer", "lab"),
    ("stranger", "lab"),
];

/// One certificate authority and what signs with it.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    /// Makes `NAME.crt` and `NAME.key`.
    pub fn new(folder: &Path, name: &str) -> Result<Self, LabError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name = distinguished(&format!("changeover lab {name}"), None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        write(&folder.join(format!("{name}.crt")), &certificate.pem())?;
        write(&folder.join(format!("{name}.key")), &key.serialize_pem())?;
        Ok(Self { issuer: Issuer::new(params, key), folder: folder.to_owned() })
    }

    /// The authority whose key lies in the folder.
    pub fn again(folder: &Path, name: &str) -> Result<Self, LabError> {
        let file = folder.join(format!("{name}.key"));
        let key = KeyPair::from_pem(&fs::read_to_string(&file).map_err(|e| LabError::file(&file, e))?)?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name = distinguished(&format!("changeover lab {name}"), None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self { issuer: Issuer::new(params, key), folder: folder.to_owned() })
    }

    /// Signs `FILE.crt` and `FILE.key` for a server under these names and addresses, and for a client of this
    /// common name and group.
    pub fn sign(&self, file: &str, common_name: &str, group: Option<&str>, names: &[&str]) -> Result<(), LabError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())?;
        params.distinguished_name = distinguished(common_name, group);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        write(&self.folder.join(format!("{file}.crt")), &certificate.pem())?;
        write(&self.folder.join(format!("{file}.key")), &key.serialize_pem())
    }
}

fn distinguished(common_name: &str, group: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    if let Some(group) = group {
        name.push(DnType::OrganizationName, group);
    }
    name
}

/// The key pair that signs service account tokens: `service-account.key` and `.pub`.
pub fn service_account_keys(folder: &Path) -> Result<(), LabError> {
    let key = KeyPair::generate()?;
    write(&folder.join("service-account.key"), &key.serialize_pem())?;
    write(&folder.join("service-account.pub"), &key.public_key_pem())
}

/// A token nobody can guess: the hash of a fresh key.
pub fn new_token() -> Result<String, LabError> {
    Ok(hex::encode(&Sha256::digest(KeyPair::generate()?.serialize_der())[..16]))
}

/// Writes the API server's token file: one line per user.
pub fn write_tokens(file: &Path, tokens: &[(String, String, String)]) -> Result<(), LabError> {
    let lines: Vec<String> = tokens.iter().map(|(token, user, group)| format!("{token},{user},{user},\"{group}\"\n")).collect();
    write(file, &lines.concat())
}

/// Writes a kubeconfig with one cluster (its authority embedded, so that TLS is verified), one user, one context.
pub fn write_kubeconfig(dir: &LabDir, file: &Path, context: &str, server: &str, user: &str, token: &str) -> Result<(), LabError> {
    let authority = dir.certs().join("ca.crt");
    let pem = fs::read(&authority).map_err(|e| LabError::file(&authority, e))?;
    let pem = base64::engine::general_purpose::STANDARD.encode(pem);
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {context}\nclusters:\n- name: {context}\n  cluster:\n    \
         server: {server}\n    certificate-authority-data: {pem}\nusers:\n- name: {context}-{user}\n  user:\n    \
         token: {token}\ncontexts:\n- name: {context}\n  context:\n    cluster: {context}\n    \
         user: {context}-{user}\n"
    );
    write(file, &text)
}

/// Writes a file that only its owner may read.
pub fn write(file: &Path, text: &str) -> Result<(), LabError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut f| f.write_all(text.as_bytes()))
        .map_err(|e| LabError::file(file, e))
}
