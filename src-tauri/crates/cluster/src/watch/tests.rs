use serde_json::json;

use super::*;

fn service(name: &str) -> Item {
    Item::Object(Kind::Service.decode_value(&json!({"metadata":{"namespace":"n","name":name,"resourceVersion":"5"}})).expect("decodes"))
}

fn upsert(name: &str, rv: &str) -> Frame {
    Frame::Upsert { item: service(name), resource_version: rv.into() }
}

fn at(second: i64) -> Moment {
    Moment { now: Timestamp::from_second(second).expect("in range"), chance: 0.5 }
}

/// Runs inputs one after the other; the outputs of the last one.
fn run(w: &mut Watch, inputs: Vec<Input>) -> Vec<Output> {
    let mut last = Vec::new();
    for input in inputs {
        let (next, out) = step(std::mem::replace(w, Watch::new(w.kind)), input, at(1));
        *w = next;
        last = out;
    }
    last
}

fn live(names: &[&str]) -> Watch {
    let mut w = Watch::new(Kind::Service);
    let items = names.iter().map(|n| service(n)).collect();
    run(&mut w, vec![Input::Start, Input::Items(items), Input::ListEnded { resource_version: "10".into() }, Input::Opened]);
    assert!(matches!(w.phase, Phase::Live { .. }));
    w
}

fn watches_from(out: &[Output], rv: &str) -> bool {
    out.iter().any(|o| matches!(o, Output::Watch { resource_version, seconds } if resource_version == rv && (60..=290).contains(seconds)))
}

fn removes(out: &[Output]) -> Vec<String> {
    out.iter()
        .filter_map(|o| if let Output::Emit(changes) = o { Some(changes) } else { None })
        .flatten()
        .filter_map(|c| if let Change::Remove(id) = c { Some(id.name.clone()) } else { None })
        .collect()
}

fn pause(out: &[Output]) -> Option<Duration> {
    out.iter().find_map(|o| if let Output::Pause(d) = o { Some(*d) } else { None })
}

#[test]
fn a_list_is_followed_by_a_watch_from_its_resource_version() {
    let mut w = Watch::new(Kind::Service);
    assert!(run(&mut w, vec![Input::Start]).contains(&Output::List));
    let out = run(&mut w, vec![Input::Items(vec![service("a")])]);
    assert!(matches!(&out[0], Output::Emit(c) if c.len() == 1));
    assert_eq!(out[1], Output::State(KindState::Listing { received: 1 }));
    let out = run(&mut w, vec![Input::ListEnded { resource_version: "10".into() }]);
    assert!(watches_from(&out, "10"));
    let out = run(&mut w, vec![Input::Opened]);
    assert!(matches!(out[..], [Output::State(KindState::Live { .. })]));
}

#[test]
fn an_end_or_a_drop_goes_on_from_the_last_resource_version_without_a_list() {
    let mut w = live(&["a"]);
    let out = run(&mut w, vec![Input::Frames(vec![upsert("b", "11"), Frame::Bookmark { resource_version: "12".into() }]), Input::Ended]);
    assert!(watches_from(&out, "12"));
    let out = run(&mut w, vec![Input::Opened, Input::Failed(Failure::Unreachable(Sentence::quoted("reset")))]);
    assert!(pause(&out).is_some() && matches!(out[0], Output::State(KindState::Broken { .. })));
    let out = run(&mut w, vec![Input::Alarm]);
    assert!(watches_from(&out, "12") && !out.contains(&Output::List));
}

#[test]
fn a_forgotten_resource_version_costs_one_list_that_removes_what_is_gone() {
    let mut w = live(&["a", "b", "c"]);
    let out = run(&mut w, vec![Input::Frames(vec![upsert("d", "11"), Frame::Error { code: 410, message: "too old".into() }])]);
    assert!(out.contains(&Output::List));
    let out = run(&mut w, vec![Input::Items(vec![service("a"), service("e")]), Input::ListEnded { resource_version: "20".into() }]);
    assert_eq!(removes(&out), ["b", "c", "d"]);
    assert!(watches_from(&out, "20"));
}

#[test]
fn a_server_that_always_says_gone_is_not_asked_in_a_hot_loop() {
    let mut w = live(&[]);
    let gone = || Input::Failed(Failure::Gone(Sentence::quoted("too old")));
    assert!(run(&mut w, vec![gone()]).contains(&Output::List));
    let out = run(&mut w, vec![Input::ListEnded { resource_version: "20".into() }, gone()]);
    assert!(pause(&out).is_some(), "{out:?}");
    assert!(run(&mut w, vec![Input::Alarm]).contains(&Output::List));
}

