//! What an API server, or somebody who answers in its place, may say in the middle of a whole Blue/Green run: too busy, in
//! trouble, not you, a login page, one byte a second. The run does everything once, and ends as if nothing had been; what
//! does not pass by itself is told, and waits.

use std::time::Duration;

use acceptance::fault::{Answer, Fault};
use acceptance::scene::{FLIP, Running, SERVICE, Scene, carried_out, served_by_green};
use acceptance::tls::GOOD_UNTIL;
use acceptance::until;
use hyper::Method;
use serde_json::Value;

/// Runs at a time.
const AT_A_TIME: usize = 6;

/// Each once at the cutover; what is most unlike an answer also at what creates green, and at a look at what stands.
#[test]
fn whatever_is_answered_once_the_run_ends_as_if_nothing_had_been() {
    let smooth = Scene::proxied();
    smooth.quick_plan("swap", &[]);
    smooth.is_done(&smooth.whole_run());
    let world = smooth.world();
    let answers = [
        Answer::busy("1"),
        Answer::busy("3600"),
        Answer::busy("Thu, 1 Jan 1970; soon"),
        Answer::trouble(500),
        Answer::trouble(503),
        Answer::portal(200),
        Answer::portal(302),
        Answer::portal(511),
        Answer::COMPRESSED,
    ];
    let faults = answers.into_iter().map(Fault::Instead).chain([Fault::Dripping, Fault::Endless]);
    let at_the_cutover = faults.map(|fault| (fault, (Method::PATCH, SERVICE, FLIP)));
    let places = [(Method::POST, "/deployments?", ""), (Method::GET, "/services/web", "")];
    let elsewhere = [Fault::Instead(Answer::busy("3600")), Fault::Instead(Answer::portal(302)), Fault::Dripping, Fault::Endless];
    let elsewhere = elsewhere.into_iter().flat_map(|fault| places.clone().map(|place| (fault.clone(), place)));
    let cases: Vec<_> = at_the_cutover.chain(elsewhere).collect();
    let cases = std::sync::Mutex::new(cases);
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| {
                let next = || cases.lock().expect("no panic holds it").pop();
                while let Some((fault, (method, path, body))) = next() {
                    let s = Scene::proxied();
                    s.quick_plan("swap", &[]);
                    let mut run = s.spawn();
                    // From here on every request is the run's, and none a check's before it.
                    run.until_line("its first step", |l| l["event"] == "step");
                    s.proxy().next(method.clone(), path, body, fault.clone());
                    let (code, lines) = run.ends();
                    let end = lines.last().expect("a last line");
                    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{fault:?} at {method} {path}: {lines:#?}");
                    let seen = s.proxy().seen();
                    assert!(seen.iter().any(|s| s.fault.as_ref() == Some(&fault)), "{fault:?} met no {method} {path}");
                    assert_eq!(carried_out(&seen, &Method::PATCH, SERVICE, FLIP), 1, "{fault:?} at {method} {path}: one flip");
                    assert_eq!(carried_out(&seen, &Method::POST, "/deployments?", ""), 1, "{fault:?} at {method} {path}: one green");
                    assert_eq!(s.world(), world, "{fault:?} at {method} {path}");
                }
            });
        }
    });
}

/// In front of everything for longer than any deadline of a request, from the moment of the cutover on.
#[test]
fn a_login_page_in_place_of_the_server_is_told_and_waited_out() {
    for status in [200, 302] {
        let s = Scene::proxied();
        s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=5"]);
        let mut run = s.spawn();
        run.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
        s.proxy().every(Fault::Instead(Answer::portal(status)));
        let told = run.until_line("that nobody answers", |l| l["detail"].to_string().contains("no answer"));
        let (code, said) = s.ends(&["history", "deployment/web", "-o", "json"]);
        assert_eq!((code, &said["error"]["code"]), (7, &Value::from("unreachable")), "{status}: {said}");
        assert!(run.is_alive(), "{status}: it waits: {told}");
        s.proxy().heal();
        let (code, lines) = run.ends();
        assert_eq!((code, &lines.last().expect("a last line")["state"]), (0, &Value::from("done")), "{status}: {lines:#?}");
        assert!(lines.iter().all(|l| l["event"] != "hold"), "{status}: it goes on by itself: {lines:#?}");
        assert_eq!(s.selector(), served_by_green());
        assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "{status}: one flip");
    }
}

/// A token that is not known any more, in the soak: the run waits, then is held, says so, and goes on once there is a good one.
#[test]
fn credentials_that_are_refused_hold_the_run_and_good_ones_let_it_go_on() {
    let s = Scene::proxied();
    let run = s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=5"]);
    let mut running = s.spawn();
    running.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    s.proxy().every(Fault::Instead(Answer::UNAUTHORIZED));
    let (code, lines) = running.ends();
    let end = lines.last().expect("a last line");
    assert_eq!((code, &end["state"]), (4, &Value::from("left")), "{lines:#?}");
    assert!(lines.iter().any(|l| l.to_string().contains("not signed in")), "{lines:#?}");
    let (code, end) = s.ends(&["resume", &run, "--yes", "--choose", "retry"]);
    assert_eq!(code, 7, "still refused: {end}");
    s.proxy().heal();
    s.is_done(&["resume", &run, "--yes", "--choose", "retry"]);
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// The server's certificate ends in the soak, and is renewed: the run waits, says why, and goes on over new connections.
#[test]
fn a_certificate_that_ends_is_told_and_a_renewed_one_lets_the_run_go_on() {
    let s = Scene::proxied();
    s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=5"]);
    let mut run = s.spawn();
    run.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    s.proxy().shows_another_certificate(2024);
    run.until_line("that it has ended", |l| l["detail"].as_str().is_some_and(|d| d.contains("certificate") && d.contains("expired")));
    s.proxy().shows_another_certificate(GOOD_UNTIL);
    let (code, lines) = run.ends();
    assert_eq!((code, &lines.last().expect("a last line")["state"]), (0, &Value::from("done")), "{lines:#?}");
    assert!(lines.iter().all(|l| l["event"] != "hold"), "it goes on by itself: {lines:#?}");
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// SIGTERM in the soak, and a second program on the same folder while the first drives the run.
#[test]
fn a_second_program_is_turned_away_and_a_terminated_one_leaves_a_run_that_goes_on() {
    let s = Scene::direct();
    let run = s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=5"]);
    let mut running = Running::start(s.command(&["run", "plan", "--yes", "--confirm-context", "practice"]));
    running.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    for second in [
        &["resume", &run, "--yes"][..],
        &["back-out", &run, "--reason", "test"],
        &["run", "plan", "--yes", "--confirm-context", "practice"],
    ] {
        let (code, said) = s.ends(second);
        assert_eq!(code, 3, "{second:?}: {said}");
    }
    assert!(running.is_alive(), "it is left alone");
    assert_eq!(s.selector(), served_by_green());
    let pid = running.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill starts").success());
    let (code, lines) = running.ends();
    let end = lines.last().expect("a last line");
    assert_eq!((code, &end["state"]), (4, &Value::from("left")), "{lines:#?}");
    until("nobody holds it", Duration::from_secs(30), || s.ends(&["resume", &run, "--yes"]).0 == 0);
    assert_eq!(s.selector(), served_by_green());
}
