use std::collections::VecDeque;

use engine::clock::TokioClock;
use model::Kind;
use tokio::sync::mpsc;

use super::super::queue::LINES;
use super::super::seats::Seat;
use super::*;

/// Lines that come at once, or how it ends.
type Said = Result<Vec<LogLine>, LogError>;

/// Logs that say what the test says: each one that is opened takes the next of its pod's streams.
#[derive(Default)]
struct Fake {
    streams: Mutex<BTreeMap<String, VecDeque<mpsc::UnboundedReceiver<Said>>>>,
    asked: Mutex<Vec<(String, LogAsk)>>,
}

const QUICK: Pace = Pace {
    look: Duration::from_millis(20),
    batch: Duration::from_millis(5),
    first: Duration::from_millis(200),
    patience: Duration::from_millis(50),
    left: Duration::from_millis(600),
};

struct Told(mpsc::UnboundedReceiver<Said>);

#[async_trait]
impl Reader for Fake {
    async fn open(&self, pod: &ObjectId, ask: &LogAsk) -> Result<Box<dyn Stream>, LogError> {
        locked(&self.asked).push((pod.name.clone(), ask.clone()));
        let next = locked(&self.streams).get_mut(&pod.name).and_then(VecDeque::pop_front);
        next.map(|s| Box::new(Told(s)) as Box<dyn Stream>).ok_or_else(|| LogError::Missing(Sentence::quoted("no such log")))
    }
}

#[async_trait]
impl Stream for Told {
    async fn next(&mut self, take: &mut (dyn FnMut(LogLine) + Send)) -> Result<bool, LogError> {
        match self.0.recv().await {
            Some(Ok(lines)) => {
                lines.into_iter().for_each(take);
                Ok(true)
            }
            None => Ok(false),
            Some(Err(e)) => Err(e),
        }
    }
}

fn line(at: &str, text: &str) -> Said {
    Ok(vec![LogLine { at: at.parse().ok(), text: text.into(), cut: 0 }])
}

struct Scene {
    fake: Arc<Fake>,
    pods: Arc<Mutex<Vec<&'static str>>>,
    session: Session,
}