#[test]
fn streams_that_end_without_a_word_are_opened_ever_more_slowly() {
    let mut w = live(&[]);
    let mut last = Duration::ZERO;
    for _ in 0..4 {
        let out = run(&mut w, vec![Input::Ended]);
        let d = pause(&out).expect("a pause");
        assert!(d > last);
        last = d;
        run(&mut w, vec![Input::Alarm, Input::Opened]);
    }
    run(&mut w, vec![Input::Frames(vec![Frame::Bookmark { resource_version: "11".into() }]), Input::Ended]);
    assert_eq!(w.failures, 0);
}

#[test]
fn healing_opens_everything_at_once_and_waking_only_what_waits() {
    let mut w = live(&["a"]);
    assert!(run(&mut w, vec![Input::Woken]).is_empty());
    let out = run(&mut w, vec![Input::Healed]);
    assert!(matches!(out[0], Output::State(KindState::Stale { .. })) && watches_from(&out, "10"));
    let out = run(&mut w, vec![Input::Opened]);
    assert!(matches!(out[..], [Output::State(KindState::Live { .. })]));
    run(&mut w, vec![Input::Failed(Failure::Unreachable(Sentence::quoted("cut")))]);
    assert!(watches_from(&run(&mut w, vec![Input::Woken]), "10"));
}

#[test]
fn a_silent_stream_makes_the_kind_stale_and_is_listed_anew() {
    let mut w = live(&["a"]);
    let out = run(&mut w, vec![Input::Silent]);
    assert!(matches!(out[..], [Output::State(KindState::Stale { .. }), Output::List]), "{out:?}");
}

#[test]
fn a_forbidden_kind_keeps_what_was_seen_and_is_asked_seldom() {
    let mut w = live(&["a"]);
    let out = run(&mut w, vec![Input::Failed(Failure::Forbidden(Sentence::quoted("no")))]);
    assert!(matches!(out[0], Output::State(KindState::Forbidden { .. })));
    assert!(removes(&out).is_empty());
    assert_eq!(pause(&out), Some(FORBIDDEN_PAUSE));
}

#[test]
fn only_kinds_of_other_projects_are_asked_for_first_and_absence_costs_little() {
    let mut w = Watch::new(Kind::HTTPRoute);
    assert_eq!(run(&mut w, vec![Input::Start]), [Output::Discover]);
    let out = run(&mut w, vec![Input::Installed(false)]);
    assert_eq!(out, [Output::State(KindState::NotInstalled), Output::Pause(ABSENT_PAUSE)]);
    assert_eq!(run(&mut w, vec![Input::Alarm]), [Output::Discover]);
    assert!(run(&mut w, vec![Input::Installed(true)]).contains(&Output::List));
}

#[test]
fn a_kind_that_is_uninstalled_takes_its_objects_along() {
    let mut w = live(&["a", "b"]);
    let out = run(&mut w, vec![Input::Failed(Failure::NotFound(Sentence::quoted("gone")))]);
    assert_eq!(removes(&out), ["a", "b"]);
    assert!(out.contains(&Output::State(KindState::NotInstalled)));
}

#[test]
fn bytes_that_cannot_be_read_are_not_asked_for_again_from_the_same_place() {
    let mut w = live(&["a"]);
    run(&mut w, vec![Input::Failed(Failure::Invalid(Sentence::quoted("too large")))]);
    assert!(run(&mut w, vec![Input::Alarm]).contains(&Output::List));
}

#[test]
fn an_object_that_cannot_be_read_any_more_is_not_shown_as_it_was() {
    let mut w = live(&["a"]);
    let bad = Item::Unreadable { id: Some(ObjectId::new(Kind::Service, "n", "a")), why: "odd".into() };
    let out = run(&mut w, vec![Input::Frames(vec![Frame::Upsert { item: bad, resource_version: "11".into() }])]);
    assert_eq!(removes(&out), ["a"]);
    assert!(matches!(out.last(), Some(Output::State(KindState::Live { unreadable: 1, .. }))));
    let out = run(&mut w, vec![Input::Frames(vec![upsert("a", "12")])]);
    assert!(matches!(out.last(), Some(Output::State(KindState::Live { unreadable: 0, .. }))));
}

#[test]
fn a_busy_server_is_given_the_time_that_it_asks_for() {
    let mut w = live(&[]);
    let out = run(&mut w, vec![Input::Failed(Failure::Busy { message: Sentence::quoted("later"), after: Duration::from_secs(20) })]);
    assert_eq!(pause(&out), Some(Duration::from_secs(20)));
}

#[test]
fn late_words_of_something_given_up_change_nothing() {
    let mut w = live(&["a"]);
    for input in [
        Input::Items(vec![service("z")]),
        Input::ListEnded { resource_version: "1".into() },
        Input::Opened,
        Input::Alarm,
        Input::Installed(false),
    ] {
        assert!(run(&mut w, vec![input]).is_empty());
    }
    assert_eq!(w.resource_version.as_deref(), Some("10"));
}
