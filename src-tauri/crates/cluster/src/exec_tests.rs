//! Programs that sign in, from the files that name them to what they answer: what they are told of the cluster, and what
//! kubectl's preferences have to say.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::connect::lock;
use crate::credentials::Credentials;
use crate::kubeconfig::{ContextEntry, Sources, load};
use crate::{Approvals, CredentialError, Program, SignIn, UNATTENDED};

/// A home with one context `x`, whose program keeps what it is told in `told`, line by line, and answers with a token.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("dir"));
        std::fs::create_dir(home.at(".kube")).expect("made");
        home.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
        home
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).expect("written");
    }

    /// Writes a kubeconfig; `more` goes into the entry of its program.
    fn config(&self, name: &str, cluster: Value, more: Value) {
        let script = format!(
            "printf '%s\\n' \"$KUBERNETES_EXEC_INFO\" >> '{}'; echo '{{\"status\":{{\"token\":\"t\"}}}}'",
            self.at("told").display()
        );
        let mut exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]});
        exec.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        let config = json!({"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": {"exec": exec}}]});
        self.write(name, &config.to_string());
    }

    /// The context, from the default place or, where files are named, from these.
    fn entry(&self, files: &[&str]) -> ContextEntry {
        let list = std::env::join_paths(files.iter().map(|f| self.at(f))).expect("a list");
        let list = Some(list).filter(|l| !l.is_empty());
        let contexts = load(&Sources { list, home: Some(self.0.path().into()), ..Default::default() }).expect("loads");
        contexts.get("x").expect("there").clone()
    }

    /// Everything that the program was told so far.
    fn told(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.at("told")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

async fn sign_in(entry: &ContextEntry, sign_in: &SignIn) -> Result<(), CredentialError> {
    let login = &entry.reach().expect("usable").login;
    Credentials::prepare(login, &[], sign_in).await.map(drop)
}

/// What somebody approved.
#[derive(Default)]
struct Book(Mutex<Vec<Program>>);

impl Approvals for Book {
    fn approved(&self, program: &Program) -> bool {
        lock(&self.0).contains(program)
    }
}

fn unapproved(e: Result<(), CredentialError>) -> Box<Program> {
    match e {
        Err(CredentialError::PluginNotApproved { program, .. }) => program,
        other => panic!("{other:?}"),
    }
}

fn base64(text: &str) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text)
}

#[tokio::test]
async fn a_program_is_told_of_the_cluster_what_client_go_tells_it_and_only_where_it_wants_to_be_told() {
    let home = Home::new();
    let extensions = json!([{"name": "other", "extension": {"no": "no"}},
        {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "06e3fbd1", "scopes": ["a", "b"]}}]);
    let cluster = json!({"server": "https://api.example.com:6443/", "tls-server-name": "api", "certificate-authority": "../ca.pem",
        "proxy-url": "socks5://user:word@proxy:1080", "disable-compression": true, "extensions": extensions});
    home.config(".kube/config", cluster, json!({"provideClusterInfo": true}));
    sign_in(&home.entry(&[]), &SignIn::default_place()).await.expect("a token");
    let all = |ca: &str| {
        json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "spec": {"interactive": false, "cluster": {
            "server": "https://api.example.com:6443/", "tls-server-name": "api", "certificate-authority-data": base64(ca),
            "proxy-url": "socks5://user:word@proxy:1080", "disable-compression": true,
            "config": {"audience": "06e3fbd1", "scopes": ["a", "b"]}}}})
    };
    assert_eq!(home.told(), [all("-----BEGIN CERTIFICATE-----\n")]);
    // The authority as it is when the program runs, not as it was when the kubeconfig was read.
    let entry = home.entry(&[]);
    home.write("ca.pem", "-----BEGIN CERTIFICATE-----\nrotated\n");
    sign_in(&entry, &SignIn::default_place()).await.expect("a token");
    assert_eq!(home.told()[1], all("-----BEGIN CERTIFICATE-----\nrotated\n"));
    // Of a cluster that says nothing more, nothing more; a program that does not ask is told nothing.
    home.config(".kube/config", json!({"server": "https://h"}), json!({"provideClusterInfo": true}));
    sign_in(&home.entry(&[]), &SignIn::default_place()).await.expect("a token");
    assert_eq!(home.told()[2]["spec"]["cluster"], json!({"server": "https://h", "config": null}));
    home.config(".kube/config", json!({"server": "https://h"}), json!({"provideClusterInfo": false}));
    sign_in(&home.entry(&[]), &SignIn::default_place()).await.expect("a token");
    assert_eq!(home.told()[3]["spec"], json!({"interactive": false}));
}

