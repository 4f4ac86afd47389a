//! The certificates of a connection, the client's and the authority's: looked up anew for each TLS handshake, so that a rotated
//! file, or a plugin's next certificate, is taken up without connecting again by hand.

use std::sync::{Arc, Mutex};

use model::{Sentence, sentence};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::connect::lock;
use crate::kubeconfig::Material;
use crate::wire::chain;

/// Certificate and key (PEM) of a plugin; replaced when it is run again.
pub(crate) type Slot = Arc<Mutex<(String, SecretString)>>;

/// Where certificate and key come from.
pub(crate) enum Origin {
    /// Of the kubeconfig, or of files that it names.
    Kubeconfig(Material, Material),
    /// Of an exec plugin.
    Plugin(Slot),
}

/// The certificate, with the last one that could be used.
pub(crate) struct ClientCertificate {
    origin: Origin,
    provider: Arc<CryptoProvider>,
    last: Mutex<Read>,
}

/// What was read, as a hash of both texts, and what came of it.
struct Read {
    hash: [u8; 32],
    key: Arc<CertifiedKey>,
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// Reads it; says in words what is wrong with it.
    pub fn new(origin: Origin, provider: Arc<CryptoProvider>) -> Result<Arc<Self>, Sentence> {
        let (certificate, key) = origin.read()?;
        let last = Mutex::new(Read { hash: hash(&certificate, &key), key: certified(&certificate, &key, &provider)? });
        Ok(Arc::new(Self { origin, provider, last }))
    }

    /// The certificate as it is now. While files are being replaced, and one is not there or does not fit the other, the last
    /// one goes on.
    fn now(&self) -> Arc<CertifiedKey> {
        let read = self.origin.read();
        let mut last = lock(&self.last);
        match read {
            Ok((certificate, key)) if hash(&certificate, &key) != last.hash => match certified(&certificate, &key, &self.provider) {
                Ok(fresh) => *last = Read { hash: hash(&certificate, &key), key: fresh },
                Err(why) => tracing::warn!(%why, "the client certificate was replaced by one that cannot be used; the last one goes on"),
            },
            Ok(_) => {}
            Err(why) => tracing::warn!(%why, "the client certificate cannot be read; the last one goes on"),
        }
        last.key.clone()
    }
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // As client-go: whatever the server hints at, there is only this one.
        Some(self.now())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl Origin {
    fn read(&self) -> Result<(String, SecretString), Sentence> {
        match self {
            Origin::Kubeconfig(certificate, key) => {
                let text = certificate.read().map_err(|e| e.said())?;
                Ok((text.expose_secret().to_string(), key.read().map_err(|e| e.said())?))
            }
            Origin::Plugin(slot) => Ok(lock(slot).clone()),
        }
    }
}

fn hash(certificate: &str, key: &SecretString) -> [u8; 32] {
    Sha256::new().chain_update(certificate).chain_update([0]).chain_update(key.expose_secret()).finalize().into()
}

fn certified(certificate: &str, key: &SecretString, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Sentence> {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|e| sentence!("client certificate: {error}", error = e))?;
    if chain.is_empty() {
        return Err(sentence!("client certificate: no certificate in it"));
    }
    // The parser's own words could quote the key.
    let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| sentence!("client key: no private key in it"))?;
    match CertifiedKey::from_der(chain, key, provider) {
        Ok(key) => Ok(Arc::new(key)),
        Err(rustls::Error::InconsistentKeys(_)) => Err(sentence!("client key: not the key of the client certificate")),
        Err(e) => Err(sentence!("client certificate: {error}", error = e)),
    }
}

/// The authority that a context trusts, as it could last be used.
pub(crate) struct Authority {
    origin: Material,
    provider: Arc<CryptoProvider>,
    last: Mutex<Trusted>,
}

/// What was read, as a hash of the text and of its certificates, and what came of it.
struct Trusted {
    text: [u8; 32],
    sha256: String,
    verifier: Arc<WebPkiServerVerifier>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Of this text, which was read there; says in words what is wrong with it.
    pub fn new(origin: Material, text: &SecretString, provider: Arc<CryptoProvider>) -> Result<Arc<Self>, Sentence> {
        let last = Mutex::new(trusted(text, &provider)?);
        Ok(Arc::new(Self { origin, provider, last }))
    }

    /// Whether it may be another one tomorrow.
    pub fn may_rotate(&self) -> bool {
        matches!(self.origin, Material::File { .. })
    }

    /// SHA-256 over its certificates as they are now, in hex.
    pub fn sha256(&self) -> String {
        self.look();
        lock(&self.last).sha256.clone()
    }

    /// Takes up a file that was replaced. One that is not there, or cannot be used, changes nothing.
    fn look(&self) {
        let read = self.origin.read();
        let mut last = lock(&self.last);
        match read {
            Ok(text) if text_hash(&text) != last.text => match trusted(&text, &self.provider) {
                Ok(fresh) => *last = fresh,
                Err(why) => tracing::warn!(%why, "the certificate authority was replaced by one that cannot be used; the last one goes on"),
            },
            Ok(_) => {}
            Err(e) => tracing::warn!(why = %e, "the certificate authority cannot be read; the last one goes on"),
        }
    }

    fn verifier(&self) -> Arc<WebPkiServerVerifier> {
        lock(&self.last).verifier.clone()
    }
}

impl ServerCertVerifier for Authority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.look();
        self.verifier().verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier().verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier().verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier().supported_verify_schemes()
    }
}

fn text_hash(text: &SecretString) -> [u8; 32] {
    Sha256::digest(text.expose_secret()).into()
}

fn trusted(text: &SecretString, provider: &Arc<CryptoProvider>) -> Result<Trusted, Sentence> {
    let bad = |error: String| sentence!("certificate authority: {error}", error);
    let certificates = CertificateDer::pem_slice_iter(text.expose_secret().as_bytes()).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|e| bad(e.to_string()))?;
    if certificates.is_empty() {
        return Err(sentence!("certificate authority: no certificate in it"));
    }
    let (mut hasher, mut roots) = (Sha256::new(), RootCertStore::empty());
    for certificate in certificates {
        hasher.update(&certificate);
        roots.add(certificate).map_err(|e| bad(chain(&e)))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build().map_err(|e| bad(chain(&e)))?;
    Ok(Trusted { text: text_hash(text), sha256: hex::encode(hasher.finalize()), verifier })
}
