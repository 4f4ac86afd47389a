//! A run that more than one workstation sees: its record, its Lease, and who may write. In the simulated cluster, on virtual
//! time; the same with the real API server is in the acceptance tests.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::ctx::FailPoint;
use engine::entry::HoldCode;
use engine::{
    Access, Choice, Clock, Cluster, Command, Mode, Options, Ports, ReadError, Run, RunError, RunStatus, ShareError, Take, WriteError,
};
use jiff::SignedDuration;
use model::{ClusterIdentity, Kind, ObjectId, Write};
use serde_json::Value;
use support::*;
use tokio::sync::watch;

fn desk(by: &str) -> Options {
    Options { by: Some(format!("{by}@{by}s-laptop")), workstation: format!("{by}s-laptop"), ..Options::default() }
}

fn lease() -> ObjectId {
    id(Kind::Lease, "changeover.deployment.web")
}

/// At the first boundary whose name begins so.
fn dies_at(at: &'static str) -> FailPoint {
    Arc::new(move |name: &str| name.starts_with(at))
}

async fn take(stage: &Stage, how: Take, first: Option<Command>) -> Result<Run, RunError> {
    let record = plan::record::record(&stage.plan);
    Run::take_over(stage.ports(), &record, how, desk("bob"), first).await
}

fn steal() -> Take {
    Take::Steal("ann is on the train".into())
}

/// Waits at the cutover's gate until it is armed and that is recorded.
async fn at_cutover(stage: &Stage, run: &Run) {
    wait(run, false, |v| v.gate.as_ref().is_some_and(|g| g.name == "cut-over" && !g.writes.is_empty())).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stage.record().await.at.armed.len(), 1, "the cutover is armed in the record");
}

/// Guards of the writes that moved the live Service's selector to green.
fn cutovers(stage: &Stage) -> Vec<String> {
    let to_green = |w: &Write| match w {
        Write::Patch { object, edits, guard, .. } if object.name == "web" && object.kind == Kind::Service => {
            let moves = edits.iter().any(|e| e.after.as_ref().is_some_and(|v| v["changeover.dev/color"].is_string()));
            moves.then(|| format!("{guard:?}"))
        }
        _ => None,
    };
    stage.sim.with(|s| s.writes.iter().filter(|(_, said)| said == "ok").filter_map(|(w, _)| to_green(w)).collect())
}

#[tokio::test(start_paused = true)]
async fn the_record_tells_the_run_as_its_journal_does_and_the_lease_goes_with_its_end() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(desk("ann")).await;
    at_cutover(&stage, &run).await;
    let record = stage.record().await;
    let told = engine::inspect(record.plan, &record.entries).expect("replays").1;
    assert_eq!(told, stage.journaled());
    assert_eq!((record.at.face.status.as_str(), record.at.face.over), ("waiting-for-approval", false));
    assert_eq!(record.at.face.driver.by, "ann@anns-laptop");
    let renewed = |l: &serde_json::Value| l["spec"]["renewTime"].clone();
    let before = renewed(&stage.sim.get_now(&lease()).expect("a lease"));
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_ne!(renewed(&stage.sim.get_now(&lease()).expect("a lease")), before, "it is renewed while the run waits");

    let view = through(run, &[]).await;
    assert_eq!(view.status, RunStatus::Done);
    wait_for(|| stage.sim.get_now(&lease()).is_none()).await;
    let record = stage.record().await;
    assert!(record.at.face.over && record.at.armed.is_empty());
    assert_eq!(record.entries, stage.journal.entries(&stage.plan.id));
}

async fn wait_for(mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(600), async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    waited.await.expect("within ten minutes");
}