impl Scene {
    /// Follows these pods; the test speaks for each.
    fn follow(pods: &[&'static str]) -> (Self, Vec<mpsc::UnboundedSender<Said>>) {
        let fake = Arc::new(Fake::default());
        let tell = pods.iter().map(|pod| fake.speak(pod)).collect();
        let pods = Arc::new(Mutex::new(pods.to_vec()));
        let seen = pods.clone();
        let look = move || {
            let seats: Vec<Seat> = locked(&seen).iter().map(|pod| seat(pod)).collect();
            Seen { pods: seats.len(), seats, containers: vec![], live: true }
        };
        let wish = Wish { follow: true, previous: false, tail: 100 };
        let session = Session::start("c".into(), fake.clone(), look, wish, (QUICK, Arc::new(TokioClock::new())));
        (Self { fake, pods, session }, tell)
    }

    async fn next(&self) -> LogBatch {
        self.session.next().await.expect("goes on")
    }

    /// Reads until that is told.
    async fn until(&self, what: &str) -> LogBatch {
        for _ in 0..1_000 {
            let batch = self.next().await;
            if texts(&batch).iter().any(|t| t.contains(what)) {
                return batch;
            }
        }
        panic!("{what}: not told");
    }
}

impl Fake {
    fn speak(&self, pod: &str) -> mpsc::UnboundedSender<Said> {
        let (tell, stream) = mpsc::unbounded_channel();
        locked(&self.streams).entry(pod.into()).or_default().push_back(stream);
        tell
    }
}

fn seat(pod: &str) -> Seat {
    let id = ObjectId::new(Kind::Pod, "shop", pod);
    Seat { pod: id, uid: format!("u-{pod}"), container: "web".into(), restarts: 0, running: true, waiting: None }
}

fn texts(batch: &LogBatch) -> Vec<String> {
    batch.entries.iter().map(|e| e.note.as_ref().map_or_else(|| e.text.clone(), |n| format!("({n})"))).collect()
}

#[tokio::test]
async fn lines_of_all_pods_come_in_the_order_of_their_times() {
    let (scene, tell) = Scene::follow(&["a", "b"]);
    tell[0].send(line("2026-11-28T09:00:02Z", "second")).expect("is read");
    tell[1].send(line("2026-11-28T09:00:01Z", "first")).expect("is read");
    let batch = scene.next().await;
    assert_eq!(texts(&batch), ["first", "second"]);
    let status = batch.status.expect("told first");
    let of = |id: u32| status.sources.iter().find(|s| s.id == id).expect("is there").pod.clone();
    assert_eq!((of(batch.entries[0].source), of(batch.entries[1].source), status.pods), ("b".into(), "a".into(), 2));
    assert_eq!(batch.entries[0].at, "2026-11-28T09:00:01.000Z");
    tell[1].send(line("2026-11-28T09:00:03Z", "third")).expect("is read");
    let batch = scene.next().await;
    assert_eq!((texts(&batch), batch.status), (vec!["third".to_string()], None));
}

#[tokio::test]
async fn a_pod_that_comes_joins_and_one_that_goes_is_told() {
    let (scene, _tell) = Scene::follow(&["a"]);
    scene.next().await;
    let b = scene.fake.speak("b");
    locked(&scene.pods).push("b");
    assert_eq!(texts(&scene.until("has come").await), ["(pod b has come)"]);
    b.send(line("2026-11-28T09:00:00Z", "hello")).expect("is read");
    scene.until("hello").await;
    locked(&scene.pods).remove(0);
    let batch = scene.until("is gone").await;
    assert_eq!(batch.status.expect("told").sources.len(), 1);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_told_and_goes_on_behind_its_last_line() {
    let (scene, tell) = Scene::follow(&["a"]);
    let again = scene.fake.speak("a");
    tell[0].send(line("2026-11-28T09:00:00.5Z", "one")).expect("is read");
    tell[0].send(Err(LogError::Broken(Sentence::quoted("reset")))).expect("is read");
    for (at, text) in [("2026-11-28T09:00:00.5Z", "one"), ("2026-11-28T09:00:00.6Z", "two")] {
        again.send(line(at, text)).expect("is read");
    }
    let batch = scene.until("reset").await;
    assert_eq!(texts(&batch), ["one", "(the log of web cannot be read: reset; it is tried again in 1 s)"]);
    assert_eq!(batch.status.expect("told").sources[0].state, LogState::Broken);
    assert_eq!(texts(&scene.until("two").await), ["two"]);
    let asked = locked(&scene.fake.asked).clone();
    assert_eq!((asked.len(), asked[1].1.since.map(|t| t.to_string())), (2, Some("2026-11-28T09:00:00.5Z".into())));
}

#[tokio::test]
async fn what_nobody_asks_for_in_time_is_left_out_and_counted() {
    let (scene, tell) = Scene::follow(&["a"]);
    let line_at = |i: usize| {
        let at = Timestamp::from_millisecond(i64::try_from(i).expect("small")).expect("a time");
        LogLine { at: Some(at), text: format!("{i}"), cut: 0 }
    };
    tell[0].send(Ok((0..LINES + 250).map(line_at).collect())).expect("is read");
    let batch = scene.next().await;
    assert_eq!((batch.dropped, batch.entries.len(), batch.entries[0].text.as_str()), (250, LINES, "250"));
    tell[0].send(line("2026-11-28T09:00:00Z", "next")).expect("is read");
    assert_eq!(scene.next().await.dropped, 0, "told once");
}

#[tokio::test]
async fn who_does_not_ask_any_more_has_left_and_who_ends_it_is_told_so() {
    let (scene, tell) = Scene::follow(&["a"]);
    scene.next().await;
    tell[0].closed().await;
    assert_eq!(scene.session.next().await, None);

    let (scene, tell) = Scene::follow(&["a"]);
    scene.next().await;
    let (next, ()) = tokio::join!(scene.session.next(), async {
        tokio::task::yield_now().await;
        scene.session.end();
    });
    assert_eq!(next, None);
    tell[0].closed().await;
}

#[tokio::test]
async fn where_nothing_comes_an_empty_batch_says_that_it_goes_on() {
    let (scene, _tell) = Scene::follow(&[]);
    assert_eq!(scene.next().await.status.map(|s| s.pods), Some(0));
    assert_eq!(scene.next().await, LogBatch { dropped: 0, entries: vec![], status: None });
}
