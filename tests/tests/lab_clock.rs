//! The wall clock of a workstation an hour wrong, or set in the middle of a run, on the practice lab: nothing ends, loops or
//! changes hands by it.
//!
//! libfaketime (Debian's `faketime`) shifts the wall clock of one program and leaves its monotonic one; by how much, it reads
//! from a file again and again.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acceptance::scene::{FLIP, Running, SERVICE, Scene, carried_out, ended, served_by_green};
use hyper::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The wall clock that some programs see.
struct WallClock(PathBuf);

impl WallClock {
    /// One that is off by so many seconds; fails where nothing shifts it.
    fn off(s: &Scene, by: SignedDuration) -> Self {
        static ALL: AtomicUsize = AtomicUsize::new(0);
        let clock = Self(s.state.path().join(format!("clock-{}", ALL.fetch_add(1, Ordering::SeqCst))));
        clock.set(by);
        let said = clock.under(Command::new("date")).args(["-u", "+%FT%TZ"]).output().expect("date starts");
        let said = String::from_utf8_lossy(&said.stdout).trim().parse().expect("a time");
        assert!(is_off(said, by), "{said}: the clock is not shifted: is the package faketime installed?");
        clock
    }

    fn set(&self, by: SignedDuration) {
        std::fs::write(&self.0, format!("{:+}\n", by.as_secs())).expect("writes");
    }

    fn under(&self, mut command: Command) -> Command {
        command.env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1").env("FAKETIME_TIMESTAMP_FILE", &self.0);
        command.envs(["FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC", "NO_FAKE_STAT"].map(|k| (k, "1")));
        command
    }
}

/// Whether a time is that far from now, to some minutes.
fn is_off(at: Timestamp, by: SignedDuration) -> bool {
    (at.duration_since(Timestamp::now()) - by).abs() < SignedDuration::from_mins(5)
}

fn at(line: &Value) -> Timestamp {
    line["at"].as_str().and_then(|at| at.parse().ok()).unwrap_or_else(|| panic!("no time: {line}"))
}

/// What a whole swap leaves behind, and how many requests and Lease writes it took.
fn whole(by: SignedDuration) -> (std::collections::BTreeMap<String, Value>, usize, usize) {
    let s = Scene::proxied();
    s.quick_plan("swap", &[]);
    let clock = WallClock::off(&s, by);
    let (code, end) = ended(&mut clock.under(s.command(&s.whole_run())));
    assert_eq!((code, &end["state"]), (0, &json!("done")), "{by}: {end}");
    assert!(is_off(at(&end), by), "{by}: {end}");
    let seen = s.proxy().seen();
    assert_eq!(carried_out(&seen, &Method::PATCH, SERVICE, FLIP), 1, "{by}: one flip");
    let leases = seen.iter().filter(|s| s.path.contains("/leases") && s.method != Method::GET).count();
    (s.world(), seen.len(), leases)
}

#[test]
fn a_run_with_the_clock_an_hour_wrong_does_what_any_other_does_and_asks_no_more_of_the_server() {
    let (world, asked, leases) = whole(SignedDuration::ZERO);
    for by in [HOUR, -HOUR] {
        let (as_left, now, kept) = whole(by);
        assert_eq!(as_left, world, "{by}");
        assert!(now < 2 * asked && kept < 2 * leases + 2, "{by}: {now} requests, {kept} of the Lease; {asked} and {leases} else");
    }
}

