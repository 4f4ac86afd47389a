//! How each log stands, and what is to be done about it: a state machine without I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::LogState;
use cluster::{LogAsk, LogError};
use jiff::Timestamp;
use model::{ObjectId, Sentence, sentence};
use tokio::time::Instant;

use super::seats::{Seat, Seen};

/// Logs that are read at once: each is a connection of its own, here and at the API server.
pub const AT_ONCE: usize = 50;

/// Lines to begin with, over all logs.
const TAIL: usize = 5_000;

/// Between two tries, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What is wanted of each log.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub follow: bool,
    pub previous: bool,
    pub tail: u32,
}

/// The log of one container.
#[derive(Debug)]
pub struct Source {
    pub seat: Seat,
    pub state: LogState,
    pub why: Option<Sentence>,
    /// Time of the last line: a log that is opened again goes on behind it.
    pub last: Option<Timestamp>,
    reading: bool,
    /// Restarts of the container when it was opened last.
    opened_at: u32,
    fruitless: u32,
    again: Option<Instant>,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq)]
pub struct Todo {
    /// Logs to open, anew where they are open.
    pub open: Vec<(u32, ObjectId, LogAsk)>,
    /// Logs to leave.
    pub close: Vec<u32>,
    /// What is to be told, and of which source.
    pub tell: Vec<(u32, Sentence)>,
}

pub struct Roster {
    wish: Wish,
    pub sources: BTreeMap<u32, Source>,
    pub left_out: usize,
    last: u32,
    begun: bool,
    live: bool,
}

impl Roster {
    pub fn new(wish: Wish) -> Self {
        Self { wish, sources: BTreeMap::new(), left_out: 0, last: 0, begun: false, live: true }
    }

    /// Takes in what the live objects show now.
    pub fn see(&mut self, seen: &Seen, now: Instant) -> Todo {
        let mut todo = Todo::default();
        let key = |s: &Seat| (s.uid.clone(), s.container.clone());
        let seats: BTreeMap<_, &Seat> = seen.seats.iter().map(|s| (key(s), s)).collect();
        let mut told = BTreeSet::new();
        self.sources.retain(|id, s| {
            let Some(seat) = seats.get(&key(&s.seat)) else {
                todo.close.push(*id);
                if told.insert(s.seat.uid.clone()) {
                    todo.tell.push((*id, sentence!("pod {pod} is gone", pod = s.seat.pod.name)));
                }
                return false;
            };
            s.seat = (*seat).clone();
            true
        });
        self.join(seen, &mut todo);
        // A connection that was lost and is back left streams behind that may never say so.
        let was_live = std::mem::replace(&mut self.live, seen.live);
        let healed = seen.live && !was_live;
        let tail = u32::try_from(TAIL / self.sources.len().max(1)).unwrap_or(1).min(self.wish.tail);
        for (id, s) in &mut self.sources {
            let anew = s.reading && healed && self.wish.follow;
            if !anew && !s.due(self.wish, now) {
                continue;
            }
            if s.last.is_some() && s.seat.restarts > s.opened_at {
                todo.tell.push((*id, sentence!("container {container} was started again", container = s.seat.container)));
            }
            todo.open.push((*id, s.seat.pod.clone(), s.open(self.wish, tail)));
        }
        self.begun = true;
        todo
    }

    /// Gives seats to those that came; who finds none is left out until one is free.
    fn join(&mut self, seen: &Seen, todo: &mut Todo) {
        let known: BTreeSet<(&str, &str)> = self.sources.values().map(|s| (s.seat.uid.as_str(), s.seat.container.as_str())).collect();
        let new: Vec<Seat> = seen.seats.iter().filter(|s| !known.contains(&(s.uid.as_str(), s.container.as_str()))).cloned().collect();
        let pods: BTreeSet<String> = self.sources.values().map(|s| s.seat.uid.clone()).collect();
        let mut taken = self.sources.values().filter(|s| s.state != LogState::Ended).count();
        let mut told = BTreeSet::new();
        self.left_out = 0;
        for seat in new {
            if taken >= AT_ONCE {
                self.left_out += 1;
                continue;
            }
            taken += 1;
            self.last += 1;
            if self.begun && !pods.contains(&seat.uid) && told.insert(seat.uid.clone()) {
                todo.tell.push((self.last, sentence!("pod {pod} has come", pod = seat.pod.name)));
            }
            self.sources.insert(self.last, Source::new(seat));
        }
    }

