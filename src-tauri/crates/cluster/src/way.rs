//! How a context is reached, for somebody who looks for what is in the way: proxy, certificates, what signs in. Asks nobody but
//! this machine, and tells nothing secret.

use jiff::Timestamp;
use model::{Sentence, sentence};
use secrecy::ExposeSecret;
use x509_parser::prelude::{FromDer, Pem, X509Certificate};

use crate::kubeconfig::{ContextEntry, Login, Material, Reach, Unverified};

/// A certificate is told of before it ends, in seconds: a week.
const SOON: i64 = 7 * 86_400;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What stands between here and the server.
    Proxy,
    /// What the server's certificate is checked with.
    Authority,
    /// The client's certificate.
    Certificate,
    /// What signs in.
    SignIn,
    /// Whom one is taken for.
    Impersonation,
}

/// One part of the way, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is about.
    pub part: Part,
    /// What is so.
    pub said: Sentence,
    /// Nothing is wrong with it, as far as can be seen from here.
    pub good: bool,
}

fn good(part: Part, said: Sentence) -> Row {
    Row { part, said, good: true }
}

fn bad(part: Part, said: Sentence) -> Row {
    Row { part, said, good: false }
}

impl ContextEntry {
    /// The way to its server, as it would be taken now; nothing for a context that cannot be used.
    pub fn way(&self, now: Timestamp) -> Vec<Row> {
        self.reach().map(|reach| rows(reach, now)).unwrap_or_default()
    }
}

fn rows(reach: &Reach, now: Timestamp) -> Vec<Row> {
    let mut all = vec![proxy(reach), authority(reach, now)];
    all.extend(reach.certificate.as_ref().map(|(certificate, _)| ends(Part::Certificate, certificate, now)));
    all.push(sign_in(reach));
    if let Some((_, user)) = reach.impersonate.iter().find(|(header, _)| *header == "impersonate-user") {
        all.push(good(Part::Impersonation, sentence!("as {user}", user)));
    }
    all
}

fn proxy(reach: &Reach) -> Row {
    let said = reach.proxy.as_ref().map_or_else(|| sentence!("straight, without a proxy"), |p| sentence!("through {proxy}", proxy = p));
    good(Part::Proxy, said)
}

fn authority(reach: &Reach, now: Timestamp) -> Row {
    match (reach.unverified, &reach.ca) {
        (Some(Unverified::Certificate), _) => bad(Part::Authority, sentence!("the server's certificate is not checked")),
        (Some(Unverified::Plain), _) => bad(Part::Authority, sentence!("http: there is no certificate")),
        (None, Some(ca)) => ends(Part::Authority, ca, now),
        (None, None) => good(Part::Authority, sentence!("the authorities that this machine trusts")),
    }
}

/// Of a bundle the certificate that ends first counts.
fn ends(part: Part, material: &Material, now: Timestamp) -> Row {
    let text = match material.read() {
        Ok(text) => text,
        Err(e) => return bad(part, e.said()),
    };
    let all: Result<Vec<(i64, String)>, String> = Pem::iter_from_buffer(text.expose_secret().as_bytes())
        .map(|pem| {
            let pem = pem.map_err(|e| e.to_string())?;
            let (_, certificate) = X509Certificate::from_der(&pem.contents).map_err(|e| e.to_string())?;
            Ok((certificate.validity().not_after.timestamp(), certificate.subject().to_string()))
        })
        .collect();
    let first = match all.map(|all| all.into_iter().min()) {
        Err(why) => return bad(part, sentence!("cannot be read: {why}", why)),
        Ok(None) => return bad(part, sentence!("no certificate in it")),
        Ok(Some(first)) => first,
    };
    let (end, subject) = first;
    let left = end - now.as_second();
    let at = Timestamp::from_second(end).map_or_else(|_| end.to_string(), |t| t.to_string());
    match left {
        ..=0 => bad(part, sentence!("{subject}: ended at {at}", subject, at)),
        1..SOON => bad(part, sentence!("{subject}: ends in {n} h, at {at}", subject, n = left / 3_600, at)),
        _ => good(part, sentence!("{subject}: until {at}", subject, at)),
    }
}

fn sign_in(reach: &Reach) -> Row {
    match &reach.login {
        Login::None if reach.certificate.is_some() => good(Part::SignIn, sentence!("with the client certificate")),
        Login::None => good(Part::SignIn, sentence!("with nothing: as whom the server takes anybody")),
        Login::Token(_) => good(Part::SignIn, sentence!("with the token of the kubeconfig")),
        Login::TokenFile { path, .. } => match std::fs::metadata(path) {
            Ok(_) => good(Part::SignIn, sentence!("with the token in {path}", path = path.display())),
            Err(e) => bad(Part::SignIn, sentence!("with the token in {path}: {why}", path = path.display(), why = e)),
        },
        Login::Exec(plugin) => match which::which(&plugin.command) {
            Ok(path) => good(Part::SignIn, sentence!("with the program {path}", path = path.display())),
            Err(_) => bad(
                Part::SignIn,
                sentence!("with the program {command}: not found on the PATH of this window", command = plugin.command.display()),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn certificate(days: i64) -> (Material, Timestamp) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec!["web".to_string()]).expect("parameters");
        params.distinguished_name.push(rcgen::DnType::CommonName, "ann");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 6, 1);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let end: Timestamp = "2026-06-01T00:00:00Z".parse().expect("a time");
        (Material::Inline(SecretString::from(pem)), end - jiff::SignedDuration::from_hours(24 * days))
    }

    #[test]
    fn a_certificate_is_told_of_before_it_ends_and_after() {
        for (days, good, words) in [(90, true, "until 2026-06-01"), (2, false, "ends in 48 h"), (-3, false, "ended at 2026-06-01")] {
            let (material, now) = certificate(days);
            let row = ends(Part::Certificate, &material, now);
            assert!(row.good == good && row.said.text.contains("CN=ann") && row.said.text.contains(words), "{days}: {row:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_told_without_its_text() {
        let row = ends(Part::Authority, &Material::Inline(SecretString::from("hunter2".to_string())), Timestamp::UNIX_EPOCH);
        assert!(!row.good && !row.said.text.contains("hunter2"), "{row:?}");
    }
}
