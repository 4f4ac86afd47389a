use std::path::Path;

use super::*;

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    std::fs::write(&path, text).expect("written");
    path
}

/// One context `x` on https, with these lines for its cluster and user.
fn one(cluster: &str, user: &str) -> String {
    format!(
        "contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters:\n- name: c\n  cluster:\n    server: https://h:6443\n{cluster}users:\n- name: u\n  user:\n    as: \"\"\n{user}"
    )
}

fn load_one(text: &str) -> (tempfile::TempDir, Contexts) {
    let dir = tempfile::tempdir().expect("dir");
    write(dir.path(), ".kube/config", text);
    let contexts = load(&Sources { home: Some(dir.path().into()), ..Default::default() }).expect("loads");
    (dir, contexts)
}

fn check_problem(cluster: &str, user: &str, expect: &str) {
    let (_dir, contexts) = load_one(&one(cluster, user));
    let said = contexts.get("x").expect("there").problem.as_ref().expect("a problem").to_string();
    assert!(said.starts_with("~/.kube/config: "), "{said}");
    assert!(said.contains(expect), "{said}");
}

#[test]
fn a_list_takes_the_first_of_each_name_skips_missing_files_and_keeps_the_shadowed() {
    let dir = tempfile::tempdir().expect("dir");
    let a = write(dir.path(), "a", "current-context: ''\ncontexts: [{name: x, context: {cluster: c}}]");
    let b = write(
        dir.path(),
        "b",
        "current-context: x\ncontexts: [{name: x, context: {cluster: other}}]\nclusters: [{name: c, cluster: {server: 'https://from-b'}}]",
    );
    let gone = dir.path().join("gone");
    let list = std::env::join_paths([&a, Path::new(""), &gone, &b]).expect("list");
    let got = load(&Sources { list: Some(list), ..Default::default() }).expect("loads");
    assert_eq!(got.current.as_deref(), Some("x"));
    assert_eq!(
        got.files.iter().map(|f| f.note.as_ref().map(|n| n.text.as_str())).collect::<Vec<_>>(),
        [None, Some("missing: skipped"), None]
    );
    let x = got.get("x").expect("there");
    assert_eq!((x.file.as_path(), x.server.as_deref()), (a.as_path(), Some("https://from-b")));
    assert!(x.reach().is_ok());
    let shadowed = got.entries.iter().find(|e| e.shadowed_by.is_some()).expect("kept");
    assert_eq!((shadowed.shadowed_by.as_deref(), shadowed.file.as_path()), (Some(a.as_path()), b.as_path()));
}

#[test]
fn a_broken_context_names_file_key_and_remedy_and_hides_no_other() {
    let (_dir, got) = load_one(
        "contexts:\n- {name: prod, context: {cluster: prod-kr}}\n- {name: ok, context: {cluster: c}}\n- {name: odd, context: {cluster: [1]}}\nclusters: [{name: c, cluster: {server: 'https://h'}}]",
    );
    assert_eq!(
        got.get("prod").expect("kept").problem.as_ref().expect("a problem").to_string(),
        "~/.kube/config: contexts[prod].context.cluster: no cluster named \"prod-kr\"; add it or correct the name"
    );
    assert!(got.get("ok").expect("there").problem.is_none());
    assert!(got.get("odd").expect("kept").problem.as_ref().expect("a problem").to_string().contains("contexts[odd].context"));
}

