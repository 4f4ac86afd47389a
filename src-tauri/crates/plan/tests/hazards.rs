//! Each hazard has a case in which it fires and one, near it, in which it must not.

mod common;

use common::{answered, fixtures, folders, golden, make, request, snapshot};
use plan::hazards::{self, Finding};

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
        for (name, must) in [("fires", true), ("quiet", false)] {
            let case = fixtures().join("hazards").join(h.code()).join(name);
            let found = findings(&case);
            if found.iter().any(|f| f.code == h.code()) != must {
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