    /// A log ended, or could not be read. What is to be told of it.
    pub fn ended(&mut self, id: u32, how: Result<(), LogError>, now: Instant) -> Option<Sentence> {
        let again = self.wish.follow && !self.wish.previous;
        let s = self.sources.get_mut(&id)?;
        s.reading = false;
        let (state, why) = match how {
            Ok(()) => (LogState::Ended, None),
            Err(LogError::Refused(why)) => (LogState::Refused, Some(why)),
            Err(LogError::Missing(why)) => (LogState::Missing, Some(why)),
            Err(LogError::Broken(why)) => (LogState::Broken, Some(why)),
        };
        let pause = (PAUSE.0 * 2u32.saturating_pow(s.fruitless.min(8))).min(PAUSE.1);
        s.fruitless += 1;
        s.again = again.then(|| now + pause);
        let new = s.state != state || s.why != why;
        (s.state, s.why) = (state, why.clone());
        // One that is told over and over tells nothing.
        let why = why.filter(|_| new && s.fruitless == 1)?;
        let said = sentence!("the log of {container} cannot be read: {why}", container = s.seat.container; why);
        Some(if again { said.and(sentence!("it is tried again in {n} s", n = pause.as_secs())) } else { said })
    }

    /// A line came; false = it was there before.
    pub fn came(&mut self, id: u32, at: Option<Timestamp>) -> bool {
        let Some(s) = self.sources.get_mut(&id) else { return false };
        s.fruitless = 0;
        match (at, s.last) {
            // `sinceTime` counts in seconds: what follows it is read twice.
            (Some(at), Some(last)) if at <= last => false,
            (Some(at), _) => {
                s.last = Some(at);
                true
            }
            (None, _) => true,
        }
    }
}

impl Source {
    fn new(seat: Seat) -> Self {
        let state = LogState::Waiting;
        Self { seat, state, why: None, last: None, reading: false, opened_at: 0, fruitless: 0, again: None }
    }

    /// Whether it is to be opened now; says what it waits for, if it does.
    fn due(&mut self, wish: Wish, now: Instant) -> bool {
        if self.reading {
            return false;
        }
        if let Some(why) = &self.seat.waiting {
            (self.state, self.why) = (if wish.previous { LogState::Missing } else { LogState::Waiting }, Some(why.clone()));
            return false;
        }
        let restarted = self.seat.restarts != self.opened_at;
        let in_time = self.again.is_some_and(|at| at <= now);
        match self.state {
            LogState::Waiting => true,
            LogState::Ended => in_time && (self.seat.running || restarted),
            LogState::Open | LogState::Refused | LogState::Broken | LogState::Missing => in_time,
        }
    }

