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
    assert_eq!(got.files.iter().map(|f| f.note.as_deref()).collect::<Vec<_>>(), [None, Some("missing: skipped"), None]);
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
        "    insecure-skip-tls-verify: true\n",
        "",
        "clusters[c].cluster.insecure-skip-tls-verify: the server's certificate is always",
    );
    check_problem("", "    username: a\n    password: b\n", "users[u].user.username: Kubernetes has had no login by name");
    check_problem("", "    auth-provider: {name: gcp}\n", "users[u].user.auth-provider: auth provider \"gcp\"");
    check_problem("    certificate-authority-data: '!!'\n", "", "clusters[c].cluster.certificate-authority-data: not base64");
    check_problem("    certificate-authority: gone.pem\n", "", "clusters[c].cluster.certificate-authority: ");
    check_problem("", "    client-certificate-data: LS0tLS1CRUdJTiBY\n", "users[u].user.client-key: missing");
    check_problem("", "    exec: {command: p, apiVersion: v0}\n", "users[u].user.exec.apiVersion");
    let (_dir, got) = load_one("contexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'http://h'}}]");
    assert!(matches!(got.get("x").expect("there").problem, Some(KubeconfigError::Refused { .. })));
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