#[test]
fn what_is_unsafe_or_gone_from_kubernetes_is_refused_in_words() {
    check_problem(
        "    insecure-skip-tls-verify: true\n    certificate-authority-data: LS0tLS1CRUdJTiBY\n",
        "",
        "clusters[c].cluster.insecure-skip-tls-verify: true, and a certificate authority is named",
    );
    check_problem("", "    username: a\n    password: b\n", "users[u].user.username: Kubernetes has had no login by name");
    check_problem("", "    auth-provider: {name: gcp}\n", "users[u].user.auth-provider: auth provider \"gcp\"");
    check_problem("    certificate-authority-data: '!!'\n", "", "clusters[c].cluster.certificate-authority-data: not base64");
    check_problem("    certificate-authority: gone.pem\n", "", "clusters[c].cluster.certificate-authority: ");
    check_problem("", "    client-certificate-data: LS0tLS1CRUdJTiBY\n", "users[u].user.client-key: missing");
    check_problem("", "    exec: {command: p, apiVersion: v0}\n", "users[u].user.exec.apiVersion");
    let plain = |user: &str| {
        let text = "contexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'http://h'}}]";
        load_one(&format!("{text}\nusers: [{{name: u, user: {user}}}]"))
    };
    for user in ["{token: t}", "{exec: {command: p, apiVersion: client.authentication.k8s.io/v1}}"] {
        let (_dir, got) = plain(user);
        let said = got.get("x").expect("there").problem.as_ref().expect(user).to_string();
        assert!(said.contains("clusters[c].cluster.server: http would show the credentials"), "{said}");
    }
    let (_dir, got) = plain("{}");
    assert_eq!(got.get("x").expect("there").reach().expect("as of kubectl proxy").unverified, Some(Unverified::Plain));
}

#[test]
fn a_server_that_need_not_be_verified_is_known_by_its_context() {
    let (_dir, got) = load_one(&one("    insecure-skip-tls-verify: true\n", ""));
    let loose = got.get("x").expect("there");
    assert_eq!((loose.unverified(), loose.problem.as_ref()), (Some(Unverified::Certificate), None));
    let (_dir, got) = load_one(&one("    insecure-skip-tls-verify: false\n", ""));
    let strict = got.get("x").expect("there");
    assert_eq!(strict.unverified(), None);
    assert_ne!(strict.mark(), loose.mark(), "an edit of it is seen");
}

#[test]
fn relative_paths_count_from_the_files_own_folder() {
    let dir = tempfile::tempdir().expect("dir");
    write(dir.path(), "sub/ca.pem", "-----BEGIN CERTIFICATE-----\n");
    write(dir.path(), "sub/token", "t");
    let file = write(dir.path(), "sub/config", &one("    certificate-authority: ca.pem\n", "    tokenFile: token\n"));
    let got = load(&Sources { explicit: Some(file), ..Default::default() }).expect("loads");
    let reach = got.get("x").expect("there").reach().expect("usable");
    assert!(matches!(&reach.ca, Some(Material::File { path, .. }) if *path == dir.path().join("sub/ca.pem")));
    assert!(matches!(&reach.login, Login::TokenFile { path, .. } if *path == dir.path().join("sub/token")));
}

#[test]
fn an_explicit_file_must_be_there_and_be_yaml_and_its_text_is_never_quoted() {
    let dir = tempfile::tempdir().expect("dir");
    let gone = load(&Sources { explicit: Some(dir.path().join("no")), ..Default::default() }).expect_err("missing");
    assert!(matches!(gone, KubeconfigError::Missing { .. }));
    let bad = write(dir.path(), "bad", "users:\n- name: u\n  user: {token: s3cr3t\n  : ]\n");
    let err = load(&Sources { explicit: Some(bad), ..Default::default() }).expect_err("not YAML").to_string();
    assert!(err.contains("line ") && !err.contains("s3cr3t"), "{err}");
}

#[test]
fn secrets_do_not_show_in_debug_output_or_type_errors() {
    let (_dir, got) = load_one(&one("", "    token: s3cr3t\n"));
    assert!(!format!("{got:?}").contains("s3cr3t"));
    let (_dir, got) = load_one(&one("", "    token: [s3cr3t]\n"));
    let said = got.get("x").expect("there").problem.as_ref().expect("a problem").to_string();
    assert!(said.contains("users[u].user") && !said.contains("s3cr3t"), "{said}");
}
