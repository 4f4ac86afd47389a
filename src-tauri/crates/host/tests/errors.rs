//! Whatever a command is refused with, and what is said of a context or a file, reaches the window as a sentence that it can
//! say in its own language.

use std::path::Path;

use api::{Commands, SentenceView, UiError, dispatch};
use host::{Host, Options};
use serde_json::{Value, json};

/// What the window translates.
const FORMS: &str = include_str!("../../../../frontend/src/i18n/sentences.ts");

/// Every form in it, however deep.
fn forms(said: &SentenceView, into: &mut Vec<String>) {
    into.push(said.form.clone());
    said.parts.values().chain(&said.then).for_each(|part| forms(part, into));
}

fn check(what: &str, said: &SentenceView) {
    let mut all = vec![];
    forms(said, &mut all);
    for form in all {
        let line = format!("  | {}", json!(form));
        assert!(FORMS.lines().any(|l| l.trim_end_matches(';') == line), "{what}: {said} has a form that is not translated: {form:?}");
    }
}

fn check_error(what: &str, e: &UiError) {
    check(what, &e.message);
    e.hint.iter().for_each(|hint| check(what, hint));
}

const KUBECONFIG: &str = r#"
clusters:
- {name: down, cluster: {server: "https://127.0.0.1:1"}}
- {name: plain, cluster: {server: "http://127.0.0.1:1"}}
- {name: down, cluster: {server: "https://127.0.0.1:2"}}
users:
- {name: program, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Never}}}
contexts:
- {name: down, context: {cluster: down}}
- {name: prod, context: {cluster: down}}
- {name: prod-plain, context: {cluster: plain}}
- {name: plain, context: {cluster: plain}}
- {name: nowhere, context: {cluster: gone}}
- {name: program, context: {cluster: down, user: program}}
"#;

fn options(dir: &Path, kubeconfig: &str) -> Options {
    let file = dir.join("config");
    std::fs::write(&file, kubeconfig).expect("writes");
    Options { kubeconfig: Some(file), state_dir: Some(dir.join("state")), ..Options::default() }
}

#[tokio::test]
async fn whatever_a_command_is_refused_with_has_a_translation() {
    let dir = tempfile::tempdir().expect("a folder");
    let host = Host::new(options(dir.path(), KUBECONFIG)).expect("a host");
    let object = |id: &str| json!({"context": "down", "id": id});
    let request = |context: &str| {
        json!({"request": {"context": context, "target": "Deployment/shop/web", "strategy": "none", "images": [], "template": null,
            "toRevision": null, "params": {}}})
    };
    let logs = |context: &str, id: &str| json!({"request": {"context": context, "id": id, "container": null, "previous": false, "follow": true, "tail": 1}});
    let open = |context: &str| json!({"context": context, "namespaces": []});
    let refused: Vec<(&str, Value)> = vec![
        ("no_such_command", json!({})),
        ("graph", json!({"context": 7})),
        ("graph", json!({"context": "down"})),
        ("open_context", open("nobody")),
        ("open_context", open("down")),
        ("open_context", open("plain")),
        ("open_context", open("nowhere")),
        ("open_context", open("program")),
        ("approve_program", json!({"context": "down", "fingerprint": ""})),
        ("approve_program", json!({"context": "program", "fingerprint": "another"})),
        ("sign_in", json!({"context": "down"})),
        ("namespaces", json!({"context": "nobody"})),
        ("unlock", json!({"context": "prod", "typed": "dev"})),
        ("unlock", json!({"context": "down", "typed": "up"})),
        ("unlock", json!({"context": "plain", "typed": ""})),
        ("unlock", json!({"context": "prod-plain", "typed": "prod-plain", "reason": "own machine"})),
        ("set_environment", json!({"context": "nobody", "environment": "staging"})),
        ("object", object("Deployment/shop/web")),
        ("open_logs", logs("down", "nonsense")),
        ("open_logs", logs("down", "Service/shop/web")),
        ("open_logs", logs("down", "Deployment/shop/web")),
        ("read_logs", json!({"logs": 7})),
        ("image", json!({"name": "No Image"})),
        ("workload", object("Deployment/shop/web")),
        ("make_plan", request("down")),
        ("check_plan", json!({"plan": "none"})),
        ("export_plan", json!({"plan": "none"})),
        ("start_run", json!({"plan": "none", "reason": null, "confirm": null})),
        ("approve", json!({"run": "none", "gate": "cut-over"})),
        ("back_out", json!({"run": "none", "reason": null})),
        ("choose", json!({"run": "none", "choice": "retry"})),
        ("choose", json!({"run": "none", "choice": "nothing"})),
        ("resume_run", json!({"run": "none"})),
        ("take_over", json!({"run": "none", "reason": " "})),
        ("take_over", json!({"run": "none", "reason": null})),
        ("run", json!({"run": "none"})),
        ("doctor", json!({"context": "down"})),
        ("way_back", object("nonsense/")),
    ];
    for (name, args) in refused {
        match dispatch(&*host, name, args.clone()).await {
            Err(e) => check_error(&format!("{name} {args}"), &e),
            Ok(said) => panic!("{name} {args}: was not refused: {said}"),
        }
    }
    for text in ["{", "{}", r#"{"schema":9}"#, r#"{"schema":1}"#] {
        check_error(text, &host.import_plan(text).await.expect_err("no plan"));
    }
}

#[tokio::test]
async fn what_is_said_of_a_context_or_a_file_has_a_translation() {
    let dir = tempfile::tempdir().expect("a folder");
    let host = Host::new(options(dir.path(), KUBECONFIG)).expect("a host");
    let seen = host.probe_contexts().await.expect("contexts");
    assert!(seen.contexts.iter().all(|c| c.note.is_some() && (c.problem.is_some() || c.name == "program")), "{seen:#?}");
    assert!(seen.files.iter().any(|f| f.note.is_some()), "{seen:#?}");
    for context in &seen.contexts {
        context.note.iter().for_each(|note| check(&context.name, note));
        context.problem.iter().for_each(|problem| check_error(&context.name, problem));
    }
    seen.files.iter().filter_map(|f| f.note.as_ref()).for_each(|note| check("a file", note));
}

#[test]
fn why_there_is_no_host_has_a_translation() {
    let dir = tempfile::tempdir().expect("a folder");
    for broken in ["a: [", "contexts:\n- name: a\n\tcontext: {}", "- list", "kind: Pod", "a: 1\na: 2", "a: 1\n---\nb: 2"] {
        check_error(broken, &Host::new(options(dir.path(), broken)).err().expect(broken));
    }
    let good = options(dir.path(), KUBECONFIG);
    let missing = Options { kubeconfig: Some(dir.path().join("none")), ..good.clone() };
    check_error("no kubeconfig", &Host::new(missing).err().expect("no such file"));
    for (n, content) in ["", "no journal", "SQLite format 3\0"].into_iter().enumerate() {
        let state_dir = dir.path().join(n.to_string());
        std::fs::create_dir(&state_dir).expect("a folder");
        std::fs::write(state_dir.join("journal.sqlite"), content).expect("writes");
        let torn = Options { state_dir: Some(state_dir), ..good.clone() };
        check_error(content, &Host::new(torn).err().expect("not a journal"));
    }
}
