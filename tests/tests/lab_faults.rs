//! `changeoverctl` when things break: answers that are lost, writes that come late, an API server that falls silent, a
//! disk that is full or read-only. Practice lab (real API server, simulated pods, no root); a Kubernetes namespace, a journal and
//! a fault proxy of its own per scenario.

use std::time::{Duration, Instant};

use acceptance::fault::Fault;
use acceptance::scene::{Disk, FLIP, Running, SERVICE, Scene, carried_out, end_of, served_by_green};
use acceptance::until;
use hyper::Method;
use serde_json::{Value, json};

/// Every fault once at the cutover and at what prepares it: the run ends as if nothing had been.
#[test]
fn a_lost_answer_is_settled_and_nothing_is_done_twice() {
    let smooth = Scene::proxied();
    smooth.quick_plan("swap", &[]);
    smooth.is_done(&smooth.whole_run());
    let (world, writes) = (smooth.world(), smooth.proxy().seen());
    assert_eq!(carried_out(&writes, &Method::PATCH, SERVICE, FLIP), 1, "{writes:#?}");
    let places = [
        (Method::PATCH, SERVICE, FLIP),
        (Method::PATCH, SERVICE, "pod-template-hash"),
        (Method::POST, "/deployments?", ""),
        (Method::PATCH, "/web-green/scale?", ""),
    ];
    for fault in [Fault::AnswerLost(504), Fault::ResetAfterApply, Fault::ResetBefore] {
        std::thread::scope(|threads| {
            for (method, path, body) in places.clone() {
                let (fault, world) = (fault.clone(), &world);
                threads.spawn(move || {
                    let s = Scene::proxied();
                    s.quick_plan("swap", &[]);
                    s.proxy().next(method.clone(), path, body, fault.clone());
                    s.is_done(&s.whole_run());
                    let seen = s.proxy().seen();
                    assert!(seen.iter().any(|s| s.fault.as_ref() == Some(&fault)), "{fault:?} met no {method} {path}");
                    assert_eq!(carried_out(&seen, &Method::PATCH, SERVICE, FLIP), 1, "{fault:?} at {method} {path}: one flip");
                    assert_eq!(carried_out(&seen, &Method::POST, "/deployments?", ""), 1, "{fault:?} at {method} {path}: one green");
                    assert_eq!(&s.world(), world, "{fault:?} at {method} {path}");
                });
            }
        });
    }
}

/// The same of the one write of a rollback, for each kind that has a template.
#[test]
fn a_lost_answer_to_a_template_that_is_written_back_is_settled() {
    let kinds = [("StatefulSet", json!({"replicas": 2, "serviceName": "db"})), ("DaemonSet", json!({}))];
    for fault in [Fault::AnswerLost(504), Fault::ResetAfterApply, Fault::ResetBefore] {
        std::thread::scope(|threads| {
            for (kind, spec) in kinds.clone() {
                let fault = fault.clone();
                threads.spawn(move || {
                    let s = Scene::proxied();
                    s.db_to_take_back(kind, &spec);
                    let path = format!("/{}s/db?", kind.to_lowercase());
                    s.proxy().next(Method::PATCH, &path, "shop:v1", fault.clone());
                    s.is_done(&s.whole_run());
                    let seen = s.proxy().seen();
                    assert!(seen.iter().any(|s| s.fault.as_ref() == Some(&fault)), "{fault:?} met no template of {kind}");
                    assert_eq!(carried_out(&seen, &Method::PATCH, &path, "shop:v1"), 1, "{fault:?}: {kind} is written once");
                    assert!(s.images_of_db().iter().all(|i| i == "changeover.dev/shop:v1"), "{fault:?}: {kind}");
                });
            }
        });
    }
}

/// A write lies in the proxy, the client is killed, the run is backed out; then the bytes arrive.
#[test]
fn a_patch_that_arrives_after_the_back_out_is_refused() {
    for (body, status) in [("pod-template-hash", 409), (FLIP, 422)] {
        let s = Scene::proxied();
        let before = s.world();
        let run = s.quick_plan("swap", &[]);
        s.proxy().next(Method::PATCH, SERVICE, body, Fault::Held);
        let child = s.spawn();
        until("the write lies in the proxy", Duration::from_secs(90), || s.proxy().lying() == 1);
        child.kill();
        let (code, end) = s.ends(&["back-out", &run, "--reason", "test"]);
        assert_eq!((code, &end["state"]), (5, &Value::from("backedOut")), "{end}");
        let late = arrives(&s);
        assert!([409, 422].contains(&late), "HTTP {late} for {body}, {status} was expected");
        assert_eq!(late, status, "{body}");
        assert_eq!(s.world(), before);
    }
}

/// The client gives the write up by its own deadline and goes on; then the bytes arrive.
#[test]
fn a_patch_that_arrives_after_the_run_is_refused() {
    let s = Scene::proxied();
    s.quick_plan("swap", &[]);
    s.proxy().next(Method::PATCH, SERVICE, FLIP, Fault::Held);
    s.is_done(&s.whole_run());
    assert_eq!(s.selector(), served_by_green());
    let before = s.world();
    assert!([409, 422].contains(&arrives(&s)));
    assert_eq!(s.world(), before);
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1);
}

