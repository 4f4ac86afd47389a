//! Healthy applications as popular charts and operators make them: nothing to find, nothing broken, nobody unwell. What is
//! peculiar to each says the first line of its file.

mod common;

use common::{cases, objects};
use model::Sentence;
use topology::{EdgeState, Health, Topology};

#[test]
fn applications_as_charts_and_operators_make_them_raise_no_false_alarm() {
    let cases = cases("charts");
    assert!(cases.len() >= 42, "{} applications", cases.len());
    let mut alarms = Vec::new();
    for case in cases {
        let name = case.file_name().expect("a folder").to_string_lossy().into_owned();
        let topology: Topology = objects(&case.join("objects.yaml")).into_iter().collect();
        alarms.extend(topology.findings().map(|f| format!("{name}: {} at {}: {}", f.code, f.object, f.message)));
        let broken = topology.graph().edges().filter(|e| e.state == EdgeState::Broken);
        alarms.extend(broken.map(|e| format!("{name}: {} of {} to {} is broken: {}", e.id.relation, e.id.from, e.id.to, said(&e.detail))));
        let unwell = topology.graph().nodes().filter(|n| n.health.is_trouble() || n.health == Health::Moving);
        alarms.extend(unwell.map(|n| format!("{name}: {} is {}: {}", n.id, n.health.word(), said(&n.reason))));
    }
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}

fn said(why: &Option<Sentence>) -> &str {
    why.as_ref().map_or("nothing is said", |s| &s.text)
}
