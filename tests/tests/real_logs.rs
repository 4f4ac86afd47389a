//! `changeoverctl logs` of real containers: what a script and somebody at a terminal read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use acceptance::real::{PODS, Shop};
use serde_json::{Value, json};

fn says(line: &Value, text: &str) -> bool {
    line["text"].as_str().is_some_and(|t| t.contains(text))
}

#[test]
fn the_last_lines_of_all_pods_are_printed_with_whose_they_are_and_a_pod_alone_as_it_wrote_them() {
    let shop = Shop::open("logs");
    let pods = shop.pods_of("web");
    let (code, _, all) = shop.start(&["logs", "deployment/web", "-o", "json"]).ends();
    assert_eq!(code, 0, "{all:?}");
    assert_eq!(pods.len(), PODS);
    for pod in pods.keys() {
        let own = all.iter().find(|l| l["pod"] == *pod && says(l, "listening")).unwrap_or_else(|| panic!("{pod}: {all:?}"));
        assert_eq!((&own["schema"], &own["container"], &own["cut"]), (&json!(1), &json!("web"), &json!(0)));
    }
    let times: Vec<&str> = all.iter().filter_map(|l| l["at"].as_str()).collect();
    assert!(times.is_sorted(), "in the order of their times: {times:?}");

    let pod = pods.keys().next().expect("a pod");
    let alone = shop.at_a_terminal(&["logs", &format!("pod/{pod}"), "--tail", "1"]);
    alone.asks("\n");
    let said = alone.said();
    assert_eq!((alone.ends(), said.trim().lines().count()), (0, 1), "{said}");
    assert!(said.starts_with("shopd: version"), "nothing stands before its own words: {said}");

    let (code, last, _) = shop.start(&["logs", "deployment/web", "-c", "nope", "-o", "json"]).ends();
    assert_eq!((code, &last["error"]["code"], &last["error"]["hint"]), (2, &json!("not-found"), &json!("there are: web")), "{last}");
    let (code, last, _) = shop.start(&["logs", "deployment/nope", "-o", "json"]).ends();
    assert_eq!((code, &last["error"]["code"]), (2, &json!("not-found")), "{last}");
    let (code, _, all) = shop.start(&["logs", "deployment/web", "--previous", "-o", "json"]).ends();
    let why = |l: &Value| (l["state"].clone(), l["why"].clone());
    assert!(code == 1 && all.iter().all(|l| why(l) == (json!("missing"), json!("it was not restarted"))), "{code} {all:?}");
}

#[test]
fn logs_that_are_followed_tell_who_goes_and_who_comes() {
    let shop = Shop::open("tail");
    let before = shop.pods_of("web");
    let mut logs = shop.start(&["logs", "deploy/web", "-f", "-o", "json"]);
    let unheard = RefCell::new(before.keys().cloned().collect::<BTreeSet<_>>());
    logs.until("the lines of all pods", |l| {
        if says(l, "listening") {
            unheard.borrow_mut().remove(l["pod"].as_str().unwrap_or_default());
        }
        unheard.borrow().is_empty()
    });
    let pod = before.keys().next().expect("a pod");
    shop.kubectl(&["delete", "pod", pod, "--wait=false"]);
    let told = |l: &Value, what: &str| l["note"].as_str().is_some_and(|n| n.contains(what));
    let (_, came) = logs.until("another has come", |l| told(l, "has come"));
    assert!(!before.contains_key(came["pod"].as_str().unwrap_or_default()), "{came}");
    logs.until("its lines", |l| l["pod"] == came["pod"] && says(l, "listening"));
}
