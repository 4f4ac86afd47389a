//! Each hazard has a case in which it fires and one, near it, in which it must not.

mod common;

use common::{answered, fixtures, folders, golden, make, request, snapshot};
use plan::hazards::{self, Finding, Severity};

fn findings(case: &std::path::Path) -> Vec<Finding> {
    let request = request(case);
    let snapshot = snapshot(case, &request);
    let plan = make(&snapshot, &request).unwrap_or_else(|e| panic!("{}: {e}", case.display()));
    hazards::check(&answered(snapshot, &request, &plan), &plan)
}

fn text(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!("{:?} {} {}\n  {}\n  → {}\n", f.severity, f.code, f.object.said(), f.message, f.remedy)).collect()
}

#[test]
fn codes_are_unique() {
    for h in hazards::LIST {
        assert_eq!(hazards::LIST.iter().filter(|o| o.code() == h.code()).count(), 1, "{}", h.code());
    }
}

#[test]
fn each_hazard_fires_where_it_must_and_is_quiet_where_it_must_not() {
    let mut wrong = Vec::new();
    for h in hazards::LIST {
        let folder = fixtures().join("hazards").join(h.code());
        let names: Vec<String> = folders(&folder).iter().filter_map(|c| Some(c.file_name()?.to_str()?.to_string())).collect();
        assert!(["fires", "quiet"].iter().all(|n| names.iter().any(|m| m == n)), "{}: {names:?}", h.code());
        for name in names {
            let found = findings(&folder.join(&name));
            if found.iter().any(|f| f.code == h.code()) != name.starts_with("fires") {
                wrong.push(format!("{}/{name}: {}", h.code(), text(&found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn findings_are_as_written_down() {
    let all = folders(&fixtures().join("hazards")).into_iter().flat_map(|h| folders(&h));
    let wrong: Vec<String> = all.filter_map(|case| golden(&case.join("findings.txt"), &text(&findings(&case))).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_folder_is_left_of_a_hazard_that_is_gone() {
    for folder in folders(&fixtures().join("hazards")) {
        let code = folder.file_name().and_then(|n| n.to_str()).expect("a name").to_string();
        assert!(hazards::LIST.iter().any(|h| h.code() == code), "{code}");
    }
}

/// What a hazard's file says of itself in its head, in one line.
fn head(code: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hazards");
    let files = std::fs::read_dir(folder).expect("the hazards").flatten().map(|f| std::fs::read_to_string(f.path()).expect("reads"));
    let own = files.into_iter().find(|text| text.contains(&format!("        \"{code}\"\n"))).unwrap_or_else(|| panic!("{code}: no file"));
    let lines = own.lines().map_while(|l| l.strip_prefix("//!")).map(str::trim);
    lines.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[test]
fn the_table_in_the_docs_lists_them_all() {
    let mut table = String::from(
        "# Hazards\n\nWhat `changeoverctl check` and the window's check look for before anything is written, in the order in which they are \
         asked. *Stops*: the plan does not start. *Warns*: it is told. *Handled*: the plan takes care of it. What could not be read is \
         told as a warning and never taken for absent. One file each in `crates/plan/src/hazards/`, with cases in which it fires and in \
         which it must not in `tests/fixtures/hazards/`; this table is made from both (`UPDATE_GOLDEN=1 cargo test -p plan`), and most \
         of it is tried on a real API server besides (`tests/tests/lab_hazards.rs`).\n\n\
         | Hazard | | What it is about |\n|---|---|---|\n",
    );
    for h in hazards::LIST {
        let cases = folders(&fixtures().join("hazards").join(h.code()));
        let mut weights: Vec<_> = cases.iter().flat_map(|c| findings(c)).filter(|f| f.code == h.code()).map(|f| f.severity).collect();
        weights.sort();
        weights.dedup();
        let words = weights.iter().map(|w| match w {
            Severity::Block => "stops",
            Severity::Warn => "warns",
            Severity::Fixed => "handled",
        });
        table += &format!("| `{}` | {} | {} |\n", h.code(), words.collect::<Vec<_>>().join(", "), head(h.code()));
    }
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hazards.md");
    // What comes after the table is kept by hand.
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    table += kept.find("\n## ").map_or("", |at| &kept[at..]);
    golden(&page, &table).unwrap_or_else(|e| panic!("{e}"));
}