#[tokio::test(start_paused = true)]
async fn what_was_let_go_anybody_may_go_on_with_at_once_and_is_asked_first() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(desk("ann")).await;
    wait(&run, false, |v| matches!(&v.status, RunStatus::Running { step } if step == "await-green")).await;
    run.detach().await.expect("heard");
    let left = run.ended().await;
    assert!(!left.attached);

    let bob = stage.colleague();
    let run = take(&bob, Take::Own, None).await.expect("it was let go");
    let held = wait(&run, false, |v| v.hold.is_some()).await;
    assert_eq!(held.hold.expect("asked").code, HoldCode::TakenOver);
    assert!(held.notes.iter().any(|n| n.said.to_string().contains("ann@anns-laptop")), "{:?}", held.notes);
    choose(&run, Choice::Retry).await;
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
    stage.served();

    // Ann's journal learns how it ended.
    let over = stage.try_resume().await.expect_err("over");
    assert!(matches!(&over, RunError::Over { status, .. } if status == "done"), "{over}");
    assert_eq!(stage.journaled().status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn who_is_alive_is_not_taken_over_and_who_is_silent_for_a_minute_is() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(desk("ann")).await;
    at_cutover(&stage, &run).await;
    let bob = stage.colleague();
    for how in [Take::Own, Take::Quiet] {
        let error = take(&bob, how, None).await.expect_err("ann is alive");
        assert!(matches!(&error, RunError::Share(ShareError::Held { by, .. }) if by == "ann@anns-laptop"), "{error}");
    }
    assert!(bob.journal.entries(&stage.plan.id).is_empty(), "nothing is left of the try");
    run.approve("cut-over").await.expect("heard");
    wait(&run, false, |v| v.soak_left.is_some()).await;

    // Dies without a word.
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(mortal("record:after run cut-over")).await;
    wait(&run, true, |v| !v.attached || v.steps.iter().any(|s| s.id == "retire")).await;
    let dead = run.ended();
    let run = dead.await;
    assert!(!matches!(run.status, RunStatus::Done), "{:?}", run.status);
    let bob = stage.colleague();
    let before = tokio::time::Instant::now();
    let run = take(&bob, Take::Quiet, None).await.expect("ann is silent");
    assert!(before.elapsed() >= Duration::from_secs(60), "{:?}", before.elapsed());
    assert_eq!(through(run, &[Choice::Retry, Choice::GoOn]).await.status, RunStatus::Done);
    assert_eq!(cutovers(&stage).len(), 1);
    stage.served();
}

/// Dies at the first boundary of that name.
fn mortal(at: &'static str) -> Options {
    Options { fail_point: Some(dies_at(at)), ..desk("ann") }
}

/// Ann dies right after her cutover left, before she could journal what came of it; Bob finds it landed and goes on, or back.
#[tokio::test(start_paused = true)]
async fn an_armed_cutover_that_left_unrecorded_is_found() {
    for back in [false, true] {
        let stage = Stage::new("swap", "shop:v2").await;
        let run = stage.start_with(mortal("http:after run cut-over")).await;
        at_cutover(&stage, &run).await;
        run.approve("cut-over").await.expect("heard");
        run.ended().await;
        assert_eq!(stage.sim.serving("web").len(), 1);
        let bob = stage.colleague();
        let first = back.then(|| Command::BackOut("not today".into()));
        let run = take(&bob, steal(), first).await.expect("stolen");
        let view = through(run, &[Choice::Retry, Choice::GoOn]).await;
        stage.served();
        match back {
            true => {
                assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{:?}", view.status);
                stage.untouched().await;
            }
            false => assert_eq!(view.status, RunStatus::Done),
        }
        assert_eq!(cutovers(&stage).len(), 1);
    }
}

/// The same on the way back: the flip back left, and nobody wrote that down.
#[tokio::test(start_paused = true)]
async fn an_armed_flip_back_that_left_unrecorded_is_found() {
    let stage = Stage::soaking("swap", "shop:v2", 600).await;
    let run = stage.start_with(mortal("http:after undo cut-over")).await;
    in_soak(&run).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    run.back_out("slow").await.expect("heard");
    run.ended().await;
    let bob = stage.colleague();
    let run = take(&bob, steal(), None).await.expect("stolen");
    let view = through(run, &[Choice::Retry, Choice::GoOn]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{:?}", view.status);
    stage.served();
    stage.untouched().await;
}

/// Ann's cutover hangs in a proxy while Bob takes the run over and backs it out; then it arrives.
#[tokio::test(start_paused = true)]
async fn an_armed_cutover_that_arrives_after_the_take_over_lands_nowhere() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(mortal("http:after run cut-over")).await;
    at_cutover(&stage, &run).await;
    stage.sim.with(|s| {
        let next = s.writes.len() + 1;
        s.faults.insert(next, Fault::UnknownLate(Duration::from_secs(30)));
    });
    run.approve("cut-over").await.expect("heard");
    run.ended().await;
    let bob = stage.colleague();
    let run = take(&bob, steal(), Some(Command::BackOut("not today".into()))).await.expect("stolen");
    assert!(matches!(through(run, &[]).await.status, RunStatus::BackedOut { .. }));
    tokio::time::sleep(Duration::from_secs(60)).await;
    stage.sim.with(|s| assert!(matches!(s.late.as_slice(), [Err(_)]), "{:?}", s.late));
    stage.untouched().await;
    assert_eq!(cutovers(&stage).len(), 0);
}

