//! Kubeconfig files that are broken in every way that we could think of: each says where, what and what to do, and hides no
//! context that is not. No message holds a value of the file.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

/// Stands in every broken file where a token or key could; no message may hold it.
const SECRET: &str = "s3cr3t";
const GOOD: &str = "contexts: [{name: good, context: {cluster: good}}]\nclusters: [{name: good, cluster: {server: 'https://good:6443'}}]\n";

fn said(contexts: &Contexts, name: &str) -> String {
    contexts.get(name).and_then(|e| e.problem.as_ref()).map(ToString::to_string).unwrap_or_default()
}

/// Loads `broken` before a good file of the same `$KUBECONFIG`; what is said of it, without its path.
fn note_of(dir: &Path, broken: &Path) -> String {
    let good = dir.join("good");
    std::fs::write(&good, GOOD).expect("written");
    let list = std::env::join_paths([broken, &good]).expect("a list");
    let got = load(&Sources { list: Some(list), ..Default::default() }).expect("loads");
    assert!(got.get("good").expect("not hidden").reach().is_ok());
    assert_eq!(got.files[1].note, None);
    let note = got.files[0].note.clone().unwrap_or_default().text;
    assert!(!note.contains(SECRET), "{note}");
    note.replace(&format!("{}: ", broken.display()), "")
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_hides_no_other() {
    let dir = tempfile::tempdir().expect("dir");
    let at = |name: &str| dir.path().join(name);
    let _listening = std::os::unix::net::UnixListener::bind(at("socket")).expect("bound");
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("coreutils").success());
    symlink(at("loop-b"), at("loop-a")).expect("linked");
    symlink(at("loop-a"), at("loop-b")).expect("linked");
    let large = std::fs::File::create(at("large")).expect("created");
    large.set_len((16 << 20) + 1).expect("grown");
    for (path, expect) in [
        (at("gone"), "missing: skipped"),
        (dir.path().to_path_buf(), "cannot be read (not a regular file)"),
        (at("pipe"), "cannot be read (not a regular file)"),
        (at("socket"), "cannot be read (not a regular file)"),
        ("/dev/zero".into(), "cannot be read (not a regular file)"),
        // A regular file whose first byte cannot be read, not even by root.
        ("/proc/self/mem".into(), "cannot be read (Input/output error (os error 5))"),
        (at("loop-a"), "cannot be read (Too many levels of symbolic links (os error 40))"),
        (at("large"), "cannot be read (larger than 16 MiB)"),
    ] {
        assert_eq!(note_of(dir.path(), &path), expect, "{}", path.display());
    }
}