/// An hour on, as an answer of a time server may, and two back: the soak is no shorter, and the run is still its driver's.
#[test]
fn a_clock_that_is_set_in_the_soak_ends_nothing_and_loses_nothing() {
    const SOAK: u64 = 30;
    let s = Scene::proxied();
    s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", &format!("soak={SOAK}")]);
    let clock = WallClock::off(&s, SignedDuration::ZERO);
    let mut run = Running::start(clock.under(s.command(&s.whole_run())));
    run.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    let began = Instant::now();
    for by in [HOUR, -HOUR] {
        clock.set(by);
        run.until_line("a word under the other clock", |l| l["at"].is_string() && is_off(at(l), by));
    }
    let (code, lines) = run.ends();
    assert_eq!((code, &lines.last().expect("a last line")["state"]), (0, &json!("done")), "{lines:#?}");
    assert!(began.elapsed() + Duration::from_secs(2) >= Duration::from_secs(SOAK), "{:?}", began.elapsed());
    assert!(lines.iter().all(|l| l["event"] != "hold"), "{lines:#?}");
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// Whoever sleeps for a second, ten minutes or half a day in each step, and is not taken over meanwhile, loses nothing.
#[test]
fn a_laptop_that_sleeps_in_each_step_of_its_run_goes_on_with_it() {
    let smooth = Scene::direct();
    smooth.quick_plan("swap", &[]);
    let places = smooth.one_place_in_each_step(&smooth.whole_run());
    let s = Scene::proxied();
    s.quick_plan("swap", &[]);
    let clock = WallClock::off(&s, SignedDuration::ZERO);
    let mut command = clock.under(s.command(&s.whole_run()));
    command.env("CHANGEOVER_STOP_AT", places.join("\n"));
    let mut run = Running::start(command);
    let (mut slept, mut times) = (SignedDuration::ZERO, 0);
    while run.falls_asleep() {
        slept += SignedDuration::from_secs([1, 600, 43_200][times % 3]);
        times += 1;
        clock.set(slept);
        run.signal("-CONT");
    }
    let (code, lines) = run.ends();
    assert_eq!((code, &lines.last().expect("a last line")["state"]), (0, &json!("done")), "{lines:#?}");
    assert_eq!(times, places.len(), "{places:#?}");
    assert_eq!(s.selector(), served_by_green());
    assert_eq!(carried_out(&s.proxy().seen(), &Method::PATCH, SERVICE, FLIP), 1, "one flip");
}

/// Ann drives a run and dies; Bob and Carol want it at the same time. `hers`, `his`: how wrong Ann's and Bob's clocks are.
fn taken_over(hers: SignedDuration, his: SignedDuration) {
    let what = format!("hers {hers}, his {his}");
    let (s, desks) = (Scene::direct(), [(); 2].map(|()| tempfile::tempdir().expect("a folder")));
    let (hers, his, right) = (WallClock::off(&s, hers), WallClock::off(&s, his), WallClock::off(&s, SignedDuration::ZERO));
    let run = s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=900"]);
    let before = s.world();
    let mut ann = Running::start(hers.under(s.command(&s.whole_run())));
    ann.until_line("the soak", |l| l["step"] == "soak" && l["state"] == "running");
    let take = ["take-over", &run, "--confirm-context", "practice", "--back-out", "she is silent"];
    let takes = |clock: &WallClock, desk: usize| ended(&mut clock.under(s.command_elsewhere(desks[desk].path(), &take)));
    let (code, end) = takes(&his, 0);
    assert!(code == 3 && end["error"]["message"].to_string().contains("is driven by"), "{what}: who is alive is heard: {code} {end}");
    assert!(ann.is_alive(), "{what}");

    ann.kill();
    let died = Instant::now();
    let (bob, carol) = std::thread::scope(|threads| {
        let (bob, carol) = (threads.spawn(|| takes(&his, 0)), threads.spawn(|| takes(&right, 1)));
        (bob.join().expect("ends"), carol.join().expect("ends"))
    });
    assert!(died.elapsed() >= Duration::from_secs(45), "{what}: a whole Lease duration after her last word: {:?}", died.elapsed());
    // Where the machine is busy, a heartbeat may be late, and whoever wants to write is told that instead.
    let codes = if bob.0 == 5 { (bob.0, carol.0) } else { (carol.0, bob.0) };
    assert!(matches!(codes, (5, 3 | 7)), "{what}: one of them has it: {bob:?} {carol:?}");
    let mut after = s.world();
    after.retain(|name, _| before.contains_key(name));
    assert_eq!(after, before, "{what}: as before the run");
    let flips: usize =
        s.carried_out().iter().filter(|(w, _)| w.starts_with("patch services/web ") && w.contains("green")).map(|(_, n)| n).sum();
    assert_eq!(flips, 1, "{what}: {:#?}", s.carried_out());
    let (code, end) = ended(&mut hers.under(s.command(&["resume", &run, "--yes"])));
    assert!(code != 0 && end.to_string().contains("is over"), "{what}: {code} {end}");
}

#[test]
fn whoever_is_alive_keeps_the_run_and_whoever_is_silent_loses_it_whatever_the_clocks_say() {
    let right = SignedDuration::ZERO;
    std::thread::scope(|threads| {
        for (hers, his) in [(HOUR, right), (-HOUR, right), (right, HOUR), (right, -HOUR)] {
            threads.spawn(move || taken_over(hers, his));
        }
    });
}

/// By a clock that is ahead every token of the program has ended before it came.
#[test]
fn a_program_that_signs_in_is_not_run_again_and_again_by_a_wrong_clock() {
    for by in [HOUR, -HOUR] {
        let s = Scene::proxied();
        let runs = s.state.path().join("runs");
        s.proxy().lets_in("t1");
        let ends = Timestamp::now() + SignedDuration::from_mins(20);
        let script = format!("echo >> '{}'; echo '{}'", runs.display(), json!({"status": {"token": "t1", "expirationTimestamp": ends}}));
        let plugin = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]});
        let text = std::fs::read_to_string(&s.proxy().kubeconfig).expect("a kubeconfig");
        let (before, _) = text.split_once("    token: ").expect("a token");
        std::fs::write(&s.proxy().kubeconfig, format!("{before}    exec: {plugin}\n")).expect("written");
        let clock = WallClock::off(&s, by);
        let call = |arguments: &[&str]| ended(&mut clock.under(s.command(arguments)));
        let (_, refused) = call(&["sign-in", "-o", "json"]);
        let fingerprint = refused["error"]["hint"].as_str().and_then(|h| h.rsplit(' ').next()).unwrap_or_else(|| panic!("{by}: {refused}"));
        assert_eq!(call(&["sign-in", "--approve", fingerprint, "-o", "json"]).0, 0, "{by}");
        s.plan("plan", "web", "v2", &["--finish", "swap", "--set", "settle=0", "--set", "soak=40"]);
        std::fs::remove_file(&runs).expect("there were runs");
        let (code, end) = call(&s.whole_run());
        assert_eq!((code, &end["state"]), (0, &json!("done")), "{by}: {end}");
        let times = std::fs::read_to_string(&runs).expect("it was run").lines().count();
        // At most twice a minute, of which the run has one.
        assert!(times <= if by.is_positive() { 4 } else { 1 }, "{by}: {times} times");
    }
}

#[test]
fn before_a_run_a_clock_that_is_wrong_is_compared_with_the_servers() {
    let s = Scene::direct();
    s.quick_plan("swap", &[]);
    for (by, said) in
        [(SignedDuration::ZERO, None), (HOUR, Some("s ahead of the API server's")), (-HOUR, Some("s behind the API server's"))]
    {
        let clock = WallClock::off(&s, by);
        let (_, checked) = ended(&mut clock.under(s.command(&["check", "plan", "-o", "json"])));
        let found = checked["findings"].as_array().expect("a list").iter().find(|f| f["code"] == "clock-skew");
        let message = found.map(|f| f["message"].as_str().expect("a text"));
        assert_eq!(message.is_some(), said.is_some(), "{by}: {checked}");
        assert!(message.zip(said).is_none_or(|(message, said)| message.contains(said)), "{by}: {message:?}");
    }
}