/// Ann confirms the cutover while Bob takes the run over and confirms it, too: two hundred times, each a little later.
#[tokio::test(start_paused = true)]
async fn of_two_who_confirm_at_once_one_moves_traffic_and_the_other_is_told_who() {
    let mut winners = std::collections::BTreeMap::<bool, u32>::new();
    for i in 0..200u64 {
        let stage = Stage::new("swap", "shop:v2").await;
        let ann = stage.start_with(desk("ann")).await;
        at_cutover(&stage, &ann).await;
        stage.sim.with(|s| s.latency = Duration::from_millis(10));
        let bob = stage.colleague();
        let (hers, his) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_millis(i)).await;
                ann.approve("cut-over").await
            },
            take(&bob, steal(), Some(Command::Approve("cut-over".into()))),
        );
        let _ = hers;
        let his = his.expect("a steal is heard");
        let done = through(his, &[Choice::Retry, Choice::GoOn]).await;
        assert_eq!(done.status, RunStatus::Done, "{i}");
        let told = wait(&ann, false, |v| !v.attached).await;
        assert_eq!(told.elsewhere.as_deref(), Some("bob@bobs-laptop"), "{i}");
        assert_eq!(cutovers(&stage).len(), 1, "{i}");
        stage.served();
        *winners.entry(cutovers(&stage)[0].contains("bg-web-1.1.")).or_default() += 1;
    }
    assert!(winners.len() == 2, "each of them wins at times: {winners:?}");
}