#[tokio::test]
async fn what_a_program_from_elsewhere_is_told_is_approved_with_it() {
    let home = Home::new();
    let book = Arc::new(Book::default());
    let with = SignIn::approved(book.clone(), UNATTENDED);
    let tell = json!({"provideClusterInfo": true});
    let cluster = |server: &str, issuer: &str| {
        json!({"server": server, "certificate-authority": "ca.pem", "proxy-url": "http://u:s3cr3t@p:1",
            "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"issuer": issuer}}]})
    };
    home.config("mail", cluster("https://a", "s3cr3t"), tell.clone());
    let program = unapproved(sign_in(&home.entry(&["mail"]), &with).await);
    assert_eq!(program.cluster, ["https://a", "certificate-authority-data", "config.issuer", "proxy-url"]);
    assert!(!serde_json::to_string(&program).expect("JSON").contains("s3cr3t"));
    lock(&book.0).push(*program);
    sign_in(&home.entry(&["mail"]), &with).await.expect("approved");
    // An authority that is rotated where the kubeconfig says is no other one.
    home.write("ca.pem", "-----BEGIN CERTIFICATE-----\nrotated\n");
    sign_in(&home.entry(&["mail"]), &with).await.expect("approved");
    for (server, issuer) in [("https://b", "s3cr3t"), ("https://a", "other")] {
        home.config("mail", cluster(server, issuer), tell.clone());
        unapproved(sign_in(&home.entry(&["mail"]), &with).await);
    }
    // The user of the default place runs unasked, unless a file from elsewhere says what its program is told.
    home.config(".kube/config", json!({"server": "https://own"}), tell.clone());
    sign_in(&home.entry(&[]), &with).await.expect("runs");
    let text = std::fs::read_to_string(home.at(".kube/config")).expect("read");
    home.write(".kube/config", &text.replace("\"clusters\"", "\"no-clusters\""));
    let program = unapproved(sign_in(&home.entry(&[".kube/config", "mail"]), &with).await);
    assert_eq!(program.cluster[0], "https://a");
    assert_eq!(home.told().len(), 3, "ran unasked");
}

#[tokio::test]
async fn an_authority_that_a_program_cannot_be_told_is_named() {
    let home = Home::new();
    home.config(".kube/config", json!({"server": "https://h", "certificate-authority": "../ca.pem"}), json!({"provideClusterInfo": true}));
    let entry = home.entry(&[]);
    let said = async || sign_in(&entry, &SignIn::default_place()).await.expect_err("no token").to_string();
    home.write("ca.pem", &"-".repeat(200_000));
    assert!(said().await.contains("too much for a variable; name the cluster's own authority alone"), "{}", said().await);
    std::fs::remove_file(home.at("ca.pem")).expect("removed");
    assert!(said().await.contains("clusters[c].cluster.certificate-authority: "), "{}", said().await);
    assert!(home.told().is_empty());
}

#[test]
fn an_approval_from_before_programs_were_told_of_clusters_still_counts() {
    let before = r#"{"path":"/bin/login","sha256":"a","args":[],"env":[],"envSha256":"b"}"#;
    let program: Program = serde_json::from_str(before).expect("reads");
    assert_eq!(serde_json::to_string(&program).expect("JSON"), before);
}

#[test]
fn a_connection_notices_when_its_program_is_to_be_told_something_else() {
    let home = Home::new();
    let mark = |cluster: Value, more: Value| {
        home.config(".kube/config", cluster, more);
        home.entry(&[]).mark().expect("usable")
    };
    let config = |v: &str| json!({"server": "https://h", "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": v}]});
    let tell = || json!({"provideClusterInfo": true});
    let first = mark(config("a"), tell());
    assert_eq!(first, mark(config("a"), tell()));
    assert_ne!(first, mark(config("b"), tell()));
    assert_ne!(first, mark(config("a"), json!({})));
    assert_eq!(mark(config("a"), json!({})), mark(config("b"), json!({})), "nobody is told");
}

#[tokio::test]
async fn a_program_that_kubectls_preferences_deny_runs_neither_from_the_default_place_nor_approved() {
    let home = Home::new();
    let book = Arc::new(Book::default());
    let with = SignIn::approved(book.clone(), UNATTENDED);
    home.config(".kube/config", json!({"server": "https://h"}), json!({}));
    home.config("mail", json!({"server": "https://h"}), json!({}));
    let program = unapproved(sign_in(&home.entry(&["mail"]), &with).await);
    lock(&book.0).push(*program);
    let prefer = |rest: Value| {
        let mut all = json!({"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference"});
        all.as_object_mut().expect("an object").extend(rest.as_object().cloned().expect("an object"));
        home.write(".kube/kuberc", &all.to_string());
    };
    let allow = |commands: &[&str]| {
        let all: Vec<Value> = commands.iter().map(|c| json!({"command": c})).collect();
        json!({"credentialPluginPolicy": "Allowlist", "credentialPluginAllowlist": all})
    };
    // Connections that are open go by the preferences as they are at the next run.
    let entries = [home.entry(&[]), home.entry(&["mail"])];
    let mut ran = 0;
    for (preferences, expect) in [
        (json!({"credentialPluginPolicy": "AllowAll"}), None),
        (json!({"credentialPluginPolicy": "DenyAll"}), Some(".kube/kuberc: credentialPluginPolicy is DenyAll; ask whoever set it")),
        (allow(&["kubelogin"]), Some(".kube/kuberc: credentialPluginAllowlist does not name it")),
        (allow(&["kubelogin", "sh"]), None),
        (json!({"credentialPluginPolicy": "Allowlist"}), Some(".kube/kuberc: credentialPluginAllowlist: names no program")),
        (json!({}), None),
    ] {
        prefer(preferences);
        for entry in &entries {
            match (sign_in(entry, &with).await, expect) {
                (Ok(()), None) => ran += 1,
                (Err(e @ CredentialError::PluginDenied { .. }), Some(expect)) => assert!(e.to_string().contains(expect), "{e}"),
                (other, expect) => panic!("{other:?} in place of {expect:?}"),
            }
        }
    }
    assert_eq!((home.told().len(), ran), (6, 6));
}

#[tokio::test]
async fn a_program_that_kubectls_preferences_allow_is_still_asked_about() {
    let home = Home::new();
    home.config("mail", json!({"server": "https://h"}), json!({}));
    let list = json!({"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference",
        "credentialPluginPolicy": "Allowlist", "credentialPluginAllowlist": [{"command": "sh"}]});
    home.write(".kube/kuberc", &list.to_string());
    unapproved(sign_in(&home.entry(&["mail"]), &SignIn::approved(Arc::new(Book::default()), UNATTENDED)).await);
    assert!(home.told().is_empty());
}