#[test]
fn a_file_that_is_no_kubeconfig_says_where_and_what_and_hides_no_other() {
    let dir = tempfile::tempdir().expect("dir");
    let laughs = (1..12).fold(format!("a0: &a0 [{SECRET}]\n"), |mut text, n| {
        writeln!(text, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 12].join(", ")).expect("written");
        text
    });
    let deep = format!("users: {}{SECRET}{}", "[".repeat(50_000), "]".repeat(50_000));
    let secret = |text: &str| text.replace("SECRET", SECRET).into_bytes();
    for (bytes, expect) in [
        (b"users:\n- name: \xff\xfe".to_vec(), "byte 15: not a kubeconfig (not UTF-8)"),
        (Vec::new(), "no clusters, users or contexts in it; name another file, or add them"),
        (secret("# SECRET\n"), "no clusters, users or contexts in it; name another file, or add them"),
        (secret("users:\n- name: u\n\tuser: SECRET\n"), "line 3: not a kubeconfig (a tab in the indentation; use spaces)"),
        (secret("users:\n- name: u\n  user: {token: SECRET\n  : ]\n"), "line 4, column 3: not a kubeconfig (not valid YAML)"),
        (secret("users:\n- name: u\n  user: {token: 'SECRET"), "line 3, column 17: not a kubeconfig (not valid YAML)"),
        (
            secret("users: []\n---\nusers: [SECRET]\n"),
            "line 3, column 1: not a kubeconfig (more than one document; keep one file for each)",
        ),
        (secret("users: []\nusers: [SECRET]\n"), "line 2, column 1: not a kubeconfig (a key stands twice in one mapping; remove one)"),
        (secret("users: *SECRET\n"), "line 1, column 8: not a kubeconfig (an alias without its anchor)"),
        (laughs.into_bytes(), "line 5, column 50: not a kubeconfig (nested too deep, or blown up by aliases)"),
        (deep.into_bytes(), "line 1, column 263: not a kubeconfig (nested too deep, or blown up by aliases)"),
        (secret("[SECRET]"), "line 1: not a kubeconfig (expected a mapping with clusters, users and contexts)"),
        (secret("SECRET"), "line 1: not a kubeconfig (expected a mapping with clusters, users and contexts)"),
        (secret("apiVersion: SECRET\nkind: Config\nusers: []"), "apiVersion: not a kubeconfig (expected v1)"),
        (secret("apiVersion: v1\nkind: Secret\ndata: {token: SECRET}"), "kind: not a kubeconfig (expected Config)"),
        (secret("contexts: {SECRET: {cluster: c}}"), "contexts: expected a list"),
        (secret("clusters: SECRET"), "clusters: expected a list"),
        (secret("contexts: [SECRET]"), "contexts[0].name: missing or not a text; add one, in quotes"),
        (secret("users: [{user: {token: SECRET}}]"), "users[0].name: missing or not a text; add one, in quotes"),
        (secret("users: [{name: 7}]"), "users[0].name: missing or not a text; add one, in quotes"),
        (
            secret("users: [{name: u}, {name: u, user: {token: SECRET}}]"),
            "users[u]: named twice; the first one counts; rename or remove the other",
        ),
    ] {
        let file = dir.path().join("broken");
        std::fs::write(&file, &bytes).expect("written");
        let note = note_of(dir.path(), &file);
        assert!(note.ends_with(expect), "{note}\n{expect}");
    }
}

/// One file with a good context, and one of the name `bad` with these fields of its context, cluster and user.
fn check(context: &str, cluster: &str, user: &str, expect: &str) {
    let text = format!(
        "contexts: [{{name: bad, context: {{{context}}}}}, {{name: good, context: {{cluster: good}}}}]\n\
         clusters: [{{name: c, cluster: {{{cluster}}}}}, {{name: good, cluster: {{server: 'https://good:6443'}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\n"
    );
    let dir = tempfile::tempdir().expect("dir");
    let kube = dir.path().join(".kube");
    std::fs::create_dir(&kube).expect("made");
    std::fs::write(kube.join("config"), text.replace("SECRET", SECRET)).expect("written");
    let got = load(&Sources { home: Some(dir.path().into()), ..Default::default() }).expect("loads");
    assert!(got.get("good").expect("not hidden").reach().is_ok(), "{:?}", got.get("good"));
    assert_eq!(got.entries.len(), 2);
    let said = said(&got, "bad");
    assert_eq!(said.replace(&dir.path().display().to_string(), "DIR"), format!("~/.kube/config: {expect}"));
    assert!(!format!("{said}{got:?}").contains(SECRET), "{said} {got:?}");
}