/// Whatever Ann was about to do when Bob took the run over: nothing of hers lands after that, and his way back leads home.
#[tokio::test(start_paused = true)]
async fn at_whatever_moment_a_run_is_stolen_it_can_be_backed_out_and_nothing_lands_late() {
    for i in 0..160u64 {
        let stage = Stage::soaking("swap", "shop:v2", 5).await;
        stage.sim.with(|s| s.latency = Duration::from_millis(40));
        let ann = stage.start_with(desk("ann")).await;
        let approving = async {
            wait(&ann, true, |v| !v.attached).await;
        };
        let stealing = async {
            tokio::time::sleep(Duration::from_millis(i * 250)).await;
            let bob = stage.colleague();
            let back = Command::BackOut("ann cannot be reached".into());
            match take(&bob, steal(), Some(back)).await {
                Ok(run) => Some(through(run, &[Choice::Retry]).await),
                Err(RunError::Share(ShareError::Nothing(_))) => None,
                Err(e) => panic!("{i}: {e}"),
            }
        };
        let ((), bobs) = tokio::join!(approving, stealing);
        stage.served();
        let Some(view) = bobs else {
            assert_eq!(stage.journaled().status, RunStatus::Done, "{i}: it was over");
            continue;
        };
        assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{i}: {:?}", view.status);
        tokio::time::sleep(Duration::from_secs(120)).await;
        stage.untouched().await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_runs_that_start_at_once_one_does() {
    let stage = Stage::new("swap", "shop:v2").await;
    let mut bob = stage.colleague();
    bob.plan.id = "bg-web-2".into();
    bob.plan = plan::file::seal(bob.plan).expect("a plan");
    stage.sim.with(|s| s.latency = Duration::from_millis(10));
    let (ann, bob) =
        tokio::join!(Run::start(stage.ports(), stage.plan.clone(), desk("ann")), Run::start(bob.ports(), bob.plan.clone(), desk("bob")),);
    let (won, lost) = match (ann, bob) {
        (Ok(run), Err(e)) | (Err(e), Ok(run)) => (run, e),
        (a, b) => panic!("{a:?} {b:?}"),
    };
    assert!(matches!(&lost, RunError::Share(ShareError::Open { .. } | ShareError::Held { .. })), "{lost}");
    assert_eq!(through(won, &[]).await.status, RunStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_somebody_deletes_is_made_anew() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(desk("ann")).await;
    at_cutover(&stage, &run).await;
    stage.sim.with(|s| s.objects.retain(|i, _| !matches!(i.kind, Kind::ConfigMap | Kind::Lease)));
    run.approve("cut-over").await.expect("heard");
    in_soak(&run).await;
    assert_eq!(stage.record().await.entries, stage.journal.entries(&stage.plan.id));
    wait_for(|| stage.sim.get_now(&lease()).is_some()).await;
    assert_eq!(through(run, &[]).await.status, RunStatus::Done);
}

/// Whatever becomes of a write to the record: the run goes on, and the record tells it whole.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_about_the_record_costs_nothing() {
    for fault in
        [Fault::UnknownApplied, Fault::UnknownLost, Fault::Unsent, Fault::Precondition, Fault::UnknownLate(Duration::from_millis(300))]
    {
        for n in 3..26 {
            let stage = Stage::new("swap", "shop:v2").await;
            stage.sim.with(|s| s.told_faults.insert(n, fault));
            let run = stage.start_with(desk("ann")).await;
            let view = through(run, &[Choice::Retry]).await;
            assert_eq!(view.status, RunStatus::Done, "{fault:?} {n}");
            let record = stage.record().await;
            assert!(record.at.face.over, "{fault:?} {n}");
            assert_eq!(record.entries, stage.journal.entries(&stage.plan.id), "{fault:?} {n}");
            stage.served();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_a_record_nothing_begins_but_going_back() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.sim.with(|s| s.told_faults.insert(1, Fault::Refused));
    let refused = Run::start(stage.ports(), stage.plan.clone(), desk("ann")).await.expect_err("refused");
    assert!(matches!(&refused, RunError::Share(ShareError::Refused(_))), "{refused}");
    stage.untouched().await;
    assert!(stage.journal.read_all().is_empty(), "no run is left in the journal");

    // In the middle: it is held, and goes back without.
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(desk("ann")).await;
    at_cutover(&stage, &run).await;
    stage.sim.with(|s| s.told_faults.extend((1..2000).map(|n| (s.told + n, Fault::Refused))));
    // The cutover itself is armed; what comes after needs the record.
    run.back_out("no rights").await.expect("heard");
    let view = through(run, &[]).await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{:?}", view.status);
    assert!(view.notes.iter().any(|n| n.said.code == "alone"), "{:?}", view.notes);
    stage.untouched().await;

    for hidden in [false, true] {
        let stage = Stage::rollback(&["shop:v2"], serde_json::json!(1)).await;
        stage.sim.with(|s| match hidden {
            true => s.records_hidden = true,
            false => s.told_faults.extend((1..2000).map(|n| (n, Fault::Refused))),
        });
        let run = stage.start_with(desk("ann")).await;
        let view = through(run, &[Choice::Retry, Choice::GoOn]).await;
        assert_eq!(view.status, RunStatus::Done);
        assert!(view.notes.iter().any(|n| n.said.code == "alone"), "{:?}", view.notes);
        assert_eq!(stage.sim.get_now(&lease()), None, "nothing is left of the try");
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_no_run_can_have_written_is_refused() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(desk("ann")).await;
    at_cutover(&stage, &run).await;
    let bob = stage.colleague();
    let record = plan::record::record(&stage.plan);
    let whole = stage.sim.get_now(&record).expect("there");
    type Spoil = fn(&mut serde_json::Value);
    let spoiled: [(&str, Spoil); 5] = [
        ("its plan was edited", |o| {
            let text = o["data"]["plan"].as_str().expect("text").replace("shop:v2", "shop:evil");
            o["data"]["plan"] = text.into();
        }),
        ("it has no plan", |o| drop(o["data"].as_object_mut().expect("a map").shift_remove("plan"))),
        ("an entry is missing", |o| drop(o["data"].as_object_mut().expect("a map").shift_remove("e000003"))),
        ("an entry is no JSON", |o| o["data"]["e000002"] = "{".into()),
        ("it says another run", |o| {
            let text = o["metadata"]["annotations"]["changeover.dev/record"].as_str().expect("text").replace("bg-web-1", "bg-web-9");
            o["metadata"]["annotations"]["changeover.dev/record"] = text.into();
        }),
    ];
    for (what, spoil) in spoiled {
        let mut object = whole.clone();
        spoil(&mut object);
        stage.sim.with(|s| s.objects.insert(record.clone(), object));
        let refused = take(&bob, steal(), None).await.expect_err(what);
        assert!(matches!(&refused, RunError::Share(ShareError::Unusable(_))), "{what}: {refused}");
    }
    assert!(bob.journal.read_all().is_empty());
}

/// A laptop: while its lid is closed nothing of it runs, and its monotonic clock stands still. Its wall clock may be wrong. What
/// asks for the time right then has it when it wakes.
struct Laptop {
    sim: Arc<Sim>,
    clock: engine::TokioClock,
    awake: watch::Sender<bool>,
    slept: Mutex<Slept>,
    off: SignedDuration,
}

#[derive(Clone, Copy, Default)]
struct Slept {
    before: Duration,
    /// From when to when.
    now: Option<(Duration, Duration)>,
}

impl Laptop {
    fn new(sim: Arc<Sim>, off: SignedDuration) -> Arc<Self> {
        Arc::new(Self { sim, clock: engine::TokioClock::new(), awake: watch::Sender::new(true), slept: Mutex::default(), off })
    }

    async fn open(&self) {
        self.awake.subscribe().wait_for(|awake| *awake).await.expect("the laptop is there");
    }

    /// From now on, for so long.
    fn falls_asleep(self: Arc<Self>, time: Duration) {
        let since = self.clock.elapsed();
        self.slept.lock().expect("not poisoned").now = Some((since, since + time));
        self.awake.send_replace(false);
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let before = self.slept().before + time;
            *self.slept.lock().expect("not poisoned") = Slept { before, now: None };
            self.awake.send_replace(true);
        });
    }

    fn slept(&self) -> Slept {
        *self.slept.lock().expect("not poisoned")
    }
}

#[async_trait]
impl Clock for Laptop {
    fn now(&self) -> jiff::Timestamp {
        let elapsed = self.slept().now.map_or_else(|| self.clock.elapsed(), |(_, until)| until);
        // Of a virtual time that began now.
        jiff::Timestamp::UNIX_EPOCH + SignedDuration::try_from(elapsed).expect("a time") + self.off
    }
    fn elapsed(&self) -> Duration {
        let slept = self.slept();
        slept.now.map_or_else(|| self.clock.elapsed(), |(since, _)| since).saturating_sub(slept.before)
    }
    async fn sleep(&self, d: Duration) {
        let until = self.elapsed() + d;
        while self.elapsed() < until {
            tokio::time::sleep(until - self.elapsed()).await;
            self.open().await;
        }
    }
}

#[async_trait]
impl Cluster for Laptop {
    async fn identity(&self) -> Result<ClusterIdentity, ReadError> {
        self.open().await;
        self.sim.identity().await
    }
    async fn get(&self, object: &ObjectId) -> Result<Option<Value>, ReadError> {
        self.open().await;
        let answer = self.sim.get(object).await;
        self.open().await;
        answer
    }
    async fn list(&self, kind: Kind, namespace: Option<&str>, labels: Option<&str>) -> Result<Vec<Value>, ReadError> {
        self.open().await;
        self.sim.list(kind, namespace, labels).await
    }
    async fn write(&self, expect: &ClusterIdentity, write: &Write, mode: Mode) -> Result<Value, WriteError> {
        self.open().await;
        let answer = self.sim.write(expect, write, mode).await;
        self.open().await;
        answer
    }
    async fn allowed(&self, access: &Access) -> Result<bool, ReadError> {
        self.sim.allowed(access).await
    }
    async fn installed(&self, kind: Kind) -> Result<bool, ReadError> {
        self.sim.installed(kind).await
    }
    async fn logs(&self, pod: &ObjectId, container: &str, lines: u32) -> Result<String, ReadError> {
        self.sim.logs(pod, container, lines).await
    }
}

/// Ann's laptop falls asleep at every place of the run, before and after each entry and each write, for a second, ten minutes or
/// half a day, with a wall clock that may be an hour off. Who sleeps for long is taken over, and what she was about to do when she
/// wakes lands nowhere.
#[tokio::test(start_paused = true)]
async fn whenever_a_laptop_sleeps_nothing_lands_late_and_nothing_is_lost() {
    asleep("swap", false).await;
}

#[tokio::test(start_paused = true)]
async fn whenever_a_laptop_sleeps_in_a_promotion_nothing_lands_late_and_nothing_is_lost() {
    asleep("promote", false).await;
}

#[tokio::test(start_paused = true)]
async fn whenever_a_laptop_sleeps_on_the_way_back_nothing_lands_late_and_nothing_is_lost() {
    asleep("swap", true).await;
    asleep("promote", true).await;
}

/// At every place once; each step has a handful of them, and so meets all three.
async fn asleep(finish: &str, back: bool) {
    let places = places(finish, back).await;
    let hour = SignedDuration::from_hours(1);
    let sleeps = [(1, hour), (600, -hour), (43_200, SignedDuration::ZERO)];
    let mut taken = 0;
    for (place, (time, off)) in places.iter().zip(sleeps.into_iter().cycle()) {
        taken += usize::from(sleeps_at(finish, back, place, time, off).await);
    }
    assert!(places.len() > 20 && taken > places.len() / 3, "{finish}, back: {back}: taken over {taken} times, {} places", places.len());
}

/// Ann's run on her laptop; going back it has been asked to. `at` hears of every place that it comes by.
async fn ann(stage: &Stage, laptop: &Arc<Laptop>, back: bool, at: impl Fn(&str) + Send + Sync + 'static) -> Run {
    let ports = Ports { cluster: laptop.clone(), clock: laptop.clone(), ..stage.ports() };
    let until = back.then(|| stage.plan.steps[stage.plan.steps.len() - 2].id.clone());
    let hears: FailPoint = Arc::new(move |name: &str| {
        at(name);
        false
    });
    let options = Options { until, fail_point: Some(hears), ..desk("ann") };
    let run = Run::start(ports, stage.plan.clone(), options).await.expect("starts");
    if back {
        wait(&run, true, |v| v.hold.is_some()).await;
        run.back_out("no").await.expect("heard");
    }
    run
}

async fn stage_for_a_sleeper(finish: &str) -> Stage {
    let stage = Stage::soaking(finish, "shop:v2", 5).await;
    stage.sim.with(|s| s.latency = Duration::from_millis(20));
    stage
}

/// Every place that a run comes by while nobody sleeps; those of its way back alone, if that is asked for.
async fn places(finish: &str, back: bool) -> Vec<String> {
    let stage = stage_for_a_sleeper(finish).await;
    let laptop = Laptop::new(stage.sim.clone(), SignedDuration::ZERO);
    let all = Arc::new(Mutex::new(vec![]));
    let heard = all.clone();
    let run = ann(&stage, &laptop, back, move |name| heard.lock().expect("not poisoned").push(name.to_string())).await;
    wait(&run, true, |v| !v.attached).await;
    let mut all = std::mem::take(&mut *all.lock().expect("not poisoned"));
    all.retain(|place| !back || place.contains(" undo "));
    all
}

/// Whether it was taken over meanwhile.
async fn sleeps_at(finish: &str, back: bool, place: &str, time: u64, off: SignedDuration) -> bool {
    let case = format!("{finish}, back: {back}, at {place}, {time} s");
    let stage = stage_for_a_sleeper(finish).await;
    let laptop = Laptop::new(stage.sim.clone(), off);
    let (hers, here) = (laptop.clone(), place.to_string());
    let ann = ann(&stage, &laptop, back, move |name| {
        if name == here {
            hers.clone().falls_asleep(Duration::from_secs(time));
        }
    })
    .await;
    let working = wait_for_a_sleeper(&ann, true, |v| !v.attached);
    // Bob looks after it when nobody has for a while.
    let looking = async {
        let mut lid = laptop.awake.subscribe();
        lid.wait_for(|awake| !*awake || !laptop.slept().before.is_zero()).await.expect("the laptop is there");
        tokio::time::sleep(Duration::from_secs(30)).await;
        let bob = stage.colleague();
        match take(&bob, Take::Quiet, Some(Command::BackOut("ann sleeps".into()))).await {
            Ok(run) => Some(through(run, &[Choice::Retry]).await),
            Err(RunError::Share(ShareError::Held { .. } | ShareError::Nothing(_))) => None,
            Err(e) => panic!("{case}: {e}"),
        }
    };
    let both = async { tokio::join!(working, looking) };
    let (told, bobs) = tokio::time::timeout(Duration::from_secs(200_000), both).await.unwrap_or_else(|_| panic!("{case}: she never slept"));
    tokio::time::sleep(Duration::from_secs(120)).await;
    let went_back = match &bobs {
        None if back => told.status,
        None => {
            assert_eq!(told.status, RunStatus::Done, "{case}: nobody was in her way");
            return false;
        }
        Some(view) => {
            assert!(time > 1, "{case}: a second is not silence");
            // Who had nothing left to do but to say so has said so: nothing is written after that.
            let over = place.contains(" ended ");
            assert!(over || told.elsewhere.as_deref() == Some("bob@bobs-laptop"), "{case}");
            view.status.clone()
        }
    };
    assert!(matches!(went_back, RunStatus::BackedOut { .. }), "{case}: {went_back:?}");
    stage.untouched().await;
    bobs.is_some()
}

/// Ann's run died before it wrote anything, and its record is gone; Bob's run of the same target was let go at its gate.
#[tokio::test(start_paused = true)]
async fn who_resumes_an_old_run_leaves_the_record_of_a_newer_one_alone() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.start_with(mortal("record:before run")).await.ended().await;
    stage.sim.with(|s| s.objects.retain(|i, _| !matches!(i.kind, Kind::ConfigMap | Kind::Lease)));
    let mut bob = stage.colleague();
    bob.plan.id = "bg-web-2".into();
    bob.plan = plan::file::seal(bob.plan).expect("a plan");
    let run = bob.start_with(desk("bob")).await;
    at_cutover(&bob, &run).await;
    run.detach().await.expect("heard");
    run.ended().await;
    let before = bob.record().await.at;
    let refused = Run::resume(stage.ports(), &stage.plan.id, desk("ann"), None).await.expect_err("another run's");
    assert!(matches!(&refused, RunError::Share(ShareError::Open { run, .. }) if run == "bg-web-2"), "{refused}");
    let after = bob.record().await.at;
    assert_eq!((after.resource_version, after.face), (before.resource_version, before.face), "nobody was locked out");
}

/// What the API server refuses because the record is full, until little is said again.
#[tokio::test(start_paused = true)]
async fn a_record_that_takes_no_more_says_at_least_that_its_run_is_over() {
    let stage = Stage::new("swap", "shop:v2").await;
    let run = stage.start_with(desk("ann")).await;
    at_cutover(&stage, &run).await;
    stage.sim.with(|s| s.told_faults.extend((1..2000).map(|n| (s.told + n, Fault::Refused))));
    run.back_out("no room").await.expect("heard");
    wait(&run, false, |v| v.notes.iter().any(|n| n.said.code == "alone")).await;
    stage.sim.with(|s| s.told_faults.clear());
    let view = run.ended().await;
    assert!(matches!(view.status, RunStatus::BackedOut { .. }), "{:?}", view.status);
    let record = stage.record().await;
    assert!(record.at.face.over && record.at.armed.is_empty(), "{:?}", record.at);
    assert!(record.entries.len() < stage.journal.entries(&stage.plan.id).len(), "the rest is in the journal alone");
    let next = Stage::colleague(&stage);
    let run = next.start_with(desk("bob")).await;
    run.detach().await.expect("the next run is not in its way");
}