    fn open(&mut self, wish: Wish, tail: u32) -> LogAsk {
        (self.reading, self.state, self.why) = (true, LogState::Open, None);
        self.opened_at = self.seat.restarts;
        LogAsk {
            container: self.seat.container.clone(),
            follow: wish.follow && !wish.previous,
            previous: wish.previous,
            tail: self.last.is_none().then_some(tail),
            since: self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLLOW: Wish = Wish { follow: true, previous: false, tail: 200 };

    fn seat(pod: &str) -> Seat {
        Seat {
            pod: ObjectId::new(model::Kind::Pod, "shop", pod),
            uid: format!("u-{pod}"),
            container: "web".into(),
            restarts: 0,
            running: true,
            waiting: None,
        }
    }

    fn seen(seats: Vec<Seat>) -> Seen {
        Seen { pods: seats.len(), seats, containers: vec![], live: true }
    }

    fn pods(todo: &Todo) -> Vec<&str> {
        todo.open.iter().map(|(_, pod, _)| pod.name.as_str()).collect()
    }

    fn told(todo: &Todo) -> Vec<&str> {
        todo.tell.iter().map(|(_, s)| s.text.as_str()).collect()
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn broken(why: &str) -> Result<(), LogError> {
        Err(LogError::Broken(Sentence::quoted(why)))
    }

    #[test]
    fn pods_that_come_join_and_pods_that_go_are_told() {
        let now = Instant::now();
        let mut r = Roster::new(FOLLOW);
        let first = r.see(&seen(vec![seat("a"), seat("b")]), now);
        assert_eq!((pods(&first), told(&first)), (vec!["a", "b"], vec![]), "those that were there are not told");
        let next = r.see(&seen(vec![seat("b"), seat("c")]), now);
        assert_eq!((pods(&next), next.close.clone()), (vec!["c"], vec![1]));
        assert_eq!(told(&next), ["pod a is gone", "pod c has come"]);
        // The same name with another uid is another pod.
        let other = r.see(&seen(vec![seat("b"), Seat { uid: "new".into(), ..seat("c") }]), now);
        assert_eq!(told(&other), ["pod c is gone", "pod c has come"]);
        assert_eq!(r.see(&seen(vec![seat("b"), Seat { uid: "new".into(), ..seat("c") }]), now), Todo::default());
    }

    #[test]
    fn no_more_are_read_at_once_than_may_be_and_who_is_left_out_joins_when_one_is_gone() {
        let now = Instant::now();
        let mut r = Roster::new(FOLLOW);
        let all: Vec<Seat> = (0..AT_ONCE + 3).map(|i| seat(&format!("p{i:03}"))).collect();
        let todo = r.see(&seen(all.clone()), now);
        assert_eq!((todo.open.len(), r.left_out), (AT_ONCE, 3));
        assert_eq!(todo.open[0].2.tail, Some(100), "lines to begin with are shared");
        let todo = r.see(&seen(all[1..].to_vec()), now);
        assert_eq!((pods(&todo), r.left_out), (vec!["p050"], 2));
        // One that has ended holds no connection.
        assert_eq!(r.ended(5, Ok(()), now), None);
        assert_eq!((pods(&r.see(&seen(all[1..].to_vec()), now)), r.left_out), (vec!["p051"], 1));
    }

    #[test]
    fn what_breaks_off_is_told_once_and_tried_again_ever_more_patiently() {
        let mut now = Instant::now();
        let mut r = Roster::new(FOLLOW);
        let all = seen(vec![seat("a")]);
        r.see(&all, now);
        let said = r.ended(1, broken("reset"), now).expect("told");
        assert_eq!(said.text, "the log of web cannot be read: reset; it is tried again in 1 s");
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(r.see(&all, now + secs(pause) - Duration::from_millis(1)), Todo::default(), "{pause}");
            now += secs(pause);
            assert_eq!(pods(&r.see(&all, now)), ["a"], "{pause}");
            assert_eq!(r.ended(1, broken("reset"), now), None);
        }
        // Once a line has come it begins anew.
        now += secs(30);
        r.see(&all, now);
        assert!(r.came(1, "2026-11-28T09:00:00.5Z".parse().ok()));
        assert!(r.ended(1, broken("reset"), now).is_some());
        let again = r.see(&all, now + secs(1));
        assert_eq!((again.open[0].2.since.map(|t| t.to_string()).as_deref(), again.open[0].2.tail), (Some("2026-11-28T09:00:00.5Z"), None));
    }

    #[test]
    fn a_line_that_was_there_before_is_not_taken_twice() {
        let mut r = Roster::new(FOLLOW);
        r.see(&seen(vec![seat("a")]), Instant::now());
        let at = |t: &str| t.parse().ok();
        let mut came = |t: &str| r.came(1, at(t));
        assert_eq!([came("2026-11-28T09:00:00.1Z"), came("2026-11-28T09:00:00.2Z"), came("2026-11-28T09:00:00.1Z")], [true, true, false]);
        assert!(r.came(1, None), "what bears no time cannot be told apart");
    }

    #[test]
    fn a_container_that_has_ended_is_opened_again_only_once_it_was_restarted() {
        let now = Instant::now();
        let mut r = Roster::new(FOLLOW);
        let of = |restarts, running| seen(vec![Seat { restarts, running, ..seat("a") }]);
        r.see(&of(0, true), now);
        r.came(1, "2026-11-28T09:00:00Z".parse().ok());
        r.ended(1, Ok(()), now);
        assert_eq!(r.see(&of(0, false), now + secs(60)), Todo::default());
        let again = r.see(&of(1, true), now + secs(60));
        assert_eq!((pods(&again), told(&again)), (vec!["a"], vec!["container web was started again"]));
    }

    #[test]
    fn a_container_that_has_not_started_is_not_asked_for() {
        let now = Instant::now();
        let mut r = Roster::new(FOLLOW);
        let waits = Seat { waiting: Some(sentence!("it has not started")), running: false, ..seat("a") };
        assert_eq!(r.see(&seen(vec![waits]), now), Todo::default());
        assert_eq!(
            (r.sources[&1].state, r.sources[&1].why.as_ref().map(|w| w.text.as_str())),
            (LogState::Waiting, Some("it has not started"))
        );
        assert_eq!(pods(&r.see(&seen(vec![seat("a")]), now)), ["a"]);
    }

    #[test]
    fn what_is_before_a_restart_is_read_once() {
        let now = Instant::now();
        let mut r = Roster::new(Wish { previous: true, ..FOLLOW });
        let all = seen(vec![Seat { restarts: 2, ..seat("a") }]);
        let todo = r.see(&all, now);
        assert!(todo.open[0].2.previous && !todo.open[0].2.follow);
        r.ended(1, Ok(()), now);
        assert_eq!(r.see(&all, now + secs(600)), Todo::default());
    }

    #[test]
    fn streams_of_a_connection_that_was_lost_are_opened_anew_once_it_is_back() {
        let now = Instant::now();
        let mut r = Roster::new(FOLLOW);
        let (live, stale) = (seen(vec![seat("a")]), Seen { live: false, ..seen(vec![seat("a")]) });
        r.see(&live, now);
        assert_eq!(r.see(&stale, now), Todo::default());
        assert_eq!(pods(&r.see(&live, now)), ["a"]);
        assert_eq!(r.see(&live, now), Todo::default());
    }
}