#[test]
fn a_broken_cluster_says_its_key_what_and_what_to_do_and_hides_no_other() {
    let both = "cluster: c, user: u";
    check("user: u", "", "", "contexts[bad].context.cluster: missing; add the name of a cluster");
    check("cluster: x", "", "", "contexts[bad].context.cluster: no cluster named \"x\"; add it or correct the name");
    let type_of =
        |key: &str| format!("{key}: a value of the wrong type; put texts in quotes, and compare it with the output of kubectl config view");
    check("cluster: [SECRET]", "", "", &type_of("contexts[bad].context.cluster"));
    check(both, "server: 'https://h', proxy-url: [SECRET]", "", &type_of("clusters[c].cluster.proxy-url"));
    check(
        "cluster: c, namespace: ../other",
        "server: 'https://h'",
        "",
        "contexts[bad].context.namespace: not a name that a namespace can have; correct it",
    );
    let server =
        |value: &str, expect: &str| check(both, &format!("server: '{value}'"), "", &format!("clusters[c].cluster.server: {expect}"));
    server("", "missing; add the URL of the API server");
    server("h:6443", "a URL without its scheme; write https:// before it");
    server("https://", "not a URL of the form https://host:port; correct it");
    server("https://h h", "not a URL of the form https://host:port; correct it");
    server("https://h:99999", "not a URL of the form https://host:port; correct it");
    server("ftp://h", "not a URL of the form https://host:port; correct it");
    check(
        both,
        "server: 'http://h'",
        "token: SECRET",
        "clusters[c].cluster.server: http would show the credentials of its user to the network; use https",
    );
    server("https://u:SECRET@h", "a URL with credentials in it; move them to the context's user");
    server("https://h/?token=SECRET", "a URL with a query or fragment; leave that out");
    server("https://h/#SECRET", "a URL with a query or fragment; leave that out");
    let with =
        |field: &str, expect: &str| check(both, &format!("server: 'https://h', {field}"), "", &format!("clusters[c].cluster.{expect}"));
    with(
        "insecure-skip-tls-verify: true, certificate-authority-data: LS0tLS1CRUdJTiBY",
        "insecure-skip-tls-verify: true, and a certificate authority is named: only one of them can be meant; remove it, then the certificate is verified",
    );
    let proxy = "proxy-url: not the URL of a proxy (http, https, socks5 or socks5h); correct it, or remove it";
    for url in ["SECRET:3128", "ftp://SECRET", "http://u:SECRET@p:x", "socks4://u:SECRET@p"] {
        with(&format!("proxy-url: '{url}'"), proxy);
    }
    with("certificate-authority-data: '!SECRET'", "certificate-authority-data: not base64; copy it again, or name a file in its place");
    with("certificate-authority-data: U0VDUkVU", "certificate-authority-data: not PEM text; copy it again, or name a file in its place");
    with(
        "certificate-authority: gone.pem",
        "certificate-authority: DIR/.kube/gone.pem cannot be read (No such file or directory (os error 2)); correct the path or restore the file",
    );
    with("certificate-authority: .", "certificate-authority: DIR/.kube/. is not a regular file; name a file");
}

#[test]
fn a_broken_user_says_its_key_what_and_what_to_do_and_hides_no_other() {
    let user = |fields: &str, expect: &str| check("cluster: c, user: u", "server: 'https://h'", fields, &format!("users[u].user.{expect}"));
    check("cluster: c, user: x", "server: 'https://h'", "", "contexts[bad].context.user: no user named \"x\"; add it or correct the name");
    let pem = "LS0tLS1CRUdJTiBY";
    user(&format!("client-certificate-data: {pem}"), "client-key: missing; add the key of the client certificate");
    user(&format!("client-key-data: {pem}"), "client-certificate: missing; add the certificate of the client key");
    user("token: 'SEC RET'", "token: holds characters that no token has; copy it again, on one line");
    user("token: 12345", "token: a value of the wrong type; put texts in quotes, and compare it with the output of kubectl config view");
    user(
        "tokenFile: gone",
        "tokenFile: DIR/.kube/gone cannot be read (No such file or directory (os error 2)); correct the path or restore the file",
    );
    let basic = "Kubernetes has had no login by name and password since 1.19; use a certificate, a token or an exec plugin";
    user("username: a, password: SECRET", &format!("username: {basic}"));
    user("password: SECRET", &format!("password: {basic}"));
    user(
        "auth-provider: {name: gcp, config: {access-token: SECRET}}",
        "auth-provider: auth provider \"gcp\" was removed from Kubernetes in 1.26; use the provider's exec plugin",
    );
    user("as-user-extra: {a: [SECRET]}", "as-user-extra: extra fields of impersonation are not supported; use a user of its own");
    user("as-uid: SECRET", "as: missing; name the user to impersonate, or remove as-uid and as-groups");
    let v1 = "apiVersion: client.authentication.k8s.io/v1";
    user(&format!("exec: {{{v1}}}"), "exec.command: missing; name the program");
    let version = "exec.apiVersion: not v1 or v1beta1 of client.authentication.k8s.io; update the plugin's entry";
    user("exec: {command: p}", version);
    user("exec: {command: p, apiVersion: client.authentication.k8s.io/v1alpha1}", version);
    user(
        &format!("exec: {{command: p, {v1}, interactiveMode: SECRET}}"),
        "exec.interactiveMode: not Never, IfAvailable or Always; correct it",
    );
    user(
        &format!("exec: {{command: p, {v1}, env: [{{value: SECRET}}]}}"),
        "exec.env: a variable that no environment can hold; give each a name, without =",
    );
    user(
        &format!("exec: {{command: p, {v1}, args: SECRET}}"),
        "exec: a value of the wrong type; put texts in quotes, and compare it with the output of kubectl config view",
    );
}