/// Releases what the proxy holds; gives the server's answer to it.
fn arrives(s: &Scene) -> u16 {
    s.proxy().release();
    let answer = || s.proxy().seen().iter().find(|s| s.fault == Some(Fault::Held)).and_then(|s| s.status);
    until("the server answers the late write", Duration::from_secs(90), || answer().is_some());
    answer().expect("answered")
}

/// The API server falls silent at the moment of the cutover, for half a minute: longer than the deadlines of a read and of
/// a write. The run says so, waits, and goes on by itself.
#[test]
fn half_a_minute_of_silence_is_waited_out_and_a_reader_is_told() {
    const SILENCE: Duration = Duration::from_secs(30);
    let s = Scene::proxied();
    s.quick_plan("swap", &[]);
    s.proxy().next(Method::PATCH, SERVICE, FLIP, Fault::SilentAfterApply);
    let mut run = s.spawn();
    until("silence", Duration::from_secs(90), || s.proxy().is_silent());
    let begun = Instant::now();
    let (code, said) = s.ends(&["history", "deployment/web", "-o", "json"]);
    assert_eq!((code, &said["error"]["code"], &said["exit"]), (7, &Value::from("unreachable"), &Value::from(7)), "{said}");
    assert!(said["error"]["message"].as_str().is_some_and(|m| !m.is_empty()), "{said}");
    until("half a minute", 2 * SILENCE, || begun.elapsed() >= SILENCE);
    assert!(run.is_alive(), "the run waits");
    s.proxy().heal();
    let (code, lines) = run.ends();
    let end = lines.last().cloned().unwrap_or_default();
    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{lines:#?}");
    let at = |state: &str| -> jiff::Timestamp {
        let line = lines.iter().find(|l| l["step"] == "cut-over" && l["state"] == state).unwrap_or_else(|| panic!("{state}: {lines:#?}"));
        line["at"].as_str().and_then(|at| at.parse().ok()).expect("a time")
    };
    let took = at("done").duration_since(at("running"));
    assert!(took.as_secs_f64() >= SILENCE.as_secs_f64(), "the cutover took {took}: {lines:#?}");
    let told = |l: &&Value| l["step"] == "cut-over" && l["detail"].as_str().is_some_and(|d| d.contains("no answer"));
    assert!(lines.iter().any(|l| told(&l)), "the run says that it waits for an answer: {lines:#?}");
    assert!(lines.iter().all(|l| l["event"] != "hold"), "it goes on by itself: {lines:#?}");
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// The token ends in the middle of a run, and the next one wants somebody who signs in: the run says so, waits, and goes on by
/// itself. The program stands in a kubeconfig from elsewhere, so it was approved before.
#[test]
fn a_token_that_ends_in_a_run_is_waited_for_until_somebody_has_signed_in() {
    let s = Scene::proxied();
    let token = s.state.path().join("token");
    let give = |text: &str| {
        std::fs::write(&token, text).expect("written");
        s.proxy().lets_in(text);
    };
    let script = format!(
        "echo 'open https://login.example.com' >&2; while [ ! -s '{at}' ]; do sleep 0.1; done; printf '{{\"status\":{{\"token\":\"%s\"}}}}' \"$(cat '{at}')\"",
        at = token.display()
    );
    give("t1");
    s.signs_in_by(&script);

    s.quick_plan("swap", &[]);
    let mut run = s.spawn();
    run.until_line("green is made", |l| l["step"] == "create-green" && l["state"] == "done");
    std::fs::remove_file(&token).expect("removed");
    s.proxy().lets_in("t2");
    run.until_line("the run says that it is not signed in", |l| l["detail"].as_str().is_some_and(|d| d.contains("not signed in")));
    assert_ne!(s.selector(), served_by_green());
    give("t2");
    let (code, lines) = run.ends();
    let end = lines.last().cloned().unwrap_or_default();
    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{lines:#?}");
    assert!(lines.iter().all(|l| l["event"] != "hold"), "it goes on by itself: {lines:#?}");
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// What signs in does not come back in the middle of a run: it is killed in its time and told, and the run goes on
/// once it answers.
#[test]
fn a_program_that_hangs_while_it_renews_a_token_is_killed_and_holds_the_run_until_it_answers() {
    let s = Scene::proxied();
    let (token, hangs) = (s.state.path().join("token"), s.state.path().join("hangs"));
    std::fs::write(&token, "t1").expect("written");
    s.proxy().lets_in("t1");
    let script = format!(
        "[ ! -e '{0}' ] || {{ rm '{0}'; exec sleep 600; }}; printf '{{\"status\":{{\"token\":\"%s\"}}}}' \"$(cat '{1}')\"",
        hangs.display(),
        token.display()
    );
    s.signs_in_by(&script);
    let id = s.quick_plan("swap", &[]);
    let mut run = s.spawn();
    run.until_line("green is made", |l| l["step"] == "create-green" && l["state"] == "done");
    std::fs::write(&hangs, "").expect("written");
    std::fs::write(&token, "t2").expect("written");
    s.proxy().lets_in("t2");
    run.until_line("that it gives no answer", |l| l["detail"].as_str().is_some_and(|d| d.contains("no answer within 30 s; killed")));
    assert_ne!(s.selector(), served_by_green());
    // Half a minute later it may be asked again; by then the API server has been silent for as long as a script waits.
    let (code, lines) = run.ends();
    let end = lines.last().cloned().unwrap_or_default();
    assert_eq!((code, &end["state"]), (4, &Value::from("left")), "{lines:#?}");
    assert!(end["text"].as_str().is_some_and(|t| t.contains("killed")), "{end}");
    s.is_done(&["resume", &id, "--yes", "--choose", "retry"]);
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// Power goes in the middle of an append: what had been durable counts, the half of an entry behind it does not.
#[test]
fn a_journal_whose_last_append_is_torn_is_gone_on_with() {
    let s = Scene::proxied();
    let run = s.quick_plan("swap", &[]);
    s.proxy().next(Method::PATCH, SERVICE, FLIP, Fault::SilentAfterApply);
    let child = s.spawn();
    until("silence", Duration::from_secs(90), || s.proxy().is_silent());
    child.kill();
    s.proxy().heal();
    let journal = s.state.path().join("journal.sqlite-wal");
    let whole = std::fs::read(&journal).expect("a write-ahead log");
    // A frame of the log is 24 bytes and a page; half of one more stands behind those that were synced.
    let torn: Vec<u8> = whole[32..32 + 24 + 2048].to_vec();
    std::fs::write(&journal, [whole, torn].concat()).expect("written");
    let (code, end) = s.ends(&["resume", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// The disk of the journal fills up while green is being made: the run stops before its next write, and says why. With
/// room again it goes on as if nothing had been.
#[test]
fn a_full_disk_stops_a_run_before_its_next_write() {
    let s = Scene::proxied();
    let run = s.quick_plan("swap", &[]);
    let disk = Disk::over(&s, "2m");
    s.proxy().next(Method::POST, "/deployments?", "", Fault::Held);
    let running = Running::start(disk.inside(&s.command(&s.whole_run())));
    until("the write lies in the proxy", Duration::from_secs(90), || s.proxy().lying() == 1);
    disk.fill();
    s.proxy().release();
    let (code, lines) = running.ends();
    assert_eq!(code, 1, "{lines:#?}");
    assert!(lines.last().is_some_and(|l| l.to_string().contains("full")), "the disk is named: {lines:#?}");
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, "/web-green/scale?", ""), 0, "nothing is written any more");
    assert_ne!(s.selector(), served_by_green());

    // While it is full nothing begins either.
    let (code, said) = end_of(&mut disk.inside(&s.command(&["resume", &run, "--yes"])));
    assert_eq!(code, 1, "{said}");
    assert!(said.to_string().contains("full"), "{said}");

    disk.empty();
    let (code, end) = end_of(&mut disk.inside(&s.command(&["resume", &run, "--yes"])));
    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
    let seen = s.proxy().seen();
    assert_eq!(carried_out(&seen, &Method::POST, "/deployments?", ""), 1, "one green");
    assert_eq!(carried_out(&seen, &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// The disk of the journal becomes read-only while the run waits at its gate: nothing goes on until it can be written.
#[test]
fn a_read_only_disk_stops_a_run_before_its_next_write() {
    let s = Scene::proxied();
    let run = s.quick_plan("swap", &[]);
    let disk = Disk::over(&s, "16m");
    let call = |arguments: &[&str]| end_of(&mut disk.inside(&s.command(arguments)));
    let (code, end) = call(&["run", "plan", "--confirm-context", "proxied"]);
    assert_eq!((code, &end["state"]), (4, &Value::from("left")), "{end}");
    disk.read_only(true);
    let before = s.proxy().seen().iter().filter(|s| s.method != Method::GET).count();
    for call in [&["approve", &run, "--yes"][..], &["back-out", &run, "--reason", "test"], &["resume", &run, "--yes"]] {
        let (code, said) = end_of(&mut disk.inside(&s.command(call)));
        assert_eq!(code, 1, "{call:?}: {said}");
        let said = said.to_string().to_lowercase();
        assert!(said.contains("read-only") || said.contains("readonly"), "{call:?}: {said}");
        assert!(said.contains("journal.sqlite"), "the file is named: {said}");
    }
    let after = s.proxy().seen().iter().filter(|s| s.method != Method::GET).count();
    assert_eq!(after, before, "nothing was written");
    disk.read_only(false);
    let (code, end) = call(&["approve", &run, "--yes"]);
    assert_eq!((code, &end["state"]), (0, &Value::from("done")), "{end}");
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}
