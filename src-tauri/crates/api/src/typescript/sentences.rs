//! The forms of every [`model::sentence!`] in the sources, for `frontend/src/i18n/sentences.ts`: what has to be translated.
//! What the command line alone says is said in English, and left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        match entry.path() {
            path if path.is_dir() => sources(&path, into),
            path if path.extension().is_some_and(|e| e == "rs") => into.push(path),
            _ => {}
        }
    }
}

/// Forms in a file, however deep in other macros they stand.
fn forms(tokens: TokenStream, into: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let called = i.checked_sub(2).map(|at| &tokens[at..i]);
        if let Some([TokenTree::Ident(name), TokenTree::Punct(bang)]) = called
            && name == "sentence"
            && bang.as_char() == '!'
            && let Some(TokenTree::Literal(first)) = group.stream().into_iter().next()
        {
            let form: LitStr = syn::parse_str(&first.to_string()).expect("the form of a sentence is a string");
            into.insert(form.value());
        }
        forms(group.stream(), into);
    }
}

fn generate() -> String {
    let rooms = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut files, mut all) = (vec![], BTreeSet::new());
    for room in std::fs::read_dir(rooms).expect("the rooms").flatten().filter(|room| room.file_name() != "cli") {
        sources(&room.path().join("src"), &mut files);
    }
    for file in files {
        let text = std::fs::read_to_string(&file).expect("reads");
        forms(text.parse().unwrap_or_else(|e| panic!("{}: {e}", file.display())), &mut all);
    }
    let mut out = String::from(
        "// Made by `cargo xtask codegen` from every `sentence!` in src-tauri/crates. Do not edit; translations stand in sentences.ko.ts.\n\n\
         export type Form =\n",
    );
    for form in &all {
        out += &format!("  | {}\n", serde_json::to_string(form).expect("a string"));
    }
    out.truncate(out.trim_end().len());
    out + ";\n"
}

/// `cargo xtask codegen` runs this with `UPDATE_GENERATED=1`.
#[test]
fn the_list_of_forms_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../frontend/src/i18n/sentences.ts");
    let now = generate();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(path, &now).expect("writes");
    }
    assert!(std::fs::read_to_string(path).unwrap_or_default() == now, "frontend/src/i18n/sentences.ts is old: run `cargo xtask codegen`");
}

#[test]
fn forms_are_found_in_the_middle_of_other_macros() {
    let mut found = BTreeSet::new();
    let source = r#"fn f() { vec![sentence!("one {n}", n), model::sentence!( "tw\
        o")]; other!("no"); format!("sentence") }"#;
    forms(source.parse().expect("tokens"), &mut found);
    assert_eq!(Vec::from_iter(found), ["one {n}", "two"]);
}