#[test]
fn hostile_names_are_short_and_visible_in_messages_and_their_contexts_stay() {
    let long = "n".repeat(10_000);
    check(
        "cluster: \"a\\u001b[31m\\u202e\\n\"",
        "",
        "",
        "contexts[bad].context.cluster: no cluster named \"a\\u{1b}[31m\\u{202e}\\n\"; add it or correct the name",
    );
    check(
        &format!("cluster: {long}"),
        "",
        "",
        &format!("contexts[bad].context.cluster: no cluster named \"{}…\"; add it or correct the name", "n".repeat(80)),
    );
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("config");
    let text = format!("{GOOD}users: []\n")
        .replace("contexts: [", &format!("contexts: [{{name: {long}, context: {{cluster: good}}}}, {{name: \"\\e\", context: {{}}}}, "));
    std::fs::write(&file, text).expect("written");
    let got = load(&Sources { explicit: Some(file), ..Default::default() }).expect("loads");
    assert!(got.get(&long).expect("there").reach().is_ok());
    assert!(said(&got, "\u{1b}").contains("contexts[\\u{1b}].context.cluster: missing"), "{}", said(&got, "\u{1b}"));
    assert!(got.get("good").expect("there").reach().is_ok());
}

#[test]
fn one_file_by_two_ways_is_read_once_and_shadows_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let (file, link) = (dir.path().join("config"), dir.path().join("link"));
    std::fs::write(&file, GOOD).expect("written");
    symlink(&file, &link).expect("linked");
    let list = std::env::join_paths([&file, &file, &link]).expect("a list");
    let got = load(&Sources { list: Some(list), ..Default::default() }).expect("loads");
    assert_eq!(got.entries.len(), 1);
    let once = Some(format!("the same file as {}: read once", file.display()));
    assert_eq!(got.files.iter().map(|f| f.note.as_ref().map(|n| n.text.clone())).collect::<Vec<_>>(), [None, once.clone(), once]);
}

#[test]
fn what_kubectl_takes_is_taken() {
    let dir = tempfile::tempdir().expect("dir");
    std::fs::write(dir.path().join("token"), SECRET).expect("written");
    let file = dir.path().join("config");
    for text in [
        "\u{feff}apiVersion: v1\nkind: Config\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://h'}}]",
        "# no kind\ncontexts:\n- &x {name: x, context: {cluster: c}}\nclusters: [{name: c, cluster: {server: 'https://[::1]:6443/base/'}}]\nusers: null",
        "contexts: [{name: x, context: {cluster: c, user: u, namespace: ''}}]\nclusters: [{name: c, cluster: {server: 'HTTPS://h'}}]\nusers: [{name: u}]",
        // Both: the file counts, and the token until it can be read.
        "contexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://h'}}]\nusers: [{name: u, user: {token: t, tokenFile: gone}}]",
        r#"{"contexts":[{"name":"x","context":{"cluster":"c"}}],"clusters":[{"name":"c","cluster":{"server":"https://h","extensions":[{"name":"e","extension":{}}]}}]}"#,
    ] {
        std::fs::write(&file, text).expect("written");
        let got = load(&Sources { explicit: Some(file.clone()), ..Default::default() }).expect("loads");
        assert!(got.get("x").expect("there").reach().is_ok(), "{text}: {}", said(&got, "x"));
    }
}
